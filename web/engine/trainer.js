// trainer.js: workers that train together. README.md has the interface.
//
// Each has the pictures and a learner with its shards of every batch. The sum of the gradients is passed on from worker to
// worker, in the order of the shards, and the whole goes back to all, who make the same update: the bits do not depend on how
// many there are. When one is lost, all go back to the last checkpoint.
import { failure } from './instance.js';
import { createQueue } from './queue.js';
import { createTeam } from './team.js';

const SHARDS = 8; // CDF_N_SHARDS
const ENOUGH = 4; // workers: a shard takes some 7 ms, a hop of the sum 0.8, so eight would be a fifth faster and leave nothing for the page
const LOSS = 0, RATE = 16; // places in a report

/**
 * @typedef {import('./learner.js').Course} Course
 * @typedef {import('./learner.js').PictureSet} PictureSet
 * @typedef {import('./learner.js').Sum} Sum
 * @typedef {import('./learner.js').Shape} Shape
 * @typedef {import('./learner.js').Picture} Picture
 * @typedef {{step: number, loss: number, rate: number}} Report of a step: the loss is that of its own batch
 * @typedef {Awaited<ReturnType<typeof createTrainer>>} Trainer
 */

/** @param {import('./team.js').PoolOptions} [options] */
export async function createTrainer(options = {}) {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  const team = await createTeam({ ...options, size: Math.min(options.size ?? Math.min(cores, ENOUGH), SHARDS) });
  /** What the workers learn, and stand at. @type {Course | null} */
  let course = null;
  let ready = false;
  let stands = 0; // at this step, when it was begun
  const exclusive = createQueue(team, () => { ready = false; });

  async function begun() {
    if (!course) throw failure('no pictures were given yet', 2);
    if (ready) return;
    const given = course;
    const [{ step }] = await team.each((member, rank, count) => member.call('course', { course: given, rank, count }));
    stands = step;
    ready = true;
  }

  return {
    get size() { return team.members.length; },
    get kernels() { return team.kernels; },

    /** Views of one picture of so many, as they are learned; refuses more than there is room for. @param {Picture} picture
     *  @param {number} number of the picture @param {number} total @param {Shape} shape */
    views: (picture, number, total, shape) => exclusive(() => team.members[0].call('views', { picture, number, total, shape })),

    /** The set of all of these. @param {{levels: Uint8Array, changes: Float32Array}[]} pictures @param {Shape} shape @returns {PictureSet} */
    setOf(pictures, shape) {
      const bytes = pictures.reduce((sum, { levels }) => sum + levels.length, 0), size = shape.channels * shape.width * shape.height;
      const levels = new Uint8Array(bytes), changes = new Float32Array(3 * bytes / size);
      let at = 0;
      for (const one of pictures) {
        levels.set(one.levels, at);
        changes.set(one.changes, 3 * at / size);
        at += one.levels.length;
      }
      return { n: bytes / size, ...shape, levels, changes };
    },

    /** Begin, or go on from course.checkpoint; → the step where it stands. A course that is refused leaves none. @param {Course} next */
    start(next) {
      return exclusive(async () => {
        course = next;
        ready = false;
        try {
          await begun();
          return stands;
        } catch (error) {
          if (/** @type {{code?: unknown}} */ (error).code !== 'lost') course = null;
          throw error;
        }
      });
    },

    /** One step of a run of so many. @param {number} steps @returns {Promise<Report>} */
    step(steps) {
      return exclusive(async () => {
        await begun();
        await team.each((member) => member.call('learn', {}));
        /** @type {Sum | null} */
        let sum = null;
        for (const member of team.members) sum = await member.call('add', { sum });
        const whole = /** @type {Sum} */ (sum);
        const [{ step }] = await team.each((member) => member.call('update', { sum: whole, steps }));
        team.progressed();
        return { step, loss: whole.report[LOSS], rate: whole.report[RATE] };
      });
    },

    /** As the command line program keeps it; from here on what a lost worker costs begins here. @returns {Promise<Uint8Array>} */
    checkpoint() {
      return exclusive(async () => {
        await begun();
        const { bytes } = await team.members[0].call('checkpoint', {});
        course = { .../** @type {Course} */ (course), checkpoint: bytes };
        return bytes;
      });
    },

    /** The averaged weights: a model. @returns {Promise<Uint8Array>} */
    model() {
      return exclusive(async () => {
        await begun();
        return (await team.members[0].call('weights', {})).bytes;
      });
    },

    terminate: () => team.end(),
  };
}
