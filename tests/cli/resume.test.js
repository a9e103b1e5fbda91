// Ctrl-C, kill, crash, and the same command again.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appears, fails, start, temporary, tiny, trainTiny, works } from './coordiff.js';
import { readCsv, writeIdxFolder } from './data.js';

const LONG = 3000;
const long = (data, out, threads) => ['train', '--data', data, '--out', out, ...tiny, '--steps', `${LONG}`, '--log-every', '10',
  '--save-every', '400', '--threads', `${threads}`];
const results = ['model.safetensors', `checkpoint-000${LONG}.safetensors`];
const loggedSteps = (run) => readCsv(readFileSync(join(run, 'log.csv'), 'utf8')).rows.map((row) => row.step);
const everyTenth = Array.from({ length: LONG / 10 }, (_, i) => 10 * i + 10);
const checkpoints = (run) => readdirSync(run).filter((name) => name.startsWith('checkpoint-')).sort();

/** The same files as of a run in one go; its log has a row more for each stop. */
function assertSame(run, whole, stops) {
  const rows = [...new Set([...everyTenth, ...stops])].sort((a, b) => a - b);
  for (const name of results) assert.ok(readFileSync(join(run, name)).equals(readFileSync(join(whole, name))), `${name} of ${run}`);
  assert.deepEqual(loggedSteps(run), rows, 'every row of the log once');
}

/** Start, wait for a row of the log, send a signal. */
async function interrupt(args, run, signal, logged = 0) {
  const job = start(args);
  await job.said(/multiply-adds/);
  await appears(join(run, 'log.csv'), job);
  while (loggedSteps(run).length <= logged && job.child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
  job.kill(signal);
  return job.ended;
}

test('stopped by Ctrl-C and by SIGTERM, killed, resumed: the same bytes as in one go, on any number of threads', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), whole = join(dir, 'whole'), run = join(dir, 'run');
  writeIdxFolder(data);
  works(long(data, whole, 1));
  assert.deepEqual(loggedSteps(whole), everyTenth);

  const first = await interrupt(long(data, run, 1), run, 'SIGINT');
  assert.equal(first.code, 130, first.err);
  assert.match(first.err, /stopping after this step; again to leave at once/);
  const at = Number(/stopped at step (\d+); saved in /.exec(first.err)?.[1]);
  assert.ok(at > 0 && at < LONG, first.err);
  assert.deepEqual(checkpoints(run).slice(-1), [`checkpoint-${String(at).padStart(7, '0')}.safetensors`]);
  works(['info', '--model', join(run, 'model.safetensors')]);

  const second = await interrupt(long(data, run, 2), run, 'SIGTERM', loggedSteps(run).length);
  assert.equal(second.code, 143, second.err);
  assert.match(second.err, new RegExp(`resumed\\n.*going on at step ${at}\\n`));
  const stops = [at, Number(/stopped at step (\d+); saved in /.exec(second.err)?.[1])];

  const third = await interrupt(long(data, run, 1), run, 'SIGKILL', loggedSteps(run).length + 5);
  assert.equal(third.signal, 'SIGKILL');

  assert.match(works(long(data, run, 2)).err, new RegExp(`finished at step ${LONG}`));
  assertSame(run, whole, stops);

  assert.match(works(long(data, run, 1)).err, new RegExp(`finished at step ${LONG}`), 'once more changes nothing');
  assertSame(run, whole, stops);
});

test('killed before the first checkpoint: the log begins anew', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeIdxFolder(data);
  const args = [...long(data, run, 1), '--save-every', '100000'];
  assert.equal((await interrupt(args, run, 'SIGKILL')).signal, 'SIGKILL');
  assert.deepEqual(checkpoints(run), []);
  works(args);
  assert.deepEqual(loggedSteps(run), everyTenth);
});

test('a second Ctrl-C leaves at once', async (t) => {
  const dir = temporary(t), data = join(dir, 'data'), run = join(dir, 'run');
  writeIdxFolder(data, { side: 28 });
  /* One step of this takes a minute. */
  const job = start(['train', '--data', data, '--out', run, '--images', '4096', '--pixels', '784', '--threads', '1']);
  await job.said(/multiply-adds/);
  job.kill('SIGINT');
  await job.said(/stopping after this step/);
  const asked = Date.now();
  job.kill('SIGINT');
  const { code } = await job.ended;
  assert.equal(code, 130);
  assert.ok(Date.now() - asked < 5000, 'at once');
  assert.deepEqual(readdirSync(run), ['lock'], 'nothing was saved');
});

test('Ctrl-C while sampling: nothing is written', async (t) => {
  const dir = temporary(t), { model } = trainTiny(dir), out = join(dir, 'x.png');
  const job = start(['sample', '--model', model, '--n', '200', '--steps', '1000', '--sampler', 'heun', '--size', '9x9', '-o', out, '--threads', '1']);
  await new Promise((done) => setTimeout(done, 300));
  job.kill('SIGINT');
  const { code, err } = await job.ended;
  assert.equal(code, 130, err);
  assert.match(err, /interrupted; nothing was written/);
  assert.deepEqual(readdirSync(dir).sort(), ['data', 'run']);
});

