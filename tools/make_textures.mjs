// Draws a reproducible set of vector textures at several sizes and packs it (the format: src/file/pack.h).
//
//   node tools/make_textures.mjs --out build/data/textures-train.safetensors --split train
//   node tools/make_textures.mjs --out build/data/textures-test.safetensors --split test
//
// Picture i of a split is texture i mod 3 of tools/textures.mjs with the seed "<split>-<i>": nothing else decides it. Each
// is a torus. It is drawn once, 8 pixels a cell; the lattice image is the exact area average of that.
import { isMainThread } from 'node:worker_threads';
import { answerDrawAll, drawAll, rasterise, readArguments, writePack } from './packing.mjs';
import { TEXTURES, textureSvg } from './textures.mjs';
import { CELLS, FINER, Random } from './torus.mjs';

/** @param {string} split @param {number} index */
function draw(split, index) {
  const svg = textureSvg(index % TEXTURES.length, new Random(`${split}-${index}`));
  return rasterise(svg, CELLS, FINER);
}

async function main() {
  const usualN = (/** @type {string} */ split) => (split === 'train' ? 1200 : 150);
  const { out, split, n } = readArguments('make_textures', {}, usualN, () => ({}));
  const numbers = Array.from({ length: n }, (_, i) => i);
  const notes = {
    split,
    credits: 'procedural, by coordiff (CC0 1.0)',
    made_by: 'tools/make_textures.mjs',
  };
  writePack(out, { width: CELLS, height: CELLS }, TEXTURES, notes, await drawAll(import.meta.url, split, numbers));
}

if (isMainThread) await main();
else await answerDrawAll(draw);
