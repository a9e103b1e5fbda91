// engine.js: the engine as objects: engine -> model -> process and picture. See README.md for the interface.
// No DOM and no messages: runs in a worker and in Node. Synchronous but for loadEngine.
import { failure, loadInstance } from './instance.js';
import { createLearner, viewsOf } from './learner.js';
import { edited, lend, lendLattice } from './lend.js';
import { createPatcher } from './patcher.js';
import { SAMPLING } from './sampling.js';

export { failure };
export const VIEWS = ['clean', 'state', 'residual', ...[1, 2, 3, 4, 5, 6, 7].map((level) => `blur${level}`)];
export const MAX_SIDE = 16384; // these two as in the engine, which refuses what is larger
export const MAX_PIXELS = 4096 * 2048;
export const MAX_CELLS = 256; // a side of a world; of one that goes on in one direction info has the most

const OUT_OF_RANGE = 2; // CDF_USAGE
const TILE = 64, LANES = 16; // CDF_TILE, CDF_LANES

/**
 * @typedef {{seed?: bigint | number, label?: number | null, sampler?: string, steps?: number,
 *   guidance?: number, sigmaMax?: number, sigmaMin?: number, rho?: number, coarseAbove?: number, otherSeed?: bigint | number, mix?: number,
 *   source?: Float32Array | null, fresh?: Float32Array | null, strength?: number}} GenerateOptions
 * @typedef {Record<string, any> & {channels: number, lattice_width: number, lattice_height: number,
 *   n_classes: number, n_levels: number, target: string, notes: Record<string, string>,
 *   patch_width: number, patch_height: number, world_width: number, world_height: number, coordinates: string,
 *   sample: {class: number | null, steps: number, guidance: number, sampler: string},
 *   renderer: {parameters: number, macs_per_point: number, macs_per_cell: number} | null}} ModelInfo of which sample is
 *   what the model begins with; patch_width and patch_height are 0 for a model with a frame, and for one whose world has
 *   no end the cells of its patches; world_width and world_height the most cells of a world
 * @typedef {{x: number, y: number, width: number, height: number}} World cells of the plane; the frame begins at 0, 0
 * @typedef {{x: number, y: number, pitch: number}} Window the point of the plane, in cells, at the canvas's upper left
 *   corner, and how many cells a pixel is wide
 * @typedef {Awaited<ReturnType<typeof loadEngine>>} Engine
 * @typedef {ReturnType<Engine['loadModel']>} Model
 * @typedef {ReturnType<typeof createProcess>} Process
 * @typedef {ReturnType<typeof createPicture>} Picture
 */

/** Numbers cross as 32 bits, so that nothing large may wrap into range. @param {number} x */
const int = (x) => Math.trunc(Math.min(Math.max(x, -1e9), 1e9)) || 0;

/** @type {[string, {name: Exclude<keyof GenerateOptions, 'source' | 'fresh'>, type: string}][]} */
const OPTIONS = /** @type {any} */ (Object.entries(SAMPLING));

/** As the binary takes them: lines of key=value. It checks them, and knows what is not said. @param {GenerateOptions} options */
function linesOf(options) {
  return OPTIONS.filter(([, { name }]) => options[name] !== undefined).map(([key, { name, type }]) => {
    const value = options[name], bits = type === 'u64' && (typeof value === 'bigint' || Number.isInteger(value));
    return `${key}=${bits ? BigInt.asUintN(64, BigInt(/** @type {bigint | number} */ (value))) : value ?? 'none'}`;
  }).join('\n');
}

/** @param {World} world */
function checked(world) {
  const { width, height } = world;
  if (!(width >= 1 && height >= 1)) // a width of 0 would mean the frame
    throw failure(`a world of ${width} x ${height} cells has none; its sides must be from 1 to ${MAX_CELLS}`, OUT_OF_RANGE);
  return world;
}

/** From noise to a lattice. @param {import('./instance.js').Instance} wasm @param {number} model @param {ModelInfo} info
 *  @param {World} world */
