// Where commands write: looked at before they work, and nothing that somebody still needs is written over.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fails, temporary, tiny, works } from './coordiff.js';
import { writePngFolders } from './data.js';
import { readPng } from './png.js';

const one = ['--n', '1', '--steps', '1', '--class', '0'];

/** The command fails with these sentences, and the files are as they were. */
function keeps(files, code, sentences, words) {
  const before = files.map((file) => readFileSync(file));
  fails(code, sentences, words);
  files.forEach((file, i) => assert.deepEqual(readFileSync(file), before[i], file));
}

test('an output is never what the command reads, by any name, nor another output', (t) => {
  const dir = temporary(t), model = join(dir, 'model'), link = join(dir, 'link'), source = join(dir, 's.png');
  copyFileSync('models/fashion.safetensors', model);
  symlinkSync(model, link);
  works(['sample', '--model', model, ...one, '-o', source]);
  keeps([model], 2, [/--out is .*model, which --model reads/, /name another file/], ['sample', '--model', model, ...one, '-o', model]);
  keeps([model], 2, [/--out is .*link, which --model reads/], ['sample', '--model', model, ...one, '-o', link]);
  keeps([model], 2, [/--save is .*which --model reads/], ['sample', '--model', model, ...one, '-o', '-', '--save', model]);
  keeps([source], 2, [/--out is .*which --source reads/], ['sample', '--model', model, ...one, '--source', source, '-o', source]);
  fails(2, [/--out and --save are both/], ['sample', '--model', model, ...one, '-o', join(dir, 'x'), '--save', join(dir, '.', 'x')]);
  assert.ok(!existsSync(join(dir, 'x')));
  const lattice = join(dir, 'lattice');
  works(['sample', '--model', model, ...one, '-o', join(dir, 'a.png'), '--save', lattice]);
  keeps([lattice], 2, [/which --lattice reads/], ['render', '--model', model, '--lattice', lattice, '-o', lattice]);
});

test('a picture of the folder that is read is not replaced by a sheet', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writePngFolders(data);
  const picture = join(data, 'a/0.png');
  keeps([picture], 2, [/in the folder that --data reads/], ['data', '--data', data, '--sheet', picture]);
});

test('places are looked at before the work', (t) => {
  const dir = temporary(t), pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const model = 'models/fashion.safetensors';
  for (const [option, command] of [
    ['--out', ['sample', '--model', model, ...one]],
    ['--save', ['sample', '--model', model, ...one, '-o', '-']],
    ['--out', ['eval', '--train-classifier', '--data', dir]],
    ['--sheet', ['data', '--data', dir]],
  ]) {
    fails(1, [/there is no directory/, /make it first/], [...command, option, join(dir, 'none/x')]);
    fails(1, [/is a directory; name a file/], [...command, option, dir]);
    fails(1, [/is a pipe or a device/], [...command, option, pipe]);
    fails(2, [/is empty; name a file/], [...command, option, '']);
  }
  fails(2, [/what is written there is a \.safetensors file/], ['eval', '--train-classifier', '--data', dir, '--out', 'c.png']);
});

test('a model that no checkpoint explains is not replaced by a training', (t) => {
  const dir = temporary(t), out = join(dir, 'run'), data = join(dir, 'data');
  mkdirSync(out);
  writePngFolders(data);
  writeFileSync(join(out, 'model.safetensors'), 'the work of a week');
  keeps([join(out, 'model.safetensors')], 2, [/no checkpoint to go on from/, /choose another --out/], ['train', '--data', data, '--size', '8x8', '--out', out, ...tiny]);
});

test('a run that stands at its last step keeps its checkpoint, and the kernels it names', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), out = join(dir, 'run');
  writePngFolders(data, { names: ['2', '1', '12'] });
  const train = (...words) => works(['train', '--data', data, '--size', '8x8', '--out', out, ...tiny, ...words]).err;
  train();
  const checkpoint = join(out, readdirSync(out).find((name) => name.startsWith('checkpoint-')));
  const before = readFileSync(checkpoint);
  assert.match(train('--kernels', 'portable'), /nothing is left to train/);
  assert.deepEqual(readFileSync(checkpoint), before);
  // Classes called by numbers, in the order 1, 12, 2: a name comes before a place in the list.
  const model = join(out, 'model.safetensors');
  const picture = (name) => works(['sample', '--model', model, '--class', name, '--n', '1', '--steps', '2', '-o', '-']).out;
  assert.deepEqual(readPng(picture('12')).pixels.length, readPng(picture('1')).pixels.length);
  assert.match(String(picture('12')), /class 1\b/);
  assert.match(String(picture('1')), /class 0\b/);
  assert.match(String(picture('2')), /class 2\b/);
});
