// Start from a picture: the one that is held, and how much of it may change.
import { latticeOf } from './average.js';
import { block, button, byId, input } from '../base/dom.js';
import { kindOf, refused } from '../base/kinds.js';
import { put, rgbaOf } from '../stage/surface.js';

/** @typedef {import('./average.js').Picture} Picture */
/** @typedef {import('../../engine/engine.js').ModelInfo} ModelInfo */
/** @typedef {import('../../engine/engine.js').World} World */
/** @typedef {Pick<import('../settings/state.js').Settings, 'size'|'extend'|'window'>} Shown */
/** @typedef {{lattice: Float32Array, world: World, info: ModelInfo, shown: Partial<Shown>}} Ready */
/** @typedef {{name: string, take: (info: ModelInfo) => Ready|null}} Start what is held, and what a model makes of it */

const MAX_FILE_PIXELS = 40e6; // larger ones are made smaller: only a lattice is needed

/**
 * Did nothing change that could have? Answers that contradict a picture are not believed (src/denoise/doubt.h): the network has never seen such a one.
 * @param {import('../run/history.js').Done|null} edit @param {Float32Array} made
 */
export function unchanged(edit, made) {
  const { source, strength = 1 } = edit?.options ?? {};
  if (!source || strength === 1 || strength < 0.25) return false;
  const square = made.reduce((sum, value, i) => sum + (value - source[i]) ** 2, 0);
  return Math.sqrt(square / made.length) < 0.03;
}

/** What a strength does, in words. @param {number} strength */
function strengthWords(strength) {
  if (strength <= 0.25) return 'Hardly anything changes: textures and small edges.';
  if (strength <= 0.5) return 'Details change; shapes and places stay.';
  if (strength <= 0.75) return 'Shapes may change; what it was still shows.';
  if (strength < 1) return 'Only the rough layout stays.';
  return 'Nothing stays: a new picture.';
}

/** What the browser makes of a file. @param {string} name @param {Uint8Array} bytes @returns {Promise<Picture>} */
export async function decode(name, bytes) {
  const taken = 'PNG, JPEG and WebP pictures';
  if (!['png', 'picture'].includes(kindOf(bytes))) throw new Error(refused(name, bytes, taken));
  const blob = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]);
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' }).catch(() => null);
  if (!bitmap) throw new Error(refused(name, bytes, taken));
  const scale = Math.min(1, Math.sqrt(MAX_FILE_PIXELS / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.floor(side * scale)));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context) context.imageSmoothingQuality = 'high';
  context?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const rgba = context?.getImageData(0, 0, width, height).data;
  if (!rgba) throw new Error(`There is no memory for the ${width} × ${height} pixels of ${name}.`);
  return { rgba, width, height };
}

/** A file's picture fills a model's frame, whichever model that is. @param {string} name @param {Picture} picture @returns {Start} */
export const ofFile = (name, picture) => ({
  name,
  take: (info) => ({
    lattice: latticeOf(picture, info),
    world: { x: 0, y: 0, width: info.lattice_width, height: info.lattice_height },
    info,
    shown: { extend: null, window: null },
  }),
});

/** A picture of the page is one of its model. @param {string} name @param {Ready} ready @returns {Start} */
export const ofPage = (name, ready) => ({
  name,
  take: (info) => (info === ready.info ? ready : null),
});

/** @param {object} hooks
 * @param {() => void} hooks.onPage this picture is to be it @param {() => void} hooks.onBegin @param {() => void} hooks.onStrength
 * @param {(name: string, bytes: Uint8Array) => void} hooks.onFile */
export function createStart({ onPage, onBegin, onStrength, onFile }) {
  const slider = input('strength');
  const picker = input('start-file');
  const preview = byId('start-preview', HTMLCanvasElement);
  /** @type {Start|null} */
  let held = null;
  /** @type {Ready|null} */
  let ready = null;

  function showStrength() {
    const strength = Number(slider.value);
    block('strength-value').textContent = strength.toFixed(2);
    block('strength-words').textContent = strengthWords(strength);
  }
  /** Held pictures are shown as this model sees them. @param {ModelInfo} info */
  function show(info) {
    ready = held?.take(info) ?? null;
    if (!ready) held = null;
    block('start-held').hidden = ready === null;
    button('start-begin').disabled = ready === null;
    block('start-name').textContent = held?.name ?? '';
    if (ready) put(preview, rgbaOf(ready), ready.world);
  }

  slider.addEventListener('input', () => {
    showStrength();
    onStrength();
  });
  button('start-page').addEventListener('click', onPage);
  button('start-open').addEventListener('click', () => picker.click());
  button('start-begin').addEventListener('click', onBegin);
  picker.addEventListener('change', async () => {
    const file = picker.files?.[0];
    if (file) onFile(file.name, new Uint8Array(await file.arrayBuffer()));
    picker.value = '';
  });
  showStrength();

  return {
    get strength() {
      return Number(slider.value);
    },
    get ready() {
      return ready;
    },
    show,
    /** @param {Start} start @param {ModelInfo} info */
    hold(start, info) {
      held = start;
      show(info);
      byId('start-panel', HTMLDetailsElement).open = true;
    },
  };
}
