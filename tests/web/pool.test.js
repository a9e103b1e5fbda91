// pool.js with workers on threads of Node: the same bytes from any number of them, whatever happens to them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../../web/engine/engine.js';
import { createDrawn } from './drawn.js';
import { deal } from '../../web/engine/share.js';
import { modelBytes, wasmBytes, withoutModel } from './models.js';
import { startPool as start } from './node_pool.js';
import { createNodeWorker } from './node_worker.js';

const skip = withoutModel('fashion');
/** @type {import('../../web/engine/engine.js').GenerateOptions} */
const OPTIONS = { seed: 11n, label: 5, steps: 8, guidance: 2 };

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
async function startLoaded(options) {
  const pool = await start(options);
  await pool.loadModel(modelBytes('fashion'));
  return pool;
}

/** What one engine makes of it, without workers. */
async function reference(options = OPTIONS, width = 150, height = 210) {
  const engine = await loadEngine({ wasmBytes: wasmBytes() });
  const g = createDrawn(engine.loadModel(modelBytes('fashion')));
  const lattices = [], states = [];
  for (g.start(options); !g.done;) {
    g.step();
    lattices.push(g.clean);
    states.push(g.render(64, 64, 0, 64, { view: 'state' }));
  }
  return { lattices, states, picture: g.render(width, height) };
}

/** @param {Promise<any>} promise */
const refusal = (promise) => promise.then(() => assert.fail('it was not refused'), (error) => error);

