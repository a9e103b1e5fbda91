// A pad to draw pictures on that are then learned from like any other.
import { block, button, byId, input } from '../base/dom.js';

const SIDE = 256; // pixels of a drawing
const GROUND = '#ffffff';

/** @param {(file: File) => void} onDrawn a drawing is wanted among the pictures */
export function createPad(onDrawn) {
  const canvas = byId('pad', HTMLCanvasElement);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const add = button('pad-add');
  let n = 0;

  function wipe() {
    Object.assign(canvas, { width: SIDE, height: SIDE });
    pen.fillStyle = GROUND;
    pen.fillRect(0, 0, SIDE, SIDE);
    Object.assign(pen, { lineCap: 'round', lineJoin: 'round' });
    add.disabled = true;
  }

  /** @param {PointerEvent} event */
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
  }

  /** From where the pointer was to where it is; a dot, where that is the same. @param {PointerEvent} event */
  function draw(event) {
    const { x, y } = place(event);
    pen.strokeStyle = input('pad-colour').value;
    pen.lineWidth = Number(input('pad-size').value);
    pen.lineTo(x, y);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x, y);
    add.disabled = false;
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const { x, y } = place(event);
    pen.beginPath();
    pen.moveTo(x, y);
    draw(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) draw(event);
  });
  button('pad-wipe').addEventListener('click', wipe);
  add.addEventListener('click', () =>
    canvas.toBlob((blob) => {
      if (!blob) return;
      n++;
      onDrawn(new File([blob], `drawing-${n}.png`, { type: 'image/png' }));
      wipe();
    }),
  );
  wipe();
  return {
    /** @param {boolean} can may there be more pictures now? */
    show(can) {
      block('pad-room').hidden = !can;
    },
  };
}
