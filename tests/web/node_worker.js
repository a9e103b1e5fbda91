// node_worker.js: web/engine/worker.js on a thread of Node, dressed as a browser's Worker, both sides.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** For the option createWorker of createPool. */
export function createNodeWorker() {
  const worker = new Worker(new URL(import.meta.url));
  const dressed = {
    /** @type {((event: any) => void) | null} */
    onmessage: null,
    /** @type {((event: any) => void) | null} */
    onerror: null,
    postMessage: (/** @type {any} */ data) => worker.postMessage(data),
    terminate: () => void worker.terminate(),
    thread: worker,
  };
  worker.on('message', (data) => dressed.onmessage?.({ data }));
  worker.on('error', (error) => dressed.onerror?.({ message: error.message }));
  worker.on('exit', () => dressed.onerror?.({ message: 'it ended' }));
  return dressed;
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  /** @type {any} */
  const scope = {
    postMessage: (/** @type {any} */ data, /** @type {any} */ { transfer = [] } = {}) =>
      port.postMessage(data, transfer),
  };
  /** @type {any} */ (globalThis).self = scope;
  await import('../../web/engine/worker.js');
  port.on('message', (data) => scope.onmessage({ data })); // what came before waits in the port
}
