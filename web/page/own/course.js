// A training on somebody's own pictures, without its elements: begun, paused, kept in the browser, gone on with.
import { createPool } from '../../engine/pool.js';
import { createTrainer } from '../../engine/trainer.js';
import { remove, write } from './storage.js';

/** The lattice. The network is that of the model to start from. */
export const SHAPE = { channels: 3, width: 32, height: 32 };
const TRAIN = { images: 32, pixels: 128, lr: 0.002, warmup: 30 };
const START = 'models/start.safetensors';
const GUESS = 1000; // steps, until the speed is known
export const SAMPLES = 8;
const SIDE = 3 * SHAPE.width; // pixels of a sample
const STEPS = 12; // of its sampling
const SMOOTH = 20; // steps that a loss is told of
const FIRST_GRID = 4; // seconds; then one after every sixth of the time so far,
const LEAST_GRID = 6; // but not more often than this
const KEPT_EVERY = 20; // seconds

/**
 * @typedef {import('./pictures.js').Named} Named
 * @typedef {object} Run all that going on takes, but for the pictures
 * @property {typeof TRAIN} train its settings, also when the page has others some day
 * @property {Uint8Array|null} checkpoint null: nothing is kept yet
 * @property {number} step @property {number} steps behind, and in all
 * @property {number} seconds @property {number} limit spent, and to be spent
 * @property {number[]} losses one for every SMOOTH steps
 * @typedef {'none'|'preparing'|'training'|'paused'|'done'} Phase
 */

