// patcher.js: a world without end, one patch of cells and one evaluation at a time (src/endless/patch.h): what createPatcher of
// a model in engine.js returns.
import { failure } from './instance.js';

const OUT_OF_RANGE = 2; // CDF_USAGE

/**
 * @typedef {object} Task patch (i, j) from `stage` to the next
 * @property {number} i @property {number} j @property {number} stage
 * @property {Float32Array | null} around the nine patches around it at `stage`, [9][channels][height][width], of
 *   which those beyond a frame are not read; null at stage 0, where they are noise
 * @property {Float32Array | null} previous its clean of the stage before; null at stage 0
 * @typedef {ReturnType<typeof createPatcher>} Patcher
 */

/**
 * @param {import('./instance.js').Instance} wasm @param {number} model
 * @param {import('./engine.js').ModelInfo} info
 * @param {(options: import('./engine.js').GenerateOptions) => string} linesOf options as the binary takes them
 */
export function createPatcher(wasm, model, { channels, patch_width, patch_height }, linesOf) {
  const { c } = wasm;
  const p = wasm.checkPointer(c.cdf_wasm_patcher_create(model));
  const n = channels * patch_width * patch_height;
  return {
    /** @param {import('./engine.js').GenerateOptions} [options] */
    start(options = {}) {
      if (options.source || options.fresh || options.strength !== undefined)
        throw failure('a world without end cannot start from a picture; leave out source, mask and strength', OUT_OF_RANGE);
      wasm.borrowText(linesOf(options), (lines) => wasm.check(c.cdf_wasm_patcher_start(p, model, lines)));
    },
    /** Evaluations from noise to picture. */
    get stages() { return c.cdf_patcher_n_evaluations(p); },

    /** The patch at the next stage: its state, and what the network said. @param {Task} task */
    advance({ i, j, stage, around, previous }) {
      if (stage > 0 && (around?.length !== 9 * n || previous?.length !== n))
        throw failure(`patch ${i}, ${j} at stage ${stage} needs its ${9 * n} + ${n} numbers`, OUT_OF_RANGE);
      return wasm.borrow(4 * 12 * n, (at) => {
        const [next, clean, before, nine] = [0, 1, 2, 3].map((k) => at + 4 * k * n);
        if (around) wasm.writeFloats(nine, around);
        if (previous) wasm.writeFloats(before, previous);
        wasm.check(c.cdf_wasm_patcher_advance(p, next, clean, nine, before, n, i, j, stage));
        return { next: wasm.readFloats(next, n), clean: wasm.readFloats(clean, n) };
      });
    },
    free() { c.cdf_patcher_free(p); },
  };
}
