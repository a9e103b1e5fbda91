// A world without end along the horizon goes by, slowly, by itself, until somebody touches anything.
import { button, calm, onTouch } from '../base/dom.js';
import { moved, partOf, pitchOf } from '../base/world.js';

/** @typedef {import('../base/world.js').Shown} Shown */
/** @typedef {import('../base/world.js').Part} Part */

const CELLS_A_SECOND = 4;
const WAIT_MS = 2500; // at rest, before it begins by itself

/**
 * @param {object} hooks
 * @param {() => Shown} hooks.shown
 * @param {() => import('../../engine/engine.js').ModelInfo|null} hooks.info
 * @param {(window: Part|null, moving: boolean) => void} hooks.onWindow
 */
export function createDrift({ shown, info, onWindow }) {
  const toggle = button('drift');
  let frame = 0;
  let timer = 0;
  let last = 0; // when the picture moved

  const able = () => info()?.coordinates === 'y';

  function show() {
    toggle.hidden = !able();
    toggle.setAttribute('aria-pressed', String(frame > 0));
  }

  function stop() {
    clearTimeout(timer);
    if (frame === 0) return;
    cancelAnimationFrame(frame);
    frame = 0;
    onWindow(shown().window, false);
    show();
  }

  /** By whole pixels, so that what is sharp stays so (strip.js). @param {number} now */
  function step(now) {
    const model = info();
    if (!model || !able()) return stop();
    const { size } = shown();
    const pitch = pitchOf(partOf(shown(), model), size);
    const pixels = Math.floor((Math.min(now - last, 250) / 1000) * (CELLS_A_SECOND / pitch));
    if (pixels > 0) {
      const { window, limit } = moved(shown(), model, pixels / size.width, 0);
      if (limit) return stop();
      last = now;
      onWindow(window, true);
    }
    frame = requestAnimationFrame(step);
  }

  function begin() {
    clearTimeout(timer);
    if (frame > 0 || !able()) return;
    last = performance.now();
    frame = requestAnimationFrame(step);
    show();
  }

  onTouch(({ target }) => {
    if (target instanceof Node && toggle.contains(target)) clearTimeout(timer);
    else stop();
  });
  toggle.addEventListener('click', () => (frame > 0 ? stop() : begin()));

  return {
    show,
    /** After a while, unless motion is not wanted or somebody comes first. */
    soon() {
      if (!calm() && !document.hidden) timer = window.setTimeout(begin, WAIT_MS);
    },
  };
}
