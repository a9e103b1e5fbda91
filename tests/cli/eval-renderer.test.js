// coordiff eval --renderer: canvases against the truth, and against themselves at other sizes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, tiny, trainTiny, works } from './coordiff.js';
import { SIDE, average, writeSet } from './eval-data.js';

const METHODS = ['bilinear', 'bicubic', 'bicubic_sharp', 'lanczos3', 'renderer'];

let dir, set, model, pictures;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  set = join(dir, 'set.safetensors');
  pictures = writeSet(set);
  ({ model } = trainTiny(dir));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const renderer = (...args) => ['eval', '--renderer', '--model', model, '--threads', '2', ...args];
const report = (...args) => JSON.parse(works(renderer('--json', ...args)).out);
const psnr = (mse) => 10 * Math.log10(255 ** 2 / Math.max(mse, 1e-6));

/** Mean square error of bilinear enlargement of one picture to k times the lattice. */
function bilinearError({ truths, lattices }, i, k) {
  const side = SIDE * k, truth = average(truths[i], SIDE * 8, 8 / k).map((v) => Math.floor(v + 0.5));
  const at = (x, y) => lattices[i][Math.min(Math.max(y, 0), SIDE - 1) * SIDE + Math.min(Math.max(x, 0), SIDE - 1)];
  let sum = 0;
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    const u = (x + 0.5) / k - 0.5, v = (y + 0.5) / k - 0.5, x0 = Math.floor(u), y0 = Math.floor(v), s = u - x0, t = v - y0;
    const value = (1 - t) * ((1 - s) * at(x0, y0) + s * at(x0 + 1, y0)) + t * ((1 - s) * at(x0, y0 + 1) + s * at(x0 + 1, y0 + 1));
    sum += (Math.floor(value + 0.5) - truth[y * side + x]) ** 2;
  }
  return sum / side ** 2;
}

test('the figures are those of the definition', () => {
  const r = report('--data', set);
  assert.deepEqual([r.images, r.finer, r.own_renderer, r.samples], [16, 8, false, 0]);
  assert.deepEqual(r.scales.map((s) => s.times), [2, 4, 8]);
  for (const { times, psnr: pooled, mean_psnr: mean } of r.scales) {
    const errors = pictures.truths.map((_, i) => bilinearError(pictures, i, times));
    assert.ok(Math.abs(pooled.bilinear - psnr(errors.reduce((a, b) => a + b) / 16)) < 1e-3, `pooled at ${times}`);
    assert.ok(Math.abs(mean.bilinear - errors.map(psnr).reduce((a, b) => a + b) / 16) < 1e-3, `mean at ${times}`);
    for (const values of [pooled, mean]) {
      assert.deepEqual(Object.keys(values), [...METHODS, 'gain']);
      const best = Math.max(...METHODS.slice(0, 4).map((name) => values[name]));
      assert.ok(Math.abs(values.gain - (values.renderer - best)) < 2e-4);
      assert.ok(Math.abs(values.renderer - values.bicubic) < 0.02, 'a model without a renderer interpolates by Catmull-Rom');
    }
  }
  assert.deepEqual(r.consistency.map(({ times, to }) => [times, to]), [[2, 1], [4, 1], [8, 1], [4, 2], [8, 4]]);
  for (const { psnr: pooled, mean_psnr: mean } of r.consistency) assert.ok(pooled > 20 && pooled < 108 && mean > 20);
  assert.deepEqual(r.by_class.map(({ class: c, name, images }) => [c, name, images]), [[0, 'edge', 4], [1, 'disc', 4], [2, 'bar', 4], [3, 'ramp', 4]]);
  const bars = pictures.truths.map((_, i) => i).filter((i) => i % 4 === 2).map((i) => bilinearError(pictures, i, 4));
  assert.ok(Math.abs(r.by_class[2].scales[1].psnr.bilinear - psnr(bars.reduce((a, b) => a + b) / 4)) < 1e-3);
});

test('as text: the tables, the note on a model without a renderer', () => {
  const { out, err } = works(renderer('--data', set, '--samples', '4', '--steps', '2'));
  const text = out.toString();
  assert.equal(err, '');
  for (const pattern of [/^16 pictures of .*set\.safetensors: 8x8 cells, the truth 8 times finer/, /no renderer of its own/, /of the mean square error +renderer +Lanczos-3/,
    /8 times the lattice( +\d+\.\d\d){5} +[+-]\d+\.\d\d\n/, /mean over the pictures/, /\n {2}disc +4 /, /8 times to 4 times/, /4 samples: 2 steps, sde, guidance 1, seed 1/])
    assert.match(text, pattern);
  const widths = text.split('\n').filter((line) => /times the lattice|over the pictures|square error/.test(line)).map((line) => line.length);
  assert.equal(new Set(widths).size, 1, 'the columns are aligned');
});

test('any number of threads, any number of pictures of every class', () => {
  const args = ['--data', set, '--samples', '3', '--steps', '2', '--json'];
  const [one, many] = ['1', '3'].map((n) => works(['eval', '--renderer', '--model', model, '--threads', n, ...args]).out.toString());
  assert.equal(one, many);
  assert.deepEqual(report('--data', set, '--images', '8').by_class.map((c) => c.images), [2, 2, 2, 2], 'spread over the classes too');
  assert.equal(report('--data', set, '--images', '99').images, 16);
});

