// data.js: small pictures for the tests, as IDX files and as PNG; readers of what a run leaves.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { put, take } from '../../tools/note_model.mjs';
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

/** A checkpoint, what its network is told overflowing: of this class; or, null, of noise below 1, late in a run. Half precision, which
 *  cannot hold such numbers, becomes single, and is told of nothing else. @param {Buffer} bytes @param {number | null} label */
export function spoilt(bytes, label) {
  const { header, data } = take(bytes), entry = header['cond.0.weight'], [rows, units] = entry.shape, [begin, end] = entry.data_offsets;
  const { thumbnail, n_classes } = header.__metadata__;
  // The rows of the thumbnail, of the classes and none, of the sine of the noise level's logarithm.
  const row = Number(thumbnail) ** 2 + (label ?? Number(n_classes) + 1);
  const weights = entry.dtype === 'F32' ? Buffer.from(data.subarray(begin, end)) : Buffer.alloc(4 * rows * units), more = weights.length - (end - begin);
  for (let i = 0; i < units; i++) weights.writeFloatLE(label === null ? -3e38 : 3e38, 4 * (row * units + i));
  for (const tensor of Object.values(header))
    if (tensor.data_offsets?.[0] >= end) tensor.data_offsets = tensor.data_offsets.map((/** @type {number} */ at) => at + more);
  Object.assign(entry, { dtype: 'F32', data_offsets: [begin, end + more] });
  return put({ header, data: Buffer.concat([data.subarray(0, begin), weights, data.subarray(end)]) });
}

/** The same of files. */
export function spoilClass(from, to, index) {
  writeFileSync(to, spoilt(readFileSync(from), index));
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
