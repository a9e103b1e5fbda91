// Villages, seen from afar: huddled houses, each a dab of wall and a dab of roof, and a light in some of them.
//
// They lean and overlap as they like: nothing in a village has a place of its own that a painter must not miss.
import { mixed, role } from './colours.mjs';
import { ellipse } from './cylinder.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** A lamp behind a window, its light around it. @param {Point} at @param {number} radius @returns {Polygon} */
function lamp(at, radius) {
  const ink = role('window');
  return {
    fill: {
      around: at,
      radius,
      stops: [
        [0, ink, 1],
        [0.38, ink, 0.95],
        [0.6, ink, 0.4],
        [1, ink, 0],
      ],
    },
    points: ellipse(at, radius),
  };
}

/** @param {Random} random @param {Point} at middle of its foot @param {number} side @param {boolean} lights
 *  @returns {Polygon[]} */
function house(random, [x, y], side, lights) {
  const half = random.between(2.2, 3.6);
  const wall = random.between(2.4, 3.6);
  const rise = random.between(2.2, 3.2);
  const [lean, ridge] = [random.between(-0.5, 0.5), half * random.between(0.25, 0.6)];
  const over = half + random.between(0.3, 0.8);
  const light = Math.max(0, Math.min(1, 0.6 + 0.25 * side + random.between(-0.2, 0.2)));
  /** @type {Polygon[]} */
  const shapes = [
    {
      fill: mixed(role('wallShade'), role('wall'), light),
      points: [
        [x - half, y + 0.8],
        [x - half + lean, y - wall],
        [x + half + lean, y - wall],
        [x + half, y + 0.8],
      ],
    },
    {
      fill: mixed(role('roof'), role('front'), random.between(0, 0.25)),
      points: [
        [x - over + lean, y - wall + 0.5],
        [x - ridge + lean, y - wall - rise],
        [x + ridge + lean, y - wall - rise],
        [x + over + lean, y - wall + 0.5],
      ],
    },
  ];
  if (lights && random.between() < 0.7)
    shapes.push(
      lamp(
        [x + random.between(-0.8, 0.8), y - wall * random.between(0.3, 0.7)],
        random.between(1.7, 2.5),
      ),
    );
  return shapes;
}

/** Villages at these places. @param {Random} random @param {number[]} places @param {(x: number) => number} ground
 *  @param {(x: number) => number} side @param {boolean} lights @returns {Polygon[]} */
export const villages = (random, places, ground, side, lights) =>
  places.flatMap((at) => {
    const n = random.pick([2, 3, 4, 5, 6]);
    const homes = Array.from({ length: n }, (_, k) => {
      const x = at + (k - (n - 1) / 2) * 4.8 + random.between(-1.4, 1.4);
      const y = ground(x) + random.between(0, 1.8);
      return { y, shapes: house(random, [x, y], side(x), lights) };
    });
    return homes.toSorted((a, b) => a.y - b.y).flatMap(({ shapes }) => shapes);
  });
