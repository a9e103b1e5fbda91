// A world that goes on in one direction, by pool.js on threads of Node: its patches are as high as its frame.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadEngine } from '../../web/engine/engine.js';
import { blockOf, createPatches, gridOf, workOf } from '../../web/engine/patches.js';
import { makeEndlessModel, nativePicture, wasmBytes } from './models.js';
import { startPool } from './node_pool.js';
import { cut, isOrdinary, reference } from './patched.js';

const path = makeEndlessModel('y');
const bytes = readFileSync(path);
const OPTIONS = { seed: 11n, label: 1, steps: 3, guidance: 2 };
const STRIP = { x: -21, y: 0, width: 60, height: 16 };
const SIDE = 16;

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
async function start(options) {
  const pool = await startPool(options);
  await pool.loadModel(bytes);
  return pool;
}

/** @param {Promise<any>} promise */
const refusal = (promise) => promise.then(() => assert.fail('it was not refused'), (error) => error);

const engine = await loadEngine({ wasmBytes: wasmBytes() });
const band = engine.loadModel(bytes);
const all = reference(band, STRIP, OPTIONS);

test('patches are as high as the frame, and have neighbours to the left and right alone', () => {
  const grid = gridOf(band.info);
  assert.deepEqual(grid, { width: 16, height: 16, across: 1, down: 0 });
  assert.deepEqual([band.info.coordinates, band.info.world_width, band.info.world_height], ['y', 4096, 256]);
  assert.deepEqual(blockOf(STRIP, grid, 2), { left: -4, top: 0, right: 5, bottom: 1 });
  assert.equal(workOf(STRIP, grid, 3), 5 + 7 + 9);
  assert.equal(createPatches(band.info).missing(STRIP, 3).length, 5 + 7 + 9);
  const patcher = band.createPatcher();
  patcher.start(OPTIONS);
  const beyond = { i: 3, j: 1, stage: 0, around: null, previous: null };
  assert.throws(() => patcher.advance(beyond), { code: 2, message: /patch \(3, 1\) lies beyond the frame/ });
  patcher.free();
});

test('a guess keeps the colours of every row', () => {
  const patches = createPatches(band.info), { channels } = band.info;
  const layers = Float32Array.from({ length: channels * 256 }, (_, at) => Math.floor(at / 16) % 16);
  patches.put({ stage: 1, i: 2, j: 0, state: layers, clean: layers });
  assert.deepEqual(patches.lattice({ x: 16, y: 0, width: 16, height: 16 }, 1), layers);
});

test('far from the ends of a long world, they are the ordinary process', () => {
  const world = { ...STRIP, x: STRIP.x - 48, width: STRIP.width + 96 };
  isOrdinary(band, OPTIONS, world, STRIP, all[2]);
});

test('by a pool: away and back, ahead, parts of the height; what lies beyond is refused', async () => {
  const pool = await start({ size: 2 });
  const part = { x: -3, y: 5, width: 20, height: 7 };
  await pool.generate({ ...OPTIONS, world: STRIP });
  assert.deepEqual(pool.lattice(), all[2]);
  await pool.generate({ ...OPTIONS, world: { ...STRIP, x: 900000 } });
  assert.notDeepEqual(pool.lattice(), all[2]);
  await pool.generate({ ...OPTIONS, world: part });
  assert.deepEqual(pool.lattice(), cut(all[2], STRIP, part));
  await pool.generate({ ...OPTIONS, world: STRIP });
  await pool.prefetch();
  let frames = 0;
  const onFrame = () => { frames++; };
  for (const by of [-SIDE, SIDE]) await pool.generate({ ...OPTIONS, world: { ...STRIP, x: STRIP.x + by } }, { onFrame });
  assert.equal(frames, 0, 'it was made ahead');
  for (const world of [{ ...STRIP, y: -1 }, { ...STRIP, y: 1 }]) {
    const error = await refusal(pool.generate({ ...OPTIONS, world }));
    assert.match(error.message, /must lie within the frame, which goes from 0 to 16 down/);
  }
  const error = await refusal(pool.generate({ ...OPTIONS, world: { ...STRIP, width: 4097 } }));
  assert.match(error.message, /sides must be from 1 to 4096 across and from 1 to 256 down/);
});

test('the native program has the same picture', async () => {
  const pool = await start();
  await pool.generate({ ...OPTIONS, world: STRIP });
  const rgba = await pool.render(120, 32, { window: { x: STRIP.x, y: 0, pitch: 0.5 } });
  const { pixels } = nativePicture(path, '--seed', '11', '--class', '1', '--steps', '3', '--guidance', '2',
    '--size', '120x32', '--window', `${STRIP.x},0,60`);
  for (const [i, level] of pixels.entries()) {
    const x = Math.floor(i / 3) % 120;
    if (x > 8 && x < 112) // what lies at the ends of a lattice is drawn from one side alone
      assert.ok(Math.abs(level - rgba[4 * Math.floor(i / 3) + (i % 3)]) <= 1);
  }
});
