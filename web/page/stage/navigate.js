// Zoom and pan: wheel, fingers, mouse, keys and buttons become windows onto the plane.
import { block, button } from '../base/dom.js';
import { isEndless, moved, pixelPerCell, zoomed } from '../base/world.js';

/** @typedef {import('../base/world.js').Shown} Shown */
/** @typedef {import('../base/world.js').Part} Part */
/** @typedef {{window: Part|null, limit: string}} Step */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEY_ZOOM = 1.5;
const GESTURE_MS = 250; // wheel events this close to each other are one movement of the hand

/**
 * @param {object} hooks
 * @param {() => Shown} hooks.shown
 * @param {() => import('../../engine/engine.js').ModelInfo|null} hooks.info
 * @param {(window: Part|null, moving: boolean) => void} hooks.onWindow
 * @param {(sentence: string) => void} hooks.onLimit
 * @param {() => boolean} hooks.painting one pointer paints; two are still ours
 */
export function createNavigator({ shown, info, onWindow, onLimit, painting }) {
  const sheet = block('sheet');
  const glass = block('glass');
  sheet.tabIndex = 0; // here, because without this module there is nothing to be done on it
  let said = ''; // a limit that is reached again and again is worth one sentence
  /** Of this animation frame; the settings hear of the last one only. @type {{window: Part|null}|null} */
  let pending = null;

  function flush() {
    if (!pending) return;
    const { window } = pending;
    pending = null;
    onWindow(window, true);
  }

  /** @param {(now: Shown, model: import('../../engine/engine.js').ModelInfo) => Step} change */
  function apply(change) {
    const model = info();
    if (!model) return;
    const now = pending ? { ...shown(), window: pending.window } : shown();
    const { window, limit } = change(now, model);
    if (!pending) requestAnimationFrame(flush);
    pending = { window };
    if (limit && limit !== said) onLimit(limit);
    said = limit;
  }

  /** @param {{clientX: number, clientY: number}} point as shares of the canvas */
  function shareAt({ clientX, clientY }) {
    const box = glass.getBoundingClientRect();
    return { x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height };
  }

  /** @param {number} factor @param {{x: number, y: number}} [at] */
  const zoom = (factor, at) => apply((now, model) => zoomed(now, model, factor, at));
  /** @param {number} dx @param {number} dy shares of the canvas */
  const move = (dx, dy) => apply((now, model) => moved(now, model, dx, dy));

  // ---- wheel: it scrolls the page, unless the picture was chosen or Ctrl is held; a movement that began as scrolling goes on as such ----
  const chosen = () => sheet.contains(document.activeElement) || document.documentElement.classList.contains('full');
  let scrolled = Number.NEGATIVE_INFINITY;
  addEventListener(
    'wheel',
    (event) => {
      const inside = event.target instanceof Node && glass.contains(event.target);
      if (!inside || !(event.ctrlKey || chosen()) || event.timeStamp - scrolled < GESTURE_MS) {
        scrolled = event.timeStamp;
        return;
      }
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const delta = Math.max(-240, Math.min(event.deltaY * lines, 240));
      // A pinch on a touchpad comes as small deltas with the Ctrl key.
      zoom(Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.002)), shareAt(event));
    },
    { passive: false },
  );

  // ---- pointers: one drags, two pinch ----
  /** @type {Map<number, {x: number, y: number}>} */
  const pointers = new Map();
  let dragged = false;
  const middle = () => {
    const all = [...pointers.values()];
    const mean = (/** @type {'x'|'y'} */ key) =>
      all.reduce((sum, point) => sum + point[key], 0) / all.length;
    return { x: mean('x'), y: mean('y') };
  };
  /** In shares of the width, so that pinching is alike in both directions. */
  function spread() {
    const [a, b] = [...pointers.values()];
    const { width, height } = glass.getBoundingClientRect();
    return b ? Math.hypot(a.x - b.x, ((a.y - b.y) * height) / width) : 0;
  }

  /** One finger on the whole picture scrolls the page (the browser decides by touch-action), a brush paints. @param {PointerEvent} event */
  function notOurs(event) {
    const model = info();
    const whole = !shown().window && !(model && isEndless(model)); // there is no whole of a world without end
    return pointers.size === 1 && (painting() || (event.pointerType === 'touch' && whole));
  }

  glass.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointers.size === 2) return;
    pointers.set(event.pointerId, shareAt(event));
    if (notOurs(event)) return;
    for (const id of pointers.keys()) glass.setPointerCapture(id);
    glass.classList.add('held');
  });
  glass.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    const [before, apart] = [middle(), spread()];
    pointers.set(event.pointerId, shareAt(event));
    if (notOurs(event)) return;
    const [after, now] = [middle(), spread()];
    dragged = true;
    if (apart > 0 && now > 0) zoom(now / apart, before);
    move(before.x - after.x, before.y - after.y);
  });
  /** @param {PointerEvent} event */
  function release(event) {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    glass.classList.remove('held');
    flush();
    if (dragged) onWindow(shown().window, false);
    dragged = false;
  }
  glass.addEventListener('pointerup', release);
  glass.addEventListener('pointercancel', release);
  // Two fingers are ours even where one scrolls the page.
  const keepPinch = (/** @type {TouchEvent} */ event) => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  };
  glass.addEventListener('touchstart', keepPinch, { passive: false });
  glass.addEventListener('touchmove', keepPinch, { passive: false });
  glass.addEventListener('dblclick', (event) => {
    if (!painting()) zoom(event.shiftKey ? 0.5 : 2, shareAt(event));
  });

  // ---- keys and buttons ----
  const actions = {
    zoomIn: () => zoom(KEY_ZOOM),
    zoomOut: () => zoom(1 / KEY_ZOOM),
    fit: () => apply(() => ({ window: null, limit: '' })),
    pixelPerCell: () => apply(pixelPerCell),
  };
  for (const place of [sheet, block('zoom')]) {
    place.addEventListener('keydown', (event) => {
      const arrow = ARROWS[event.key];
      const other = place === sheet && event.target !== sheet; // the corner and the divider have arrows of their own
      if (!arrow || other || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const by = event.shiftKey ? 0.5 : 0.1;
      move(by * arrow[0], by * arrow[1]);
    });
  }
  button('zoom-in').addEventListener('click', actions.zoomIn);
  button('zoom-out').addEventListener('click', actions.zoomOut);
  button('zoom-fit').addEventListener('click', actions.fit);
  button('zoom-cell').addEventListener('click', actions.pixelPerCell);
  return actions;
}
