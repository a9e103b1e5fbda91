// The mask brush: a pointer on the picture becomes strokes of a mask, which is shown over the picture in its place in
// the plane, so that it stays there whatever part of the plane is seen.
import { block, byId, input } from '../base/dom.js';
import { createSurface, regionOf } from '../stage/surface.js';

/** @typedef {import('./mask.js').Mask} Mask */
/** @typedef {import('../stage/surface.js').Region} Region */

const COLOUR = [226, 74, 24];
const OPACITY = 158; // of 255

/**
 * @param {Mask} mask
 * @param {object} hooks
 * @param {() => Region|null} hooks.region what the canvas shows
 * @param {() => void} hooks.onStroke one was begun, ended, or taken back
 */
export function createBrush(mask, { region, onStroke }) {
  const glass = block('glass');
  const ring = block('ring');
  const canvas = byId('mask', HTMLCanvasElement);
  const surface = createSurface(canvas);
  const size = input('brush-size');
  /** @type {Set<number>} */
  const held = new Set();
  /** Where the stroke has come to. @type {import('./mask.js').Point|null} */
  let last = null;
  let on = false;
  let erase = false;
  let frame = 0;

  const radius = () => Number(size.value) / 2;

  /** The ring is as large on the picture as the brush is in the plane. @param {Region} seen */
  function fit(seen) {
    ring.style.width = `${(200 * radius()) / seen.across}%`;
  }

  /** @param {MouseEvent} event */
  function place(event) {
    const box = glass.getBoundingClientRect();
    const seen = /** @type {Region} */ (region());
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    ring.style.left = `${100 * u}%`;
    ring.style.top = `${100 * v}%`;
    ring.hidden = !on;
    fit(seen);
    return { x: seen.x + u * seen.across, y: seen.y + v * seen.down };
  }

  /** One pixel a cell; the browser makes it larger, and its edges soft, as the border of the new part will be. */
  function show() {
    cancelAnimationFrame(frame);
    const { world, fresh } = mask;
    canvas.hidden = mask.empty;
    if (canvas.hidden) return;
    const rgba = new Uint8ClampedArray(4 * fresh.length);
    for (const [i, value] of fresh.entries()) rgba.set([...COLOUR, OPACITY * value], 4 * i);
    const seen = region();
    if (seen) surface.aim(seen);
    surface.put(rgba, world, regionOf({ x: world.x, y: world.y, across: world.width }, world));
  }
  function showSoon() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(show);
  }

  glass.addEventListener('pointerdown', (event) => {
    if (!on || event.button !== 0 || !region()) return;
    held.add(event.pointerId);
    if (held.size === 1) {
      onStroke();
      mask.begin();
      last = place(event);
      mask.stroke(last, last, radius(), erase);
    } else if (last) {
      mask.undo(); // two fingers zoom; the first did not mean to paint
      last = null;
    }
    glass.setPointerCapture(event.pointerId);
    showSoon();
  });
  glass.addEventListener('pointermove', (event) => {
    if (!on || !region()) return;
    const to = place(event);
    if (!last || !held.has(event.pointerId)) return;
    mask.stroke(last, to, radius(), erase);
    last = to;
    showSoon();
  });
  /** @param {PointerEvent} event */
  function release(event) {
    if (!held.delete(event.pointerId)) return;
    last = null;
    if (event.pointerType === 'touch') ring.hidden = true;
    onStroke();
  }
  glass.addEventListener('pointerup', release);
  glass.addEventListener('pointercancel', release);
  glass.addEventListener('pointerleave', () => {
    ring.hidden = true;
  });

  return {
    get on() {
      return on;
    },
    show,
    hide() {
      cancelAnimationFrame(frame);
      canvas.hidden = true;
    },
    /** Another part of the plane is seen. @param {Region} seen */
    aim(seen) {
      surface.aim(seen);
      fit(seen);
    },
    /** @param {boolean} now */
    set(now) {
      on = now;
      if (!on) ring.hidden = true;
    },
    /** @param {boolean} now */
    setErase(now) {
      erase = now;
    },
  };
}

/** @typedef {ReturnType<typeof createBrush>} Brush */
