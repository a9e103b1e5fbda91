// What closes the view: mountains, hills, table mountains, dunes, and the haze between them.
import { band, HEIGHT, scatter, tucked, wave } from './cylinder.mjs';
import { mixed, role } from './colours.mjs';

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

/** A chain of mountains, the high ones behind. Their feet are lost in haze; above the snow line, which is as high
 *  everywhere, they are white.
 *  @param {Random} random @param {Side} side
 *  @param {{ base: number, high: number, low: number, spacing: number, lit: Ink, shade: Ink, snowLine?: number }} look
 *  `high` and `low`: where the tops of the highest and the lowest are
 *  @returns {Polygon[]} */
export function mountains(
  random,
  side,
  { base, high, low, spacing, lit, shade, snowLine },
) {
  const tops = scatter(random, spacing, 0.32).map((x) => {
    return /** @type {Point} */ ([x, high + (low - high) * random.between() ** 0.85]);
  });
  tops.sort((a, b) => a[1] - b[1]);
  const face = (/** @type {number} */ light) => {
    const rock = mixed(shade, lit, light);
    const white = mixed(role('snowShade'), role('snow'), light);
    /** @type {import('./cylinder.mjs').Stops} */
    const above =
      snowLine === undefined
        ? [
            [high, rock],
            [(2 * high + base) / 3, rock],
          ]
        : [
            [snowLine - 1.5, white],
            [snowLine + 1.5, rock],
            [snowLine + 3, rock],
          ];
    return { stops: [...above, [base, mixed(rock, role('haze'), 0.85)]] };
  };
  return tops.flatMap((top) => {
    const height = base - top[1];
    const half = Math.max(spacing * 0.7, height * random.between(0.95, 1.25));
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

/** Table mountains and towers of rock, in layers. @param {Random} random @param {Side} side
 *  @param {{ base: number, high: number, low: number, spacing: number, lit: Ink, shade: Ink }} look @returns {Polygon[]} */
export function mesas(random, side, { base, high, low, spacing, lit, shade }) {
  const all = scatter(random, spacing, 0.42).map((x) => ({ x, top: random.between(high, low) }));
  all.sort((a, b) => a.top - b.top);
  return all.flatMap(({ x, top }) => mesa(random, [x, top], base, side(x), lit, shade));
}

/** @param {Random} random @param {Point} at @param {number} base @param {number} side @param {Ink} lit @param {Ink} shade
 *  @returns {Polygon[]} */
function mesa(random, [x, top], base, side, lit, shade) {
  const tall = base - top;
  const half = random.pick([0.2, 0.38, 0.62], [1, 1.2, 1]) * tall * random.between(0.9, 1.2) + 1.2;
  const cliff = top + tall * random.between(0.45, 0.62);
  const wall = (/** @type {number} */ sign) => {
    const outs = [1, 1, 1.09, 1.09, 1.17].map((out) => out * sign * half);
    const parts = [0, 0.3, 0.34, 0.68, 1];
    /** @type {Point[]} */
    const points = outs.map((out, k) => [x + out, top + (cliff - top) * parts[k]]);
    points.push([x + sign * (half * 1.17 + (base - cliff) * random.between(0.75, 1)), base]);
    return points;
  };
  const [left, right] = [wall(-1), wall(1)];
  const fold = x + half * (side > 0 ? random.between(0.15, 0.5) : random.between(-0.5, -0.15));
  const turn = half * 0.12;
  /** @type {Point[]} */
  const edge = [fold, fold + turn, fold - turn, fold + turn, fold].map((px, k) => {
    return [px, top + ((cliff - top) * k) / 4];
  });
  edge.push([fold + turn, base]);
  const [l, r] = [0.5 + 0.5 * side, 0.5 - 0.5 * side];
  const y = top + (cliff - top) * 0.34;
  const strip = Math.max(1, tall * 0.06);
  const slopeOf = (/** @type {Point[]} */ points) => points.slice(-2);
  const slopeInk = (/** @type {number} */ t) => mixed(mixed(shade, lit, t), role('haze'), 0.18);
  return [
    { fill: mixed(shade, lit, l), points: [...left, ...tucked(edge).toReversed()] },
    { fill: mixed(shade, lit, r), points: [...edge, ...right.toReversed()] },
    { fill: slopeInk(l), points: [...slopeOf(left), ...slopeOf(edge).toReversed()] },
    { fill: slopeInk(r), points: [...slopeOf(edge), ...slopeOf(right).toReversed()] },
    // A layer of harder, lighter rock.
    {
      fill: role('snow'),
      opacity: 0.4,
      points: [
        [x - half * 1.09, y],
        [x + half * 1.09, y],
        [x + half * 1.09, y + strip],
        [x - half * 1.09, y + strip],
      ],
    },
  ];
}

/** Dunes with sharp crests, the side of the light bright, the other in shade; their feet lose themselves in the sand.
 *  @param {Random} random @param {Side} side @param {{ at: number, height: number, spacing: number, lit: Ink, shade: Ink }} look
 *  @returns {Polygon[]} */
export function dunes(random, side, { at, height, spacing, lit, shade }) {
  const ground = wave(random, 40, 100, 1);
  const level = (/** @type {number} */ x) => at + 0.3 * height * ground(x);
  const sand = {
    stops: /** @type {import('./cylinder.mjs').Stops} */ ([
      [at - height, lit],
      [HEIGHT, mixed(lit, shade, 0.3)],
    ]),
  };
  const tops = scatter(random, spacing, 0.35).map((x) => ({
    x,
    tall: height * random.between(0.5, 1.1),
  }));
  tops.sort((a, b) => b.tall - a.tall);
  const shapes = tops.flatMap(({ x, tall }) => {
    const [top, foot] = [level(x) - tall, level(x) + tall * 1.5];
    const reach = tall * random.between(2.8, 3.8);
    const steps = Array.from({ length: 25 }, (_, k) => k / 24);
    const smooth = (/** @type {number} */ t) => 0.45 * t + 0.55 * t * t * (3 - 2 * t);
    const edge = (/** @type {number} */ sign) =>
      steps.map(
        (t) => /** @type {Point} */ ([x + sign * reach * t, top + (foot - top) * smooth(t)]),
      );
    const bend = random.pick([-1, 1]) * tall * random.between(0.7, 1.1);
    const crest = steps.map(
      (t) =>
        /** @type {Point} */ ([
          x + bend * Math.sin(Math.PI * 1.3 * t) * 0.9,
          top + (foot - top) * t,
        ]),
    );
    const face = (/** @type {number} */ light) => {
      const ink = mixed(shade, lit, 0.15 + 0.85 * light);
      return {
        stops: /** @type {import('./cylinder.mjs').Stops} */ ([
          [top, ink, 1],
          [top + tall * 0.9, ink, 1],
          [foot, ink, 0],
        ]),
      };
    };
    const [left, right] = [edge(-1), edge(1)];
    const l = 0.5 + 0.5 * side(x);
    return [
      { fill: sand, points: [...left.toReversed(), ...right] },
      { fill: face(l), points: [...left, ...crest.toReversed()] },
      { fill: face(1 - l), points: [...crest, ...right.toReversed()] },
    ];
  });
  return [band(level, () => HEIGHT, sand), ...shapes];
}
