// learner.js: one worker's share of a training (src/wasm/train.c): what createLearner of engine.js returns. The learner's own
// arithmetic and order are the command line program's.
import { failure } from './instance.js';

const REPORT = 18; // doubles of a cdf_report: the sums, their weights, learning rate and gradient norm
const CHANGES = 3; // CDF_CHANGES
const OUT_OF_RANGE = 2; // CDF_USAGE
const NO_MEMORY = 4; // CDF_NO_MEMORY
const ROOM = 32 * 2 ** 20; // bytes of pictures: a worker has 256 MB, and most of it is for the network and its gradients

/**
 * @typedef {{rgba: Uint8Array | Uint8ClampedArray, width: number, height: number}} Picture
 * @typedef {{channels: number, width: number, height: number}} Shape of the lattice
 * @typedef {object} PictureSet views of pictures on the lattice
 * @property {number} n @property {number} channels @property {number} width @property {number} height
 * @property {Uint8Array} levels [n][channels][height][width]
 * @property {Float32Array} changes [n][3]: how each was cut out
 * @typedef {Record<string, string | number>} Fields settings by the names of the command line program
 * @typedef {object} Course what is trained, and how
 * @property {PictureSet} pictures
 * @property {Fields} [model] of the network; by default the preset's, or those of `from`
 * @property {Fields} [train]
 * @property {Uint8Array | null} [from] a model whose weights it begins with
 * @property {Uint8Array | null} [checkpoint] of this very course, to go on from
 * @property {string} [kernels] the name of a kernel table; the best by default
 * @typedef {{gradient: Float32Array, report: Float64Array}} Sum of the shards so far
 * @typedef {ReturnType<typeof createLearner>} Learner
 */

/** @param {Fields} [fields] */
const linesOf = (fields = {}) => Object.entries(fields).map(([key, value]) => `${key}=${value}`).join('\n');

/** Refuses with a sentence what would not fit. @param {number} pictures @param {number} views of each @param {Shape} shape */
function checkRoom(pictures, views, { channels, width, height }) {
  const each = views * channels * width * height, most = Math.floor(ROOM / each);
  const said = (/** @type {number} */ n) => n.toLocaleString('en');
  if (pictures > most)
    throw failure(`${said(pictures)} pictures${views > 1 ? `, each in ${views} views,` : ''} of ${width} × ${height} would take ${said(Math.ceil(pictures * each / 1e6))} MB, `
      + `but there is room for ${said(Math.floor(ROOM / 1e6))} MB; choose at most ${said(most)}, or train with the command line program`, NO_MEMORY);
}

/**
 * Views of a picture as the program takes them: the first is all of it, the others parts. The fewer pictures there are, the more.
 * @param {import('./instance.js').Instance} wasm @param {Picture} picture
 * @param {number} number of the picture in its set @param {number} total pictures of the set @param {Shape} shape
 */
export function viewsOf(wasm, { rgba, width, height }, number, total, shape) {
  const { c } = wasm, views = c.cdf_wasm_views_by_number(total), size = views * shape.channels * shape.width * shape.height;
  checkRoom(total, views, shape);
  if (rgba.length !== 4 * width * height)
    throw failure(`${rgba.length} bytes are no RGBA picture of ${width} x ${height}`, OUT_OF_RANGE);
  return wasm.borrow(4 * CHANGES * views, (changes) => wasm.borrow(size, (levels) => wasm.borrow(rgba, (at) => {
    wasm.check(c.cdf_wasm_views(levels, changes, at, width, height, number, views, shape.channels, shape.width, shape.height));
    return { levels: wasm.readBytes(levels, size), changes: wasm.readFloats(changes, CHANGES * views) };
  })));
}

/** @param {import('./instance.js').Instance} wasm @param {Course} course @param {number} rank @param {number} count workers that share it */
export function createLearner(wasm, { pictures, model, train, from, checkpoint, kernels = '' }, rank, count) {
  const { c } = wasm, { n, channels, width, height, levels, changes } = pictures;
  if (levels.length !== n * channels * width * height || changes.length !== n * CHANGES)
    throw failure(`${levels.length} bytes are no ${n} pictures of ${width} x ${height}`, OUT_OF_RANGE);

  /** Memory that becomes the engine's. @param {Uint8Array} bytes */
  function give(bytes) {
    const at = c.malloc(bytes.length);
    if (at === 0) throw failure(`out of memory: ${bytes.length} bytes were needed; choose fewer pictures`, NO_MEMORY);
    new Uint8Array(wasm.memory.buffer).set(bytes, at);
    return at;
  }
  const create = () => {
    const [given, cut] = [give(levels), give(new Uint8Array(changes.buffer, changes.byteOffset, changes.byteLength))];
    return wasm.borrowText(linesOf(model), (network) => wasm.borrowText(linesOf(train), (settings) => wasm.borrowText(kernels, (table) =>
      wasm.borrow(from ?? 0, (bytes) => wasm.checkPointer(c.cdf_wasm_trainer_create(
        given, cut, n, channels, width, height, network, settings, from ? bytes : 0, from?.length ?? 0, table, rank, count))))));
  };
  const t = create(), parameters = c.cdf_wasm_trainer_parameters(t), report = c.cdf_wasm_trainer_report(t);

  /** @param {Sum} sum */
  function put(sum) {
    wasm.writeFloats(c.cdf_wasm_trainer_gradient(t), sum.gradient);
    new Float64Array(wasm.memory.buffer, report, REPORT).set(sum.report);
  }
  /** @param {(size: number, t: number) => number} write */
  const written = (write) => wasm.borrow(4, (size) => {
    const at = wasm.checkPointer(write(size, t)), bytes = wasm.readBytes(at, wasm.readU32(size));
    c.free(at);
    return bytes;
  });
  const free = () => void c.cdf_wasm_trainer_free(t);

  try {
    if (checkpoint) wasm.borrow(checkpoint, (at) => wasm.check(c.cdf_wasm_trainer_restore(t, at, checkpoint.length)));
  } catch (error) {
    free();
    throw error;
  }
  return {
    parameters,
    get step() { return c.cdf_wasm_trainer_step(t); },
    /** Forward and backward over its shards. */
    learn() { c.cdf_wasm_trainer_learn(t); },
    /** The sum of those before with its own added. @param {Sum | null} before null for who has the first @returns {Sum} */
    add(before) {
      if (before) put(before);
      c.cdf_wasm_trainer_add(t);
      return {
        gradient: wasm.readFloats(c.cdf_wasm_trainer_gradient(t), parameters),
        report: new Float64Array(wasm.memory.buffer, report, REPORT).slice(),
      };
    },
    /** The step itself, of a run of `steps`. @param {Sum} sum of all @param {number} steps */
    update(sum, steps) {
      put(sum);
      wasm.check(c.cdf_wasm_trainer_update(t, steps));
    },
    /** All that going on needs, as the command line program keeps it. */
    save: () => written(c.cdf_wasm_trainer_save),
    /** The averaged weights alone. */
    model: () => written(c.cdf_wasm_trainer_model),
    free,
  };
}
