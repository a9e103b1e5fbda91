// coordiff train: what goes in, what a run directory holds, what is refused.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fails, temporary, tiny, works } from './coordiff.js';
import { IMAGES, png, readCsv, readSafetensors, safetensorsData, writeIdxFolder, writePngFolders } from './data.js';
import { readPng } from './png.js';

const about = (model) => JSON.parse(works(['info', '--json', '--model', model]).out);
const contents = (run) => readdirSync(run).sort();

test('an IDX directory: the run directory, the log, the messages', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'runs/deep/run');
  writeIdxFolder(data);
  const { out, err } = works(['train', '--data', data, '--out', run, ...tiny, '--log-every', '5', '--save-every', '8', '--grid-every', '10']);
  assert.equal(out.length, 0, 'stdout is for data');
  assert.match(err, /^coordiff train: taps, 16 pictures of 8x8, \d+ parameters/);
  assert.match(err, /finished at step 20; saved in .*runs\/deep\/run\n$/);
  assert.doesNotMatch(err, /\r|\x1b/, 'no progress line without a terminal');
  assert.deepEqual(contents(run), ['checkpoint-0000016.safetensors', 'checkpoint-0000020.safetensors', 'grid-0000010.png', 'grid-0000020.png',
    'log.csv', 'model.safetensors', 'progress.txt']);

  const log = readCsv(readFileSync(join(run, 'log.csv'), 'utf8'));
  assert.deepEqual(log.columns, ['step', 'loss', 'loss_bin0', 'loss_bin1', 'loss_bin2', 'loss_bin3', 'lr', 'grad_norm', 'rows_per_s', 'rss_mib']);
  assert.deepEqual(log.rows.map((row) => row.step), [5, 10, 15, 20]);
  for (const row of log.rows) for (const key of log.columns) assert.ok(Number.isFinite(row[key]), `${key} of step ${row.step}`);
  for (const row of log.rows) assert.ok(row.loss > 0 && row.grad_norm > 0 && row.lr > 0 && row.rows_per_s > 0 && row.rss_mib > 0);

  const grid = readPng(readFileSync(join(run, 'grid-0000020.png')));
  assert.deepEqual([grid.width, grid.height, grid.channels], [8 * 18 - 2, 4 * 18 - 2, 1]);
  const model = about(join(run, 'model.safetensors'));
  assert.deepEqual([model.arch, model.n_classes, model.lattice_width, model.lattice_height, model.channels, model.hidden], ['taps', 4, 8, 8, 1, 16]);
});

test('--quiet is quiet', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data);
  for (const word of ['--quiet', '-q']) assert.equal(works(['train', '--data', data, '--out', join(dir, word), ...tiny, word]).err, '');
});

test('plain, gzipped and single IDX files give the same model', (t) => {
  const dir = temporary(t), models = {};
  writeIdxFolder(join(dir, 'plain'));
  writeIdxFolder(join(dir, 'packed'), { gz: true });
  for (const [name, path] of [['plain', 'plain'], ['packed', 'packed'], ['file', `plain/${IMAGES}`], ['packed file', `packed/${IMAGES}.gz`]]) {
    works(['train', '--data', join(dir, path), '--out', join(dir, name), ...tiny]);
    models[name] = safetensorsData(readFileSync(join(dir, name, 'model.safetensors')));
    assert.ok(models[name].length > 1000 && models[name].equals(models.plain), name);
  }
});

test('unlabelled pictures make an unconditional model, and so does --n_classes 0', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), labelled = join(dir, 'labelled');
  writeIdxFolder(data, { classes: 0 });
  writeIdxFolder(labelled);
  works(['train', '--data', data, '--out', join(dir, 'a'), ...tiny]);
  works(['train', '--data', labelled, '--out', join(dir, 'b'), ...tiny, '--n_classes', '0']);
  for (const run of ['a', 'b']) assert.equal(about(join(dir, run, 'model.safetensors')).n_classes, 0);
  const [a, b] = ['a', 'b'].map((run) => safetensorsData(readFileSync(join(dir, run, 'model.safetensors'))));
  assert.ok(a.equals(b), 'the same weights');
});

