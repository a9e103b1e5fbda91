// worker.js: one engine behind messages. The protocol is in README.md.
import { failure, loadEngine } from './engine.js';

/**
 * @typedef {import('./engine.js').Engine} Engine
 * @typedef {import('./engine.js').Model} Model
 * @typedef {import('./engine.js').Process} Process
 * @typedef {import('./engine.js').Picture} Picture
 * @typedef {import('./engine.js').World} World
 */

/** @type {Engine} */
let engine;
/** @type {Model | null} */
let model = null;

/** Of the loaded model, each made when it is first needed, and anew when another world is wanted.
 *  @type {{process: Process | null, picture: Picture | null}} */
const made = { process: null, picture: null };
/** @type {import('./patcher.js').Patcher | null} */
let patcher = null;
/** @type {import('./learner.js').Learner | null} */
let learner = null;

/** @returns {Model} */
function loaded() {
  if (!model) throw failure('no model is loaded yet', 2);
  return model;
}

/** @param {World | undefined} a @param {World} b */
const same = (a, b) => Object.entries(b).every(([key, value]) => a?.[/** @type {keyof World} */ (key)] === value);

/** @template {'process' | 'picture'} K @param {K} kind @param {World | undefined} wanted
 *  @returns {NonNullable<typeof made[K]>} */
function of(kind, wanted) {
  const { info, createProcess, createPicture } = loaded();
  const world = wanted ?? { x: 0, y: 0, width: info.lattice_width, height: info.lattice_height };
  if (!same(made[kind]?.world, world)) {
    made[kind]?.free(); // first, because two of them may not fit
    made[kind] = null;
    made[kind] = /** @type {any} */ (kind === 'process' ? createProcess(world) : createPicture(world));
  }
  return /** @type {any} */ (made[kind]);
}

/** The run that was begun. */
function running() {
  if (!made.process) throw failure('nothing was begun yet', 2);
  return made.process;
}

/** The training that was begun. */
function learning() {
  if (!learner) throw failure('no training was begun yet', 2);
  return learner;
}

/** What each request does. Typed arrays at the top level of a result are transferred.
 *  @type {import('./messages.js').Handlers} */
const handlers = {
  async init(args) {
    engine = await loadEngine(args);
    return { kernels: engine.kernels };
  },

  model({ bytes }) {
    const next = engine.loadModel(new Uint8Array(bytes));
    patcher?.free();
    made.process?.free();
    made.picture?.free();
    model?.free();
    model = next;
    patcher = made.process = made.picture = null;
    return model.info;
  },

  /** The network's share of past evaluations is in the frames, so going through them again is cheap. */
  restore({ options, frames }) {
    const process = of('process', options.world);
    process.start(options);
    for (const frame of frames) {
      process.prepare();
      process.put(frame);
      process.advance();
    }
    return { evaluations: process.evaluations, evaluation: process.evaluation };
  },

  /** Draw this lattice from now on, or what the process stands at, or a view of its insides. */
  show({ lattice, world, view }) {
    const picture = of('picture', world);
    if (view === 'clean') picture.load(lattice ?? running().clean);
    else picture.loadPlain(running().look(view));
    return {};
  },

  prepare() {
    running().prepare();
    return {};
  },

  rows({ y0, y1 }) {
    running().rows(y0, y1);
    return { band: running().readRows(y0, y1) };
  },

  blend({ clean }) {
    running().put(clean);
    running().blend();
    return { clean: running().clean };
  },

  advance({ clean }) {
    running().put(clean);
    running().advance();
    return {};
  },

  /** Patches from now on are of these options. */
  patcher({ options }) {
    patcher ??= loaded().createPatcher();
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

  render({ width, height, y0, y1, window }) {
    if (!made.picture) throw failure('there is nothing to draw yet', 2);
    return { pixels: made.picture.render(width, height, y0, y1, window) };
  },

  png({ rgba, width, height, text }) {
    return { bytes: engine.png(rgba, width, height, text) };
  },

  pngParameters({ bytes }) {
    return { text: engine.pngParameters(new Uint8Array(bytes)) };
  },

  views: ({ picture, number, total, shape }) => engine.views(picture, number, total, shape),

  course({ course, rank, count }) {
    learner?.free(); // first, because two of them may not fit
    learner = null;
    learner = engine.createLearner(course, rank, count);
    return { step: learner.step };
  },

  learn() {
    learning().learn();
    return {};
  },

  add: ({ sum }) => learning().add(sum),

  update({ sum, steps }) {
    learning().update(sum, steps);
    return { step: learning().step };
  },

  checkpoint: () => ({ bytes: learning().save() }),
  weights: () => ({ bytes: learning().model() }),

  bench({ ms }) {
    const process = made.process ?? of('process', undefined), begin = performance.now();
    let macs = 0, spent = 0;
    for (; spent < ms; spent = performance.now() - begin) macs += process.benchTile();
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