function createProcess(wasm, model, info, world) {
  const { c } = wasm, { channels } = info, { x, y, width, height } = world;
  const p = wasm.checkPointer(c.cdf_wasm_process_create(model, int(x), int(y), int(width), int(height)));
  const cells = channels * height * width, answers = channels * info.stride ** 2;
  let lent = lend(wasm, []); // what the run in progress reads: source and fresh

  const process = {
    world,
    /** @param {GenerateOptions} [options] */
    start(options = {}) {
      const next = lend(wasm, edited(options, info, width * height)), [source, fresh] = next.at;
      try {
        wasm.borrowText(linesOf(options), (lines) => wasm.check(c.cdf_wasm_process_start(p, model, lines, source, fresh)));
      } catch (error) {
        next.free(); // the old run goes on, and reads what was lent to it
        throw error;
      }
      lent.free();
      lent = next;
    },
    get evaluations() { return c.cdf_process_evaluations(p); },
    get evaluation() { return c.cdf_process_evaluation(p); },
    get done() { return process.evaluation === process.evaluations; },

    prepare() { c.cdf_process_prepare(p); },
    /** @param {number} y0 @param {number} y1 */
    rows(y0, y1) { c.cdf_process_rows(p, y0, y1); },
    /** What was gathered from all who did rows. @param {Float32Array} lattice */
    put(lattice) { lendLattice(wasm, lattice, cells, (at) => c.cdf_process_put(p, at)); },
    /** Of a picture that starts from another: without a seam, without what contradicts it. Once, when the whole lattice is here. */
    blend() { c.cdf_process_blend(p); },
    /** Throws when the picture has values that are no numbers. */
    advance() { wasm.check(c.cdf_wasm_process_advance(p)); },
    step() {
      if (process.done) return;
      process.prepare();
      process.rows(0, height);
      process.blend();
      process.advance();
    },

    get clean() { return wasm.readFloats(c.cdf_process_clean(p), cells); },
    get state() { return wasm.readFloats(c.cdf_process_state(p), cells); },
    /** The band of every channel. @param {number} y0 @param {number} y1 */
    readRows(y0, y1) {
      const from = c.cdf_process_clean(p), n = (y1 - y0) * width, band = new Float32Array(channels * n);
      for (let ch = 0; ch < channels; ch++)
        band.set(wasm.readFloats(from + 4 * (ch * height + y0) * width, n), ch * n);
      return band;
    },
    /** What lies behind the picture of this moment, for loadPlain. @param {string} view one of VIEWS but the first */
    look(view) {
      const number = VIEWS.indexOf(view);
      if (number < 0)
        throw failure(`there is no view '${view}'; choose one of: ${VIEWS.join(', ')}`, OUT_OF_RANGE);
      return wasm.borrow(4 * cells, (at) => {
        wasm.check(c.cdf_wasm_process_look(at, p, model, number));
        return wasm.readFloats(at, cells);
      });
    },

    /**
     * The network alone, as the last evaluation prepared it: [m][channels][stride][stride] of feature rows [m][n_features].
     * @param {Float32Array} rows @param {number} m
     */
    network(rows, m) {
      const out = new Float32Array(m * answers), size = rows.length / m;
      wasm.borrow(4 * TILE * size, (at) => {
        for (let i = 0; i < m; i += TILE) {
          const n = Math.min(TILE, m - i);
          wasm.writeFloats(at, rows.subarray(i * size, (i + n) * size));
          const tile = wasm.readFloats(c.cdf_process_tile(p, at, n), n * LANES);
          for (let j = 0; j < n; j++)
            for (let k = 0; k < answers; k++) out[(i + j) * answers + k] = tile[j * LANES + k];
        }
      });
      return out;
    },

    /** The network on one tile of whatever features; the multiply-adds done. */
    benchTile() {
      c.cdf_process_tile(p, 0, TILE);
      return TILE * info.macs_per_pixel * info.stride ** 2;
    },
    free() {
      c.cdf_process_free(p);
      lent.free();
    },
  };
  return process;
}

/** From a lattice to pixels. @param {import('./instance.js').Instance} wasm @param {number} model @param {ModelInfo} info
 *  @param {World} world */
