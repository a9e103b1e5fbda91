// Files that the page itself could not show: pictures of up to 16384 pixels a side, in bands, and films from noise to picture, seamless tiles.
import { partOf, pitchOf } from '../base/world.js';
import { optionsFor } from '../models/session.js';
import { chunk, deflating, filtered, header, joined, parameters, SIGNATURE, words } from './chunks.js';

/** @typedef {import('../base/world.js').Size} Size */
/** @typedef {{signal: AbortSignal, onShare: (share: number) => void}} Watch */

const TILE = 2048; // pixels of a tile, at most
const BAND = 2 ** 20; // pixels: a second's work, or so
const FRAME_MS = 90;
const LAST_MS = 2500;
const FILM = 512; // pixels of the longer side, at most

/** @param {Size} size @param {number} longest */
export function scaled({ width, height }, longest) {
  const factor = longest / Math.max(width, height);
  const side = (/** @type {number} */ length) => Math.max(1, Math.round(length * factor));
  return { width: side(width), height: side(height) };
}

/**
 * @param {object} hooks
 * @param {import('../models/session.js').Session} hooks.session
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {() => string} hooks.text for the file
 */
export function createLarge({ session, store, text }) {
  const { pool, life } = session;
  const png = (/** @type {BlobPart[]} */ parts) => new Blob(parts, { type: 'image/png' });

  /** What is shown, from one row to another. @param {Size} size @param {number} y @param {number} rows @param {number} at @param {AbortSignal} signal */
  function band(size, y, rows, at, signal) {
    const part = partOf(store.settings, /** @type {any} */ (pool.info));
    const pitch = pitchOf(part, size);
    const window = { x: part.x, y: part.y + y * pitch, pitch };
    return pool.render(size.width, rows, { view: store.settings.view, at, window, signal });
  }

  return {
    /** A picture of this seed whose edges meet. @param {number} longest pixels of the longer side @param {Watch} watch */
    async tile(longest, { onShare }) {
      const { rgba, width, height } = await pool.tile(Math.min(longest, TILE), { ...optionsFor(store.settings, pool.info), world: undefined });
      onShare(1);
      const bytes = await pool.png(rgba, width, height, `${text()}; a tile of ${width}x${height} whose edges meet`);
      return png([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]);
    },
    /** What is shown, drawn that large. @param {number} longest pixels of the longer side @param {Watch} watch */
    async picture(longest, { signal, onShare }) {
      const size = scaled(store.settings.size, longest);
      const { at } = life.moment;
      const { writer, pieces } = deflating();
      const above = new Uint8Array(3 * size.width);
      const most = Math.max(1, Math.floor(BAND / size.width));
      for (let y = 0; y < size.height; y += most) {
        const rows = Math.min(most, size.height - y);
        await writer.write(filtered(await band(size, y, rows, at, signal), size.width, above));
        onShare((y + rows) / size.height);
      }
      await writer.close();
      const said = `${text()}; enlarged to ${size.width}x${size.height}`;
      const data = (await pieces).map((piece) => chunk('IDAT', piece));
      return png([SIGNATURE, header(size.width, size.height), parameters(said), ...data, chunk('IEND', new Uint8Array())]);
    },
    /** Every step of what is shown, one after the other, as an APNG. @param {Watch} watch */
    async film({ signal, onShare }) {
      const { size: shown } = store.settings;
      const size = scaled(shown, Math.min(FILM, Math.max(shown.width, shown.height)));
      const steps = pool.evaluation;
      const parts = [SIGNATURE, header(size.width, size.height), parameters(text()), chunk('acTL', words(steps, 0))];
      for (let at = 1, number = 0; at <= steps; at++) {
        const rgba = await band(size, 0, size.height, at, signal);
        const { writer, pieces } = deflating();
        writer.write(filtered(rgba, size.width, new Uint8Array(3 * size.width)));
        await writer.close();
        const data = joined(...(await pieces));
        const ms = at < steps ? FRAME_MS : LAST_MS;
        const control = joined(words(number++, size.width, size.height, 0, 0), [ms >> 8, ms & 255, 1000 >> 8, 1000 & 255, 0, 0]);
        parts.push(chunk('fcTL', control));
        parts.push(at === 1 ? chunk('IDAT', data) : chunk('fdAT', joined(words(number++), data)));
        onShare(at / steps);
      }
      return png([...parts, chunk('IEND', new Uint8Array())]);
    },
  };
}
