// Training that cannot lie: one process in a directory, the same pictures and classes as before, nothing half written, whole steps.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appears, binary, fails, start, temporary, tiny, trainTiny, works } from './coordiff.js';
import { writeSet } from './eval-data.js';
import { writePng } from './png.js';
import { changeMetadata, IMAGES, idxImages, idxLabels, LABELS, readCsv, readSafetensors, writeIdxFolder, writePngFolders } from './data.js';

const metadata = (path) => readSafetensors(readFileSync(path)).__metadata__;
const loggedSteps = (run) => readCsv(readFileSync(join(run, 'log.csv'), 'utf8')).rows.map((row) => row.step);
const temporaries = (run) => readdirSync(run).filter((name) => name.includes('.tmp.'));
const endless = (data, out) => ['train', '--data', data, '--out', out, ...tiny, '--steps', '1000000', '--log-every', '1', '--threads', '1'];

// ---- one process at a time ----

test('two trainings into one directory: the second is refused and told who is there; the first ends well', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeIdxFolder(data);
  const first = start(endless(data, run));
  await appears(join(run, 'log.csv'), first);
  fails(1, [/run is in use by process \d+ on \S+; wait until it ends, stop it, or choose another --out/, new RegExp(`process ${first.child.pid} `)],
    ['train', '--data', data, '--out', run, ...tiny]);
  const rows = loggedSteps(run);
  first.kill('SIGTERM');
  assert.equal((await first.ended).code, 143);
  assert.deepEqual(loggedSteps(run).slice(0, rows.length), rows);
  assert.deepEqual(loggedSteps(run), loggedSteps(run).map((_, i) => i + 1), 'no row of the second');
  assert.ok(!existsSync(join(run, 'lock')));
});

test('a killed process holds no lock, and neither does one that left a file', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeIdxFolder(data);
  const killed = start(endless(data, run));
  await appears(join(run, 'log.csv'), killed);
  killed.kill('SIGKILL');
  await killed.ended;
  assert.ok(existsSync(join(run, 'lock')));
  works(['train', '--data', data, '--out', run, ...tiny]);
  writeFileSync(join(run, 'lock'), 'process 1 on elsewhere\n');
  works(['train', '--data', data, '--out', run, ...tiny]);
});

// ---- nothing half written ----

test('killed again and again in the middle of a save: each start finds a whole checkpoint and clears away the rest', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run'), whole = join(dir, 'whole');
  writeIdxFolder(data);
  // All of it is warm-up, so that the rate does not depend on how many steps there will be.
  const every = (out, steps) => ['train', '--data', data, '--out', out, ...tiny, '--lr', '1', '--warmup', '1000000', '--steps', `${steps}`, '--save-every', '1', '--log-every', '1', '--threads', '1'];
  let step = 0, found = 0;
  for (let i = 0; i < 8 || (i < 80 && (found < 2 || step < 8)); i++) {
    const job = start(every(run, 1000000));
    await job.said(/multiply-adds/);
    assert.deepEqual(temporaries(run).filter((name) => !name.endsWith(`.${job.child.pid}`)), [], 'cleared away');
    await new Promise((done) => setTimeout(done, 120 + 31 * (i % 8)));
    job.kill('SIGKILL');
    const { err } = await job.ended;
    assert.doesNotMatch(err, /left out/, 'no checkpoint is ever half written');
    found += temporaries(run).length;
    step = Math.max(step, ...readdirSync(run).map((name) => Number(/^checkpoint-(\d+)\.safetensors$/.exec(name)?.[1] ?? 0)));
  }
  assert.ok(step >= 8 && found >= 2, `some kills hit a save: ${found} at step ${step}`);
  writeFileSync(join(run, 'grid-0000005.png.tmp.77'), 'half');
  writeFileSync(join(run, 'mine.tmp.1'), 'mine');
  works(every(run, step + 3));
  works([...every(whole, step + 3), '--save-every', '100000']);
  assert.deepEqual(temporaries(run), ['mine.tmp.1'], 'what is not ours stays');
  const last = `checkpoint-${String(step + 3).padStart(7, '0')}.safetensors`;
  assert.ok(readFileSync(join(run, last)).equals(readFileSync(join(whole, last))), 'the same bits as in one go');
  assert.deepEqual(loggedSteps(run), loggedSteps(whole));
});

test('a terminal that hangs up: saved, also when nobody reads any more; nohup goes on', async (t) => {
  const dir = temporary(t), data = join(dir, 'data');
  writeIdxFolder(data);
  for (const deaf of [false, true]) {
    const run = join(dir, `run-${deaf}`), job = start(endless(data, run));
    await appears(join(run, 'log.csv'), job);
    if (deaf) job.child.stderr.destroy();
    job.kill('SIGHUP');
    assert.equal((await job.ended).code, 129);
    assert.ok(readdirSync(run).some((name) => name.startsWith('checkpoint-')));
    works(['train', '--data', data, '--out', run, ...tiny]);
  }
  const run = join(dir, 'nohup'), child = spawn('sh', ['-c', 'trap "" HUP; exec "$0" "$@"', binary, ...endless(data, run)], { stdio: 'ignore' });
  await appears(join(run, 'log.csv'), { child });
  child.kill('SIGHUP');
  const rows = loggedSteps(run).length;
  while (loggedSteps(run).length < rows + 20) {
    assert.equal(child.exitCode, null, 'it goes on');
    await new Promise((done) => setTimeout(done, 5));
  }
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [143, null]);
});

