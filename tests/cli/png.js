// png.js: write and read 8-bit grey and RGB PNG files, with nothing but zlib.
import assert from 'node:assert/strict';
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => crcTable[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0;

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** The bytes of a PNG; channels 1 or 3; level(x, y, c) is 0 to 255. */
export function writePng(width, height, channels, level) {
  const rows = Buffer.alloc(height * (1 + width * channels));
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = 0;
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) rows[at++] = level(x, y, c);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, [0, 0, 4, 2, 6][channels], 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

const paeth = (a, b, c) => {
  const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

/** Read an 8-bit grey or RGB PNG; asserts signature, order of chunks, checksums, sizes. { width, height, channels, pixels, text }. */
export function readPng(bytes) {
  assert.deepEqual(bytes.subarray(0, 8), SIGNATURE, 'PNG signature');
  const data = [], text = {}, types = [];
  let width, height, channels, at = 8;
  while (types.at(-1) !== 'IEND') {
    assert.ok(at + 12 <= bytes.length, 'a whole chunk is left');
    const length = bytes.readUInt32BE(at), type = bytes.toString('latin1', at + 4, at + 8), body = bytes.subarray(at + 8, at + 8 + length);
    assert.equal(bytes.readUInt32BE(at + 8 + length), crc32(bytes.subarray(at + 4, at + 8 + length)), `checksum of ${type}`);
    types.push(type);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      assert.equal(body[8], 8, 'bits a channel');
      assert.ok(body[9] === 0 || body[9] === 2, 'grey or RGB');
      assert.deepEqual([...body.subarray(10)], [0, 0, 0], 'deflate, filters, not interlaced');
      channels = body[9] === 2 ? 3 : 1;
    } else if (type === 'IDAT') data.push(body);
    else if (type === 'tEXt') {
      const zero = body.indexOf(0);
      text[body.toString('latin1', 0, zero)] = body.toString('latin1', zero + 1);
    }
    at += 12 + length;
  }
  assert.equal(types[0], 'IHDR');
  assert.equal(at, bytes.length, 'nothing follows the end');
  const raw = inflateSync(Buffer.concat(data)), line = width * channels, pixels = Buffer.alloc(line * height);
  assert.equal(raw.length, height * (line + 1), 'bytes of pixels');
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)];
    assert.ok(filter <= 4, 'filter');
    for (let i = 0; i < line; i++) {
      const left = i >= channels ? pixels[y * line + i - channels] : 0, up = y > 0 ? pixels[(y - 1) * line + i] : 0;
      const corner = i >= channels && y > 0 ? pixels[(y - 1) * line + i - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[y * line + i] = raw[y * (line + 1) + 1 + i] + guess;
    }
  }
  return { width, height, channels, pixels, text };
}

/** Pixels of the rectangle at (x, y). */
export function crop({ width, channels, pixels }, x, y, w, h) {
  return Buffer.concat(Array.from({ length: h }, (_, j) => pixels.subarray(((y + j) * width + x) * channels, ((y + j) * width + x + w) * channels)));
}

export const largestDifference = (a, b) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
