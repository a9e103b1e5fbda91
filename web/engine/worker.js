// worker.js: one engine behind messages. The protocol is in README.md.
import { failure, loadEngine } from './engine.js';

/**
 * @typedef {import('./engine.js').Engine} Engine
 * @typedef {import('./engine.js').Model} Model
 * @typedef {import('./engine.js').Generation} Generation
 * @typedef {import('./engine.js').World} World
 */

/** @type {Engine} */
let engine;
/** @type {{model: Model, generation: Generation} | null} */
let loaded = null;

/** Of the loaded model, made when it is first needed. @type {import('./patcher.js').Patcher | null} */
let patcher = null;

/** The generation's own lattice, while another is drawn in its place. @type {Float32Array | null} */
let own = null;

/** @returns {Generation} */
function generation() {
  if (!loaded) throw failure('no model is loaded yet', 2);
  return loaded.generation;
}

/** The generation, made anew when another world is wanted. @param {World | undefined} wanted @returns {Generation} */
function generationOf(wanted) {
  const { world } = generation(), { model } = /** @type {NonNullable<typeof loaded>} */ (loaded);
  const { lattice_width: width, lattice_height: height } = model.info;
  const next = wanted ?? { x: 0, y: 0, width, height };
  if (Object.entries(next).every(([key, value]) => world[/** @type {keyof World} */ (key)] === value))
    return generation();
  generation().free(); // first, because two of them may not fit
  own = null;
  /** @param {World | null} of */
  const create = (of) => {
    loaded = { model, generation: model.createGeneration(of) };
    return loaded.generation;
  };
  try {
    return create(next);
  } catch (error) {
    create(null); // it fitted before
    throw error;
  }
}

/** What each request does. Typed arrays at the top level of a result are transferred.
 *  @type {import('./messages.js').Handlers} */
const handlers = {
  async init(args) {
    engine = await loadEngine(args);
    return { kernels: engine.kernels };
  },

  model({ bytes }) {
    const model = engine.loadModel(new Uint8Array(bytes));
    const next = { model, generation: model.createGeneration() };
    patcher?.free();
    patcher = null;
    loaded?.generation.free();
    loaded?.model.free();
    loaded = next;
    own = null;
    return model.info;
  },

  /** The network's share of past evaluations is in the frames, so going through them again is cheap. */
  restore({ options, frames }) {
    const g = generationOf(options.world);
    own = null;
    g.start(options);
    for (const frame of frames) {
      g.prepare();
      g.clean = frame;
      g.advance();
    }
    return { evaluations: g.evaluations, evaluation: g.evaluation };
  },

  /** Draw this lattice from now on, or again the generation's own; what is computed for drawing is kept until then. */
  show({ lattice, world }) {
    const g = generationOf(world);
    if (lattice) {
      own ??= g.clean;
      g.clean = lattice;
    } else if (own) {
      g.clean = own;
      own = null;
    }
    return {};
  },

  prepare() {
    const g = generation();
    if (own) g.clean = own;
    own = null;
    g.prepare();
    return {};
  },

  rows({ y0, y1 }) {
    generation().rows(y0, y1);
    return { band: generation().readRows(y0, y1) };
  },

  advance({ clean }) {
    generation().clean = clean;
    generation().advance();
    return {};
  },

  /** Patches from now on are of these options. */
  patcher({ options }) {
    if (!loaded) throw failure('no model is loaded yet', 2);
    patcher ??= loaded.model.createPatcher();
    patcher.start(options);
    return { stages: patcher.stages };
  },

  /** Nothing of the tasks is kept, so any worker can do any of them. */
  patches({ tasks }) {
    if (!patcher) throw failure('the patches have no options yet', 2);
    const { advance } = patcher, done = tasks.map(advance), n = done[0].next.length;
    const next = new Float32Array(n * tasks.length), clean = new Float32Array(n * tasks.length);
    for (const [k, patch] of done.entries()) {
      next.set(patch.next, k * n);
      clean.set(patch.clean, k * n);
    }
    return { next, clean };
  },

  render({ width, height, y0, y1, view, window }) {
    return { pixels: generation().render(width, height, y0, y1, { view, window }) };
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

/** @param {import('./messages.js').Request} request */
async function answer({ id, type, args }) {
  try {
    const handler = /** @type {(args: unknown) => import('./messages.js').Result<any>} */ (handlers[type]);
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
