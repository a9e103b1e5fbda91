// What a world without end should be: by one engine, whole worlds, ring after ring of patches less; and parts of lattices.
import assert from 'node:assert/strict';
import { createPatches } from '../../web/engine/patches.js';
import { createDrawn } from './drawn.js';

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

/** Far from the borders of a world that has some, the ordinary process says the same of a part of it. @param {import('../../web/engine/engine.js').Model} model
 *  @param {import('../../web/engine/engine.js').GenerateOptions} options @param {World} world with borders @param {World} part @param {Float32Array} expected of it */
export function isOrdinary(model, options, world, part, expected) {
  const g = createDrawn(model, world);
  for (g.start(options); !g.done;) g.step();
  const ordinary = cut(g.clean, world, part);
  g.free();
  assert.ok(expected.some((value) => Math.abs(value) > 0.1), 'there is something to be seen');
  assert.ok(expected.every((value, i) => Math.abs(value - ordinary[i]) < 1e-4));
}
