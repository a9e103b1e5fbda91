// Draws a reproducible set of vector faces at several sizes and packs it (the format: src/pack.h).
//
//   node tools/make_faces.mjs --out build/data/faces-train.safetensors --split train --n 30000
//   node tools/make_faces.mjs --out build/data/faces-test.safetensors --split test --n 3000 \
//       --without build/data/faces-train.safetensors
//
// Picture i of a split is the DiceBear avatar of style i mod 6 with the seed "<split>-<i>": nothing else decides it. Some
// styles have few variants; --without replaces pictures that another set has, so that a test set is held out. It is
// drawn once, 8 pixels a cell; the lattice image is the exact area average of that, so the two agree to the rounding.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { dylan, micah, openPeeps, personas, thumbs, toonHead } from '@dicebear/collection';
import { createAvatar } from '@dicebear/core';
import { Resvg } from '@resvg/resvg-js';

const CELLS = 48;
const FINER = 8;
const SIDE = CELLS * FINER;
/** Class k is the k-th of these. @type {[name: string, style: import('@dicebear/core').Style<{}>][]} */
const STYLES = Object.entries({ thumbs, openPeeps, toonHead, personas, micah, dylan });
const BACKGROUNDS = ['b6e3f4', 'c0aede', 'd1d4f9', 'ffd5dc', 'ffdfbf'];

/** The truth of one picture as PNG bytes, and its lattice image [3][CELLS][CELLS].
 *  @param {string} split @param {number} index */
function draw(split, index) {
  const [name, style] = STYLES[index % STYLES.length];
  const svg = createAvatar(style, {
    seed: `${split}-${index}`,
    backgroundColor: BACKGROUNDS,
  }).toString();
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: SIDE } }).render();
  if (image.width !== SIDE || image.height !== SIDE) throw new Error(`${name} is not square`);
  const rgba = image.pixels;
  const lattice = new Uint8Array(3 * CELLS * CELLS);
  for (let c = 0; c < 3; c++)
    for (let j = 0; j < CELLS; j++)
      for (let i = 0; i < CELLS; i++) {
        let sum = 0;
        for (let y = j * FINER; y < (j + 1) * FINER; y++)
          for (let x = i * FINER; x < (i + 1) * FINER; x++) sum += rgba[(y * SIDE + x) * 4 + c];
        lattice[(c * CELLS + j) * CELLS + i] = Math.round(sum / (FINER * FINER));
      }
  return { png: image.asPng(), lattice };
}

/** The pictures of a split with these numbers, drawn by all processors, in order.
 *  @param {string} split @param {number[]} numbers */
async function drawAll(split, numbers) {
  const pictures = new Array(numbers.length);
  const threads = availableParallelism();
  let done = 0;
  await Promise.all(
    Array.from(
      { length: threads },
      (_, first) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), {
            workerData: { split, numbers, first, threads },
          });
          worker.on('message', ({ index, ...picture }) => {
            pictures[index] = picture;
            done++;
            if (process.stderr.isTTY && done % 100 === 0)
              process.stderr.write(`\r${done} of ${numbers.length} pictures`);
          });
          worker.on('error', reject);
          worker.on('exit', resolve);
        }),
    ),
  );
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return pictures;
}

/** @param {Uint8Array} lattice */
const fingerprint = (lattice) => createHash('sha256').update(lattice).digest('base64');

/** Fingerprints of the lattice images in a packed set. @param {string} path */
function readFingerprints(path) {
  const bytes = readFileSync(path);
  const data = 8 + Number(bytes.readBigUInt64LE());
  const {
    shape,
    data_offsets: [begin],
  } = JSON.parse(bytes.toString('utf8', 8, data)).lattice;
  const size = shape[1] * shape[2] * shape[3];
  return new Set(
    Array.from({ length: shape[0] }, (_, i) =>
      fingerprint(bytes.subarray(data + begin + i * size, data + begin + (i + 1) * size)),
    ),
  );
}

/** n pictures of which none is in `known`: where one is, later numbers of the same style take its place.
 *  @param {string} split @param {number} n @param {Set<string>} known */
