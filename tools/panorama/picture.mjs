// A panorama as pixels: drawn in both its palettes, which pass into each other along the horizon, and painted over.
//
//   const random = new Random('train-0');
//   const { png, lattice } = panoramaPicture(panorama(0, random), random);
//
// The palettes are mixed here and not by a mask of the SVG, which has 256 steps and would leave stripes in the sky.
import { PNG } from 'pngjs';
import { averages, pixelsOf } from '../packing.mjs';
import { FINER, HEIGHT, WIDTH } from './cylinder.mjs';
import { gouache } from './gouache.mjs';

/** @typedef {import('../torus.mjs').Random} Random */

const [W, H] = [WIDTH * FINER, HEIGHT * FINER];

/** The drawing's pixels, RGBA. @param {ReturnType<typeof import('./scenes.mjs').panorama>} drawing */
export function panoramaPixels({ away, towards, warmth }) {
  const [from, to] = [away, towards].map((svg) => pixelsOf(svg, W, H));
  const share = Array.from({ length: W }, (_, x) => warmth((x + 0.5) / FINER));
  const pixels = Buffer.alloc(4 * W * H);
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = Math.round(from[at] + (to[at] - from[at]) * share[(at >> 2) % W]);
  return pixels;
}

/** @param {ReturnType<typeof import('./scenes.mjs').panorama>} drawing @param {Random} random of the hand that paints it over
 *  @returns {import('../packing.mjs').Picture} */
export function panoramaPicture(drawing, random) {
  const pixels = gouache(panoramaPixels(drawing), W, H, FINER, random);
  const image = new PNG({ width: W, height: H });
  image.data = pixels;
  const png = PNG.sync.write(image, { colorType: 2, filterType: 4, deflateLevel: 6 });
  return { png, lattice: averages(pixels, WIDTH, HEIGHT, FINER) };
}
