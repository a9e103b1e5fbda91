// pool.js: several workers on one picture, each with its own engine and a band of rows. The interface is in
// README.md.
//
// Every worker holds the whole state and steps it alike; only the network's work is shared: each denoises its
// band of lattice rows, the bands are gathered here, and the whole lattice goes back to all. The lattices of all
// evaluations are kept: the history that the page scrubs through, and what a new worker needs to catch up.
import { failure } from './instance.js';
import { createTeam } from './team.js';

const MAX_HISTORY_BYTES = 256 * 2 ** 20;
const CHUNK_PIXELS = 2 ** 17; // of canvas a worker draws between two looks at the AbortSignal: some 20 ms

/**
 * @typedef {import('./engine.js').GenerateOptions} GenerateOptions
 * @typedef {import('./engine.js').ModelInfo} ModelInfo
 * @typedef {{evaluation: number, total: number, ms: number}} Frame
 * @typedef {{view?: string, at?: number, lattice?: Float32Array, signal?: AbortSignal}} RenderOptions
 * @typedef {Awaited<ReturnType<typeof createPool>>} Pool
 */

/** @param {string} text */
function abortError(text) {
  return Object.assign(failure(text, 'aborted'), { name: 'AbortError' });
}

/** Share i of n of `total` rows. @param {number} total @param {number} i @param {number} n */
function band(total, i, n) {
  return { y0: Math.floor(total * i / n), y1: Math.floor(total * (i + 1) / n) };
}

