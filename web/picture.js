// The picture in force as a file: its bytes, with the settings in them, and its name.
import { toParameters } from './state.js';
import { partOf, pitchOf } from './world.js';

/**
 * @param {object} of
 * @param {import('./pool.js').Pool} of.pool
 * @param {import('./store.js').Store} of.store
 * @param {() => import('./library.js').Model|undefined} of.model
 * @param {() => string} of.subject
 * @param {() => number} of.moment
 */
export function createPicture({ pool, store, model, subject, moment }) {
  return {
    async png() {
      const { settings } = store;
      const { width, height } = settings.size;
      const part = partOf(settings, /** @type {any} */ (pool.info));
      const window = { x: part.x, y: part.y, pitch: pitchOf(part, settings.size) };
      const rgba = await pool.render(width, height, { view: settings.view, at: moment(), window });
      const file = model()?.file.split('/').pop() ?? settings.model;
      return pool.png(rgba, width, height, toParameters(settings, file));
    },
    fileName() {
      const { seed, size } = store.settings;
      const words = `${subject()} seed ${seed} ${size.width}x${size.height}`.toLowerCase();
      return `coordiff-${words.replace(/[^a-z0-9]+/g, '-')}.png`;
    },
  };
}
