// pool.js: several workers on one picture, each with its own engine and a band of rows. README.md has the interface.
//
// Every worker holds the whole state and steps it alike; only the network's work is shared: each denoises its rows of the
// lattice, they are gathered here, and the whole lattice goes back to all. The lattices of all evaluations are kept: the history
// that the page scrubs through, and what a new worker needs to catch up. Models whose world has no end are computed patch by
// patch instead (endless.js), and drawn like all others.
import { createEndless } from './endless.js';
import { failure } from './instance.js';
import { createQueue } from './queue.js';
import { deal, pieceOfPicture } from './share.js';
import { abortError, evaluateFramed, frameOf, sketch } from './sketch.js';
import { createTeam } from './team.js';
import { drawTile } from './tile.js';
export { MAX_CELLS } from './engine.js';

const MAX_HISTORY_BYTES = 256 * 2 ** 20;
const UNKNOWN = -1;

/**
 * @typedef {import('./engine.js').GenerateOptions & {world?: World}} GenerateOptions
 * @typedef {import('./engine.js').ModelInfo} ModelInfo
 * @typedef {import('./engine.js').World} World
 * @typedef {import('./engine.js').Window} Window
 * @typedef {{evaluation: number, total: number, ms: number, share: number}} Frame
 * @typedef {{options: GenerateOptions, world: World, frames: Float32Array[], total: number, model: ModelInfo}} Run
 *   what was asked for, where, and the clean lattices so far
 * @typedef {{view?: string, at?: number, lattice?: Float32Array, world?: World, window?: Window | null,
 *   signal?: Pick<AbortSignal, 'aborted'>}} RenderOptions
 * @typedef {(width: number, height: number, options?: RenderOptions) => Promise<Uint8ClampedArray>} Render
 * @typedef {import('./sketch.js').Sketch} Sketch
 * @typedef {Awaited<ReturnType<typeof createPool>>} Pool
 */

