// Trees and bushes, and how they stand together.
import { ellipse, HEIGHT, WIDTH, wave, wrap } from './cylinder.mjs';
import { mixed, role } from './colours.mjs';

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

/** A fir of some storeys, each half lit. @type {Plant} */
export function fir(random, [x, y], height, side, inks) {
  const storeys = height > 13 ? 4 : height > 7 ? 3 : 2;
  const half = height * random.between(0.2, 0.25);
  const light = 0.5 + 0.5 * side;
  /** @type {Polygon[]} */
  const shapes = [];
  for (let k = storeys - 1; k >= 0; k--) {
    const top = y - height + (height * 0.72 * k) / storeys;
    const foot = y - height * 0.06 - (height * 0.94 - height * 0.94 * ((k + 1) / storeys)) * 0.86;
    const w = half * ((k + 1.1) / (storeys + 0.1)) ** 0.8;
    const sag = height * 0.03;
    shapes.push(
      {
        fill: inkOf(inks, light),
        points: [
          [x, top],
          [x + w, foot],
          [x, foot + sag],
          [x - w, foot],
        ],
      },
      {
        fill: inkOf(inks, 1 - light),
        points: [
          [x, top],
          [x + w, foot],
          [x, foot + sag],
        ],
      },
    );
  }
  const trunk = Math.max(0.45, height * 0.035);
  return [
    {
      fill: inks.leaf,
      points: [
        [x - trunk, y - height * 0.15],
        [x + trunk, y - height * 0.15],
        [x + trunk, y + 0.4],
        [x - trunk, y + 0.4],
      ],
    },
    ...shapes,
  ];
}

/** A simple fir for woods far away. @type {Plant} */
export function spire(random, [x, y], height, _side, { leaf }) {
  const half = Math.max(1.4, height * random.between(0.3, 0.38));
  return [
    {
      fill: leaf,
      points: [
        [x, y - height],
        [x + half, y + 0.6],
        [x - half, y + 0.6],
      ],
    },
  ];
}

/** A round tree. @type {Plant} */
export function round(random, [x, y], height, side, inks) {
  const r = height * random.between(0.3, 0.36);
  const trunk = Math.max(0.5, height * 0.05);
  /** @type {Point} */
  const middle = [x, y - height + r];
  const low = r * 0.72;
  const off = r * 0.62;
  return [
    {
      fill: mixed(inks.leaf, role('front'), 0.5),
      points: [
        [x - trunk, y - height * 0.5],
        [x + trunk, y - height * 0.5],
        [x + trunk * 1.2, y + 0.3],
        [x - trunk * 1.2, y + 0.3],
      ],
    },
    { fill: inks.leaf, points: ellipse([x - off, middle[1] + r * 0.42], low) },
    { fill: inks.leaf, points: ellipse([x + off, middle[1] + r * 0.42], low) },
    { fill: inks.leaf, points: ellipse(middle, r) },
    {
      fill: inkOf(inks, 0.75),
      points: ellipse([x - side * r * 0.3, middle[1] - r * 0.12], r * 0.66),
    },
  ];
}

/** A poplar or a cypress. @type {Plant} */
export function poplar(random, [x, y], height, side, inks) {
  const half = Math.max(1, height * random.between(0.105, 0.135));
  const edge = (/** @type {number} */ sign) =>
    Array.from({ length: 17 }, (_, k) => {
      const t = k / 16;
      return /** @type {Point} */ ([
        x + sign * half * Math.sin(Math.PI * t ** 0.8) ** 0.8,
        y - height * (1 - t),
      ]);
    });
  const light = 0.5 + 0.5 * side;
  return [
    {
      fill: inks.leaf,
      points: [
        [x - 0.45, y - 1.5],
        [x + 0.45, y - 1.5],
        [x + 0.45, y + 0.4],
        [x - 0.45, y + 0.4],
      ],
    },
    { fill: inkOf(inks, light * 0.9), points: [...edge(-1), ...edge(1).reverse()] },
    { fill: inkOf(inks, (1 - light) * 0.9), points: [...edge(1)] },
  ];
}

/** A saguaro. @type {Plant} */
export function cactus(random, [x, y], height, side, inks) {
  const r = Math.max(0.8, height * 0.075);
  const light = 0.5 + 0.5 * side;
  /** An upright round-headed post. @param {number} px @param {number} top @param {number} foot @param {number} w @returns {Polygon[]} */
  const post = (px, top, foot, w) => {
    const head = (/** @type {number} */ sign) =>
      Array.from({ length: 9 }, (_, k) => {
        const turn = (Math.PI / 2) * (k / 8);
        return /** @type {Point} */ ([
          px + sign * w * Math.sin(turn),
          top + w * (1 - Math.cos(turn)),
        ]);
      });
    return [
      {
        fill: inkOf(inks, light),
        points: [...head(-1), [px - w, foot], [px + w, foot], ...head(1).reverse()],
      },
      { fill: inkOf(inks, 1 - light), points: [...head(1), [px + w, foot], [px, foot]] },
    ];
  };
  const arms = random.pick([[-1], [1], [-1, 1], [-1, 1]]).flatMap((sign) => {
    const [out, at] = [
      r * random.between(2.6, 3.2) * sign,
      y - height * random.between(0.32, 0.55),
    ];
    const tip = at - height * random.between(0.18, 0.3);
    const w = r * 0.78;
    /** @type {Polygon} */
    const elbow = {
      fill: inkOf(inks, 0.3),
      points: [
        [x, at - w * 0.8],
        [x + out, at - w * 0.8],
        [x + out + sign * w * 0.7, at - w * 0.2],
        [x + out, at + w],
        [x, at + w],
      ],
    };
    return [elbow, ...post(x + out, tip, at, w)];
  });
  return [...arms, ...post(x, y - height, y + 0.4, r)];
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
 *  @param {{ gap: number, low: number, high: number, share: number, inks: Inks, down?: number, group?: number, clear?: number[], lowest?: number }} look
 *  `down`: how far below the crest they may stand; `clear`: places where none
 *  do; `lowest`: where the ground is lower none do either @returns {Polygon[]} */
export function wood(
  random,
  plant,
  ground,
  side,
  { gap, low, high, share, inks, down = 0, group = 30, clear = [], lowest = HEIGHT },
) {
  const thick = wave(random, group * 0.6, group * 2, 0.8);
  /** @type {{ foot: Point, height: number }[]} */
  const all = [];
  const first = random.between(0, WIDTH);
  for (let x = first; x < first + WIDTH - gap / 2; x += gap * random.between(0.7, 1.3)) {
    const more = thick(x) - (0.5 - share) * 3;
    if (more < 0 || ground(x) > lowest || clear.some((place) => Math.abs(wrap(x - place)) < 15))
      continue;
    const height = low + (high - low) * Math.min(1, 0.25 + 0.45 * more) * random.between(0.7, 1.1);
    all.push({ foot: [x, ground(x) + random.between(0, down)], height });
  }
  all.sort((a, b) => a.foot[1] - b.foot[1]);
  return all.flatMap(({ foot, height }) => plant(random, foot, height, side(foot[0]), inks));
}
