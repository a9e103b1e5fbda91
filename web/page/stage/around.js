// What lies around the canvas while a world without end has not been painted there yet: the picture mirrored at its edges, too
// coarse to be taken for more. It goes on where the picture ends, and nothing is computed for it.
import { createSurface } from './surface.js';

/** @typedef {import('./surface.js').Region} Region */

const COARSE = 28; // pixels of the longer side of each mirror image; the browser makes them large and soft

/** @param {HTMLCanvasElement} canvas @param {HTMLCanvasElement} picture */
export function createAround(canvas, picture) {
  const surface = createSurface(canvas);

  function mirror() {
    const scale = COARSE / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(scale * side)));
    Object.assign(canvas, { width: 3 * width, height: 3 * height }); // empties it
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(picture, width, height, width, height);
    for (let k = 0; k < 9; k++) {
      const [i, j] = [k % 3, Math.floor(k / 3)];
      if (k === 4) continue;
      const [flipped, upset] = [i !== 1, j !== 1];
      pen.setTransform(flipped ? -1 : 1, 0, 0, upset ? -1 : 1, (i + (flipped ? 1 : 0)) * width, (j + (upset ? 1 : 0)) * height);
      pen.drawImage(canvas, width, height, width, height, 0, 0, width, height);
    }
  }

  return {
    aim: surface.aim,
    /** The picture shows this part now; null: what lies around it is known to be nothing. @param {Region|null} region */
    follow(region) {
      canvas.hidden = region === null;
      if (!region) return;
      mirror();
      const { x, y, across, down } = region;
      surface.shows({ x: x - across, y: y - down, across: 3 * across, down: 3 * down });
    },
  };
}