test('resuming with other settings is refused, and nothing is lost', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir), before = readFileSync(checkpoint);
  const again = (...words) => ['train', '--data', data, '--out', run, ...tiny, ...words];
  fails(3, [/cannot resume from checkpoint-0000020\.safetensors/, /lr = 0\.002/, /not 0\.001/, /another output/], again('--lr', '0.001'));
  fails(3, [/hidden = 16, not 32/], again('--hidden', '32'));
  fails(3, [/seed = 1, not 2/], again('--seed', '2'));
  fails(3, [/arch = taps, not seed/], again('--arch', 'seed', '--cond_hidden', '0'));
  const other = join(dir, 'other');
  writeIdxFolder(other, { classes: 3 });
  fails(3, [/n_classes = 4, not 3/], ['train', '--data', other, '--out', run, ...tiny]);
  assert.ok(readFileSync(checkpoint).equals(before));
});

test('more steps, another log interval and another --keep are no other settings', (t) => {
  const dir = temporary(t), { data, run } = trainTiny(dir);
  const again = (...words) => works(['train', '--data', data, '--out', run, ...tiny, ...words]).err;
  assert.match(again('--steps', '30', '--save-every', '5', '--log-every', '2'), /going on at step 20\n[^]*finished at step 30/);
  assert.deepEqual(checkpoints(run), ['checkpoint-0000025.safetensors', 'checkpoint-0000030.safetensors']);
  again('--steps', '60', '--save-every', '5', '--keep', '4');
  assert.deepEqual(checkpoints(run), [45, 50, 55, 60].map((step) => `checkpoint-00000${step}.safetensors`));
  again('--steps', '61', '--keep', '1');
  assert.deepEqual(checkpoints(run), ['checkpoint-0000061.safetensors']);
  assert.match(again('--steps', '10'), /finished at step 61/, 'fewer steps than there were');
});

test('a damaged newest checkpoint is named, and the one before serves; with none before it is refused', (t) => {
  const dir = temporary(t), { data, run, checkpoint } = trainTiny(dir, { args: ['--save-every', '10', '--log-every', '5'] });
  const again = ['train', '--data', data, '--out', run, ...tiny, '--log-every', '5'], whole = readFileSync(checkpoint);
  const other = Buffer.from(whole);
  other.fill(0xff, other.length - 8);
  const damages = [[whole.subarray(0, whole.length - 100), /the checkpoint cannot be read: it is truncated/], [Buffer.alloc(0), /is empty/], [other, /not a finite number/],
    [Buffer.alloc(whole.length), /checkpoint cannot be read/]];
  for (const [bytes, why] of damages) {
    writeFileSync(checkpoint, bytes);
    const { err } = works(again);
    assert.match(err, /^coordiff train: checkpoint-0000020\.safetensors is left out: .*\n/m);
    assert.match(err, why);
    assert.match(err, /going on at step 10\n/);
    assert.ok(readFileSync(checkpoint).equals(whole), 'made again, to the bit');
    assert.deepEqual(loggedSteps(run), [5, 10, 15, 20]);
    assert.deepEqual(checkpoints(run), ['checkpoint-0000010.safetensors', 'checkpoint-0000020.safetensors']);
  }
  rmSync(join(run, 'checkpoint-0000010.safetensors'));
  for (const [bytes, why] of damages) {
    writeFileSync(checkpoint, bytes);
    fails(3, [/cannot resume from checkpoint-0000020\.safetensors or an older one/, why], again);
  }
});

test('a finished model in the place of a checkpoint is no state to resume from', (t) => {
  const dir = temporary(t), { data, run, model, checkpoint } = trainTiny(dir);
  copyFileSync(model, checkpoint);
  fails(3, [/cannot resume from checkpoint-0000020/, /finished model|train\.params/], ['train', '--data', data, '--out', run, ...tiny]);
});

test('a log that a crash cut short does not stop a run', (t) => {
  const dir = temporary(t), { data, run } = trainTiny(dir, { args: ['--log-every', '5'] });
  const log = join(run, 'log.csv'), again = (steps) => works(['train', '--data', data, '--out', run, ...tiny, '--log-every', '5', '--steps', `${steps}`]);
  appendFileSync(log, '25,0.5');
  again(30);
  assert.deepEqual(loggedSteps(run), [5, 10, 15, 20, 25, 30]);
  appendFileSync(log, '3');
  again(40);
  assert.deepEqual(loggedSteps(run), [5, 10, 15, 20, 25, 30, 35, 40]);
  writeFileSync(log, 'step,lo');
  again(50);
  assert.deepEqual(loggedSteps(run), [45, 50]);
  writeFileSync(log, '');
  again(60);
  assert.deepEqual(loggedSteps(run), [55, 60]);
});

test('other files in the run directory are left alone', (t) => {
  const dir = temporary(t), { data, run } = trainTiny(dir);
  const names = ['checkpoint-best.safetensors', 'checkpoint-0000005.safetensors.bak', 'notes.txt'];
  for (const name of names) writeFileSync(join(run, name), 'mine');
  works(['train', '--data', data, '--out', run, ...tiny, '--steps', '40', '--keep', '1']);
  for (const name of names) assert.equal(readFileSync(join(run, name), 'utf8'), 'mine');
});
