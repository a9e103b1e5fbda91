// What closes the view: mountains, hills, table mountains, dunes, and the haze between them.
import { mixed, role } from './colours.mjs';
import { band, HEIGHT, scatter, tucked, WIDTH, wave, wrap } from './cylinder.mjs';

/** @typedef {import('./cylinder.mjs').Point} Point */
/** @typedef {import('./cylinder.mjs').Polygon} Polygon */
/** @typedef {import('./cylinder.mjs').Random} Random */
/** @typedef {import('./cylinder.mjs').Ink} Ink */
/** How far the light comes from the left (1) or the right (-1) at x. @typedef {(x: number) => number} Side */

/** Haze that thickens downwards. @param {number} from @param {number} to @param {number} opacity @returns {Polygon} */
export function mist(from, to, opacity) {
  const ink = role('haze');
  return band(
    () => from,
    () => to,
    {
      stops: [
        [from, ink, 0],
        [to, ink, opacity],
      ],
    },
  );
}

/** The point at part t from a to b. @param {Point} a @param {Point} b @param {number} t @returns {Point} */
const between = (a, b, t) => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];

/** One side of a mountain from the top down, steeper above than below, never overhanging.
 *  @param {Random} random @param {Point} top @param {Point} foot @param {number} n @returns {Point[]} */
function slope(random, top, foot, n) {
  const steps = Array.from(
    { length: n },
    (_, k) => (0.7 + (0.7 * k) / n) * random.between(0.55, 1.45),
  );
  const whole = steps.reduce((sum, step) => sum + step, 0);
  let out = 0;
  return [0, ...steps].map((step, k) => {
    out += step / whole;
    return [top[0] + (foot[0] - top[0]) * out, top[1] + ((foot[1] - top[1]) * k) / n];
  });
}

/** A mountain of two broad faces, light from the left (1) or the right (-1).
 *  @param {Random} random @param {Point} top @param {number} base @param {number} half @param {number} side
 *  @param {(light: number) => { stops: import('./cylinder.mjs').Stops }} face @returns {Polygon[]} */
function mountain(random, top, base, half, side, face) {
  const n = Math.max(3, Math.round((base - top[1]) / 4.5));
  const edge = (/** @type {number} */ sign) =>
    slope(random, top, [top[0] + sign * half * random.between(0.85, 1.2), base], n);
  const [left, right] = [edge(-1), edge(1)];
  const [drift, first] = [random.between(-0.15, 0.15), random.pick([0, 1])];
  const spine = left.map((p, k) => {
    const turn = ((k + first) % 2 ? 1 : -1) * random.between(0.05, 0.12) * (1 - (0.4 * k) / n);
    return between(p, right[k], 0.5 + (drift * k) / n + (k ? turn : 0));
  });
  return [
    { fill: face(0.5 + 0.5 * side), points: [...left, ...tucked(spine).toReversed()] },
    { fill: face(0.5 - 0.5 * side), points: [...spine, ...right.toReversed()] },
  ];
}

/** A chain of mountains, the high ones behind, lower where a valley opens. Their feet are lost in haze. With snow, they are
 *  white down to a height that is the same everywhere.
 *  @param {Random} random @param {Side} side
 *  @param {{ base: number, high: number, low: number, spacing: number, lit: Ink, shade: Ink, fade?: number,
 *  snow?: [from: number, to: number] }} look
 *  `high` and `low`: where the tops of the highest and the lowest are; `fade`: how much of their feet; `snow`: where it
 *  begins to thin out, and where it ends
 *  @returns {Polygon[]} */
export function mountains(
  random,
  side,
  { base, high, low, spacing, lit, shade, fade = 0.85, snow },
) {
  const valley = wave(random, 60, WIDTH, 0.6);
  const tops = scatter(random, spacing, 0.36).map((x) => {
    const t = 0.5 + 0.35 * Math.tanh(valley(x)) + random.between(-0.3, 0.3);
    return /** @type {Point} */ ([x, high + (low - high) * Math.min(1, Math.max(0, t))]);
  });
  tops.sort((a, b) => a[1] - b[1]);
  const face = (/** @type {number} */ light) => {
    const rock = mixed(shade, lit, light);
    const white = mixed(role('snowShade'), role('snow'), light);
    /** @type {import('./cylinder.mjs').Stops} */
    const above = snow
      ? [
          [snow[0], white],
          [snow[1], rock],
        ]
      : [[(2 * high + base) / 3, rock]];
    return { stops: [[high, above[0][1]], ...above, [base, mixed(rock, role('haze'), fade)]] };
  };
  return tops.flatMap((top) => {
    const height = base - top[1];
    const half = Math.max(spacing * 0.7, height * random.between(1.1, 1.6));
    return mountain(random, top, base, half, side(top[0]), face);
  });
}

/** A ridge of hills: its crest and its body, which fades into the haze towards its foot.
 *  @param {Random} random @param {{ at: number, height: number, foot?: number, ink: Ink, fade?: number, to?: Ink, shortest?: number,
 *  longest?: number, decay?: number }} look @returns {{ crest: (x: number) => number, body: Polygon }} */
export function hills(
  random,
  {
    at,
    height,
    foot = HEIGHT,
    ink,
    fade = 0.5,
    to = role('haze'),
    shortest = 16,
    longest = 70,
    decay = 1.2,
  },
) {
  const shape = wave(random, shortest, longest, decay);
  const crest = (/** @type {number} */ x) => at - height * Math.tanh(shape(x) * 0.7);
  /** @type {import('./cylinder.mjs').Fill} */
  const fill = fade
    ? {
        stops: [
          [at - height, ink],
          [foot, mixed(ink, to, fade)],
        ],
      }
    : ink;
  return { crest, body: band(crest, () => foot, fill) };
}

