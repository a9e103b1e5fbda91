// coordiff eval with a classifier: training one, judging samples by it, on one scale and on two.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, temporary, trainTiny, works } from './coordiff.js';
import { IMAGES, LABELS, readSafetensors, spoilClass } from './data.js';
import { writeSet } from './eval-data.js';

let dir, model, checkpoint, idx, train, held, judge, plain;
const path = (name) => join(dir, `${name}.safetensors`);
const trainJudge = (out, ...args) => JSON.parse(works(['eval', '--train-classifier', '--out', out, '--json', '--quiet', '--threads', '2', ...args]).out);
const evaluate = (...args) => ['eval', '--model', model, '--samples', '12', '--steps', '2', '--resamples', '5', '--quiet', '--threads', '2', ...args];
const report = (...args) => JSON.parse(works(evaluate('--json', ...args)).out);

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  ({ model, checkpoint, data: idx } = trainTiny(dir));
  for (const name of [IMAGES, LABELS]) copyFileSync(join(idx, name), join(idx, name.replace('train', 't10k')));
  [train, held, judge, plain] = ['train', 'held', 'judge', 'plain'].map(path);
  writeSet(train, { n: 48 });
  writeSet(held, { n: 20, first: 100 });
});
after(() => rmSync(dir, { recursive: true, force: true }));

test('a classifier of IDX pictures, and samples judged by it', () => {
  const trained = trainJudge(plain, '--data', idx, '--epochs', '3');
  assert.deepEqual([trained.train_pictures, trained.test_pictures, trained.test_is_train, trained.classes, trained.epochs], [16, 16, true, 4, 3]);
  const r = report('--data', idx, '--classifier', plain);
  assert.deepEqual([r.samples, r.steps, r.class_accuracy_by_class.length, r.test_is_train, r.floor_to_test_pictures], [12, 2, 4, true, 12]);
  for (const key of ['frechet_to_test', 'frechet_floor_to_test', 'frechet_to_train', 'frechet_floor_to_train']) assert.ok(r[key] >= -1e-6, key);
  assert.equal(r.windows, undefined, 'one scale only');
  assert.equal(r.two_sample_accuracy, null, 'too few to learn from');
  assert.deepEqual([r.not_finite, r.frechet_extrapolated, r.by_class.length], [0, null, 4]);
  for (const key of ['frechet_to_test', 'sliced_to_test']) {
    const [low, high] = r[`${key}_interval`];
    assert.ok(low < r[key] && r[key] < high && Math.abs(r[`${key}_told_apart`] - Math.SQRT2 * (high - r[key])) < 1e-4, key);
  }
  const text = works(evaluate('--data', idx, '--classifier', plain)).out.toString();
  assert.match(text, /^12 samples: 2 steps, sde, guidance 1, seed 1/);
  assert.doesNotMatch(text, /times the lattice|real or generated/);
  assert.match(text, /surely different when their Frechet distances are \d+\.\d\d apart/);
});

test('a judge of windows: two scales of every class', () => {
  const trained = trainJudge(judge, '--data', train, '--test', held, '--windows', '4', '--epochs', '150');
  assert.deepEqual([trained.train_pictures, trained.test_pictures, trained.test_is_train, trained.classes], [48 * 3, 20 * 3, false, 8]);
  assert.ok(trained.test_accuracy > 0.3, 'better than one in eight');
  const { __metadata__: notes } = readSafetensors(readFileSync(judge));
  assert.equal(notes.windows, '4');
  assert.match(notes['note.command'], /--data [^/ ]+ --test held\.safetensors --windows 4 --epochs 150/);
  const again = path('again');
  trainJudge(again, '--data', train, '--test', held, '--windows', '4', '--epochs', '150', '--threads', '1');
  assert.ok(readFileSync(again).equals(readFileSync(judge)), 'the same on any number of threads');
});

