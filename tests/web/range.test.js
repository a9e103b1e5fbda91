// Pictures whose numbers run out of range: told with a sentence by the engine and by the pool, which both go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../../web/engine/engine.js';
import { createDrawn } from './drawn.js';
import { spoiltBytes, wasmBytes, withoutModel } from './models.js';
import { startPool } from './node_pool.js';

const skip = withoutModel('fashion');
const SPOILT = { seed: 1, label: 5, steps: 8, guidance: 20 };
const SOUND = { ...SPOILT, label: 1 };
const told = { code: 1, message: /ran out of range in evaluation \d of 8 .* guidance nearer to 1/ };

test('the engine throws, and again when it is asked again', { skip }, async () => {
  const engine = await loadEngine({ wasmBytes: wasmBytes() });
  const g = createDrawn(engine.loadModel(spoiltBytes(SPOILT.label)));
  g.start(SPOILT);
  assert.throws(() => { while (!g.done) g.step(); }, told);
  assert.ok(!g.done);
  assert.throws(() => g.step(), told);
  g.start(SOUND);
  while (!g.done) g.step();
  assert.ok(g.clean.every(Number.isFinite));
});

test('the pool rejects the run, and makes the next', { skip }, async () => {
  const pool = await startPool({ size: 2 });
  await pool.loadModel(spoiltBytes(null));
  await assert.rejects(pool.generate(SPOILT), told);
  assert.ok(pool.evaluation > 0 && pool.lattice().every(Number.isFinite), 'what came before it can be looked at');
  await pool.generate({ ...SPOILT, steps: 1 });
  assert.equal((await pool.render(16, 16)).length, 4 * 16 * 16);
});
