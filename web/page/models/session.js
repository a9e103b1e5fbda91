// The pool and the model in it: choosing one of the library, taking the visitor's own, computing another's picture.
import { createPool } from '../../engine/pool.js';
import { KEYS, SETTINGS } from '../settings/state.js';
import { isEndless, worldFor } from '../base/world.js';

/** @typedef {import('../settings/state.js').Settings} Settings */
/** @typedef {import('../../engine/pool.js').Pool} Pool */
/** @typedef {import('./library.js').Model} Model */

/** Defaults for a world without end, in which every step costs more than the one before, and guidance all of it twice. */
const ENDLESS = { steps: 10, guidance: 1 };

const OWN = ['class', 'steps', 'guidance', 'sampler'];

/** What a checkpoint says that it begins with. @param {import('../../engine/pool.js').ModelInfo} info */
const ownDefaults = ({ sample, notes }) =>
  Object.fromEntries(
    Object.entries(sample).filter(([key]) => OWN.includes(key) && `sample.${key}` in notes),
  );

/** Is guidance part of a model's answers, so that no other can be asked for? @param {Pick<import('../../engine/pool.js').ModelInfo, 'notes'>} info */
export const isBaked = ({ notes }) => Number(notes['train.guidance'] ?? 1) !== 1;

/** What the pool wants, from what the page has. @param {Settings} settings @param {any} info */
export function optionsFor(settings, info) {
  /** @type {import('../../engine/engine.js').GenerateOptions} */
  const options = {};
  for (const key of KEYS) {
    const { option } = SETTINGS[key];
    if (option) Object.assign(options, { [option.name]: settings[key] });
  }
  const fits = settings.class !== null && settings.class < info.n_classes;
  return { ...options, ...(isBaked(info) ? { guidance: 1 } : {}), world: worldFor(settings, info), label: fits ? settings.class : null };
}

/** @param {Pool} pool @param {import('./library.js').Library} library @param {import('./life.js').Life} life */
export function createSession(pool, library, life) {
  let loaded = '';
  let turn = Promise.resolve();
  /** @type {Map<string, Promise<Float32Array>>} */
  const lattices = new Map();

  /** Another model's clean lattice, in the terms of the loaded one. @param {Model} rival @param {Settings} settings */
  async function rivalLattice(rival, settings) {
    const own = pool.info;
    const extra = await createPool({ size: 1 });
    try {
      const info = await extra.loadModel(await library.bytesOf(rival));
      await extra.generate(optionsFor(settings, info), {});
      const lattice = extra.lattice();
      const shape = ['channels', 'lattice_width', 'lattice_height'];
      if (!own || shape.some((key) => info[key] !== own[key]))
        throw new Error('The two models make pictures of different shapes.');
      // Only EDM models keep the mean out of the lattice.
      const cells = lattice.length / info.channels;
      /** @param {any} of @param {number} channel */
      const mean = (of, channel) => (of.target === 'edm' ? of.mean[channel] : 0);
      return lattice.map((value, i) => {
        const channel = Math.floor(i / cells);
        return value + mean(info, channel) - mean(own, channel);
      });
    } finally {
      extra.terminate();
    }
  }

  /** In turn: what is loaded is known only when the load before is over. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  function inTurn(work) {
    const result = turn.then(work);
    turn = result.then(() => {}, () => {});
    return result;
  }

  /** @param {string} id @param {ArrayBuffer|Uint8Array} bytes */
  async function load(id, bytes) {
    life.end();
    try {
      const info = await pool.loadModel(bytes);
      loaded = id;
      lattices.clear();
      return info;
    } finally {
      life.begin(); // of another, or again of the one that there was
    }
  }

  return {
    pool,
    library,
    life,
    get loaded() {
      return loaded;
    },
    /** Make this model the pool's. @param {string} id @param {AbortSignal} signal another may be wanted meanwhile */
    async use(id, signal) {
      const entry = library.model(id);
      if (!entry) throw new Error(`There is no model called ${id} here.`);
      const bytes = await library.bytesOf(entry);
      await inTurn(async () => {
        if (!signal.aborted && loaded !== id) await load(id, bytes);
      });
    },
    /** A checkpoint of the visitor's own; rejects with a sentence when it is refused. @param {string} name @param {Uint8Array} bytes */
    async useOwn(name, bytes) {
      const info = await inTurn(() => load('own', bytes));
      const names = info.notes.classes?.split('\n') ?? []; // as training stored them
      const classes = Array.from({ length: info.n_classes }, (_, i) => names[i] || `Class ${i}`);
      const size = `${info.parameters.toLocaleString('en')} parameters, ${info.lattice_width} × ${info.lattice_height}`;
      const entry = {
        id: 'own',
        title: name,
        file: name,
        about: `Your own checkpoint: ${size}.`,
        classes,
        licence: 'Stays on this device',
        settings: { ...(isEndless(info) ? ENDLESS : {}), ...ownDefaults(info) },
      };
      library.add(entry, bytes);
    },
    /** The other model's picture for these settings, kept. @param {Model} rival @param {Settings} settings */
    latticeOf(rival, settings) {
      const { seed, steps, sampler, guidance, other, mix } = settings;
      const world = Object.values(worldFor(settings, /** @type {any} */ (pool.info)));
      const { class: index } = settings;
      const key = [rival.id, seed, steps, sampler, guidance, index, other, mix, ...world].join(' ');
      let lattice = lattices.get(key);
      if (!lattice) {
        if (lattices.size > 16) lattices.clear();
        lattice = rivalLattice(rival, settings);
        lattice.catch(() => lattices.delete(key));
        lattices.set(key, lattice);
      }
      return lattice;
    },
  };
}

/** @typedef {ReturnType<typeof createSession>} Session */
