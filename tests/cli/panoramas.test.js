// The maker of panoramas, tools/make_panoramas.mjs: a packed set of cylinders.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { averages } from '../../tools/packing.mjs';
import { FINER, HEIGHT, WIDTH } from '../../tools/panorama/cylinder.mjs';
import { gouache } from '../../tools/panorama/gouache.mjs';
import { panoramaPixels } from '../../tools/panorama/picture.mjs';
import { PANORAMAS, panorama } from '../../tools/panorama/scenes.mjs';
import { Random } from '../../tools/torus.mjs';
import { temporary, works } from './coordiff.js';
import { readSafetensors, safetensorsData } from './data.js';

const [W, H] = [WIDTH * FINER, HEIGHT * FINER];

const makePanoramas = (...args) => spawnSync(process.execPath, [resolve('tools/make_panoramas.mjs'), ...args], { encoding: 'utf8' });

function make(path, ...args) {
  const { status, stdout, stderr } = makePanoramas('--out', path, ...args);
  assert.equal(status, 0, stderr);
  return { bytes: readFileSync(path), stdout };
}

function tensor(bytes, name) {
  const [begin, end] = readSafetensors(bytes)[name].data_offsets;
  return safetensorsData(bytes).subarray(begin, end);
}

test('make_panoramas: a packed set, the same bytes again, other pictures for another split', (t) => {
  const dir = temporary(t), path = join(dir, 'new', 'set.safetensors');
  const { bytes, stdout } = make(path, '--split', 'test', '--n', '8');
  assert.match(stdout, /set\.safetensors: 8 pictures, \d+ bytes of truth/);
  assert.deepEqual(readSafetensors(bytes).lattice.shape, [8, 3, HEIGHT, WIDTH]);
  const three = make(join(dir, 'three.safetensors'), '--split=test', '--n=3').bytes;
  for (const name of ['lattice', 'labels', 'truth_bytes', 'truth']) {
    const part = tensor(three, name);
    assert.ok(part.length > 0 && part.equals(tensor(bytes, name).subarray(0, part.length)), name);
  }
  const train = make(join(dir, 'train.safetensors'), '--n', '1').bytes;
  assert.ok(!tensor(train, 'lattice').equals(tensor(bytes, 'lattice').subarray(0, 3 * HEIGHT * WIDTH)));
  // Scenes of one class differ.
  const size = 3 * HEIGHT * WIDTH, lattice = tensor(bytes, 'lattice');
  assert.ok(!lattice.subarray(0, size).equals(lattice.subarray(6 * size, 7 * size)));

  // The truth is the picture of which the lattice holds the averages.
  const truth = PNG.sync.read(tensor(bytes, 'truth').subarray(0, tensor(bytes, 'truth_bytes').readUInt32LE(0)));
  assert.deepEqual([truth.width, truth.height], [W, H]);
  assert.ok(Buffer.from(averages(truth.data, WIDTH, HEIGHT, FINER)).equals(lattice.subarray(0, size)));

  const about = JSON.parse(works(['data', '--json', '--data', path]).out);
  assert.deepEqual([about.pictures, about.lattice_width, about.lattice_height, about.channels], [8, WIDTH, HEIGHT, 3]);
  assert.deepEqual(about.classes, PANORAMAS.map((name, k) => ({ name, pictures: k < 2 ? 2 : 1 })));
  assert.deepEqual([about.truth.finer, about.truth.checked], [FINER, 8]);
  assert.ok(about.truth.lattice_error <= 0.5, 'rounding only');
  assert.deepEqual(about.notes, { split: 'test', credits: 'procedural, by coordiff (CC0 1.0)', made_by: 'tools/make_panoramas.mjs' });
});

test('averages are those of whole cells, row by row and channel by channel', () => {
  // Two cells wide, one high, two pixels a cell: channel c of pixel (x, y) is 100 c + 10 y + x.
  const rgba = Uint8Array.from({ length: 4 * 2 * 4 }, (_, at) => 100 * (at % 4) + 10 * (at >> 4) + ((at >> 2) % 4));
  assert.deepEqual([...averages(rgba, 2, 1, 2)], [6, 8, 106, 108, 206, 208]);
});

