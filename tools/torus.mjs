// Drawing on a torus: random numbers, geometry that wraps around, and SVG in which what leaves at one edge comes in at the
// opposite one. The unit is the lattice cell.
//
//   const points = spread(new Random('train-0'), 30, 3);
//   const svg = torusSvg('#f4eadb', [[{ fill: '#c9674b', points: [[62, 3], [66, 5], [63, 9]] }]], [0, 0]);
//
// Corners lie on sixteenths of a pixel and copies a whole number of pixels apart, so that they are drawn alike; only where
// the rasteriser cuts an edge at the border its coverage is rounded anew, to a few levels of 255.
import { createHash } from 'node:crypto';

export const CELLS = 64;
export const FINER = 8;
const SIDE = CELLS * FINER;

/** @typedef {[x: number, y: number]} Point */
/** @typedef {{ fill: string, points: Point[] }} Polygon */
/** Polygons that belong together, drawn one over the other. @typedef {Polygon[]} Shape */

/** Random numbers that the text decides (sfc32). */
export class Random {
  /** @param {string} seed */
  constructor(seed) {
    const digest = createHash('sha256').update(seed).digest();
    this.state = Uint32Array.from([0, 4, 8, 12], (at) => digest.readUInt32LE(at));
  }

  /** Evenly in [low, high). */
  between(low = 0, high = 1) {
    const s = this.state;
    const sum = (s[0] + s[1] + s[3]) >>> 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return low + (sum / 2 ** 32) * (high - low);
  }

  /** @template T @param {T[]} list @param {number[]} [weights] */
  pick(list, weights = list.map(() => 1)) {
    const total = weights.reduce((sum, w) => sum + w, 0);
    let left = this.between(0, total);
    const at = weights.findIndex((w) => {
      left -= w;
      return left < 0;
    });
    return list[at];
  }

  /** @returns {Point} */
  point() {
    return [this.between(0, CELLS), this.between(0, CELLS)];
  }
}

// ---- the plane, wrapped ----

/** The copy of a difference of coordinates nearest to 0. @param {number} d */
export const wrap = (d) => d - CELLS * Math.round(d / CELLS);

/** @param {Point} p @param {number} dx @param {number} dy @returns {Point} */
export const shift = ([x, y], dx, dy) => [x + dx, y + dy];

/** The point (along, across) in the frame of a shape at p that looks along `angle`.
 *  @param {Point} p @param {number} angle @param {number} along @param {number} across @returns {Point} */
export const place = (p, angle, along, across) => [
  p[0] + along * Math.cos(angle) - across * Math.sin(angle),
  p[1] + along * Math.sin(angle) + across * Math.cos(angle),
];

/** The part of a convex polygon where x nx + y ny <= limit.
 *  @param {Point[]} polygon @param {number} nx @param {number} ny @param {number} limit */
function clip(polygon, nx, ny, limit) {
  /** @type {Point[]} */
  const kept = [];
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length];
    const [a, b] = [p[0] * nx + p[1] * ny - limit, q[0] * nx + q[1] * ny - limit];
    if (a <= 0) kept.push(p);
    if (a < 0 !== b < 0) {
      const t = a / (a - b);
      kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
    }
  });
  return kept;
}

/** The Voronoi cell of points[k] on the torus, around the origin, less a margin.
 *  @param {Point[]} points @param {number} k @param {number} margin */
export function voronoiCell(points, k, margin) {
  const half = CELLS / 2;
  /** @type {Point[]} */
  let cell = [
    [-half, -half],
    [half, -half],
    [half, half],
    [-half, half],
  ];
  points.forEach((q, i) => {
    if (i === k) return;
    const [x, y] = [wrap(q[0] - points[k][0]), wrap(q[1] - points[k][1])];
    const distance = Math.hypot(x, y);
    cell = clip(cell, x / distance, y / distance, distance / 2 - margin);
  });
  return cell;
}

/** @param {Point[]} polygon @returns {Point} */
export function centroid(polygon) {
  let [area, x, y] = [0, 0, 0];
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length];
    const cross = p[0] * q[1] - p[1] * q[0];
    area += cross;
    x += (p[0] + q[0]) * cross;
    y += (p[1] + q[1]) * cross;
  });
  return [x / (3 * area), y / (3 * area)];
}

/** n points spread over the torus, the more evenly the more rounds of Lloyd's relaxation.
 *  @param {Random} random @param {number} n @param {number} rounds */
export function spread(random, n, rounds) {
  let points = Array.from({ length: n }, () => random.point());
  for (let round = 0; round < rounds; round++)
    points = points.map((p, k) => shift(p, ...centroid(voronoiCell(points, k, 0))));
  return points;
}

// ---- SVG ----

/** The whole multiples of the side by which a stretch must be moved to meet the picture.
 *  @param {number[]} stretch */
function shiftsInto(stretch) {
  const [low, high] = [Math.min(...stretch), Math.max(...stretch)];
  const shifts = [];
  for (let d = -SIDE * Math.floor(high / SIDE); low + d < SIDE; d += SIDE) shifts.push(d);
  return shifts;
}

/** @param {string} ground @param {Shape[]} shapes drawn in this order @param {Point} by cells to move them around the torus */
export function torusSvg(ground, shapes, by) {
  const pixel = (/** @type {number} */ cells) => Math.round(cells * FINER * 16) / 16;
  const paths = shapes.flatMap((shape) => {
    const moved = shape.map(({ fill, points }) => ({
      fill,
      points: points.map(([x, y]) => [pixel(x + by[0]), pixel(y + by[1])]),
    }));
    const corners = moved.flatMap(({ points }) => points);
    return shiftsInto(corners.map(([x]) => x)).flatMap((dx) =>
      shiftsInto(corners.map(([, y]) => y)).flatMap((dy) =>
        moved.map(({ fill, points }) => {
          const line = points.map(([x, y]) => `${x + dx} ${y + dy}`).join('L');
          return `<path fill="${fill}" d="M${line}Z"/>`;
        }),
      ),
    );
  });
  const box = `width="${SIDE}" height="${SIDE}"`;
  const xmlns = 'http://www.w3.org/2000/svg';
  return `<svg xmlns="${xmlns}" ${box}><rect ${box} fill="${ground}"/>${paths.join('')}</svg>`;
}