// ---- the same pictures ----

test('other pictures, the same in another order, other labels, other names: refused with what differs', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir), before = readFileSync(checkpoint);
  const again = ['train', '--data', data, '--out', run, ...tiny], images = idxImages(), labels = idxLabels();
  const swap = (bytes, from, to, n) => {
    const other = Buffer.from(bytes);
    bytes.copy(other, to, from, from + n);
    bytes.copy(other, from, to, to + n);
    return other;
  };
  writeFileSync(join(data, IMAGES), swap(images, 16, 16 + 5 * 64, 64)); // the mean and the deviation stay as they are
  fails(3, [/cannot resume from checkpoint-0000020/, /the pictures are not those .*or not in the same order/, /fingerprint is [0-9a-f]{8}, not [0-9a-f]{8}/, /another output/], again);
  writeFileSync(join(data, IMAGES), images);
  writeFileSync(join(data, LABELS), swap(labels, 8, 9, 1));
  fails(3, [/the pictures are those .*but their classes are not/, /fingerprint of the labels/], again);
  writeFileSync(join(data, LABELS), labels);
  assert.ok(readFileSync(checkpoint).equals(before));
  assert.match(works(again).err, /it stands at step 20/);
  works(['train', '--data', data, '--out', join(dir, 'plain'), ...tiny, '--n_classes', '0']);
  writeFileSync(join(data, LABELS), swap(labels, 8, 9, 1));
  works(['train', '--data', data, '--out', join(dir, 'plain'), ...tiny, '--n_classes', '0']); // without classes labels do not matter
});

test('classes: named in the checkpoint and the model, by info and --class; another name on resuming is refused', (t) => {
  const dir = temporary(t), data = join(dir, 'my, pictures'), run = join(dir, 'run'), model = join(run, 'model.safetensors'), out = join(dir, 'x.png');
  writePngFolders(data, { names: ['a bag', 'hats', 'shoes'] });
  const train = (...words) => ['train', '--data', `${data}//`, '--size', '8x8', '--out', run, ...tiny, ...words];
  works(train());
  for (const file of [model, join(run, 'checkpoint-0000020.safetensors')]) {
    assert.equal(metadata(file).classes, 'a bag\nhats\nshoes');
    assert.equal(metadata(file).data, 'my, pictures', 'no folders of the trainer');
    assert.doesNotMatch(JSON.stringify(metadata(file)), new RegExp(dir));
    assert.match(works(['info', '--model', file]).out.toString(), /\nclass 0 a bag\nclass 1 hats\nclass 2 shoes\n/);
    assert.deepEqual(JSON.parse(works(['info', '--model', file, '--json']).out).classes, ['a bag', 'hats', 'shoes']);
  }
  const sample = (name) => ['sample', '--model', model, '--n', '1', '-o', out, '--class', name];
  works(sample('1'));
  const byNumber = readFileSync(out);
  works(sample('hats'));
  assert.ok(readFileSync(out).equals(byNumber));
  works(sample('shoes'));
  assert.ok(!readFileSync(out).equals(byNumber));
  for (const name of ['hat', 'h a t', 'hats\n', '1.0']) fails(2, /--class is .*from 0 to 2 or one of: a bag, hats, shoes/, sample(name));
  for (const name of ['Hats', 'A_Bag', 'a-bag']) works(sample(name)); // as a set may call it that was drawn anew
  for (const name of ['3', '']) fails(2, /--class is '3?'.*from 0 to 2/, sample(name));

  renameSync(join(data, 'hats'), join(data, 'caps'));
  fails(3, /class 1 is called 'caps' here, but this checkpoint was trained with 'hats'/, train());
  renameSync(join(data, 'caps'), join(data, 'hats'));
  renameSync(join(data, 'shoes'), join(data, 'aaa'));
  fails(3, /the pictures are not those .*or not in the same order/, train());
});

test('classes without names take numbers only', (t) => {
  const { model } = trainTiny(temporary(t));
  fails(2, /--class is 'hats', but must be a whole number from 0 to 3/, ['sample', '--model', model, '-o', 'x.png', '--class', 'hats']);
  assert.deepEqual(JSON.parse(works(['info', '--model', model, '--json']).out).classes, []);
});

