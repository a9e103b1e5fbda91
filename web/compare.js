// Two renderings of one place with a divider: the small one enlarged by the browser, or another model's, beside the native one.
import { block, byId, input, isAbort } from './dom.js';
import { put } from './painter.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('./state.js').Size} Size */

/** The canvas at which one pixel is one point of the lattice. @param {Size} size @param {any} info @returns {Size} */
export function latticeSize({ width, height }, info) {
  const scale = Math.max(info.lattice_width / width, info.lattice_height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * @param {import('./pool.js').Pool} pool
 * @param {import('./session.js').Session} session
 * @param {(error: unknown) => void} onTrouble
 */
export function createCompare(pool, session, onTrouble) {
  const versus = block('versus');
  const other = byId('other', HTMLCanvasElement);
  const divider = input('divider');
  const words = block('compare-words');
  const [left, right] = [block('versus-left'), block('versus-right')];
  let latest = 0;

  const split = () => versus.style.setProperty('--split', `${divider.value}%`);
  divider.addEventListener('input', split);
  split();

  /** @param {string} text */
  function say(text) {
    words.textContent = text;
    words.hidden = text === '';
  }

  /** @param {Settings} settings @param {{view: string, at: number}} moment */
  async function enlarged(settings, moment) {
    const small = latticeSize(settings.size, pool.info);
    const rgba = await pool.render(small.width, small.height, moment);
    return {
      rgba,
      size: small,
      left: `${small.width} × ${small.height}, enlarged`,
      right: `${settings.size.width} × ${settings.size.height}, native`,
      words:
        'Left: the picture at the size of its lattice, enlarged by your browser. Right: the same, drawn at this size.',
    };
  }

  /** @param {Settings} settings */
  async function beside(settings) {
    const model = session.library.model(settings.model);
    const rival = session.library.model(model?.beside ?? '');
    if (!rival || !model) return null;
    say(`“${rival.title}” is computing its picture for the same seed …`);
    const lattice = await session.latticeOf(rival, settings);
    const { width, height } = settings.size;
    const rgba = await pool.render(width, height, { lattice });
    const why = rival.why ?? model.why ?? '';
    return {
      rgba,
      size: settings.size,
      left: rival.title,
      right: model.title,
      words: `Same seed, same size. Left: ${rival.title}. Right: ${model.title}. ${why}`,
    };
  }

  return {
    /** Bring the left side up to date. @param {Settings} settings @param {number} at */
    async update(settings, at) {
      const mine = ++latest;
      if (settings.compare === 'off' || pool.evaluation === 0) {
        versus.hidden = true;
        say('');
        return;
      }
      try {
        const moment = { view: settings.view, at };
        const side = await (settings.compare === 'enlarged'
          ? enlarged(settings, moment)
          : beside(settings));
        if (mine !== latest) return;
        versus.hidden = side === null;
        if (!side) return say('There is no other model to compare this one with.');
        put(other, side.rgba, side.size);
        left.textContent = side.left;
        right.textContent = side.right;
        say(side.words);
      } catch (error) {
        if (mine === latest && !isAbort(error)) onTrouble(error);
      }
    },
  };
}
