// What this browser keeps of a training (IndexedDB), so that it goes on after the page was closed.

const STORE = 'own';

/** @typedef {{pictures: import('./pictures.js').Named[], run: import('./course.js').Run}} Kept */

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('coordiff', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act @returns {Promise<T>} */
async function transact(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What is kept, or nothing where the browser keeps nothing. @returns {Promise<Kept|null>} */
export async function read() {
  try {
    const [pictures, run] = await Promise.all(['pictures', 'run'].map((key) => transact('readonly', (store) => store.get(key))));
    return pictures && run ? { pictures, run } : null;
  } catch {
    return null;
  }
}

/** The pictures are written once, the run often. @template {keyof Kept} K @param {K} key @param {Kept[K]} value */
export async function write(key, value) {
  try {
    await transact('readwrite', (store) => store.put(value, key));
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : error;
    throw new Error(`This browser could not keep the training (${why}); download the checkpoint, so that it is not lost.`);
  }
}

export const remove = () => transact('readwrite', (store) => store.clear()).catch(() => {});
