// worker.js: one engine behind messages. The protocol is in README.md.
import { failure, loadEngine } from './engine.js';

/**
 * @typedef {import('./engine.js').Engine} Engine
 * @typedef {import('./engine.js').Model} Model
 * @typedef {import('./engine.js').Generation} Generation
 * @typedef {{id: number, type: string, args: any}} Request
 */

/** @type {Engine} */
let engine;
/** @type {{model: Model, generation: Generation} | null} */
let loaded = null;

/** @returns {Generation} */
function generation() {
  if (!loaded) throw failure('no model is loaded yet', 2);
  return loaded.generation;
}

/** What each request does. Typed arrays at the top level of a result are transferred.
 *  @type {Record<string, (args: any) => any>} */
const handlers = {
  async init(args) {
    engine = await loadEngine(args);
    return { kernels: engine.kernels };
  },

  model({ bytes }) {
    const model = engine.loadModel(new Uint8Array(bytes));
    const next = { model, generation: model.createGeneration() };
    loaded?.generation.free();
    loaded?.model.free();
    loaded = next;
    return model.info;
  },

  /** The network's share of past evaluations is in the frames, so going through them again is cheap. */
  restore({ options, frames }) {
    const g = generation();
    g.start(options);
    for (const frame of frames) {
      g.prepare();
      g.clean = frame;
      g.advance();
    }
    return { evaluations: g.evaluations, evaluation: g.evaluation };
  },

  rows({ y0, y1 }) {
    generation().prepare();
    generation().rows(y0, y1);
    return { band: generation().readRows(y0, y1) };
  },

  advance({ clean }) {
    generation().clean = clean;
    generation().advance();
    return {};
  },

  render({ width, height, y0, y1, view, lattice }) {
    return { pixels: generation().render(width, height, y0, y1, { view, lattice }) };
  },

  png({ rgba, width, height, text }) {
    return { bytes: engine.png(rgba, width, height, text) };
  },

  pngParameters({ bytes }) {
    return { text: engine.pngParameters(new Uint8Array(bytes)) };
  },

  bench({ ms }) {
    const begin = performance.now();
    let macs = 0, spent = 0;
    for (; spent < ms; spent = performance.now() - begin) macs += generation().benchTile();
    return { gflops: 2e-6 * macs / spent };
  },
};

/** @param {Request} request */
async function answer({ id, type, args }) {
  try {
    const handler = handlers[type];
    if (!handler) throw failure(`there is no request '${type}'`, 2);
    const result = await handler(args);
    const buffers = Object.values(result).filter(ArrayBuffer.isView).map((array) => array.buffer);
    self.postMessage({ id, type: 'ok', result }, { transfer: buffers });
  } catch (thrown) {
    const error = /** @type {Error & {code?: number | string}} */ (thrown);
    const fatal = error.code === undefined; // not ours: a trap, or a mistake here
    self.postMessage({ id, type: 'error', text: error.message, code: error.code ?? 'worker', fatal });
  }
}

/** Requests are answered in order, and none is lost while an earlier one awaits something. */
let queue = Promise.resolve();
self.onmessage = ({ data }) => {
  queue = queue.then(() => answer(data));
};
