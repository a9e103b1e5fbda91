// Drawing on a cylinder: x wraps around, y does not. Shapes are polygons filled with inks, and an ink is a colour for every
// palette, so that one scene can be drawn in several. The unit is the lattice cell.
//
//   const svg = cylinderSvg([{ fill: (p) => p.far, points }], palette, 0);
//
// Corners lie on sixteenths of a pixel and copies a whole number of pixels apart, as in torus.mjs.

export const WIDTH = 192;
export const HEIGHT = 64;
export const FINER = 8;

/** @typedef {import('../torus.mjs').Point} Point */
/** @typedef {import('../torus.mjs').Random} Random */
/** @typedef {Record<string, string>} Palette */
/** @typedef {(palette: Palette) => string} Ink */
/** Down the picture: where, what, how opaque. @typedef {[y: number, ink: Ink, opacity?: number][]} Stops */
/** Around a point, y being the part of the radius. @typedef {{ around: Point, radius: number, stops: Stops }} Glow */
/** @typedef {Ink | { stops: Stops } | Glow} Fill */
/** @typedef {{ fill: Fill, points: Point[], opacity?: number }} Polygon */

// ---- around the cylinder ----

/** The copy of a difference of places nearest to 0. @param {number} d */
export const wrap = (d) => d - WIDTH * Math.round(d / WIDTH);

/** A random function that is alike everywhere and comes back after WIDTH: mean 0, variance 1, made of waves of these
 *  lengths, the short ones weaker by their length to the power `decay`.
 *  @param {Random} random @param {number} shortest @param {number} longest @param {number} [decay] */
export function wave(random, shortest, longest, decay = 1) {
  /** @type {[turns: number, height: number, phase: number][]} */
  const parts = [];
  for (let k = Math.ceil(WIDTH / longest); k <= WIDTH / shortest; k++)
    parts.push([k, k ** -decay * random.between(0.6, 1.4), random.between(0, 2 * Math.PI)]);
  const scale = 1 / Math.sqrt(parts.reduce((sum, [, height]) => sum + height ** 2 / 2, 0));
  return (/** @type {number} */ x) =>
    scale *
    parts.reduce(
      (sum, [k, height, phase]) => sum + height * Math.cos((2 * Math.PI * k * x) / WIDTH + phase),
      0,
    );
}

/** Places around the cylinder, about `spacing` apart, each moved by up to `jitter` of that.
 *  @param {Random} random @param {number} spacing @param {number} [jitter] */
export function scatter(random, spacing, jitter = 0.35) {
  const n = Math.max(1, Math.round(WIDTH / spacing));
  const first = random.between(0, WIDTH);
  return Array.from({ length: n }, (_, k) => {
    return first + ((k + random.between(-jitter, jitter)) * WIDTH) / n;
  });
}

const STEP = 0.5;

/** What lies between two curves, all the way around.
 *  @param {(x: number) => number} upper @param {(x: number) => number} lower @param {Fill} fill
 *  @param {number} [opacity] @returns {Polygon} */
export function band(upper, lower, fill, opacity) {
  const xs = Array.from({ length: WIDTH / STEP + 1 }, (_, k) => k * STEP);
  /** @type {(curve: (x: number) => number) => Point[]} */
  const along = (curve) => xs.map((x) => [x, curve(x)]);
  return { fill, opacity, points: [...along(upper), ...along(lower).reverse()] };
}

/** @param {Point} at @param {number} a @param {number} [b] @returns {Point[]} */
export function ellipse([x, y], a, b = a) {
  const n = Math.ceil(16 + 4 * Math.max(a, b));
  return Array.from({ length: n }, (_, k) => {
    const turn = (2 * Math.PI * k) / n;
    return [x + a * Math.cos(turn), y + b * Math.sin(turn)];
  });
}

/** Light around a point. @param {Point} at @param {number} radius @param {Stops} stops parts of the radius @returns {Polygon} */
export const glow = (at, radius, stops) => ({
  fill: { around: at, radius, stops },
  points: ellipse(at, radius),
});

