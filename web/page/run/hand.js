// While settings change under the hand, pictures follow: a preview of the newest settings, in few evaluations. Who moves on
// meanwhile gets the next one of what is wanted then; nothing is queued.
import { calm } from '../base/dom.js';
import { optionsFor } from '../models/session.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {import('../../engine/pool.js').GenerateOptions} Options */
/** @typedef {{settings: Settings, edit?: Partial<Options>}} Wish */

const STEPS = 4;
const SDE_STEPS = 5; // whose noise is in the picture still when there are four
const MS = 60; // begins no evaluation later: what there is then is shown

/** Few steps, of one pass each: in so few nothing is seen of what guidance adds. A student of few takes its own. @param {Options} options @returns {Options} */
export const hasty = (options) => ({
  ...options,
  steps: Math.min(options.steps ?? Number.POSITIVE_INFINITY, options.sampler === 'sde' ? SDE_STEPS : STEPS),
  guidance: 1,
  sampler: options.sampler === 'heun' ? 'dpm2m' : options.sampler, // which evaluates twice a step
});

/**
 * @param {import('../models/session.js').Session} session
 * @param {(sketch: import('../../engine/pool.js').Sketch, settings: Settings, signal: AbortSignal) => void} onSketch
 */
export function createHand({ pool }, onSketch) {
  /** @type {Wish|null} */
  let wanted = null;
  let working = false;
  let moving = new AbortController();

  async function work() {
    working = true;
    while (wanted) {
      const { settings, edit } = wanted;
      const { signal } = moving;
      wanted = null;
      try {
        const options = hasty({ ...optionsFor(settings, pool.info), ...edit });
        await pool.sketch(options, MS, signal, (sketch) => onSketch(sketch, settings, signal));
      } catch {
        // The run that follows finds the same, and says so.
      }
    }
    working = false;
  }

  return {
    /** @param {Wish} wish */
    follow(wish) {
      // The model of a fixed chain knows no few steps; and pictures that change ten times a second are motion.
      if (pool.info?.target === 'previous' || calm()) return;
      wanted = wish;
      if (!working) work();
    },
    /** The picture itself is there. */
    stop() {
      wanted = null;
      moving.abort();
      moving = new AbortController();
    },
  };
}