/** @param {import('./team.js').PoolOptions} [poolOptions] */
export async function createPool(poolOptions = {}) {
  const team = await createTeam(poolOptions);
  /** @type {ModelInfo | null} */
  let info = null;
  /** The last run. @type {Run | null} */
  let progress = null;
  /** What takes its place when the model's world has no end. @type {ReturnType<typeof createEndless> | null} */
  let endless = null;
  /** After how many evaluations of it the workers stand. */
  let standing = UNKNOWN;
  /** What each worker draws: a lattice, or null for where it stands, or a view of that.
   *  @type {WeakMap<import('./team.js').Member, Float32Array | string | null>} */
  let shown = new WeakMap();
  /** Of the run in progress. @type {AbortController | null} */
  let run = null;
  let paused = false, allowance = 0;
  let sketches = 0; // asked for so far
  let wake = () => {};

  const exclusive = createQueue(team, forget);
  const evaluation = () => endless?.evaluation ?? progress?.frames.length ?? 0;
  const total = () => endless?.total ?? progress?.total ?? 0;
  const world = () => endless ? endless.world : progress?.world ?? null;
  const done = () => endless ? endless.done : progress?.frames.length === progress?.total;
  const frame = (/** @type {number} */ ms) =>
    endless
      ? { evaluation: endless.behind, total: endless.total, ms, share: endless.share }
      : { evaluation: evaluation(), total: total(), ms, share: evaluation() / total() };

  /** Nothing is known of where the workers stand. */
  function forget() {
    standing = UNKNOWN;
    shown = new WeakMap();
  }

  /** Bring every worker to the moment after `at` evaluations. @param {number} at */
  async function stand(at) {
    if (standing === at) return;
    forget();
    const { options, frames } = /** @type {NonNullable<typeof progress>} */ (progress);
    await team.each((member) => member.call('restore', { options, frames: frames.slice(0, at) }));
    standing = at;
  }

  /** @returns {ModelInfo} */
  function model() {
    if (!info) throw failure('no model is loaded yet', 2);
    return info;
  }

  /** @param {GenerateOptions} options */
  async function begin(options) {
    const { channels } = model();
    if (endless) return endless.begin(options);
    const world = options.world ?? frameOf(model());
    forget(); // when this is refused, the old run can still be drawn
    const [{ evaluations }] = await team.each((member) => member.call('restore', { options, frames: [] }));
    if (evaluations * channels * world.width * world.height * 4 > MAX_HISTORY_BYTES)
      throw failure(`${evaluations} evaluations of ${world.width} x ${world.height} cells would fill the memory; `
        + 'choose fewer', 2);
    progress = { options, world, frames: [], total: evaluations, model: model() };
    standing = 0;
  }

  /** An evaluation, or some of it; true when it is through. @param {AbortSignal} signal */
  async function evaluate(signal) {
    if (endless) return endless.evaluate(signal);
    const { frames, world, options } = /** @type {NonNullable<typeof progress>} */ (progress);
    await stand(frames.length);
    forget();
    const clean = await evaluateFramed(team, model(), options, world, signal);
    frames.push(clean);
    standing = frames.length;
    return true;
  }

  /** @param {GenerateOptions} options @param {((frame: Frame) => any) | undefined} onFrame @param {AbortSignal} signal */
  async function work(options, onFrame, signal) {
    const begun = performance.now();
    await exclusive(async () => { if (!signal.aborted) await begin(options); });
    for (;;) {
      while (paused && allowance === 0 && !signal.aborted)
        await new Promise((resolve) => { wake = () => resolve(undefined); });
      if (signal.aborted || done()) break;
      allowance = 0;
      let ms = 0;
      for (let through = false; !through && !signal.aborted;)
        through = await exclusive(async () => {
          const start = performance.now(), whole = signal.aborted || await evaluate(signal);
          ms += performance.now() - start;
          return whole;
        });
      if (!signal.aborted) await onFrame?.(frame(ms));
    }
    return { ...frame(performance.now() - begun), evaluation: evaluation() };
  }

  /** @param {number} at */
  const latticeAt = (at) => endless ? endless.lattice(at) : progress?.frames[at - 1] ?? null;

  /** @param {number} width @param {number} height @param {RenderOptions} options */
  async function draw(width, height, { view = 'clean', at, lattice, world: place = world() ?? undefined, window = null, signal }) {
    width = Math.trunc(width);
    height = Math.trunc(height);
    const moment = at ?? evaluation();
    if (signal?.aborted) throw abortError('the drawing was called off');
    if (!lattice && !(moment >= 1 && moment <= evaluation())) {
      const text = `there is nothing to draw after ${moment} of ${evaluation()} evaluations`;
      throw run ? abortError(text) : failure(text, 2); // it was asked of the run before
    }
    if (lattice && view !== 'clean') throw failure('a kept lattice has the view clean only', 2);
    if (endless && view !== 'clean') throw failure('a world without end has the view clean only', 2);
    if (view !== 'clean') await stand(moment);
    const wanted = lattice ?? (standing === moment ? null : latticeAt(moment)), what = view === 'clean' ? wanted : view;
    const n = team.members.length, take = deal(height, n, pieceOfPicture(model(), width, height, n));
    /** @type {Uint8ClampedArray | undefined} */
    let rgba; // allocated once a worker has agreed to the size
    await team.each(async (member, i) => {
      if (shown.get(member) !== what)
        await member.call('show', { lattice: wanted, world: place, view });
      shown.set(member, what);
      // What is no size is the engine's to refuse.
      for (let rows = height >= 1 ? take(i) : { y0: 0, y1: height }; rows; rows = take(i)) {
        if (signal?.aborted) throw abortError('the drawing was called off');
        const { pixels } = await member.call('render', { width, height, ...rows, window });
        rgba ??= new Uint8ClampedArray(width * height * 4);
        rgba.set(pixels, rows.y0 * width * 4);
      }
    });
    return /** @type {Uint8ClampedArray} */ (rgba);
  }

  const cancel = () => run?.abort();
  return {
    get size() { return team.members.length; },
    get kernels() { return team.kernels; },
    get info() { return info; },
    get world() { return world(); },
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
        endless = loaded.patch_width > 0 ? createEndless(team, loaded, poolOptions.memory) : null;
        forget();
        team.modelBytes = copy;
        await team.each(async (member, i) => void (i > 0 && await member.call('model', { bytes: copy })));
        return loaded;
      });
    },

    /** @param {GenerateOptions} options @param {{onFrame?: (frame: Frame) => any, signal?: AbortSignal}} [events]
     *  @returns {Promise<Frame>} */
    async generate({ source, fresh, ...rest }, { onFrame, signal: asked } = {}) {
      cancel();
      const options = { ...rest, source: source?.slice(), fresh: fresh?.slice() }; // workers may need them again
      paused = false;
      allowance = 0;
      const own = new AbortController();
      run = own;
      const aborted = new Promise((/** @type {(value: never) => void} */ _, reject) => own.signal.addEventListener('abort', () => {
        if (run === own) run = null;
        wake();
        reject(abortError('the run was cancelled'));
      }));
      asked?.addEventListener('abort', () => own.abort());
      if (asked?.aborted) own.abort();
      try {
        return await Promise.race([work(options, onFrame, own.signal), aborted]);
      } finally {
        if (run === own) run = null;
      }
    },

    cancel,
    /** Where the world has no end: what lies around the view, a patch wide, until anything else is asked for. */
    async prefetch() {
      const before = sketches, busy = { get aborted() { return run !== null || sketches !== before; } };
      for (let through = false; !through && !busy.aborted;)
        through = await exclusive(async () => busy.aborted || !endless || endless.ahead(busy));
    },

    pause() { paused = true; },
    resume() { paused = false; wake(); },
    step() { allowance = paused ? 1 : 0; wake(); },

    /** @param {number} width @param {number} height @param {RenderOptions} [options] */
    render(width, height, options = {}) {
      return exclusive(() => draw(width, height, options));
    },

    /** A picture aside, of as many evaluations as begin within some milliseconds: the last run stays what it is.
     *  @param {GenerateOptions} options @param {number} ms @param {Pick<AbortSignal, 'aborted'>} signal
     *  @param {(sketch: Sketch) => Promise<void>|void} show awaited before the workers do anything else */
    sketch(options, ms, signal, show) {
      sketches++;
      return exclusive(async () => {
        if (signal.aborted) throw abortError('the sketch was called off');
        forget();
        endless?.forget();
        const { share, ...picture } = await sketch(team, model(), options, ms, signal, poolOptions.memory);
        await show({ ...picture, share, render: (width, height, how = {}) => draw(width, height, { ...how, ...picture }) });
      });
    },

    /** The last run as it stands, for reopen(); null where the world has no end, whose patches are kept anyway. */
    keep() {
      return progress && { ...progress, frames: [...progress.frames] };
    },

    /** A run that was kept is the last one again. @param {Run} run */
    reopen(run) {
      cancel();
      return exclusive(async () => {
        if (run.model !== info) throw failure('this picture was made by another model; load that first', 2);
        progress = { ...run, frames: [...run.frames] };
        forget();
      });
    },

    lattice(at = evaluation()) {
      const lattice = at >= 1 && at <= evaluation() ? latticeAt(at) : null;
      if (!lattice) throw failure(`there is no lattice after ${at} of ${evaluation()} evaluations`, 2);
      return lattice.slice();
    },

    /** A picture whose edges meet. @param {number} across pixels @param {GenerateOptions} options */
    tile(across, options) {
      return exclusive(() => { forget(); return drawTile(team, model(), across, options); });
    },

    /** @param {Uint8Array | Uint8ClampedArray} rgba @param {number} width @param {number} height @param {string} text */
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
