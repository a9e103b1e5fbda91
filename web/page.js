// The page at work: settings on one side, the pool of workers on the other, and what happens between them.
import { createControls, randomSeed } from './controls.js';
import { button, sentence } from './dom.js';
import { createInsides } from './insides.js';
import { createKeep } from './keep.js';
import { bindKeys, createHelp } from './keys.js';
import { className, createPicker, fitted } from './models.js';
import { createPicture } from './picture.js';
import { createRunner } from './runner.js';
import { createScrubber } from './scrubber.js';
import { createSession } from './session.js';
import { createStage } from './stage.js';
import { createStarter } from './starter.js';
import { adopted, fromHash, fromParameters, quote, SETTINGS } from './state.js';
import { createStore } from './store.js';
import { isEndless } from './world.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('./view.js').View} View */

const OUT_OF_MEMORY = 4;
const RAN_AWAY =
  'The numbers ran away while this picture was made; another seed or less guidance helps.';

/**
 * @param {import('./pool.js').Pool} pool
 * @param {import('./library.js').Library} library
 * @param {View} view
 * @param {Settings} first
 */
export function openPage(pool, library, view, first) {
  const fail = (/** @type {unknown} */ error) => view.notice(sentence(error));
  const session = createSession(pool, library);
  const { models } = library;
  const help = createHelp();
  const store = createStore(first);
  let painted = false;
  let shownModel = '';
  let following = false; // the run adds to the picture, where another part of the world has come into view
  /** The moment to show once the run that makes it is over. @type {number|null} */
  let wantedMoment = first.at;

  const moment = () => Math.min(store.settings.at ?? pool.evaluation, pool.evaluation);
  const stage = createStage({
    pool,
    session,
    store,
    moment: () => (painted ? moment() : 0),
    onSharp: describe,
    onDecided: followWorld,
    say: (text) => view.tell(text),
    refuse: view.notice,
    onTrouble: fail,
  });
  const insides = createInsides(pool, (name) => store.set({ view: name }), fail);
  const scrubber = createScrubber((at) => store.set({ at }));
  const controls = createControls(store, stage, view.notice);
  const picker = createPicker(chooseModel, (index) => store.set({ class: index }));
  const starter = createStarter(start);
  const runner = createRunner(session, {
    onState: showState,
    onModel: showModel,
    async onFrame(progress) {
      if (following) view.coming(progress);
      else view.frame(progress, store.settings.size);
      await stage.live(progress.ms, following);
      if (!painted) performance.mark('first-frame');
      painted = true;
      insides.update(progress.evaluation);
      if (runner.phase === 'paused') await rest();
    },
    async onDone({ total, ms }) {
      if (wantedMoment !== null) store.set({ at: Math.min(wantedMoment, total) });
      wantedMoment = null;
      await rest();
      if (pool.lattice().some(Number.isNaN)) view.notice(RAN_AWAY);
      if (!document.hidden) pool.prefetch().catch(() => {}); // whatever comes of it, the picture is there
      if (following) view.arrived(ms);
      else view.ready(total, ms);
      firstPicture();
      followWorld(); // what was moved to while it was paused
    },
    onCancel(evaluation, total) {
      wantedMoment = null;
      view.cancelled(evaluation, following ? 0 : total);
      rest();
    },
    onTrouble(error) {
      view.status('That did not work.');
      fail(error);
      if (session.loaded) store.set({ model: session.loaded });
      const tooLarge = /** @type {{code?: unknown}} */ (error).code === OUT_OF_MEMORY;
      if (tooLarge && store.settings.extend) store.set({ extend: null });
      rest();
    },
  });

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
      [step, inside].filter(Boolean).join(' · '),
    );
  }

  function showState() {
    const shown = painted && pool.evaluation > 0;
    const still = runner.phase === 'paused' || runner.phase === 'idle';
    view.buttons(runner.phase, shown);
    scrubber.set(pool.evaluation, store.settings.at, still && shown);
  }

  function showModel() {
    if (!pool.info) return;
    if (shownModel !== session.loaded) insides.rebuild(pool.info);
    shownModel = session.loaded;
    const { patch, complaints } = fitted(store.settings, pool.info);
    if (complaints.length > 0) view.notice(complaints.join(' '));
    store.set(patch);
    starter.stop(); // the run that is about to start has the corrected settings
    stage.ran();
    showSettings();
  }

  /** Another model: all of its picture, of a class that it has. @param {string} id */
  function chooseModel(id) {
    const { length } = library.model(id)?.classes ?? [];
    const { class: index } = store.settings;
    const fits = index === null || length === 0 || index < length;
    const own = adopted(store.settings, library.defaults(store.settings.model), library.defaults(id));
    store.set({ ...own, model: id, class: fits ? index : 0, window: null, extend: null });
  }

  function showSettings() {
    const rival = library.model(model()?.beside ?? '');
    controls.show(pool.info, rival?.title ?? '', model()?.why ?? '');
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

  /** @param {boolean} follows */
  function start(follows) {
    following = follows && (following || runner.phase === 'idle'); // else the run for a picture goes on, elsewhere
    if (following) view.coming(null);
    if (!follows) {
      if (wantedMoment === null) store.set({ at: null });
      stage.hideCompare();
      view.announce('Generating.');
    }
    if (session.loaded !== store.settings.model) view.status('Loading the model …');
    runner.start(() => store.settings);
  }

  /** A picture of another world has to be computed. */
  function followWorld() {
    if (session.loaded !== store.settings.model || !stage.wantsOtherWorld()) return;
    if (!pool.info || !isEndless(pool.info)) starter.soon();
    else if (runner.phase !== 'paused') starter.follow();
  }

  /** Ask for a picture: another one, unless the seed is to be kept. */
  function generate() {
    if (painted && !store.settings.lock) store.set({ seed: randomSeed() });
    starter.now();
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
    store.set(settings);
    starter.now();
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

  const keep = createKeep({
    ...createPicture({ pool, store, model, subject, moment }),
    link: () => new URL(store.hash, location.href).href,
    async onFile(name, bytes) {
      const isPicture = bytes[0] === 0x89 && bytes[1] === 0x50;
      if (isPicture) {
        const text = await pool.pngParameters(bytes);
        const found = text === null ? null : fromParameters(text, library.defaults);
        if (found) restore(found.settings, found.complaints);
        else
          view.notice(
            `${name} carries no settings of coordiff, so there is nothing to restore from it.`,
          );
        return;
      }
      runner.abandon();
      const before = library.defaults(store.settings.model);
      await session.useOwn(name, bytes).finally(rest);
      shownModel = '';
      store.set({ ...adopted(store.settings, before, library.defaults('own')), model: 'own', class: null });
      starter.now();
    },
    say: (text) => view.tell(text),
    onTrouble: fail,
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
  bindKeys(
    {
      escape: () => runner.cancel(),
      p: togglePause,
      '.': () => runner.step(),
      r: controls.dice,
      l: controls.toggleLock,
      '[': () => scrubber.nudge(-1),
      ']': () => scrubber.nudge(1),
      ' ': scrubber.toggle,
      c: controls.toggleCompare,
      '+': stage.zoom.zoomIn,
      '=': stage.zoom.zoomIn,
      '-': stage.zoom.zoomOut,
      0: stage.zoom.fit,
      1: stage.zoom.pixelPerCell,
      '*': () => controls.scale('double'),
      '/': () => controls.scale('half'),
      d: keep.download,
      '?': help.open,
    },
    generate,
  );
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
    const workers = pool.size === 1 ? 'one worker' : `${pool.size} workers`;
    view.engine(
      `First picture ${(performance.now() / 1000).toFixed(1)} s after opening, by ${workers} (${pool.kernels}).`,
    );
    navigator.serviceWorker?.register('sw.js').catch(() => {});
  }

  showSettings();
  restore(first, []);
}
