// Any part of the plane at any size: sample --extend, --window, --save; render; train-renderer.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { coordiff, fails, temporary, tiny, trainTiny, works } from './coordiff.js';
import { crop as cut, largestDifference as difference, readPng } from './png.js';

const brief = ['--cell_hidden', '16', '--hidden', '16', '--radius', '1', '--images', '8', '--pixels', '16'];
let dir, set, plain, model, lattice; /* models without and with a renderer of its own; a saved picture of the latter */

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  set = join(dir, 'set.safetensors');
  const made = spawnSync(process.execPath, ['tools/make_faces.mjs', '--out', set, '--split', 'test', '--n', '12']);
  assert.equal(made.status, 0, String(made.stderr));
  works(['train', '--data', set, '--out', join(dir, 'run'), ...tiny]);
  plain = join(dir, 'run/model.safetensors');
  works(['train-renderer', '--model', plain, '--data', set, '--out', join(dir, 'renderer'), ...brief, '--steps', '30', '--threads', '1']);
  model = join(dir, 'renderer/model.safetensors');
  lattice = join(dir, 'lattice.safetensors');
});
after(() => rmSync(dir, { recursive: true, force: true }));

const crop = (picture, ...where) => ({ pixels: cut(picture, ...where) });
const largestDifference = (a, b) => difference(a.pixels, b.pixels);

const sample = (...words) => readPng(works(['sample', '--model', model, '--class', '1', '--n', '1', '--steps', '4', '-o', '-', ...words]).out);
const render = (...words) => readPng(works(['render', '--model', model, '--lattice', lattice, '-o', '-', ...words]).out);

test('render draws what sample drew, at any size', () => {
  const small = sample('--size', '96x96', '--save', lattice);
  assert.equal(largestDifference(render('--size', '96x96'), small), 0);
  assert.equal(largestDifference(render('--size', '200x100'), sample('--size', '200x100')), 0);
  const byDefault = render();
  assert.deepEqual([byDefault.width, byDefault.height, byDefault.channels], [768, 768, 3]);
  for (const threads of ['1', '3']) assert.equal(largestDifference(render('--threads', threads), byDefault), 0);
});

test('a window is a part of the whole', () => {
  const whole = render('--size', '384x384'), part = render('--window', '12,6,24', '--size', '192x160');
  assert.equal(largestDifference(part, crop(whole, 96, 48, 192, 160)), 0);
  assert.equal(largestDifference(sample('--window', '12,6,24', '--size', '192x160'), part), 0);
});

test('the renderer makes a difference, but not at the size of the lattice', () => {
  const draw = (path, size) => readPng(works(['render', '--model', path, '--lattice', lattice, '-o', '-', '--size', size]).out);
  assert.equal(largestDifference(draw(plain, '48x48'), draw(model, '48x48')), 0);
  assert.ok(largestDifference(draw(plain, '480x480'), draw(model, '480x480')) > 3);
});

test('--extend: more world at the same cell size, the same noise in the middle', () => {
  const wide = sample('--extend', '--size', '400x192');
  assert.deepEqual([wide.width, wide.height], [400, 192]);
  // The frame alone, asked for as an extended canvas of just its size, is the picture itself.
  assert.equal(largestDifference(sample('--extend', '--size', '192x192'), sample('--size', '192x192')), 0);
  // More pixels a cell: fewer cells.
  assert.equal(largestDifference(sample('--extend', '--cell', '8', '--size', '384x384'), sample('--size', '384x384')), 0);
  const first = sample('--extend', '--size', '400x192', '--steps', '1'), alone = sample('--size', '192x192', '--steps', '1');
  assert.ok(largestDifference(crop(first, 104, 0, 192, 192), alone) > 0, 'the world around it is seen');
  const parameters = wide.text.parameters;
  assert.match(parameters, /extend -26,0,100/);
});

test('windows and worlds that are none', () => {
  const refuse = (patterns, ...words) => fails(2, patterns, ['sample', '--model', model, '--n', '1', '-o', join(dir, 'never.png'), ...words]);
  for (const word of ['', '1,2', '1,2,3,4', 'a,b,c', '1,2,0', '1,2,-5', '1,2,nan', '1,2,1e9', '1e9,0,5'])
    refuse([new RegExp(`--window is '${word}'`)], '--window', word);
  refuse([/20000 cells on 16 pixels/, /at most 256/, /smaller W/], '--size', '16x16', '--window', '0,0,20000');
  refuse([/world of 300 x 50 cells/, /at most 256/, /--cell/], '--extend', '--size', '1200x200');
  refuse([/--cell goes with --extend/], '--cell', '8');
  refuse([/--cell is '0'/], '--extend', '--cell', '0');
});

