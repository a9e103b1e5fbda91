// coordiff eval --sheet and --nearest: samples that nobody picked, beside real pictures.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, trainTiny, works } from './coordiff.js';
import { SIDE, average, writeSet } from './eval-data.js';
import { readPng } from './png.js';

const BIG = 4 * SIDE, GAP = 4, ROWS = 8, COLUMNS = 6, N = 48;
let dir, model, train, held, trainSet, heldSet;
const sheet = (...args) => works(['eval', '--model', model, '--steps', '2', '--quiet', '--threads', '2', ...args]).out.toString();

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  ({ model } = trainTiny(dir));
  [train, held] = ['train', 'held'].map((name) => join(dir, `${name}.safetensors`));
  trainSet = writeSet(train, { n: 40 });
  heldSet = writeSet(held, { n: 60, first: 100 });
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** The grey levels of a square of `side` pixels of a picture. */
const cut = ({ width, channels, pixels }, x0, y0, side = BIG) => Array.from({ length: side * side }, (_, i) => pixels[((y0 + Math.floor(i / side)) * width + x0 + (i % side)) * channels]);

/** Sample i as the command `sample` draws it. */
function sample(i, side) {
  const out = join(dir, 'sample.png');
  works(['sample', '--model', model, '--seed', String(1 + i), '--class', String(i % 4), '--steps', '2', '--size', `${side}x${side}`, '--out', out, '--quiet']);
  return cut(readPng(readFileSync(out)), 0, 0, side);
}

test('--sheet: seeds 1 to 48 beside held-out pictures of the same classes', () => {
  const out = join(dir, 'sheet.png'), text = sheet('--data', held, '--sheet', out), picture = readPng(readFileSync(out));
  const width = COLUMNS * (BIG + GAP) - GAP, height = ROWS * (BIG + GAP) - GAP;
  assert.deepEqual([picture.width, picture.height], [2 * width + 8 * GAP, height]);
  assert.match(text, /sheet\.png: samples of seeds 1 to 48 on the left, held-out pictures on the right, 4 times the lattice/);
  const place = (i) => [(i % COLUMNS) * (BIG + GAP), Math.floor(i / COLUMNS) * (BIG + GAP)];
  for (const i of [0, 7, N - 1]) assert.deepEqual(cut(picture, ...place(i)), sample(i, BIG), `sample ${i}`);
  const smaller = heldSet.truths.map((truth) => Array.from(average(truth, 8 * SIDE, 2), Math.round).join());
  const shown = Array.from({ length: N }, (_, i) => smaller.indexOf(cut(picture, place(i)[0] + width + 8 * GAP, place(i)[1]).join()));
  shown.forEach((number, i) => assert.ok(number >= 0 && number % 4 === i % 4, `place ${i} shows picture ${number}`));
  assert.equal(new Set(shown).size, N, 'no picture twice');
  const again = join(dir, 'again.png');
  sheet('--data', train, '--test', held, '--sheet', again, '--threads', '3');
  assert.ok(readFileSync(again).equals(readFileSync(out)));
});

test('--sheet without finer pictures: the lattice, drawn as the samples are', () => {
  const thin = join(dir, 'thin.safetensors'), out = join(dir, 'thin.png'), { lattices } = writeSet(thin, { n: 60, first: 100, truth: false });
  const r = JSON.parse(sheet('--data', thin, '--sheet', out, '--json'));
  assert.deepEqual([r.sheet, r.samples, r.seed, r.steps, r.nearest], [out, 48, 1, 2, undefined]);
  const picture = readPng(readFileSync(out)), first = average(cut(picture, COLUMNS * (BIG + GAP) - GAP + 8 * GAP, 0), BIG, 4);
  const error = Math.sqrt(first.reduce((sum, v, i) => sum + (v - lattices[0][i]) ** 2, 0) / SIDE ** 2);
  assert.ok(error < 25, `held-out picture 0 is drawn from its lattice: ${error.toFixed(1)}`);
});

test('--nearest: each sample with the three training pictures nearest to it', () => {
  const out = join(dir, 'nearest.png');
  const text = sheet('--data', train, '--test', held, '--nearest', out), picture = readPng(readFileSync(out));
  assert.match(text, /nearest\.png: .* the 3 training pictures nearest to it/);
  const width = 4 * (BIG + GAP) - GAP;
  assert.deepEqual([picture.width, picture.height], [3 * width + 2 * 8 * GAP, 16 * (BIG + 8 * GAP) - 8 * GAP]);
  const distance = (a, b) => a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0);
  for (const i of [0, 5]) {
    const [x, y] = [(i % 3) * (width + 8 * GAP), Math.floor(i / 3) * (BIG + 8 * GAP)], lattice = sample(i, SIDE);
    assert.deepEqual(cut(picture, x, y), sample(i, BIG));
    const sorted = trainSet.lattices.map((b) => distance(lattice, b)).sort((a, b) => a - b);
    for (const rank of [0, 1, 2]) {
      const shown = average(cut(picture, x + (rank + 1) * (BIG + GAP), y), BIG, 4), drawn = trainSet.lattices.map((b) => distance(Array.from(shown), b));
      assert.equal(distance(lattice, trainSet.lattices[drawn.indexOf(Math.min(...drawn))]), sorted[rank], `sample ${i}, rank ${rank}`);
    }
  }
});

test('with a report too; what does not go together is refused', () => {
  const judge = join(dir, 'judge.safetensors'), out = join(dir, 'both.png');
  works(['eval', '--train-classifier', '--data', train, '--test', held, '--epochs', '1', '--out', judge, '--quiet']);
  const text = sheet('--data', train, '--test', held, '--classifier', judge, '--samples', '8', '--resamples', '3', '--sheet', out);
  assert.match(text, /^8 samples[^]*\n.*both\.png: samples of seeds/);
  assert.ok(existsSync(out));
  for (const other of ['--denoise', '--endless', '--renderer']) fails(2, /drawn alone or with a report/, ['eval', '--model', model, '--data', held, '--sheet', out, other]);
  fails(3, /no packed set|not a/, ['eval', '--model', model, '--data', model, '--sheet', out]);
  fails(1, /nowhere/, ['eval', '--model', model, '--data', held, '--sheet', join(dir, 'nowhere', 'x.png'), '--quiet', '--steps', '1']);
});
