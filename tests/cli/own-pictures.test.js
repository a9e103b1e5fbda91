// Pictures of one's own: what --time and --preset choose, the time that ends a run, held-out pictures, --from.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { appears, fails, start, temporary, tiny, trainTiny, works } from './coordiff.js';
import { readCsv, readSafetensors, writeIdxFolder, writePngFolders } from './data.js';
import { readPng, writePng } from './png.js';

const metadata = (path) => readSafetensors(readFileSync(path)).__metadata__;
const log = (run) => readCsv(readFileSync(join(run, 'log.csv'), 'utf8'));
const text = (run, name) => readFileSync(join(run, name), 'utf8');
const newest = (run) => join(run, readdirSync(run).filter((name) => name.startsWith('checkpoint-')).sort().at(-1));
/** What plan.conf sets, as an object of texts. */
const planned = (run) => Object.fromEntries(text(run, 'plan.conf').split('\n').filter((line) => / = /.test(line) && line[0] !== '#').map((line) => line.split(' = ')));
/** So small that every second has some steps. */
const little = ['--hidden', '16', '--n_layers', '1', '--cond_hidden', '16', '--images', '8', '--pixels', '16', '--n_levels', '2'];

/** n pictures, each a disc of its own colour on nothing. */
function writeDiscs(folder, n, side = 40) {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < n; i++)
    writeFileSync(join(folder, `${i}.png`), writePng(side, side, 4, (x, y, c) => (c === 3 ? (Math.hypot(x - 20, y - 20) < 8 + (i % 7) ? 255 : 0) : (40 * (i + c * c)) % 256)));
}

test('--time: says what it chose and why, draws soon, ends with the time, and what it chose stays', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeDiscs(data, 30);
  const began = Date.now(), { err } = works(['train', '--data', data, '--out', run, '--time', '4s', ...little]);
  assert.ok(Date.now() - began >= 2500, 'it used its time');
  for (const pattern of [/3 pictures are held out, 27 are trained on, each in several views/, /30 pictures, 40x40 in the middle, coloured, transparent in places/,
    /lattice \d+x\d+: /, /network tiny: /, /about \d+ steps, by .* multiply-adds a second in a short trial here/, /until .*\d\d:\d\d; samples stand in grid-\*\.png/, /432 pictures of 24x24/])
    assert.match(err, pattern);
  const plan = planned(run);
  assert.deepEqual([plan.stride, plan.augment, plan.channels, plan.lattice_width, plan.hidden], ['2', '1', '3', '24', undefined], 'what was set is not chosen');
  const { columns, rows } = log(run);
  assert.equal(columns.at(-1), 'held_out');
  assert.ok(rows.length > 0 && rows.every((row) => row.held_out > 0 && row.loss > 0));
  assert.ok(rows.at(-1).lr < 0.1 * Math.max(...rows.map((row) => row.lr)), 'the learning rate ends where the time does');
  assert.match(text(run, 'progress.txt'), /^\d\d:\d\d:\d\d {2}lattice [^]*^\d\d:\d\d:\d\d {2}step \d+ of about \d+ {2}loss .* held out /m);
  const grid = readPng(readFileSync(join(run, `grid-${String(rows.at(-1).step).padStart(7, '0')}.png`)));
  assert.deepEqual([grid.width, grid.height], [2 * (8 * 50 - 2) + 16, 4 * 50 - 2], 'thirty-two samples, and beside them as many training pictures');
  assert.match(grid.text.parameters, /on the right the training pictures nearest to them/);
  assert.match(text(run, 'progress.txt'), /grid of step \d+: samples are \d+\.\d levels from the nearest training picture, held-out pictures \d+\.\d$/m);
  const note = metadata(newest(run));
  assert.ok(Number(note['train.seconds']) > 2 && note['train.steps'] === note['train.step']);
  assert.match(works(['train', '--data', data, '--out', run, '--time', '4s', ...little]).err, /settings as plan.conf[^]*nothing is left to train/);
  const more = works(['train', '--data', data, '--out', run, '--time', '7s', ...little]).err;
  assert.match(more, /going on at step/);
  assert.ok(log(run).rows.at(-1).step > rows.at(-1).step, 'a longer time is a longer run');
});

