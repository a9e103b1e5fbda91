// quantise.mjs: a checkpoint with its matrices as whole numbers of eight bits, each row with a scale (src/file/block.h): half
// the size of F16, for what is sent to browsers. Vectors stay as they are.
//
//   node tools/quantise.mjs runs/panorama/model.safetensors models/panorama.safetensors
import { readFileSync, writeFileSync } from 'node:fs';
import { put, take } from './note_model.mjs';

const MOST = 127;

/** @param {number} bits of a half */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, part = (bits & 1023) / 1024;
  return sign * (exponent === 0 ? part * 2 ** -14 : (1 + part) * 2 ** (exponent - 15));
}

/** @param {Buffer} bytes @param {string} dtype F32 or F16 */
function numbers(bytes, dtype) {
  const read = dtype === 'F16' ? (/** @type {number} */ i) => half(bytes.readUInt16LE(2 * i)) : (/** @type {number} */ i) => bytes.readFloatLE(4 * i);
  return Float32Array.from({ length: bytes.length / (dtype === 'F16' ? 2 : 4) }, (_, i) => read(i));
}

/** Each row over its largest number. @param {Float32Array} values @param {number} cols */
function rounded(values, cols) {
  const bytes = Buffer.alloc(values.length), scales = Buffer.alloc((4 * values.length) / cols);
  for (let from = 0; from < values.length; from += cols) {
    const row = values.subarray(from, from + cols);
    const scale = Math.fround(row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / MOST);
    scales.writeFloatLE(scale, (4 * from) / cols);
    for (const [i, value] of row.entries()) bytes.writeInt8(scale > 0 ? Math.round(value / scale) : 0, from + i);
  }
  return { bytes, scales };
}

const [from, to] = process.argv.slice(2);
if (!to) {
  console.error('Usage: node tools/quantise.mjs FROM TO');
  process.exit(2);
}
const { header: { __metadata__, ...tensors }, data } = take(readFileSync(from));
/** @type {Record<string, any>} */
const header = { __metadata__ };
/** @type {Buffer[]} */
const parts = [];
let end = 0;
/** @param {string} name @param {string} dtype @param {number[]} shape @param {Buffer} bytes */
function add(name, dtype, shape, bytes) {
  header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
  end += bytes.length;
  parts.push(bytes);
}
for (const [name, { dtype, shape, data_offsets: [first, last] }] of Object.entries(tensors)) {
  const bytes = data.subarray(first, last), [rows, cols] = shape;
  const matrix = shape.length === 2 && rows > 1 && cols > 4 && (dtype === 'F32' || dtype === 'F16') && !name.startsWith('train.');
  if (!matrix) add(name, dtype, shape, bytes);
  else {
    const { bytes: whole, scales } = rounded(numbers(bytes, dtype), cols);
    add(name, 'I8', shape, whole);
    add(`${name}.scale`, 'F32', [rows, 1], scales);
  }
}
writeFileSync(to, put({ header, data: Buffer.concat(parts) }));
