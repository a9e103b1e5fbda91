// The checkpoints in models/: are they the files that the cards describe, and do they still make the same pictures?
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defaultsIn, noiseIn, put, take} from '../../tools/note_model.mjs';
import {readPng} from '../cli/png.js';

const coordiff = process.env.COORDIFF ?? 'build/release/coordiff';
const dir = mkdtempSync(join(tmpdir(), 'coordiff-models-'));
const run = (...args) => execFileSync(coordiff, args, {encoding: 'utf8'});
const tables = run('bench', '--list').trim().split('\n');

function sample(model, name, ...args) {
  const out = join(dir, name);
  run('sample', '--model', `models/${model}.safetensors`, '--quiet', '--out', out, ...args);
  return readPng(readFileSync(out));
}

/** Largest difference of any channel of any pixel, in levels of 255. */
function distance(a, b) {
  assert.deepEqual([a.width, a.height, a.channels], [b.width, b.height, b.channels]);
  return a.pixels.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b.pixels[i])), 0);
}

test('every checkpoint has a card with its sha256 and stays under 6 MB', () => {
  const cards = readFileSync('models/README.md', 'utf8');
  const files = readdirSync('models').filter((name) => name.endsWith('.safetensors'));
  assert.ok(files.length >= 3);
  for (const name of files) {
    const bytes = readFileSync(join('models', name));
    assert.ok(cards.includes(createHash('sha256').update(bytes).digest('hex')), `the sha256 of ${name} is not in its card`);
    assert.ok(statSync(join('models', name)).size < 6e6, `${name} is too large`);
  }
});

