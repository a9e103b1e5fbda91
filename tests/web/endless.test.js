// Worlds without end by pool.js, on threads of Node: one world, wherever, whenever and by whomever it is looked at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadEngine } from '../../web/engine/engine.js';
import { blockOf, createPatches, gridOf, workOf } from '../../web/engine/patches.js';
import { makeEndlessModel, nativePicture, wasmBytes } from './models.js';
import { startPool } from './node_pool.js';
import { createNodeWorker } from './node_worker.js';
import { cut, isOrdinary, reference as referenceOf } from './patched.js';

/** @typedef {import('../../web/engine/engine.js').World} World */

const path = makeEndlessModel();
const bytes = readFileSync(path);
const OPTIONS = { seed: 11n, label: 1, steps: 3, guidance: 2 };
const HOME = { x: -8, y: 0, width: 40, height: 24 };
const AWAY = { x: 400, y: -300, width: 40, height: 24 };

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
async function start(options) {
  const pool = await startPool(options);
  await pool.loadModel(bytes);
  return pool;
}

const engine = await loadEngine({ wasmBytes: wasmBytes() });
const model = engine.loadModel(bytes);
const { channels } = model.info, side = 16;

/** @param {Promise<any>} promise */
const refusal = (promise) => promise.then(() => assert.fail('it was not refused'), (error) => error);

/** @param {World} world @param {import('../../web/engine/engine.js').GenerateOptions} options */
const reference = (world, options) => referenceOf(model, world, options);

const expected = reference(HOME, OPTIONS);

describe('patches', () => {
  test('blocks and their work', () => {
    const grid = gridOf(model.info);
    assert.deepEqual(grid, { width: 16, height: 16, across: 1, down: 1 });
    assert.deepEqual(blockOf(HOME, grid), { left: -1, top: 0, right: 2, bottom: 2 });
    assert.deepEqual(blockOf(HOME, grid, 2), { left: -3, top: -2, right: 4, bottom: 4 });
    assert.equal(workOf(HOME, grid, 3), 3 * 2 + 5 * 4 + 7 * 6);
    assert.equal(createPatches(model.info).missing(HOME, 3).length, 3 * 2 + 5 * 4 + 7 * 6);
  });

  test('far from the borders of a large world, they are the ordinary process', () => {
    const halo = 3 * side, { x, y, width, height } = HOME;
    const world = { x: x - halo, y: y - halo, width: width + 2 * halo, height: height + 2 * halo };
    isOrdinary(model, OPTIONS, world, HOME, expected[2]);
  });

  test('two windows agree where they overlap', () => {
    const other = { x: 5, y: 9, width: 70, height: 33 }, both = { x: 5, y: 9, width: 27, height: 15 };
    assert.deepEqual(cut(reference(other, OPTIONS)[2], other, both), cut(expected[2], HOME, both));
  });

  test('what is not known is guessed from its neighbour, mirrored and smeared; far from everything it is the mean', () => {
    const patches = createPatches(model.info), { channels } = model.info;
    const slope = Float32Array.from({ length: channels * 256 }, (_, at) => (at % 16) + 1);
    patches.put({ stage: 1, i: 0, j: 0, state: slope, clean: slope });
    const row = patches.lattice({ x: 0, y: 0, width: 48, height: 16 }, 3).subarray(0, 48);
    assert.deepEqual(row.subarray(0, 16), slope.subarray(0, 16));
    const [next, after] = [row.subarray(16, 32), row.subarray(32)];
    assert.ok(next.every((value, x) => x === 0 || value < next[x - 1]), 'down again');
    assert.ok(after.every((value, x) => x === 0 || value > after[x - 1]), 'and up');
    assert.ok(16 - next[0] < 2 && after[0] - next[15] < 1, `${next}`);
    assert.ok(patches.lattice({ x: 200, y: 0, width: 16, height: 16 }, 3).every((value) => value === 0));
  });

  test('heun, frames and wrong tasks are refused', () => {
    const patcher = model.createPatcher();
    assert.throws(() => patcher.start({ sampler: 'heun' }), { code: 2, message: /take another sampler/ });
    assert.throws(() => patcher.start({ source: new Float32Array(9) }), { code: 2, message: /cannot start from a picture/ });
    assert.throws(() => patcher.start({ mix: 2 }), { code: 2, message: /mix is '2'/ });
    assert.throws(() => patcher.start({ label: 2 }), { code: 2, message: /classes go from 0 to 1/ });
    patcher.start(OPTIONS);
    const task = { i: 0, j: 0, stage: 1, around: new Float32Array(5), previous: null };
    assert.throws(() => patcher.advance(task), { code: 2, message: /patch 0, 0 at stage 1 needs its/ });
  });
});

