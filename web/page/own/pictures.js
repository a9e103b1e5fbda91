// Pictures from files, as large as a lattice needs them.
import { kindOf, refused } from '../base/kinds.js';

/** @typedef {{name: string, rgba: Uint8ClampedArray, width: number, height: number}} Named a picture */

const SIDE = 128; // pixels of the shorter side: larger ones are made smaller, and are four times a lattice still

/** @param {File} file @returns {Promise<Named>} */
export async function decode(file) {
  const taken = 'PNG, JPEG and WebP pictures';
  const beginning = new Uint8Array(await file.slice(0, 512).arrayBuffer());
  if (!['png', 'picture'].includes(kindOf(beginning))) throw new Error(refused(file.name, beginning, taken));
  const whole = await createImageBitmap(file, { colorSpaceConversion: 'none' }).catch(() => null);
  if (!whole) throw new Error(refused(file.name, beginning, taken));
  const scale = Math.min(1, SIDE / Math.min(whole.width, whole.height));
  const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  const options = /** @type {const} */ ({ resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
  const bitmap = scale < 1 ? await createImageBitmap(file, options) : whole; // of the file again: a bitmap would be resized on this thread
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  const rgba = context?.getImageData(0, 0, width, height).data;
  whole.close();
  bitmap.close();
  if (!rgba) throw new Error(`There is no memory for the ${width} × ${height} pixels of ${file.name}.`);
  return { name: file.name, rgba, width, height };
}

/** A picture of a set, [3][height][width], as pixels. @param {Uint8Array} levels @param {number} cells */
export function rgbaOf(levels, cells) {
  const rgba = new Uint8ClampedArray(4 * cells).fill(255);
  for (let i = 0; i < 3 * cells; i++) rgba[4 * (i % cells) + Math.floor(i / cells)] = levels[i];
  return rgba;
}