test('no checkpoint says where on a disk its pictures were', () => {
  for (const name of readdirSync('models').filter((file) => file.endsWith('.safetensors'))) {
    const bytes = readFileSync(join('models', name)), header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
    for (const [key, value] of Object.entries(header.__metadata__)) if (!key.endsWith('command')) assert.doesNotMatch(value, /\//, `${key} of ${name}`);
  }
});

test('classes of the shipped models go by the names that the page shows', () => {
  for (const { file, classes } of JSON.parse(readFileSync('web/models.json', 'utf8')))
    assert.deepEqual(JSON.parse(run('info', '--json', '--model', file)).classes, classes, file);
});

/** The same picture by every kernel table, at most one level apart. */
function sameByEveryTable(model, args) {
  const reference = sample(model, `${model}-portable.png`, ...args, '--kernels', 'portable');
  for (const table of tables) {
    const picture = sample(model, `${model}-${table}.png`, ...args, '--kernels', table);
    assert.ok(distance(reference, picture) <= 1, `${table} differs from portable by ${distance(reference, picture)} levels`);
  }
}

for (const [model, size] of [['fashion', '28x28'], ['seed', '28x28'], ['faces', '144x144'], ['texture', '128x128']])
  test(`${model}: every kernel table makes the same picture, at most one level apart`, () =>
    sameByEveryTable(model, ['--n', '4', '--columns', '4', '--size', size, '--seed', '11']));

test('texture: a window far out in the world without end, by every kernel table', () =>
  sameByEveryTable('texture', ['--n', '1', '--class', '1', '--steps', '4', '--size', '96x64', '--extend', '--window', '-5000.5,777,24']));

test('panorama: a window far out along the horizon, by every kernel table', () =>
  sameByEveryTable('panorama', ['--n', '1', '--class', '2', '--steps', '2', '--size', '96x192', '--window', '-750000.5,0,32']));

for (const [model, steps] of [['texture', '4'], ['panorama', '3']])
  test(`${model}: no seams where patches meet, and no repeats`, () => {
    const report = JSON.parse(run('eval', '--model', `models/${model}.safetensors`, '--endless', '--samples', '2', '--steps', steps, '--json'));
    const { seam_energy, elsewhere_least, elsewhere_most, autocorrelation, chance } = report;
    assert.ok(seam_energy > 0.97 * elsewhere_least && seam_energy < 1.03 * elsewhere_most, JSON.stringify(report));
    assert.ok(autocorrelation < 2 * chance, JSON.stringify(report));
  });

test('eval samples as the model begins, by its own sampler too', () => {
  const path = join(dir, 'heun.safetensors');
  writeFileSync(path, readFileSync('models/fashion.safetensors'));
  execFileSync(process.execPath, ['tools/note_model.mjs', path, 'sample.sampler=heun', 'sample.steps=2']);
  const said = (/** @type {string[]} */ ...words) => {
    const { sampler, steps } = JSON.parse(run('eval', '--model', path, '--data', '/usr/share/datasets/fashion-mnist', '--classifier', 'models/fashion-classifier.safetensors', '--from-sigma', '--sigmas', '1', '--samples', '60', '--resamples', '2', '--json', ...words));
    return [sampler, steps];
  };
  assert.deepEqual(said(), ['heun', 2]);
  assert.deepEqual(said('--sampler', 'euler'), ['euler', 2]);
});

test('fashion: the golden picture, exactly, from the portable table', () => {
  // Made by: coordiff sample --model models/fashion.safetensors --guidance 1 --n 10 --columns 10 --size 28x28 --seed 7 --kernels portable
  const golden = readPng(readFileSync('tests/golden/fashion.png'));
  const args = ['--guidance', '1', '--n', '10', '--columns', '10', '--size', '28x28', '--seed', '7', '--kernels', 'portable'];
  assert.equal(distance(golden, sample('fashion', 'golden.png', ...args)), 0);
});

test('faces: the golden picture, exactly, from the portable table', () => {
  // Made by: coordiff sample --model models/faces.safetensors --guidance 1 --n 6 --columns 6 --size 96x96 --seed 7 --kernels portable
  const golden = readPng(readFileSync('tests/golden/faces.png'));
  const args = ['--guidance', '1', '--n', '6', '--columns', '6', '--size', '96x96', '--seed', '7', '--kernels', 'portable'];
  assert.equal(distance(golden, sample('faces', 'faces-golden.png', ...args)), 0);
});

test('fashion: the classifier recognises most of 200 samples; it does not recognise the data by accident', () => {
  const report = JSON.parse(run('eval', '--model', 'models/fashion.safetensors', '--data', '/usr/share/datasets/fashion-mnist',
    '--classifier', 'models/fashion-classifier.safetensors', '--samples', '200', '--json'));
  assert.ok(report.class_accuracy >= 0.8, `class accuracy ${report.class_accuracy}`);
  assert.ok(report.classifier_test_accuracy >= 0.9, `classifier's own ${report.classifier_test_accuracy}`);
});

test('what a model begins with stands in its checkpoint: the program takes it, the page is told', () => {
  const begun = { fashion: ['class 9; steps 20; sampler sde; guidance 1;'], faces: ['steps 24; sampler sde; guidance 2; sigma max 60; sigma min 0.05; coarse above 10'], texture: ['class 1; steps 4; sampler euler; guidance 1; sigma max 20; sigma min 0.2; rho 20'], 'texture-fine': ['class 1; steps 12; sampler sde; guidance 2; sigma max 30; sigma min 0.05'], panorama: ['class 1; steps 7; sampler sde; guidance 1; sigma max 120; sigma min 0.06; rho 20; coarse above 2'], 'panorama-quick': ['class 1; steps 4; sampler dpm2m; guidance 1; sigma max 100; sigma min 0.3; rho 20'], 'fashion-quick': ['class 9; steps 4; sampler dpm2m; guidance 1; sigma max 60; sigma min 0.2; rho 20'], 'faces-quick': ['steps 4; sampler dpm2m; guidance 1; sigma max 60; sigma min 0.25; rho 20'] };
  for (const [name, [text]] of Object.entries(begun)) {
    const { parameters } = sample(name, 'begun.png', '--n', '1', '--size', '8x8').text;
    assert.ok(parameters.includes(text), parameters);
  }
  assert.deepEqual(defaultsIn(readFileSync('models/texture.safetensors')), { class: 1, steps: 4, guidance: 1, sampler: 'euler' });
  assert.deepEqual(defaultsIn(readFileSync('models/panorama.safetensors')), { class: 1, steps: 7, guidance: 1, sampler: 'sde' });
  assert.deepEqual(defaultsIn(readFileSync('models/seed.safetensors')), {});
  assert.deepEqual(noiseIn(readFileSync('models/panorama.safetensors')), { 'sigma max': '120', 'sigma min': '0.06', rho: '20' });
  assert.deepEqual(noiseIn(readFileSync('models/seed.safetensors')), {});
});

test('note_model changes notes and nothing else', () => {
  const path = join(dir, 'noted.safetensors'), before = readFileSync('models/seed.safetensors');
  writeFileSync(path, before);
  const note = (...words) => execFileSync(process.execPath, ['tools/note_model.mjs', path, ...words]);
  note('sample.guidance=2', 'sample.sampler=heun');
  const info = JSON.parse(run('info', '--json', '--model', path));
  assert.deepEqual([info.notes['sample.guidance'], info.notes['sample.sampler']], ['2', 'heun']);
  note('sample.guidance=', 'sample.sampler=');
  assert.ok(take(readFileSync(path)).data.equals(take(before).data));
  assert.deepEqual(take(readFileSync(path)).header, take(before).header);
});

test('quantise halves a checkpoint, and its pictures stay what they were to some levels', () => {
  const path = join(dir, 'eighth.safetensors'), from = 'models/start.safetensors';
  execFileSync(process.execPath, ['tools/quantise.mjs', from, path]);
  assert.ok(statSync(path).size < 0.55 * statSync(from).size);
  assert.deepEqual(defaultsIn(readFileSync(path)), defaultsIn(readFileSync(from)));
  const drawn = (/** @type {string} */ model) => {
    run('sample', '--model', model, '--seed', '3', '--n', '1', '--size', '128x128', '--quiet', '--out', join(dir, 'x.png'));
    return [...readPng(readFileSync(join(dir, 'x.png'))).pixels];
  };
  const [a, b] = [drawn(from), drawn(path)];
  const rms = Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
  assert.ok(rms > 0 && rms < 4, `${rms}`);
});

test('give_renderer hands on a renderer whole, and takes what has none for an error', () => {
  const path = join(dir, 'given.safetensors'), whole = take(readFileSync('models/texture.safetensors'));
  const bare = { __metadata__: {} }; // texture without its renderer; what lies in the file and is not named does no harm
  for (const [key, value] of Object.entries(whole.header.__metadata__)) if (!key.startsWith('renderer.')) bare.__metadata__[key] = value;
  for (const [key, value] of Object.entries(whole.header)) if (key !== '__metadata__' && !key.startsWith('renderer.')) bare[key] = value;
  writeFileSync(path, put({ header: bare, data: whole.data }));
  const give = (from) => execFileSync(process.execPath, ['tools/give_renderer.mjs', from, path], { stdio: 'pipe' });
  assert.throws(() => give('models/seed.safetensors'), /has no renderer/);
  give('models/texture.safetensors');
  const drawn = (model) => run('sample', '--model', model, '--seed', '3', '--steps', '1', '--size', '40x40', '--quiet', '--out', join(dir, 'x.png')) + readPng(readFileSync(join(dir, 'x.png'))).pixels.join();
  assert.equal(drawn(path), drawn('models/texture.safetensors'));
});
