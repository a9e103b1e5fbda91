// The maker of textures, tools/make_textures.mjs: a packed set of tori.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { rasterise } from '../../tools/packing.mjs';
import { TEXTURES, textureSvg } from '../../tools/textures.mjs';
import { Random } from '../../tools/torus.mjs';
import { temporary, works } from './coordiff.js';
import { readSafetensors, safetensorsData } from './data.js';

const CELLS = 64, FINER = 8;

const makeTextures = (...args) => spawnSync(process.execPath, [resolve('tools/make_textures.mjs'), ...args], { encoding: 'utf8' });

function make(path, ...args) {
  const { status, stdout, stderr } = makeTextures('--out', path, ...args);
  assert.equal(status, 0, stderr);
  return { bytes: readFileSync(path), stdout };
}

function tensor(bytes, name) {
  const [begin, end] = readSafetensors(bytes)[name].data_offsets;
  return safetensorsData(bytes).subarray(begin, end);
}

test('make_textures: a packed set, the same bytes again, other pictures for another split', (t) => {
  const dir = temporary(t), path = join(dir, 'new', 'set.safetensors');
  const { bytes, stdout } = make(path, '--split', 'test', '--n', '7');
  assert.match(stdout, /set\.safetensors: 7 pictures, \d+ bytes of truth/);
  assert.ok(bytes.equals(make(join(dir, 'again.safetensors'), '--split=test', '--n=7').bytes));
  const four = make(join(dir, 'four.safetensors'), '--split=test', '--n=4').bytes;
  for (const name of ['lattice', 'labels', 'truth_bytes', 'truth']) {
    const part = tensor(four, name);
    assert.ok(part.length > 0 && part.equals(tensor(bytes, name).subarray(0, part.length)), name);
  }
  const train = make(join(dir, 'train.safetensors'), '--n', '4').bytes;
  assert.ok(!tensor(train, 'lattice').equals(tensor(four, 'lattice')));

  const about = JSON.parse(works(['data', '--json', '--data', path]).out);
  assert.deepEqual([about.pictures, about.lattice_width, about.lattice_height, about.channels], [7, CELLS, CELLS, 3]);
  assert.deepEqual(about.classes, TEXTURES.map((name, k) => ({ name, pictures: k === 0 ? 3 : 2 })));
  assert.deepEqual([about.truth.finer, about.truth.checked], [FINER, 7]);
  assert.ok(about.truth.lattice_error <= 0.5, 'rounding only');
  assert.deepEqual(about.notes, { split: 'test', credits: 'procedural, by coordiff (CC0 1.0)', made_by: 'tools/make_textures.mjs' });
});

for (const [k, name] of TEXTURES.entries())
  test(`${name}: a torus`, () => {
    const draw = (by) => PNG.sync.read(Buffer.from(rasterise(textureSvg(k, new Random('torus'), by), CELLS, FINER).png));
    const here = draw([0, 0]), side = CELLS * FINER;
    assert.deepEqual([here.width, here.height], [side, side]);
    assert.ok(here.data.equals(draw([CELLS, -2 * CELLS]).data), 'moved once around');
    const by = [CELLS / 2, 21.5], moved = draw(by);
    let different = 0, worst = 0;
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let c = 0; c < 3; c++) {
          const there = ((y + by[1] * FINER) % side) * side + ((x + by[0] * FINER) % side);
          const error = Math.abs(here.data[(y * side + x) * 4 + c] - moved.data[there * 4 + c]);
          if (error > 0) different++;
          worst = Math.max(worst, error);
        }
    // Only where the border cuts an edge is its coverage rounded anew.
    assert.ok(different < 400 && worst <= 16, `${different} values differ, by up to ${worst}`);
    const colours = new Set(Array.from({ length: side ** 2 }, (_, i) => here.data.readUIntBE(i * 4, 3)));
    assert.ok(colours.size > 20, 'not empty');
  });

test('make_textures refuses what it cannot do', (t) => {
  const out = join(temporary(t), 'x.safetensors');
  for (const [pattern, ...args] of [
    [/--out is missing/, '--n', '3'],
    [/--n is '0', but must be a whole number from 1 to 1000000/, '--out', out, '--n', '0'],
    [/Unknown option '--without'/, '--out', out, '--without', out],
  ]) {
    const { status, stdout, stderr } = makeTextures(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.match(stderr, /^make_textures: [^\n]+\nusage: make_textures\.mjs --out FILE \[--split NAME\] \[--n PICTURES\]\n$/);
    assert.ok(!existsSync(out));
  }
});
