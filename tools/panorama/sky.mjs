// What stands above the land: the sky, the light in it, stars, clouds, birds.
import { band, ellipse, HEIGHT, scatter, WIDTH, wrap } from './cylinder.mjs';
import { mixed, role } from './colours.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** @param {number} horizon where the lowest colour is reached @returns {Polygon} */
export function sky(horizon) {
  const fill = {
    stops: ['sky0', 'sky1', 'sky2', 'sky3'].map((name, k) => {
      return /** @type {[number, import('./cylinder.mjs').Ink]} */ ([
        (horizon * k) / 3,
        role(name),
      ]);
    }),
  };
  return band(
    () => 0,
    () => HEIGHT,
    fill,
  );
}

/** Sun or moon, with rings of light. @param {Point} at @param {number} radius @param {number} glow radius of its light
 *  @returns {Polygon[]} */
export function light(at, radius, glow) {
  const ink = role('glow');
  return [
    {
      fill: {
        around: at,
        radius: glow,
        stops: [
          [0, ink, 0.75],
          [0.3, ink, 0.36],
          [0.65, ink, 0.1],
          [1, ink, 0],
        ],
      },
      points: ellipse(at, glow),
    },
    { fill: ink, opacity: 0.22, points: ellipse(at, radius * 2.5) },
    { fill: ink, opacity: 0.35, points: ellipse(at, radius * 1.65) },
    { fill: role('sun'), points: ellipse(at, radius) },
  ];
}

/** Stars, none where the moon shines. @param {Random} random @param {number} lowest @param {Point|null} moon @returns {Polygon[]} */
export function stars(random, lowest, moon) {
  return Array.from({ length: 54 }, () => {
    const [x, y] = [random.between(0, WIDTH), 2 + (lowest - 2) * random.between() ** 1.3];
    const size = random.pick([0.6, 0.85, 2.1], [4, 3, 1.2]);
    const distance = moon ? Math.hypot(wrap(x - moon[0]), y - moon[1]) : WIDTH;
    const opacity = random.between(0.75, 1) * Math.min(1, Math.max(0, (distance - 14) / 14));
    if (size < 1) return { fill: role('star'), opacity, points: ellipse([x, y], size) };
    /** @type {Point[]} */
    const points = Array.from({ length: 8 }, (_, k) => {
      const r = k % 2 ? 0.3 * size : size;
      return [x + r * Math.sin((k * Math.PI) / 4), y - r * Math.cos((k * Math.PI) / 4)];
    });
    return { fill: role('star'), opacity, points };
  });
}

/** The outline of heaped discs above a flat foot. @param {Point[]} discs as [x, radius] @param {number} foot
 *  @returns {Point[]} */
function heap(discs, foot) {
  const left = Math.min(...discs.map(([x, r]) => x - r));
  const right = Math.max(...discs.map(([x, r]) => x + r));
  const n = Math.ceil((right - left) / 0.15);
  return Array.from({ length: n + 1 }, (_, k) => {
    const x = left + ((right - left) * k) / n;
    const height = Math.max(...discs.map(([c, r]) => Math.sqrt(Math.max(0, r * r - (x - c) ** 2))));
    return /** @type {Point} */ ([x, foot - height]);
  });
}

/** A heaped cloud with a flat foot: lit above, in shade below.
 *  @param {Random} random @param {Point} at @param {number} size @returns {Polygon[]} */
function cumulus(random, [x, y], size) {
  const n = random.pick([3, 4, 5]);
  /** @type {Point[]} */
  const discs = Array.from({ length: n }, (_, k) => {
    const t = (k + 0.5) / n - 0.5;
    const r = size * (0.42 - 0.75 * Math.abs(t) ** 1.4 * 0.6) * random.between(0.8, 1.15);
    return [x + t * size * 1.75, Math.max(1.2, r)];
  });
  const lower = discs.map(([c, r]) => /** @type {Point} */ ([c + 0.14 * size, r * 0.62]));
  const [a, b] = [discs[0], discs[n - 1]];
  const [left, right] = [a[0] - a[1] - 0.5, b[0] + b[1] + 1.5];
  return [
    { fill: role('cloud'), points: heap(discs, y) },
    { fill: mixed(role('cloud'), role('cloudShade'), 0.75), points: heap(lower, y) },
    { fill: role('cloudShade'), points: pill(left, right, y, 0.85) },
  ];
}