for (const framed of [false, true])
  test(`a tile is what the frame looks like, repeated for ever${framed ? ' along one axis' : ''}`, async () => {
    const own = framed ? readFileSync(makeEndlessModel('y')) : bytes;
    const of = engine.loadModel(own), pool = await startPool({});
    await pool.loadModel(own);
    const { channels, lattice_width: w, lattice_height: h } = of.info;
    const noise = of.createProcess();
    for (noise.start(OPTIONS); !noise.done;) noise.step();
    const { clean } = noise, down = framed ? 1 : 3; // beyond a frame there is nothing
    const many = Float32Array.from({ length: channels * 3 * w * down * h }, (_, at) =>
      clean[(Math.floor(at / (3 * w * down * h)) * h + (Math.floor(at / (3 * w)) % (down * h)) % h) * w + (at % (3 * w)) % w]);
    const picture = of.createPicture({ x: -w, y: down === 3 ? -h : 0, width: 3 * w, height: down * h });
    picture.load(many);
    const { rgba, width, height } = await pool.tile(4 * w, OPTIONS);
    assert.deepEqual([width, height], [4 * w, 4 * h]);
    assert.deepEqual(rgba, picture.render(width, height, 0, height, { x: 0, y: 0, pitch: 0.25 }));
    await pool.generate({ ...OPTIONS, world: { ...HOME, height: h } });
    assert.equal(pool.evaluation, 3, 'the next run is not disturbed');
  });

