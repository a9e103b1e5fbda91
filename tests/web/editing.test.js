// Starting from a picture, masks, strength, the noise of two seeds: engine.js against the native program, and the pool.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { average, latticeOf } from '../../web/page/edit/average.js';
import { loadEngine } from '../../web/engine/engine.js';
import { createDrawn } from './drawn.js';
import { writePng } from '../cli/png.js';
import { binaries, modelBytes, modelPath, nativePicture, scratchFile, wasmBytes, withoutModel } from './models.js';
import { startPool } from './node_pool.js';
import { createNodeWorker } from './node_worker.js';

const skip = withoutModel('fashion');
const N = 28;
/** @typedef {import('../../web/engine/engine.js').GenerateOptions} Options */

/** A round thing, and a mask whose left 12 columns are new; as files for the native program too. */
const level = (/** @type {number} */ x, /** @type {number} */ y) => Math.max(0, 250 - 16 * Math.hypot(x - 13.5, y - 13.5));
const newness = (/** @type {number} */ x) => (x < 12 ? 255 : 0);
const [sourceFile, maskFile] = ['source.png', 'mask.png'].map(scratchFile);
writeFileSync(sourceFile, writePng(N, N, 1, (/** @type {number} */ x, /** @type {number} */ y) => Math.round(level(x, y))));
writeFileSync(maskFile, writePng(N, N, 1, newness));
const rgba = Uint8Array.from({ length: 4 * N * N }, (_, i) =>
  i % 4 === 3 ? 255 : Math.round(level((i >> 2) % N, Math.floor((i >> 2) / N))));
const fresh = Float32Array.from({ length: N * N }, (_, i) => newness(i % N) / 255);

const engine = await loadEngine({ wasmBytes: wasmBytes() });
const fashion = skip ? null : engine.loadModel(modelBytes('fashion'));
const model = () => /** @type {import('../../web/engine/engine.js').Model} */ (fashion);
const sourceOf = (/** @type {any} */ info) => latticeOf({ rgba, width: N, height: N }, info);

/** @param {import('./drawn.js').Drawn} g @param {Options} options */
function finish(g, options) {
  g.start(options);
  while (!g.done) g.step();
  return g.clean;
}
const made = (/** @type {Options} */ options) => finish(createDrawn(model()), options);
const distance = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length);

for (const { name, file } of binaries)
  test(`${name}: strength, mask and mix make the native picture`, { skip }, async (t) => {
    const loaded = (await loadEngine({ wasmBytes: wasmBytes(file) })).loadModel(modelBytes('fashion'));
    const g = createDrawn(loaded), common = ['--seed', '5', '--class', '8', '--steps', '8', '--size', `${N}x${N}`];
    const source = sourceOf(loaded.info);
    for (const [options, args, cells] of /** @type {[Options, string[], (i: number) => boolean][]} */ ([
      [{ source, strength: 0.5 }, ['--source', sourceFile, '--strength', '0.5'], () => true],
      // The program puts the file's own pixels back outside the mask: compared is what is new altogether.
      [{ source, fresh }, ['--source', sourceFile, '--mask', maskFile], (i) => i % N < 11],
      [{ otherSeed: 2n ** 63n + 9n, mix: 0.3 }, ['--other-seed', '9223372036854775817', '--mix', '0.3'], () => true],
    ])) {
      finish(g, { seed: 5, label: 8, steps: 8, ...options });
      const picture = g.render(N, N), native = nativePicture(modelPath('fashion'), ...common, ...args);
      let most = 0;
      for (let i = 0; i < N * N; i++)
        if (cells(i)) most = Math.max(most, Math.abs(picture[4 * i] - native.pixels[i * native.channels]));
      t.diagnostic(`${args.join(' ')}: at most ${most} of 255 apart`);
      assert.ok(most <= 1, `${args[0]}: ${most} levels apart`);
    }
  });

