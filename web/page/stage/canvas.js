// Where the canvas lies on the page and how large it looks there, and its corner that is dragged.
import { block, button } from '../base/dom.js';
import { MAX_SIDE, MIN_SIDE, print } from '../settings/state.js';

/** @typedef {import('../settings/state.js').Size} Size */

/** @param {number} side */
const clamp = (side) => Math.max(MIN_SIDE, Math.min(MAX_SIDE, Math.round(side)));

// Pixels of a picture that nobody has chosen the size of. Where the world fills the canvas, each costs network as well.
const MOST = 2 ** 20;
const MOST_FILLING = 300000;

/** Steps of an arrow key on the corner. @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {object} hooks
 * @param {() => Size} hooks.size the size in force
 * @param {() => string} hooks.screen
 * @param {(size: Size, final: boolean) => void} hooks.onResize final: false while the drag goes on
 * @param {() => void} hooks.onRest the drag is over
 */
export function createCanvas({ size, screen, onResize, onRest }) {
  const mat = block('mat');
  const sheet = block('sheet');
  const corner = button('corner');
  let laid = ''; // how it lies
  let dragScale = 0; // CSS pixels a canvas pixel while dragging: kept, so that the corner follows the pointer

  function room() {
    const style = getComputedStyle(mat);
    const width =
      mat.clientWidth -
      Number.parseFloat(style.paddingLeft) -
      Number.parseFloat(style.paddingRight);
    const height =
      mat.clientHeight -
      Number.parseFloat(style.paddingTop) -
      Number.parseFloat(style.paddingBottom);
    return { width: Math.max(64, width), height: Math.max(64, height) };
  }

  /** @param {Size} of */
  function scaleOf({ width, height }) {
    const space = room();
    const largest = Math.min(space.width / width, space.height / height);
    if (dragScale > 0) return Math.min(dragScale, largest);
    if (screen() === 'actual') return 1 / devicePixelRatio;
    return screen() === 'fill' ? largest : Math.min(1 / devicePixelRatio, largest);
  }

  /** Its room is measured, which lays the whole page out, only when something of this changed. */
  function layout() {
    const asked = `${print('size', size())} ${screen()} ${devicePixelRatio} ${dragScale}`;
    if (asked !== laid) place();
    laid = asked;
  }

  function place() {
    const now = size();
    const scale = scaleOf(now);
    sheet.style.width = `${now.width * scale}px`;
    sheet.style.height = `${now.height * scale}px`;
    sheet.classList.remove('unplaced');
    sheet.classList.toggle('blocky', scale * devicePixelRatio >= 2);
    const scrolls = screen() === 'actual' && dragScale === 0;
    const begins = scrolls && !mat.classList.contains('scrolls');
    mat.classList.toggle('scrolls', scrolls);
    if (begins) {
      mat.scrollTop = (mat.scrollHeight - mat.clientHeight) / 2;
      mat.scrollLeft = (mat.scrollWidth - mat.clientWidth) / 2;
    }
    if (scrolls) {
      mat.tabIndex = 0;
      mat.setAttribute('role', 'region');
      mat.setAttribute('aria-label', 'The picture at its actual size; scroll to see all of it');
    } else {
      mat.removeAttribute('tabindex');
      mat.removeAttribute('role');
      mat.removeAttribute('aria-label');
    }
  }

  corner.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    corner.focus({ preventScroll: true });
    corner.setPointerCapture(event.pointerId);
    const from = size();
    const start = { x: event.clientX, y: event.clientY };
    dragScale = scaleOf(from);
    sheet.classList.add('dragging');

    /** @param {PointerEvent} move */
    const sized = (move) => {
      // The sheet is centred: its corner moves by half of what it gains.
      let width = from.width + (2 * (move.clientX - start.x)) / dragScale;
      let height = from.height + (2 * (move.clientY - start.y)) / dragScale;
      if (move.shiftKey) {
        const factor = Math.max(width / from.width, height / from.height);
        [width, height] = [from.width * factor, from.height * factor];
      }
      return { width: clamp(width), height: clamp(height) };
    };
    // Pointers report more often than the screen is drawn; the last place in each of its frames counts.
    let frame = 0;
    /** @param {PointerEvent} move */
    const onMove = (move) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => onResize(sized(move), false));
    };
    /** @param {PointerEvent} end */
    const onEnd = (end) => {
      corner.removeEventListener('pointermove', onMove);
      corner.removeEventListener('pointerup', onEnd);
      corner.removeEventListener('pointercancel', onEnd);
      cancelAnimationFrame(frame);
      const last = end.type === 'pointerup' ? sized(end) : size();
      dragScale = 0;
      sheet.classList.remove('dragging');
      onResize(last, true);
      layout();
      onRest();
    };
    corner.addEventListener('pointermove', onMove);
    corner.addEventListener('pointerup', onEnd);
    corner.addEventListener('pointercancel', onEnd);
  });

  corner.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const by = event.shiftKey ? 1 : 16;
    const now = size();
    onResize(
      { width: clamp(now.width + by * arrow[0]), height: clamp(now.height + by * arrow[1]) },
      true,
    );
  });

  new ResizeObserver(place).observe(mat);
  return {
    layout,
    /** As many pixels as the screen has there, within reason. @param {boolean} fills all of the room, not only a square of it */
    bestSize(fills) {
      const { width, height } = room();
      const side = Math.min(width, height);
      const [across, down] = fills ? [width, height] : [side, side];
      const most = fills ? MOST_FILLING : MOST;
      const density = Math.min(fills ? 1 : devicePixelRatio, Math.sqrt(most / (across * down)));
      const eights = (/** @type {number} */ length) => clamp(8 * Math.floor((length * density) / 8));
      return { width: eights(across), height: eights(down) };
    },
  };
}