test('a folder of PNG with sub-folders as classes', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writePngFolders(data, { names: ['bags', 'hats', 'shoes'] });
  works(['train', '--data', data, '--size', '12x8', '--out', join(dir, 'colour'), ...tiny]);
  const colour = about(join(dir, 'colour/model.safetensors'));
  assert.deepEqual([colour.channels, colour.lattice_width, colour.lattice_height, colour.n_classes], [3, 12, 8, 3]);
  works(['train', '--data', data, '--size=8x8', '--grey', '--out', join(dir, 'grey'), ...tiny]);
  assert.equal(about(join(dir, 'grey/model.safetensors')).channels, 1);
});

test('pictures without sub-folders, a damaged one among them', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  mkdirSync(data);
  for (let i = 0; i < 5; i++) writeFileSync(join(data, `${i}.png`), png(i));
  writeFileSync(join(data, 'broken.png'), png(9).subarray(0, 60));
  const { err } = works(['train', '--data', data, '--size', '8x8', '--out', join(dir, 'run'), ...tiny, '--steps', '2']);
  assert.match(err, /5 pictures; 1 damaged and 0 other files were left out\ndamaged_file [^\n]+: a damaged PNG picture/);
  assert.match(err, /5 pictures of 8x8/);
  writeFileSync(join(data, 'other.jpg'), 'not a picture');
  assert.match(works(['train', '--data', data, '--size', '8x8', '--out', join(dir, 'run2'), ...tiny, '--steps', '2']).err, /5 pictures; 2 damaged and \d other files were left out/);
});

for (const arch of ['taps', 'seed', 'skip', 'siren', 'pixelgen']) {
  test(`--arch ${arch} trains and samples`, (t) => {
    const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run'), model = join(run, 'model.safetensors');
    writeIdxFolder(data);
    const small = tiny.filter((word, i) => word !== '--cond_hidden' && tiny[i - 1] !== '--cond_hidden');
    works(['train', '--data', data, '--out', run, '--arch', arch, ...small, '--timesteps', '7', '--steps', '4']);
    assert.equal(about(model).arch, arch);
    works(['sample', '--model', model, '--n', '1', '--size', '9x5', '-o', join(dir, 'x.png')]);
    const picture = readPng(readFileSync(join(dir, 'x.png')));
    assert.deepEqual([picture.width, picture.height], [9, 5]);
    if (arch === 'taps') return;
    assert.match(picture.text.parameters, /steps 7; sampler chain/);
    works(['sample', '--model', model, '--n', '1', '--steps', '7', '-o', join(dir, 'x.png')]);
    fails(2, /a chain of 7 steps/, ['sample', '--model', model, '--steps', '5', '-o', join(dir, 'x.png')]);
    fails(2, /a chain of 7 steps/, ['sample', '--model', model, '--sampler', 'heun', '-o', join(dir, 'x.png')]);
  });
}

test('a configuration file, its comments, and flags over it', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), config = join(dir, 'my.conf');
  writeIdxFolder(data);
  writeFileSync(config, '\ufeff# all of it = a comment\n\nhidden = 32 # units = many\n  n_layers=1\r\nn_levels = 2\ncond_hidden = 16\nimages = 8\n\tpixels\t=\t16\nsteps = 3\nlr = 0.01\nlr = 0.003');
  works(['train', '--config', config, '--hidden', '16', '--data', data, '--out', join(dir, 'run'), '--steps=4', '--grid-every', '0']);
  const { notes, hidden, n_layers } = about(join(dir, 'run/checkpoint-0000004.safetensors'));
  assert.deepEqual([hidden, n_layers, notes['train.images'], notes['train.pixels'], notes['train.steps']], [16, 1, '8', '16', '4']);
  assert.equal(Math.fround(Number(notes['train.lr'])), Math.fround(0.003), 'the later line counts');
});