test('what is not new stays to the bit, by every sampler; what is new is another', { skip }, () => {
  const source = sourceOf(model().info);
  for (const sampler of ['dpm2m', 'heun', 'euler', 'ancestral', 'renoise', 'sde']) {
    const options = { seed: 3, label: 1, steps: 5, sampler, guidance: 2, source, fresh }, clean = made(options);
    assert.ok(clean.every((v, i) => fresh[i] > 0 || v === source[i]), sampler);
    assert.ok(clean.some((v, i) => fresh[i] > 0 && Math.abs(v - source[i]) > 0.1), sampler);
    assert.notDeepEqual(made({ ...options, seed: 4 }), clean);
  }
  const nothing = new Float32Array(N * N), everything = nothing.map(() => 1);
  assert.deepEqual(made({ seed: 3, steps: 3, source, fresh: nothing }), source);
  assert.ok(distance(made({ seed: 3, steps: 3, source, fresh: everything }), made({ seed: 3, steps: 3 })) < 1e-5);
});

test('little strength changes little, all of it everything', { skip }, () => {
  const source = sourceOf(model().info), at = (/** @type {number} */ strength) => made({ seed: 3, label: 8, source, strength });
  const far = [0.02, 0.3, 0.9].map((strength) => distance(at(strength), source));
  assert.ok(far[0] < 0.05 && far[0] < far[1] && far[1] < far[2], `${far}`);
  assert.deepEqual(at(1), made({ seed: 3, label: 8 }));
});

test('mix 0 is one seed, 1 the other, between is neither', { skip }, () => {
  const mixed = (/** @type {number} */ mix) => made({ seed: 3, otherSeed: -1n, mix, steps: 6 });
  assert.deepEqual(mixed(0), made({ seed: 3, steps: 6 }));
  assert.ok(distance(mixed(1), made({ seed: 2n ** 64n - 1n, steps: 6 })) < 1e-3);
  assert.ok(distance(mixed(0.5), mixed(0)) > 0.05 && distance(mixed(0.5), mixed(1)) > 0.05);
});

test('refuses what cannot be, and the run in progress goes on', { skip }, () => {
  const g = createDrawn(model()), source = sourceOf(model().info), options = { seed: 3, steps: 4, source, fresh };
  const expected = made(options);
  g.start(options);
  g.step();
  for (const [bad, message] of /** @type {[any, RegExp][]} */ ([
    [{ source: source.subarray(1) }, /source has 783 numbers, but this world has 1 x 784/],
    [{ source, fresh: fresh.subarray(2) }, /mask has 782 numbers, but this world has 784 cells/],
    [{ source: source.with(5, NaN) }, /source has values that are no numbers/],
    [{ source, fresh: fresh.with(5, 1.01) }, /mask has values below 0 or above 1/],
    [{ source, fresh: fresh.with(5, NaN) }, /mask has values below 0 or above 1/],
    [{ fresh }, /a mask or a strength needs a picture/],
    [{ strength: 0.5 }, /a mask or a strength needs a picture/],
    [{ source, strength: 0 }, /strength is 0, but must be above 0 and at most 1/],
    [{ source, strength: 1.5 }, /strength is 1.5/],
    [{ mix: -0.1 }, /mix is '-0.1'/],
    [{ otherSeed: 0.5 }, /other_seed ends with '.5'/],
  ])) assert.throws(() => g.start(bad), { code: 2, message });
  while (!g.done) g.step();
  assert.deepEqual(g.clean, expected);
});

test('the seed model says that it cannot start from a picture', { skip: withoutModel('seed') }, () => {
  const loaded = engine.loadModel(modelBytes('seed')), { info } = loaded;
  const source = new Float32Array(info.channels * info.lattice_width * info.lattice_height);
  assert.throws(() => loaded.createProcess().start({ source }), { code: 2, message: /fixed chain and cannot start from a picture/ });
});

test('memory that was lent comes back', { skip }, async () => {
  const own = await loadEngine({ wasmBytes: wasmBytes() }), loaded = own.loadModel(modelBytes('fashion')), { info } = loaded;
  const world = { x: 0, y: 0, width: 200, height: 200 }, source = new Float32Array(info.channels * 40000);
  let memory = 0;
  for (let i = 0; i < 60; i++) {
    const g = createDrawn(loaded, world);
    for (let j = 0; j < 3; j++) g.start({ source, fresh: source });
    assert.throws(() => g.start({ source, steps: -1 }));
    g.free();
    if (i === 2) memory = own.memoryBytes;
  }
  assert.equal(own.memoryBytes, memory);
});

