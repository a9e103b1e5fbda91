// make bench-web: our network against onnxruntime-web and tfjs-backend-wasm in one Chromium. See README.md.
//
//   node tools/bench_web/run.mjs [--model FILE] [--rounds 9] [--ms 300] [--json]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import onnxProto from 'onnx-proto';
import { startBrowser } from '../../tests/web/browser.js';
import { loadEngine } from '../../web/engine/engine.js';
import { createSiteServer, listen } from '../serve.mjs';
import { evaluation, forward, macs, readCheckpoint } from './model.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: join(root, 'models/fashion.safetensors') },
    rounds: { type: 'string', default: '9' },
    ms: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
});
if (!existsSync(options.model)) {
  console.error(`bench-web: there is no ${options.model}; give a checkpoint with --model`);
  process.exit(1);
}
const { onnx } = onnxProto;
const REPEATS = 16; // 14 x 14 squares sixteen times are 49 full tiles
const start = { seed: 7, label: 8, sigmaMax: 2, guidance: 1 };

/** The folded network as an ONNX model: Gemm, Sigmoid, Mul, Add. @param {import('./model.js').Layers} layers @param {number} size */
function onnxModel(layers, size) {
  /** @type {any[]} */
  const node = [];
  const add = (
    /** @type {string} */ opType,
    /** @type {string[]} */ input,
    name = `v${node.length}`,
  ) => {
    node.push({ opType, input, output: [name], name: `n${node.length}` });
    return name;
  };
  const silu = (/** @type {string} */ x) => add('Mul', [x, add('Sigmoid', [x])]);
  const gemm = (/** @type {string} */ x, /** @type {number} */ i, name = undefined) =>
    add('Gemm', [x, `w${i}`, `b${i}`], name);
  let h = gemm('x', 0);
  for (let i = 1; i + 1 < layers.length; i += 2)
    h = add('Add', [h, gemm(silu(gemm(silu(h), i)), i + 1)]);
  gemm(silu(h), layers.length - 1, /** @type {any} */ ('y'));
  const FLOAT = onnx.TensorProto.DataType.FLOAT;
  const tensor = (
    /** @type {string} */ name,
    /** @type {number[]} */ dims,
    /** @type {Float32Array} */ data,
  ) => ({
    name,
    dims,
    dataType: FLOAT,
    rawData: new Uint8Array(data.buffer),
  });
  const value = (/** @type {string} */ name, /** @type {number} */ cols) => ({
    name,
    type: {
      tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'm' }, { dimValue: cols }] } },
    },
  });
  const initializer = layers.flatMap(({ rows, cols, weight, bias }, i) => [
    tensor(`w${i}`, [rows, cols], weight),
    tensor(`b${i}`, [cols], bias),
  ]);
  const output = [value('y', /** @type {any} */ (layers.at(-1)).cols)];
  const graph = { name: 'denoiser', node, initializer, input: [value('x', size)], output };
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph,
  }).finish();
}

/** Everything the page fetches, into build/bench_web/. */
async function writeJob() {
  const folder = join(root, 'build/bench_web');
  mkdirSync(folder, { recursive: true });
  const bytes = readFileSync(options.model);
  const engine = await loadEngine({
    wasmBytes: readFileSync(join(root, 'build/web/coordiff.wasm')),
  });
  const g = engine.loadModel(bytes).createProcess();
  g.start(start);
  const one = evaluation(readCheckpoint(bytes), g.state, start.sigmaMax, start.label);
  const layers = one.network;
  const times = (/** @type {ArrayLike<number>} */ x) =>
    Float32Array.from({ length: REPEATS * x.length }, (_, i) => x[i % x.length]);
  const rows = times(one.rows);
  const shapes = layers.map(({ rows: inputs, cols }) => ({ rows: inputs, cols }));
  const job = {
    start,
    m: rows.length / one.size,
    size: one.size,
    macs: macs(layers),
    layers: shapes,
  };
  /** @type {Record<string, string | Uint8Array>} */
  const files = {
    'job.json': JSON.stringify(job),
    'model.safetensors': bytes,
    'model.onnx': onnxModel(layers, one.size),
  };
  for (const [name, array] of Object.entries({
    rows,
    reference: times(forward(layers, one.rows)),
    weights: Float32Array.from(layers.flatMap(({ weight, bias }) => [...weight, ...bias])),
  }))
    files[`${name}.bin`] = new Uint8Array(array.buffer);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return job;
}

const job = await writeJob();
const server = createSiteServer(root);
const port = await listen(server, 0);
const { browser, stop } = await startBrowser();
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  // onnxruntime-web comes as .mjs, which the server of the site has no type for.
  await page.route('**/*.mjs', (route) =>
    route.fulfill({
      path: join(root, new URL(route.request().url()).pathname),
      contentType: 'text/javascript',
    }),
  );
  await page.goto(`http://127.0.0.1:${port}/tools/bench_web/page.html`);
  await page.waitForFunction(() => 'bench' in globalThis);
  const relaxed = await page.evaluate(
    async () => (await import(/** @type {any} */ ('/web/engine/simd.js'))).simdSupport() === 'relaxed',
  );
  const result = await page.evaluate((o) => /** @type {any} */ (globalThis).bench(o), {
    rounds: Number(options.rounds),
    ms: Number(options.ms),
    relaxed,
  });
  report({ chromium: browser.version(), ...job, ...result });
} finally {
  await stop();
  server.close();
  server.closeAllConnections();
}

/** @param {any} r */
function report(r) {
  if (options.json) return console.log(JSON.stringify(r, null, 1));
  const peer = Math.max(
    ...r.nets
      .filter((/** @type {any} */ n) => !n.name.startsWith('coordiff'))
      .map((/** @type {any} */ n) => n.rowsPerSecond),
  );
  console.log(
    `Chromium ${r.chromium}, one thread; ${r.m} rows of ${r.size} features, ${r.macs} multiply-adds a row; median of ${options.rounds} rounds\n`,
  );
  console.log(
    'network             rows/s   GFLOP/s   x faster peer   share of peak   largest error',
  );
  for (const { name, rowsPerSecond, error } of r.nets) {
    const flops = 2 * r.macs * rowsPerSecond;
    const top = r.peaks[name.endsWith('relaxed') ? 1 : 0].flops;
    const columns = [
      name.padEnd(18),
      rowsPerSecond.toFixed(0).padStart(7),
      (flops / 1e9).toFixed(1).padStart(9),
      (rowsPerSecond / peer).toFixed(2).padStart(15),
      `${((100 * flops) / top).toFixed(0)} %`.padStart(15),
      error.toExponential(1).padStart(15),
    ];
    console.log(columns.join(' '));
  }
  for (const { name, flops } of r.peaks)
    console.log(`peak of ${name}: ${(flops / 1e9).toFixed(1)} GFLOP/s`);
}
