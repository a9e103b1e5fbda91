// What every PNG says of itself, and names that promise something.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, tiny, trainTiny, works } from './coordiff.js';
import { readSafetensors, writePngFolders } from './data.js';
import { readPng } from './png.js';

let dir, model, plain; /* of four classes; of none */

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  model = trainTiny(join(dir, 'four'), { args: ['--grid-every', '20'] }).model;
  plain = trainTiny(join(dir, 'plain'), { data: { classes: 0 } }).model;
});
after(() => rmSync(dir, { recursive: true, force: true }));

const said = (path) => readPng(readFileSync(path)).text.parameters;
const sample = (...words) => readPng(works(['sample', '--model', model, '--steps', '3', '-o', '-', ...words]).out).text.parameters;

test('one picture: all that makes it again', () => {
  assert.match(sample('--n', '1', '--class', '2', '--seed', '9', '--sigma-max', '40'),
    /^coordiff \d+\.\d+\.\d+; model model\.safetensors; seed 9; class 2; steps 3; sampler sde; guidance 1; sigma max 40; size 32x32$/);
});

test('a grid says that it is one, its classes, its seeds and the order', () => {
  const begins = /^coordiff [\d.]+; model model\.safetensors; steps 3; sampler sde; guidance 1; size 32x32; grid of /;
  for (const [words, grid] of [
    [[], /grid of 32 pictures, 8 a row, row by row: class 0 seeds 1 to 8, class 1 seeds 1 to 8, class 2 seeds 1 to 8, class 3 seeds 1 to 8$/],
    [['--n', '5', '--columns', '2', '--seed', '4'], /grid of 5 pictures, 2 a row, row by row: class 0 seeds 4 to 5, class 1 seed 4, class 2 seed 4, class 3 seed 4$/],
    [['--class', '3', '--n', '2'], /grid of 2 pictures, 2 a row, row by row: class 3 seeds 1 to 2$/],
    [['--model', plain, '--n', '3'], /grid of 3 pictures, 3 a row, row by row: seeds 1 to 3$/],
  ]) {
    const text = sample(...words);
    assert.match(text, grid);
    assert.match(text, begins);
  }
});

test('the help says which seeds a grid uses', () => {
  assert.match(works(['sample', '--help'], { threads: false }).out.toString(), /--seed N +seed of the first picture of each class; the next ones of the class count up/);
});

test('render carries on what the lattice says; size and window are its own', () => {
  const lattice = join(dir, 'lattice.safetensors'), words = ['render', '--model', model, '--lattice', lattice, '-o', '-'];
  sample('--n', '1', '--class', '1', '--seed', '5', '--guidance', '2', '--size', '20x20', '--window', '1,2,3', '--save', lattice);
  const begin = 'coordiff [\\d.]+; model model\\.safetensors; seed 5; class 1; steps 3; sampler sde; guidance 2';
  const render = (...more) => readPng(works([...words, ...more]).out).text.parameters;
  assert.match(render(), new RegExp(`^${begin}; size 128x128$`));
  assert.match(render('--size', '64x48', '--window', '2,2,4'), new RegExp(`^${begin}; size 64x48; window 2,2,4$`));
  sample('--n', '1', '--class', '1', '--extend', '--size', '48x40', '--save', lattice);
  assert.match(render('--size', '96x80'), /; extend -2,-1,12; size 96x80$/);
});

test('the other pictures say what they are, too', () => {
  const steps = join(dir, 'steps'), pictures = join(dir, 'pictures'), sheet = join(dir, 'sheet.png');
  sample('--n', '1', '--class', '0', '--steps-dir', steps);
  assert.match(said(join(steps, 'step-0002.png')), /; seed 1; class 0; .*; at 2$/);
  writePngFolders(pictures);
  works(['data', '--data', `${pictures}/`, '--sheet', sheet, '--n', '2']);
  assert.match(said(sheet), /^coordiff [\d.]+; the first 2 pictures of pictures, 2 a row, row by row$/);
  const run = join(dir, 'four/run'), grid = readdirSync(run).find((name) => /^grid-/.test(name));
  assert.match(said(join(run, grid)), /model model\.safetensors in training, step 20; .*grid of 32 pictures, 8 a row, row by row: class 0 seeds 1 to 8, class 1/);
});

test('a folder on the trainer\'s disk is nobody\'s business', () => {
  const data = join(dir, 'more/data'), run = join(dir, 'more/run');
  writePngFolders(data);
  works(['train', '--data', `${data}/`, '--size', '8x8', '--out', run, ...tiny]);
  assert.equal(readSafetensors(readFileSync(join(run, 'model.safetensors'))).__metadata__.data, 'data');
  const shipped = works(['info', '--model', 'models/faces.safetensors']).out.toString();
  assert.match(shipped, /^data faces-train\.safetensors$/m);
  assert.match(shipped, /^renderer\.data faces-fine\.safetensors$/m);
  assert.equal(JSON.parse(works(['info', '--json', '--model', 'models/faces.safetensors']).out).notes.data, 'faces-train.safetensors');
});

test('a name that promises another kind of file is refused; one that promises nothing is taken', () => {
  const lattice = join(dir, 'kept');
  works(['sample', '--model', model, '--n', '1', '--steps', '1', '-o', join(dir, 'picture'), '--save', lattice]);
  works(['sample', '--model', model, '--n', '1', '--steps', '1', '-o', join(dir, 'LOUD.PNG')]);
  for (const name of ['x.jpg', 'x.png.webp', 'x.pn']) {
    const out = join(dir, name), why = [/--out is '.*', but what is written there is a \.png file; name it x.*\.png/];
    fails(2, why, ['sample', '--model', model, '--n', '1', '-o', out]);
    fails(2, why, ['render', '--model', model, '--lattice', lattice, '-o', out]);
    assert.ok(!existsSync(out));
  }
  fails(2, /--save is '.*x\.png', but what is written there is a \.safetensors file/, ['sample', '--model', model, '--n', '1', '-o', join(dir, 'y.png'), '--save', join(dir, 'x.png')]);
  fails(2, /--sheet is '.*s\.gif'/, ['data', '--data', join(dir, 'four/data'), '--sheet', join(dir, 's.gif')]);
});
