// One run at a time: generate, pause, step, cancel; what is behind, how fast, and how long it will take yet.
import { isAbort } from '../base/dom.js';
import { optionsFor } from '../models/session.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
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
  let run = 0;
  let phase = /** @type {'idle'|'loading'|'running'|'paused'} */ ('idle');
  let hidden = false; // paused by us, because nobody looks
  let over = Promise.resolve();

  /** @param {typeof phase} next */
  function enter(next) {
    phase = next;
    onState();
  }

  /**
   * @param {() => Settings} settings asked again once the model is there
   * @param {Partial<import('../../engine/pool.js').GenerateOptions>} edit what else the pool is to know
   */
  async function go(settings, edit) {
    const mine = ++run;
    const replaced = () => mine !== run;
    let spent = 0;
    try {
      enter('loading');
      await session.use(settings().model);
      if (replaced()) return;
      onModel();
      const done = pool.generate({ ...optionsFor(settings(), pool.info), ...edit }, {
        onFrame: async (frame) => {
          if (replaced()) return;
          spent += frame.ms;
          await onFrame({ ...frame, left: spent * (1 / frame.share - 1) });
        },
      });
      hidden = document.hidden;
      if (hidden) pool.pause();
      enter(hidden ? 'paused' : 'running');
      const summary = await done;
      if (replaced()) return;
      enter('idle');
      await onDone(summary);
    } catch (error) {
      if (replaced()) return;
      enter('idle');
      if (isAbort(error)) onCancel(pool.evaluation, pool.total);
      else onTrouble(error);
    }
  }

  return {
    get phase() {
      return phase;
    },
    /** The last run that was started is over, however it ended. */
    get over() {
      return over;
    },
    /** @param {() => Settings} settings @param {Partial<import('../../engine/pool.js').GenerateOptions>} [edit] */
    start(settings, edit = {}) {
      over = go(settings, edit);
    },
    cancel() {
      if (phase === 'loading') {
        run++;
        pool.cancel();
        enter('idle');
        onCancel(0, 0);
      } else pool.cancel();
    },
    /** Whatever goes on is over, without a word: the model is about to change. */
    abandon() {
      run++;
      pool.cancel();
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
        this.pause();
        hidden = true;
      } else if (!now && hidden) this.resume();
    },
  };
}

/** @typedef {ReturnType<typeof createRunner>} Runner */
