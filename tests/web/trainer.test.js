// trainer.js with workers on threads of Node: the learner of the command line program, to the bit, on any number of workers.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTrainer } from '../../web/engine/trainer.js';
import { temporary, works } from '../cli/coordiff.js';
import { safetensorsData } from '../cli/data.js';
import { DRAWINGS, writeDrawings } from './drawings.js';
import { wasmBytes } from './models.js';
import { createNodeWorker } from './node_worker.js';

const SHAPE = { channels: 3, width: 16, height: 16 };
const model = { hidden: 32, n_layers: 1, n_levels: 3, cond_hidden: 32, stride: 2, augment: 1 };
const train = { images: 16, pixels: 32, steps: 12, warmup: 3, bf16: 0 };
const TABLE = { kernels: 'portable' }; // the one that is everywhere
const flags = Object.entries({ ...model, ...train }).flatMap(([key, value]) => [`--${key}`, String(value)]);

/** @type {import('../../web/engine/trainer.js').Trainer[]} */
const trainers = [];
after(() => {
  for (const trainer of trainers) trainer.terminate();
});

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
async function createNodeTrainer(options) {
  const trainer = await createTrainer({ createWorker: createNodeWorker, wasmBytes: wasmBytes(), size: 2, ...options });
  trainers.push(trainer);
  const cut = await Promise.all(DRAWINGS.map((picture, i) => trainer.views(picture, i, DRAWINGS.length, SHAPE)));
  return { trainer, pictures: trainer.setOf(cut, SHAPE) };
}

/** @param {import('../../web/engine/trainer.js').Trainer} trainer @param {number} n */
async function steps(trainer, n) {
  let last = { step: 0, loss: 0 };
  for (let i = 0; i < n; i++) last = await trainer.step(train.steps);
  return last;
}

/** @param {string} here @param {string} run @param {string[]} [more] */
function native(here, run, more = []) {
  writeDrawings(join(here, 'faces'));
  works(['train', '--data', join(here, 'faces'), '--size', '16x16', '--channels', '3', '--out', join(here, run), ...flags,
    '--kernels', 'portable', '--grid-every', '0', '--save-every', '6', ...more]);
  return (/** @type {number} */ step) => readFileSync(join(here, run, `checkpoint-${String(step).padStart(7, '0')}.safetensors`));
}

/** The numbers of two checkpoints. @param {Uint8Array} a @param {Uint8Array} b */
const same = (a, b) => safetensorsData(Buffer.from(a)).equals(safetensorsData(Buffer.from(b)));

for (const size of [1, 2, 3])
  test(`${size} workers: the native run to the bit, half-way and at the end`, async (t) => {
    const checkpoint = native(temporary(t), 'run'), { trainer, pictures } = await createNodeTrainer({ size });
    await trainer.start({ pictures, model, train, ...TABLE });
    await steps(trainer, 6);
    assert.ok(same(await trainer.checkpoint(), checkpoint(6)));
    const { step } = await steps(trainer, 6);
    assert.equal(step, 12);
    assert.ok(same(await trainer.checkpoint(), checkpoint(12)));
    assert.ok(!same(checkpoint(6), checkpoint(12)));
  });

test('a checkpoint goes on in the other of the two, there and back, to the bit', async (t) => {
  const here = temporary(t), checkpoint = native(here, 'whole'), { trainer, pictures } = await createNodeTrainer();
  await trainer.start({ pictures, model, train, checkpoint: checkpoint(6), ...TABLE });
  assert.equal((await steps(trainer, 3)).step, 9);
  mkdirSync(join(here, 'on'));
  writeFileSync(join(here, 'on', 'checkpoint-0000009.safetensors'), await trainer.checkpoint());
  assert.ok(same(native(here, 'on')(12), checkpoint(12)));
});

test('what a model learned before is where it begins, in both alike', async (t) => {
  const here = temporary(t);
  native(here, 'first');
  const before = join(here, 'first', 'model.safetensors');
  const checkpoint = native(here, 'second', ['--from', before]), { trainer, pictures } = await createNodeTrainer();
  await trainer.start({ pictures, train, from: readFileSync(before), ...TABLE });
  await steps(trainer, 12);
  assert.ok(same(await trainer.checkpoint(), checkpoint(12)));
  writeFileSync(join(here, 'page.safetensors'), await trainer.model());
  works(['sample', '--model', join(here, 'page.safetensors'), '--n', '1', '--size', '16x16', '--out', join(here, 'page.png')]);
});

test('a worker that dies costs the steps since the last checkpoint, and the bits are the same', async () => {
  /** @type {ReturnType<typeof createNodeWorker>[]} */
  const workers = [];
  const createWorker = () => {
    workers.push(createNodeWorker());
    return /** @type {ReturnType<typeof createNodeWorker>} */ (workers.at(-1));
  };
  /** @type {string[]} */
  const said = [];
  const whole = await createNodeTrainer(), dying = await createNodeTrainer({ createWorker, onNotice: (text) => said.push(text) });
  for (const { trainer, pictures } of [whole, dying]) {
    await trainer.start({ pictures, model, train });
    await steps(trainer, 3);
    await trainer.checkpoint();
  }
  await steps(dying.trainer, 1);
  workers[1].terminate();
  assert.equal((await steps(dying.trainer, 1)).step, 4, 'the fourth step once more');
  await steps(whole.trainer, 1);
  assert.ok(same(await dying.trainer.checkpoint(), await whole.trainer.checkpoint()));
  assert.match(said.join(), /A worker failed .* and was restarted/);
});

test('what cannot be trained is refused with a sentence', async () => {
  const { trainer, pictures } = await createNodeTrainer({ size: 1 });
  const refused = (/** @type {Promise<any>} */ promise, /** @type {RegExp} */ pattern) => assert.rejects(promise, pattern);
  await refused(trainer.step(9), /no pictures were given yet/);
  await refused(trainer.views(DRAWINGS[0], 0, 20_000, { channels: 3, width: 64, height: 64 }),
    /20,000 pictures of 64 × 64 would take 246 MB, but there is room for 33 MB; choose at most 2,730/);
  await refused(trainer.start({ pictures, model: { ...model, hidden: 7 }, train }), /hidden is '?7'?, but must be/);
  await refused(trainer.start({ pictures, model, train, checkpoint: new Uint8Array(9) }), /shorter|safetensors|damaged/);
  await refused(trainer.start({ pictures, model: { ...model, flavour: 1 }, train }), /no setting named 'flavour'/);
  await trainer.start({ pictures, model, train });
  assert.equal((await trainer.step(9)).step, 1);
});
