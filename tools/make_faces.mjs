// Draws a reproducible set of vector faces at several sizes and packs it (the format: src/file/pack.h).
//
//   node tools/make_faces.mjs --out build/data/faces-train.safetensors --split train --n 30000
//   node tools/make_faces.mjs --out build/data/faces-test.safetensors --split test --n 3000 \
//       --without build/data/faces-train.safetensors
//
// Picture i of a split is the DiceBear avatar of style i mod 6 with the seed "<split>-<i>": nothing else decides it. Some
// styles have few variants (of 17,000 dylan pictures 6,396 differ); --without replaces pictures that another set has, so
// that a test set is held out. For a large training set draw the test set first, and the training set without it. It is
// drawn once, 8 pixels a cell; the lattice image is the exact area average of that, so the two agree to the rounding.
// --truth no keeps the lattice images alone: enough for the denoiser, at a third of the size.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { dylan, micah, openPeeps, personas, thumbs, toonHead } from '@dicebear/collection';
import { createAvatar } from '@dicebear/core';
import { answerDrawAll, drawAll, rasterise, readArguments, writePack } from './packing.mjs';

const CELLS = 48;
const FINER = 8;
/** Class k is the k-th of these. @type {[name: string, style: import('@dicebear/core').Style<{}>][]} */
const STYLES = Object.entries({ thumbs, openPeeps, toonHead, personas, micah, dylan });
const BACKGROUNDS = ['b6e3f4', 'c0aede', 'd1d4f9', 'ffd5dc', 'ffdfbf'];

/** @param {string} split @param {number} index @param {boolean} truth */
function draw(split, index, truth) {
  const [, style] = STYLES[index % STYLES.length];
  const svg = createAvatar(style, {
    seed: `${split}-${index}`,
    backgroundColor: BACKGROUNDS,
  }).toString();
  return rasterise(svg, CELLS, FINER, truth);
}

/** @param {Uint8Array} lattice */
const fingerprint = (lattice) => createHash('sha256').update(lattice).digest('base64');

/** Fingerprints of the lattice images in a packed set, which may be larger than a buffer. @param {string} path */
function readFingerprints(path) {
  const file = openSync(path, 'r');
  /** @param {number} at @param {number} n */
  const read = (at, n) => {
    const bytes = Buffer.alloc(n);
    readSync(file, bytes, 0, n, at);
    return bytes;
  };
  const data = 8 + Number(read(0, 8).readBigUInt64LE());
  const {
    shape,
    data_offsets: [begin],
  } = JSON.parse(read(8, data - 8).toString()).lattice;
  const size = shape[1] * shape[2] * shape[3];
  const prints = new Set(
    Array.from({ length: shape[0] }, (_, i) => fingerprint(read(data + begin + i * size, size))),
  );
  closeSync(file);
  return prints;
}

/** n pictures of which none is in `known`: where one is, later numbers of the same style take its place.
 *  @param {string} split @param {number} n @param {Set<string>} known @param {boolean} truth */
async function drawNew(split, n, known, truth) {
  const pictures = new Array(n);
  const stride = Math.ceil(n / STYLES.length) * STYLES.length;
  let places = Array.from({ length: n }, (_, i) => i);
  for (let round = 0; places.length > 0; round++) {
    if (round === 20)
      throw new Error(`${places.length} pictures have no other that is new; ask for fewer`);
    const drawn = await drawAll(
      import.meta.url,
      split,
      places.map((i) => i + round * stride),
      truth,
    );
    places = places.filter((i, at) => {
      const isKnown = known.size > 0 && known.has(fingerprint(drawn[at].lattice));
      if (!isKnown) pictures[i] = drawn[at];
      return isKnown;
    });
  }
  return pictures;
}

/** Who drew what, and under which licence, as the styles themselves say. */
function credits() {
  return STYLES.map(([name, { meta }]) => {
    return `${meta?.title ?? name} by ${meta?.creator} (${meta?.license?.name})`;
  }).join('; ');
}

async function main() {
  const { out, split, n, known, truth } = readArguments(
    'make_faces',
    { without: 'SET', truth: 'yes|no' },
    () => 30000,
    ({ without, truth = 'yes' }) => {
      if (truth !== 'yes' && truth !== 'no') throw new Error(`--truth is '${truth}': yes or no`);
      return { known: without ? readFingerprints(without) : new Set(), truth: truth === 'yes' };
    },
  );
  const classes = STYLES.map(([name]) => name);
  const notes = { split, credits: credits(), made_by: 'tools/make_faces.mjs' };
  writePack(out, { width: CELLS, height: CELLS }, classes, notes, await drawNew(split, n, known, truth));
}

if (isMainThread) await main();
else await answerDrawAll(draw);
