// Three textures as SVG, each a torus.
//
//   const svg = textureSvg(0, new Random('train-0'));       // 0 terrazzo, 1 pebbles, 2 leaves
//
// Statistics are the same everywhere and structures are at most 17 cells across, so that a network that sees some 19
// cells each way sees all there is. Everything is a polygon of one flat colour.
import { CELLS, centroid, place, shift, spread, torusSvg, voronoiCell, wrap } from './torus.mjs';

/** @typedef {import('./torus.mjs').Point} Point */
/** @typedef {import('./torus.mjs').Shape} Shape */
/** @typedef {import('./torus.mjs').Random} Random */

export const TEXTURES = ['terrazzo', 'pebbles', 'leaves'];

// ---- colours ----

/** From colour a towards b by t. @param {string} a @param {string} b @param {number} t */
function mix(a, b, t) {
  const channel = (/** @type {string} */ colour, /** @type {number} */ c) =>
    Number.parseInt(colour.slice(1 + 2 * c, 3 + 2 * c), 16);
  const bytes = [0, 1, 2].map((c) => Math.round(channel(a, c) * (1 - t) + channel(b, c) * t));
  return `#${Buffer.from(bytes).toString('hex')}`;
}

/** Lighter for t > 0, darker for t < 0. @param {string} colour @param {number} t */
const tone = (colour, t) => mix(colour, t > 0 ? '#fff6e5' : '#0f1a24', Math.abs(t));

/** A colour for every round thing, as far as possible another than those of its neighbours, mildly lighter or darker.
 *  @param {Random} random @param {{ at: Point, radius: number }[]} things @param {string[]} colours
 *  @param {number[]} weights */
function paint(random, things, colours, weights) {
  /** @type {number[]} */
  const chosen = [];
  return things.map(({ at, radius }, k) => {
    const near = chosen.filter((_, i) => {
      const other = things[i];
      const distance = Math.hypot(wrap(other.at[0] - at[0]), wrap(other.at[1] - at[1]));
      return distance < radius + other.radius + 1.5;
    });
    const free = weights.map((w, c) => (near.includes(c) ? 0 : w));
    const allowed = free.some((w) => w > 0) ? free : weights;
    chosen[k] = random.pick([...colours.keys()], allowed);
    return tone(colours[chosen[k]], random.between(-0.08, 0.08));
  });
}

// ---- terrazzo: convex chips of many sizes, none touching another ----

const TERRAZZO = {
  ground: '#f4eadb',
  colours: ['#c9674b', '#e6b09c', '#dda94f', '#93a88c', '#2f4b5a', '#b7a897'],
  weights: [1, 1.1, 0.9, 1.2, 0.8, 1],
  gap: 0.5,
};

/** Do two convex polygons, the second moved, stay a gap apart? Asked of the edges of the first.
 *  @param {Point[]} a @param {Point[]} b @param {Point} by @param {number} gap */
function isApart(a, b, by, gap) {
  return a.some((p, i) => {
    const q = a[(i + 1) % a.length];
    const length = Math.hypot(q[0] - p[0], q[1] - p[1]);
    const [nx, ny] = [(q[1] - p[1]) / length, (p[0] - q[0]) / length];
    return b.every(([x, y]) => (x + by[0] - p[0]) * nx + (y + by[1] - p[1]) * ny >= gap);
  });
}

/** @param {Random} random @returns {Shape[]} */
function terrazzo(random) {
  /** @type {{ at: Point, points: Point[], radius: number }[]} */
  const chips = [];
  const tries = 9000;
  for (let k = 0; k < tries; k++) {
    const late = k / tries;
    const radius = (1.6 + 4 * (1 - late) ** 3.5) * random.between(0.85, 1.1);
    const at = random.point();
    const n = random.pick([4, 5, 6, 7], [1, 3, 2, 1]);
    const [angle, slim] = [random.between(0, 2 * Math.PI), random.between(0.6, 0.95)];
    const points = Array.from({ length: n }, (_, i) => {
      const turn = ((i + random.between(-0.33, 0.33)) / n) * 2 * Math.PI;
      return place([0, 0], angle, radius * Math.cos(turn), slim * radius * Math.sin(turn));
    });
    const isFree = chips.every((other) => {
      /** @type {Point} */
      const by = [wrap(other.at[0] - at[0]), wrap(other.at[1] - at[1])];
      const gap = TERRAZZO.gap;
      return (
        Math.hypot(...by) > radius + other.radius + gap ||
        isApart(points, other.points, by, gap) ||
        isApart(other.points, points, [-by[0], -by[1]], gap)
      );
    });
    if (isFree) chips.push({ at, points, radius });
  }
  const fills = paint(random, chips, TERRAZZO.colours, TERRAZZO.weights);
  return chips.map(({ at, points }, k) => [
    { fill: fills[k], points: points.map((p) => shift(p, ...at)) },
  ]);
}

// ---- pebbles: rounded stones, lit from the upper left ----

const PEBBLES = {
  ground: '#22303a',
  colours: ['#e9dcc9', '#c9b8a6', '#a9b8b5', '#7f97a0', '#d9a58c', '#b8c3a6'],
  weights: [1.2, 1, 1, 1, 0.8, 0.8],
};

/** How far a polygon around the origin reaches along n directions. @param {Point[]} polygon @param {number} n */
function reach(polygon, n) {
  return Array.from({ length: n }, (_, k) => {
    const [cos, sin] = [Math.cos((k / n) * 2 * Math.PI), Math.sin((k / n) * 2 * Math.PI)];
    let least = CELLS;
    polygon.forEach((p, i) => {
      const q = polygon[(i + 1) % polygon.length];
      const [nx, ny] = [q[1] - p[1], p[0] - q[0]];
      const facing = cos * nx + sin * ny;
      if (facing > 0) least = Math.min(least, (p[0] * nx + p[1] * ny) / facing);
    });
    return least;
  });
}

