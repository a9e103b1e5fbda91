// Pictures whose numbers run out of range: told with a sentence by the engine and by the pool, which both go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../../web/engine/engine.js';
import { createDrawn } from './drawn.js';
import { modelBytes, wasmBytes, withoutModel } from './models.js';
import { startPool } from './node_pool.js';

const skip = withoutModel('fashion');
const TOO_MUCH = { seed: 1, label: 5, steps: 8, guidance: 20 };
const told = { code: 1, message: /ran out of range in evaluation \d of 8 .* guidance nearer to 1/ };

test('the engine throws, and again when it is asked again', { skip }, async () => {
  const engine = await loadEngine({ wasmBytes: wasmBytes() });
  const g = createDrawn(engine.loadModel(modelBytes('fashion')));
  g.start(TOO_MUCH);
  assert.throws(() => { while (!g.done) g.step(); }, told);
  assert.ok(!g.done);
  assert.throws(() => g.step(), told);
  g.start({ ...TOO_MUCH, steps: 1 });
  g.step();
  assert.ok(g.clean.every(Number.isFinite));
});

test('the pool rejects the run, and makes the next', { skip }, async () => {
  const pool = await startPool({ size: 2 });
  await pool.loadModel(modelBytes('fashion'));
  await assert.rejects(pool.generate(TOO_MUCH), told);
  assert.ok(pool.lattice().every(Number.isFinite), 'what came before it can be looked at');
  await pool.generate({ ...TOO_MUCH, steps: 2 });
  assert.equal((await pool.render(16, 16)).length, 4 * 16 * 16);
});