test('mistakes in a configuration file name file and line', (t) => {
  const dir = temporary(t), config = join(dir, 'my.conf');
  const refuse = (patterns, text) => {
    writeFileSync(config, text);
    fails(3, patterns, ['train', '--config', config, '--data', dir, '--out', join(dir, 'run')]);
  };
  refuse([/line 3 of .*my\.conf/, /no setting named 'hiden'; did you mean hidden\?/], '# one\nlr = 0.1\nhiden = 16\n');
  refuse([/line 1 of/, /no setting named 'wherever'; 'coordiff train --help' lists them/], 'wherever = 16\n');
  refuse([/line 2 of/, /lr is 'fast'/, /from 0 to 1/], '\nlr = fast\n');
  refuse([/line 1 of/, /'steps 20'/, /key = value/], 'steps 20\n');
  refuse([/line 1 of/, /steps is ''/], 'steps = # twenty\n');
  refuse([/line 1 of/, /there is no setting named ''/], '= 5\n');
  refuse([/line 1 of/, /mean is measured/], 'mean = 0\n');
  refuse(/is empty/, '');
  fails(3, /no-such.conf: No such file/, ['train', '--config', join(dir, 'no-such.conf'), '--data', dir, '--out', join(dir, 'run')]);
  assert.deepEqual(readdirSync(dir), ['my.conf'], 'nothing was made');
});

test('a run directory among the pictures is refused, wherever they are named from', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writePngFolders(data);
  for (const out of [data, join(data, 'run'), join(data, 'new/run'), join(dir, 'data/a/../run'), join(dir, 'link/run')]) {
    if (out.includes('link')) symlinkSync(data, join(dir, 'link'));
    fails(2, [/--out is .*, which lies in --data .*; choose a directory elsewhere/], ['train', '--data', data, '--out', out, ...tiny]);
  }
  works(['train', '--data', data, '--out', join(dir, 'data-run'), ...tiny, '--steps', '1']);
  assert.deepEqual(readdirSync(data), ['a', 'b']);
});

test('folders without a picture are named, also under --quiet', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writePngFolders(data);
  mkdirSync(join(data, 'nothing'));
  mkdirSync(join(data, 'words'));
  writeFileSync(join(data, 'words/text.txt'), 'none');
  const { err } = works(['train', '--data', data, '--out', join(dir, 'run'), '-q', ...tiny, '--steps', '1']);
  assert.match(err, /2 folders without a picture are no classes\n/);
  assert.match(err, /^empty_folder nothing: no picture in it\nempty_folder words: no picture in it$/m);
});

