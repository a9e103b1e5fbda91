// Thumbnails of what the network sees and says at one step; each can be drawn large.
import { block, byId, isAbort, make } from '../base/dom.js';
import { put } from './surface.js';
import { isEndless } from '../base/world.js';

const SIDE = 96;
const SOME = 'What the network sees and says at this step. Choose one to draw it large.';
const NONE =
  'Of a world without end this page keeps the guesses of every step, which the strip of steps shows, and nothing else to look into.';
/** @type {Record<string, [string, string]>} */
const NAMES = {
  clean: ['Guess', 'the clean picture as guessed now'],
  state: ['State z', 'the noisy field that is being cleaned'],
  residual: ['Residual', 'what the network takes for noise'],
};

/** @param {string} view @returns {[string, string]} */
const nameOf = (view) =>
  NAMES[view] ?? [`Blur ${view.slice(4)}`, 'the field, blurred: how a pixel sees far'];

/**
 * @param {import('../../engine/pool.js').Pool} pool
 * @param {(view: string) => void} onChoose
 * @param {(error: unknown) => void} onTrouble
 */
export function createInsides(pool, onChoose, onTrouble) {
  const panel = byId('insides', HTMLDetailsElement);
  const list = byId('views', HTMLElement);
  const words = block('insides-words');
  /** @type {Map<string, {button: HTMLButtonElement, canvas: HTMLCanvasElement}>} */
  const thumbs = new Map();
  /** @type {{at: number}|null} */
  let wanted = null;
  let latest = 0;
  let busy = false;

  async function work() {
    busy = true;
    while (wanted && panel.open && pool.world && pool.evaluation > 0) {
      const { at } = wanted;
      const { width: across, height: down } = pool.world;
      wanted = null;
      const size = { width: SIDE, height: Math.max(1, Math.round((SIDE * down) / across)) };
      for (const [view, { canvas }] of thumbs) {
        try {
          put(canvas, await pool.render(size.width, size.height, { view, at }), size);
        } catch (error) {
          if (!isAbort(error)) onTrouble(error);
        }
      }
    }
    busy = false;
  }

  /** @param {number} at */
  function update(at) {
    latest = at;
    wanted = { at };
    if (!busy) work();
  }
  panel.addEventListener('toggle', () => panel.open && update(latest));

  return {
    update,
    /** Other model, other levels. @param {import('../../engine/engine.js').ModelInfo} info */
    rebuild(info) {
      const views = isEndless(info) ? [] : ['clean', 'state', 'residual'];
      for (let level = 1; level < info.n_levels && views.length > 0; level++) views.push(`blur${level}`);
      words.textContent = isEndless(info) ? NONE : SOME;
      thumbs.clear();
      list.replaceChildren();
      for (const view of views) {
        const [name, about] = nameOf(view);
        const canvas = make('canvas', { width: SIDE, height: SIDE });
        canvas.setAttribute('aria-hidden', 'true');
        const button = make(
          'button',
          { type: 'button', title: about, className: 'view' },
          canvas,
          name,
        );
        button.addEventListener('click', () => onChoose(view));
        thumbs.set(view, { button, canvas });
        list.append(button);
      }
    },
    /** @param {string} view */
    mark(view) {
      for (const [name, { button }] of thumbs)
        button.setAttribute('aria-pressed', String(name === view));
    },
  };
}
