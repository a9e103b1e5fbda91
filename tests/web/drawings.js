// drawings.js: twelve drawn faces, to train on: as pixels, and as files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';

const COLOURS = [[230, 80, 60], [250, 190, 60], [90, 180, 90], [70, 130, 220]];
const GROUNDS = [[250, 245, 235], [40, 45, 70], [190, 220, 240]];
const SIDE = 48;

/** The colour at a point of face `i`, from 0 to 1. @param {number} i @param {number} x @param {number} y */
function colourAt(i, x, y) {
  const within = (/** @type {number} */ cx, /** @type {number} */ cy, /** @type {number} */ r) => Math.hypot(x - cx, y - cy) < r;
  if (within(0.36, 0.42, 0.07) || within(0.64, 0.42, 0.07)) return [20, 20, 30];
  if (within(0.5, 0.66, 0.14) && y > 0.62 + 0.04 * (i % 2)) return [120, 20, 40];
  return within(0.5, 0.5, 0.36 + 0.02 * (i % 3)) ? COLOURS[i % 4] : GROUNDS[i % 3];
}

/** @param {number} i */
export function drawing(i) {
  const rgba = new Uint8ClampedArray(4 * SIDE * SIDE).fill(255);
  for (let at = 0; at < SIDE * SIDE; at++) rgba.set(colourAt(i, (at % SIDE + 0.5) / SIDE, (Math.floor(at / SIDE) + 0.5) / SIDE), 4 * at);
  return { rgba, width: SIDE, height: SIDE };
}

export const DRAWINGS = Array.from({ length: 12 }, (_, i) => drawing(i));

/** @param {number} i */
export function fileOf(i) {
  const { rgba, width, height } = drawing(i), png = new PNG({ width, height });
  png.data = Buffer.from(rgba);
  return PNG.sync.write(png);
}

/** A folder of all of them, in the order of their names. @param {string} folder */
export function writeDrawings(folder) {
  mkdirSync(folder, { recursive: true });
  for (const i of DRAWINGS.keys()) writeFileSync(join(folder, `face-${String(i).padStart(2, '0')}.png`), fileOf(i));
}
