// The models there are, and their bytes: those of models.json, and one that the visitor brought.

/**
 * @typedef {object} Model an entry of models.json
 * @property {string} id
 * @property {string} title
 * @property {string} file
 * @property {string} about
 * @property {string} [why] what is to be learned from it
 * @property {string[]} classes names; empty: none
 * @property {string} licence
 * @property {Partial<import('../settings/state.js').Settings>} [settings] defaults of its own, out of its checkpoint (build_site.mjs)
 * @property {Record<string, string>} [noise] its levels in the words of a PNG, where they are not everyone's, likewise
 * @property {string} [beside] id of the model to compare it with
 * @property {{class: number|null, seed: number|string}[]} [examples] good ones, shown to every visitor; the first is the model's picture
 * @property {number} [portraits] the seed of the pictures of its classes; undefined: there are none
 * @property {boolean} [fills] its pictures have no shape of their own, and may take all the room there is
 */

/** @param {string} url @returns {Promise<ArrayBuffer>} */
async function fetchBytes(url) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(
      `${url} could not be fetched; this device seems to be offline and has not kept it from an earlier visit.`,
    );
  }
  if (!response.ok)
    throw new Error(`${url} could not be fetched (${response.status}); the page itself is fine.`);
  return response.arrayBuffer();
}

/** @returns {Promise<Model[]>} */
export async function fetchModels() {
  const response = await fetch('models.json').catch(() => null);
  if (!response?.ok)
    throw new Error('The list of models could not be fetched; please reload the page.');
  return response.json();
}

/** @param {Model[]} models */
export function createLibrary(models) {
  /** @type {Map<string, Promise<ArrayBuffer|Uint8Array>>} */
  const files = new Map();

  /** Fetched once. @param {Model} model */
  function bytesOf(model) {
    let bytes = files.get(model.id);
    if (!bytes) {
      bytes = fetchBytes(model.file);
      bytes.catch(() => files.delete(model.id));
      files.set(model.id, bytes);
    }
    return bytes;
  }

  /** @param {string} id */
  const model = (id) => models.find((entry) => entry.id === id);

  return {
    models,
    model,
    bytesOf,
    /** Settings that this model begins with, where they are not everyone's. @param {string} id */
    defaults: (id) => model(id)?.settings ?? {},
    /** The noise levels that it begins with, likewise, in the words of a PNG. @param {string} id */
    noise: (id) => model(id)?.noise ?? {},
    /** @param {string} id */
    prefetch(id) {
      const entry = model(id);
      if (entry) bytesOf(entry).catch(() => {});
    },
    /** @param {Model} entry replaces one of the same id @param {Uint8Array} bytes */
    add(entry, bytes) {
      const at = models.findIndex(({ id }) => id === entry.id);
      if (at < 0) models.push(entry);
      else models[at] = entry;
      files.set(entry.id, Promise.resolve(bytes));
    },
  };
}

/** @typedef {ReturnType<typeof createLibrary>} Library */
