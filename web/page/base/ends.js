// How far a world without end goes: where it has an end after all, and how much of it can be computed at once.

/** @typedef {import('../../engine/engine.js').ModelInfo} ModelInfo */
/** @typedef {import('./world.js').Size} Size */

export const MARGIN = 8; // cells that a renderer sees around what it draws, and to spare

/** How far a world without end goes, where it has an end: cells across and down. @param {ModelInfo} info */
export const endsOf = ({ coordinates, lattice_width, lattice_height }) => ({
  across: coordinates === 'x' ? lattice_width : Infinity,
  down: coordinates === 'y' ? lattice_height : Infinity,
});

/** The widest pitch at which a canvas shows no more than there is. @param {ModelInfo} info @param {Size} size */
export function fitting(info, { width, height }) {
  const { across, down } = endsOf(info);
  return Math.min(across / width, down / height);
}

/** Worlds without end are cut along lines so many cells apart, so that a small movement stays within one. @param {ModelInfo} info */
export const grainOf = ({ patch_width, patch_height }) => Math.min(patch_width, patch_height, 32);

/** How many cells of a world without end a canvas can show across and down, wherever it is. @param {ModelInfo} info */
export function mostOf(info) {
  const grain = grainOf(info);
  const ends = endsOf(info);
  const most = (/** @type {number} */ side) => (Math.floor(side / grain) - 1) * grain - 2 * MARGIN - 1;
  return {
    across: Math.min(ends.across, most(info.world_width)),
    down: Math.min(ends.down, most(info.world_height)),
  };
}

/** @param {ModelInfo} info */
export function mostWords(info) {
  const { across, down } = mostOf(info);
  return across === down ? `${across} cells a side` : `${across} × ${down} cells`;
}

/**
 * As many of these pixels as show what is computed of a world without end; a little less, because a renderer sees around what it draws.
 * @param {{size: Size, part: import('./world.js').Part}} drawn @param {ModelInfo} info @param {import('./world.js').World} world
 */
export function known({ size, part }, info, world) {
  const pitch = part.across / size.width;
  const ends = endsOf(info);
  /** @param {number} from @param {number} length @param {number} low @param {number} side of the world @param {number} end */
  function span(from, length, low, side, end) {
    if (end < Infinity) return [0, length];
    const seen = Math.min(MARGIN - 1, side / 4);
    const first = Math.max(0, Math.ceil((low + seen - from) / pitch));
    return [first, Math.min(length, Math.floor((low + side - seen - from) / pitch)) - first];
  }
  const [left, width] = span(part.x, size.width, world.x, world.width, ends.across);
  const [top, height] = span(part.y, size.height, world.y, world.height, ends.down);
  return { size: { width, height }, part: { x: part.x + left * pitch, y: part.y + top * pitch, across: width * pitch } };
}
