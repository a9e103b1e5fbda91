// What can be done with a picture once it is there: edit it, choose among other seeds, keep it; and what is dropped on it.
import { createEditor } from './edit/editor.js';
import { createFiles } from './keep/files.js';
import { createKeep } from './keep/keep.js';
import { createSeedGrid } from './seeds/seeds.js';
import { adopted } from './settings/state.js';

/** @typedef {import('./settings/state.js').Settings} Settings */

/**
 * @param {object} page
 * @param {import('./models/session.js').Session} page.session
 * @param {import('./settings/store.js').Store} page.store
 * @param {import('./run/history.js').History} page.history
 * @param {import('./run/runner.js').Runner} page.runner
 * @param {import('./view.js').View} page.view
 * @param {() => import('./stage/surface.js').Region|null} page.region what the canvas shows
 * @param {() => number} page.moment the step shown; 0: there is no picture
 * @param {() => string} page.subject
 * @param {(edit?: import('./run/history.js').Done|null, before?: Settings) => void} page.start
 * @param {() => void} page.ran the picture on the canvas has the settings in force
 * @param {() => Promise<void>} page.rest
 * @param {(patch: Partial<Settings>) => void} page.quietly change settings without a run
 * @param {(settings: Settings, complaints: string[]) => void} page.restore
 */
export function createWorkbench(page) {
  const { session, store, history, runner, view, moment, subject, start, rest } = page;
  const { pool } = session;
  const say = (/** @type {string} */ text) => view.tell(text);

  /** The picture before this one. */
  async function undo() {
    if (!history.undoable) return;
    runner.abandon();
    try {
      page.quietly(await history.undo());
      page.ran();
      await rest();
      view.status('Undone: this is the picture before.');
      view.announce('Undone.');
    } catch (error) {
      view.fail(error);
    }
  }

  const editor = createEditor({
    pool,
    store,
    history,
    moment,
    subject,
    region: page.region,
    run: start,
    onUndo: undo,
    quietly: page.quietly,
    say,
    refuse: view.notice,
  });
  const seeds = createSeedGrid({
    pool,
    store,
    async onOpen() {
      if (runner.phase === 'paused') runner.abandon();
      await runner.over;
    },
    onClose(seed, restored) {
      if (seed === null && restored) return rest();
      if (seed !== null) page.quietly({ seed, lock: true });
      start();
    },
    onTrouble: view.fail,
  });
  const files = createFiles({
    session,
    store,
    history,
    moment,
    subject,
    onSettings: page.restore,
    onPicture: editor.offer,
    async onModel(name, bytes) {
      runner.abandon();
      const before = session.library.defaults(store.settings.model);
      await session.useOwn(name, bytes).finally(rest);
      const own = adopted(store.settings, before, session.library.defaults('own'));
      store.set({ ...own, model: 'own', class: null });
      start();
    },
  });
  const keep = createKeep({ ...files, say, onTrouble: view.fail });

  return { editor, seeds, keep, undo };
}
