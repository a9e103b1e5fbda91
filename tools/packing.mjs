// What the makers of packed sets share: drawing SVG at two sizes, on all processors, and writing a pack (src/file/pack.h).
//
//   const pictures = await drawAll(import.meta.url, split, numbers);                        // the main thread
//   await answerDrawAll((split, index) => rasterise(svgOf(split, index), CELLS, FINER));    // the same file as a worker
//   writePack(out, { width: CELLS, height: CELLS }, classes, { split }, pictures);
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';

/** The truth as PNG bytes, if it is kept, and the lattice image [3][height][width]. @typedef {{ png?: Uint8Array, lattice: Uint8Array }} Picture */

/** Drawings have no letters, and looking up the machine's fonts takes nearly as long as drawing. */
const NO_FONTS = { loadSystemFonts: false };

/** @param {string} svg @param {number} width @param {number} height in pixels, those of the drawing */
function render(svg, width, height) {
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: width }, font: NO_FONTS }).render();
  if (image.width !== width || image.height !== height)
    throw new Error(`a drawing is not ${width}:${height}`);
  return image;
}

/** A drawing's pixels, RGBA. @param {string} svg @param {number} width @param {number} height */
export const pixelsOf = (svg, width, height) => render(svg, width, height).pixels;

/** The lattice image [3][height][width]: exact averages over `finer` x `finer` pixels.
 *  @param {Uint8Array} rgba @param {number} width @param {number} height in cells @param {number} finer */
export function averages(rgba, width, height, finer) {
  const row = width * finer;
  const lattice = new Uint8Array(3 * width * height);
  for (let c = 0; c < 3; c++)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++) {
        let sum = 0;
        for (let y = j * finer; y < (j + 1) * finer; y++)
          for (let x = i * finer; x < (i + 1) * finer; x++) sum += rgba[(y * row + x) * 4 + c];
        lattice[(c * height + j) * width + i] = Math.round(sum / (finer * finer));
      }
  return lattice;
}

/** A square drawing, `finer` pixels a cell; the lattice image is the exact area average of that, so the two agree to the
 *  rounding. @param {string} svg @param {number} cells @param {number} finer @param {boolean} [truth] keep the drawing
 *  @returns {Picture} */
export function rasterise(svg, cells, finer, truth = true) {
  const side = cells * finer;
  const image = render(svg, side, side);
  const lattice = averages(image.pixels, cells, cells, finer);
  return truth ? { png: image.asPng(), lattice } : { lattice };
}

/** The pictures of a split with these numbers, drawn by all processors, in order: `maker`, run as a worker, must call
 *  answerDrawAll. @param {string} maker @param {string} split @param {number[]} numbers @param {boolean} [truth] keep the drawings
 *  @returns {Promise<Picture[]>} */
export async function drawAll(maker, split, numbers, truth = true) {
  const pictures = new Array(numbers.length);
  const threads = availableParallelism();
  let done = 0;
  await Promise.all(
    Array.from(
      { length: threads },
      (_, first) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(maker), {
            workerData: { split, numbers, truth, first, threads },
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

/** A worker's share of drawAll. @param {(split: string, index: number, truth: boolean) => Picture} draw */
export async function answerDrawAll(draw) {
  const { split, numbers, truth, first, threads } = workerData;
  // resvg's pictures live outside the heap, where the collector does not see how much they hold; they are freed
  // between turns of the event loop.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  for (let index = first; index < numbers.length; index += threads) {
    parentPort?.postMessage({ index, ...draw(split, numbers[index], truth) });
    if (Math.floor(index / threads) % 64 > 0) continue;
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
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

/** Packs pictures of which number i has the class i mod the number of classes, and says so.
 *  @param {string} path @param {{ width: number, height: number }} lattice in cells @param {string[]} classes @param {Record<string, string>} notes
 *  @param {Picture[]} pictures */
export function writePack(path, { width, height }, classes, notes, pictures) {
  const n = pictures.length;
  const pngs = pictures.flatMap(({ png }) => png ?? []);
  const bytes = pngs.reduce((sum, png) => sum + png.length, 0);
  const sizes = new Uint8Array(4 * pngs.length);
  pngs.forEach((png, i) => {
    new DataView(sizes.buffer).setUint32(4 * i, png.length, true);
  });
  writeSafetensors(
    path,
    { format: 'coordiff pictures 1', classes: classes.join(','), ...notes },
    {
      lattice: { shape: [n, 3, height, width], parts: pictures.map(({ lattice }) => lattice) },
      labels: { shape: [n], parts: [Uint8Array.from(pictures, (_, i) => i % classes.length)] },
      ...(bytes > 0 && {
        truth_bytes: { shape: [n, 4], parts: [sizes] },
        truth: { shape: [bytes], parts: pngs },
      }),
    },
  );
  console.log(`${path}: ${n} pictures, ${bytes} bytes of truth`);
}

/** What the command line asks for: --out, --split, --n, and what `read` makes of the options `more` (name: placeholder).
 *  Ends the program with a sentence when it cannot be had, also when `read` throws one.
 *  @template {{}} T @param {string} tool @param {Record<string, string>} more @param {(split: string) => number} usualN
 *  @param {(values: Record<string, string | undefined>) => T} read */
export function readArguments(tool, more, usualN, read) {
  try {
    const names = ['out', 'split', 'n', ...Object.keys(more)];
    const options = Object.fromEntries(
      names.map((name) => [name, { type: /** @type {const} */ ('string') }]),
    );
    const values = parseArgs({ options }).values;
    const { out, split = 'train', n = String(usualN(split)) } = values;
    if (!out) throw new Error('--out is missing: say which file to write');
    if (!/^[1-9]\d{0,6}$/.test(n) || Number(n) > 1000000)
      throw new Error(`--n is '${n}', but must be a whole number from 1 to 1000000`);
    return { out, split, n: Number(n), ...read(values) };
  } catch (error) {
    const extra = Object.entries(more).map(([name, value]) => ` [--${name} ${value}]`);
    console.error(`${tool}: ${/** @type {Error} */ (error).message}`);
    console.error(`usage: ${tool}.mjs --out FILE [--split NAME] [--n PICTURES]${extra.join('')}`);
    process.exit(2);
  }
}
