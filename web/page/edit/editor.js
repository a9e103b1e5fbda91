// The Edit panel: a mask to be repainted, more picture around it, a picture to start from. Each becomes an edit (edit.js).
import { createBrush } from './brush.js';
import { block, button, byId, input, sentence, write } from '../base/dom.js';
import { grown, outpainted, quarter, repainted, seedOf, unable, varied } from './edit.js';
import { createMask } from './mask.js';
import { randomSeed } from '../settings/store.js';
import { createStart, decode, ofFile, ofPage } from './start.js';
import { worldOf } from '../base/world.js';

/** @typedef {import('./edit.js').Edit} Edit */
/** @typedef {import('../settings/state.js').Settings} Settings */
/**
 * @typedef {object} Director what it is asked for
 * @property {import('../stage/stage.js').Stage} stage
 * @property {(edit: import('../run/history.js').Done, before: Settings) => void} start
 * @property {(edit: import('../run/history.js').Done) => void} replace
 * @property {() => void} undo
 * @property {(listener: {onState: () => void, onModel: () => void, onBegin: () => void, onOutgrown: (before: Settings) => void}) => void} listen
 */

/**
 * @param {object} hooks
 * @param {import('../models/session.js').Session} hooks.session
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {import('../run/history.js').History} hooks.history
 * @param {Director} hooks.director
 * @param {() => string} hooks.subject
 * @param {() => void} hooks.reveal the panel is to be seen
 * @param {(text: string) => void} hooks.say for a while
 * @param {(text: string) => void} hooks.refuse until it is put away
 */
