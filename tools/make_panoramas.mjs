// Draws a reproducible set of vector landscapes at several sizes and packs it (the format: src/file/pack.h).
//
//   nice -n 15 node tools/make_panoramas.mjs --out build/data/panoramas-train.safetensors --split train
//   nice -n 15 node tools/make_panoramas.mjs --out build/data/panoramas-test.safetensors --split test
//
// Picture i of a split is scene i mod 6 of tools/panorama/scenes.mjs with the seed "<split>-<i>": nothing else decides it.
// Each is a cylinder: its right edge meets its left one. It is drawn once, 8 pixels a cell, and painted over
// (tools/panorama/gouache.mjs); the lattice image is the exact area average of that.
import { isMainThread } from 'node:worker_threads';
import { answerDrawAll, drawAll, readArguments, writePack } from './packing.mjs';
import { HEIGHT, WIDTH } from './panorama/cylinder.mjs';
import { panoramaPicture } from './panorama/picture.mjs';
import { PANORAMAS, panorama } from './panorama/scenes.mjs';
import { Random } from './torus.mjs';

/** @param {string} split @param {number} index */
function draw(split, index) {
  const random = new Random(`${split}-${index}`);
  return panoramaPicture(panorama(index % PANORAMAS.length, random), random);
}

async function main() {
  const usualN = (/** @type {string} */ split) => (split === 'train' ? 960 : 300);
  const { out, split, n } = readArguments('make_panoramas', {}, usualN, () => ({}));
  const numbers = Array.from({ length: n }, (_, i) => i);
  const notes = {
    split,
    credits: 'procedural, by coordiff (CC0 1.0)',
    made_by: 'tools/make_panoramas.mjs',
  };
  const pictures = await drawAll(import.meta.url, split, numbers);
  writePack(out, { width: WIDTH, height: HEIGHT }, PANORAMAS, notes, pictures);
}

if (isMainThread) await main();
else await answerDrawAll(draw);
