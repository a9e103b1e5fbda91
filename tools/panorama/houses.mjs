// Houses, churches, boats.
import { ellipse } from './cylinder.mjs';
import { mixed, role } from './colours.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** @param {number} x @param {number} y @param {number} w @param {number} h @returns {Point[]} */
const box = (x, y, w, h) => [
  [x, y],
  [x + w, y],
  [x + w, y + h],
  [x, y + h],
];

/** A house seen from a corner: a gable and a long side under the roof.
 *  @param {Random} random @param {Point} at middle of its foot @param {number} side @param {number} scale
 *  @returns {Polygon[]} */
function house(random, [x, y], side, scale) {
  const gable = 3.6 * scale;
  const long = random.between(3.6, 5.2) * scale;
  const wall = random.between(3.2, 3.9) * scale;
  const rise = random.between(2.3, 2.9) * scale;
  const sign = side > 0 ? 1 : -1;
  const mirror = (/** @type {Point[]} */ points) =>
    points.map(([px, py]) => /** @type {Point} */ ([x + sign * px, y - py]));
  const [a, b, c] = [-(gable + long) / 2, -(gable + long) / 2 + gable, (gable + long) / 2];
  const middle = (a + b) / 2;
  const over = 0.45 * scale;
  // The gable looks towards the light.
  const pane = 1.15 * Math.max(1, scale * 0.9);
  const bright = mixed(role('wallShade'), role('wall'), 0.5 + 0.5 * Math.abs(side));
  const rear = mixed(role('wallShade'), role('wall'), 0.45 - 0.45 * Math.abs(side));
  return [
    {
      fill: bright,
      points: mirror([
        [a, -0.6],
        [a, wall],
        [middle, wall + rise],
        [b, wall],
        [b, -0.6],
      ]),
    },
    {
      fill: rear,
      points: mirror([
        [b, -0.6],
        [b, wall],
        [c, wall],
        [c, -0.6],
      ]),
    },
    {
      fill: role('roof'),
      points: mirror([
        [middle, wall + rise + 0.2],
        [middle + long, wall + rise + 0.2],
        [c + over, wall - 0.3],
        [b + 0.1, wall - 0.3],
      ]),
    },
    {
      fill: mixed(role('roof'), role('front'), 0.25),
      points: mirror([
        [a - over, wall - 0.5],
        [middle, wall + rise + 0.2],
        [middle, wall + rise - 0.75],
        [a - over + 0.9 * scale, wall - 0.6],
      ]),
    },
    {
      fill: role('window'),
      points: mirror(box(middle - pane / 2, wall * 0.45, pane, pane * 1.15)),
    },
    {
      fill: role('window'),
      points: mirror(box((b + c) / 2 - pane / 2, wall * 0.4, pane, pane * 1.05)),
    },
  ];
}

/** @param {Point} at @param {number} side @param {number} scale @returns {Polygon[]} */
function church([x, y], side, scale) {
  const [half, tall, spire] = [1.5 * scale, 7.6 * scale, 5.2 * scale];
  const light = 0.5 + 0.5 * side;
  const wall = (/** @type {number} */ t) => mixed(role('wallShade'), role('wall'), t);
  return [
    { fill: wall(light), points: box(x - half, y - tall, 2 * half, tall + 0.6) },
    { fill: wall(1 - light), points: box(x, y - tall, half, tall + 0.6) },
    {
      fill: role('roof'),
      points: [
        [x, y - tall - spire],
        [x + half * 1.25, y - tall + 0.3],
        [x - half * 1.25, y - tall + 0.3],
      ],
    },
    {
      fill: role('window'),
      points: [...ellipse([x, y - tall * 0.66], 0.62 * scale, 0.95 * scale)],
    },
  ];
}

/** Some houses together, perhaps with a church. @param {Random} random @param {number} at
 *  @param {(x: number) => number} ground @param {(x: number) => number} side @param {number} scale
 *  @returns {Polygon[]} */
function village(random, at, ground, side, scale) {
  const n = random.pick([1, 2, 3], [1, 2, 1]);
  const s = side(at);
  const homes = Array.from({ length: n }, (_, k) => {
    const x = at + (k - (n - 1) / 2) * 10.5 * scale + random.between(-1, 1);
    const y = ground(x) + random.between(0.6, 2.2);
    return { y, shapes: house(random, [x, y], s, scale) };
  });
  if (n === 2 && random.between() < 0.4) {
    const x = at + random.pick([-6.2, 6.2]) * scale;
    const y = ground(x) + 0.4;
    homes.push({ y, shapes: church([x, y], s, scale) });
  }
  return homes.toSorted((a, b) => a.y - b.y).flatMap(({ shapes }) => shapes);
}

/** Villages at these places. @param {Random} random @param {number[]} places @param {(x: number) => number} ground
 *  @param {(x: number) => number} side @param {number} scale */
export const villages = (random, places, ground, side, scale) =>
  places.flatMap((at) => village(random, at, ground, side, scale));

/** A lighthouse with its lamp lit. @param {Point} foot @param {number} side @param {number} tall @returns {Polygon[]} */
export function lighthouse([x, y], side, tall) {
  const half = (/** @type {number} */ t) => 1.9 - 0.65 * t;
  const part = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ left) =>
    /** @type {Point[]} */ ([
      [x + left * half(from), y - tall * from],
      [x + half(from), y - tall * from],
      [x + half(to), y - tall * to],
      [x + left * half(to), y - tall * to],
    ]);
  const t = 0.5 + 0.5 * side;
  const wall = (/** @type {number} */ light) => mixed(role('wallShade'), role('wall'), light);
  const lamp = /** @type {Point} */ ([x, y - tall - 1.2]);
  const glow = role('window');
  return [
    {
      fill: {
        around: lamp,
        radius: 7,
        stops: [
          [0, glow, 0.7],
          [1, glow, 0],
        ],
      },
      points: ellipse(lamp, 7),
    },
    { fill: wall(t), points: part(-0.08, 1, -1) },
    { fill: wall(1 - t), points: part(-0.08, 1, 0) },
    { fill: role('roof'), points: part(0.2, 0.42, -1) },
    { fill: role('roof'), points: part(0.64, 0.86, -1) },
    { fill: role('window'), points: box(x - 1.05, y - tall - 2, 2.1, 2.1) },
    { fill: role('roof'), points: box(x - 1.8, y - tall - 0.1, 3.6, 0.8) },
    {
      fill: role('roof'),
      points: [
        [x - 1.6, y - tall - 2],
        [x + 1.6, y - tall - 2],
        [x, y - tall - 3.8],
      ],
    },
  ];
}

/** A sailing boat. @param {Random} random @param {Point} at @param {number} scale @returns {Polygon[]} */
export function boat(random, [x, y], scale) {
  const lean = random.pick([-1, 1]);
  const px = (/** @type {number} */ v) => x + lean * v * scale;
  const py = (/** @type {number} */ v) => y - v * scale;
  return [
    {
      fill: role('glint'),
      points: [
        [px(0.2), py(8.2)],
        [px(0.2), py(1.6)],
        [px(4), py(1.6)],
      ],
    },
    {
      fill: mixed(role('glint'), role('water1'), 0.35),
      points: [
        [px(-0.3), py(7)],
        [px(-0.3), py(1.6)],
        [px(-2.8), py(1.6)],
      ],
    },
    {
      fill: role('front'),
      points: [
        [px(-3.4), py(1.2)],
        [px(4.2), py(1.4)],
        [px(3), py(-0.3)],
        [px(-2.7), py(-0.3)],
      ],
    },
  ];
}
