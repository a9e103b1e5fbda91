// What closes the view: mountains, hills, table mountains, dunes, and the haze between them.
import { mixed, role } from './colours.mjs';
import { band, ellipse, HEIGHT, scatter, WIDTH, wave, wrap } from './cylinder.mjs';

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

/** One side of a mountain from the top down, steeper above than below, never overhanging.
 *  @param {Random} random @param {Point} top @param {Point} foot @param {number} n @returns {Point[]} */
function slope(random, top, foot, n) {
  const steps = Array.from(
    { length: n },
    (_, k) => (0.7 + (0.7 * k) / n) * random.between(0.4, 1.6),
  );
  const whole = steps.reduce((sum, step) => sum + step, 0);
  let out = 0;
  return [0, ...steps].map((step, k) => {
    out += step / whole;
    return [top[0] + (foot[0] - top[0]) * out, top[1] + ((foot[1] - top[1]) * k) / n];
  });
}

/** A chain of mountains, the high ones behind, lower where a valley opens: each one wash, thinned towards its foot, which is
 *  lost in haze. With snow, they are white down to a height that is the same everywhere.
 *  @param {Random} random
 *  @param {{ base: number, high: number, low: number, spacing: number, inks: [Ink, Ink], fade?: number,
 *  snow?: [from: number, to: number, ink: Ink] }} look
 *  `high` and `low`: where the tops of the highest and the lowest are; every mountain is between the two `inks`; `fade`: how
 *  much of their feet; `snow`: where it begins to thin out, and where it ends
 *  @returns {Polygon[]} */
export function mountains(random, { base, high, low, spacing, inks, fade = 0.85, snow }) {
  const valley = wave(random, 60, WIDTH, 0.6);
  const tops = scatter(random, spacing, 0.36).map((x) => {
    const t = 0.5 + 0.35 * Math.tanh(valley(x)) + random.between(-0.3, 0.3);
    return /** @type {Point} */ ([x, high + (low - high) * Math.min(1, Math.max(0, t))]);
  });
  tops.sort((a, b) => a[1] - b[1]);
  return tops.map((top) => {
    const rock = mixed(...inks, random.between());
    /** @type {import('./cylinder.mjs').Stops} */
    const above = snow
      ? [
          [snow[0], snow[2]],
          [snow[1], rock],
        ]
      : [[(2 * high + base) / 3, rock]];
    const height = base - top[1];
    const half = Math.max(spacing * 0.7, height * random.between(1.1, 1.6));
    const n = Math.max(4, Math.round(height / 3));
    const [left, right] = [-1, 1].map((sign) =>
      slope(random, top, [top[0] + sign * half * random.between(0.85, 1.2), base], n),
    );
    const fill = {
      stops: /** @type {import('./cylinder.mjs').Stops} */ ([
        [high, above[0][1]],
        ...above,
        [base, mixed(rock, role('haze'), fade)],
      ]),
    };
    return { fill, points: [...left, ...right.toReversed()] };
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
 *  @param {Random} random
 *  @param {{ base: number, high: number, low: number, spacing: number, lit: Ink, shade: Ink, layer: Ink, fade: number }} look
 *  @returns {Polygon[]} */
export function mesas(random, { base, high, low, spacing, lit, shade, layer, fade }) {
  const all = scatter(random, spacing, 0.42).map((x) => ({ x, top: random.between(high, low) }));
  all.sort((a, b) => a.top - b.top);
  const face = (/** @type {number} */ light) => {
    const rock = mixed(shade, lit, light);
    const hard = mixed(rock, layer, 0.4);
    const y = (/** @type {number} */ t) => high + (base - high) * t;
    return {
      stops: /** @type {import('./cylinder.mjs').Stops} */ ([
        [y(0), hard],
        [y(0.14), rock],
        [y(0.28), rock],
        [y(0.36), hard],
        [y(0.44), rock],
        [y(0.58), rock],
        [y(0.66), hard],
        [y(0.74), rock],
        [y(1), mixed(rock, role('haze'), fade)],
      ]),
    };
  };
  return all.flatMap(({ x, top }) => mesa(random, [x, top], base, face, shade));
}

/** A flat top, steep walls, the foot of scree wider; gullies run down it.
 *  @param {Random} random @param {Point} at @param {number} base
 *  @param {(light: number) => { stops: import('./cylinder.mjs').Stops }} face @param {Ink} shade @returns {Polygon[]} */
function mesa(random, [x, top], base, face, shade) {
  const tall = base - top;
  const half = random.pick([0.3, 0.5, 0.8], [1, 1.2, 1]) * tall * random.between(0.9, 1.3) + 1.5;
  const cliff = top + tall * random.between(0.5, 0.65);
  const wall = (/** @type {number} */ sign) => {
    const out = (/** @type {number} */ by) => x + sign * (half + by);
    return /** @type {Point[]} */ ([
      [out(-0.5), top + random.between(0, 1)],
      [out(random.between(0, 1)), (top + cliff) / 2],
      [out(random.between(0.6, 1.6)), cliff],
      [out((base - cliff) * random.between(0.7, 1.1)), base],
    ]);
  };
  const gullies = Array.from({ length: Math.round(half / 1.1) }, () => {
    const [gx, gy] = [
      x + half * random.between(-0.85, 0.85),
      top + tall * random.between(0.2, 0.6),
    ];
    return {
      fill: shade,
      opacity: random.between(0.1, 0.35),
      points: ellipse([gx, gy], random.between(0.9, 2), tall * random.between(0.08, 0.22)),
    };
  });
  const points = [...wall(-1), ...wall(1).toReversed()];
  return [{ fill: face(random.between(0.55, 1)), points }, ...gullies];
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
