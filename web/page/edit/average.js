// A picture of any size averaged by area onto a lattice, cropped to its shape: in whole numbers, and in the same way as
// the command line program reads pictures (src/file/dataset.c), so that the same file is the same lattice everywhere.

/** @typedef {{rgba: Uint8ClampedArray | Uint8Array, width: number, height: number}} Picture */

const WHITE = 255;
/** ITU-R BT.601; the weights add up to 1000, so grey stays as it is. */
const LUMA = [299, 587, 114];

/**
 * Sums of alpha and of colour times alpha over the square of `side` at (x, y), in units of which a pixel has `unit`.
 * @param {Picture} picture @param {number} x @param {number} y @param {number} side @param {number} unit
 */
function sumOf({ rgba, width }, x, y, side, unit) {
  let [red, green, blue, alpha] = [0, 0, 0, 0];
  const [first, end] = [Math.floor(x / unit), Math.ceil((x + side) / unit)];
  for (let j = Math.floor(y / unit); j * unit < y + side; j++) {
    const high = Math.min((j + 1) * unit, y + side) - Math.max(j * unit, y);
    for (let i = first, at = 4 * (j * width + first); i < end; i++, at += 4) {
      const whole = i * unit >= x && (i + 1) * unit <= x + side;
      const wide = whole ? unit : Math.min((i + 1) * unit, x + side) - Math.max(i * unit, x);
      const weight = high * wide * rgba[at + 3];
      red += weight * rgba[at];
      green += weight * rgba[at + 1];
      blue += weight * rgba[at + 2];
      alpha += weight;
    }
  }
  return [red, green, blue, alpha];
}

/** To the nearest. @param {number} a @param {number} b */
const divide = (a, b) => Math.floor((a + Math.floor(b / 2)) / b);

/**
 * Levels 0 to 255, [channels][height][width]. What is transparent counts as white, unless the model makes alpha itself.
 * @param {Picture} picture @param {number} channels @param {number} width @param {number} height
 */
export function average(picture, channels, width, height) {
  // A cell covers p/q x p/q pixels, as many as fit the tighter side; the rest is cropped half and half. In units of
  // 1/(2q) pixel every edge is a whole number.
  const wider = picture.width * height >= picture.height * width;
  const [p, q] = wider ? [picture.height, height] : [picture.width, width];
  const [left, top] = [picture.width * q - width * p, picture.height * q - height * p];
  const [grey, alpha, cells] = [channels <= 2, channels % 2 === 0, width * height];
  const area = (2 * p) ** 2;
  const levels = new Uint8Array(channels * cells);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const sum = sumOf(picture, left + 2 * p * x, top + 2 * p * y, 2 * p, 2 * q);
      let whole = sum[3];
      if (alpha) levels[(channels - 1) * cells + at] = divide(sum[3], area);
      else {
        whole = 255 * area;
        for (let c = 0; c < 3; c++) sum[c] += WHITE * (whole - sum[3]);
      }
      const luma = sum[0] * LUMA[0] + sum[1] * LUMA[1] + sum[2] * LUMA[2];
      if (grey) levels[at] = whole ? divide(luma, 1000 * whole) : WHITE;
      else for (let c = 0; c < 3; c++) levels[c * cells + at] = whole ? divide(sum[c], whole) : WHITE;
    }
  return levels;
}

/** A picture as a model's frame: in [-1, 1], mean subtracted. @param {Picture} picture @param {import('../../engine/engine.js').ModelInfo} info */
export function latticeOf(picture, { channels, lattice_width, lattice_height, mean }) {
  const levels = average(picture, channels, lattice_width, lattice_height);
  const cells = lattice_width * lattice_height;
  const { fround } = Math;
  return Float32Array.from(
    levels,
    (level, i) => fround(fround(level / 127.5) - 1) - fround(mean[Math.floor(i / cells)]),
  );
}
