// The form: every control shows the settings in force, and writes what was chosen back after a check.
import { block, button, byId, input, make, write } from './base/dom.js';
import { MAX_SIDE, MIN_SIDE, print, quote, SETTINGS } from './settings/state.js';
import { randomSeed } from './settings/store.js';
import { sizeWords } from './view.js';
import { mark, nearest } from './base/field.js';
import { cellOf, isEndless } from './base/world.js';
import { isBaked } from './models/session.js';

/** @typedef {import('./base/world.js').Size} Size */

/** The size that a button asks for. @param {string} action @param {Size} size @returns {Size} */
function changed(action, { width, height }) {
  if (action === 'swap') return { width: height, height: width };
  if (action === 'double') return { width: width * 2, height: height * 2 };
  if (action === 'half') return { width: Math.round(width / 2), height: Math.round(height / 2) };
  // A preset keeps the number of pixels, roughly, in steps of eight.
  const [across, down] = action.split(':').map(Number);
  const unit = Math.sqrt((width * height) / (across * down)) / 8;
  const fit = Math.min(unit, MAX_SIDE / 8 / Math.max(across, down));
  return { width: Math.round(across * fit) * 8, height: Math.round(down * fit) * 8 };
}

/**
 * What a typed text sets; words: what was wrong with it.
 * @param {'seed'|'guidance'|'steps'} key @param {string} name @param {string} text
 */
function taken(key, name, text) {
  const { parse, expects, range = [0, 0] } = SETTINGS[key];
  const value = parse(text.trim().replace(',', '.'));
  if (value !== undefined) return { value, words: '' };
  const near = nearest(text, range[0], range[1]);
  const used = key === 'guidance' ? near : near && Math.round(near);
  if (used === undefined || key === 'seed') return { words: `${name} ${quote(text)} is not possible; it must be ${expects}.` };
  return { value: used, words: `${name} must be ${expects}: ${used}.` };
}

const CELLS = [2, 3, 4, 6, 8, 12, 16, 24, 32]; // pixels a cell to choose from

/**
 * @param {import('./settings/store.js').Store} store
 * @param {{resize: (size: Size) => boolean, reshape: (size: Size) => boolean, extend: (cell: number|null) => void, glide: () => void}} stage
 * @param {(text: string) => void} say
 */
