// data.js: small pictures for the tests, as IDX files and as PNG; readers of what a run leaves.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writePng } from './png.js';

/** Grey level of picture i at (x, y): bars, boxes and ramps, never all alike. */
const level = (i, x, y, side) => (i % 4 === 0 ? 255 * (x < side / 2) : i % 4 === 1 ? 255 * (y < side / 2) : i % 4 === 2 ? (255 * x) / side : (40 * i + 9 * y) % 256) & 255;

export function idxImages(n = 16, side = 8) {
  const bytes = Buffer.alloc(16 + n * side * side);
  [0x803, n, side, side].forEach((v, i) => bytes.writeUInt32BE(v, 4 * i));
  for (let i = 0, at = 16; i < n; i++) for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) bytes[at++] = level(i, x, y, side);
  return bytes;
}

export function idxLabels(n = 16, classes = 4) {
  const bytes = Buffer.alloc(8 + n);
  [0x801, n].forEach((v, i) => bytes.writeUInt32BE(v, 4 * i));
  for (let i = 0; i < n; i++) bytes[8 + i] = i % classes;
  return bytes;
}

export const IMAGES = 'train-images-idx3-ubyte', LABELS = 'train-labels-idx1-ubyte';

export function writeIdxFolder(folder, { n = 16, side = 8, classes = 4, gz = false } = {}) {
  mkdirSync(folder, { recursive: true });
  const put = (name, bytes) => writeFileSync(join(folder, gz ? `${name}.gz` : name), gz ? gzipSync(bytes) : bytes);
  put(IMAGES, idxImages(n, side));
  if (classes > 0) put(LABELS, idxLabels(n, classes));
}

/** A PNG of picture i. */
export const png = (i, width = 10, height = 8, channels = 3) => writePng(width, height, channels, (x, y, c) => level(i + c, x, y, width));

/** Folders a/ and b/ of n PNGs each. */
export function writePngFolders(folder, { n = 6, names = ['a', 'b'] } = {}) {
  names.forEach((name, k) => {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < n; i++) writeFileSync(join(folder, name, `${i}.png`), png(i * names.length + k));
  });
}

/** The rows of a log.csv as objects of numbers. */
export function readCsv(text) {
  const [head, ...rows] = text.trimEnd().split('\n').map((line) => line.split(','));
  return { columns: head, rows: rows.map((row) => Object.fromEntries(head.map((key, i) => [key, Number(row[i])]))) };
}

/** Header of a safetensors file. */
export const readSafetensors = (bytes) => JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));

/** Its numbers, without the header. */
export const safetensorsData = (bytes) => bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));

/** The checkpoint of a model of 8 x 8 pictures, with a class whose numbers run out of range: what it is told overflows. */
export function spoilClass(from, to, index) {
  const bytes = readFileSync(from), { shape, data_offsets: [at] } = readSafetensors(bytes)['cond.0.weight'], data = safetensorsData(bytes);
  const row = 64 + index; /* behind the thumbnail of 8 x 8 */
  for (let i = 0; i < shape[1]; i++) data.writeFloatLE(3e38, at + 4 * (row * shape[1] + i));
  writeFileSync(to, bytes);
  return to;
}

/** Replace the metadata of a safetensors file by what `change` returns of it. */
export function changeMetadata(path, change) {
  const bytes = readFileSync(path), header = readSafetensors(bytes);
  header.__metadata__ = change({ ...header.__metadata__ });
  const text = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, safetensorsData(bytes)]));
}
