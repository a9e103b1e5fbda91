// A drawing painted over by hand: what a broad brush would leave of it, with edges that waver and crumble.
//
//   const painted = gouache(pixels, width, height, 8, new Random('train-0'));
//
// Vector drawings have edges straighter than anything that a network guesses cell by cell; a painter's have not. All of it
// wraps around the cylinder. Lengths are in cells.

const { floor, max, min, round } = Math;

/** @typedef {import('../torus.mjs').Random} Random */
/** A function of the place for every pixel of a picture. @typedef {Float32Array} Field */

/** The half of the brush: a box of so many cells is evened out. */
const BRUSH = 0.75;
/** How far edges waver, in waves of these lengths. */
const WAVER = [
  { length: 6, by: 0.8 },
  { length: 2.8, by: 0.9 },
  { length: 1.5, by: 0.7 },
];
/** How far paint runs. */
const WET = 0.25;
/** A wash is never even: lightness varies by so much, in waves of this length. */
const WASH = { length: 7, by: 0.035 };

/** Random values of -1 to 1 on a grid, smoothly joined (value noise).
 *  @param {number} width @param {number} height in pixels @param {number} length of a wave, in pixels
 *  @param {Random} random @returns {Field} */
function noise(width, height, length, random) {
  const columns = round(width / length);
  const rows = Math.ceil((height * columns) / width) + 2;
  const grid = Float32Array.from({ length: columns * rows }, () => random.between(-1, 1));
  const smooth = (/** @type {number} */ t) => t * t * (3 - 2 * t);
  const place = (/** @type {number} */ at) => ((at + 0.5) * columns) / width;
  const field = new Float32Array(width * height);
  const line = new Float32Array(columns);
  for (let y = 0; y < height; y++) {
    const j = floor(place(y));
    const below = smooth(place(y) - j);
    for (let i = 0; i < columns; i++) {
      const [a, b] = [grid[j * columns + i], grid[(j + 1) * columns + i]];
      line[i] = a + (b - a) * below;
    }
    for (let x = 0; x < width; x++) {
      const u = place(x);
      const i = floor(u);
      const [a, b] = [line[i], line[(i + 1) % columns]];
      field[y * width + x] = a + (b - a) * smooth(u - i);
    }
  }
  return field;
}

/** Sums over all boxes from the upper left corner, of a picture with `margin` more pixels on every side: red, green, blue
 *  and the squares of all. @param {Buffer} rgba @param {number} width @param {number} height @param {number} margin */
function boxSums(rgba, width, height, margin) {
  const columns = width + 2 * margin;
  const row = (columns + 1) * 4;
  const sums = new Float64Array(row * (height + 2 * margin + 1));
  for (let y = 0; y < height + 2 * margin; y++) {
    const from = min(height - 1, max(0, y - margin)) * width;
    let [r, g, b, s] = [0, 0, 0, 0];
    for (let x = 0; x < columns; x++) {
      const at = 4 * (from + ((x - margin + width) % width));
      const to = (y + 1) * row + 4 * (x + 1);
      r += rgba[at];
      g += rgba[at + 1];
      b += rgba[at + 2];
      s += rgba[at] ** 2 + rgba[at + 1] ** 2 + rgba[at + 2] ** 2;
      sums[to] = sums[to - row] + r;
      sums[to + 1] = sums[to + 1 - row] + g;
      sums[to + 2] = sums[to + 2 - row] + b;
      sums[to + 3] = sums[to + 3 - row] + s;
    }
  }
  return { sums, row };
}

/** Of the four boxes that have a pixel as their corner, the means, the evenest counting most (Kuwahara et al. 1976).
 *  @param {Buffer} rgba @param {number} width @param {number} height @param {number} reach of a box, in pixels */
function evened(rgba, width, height, reach) {
  const { sums, row } = boxSums(rgba, width, height, reach);
  const n = (reach + 1) ** 2;
  const [right, down] = [4 * (reach + 1), row * (reach + 1)];
  const boxes = 4 * (width + reach);
  // Of every box its weight and, times that, its mean.
  const weighed = new Float32Array(boxes * (height + reach));
  for (let y = 0; y < height + reach; y++)
    for (let x = 0; x < boxes; x += 4) {
      const at = y * row + x;
      const to = y * boxes + x;
      let squares = 0;
      for (let c = 0; c < 4; c++) {
        const [left, below] = [at + c, at + down + c];
        const mean = (sums[left] - sums[left + right] - sums[below] + sums[below + right]) / n;
        weighed[to + c] = mean;
        squares += c < 3 ? mean * mean : 0;
      }
      const weight = 1 / (1 + (max(0, weighed[to + 3] - squares) / 30) ** 4);
      for (let c = 0; c < 3; c++) weighed[to + c] *= weight;
      weighed[to + 3] = weight;
    }
  const out = Buffer.alloc(rgba.length, 255);
  const [across, along] = [4 * reach, boxes * reach];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * boxes + 4 * x;
      const sum = (/** @type {number} */ c) =>
        weighed[at + c] +
        weighed[at + across + c] +
        weighed[at + along + c] +
        weighed[at + along + across + c];
      const weights = sum(3);
      for (let c = 0; c < 3; c++) out[4 * (y * width + x) + c] = round(sum(c) / weights);
    }
  return out;
}

/** Every pixel taken from so far away. @param {Buffer} rgba @param {number} width @param {number} height
 *  @param {Field} right @param {Field} down in pixels */
function displaced(rgba, width, height, right, down) {
  const from = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const i = (x + round(right[at]) + width) % width;
      const j = min(height - 1, max(0, y + round(down[at])));
      to[at] = from[j * width + i];
    }
  return Buffer.from(to.buffer);
}

/** Runs of paint: the mean over a box. @param {Buffer} rgba @param {number} width @param {number} height
 *  @param {number} reach half of the box, in pixels @param {(at: number) => number} light what the colours are multiplied with */
function run(rgba, width, height, reach, light) {
  const { sums, row } = boxSums(rgba, width, height, reach);
  const out = Buffer.alloc(rgba.length, 255);
  const [right, down] = [4 * (2 * reach + 1), row * (2 * reach + 1)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const scale = light(at) / (2 * reach + 1) ** 2;
      for (let c = 0; c < 3; c++) {
        const corner = y * row + 4 * x + c;
        const sum =
          sums[corner] - sums[corner + right] - sums[corner + down] + sums[corner + down + right];
        out[4 * at + c] = min(255, round(sum * scale));
      }
    }
  return out;
}

/** @param {Buffer} rgba the drawing, around a cylinder @param {number} width @param {number} height in pixels
 *  @param {number} finer pixels a cell @param {Random} random */
export function gouache(rgba, width, height, finer, random) {
  const field = (/** @type {number} */ length) => noise(width, height, length * finer, random);
  /** @returns {Field} */
  const wavering = () => {
    const sum = new Float32Array(width * height);
    for (const { length, by } of WAVER) {
      const wave = field(length);
      for (let at = 0; at < sum.length; at++) sum[at] += by * finer * wave[at];
    }
    return sum;
  };
  const wavered = displaced(rgba, width, height, wavering(), wavering());
  const brushed = evened(wavered, width, height, round(BRUSH * finer));
  const wash = field(WASH.length);
  return run(brushed, width, height, round(WET * finer), (at) => 1 + WASH.by * wash[at]);
}
