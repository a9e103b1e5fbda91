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
 * @param {import('../models/life.js').Life} life
 * @param {(view: string) => void} onChoose
 * @param {(error: unknown) => void} onTrouble
 */
export function createInsides(pool, life, onChoose, onTrouble) {
  const panel = block('panel-inside');
  const list = byId('views', HTMLElement);
  const words = block('insides-words');
  /** @type {Map<string, {button: HTMLButtonElement, canvas: HTMLCanvasElement}>} */
  const thumbs = new Map();
  let wanted = false;
  let busy = false;

  async function work() {
    busy = true;
    while (wanted && !panel.hidden && pool.world && life.moment.at > 0) {
      const { moment } = life;
      const { width: across, height: down } = pool.world;
      wanted = false;
      const size = { width: SIDE, height: Math.max(1, Math.round((SIDE * down) / across)) };
      for (const [view, { canvas }] of thumbs) {
        try {
          put(canvas, await pool.render(size.width, size.height, { view, ...moment }), size);
        } catch (error) {
          if (!isAbort(error)) onTrouble(error);
        }
      }
    }
    busy = false;
  }

  function update() {
    wanted = true;
    if (!busy) work();
  }

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
