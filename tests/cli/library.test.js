// The library as an integrator uses it: make install, pkg-config and CMake, the examples in C, C++ and JavaScript.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { binary, temporary } from './coordiff.js';
import { largestDifference, readPng } from './png.js';

const model = 'models/fashion.safetensors';
const sampled = ['sample', '--model', model, '--class', '0', '--seed', '7', '--n', '1', '--size', '640x480'];
const native = (program) => readPng(execFileSync(program, [...sampled, '-o', '-'], { maxBuffer: 1 << 26 })).pixels;
const run = (program, args, options) => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', ...options });

// Both examples take a model and the name of the picture, and say in a sentence what is wrong.
function drawsTheSame(program, ours, env, t) {
  const out = join(temporary(t), 'picture.png');
  run(program, [model, out], { env });
  assert.equal(largestDifference(readPng(readFileSync(out)).pixels, ours), 0);
  assert.throws(() => run(program, ['none', out], { env }), /checkpoint cannot be read/);
}

describe('make install', { skip: !binary.endsWith('release/coordiff') }, () => {
  const folder = temporary({ after });
  let prefix, env, ours;

  // Installed by a relative name, and moved away from there: nothing may remember the place.
  before(() => {
    const first = join(folder, 'first');
    run('make', ['-s', 'install', `PREFIX=${relative('.', first)}`]);
    prefix = join(folder, 'moved');
    renameSync(first, prefix);
    env = { ...process.env, PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig'), LD_LIBRARY_PATH: join(prefix, 'lib') };
    ours = native(join(prefix, 'bin/coordiff'));
  });

  const headers = () => readdirSync(join(prefix, 'include'), { recursive: true }).filter((name) => name.endsWith('.h'));
  const flags = () => run('pkg-config', ['--cflags', '--libs', 'coordiff'], { env }).trim().split(/\s+/);

  test('pkg-config and the C example', (t) => {
    const program = join(temporary(t), 'generate');
    run('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', 'tests/examples/generate.c', ...flags(), '-o', program]);
    assert.match(run('ldd', [program], { env }), /libcoordiff\.so\.0 => /);
    drawsTheSame(program, ours, env, t);
  });

  test('pkg-config and the C++ example', (t) => {
    const program = join(temporary(t), 'generate');
    run('c++', ['-std=c++17', '-Wall', '-Wextra', '-Werror', 'tests/examples/generate.cpp', ...flags(), '-o', program]);
    drawsTheSame(program, ours, env, t);
  });

  test('CMake, the C example with the static library and the C++ example with the shared one', (t) => {
    const build = temporary(t), clean = { ...env, LD_LIBRARY_PATH: '' };
    run('cmake', ['-S', 'tests/examples', '-B', build, `-DCMAKE_PREFIX_PATH=${prefix}`]);
    run('cmake', ['--build', build]);
    drawsTheSame(join(build, 'generate_c'), ours, clean, t);
    drawsTheSame(join(build, 'generate_cpp'), ours, clean, t);
    assert.doesNotMatch(run('ldd', [join(build, 'generate_c')]), /libcoordiff/);
  });

  test('CMake refuses another minor version with both numbers', (t) => {
    const source = temporary(t);
    writeFileSync(join(source, 'CMakeLists.txt'), 'cmake_minimum_required(VERSION 3.16)\nproject(p)\nfind_package(coordiff 0.2 REQUIRED)\n');
    const { status, stderr } = spawnSync('cmake', ['-S', source, '-B', join(source, 'build'), `-DCMAKE_PREFIX_PATH=${prefix}`], { encoding: 'utf8' });
    assert.notEqual(status, 0);
    assert.match(stderr, /"0\.2"[\s\S]*version: 0\.1\.0/);
  });

  test('every header lies under coordiff/ and stands on its own in C and in C++', () => {
    const names = headers();
    assert.ok(names.length > 20);
    for (const name of names) {
      assert.match(name, /^coordiff\//);
      const input = `#include <${name}>\n`, include = `-I${join(prefix, 'include')}`;
      run('cc', ['-std=c11', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', include, '-xc', '-'], { input });
      run('c++', ['-std=c++11', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', include, '-xc++', '-'], { input });
    }
  });

  // The compiler's own list of prototypes, so that no function is forgotten.
  test('the shared library exports exactly what the headers declare, with C names', (t) => {
    const here = temporary(t), list = join(here, 'prototypes'), unit = headers().map((name) => `#include <${name}>\n`).join('');
    run('cc', ['-std=c11', '-fsyntax-only', '-aux-info', list, `-I${join(prefix, 'include')}`, '-xc', '-'], { input: unit });
    const lines = readFileSync(list, 'utf8').split('\n').filter((line) => line.includes('/coordiff/') && !line.includes('*/ static'));
    const declared = lines.map((line) => /\b(cdf_\w+) \(/.exec(line)[1]).sort();
    const symbols = run('nm', ['-D', '--defined-only', join(prefix, 'lib/libcoordiff.so')]).trim().split('\n').map((line) => line.split(' '));
    assert.ok(declared.length > 100);
    assert.deepEqual(symbols.filter(([, kind]) => kind === 'T').map(([, , name]) => name).sort(), [...new Set(declared)]);

    const input = `${unit}void (*const all[])() = {${[...new Set(declared)].map((name) => `(void (*)())${name}`).join(', ')}};\nint main() { return all[0] == all[1]; }\n`;
    run('c++', ['-std=c++17', '-xc++', '-', '-o', join(here, 'all'), ...flags()], { input });
  });
});

// What src/README.md promises of the rooms: memory (madvise: in large pages), strings and arithmetic are all that they ask of
// the system; and once, by a bare syscall, leave to use the processor's tiles.
test('the engine opens nothing, prints nothing, reads no clock, starts no thread and keeps no globals', () => {
  const library = binary.replace(/coordiff$/, 'libcoordiff.a');
  const harmless = /^(cdf_\w+|_GLOBAL_OFFSET_TABLE_|__(cpu_\w+|errno_location|stack_chk_fail)|(c|m|re)alloc|aligned_alloc|free|madvise|syscall|mem\w+|str\w+|v?snprintf|qsort|(atan|cos|exp|fmax|fmin|log|lround|pow|sqrt|tan)f?)$/;
  const wanted = run('nm', ['-u', library]).split('\n').map((line) => /^ +[Uw] (\w+)$/.exec(line)?.[1]).filter(Boolean);
  assert.ok(wanted.length > 100);
  assert.deepEqual([...new Set(wanted)].filter((name) => !harmless.test(name)), []);
  const writable = run('objdump', ['-t', library]).split('\n').map((line) => / \.t?(?:data|bss)\s+0*[1-9a-f]\w* (\S+)$/.exec(line)?.[1]).filter(Boolean);
  assert.deepEqual(writable.filter((name) => !/^(mapping|firstmap)\.\d+$/.test(name)), []); // tables of stb_image_write that nothing writes to
});

test('the JavaScript example', { skip: !existsSync('build/web/coordiff.wasm') }, (t) => {
  const out = join(temporary(t), 'js.png');
  execFileSync(process.execPath, ['tests/examples/generate.mjs', 'build/web/coordiff.wasm', model, out]);
  assert.ok(largestDifference(readPng(readFileSync(out)).pixels, native(binary)) <= 1);
});