/** A lying bar with round ends. @param {number} left @param {number} right @param {number} y @param {number} r
 *  @returns {Point[]} */
function pill(left, right, y, r) {
  const end = (/** @type {number} */ x, /** @type {number} */ from) =>
    Array.from({ length: 13 }, (_, k) => {
      const turn = from + (Math.PI * k) / 12;
      return /** @type {Point} */ ([x + r * Math.cos(turn), y + r * Math.sin(turn)]);
    });
  return [...end(right - r, -Math.PI / 2), ...end(left + r, Math.PI / 2)];
}

/** Long bars of cloud, one over the other. @param {Random} random @param {Point} at @param {number} size @returns {Polygon[]} */
function streak(random, [x, y], size) {
  const n = random.pick([2, 3, 4], [2, 3, 1]);
  return Array.from({ length: n }, (_, k) => {
    const length = size * random.between(0.5, 1) * (k === 0 ? 1.35 : 0.95);
    const middle = x + random.between(-0.4, 0.4) * size;
    const r = random.between(0.8, 1.15);
    const fill = mixed(role('cloud'), role('cloudShade'), k / n);
    return { fill, points: pill(middle - length / 2, middle + length / 2, y + k * 1.75, r) };
  });
}

/** @param {Random} random @param {'cumulus' | 'streak'} kind @param {number} spacing @param {number} highest
 *  @param {number} lowest @returns {Polygon[]} */
export function clouds(random, kind, spacing, highest, lowest) {
  return scatter(random, spacing, 0.42).flatMap((x) => {
    const t = random.between();
    const y = highest + (lowest - highest) * t;
    const size = random.between(0.75, 1.25);
    // The lower, the further away, the smaller.
    return kind === 'cumulus'
      ? cumulus(random, [x, y], size * (15 - 8 * t))
      : streak(random, [x, y], size * (18 - 5 * t));
  });
}

/** A small flock. @param {Random} random @param {Point} at @returns {Polygon[]} */
function birds(random, [x, y]) {
  const n = random.pick([2, 3, 4]);
  const lean = random.pick([-1, 1]);
  return Array.from({ length: n }, (_, k) => {
    const [bx, by] = [
      x + lean * k * 6.4 + random.between(-0.8, 0.8),
      y + k * 2.6 + random.between(-0.7, 0.7),
    ];
    const [span, lift] = [random.between(3.4, 4.4), random.between(1.6, 2.2)];
    const side = (/** @type {number} */ sign) => {
      /** @type {Point[]} */
      const wing = Array.from({ length: 7 }, (_, i) => {
        const t = i / 6;
        return [bx + sign * span * t, by - lift * Math.sin(2.4 * t)];
      });
      /** @type {Point[]} */
      const under = wing.map(([px, py], i) => [px, py + 1.7 * (1 - (i / 6) ** 2)]);
      return [wing, under];
    };
    const [[rightTop, rightUnder], [leftTop, leftUnder]] = [side(1), side(-1)];
    return {
      fill: role('bird'),
      points: [...leftTop.toReversed(), ...rightTop, ...rightUnder.toReversed(), ...leftUnder],
    };
  });
}

/** Flocks here and there. @param {Random} random @param {number} highest @param {number} lowest @returns {Polygon[]} */
export const flocks = (random, highest, lowest) =>
  scatter(random, 70, 0.4).flatMap((x) =>
    random.between() < 0.3 ? birds(random, [x, random.between(highest, lowest)]) : [],
  );
