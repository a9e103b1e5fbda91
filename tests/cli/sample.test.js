// coordiff sample: sizes, seeds, classes, samplers, files.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { coordiff, fails, temporary, tiny, trainTiny, works } from './coordiff.js';
import { spoilClass, writePngFolders } from './data.js';
import { crop, largestDifference, readPng } from './png.js';

let dir, model, plain, colour; /* models: four classes, grey; no classes; two classes, in colour */

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  model = trainTiny(join(dir, 'grey'), { args: ['--steps', '200'] }).model;
  plain = trainTiny(join(dir, 'plain'), { data: { classes: 0 } }).model;
  writePngFolders(join(dir, 'pictures'));
  works(['train', '--data', join(dir, 'pictures'), '--size', '12x8', '--out', join(dir, 'colour'), ...tiny]);
  colour = join(dir, 'colour/model.safetensors');
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** The bytes of the PNG that these options make, by way of standard output. */
const bytes = (...words) => works(['sample', '--model', model, '-o', '-', ...words]).out;
const picture = (...words) => readPng(bytes(...words));
const size = ({ width, height, channels }) => [width, height, channels];
const refuse = (code, patterns, ...words) => fails(code, patterns, ['sample', '--model', model, '-o', join(dir, 'never.png'), ...words]);

test('-o - is a PNG and nothing else; -o FILE is the same', (t) => {
  const here = temporary(t), { out, err } = works(['sample', '--model', model, '-o', '-']);
  assert.equal(err, '');
  readPng(out);
  const file = works(['sample', '--model', model, '-o', join(here, 'x.png')]);
  assert.equal(file.out.length, 0);
  assert.equal(file.err, '');
  assert.ok(readFileSync(join(here, 'x.png')).equals(out));
  assert.deepEqual(readdirSync(here), ['x.png']);
});

test('any size, grey and colour', () => {
  assert.deepEqual(size(picture()), [8 * 36 - 4, 4 * 36 - 4, 1], 'by default eight of each class, four times the lattice');
  for (const [w, h] of [[1, 1], [16, 16], [333, 517], [7, 200], [200, 7], [1, 999]]) {
    assert.deepEqual(size(picture('--n', '1', '--size', `${w}x${h}`)), [w, h, 1]);
    assert.deepEqual(size(picture('--n', '1', `--size=${w}x${h}`, '--model', colour)), [w, h, 3]);
  }
  assert.deepEqual(size(picture('--n', '1', '--model', colour)), [48, 32, 3]);
  assert.deepEqual(size(picture('--n', '1', '--size', '16384x1')), [16384, 1, 1]);
});

test('grids', () => {
  assert.deepEqual(size(picture('--n', '5', '--size', '10x6')), [5 * 14 - 4, 6, 1]);
  assert.deepEqual(size(picture('--n', '5', '--size', '10x6', '--columns', '2')), [24, 3 * 10 - 4, 1]);
  assert.deepEqual(size(picture('--class', '2', '--size', '10x6')), [8 * 14 - 4, 6, 1], 'eight of one class');
  assert.deepEqual(size(picture('--model', plain, '--size', '8x8')), [8 * 12 - 4, 8 * 12 - 4, 1], 'sixty-four without classes');
});

test('sizes that are none', () => {
  for (const word of ['0x5', '5x0', '99999x1', '16385x1', '10x', 'x10', 'abc', '10', '10x10x', '10x10 ', ' 10x10', '10 x10', '-5x5', '4294967297x5', '1e2x5', '']) {
    refuse(2, [new RegExp(`--size is '${word}'`), /from 1 to 16384, as in/], '--size', word);
  }
  refuse(2, [/the grid would be 127996x124 pixels/, /--single/], '--n', '1000', '--columns', '1000', '--size', '124x124');
});

test('the same bytes on any number of threads, alone and in a grid', () => {
  for (const words of [['--n', '1'], ['--n', '1', '--size', '33x45'], ['--n', '2', '--model', colour], [], ['--n', '1', '--sampler', 'heun', '--guidance', '2'],
    ['--n', '1', '--sampler', 'ancestral']]) {
    const one = bytes(...words, '--threads', '1');
    for (const threads of ['2', '3', '16']) assert.ok(bytes(...words, '--threads', threads).equals(one), `${words} on ${threads}`);
  }
});

test('a picture does not depend on its neighbours', () => {
  const grid = picture('--class', '1', '--n', '6', '--seed', '3', '--size', '9x7', '--columns', '3');
  for (let i = 0; i < 6; i++) {
    const alone = picture('--class', '1', '--n', '1', '--seed', `${3 + i}`, '--size', '9x7');
    assert.deepEqual(crop(grid, (i % 3) * 13, Math.floor(i / 3) * 11, 9, 7), alone.pixels);
  }
  const all = picture('--n', '8', '--columns', '2', '--seed', '5', '--size', '9x7'); /* two of each class: seeds 5, 6 */
  for (let i = 0; i < 8; i++) {
    const alone = picture('--class', `${i >> 1}`, '--n', '1', '--seed', `${5 + (i & 1)}`, '--size', '9x7');
    assert.deepEqual(crop(all, (i & 1) * 13, (i >> 1) * 11, 9, 7), alone.pixels);
  }
});