/** The mean difference of every column from the next, around the cylinder. */
const steps = (rgba) =>
  Array.from({ length: W }, (_, x) => {
    let sum = 0;
    for (let y = 0; y < H; y++)
      for (let c = 0; c < 3; c++) sum += Math.abs(rgba[(y * W + x) * 4 + c] - rgba[(y * W + ((x + 1) % W)) * 4 + c]);
    return sum / (3 * H);
  });

for (const [k, name] of PANORAMAS.entries())
  test(`${name}: a cylinder`, () => {
    const draw = (by) => panoramaPixels(panorama(k, new Random('cylinder'), by));
    const here = draw(0);
    assert.ok(here.equals(draw(WIDTH)), 'moved once around');
    const by = WIDTH / 2 + 3.5, moved = draw(by);
    let different = 0, worst = 0;
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++)
        for (let c = 0; c < 3; c++) {
          const there = y * W + ((x + by * FINER) % W);
          const error = Math.abs(here[(y * W + x) * 4 + c] - moved[there * 4 + c]);
          if (error > 1) different++;
          worst = Math.max(worst, error);
        }
    assert.ok(different < 400 && worst <= 16, `${different} values differ, by up to ${worst}`);
    // What stands where the drawing is cut stands within the other one.
    const [cut, within] = [steps(here)[W - 1], steps(moved)[by * FINER - 1]];
    assert.ok(Math.abs(cut - within) < 0.1, `a step of ${cut} across the seam, of ${within} within`);
    const colours = new Set(Array.from({ length: W * H }, (_, i) => here.readUIntBE(i * 4, 3)));
    assert.ok(colours.size > 500, 'not empty');
  });

test('gouache: a straight edge wavers, on both sides the paint stays what it was but for the wash', () => {
  const [sky, ground] = [[200, 220, 240], [40, 90, 30]];
  const rgba = Buffer.alloc(4 * W * H, 255);
  for (let at = 0; at < W * H; at++) rgba.set(at < (W * H) / 2 ? sky : ground, 4 * at);
  const paint = (seed) => gouache(rgba, W, H, FINER, new Random(seed));
  const painted = paint('a');
  assert.ok(painted.equals(paint('a')), 'the same again');
  assert.ok(!painted.equals(paint('b')), 'another hand');
  const edges = new Set();
  for (let x = 0; x < W; x++) {
    const column = Array.from({ length: H }, (_, y) => painted[4 * (y * W + x)]);
    edges.add(column.findIndex((red) => red < 120));
    for (const [y, colour] of [[0, sky], [H / 2 - 4 * FINER, sky], [H / 2 + 4 * FINER, ground], [H - 1, ground]])
      for (let c = 0; c < 3; c++) {
        const value = painted[4 * (y * W + x) + c];
        assert.ok(Math.abs(value / colour[c] - 1) < 0.06, `${value} for ${colour[c]} at ${x}, ${y}`);
      }
  }
  // Both are alike all around: no step stands out, that of the seam neither.
  const all = steps(painted);
  const usual = all.toSorted((one, other) => one - other)[Math.floor(0.9 * W)];
  assert.ok(all[W - 1] <= usual, `a step of ${all[W - 1]} across the seam, elsewhere up to ${usual}`);
  assert.ok(edges.size > FINER, `the edge is in ${edges.size} places`);
});

test('make_panoramas refuses what it cannot do', (t) => {
  const out = join(temporary(t), 'x.safetensors');
  for (const [pattern, ...args] of [
    [/--out is missing/, '--n', '3'],
    [/--n is '0', but must be a whole number from 1 to 1000000/, '--out', out, '--n', '0'],
    [/Unknown option '--without'/, '--out', out, '--without', out],
  ]) {
    const { status, stdout, stderr } = makePanoramas(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.match(stderr, /^make_panoramas: [^\n]+\nusage: make_panoramas\.mjs --out FILE \[--split NAME\] \[--n PICTURES\]\n$/);
    assert.ok(!existsSync(out));
  }
});