/** A lying stroke, thickest in its middle. @param {Point} at @param {number} half @param {number} thick @returns {Point[]} */
export function lens([x, y], half, thick) {
  const edge = (/** @type {number} */ sign) =>
    Array.from({ length: 17 }, (_, k) => {
      const t = k / 8 - 1;
      return /** @type {Point} */ ([x + half * t, y + sign * thick * (1 - t * t)]);
    });
  return [...edge(-1), ...edge(1).reverse()];
}

// ---- SVG ----

/** @param {number} cells */
const pixel = (cells) => Math.round(cells * FINER * 16) / 16;

/** The SVG of shapes in one palette, moved by whole pixels. */
class Layer {
  /** @param {Palette} palette @param {number} by */
  constructor(palette, by) {
    this.palette = palette;
    this.by = by;
    /** Names by what they name. @type {Map<string, string>} */
    this.gradients = new Map();
  }

  /** @param {Stops} stops @param {number} low @param {number} high */
  stops(stops, low, high) {
    const sorted = stops.toSorted(([a], [b]) => a - b);
    return sorted.map(([y, ink, opacity = 1]) => {
      const at = ((y - low) / (high - low)).toFixed(4);
      const colour = `stop-color="${ink(this.palette)}" stop-opacity="${opacity.toFixed(3)}"`;
      return `<stop offset="${at}" ${colour}/>`;
    });
  }

  /** @param {Fill} fill */
  gradient(fill) {
    if (typeof fill === 'function') return '';
    const units = 'id="ID" gradientUnits="userSpaceOnUse"';
    if ('around' in fill) {
      const [cx, cy, r] = [...fill.around, fill.radius].map(pixel);
      const stops = this.stops(fill.stops, 0, 1).join('');
      return `<radialGradient ${units} cx="${cx}" cy="${cy}" r="${r}">${stops}</radialGradient>`;
    }
    const ys = fill.stops.map(([y]) => y);
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const line = `x1="0" x2="0" y1="${pixel(low)}" y2="${pixel(high)}"`;
    return `<linearGradient ${units} ${line}>${this.stops(fill.stops, low, high).join('')}</linearGradient>`;
  }

  /** @param {Fill} fill */
  paint(fill) {
    if (typeof fill === 'function') return fill(this.palette);
    const gradient = this.gradient(fill);
    const id = this.gradients.get(gradient) ?? `g${this.gradients.size}`;
    this.gradients.set(gradient, id);
    return `url(#${id})`;
  }

  /** @param {Polygon} polygon */
  path({ fill, points, opacity }) {
    const [full, by] = [WIDTH * FINER, this.by * FINER];
    const xs = points.map(([x]) => pixel(x));
    const [low, high] = [Math.min(...xs), Math.max(...xs)];
    const paint = `fill="${this.paint(fill)}"${opacity === undefined ? '' : ` fill-opacity="${opacity.toFixed(3)}"`}`;
    const line = points.map(([, y], k) => `${xs[k]} ${pixel(y)}`).join('L');
    const copies = [];
    for (let d = by - full * Math.floor((high + by) / full); low + d < full; d += full)
      copies.push(`<path ${paint} transform="translate(${d} 0)" d="M${line}Z"/>`);
    return copies.join('');
  }

  /** @param {Polygon[]} shapes */
  svg(shapes) {
    const paths = shapes.map((shape) => this.path(shape)).join('');
    const defs = [...this.gradients].map(([gradient, id]) => gradient.replace('ID', id));
    return `<defs>${defs.join('')}</defs>${paths}`;
  }
}

/** @param {Polygon[]} shapes drawn in this order @param {Palette} palette @param {number} by cells to move them all around
 *  the cylinder, a multiple of a pixel */
export function cylinderSvg(shapes, palette, by) {
  const box = `width="${WIDTH * FINER}" height="${HEIGHT * FINER}"`;
  const layer = new Layer(palette, by).svg(shapes);
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}>${layer}</svg>`;
}
