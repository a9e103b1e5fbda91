// One run at a time: generate, pause, step, cancel; what is behind, how fast, and how long it will take yet.
import { optionsFor } from '../models/session.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {Partial<import('../../engine/pool.js').GenerateOptions>} Edit what else the pool is to know */
/**
 * @typedef {object} Frame
 * @property {number} evaluation
 * @property {number} total
 * @property {number} ms of this evaluation
 * @property {number} share of the work that is done
 * @property {number} left milliseconds, estimated
 */

/**
 * @param {import('../models/session.js').Session} session
 * @param {object} hooks
 * @param {() => void} hooks.onState running or paused changed
 * @param {() => void} hooks.onModel the model is there
 * @param {(frame: Frame) => Promise<void>|void} hooks.onFrame
 * @param {(summary: {total: number, ms: number}) => Promise<void>|void} hooks.onDone
 * @param {(evaluation: number, total: number) => void} hooks.onCancel
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createRunner(session, { onState, onModel, onFrame, onDone, onCancel, onTrouble }) {
  const { pool } = session;
  /** Of the run in progress, from the click to the workers. */
  let run = new AbortController();
  let over = Promise.resolve();
  let phase = /** @type {'idle'|'loading'|'running'|'paused'} */ ('idle');
  let hidden = false; // paused by us, because nobody looks

  /** @param {typeof phase} next */
  function enter(next) {
    phase = next;
    onState();
  }

  /** @param {() => Settings} settings asked again once the model is there @param {Edit} edit @param {AbortSignal} signal */
  async function go(settings, edit, signal) {
    let spent = 0;
    try {
      enter('loading');
      await session.use(settings().model, signal);
      if (signal.aborted) return;
      onModel();
      const done = pool.generate({ ...optionsFor(settings(), pool.info), ...edit }, {
        signal,
        onFrame(frame) {
          spent += frame.ms;
          return onFrame({ ...frame, left: spent * (1 / frame.share - 1) });
        },
      });
      hidden = document.hidden;
      if (hidden) pool.pause();
      enter(hidden ? 'paused' : 'running');
      const summary = await done;
      if (signal.aborted) return;
      enter('idle');
      await onDone(summary);
    } catch (error) {
      if (signal.aborted) return; // who called it off knows what comes next
      enter('idle');
      onTrouble(error);
    }
  }

  const runner = {
    get phase() {
      return phase;
    },
    /** The last run that was started is over, however it ended. */
    get over() {
      return over;
    },
    /** @param {() => Settings} settings @param {Edit} [edit] */
    start(settings, edit = {}) {
      run.abort();
      run = new AbortController();
      over = go(settings, edit, run.signal);
    },
    cancel() {
      if (phase === 'idle') return;
      const loading = phase === 'loading';
      runner.abandon();
      onCancel(loading ? 0 : pool.evaluation, loading ? 0 : pool.total);
    },
    /** Whatever goes on is over, without a word. */
    abandon() {
      run.abort();
      if (phase !== 'idle') enter('idle');
    },
    pause() {
      if (phase !== 'running') return;
      pool.pause();
      enter('paused');
    },
    resume() {
      if (phase !== 'paused') return;
      hidden = false;
      pool.resume();
      enter('running');
    },
    async step() {
      if (phase === 'paused') await pool.step();
    },
    /** Nobody computes for a page that nobody sees. @param {boolean} now */
    setHidden(now) {
      if (now && phase === 'running') {
        runner.pause();
        hidden = true;
      } else if (!now && hidden) runner.resume();
    },
  };
  return runner;
}

/** @typedef {ReturnType<typeof createRunner>} Runner */
