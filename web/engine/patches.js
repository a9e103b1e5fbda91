// patches.js: what is known of a world without end: patches of cells at every stage, in the memory of the page.
//
// Patch (i, j) covers the cells i W <= x < (i + 1) W, j H <= y < (j + 1) H. At stage s it has been through s evaluations:
// its state after them, and the clean picture that the last of them guessed. For the next stage its eight neighbours
// are needed, too: a window of patches at stage s takes one ring more of them at stage s - 1. Along an axis with a frame
// a patch is as long as that, and has no neighbours.

import { guessed } from './guess.js';

/**
 * @typedef {import('./engine.js').World} World
 * @typedef {{width: number, height: number, across: 0 | 1, down: 0 | 1}} Grid cells of a patch; along which axes there are more
 * @typedef {{left: number, top: number, right: number, bottom: number}} Block of patches, right and bottom excluded
 * @typedef {{stage: number, i: number, j: number}} Place
 * @typedef {Place & {state: Float32Array, clean: Float32Array}} Patch
 * @typedef {ReturnType<typeof createPatches>} Patches
 */

/** @param {import('./engine.js').ModelInfo} info @returns {Grid} */
export const gridOf = ({ patch_width: width, patch_height: height, coordinates }) => ({
  width, height, across: coordinates === 'x' ? 0 : 1, down: coordinates === 'y' ? 0 : 1,
});

/** The patches under a world and so many rings around them. @param {World} world @param {Grid} grid
 *  @param {number} ring @returns {Block} */
export function blockOf({ x, y, width, height }, grid, ring = 0) {
  return {
    left: Math.floor(x / grid.width) - ring * grid.across,
    top: Math.floor(y / grid.height) - ring * grid.down,
    right: Math.ceil((x + width) / grid.width) + ring * grid.across,
    bottom: Math.ceil((y + height) / grid.height) + ring * grid.down,
  };
}

/** How many patches there are of a world at all of its stages. @param {World} world @param {Grid} grid
 *  @param {number} stages */
export function workOf(world, grid, stages) {
  let n = 0;
  for (let ring = 0; ring < stages; ring++) {
    const { left, top, right, bottom } = blockOf(world, grid, ring);
    n += (right - left) * (bottom - top);
  }
  return n;
}

const FAR = 2 ** 22; // more than there are patches in any direction
const NEAR = 4; // patches, to what an unknown one is guessed from

/** @param {import('./engine.js').ModelInfo} info */
export function createPatches(info) {
  const { channels } = info, grid = gridOf(info), { width: across, height: down } = grid;
  const size = channels * across * down;
  /** By stage, then by place. @type {Map<number, Patch>[]} */
  let known = [];
  const key = (/** @type {number} */ i, /** @type {number} */ j) => i * FAR + j;
  /** @param {number} stage @param {number} i @param {number} j */
  const find = (stage, i, j) => known[stage]?.get(key(i, j));

  const patches = {
    /** Bytes of one. */
    bytes: 2 * size * 4,
    get count() { return known.reduce((sum, { size: n }) => sum + n, 0); },
    /** @param {Place} place */
    has: ({ stage, i, j }) => find(stage, i, j) !== undefined,
    /** @param {Patch} patch */
    put(patch) {
      while (known.length <= patch.stage) known.push(new Map());
      known[patch.stage].set(key(patch.i, patch.j), patch);
    },
    clear() { known = []; },

    /** What a world at `stage` still lacks, in an order in which it can be had. @param {World} world @param {number} stage */
    missing(world, stage) {
      /** @type {Place[]} */
      const places = [];
      for (let s = 1; s <= stage; s++) {
        const { left, top, right, bottom } = blockOf(world, grid, stage - s);
        for (let j = top; j < bottom; j++)
          for (let i = left; i < right; i++) if (!find(s, i, j)) places.push({ stage: s, i, j });
      }
      return places;
    },

    /** What a worker must know to make this patch; null while that is not known. @param {Place} place
     *  @returns {import('./patcher.js').Task | null} */
    task({ stage, i, j }) {
      if (stage === 1) return { i, j, stage: 0, around: null, previous: null }; // its neighbours are noise
      const around = new Float32Array(9 * size); // those beyond a frame are not read
      for (let k = 0; k < 9; k++) {
        const di = (k % 3) - 1, dj = Math.floor(k / 3) - 1;
        if ((di && !grid.across) || (dj && !grid.down)) continue;
        const patch = find(stage - 1, i + di, j + dj);
        if (!patch) return null;
        around.set(patch.state, k * size);
      }
      return { i, j, stage: stage - 1, around, previous: find(stage - 1, i, j)?.clean ?? null };
    },

    /**
     * The clean lattice of a world after `at` evaluations, mean subtracted. Where that is not known yet it is what fewer
     * of them made, or a guess from what is known near by, or the mean.
     * @param {World} world @param {number} at
     */
    lattice(world, at) {
      const { x, y, width, height } = world, { left, top, right, bottom } = blockOf(world, grid);
      const lattice = new Float32Array(channels * width * height);
      /** @param {number} i @param {number} j */
      const latest = (i, j) => {
        for (let stage = at; stage > 0; stage--) {
          const patch = find(stage, i, j);
          if (patch) return patch;
        }
      };
      /** @param {Float32Array} clean @param {number} i @param {number} j */
      const copy = (clean, i, j) => {
        const from = Math.max(x, i * across), to = Math.min(x + width, (i + 1) * across);
        for (let c = 0; c < channels; c++)
          for (let v = Math.max(y, j * down); v < Math.min(y + height, (j + 1) * down); v++) {
            const row = (c * down + v - j * down) * across - i * across;
            lattice.set(clean.subarray(row + from, row + to), (c * height + v - y) * width + from - x);
          }
      };
      /** The nearest that is known, mirrored. @param {number} i @param {number} j */
      const guess = (i, j) => {
        for (let far = 1; far <= NEAR; far++)
          for (let dj = -far * grid.down; dj <= far * grid.down; dj++)
            for (let di = -far * grid.across; di <= far * grid.across; di++) {
              const patch = Math.max(Math.abs(di), Math.abs(dj)) === far ? latest(i - di, j - dj) : undefined;
              if (patch) return guessed(patch.clean, grid, di, dj);
            }
      };
      for (let j = top; j < bottom; j++)
        for (let i = left; i < right; i++) {
          const clean = latest(i, j)?.clean ?? guess(i, j);
          if (clean) copy(clean, i, j);
        }
      return lattice;
    },

    /** Forget the farthest from a world of so many stages until no more than `most` are left. @param {World} world
     *  @param {number} stages @param {number} most */
    keep(world, stages, most) {
      if (patches.count <= most) return;
      const { left, top, right, bottom } = blockOf(world, grid);
      /** Rings around what the world needs of the stage; a place that it needs is at 0 or below. @param {Patch} patch */
      const distance = ({ stage, i, j }) =>
        Math.max(left - i, i - right + 1, top - j, j - bottom + 1) - (stages - stage);
      const all = known.flatMap((stage) => [...stage.values()]);
      all.sort((a, b) => distance(b) - distance(a));
      for (const { stage, i, j } of all.slice(0, all.length - most)) known[stage].delete(key(i, j));
    },
  };
  return patches;
}
