// Water: what stands above it, upside down; ripples; the path of light below sun or moon.
import { band, scatter } from './cylinder.mjs';
import { mixed, role } from './colours.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** Shapes upside down below the line, lower than they are high. @param {Polygon[]} shapes @param {number} line
 *  @param {number} low @returns {Polygon[]} */
function mirrored(shapes, line, low) {
  const down = (/** @type {number} */ y) => line + Math.max(0, (line - y) * low);
  return shapes.flatMap(({ fill, points, opacity }) => {
    if (typeof fill !== 'function' && 'around' in fill) return [];
    if (points.every(([, y]) => y >= line)) return [];
    const turned =
      typeof fill === 'function'
        ? fill
        : {
            stops: fill.stops.map(
              ([y, ink, o]) =>
                /** @type {[number, typeof ink, typeof o]} */ ([line + (line - y) * low, ink, o]),
            ),
          };
    return [
      {
        fill: turned,
        opacity,
        points: points.map(([x, y]) => /** @type {Point} */ ([x, down(y)])),
      },
    ];
  });
}

/** A lens lying on the water. @param {Point} at @param {number} half @param {number} thick @returns {Point[]} */
function lens([x, y], half, thick) {
  const edge = (/** @type {number} */ sign) =>
    Array.from({ length: 17 }, (_, k) => {
      const t = k / 8 - 1;
      return /** @type {Point} */ ([x + half * t, y + sign * thick * (1 - t * t)]);
    });
  return [...edge(-1), ...edge(1).reverse()];
}

/** @param {Random} random @param {Polygon[]} above what it mirrors @param {{ line: number, end: number, low?: number, still?: number }} look
 *  `still`: how clearly it mirrors @returns {Polygon[]} */
export function water(random, above, { line, end, low = 0.62, still = 0.5 }) {
  const inks = [role('water0'), role('water1')];
  const surface = band(
    () => line,
    () => end,
    {
      stops: [
        [line, inks[0]],
        [end, inks[1]],
      ],
    },
  );
  const veil = band(
    () => line,
    () => end,
    {
      stops: [
        [line, inks[0], 1 - still],
        [line + (end - line) * 0.8, inks[1], 1 - still * 0.35],
        [end, inks[1], 1],
      ],
    },
  );
  const ripples = [];
  for (let y = line + 1.8; y < end; y += 1.9 + (y - line) * 0.06)
    for (const x of scatter(random, 22 + (y - line) * 0.8, 0.45)) {
      const half = random.between(4, 8) * (1 + (y - line) * 0.03);
      const ink = random.pick([mixed(role('water0'), role('glint'), 0.4), role('water1')], [2, 1]);
      ripples.push({
        fill: ink,
        opacity: random.between(0.25, 0.55),
        points: lens([x, y], half, 0.62),
      });
    }
  const shore = band(
    () => line - 0.3,
    () => line + 0.5,
    role('glint'),
    0.35,
  );
  return [surface, ...mirrored(above, line, low), veil, ...ripples, shore];
}

/** @param {Random} random @param {number} x @param {number} line @param {number} end @param {number} width @returns {Polygon[]} */
export function glitter(random, x, line, end, width) {
  const bars = [];
  for (let y = line + 0.7; y < end; y += 1.75) {
    const t = (y - line) / (end - line);
    const half = width * random.between(0.55, 1) * (1 - 0.45 * t);
    bars.push({
      fill: role('glint'),
      opacity: 0.92 - 0.4 * t,
      points: lens([x + random.between(-0.16, 0.16) * width, y], half, 0.72),
    });
  }
  return bars;
}
