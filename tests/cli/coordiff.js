// coordiff.js: run the program as a user would, and look at what it says.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeIdxFolder } from './data.js';

export const binary = resolve(process.env.COORDIFF ?? 'build/release/coordiff');
if (!existsSync(binary)) throw new Error(`there is no ${binary}: run make native, or set COORDIFF`);

// Idle threads sleep instead of spinning: the tests share the machine with others.
const env = { ...process.env, OMP_WAIT_POLICY: 'passive' };
const TIMEOUT_MS = 60_000;

/** Under CONFIG=asan: nothing was found. */
const assertSane = (err) => assert.doesNotMatch(String(err), /Sanitizer|runtime error/);

/** Run to the end: { code, signal, out: Buffer, err: string }. */
export function coordiff(args, { threads = true, shell, ...options } = {}) {
  const withThreads = threads && ['train', 'sample'].includes(args[0]) && !args.includes('--threads') ? [...args, '--threads', '1'] : args;
  const settings = { env, timeout: TIMEOUT_MS, maxBuffer: 1 << 28, ...options };
  const result = shell
    ? spawnSync('sh', ['-c', shell, binary, ...withThreads], settings)
    : spawnSync(binary, withThreads, settings);
  if (result.error) throw result.error;
  assertSane(result.stderr);
  return { code: result.status, signal: result.signal, out: result.stdout, err: result.stderr?.toString() };
}

/** Run and insist on exit code 0; returns the same. */
export function works(args, options) {
  const result = coordiff(args, options);
  assert.equal(result.code, 0, `coordiff ${args.join(' ')}\n${result.err}`);
  return result;
}

/** Run and insist on this exit code and one line on stderr that matches every pattern; nothing on stdout. */
export function fails(code, patterns, args, options) {
  const result = coordiff(args, options);
  const what = `coordiff ${args.join(' ')}\n${result.err}`;
  assert.equal(result.code, code, what);
  assert.equal(result.out.length, 0, what);
  for (const pattern of [patterns].flat()) assert.match(result.err, pattern, what);
  assert.match(result.err, /^coordiff[^\n]*: [^\n]+\n$/m, what);
  return result;
}

/** Start without waiting. `said(pattern)` resolves once stderr matches; `ended` resolves to { code, signal, err }. */
export function start(args) {
  const child = spawn(binary, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '', wake = () => {};
  child.stderr.on('data', (bytes) => { err += bytes; wake(); });
  const killer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const ended = new Promise((done) => child.on('close', (code, signal) => {
    clearTimeout(killer);
    assertSane(err);
    done({ code, signal, err });
    wake();
  }));
  const said = async (pattern) => {
    while (!pattern.test(err)) {
      assert.equal(child.exitCode, null, `ended before it said ${pattern}:\n${err}`);
      await new Promise((done) => { wake = done; });
    }
  };
  return { child, ended, said, kill: (signal) => child.kill(signal) };
}

/** Resolve once the file is there and not empty. */
export async function appears(path, { child }) {
  while (!existsSync(path) || statSync(path).size === 0) {
    assert.equal(child.exitCode, null, `ended before it wrote ${path}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** A fresh directory that goes with the test (or suite) t. */
export function temporary(t) {
  const path = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Settings of a network so small that twenty steps take no time. */
export const tiny = ['--hidden', '16', '--n_layers', '1', '--n_levels', '2', '--cond_hidden', '16', '--images', '8', '--pixels', '16',
  '--steps', '20', '--grid-every', '0'];

/** Train a tiny model below folder; returns the paths. */
export function trainTiny(folder, { data = {}, args = [] } = {}) {
  const pictures = join(folder, 'data'), run = join(folder, 'run');
  writeIdxFolder(pictures, data);
  works(['train', '--data', pictures, '--out', run, ...tiny, ...args]);
  return { data: pictures, run, model: join(run, 'model.safetensors'), checkpoint: join(run, 'checkpoint-0000020.safetensors') };
}