test('lattices that are none', (t) => {
  const here = temporary(t), bytes = readFileSync(lattice), bad = join(here, 'bad.safetensors');
  const refuse = (patterns, path) => fails(3, patterns, ['render', '--model', model, '--lattice', path, '-o', join(here, 'x.png')]);
  for (const n of [5, 100, bytes.length - 1]) {
    writeFileSync(bad, bytes.subarray(0, n));
    refuse([/bad\.safetensors/], bad);
  }
  refuse([/no lattice that 'coordiff sample --save' wrote/], model);
  refuse([/No such file/], join(here, 'none'));
  const grey = trainTiny(join(here, 'grey')).model;
  fails(3, [/3 channels/, /1 channels/], ['render', '--model', grey, '--lattice', lattice, '-o', join(here, 'x.png')]);
  fails(2, /--lattice is missing/, ['render', '--model', model, '-o', join(here, 'x.png')]);
  fails(2, /--out is missing/, ['render', '--model', model, '--lattice', lattice]);
});

test('train-renderer resumes to the bit, and the same command gives a newer denoiser the renderer', (t) => {
  const here = temporary(t), words = (run, steps) => ['train-renderer', '--model', plain, '--data', set, '--out', join(here, run), ...brief, '--steps', steps, '--threads', '1', '--warmup', '0', '--lr_min', '0.002'];
  works(words('once', '8'));
  works(words('twice', '4'));
  works(words('twice', '8'));
  const read = (run) => readFileSync(join(here, run, 'model.safetensors'));
  assert.ok(read('once').equals(read('twice')));
  works([...words('logged', '4'), '--log-every', '2']);
  assert.match(readFileSync(join(here, 'logged/log.csv'), 'utf8'), /^step,loss,bilinear,lr,grad_norm,points_per_s,rss_mib\n2,.*\n4,.*\n$/);
  const info = JSON.parse(works(['info', '--model', join(here, 'once/model.safetensors'), '--json']).out);
  assert.equal(info.renderer.hidden, 16);
  assert.equal(info.notes['renderer.train.step'], '8');
  assert.equal(info.notes['train.step'], '20', 'the denoiser and its notes are carried over');
});

test('train-renderer gives a model that has a renderer another one', (t) => {
  const run = join(temporary(t), 'run');
  works(['train-renderer', '--model', model, '--data', set, '--out', run, ...brief, '--steps', '3', '--threads', '1']);
  const { notes } = JSON.parse(works(['info', '--model', join(run, 'model.safetensors'), '--json']).out);
  assert.equal(notes['renderer.train.step'], '3');
});

test('train-renderer refuses what it cannot train on', (t) => {
  const here = temporary(t), { model: grey, data } = trainTiny(join(here, 'grey'));
  const words = ['train-renderer', '--out', join(here, 'run'), ...brief, '--steps', '2'];
  fails(2, /--model is missing/, [...words, '--data', set]);
  fails(2, /--data is missing/, [...words, '--model', plain]);
  fails(3, /is no packed set|directory/, [...words, '--model', plain, '--data', data]);
  fails(3, [/3 channels/, /1 channels/], [...words, '--model', grey, '--data', set]);
  fails(2, [/channels is 1, but the model has 3/], [...words, '--model', plain, '--data', set, '--channels', '1']);
  fails(2, [/no option --lattice_width/], [...words, '--model', plain, '--data', set, '--lattice_width', '8']);
  fails(2, [/units, but need multiples of 16/], ['train-renderer', '--out', join(here, 'run'), ...brief, '--steps', '2', '--model', plain, '--data', set, '--hidden', '17']);
  fails(2, [/images is 12/, /multiple of 8/], ['train-renderer', '--out', join(here, 'run'), ...brief, '--steps', '2', '--model', plain, '--data', set, '--images', '12']);
});

test('bench --canvas says what a pixel costs', () => {
  const { code, out } = coordiff(['bench', '--model', plain, '--canvas', '--json']);
  assert.equal(code, 0);
  const result = JSON.parse(out);
  assert.deepEqual(result.canvases.map(({ side }) => side), [64, 256, 1024]);
  for (const { steps_seconds, draw_seconds, per_pixel_seconds } of result.canvases)
    for (const x of [steps_seconds, draw_seconds, per_pixel_seconds]) assert.ok(x > 0);
});

test('bench times the kernels, the network and a training step', () => {
  const { code, out } = coordiff(['bench', '--model', plain, '--json', '--threads', '1', '--kernels', 'portable']);
  assert.equal(code, 0);
  const [table] = JSON.parse(out).kernels;
  for (const rate of ['peak', 'product', 'forward', 'train_1', 'rows_per_s']) assert.ok(table[rate] > 0, rate);
});
