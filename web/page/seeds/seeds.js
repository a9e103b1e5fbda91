// The grid of seeds: small pictures of the seeds that come next, made one after the other, to choose one from.
import { block, button, byId, isAbort, make } from '../base/dom.js';
import { optionsFor } from '../models/session.js';
import { put } from '../stage/surface.js';
import { isEndless } from '../base/world.js';

const COUNT = 9;
const SIDE = 144; // pixels of the longer side
const SMALL = 40; // cells a side, of a world without end

/**
 * @param {object} hooks
 * @param {import('../../engine/pool.js').Pool} hooks.pool
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {() => Promise<void>} hooks.onOpen resolves when the pool is free
 * @param {(seed: bigint|null, restored: boolean) => void} hooks.onClose null: none was chosen; restored: the pool has its picture back
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createSeedGrid({ pool, store, onOpen, onClose, onTrouble }) {
  const dialog = byId('seeds-dialog', HTMLDialogElement);
  const grid = block('seeds');
  const words = block('seeds-words');
  /** What is to be shown again afterwards. @type {import('../../engine/pool.js').Run|null} */
  let kept = null;
  /** @type {bigint|null} */
  let chosen = null;
  let round = 0;

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
      const choose = make('button', { type: 'button', className: 'view', disabled: true }, canvas, `Seed ${seed}`);
      choose.addEventListener('click', () => {
        chosen = seed;
        dialog.close();
      });
      return { seed, canvas, choose };
    });
    grid.replaceChildren(...places.map(({ choose }) => choose));
    return places;
  }

  /** @param {bigint} first */
  async function fill(first) {
    const mine = ++round;
    const info = /** @type {import('../../engine/engine.js').ModelInfo} */ (pool.info);
    const places = build(first);
    try {
      for (const [i, { seed, canvas, choose }] of places.entries()) {
        words.textContent = `Making ${i + 1} of ${COUNT} …`;
        const options = { ...optionsOf(info), seed };
        await pool.generate(options);
        if (mine !== round) return;
        const { width, height } = options.world;
        const scale = SIDE / Math.max(width, height);
        const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
        const rgba = await pool.render(size.width, size.height);
        if (mine !== round) return; // put away meanwhile: another run would call off the one that began then
        put(canvas, rgba, size);
        choose.disabled = false;
      }
      words.textContent = 'Choose one.';
    } catch (error) {
      if (mine !== round || isAbort(error)) return;
      dialog.close();
      onTrouble(error);
    }
  }

  async function open() {
    if (dialog.open || !pool.info) return;
    chosen = null;
    grid.replaceChildren();
    words.textContent = 'Waiting for the picture that is being made …';
    dialog.showModal();
    await onOpen();
    if (!dialog.open) return;
    kept = pool.keep();
    fill(store.settings.seed);
  }
  dialog.addEventListener('close', async () => {
    round++;
    const back = kept;
    kept = null;
    try {
      if (back) await pool.reopen(back); // which cancels what goes on
    } catch (error) {
      onTrouble(error);
    }
    onClose(chosen, back !== null);
  });
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