test('settings out of range: the sentence names value and limit', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data);
  for (const [code, patterns, ...words] of [
    [2, [/lr is 'nan'/, /from 0 to 1/], '--lr', 'nan'],
    [2, [/lr is 'inf'/, /from 0 to 1/], '--lr', 'inf'],
    [2, [/lr is '-1'/, /from 0 to 1/], '--lr', '-1'],
    [2, [/lr ends with 'x'/], '--lr', '0.1x'],
    [2, [/lr ends with ',0.2'/], '--lr', '0.1,0.2'],
    [2, [/hidden is 17/, /multiples of 16/], '--hidden', '17'],
    [2, [/hidden is '2048'/, /from 16 to 1024/], '--hidden', '2048'],
    [2, [/steps is '0'/, /from 1 to/], '--steps', '0'],
    [2, [/steps is '1.5'/, /whole/], '--steps', '1.5'],
    [2, [/images is 7/, /multiple of 8/], '--images', '7'],
    [2, [/seed is '-1'/, /from 0/], '--seed', '-1'],
    [2, [/seed is '18446744073709551616'/], '--seed', '18446744073709551616'],
    [2, [/activation is 'gelu'/, /identity, silu, relu/], '--activation', 'gelu'],
    [2, [/no architecture named 'unet'/, /taps, seed, skip, siren, pixelgen/], '--arch', 'unet'],
    [2, [/arch/], '--arch', 'a-name-longer-than-that'],
    [2, [/cond_hidden/], '--cond_hidden', '0'],
    [2, [/context = clean/], '--context', 'clean'],
    [2, [/lattice|pictures/, /8x8/], '--lattice_width', '16'],
    [2, [/4 classes/, /knows 2/], '--n_classes', '2'],
    [2, [/--size is 16x16/, /8x8/], '--size', '16x16'],
    [2, [/--size is '4x'/, /from 4 to 256/], '--size', '4x'],
    [2, [/--size is '8x8x3'/], '--size', '8x8x3'],
    [2, [/--size is '4294967304x8'/], '--size', '4294967304x8'],
    [2, [/hidden is '0x40'/, /whole number/], '--hidden', '0x40'],
    [2, [/lr is '0x1p-4'/], '--lr', '0x1p-4'],
    [2, [/--save-every is '0x10'/], '--save-every', '0x10'],
    [2, [/--crop is for the pictures of a folder/], '--crop', 'none'],
    [2, [/--flip is for the pictures of a folder/], '--flip'],
    [2, [/--crop is 'left'/, /centre, random or none/], '--crop', 'left'],
    [2, [/augment is 1/, /cond_hidden, or augment to 0/], '--augment', '1', '--cond_hidden', '0', '--thumbnail', '0', '--n_classes', '0'],
    [2, [/lr is too long|value of lr/], '--lr', '0'.repeat(200)],
  ]) fails(code, patterns, ['train', '--data', data, '--out', join(dir, 'run'), ...tiny, ...words]);
  assert.deepEqual(readdirSync(dir), ['data'], 'nothing was made');
});

test('more pixels than a picture has, and classes that no picture has', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data, { classes: 0 });
  works(['train', '--data', data, '--out', join(dir, 'a'), ...tiny, '--pixels', '100', '--steps', '2']);
  works(['train', '--data', data, '--out', join(dir, 'b'), ...tiny, '--n_classes', '3', '--steps', '2']);
});

test('a loss that is no number ends the run with advice, and is not saved', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeIdxFolder(data);
  fails(1, [/not a finite number at step \d+/, /lower lr \(now 1\)/], ['train', '--data', data, '--out', run, ...tiny, '--hidden', '64', '--n_layers', '8',
    '--lr', '1', '--lr_min', '1', '--warmup', '0', '--clip', '1e9', '--beta1', '0', '--beta2', '0', '--steps', '300']);
  assert.deepEqual(contents(run), []);
});

test('--f32 keeps every bit of the averaged weights; F16 is the default', (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data);
  const types = (run) => Object.values(readSafetensors(readFileSync(join(dir, run, 'model.safetensors')))).map((tensor) => tensor.dtype).filter(Boolean);
  works(['train', '--data', data, '--out', join(dir, 'half'), ...tiny]);
  works(['train', '--data', data, '--out', join(dir, 'whole'), ...tiny, '--f32']);
  assert.ok(types('half').every((type) => type === 'F16'));
  assert.ok(types('whole').every((type) => type === 'F32'));
  const checkpoint = readSafetensors(readFileSync(join(dir, 'half/checkpoint-0000020.safetensors')));
  assert.ok(Object.keys(checkpoint).some((name) => name.startsWith('train.moment2.')));
});

test('the output is a file, or a directory with another log.csv', (t) => {
  const dir = temporary(t), data = join(dir, 'data'), train = (out) => ['train', '--data', data, '--out', join(dir, out), ...tiny];
  writeIdxFolder(data);
  writeFileSync(join(dir, 'file'), 'mine');
  fails(1, /which is a file; name a directory/, train('file'));
  fails(1, /cannot make the directory/, train('file/below'));
  writeFileSync(join(dir, 'log.csv'), 'date,weight\n1,80\n2,81\n');
  fails(2, /log\.csv is not the log of a training run/, train('.'));
  assert.equal(readFileSync(join(dir, 'log.csv'), 'utf8'), 'date,weight\n1,80\n2,81\n');
  assert.equal(readFileSync(join(dir, 'file'), 'utf8'), 'mine');
});