/** @param {Random} random @returns {Shape[]} */
function pebbles(random) {
  const N = 72;
  const points = spread(random, Math.floor(random.between(34, 41)), 4);
  const stones = points.map((p, k) => {
    const inside = voronoiCell(points, k, 0.42);
    const middle = centroid(inside);
    const polygon = reach(
      inside.map((q) => shift(q, -middle[0], -middle[1])),
      N,
    );
    // Rounded: the reach is smoothed, and kept inside where that pushed it out.
    const smooth = polygon.map((_, i) => {
      let [sum, weights] = [0, 0];
      for (let d = -14; d <= 14; d++) {
        const w = Math.exp(-((d / 6.5) ** 2));
        sum += w * polygon[(i + d + N) % N];
        weights += w;
      }
      return sum / weights;
    });
    const fit = Math.min(...smooth.map((r, i) => polygon[i] / r));
    const radii = smooth.map((r, i) => Math.min(r * (0.45 + 0.55 * fit), polygon[i] + 0.15));
    return { at: shift(p, ...middle), radii, radius: radii.reduce((sum, r) => sum + r, 0) / N };
  });
  const fills = paint(random, stones, PEBBLES.colours, PEBBLES.weights);
  return stones.map(({ at, radii, radius }, k) => {
    const body = (/** @type {number} */ scale, /** @type {number} */ offset) =>
      radii.map((r, i) => place(shift(at, -offset, -offset), (i / N) * 2 * Math.PI, r * scale, 0));
    const shine = shift(at, -0.36 * radius, -0.4 * radius);
    return [
      { fill: tone(fills[k], -0.24), points: body(1, 0) },
      { fill: fills[k], points: body(0.86, 0.075 * radius) },
      {
        fill: tone(fills[k], 0.4),
        points: oval(shine, -Math.PI / 4, 0.24 * radius, 0.13 * radius),
      },
    ];
  });
}

/** @param {Point} at @param {number} angle @param {number} a @param {number} b */
const oval = (at, angle, a, b) =>
  Array.from({ length: 32 }, (_, i) => {
    const turn = (i / 32) * 2 * Math.PI;
    return place(at, angle, a * Math.cos(turn), b * Math.sin(turn));
  });

// ---- leaves: strewn over each other, the lower ones in shade ----

const LEAVES = {
  ground: '#12322b',
  layers: [
    {
      n: 30,
      colours: ['#1b4739', '#215342'],
      shade: '#12322b',
      rib: 0.06,
      stem: 0,
      weights: undefined,
    },
    {
      n: 28,
      colours: ['#2c6a4f', '#3a7653', '#53794a'],
      shade: '#14382f',
      rib: 0.16,
      stem: 0,
      weights: undefined,
    },
    {
      n: 30,
      colours: ['#4f9264', '#7fae6b', '#a9bf73', '#5fa581', '#dcb65a'],
      weights: [1, 1, 1, 1, 0.55],
      shade: '#163f35',
      rib: 0.45,
      stem: 0.1,
    },
  ],
};

/** A leaf around `at`: its outline in shade, two halves, the rib.
 *  @param {Point} at @param {Random} random @param {typeof LEAVES.layers[0]} layer @returns {Shape} */
function leaf(at, random, { colours, weights, shade, rib, stem }) {
  const colour = tone(random.pick(colours, weights), random.between(-0.05, 0.05));
  const length = random.between(12.5, 15.5);
  const width = length * random.between(0.22, 0.27);
  const angle = random.between(0, 2 * Math.PI);
  const bend = random.between(-0.09, 0.09) * length;
  const steps = Array.from({ length: 25 }, (_, i) => i / 24);
  const edge = (/** @type {number} */ t, /** @type {number} */ across) =>
    place(at, angle, (t - 0.5) * length, across + bend * (1 - (2 * t - 1) ** 2));
  const half = (/** @type {number} */ t) => width * Math.sin(Math.PI * t ** 0.8) ** 0.9;
  const side = (/** @type {number} */ sign) => steps.map((t) => edge(t, sign * half(t)));
  const vein = (/** @type {number} */ sign) =>
    steps.map((t) => edge(-stem + (0.94 + stem) * t, sign * 0.3 * (1 - 0.75 * t)));
  const outline = (/** @type {number} */ sign) =>
    steps.map((t) => edge(-0.04 + 1.08 * t, sign * (half(t) + 0.45)));
  const middle = steps.map((t) => edge(t, 0));
  const lit = Math.cos(angle + Math.PI / 4) > 0 ? -1 : 1;
  return [
    { fill: shade, points: [...outline(1), ...outline(-1).reverse()] },
    { fill: tone(colour, 0.1), points: [...side(lit), ...middle.toReversed()] },
    { fill: tone(colour, -0.12), points: [...side(-lit), ...middle.toReversed()] },
    { fill: tone(colour, rib), points: [...vein(1), ...vein(-1).reverse()] },
  ];
}

/** @param {Random} random @returns {Shape[]} */
function leaves(random) {
  return LEAVES.layers.flatMap((layer) =>
    spread(random, layer.n, 3).map((at) => leaf(at, random, layer)),
  );
}

/** A texture, moved by some cells around the torus.
 *  @param {number} texture @param {Random} random @param {Point} by */
export function textureSvg(texture, random, by = [0, 0]) {
  const { ground } = [TERRAZZO, PEBBLES, LEAVES][texture];
  return torusSvg(ground, [terrazzo, pebbles, leaves][texture](random), by);
}
