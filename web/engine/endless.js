// endless.js: a window of a world without end, computed by the workers of a pool, patch by patch.
//
// The first picture takes little: the patches of the window, once. Every further evaluation of them asks for one ring
// more at each stage before, and is the dearer for it; so the window is gone through evaluation by evaluation, and
// what lies around it is made as late as can be. What is made is kept: a window that moved takes only what is new.
import { failure } from './instance.js';
import { blockOf, createPatches, gridOf, workOf } from './patches.js';

const MEMORY = 192 * 2 ** 20; // bytes of patches
const SLICE_MS = 80; // after so long something else may be done, or the run be called off
const IDLE_MS = 25; // the same when nobody waits for it, so that nobody waits for the end of it
const MESSAGE_MS = 25; // of work in one message, about
const MOST = 8; // patches in a message
const FARTHEST = 1000000; // CDF_MAX_WORLD

/**
 * @typedef {import('./engine.js').World} World
 * @typedef {import('./pool.js').GenerateOptions} GenerateOptions
 * @typedef {import('./team.js').Member} Member
 * @typedef {import('./patches.js').Place} Place
 */

/** All that decides on the bits of a patch. @param {GenerateOptions} options */
const identity = ({ world, ...rest }) =>
  JSON.stringify(rest, (_, value) => typeof value === 'bigint' ? `${value}` : value);

/** @param {World} world @param {import('./engine.js').ModelInfo} info */
function check({ x, y, width, height }, info) {
  const { across, down } = gridOf(info), { world_width, world_height, lattice_width, lattice_height } = info;
  if (!(width >= 1 && width <= world_width && height >= 1 && height <= world_height))
    throw failure(`a world of ${width} x ${height} cells cannot be made: its sides must be from 1 to ${world_width} across `
      + `and from 1 to ${world_height} down`, 2);
  if (!(across || (x >= 0 && x + width <= lattice_width)) || !(down || (y >= 0 && y + height <= lattice_height)))
    throw failure(`the world at (${x}, ${y}) of ${width} x ${height} cells cannot be made: it must lie within the frame, `
      + `which goes from 0 to ${across ? `${lattice_height} down` : `${lattice_width} across`}`, 2);
  if (!(Math.min(x, y) >= -FARTHEST && Math.max(x + width, y + height) <= FARTHEST))
    throw failure(`the world at (${x}, ${y}) cannot be made: it must lie within ${FARTHEST} cells of the origin`, 2);
}

/**
 * @param {import('./team.js').Team} team
 * @param {import('./engine.js').ModelInfo} info
 * @param {number} memory
 */