test('stopped and gone on with: the same number of steps, so the same learning rate, as if nothing had been', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeDiscs(data, 12);
  const args = ['train', '--data', data, '--out', run, '--time', '1h', ...little, '--log-every', '20', '--grid-every', '0', '--threads', '1'];
  const first = start(args);
  await appears(join(run, 'log.csv'), first);
  first.kill('SIGINT');
  assert.equal((await first.ended).code, 130);
  const then = metadata(newest(run)), at = Number(then['train.step']), steps = Number(then['train.steps']);
  const second = start(args), rowsBefore = log(run).rows.length;
  await second.said(/going on at step/);
  const enough = Date.now() + 500; // the seconds that are used are kept to a tenth
  while ((log(run).rows.length <= rowsBefore + 1 || Date.now() < enough) && second.child.exitCode === null) await new Promise((done) => setTimeout(done, 10));
  second.kill('SIGINT');
  await second.ended;
  const row = log(run).rows.find(({ step }) => step > at), p = (row.step - 1 - Number(then['train.warmup'])) / (steps - Number(then['train.warmup']));
  const rate = p < 0 ? 0.002 * row.step / Number(then['train.warmup']) : 1e-5 + (0.002 - 1e-5) * 0.5 * (1 + Math.cos(Math.PI * p));
  assert.ok(Math.abs(row.lr - rate) < 2e-3 * rate, `${row.lr} of a schedule of ${steps} steps, ${rate}`);
  const now = metadata(newest(run)), used = Number(now['train.seconds']);
  assert.ok(used > Number(then['train.seconds']));
  assert.equal(now['train.time'], '3600.0');
  /* A time that is nearly used up ends soon, long before the steps that an hour had. */
  const rest = works(['train', '--data', data, '--out', run, '--time', `${Math.ceil(used) + 1}s`, ...little, '--log-every', '20', '--grid-every', '0']).err;
  assert.match(rest, /going on at step \d+\n[^]*finished at step/);
  const end = metadata(newest(run));
  assert.ok(end['train.step'] === end['train.steps'] && Number(end['train.step']) < steps / 2, 'it ended with the shorter time');
});

test('the shape, the colours and the fineness of the pictures decide; sets that have a size keep it', (t) => {
  const dir = temporary(t), plan = (name, make, ...words) => {
    make(join(dir, name));
    works(['train', '--data', join(dir, name), '--out', join(dir, `${name}-run`), '--preset', 'small', ...little, '--steps', '1', '--grid-every', '0', ...words]);
    return planned(join(dir, `${name}-run`));
  };
  const some = (n, w, h, colour) => (folder) => {
    mkdirSync(folder);
    for (let i = 0; i < n; i++) writeFileSync(join(folder, `${i}.png`), writePng(w, h, 3, (x, y, c) => (colour ? 80 * c + 9 * x : 3 * x + y + i) & 255));
  };
  const wide = plan('wide', some(4, 120, 60, false)), small = plan('small', some(4, 18, 18, true)), mixed = plan('mixed', (folder) => {
    some(4, 90, 40, true)(folder);
    for (let i = 4; i < 8; i++) writeFileSync(join(folder, `${i}.png`), writePng(40, 90, 3, (x) => 2 * x));
  });
  assert.deepEqual([wide.channels, wide.lattice_width, wide.lattice_height], ['1', '44', '24']);
  assert.deepEqual([small.channels, small.lattice_width, small.lattice_height], ['3', '16', '16']);
  assert.deepEqual([mixed.lattice_width, mixed.lattice_height], ['32', '32'], 'some lie and some stand');
  const idx = plan('idx', (folder) => writeIdxFolder(folder));
  assert.deepEqual([idx.lattice_width, idx.channels, idx.augment, idx.stride], [undefined, undefined, undefined, '2']);
  const sized = plan('sized', some(4, 60, 60, true), '--size', '12x16', '--grey', '--crop', 'random');
  assert.deepEqual([sized.lattice_width, sized.lattice_height, sized.channels, sized.augment], ['12', '16', '1', '0'], 'random parts are not told');
});

