// What an edit is, in the engine's terms: the picture it starts from, what of it is made anew, how much may change.
// The same words mean the same as in the command line program (src/cli/edit.c). Numbers only.
import { MAX_CELLS } from '../../engine/pool.js';
import { base, isEndless, pitchOf, refusal, tidy } from '../base/world.js';
import { MAX_SIDE } from '../settings/state.js';

/** @typedef {import('../../engine/engine.js').World} World */
/** @typedef {import('../../engine/engine.js').ModelInfo} ModelInfo */
/** @typedef {import('../base/world.js').Shown} Shown */
/** @typedef {{world: World, source: Float32Array, fresh?: Float32Array, strength?: number}} Options for the pool */
/** @typedef {{options: Options, words: string}} Edit words: what the PNG says of it */

const KEPT = 'parts of a source kept'; // the program's words

/** Why this model's pictures cannot be edited; empty when they can. @param {ModelInfo} info */
export function unable(info) {
  if (info.target === 'previous')
    return 'This model walks back a fixed chain from pure noise: it cannot start from a picture, so there is nothing to edit with it.';
  if (isEndless(info)) return 'Pictures of a world without end cannot be edited; choose Faces or Garments under “What to make” for that.';
  return '';
}

/** Inpainting: what is masked is made anew. @param {Float32Array} lattice @param {World} world @param {Float32Array} fresh @returns {Edit} */
export const repainted = (lattice, world, fresh) => ({
  options: { world, source: lattice, fresh },
  words: KEPT,
});

/** Img2img. @param {Float32Array} lattice @param {World} world @param {number} strength @returns {Edit} */
export const varied = (lattice, world, strength) => ({
  options: { world, source: lattice, strength },
  words: `from a source; strength ${strength}`,
});

/**
 * Outpainting: a lattice of one world in a larger one, where all that it did not have is new.
 * @param {Float32Array} lattice @param {World} from @param {World} to @returns {Edit}
 */
export function outpainted(lattice, from, to) {
  const [old, cells] = [from.width * from.height, to.width * to.height];
  const channels = lattice.length / old;
  const source = new Float32Array(channels * cells);
  const fresh = new Float32Array(cells).fill(1);
  for (let y = 0; y < to.height; y++)
    for (let x = 0; x < to.width; x++) {
      const [column, row] = [x + to.x - from.x, y + to.y - from.y];
      if (column < 0 || row < 0 || column >= from.width || row >= from.height) continue;
      fresh[y * to.width + x] = 0;
      for (let c = 0; c < channels; c++)
        source[c * cells + y * to.width + x] = lattice[c * old + row * from.width + column];
    }
  return { options: { world: to, source, fresh }, words: KEPT };
}

/** @typedef {'left'|'right'|'up'|'down'} Direction */

/**
 * So many cells more on one side of what the canvas shows in all, by whole pixels, at the same cell size.
 * @param {Shown} shown @param {ModelInfo} info @param {Direction} side @param {number} cells
 * @returns {{patch: Pick<Shown, 'size'|'extend'|'window'>, refusal: string}}
 */
export function grown(shown, info, side, cells) {
  const all = base(shown, info);
  const pitch = pitchOf(all, shown.size);
  const pixels = Math.round(cells / pitch);
  const [across, down] = [side === 'left' || side === 'right', side === 'up' || side === 'down'];
  const size = {
    width: shown.size.width + (across ? pixels : 0),
    height: shown.size.height + (down ? pixels : 0),
  };
  const extend = tidy({
    x: all.x - (side === 'left' ? pixels * pitch : 0),
    y: all.y - (side === 'up' ? pixels * pitch : 0),
    across: pitch * size.width,
  });
  const longest = Math.max(size.width, size.height);
  const tooLarge = `The canvas would be ${size.width} × ${size.height} pixels, and a side has at most ${MAX_SIDE}; a smaller canvas to begin with leaves room for more.`;
  const tooMany = refusal(info, size, extend) && `That would be more than ${MAX_CELLS} cells a side, which is as much as can be computed.`;
  return {
    patch: { size, extend, window: null },
    refusal: tooMany || (longest > MAX_SIDE ? tooLarge : ''),
  };
}

/** Cells that a quarter of the frame has. @param {ModelInfo} info */
export const quarter = (info) => Math.round(Math.max(info.lattice_width, info.lattice_height) / 4);

/**
 * The noise of an edit: never that of the picture, which would only come back. Locked, it follows from the seed and how
 * many edits there were, so that the same steps make the same picture.
 * @param {bigint} seed @param {boolean} locked @param {number} edits before this one @param {() => bigint} random
 */
export function seedOf(seed, locked, edits, random) {
  if (locked) return BigInt.asUintN(64, seed + BigInt(edits + 1));
  const other = random();
  return other === seed ? other + 1n : other;
}