async function drawNew(split, n, known) {
  const pictures = new Array(n);
  const stride = Math.ceil(n / STYLES.length) * STYLES.length;
  let places = Array.from({ length: n }, (_, i) => i);
  for (let round = 0; places.length > 0; round++) {
    if (round === 20)
      throw new Error(`${places.length} pictures have no other that is new; ask for fewer`);
    const drawn = await drawAll(
      split,
      places.map((i) => i + round * stride),
    );
    places = places.filter((i, at) => {
      const isKnown = known.size > 0 && known.has(fingerprint(drawn[at].lattice));
      if (!isKnown) pictures[i] = drawn[at];
      return isKnown;
    });
  }
  return pictures;
}

/** Writes a safetensors file of U8 tensors, whole or not at all.
 *  @param {string} path @param {Record<string, string>} metadata
 *  @param {Record<string, { shape: number[], parts: Uint8Array[] }>} tensors */
function writeSafetensors(path, metadata, tensors) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, parts }] of Object.entries(tensors)) {
    const begin = end;
    for (const part of parts) end += part.length;
    header[name] = { dtype: 'U8', shape, data_offsets: [begin, end] };
  }
  let json = JSON.stringify(header);
  json += ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(`${path}.tmp`, 'w');
  for (const part of [
    length,
    Buffer.from(json),
    ...Object.values(tensors).flatMap(({ parts }) => parts),
  ])
    writeSync(file, part);
  closeSync(file);
  renameSync(`${path}.tmp`, path);
}

/** Who drew what, and under which licence, as the styles themselves say. */
function credits() {
  return STYLES.map(([name, { meta }]) => {
    return `${meta?.title ?? name} by ${meta?.creator} (${meta?.license?.name})`;
  }).join('; ');
}

/** What the command line asks for; ends the program with a sentence when it cannot be had. */
function readArguments() {
  try {
    const { out, split, n, without } = parseArgs({
      options: {
        out: { type: 'string' },
        split: { type: 'string', default: 'train' },
        n: { type: 'string', default: '30000' },
        without: { type: 'string' },
      },
    }).values;
    if (!out) throw new Error('--out is missing: say which file to write');
    if (!/^[1-9]\d{0,6}$/.test(n) || Number(n) > 1000000)
      throw new Error(`--n is '${n}', but must be a whole number from 1 to 1000000`);
    return { out, split, n: Number(n), known: without ? readFingerprints(without) : new Set() };
  } catch (error) {
    console.error(`make_faces: ${/** @type {Error} */ (error).message}`);
    console.error('usage: make_faces.mjs --out FILE [--split NAME] [--n PICTURES] [--without SET]');
    process.exit(2);
  }
}

async function main() {
  const { out, split, n, known } = readArguments();
  const pictures = await drawNew(split, n, known);
  const sizes = new Uint8Array(4 * n);
  pictures.forEach(({ png }, i) => {
    new DataView(sizes.buffer).setUint32(4 * i, png.length, true);
  });
  const pngs = pictures.map(({ png }) => png);
  const bytes = pngs.reduce((sum, png) => sum + png.length, 0);
  writeSafetensors(
    out,
    {
      format: 'coordiff pictures 1',
      classes: STYLES.map(([name]) => name).join(','),
      split,
      credits: credits(),
      made_by: 'tools/make_faces.mjs',
    },
    {
      lattice: { shape: [n, 3, CELLS, CELLS], parts: pictures.map(({ lattice }) => lattice) },
      labels: { shape: [n], parts: [Uint8Array.from(pngs, (_, i) => i % STYLES.length)] },
      truth_bytes: { shape: [n, 4], parts: [sizes] },
      truth: { shape: [bytes], parts: pngs },
    },
  );
  console.log(`${out}: ${n} pictures, ${bytes} bytes of truth`);
}

if (isMainThread) {
  await main();
} else {
  const { split, numbers, first, threads } = workerData;
  // resvg's pictures live outside the heap, where the collector does not see how much they hold; they are freed
  // between turns of the event loop.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  for (let index = first; index < numbers.length; index += threads) {
    parentPort?.postMessage({ index, ...draw(split, numbers[index]) });
    if (Math.floor(index / threads) % 64 > 0) continue;
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
