// "Any size", shown: the comparison opens split, and the picture comes closer once, by itself.
import { calm, onTouch } from '../base/dom.js';
import { zoomed } from '../base/world.js';

/** @typedef {import('../base/world.js').Shown} Shown */
/** @typedef {import('../base/world.js').Part} Part */

const CLOSER = 4;
const MS = 2600;
const EYES = { x: 0.5, y: 0.42 }; // of the canvas: where pictures have most to see

/**
 * @param {object} hooks
 * @param {() => Shown} hooks.shown
 * @param {() => import('../../engine/engine.js').ModelInfo|null} hooks.info
 * @param {(window: Part|null, moving: boolean) => void} hooks.onWindow
 */
export function createGlide({ shown, info, onWindow }) {
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  onTouch(stop);

  return {
    stop,
    /** From all of the picture to a part of it, unless motion is not wanted. */
    begin() {
      stop();
      const model = info();
      if (!model || shown().window || calm()) return;
      const began = performance.now();
      const step = () => {
        const t = Math.min(1, (performance.now() - began) / MS);
        const eased = t * t * (3 - 2 * t);
        const { window } = zoomed({ ...shown(), window: null }, model, CLOSER ** eased, EYES);
        if (t < 1) frame = requestAnimationFrame(step);
        onWindow(window, t < 1);
      };
      frame = requestAnimationFrame(step);
    },
  };
}
