// The grid of seeds: small pictures of the seeds that come next, to choose one from, made aside of the picture that is there.
import { block, button, byId, isAbort, make } from '../base/dom.js';
import { optionsFor } from '../models/session.js';
import { hasty } from '../run/hand.js';
import { put } from '../stage/surface.js';
import { isEndless } from '../base/world.js';

const COUNT = 9;
const SIDE = 144; // pixels of the longer side
const SMALL = 40; // cells a side, of a world without end
const HASTE = 60000; // ms: what is made in a finite time may be rough

/**
 * @param {object} hooks
 * @param {import('../../engine/pool.js').Pool} hooks.pool
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {(seed: bigint) => void} hooks.onChoose
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createSeedGrid({ pool, store, onChoose, onTrouble }) {
  const dialog = byId('seeds-dialog', HTMLDialogElement);
  const grid = block('seeds');
  const words = block('seeds-words');
  let filling = new AbortController();

  /** What is made of a seed: of a world without end, some of the middle. @param {import('../../engine/engine.js').ModelInfo} info */
  function optionsOf(info) {
    const options = optionsFor(store.settings, info);
    const { x, y, width, height } = options.world;
    const left = x + Math.max(0, width - SMALL) / 2;
    const top = y + Math.max(0, height - SMALL) / 2;
    if (!isEndless(info)) return options;
    return { ...options, world: { x: Math.floor(left), y: Math.floor(top), width: SMALL, height: SMALL } };
  }

  /** @param {bigint} first */
  function build(first) {
    const places = Array.from({ length: COUNT }, (_, i) => {
      const seed = BigInt.asUintN(64, first + BigInt(i));
      const canvas = make('canvas', { width: SIDE, height: SIDE });
      canvas.setAttribute('aria-hidden', 'true');
      const note = make('span', { textContent: ' preview', hidden: true });
      const choose = make('button', { type: 'button', className: 'view', disabled: true }, canvas, `Seed ${seed}`, note);
      choose.addEventListener('click', () => {
        dialog.close();
        onChoose(seed);
      });
      return { seed, canvas, choose, note };
    });
    grid.replaceChildren(...places.map(({ choose }) => choose));
    return places;
  }

  /** @typedef {ReturnType<typeof build>} Places */
  /** @param {Places} places @param {boolean} preview @param {import('../../engine/pool.js').GenerateOptions} options @param {AbortSignal} signal */
  async function pass(places, preview, options, signal) {
    const { width, height } = /** @type {import('../../engine/engine.js').World} */ (options.world);
    const scale = SIDE / Math.max(width, height);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    for (const [i, { seed, canvas, choose, note }] of places.entries()) {
      words.textContent = `${preview ? 'Preview' : 'Making'} ${i + 1} of ${COUNT} …`;
      await pool.sketch({ ...options, seed }, preview ? HASTE : Number.POSITIVE_INFINITY, signal, async ({ render }) =>
        put(canvas, await render(size.width, size.height, { signal }), size));
      note.hidden = !preview;
      choose.disabled = false;
    }
  }

  /** All nine in few evaluations, so that there is something to choose from; then each as it will be. @param {bigint} first */
  async function fill(first) {
    filling.abort();
    filling = new AbortController();
    const { signal } = filling;
    const info = /** @type {import('../../engine/engine.js').ModelInfo} */ (pool.info);
    const options = optionsOf(info);
    const places = build(first);
    const quick = hasty(options);
    try {
      words.ariaBusy = 'true'; // eighteen sentences are too many to be read out
      if (quick.steps !== options.steps && info.target !== 'previous') await pass(places, true, quick, signal);
      await pass(places, false, options, signal);
      words.ariaBusy = 'false';
      words.textContent = 'Choose one.';
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      dialog.close();
      onTrouble(error);
    }
  }

  function open() {
    if (dialog.open || !pool.info) return;
    dialog.showModal();
    fill(store.settings.seed);
  }
  dialog.addEventListener('close', () => filling.abort());
  button('seeds-next').addEventListener('click', () => {
    const last = /** @type {HTMLButtonElement} */ (grid.lastElementChild).textContent ?? '';
    fill(BigInt(last.replace(/\D/g, '')) + 1n);
  });
  button('seeds-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  button('seeds-open').addEventListener('click', open);

  return { open };
}
