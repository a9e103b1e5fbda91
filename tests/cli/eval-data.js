// eval-data.js: packed sets of small grey pictures, for the tests of coordiff eval.
import { writeFileSync } from 'node:fs';
import { writePng } from './png.js';

export const SIDE = 8, CLASSES = 4;

/** Grey level of point (u, v) of picture i, 0 to 1 across: an edge, a disc, a bar or a ramp, each somewhere else. */
function level(i, u, v) {
  const shift = ((i * 37) % 17) / 40;
  const bright = [u + 0.4 * v > 0.5 + shift, (u - 0.5) ** 2 + (v - 0.3 - shift) ** 2 < 0.08, Math.abs(v - 0.3 - shift) < 0.12][i % CLASSES];
  return Math.round(bright === undefined ? 255 * (0.3 + 0.5 * u * (1 - shift)) : bright ? 230 - (i % 40) : 25 + (i % 40));
}

/** The truth of picture i at `times` the lattice, as the levels of its pixels: averages of 4 x 4 points. */
function draw(i, side) {
  const out = Buffer.alloc(side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    let sum = 0;
    for (let b = 0; b < 4; b++) for (let a = 0; a < 4; a++) sum += level(i, (x + (a + 0.5) / 4) / side, (y + (b + 0.5) / 4) / side);
    out[y * side + x] = Math.round(sum / 16);
  }
  return out;
}

/** Means of k x k pixels of a picture `side` wide. */
export function average(pixels, side, k) {
  const n = side / k;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const x0 = (at % n) * k, y0 = Math.floor(at / n) * k;
    let sum = 0;
    for (let y = y0; y < y0 + k; y++) for (let x = x0; x < x0 + k; x++) sum += pixels[y * side + x];
    return sum / (k * k);
  });
}

/** Write a packed set of pictures first ... first + n - 1, classes in turn; returns their truths and lattices.
 *  flat: all of one grey; spoil(png, i): damage the truth. */
export function writeSet(path, { n = 16, first = 0, finer = 8, side = SIDE, labels = true, truth = true, flat = false, spoil = (png) => png, names = 'edge,disc,bar,ramp' } = {}) {
  const big = side * finer;
  const truths = Array.from({ length: n }, (_, i) => (flat ? Buffer.alloc(big * big, 90) : draw(first + i, big)));
  const lattices = truths.map((pixels) => Buffer.from(average(pixels, big, finer).map(Math.round)));
  const pngs = truths.map((pixels, i) => spoil(writePng(big, big, 1, (x, y) => pixels[y * big + x]), i));
  const sizes = Buffer.alloc(4 * n);
  pngs.forEach((bytes, i) => sizes.writeUInt32LE(bytes.length, 4 * i));
  const all = Buffer.concat(pngs), tensors = { lattice: [[n, 1, side, side], Buffer.concat(lattices)] };
  if (labels) tensors.labels = [[n], Buffer.from(truths.map((_, i) => (first + i) % CLASSES))];
  if (truth) Object.assign(tensors, { truth_bytes: [[n, 4], sizes], truth: [[all.length], all] });
  const header = { __metadata__: { format: 'coordiff pictures 1', ...(names && { classes: names }) } };
  let at = 0;
  for (const [name, [shape, bytes]] of Object.entries(tensors)) header[name] = { dtype: 'U8', shape, data_offsets: [at, (at += bytes.length)] };
  const text = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, ...Object.values(tensors).map(([, bytes]) => bytes)]));
  return { truths, lattices };
}
