// The life of a picture: when one is asked for, how it begins, where it rests, and how an earlier one comes back. All that makes
// or keeps pictures asks here; nothing here knows who asks.
import { covers, isEndless, worldOf } from './base/world.js';
import { fitted } from './models/models.js';
import { createHand } from './run/hand.js';
import { createRunner } from './run/runner.js';
import { createStarter } from './run/starter.js';
import { adopted, quote, SETTINGS } from './settings/state.js';
import { randomSeed } from './settings/store.js';
import { createStage } from './stage/stage.js';

/** @typedef {import('./settings/state.js').Settings} Settings */
/** @typedef {import('./run/history.js').Done} Done */
/** @typedef {ReturnType<typeof createDirector>} Director */
/**
 * @typedef {object} Listener
 * @property {() => void} [onState] what can be done now has changed
 * @property {() => void} [onModel] another model is there
 * @property {() => void} [onBegin] another picture is on its way
 * @property {(settings: Settings) => void} [onSketch] a preview is on the canvas, of these
 * @property {() => void} [onFrame] a step of a picture that is being made is on the canvas
 * @property {() => void} [onSharp] the picture is on the canvas
 * @property {(total: number, ms: number) => void} [onDone] a run is over, and the picture at rest
 * @property {(before: Settings) => void} [onOutgrown] the settings ask for more world than the edited picture has
 */

const OUT_OF_MEMORY = 4;
const AHEAD = 0.6; // a preview of few evaluations is as far as a run after this share of its own

/**
 * @param {import('./models/session.js').Session} session
 * @param {import('./settings/store.js').Store} store
 * @param {import('./run/history.js').History} history
 * @param {import('./view.js').View} view
 */