test('pictures are averaged as the native program does it', { skip }, (t) => {
  for (const [width, height] of [[28, 28], [61, 40], [33, 90], [9, 5]]) {
    const noise = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i * 2654435761) >>> 24), path = scratchFile('any.png');
    writeFileSync(path, engine.png(noise, width, height, ''));
    const black = scratchFile('black.png'); // a mask that keeps everything: the picture comes out as it was read
    writeFileSync(black, writePng(4, 4, 1, () => 0));
    for (const name of ['fashion', 'faces'].filter(modelPath)) {
      const { info } = engine.loadModel(modelBytes(name)), { channels, lattice_width: w, lattice_height: h } = info;
      const native = nativePicture(modelPath(name), '--steps', '1', '--source', path, '--mask', black, '--size', `${w}x${h}`);
      const levels = average({ rgba: noise, width, height }, channels, w, h);
      const planar = Uint8Array.from(levels, (_, i) => native.pixels[(i % (w * h)) * native.channels + Math.floor(i / (w * h))]);
      assert.deepEqual(levels, planar, `${name}, ${width} x ${height}`);
    }
    t.diagnostic(`${width} x ${height}: the same levels`);
  }
});

// ---- the pool ----

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
async function start(options) {
  const pool = await startPool(options);
  await pool.loadModel(modelBytes('fashion'));
  return pool;
}

test('a worker that dies in an edited run is replaced, and the picture is the same', { skip }, async () => {
  /** @type {ReturnType<typeof createNodeWorker>[]} */
  const workers = [];
  const createWorker = () => {
    workers.push(createNodeWorker());
    return workers[workers.length - 1];
  };
  const pool = await start({ size: 2, createWorker });
  const source = sourceOf(pool.info), options = { seed: 6n, label: 2, steps: 8, source, fresh, otherSeed: 9n, mix: 0.4 };
  const expected = made({ ...options, source: source.slice() });
  const run = pool.generate(options, {
    onFrame: async ({ evaluation }) => {
      if (evaluation === 3) await workers[1].thread.terminate();
    },
  });
  source.fill(9); // the pool has its own
  await run;
  assert.equal(workers.length, 3);
  assert.deepEqual(pool.lattice(), expected);
});

test('keep and reopen: an earlier run is the last one again, every moment of it', { skip }, async () => {
  const pool = await start(), world = { x: -3, y: -2, width: 34, height: 31 };
  assert.equal(pool.keep(), null);
  await pool.generate({ seed: 1, steps: 4, world });
  const [picture, state] = [await pool.render(50, 40), await pool.render(50, 40, { view: 'state', at: 2 })];
  const kept = /** @type {import('../../web/engine/pool.js').Run} */ (pool.keep());
  await pool.generate({ seed: 2, steps: 3 });
  assert.notDeepEqual(await pool.render(50, 40), picture);
  await pool.reopen(kept);
  assert.deepEqual([pool.world, pool.evaluation, pool.total], [world, 4, 4]);
  assert.deepEqual(await pool.render(50, 40), picture);
  assert.deepEqual(await pool.render(50, 40, { view: 'state', at: 2 }), state);
  const run = pool.generate({ seed: 3, steps: 500 });
  await pool.reopen(kept);
  await assert.rejects(run, { code: 'aborted' });
  assert.deepEqual(await pool.render(50, 40), picture);
  await pool.loadModel(modelBytes('fashion'));
  await assert.rejects(pool.reopen(kept), { code: 2, message: /made by another model/ });
});

test('a drawing of the run before, asked for too late, is called off without a complaint', { skip }, async () => {
  const pool = await start();
  await pool.generate({ seed: 1, steps: 6 });
  const run = pool.generate({ seed: 2, steps: 6 });
  await assert.rejects(pool.render(20, 20, { at: 6 }), { name: 'AbortError' });
  await run;
  await assert.rejects(pool.render(20, 20, { at: 7 }), { code: 2, message: /nothing to draw after 7 of 6/ });
});

test('the pool refuses edits with a sentence, and keeps what there was', { skip }, async () => {
  const pool = await start();
  await pool.generate({ seed: 1, steps: 2 });
  const picture = await pool.render(40, 40);
  await assert.rejects(pool.generate({ source: new Float32Array(3) }), { code: 2, message: /source has 3 numbers/ });
  await assert.rejects(pool.generate({ strength: 0.5 }), { code: 2, message: /needs a picture/ });
  assert.deepEqual(await pool.render(40, 40), picture);
});
