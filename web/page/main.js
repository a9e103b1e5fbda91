// The start of the page: engine and model are fetched while the rest of the page is still read; then page.js takes over.
import { sentence } from './base/dom.js';
import { bindTheme } from './keys.js';
import { createLibrary, fetchModels } from './models/library.js';
import { examplesOf } from './models/thumbs.js';
import { createPool } from '../engine/pool.js';
import { fromHash } from './settings/state.js';
import { createView } from './view.js';

const rest = import('./page.js');
const view = createView();

/** A sentence for a browser that cannot run the engine. @param {unknown} error */
function explain(error) {
  const code = /** @type {{code?: unknown}} */ (error).code;
  const remedy =
    'Current versions of Chrome, Edge, Firefox and Safari (16.4 or newer) can show this page.';
  view.trouble(code === 'no-simd' ? `${sentence(error)} ${remedy}` : sentence(error));
}

/** The first example, as a link. @param {import('./models/library.js').Library} library */
function opening({ models }) {
  const [{ model, class: index, seed }] = examplesOf(models);
  return `model=${model.id}&class=${index ?? 'none'}&seed=${seed}`;
}

async function start() {
  const { settings: asked, complaints } = fromHash(location.hash);
  if (complaints.length > 0) view.notice(complaints.join(' '));
  const [library, pool] = await Promise.all([
    fetchModels().then((models) => {
      const created = createLibrary(models);
      created.prefetch(location.hash ? asked.model : models[0].id);
      return created;
    }),
    createPool({ onNotice: view.notice }),
  ]);
  // The models' own defaults, and what the page opens with, are known only now.
  const { settings } = fromHash(location.hash || opening(library), library.defaults);
  const { openPage } = await rest;
  openPage(pool, library, view, settings, /\bsize=/.test(location.hash));
}

bindTheme();
start().catch(explain);
