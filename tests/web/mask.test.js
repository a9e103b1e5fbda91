// The page's numbers of editing: masks, outpainted worlds, seeds of edits; and the words of PNGs and links.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grown, outpainted, seedOf, unable } from '../../web/page/edit/edit.js';
import { createMask } from '../../web/page/edit/mask.js';
import { fromParameters, toParameters } from '../../web/page/settings/parameters.js';
import { defaults, fromHash, toHash } from '../../web/page/settings/state.js';

const WORLD = { x: -2, y: 1, width: 12, height: 10 };
/** @type {any} */
const INFO = { lattice_width: 28, lattice_height: 28, channels: 1, target: 'edm', coordinates: 'both' };
const SHOWN = { size: { width: 210, height: 210 }, extend: null, window: null };

/** @param {import('../../web/page/edit/mask.js').Mask} mask @param {number} x @param {number} y of the plane */
const at = ({ world, fresh }, x, y) => fresh[(y - world.y) * world.width + x - world.x];

test('strokes are new inside, old outside, and between for one cell at their edge', () => {
  const mask = createMask();
  mask.cover(WORLD);
  assert.ok(mask.empty);
  mask.begin();
  mask.stroke({ x: 1.5, y: 5.5 }, { x: 6.5, y: 5.5 }, 1.75, false);
  assert.deepEqual([1, 6].map((x) => at(mask, x, 5)), [1, 1]);
  assert.deepEqual([3, 4, 5, 6, 7, 8].map((y) => at(mask, 4, y)), [0.25, 1, 1, 1, 0.25, 0]);
  assert.equal(at(mask, 4, 7), 0.25);
  assert.equal(at(mask, 4, 8), 0);
  assert.equal(at(mask, -2, 5), 0);
  mask.begin();
  mask.stroke({ x: 4.5, y: 5.5 }, { x: 4.5, y: 5.5 }, 0.75, true);
  assert.deepEqual([at(mask, 4, 5), at(mask, 1, 5)], [0, 1]);
  mask.undo();
  assert.equal(at(mask, 4, 5), 1);
  mask.undo();
  assert.ok(mask.empty && !mask.undoable);
});

test('shapes, invert, clear; another world keeps what was painted in its place', () => {
  const mask = createMask();
  mask.cover(WORLD);
  mask.shape('left');
  assert.deepEqual([at(mask, -2, 1), at(mask, 3, 5), at(mask, 4, 5), at(mask, 9, 10)], [1, 1, 0, 0]);
  mask.invert();
  assert.deepEqual([at(mask, 3, 5), at(mask, 4, 5)], [0, 1]);
  mask.cover({ x: -4, y: 0, width: 20, height: 14 });
  assert.deepEqual([at(mask, 3, 5), at(mask, 4, 5), at(mask, -4, 0), at(mask, 12, 5)], [0, 1, 0, 0]);
  mask.clear();
  assert.ok(mask.empty);
});