export function createControls(store, stage, say) {
  const controls = byId('controls', HTMLFormElement);
  controls.addEventListener('submit', (event) => event.preventDefault());
  /** Fields that somebody is typing in: nothing is written over that. @type {Set<EventTarget|null>} */
  const typing = new Set();
  document.addEventListener('input', ({ target }) => typing.add(target), true);
  for (const over of ['change', 'focusout']) document.addEventListener(over, ({ target }) => typing.delete(target), true);
  /** @param {string} id @param {string} text */
  const fill = (id, text) => {
    if (!typing.has(input(id))) input(id).value = text;
  };

  /** @param {'seed'|'guidance'|'steps'} key @param {string} name */
  function bindText(key, name) {
    const field = input(key);
    field.addEventListener('change', () => {
      const { value, words } = taken(key, name, field.value);
      if (value !== undefined) store.set(key === 'seed' ? { seed: value, lock: true } : { [key]: value });
      field.value = print(key, store.settings[key]);
      mark(field, words);
    });
  }

  /** @param {'guidance'|'steps'} key */
  function bindSlider(key) {
    const slider = input(`${key}-slider`);
    slider.addEventListener('input', () => store.set({ [key]: SETTINGS[key].parse(slider.value) }));
  }

  /** @param {Size} size @param {'resize'|'reshape'} [how] @returns {boolean} */
  function resize(size, how = 'resize') {
    const value = SETTINGS.size.parse(`${size.width}x${size.height}`);
    if (value) return stage[how](value);
    const limits = `from ${MIN_SIDE} to ${MAX_SIDE} pixels`;
    say(`${size.width} × ${size.height} is not possible; each side must be ${limits}.`);
    return false;
  }

  /** @param {'width'|'height'} side */
  function bindSide(side) {
    const field = input(side);
    field.addEventListener('change', () => {
      const [text, old] = [field.value, store.settings.size];
      const value = nearest(text, MIN_SIDE, MAX_SIDE);
      if (value !== undefined) resize({ ...old, [side]: Math.round(value) });
      const used = String(store.settings.size[side]);
      field.value = used;
      const limits = `A side has ${MIN_SIDE} to ${MAX_SIDE} pixels`;
      const beyond = Number(text) > MAX_SIDE ? ' (Large files, in Settings, go to 16384)' : '';
      if (value === undefined) mark(field, `${quote(text)} is no number of pixels; it stays ${used}.`);
      else mark(field, String(value) === text.trim() || used === text.trim() ? '' : `${limits}${beyond}; it is ${used} now.`);
    });
  }

  bindText('seed', 'Seed');
  bindText('guidance', 'Guidance');
  bindText('steps', 'Steps');
  bindSlider('guidance');
  bindSlider('steps');
  const seeds = input('seed-slider');
  seeds.addEventListener('input', () => store.set({ seed: BigInt(seeds.value), lock: true }));
  bindSide('width');
  bindSide('height');
  for (const element of document.querySelectorAll('button[data-size]')) {
    const { size: action = '' } = /** @type {HTMLButtonElement} */ (element).dataset;
    const how = action === 'half' || action === 'double' ? 'resize' : 'reshape';
    element.addEventListener('click', () => resize(changed(action, store.settings.size), how));
  }
  for (const element of document.querySelectorAll('button[data-screen]')) {
    const { screen = 'fill' } = /** @type {HTMLButtonElement} */ (element).dataset;
    element.addEventListener('click', () => store.set({ screen }));
  }
  const cell = byId('cell', HTMLSelectElement);
  const setMode = (/** @type {boolean} */ on) => stage.extend(on ? Number(cell.value) : null);
  cell.addEventListener('change', () => {
    setMode(true);
    showMode(); // when it is refused, nothing else does
  });
  block('mode').addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) setMode(event.target.value === 'extend');
    showMode();
  });

  function showMode() {
    const { extend } = store.settings;
    for (const radio of block('mode').querySelectorAll('input'))
      radio.checked = (radio.value === 'extend') === (extend !== null);
    block('cell-row').hidden = extend === null;
    const choices = [...new Set([...CELLS, cellOf(store.settings)])].sort((a, b) => a - b);
    if (choices.join() !== [...cell.options].map(({ value }) => value).join())
      cell.replaceChildren(...choices.map((n) => make('option', { textContent: String(n) })));
    cell.value = String(cellOf(store.settings));
  }
  const sampler = byId('sampler', HTMLSelectElement);
  sampler.addEventListener('change', () => store.set({ sampler: sampler.value }));
  block('compare').addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) compare(event.target.value);
  });
  button('any-size').addEventListener('click', () => {
    const on = store.settings.compare !== 'enlarged';
    if (!on) store.set({ window: null });
    compare(on ? 'enlarged' : 'off');
  });
  /** It opens split, and comes closer by itself. @param {string} with_ */
  function compare(with_) {
    store.set({ compare: with_ });
    if (with_ === 'enlarged') {
      input('divider').value = '50';
      input('divider').dispatchEvent(new Event('input'));
      stage.glide();
    }
  }
  const toggleLock = () => store.set({ lock: !store.settings.lock });
  const dice = () => store.set({ seed: randomSeed() });
  button('lock').addEventListener('click', toggleLock);
  button('dice').addEventListener('click', dice);

  return {
    toggleLock,
    dice,
    /** @param {'half'|'double'} action */
    scale: (action) => resize(changed(action, store.settings.size)),
    toggleCompare: () => compare(store.settings.compare === 'off' ? 'enlarged' : 'off'),
    /**
     * Show the settings in force.
     * @param {any} info of the model, or null
     * @param {string} rival title of the model to compare with
     * @param {string} why what is to be learned from this model
     */
    show(info, rival, why) {
      const { settings } = store;
      for (const key of /** @type {const} */ (['seed', 'guidance', 'steps']))
        fill(key, print(key, settings[key]));
      fill('guidance-slider', String(settings.guidance));
      fill('steps-slider', String(settings.steps));
      if (settings.seed <= BigInt(seeds.max)) fill('seed-slider', String(settings.seed));
      fill('width', String(settings.size.width));
      fill('height', String(settings.size.height));
      sampler.value = settings.sampler;
      button('lock').setAttribute('aria-pressed', String(settings.lock));
      write(button('lock'), settings.lock ? 'Locked' : 'Lock');
      for (const radio of block('compare').querySelectorAll('input'))
        radio.checked = radio.value === settings.compare;
      button('any-size').setAttribute('aria-pressed', String(settings.compare === 'enlarged'));
      for (const screen of document.querySelectorAll('button[data-screen]')) {
        const { dataset } = /** @type {HTMLButtonElement} */ (screen);
        screen.setAttribute('aria-pressed', String(dataset.screen === settings.screen));
      }
      showMode();
      block('beside-choice').hidden = rival === '';
      write(block('beside-name'), rival);
      if (!info) return;
      const endless = isEndless(info);
      block('tile-row').hidden = !endless;
      for (const radio of block('mode').querySelectorAll('input'))
        radio.disabled = endless && radio.value === 'scale';
      for (const option of sampler.options) option.disabled = endless && option.value === 'heun';
      const free = info.target !== 'previous';
      for (const id of ['steps-row', 'sampler-row']) block(id).hidden = !free;
      block('guidance-row').hidden = !free || (info.n_classes === 0 && !info.weak_block) || isBaked(info);
      const chain = `This design has a fixed chain of ${info.timesteps} steps and no guidance.`;
      block('how-words').hidden = free && why === '';
      write(block('how-words'), free ? why : `${chain} ${why}`);
      const words = sizeWords(settings, info);
      for (const key of /** @type {const} */ (['size', 'scale', 'extend']))
        write(block(`${key}-words`), words[key]);
    },
  };
}
