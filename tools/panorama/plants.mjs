// Trees and bushes, and how they stand together.
import { mixed, role } from './colours.mjs';
import { ellipse, WIDTH, wave, wrap } from './cylinder.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */
/** @typedef {import('./cylinder.mjs').Ink} Ink */
/** A plant at a foot, so high, with the light from the left (1) or right (-1).
 *  @typedef {(random: Random, foot: Point, height: number, side: number, inks: Inks) => Polygon[]} Plant */
/** @typedef {{ leaf: Ink, lit: Ink }} Inks */

/** @type {Inks} */
export const leaves = { leaf: role('leaf'), lit: role('leafLit') };
/** Leaves near by, against the light. @type {Inks} */
export const dark = { leaf: role('front'), lit: mixed(role('front'), role('leafLit'), 0.45) };
/** Leaves of one colour. @param {Ink} ink @returns {Inks} */
export const plain = (ink) => ({ leaf: ink, lit: ink });
/** Leaves seen through so much haze. @param {number} haze @returns {Inks} */
export const hazy = (haze) => ({
  leaf: mixed(role('leaf'), role('haze'), haze),
  lit: mixed(role('leafLit'), role('haze'), haze),
});

/** @param {Inks} inks @param {number} light from 0 to 1 */
const inkOf = ({ leaf, lit }, light) => mixed(leaf, lit, light);

/** Paint that thins out towards the foot of a plant, brightest at its top.
 *  @param {Inks} inks @param {number} light at the top @param {number} top @param {number} foot
 *  @returns {import('./cylinder.mjs').Fill} */
const standing = (inks, light, top, foot) => ({
  stops: [
    [top, inkOf(inks, light)],
    [top + (foot - top) * 0.65, inks.leaf],
    [foot - (foot - top) * 0.12, inks.leaf],
    [foot + 0.5, inks.leaf, 0],
  ],
});

/** One upright stroke of the brush, pressed and lifted in turns.
 *  @param {Random} random @param {Point} foot @param {number} height @param {(t: number) => number} half its half width at
 *  part t from the top down @param {number} rough @returns {Point[]} */
function stroke(random, [x, y], height, half, rough) {
  const n = Math.max(3, Math.round(height / 1.7));
  const lean = random.between(-0.05, 0.05) * height;
  const edge = (/** @type {number} */ sign) =>
    Array.from({ length: n + 1 }, (_, k) => {
      const t = k / n;
      const out = half(t) * (k % 2 ? 1 + rough : 1 - rough) * random.between(0.8, 1.2);
      return /** @type {Point} */ ([x + lean * (1 - t) + sign * out, y - height * (1 - t)]);
    });
  return [...edge(-1), ...edge(1).reverse()];
}

/** A fir. @type {Plant} */
export function fir(random, [x, y], height, side, inks) {
  const wide = Math.max(1.6, height * random.between(0.19, 0.26));
  const half = (/** @type {number} */ t) => 0.55 + (wide - 0.55) * t;
  const light = 0.45 + 0.25 * side;
  return [
    {
      fill: standing(inks, light, y - height, y + 0.8),
      points: stroke(random, [x, y + 0.8], height + 0.8, half, 0.22),
    },
  ];
}

/** A simple fir for woods far away. @type {Plant} */
export function spire(random, [x, y], height, _side, { leaf }) {
  const half = Math.max(1.6, height * random.between(0.4, 0.6));
  return [{ fill: leaf, points: ellipse([x, y], half, height) }];
}

/** A round tree: a heap of leaves down to the grass. @type {Plant} */
export function round(random, [x, y], height, side, inks) {
  const r = height * random.between(0.34, 0.46);
  const dab = (/** @type {number} */ high, /** @type {number} */ size) => {
    const out = random.between(-0.75, 0.75) * r * (1.15 - 0.7 * high);
    return ellipse([x + out, y - height * high * 0.8], size * r, size * r * 0.85);
  };
  const under = mixed(inks.leaf, role('front'), 0.35);
  const lit = Array.from({ length: 3 }, () => {
    const points = dab(random.between(0.55, 0.95), random.between(0.35, 0.55));
    return {
      fill: inkOf(inks, 0.75),
      points: points.map(([px, py]) => /** @type {Point} */ ([px - side * r * 0.3, py])),
    };
  });
  return [
    {
      fill: standing(plain(under), 0, y - height * 0.5, y + 0.6),
      points: ellipse([x, y - height * 0.25], r * 0.95, height * 0.25 + 0.6),
    },
    ...[0.3, 0.4, 0.55, 0.7, 0.85].map((high) => ({
      fill: inkOf(inks, 0.15 * high),
      points: dab(high, random.between(0.5, 0.7)),
    })),
    ...lit,
  ];
}

/** A poplar or a cypress. @type {Plant} */
export function poplar(random, [x, y], height, side, inks) {
  const wide = Math.max(1.3, height * random.between(0.1, 0.14));
  const half = (/** @type {number} */ t) => 0.4 + wide * Math.sin(Math.PI * 0.85 * t ** 0.8) ** 0.9;
  return [
    {
      fill: standing(inks, 0.5 + 0.3 * side, y - height, y + 0.8),
      points: stroke(random, [x, y + 0.8], height + 0.8, half, 0.1),
    },
  ];
}

/** A bush. @type {Plant} */
export function bush(_random, [x, y], height, side, inks) {
  const r = height * 0.75;
  return [
    { fill: inks.leaf, points: ellipse([x - r * 0.8, y], r * 0.8, height * 0.7) },
    { fill: inks.leaf, points: ellipse([x + r * 0.7, y], r * 0.9, height * 0.8) },
    { fill: inks.leaf, points: ellipse([x, y - height * 0.15], r, height) },
    {
      fill: inkOf(inks, 0.7),
      points: ellipse([x - side * r * 0.25, y - height * 0.35], r * 0.55, height * 0.5),
    },
  ];
}

/** Plants along a crest, in groups with gaps between them: `share` of the land carries them.
 *  @param {Random} random @param {Plant} plant @param {(x: number) => number} ground @param {(x: number) => number} side
 *  @param {{ gap: number, low: number, high: number, share: number, inks: Inks, down?: number, group?: number, clear?: number[] }} look
 *  `down`: how far below the crest they may stand; `clear`: places where none do
 *  @returns {Polygon[]} */
export function wood(
  random,
  plant,
  ground,
  side,
  { gap, low, high, share, inks, down = 0, group = 30, clear = [] },
) {
  const thick = wave(random, group * 0.6, group * 2, 0.8);
  /** @type {{ foot: Point, height: number }[]} */
  const all = [];
  const first = random.between(0, WIDTH);
  for (let x = first; x < first + WIDTH - gap / 2; x += gap * random.between(0.7, 1.3)) {
    const more = thick(x) - (0.5 - share) * 3;
    if (more < 0 || clear.some((place) => Math.abs(wrap(x - place)) < 15)) continue;
    const height = low + (high - low) * Math.min(1, 0.25 + 0.5 * more) * random.between(0.5, 1.15);
    all.push({ foot: [x, ground(x) + random.between(0, down)], height });
  }
  all.sort((a, b) => a.foot[1] - b.foot[1]);
  return all.flatMap(({ foot, height }) => plant(random, foot, height, side(foot[0]), inks));
}