test('seeds and classes differ; the same again is the same', () => {
  const one = picture('--n', '1', '--seed', '1', '--class', '0').pixels;
  assert.deepEqual(picture('--n', '1', '--class', '0').pixels, one, 'seed 1 is the default');
  for (const words of [['--seed', '2'], ['--seed', '0'], ['--seed', '18446744073709551615'], ['--class', '1']]) {
    assert.notDeepEqual(picture('--n', '1', '--seed', '1', '--class', '0', ...words).pixels, one, words.join(' '));
  }
  for (const word of ['-1', '18446744073709551616', '']) refuse(2, [new RegExp(`--seed is '${word}'`), /from 0 to 2\^64 - 1/], '--seed', word);
  refuse(2, /--seed is 18446744073709551613, from which 4 pictures count up beyond the last seed, 18446744073709551615; give at most 18446744073709551612/, '--seed', '18446744073709551613', '--n', '4', '--class', '0');
  for (const [word, rest] of [['1.5', '.5'], ['5x', 'x']]) refuse(2, new RegExp(`--seed ends with '${rest}'`), '--seed', word);
});

test('classes that the model does not have', () => {
  for (const word of ['4', '-1', 'bag', '']) refuse(2, [new RegExp(`--class is '${word}'`), /from 0 to 3/], `--class=${word}`);
  refuse(2, /has no classes; leave out --class/, '--model', plain, '--class', '0');
  refuse(2, /has no classes to be guided by/, '--model', plain, '--guidance', '2');
});

test('samplers and steps', () => {
  const made = ['dpm2m', 'heun', 'euler', 'ancestral', 'renoise', 'sde'].map((name) => picture('--n', '1', '--sampler', name, '--size', '8x8').pixels);
  assert.deepEqual(made.at(-1), picture('--n', '1', '--size', '8x8').pixels, 'a trained model begins with sde');
  for (let i = 0; i < made.length; i++) for (let j = 0; j < i; j++) assert.notDeepEqual(made[i], made[j]);
  for (const steps of ['1', '2', '3', '50']) picture('--n', '1', '--steps', steps, '--sampler', 'heun');
  refuse(2, [/--sampler is 'ddim'/, /dpm2m, heun, euler, ancestral, renoise, sde/], '--sampler', 'ddim');
  refuse(2, [/--steps is '0'/, /from 1 to/], '--steps', '0');
  refuse(2, [/--n is '0'/, /from 1/], '--n', '0');
  refuse(2, /--columns is '0'/, '--columns', '0');
});

test('guidance', () => {
  const off = picture('--n', '1', '--class', '2').pixels;
  assert.deepEqual(picture('--n', '1', '--class', '2', '--guidance', '1').pixels, off);
  assert.notDeepEqual(picture('--n', '1', '--class', '2', '--guidance', '3').pixels, off);
  for (const word of ['0', '-1', '21', 'inf', 'nan', 'much', '2x']) refuse(2, [/guidance/, /number|at most 20|to 20/], '--guidance', word);
});

test('the file says how it was made', () => {
  const { text } = picture('--n', '1', '--seed', '77', '--steps', '9', '--class', '3', '--size', '20x10', '--sampler', 'heun', '--guidance', '2.5');
  for (const part of ['coordiff ', 'model model.safetensors', 'seed 77', 'steps 9', 'class 3', 'size 20x10', 'sampler heun', 'guidance 2.5']) {
    assert.ok(text.parameters.includes(part), `${part} in ${text.parameters}`);
  }

});

test('--single: one file each, the same pictures as alone', (t) => {
  const here = temporary(t);
  works(['sample', '--model', model, '--n', '12', '--class', '1', '--single', '--size', '9x9', '-o', join(here, 'a-%03d.png')]);
  assert.deepEqual(readdirSync(here).sort(), Array.from({ length: 12 }, (_, i) => `a-${String(i).padStart(3, '0')}.png`));
  const third = readPng(readFileSync(join(here, 'a-002.png')));
  assert.deepEqual(third.pixels, picture('--n', '1', '--class', '1', '--seed', '3', '--size', '9x9').pixels);
  assert.match(third.text.parameters, /seed 3; class 1;/);
  for (const pattern of ['%d.png', '%1d.png', '%04d.png']) works(['sample', '--model', model, '--n', '1', '--single', '-o', join(here, pattern)]);
  for (const name of ['0.png', '0000.png']) assert.ok(readdirSync(here).includes(name));
});

test('--single: more files than are in memory at once', (t) => {
  const here = temporary(t);
  works(['sample', '--model', model, '--n', '50', '--single', '--size', '5x5', '--steps', '2', '--class', '0', '-o', join(here, '%d.png')]);
  assert.equal(readdirSync(here).length, 50);
  const alone = picture('--n', '1', '--steps', '2', '--class', '0', '--seed', '40', '--size', '5x5').pixels;
  assert.deepEqual(readPng(readFileSync(join(here, '39.png'))).pixels, alone);
});

