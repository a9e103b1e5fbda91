// The pictures before the one shown, for Undo: whole runs as the pool kept them, so that they come back to the bit.
import { KEYS, SETTINGS } from '../settings/state.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {import('../../engine/pool.js').Run} Run */
/**
 * @typedef {object} Done an edit that was begun
 * @property {string} words for the PNG
 * @property {Partial<import('../../engine/pool.js').GenerateOptions>} options for the pool
 * @property {number} number edits there were, with this one, since a picture was made from settings alone
 */
/** @typedef {{run: Run, settings: Partial<Settings>, edit: Done|null}} Entry */

const MAX_ENTRIES = 20;
const MAX_BYTES = 96 * 2 ** 20;

/** @param {Entry} entry */
function bytesOf({ run }) {
  const arrays = [...run.frames, run.options.source, run.options.fresh];
  return arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}

/** What is to come back of the settings. @param {Settings} settings @param {string} [affects] only these */
function picked(settings, affects) {
  const keys = KEYS.filter((key) => SETTINGS[key].affects !== 'page');
  const wanted = keys.filter((key) => !affects || SETTINGS[key].affects === affects);
  return Object.fromEntries(wanted.map((key) => [key, settings[key]]));
}

/** @param {import('../../engine/pool.js').Pool} pool */
export function createHistory(pool) {
  /** @type {Entry[]} */
  let past = [];
  /** Of the picture shown. @type {Done|null} */
  let edit = null;
  /** The settings that it was made with. @type {Settings|null} */
  let made = null;
  /** A run was asked for, and has shown nothing yet. @type {{entry: Entry|null, edit: Done|null, settings: Settings}|null} */
  let next = null;

  return {
    get edit() {
      return edit;
    },
    get undoable() {
      return past.length > 0 || Boolean(next?.entry);
    },
    /** The settings, but of the picture shown what made it: others may be chosen already. @param {Settings} settings @returns {Settings} */
    shown: (settings) => ({ ...settings, ...(made && picked(made, 'picture')) }),
    /** The settings as they were for the picture shown, as far as its world goes. @param {Settings} settings @returns {Settings} */
    before(settings) {
      const { size, extend, window } = made ?? settings;
      return { ...settings, size, extend, window };
    },
    /** A run begins: an edit, or a new picture for null. @param {Done|null} wanted @param {Settings} settings @param {Settings} [before] the edit changed them
     *  @param {boolean} [unseen] the pool's run is not to come back, but the picture before it */
    begin(wanted, settings, before, unseen = false) {
      if (unseen) {
        next = { entry: next ? next.entry : (past.at(-1) ?? null), edit: wanted, settings };
        return;
      }
      const run = pool.evaluation > 0 ? pool.keep() : null;
      const then = { ...picked(settings), ...picked(made ?? settings, 'picture') };
      const entry = run ? { run, settings: before ? picked(before) : then, edit } : null;
      // One that was replaced before it showed anything had the picture that is to come back.
      next = { entry: run ? entry : (next?.entry ?? null), edit: wanted, settings };
    },
    /** It has taken the place of the picture before. */
    commit() {
      if (!next) return;
      if (next.entry && next.entry !== past.at(-1)) past = [...past, next.entry];
      while (past.length > MAX_ENTRIES || past.reduce((sum, one) => sum + bytesOf(one), 0) > MAX_BYTES)
        past.shift();
      edit = next.edit;
      made = next.settings;
      next = null;
    },
    /** It came to nothing, and the picture before is still there; the settings before an edit, if it was one. */
    drop() {
      const settings = next?.edit ? next.entry?.settings : undefined;
      next = null;
      return settings;
    },
    /** Back to the picture before; its settings. @returns {Promise<Partial<Settings>>} */
    async undo() {
      // All but the pool at once, because the key may be pressed again before it is through.
      const entry = /** @type {Entry} */ (next?.entry ?? past.at(-1));
      past = past.filter((one) => one !== entry);
      next = null;
      edit = entry.edit;
      made = /** @type {Settings} */ ({ ...made, ...entry.settings });
      await pool.reopen(entry.run);
      return entry.settings;
    },
    /** Another model: the pictures of this one cannot be drawn any more. */
    clear() {
      past = [];
      edit = made = next = null;
    },
  };
}

/** @typedef {ReturnType<typeof createHistory>} History */
