// patches.js: what is known of a world without end: squares of cells at every stage, in the memory of the page.
//
// Patch (i, j) covers the cells i S <= x < (i + 1) S, j S <= y < (j + 1) S. At stage s it has been through s evaluations:
// its state after them, and the clean picture that the last of them guessed. For the next stage its eight neighbours
// are needed, too: a window of patches at stage s takes one ring more of them at stage s - 1.

/**
 * @typedef {import('./engine.js').World} World
 * @typedef {{left: number, top: number, right: number, bottom: number}} Block of patches, right and bottom excluded
 * @typedef {{stage: number, i: number, j: number}} Place
 * @typedef {Place & {state: Float32Array, clean: Float32Array}} Patch
 * @typedef {ReturnType<typeof createPatches>} Patches
 */

/** The patches under a world and so many rings around them. @param {World} world @param {number} side
 *  @param {number} ring @returns {Block} */
export function blockOf({ x, y, width, height }, side, ring = 0) {
  return {
    left: Math.floor(x / side) - ring,
    top: Math.floor(y / side) - ring,
    right: Math.ceil((x + width) / side) + ring,
    bottom: Math.ceil((y + height) / side) + ring,
  };
}

/** How many patches there are of a world at all of its stages. @param {World} world @param {number} side
 *  @param {number} stages */
export function workOf(world, side, stages) {
  let n = 0;
  for (let ring = 0; ring < stages; ring++) {
    const { left, top, right, bottom } = blockOf(world, side, ring);
    n += (right - left) * (bottom - top);
  }
  return n;
}

const FAR = 2 ** 22; // more than there are patches in any direction

/** @param {{channels: number, patch_side: number}} info */
export function createPatches({ channels, patch_side: side }) {
  const size = channels * side * side;
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
        const { left, top, right, bottom } = blockOf(world, side, stage - s);
        for (let j = top; j < bottom; j++)
          for (let i = left; i < right; i++) if (!find(s, i, j)) places.push({ stage: s, i, j });
      }
      return places;
    },

    /** What a worker must know to make this patch; null while that is not known. @param {Place} place
     *  @returns {import('./patcher.js').Task | null} */
    task({ stage, i, j }) {
      if (stage === 1) return { i, j, stage: 0, around: null, previous: null }; // its neighbours are noise
      const nine = [];
      for (let k = 0; k < 9; k++) {
        const patch = find(stage - 1, i + (k % 3) - 1, j + Math.floor(k / 3) - 1);
        if (!patch) return null;
        nine.push(patch);
      }
      const around = new Float32Array(9 * size);
      for (const [k, { state }] of nine.entries()) around.set(state, k * size);
      return { i, j, stage: stage - 1, around, previous: nine[4].clean };
    },

    /**
     * The clean lattice of a world after `at` evaluations, mean subtracted. Where that is not known yet it is what fewer
     * of them made, or the mean.
     * @param {World} world @param {number} at
     */
    lattice(world, at) {
      const { x, y, width, height } = world, { left, top, right, bottom } = blockOf(world, side);
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
        const from = Math.max(x, i * side), to = Math.min(x + width, (i + 1) * side);
        for (let c = 0; c < channels; c++)
          for (let v = Math.max(y, j * side); v < Math.min(y + height, (j + 1) * side); v++) {
            const row = (c * side + v - j * side) * side - i * side;
            lattice.set(clean.subarray(row + from, row + to), (c * height + v - y) * width + from - x);
          }
      };
      for (let j = top; j < bottom; j++)
        for (let i = left; i < right; i++) {
          const patch = latest(i, j);
          if (patch) copy(patch.clean, i, j);
        }
      return lattice;
    },

    /** Forget the farthest from a world of so many stages until no more than `most` are left. @param {World} world
     *  @param {number} stages @param {number} most */
    keep(world, stages, most) {
      if (patches.count <= most) return;
      const { left, top, right, bottom } = blockOf(world, side);
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