test('samples judged at both scales', () => {
  const args = ['--data', train, '--test', held, '--classifier', judge];
  const r = report(...args);
  assert.deepEqual([r.windows, r.windows_of_a_picture, r.test_is_train, r.class_accuracy_by_class.length], [4, 2, false, 4]);
  for (const key of ['frechet_windows_to_test', 'frechet_windows_floor_to_test', 'frechet_windows_render_to_test']) assert.ok(r[key] >= -1e-6, key);
  assert.ok(Math.abs(r.frechet_windows_ratio - r.frechet_windows_to_test / r.frechet_to_test) < 1e-5);
  assert.ok(r.frechet_to_test > 3 * r.frechet_floor_to_test && r.frechet_windows_to_test > 3 * r.frechet_windows_floor_to_test, 'an untrained model is far');
  assert.ok(r.frechet_windows_render_to_test < r.frechet_windows_to_test / 3, 'interpolated true pictures are nearer');
  assert.ok(r.class_accuracy <= 1 && r.classifier_test_accuracy > 0.3);
  assert.ok(r.sliced_to_test > 3 * r.sliced_floor_to_test && r.sliced_windows_to_test > 3 * r.sliced_windows_floor_to_test);
  assert.ok(r.coverage_to_test < r.coverage_floor_to_test && r.coverage_windows_to_test < r.coverage_windows_floor_to_test);
  assert.deepEqual(r.by_class.map((c) => [c.class, c.samples, c.coverage_to_test]), [0, 1, 2, 3].map((c) => [c, 3, null]), 'five test pictures have no fifth neighbour');
  for (const c of r.by_class) assert.ok(c.frechet_to_test > c.frechet_floor_to_test && c.class_accuracy === r.class_accuracy_by_class[c.class]);
  assert.deepEqual({ ...report(...args, '--windows', '4'), seconds: 0 }, { ...r, seconds: 0 });
  assert.deepEqual({ ...report(...args, '--threads', '3'), seconds: 0 }, { ...r, seconds: 0 });
  const text = works(evaluate(...args)).out.toString();
  assert.match(text, /windows at 4 times the lattice[^]*\n +Frechet distance +\d+\.\d{4} +\d+\.\d{3} to \d+\.\d{3} +\d+\.\d{4}\n/);
  assert.match(text, /the renderer's share of the Frechet distance is \d+\.\d{4}/);
});

test('real or generated? A fresh classifier sees that an untrained model is none', () => {
  const one = path('two-sample'), args = ['--data', train, '--test', held, '--classifier', one, '--samples', '24'];
  trainJudge(one, '--data', train, '--test', held, '--epochs', '3');
    const r = report(...args), [low, high] = r.two_sample_accuracy_interval;
  assert.equal(r.two_sample_pictures, 40, 'as many of each as there are test pictures');
  assert.ok(r.two_sample_accuracy > 0.9 && low < r.two_sample_accuracy && r.two_sample_accuracy <= high && low > 0.7);
  assert.match(works(evaluate(...args)).out.toString(), /real or generated\? +\d+\.\d\d % +\d+\.\d to \d+\.\d: .* about 40 pictures/);
});

test('samples that run out of range are counted; the others are judged as ever', () => {
  const args = ['--data', train, '--test', held, '--classifier', judge, '--model'], broken = spoilClass(checkpoint, path('broken'), 2);
  const r = report(...args, broken), whole = report(...args, checkpoint);
  assert.deepEqual([r.not_finite, whole.not_finite], [3, 0], 'those of one class of four');
  for (const c of [0, 1, 3]) assert.deepEqual(r.by_class[c], whole.by_class[c]);
  assert.notEqual(r.by_class[2].frechet_to_test, whole.by_class[2].frechet_to_test);
  assert.match(works(evaluate(...args, broken)).out.toString(), /not finite +3 samples/);
});

test('training pictures without finer ones: windows have no floor', () => {
  const thin = path('thin');
  writeSet(thin, { n: 48, truth: false });
  const r = report('--data', thin, '--test', held, '--classifier', judge);
  assert.ok(r.frechet_windows_to_test > 0 && r.frechet_windows_floor_to_test === null && r.frechet_floor_to_test > 0);
});

test('packed sets without windows; --denoise on them', () => {
  const one = path('one');
  assert.deepEqual(trainJudge(one, '--data', train, '--test', held, '--epochs', '2').classes, 4);
  assert.equal(report('--data', train, '--test', held, '--classifier', one).test_is_train, false);
  const { err } = works(['eval', '--train-classifier', '--data', train, '--out', one, '--epochs', '1', '--quiet']);
  assert.match(err, /has no test pictures of its own.*name a held-out set with --test/);
  const d = JSON.parse(works(['eval', '--model', model, '--data', train, '--test', held, '--denoise', '--images', '8', '--json', '--quiet']).out);
  assert.deepEqual([d.images, d.test_is_train, d.mse_with_class.length], [8, false, d.sigma.length]);
});

test('--denoise at chosen noise levels, and over the cells with detail', () => {
  const denoise = (...args) => works(['eval', '--model', model, '--data', train, '--test', held, '--denoise', '--images', '8', '--quiet', ...args]).out;
  const all = JSON.parse(denoise('--json')), some = JSON.parse(denoise('--json', '--sigmas', '0.7,0.3'));
  assert.deepEqual(some.sigma.map((s) => s.toFixed(3)), ['0.700', '0.300']);
  for (const key of ['mse_with_class', 'mse_without_class', 'mse_detail_with_class', 'mse_detail_without_class', 'mse_wiener']) {
    assert.equal(all[key].length, 15, key);
    assert.deepEqual(some[key], [0.7, 0.3].map((s) => all[key][all.sigma.findIndex((v) => Math.abs(v - s) < 1e-6)]), key);
  }
  for (const kind of ['with', 'without']) some[`mse_detail_${kind}_class`].forEach((v, i) => assert.ok(v > 0 && v !== some[`mse_${kind}_class`][i], kind));
  assert.match(denoise('--sigmas', '0.3').toString(), /detail with[^]*\n +0\.3 +0\.\d+/);
  const refused = (why, ...args) => fails(2, why, ['eval', '--model', model, '--data', train, ...args]);
  for (const list of ['', ',', '0.3,', '0.3;1', 'x', '0', '-1', '2000', 'nan']) refused([/--sigmas is '/, /from 0.001 to 1000/], '--denoise', `--sigmas=${list}`);
  refused(/more than 32 noise levels/, '--denoise', '--sigmas', Array(33).fill(1).join());
  refused(/--sigmas are the noise levels of --denoise or --from-sigma/, '--classifier', judge, '--sigmas', '1');
});

test('--from-sigma: distance by the noise that sampling starts from', () => {
  const run = (...args) => works(['eval', '--model', model, '--data', held, '--classifier', judge, '--from-sigma', '--samples', '8', '--steps', '3', '--resamples', '5', '--quiet', ...args]).out;
  const r = JSON.parse(run('--sigmas', '0.011,0.5,80', '--json'));
  assert.deepEqual([r.samples, r.reference_pictures, r.windows, r.from_sigma.length], [8, 12, 4, 4]);
  assert.deepEqual(r.from_sigma.map((row) => row.sigma), [0, 0.011, 0.5, 80]);
  const [none, little, , all] = r.from_sigma;
  for (const key of ['frechet_to_test', 'frechet_windows_to_test']) {
    assert.ok(Math.abs(little[key] - none[key]) < 0.1 * none[key], `${key}: almost no noise changes almost nothing`);
    assert.ok(all[key] > 1.2 * none[key], `${key}: an untrained model makes nothing of noise alone`);
    for (const row of r.from_sigma) assert.ok(row[`${key}_interval`][0] < row[key] && row[key] < row[`${key}_interval`][1] && row.not_finite === 0, key);
  }
  assert.ok(none.class_accuracy >= all.class_accuracy && none.class_accuracy > 0.25, 'better than chance on the pictures themselves');
  assert.deepEqual(JSON.parse(run('--sigmas', '0.011,0.5,80', '--json', '--threads', '3')), r);
  const other = (...args) => JSON.parse(run('--json', ...args)).from_sigma;
  assert.deepEqual(other('--sigma-max', '20', '--sigmas', '20').map((row) => row.sigma), [0, 20]);
  assert.deepEqual(other('--sigma-max', '20').map((row) => row.sigma), [0, 0.3, 0.6, 1.2, 2.5, 5, 10, 20], 'the last is where sampling begins');
  assert.notEqual(other('--sigmas', '80', '--sigma-min', '0.5')[1].frechet_to_test, all.frechet_to_test);
  assert.match(run('--sigmas', '0.5').toString(), /12 held-out[^]*\n +none .*\n +0\.5 +\d+\.\d{3} \+- *\d+\.\d{3} +\d+\.\d\d %/);
  const low = JSON.parse(run('--json', '--sigma-max', '4', '--sigma-min', '0.5')).from_sigma.map((row) => row.sigma);
  assert.deepEqual(low, [0, 0.6, 1.2, 2.5, 4], 'the usual levels that this schedule passes');
  const refused = (why, ...args) => fails(2, why, ['eval', '--model', model, '--data', held, '--classifier', judge, '--from-sigma', ...args]);
  refused([/--samples is 11/, /only 20 held-out/, /at most 10/], '--samples', '11');
  refused([/--sigmas has 81/, /to 80/], '--samples', '8', '--sigmas', '0.5,81');
  refused([/--sigmas has 30/, /to 20/], '--samples', '8', '--sigmas', '30', '--sigma-max', '20');
  refused(/different things/, '--denoise');
});

test('what does not fit is refused', (t) => {
  const out = join(temporary(t), 'x.safetensors'), bad = path('bad');
  const training = (...args) => ['eval', '--train-classifier', '--out', out, '--quiet', ...args];
  fails(2, [/4 times the lattice need finer pictures/, /make_faces/], training('--data', idx, '--windows', '4'));
  fails(3, [/5 times the lattice/, /are 8 times/], training('--data', train, '--windows', '5'));
  fails(2, /--windows/, training('--data', train, '--windows', '9'));
  fails(2, [/--test names a second packed set/, /leave out --test/], training('--data', idx, '--test', held));
  fails(3, /no packed set/, training('--data', train, '--test', model));
  fails(3, /one size/, training('--data', train, '--test', (writeSet(bad, { n: 2, side: 4 }), bad)));
  fails(3, /no finer pictures/, training('--data', train, '--test', (writeSet(bad, { n: 4, truth: false }), bad), '--windows', '4'));
  fails(3, /no finer pictures/, evaluate('--data', train, '--test', bad, '--classifier', judge));
  fails(3, /finer picture 2 is/, training('--data', train, '--test', (writeSet(bad, { n: 4, spoil: (png, i) => (i === 2 ? png.subarray(0, 50) : png) }), bad), '--windows', '4'));
  fails(3, /no classes/, training('--data', (writeSet(bad, { n: 4, labels: false }), bad)));
  fails(2, /4 times the lattice need finer pictures/, evaluate('--data', idx, '--classifier', judge));
  fails(2, [/--windows is 2/, /trained with 4/], evaluate('--data', train, '--test', held, '--classifier', judge, '--windows', '2'));
  fails(2, [/--windows is 4/, /trained with 0/], evaluate('--data', idx, '--classifier', plain, '--windows', '4'));
  fails(2, /--windows is for a classifier/, evaluate('--data', idx, '--denoise', '--windows', '4'));
  for (const value of ['x', '1', '99']) {
    const text = readFileSync(judge).toString('latin1').replace('"windows":"4"', `"windows":"${value}"`), bytes = Buffer.from(text, 'latin1');
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(0) + BigInt(value.length - 1));
    writeFileSync(bad, bytes);
    fails(3, [/bad\.safetensors/, /'windows' is '/, /from 2 to 8/], evaluate('--data', train, '--test', held, '--classifier', bad));
  }
});