/** @param {import('./team.js').PoolOptions} [poolOptions] */
export async function createPool(poolOptions = {}) {
  const team = await createTeam(poolOptions);
  /** @type {ModelInfo | null} */
  let info = null;
  /** What the workers stand at: the options of a run, and its evaluations so far.
   *  @type {{options: GenerateOptions, frames: Float32Array[], total: number} | null} */
  let progress = null;
  /** @type {{cancelled: boolean, abort: (error: Error) => void} | null} */
  let run = null;
  let paused = false, allowance = 0;
  let wake = () => {};

  const evaluation = () => progress?.frames.length ?? 0;
  const total = () => progress?.total ?? 0;

  /** Work on the workers goes one piece after the other, in order of request. */
  let tail = Promise.resolve();
  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  function exclusive(work) {
    const result = tail.then(() => reliably(work));
    tail = result.then(() => {}, () => {});
    return result;
  }

  /** @template T @param {() => Promise<T>} work that may be done again @returns {Promise<T>} */
  async function reliably(work) {
    for (let mended = false; ; mended = true) {
      try {
        if (mended && progress) await restore(progress.frames.length);
        return await work();
      } catch (error) {
        if (/** @type {{code?: unknown}} */ (error).code !== 'lost') throw error;
        await team.mend();
      }
    }
  }

  /** Bring every worker to the moment after `at` evaluations. @param {number} at */
  async function restore(at) {
    const { options, frames } = /** @type {NonNullable<typeof progress>} */ (progress);
    await team.each((member) => member.call('restore', { options, frames: frames.slice(0, at) }));
  }

  /** @returns {ModelInfo} */
  function model() {
    if (!info) throw failure('no model is loaded yet', 2);
    return info;
  }

  /** @param {GenerateOptions} options */
  async function begin(options) {
    const { channels, lattice_width: width, lattice_height: height } = model();
    const [{ evaluations }] = await team.each((member) => member.call('restore', { options, frames: [] }));
    progress = { options, frames: [], total: evaluations };
    if (evaluations * channels * width * height * 4 > MAX_HISTORY_BYTES)
      throw failure(`${evaluations} evaluations of this model would fill the memory; choose fewer`, 2);
  }

  async function evaluate() {
    const { channels, lattice_width: width, lattice_height: height } = model();
    const clean = new Float32Array(channels * height * width);
    await team.each(async (member, i, n) => {
      const { y0, y1 } = band(height, i, n), size = (y1 - y0) * width;
      const rows = (await member.call('rows', { y0, y1 })).band;
      for (let c = 0; c < channels; c++)
        clean.set(rows.subarray(c * size, (c + 1) * size), (c * height + y0) * width);
    });
    await team.each((member) => member.call('advance', { clean }));
    progress?.frames.push(clean);
    team.progressed();
  }

  /** @param {GenerateOptions} options @param {((frame: Frame) => any) | undefined} onFrame
   *  @param {{cancelled: boolean}} self */
  async function work(options, onFrame, self) {
    const begun = performance.now();
    await exclusive(async () => {
      if (!self.cancelled) await begin(options);
    });
    for (;;) {
      while (paused && allowance === 0 && !self.cancelled)
        await new Promise((resolve) => { wake = () => resolve(undefined); });
      if (self.cancelled || !progress || progress.frames.length === progress.total) break;
      allowance = 0;
      let ms = 0;
      await exclusive(async () => {
        const start = performance.now();
        if (!self.cancelled) await evaluate();
        ms = performance.now() - start;
      });
      if (!self.cancelled) await onFrame?.({ evaluation: evaluation(), total: total(), ms });
    }
    return { evaluation: evaluation(), total: total(), ms: performance.now() - begun };
  }

  /** @param {number} width @param {number} height @param {RenderOptions} options */
  async function draw(width, height, { view = 'clean', at, lattice, signal }) {
    width = Math.trunc(width);
    height = Math.trunc(height);
    const frames = progress?.frames ?? [], moment = at ?? frames.length;
    if (!lattice && !(moment >= 1 && moment <= frames.length))
      throw failure(`there is nothing to draw after ${moment} of ${frames.length} evaluations`, 2);
    if (lattice && view !== 'clean') throw failure('a kept lattice has the view clean only', 2);
    const shown = view === 'clean' ? lattice ?? frames[moment - 1] : null;
    const seeks = !shown && moment !== frames.length;
    const share = Math.ceil(height / team.members.length);
    const rows = Math.max(1, Math.min(Math.floor(CHUNK_PIXELS / width), share));
    /** @type {Uint8ClampedArray | undefined} */
    let rgba; // allocated once a worker has agreed to the size
    let next = 0;
    if (seeks) await restore(moment);
    try {
      await team.each(async (member) => {
        while (next < height || !(height >= 1)) { // what is no size is the engine's to refuse
          if (signal?.aborted) throw abortError('the drawing was called off');
          const y0 = next, y1 = Math.min(height, y0 + rows);
          next = y1;
          const args = { width, height, y0, y1, view, lattice: shown };
          const { pixels } = await member.call('render', args);
          rgba ??= new Uint8ClampedArray(width * height * 4);
          rgba.set(pixels, y0 * width * 4);
        }
      });
    } finally {
      if (seeks) await restore(frames.length);
    }
    return /** @type {Uint8ClampedArray} */ (rgba);
  }

  function cancel() {
    if (!run) return;
    run.cancelled = true;
    run.abort(abortError('the run was cancelled'));
    run = null;
    wake();
  }

  return {
    get size() { return team.members.length; },
    get kernels() { return team.kernels; },
    get info() { return info; },
    get running() { return run !== null; },
    get paused() { return paused; },
    get evaluation() { return evaluation(); },
    get total() { return total(); },

    /** @param {ArrayBuffer | Uint8Array} bytes @returns {Promise<ModelInfo>} */
    async loadModel(bytes) {
      const copy = new Uint8Array(bytes).slice();
      cancel();
      return exclusive(async () => {
        // The first decides: a model that is refused changes nothing.
        const loaded = await team.members[0].call('model', { bytes: copy });
        info = loaded;
        progress = null;
        team.modelBytes = copy;
        await team.each((member, i) => i === 0 ? Promise.resolve() : member.call('model', { bytes: copy }));
        return loaded;
      });
    },

    /** @param {GenerateOptions} options @param {{onFrame?: (frame: Frame) => any}} [events]
     *  @returns {Promise<Frame>} */
    generate(options, { onFrame } = {}) {
      cancel();
      paused = false;
      allowance = 0;
      const self = { cancelled: false, abort: (/** @type {Error} */ _) => {} };
      run = self;
      /** @type {Promise<never>} */
      const aborted = new Promise((_, reject) => { self.abort = reject; });
      return Promise.race([work(options, onFrame, self), aborted]).finally(() => {
        self.cancelled = true;
        if (run === self) run = null;
      });
    },

    cancel,
    pause() { paused = true; },
    resume() {
      paused = false;
      wake();
    },
    step() {
      allowance = paused ? 1 : 0;
      wake();
    },

    /** @param {number} width @param {number} height @param {RenderOptions} [options] */
    render(width, height, options = {}) {
      return exclusive(() => draw(width, height, options));
    },

    lattice(at = evaluation()) {
      const frame = progress?.frames[at - 1];
      if (!frame) throw failure(`there is no lattice after ${at} of ${evaluation()} evaluations`, 2);
      return frame.slice();
    },

    /** @param {Uint8Array | Uint8ClampedArray} rgba @param {number} width @param {number} height
     *  @param {string} text @returns {Promise<Uint8Array>} */
    async png(rgba, width, height, text) {
      const { bytes } = await exclusive(() => team.members[0].call('png', { rgba, width, height, text }));
      return bytes;
    },

    /** @param {ArrayBuffer | Uint8Array} bytes @returns {Promise<string | null>} */
    async pngParameters(bytes) {
      const { text } = await exclusive(() => team.members[0].call('pngParameters', { bytes }));
      return text;
    },

    /** @param {number} ms */
    async bench(ms = 200) {
      const results = await exclusive(() => team.each((member) => member.call('bench', { ms })));
      return results.reduce((sum, { gflops }) => sum + gflops, 0);
    },

    terminate() {
      cancel();
      team.end();
    },
  };
}
