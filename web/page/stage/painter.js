// Keeps one canvas up to date: what there is, stretched, at once; then coarse; then sharp. A newer request replaces an
// older one, so nothing stale is ever waited for.
import { isAbort } from '../base/dom.js';
import { createSurface, regionOf } from './surface.js';
import { createStrip } from './strip.js';
import { known } from '../base/ends.js';
import { isEndless, pitchOf } from '../base/world.js';

/** @typedef {import('../base/world.js').Size} Size */
/** @typedef {import('../base/world.js').Part} Part */
/** @typedef {import('../models/life.js').Moment & {size: Size, part: Part, view?: string, moving?: boolean}} Job moving: more will follow soon */

const FRAME_MS = 36; // for a coarse picture: 15 frames a second with time to spare for all else
const SETTLE_MS = 120; // without a newer request, and a movement counts as over
const FEWEST = 1 << 12;
const FINER = 10; // times the pixels, from one pass to the next

/**
 * The part on about so many pixels, or fewer. Their width in cells is one of a few (two an octave), because a renderer
 * works something out for each width, which the next frame of a movement can use again; a little more than the part
 * is drawn, then.
 * @param {Job} job @param {number} limit
 */
function reduced({ size, part }, limit) {
  const down = pitchOf(part, size) * size.height;
  const wanted = Math.sqrt((part.across * down) / limit);
  if (wanted <= pitchOf(part, size)) return { size, part };
  const pitch = 2 ** (Math.ceil(2 * Math.log2(wanted)) / 2);
  const width = Math.ceil(part.across / pitch);
  const height = Math.ceil(down / pitch);
  const x = part.x - 0.5 * (width * pitch - part.across);
  const y = part.y - 0.5 * (height * pitch - down);
  return { size: { width, height }, part: { x, y, across: width * pitch } };
}

/**
 * @param {import('../../engine/pool.js').Pool} pool
 * @param {HTMLCanvasElement} canvas
 * @param {(region: import('./surface.js').Region) => void} onPut there are other pixels on the canvas
 * @param {() => void} onSharp a picture at its full size is on the canvas
 * @param {(error: unknown) => void} onTrouble
 */
export function createPainter(pool, canvas, onPut, onSharp, onTrouble) {
  const surface = createSurface(canvas);
  const strip = createStrip(pool, surface);
  /** @type {Job|null} */
  let wanted = null;
  /** @type {AbortController|null} */
  let sharpening = null;
  /** @type {Promise<void>|null} */
  let working = null;
  let era = 0; // what was asked for before this one began is not to be seen
  let settled = () => {};
  let pace = 300; // pixels a millisecond, measured

  /** @param {Job} job @param {number} limit pixels @param {Pick<AbortSignal, 'aborted'>} [signal] */
  async function draw(job, limit, signal = job.signal) {
    const { info, world } = pool;
    const all = reduced(job, limit);
    const { size, part } = info && world && isEndless(info) ? known(all, info, world) : all;
    if (size.width < 1 || size.height < 1) return;
    const window = { x: part.x, y: part.y, pitch: pitchOf(part, size) };
    const mine = era;
    const alone = !pool.running || pool.paused; // else the time is spent in the queue behind the run
    const began = performance.now();
    const rgba = await pool.render(size.width, size.height, {
      view: job.view,
      at: job.at,
      window,
      signal,
    });
    const speed = (size.width * size.height) / Math.max(1, performance.now() - began);
    // Quick to believe that things are slow, because then a movement stutters.
    if (alone) pace += (speed - pace) * (speed < pace ? 0.4 : 0.25);
    if (signal.aborted || mine !== era) return;
    strip.forget();
    surface.put(rgba, size, regionOf(part, size));
    onPut(regionOf(part, size));
  }

  /** Where the picture only moves along the horizon, what is sharp stays so. @param {Job} job */
  async function slide(job) {
    const mine = era;
    const slid = await strip.slide(job, () => wanted === null && mine === era && !job.signal.aborted);
    if (slid) onPut(regionOf(job.part, job.size));
    return slid;
  }

  /** @param {number} ms */
  const affordable = (ms) => Math.max(FEWEST, pace * ms);

  function settle() {
    return new Promise((resolve) => {
      settled = () => resolve(undefined);
      setTimeout(settled, SETTLE_MS);
    });
  }

  /** @param {Job} job */
  async function paint(job) {
    if (await slide(job)) {
      if (!job.moving && !wanted) onSharp();
      return;
    }
    const full = job.size.width * job.size.height;
    let pixels = affordable(FRAME_MS);
    if (full > 1.2 * pixels) {
      await draw(job, pixels);
      if (job.moving && !wanted) await settle();
    }
    if (wanted) return;
    sharpening = new AbortController();
    const { signal: own } = sharpening;
    const signal = { get aborted() { return own.aborted || job.signal.aborted; } };
    for (pixels *= FINER; full > 1.5 * pixels; pixels *= FINER) await draw(job, pixels, signal);
    const rested = !pool.running;
    await draw(job, Number.POSITIVE_INFINITY, signal); // not `full`: its root, rounded, may be a pixel less
    if (signal.aborted) return;
    const whole = canvas.width === job.size.width && canvas.height === job.size.height; // else of a part nothing is known
    if (rested && whole && !pool.running) strip.keep(job);
    onSharp();
  }

  async function work() {
    await null; // so that `working` is set before it is cleared, whatever there is to do
    while (wanted) {
      const job = wanted;
      wanted = null;
      try {
        await paint(job);
      } catch (error) {
        if (!isAbort(error)) onTrouble(error);
      } finally {
        sharpening = null;
      }
    }
    working = null;
  }

  /** Nothing of what was asked for is in the way of something newer. */
  function hush() {
    era++;
    sharpening?.abort();
    wanted = null;
    settled();
  }

  return {
    /** A preview, one pixel a cell: a renderer would take as long as an evaluation. @param {Uint8ClampedArray} rgba @param {import('../../engine/engine.js').World} world @param {import('./surface.js').Region} aim */
    sketch(rgba, { x, y, width, height }, aim) {
      hush();
      strip.forget();
      surface.aim(aim);
      const region = { x, y, across: width, down: height };
      surface.put(rgba, { width, height }, region);
      onPut(region);
    },
    hush,
    /** Draw this as soon as may be; resolves when the canvas is at rest. @param {Job} job */
    request(job) {
      wanted = job;
      surface.aim(regionOf(job.part, job.size));
      sharpening?.abort();
      settled();
      working ??= work();
      return working;
    },
    /** A frame of a run, in a share of the time of its step, and nothing else in its way. @param {Job} job @param {number} ms of the step
     *  @param {boolean} adds to what is there, which stays as it is */
    async live(job, ms, adds) {
      hush();
      surface.aim(regionOf(job.part, job.size));
      if (adds && (await slide(job))) return;
      await draw(job, affordable(Math.max(15, Math.min(ms / 4, 60))));
    },
  };
}

/** @typedef {ReturnType<typeof createPainter>} Painter */
