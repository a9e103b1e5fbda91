// node_pool.js: pools with workers on threads of Node, ended when the tests of a file are over.
import { after } from 'node:test';
import { createPool } from '../../web/pool.js';
import { wasmBytes } from './models.js';
import { createNodeWorker } from './node_worker.js';

/** @type {import('../../web/pool.js').Pool[]} */
const pools = [];
after(() => {
  for (const pool of pools) pool.terminate();
});

/** @param {import('../../web/team.js').PoolOptions} [options] */
export async function startPool(options) {
  const defaults = { createWorker: createNodeWorker, wasmBytes: wasmBytes(), size: 2 };
  const pool = await createPool({ ...defaults, ...options });
  pools.push(pool);
  return pool;
}