test('pictures finer than the lattice: the last part of the time trains a renderer, which the model gets', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run'), model = join(run, 'model.safetensors');
  writeDiscs(data, 11, 64);
  for (let i = 0; i < 3; i++) writeFileSync(join(data, `small${i}.png`), writePng(9, 9, 3, () => 99 * i));
  const args = ['train', '--data', data, '--out', run, '--size', '16x16', '--grid-every', '0', ...little], { err } = works([...args, '--time', '6s']);
  assert.match(err, /renderer: in the last 15 % of the time, for the pictures are finer[^]*finished at step[^]*now the renderer[^]*11 pictures, truth 4 times finer[^]*finished at step \d+; saved in .*renderer\n$/);
  assert.ok(log(join(run, 'renderer')).rows.at(-1).loss > 0);
  const about = JSON.parse(works(['info', '--json', '--model', model]).out);
  assert.ok(about.renderer && about.notes['renderer.train.step'] && about.notes['data.crc32'] && about.notes['renderer.data.pictures'] === '11', 'both are noted');
  works(['sample', '--model', model, '--n', '1', '--size', '64x64', '--steps', '2', '-o', join(dir, 'x.png')]);
  const again = works([...args, '--time', '6s']).err;
  assert.equal(again.match(/nothing is left to train/g).length, 2, again);
  assert.deepEqual(JSON.parse(works(['info', '--json', '--model', model]).out).renderer, about.renderer);
});

test('the folder of cases: mixed sizes and kinds, in one command', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  for (const name of ['kinds', 'other', 'nested', 'exif', 'jpeg']) if (existsSync(resolve('tests/pictures', name))) cpSync(resolve('tests/pictures', name), join(data, name), { recursive: true });
  const { err } = works(['train', '--data', data, '--out', join(dir, 'run'), '--time', '2s', ...little]);
  assert.match(err, /damaged and \d+ other files were left out/);
  assert.match(err, /finished at step/);
  assert.equal(JSON.parse(works(['info', '--json', '--model', join(dir, 'run/model.safetensors')]).out).augment, 1);
});

test('--from: another folder with other classes starts from what was learned', (t) => {
  const dir = temporary(t), { model } = trainTiny(dir, { data: { side: 8 }, args: ['--steps', '200'] }), data = join(dir, 'mine');
  writePngFolders(data, { names: ['x', 'y', 'z'], n: 4 });
  const train = (out, ...words) => works(['train', '--data', data, '--out', join(dir, out), ...words, '--images', '8', '--pixels', '16', '--steps', '20', '--grid-every', '0', '--log-every', '20']);
  train('from', '--from', model);
  train('nothing', ...tiny.slice(0, 8), '--size', '8x8', '--grey');
  const about = JSON.parse(works(['info', '--json', '--model', join(dir, 'from/model.safetensors')]).out);
  assert.deepEqual([about.hidden, about.lattice_width, about.channels, about.n_classes], [16, 8, 1, 3], 'its architecture and lattice, these classes');
  assert.ok(log(join(dir, 'from')).rows[0].loss < 0.9 * log(join(dir, 'nothing')).rows[0].loss, 'a better start');
  assert.match(train('from', '--from', model).err, /nothing is left to train/);
  fails(2, [/the new network's .* is .*, but the old one's is/, /leave out the settings/], ['train', '--data', data, '--from', model, '--out', join(dir, 'never'), '--hidden', '32']);
  fails(2, /--preset chooses a network, but --from brings its own/, ['train', '--data', data, '--from', model, '--out', join(dir, 'never'), '--preset', 'tiny']);
  train('student', '--from', model, '--objective', 'consistency');
  assert.equal(metadata(join(dir, 'student/checkpoint-0000020.safetensors'))['train.objective'], 'consistency');
  works(['sample', '--model', join(dir, 'student/model.safetensors'), '--n', '1', '-o', join(dir, 'x.png')]);
  assert.match(readPng(readFileSync(join(dir, 'x.png'))).text.parameters, /steps 4; sampler renoise; .*sigma max 20; sigma min 0.25/, 'it says how it is sampled');
  fails(2, /objective = consistency needs target = edm and guidance = 1/, ['train', '--data', data, '--from', model, '--out', join(dir, 'never'), '--objective', 'consistency', '--guidance', '2']);
  train('other', '--from', model, '--seed', '2');
  const teacher = join(dir, 'from/model.safetensors'), follow = (...words) => train('pupil', ...words, '--objective', 'distillation', '--student_steps', '2', '--guidance', '2', '--save-every', '10');
  follow('--from', teacher);
  const whole = readFileSync(newest(join(dir, 'pupil')));
  rmSync(newest(join(dir, 'pupil')));
  assert.match(follow('--from', teacher).err, /going on at step 10/);
  assert.ok(readFileSync(newest(join(dir, 'pupil'))).equals(whole), 'a student goes on to the bit');
  assert.deepEqual(['sampler', 'steps', 'sigma_max', 'sigma_min', 'rho'].map((key) => metadata(join(dir, 'pupil/model.safetensors'))[`sample.${key}`]), ['euler', '2', '20', '0.25', '7']);
  assert.throws(() => follow('--from', join(dir, 'other/model.safetensors')), /the teacher is not the one that this student learned from/);
  fails(2, /distillation needs a teacher; say --from/, ['train', '--data', data, '--out', join(dir, 'never'), '--objective', 'distillation']);
  fails(3, /nothing-there/, ['train', '--data', data, '--from', join(dir, 'nothing-there'), '--out', join(dir, 'never')]);
  assert.ok(!existsSync(join(dir, 'never')));
});

