// Two renderings of one place with a divider: the small one enlarged by the browser, or another model's, beside the native one.
import { block, byId, input, isAbort } from '../base/dom.js';
import { createSurface, regionOf } from './surface.js';
import { partOf, pitchOf } from '../base/world.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {import('./surface.js').Region} Region */
/** @typedef {{rgba: Uint8ClampedArray, size: import('../base/world.js').Size, region: Region, left: string, right: string, words: string}} Side */

const MARGIN = 2; // cells around the small picture, so that its edges are enlarged like all else

/**
 * @param {import('../../engine/pool.js').Pool} pool
 * @param {import('../models/session.js').Session} session
 * @param {(error: unknown) => void} onTrouble
 */
export function createCompare(pool, session, onTrouble) {
  const versus = block('versus');
  const side = block('versus-side');
  const surface = createSurface(byId('other', HTMLCanvasElement));
  const divider = input('divider');
  const line = block('line');
  const words = block('compare-words');
  const [left, right] = [block('versus-left'), block('versus-right')];
  let latest = 0;

  const split = () => versus.style.setProperty('--split', `${divider.value}%`);
  divider.addEventListener('input', split);
  split();

  // The range is for the keyboard and for screen readers; its line is what a pointer takes hold of.
  line.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    line.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
  });
  line.addEventListener('pointermove', (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const box = versus.getBoundingClientRect();
    divider.value = String((100 * (event.clientX - box.left)) / box.width);
    split();
  });
  line.addEventListener('dblclick', (event) => event.stopPropagation());

  /** @param {string} text */
  function say(text) {
    words.textContent = text;
    words.hidden = text === '';
  }

  /** One pixel a cell. @param {Settings} settings @param {import('../models/life.js').Moment} moment @returns {Promise<Side>} */
  async function enlarged(settings, moment) {
    const world = /** @type {import('../base/world.js').World} */ (pool.world);
    const size = { width: world.width + 2 * MARGIN, height: world.height + 2 * MARGIN };
    const part = { x: world.x - MARGIN, y: world.y - MARGIN, across: size.width };
    const window = { x: part.x, y: part.y, pitch: 1 };
    const rgba = await pool.render(size.width, size.height, { view: settings.view, ...moment, window });
    // Around the world lies one colour.
    side.style.backgroundColor = `rgb(${rgba[0]}, ${rgba[1]}, ${rgba[2]})`;
    const { width, height } = settings.size;
    return {
      rgba,
      size,
      region: regionOf(part, size),
      left: `${world.width} × ${world.height}, enlarged`,
      right: `${width} × ${height}, ${pool.info?.renderer ? 'drawn at this size' : 'interpolated'}`,
      words: `Left: the picture at one pixel a cell, ${world.width} × ${world.height}, enlarged by your browser. Right: the same place, ${
        pool.info?.renderer
          ? 'drawn at this size by the renderer.'
          : 'interpolated by this page: this model has no renderer of its own, so it is smoother, not sharper.'
      }`,
    };
  }

  /** @param {Settings} settings @param {import('../models/life.js').Moment} moment @returns {Promise<Side|null>} */
  async function beside(settings, { signal }) {
    const model = session.library.model(settings.model);
    const rival = session.library.model(model?.beside ?? '');
    if (!rival || !model || !pool.info) return null;
    say(`“${rival.title}” is computing its picture for the same seed …`);
    const lattice = await session.latticeOf(rival, settings);
    const { size } = settings;
    const part = partOf(settings, pool.info);
    const window = { x: part.x, y: part.y, pitch: pitchOf(part, size) };
    const rgba = await pool.render(size.width, size.height, { lattice, window, signal });
    const why = rival.why ?? model.why ?? '';
    return {
      rgba,
      size,
      region: regionOf(part, size),
      left: rival.title,
      right: model.title,
      words: `Same seed, same size. Left: ${rival.title}. Right: ${model.title}. ${why}`,
    };
  }

  return {
    /** Both sides show the same part of the plane. @param {Region} region */
    aim: (region) => surface.aim(region),
    hide() {
      latest++;
      versus.hidden = true;
      say('');
    },
    /** Bring the left side up to date. @param {Settings} settings @param {import('../models/life.js').Moment} moment */
    async update(settings, moment) {
      if (settings.compare === 'off' || moment.at === 0) return this.hide();
      const mine = ++latest;
      try {
        const other = await (settings.compare === 'enlarged'
          ? enlarged(settings, moment)
          : beside(settings, moment));
        if (mine !== latest) return;
        versus.hidden = other === null;
        if (!other) return say('There is no other model to compare this one with.');
        surface.put(other.rgba, other.size, other.region);
        left.textContent = other.left;
        right.textContent = other.right;
        say(other.words);
      } catch (error) {
        if (mine === latest && !isAbort(error)) onTrouble(error);
      }
    },
  };
}
