// The page put together: what shows the settings and the picture, and what can be done with them.
import { block, button, byId } from './base/dom.js';
import { createControls } from './controls.js';
import { createDirector } from './director.js';
import { createEditor } from './edit/editor.js';
import { unchanged } from './edit/start.js';
import { createFiles } from './keep/files.js';
import { createKeep } from './keep/keep.js';
import { createLarge } from './keep/large.js';
import { bindPageKeys } from './keys.js';
import { createLife } from './models/life.js';
import { className, createPicker } from './models/models.js';
import { createSession } from './models/session.js';
import { createAlbum } from './run/album.js';
import { createHistory } from './run/history.js';
import { createScrubber } from './run/scrubber.js';
import { createMix } from './seeds/mix.js';
import { createSeedGrid } from './seeds/seeds.js';
import { adopted, defaults, fromHash, print } from './settings/state.js';
import { createStore } from './settings/store.js';
import { createFull } from './stage/full.js';
import { createInsides } from './stage/insides.js';
import { createTabs } from './tabs.js';

const FAR = 20; // colours are from -1 to 1

/**
 * @param {import('../engine/pool.js').Pool} pool
 * @param {import('./models/library.js').Library} library
 * @param {import('./view.js').View} view
 * @param {import('./settings/state.js').Settings} first
 * @param {boolean} sized somebody has chosen a size
 */
export function openPage(pool, library, view, first, sized) {
  const store = createStore(first);
  const life = createLife(pool, store);
  const session = createSession(pool, library, life);
  const history = createHistory(pool);
  const director = createDirector(session, store, history, view);
  const { stage } = director;
  const model = () => library.model(store.settings.model);
  let unchosen = sized ? '' : print('size', first.size); // the size, while it is ours
  /** Of the picture that is seen. */
  const shown = () => history.shown(store.settings);
  function subject(seen = shown()) {
    const of = library.model(seen.model);
    return className(of, seen.class) || of?.title || 'Picture';
  }

  const insides = createInsides(pool, life, (name) => store.set({ view: name }), view.fail);
  const scrubber = createScrubber((at) => store.set({ at }));
  const controls = createControls(store, stage, view.notice);
  const mix = createMix(store);
  const picker = createPicker(chooseModel, (index) => store.set({ class: index }), chooseExample);
  const tabs = createTabs({ inside: insides.update, own: openOwn });
  const reveal = () => tabs.show('edit');
  const editor = createEditor({ session, store, history, director, subject, reveal, say: view.tell, refuse: view.notice });
  const full = createFull();
  const seeds = createSeedGrid({
    pool,
    store,
    onChoose(seed) {
      store.set({ seed, lock: true }, { run: false });
      director.start();
    },
    onTrouble: view.fail,
  });
  const files = createFiles({ session, store, history, director, subject, onPicture: editor.offer });
  const large = createLarge({ session, store, text: files.text });
  const keep = createKeep({ ...files, large, say: view.tell, onTrouble: view.fail });
  const album = createAlbum(pool, (kept) => director.recall(kept, true));

  /** Training is fetched when somebody looks at it. */
  let own = false;
  function openOwn() {
    if (own) return;
    own = true;
    const onPaint = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => director.useOwn(name, bytes, fitting('own'));
    import('./own/own.js').then(({ createOwn }) => createOwn({ onPaint, say: view.tell, onTrouble: view.fail })).catch(view.fail);
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
    store.set({ ...own, ...fitting(id), model: id, class: fits ? index : 0, window: null, extend: null });
  }
  /** @param {import('./models/thumbs.js').Example} example */
  function chooseExample({ model: { id }, class: index, seed }) {
    const own = { ...defaults(), ...library.defaults(id) };
    const { guidance, sampler, steps } = own;
    store.set({ guidance, sampler, steps, ...fitting(id), model: id, class: index, seed, mix: 0, view: 'clean', window: null, extend: null });
    director.start(); // also when this is the picture already
  }
  /** As long as nobody has chosen a size: the one that fits this model on this screen. @param {string} id @returns {Partial<import('./settings/state.js').Settings>} */
  function fitting(id) {
    if (print('size', store.settings.size) !== unchosen) return {};
    const size = stage.bestSize(library.model(id)?.fills === true);
    unchosen = print('size', size);
    return { size };
  }

  function showSettings() {
    const rival = library.model(model()?.beside ?? '');
    controls.show(pool.info, rival?.title ?? '', model()?.why ?? '');
    mix.show();
    picker.showModels(library.models, store.settings.model);
    picker.showClasses(model(), store.settings.class);
    insides.mark(store.settings.view);
    stage.showZoom();
    stage.drift.show();
    stage.layout();
  }
  store.onChange((changed) => {
    if (changed.size === 1 && changed.has('window')) stage.showZoom();
    else showSettings();
  });

  /** What is seen. @param {boolean} sharp */
  function describe(sharp) {
    const { at } = life.moment;
    const { view: inside, size } = store.settings;
    const step = at < pool.total ? `step ${at} of ${pool.total}` : '';
    const words = [step, inside === 'clean' ? '' : inside, history.edit ? 'edited' : ''];
    view.caption(subject(), shown(), sharp ? size : null, words.filter(Boolean).join(' · '));
  }
  director.listen({
    onState() {
      const { phase } = director;
      const shown = life.moment.at > 0;
      view.buttons(phase, shown && !director.sketched);
      scrubber.set(pool.evaluation, store.settings.at, shown && (phase === 'paused' || phase === 'idle'));
      if (shown) insides.update();
    },
    onModel() {
      if (pool.info) insides.rebuild(pool.info);
      showSettings();
    },
    onSketch: (settings) => view.caption(subject(settings), settings, null, 'preview'),
    onFrame: () => describe(false),
    onSharp() {
      describe(true);
      album.show(shown(), history.edit);
    },
    onDone(total, ms) {
      const lattice = pool.lattice();
      const broken = lattice.some((value) => !(Math.abs(value) < FAR)); // NaN, too
      view.done(total, ms, broken, unchanged(history.edit, lattice));
      const another = album.add(subject(), shown(), history.edit, byId('canvas', HTMLCanvasElement));
      if (opened || location.hash) store.settle(another && opened);
      firstPicture();
    },
  });

  const bare = location.hash === ''; // nobody asks for a certain picture
  let opened = false;
  function firstPicture() {
    if (opened) return;
    opened = true;
    view.engine(pool.size, pool.kernels);
    if (bare) stage.drift.soon();
    navigator.serviceWorker?.register('sw.js').catch(() => {});
  }

  button('generate').addEventListener('click', director.generate);
  button('cancel').addEventListener('click', director.cancel);
  button('pause').addEventListener('click', director.togglePause);
  button('step').addEventListener('click', director.step);
  bindPageKeys({ director, controls, scrubber, stage, full, editor, seeds, keep });
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault(); // the address is that of the picture
    block('controls').focus();
  });
  addEventListener('hashchange', () => {
    const { settings, complaints } = fromHash(location.hash, library.defaults);
    const kept = album.find(settings);
    if (kept && complaints.length === 0) director.recall({ ...kept, settings }, false);
    else director.restore(settings, complaints);
  });
  picker.showExamples(library.models);
  store.set(fitting(first.model), { run: false });
  showSettings();
  director.restore(store.settings, []);
}