function createPicture(wasm, model, info, world) {
  const { c } = wasm, { x, y, width, height } = world, cells = info.channels * height * width;
  const q = wasm.checkPointer(c.cdf_wasm_picture_create(model, int(x), int(y), int(width), int(height)));
  return {
    world,
    /** What is drawn from now on. @param {Float32Array} lattice */
    load(lattice) { lendLattice(wasm, lattice, cells, (at) => c.cdf_picture_load(q, at)); },
    /** The same of something that is no picture, without the renderer's network. @param {Float32Array} lattice */
    loadPlain(lattice) { lendLattice(wasm, lattice, cells, (at) => c.cdf_picture_load_plain(q, at)); },

    /**
     * Canvas rows y0 <= y < y1 of a picture of w x h, as RGBA: the whole world, or the part of it in a window.
     * @param {number} w @param {number} h @param {number} [y0] @param {number} [y1] @param {Window | null} [window]
     */
    render(w, h, y0 = 0, y1 = h, window = null) {
      [w, h, y0, y1] = [w, h, y0, y1].map(int);
      const n = y0 >= 0 && y0 <= y1 && y1 <= h && w > 0 && w * h <= MAX_PIXELS ? 4 * w * (y1 - y0) : 0;
      return wasm.borrow(n, (at) => {
        const { x: left, y: top, pitch } = window ?? { x: 0, y: 0, pitch: 0 };
        wasm.check(c.cdf_wasm_picture_render(q, model, at, w, h, y0, y1, left, top, pitch));
        return new Uint8ClampedArray(wasm.readBytes(at, n).buffer);
      });
    },
    free() { c.cdf_picture_free(q); },
  };
}

/** @param {{wasmBytes?: BufferSource, module?: WebAssembly.Module}} source */
export async function loadEngine(source) {
  const wasm = await loadInstance(source);
  const { c } = wasm;
  return {
    kernels: wasm.readText(c.cdf_wasm_kernels()),
    get memoryBytes() { return wasm.memory.buffer.byteLength; },

    /** @param {Uint8Array} bytes of a safetensors file */
    loadModel(bytes) {
      const model = wasm.borrow(bytes, (at) => c.cdf_wasm_model_load(at, bytes.length));
      wasm.checkPointer(model);
      /** @type {ModelInfo} */
      const info = JSON.parse(wasm.takeText(wasm.checkPointer(c.cdf_wasm_model_info(model))));
      const free = () => void c.cdf_model_free(model);
      const frame = { x: 0, y: 0, width: info.lattice_width, height: info.lattice_height };
      return {
        info,
        /** @param {World | null} [world] cells of the plane; the model's frame by default */
        createProcess: (world) => createProcess(wasm, model, info, checked(world ?? frame)),
        /** @param {World | null} [world] */
        createPicture: (world) => createPicture(wasm, model, info, checked(world ?? frame)),
        createPatcher: () => createPatcher(wasm, model, info, linesOf),
        free,
      };
    },

    /** @param {import('./learner.js').Picture} picture @param {number} number @param {number} total @param {import('./learner.js').Shape} shape */
    views: (picture, number, total, shape) => viewsOf(wasm, picture, number, total, shape),
    /** A share of a training. @param {import('./learner.js').Course} course */
    createLearner: (course, rank = 0, count = 1) => createLearner(wasm, course, rank, count),

    /** @param {Uint8Array | Uint8ClampedArray} rgba @param {number} width @param {number} height
     *  @param {string} parameters */
    png(rgba, width, height, parameters) {
      if (rgba.length !== width * height * 4)
        throw failure(`${rgba.length} bytes are no RGBA picture of ${width} x ${height}`, OUT_OF_RANGE);
      return wasm.borrow(4, (size) => wasm.borrow(rgba, (pixels) => wasm.borrowText(parameters, (at) => {
        const png = wasm.checkPointer(c.cdf_wasm_png_encode(size, pixels, width, height, at));
        const bytes = wasm.readBytes(png, wasm.readU32(size));
        c.free(png);
        return bytes;
      })));
    },

    /** @param {Uint8Array} bytes of a PNG file */
    pngParameters(bytes) {
      return wasm.borrow(4, (out) => wasm.borrow(bytes, (at) => {
        wasm.check(c.cdf_wasm_png_parameters(out, at, bytes.length));
        const found = wasm.readU32(out);
        return found === 0 ? null : wasm.takeText(found);
      }));
    },
  };
}
