// A canvas that knows which part of the plane is painted on it, so that another part can be shown at once by stretching
// and moving what there is, until it is painted anew.

/** @typedef {import('../base/world.js').Size} Size */
/** @typedef {import('../base/world.js').Part} Part */
/** @typedef {{x: number, y: number, across: number, down: number}} Region in cells */

/** @param {Part} part @param {Size} size of its canvas @returns {Region} */
export const regionOf = (part, { width, height }) => ({
  ...part,
  down: (part.across * height) / width,
});

/** @param {HTMLCanvasElement} canvas @param {Uint8ClampedArray} rgba @param {Size} size */
export function put(canvas, rgba, { width, height }) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pixels = /** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/** A lattice as it is, one pixel a cell. @param {{lattice: Float32Array, world: Size, info: import('../../engine/engine.js').ModelInfo}} of */
export function rgbaOf({ lattice, world, info }) {
  const cells = world.width * world.height;
  const colours = info.channels > 2 ? [0, 1, 2] : [0, 0, 0];
  const rgba = new Uint8ClampedArray(4 * cells).fill(255);
  for (let i = 0; i < cells; i++)
    colours.forEach((c, at) => {
      rgba[4 * i + at] = (lattice[c * cells + i] + info.mean[c] + 1) * 127.5;
    });
  return rgba;
}

/** @param {HTMLCanvasElement} canvas */
export function createSurface(canvas) {
  /** @type {Region|null} */
  let painted = null;
  /** @type {Region|null} */
  let aim = null;

  function place() {
    if (!painted || !aim) return;
    const [left, top] = [(painted.x - aim.x) / aim.across, (painted.y - aim.y) / aim.down];
    const [wide, high] = [painted.across / aim.across, painted.down / aim.down];
    const still = [left, top, wide - 1, high - 1].every((value) => Math.abs(value) < 1e-6);
    canvas.style.transform = still
      ? ''
      : `translate(${100 * left}%, ${100 * top}%) scale(${wide}, ${high})`;
  }

  const surface = {
    /** The part that is to be seen. @param {Region} region */
    aim(region) {
      aim = region;
      place();
    },
    /** @param {Uint8ClampedArray} rgba @param {Size} size @param {Region} region what these pixels show */
    put(rgba, size, region) {
      put(canvas, rgba, size);
      surface.shows(region);
    },
    /** What is painted goes so many pixels to the left, and a strip of other pixels comes in. @param {number} by @param {Region} region that is painted then */
    slide(by, region) {
      const brush = canvas.getContext('2d');
      if (!brush) return;
      brush.globalCompositeOperation = 'copy';
      brush.drawImage(canvas, -by, 0);
      brush.globalCompositeOperation = 'source-over';
      surface.shows(region);
    },
    /** @param {Uint8ClampedArray} rgba @param {Size} size @param {number} left pixel where they go, the whole height */
    patch(rgba, { width, height }, left) {
      const pixels = /** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba);
      canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), left, 0);
    },
    /** Its pixels show this. @param {Region} region */
    shows(region) {
      painted = region;
      place();
    },
  };
  return surface;
}

/** @typedef {ReturnType<typeof createSurface>} Surface */