test('--single: patterns that are none', () => {
  for (const pattern of ['x.png', '%s.png', '%d-%d.png', '%%d.png', '%', 'x%', '%x.png', '%ld.png', '%*d.png', '%.3d.png', '%n', '%99999d.png', '%-4d.png', '-']) {
    refuse(2, /with --single it must hold one %d/, '--single', '-o', pattern);
  }
});

test('--steps-dir: a picture after every evaluation, the last one the result', (t) => {
  for (const [sampler, n] of [['dpm2m', 6], ['heun', 11]]) {
    const steps = join(temporary(t), 'steps');
    const last = picture('--n', '1', '--steps', '6', '--sampler', sampler, '--steps-dir', steps);
    const names = readdirSync(steps).sort();
    assert.deepEqual(names, Array.from({ length: n }, (_, i) => `step-${String(i + 1).padStart(4, '0')}.png`));
    assert.deepEqual(readPng(readFileSync(join(steps, names.at(-1)))).pixels, last.pixels);
    assert.notDeepEqual(readPng(readFileSync(join(steps, names[0]))).pixels, last.pixels);
  }
});

test('every kernel table makes the same picture, at most one level apart', () => {
  const names = /this processor has: (.*)\n/.exec(refuse(2, /--kernels/, '--kernels', 'none').err)[1].split(', ');
  assert.ok(names.includes('portable'));
  for (const words of [['--n', '4'], ['--n', '2', '--model', colour]]) {
    const best = picture(...words, '--seed', '9').pixels;
    for (const name of names) {
      const other = picture(...words, '--seed', '9', `--kernels=${name}`).pixels;
      assert.ok(largestDifference(best, other) <= 1, `${name}: ${largestDifference(best, other)} levels`);
    }
  }
});

test('a picture whose numbers run out of range is told, never drawn; the others are made', (t) => {
  const here = temporary(t), broken = spoilClass(join(dir, 'grey/run/checkpoint-0000200.safetensors'), join(dir, 'broken.safetensors'), 2), words = ['sample', '--model', broken, '--steps', '5', '--size', '9x7'];
  const alone = join(here, 'alone.png'), grid = join(here, 'grid.png');
  fails(1, [/seed 4, class 2: the picture ran out of range in evaluation 1 of 5/, /another seed/], [...words, '--class', '2', '--n', '1', '--seed', '4', '-o', alone]);
  fails(1, /2 of 2 pictures could not be made; seed 4, class 2: /, [...words, '--class', '2', '--n', '2', '--seed', '4', '-o', alone]);
  assert.ok(!existsSync(alone), 'not as a grid either, of which nothing was made');
  for (const threads of ['1', '16']) {
    fails(1, /2 of 8 pictures could not be made; seed 1, class 2: /, [...words, '--n', '8', '--columns', '2', '--threads', threads, '-o', grid]);
    const made = readPng(readFileSync(grid)), whole = picture('--model', join(dir, 'grey/run/checkpoint-0000200.safetensors'), '--n', '8', '--columns', '2', '--steps', '5', '--size', '9x7');
    for (let i = 0; i < 8; i++) {
      const at = [(i & 1) * 13, (i >> 1) * 11, 9, 7];
      if (i >> 1 !== 2) assert.deepEqual(crop(made, ...at), crop(whole, ...at));
      else assert.deepEqual([...new Set(crop(made, ...at))].sort(), [0, 128], 'crossed out');
    }
  }
  fails(1, /2 of 8 pictures/, [...words, '--n', '8', '--single', '-o', join(here, 'p%d.png')]);
  assert.deepEqual(readdirSync(here).sort(), ['grid.png', ...[0, 1, 2, 3, 6, 7].map((i) => `p${i}.png`)]);
});

test('the shipped models stay within range at the largest guidance', (t) => {
  const much = ['--steps', '8', '--guidance', '20', '--size', '48x48', '-o', join(temporary(t), 'much.png')];
  for (const [model, n] of [['fashion', '20'], ['faces', '4']]) works(['sample', '--model', `models/${model}.safetensors`, '--n', n, ...much]);
});

test('a training checkpoint can be sampled from too', () => {
  const words = ['--n', '1', '--seed', '4'], checkpoint = join(dir, 'grey/run/checkpoint-0000200.safetensors');
  assert.ok(largestDifference(picture(...words).pixels, picture(...words, '--model', checkpoint).pixels) <= 8, 'but for the rounding to F16');
});

test('standard output that is a terminal gets no PNG', (t) => {
  const { out, err, code } = coordiff(['sample', '--model', model, '-o', '-'], { shell: 'command -v script > /dev/null || exit 77; export C="$0 $*"; script -qec "$C; echo code \\$?" /dev/null' });
  if (code === 77) return t.skip('there is no script(1) here');
  assert.match(out.toString() + err, /standard output is a terminal[^]*code 2/);
});
