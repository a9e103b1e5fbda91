// coordiff train over MPI: the same losses as one process, a lost process, Ctrl-C. Needs build/mpi (make native CONFIG=mpi).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appears, temporary, tiny, works } from './coordiff.js';
import { IMAGES, writeIdxFolder } from './data.js';

const binary = 'build/mpi/coordiff', skip = { skip: !existsSync(binary) };
const env = { ...process.env, OMP_WAIT_POLICY: 'passive', OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
const mpirun = (n, args) => ['--oversubscribe', '-n', String(n), binary, 'train', ...args, '--threads', '1'];
const losses = (run) => readFileSync(join(run, 'log.csv'), 'utf8').trim().split('\n').slice(1).map((row) => row.split(',').slice(0, 6).map(Number));
const settings = (folder, out, steps) => {
  if (!existsSync(join(folder, 'data'))) writeIdxFolder(join(folder, 'data'), {});
  return ['--data', join(folder, 'data'), '--out', join(folder, out), ...tiny, '--steps', steps, '--log-every', '5'];
};

test('two and three processes train as one does', skip, (t) => {
  const here = temporary(t);
  works(['train', ...settings(here, 'one', '40')]);
  for (const n of [2, 3]) {
    const result = spawnSync('mpirun', mpirun(n, settings(here, `run${n}`, '40')), { env, timeout: 60_000 });
    assert.equal(result.status, 0, String(result.stderr));
    const [one, several] = [losses(join(here, 'one')), losses(join(here, `run${n}`))];
    assert.equal(several.length, 8);
    one.forEach((row, i) => row.forEach((x, j) => assert.ok(Math.abs(several[i][j] - x) <= 2e-5 * Math.max(1, Math.abs(x)), `${several[i]} and ${row}`)));
  }
  assert.deepEqual(readdirSync(join(here, 'run2')).sort(), ['checkpoint-0000040.safetensors', 'log.csv', 'model.safetensors', 'progress.txt']);
});

test('more processes than parts of a batch are refused', skip, (t) => {
  const { status, stderr } = spawnSync('mpirun', mpirun(9, settings(temporary(t), 'run', '4')), { env, timeout: 60_000 });
  assert.notEqual(status, 0);
  assert.match(String(stderr), /9 processes cannot share a batch: it has 8 parts/);
});

test('processes that are not told the same are refused with what differs, at once', skip, (t) => {
  const here = temporary(t), out = join(here, 'run'), common = settings(here, 'run', '20'), other = join(here, 'other');
  writeIdxFolder(other, {});
  writeFileSync(join(other, IMAGES), Buffer.from(readFileSync(join(other, IMAGES))).reverse().fill(readFileSync(join(other, IMAGES)).subarray(0, 16), 0, 16));
  for (const [words, pattern] of [[['--lr', '0.0001'], /'lr is 0\.002' in process 0, but 'lr is 0\.0001' in process 1/], [['--steps', '40'], /'steps is 20' in process 0, but 'steps is 40'/],
    [['--hidden', '32'], /hidden is 16/], [['--n_classes', '9'], /n_classes is 4/], [['--kernels', 'portable'], /kernels is .*portable/], [['--save-every', '3'], /--save-every is 1000/],
    [['--data', other], /(sigma_data|mean|level_sd|crc32) is/], [['--seed', '3'], /seed is 1/], [['--out', join(here, 'elsewhere')], null]]) {
    const part = (more) => ['-n', '1', binary, 'train', ...common, '--threads', '1', ...more];
    const { status, stderr, signal } = spawnSync('mpirun', ['--oversubscribe', ...part([]), ':', ...part(words)], { env, timeout: 30_000 });
    if (!pattern) { // another place without checkpoints is where all of them start from
      assert.equal(status, 0, String(stderr));
      continue;
    }
    assert.equal(signal, null, `${words} hangs`);
    assert.equal(status, 2, `${words}\n${stderr}`);
    assert.match(String(stderr), /the processes of this training differ: .*; start all of them with the same command and data/);
    assert.match(String(stderr), pattern);
    assert.ok(!existsSync(out), 'nothing was made');
  }
  const part = (name) => ['-n', '1', binary, 'train', ...settings(here, name, '40'), '--threads', '1'];
  const { status, stderr } = spawnSync('mpirun', ['--oversubscribe', ...part('run'), ':', ...part('nowhere')], { env, timeout: 30_000 });
  assert.equal(status, 2, String(stderr));
  assert.match(String(stderr), /'the step is 20' in process 0, but 'the step is 0' in process 1; give all of them an --out that they share/);
});

test('a process that cannot start ends the job: damaged data, a directory in use', skip, async (t) => {
  const here = temporary(t), args = settings(here, 'run', '1000000'), part = (more) => ['-n', '1', binary, 'train', ...args, '--threads', '1', ...more];
  for (const words of [['--data', join(here, 'none')], ['--kernels', 'none'], ['--help']]) {
    for (const jobs of [[...part(words), ':', ...part([])], [...part([]), ':', ...part(words)]]) {
      const { status, signal, stderr } = spawnSync('mpirun', ['--oversubscribe', ...jobs], { env, timeout: 30_000 });
      assert.equal(signal, null, `${words} hangs: ${stderr}`);
      assert.notEqual(status, 0, String(stderr));
    }
  }
  const { child, ended } = await started(args, join(here, 'run/log.csv'));
  const { status, stderr } = spawnSync('mpirun', mpirun(2, args), { env, timeout: 30_000 });
  assert.equal(status, 1, String(stderr));
  assert.match(String(stderr), /run is in use by process \d+/);
  child.kill('SIGINT');
  await ended;
});

/** A group at work, and what it said. */
async function started(args, log) {
  const child = spawn('mpirun', mpirun(2, args), { env });
  let said = '';
  child.stderr.on('data', (bytes) => { said += bytes; });
  const ended = new Promise((done) => child.on('close', (code) => done({ code, said })));
  await appears(log, { child });
  return { child, ended };
}

test('a killed process ends the job with a sentence and a checkpoint that resumes', skip, async (t) => {
  const here = temporary(t), args = settings(here, 'run', '1000000'), run = join(here, 'run');
  const { child, ended } = await started(args, join(run, 'log.csv'));
  const ranks = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout.trim().split('\n').map(Number);
  assert.equal(ranks.length, 2);
  process.kill(Math.max(...ranks), 'SIGKILL');
  const { code, said } = await ended;
  assert.notEqual(code, 0);
  assert.match(said, /another process of this training is gone; start the same command again to resume/);
  const saved = readdirSync(run).find((name) => name.startsWith('checkpoint-'));
  assert.ok(saved, said);
  const step = Number(saved.match(/\d+/)[0]);
  const again = settings(here, 'run', String(step + 5));
  assert.match(works(['train', ...again]).err, new RegExp(`going on at step ${step}`));
});

test('Ctrl-C stops all at the same step and saves', skip, async (t) => {
  const here = temporary(t), run = join(here, 'run');
  const { child, ended } = await started(settings(here, 'run', '1000000'), join(run, 'log.csv'));
  child.kill('SIGINT');
  const { said } = await ended;
  assert.match(said, /stopped at step \d+; saved in/);
  assert.ok(readdirSync(run).some((name) => name.startsWith('checkpoint-')));
});
