// node_pool.js: pools with workers on threads of Node, ended when the tests of a file are over.
import { after } from 'node:test';
import { createPool } from '../../web/engine/pool.js';
import { wasmBytes } from './models.js';
import { createNodeWorker } from './node_worker.js';

/** @type {import('../../web/engine/pool.js').Pool[]} */
const pools = [];
after(() => {
  for (const pool of pools) pool.terminate();
});

/** @param {import('../../web/engine/team.js').PoolOptions} [options] */
export async function startPool(options) {
  const defaults = { createWorker: createNodeWorker, wasmBytes: wasmBytes(), size: 2 };
  const pool = await createPool({ ...defaults, ...options });
  pools.push(pool);
  return pool;
}
