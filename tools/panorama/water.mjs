// Water: what stands above it, upside down; ripples; the path of light below sun or moon.
import { mixed, role } from './colours.mjs';
import { band, glow, lens, scatter } from './cylinder.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */

/** @param {import('./cylinder.mjs').Fill} fill @param {number} line @param {number} low
 *  @returns {import('./cylinder.mjs').Fill} */
function mirroredFill(fill, line, low) {
  if (typeof fill === 'function') return fill;
  const down = (/** @type {number} */ y) => line + (line - y) * low;
  if ('around' in fill) return { ...fill, around: [fill.around[0], down(fill.around[1])] };
  return {
    stops: fill.stops.map(([y, ink, o]) => /** @type {typeof fill.stops[0]} */ ([down(y), ink, o])),
  };
}

/** Shapes upside down below the line, lower than they are high. @param {Polygon[]} shapes @param {number} line
 *  @param {number} low @returns {Polygon[]} */
function mirrored(shapes, line, low) {
  const down = (/** @type {number} */ y) => line + Math.max(0, (line - y) * low);
  return shapes.flatMap(({ fill, points, opacity }) => {
    if (points.every(([, y]) => y >= line)) return [];
    return [
      {
        fill: mirroredFill(fill, line, low),
        opacity,
        points: points.map(([x, y]) => /** @type {Point} */ ([x, down(y)])),
      },
    ];
  });
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
  for (let y = line + 1.2; y < end; y += 1.9)
    for (const x of scatter(random, 11, 0.5)) {
      const ink = random.pick([mixed(role('water0'), role('glint'), 0.4), role('water1')], [2, 1]);
      ripples.push({
        fill: ink,
        opacity: random.between(0.1, 0.45),
        points: lens(
          [x, y + random.between(-1, 1)],
          random.between(2, 7),
          random.between(0.7, 1.3),
        ),
      });
    }
  return [surface, ...mirrored(above, line, low), veil, ...ripples];
}

/** The light on the water: a sheen below what shines.
 *  @param {number} x @param {number} line @param {number} end @returns {Polygon} */
export function glitter(x, line, end) {
  const ink = role('glint');
  const sheen = glow([x, line], end - line, [
    [0, ink, 0.85],
    [0.3, ink, 0.5],
    [0.6, ink, 0.2],
    [1, ink, 0],
  ]);
  return { ...sheen, points: sheen.points.filter(([, y]) => y >= line) };
}