test('samples: their consistency, by the same options as elsewhere', () => {
  const r = report('--data', set, '--images', '2', '--samples', '5', '--seed', '3', '--steps', '4', '--sampler', 'heun', '--guidance', '2');
  assert.deepEqual([r.samples, r.steps, r.sampler, r.guidance, r.seed], [5, 4, 'heun', 2, 3]);
  assert.equal(r.sample_consistency.length, 5);
  for (const { psnr: pooled } of r.sample_consistency) assert.ok(pooled > 10 && pooled <= 108.2);
  const other = report('--data', set, '--images', '2', '--samples', '5', '--seed', '4', '--steps', '4', '--sampler', 'heun', '--guidance', '2');
  assert.notDeepEqual(other.sample_consistency, r.sample_consistency);
  assert.deepEqual(other.consistency, r.consistency);
});

test('pictures without any error, without labels, less fine', () => {
  const flat = join(dir, 'flat.safetensors');
  writeSet(flat, { n: 3, flat: true, finer: 2, labels: false });
  const r = report('--data', flat);
  assert.deepEqual(r.scales.map((s) => s.times), [2]);
  for (const name of METHODS) assert.ok(r.scales[0].psnr[name] > 108 && r.scales[0].psnr[name] < 109, 'limited, not infinite');
  assert.equal(r.scales[0].psnr.gain, 0);
  assert.deepEqual(r.consistency.map(({ times, to }) => [times, to]), [[2, 1]]);
  assert.deepEqual(r.by_class, []);
  writeSet(flat, { n: 5, names: 'edge' });
  assert.deepEqual(report('--data', flat).by_class.map((c) => c.name), ['edge', 'class 1', 'class 2', 'class 3']);
});

test('a model with a renderer of its own', () => {
  const out = join(dir, 'own');
  works(['train-renderer', '--model', model, '--data', set, '--out', out, '--steps', '60', '--images', '8', '--pixels', '32', '--warmup', '5',
    '--hidden', '16', '--cell_hidden', '16', '--threads', '1', '--quiet']);
  const r = JSON.parse(works(['eval', '--renderer', '--model', join(out, 'model.safetensors'), '--data', set, '--json', '--threads', '2']).out);
  assert.equal(r.own_renderer, true);
  for (const { psnr: values } of r.scales) {
    assert.ok(Math.abs(values.renderer - values.bicubic) > 0.02, 'it is the network that draws');
    assert.ok(values.renderer > 10);
  }
  assert.deepEqual(r.scales.map((s) => s.psnr.bilinear), report('--data', set).scales.map((s) => s.psnr.bilinear));
});

test('faces, as tools/make_faces.mjs makes them', () => {
  const faces = join(dir, 'faces.safetensors'), run = join(dir, 'faces');
  const made = spawnSync(process.execPath, [resolve('tools/make_faces.mjs'), '--out', faces, '--split', 'test', '--n', '24'], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  works(['train', '--data', faces, '--out', run, ...tiny, '--steps', '2']);
  const r = JSON.parse(works(['eval', '--renderer', '--model', join(run, 'model.safetensors'), '--data', faces, '--images', '12', '--json', '--threads', '2']).out);
  assert.deepEqual(r.by_class.map(({ name, images }) => [name, images]), ['thumbs', 'openPeeps', 'toonHead', 'personas', 'micah', 'dylan'].map((name) => [name, 2]));
  for (const { psnr: values } of r.scales) {
    assert.ok(values.bilinear > 15 && values.bilinear < values.bicubic && values.bicubic < values.lanczos3 && values.lanczos3 < 40);
    assert.ok(Math.abs(values.renderer - values.bicubic) < 0.02);
  }
  fails(3, [/48x48 with 3 channels, but the model is 8x8 with 1/, /use the data/], renderer('--data', faces));
});

test('what cannot be measured is refused', () => {
  const bad = join(dir, 'bad.safetensors');
  const refuse = (patterns, options) => {
    writeSet(bad, { n: 3, ...options });
    fails(3, [/bad\.safetensors/, patterns].flat(), renderer('--data', bad));
  };
  refuse([/no finer pictures/, /make_faces/], { truth: false });
  refuse([/3 times the lattice/, /even number/], { finer: 3 });
  refuse([/finer picture 1 is damaged|finer picture 1 is/, /make the set again/], { spoil: (png, i) => (i === 1 ? png.subarray(0, 60) : png) });
  writeSet(bad, { n: 3, side: 4, finer: 2 });
  fails(3, [/4x4 with 1 channels?, but the model is 8x8/], renderer('--data', bad));
  fails(3, /no packed set/, renderer('--data', model));
  fails(3, /data/, renderer('--data', join(dir, 'data')));
  fails(3, /nowhere/, renderer('--data', join(dir, 'nowhere')));
  fails(2, /--data is missing/, renderer());
  fails(2, /--model is missing/, ['eval', '--renderer', '--data', set]);
  fails(2, /give one of them/, renderer('--data', set, '--denoise'));
  fails(2, /--windows is for a classifier/, renderer('--data', set, '--windows', '4'));
  fails(2, /--data alone/, renderer('--data', set, '--test', set));
  fails(2, /--images/, renderer('--data', set, '--images', '0'));
  fails(2, /--samples/, renderer('--data', set, '--samples', '1'));
});
