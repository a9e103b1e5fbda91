// team.js: the workers of a pool as a group: hired, given module and model, replaced when they are lost.
import { failure } from './instance.js';
import { createMember } from './member.js';
import { simdSupport } from './simd.js';

const MAX_RESTARTS = 3; // without progress in between

/**
 * @typedef {import('./member.js').Member} Member
 * @typedef {import('./member.js').WorkerLike} WorkerLike
 * @typedef {{size?: number, wasmUrl?: string | URL, wasmBytes?: BufferSource, timeout?: number,
 *   memory?: number, onNotice?: (sentence: string) => void, createWorker?: () => WorkerLike}} PoolOptions
 * @typedef {Awaited<ReturnType<typeof createTeam>>} Team
 */

/** @param {string | URL} url */
async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer()); // any Content-Type will do
}

/** The given binary, or the better of the two beside this file. @param {PoolOptions} options */
async function loadModule({ wasmUrl, wasmBytes, onNotice }) {
  const support = simdSupport();
  if (!support)
    throw failure('this browser lacks WebAssembly SIMD, which the engine needs; please update it', 'no-simd');
  const plain = new URL('./coordiff.wasm', import.meta.url);
  const relaxed = new URL('./coordiff-relaxed.wasm', import.meta.url);
  try {
    if (wasmBytes) return await WebAssembly.compile(wasmBytes);
    if (wasmUrl || support === 'simd') return await compile(wasmUrl ?? plain);
    try {
      return await compile(relaxed);
    } catch (error) {
      onNotice?.(`The faster engine could not be loaded (${/** @type {Error} */ (error).message}); `
        + 'the plain one is used.');
      return await compile(plain);
    }
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    const advice = 'check the connection and reload the page';
    throw failure(`the engine could not be loaded (${reason}); ${advice}`, 'load');
  }
}

/** @returns {WorkerLike} */
function createModuleWorker() {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

/** @param {PoolOptions} options */
export async function createTeam(options) {
  const { timeout = 20000, onNotice = () => {}, createWorker = createModuleWorker } = options;
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  const size = Math.max(1, Math.min(options.size ?? Math.min(cores, 8), 64));
  const module = await loadModule(options);
  let restarts = 0, ended = false;

  const team = {
    /** @type {Member[]} */
    members: [],
    kernels: '',
    /** The model every new worker gets. @type {Uint8Array | null} */
    modelBytes: null,

    /**
     * One request to every member; when all have answered, the results, or the first error. A lost member
     * counts before any other error, because it can be mended.
     * @template T
     * @param {(member: Member, index: number, count: number) => Promise<T>} request
     * @returns {Promise<T[]>}
     */
    async each(request) {
      const { members } = team;
      const answers = await Promise.allSettled(members.map((m, i) => request(m, i, members.length)));
      const errors = answers.flatMap((answer) => answer.status === 'rejected' ? [answer.reason] : []);
      if (errors.length > 0) throw errors.find((error) => error.code === 'lost') ?? errors[0];
      return answers.map((answer) => /** @type {PromiseFulfilledResult<T>} */ (answer).value);
    },

    /** Replace the lost, or go on with fewer. Rejects when none is left, or when this goes on and on. */
    async mend() {
      const lost = team.members.filter((m) => m.lost), reason = lost[0]?.lost ?? '';
      if (ended) throw failure('the pool was terminated', 'terminated');
      if (++restarts > MAX_RESTARTS)
        throw failure(`the workers keep failing (${reason}); reload the page, or try a smaller size`, 'worker');
      const hired = await Promise.allSettled(lost.map(hire));
      const fresh = hired.flatMap((h) => h.status === 'fulfilled' ? [h.value] : []);
      team.members = [...team.members.filter((m) => !m.lost), ...fresh];
      if (team.members.length === 0)
        throw failure(`no worker is left, and none could be started (${reason}); reload the page`, 'worker');
      onNotice(fresh.length === lost.length
        ? `A worker failed (${reason}) and was restarted.`
        : `A worker failed (${reason}) and could not be restarted; ${team.members.length} go on.`);
    },

    progressed() { restarts = 0; },

    end() {
      ended = true;
      for (const member of team.members) member.end();
    },
  };

  async function hire() {
    const member = createMember(createWorker(), timeout);
    const { kernels } = await member.call('init', { module });
    if (team.modelBytes) await member.call('model', { bytes: team.modelBytes });
    if (ended) member.end();
    team.kernels = kernels;
    return member;
  }

  const hired = await Promise.allSettled(Array.from({ length: size }, hire));
  team.members = hired.flatMap((h) => h.status === 'fulfilled' ? [h.value] : []);
  const refused = hired.find((h) => h.status === 'rejected');
  if (team.members.length === 0)
    throw failure(`no worker could be started (${refused?.reason.message}); reload the page`, 'worker');
  if (refused)
    onNotice(`Only ${team.members.length} of ${size} workers could be started; they do all the work.`);
  return team;
}
