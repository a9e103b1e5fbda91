// The library as an integrator uses it: make install, pkg-config, the two examples.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, temporary } from './coordiff.js';
import { largestDifference, readPng } from './png.js';

const model = 'models/fashion.safetensors';
const sampled = ['sample', '--model', model, '--class', '0', '--seed', '7', '--n', '1', '--size', '640x480'];

test('make install, pkg-config, and the C example', { skip: !binary.endsWith('release/coordiff') }, (t) => {
  const prefix = temporary(t), here = temporary(t), out = join(here, 'c.png');
  execFileSync('make', ['-s', 'install', `PREFIX=${prefix}`]);
  const env = { ...process.env, PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig') };
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'coordiff'], { env, encoding: 'utf8' }).trim().split(/\s+/);
  execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', 'tests/examples/generate.c', ...flags, '-o', join(here, 'generate')]);
  execFileSync(join(here, 'generate'), [model, out]);
  const ours = readPng(execFileSync(join(prefix, 'bin/coordiff'), [...sampled, '-o', '-'], { maxBuffer: 1 << 26 }));
  assert.equal(largestDifference(readPng(readFileSync(out)).pixels, ours.pixels), 0);
  assert.throws(() => execFileSync(join(here, 'generate'), ['none', out], { stdio: 'pipe' }), /checkpoint cannot be read/);
});

test('the JavaScript example', { skip: !existsSync('build/web/coordiff.wasm') }, (t) => {
  const out = join(temporary(t), 'js.png');
  execFileSync(process.execPath, ['tests/examples/generate.mjs', 'build/web/coordiff.wasm', model, out]);
  const native = readPng(execFileSync(binary, [...sampled, '-o', '-'], { maxBuffer: 1 << 26 }));
  assert.ok(largestDifference(readPng(readFileSync(out)).pixels, native.pixels) <= 1);
});
