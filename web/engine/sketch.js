// sketch.js: evaluations of a world in a frame, each shared by all workers; and a picture made aside with them, in little time.
import { createEndless } from './endless.js';
import { failure } from './instance.js';
import { deal, pieceOfLattice } from './share.js';

/**
 * @typedef {import('./engine.js').ModelInfo} ModelInfo
 * @typedef {import('./engine.js').World} World
 * @typedef {import('./team.js').Team} Team
 * @typedef {{lattice: Float32Array, world: World, share: number, render: import('./pool.js').Render}} Sketch a picture aside: of so much of its
 *   evaluations; and what draws it
 */

/** @param {string} text */
export function abortError(text) {
  return Object.assign(failure(text, 'aborted'), { name: 'AbortError' });
}

/** @param {ModelInfo} info @returns {World} */
export const frameOf = ({ lattice_width, lattice_height }) => ({ x: 0, y: 0, width: lattice_width, height: lattice_height });

/** All workers, who stand at the same moment, go on by an evaluation; the clean lattice. @param {Team} team @param {ModelInfo} info
 *  @param {import('./pool.js').GenerateOptions} options those that they began with @param {World} world @param {Pick<AbortSignal, 'aborted'>} signal */
export async function evaluateFramed(team, info, { source, fresh, strength = 1 }, world, signal) {
  const { width, height } = world, { channels } = info, n = team.members.length;
  const clean = new Float32Array(channels * height * width);
  const take = deal(height, n, pieceOfLattice(info, world, n));
  await team.each(async (member, i) => {
    await member.call('prepare', {});
    for (let rows = take(i); rows; rows = take(i)) {
      if (signal.aborted) throw abortError('the run was cancelled');
      const { band } = await member.call('rows', rows), size = (rows.y1 - rows.y0) * width;
      for (let c = 0; c < channels; c++)
        clean.set(band.subarray(c * size, (c + 1) * size), (c * height + rows.y0) * width);
    }
  });
  const whole = fresh || (source && strength < 1) ? (await team.members[0].call('blend', { clean })).clean : clean;
  await team.each((member) => member.call('advance', { clean: whole }));
  team.progressed();
  return whole;
}

/** From noise, until all evaluations are made or it is late; two at least, since the first answer to noise has no shapes. @param {Team} team @param {ModelInfo} info
 *  @param {import('./pool.js').GenerateOptions} options @param {Pick<AbortSignal, 'aborted'>} signal @param {() => boolean} late */
export async function runFramed(team, info, options, signal, late) {
  const world = options.world ?? frameOf(info);
  const [{ evaluations }] = await team.each((member) => member.call('restore', { options, frames: [] }));
  let lattice = await evaluateFramed(team, info, options, world, signal), n = 1;
  for (; n < evaluations && (n < 2 || !late()); n++) lattice = await evaluateFramed(team, info, options, world, signal);
  return { lattice, world, share: n / evaluations };
}

/** The window of a world without end on which it is made in haste: a torus, or a band of one. Its cells have their own noise, so but for those near
 *  its edges they become nearly what they will be, without all that lies around them. @param {ModelInfo} info @param {World} world @returns {World} */
function torusOf({ coordinates, lattice_width, lattice_height }, world) {
  return {
    ...world,
    ...(coordinates === 'x' ? { x: 0, width: lattice_width } : {}),
    ...(coordinates === 'y' ? { y: 0, height: lattice_height } : {}),
  };
}

/** As many evaluations as begin within some milliseconds, two at least; with all the time of the world, the picture itself. @param {Team} team @param {ModelInfo} info
 *  @param {import('./pool.js').GenerateOptions} options @param {number} ms @param {Pick<AbortSignal, 'aborted'>} signal
 *  @param {number} [memory] @returns {Promise<{lattice: Float32Array, world: World, share: number}>} */
export async function sketch(team, info, options, ms, signal, memory) {
  const until = performance.now() + ms;
  const late = () => performance.now() >= until;
  if (info.patch_width === 0) return runFramed(team, info, options, signal, late);
  if (Number.isFinite(ms)) return runFramed(team, info, { ...options, world: torusOf(info, options.world ?? frameOf(info)) }, signal, late);
  const aside = createEndless(team, info, memory);
  await aside.begin(options);
  while (!aside.done) {
    if (signal.aborted) throw abortError('the sketch was called off');
    await aside.evaluate(/** @type {AbortSignal} */ (signal));
  }
  return { lattice: aside.lattice(aside.evaluation), world: /** @type {World} */ (aside.world), share: 1 };
}
