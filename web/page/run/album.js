// The last pictures as small ones, to go back to; the browser's Back and Forward walk them, too.
import { block, make } from '../base/dom.js';
import { KEYS, print, SETTINGS } from '../settings/state.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {{settings: Settings, edit: import('./history.js').Done|null, run: import('../../engine/pool.js').Run|null, info: unknown}} Kept run: null of a world without end, which is made again */

const MOST = 20;
const PLACE = /** @type {const} */ (['size', 'extend', 'window']);
const SIDE = 64; // pixels

/** What tells one picture from another, but for edits. @param {Settings} settings */
const nameOf = (settings) =>
  KEYS.filter((key) => SETTINGS[key].affects === 'picture').map((key) => print(key, settings[key])).join();

/** @param {HTMLCanvasElement} from */
function thumbnail(from) {
  const canvas = make('canvas', { width: SIDE, height: SIDE });
  const side = Math.min(from.width, from.height);
  const [x, y] = [(from.width - side) / 2, (from.height - side) / 2];
  canvas.getContext('2d')?.drawImage(from, x, y, side, side, 0, 0, SIDE, SIDE);
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}

/**
 * @param {import('../../engine/pool.js').Pool} pool
 * @param {(kept: Kept) => void} onChoose
 */
export function createAlbum(pool, onChoose) {
  const list = block('album');
  /** @type {{name: string, kept: Kept, choose: HTMLButtonElement}[]} */
  let entries = [];

  /** @param {Settings} settings @param {Kept['edit']} edit */
  const entryOf = (settings, edit) =>
    entries.find((entry) => entry.name === nameOf(settings) && entry.kept.edit === edit);

  /** @param {HTMLButtonElement|undefined} chosen */
  function mark(chosen) {
    for (const { choose } of entries) {
      if (choose === chosen) choose.setAttribute('aria-current', 'true');
      else choose.removeAttribute('aria-current');
    }
    if (chosen) list.scrollLeft = chosen.offsetLeft + chosen.offsetWidth - list.clientWidth;
  }

  return {
    /** A picture is there. @param {string} title @param {Settings} settings @param {Kept['edit']} edit @param {HTMLCanvasElement} canvas @returns {boolean} it is not there yet */
    add(title, settings, edit, canvas) {
      const run = pool.keep();
      if (entryOf(settings, edit)) return false;
      const kept = { settings, edit, run, info: pool.info };
      const label = `Back to ${title}, seed ${settings.seed}${edit ? ', edited' : ''}`;
      const choose = make('button', { type: 'button', title: label }, thumbnail(canvas));
      choose.setAttribute('aria-label', label);
      choose.addEventListener('click', () => onChoose(kept));
      entries = [...entries, { name: nameOf(settings), kept, choose }].slice(-MOST);
      list.replaceChildren(...entries.map((entry) => entry.choose));
      list.hidden = entries.length < 2;
      mark(choose);
      return true;
    },
    /** One that was made before, of the same part of its world. @param {Settings} settings @returns {Kept|undefined} */
    find(settings) {
      const kept = entryOf(settings, null)?.kept;
      const same = PLACE.every((key) => print(key, settings[key]) === (kept && print(key, kept.settings[key])));
      return same ? kept : undefined;
    },
    /** This one is shown. @param {Settings} settings @param {Kept['edit']} edit */
    show: (settings, edit) => mark(entryOf(settings, edit)?.choose),
  };
}
