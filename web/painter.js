// Keeps one canvas up to date: coarse at once, sharp soon after. A newer request replaces an older one.
import { isAbort } from './dom.js';

/** @typedef {import('./state.js').Size} Size */
/** @typedef {{size: Size, view?: string, at?: number, sharp?: boolean}} Job sharp: false stays coarse (a drag goes on) */

const COARSE_PIXELS = 1 << 16;
const LIVE_PIXELS = 1 << 19;

/** @param {Size} size @param {number} limit pixels @returns {Size} */
function reduced({ width, height }, limit) {
  const scale = Math.min(1, Math.sqrt(limit / (width * height)));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** @param {HTMLCanvasElement} canvas @param {Uint8ClampedArray} rgba @param {Size} size */
export function put(canvas, rgba, { width, height }) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pixels = /** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/**
 * @param {import('./pool.js').Pool} pool
 * @param {HTMLCanvasElement} canvas
 * @param {(size: Size, ms: number) => void} onSharp a picture at its full size is on the canvas
 * @param {(error: unknown) => void} onTrouble
 */
export function createPainter(pool, canvas, onSharp, onTrouble) {
  /** @type {Job|null} */
  let wanted = null;
  /** @type {AbortController|null} */
  let sharpening = null;
  /** @type {Promise<void>|null} */
  let working = null;

  /** @param {Job} job @param {number} limit @param {AbortSignal} [signal] */
  async function draw(job, limit, signal) {
    const size = reduced(job.size, limit);
    const rgba = await pool.render(size.width, size.height, { view: job.view, at: job.at, signal });
    if (!signal?.aborted) put(canvas, rgba, size);
  }

  async function work() {
    await null; // so that `working` is set before it is cleared, whatever there is to do
    while (wanted) {
      const job = wanted;
      wanted = null;
      const isLarge = job.size.width * job.size.height > COARSE_PIXELS;
      try {
        if (isLarge) await draw(job, COARSE_PIXELS);
        if (wanted || (isLarge && job.sharp === false)) continue;
        sharpening = new AbortController();
        const began = performance.now();
        await draw(job, Number.POSITIVE_INFINITY, sharpening.signal);
        onSharp(job.size, performance.now() - began);
      } catch (error) {
        if (!isAbort(error)) onTrouble(error);
      } finally {
        sharpening = null;
      }
    }
    working = null;
  }

  return {
    /** Draw this as soon as may be; resolves when the canvas is at rest. @param {Job} job */
    request(job) {
      wanted = job;
      sharpening?.abort();
      working ??= work();
      return working;
    },
    /** A frame of a run: at most half a million pixels, and nothing else in its way. @param {Job} job */
    async live(job) {
      sharpening?.abort();
      wanted = null;
      await draw(job, LIVE_PIXELS);
    },
  };
}

/** @typedef {ReturnType<typeof createPainter>} Painter */
