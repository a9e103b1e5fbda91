// What leaves the page as a file or a link, and what comes in: PNGs with settings, other pictures, checkpoints.
import { fromParameters, toParameters } from '../settings/parameters.js';
import { kindOf, refused } from '../base/kinds.js';
import { partOf, pitchOf } from '../base/world.js';

/** @typedef {import('../settings/state.js').Settings} Settings */

/**
 * @param {object} hooks
 * @param {import('../models/session.js').Session} hooks.session
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {import('../run/history.js').History} hooks.history
 * @param {() => string} hooks.subject
 * @param {{restore: (settings: Settings, complaints: string[]) => void, useOwn: (name: string, bytes: Uint8Array) => Promise<void>}} hooks.director
 * @param {(name: string, bytes: Uint8Array) => void} hooks.onPicture one without settings
 */
export function createFiles(hooks) {
  const { session, store, history, director, subject } = hooks;
  const { pool, life, library } = session;

  /** What a file says of itself. */
  function text() {
    const { settings } = store;
    const model = library.model(settings.model);
    const file = model?.file.split('/').pop() ?? settings.model;
    return toParameters(settings, file, history.edit?.words);
  }

  return {
    async png() {
      const { settings } = store;
      const { width, height } = settings.size;
      const part = partOf(settings, /** @type {any} */ (pool.info));
      const window = { x: part.x, y: part.y, pitch: pitchOf(part, settings.size) };
      const rgba = await pool.render(width, height, { view: settings.view, ...life.moment, window });
      return pool.png(rgba, width, height, text());
    },
    text,
    fileName() {
      const { seed, size } = store.settings;
      const edited = history.edit ? ' edited' : '';
      const words = `${subject()} seed ${seed} ${size.width}x${size.height}${edited}`.toLowerCase();
      return `coordiff-${words.replace(/[^a-z0-9]+/g, '-')}.png`;
    },
    link: () => new URL(store.hash, location.href).href,
    edited: () => history.edit !== null,
    /** @param {string} name @param {Uint8Array} bytes */
    async onFile(name, bytes) {
      const kind = kindOf(bytes);
      if (kind === 'other')
        throw new Error(refused(name, bytes, 'PNG, JPEG and WebP pictures, and .safetensors checkpoints'));
      if (kind === 'model') return director.useOwn(name, bytes);
      const text = kind === 'png' ? await pool.pngParameters(bytes) : null;
      const found = text === null ? null : fromParameters(text, library.defaults, library.noise);
      if (found) director.restore(found.settings, found.complaints);
      else hooks.onPicture(name, bytes);
    },
  };
}