export function createEditor(hooks) {
  const { session, store, history, director, say, refuse } = hooks;
  const { pool, life } = session;
  const { stage } = director;
  const moment = () => life.moment.at;
  const mask = createMask();
  const brush = createBrush(mask, { region: () => (ready() ? stage.region() : null), onStroke: painted });
  const bar = block('brush-bar');
  const cells = byId('grow-cells', HTMLSelectElement);
  const start = createStart({ onPage: holdPage, onBegin: vary, onStrength: varyAgain, onFile: offer });

  const info = () => /** @type {import('../../engine/engine.js').ModelInfo} */ (pool.info);
  const world = () => /** @type {import('../../engine/engine.js').World} */ (pool.world);

  /** There is a picture that can be edited; the mask is of its world. */
  function ready() {
    const can = pool.info !== null && unable(pool.info) === '' && moment() > 0;
    if (can) mask.cover(world());
    return can;
  }

  /** What each began with that was started from a picture. @type {WeakMap<import('../run/history.js').Done, import('./start.js').Ready>} */
  const variations = new WeakMap();

  /** @param {Edit} edit @param {Settings} before the edit changed the settings */
  function run({ options, words }, before) {
    const number = (history.edit?.number ?? 0) + 1;
    const { seed, lock } = store.settings;
    const own = seedOf(seed, lock, number - 1, randomSeed);
    const done = { words: `${words}; edit seed ${own}`, number, options: { ...options, seed: own, mix: 0 } };
    director.start(done, before);
    return done;
  }

  // ---- repaint ----
  function painted() {
    if (!ready()) return;
    button('mask-undo').disabled = !mask.undoable;
    button('repaint').disabled = button('mask-clear').disabled = mask.empty;
  }
  /** @param {() => void} change */
  function edited(change) {
    if (!ready()) return;
    change();
    brush.show();
    bar.hidden = false;
    painted();
  }
  /** @param {boolean} on */
  function setBrush(on) {
    const usable = on && ready();
    if (on && !usable) say((pool.info && unable(pool.info)) || 'There is no picture to be painted on yet.');
    brush.set(usable);
    stage.setPainting(usable);
    button('brush').setAttribute('aria-pressed', String(usable));
    bar.hidden = !usable;
    if (!usable) return brush.hide();
    hooks.reveal();
    byId('paint-panel', HTMLDetailsElement).open = true;
    brush.show();
    painted();
    bar.scrollIntoView({ block: 'nearest' }); // on a phone it opens below the screen
  }
  function repaint() {
    if (!ready() || mask.empty) return;
    brush.hide(); // what comes is to be seen
    run(repainted(pool.lattice(moment()), world(), mask.fresh.slice()), store.settings);
  }
  button('brush').addEventListener('click', () => setBrush(!brush.on));
  button('brush-done').addEventListener('click', () => setBrush(false));
  button('repaint').addEventListener('click', repaint);
  button('mask-undo').addEventListener('click', () => edited(mask.undo));
  button('mask-clear').addEventListener('click', () => edited(mask.clear));
  button('mask-invert').addEventListener('click', () => edited(mask.invert));
  button('erase').addEventListener('click', () => {
    const now = button('erase').getAttribute('aria-pressed') !== 'true';
    button('erase').setAttribute('aria-pressed', String(now));
    brush.setErase(now);
  });
  input('brush-size').addEventListener('input', () => {
    block('brush-size-value').textContent = input('brush-size').value;
  });
  for (const element of document.querySelectorAll('button[data-shape]')) {
    const { shape = '' } = /** @type {HTMLButtonElement} */ (element).dataset;
    element.addEventListener('click', () => {
      edited(() => mask.shape(shape));
      say(`${element.ariaLabel ?? 'Middle'}: Repaint, below, makes it anew.`);
    });
  }

  // ---- outpaint ----
  /** @param {Settings} before The settings ask for more world than the picture has: it stays, and the rest is new. */
  function outgrow(before) {
    const { size, extend } = store.settings;
    brush.hide();
    run(outpainted(pool.lattice(moment()), world(), worldOf(info(), size, extend)), before);
  }
  /** @param {import('./edit.js').Direction} side */
  function grow(side) {
    if (!ready()) return;
    const before = store.settings;
    const { patch, refusal } = grown(before, info(), side, Number(cells.value));
    if (refusal) return refuse(refusal);
    store.set(patch, { run: false });
    outgrow(before);
  }
  for (const element of document.querySelectorAll('button[data-grow]')) {
    const { grow: side } = /** @type {HTMLButtonElement} */ (element).dataset;
    element.addEventListener('click', () => grow(/** @type {import('./edit.js').Direction} */ (side)));
  }

  // ---- start from a picture ----
  function holdPage() {
    if (!ready()) return;
    const { size, extend } = store.settings;
    const lattice = pool.lattice(moment());
    const shown = extend ? { size, extend, window: null } : { extend };
    const own = { lattice, world: { ...world() }, info: info(), shown };
    start.hold(ofPage(`${hooks.subject()}, seed ${store.settings.seed}`, own), info());
  }
  /** A picture from elsewhere. @param {string} name @param {Uint8Array} bytes */
  async function offer(name, bytes) {
    try {
      const why = pool.info ? unable(pool.info) : 'No model is loaded yet.';
      if (why) return refuse(`The file ${name} carries no settings of coordiff, and cannot be started from here. ${why}`);
      start.hold(ofFile(name, await decode(name, bytes)), info());
      hooks.reveal();
      say(`${name} is the picture to start from now: choose a strength under Edit, then Generate from it.`);
    } catch (error) {
      refuse(sentence(error));
    }
  }
  function vary() {
    if (!start.ready || !pool.info) return;
    const before = store.settings;
    const { lattice, world: of, shown } = start.ready;
    brush.hide();
    store.set(shown, { run: false });
    variations.set(run(varied(lattice, of, start.strength), before), start.ready);
  }
  /** The strength moves while such a picture is seen: it follows, with the same noise. */
  function varyAgain() {
    const { edit } = history;
    if (!start.ready || !edit || variations.get(edit) !== start.ready) return;
    const { lattice, world: of } = start.ready;
    const { words, options } = varied(lattice, of, start.strength);
    const done = { ...edit, words: `${words}; edit seed ${edit.options.seed}`, options: { ...edit.options, ...options } };
    variations.set(done, start.ready);
    director.replace(done);
  }

  button('undo-edit').addEventListener('click', director.undo);

  /** Another model. */
  function showModel() {
    if (!pool.info) return;
    const why = unable(pool.info);
    write(block('edit-words'), why);
    block('edit-words').hidden = why === '';
    for (const panel of block('edit-tools').querySelectorAll('fieldset')) panel.disabled = why !== '';
    if (why) setBrush(false);
    const most = quarter(pool.info);
    const choices = [...new Set([8, 16, 32, most])].sort((a, b) => a - b);
    cells.replaceChildren(...choices.map((n) => new Option(`${n} cells`, String(n), n === most, n === most)));
    start.show(pool.info);
  }
  /** What can be done now. */
  function show() {
    const can = ready();
    for (const element of block('edit-tools').querySelectorAll('button[data-picture]'))
      /** @type {HTMLButtonElement} */ (element).disabled = !can;
    button('undo-edit').disabled = !history.undoable;
    const state = block('edit-state');
    write(state, history.edit ? 'Edited. Download PNG keeps it; a link cannot.' : '');
    if (brush.on) painted();
  }

  stage.lay(brush);
  director.listen({ onState: show, onModel: showModel, onBegin: brush.hide, onOutgrown: outgrow }); // the mask is not about another picture
  return { offer, toggleBrush: () => setBrush(!brush.on) };
}
