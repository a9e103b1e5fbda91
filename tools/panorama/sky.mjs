// What stands above the land: the sky, the light in it, stars, clouds, birds.
import { mixed, role } from './colours.mjs';
import { band, glow, HEIGHT, lens, scatter, WIDTH, wrap } from './cylinder.mjs';

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

/** Sun or moon: a disc without a rim in a broad light. @param {Point} at @param {number} radius @param {number} reach radius
 *  of its light @returns {Polygon[]} */
export function light(at, radius, reach) {
  const [ink, sun] = [role('glow'), role('sun')];
  const halo = 2.4 * radius;
  return [
    glow(at, reach, [
      [0, ink, 0.8],
      [0.3, ink, 0.4],
      [0.65, ink, 0.12],
      [1, ink, 0],
    ]),
    glow(at, halo, [
      [0, sun, 1],
      [0.2, sun, 1],
      [0.4, mixed(ink, sun, 0.7), 0.7],
      [0.6, ink, 0.35],
      [0.8, ink, 0.12],
      [1, ink, 0],
    ]),
  ];
}

/** Stars: soft dots, most of them faint, none where the moon shines.
 *  @param {Random} random @param {number} lowest @param {Point|null} moon @returns {Polygon[]} */
export function stars(random, lowest, moon) {
  const ink = role('star');
  return Array.from({ length: 60 }, () => {
    /** @type {Point} */
    const at = [random.between(0, WIDTH), 1 + (lowest - 1) * random.between() ** 1.3];
    const bright = random.between() ** 2;
    const distance = moon ? Math.hypot(wrap(at[0] - moon[0]), at[1] - moon[1]) : WIDTH;
    const opacity = (0.25 + 0.65 * bright) * Math.min(1, Math.max(0, (distance - 14) / 14));
    const radius = 1.3 + 0.9 * bright;
    return glow(at, radius, [
      [0, ink, opacity],
      [0.25, ink, 0.85 * opacity],
      [0.6, ink, 0.25 * opacity],
      [1, ink, 0],
    ]);
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

/** A bank of heaped cloud: bright above, in shade below, its foot lost.
 *  @param {Random} random @param {Point} at @param {number} size of a middling one, across @returns {Polygon[]} */
function cumulus(random, [x, y], size) {
  const half = 0.5 * size * random.between(0.5, 1.7);
  const tall = 0.3 * size * random.between(0.7, 1.2);
  const n = Math.ceil(half / 1.5);
  const peak = random.between(-0.5, 0.5);
  const discs = Array.from({ length: n }, (_, k) => {
    const t = (2 * k + random.between(0, 2)) / n - 1;
    const r = tall * (1 - 0.75 * Math.min(1, Math.abs(t - peak))) * random.between(0.45, 1.1);
    return /** @type {Point} */ ([x + t * half, Math.max(0.9, r)]);
  });
  const [bright, shade] = [role('cloud'), role('cloudShade')];
  const top = Math.max(...discs.map(([, r]) => r));
  return [
    {
      fill: {
        stops: [
          [y - top, bright],
          [y - 0.45 * top, mixed(bright, shade, 0.15)],
          [y - 0.1 * top, shade],
          [y + 0.8, shade, 0.5],
        ],
      },
      points: [...heap(discs, y), ...lens([x, y], half + 0.5, 0.9)],
    },
  ];
}

/** Some strokes of cloud, one over the other. @param {Random} random @param {Point} at @param {number} size
 *  @returns {Polygon[]} */
function streak(random, [x, y], size) {
  const n = random.pick([2, 3, 4, 5]);
  return Array.from({ length: n }, (_, k) => {
    const half = 0.5 * size * random.between(0.6, 1.6);
    /** @type {Point} */
    const at = [x + random.between(-0.5, 0.5) * size, y + k * random.between(1.1, 1.9)];
    const fill = mixed(role('cloud'), role('cloudShade'), (k + random.between()) / n);
    return {
      fill,
      opacity: random.between(0.6, 0.95),
      points: lens(at, half, random.between(0.9, 1.7)),
    };
  });
}

/** @param {Random} random @param {'cumulus' | 'streak'} kind @param {number} spacing @param {number} highest
 *  @param {number} lowest @returns {Polygon[]} */
export function clouds(random, kind, spacing, highest, lowest) {
  return scatter(random, spacing, 0.45).flatMap((x) => {
    const t = random.between();
    const y = highest + (lowest - highest) * t;
    // The lower, the further away, the smaller.
    return kind === 'cumulus'
      ? cumulus(random, [x, y], 24 - 12 * t)
      : streak(random, [x, y], 20 - 8 * t);
  });
}

/** A small flock far away: every bird one curved stroke of the brush.
 *  @param {Random} random @param {Point} at @returns {Polygon[]} */
function birds(random, [x, y]) {
  const n = random.pick([3, 4, 5, 6]);
  return Array.from({ length: n }, () => {
    const [bx, by] = [x + random.between(-10, 10), y + random.between(-3, 3)];
    const [span, lift] = [random.between(2, 3), random.between(0.8, 1.4)];
    const stroke = (/** @type {number} */ thick) =>
      Array.from({ length: 13 }, (_, k) => {
        const t = k / 6 - 1;
        return /** @type {Point} */ ([
          bx + span * t,
          by - lift * Math.abs(t) + thick * (1 - t * t),
        ]);
      });
    return {
      fill: mixed(role('bird'), role('cloudShade'), 0.45),
      points: [...stroke(0), ...stroke(1.3).reverse()],
    };
  });
}

/** Flocks here and there. @param {Random} random @param {number} highest @param {number} lowest @returns {Polygon[]} */
export const flocks = (random, highest, lowest) =>
  scatter(random, 80, 0.4).flatMap((x) =>
    random.between() < 0.12 ? birds(random, [x, random.between(highest, lowest)]) : [],
  );
