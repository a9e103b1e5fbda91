// bench.js: in the page: our network and its two peers on the same rows, in turn, all on this one thread.
import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import { loadEngine } from '/web/engine/engine.js';
import { peakProbes } from './peak.js';

const folder = '/build/bench_web/';
const bytes = async (/** @type {string} */ path) =>
  new Uint8Array(await (await fetch(path)).arrayBuffer());
const floats = async (/** @type {string} */ name) =>
  new Float32Array((await bytes(folder + name)).buffer);

/** @param {string} file @param {any} job */
async function coordiff(file, { start, rows, m }) {
  const engine = await loadEngine({ wasmBytes: await bytes(`/build/web/${file}`) });
  const g = engine.loadModel(await bytes(`${folder}model.safetensors`)).createProcess();
  g.start(start);
  g.prepare();
  return () => g.network(rows, m);
}

/** @param {any} job */
async function onnxruntime({ rows, m, size }) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL('/node_modules/onnxruntime-web/dist/', location.href).href;
  const session = await ort.InferenceSession.create(await bytes(`${folder}model.onnx`), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  return async () => (await session.run({ x: new ort.Tensor('float32', rows, [m, size]) })).y.data;
}

/** @param {any} job */
async function tensorflow({ rows, m, size, layers, weights }) {
  const tf = /** @type {any} */ (globalThis).tf;
  tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  await tf.setBackend('wasm');
  await tf.ready();
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error('tfjs runs without SIMD');
  let at = 0;
  const take = (/** @type {number[]} */ shape) => {
    const n = shape.reduce((a, b) => a * b);
    at += n;
    return tf.tensor(weights.subarray(at - n, at), shape);
  };
  const params = layers.map((/** @type {any} */ l) => ({
    b: take([l.rows, l.cols]),
    bias: take([l.cols]),
  }));
  const run = (/** @type {any} */ a, /** @type {number} */ i) =>
    tf.fused.matMul({ a, ...params[i] });
  const silu = (/** @type {any} */ x) => tf.mul(x, tf.sigmoid(x));
  return () =>
    tf.tidy(() => {
      let h = run(tf.tensor(rows, [m, size]), 0);
      for (let i = 1; i + 1 < params.length; i += 2)
        h = tf.add(h, run(silu(run(silu(h), i)), i + 1));
      return run(silu(h), params.length - 1).dataSync();
    });
}

const median = (/** @type {number[]} */ x) => x.toSorted((a, b) => a - b)[x.length >> 1];

/** Times a second, over at least `ms`. @param {() => unknown} work @param {number} ms */
async function rate(work, ms) {
  let n = 0;
  const begin = performance.now();
  let spent = 0;
  for (; spent < ms; spent = performance.now() - begin, n++) await work();
  return (1000 * n) / spent;
}

/** Operations a second of the best probe. @param {(() => number)[]} probes @param {number} ms */
async function peak(probes, ms) {
  const rates = [];
  for (const probe of probes) rates.push(probe() * (await rate(probe, ms)));
  return Math.max(...rates);
}

/** @param {{rounds: number, ms: number, relaxed: boolean}} options */
async function bench({ rounds, ms, relaxed }) {
  const job = await (await fetch(`${folder}job.json`)).json();
  for (const name of ['rows', 'weights', 'reference']) job[name] = await floats(`${name}.bin`);
  /** @type {Record<string, () => unknown>} */
  const work = { 'coordiff simd': await coordiff('coordiff.wasm', job) };
  if (relaxed) work['coordiff relaxed'] = await coordiff('coordiff-relaxed.wasm', job);
  work['onnxruntime-web'] = await onnxruntime(job);
  work['tfjs-backend-wasm'] = await tensorflow(job);
  /** @type {Record<string, (() => number)[]>} */
  const probes = {
    'multiply + add': peakProbes(false),
    ...(relaxed && { 'relaxed multiply-add': peakProbes(true) }),
  };

  /** @type {Record<string, {error: number, rates: number[]}>} */
  const nets = {};
  for (const [name, run] of Object.entries(work)) {
    const out = /** @type {Float32Array} */ (await run());
    const error = job.reference.reduce(
      (/** @type {number} */ e, /** @type {number} */ y, /** @type {number} */ i) =>
        Math.max(e, Math.abs(y - out[i])),
      0,
    );
    if (!(error < 1e-4) || out.length !== job.reference.length)
      throw new Error(`${name} is off by ${error}`);
    nets[name] = { error, rates: [] };
    await rate(run, 2 * ms); // until the optimising compiler is through
  }
  /** @type {Record<string, number[]>} */
  const peaks = Object.fromEntries(Object.keys(probes).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name in work) nets[name].rates.push(job.m * (await rate(work[name], ms)));
    for (const name in probes) peaks[name].push(await peak(probes[name], ms / 4));
  }
  return {
    nets: Object.entries(nets).map(([name, { error, rates }]) => ({
      name,
      error,
      rowsPerSecond: median(rates),
      rates,
    })),
    peaks: Object.entries(peaks).map(([name, rates]) => ({ name, flops: median(rates), rates })),
  };
}

Object.assign(globalThis, { bench });