test('an old checkpoint, without fingerprints and the settings that there were not yet, goes on, and says so once', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir, { args: ['--scale_bound', '0'] });
  const train = (steps, ...words) => ['train', '--data', data, '--out', run, ...tiny, '--steps', `${steps}`, ...words], again = (steps) => works(train(steps)).err;
  changeMetadata(checkpoint, (m) => {
    for (const key of Object.keys(m)) if (/crc32$|^(kernels|classes|stride|scale_bound)$/.test(key)) delete m[key];
    return { ...m, data: '/home/someone/pictures' };
  });
  fails(3, /was trained with scale_bound = 0, not 3; use that value/, train(25, '--scale_bound', '3'));
  fails(3, /was trained with stride = 1, not 2/, train(25, '--stride', '2'));
  assert.match(again(25), /^coordiff train: this checkpoint has no fingerprint of its pictures.*\n/);
  assert.doesNotMatch(again(30), /fingerprint/);
  assert.equal(metadata(join(run, 'checkpoint-0000030.safetensors')).scale_bound, '0');
  assert.equal(metadata(join(run, 'checkpoint-0000030.safetensors')).data, 'data');
  assert.match(metadata(join(run, 'model.safetensors'))['data.crc32'], /^[0-9a-f]{8}$/);
});

test('other kernels on resuming are said, and recorded', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir, { args: ['--kernels', 'portable'] });
  assert.equal(metadata(checkpoint).kernels, 'portable');
  const { err } = works(['train', '--data', data, '--out', run, ...tiny, '--steps', '25', '--kernels', 'portable']);
  assert.doesNotMatch(err, /kernels/);
  changeMetadata(join(run, 'checkpoint-0000025.safetensors'), (m) => ({ ...m, kernels: 'abacus' }));
  assert.match(works(['train', '--data', data, '--out', run, ...tiny, '--steps', '30', '--kernels', 'portable']).err,
    /so far trained with the kernels 'abacus', from now on with 'portable'/);
  assert.equal(metadata(join(run, 'checkpoint-0000030.safetensors')).kernels, 'portable');
});

test('the same of train-renderer: one process, the same finer pictures, the same kernels', async (t) => {
  const dir = temporary(t), set = join(dir, 'set.safetensors'), { model } = trainTiny(dir), run = join(dir, 'renderer');
  const train = (steps) => ['train-renderer', '--model', model, '--data', set, '--out', run, '--cell_hidden', '16', '--hidden', '16', '--radius', '1', '--images', '8', '--pixels', '16',
    '--steps', `${steps}`, '--threads', '1', '--kernels', 'portable'];
  writeSet(set);
  const job = start([...train(1000000), '--log-every', '1']);
  await appears(join(run, 'log.csv'), job);
  fails(1, /in use by process \d+/, train(5));
  job.kill('SIGHUP');
  assert.equal((await job.ended).code, 129);
  const step = loggedSteps(run).length, file = (at) => join(run, `checkpoint-${String(at).padStart(7, '0')}.safetensors`);
  assert.match(works(train(step + 2)).err, new RegExp(`going on at step ${step}\\n`));
  assert.deepEqual(loggedSteps(run).slice(-1), [step + 2]);
  const notes = metadata(join(run, 'model.safetensors'));
  assert.deepEqual([notes['renderer.data'], notes['renderer.kernels']], ['set.safetensors', 'portable']);
  writeSet(set, { spoil: (png, i) => (i === 3 ? writePng(64, 64, 1, () => 7) : png) });
  fails(3, /the pictures are not those that this checkpoint was trained on/, train(step + 5));
  writeSet(set);
  renameSync(file(step + 2), file(step + 4));
  fails(3, /by its name it is of step/, train(step + 5));
  writeFileSync(file(step + 4), 'half');
  assert.match(works(train(step + 5)).err, new RegExp(`left out.*\\n[^]*going on at step ${step}\\n`));
});

// ---- whole steps ----

test('a step that was edited is refused', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir), again = ['train', '--data', data, '--out', run, ...tiny], whole = readFileSync(checkpoint);
  for (const [step, why] of [['5', /by its name it is of step 20, but it says that it stands at step 5/], ['21', /step 21/], ['0', /step 0/],
    ['1000000001', /stands at step 1000000001, but at most 1000000000/], ['99999999999999999999', /does not say at which step/], ['-1', /does not say/], ['', /does not say/]]) {
    writeFileSync(checkpoint, whole);
    changeMetadata(checkpoint, (m) => ({ ...m, 'train.step': step }));
    fails(3, [/cannot resume from checkpoint-0000020/, why], again);
  }
  writeFileSync(checkpoint, whole);
  renameSync(checkpoint, join(run, 'checkpoint-0000040.safetensors'));
  fails(3, /by its name it is of step 40, but it says that it stands at step 20/, again);
});

test('a run shorter than the interval of the log leaves a row, and so does the rest of a longer one', (t) => {
  const dir = temporary(t), { data, run } = trainTiny(dir);
  assert.deepEqual(loggedSteps(run), [20]);
  works(['train', '--data', data, '--out', run, ...tiny, '--steps', '75', '--log-every', '25']);
  assert.deepEqual(loggedSteps(run), [20, 25, 50, 75]);
  works(['train', '--data', data, '--out', join(dir, 'one'), ...tiny, '--steps', '45', '--log-every', '20']);
  assert.deepEqual(loggedSteps(join(dir, 'one')), [20, 40, 45]);
});