test('an outpainted world has the old cells in their places, and all else is new', () => {
  const from = { x: 0, y: 0, width: 2, height: 2 }, to = { x: -1, y: 0, width: 4, height: 3 };
  const { options, words } = outpainted(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), from, to);
  assert.deepEqual([...options.source], [0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0]);
  assert.deepEqual([...options.fresh ?? []], [1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
  assert.deepEqual([options.world, words], [to, 'parts of a source kept']);
});

test('the canvas grows by whole pixels at the same cell size, up to its limits', () => {
  const pitch = 28 / 210;
  for (const [side, x, y, width, height] of /** @type {[any, number, number, number, number][]} */ ([
    ['right', 0, 0, 263, 210], ['left', -53 * pitch, 0, 263, 210], ['down', 0, 0, 210, 263], ['up', 0, -53 * pitch, 210, 263],
  ])) {
    const { patch: { size, extend }, refusal } = grown(SHOWN, INFO, side, 7);
    assert.deepEqual([size, refusal], [{ width, height }, '']);
    assert.ok(extend && Math.abs(extend.x - x) < 1e-9 && Math.abs(extend.y - y) < 1e-9 && Math.abs(extend.across / width - pitch) < 1e-10);
  }
  assert.match(grown({ ...SHOWN, size: { width: 2000, height: 2000 } }, INFO, 'left', 8).refusal, /2571 × 2000 pixels, and a side has at most 2048/);
  assert.match(grown({ ...SHOWN, extend: { x: 0, y: 0, across: 240 } }, INFO, 'up', 32).refusal, /more than 256 cells a side/);
});

test('an edit never has the noise of the picture', () => {
  assert.deepEqual([0, 1].map((edits) => seedOf(2n ** 64n - 1n, true, edits, () => 0n)), [0n, 1n]);
  assert.deepEqual([seedOf(7n, false, 0, () => 7n), seedOf(7n, false, 0, () => 9n)], [8n, 9n]);
});

test('models that cannot be edited say why', () => {
  assert.equal(unable(INFO), '');
  assert.match(unable({ ...INFO, target: 'previous' }), /fixed chain/);
  assert.match(unable({ ...INFO, coordinates: 'none', patch_width: 20, patch_height: 20 }), /without end cannot be edited/);
});

test('mixed seeds in links and PNGs, in the words of the command line program', () => {
  const settings = { ...defaults(), other: 9n, mix: 0.5 };
  assert.match(toHash(settings), /&other=9&mix=0\.5/);
  assert.doesNotMatch(toHash({ ...settings, mix: 0 }), /other|mix/);
  assert.match(toParameters(settings, 'fashion.safetensors'), /; other seed 9; mix 0\.5$/);
  for (const text of [toParameters(settings, 'x.safetensors'), 'coordiff 0.1.0; model x.safetensors; seed 7; steps 20; other seed 9; mix 0.5']) {
    const found = fromParameters(text);
    assert.deepEqual([found?.settings.seed, found?.settings.other, found?.settings.mix, found?.complaints], [7n, 9n, 0.5, []]);
  }
  assert.match(fromHash('#other=x&mix=2').complaints.join(), /other “x”.*mix “2”, but that must be a number from 0 to 1/);
});

test('an edited picture says so in its text, and what comes back of it', () => {
  const text = toParameters(defaults(), 'fashion.safetensors', 'parts of a source kept; edit seed 3');
  assert.match(text, /; parts of a source kept; edit seed 3$/);
  for (const edited of [text, 'coordiff 0.1.0; model m.safetensors; seed 2; from a source; strength 0.6'])
    assert.match(fromParameters(edited)?.complaints.join() ?? '', /was edited.*not the edit/);
});

test('parts of the plane are written to a billionth of a cell, and come back the same', () => {
  const extend = { x: -7.066666667, y: 0, across: 35.066666667 };
  assert.match(toHash({ ...defaults(), extend }), /extend=-7\.066666667,0,35\.066666667/);
  assert.deepEqual(fromHash(toHash({ ...defaults(), extend })).settings.extend, extend);
  assert.match(toHash({ ...defaults(), window: { x: 1e-9, y: 100, across: 20 } }), /window=0\.000000001,100,20/);
});

test('a grid of the program gives its first picture, and says so', () => {
  const begin = 'coordiff 0.1.0; model fashion.safetensors; steps 12; sampler dpm2m; guidance 1.5; size 112x112; grid of';
  const found = fromParameters(`${begin} 16 pictures, 8 a row, row by row: class 3 seeds 5 to 12, class 4 seeds 5 to 12`);
  assert.deepEqual([found?.settings.seed, found?.settings.class, found?.settings.steps], [5n, 3, 12]);
  assert.match(found?.complaints.join() ?? '', /grid of 16 pictures; its first/);
  const plain = fromParameters(`${begin} 2 pictures, 2 a row, row by row: seed 9, seed 4`);
  assert.deepEqual([plain?.settings.seed, plain?.settings.class], [9n, null]);
});

test('noise levels of a picture are complained of where they are not those of its model', () => {
  const text = 'coordiff 0.1.0; model wide.safetensors; seed 1; sigma max 120; sigma min 0.06; rho 20; size 64x64';
  /** @param {string} words @param {Record<string, string>} usual */
  const said = (words, usual) => fromParameters(words, undefined, () => usual)?.complaints.join() ?? '';
  const usual = { 'sigma max': '120', 'sigma min': '0.06', rho: '20' };
  assert.equal(said(text, usual), '');
  assert.match(said(text.replace('0.06', '0.03'), usual), /noise levels of its own/);
  assert.match(said(text, {}), /noise levels of its own/);
});