for (const size of [1, 2, 3, 5]) {
  test(`${size} workers make the same bytes as one engine`, { skip }, async () => {
    const pool = await startLoaded({ size }), expected = await reference();
    assert.equal(pool.size, size);
    /** @type {number[]} */
    const frames = [];
    const done = await pool.generate(OPTIONS, {
      onFrame: async ({ evaluation, total, ms }) => {
        assert.equal(total, 8);
        assert.ok(ms > 0);
        frames.push(evaluation);
        await pool.render(64, 48);
      },
    });
    assert.deepEqual(frames, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual([done.evaluation, done.total, pool.running], [8, 8, false]);
    for (let at = 1; at <= 8; at++) assert.deepEqual(pool.lattice(at), expected.lattices[at - 1]);
    assert.deepEqual(await pool.render(150, 210), expected.picture);
    for (const at of [3, 8, 1])
      assert.deepEqual(await pool.render(64, 64, { view: 'state', at }), expected.states[at - 1]);
  });
}

for (const name of ['fashion', 'faces']) {
  test(`${name}: worlds and windows are the same from any number of workers`, { skip: withoutModel(name) }, async () => {
    const engine = await loadEngine({ wasmBytes: wasmBytes() });
    const model = engine.loadModel(modelBytes(name)), n = model.info.lattice_width;
    const world = { x: -5, y: -3, width: n + 9, height: n + 4 }, options = { seed: 8n, label: 1, steps: 3 };
    const window = { x: 3.3, y: -1.7, pitch: 0.07 }, frames = [], states = [], g = createDrawn(model, world);
    for (g.start(options); !g.done;) {
      g.step();
      frames.push(g.render(211, 97, 0, 97, { window }));
      states.push(g.render(70, 80, 0, 80, { view: 'state', window: { x: -9, y: 0, pitch: 0.9 } }));
    }
    for (const size of [1, 2, 3]) {
      const pool = await start({ size });
      await pool.loadModel(modelBytes(name));
      await pool.generate({ seed: 1, steps: 1 });
      const plain = await pool.render(64, 64);
      await pool.generate({ ...options, world });
      assert.deepEqual(pool.world, world);
      for (const at of [3, 1, 2, 3]) {
        assert.deepEqual(await pool.render(211, 97, { at, window }), frames[at - 1]);
        const state = { at, view: 'state', window: { x: -9, y: 0, pitch: 0.9 } };
        assert.deepEqual(await pool.render(70, 80, state), states[at - 1]);
      }
      const tooLarge = { x: 0, y: 0, width: 257, height: 9 };
      assert.match((await refusal(pool.generate({ ...options, world: tooLarge }))).message, /from 1 to 256 cells/);
      assert.deepEqual(await pool.render(211, 97, { window }), frames[2], 'a refused world changes nothing');
      await pool.generate({ seed: 1, steps: 1 });
      assert.deepEqual(pool.world, { x: 0, y: 0, width: n, height: n });
      assert.deepEqual(await pool.render(64, 64), plain, 'the frame again');
      pool.terminate();
    }
  });
}

test('a sketch is a picture of its own, and the run that it came into stays what it is', { skip }, async () => {
  const pool = await startLoaded({ size: 2 }), expected = await reference();
  const other = { ...OPTIONS, seed: 4n, steps: 3 }, quiet = new AbortController().signal;
  const aside = await reference(other, 40, 30);
  /** @type {number[]} */
  const shares = [];
  /** @type {Uint8ClampedArray[]} */
  const drawn = [];
  const sketched = (/** @type {number} */ ms) => pool.sketch(other, ms, quiet, async ({ share, render }) => {
    shares.push(share);
    drawn.push(await render(40, 30));
  });
  await sketched(Number.POSITIVE_INFINITY); // before there is any picture
  assert.equal(pool.evaluation, 0);
  await pool.generate(OPTIONS, { onFrame: async ({ evaluation }) => { if (evaluation === 3) await sketched(0); } });
  assert.deepEqual(shares, [1, 2 / 3]);
  assert.deepEqual(drawn[0], aside.picture);
  assert.notDeepEqual(drawn[1], aside.picture);
  for (let at = 1; at <= 8; at++) assert.deepEqual(pool.lattice(at), expected.lattices[at - 1]);
  assert.deepEqual(await pool.render(150, 210), expected.picture);
  assert.equal((await refusal(pool.sketch({ ...other, label: 99 }, 0, quiet, () => assert.fail('it was shown')))).code, 2);
  assert.equal((await refusal(pool.sketch(other, 0, AbortSignal.abort(), () => assert.fail('it was shown')))).name, 'AbortError');
  assert.deepEqual(await pool.render(64, 64, { view: 'state', at: 3 }), expected.states[2]);
});

test('rows are dealt completely and once', () => {
  for (const [total, n, piece] of [[1, 3, 5], [48, 2, 7], [97, 5, 1], [10, 1, 10]]) {
    const take = deal(total, n, piece), taken = new Uint8Array(total);
    // The last worker is the fastest here, and takes what the others leave.
    for (const worker of [...Array(n).keys(), ...Array(total).fill(n - 1)]) {
      const rows = take(worker);
      if (rows) taken.subarray(rows.y0, rows.y1).forEach((count, i) => { taken[rows.y0 + i] = count + 1; });
    }
    assert.ok(taken.every((count) => count === 1), `${total} rows, ${n} workers: ${taken}`);
    assert.equal(take(0), null);
  }
});

test('cancel takes effect at once; what was reached stays', { skip }, async (t) => {
  const pool = await startLoaded(), expected = await reference();
  /** @type {number[]} */
  const seen = [];
  const onFrame = (/** @type {{evaluation: number}} */ { evaluation }) => seen.push(evaluation);
  const run = pool.generate({ ...OPTIONS, steps: 1000 }, { onFrame });
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  const begun = performance.now();
  pool.cancel();
  assert.equal(pool.running, false);
  const error = await refusal(run);
  assert.deepEqual([error.name, error.code], ['AbortError', 'aborted']);
  t.diagnostic(`cancelled after ${(performance.now() - begun).toFixed(1)} ms`);
  await pool.render(20, 20);
  const reached = pool.evaluation;
  assert.ok(reached >= 3 && reached <= seen.length + 1, `${reached} evaluations, ${seen.length} seen`);
  await pool.generate(OPTIONS);
  assert.deepEqual(pool.lattice(), expected.lattices[7], 'the next run is not disturbed');
});

test('a new run takes the place of the old one', { skip }, async () => {
  const pool = await startLoaded(), expected = await reference();
  const runs = [1, 2, 3].map((seed) => pool.generate({ seed, steps: 50 }));
  const last = pool.generate(OPTIONS);
  for (const run of runs) assert.equal((await refusal(run)).code, 'aborted');
  await last;
  assert.deepEqual(pool.lattice(), expected.lattices[7]);
});

test('pause, step, resume', { skip }, async () => {
  const pool = await startLoaded();
  /** @type {number[]} */
  const seen = [];
  const settle = () => new Promise((resolve) => setTimeout(resolve, 200));
  const reach = async (/** @type {number} */ n) => {
    while (seen.length < n) await new Promise((resolve) => setTimeout(resolve, 5));
    await settle(); // time in which nothing more may come
    assert.equal(seen.length, n);
  };
  const run = pool.generate(OPTIONS, { onFrame: ({ evaluation }) => void seen.push(evaluation) });
  pool.pause();
  await reach(0);
  assert.deepEqual([pool.paused, pool.running], [true, true]);
  pool.step();
  await reach(1);
  pool.step();
  await reach(2);
  pool.resume();
  await run;
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
  const second = pool.generate(OPTIONS);
  pool.pause();
  pool.cancel();
  assert.equal((await refusal(second)).code, 'aborted');
});

test('a worker that dies is replaced, and the picture is the same', { skip }, async () => {
  /** @type {string[]} */
  const notices = [];
  /** @type {ReturnType<typeof createNodeWorker>[]} */
  const workers = [];
  const createWorker = () => {
    workers.push(createNodeWorker());
    return workers[workers.length - 1];
  };
  const pool = await startLoaded({ size: 3, createWorker, onNotice: (text) => notices.push(text) });
  const expected = await reference({ ...OPTIONS, sampler: 'heun' });
  await pool.generate({ ...OPTIONS, sampler: 'heun' }, {
    onFrame: async ({ evaluation }) => {
      if (evaluation === 4) await workers[1].thread.terminate();
      if (evaluation === 9) void workers[3].thread.terminate();
    },
  });
  assert.deepEqual(pool.lattice(), expected.lattices[14]);
  assert.equal(workers.length, 5);
  assert.deepEqual(notices, Array(2).fill('A worker failed (it ended) and was restarted.'));
  await workers[0].thread.terminate();
  assert.deepEqual(await pool.render(150, 210), expected.picture);
  assert.equal(pool.size, 3);
});

test('a worker that gives no answer is replaced; one that cannot be is done without', { skip }, async () => {
  /** @type {string[]} */
  const notices = [];
  let hired = 0, deaf = false;
  const createWorker = () => {
    if (++hired > 2) throw new Error('no more of them');
    const worker = createNodeWorker(), first = hired === 1;
    const post = worker.postMessage;
    worker.postMessage = (data) => {
      if (!(first && deaf)) post(data);
    };
    return worker;
  };
  const pool = await startLoaded({ timeout: 5000, createWorker, onNotice: (text) => notices.push(text) });
  const expected = await reference();
  await pool.generate(OPTIONS, { onFrame: ({ evaluation }) => { deaf = evaluation >= 2; } });
  assert.deepEqual(pool.lattice(), expected.lattices[7]);
  assert.equal(pool.size, 1);
  assert.deepEqual(notices,
    ['A worker failed (gave no answer for 5 seconds) and could not be restarted; 1 go on.']);
});

test('fewer workers than asked for, or none', { skip }, async () => {
  /** @type {string[]} */
  const notices = [];
  let hired = 0;
  const scarce = () => {
    if (++hired > 1) throw new Error('blocked');
    return createNodeWorker();
  };
  const pool = await startLoaded({ size: 4, createWorker: scarce, onNotice: (text) => notices.push(text) });
  await pool.generate({ steps: 1 });
  assert.deepEqual(notices, ['Only 1 of 4 workers could be started; they do all the work.']);
  const none = await refusal(start({ createWorker: scarce }));
  assert.equal(none.code, 'worker');
  assert.equal(none.message, 'no worker could be started (blocked); reload the page');
  const broken = await refusal(start({ wasmBytes: new Uint8Array(100) }));
  assert.equal(broken.code, 'load');
  assert.match(broken.message, /the engine could not be loaded .*; check the connection and reload the page/);
});

test('what is refused changes nothing', { skip }, async () => {
  const pool = await start();
  assert.match((await refusal(pool.generate({}))).message, /no model is loaded yet/);
  assert.equal((await refusal(pool.loadModel(new Uint8Array(100)))).code, 3);
  assert.equal(pool.info, null);
  await pool.loadModel(modelBytes('fashion'));
  assert.match((await refusal(pool.render(5, 5))).message, /nothing to draw/);
  await pool.generate(OPTIONS);
  const picture = await pool.render(40, 30), lattice = pool.lattice();
  const truncated = await refusal(pool.loadModel(modelBytes('fashion').subarray(0, 9000)));
  assert.deepEqual([truncated.code, pool.evaluation], [3, 8]);
  for (const options of [{ label: 10 }, { sampler: 'x' }, { steps: 0.5, seed: 0.5 }, { guidance: 21 }])
    assert.equal((await refusal(pool.generate(options))).code, 2);
  for (const [w, h] of [[0, 1], [1, 0], [NaN, NaN], [4096, 4096], [20000, 1]])
    assert.equal((await refusal(pool.render(w, h))).code, 2);
  assert.equal((await refusal(pool.render(9, 9, { at: 9 }))).code, 2);
  assert.equal((await refusal(pool.render(9, 9, { view: 'blur6' }))).code, 2);
  assert.equal((await refusal(pool.render(9, 9, { signal: AbortSignal.abort() }))).name, 'AbortError');
  assert.deepEqual(await pool.render(40, 30), picture);
  assert.deepEqual(await pool.render(40, 30, { lattice }), picture);
  assert.deepEqual([pool.size, pool.kernels], [2, 'wasm_simd']);
});

test('PNG and its parameters; benchmark; the end', { skip }, async () => {
  const pool = await startLoaded();
  await pool.generate({ steps: 2 });
  const png = await pool.png(await pool.render(33, 44), 33, 44, 'seed 0');
  assert.equal(await pool.pngParameters(png), 'seed 0');
  assert.ok(await pool.bench(20) > 0);
  const run = pool.generate({ steps: 500 });
  pool.terminate();
  assert.equal((await refusal(run)).code, 'aborted');
  assert.equal((await refusal(pool.render(5, 5))).code, 'terminated');
});
