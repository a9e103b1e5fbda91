// Six landscapes on a cylinder.
//
//   const { away, towards, warmth } = panorama(0, new Random('train-0'));   // 0 dawn, 1 day, 2 dusk, 3 night, ...
//
// A scene is alike all around: what stands where is decided near by, only the light (one sun or moon, somewhere) is not.
// The palette turns with the distance from it, so that every place knows from its colours where the light must be. Most
// scenes have none: in a world that goes on without end two should rarely be seen at once.
import { vary } from './colours.mjs';
import { cylinderSvg, WIDTH, wrap } from './cylinder.mjs';
import { dawn } from './dawn.mjs';
import { day } from './day.mjs';
import { desert } from './desert.mjs';
import { dusk } from './dusk.mjs';
import { night } from './night.mjs';
import { snow } from './snow.mjs';

/** @typedef {import('./cylinder.mjs').Palette} Palette */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */
/** Where the light is, whether it is seen there, and from which side it comes at x.
 *  @typedef {{ x: number, shines: boolean, side: import('./ranges.mjs').Side }} Light */
/** @typedef {{ palettes: [away: Palette, towards: Palette], draw: (random: Random, light: Light) => Polygon[] }} Scene */

/** @type {Record<string, Scene>} */
const SCENES = { Dawn: dawn, Day: day, Dusk: dusk, Night: night, Desert: desert, Snow: snow };
export const PANORAMAS = Object.keys(SCENES);

/** Of all scenes, those with a light. */
const SHINING = 0.3;
/** What shows of the palette towards a light that is beyond the horizon. */
const DIFFUSE = 0.2;

/** The same landscape in two palettes, away from the light and towards it, and how much of the second shows at x.
 *  @param {number} scene @param {Random} random @param {number} by cells to move it around the cylinder */
export function panorama(scene, random, by = 0) {
  const { palettes, draw } = SCENES[PANORAMAS[scene]];
  const x = random.between(0, WIDTH);
  const shines = random.between() < SHINING;
  const angle = (/** @type {number} */ at) => (2 * Math.PI * wrap(at - x)) / WIDTH;
  // A light beyond the horizon is nowhere to be seen: it always comes from the left.
  const side = (/** @type {number} */ at) => (shines ? Math.tanh(-2 * Math.sin(angle(at))) : 0.9);
  const [lighter, turn] = [random.between(-0.05, 0.05), random.between(-0.07, 0.07)];
  const shapes = draw(random, { x, shines, side });
  const [away, towards] = palettes.map((palette) =>
    cylinderSvg(shapes, vary(palette, lighter, turn), by),
  );
  return {
    away,
    towards,
    warmth: (/** @type {number} */ at) =>
      shines ? (0.5 + 0.5 * Math.cos(angle(at - by))) ** 1.6 : DIFFUSE,
  };
}
