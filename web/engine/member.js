// member.js: one worker seen from outside: calls that are answered, or rejected once the worker is lost.
import { failure } from './instance.js';

/**
 * What is needed of a Worker, so that Node's can be dressed as one.
 * @typedef {{postMessage(data: any): void, terminate(): void,
 *   onmessage: ((event: any) => void) | null, onerror: ((event: any) => void) | null}} WorkerLike
 * @typedef {ReturnType<typeof createMember>} Member
 */

/**
 * A worker counts as lost when it reports an error of its own, or gives no answer for `timeout` ms while
 * one is due. Its calls then reject with code 'lost'.
 * @param {WorkerLike} worker
 * @param {number} timeout
 */
export function createMember(worker, timeout) {
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const pending = new Map();
  let nextId = 1;
  let strikes = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {string} reason @param {string} code */
  function lose(reason, code = 'lost') {
    if (member.lost) return;
    member.lost = reason;
    clearTimeout(timer);
    worker.terminate();
    for (const call of pending.values()) call.reject(failure(reason, code));
    pending.clear();
  }

  // Twice half the time: a computer that slept wakes to an overdue timer, and its worker deserves a chance.
  function watch() {
    clearTimeout(timer);
    if (pending.size === 0 || member.lost) return;
    timer = setTimeout(() => {
      if (++strikes === 2) lose(`gave no answer for ${timeout / 1000} seconds`);
      else watch();
    }, timeout / 2);
  }

  worker.onerror = (event) => lose(event.message || 'failed to start');
  worker.onmessage = (/** @type {{data: import('./messages.js').Answer}} */ { data }) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    strikes = 0;
    watch();
    if (data.type === 'ok') return call?.resolve(data.result);
    call?.reject(failure(data.text, data.fatal ? 'lost' : data.code));
    if (data.fatal) lose(data.text);
  };

  const member = {
    /** Why the worker is lost; empty while it lives. */
    lost: '',

    /** @template {import('./messages.js').Type} T @param {T} type @param {import('./messages.js').Args<T>} args
     *  @returns {Promise<import('./messages.js').Result<T>>} */
    call(type, args) {
      if (member.lost) return Promise.reject(failure(member.lost, 'lost'));
      return new Promise((resolve, reject) => {
        const id = nextId++;
        pending.set(id, { resolve, reject });
        if (pending.size === 1) {
          strikes = 0;
          watch();
        }
        worker.postMessage({ id, type, args });
      });
    },

    end() { lose('the pool was terminated', 'terminated'); },
  };
  return member;
}