export function createDirector(session, store, history, view) {
  const { pool, library, life } = session;
  /** @type {Listener[]} */
  const listeners = [];
  let following = false; // the run adds to the picture, where another part of the world has come into view
  let ahead = 0; // the share of a run up to which the preview on the canvas shows more; 0: there is none
  let unseen = false; // of the run nothing was shown yet, because of that
  /** The moment to show once the run that makes it is over. @type {number|null} */
  let wantedMoment = store.settings.at;
  /** @type {import('../engine/engine.js').ModelInfo|null} */
  let shownModel = null;

  const endless = () => pool.info !== null && isEndless(pool.info);
  /** @template {keyof Listener} K @param {K} event @param {Parameters<NonNullable<Listener[K]>>} what */
  function tell(event, ...what) {
    for (const listener of listeners) /** @type {any} */ (listener[event])?.(...what);
  }
  const changed = () => tell('onState');
  const stage = createStage({
    pool,
    session,
    store,
    onSharp() {
      settle();
      tell('onSharp');
      changed();
    },
    onDecided: followWorld,
    say: view.tell,
    refuse: view.notice,
    onTrouble: view.fail,
  });
  const hand = createHand(session, (sketch, settings, signal) => {
    if (signal.aborted) return;
    stage.sketch(sketch);
    ahead = AHEAD * sketch.share;
    tell('onSketch', settings);
    changed();
  });
  /** The picture itself is seen, or soon will be. */
  function settle() {
    hand.stop();
    ahead = 0;
    unseen = false;
  }
  /** A preview of what will be run soon. @param {Partial<import('../engine/pool.js').GenerateOptions>} [edit] */
  function follow(edit) {
    if (!pool.info || session.loaded !== store.settings.model) return;
    if (runner.phase === 'running') runner.abandon(); // it would only be in the way
    stage.hush();
    hand.follow({ settings: store.settings, edit });
  }
  const starter = createStarter((follows) => start(null, undefined, follows));
  const runner = createRunner(session, {
    onState: changed,
    onModel() {
      if (!pool.info) return;
      if (shownModel !== pool.info) {
        history.clear();
        shownModel = pool.info;
        tell('onModel');
      }
      stage.ran();
      if (session.loaded !== store.settings.model) return; // another is chosen already: its run waits, and must not be called off
      const { patch, complaints } = fitted(store.settings, pool.info);
      if (complaints.length > 0) view.notice(complaints.join(' '));
      store.set(patch, { run: false }); // the run that is about to start has the corrected settings
    },
    async onFrame(progress) {
      if (following) view.coming(progress);
      else view.frame(progress, store.settings.size);
      if (progress.evaluation === 1) history.commit();
      unseen = !following && progress.evaluation <= ahead * progress.total;
      if (!unseen) {
        settle();
        await stage.live(progress.ms, following);
        if (!following) tell('onFrame');
      }
      changed();
      if (runner.phase === 'paused') await rest();
    },
    async onDone({ total, ms }) {
      if (wantedMoment !== null) store.set({ at: Math.min(wantedMoment, total) });
      wantedMoment = null;
      await rest();
      if (!document.hidden) pool.prefetch().catch(() => {}); // whatever comes of it, the picture is there
      if (following) view.arrived(ms);
      else tell('onDone', total, ms);
      if (endless()) followWorld(); // what was moved to while it was paused
    },
    onCancel(evaluation, total) {
      wantedMoment = null;
      if (total > 0) history.commit();
      else history.drop();
      view.cancelled(evaluation, following ? 0 : total);
      rest();
    },
    onTrouble(error) {
      view.status('That did not work.');
      view.fail(error);
      const before = history.drop();
      if (before) store.set(before, { run: false });
      if (session.loaded) store.set({ model: session.loaded });
      const tooLarge = /** @type {{code?: unknown}} */ (error).code === OUT_OF_MEMORY;
      if (tooLarge && store.settings.extend) store.set({ extend: null });
      rest();
    },
  });

  /** The run stands still, wherever: everything at full size. */
  async function rest() {
    view.progress(pool.total > 0 ? pool.evaluation / pool.total : 0);
    settle();
    changed();
    await stage.repaint();
  }

  /**
   * @param {Done|null} [edit] @param {Settings} [before] it
   * @param {boolean} [follows] the same world, of which another part has come into view
   * @param {boolean} [replaces] the picture that is there: Undo does not come back to it
   */
  function start(edit = null, before = undefined, follows = false, replaces = false) {
    starter.stop();
    following = follows && (following || runner.phase === 'idle'); // else the run for a picture goes on, elsewhere
    if (following) view.coming(null);
    if (!follows) {
      if (wantedMoment === null) store.set({ at: null });
      life.begin();
      stage.hideCompare();
      tell('onBegin');
      view.announce('Generating.');
      history.begin(edit, store.settings, before, replaces || unseen);
    }
    if (session.loaded !== store.settings.model) view.status('Loading the model …');
    runner.start(() => store.settings, edit?.options);
  }

  /** A picture of another world has to be computed. */
  function followWorld() {
    const { info } = pool;
    const { size, extend } = store.settings;
    if (!info || session.loaded !== store.settings.model || !stage.wantsOtherWorld()) return;
    if (isEndless(info)) {
      if (runner.phase !== 'paused') starter.follow();
    } else if (!history.edit) starter.soon();
    else if (!pool.world || covers(pool.world, worldOf(info, size, extend))) starter.stop(); // there is all of it
    else starter.soon(() => tell('onOutgrown', history.before(store.settings)));
  }

  store.onChange((keys, run) => {
    const affected = new Set([...keys].map((key) => SETTINGS[key].affects));
    if (affected.has('canvas')) stage.repaint();
    if (!run) {
      starter.stop();
      if (keys.size > 0) hand.stop();
    }
    else if (affected.has('picture')) {
      starter.soon();
      follow();
    }
    else followWorld();
    if (keys.has('at') || keys.has('view')) changed();
  });
  document.addEventListener('visibilitychange', () => runner.setHidden(document.hidden));

  const api = {
    stage,
    start,
    rest,
    /** @param {Listener} listener */
    listen: (listener) => void listeners.push(listener),
    get phase() {
      return runner.phase;
    },
    /** What is seen is a preview. */
    get sketched() {
      return ahead > 0;
    },
    cancel: () => runner.cancel(),
    step: () => runner.step(),
    async togglePause() {
      if (runner.phase === 'paused') return runner.resume();
      runner.pause();
      view.announce('Paused.');
      await rest();
    },
    /** Ask for a picture: another one, unless the seed is to be kept. */
    generate() {
      if (life.moment.at > 0 && !store.settings.lock) store.set({ seed: randomSeed() });
      start();
    },
    /** @param {Settings} settings from a link or a file @param {string[]} complaints */
    restore(settings, complaints) {
      if (complaints.length > 0) view.notice(complaints.join(' '));
      let used = settings;
      if (!library.model(settings.model)) {
        used = { ...settings, model: session.loaded || library.models[0].id };
        view.notice(`There is no model ${quote(settings.model)} here; ${quote(used.model)} is used.`);
      }
      wantedMoment = used.at;
      store.set(used, { run: false });
      start();
    },
    /** The edit that is shown, made otherwise: previews follow, and at rest it takes its place. @param {Done} edit */
    replace(edit) {
      starter.soon(() => start(edit, undefined, false, true));
      follow(edit.options);
    },
    /** A picture of those before, as it was. @param {import('./run/album.js').Kept} kept @param {boolean} another a place of its own in the browser's history */
    async recall({ settings, edit, run, info }, another) {
      if (!run || info !== pool.info || session.loaded !== settings.model) return api.restore(settings, []); // made again
      runner.abandon();
      history.begin(edit, settings);
      store.set(settings, { run: false });
      store.settle(another);
      life.begin();
      try {
        await pool.reopen(run);
        history.commit();
        stage.ran();
        await rest();
        view.status('This picture again.');
      } catch (error) {
        history.drop();
        view.fail(error);
      }
    },
    /** The picture before this one. */
    async undo() {
      if (!history.undoable) return;
      runner.abandon();
      try {
        store.set(await history.undo(), { run: false });
        store.settle(true);
        life.begin();
        stage.ran();
        await rest();
        view.status('Undone: this is the picture before.');
        view.announce('Undone.');
      } catch (error) {
        view.fail(error);
      }
    },
    /** The pool is free for something else: the run in progress is over, or given up where it was paused. */
    async free() {
      if (runner.phase === 'paused') runner.abandon();
      await runner.over;
    },
    /** A checkpoint of the visitor's own; all of its picture. @param {string} name @param {Uint8Array} bytes @param {Partial<Settings>} [fitting] */
    async useOwn(name, bytes, fitting = {}) {
      runner.abandon();
      const before = library.defaults(store.settings.model);
      await session.useOwn(name, bytes).finally(rest);
      const own = adopted(store.settings, before, library.defaults('own'));
      store.set({ ...own, ...fitting, model: 'own', class: null, window: null, extend: null }, { run: false });
      start();
    },
  };
  return api;
}