async function fetchStart() {
  const response = await fetch(START).catch(() => null);
  if (!response?.ok) throw new Error('The model that training starts from could not be fetched; check the connection and try again.');
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * @param {object} hooks
 * @param {() => void} hooks.onNews
 * @param {(index: number, rgba: Uint8ClampedArray, side: number) => void} hooks.onSample
 * @param {(text: string) => void} hooks.onNotice
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createCourse({ onNews, onSample, onNotice, onTrouble }) {
  /** @type {Promise<import('../../engine/trainer.js').Trainer>|null} */
  let hired = null;
  /** @type {Promise<import('../../engine/pool.js').Pool>|null} */
  let painter = null;
  /** @type {Phase} */
  let phase = 'none';
  /** @type {Named[]} */
  let pictures = [];
  /** @type {Run|null} */
  let run = null;
  let standing = false; // the workers have it
  let warned = false;
  let pace = 0; // seconds a step
  /** Of the steps since the last of run.losses. @type {number[]} */
  let recent = [];
  let drawing = Promise.resolve();
  let loop = Promise.resolve();

  const trainer = () => {
    hired ??= createTrainer({ onNotice });
    return hired;
  };
  /** @param {Phase} next */
  function enter(next) {
    phase = next;
    onNews();
  }

  /** Give the workers what they need; → the step where they stand. @param {typeof TRAIN} train @param {Uint8Array|null} from @param {Uint8Array|null} checkpoint */
  async function prepare(train, from, checkpoint) {
    const { views, setOf, start } = await trainer();
    const cut = [];
    for (const [i, picture] of pictures.entries()) cut.push(await views(picture, i, pictures.length, SHAPE));
    const course = { pictures: setOf(cut, SHAPE), model: { augment: 1 }, train, from: from ?? (await fetchStart()) };
    const step = await start({ ...course, checkpoint });
    standing = true;
    return step;
  }

  /** A checkpoint of these pictures and settings goes on where it stood; any other model lends its weights. @param {Uint8Array|null} from */
  async function prepareFrom(from) {
    if (!from) return prepare(TRAIN, null, null);
    return prepare(TRAIN, from, from).catch(() => prepare(TRAIN, from, null));
  }
  /** What was kept; a checkpoint has its network in it. */
  async function prepareKept() {
    if (run && !standing) await prepare(run.train, run.checkpoint, run.checkpoint);
  }

  /** Samples of the weights as they are; training goes on meanwhile. */
  async function draw() {
    const bytes = await (await trainer()).model();
    painter ??= createPool({ size: 1 });
    const pool = await painter;
    await pool.loadModel(bytes);
    for (let i = 0; i < SAMPLES && run; i++) {
      await pool.generate({ seed: BigInt(i + 1), steps: STEPS });
      onSample(i, await pool.render(SIDE, SIDE), SIDE);
    }
  }
  /** One grid at a time. */
  async function drawSoon() {
    await drawing;
    drawing = draw().catch(onTrouble);
  }

  /** What the browser does not keep is said once; training goes on. @param {unknown} error */
  function notKept(error) {
    if (!warned) onTrouble(error);
    warned = true;
  }
  async function keep() {
    if (!run || !standing) return;
    run.checkpoint = await (await trainer()).checkpoint();
    await write('run', run).catch(notKept);
  }

  /** @param {Run} now */
  async function step(now) {
    const begun = performance.now();
    if (pace > 0) now.steps = Math.round(now.step + (now.limit - now.seconds) / pace);
    now.steps = Math.max(now.steps, now.step + 1);
    const report = await (await trainer()).step(now.steps);
    const took = (performance.now() - begun) / 1000;
    pace = pace > 0 ? pace + (took - pace) / 20 : took;
    now.step = report.step;
    now.seconds += took;
    recent.push(report.loss);
    if (recent.length < SMOOTH) return;
    now.losses.push(recent.reduce((sum, loss) => sum + loss, 0) / SMOOTH);
    recent = [];
    onNews();
  }

  /** @param {Run} now */
  async function train(now) {
    let [nextGrid, nextKeep] = [now.seconds + FIRST_GRID, now.seconds + FIRST_GRID];
    try {
      await drawSoon();
      while (phase === 'training' && now.seconds < now.limit) {
        await step(now);
        if (now.seconds > nextGrid) {
          nextGrid = now.seconds + Math.max(LEAST_GRID, now.seconds / 6);
          await drawSoon();
        }
        if (now.seconds > nextKeep) {
          nextKeep = now.seconds + KEPT_EVERY;
          await keep();
        }
      }
      await keep();
      await drawSoon();
    } catch (error) {
      onTrouble(error);
    }
    if (run === now) enter(now.seconds < now.limit ? 'paused' : 'done');
  }

  /** @param {() => Promise<void>} ready @param {Phase} otherwise */
  async function go(ready, otherwise) {
    enter('preparing');
    try {
      await loop;
      await ready();
    } catch (error) {
      enter(otherwise);
      throw error;
    }
    enter('training');
    loop = train(/** @type {Run} */ (run));
  }

  const api = {
    get phase() { return phase; },
    get run() { return run; },
    keep,

    /** One picture as the model will see it. @param {Named} picture @param {number} total */
    async seen(picture, total) {
      const { levels } = await (await trainer()).views(picture, 0, total, SHAPE);
      return levels.subarray(0, SHAPE.channels * SHAPE.width * SHAPE.height);
    },

    /** @param {Named[]} all @param {Uint8Array|null} from @param {number} seconds */
    begin: (all, from, seconds) =>
      go(async () => {
        pictures = [...all];
        recent = [];
        const step = await prepareFrom(from);
        run = { train: TRAIN, checkpoint: null, step, steps: GUESS, seconds: 0, limit: seconds, losses: [] };
        await write('pictures', pictures).catch(notKept);
      }, 'none'),

    /** What an earlier visit left. @param {import('./storage.js').Kept} kept */
    open(kept) {
      ({ pictures, run } = kept);
      enter(run.seconds < run.limit ? 'paused' : 'done');
    },

    /** @param {number} more seconds */
    resume: (more) =>
      go(async () => {
        if (!run) return;
        run.limit += more;
        await prepareKept();
      }, 'paused'),

    /** Resolves when everything is kept. */
    async pause() {
      if (phase === 'training') phase = 'paused';
      await loop;
    },

    /** The run as a file. */
    checkpoint: async () => (standing ? (await trainer()).checkpoint() : run?.checkpoint),
    /** What it makes pictures with. */
    async model() {
      await prepareKept();
      return (await trainer()).model();
    },

    async forget() {
      await api.pause();
      [run, standing, pictures] = [null, false, []];
      await drawing;
      (await hired)?.terminate();
      (await painter)?.terminate();
      hired = painter = null;
      await remove();
      enter('none');
    },
  };
  return api;
}
