// lend.js: numbers that the engine reads for as long as a run lasts: the picture it starts from, and what is to be new.
import { failure } from './instance.js';

const OUT_OF_RANGE = 2; // CDF_USAGE

/**
 * Copies of these arrays in the engine's memory, until they are freed; 0 for what there is none of.
 * @param {import('./instance.js').Instance} wasm @param {(Float32Array | null)[]} arrays
 */
export function lend(wasm, arrays) {
  /** @type {number[]} */
  const at = [];
  const free = () => {
    for (const pointer of at.splice(0)) wasm.c.free(pointer);
  };
  for (const floats of arrays) {
    const pointer = floats ? wasm.c.malloc(4 * floats.length) : 0;
    at.push(pointer);
    if (!floats) continue;
    if (pointer === 0) {
      free();
      throw failure(`out of memory: ${4 * floats.length} bytes were needed; use a smaller world`, 4);
    }
    wasm.writeFloats(pointer, floats);
  }
  return { at, free };
}

/**
 * Source and fresh of the options, once they are what the engine may read.
 * @param {import('./engine.js').GenerateOptions} options @param {import('./engine.js').ModelInfo} info
 * @param {number} cells of the world
 */
export function edited({ source = null, fresh = null, strength }, { channels }, cells) {
  const refuse = (/** @type {string} */ text) => {
    throw failure(text, OUT_OF_RANGE);
  };
  if (strength !== undefined && !(strength > 0 && strength <= 1))
    refuse(`strength is ${strength}, but must be above 0 and at most 1`);
  if (source && source.length !== channels * cells)
    refuse(`the source has ${source.length} numbers, but this world has ${channels} x ${cells}`);
  if (source && !source.every(Number.isFinite)) refuse('the source has values that are no numbers');
  if (fresh && fresh.length !== cells)
    refuse(`the mask has ${fresh.length} numbers, but this world has ${cells} cells`);
  if (fresh && !fresh.every((value) => value >= 0 && value <= 1)) // NaN neither
    refuse('the mask has values below 0 or above 1');
  return [source, fresh];
}

/**
 * A lattice for the time of one call.
 * @param {import('./instance.js').Instance} wasm @param {Float32Array} lattice @param {number} size numbers that it must
 *   have @param {(at: number) => any} use
 */
export function lendLattice(wasm, lattice, size, use) {
  if (lattice.length !== size)
    throw failure(`the lattice has ${lattice.length} numbers, this world's ${size}`, OUT_OF_RANGE);
  wasm.borrow(4 * size, (at) => {
    wasm.writeFloats(at, lattice);
    use(at);
  });
}