test('--from: classes without names come along by their numbers', (t) => {
  const dir = temporary(t), { model, data } = trainTiny(dir, { data: { side: 8 }, args: ['--steps', '200'] }), on = join(dir, 'on/model.safetensors');
  works(['train', '--data', data, '--from', model, '--out', join(dir, 'on'), '--steps', '1', '--lr', '1e-6', '--lr_min', '0', '--images', '8', '--pixels', '16', '--grid-every', '0']);
  const picture = (path, label) => {
    works(['sample', '--model', path, '--class', String(label), '--n', '1', '--steps', '4', '--quiet', '-o', join(dir, 'x.png')]);
    return readPng(readFileSync(join(dir, 'x.png'))).pixels;
  };
  const apart = (one, other) => Math.max(...one.map((level, i) => Math.abs(level - other[i])));
  for (let label = 0; label < 4; label++) {
    assert.ok(apart(picture(model, label), picture(on, label)) <= 2, `class ${label} is what it was`);
    assert.ok(apart(picture(model, label), picture(on, (label + 1) % 4)) > 2, `class ${label} is no other`);
  }
});

test('--held-out alone: a column of the log, the same bits without it being looked at', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data);
  works(['train', '--data', data, '--out', join(dir, 'a'), ...tiny, '--held-out', '4', '--log-every', '5']);
  works(['train', '--data', data, '--out', join(dir, 'b'), ...tiny, '--held-out', '4', '--log-every', '20', '--threads', '2']);
  assert.ok(readFileSync(newest(join(dir, 'a'))).equals(readFileSync(newest(join(dir, 'b')))));
  assert.equal(log(join(dir, 'a')).rows.at(-1).held_out, log(join(dir, 'b')).rows.at(-1).held_out);
  assert.equal(metadata(newest(join(dir, 'a')))['data.pictures'], '12');
});

test('one picture: its parts are learned; a run without a name gets that of the pictures', (t) => {
  const dir = temporary(t), data = join(dir, 'one');
  writeDiscs(data, 1);
  const args = ['train', '--data', data, '--time', '2s', ...little, '--grid-every', '0'], { err } = works(args, { cwd: dir });
  assert.match(err, /1 pictures, 40x40[^]*parts of them, half as large or larger, are what is learned[^]*64 pictures of 24x24[^]*saved in runs\/one\n/);
  assert.doesNotMatch(err, /held out/);
  assert.match(works(args, { cwd: dir }).err, /nothing is left to train/, 'the same parts again');
  assert.match(works([...args, '--crop', 'centre', '--out', 'whole'], { cwd: dir }).err, /1 pictures, 40x40[^]*64 pictures of 24x24/);
  assert.equal(planned(join(dir, 'whole')).augment, '1');
});

test('what cannot be is refused with what can', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), never = ['train', '--data', data, '--out', join(dir, 'run')];
  writeIdxFolder(data);
  for (const time of ['30', '', '0s', '-5m', 'soon', '5m30', '30s5m', '1e9h', '2000h', '0x10m', '5mm'])
    fails(2, [/--time is /, /1s to 1000h, written as in 90s, 30m, 2h or 1h30m/], [...never, `--time=${time}`]);
  fails(2, /--time and --steps both say when to end/, [...never, '--time', '5s', '--steps', '5']);
  fails(2, [/--preset is 'enormous'/, /tiny, small, medium, large, huge/], [...never, '--preset', 'enormous']);
  fails(2, /networks of --arch taps, but it is siren/, [...never, '--preset', 'tiny', '--arch', 'siren']);
  fails(2, /--held-out is 1, which leaves nothing to train on/, [...never, '--held-out', '1']);
  fails(2, [/--held-out is '0.1'/, /whole number/], [...never, '--held-out', '0.1']);
  assert.deepEqual(readdirSync(dir), ['data'], 'nothing was made');
});
