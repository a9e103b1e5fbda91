// Colours mixed as the eye does (Oklab), and inks: a colour for every palette.
//
//   const ridge = mixed(role('far'), role('haze'), 0.3);      // an Ink: palette -> '#rrggbb'
//   const varied = vary(palette, 0.01, 0.05);                 // all colours a little lighter, and turned by 0.05 radians

/** @typedef {import('./cylinder.mjs').Ink} Ink */
/** @typedef {import('./cylinder.mjs').Palette} Palette */
/** @typedef {[l: number, a: number, b: number]} Lab */

const linear = (/** @type {number} */ v) =>
  v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92;
const encoded = (/** @type {number} */ v) =>
  v > 0.0031308 ? 1.055 * v ** (1 / 2.4) - 0.055 : 12.92 * v;

/** @param {string} colour @returns {Lab} */
function toLab(colour) {
  const [r, g, b] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
  );
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** @param {Lab} lab */
function fromLab([light, a, b]) {
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = channels.map((v) => Math.round(255 * encoded(Math.min(1, Math.max(0, v)))));
  return `#${Buffer.from(bytes).toString('hex')}`;
}

/** From colour a towards b by t. @param {string} a @param {string} b @param {number} t */
export function mix(a, b, t) {
  const [from, to] = [toLab(a), toLab(b)];
  return fromLab(/** @type {Lab} */ (from.map((v, k) => v + (to[k] - v) * t)));
}

/** @param {string} name @returns {Ink} */
export const role = (name) => (palette) => palette[name];

/** @param {Ink} a @param {Ink} b @param {number} t @returns {Ink} */
export const mixed = (a, b, t) => (palette) => mix(a(palette), b(palette), t);

/** @param {Palette} palette @param {number} lighter @param {number} turn of the hue, in radians */
export function vary(palette, lighter, turn) {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return Object.fromEntries(
    Object.entries(palette).map(([name, colour]) => {
      const [l, a, b] = toLab(colour);
      return [name, fromLab([l + lighter * (1 - l), a * cos - b * sin, a * sin + b * cos])];
    }),
  );
}
