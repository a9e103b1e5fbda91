// The page at work: settings on one side, the pool of workers on the other, and what happens between them.
import { createControls } from './controls.js';
import { button } from './base/dom.js';
import { createHistory } from './run/history.js';
import { createInsides } from './stage/insides.js';
import { bindPageKeys } from './keys.js';
import { createMix } from './seeds/mix.js';
import { className, createPicker, fitted } from './models/models.js';
import { createRunner } from './run/runner.js';
import { createScrubber } from './run/scrubber.js';
import { createSession } from './models/session.js';
import { createStage } from './stage/stage.js';
import { strayed } from './edit/start.js';
import { createStarter } from './run/starter.js';
import { adopted, fromHash, quote, SETTINGS } from './settings/state.js';
import { createStore, randomSeed } from './settings/store.js';
import { createWorkbench } from './workbench.js';
import { isEndless } from './base/world.js';

/** @typedef {import('./settings/state.js').Settings} Settings */
/** @typedef {import('./view.js').View} View */

const OUT_OF_MEMORY = 4;
const FAR = 20; // colours are from -1 to 1

/**
 * @param {import('../engine/pool.js').Pool} pool
 * @param {import('./models/library.js').Library} library
 * @param {View} view
 * @param {Settings} first
 */
export function openPage(pool, library, view, first) {
  const { fail } = view;
  const session = createSession(pool, library);
  const { models } = library;
  const store = createStore(first);
  const history = createHistory(pool);
  let painted = false;
  /** @type {import('../engine/engine.js').ModelInfo|null} */
  let shownModel = null;
  let following = false; // the run adds to the picture, where another part of the world has come into view
  /** The moment to show once the run that makes it is over. @type {number|null} */
  let wantedMoment = first.at;

  const moment = () => Math.min(store.settings.at ?? pool.evaluation, pool.evaluation);
  const stage = createStage({
    pool,
    session,
    store,
    moment: () => (painted ? moment() : 0),
    overlay: () => editor,
    onSharp: describe,
    onDecided: followWorld,
    say: (text) => view.tell(text),
    refuse: view.notice,
    onTrouble: fail,
  });
  const insides = createInsides(pool, (name) => store.set({ view: name }), fail);
  const scrubber = createScrubber((at) => store.set({ at }));
  const controls = createControls(store, stage, view.notice);
  const mix = createMix(store, view.notice);
  const picker = createPicker(chooseModel, (index) => store.set({ class: index }));
  const starter = createStarter((follows) => start(null, undefined, follows));
  const runner = createRunner(session, {
    onState: showState,
    onModel: showModel,
    async onFrame(progress) {
      if (following) view.coming(progress);
      else view.frame(progress, store.settings.size);
      await stage.live(progress.ms, following);
      if (!painted) performance.mark('first-frame');
      painted = true;
      if (progress.evaluation === 1) history.commit();
      insides.update(progress.evaluation);
      if (runner.phase === 'paused') await rest();
    },
    async onDone({ total, ms }) {
      if (wantedMoment !== null) store.set({ at: Math.min(wantedMoment, total) });
      wantedMoment = null;
      await rest();
      const lattice = pool.lattice();
      const broken = lattice.some((value) => !(Math.abs(value) < FAR)); // NaN, too
      if (!document.hidden) pool.prefetch().catch(() => {}); // whatever comes of it, the picture is there
      if (following) view.arrived(ms);
      else view.done(total, ms, broken, strayed(history.edit, lattice));
      firstPicture();
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
      fail(error);
      const before = history.drop();
      if (before) quietly(before);
      if (session.loaded) store.set({ model: session.loaded });
      const tooLarge = /** @type {{code?: unknown}} */ (error).code === OUT_OF_MEMORY;
      if (tooLarge && store.settings.extend) store.set({ extend: null });
      rest();
    },
  });

  const endless = () => pool.info !== null && isEndless(pool.info);
  const model = () => library.model(store.settings.model);
  const subject = () => className(model(), store.settings.class) || model()?.title || 'Picture';

  function describe() {
    const at = moment();
    const step = at < pool.total ? `step ${at} of ${pool.total}` : '';
    const inside = store.settings.view === 'clean' ? '' : store.settings.view;
    view.caption(
      subject(),
      store.settings,
      store.settings.size,
      [step, inside, history.edit ? 'edited' : ''].filter(Boolean).join(' · '),
    );
  }

  function showState() {
    const shown = painted && pool.evaluation > 0;
    const still = runner.phase === 'paused' || runner.phase === 'idle';
    view.buttons(runner.phase, shown);
    scrubber.set(pool.evaluation, store.settings.at, still && shown);
    editor.show();
  }

  function showModel() {
    if (!pool.info) return;
    if (shownModel !== pool.info) {
      insides.rebuild(pool.info);
      history.clear();
      editor.showModel();
    }
    shownModel = pool.info;
    const { patch, complaints } = fitted(store.settings, pool.info);
    if (complaints.length > 0) view.notice(complaints.join(' '));
    quietly(patch); // the run that is about to start has the corrected settings
    stage.ran();
    showSettings();
  }

  /** @param {Partial<Settings>} patch no run is needed for this */
  function quietly(patch) {
    store.set(patch);
    starter.stop();
  }

  /** Another model: all of its picture, of a class that it has. @param {string} id */
  function chooseModel(id) {
    const { length } = library.model(id)?.classes ?? [];
    const { class: index } = store.settings;
    const fits = index === null || length === 0 || index < length;
    const own = adopted(
      store.settings,
      library.defaults(store.settings.model),
      library.defaults(id),
    );
    store.set({ ...own, model: id, class: fits ? index : 0, window: null, extend: null });
  }

  function showSettings() {
    const rival = library.model(model()?.beside ?? '');
    controls.show(pool.info, rival?.title ?? '', model()?.why ?? '');
    mix.show();
    picker.showModels(models, store.settings.model);
    picker.showClasses(model(), store.settings.class);
    insides.mark(store.settings.view);
    stage.showZoom();
    stage.layout();
  }

  /** The run stands still, wherever: everything at full size. */
  async function rest() {
    view.progress(pool.total > 0 ? pool.evaluation / pool.total : 0);
    showState();
    if (!painted || pool.evaluation === 0) return;
    insides.update(moment());
    await stage.repaint();
  }

  /**
   * @param {import('./run/history.js').Done|null} [edit] @param {Settings} [before] it
   * @param {boolean} [follows] the same world, of which another part has come into view
   */
  function start(edit = null, before = undefined, follows = false) {
    starter.stop();
    following = follows && (following || runner.phase === 'idle'); // else the run for a picture goes on, elsewhere
    if (following) view.coming(null);
    if (!follows) {
      if (wantedMoment === null) store.set({ at: null });
      stage.hideCompare();
      editor.hideMask();
      view.announce('Generating.');
      history.begin(edit, store.settings, before);
    }
    if (session.loaded !== store.settings.model) view.status('Loading the model …');
    runner.start(() => store.settings, edit?.options);
  }

  /** A picture of another world has to be computed. */
  function followWorld() {
    if (session.loaded !== store.settings.model || !stage.wantsOtherWorld()) return;
    if (endless()) {
      if (runner.phase !== 'paused') starter.follow();
    } else if (!history.edit) starter.soon();
    else if (editor.lacks) starter.soon(() => editor.outgrow(history.before(store.settings)));
    else starter.stop(); // what was edited stays, and there is all of it
  }

  /** Ask for a picture: another one, unless the seed is to be kept. */
  function generate() {
    if (painted && !store.settings.lock) store.set({ seed: randomSeed() });
    start();
  }

  /** @param {Settings} settings @param {string[]} complaints */
  function restore(settings, complaints) {
    if (complaints.length > 0) view.notice(complaints.join(' '));
    if (!library.model(settings.model)) {
      const used = session.loaded || models[0].id;
      view.notice(`There is no model ${quote(settings.model)} here; ${quote(used)} is used.`);
      settings = { ...settings, model: used };
    }
    wantedMoment = settings.at;
    quietly(settings);
    start();
  }

  store.onChange((changed) => {
    if (changed.size === 1 && changed.has('window')) stage.showZoom();
    else showSettings();
    const affected = new Set([...changed].map((key) => SETTINGS[key].affects));
    if (affected.has('canvas')) stage.repaint();
    if (affected.has('picture')) starter.soon();
    else followWorld();
    if (changed.has('at')) insides.update(moment());
    if (changed.has('at') || changed.has('view')) showState();
  });

  const { editor, seeds, keep, undo } = createWorkbench({
    session,
    store,
    history,
    runner,
    view,
    region: stage.region,
    moment: () => (painted ? moment() : 0),
    subject,
    start,
    ran: stage.ran,
    rest,
    quietly,
    restore,
  });

  button('generate').addEventListener('click', generate);
  button('cancel').addEventListener('click', () => runner.cancel());
  button('pause').addEventListener('click', togglePause);
  button('step').addEventListener('click', () => runner.step());
  async function togglePause() {
    if (runner.phase === 'paused') return runner.resume();
    runner.pause();
    view.announce('Paused.');
    await rest();
  }
  bindPageKeys({
    runner,
    controls,
    scrubber,
    stage,
    editor,
    seeds,
    keep,
    togglePause,
    undo,
    generate,
  });
  document.addEventListener('visibilitychange', () => runner.setHidden(document.hidden));
  addEventListener('hashchange', () => {
    const { settings, complaints } = fromHash(location.hash, library.defaults);
    restore(settings, complaints);
  });

  let opened = false;
  function firstPicture() {
    if (opened) return;
    opened = true;
    performance.mark('first-picture');
    view.engine(pool.size, pool.kernels);
    navigator.serviceWorker?.register('sw.js').catch(() => {});
  }

  showSettings();
  restore(first, []);
}
