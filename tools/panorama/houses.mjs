// Villages, seen from afar: one mass of walls under one of roofs, and lights in it.
//
// Nothing in a village has a place of its own that a painter must not miss.
import { mixed, role } from './colours.mjs';
import { glow } from './cylinder.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** A lamp behind a window, its light around it. @param {Point} at @param {number} radius @param {number} opacity
 *  @returns {Polygon} */
function lamp(at, radius, opacity) {
  const ink = role('window');
  return glow(at, radius, [
    [0, ink, opacity],
    [0.3, ink, 0.9 * opacity],
    [0.6, ink, 0.35 * opacity],
    [1, ink, 0],
  ]);
}

/** A village around a place: gables of different heights, their foot lost in the grass.
 *  @param {Random} random @param {number} at @param {(x: number) => number} ground @param {boolean} lights @returns {Polygon[]} */
function village(random, at, ground, lights) {
  const half = random.between(6, 15);
  const foot = ground(at) + 1;
  /** @type {Point[]} */
  const gables = [[at - half - 1, foot + 0.6]];
  for (let x = at - half; x < at + half; x += random.between(1.4, 2.6)) {
    const tall = 6.5 - 2.5 * (Math.abs(x - at) / half) ** 2;
    gables.push([x, foot - tall * random.between(0.55, 1.1)]);
  }
  gables.push([at + half + 1, foot + 0.6]);
  const roof = mixed(role('roof'), role('front'), random.between(0, 0.2));
  /** @type {Polygon[]} */
  const shapes = [
    {
      fill: {
        stops: [
          [foot - 7, roof],
          [foot - 3.8, roof],
          [foot - 2.4, role('wall')],
          [foot - 0.6, role('wallShade')],
          [foot + 0.6, role('wallShade'), 0],
        ],
      },
      points: gables,
    },
  ];
  if (lights)
    for (let k = 0; k < half / 2.6; k++) {
      const place = /** @type {Point} */ ([
        at + half * random.between(-0.9, 0.9),
        foot - random.between(0.4, 3),
      ]);
      shapes.push(lamp(place, random.between(1.6, 2.8), random.between(0.5, 1)));
    }
  return shapes;
}

/** Villages at these places. @param {Random} random @param {number[]} places @param {(x: number) => number} ground
 *  @param {boolean} lights @returns {Polygon[]} */
export const villages = (random, places, ground, lights) =>
  places.flatMap((at) => village(random, at, ground, lights));