export function createEndless(team, info, memory = MEMORY) {
  const grid = gridOf(info);
  const patches = createPatches(info);
  const room = Math.floor(memory / patches.bytes);
  /** Which options each worker's patches are of. @type {WeakMap<Member, string>} */
  let started = new WeakMap();
  /** @type {{options: GenerateOptions, of: string, world: World, stages: number, todo: number} | null} */
  let run = null;
  let whole = 0; // evaluations that all of the window has been through,
  let reached = 0; // and those that some of it has
  let made = 0; // patches, in this run
  /** What the next evaluation of the window lacks. @type {Place[]} */
  let missing = [];
  /** By moment: the lattices that are being looked at. @type {Map<number, Float32Array>} */
  const lattices = new Map();
  let pace = MESSAGE_MS; // ms a patch, measured

  /** Past the evaluations of which nothing is missing. */
  function pass() {
    const { world, stages } = /** @type {NonNullable<typeof run>} */ (run);
    for (missing = []; whole < stages; whole++) {
      missing = patches.missing(world, whole + 1);
      if (missing.length > 0) break;
    }
    reached = Math.max(reached, whole);
  }

  /** @param {Member} member @param {GenerateOptions} options @param {string} of */
  async function ready(member, options, of) {
    if (started.get(member) === of) return run?.stages ?? 0;
    const { stages } = await member.call('patcher', { options: { ...options, world: undefined } });
    started.set(member, of);
    return stages;
  }

  /** Some of these places, for so long. @param {Pick<AbortSignal, 'aborted'>} signal @param {Place[]} places @param {number} ms */
  async function slice(signal, places, ms) {
    const { options, of } = /** @type {NonNullable<typeof run>} */ (run);
    const until = performance.now() + ms;
    const queue = new Set(places);
    let busy = 0, arrived = () => {};
    let arrival = new Promise((resolve) => { arrived = () => resolve(undefined); });

    function take() {
      const n = Math.max(1, Math.min(Math.round(MESSAGE_MS / pace), MOST)), taken = [], tasks = [];
      for (const place of queue) {
        const task = patches.task(place);
        if (!task) continue;
        queue.delete(place);
        taken.push(place);
        tasks.push(task);
        if (tasks.length === n) break;
      }
      return { taken, tasks };
    }

    await team.each(async (member) => {
      await ready(member, options, of);
      while (performance.now() < until && !signal.aborted) {
        const { taken, tasks } = take();
        if (tasks.length === 0 && busy === 0) return;
        if (tasks.length === 0) {
          await arrival; // of what these wait for
          continue;
        }
        busy++;
        const begun = performance.now();
        try {
          const { next, clean } = await member.call('patches', { tasks }), n = next.length / tasks.length;
          for (const [k, place] of taken.entries()) {
            const part = (/** @type {Float32Array} */ all) => all.subarray(k * n, (k + 1) * n);
            patches.put({ ...place, state: part(next), clean: part(clean) });
          }
          made += taken.length;
          pace += ((performance.now() - begun) / tasks.length - pace) / 4;
        } finally {
          busy--;
          arrived();
          arrival = new Promise((resolve) => { arrived = () => resolve(undefined); });
        }
      }
    });
  }

  return {
    get world() { return run?.world ?? null; },
    get total() { return run?.stages ?? 0; },
    /** What can be looked at: a window that moved shows what is known of it, and so as many as before. */
    get evaluation() { return reached; },
    get done() { return whole === run?.stages; },
    /** How much of the work is done, and evaluations of the whole window. */
    get share() { return run && made < run.todo ? made / run.todo : 1; },
    get behind() { return whole; },

    /** A window of the same world as before is part of what is known; any other begins from nothing.
     *  @param {GenerateOptions} options */
    async begin(options) {
      const { lattice_width, lattice_height } = info;
      const world = options.world ?? { x: 0, y: 0, width: lattice_width, height: lattice_height };
      check(world, info);
      const of = identity(options), same = run?.of === of;
      let { stages = 0 } = run ?? {};
      if (!same) {
        started = new WeakMap(); // when this is refused, the old picture can still be drawn
        [stages] = await team.each((member) => ready(member, options, of));
      }
      const work = workOf(world, grid, stages);
      if (work > room) {
        const { left, top, right, bottom } = blockOf(world, grid);
        throw failure(`${stages} evaluations of ${(right - left) * grid.width} x ${(bottom - top) * grid.height} cells and what lies `
          + 'around them would fill the memory; choose fewer steps, more pixels a cell or a smaller canvas', 2);
      }
      if (!same) {
        patches.clear();
        reached = 0;
      }
      const todo = patches.missing(world, stages).length;
      patches.keep(world, stages, room - todo);
      whole = made = 0;
      if (!same || JSON.stringify(run?.world) !== JSON.stringify(world)) lattices.clear();
      run = { options, of, world, stages, todo };
      pass();
    },

    /** The workers were lent to other patches. */
    forget() { started = new WeakMap(); },

    /** Some of the next evaluation; true when it is through. @param {AbortSignal} signal */
    async evaluate(signal) {
      await slice(signal, missing, SLICE_MS);
      missing = missing.filter((place) => !patches.has(place));
      if (missing.length > 0) return false;
      lattices.clear();
      whole++;
      pass();
      team.progressed();
      return true;
    },

    /** While nobody waits: some of what the window would take if it moved by a patch; true when there is no more of it.
     *  @param {Pick<AbortSignal, 'aborted'>} signal */
    async ahead(signal) {
      if (!run || whole < run.stages) return true;
      const { world: { x, y, width, height }, stages } = run;
      const by = grid.across * grid.width, down = grid.down * grid.height;
      const wider = { x: x - by, y: y - down, width: width + 2 * by, height: height + 2 * down };
      const wanted = patches.missing(wider, stages);
      if (wanted.length === 0 || workOf(wider, grid, stages) > room) return true;
      patches.keep(wider, stages, room - wanted.length);
      await slice(signal, wanted, IDLE_MS);
      return false;
    },

    /** The clean lattice of the window after so many evaluations; the same object until there is news. @param {number} at */
    lattice(at) {
      let lattice = lattices.get(at);
      if (!lattice) {
        lattice = patches.lattice(/** @type {World} */ (run?.world), at);
        lattices.set(at, lattice);
      }
      return lattice;
    },
  };
}
