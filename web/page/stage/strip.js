// A sharp picture that moves along the horizon: its pixels move with it, and only the strip that comes into view is drawn.
import { known } from '../base/ends.js';
import { isEndless, pitchOf } from '../base/world.js';
import { regionOf } from './surface.js';

/** @typedef {import('./painter.js').Job} Job */

const STILL = 1e-6; // of the width: so much is no movement (surface.js)
const MOST = 0.4; // of the width: what is more is drawn anew, coarse first

/** Pixels that one part lies to the right of another of the same size; null: it is not a whole number of them, or more than that.
 *  @param {Job} from @param {Job} to */
function pixelsBetween(from, to) {
  const pitch = pitchOf(from.part, from.size);
  const by = (to.part.x - from.part.x) / pitch;
  const same = [
    to.size.width === from.size.width && to.size.height === from.size.height,
    to.view === from.view && to.at === from.at && to.signal === from.signal,
    Math.abs(to.part.across / from.part.across - 1) < 1e-9,
    Math.abs(to.part.y - from.part.y) < STILL * to.part.across,
    Math.abs(by - Math.round(by)) < STILL * to.size.width,
  ];
  return same.every(Boolean) ? Math.round(by) : null;
}

/** @param {import('../../engine/pool.js').Pool} pool @param {import('./surface.js').Surface} surface */
export function createStrip(pool, surface) {
  /** On the canvas, sharp and final from one pixel column to another. @type {{job: Job, from: number, to: number}|null} */
  let kept = null;

  /** @param {Job} job @param {number} left @param {number} width columns of it @param {() => boolean} wanted */
  async function draw(job, left, width, wanted) {
    const { info, world } = pool;
    if (width < 1 || !info || !world) return true;
    const pitch = pitchOf(job.part, job.size);
    const asked = { size: { width, height: job.size.height }, part: { ...job.part, x: job.part.x + left * pitch, across: width * pitch } };
    const { size, part } = isEndless(info) ? known(asked, info, world) : asked;
    if (size.width < 1) return false;
    const rested = !pool.running;
    const window = { x: part.x, y: part.y, pitch };
    const rgba = await pool.render(size.width, size.height, { view: job.view, at: job.at, window, signal: job.signal });
    if (!wanted()) return false;
    surface.patch(rgba, size, left + Math.round((part.x - asked.part.x) / pitch));
    return rested && !pool.running && size.width === width;
  }

  return {
    /** All of the canvas shows this, and it will not change. @param {Job} job */
    keep(job) {
      kept = { job, from: 0, to: job.size.width };
    },
    forget() {
      kept = null;
    },
    /** Could it be shown so? @param {Job} job @param {() => boolean} wanted nothing newer is */
    async slide(job, wanted) {
      const by = kept && pixelsBetween(kept.job, job);
      if (!kept || by === null) return false;
      const { width } = job.size;
      const from = Math.max(0, Math.min(width, kept.from - by));
      const to = Math.max(from, Math.min(width, kept.to - by));
      if (width - (to - from) > MOST * width) return false;
      surface.slide(by, regionOf(job.part, job.size));
      kept = { job, from, to };
      const left = await draw(job, 0, from, wanted);
      const right = await draw(job, to, width - to, wanted);
      if (kept?.job === job) kept = { job, from: left ? 0 : from, to: right ? width : to };
      return true;
    },
  };
}
