// What a world without end should be: by one engine, whole worlds, ring after ring of patches less; and parts of lattices.
import assert from 'node:assert/strict';
import { createPatches } from '../../web/engine/patches.js';

/** @typedef {import('../../web/engine/engine.js').World} World */

/** The lattices of all evaluations. @param {import('../../web/engine/engine.js').Model} model
 *  @param {World} world @param {import('../../web/engine/engine.js').GenerateOptions} options */
export function reference(model, world, options) {
  const patcher = model.createPatcher(), patches = createPatches(model.info);
  patcher.start(options);
  for (const place of patches.missing(world, patcher.stages)) {
    const task = patches.task(place);
    assert.ok(task, 'missing() has an order in which it can be had');
    const { next: state, clean } = patcher.advance(task);
    patches.put({ ...place, state, clean });
  }
  const { stages } = patcher;
  patcher.free();
  return Array.from({ length: stages }, (_, at) => patches.lattice(world, at + 1));
}

/** The part of a lattice that lies in another world. @param {Float32Array} lattice @param {World} of @param {World} part */
export function cut(lattice, of, part) {
  const out = [], channels = lattice.length / (of.width * of.height);
  for (let c = 0; c < channels; c++)
    for (let y = part.y; y < part.y + part.height; y++) {
      const row = (c * of.height + y - of.y) * of.width - of.x;
      out.push(...lattice.subarray(row + part.x, row + part.x + part.width));
    }
  return Float32Array.from(out);
}
