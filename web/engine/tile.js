// tile.js: a picture whose edges meet, of a model whose world has no end: its frame is a torus to the network (along the axes on
// which its world goes on), and so is drawn with the cells of the other side beyond its edges.

import { failure } from './instance.js';
import { runFramed } from './sketch.js';

/** @typedef {import('./engine.js').ModelInfo} ModelInfo */

const AROUND = 8; // cells, more than a renderer sees
const ROWS = 64; // drawn at a time

/** The cells of the frame, and of its other side around them. @param {Float32Array} lattice @param {ModelInfo} info */
function wrapped(lattice, { channels, lattice_width: width, lattice_height: height, coordinates }) {
  const across = coordinates === 'x' ? 0 : AROUND, down = coordinates === 'y' ? 0 : AROUND;
  const world = { x: -across, y: -down, width: width + 2 * across, height: height + 2 * down };
  const cells = new Float32Array(channels * world.width * world.height);
  for (let at = 0; at < cells.length; at++) {
    const x = (at % world.width) - across + width, y = (Math.floor(at / world.width) % world.height) - down + height;
    const c = Math.floor(at / (world.width * world.height));
    cells[at] = lattice[(c * height + (y % height)) * width + (x % width)];
  }
  return { cells, world };
}

/**
 * The workers' processes, and the picture of the one that draws, are others afterwards.
 * @param {import('./team.js').Team} team @param {ModelInfo} info @param {number} across pixels
 * @param {import('./engine.js').GenerateOptions} options
 */
export async function drawTile(team, info, across, options) {
  if (info.patch_width === 0) throw failure('this model has a frame, so its edges do not meet; take one whose world goes on', 2);
  const { lattice_width, lattice_height } = info, pitch = lattice_width / across, down = Math.round(lattice_height / pitch);
  const { lattice } = await runFramed(team, info, options, { aborted: false }, () => false);
  const { cells, world } = wrapped(lattice, info), [member] = team.members;
  await member.call('show', { lattice: cells, world, view: 'clean' });
  const rgba = new Uint8ClampedArray(4 * across * down), window = { x: 0, y: 0, pitch };
  for (let y0 = 0; y0 < down; y0 += ROWS) {
    const { pixels } = await member.call('render', { width: across, height: down, y0, y1: Math.min(down, y0 + ROWS), window });
    rgba.set(pixels, 4 * y0 * across);
  }
  return { rgba, width: across, height: down };
}