/** Sunlight on the upper side of hills, in patches.
 *  @param {Random} random @param {(x: number) => number} crest @param {number} deep @param {Ink} ink @param {number} opacity
 *  @returns {Polygon} */
export function sunlit(random, crest, deep, ink, opacity) {
  const depth = wave(random, 15, 60, 1);
  return band(crest, (x) => crest(x) + deep * Math.max(0, 0.25 + depth(x)), ink, opacity);
}

/** Table mountains and towers of rock. Their layers lie as high everywhere, as they do in nature.
 *  @param {Random} random @param {Side} side
 *  @param {{ base: number, high: number, low: number, spacing: number, lit: Ink, shade: Ink, layer: Ink, fade: number }} look
 *  @returns {Polygon[]} */
export function mesas(random, side, { base, high, low, spacing, lit, shade, layer, fade }) {
  const all = scatter(random, spacing, 0.42).map((x) => ({ x, top: random.between(high, low) }));
  all.sort((a, b) => a.top - b.top);
  const face = (/** @type {number} */ light) => {
    const rock = mixed(shade, lit, light);
    const hard = mixed(rock, layer, 0.45);
    const y = (/** @type {number} */ t) => high + (base - high) * t;
    return {
      stops: /** @type {import('./cylinder.mjs').Stops} */ ([
        [y(0), hard],
        [y(0.12), rock],
        [y(0.3), rock],
        [y(0.36), hard],
        [y(0.42), rock],
        [y(0.6), rock],
        [y(0.66), hard],
        [y(0.72), rock],
        [y(1), mixed(rock, role('haze'), fade)],
      ]),
    };
  };
  return all.flatMap(({ x, top }) => mesa(random, [x, top], base, side(x), face));
}

/** A flat top, steep walls, the foot of scree wider; one face in the light, one in shade.
 *  @param {Random} random @param {Point} at @param {number} base @param {number} side
 *  @param {(light: number) => { stops: import('./cylinder.mjs').Stops }} face @returns {Polygon[]} */
function mesa(random, [x, top], base, side, face) {
  const tall = base - top;
  const half = random.pick([0.22, 0.45, 0.8], [1, 1.2, 1]) * tall * random.between(0.9, 1.3) + 1.5;
  const cliff = top + tall * random.between(0.5, 0.65);
  const wall = (/** @type {number} */ sign) => {
    const out = (/** @type {number} */ by) => x + sign * (half + by);
    return /** @type {Point[]} */ ([
      [out(0), top + random.between(0, 1)],
      [out(random.between(0, 1)), (top + cliff) / 2],
      [out(random.between(0.6, 1.6)), cliff],
      [out((base - cliff) * random.between(0.7, 1.1)), base],
    ]);
  };
  const [left, right] = [wall(-1), wall(1)];
  const fold = x + half * Math.sign(side) * random.between(0.1, 0.45);
  const edge = [top + 0.3, (top + cliff) / 2, cliff, base].map((y, k) => {
    const by = [0, random.between(-1, 1), random.between(-1, 1), half * 0.4 * Math.sign(side)][k];
    return /** @type {Point} */ ([fold + by, y]);
  });
  return [
    { fill: face(0.5 + 0.5 * side), points: [...left, ...tucked(edge).toReversed()] },
    { fill: face(0.5 - 0.5 * side), points: [...edge, ...right.toReversed()] },
  ];
}

/** A row of dunes: crests with a ridge, bright above, and on the side away from the light a slope in shade.
 *  @param {Random} random @param {Side} side @param {{ at: number, height: number, spacing: number, lit: Ink, shade: Ink }} look
 *  @returns {Polygon[]} */
export function dunes(random, side, { at, height, spacing, lit, shade }) {
  const ground = wave(random, 50, WIDTH, 0.8);
  const tops = scatter(random, spacing, 0.35).map((x) => {
    const tall = height * random.between(0.5, 1.2);
    return {
      x,
      tall,
      reach: tall * random.between(3.5, 5),
      top: at - tall + 0.3 * height * ground(x),
    };
  });
  const crest = (/** @type {number} */ x) =>
    Math.min(
      at + 0.3 * height * ground(x) + 0.3,
      ...tops.map((dune) => {
        const t = Math.min(1, Math.abs(wrap(x - dune.x)) / dune.reach);
        return dune.top + dune.tall * (0.5 * t + 0.5 * t * t * (3 - 2 * t));
      }),
    );
  const sand = {
    stops: /** @type {import('./cylinder.mjs').Stops} */ ([
      [at - height, lit],
      [at + 1.5 * height, mixed(lit, shade, 0.45)],
    ]),
  };
  const slopes = tops.map(({ x, tall, reach, top }) => {
    const away = Math.sign(side(x));
    const steps = Array.from({ length: 25 }, (_, k) => k / 24);
    const bend = tall * random.between(0.3, 0.9);
    const along = steps.map((t) => {
      const px = x + away * reach * 0.85 * t;
      return /** @type {Point} */ ([px, crest(px)]);
    });
    const ridge = steps.map(
      (t) =>
        /** @type {Point} */ ([
          x + away * bend * Math.sin(2.4 * Math.PI * t) * t,
          top + 2 * tall * t,
        ]),
    );
    return {
      fill: {
        stops: /** @type {import('./cylinder.mjs').Stops} */ ([
          [top, shade, Math.abs(side(x))],
          [top + 0.7 * tall, shade, 0.8 * Math.abs(side(x))],
          [top + 2 * tall, shade, 0],
        ]),
      },
      points: [...along, ...ridge.reverse()],
    };
  });
  return [band(crest, () => HEIGHT, sand), ...slopes];
}