describe('a pool in a world without end', () => {
  for (const size of [1, 2, 3]) {
    test(`${size} workers; away and back; every step; nothing twice`, async () => {
      const pool = await start({ size });
      /** @type {string[]} */
      const steps = [];
      /** @param {World} world */
      const go = (world) => pool.generate({ ...OPTIONS, world }, {
        onFrame: async ({ evaluation, total, ms, share }) => {
          steps.push(`${evaluation} of ${total}`);
          assert.ok(ms > 0 && share > 0 && share <= 1);
          await pool.render(30, 20);
        },
      });
      assert.deepEqual([pool.world, pool.evaluation, pool.total], [null, 0, 0]);
      await go(HOME);
      assert.deepEqual([pool.world, pool.evaluation, pool.total], [HOME, 3, 3]);
      assert.deepEqual(steps.splice(0), ['1 of 3', '2 of 3', '3 of 3']);
      for (const at of [1, 2, 3]) assert.deepEqual(pool.lattice(at), expected[at - 1]);
      const window = { x: -3.3, y: 2, pitch: 0.11 };
      const pictures = [];
      for (const at of [3, 1]) pictures.push(await pool.render(120, 90, { at, window }));
      await go(AWAY);
      assert.notDeepEqual(pool.lattice(), expected[2]);
      assert.deepEqual(steps.splice(0), ['1 of 3', '2 of 3', '3 of 3']);
      await go(HOME);
      assert.deepEqual(steps, [], 'all of it was known');
      for (const at of [3, 1]) assert.deepEqual(await pool.render(120, 90, { at, window }), pictures[at === 3 ? 0 : 1]);
      await pool.generate({ ...OPTIONS, seed: 12n, world: HOME });
      assert.notDeepEqual(pool.lattice(), expected[2]);
      await go(HOME);
      assert.deepEqual(pool.lattice(), expected[2], 'and anew after another seed');
      pool.terminate();
    });
  }

  test('the native program has the same picture', async (t) => {
    const pool = await start();
    await pool.generate({ ...OPTIONS, world: HOME });
    const rgba = await pool.render(HOME.width, HOME.height, { window: { x: HOME.x, y: HOME.y, pitch: 1 } });
    const { pixels } = nativePicture(path, '--seed', '11', '--class', '1', '--steps', '3', '--guidance', '2', '--extend',
      '--size', `${HOME.width}x${HOME.height}`, '--window', `${HOME.x},${HOME.y},${HOME.width}`);
    const most = pixels.reduce((/** @type {number} */ top, /** @type {number} */ level, /** @type {number} */ i) =>
      Math.max(top, Math.abs(level - rgba[4 * Math.floor(i / 3) + (i % 3)])), 0);
    t.diagnostic(`at most ${most} of 255 apart`);
    assert.ok(most <= 1);
  });

  test('a window that moved shows what is known, and a guess elsewhere', async () => {
    const pool = await start();
    await pool.generate({ ...OPTIONS, world: HOME });
    const moved = { ...HOME, x: 16, width: 60 }, both = { ...HOME, x: 16, width: 16 };
    const run = pool.generate({ ...OPTIONS, world: moved });
    pool.pause();
    await pool.render(10, 10);
    assert.deepEqual([pool.evaluation, pool.world], [3, moved]);
    assert.deepEqual(cut(pool.lattice(), moved, both), cut(expected[2], HOME, both));
    const last = { ...HOME, x: 64, width: 12 };
    const guess = cut(pool.lattice(), moved, last);
    assert.ok(new Set(guess).size > guess.length / 2, 'it is not flat');
    pool.resume();
    await run;
    assert.deepEqual(pool.lattice(), reference(moved, OPTIONS)[2]);
  });

  test('a sketch in the middle of a run: of another seed, and neither knows of the other', async () => {
    const pool = await start({ size: 2 }), quiet = new AbortController().signal;
    const other = { ...OPTIONS, seed: 12n, world: AWAY }, how = { window: { x: AWAY.x, y: AWAY.y, pitch: 1 } };
    /** @type {Uint8ClampedArray[]} */
    const drawn = [];
    const sketched = (/** @type {number} */ ms) => pool.sketch(other, ms, quiet, async ({ share, render }) => {
      assert.equal(share, ms > 0 ? 1 : 2 / 3);
      drawn.push(await render(40, 24, how));
    });
    await pool.generate({ ...OPTIONS, world: HOME }, { onFrame: ({ evaluation }) => sketched(evaluation === 1 ? Number.POSITIVE_INFINITY : 0) });
    for (const at of [1, 2, 3]) assert.deepEqual(pool.lattice(at), expected[at - 1]);
    await pool.generate(other);
    assert.deepEqual(await pool.render(40, 24, how), drawn[0]);
    // In haste: on a torus, so nearly, and away from its edges.
    const second = await pool.render(40, 24, { ...how, at: 2 });
    await pool.generate({ ...other, seed: 13n });
    const another = await pool.render(40, 24, { ...how, at: 2 });
    const apart = (/** @type {Uint8ClampedArray} */ picture) => picture.reduce((sum, v, i) => sum + Math.abs(v - drawn[1][i]), 0);
    assert.ok(apart(second) < 0.5 * apart(another), `${apart(second)} and ${apart(another)}`);
    pool.terminate();
  });

  test('cancelled at once, and what was made is not made again', async (t) => {
    const pool = await start(), world = { x: 0, y: 0, width: 200, height: 200 };
    let frames = 0;
    const run = pool.generate({ ...OPTIONS, steps: 5, world }, { onFrame: () => { frames++; } });
    while (frames < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    pool.cancel();
    const begun = performance.now();
    assert.equal((await refusal(run)).name, 'AbortError');
    await pool.render(20, 20); // waits until the workers are free
    const ms = performance.now() - begun;
    t.diagnostic(`the workers were free after ${ms.toFixed(0)} ms`);
    assert.ok(ms < 500, `${ms} ms`);
    assert.ok(pool.evaluation >= 2 && pool.evaluation < 5);
    await pool.generate({ ...OPTIONS, world: HOME });
    assert.deepEqual(pool.lattice(), expected[2], 'the next run is not disturbed');
  });

  test('what lies around is made while nobody waits, and makes way for a run', async () => {
    const pool = await start();
    await pool.prefetch(); // of nothing
    await pool.generate({ ...OPTIONS, world: HOME });
    const picture = await pool.render(40, 30);
    await pool.prefetch();
    assert.deepEqual(await pool.render(40, 30), picture);
    let frames = 0;
    for (const by of [-side, side]) {
      const world = { ...HOME, x: HOME.x + by, y: HOME.y - by };
      await pool.generate({ ...OPTIONS, world }, { onFrame: () => { frames++; } });
      assert.equal(frames, 0);
      assert.deepEqual(pool.lattice(), reference(world, OPTIONS)[2]);
    }
    const ahead = pool.prefetch();
    await pool.generate({ ...OPTIONS, seed: 3, world: HOME });
    await ahead;
    assert.deepEqual(pool.lattice(), reference(HOME, { ...OPTIONS, seed: 3 })[2]);
  });

  test('workers that die lose nothing', async () => {
    /** @type {string[]} */
    const notices = [];
    /** @type {ReturnType<typeof createNodeWorker>[]} */
    const workers = [];
    const createWorker = () => {
      workers.push(createNodeWorker());
      return workers[workers.length - 1];
    };
    const pool = await start({ size: 3, createWorker, onNotice: (text) => notices.push(text) });
    const run = pool.generate({ ...OPTIONS, world: HOME }, {
      onFrame: async ({ evaluation }) => {
        if (evaluation === 1) await workers[1].thread.terminate();
        if (evaluation === 2) void workers[3].thread.terminate();
      },
    });
    void workers[0].thread.terminate();
    await run;
    assert.deepEqual(pool.lattice(), expected[2]);
    assert.ok(notices.length >= 2 && notices.every((text) => /A worker failed .* was restarted/.test(text)), notices.join());
    assert.equal(pool.size, 3);
  });

  test('what is forgotten comes back to the bit; what cannot be kept is refused', async () => {
    const room = workOf(HOME, gridOf(model.info), 3) + 5;
    const pool = await start({ memory: room * 2 * channels * side * side * 4 });
    let frames = 0;
    const onFrame = () => { frames++; };
    for (const world of [HOME, AWAY, HOME, { ...HOME, x: 8 }, HOME]) {
      const begun = frames;
      await pool.generate({ ...OPTIONS, world }, { onFrame });
      assert.ok(frames > begun, 'there was no room for both');
    }
    for (const at of [1, 2, 3]) assert.deepEqual(pool.lattice(at), expected[at - 1]);
    const picture = await pool.render(50, 30);
    const refused = await refusal(pool.generate({ ...OPTIONS, world: { ...HOME, width: 60 } }));
    assert.equal(refused.code, 2);
    assert.match(refused.message, /3 evaluations of 80 x 32 cells .* choose fewer steps, more pixels a cell/);
    assert.deepEqual([pool.world, await pool.render(50, 30)], [HOME, picture], 'a refused world changes nothing');
  });

  test('other refusals', async () => {
    const pool = await start();
    const refused = async (/** @type {any} */ options, /** @type {RegExp} */ words) => {
      const error = await refusal(pool.generate({ ...OPTIONS, world: HOME, ...options }));
      assert.equal(error.code, 2);
      assert.match(error.message, words);
    };
    await pool.generate({ ...OPTIONS, world: HOME });
    await refused({ sampler: 'heun' }, /take another sampler/);
    await refused({ label: 7 }, /classes go from 0 to 1/);
    await refused({ world: { ...HOME, width: 257 } }, /257 x 24 cells cannot be made: its sides must be from 1 to 256 across and from 1 to 256 down/);
    await refused({ world: { ...HOME, x: 999990 } }, /must lie within 1000000 cells/);
    assert.match((await refusal(pool.render(9, 9, { view: 'state' }))).message, /view clean only/);
    assert.match((await refusal(pool.render(9, 9, { at: 4 }))).message, /nothing to draw after 4 of 3/);
    assert.throws(() => pool.lattice(4), { code: 2 });
    assert.deepEqual(pool.lattice(), expected[2]);
    await pool.generate({ ...OPTIONS, world: { x: 999900, y: -999990, width: 20, height: 20 } });
    assert.ok(pool.lattice().every(Number.isFinite));
  });
});
