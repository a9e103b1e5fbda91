// The settings in force, and who wants to hear when they change. The URL hash follows.
import { KEYS, print, toHash } from './state.js';

/** @typedef {import('./state.js').Settings} Settings */

/** A new random 32-bit seed: short enough to be told on the telephone. */
export const randomSeed = () => BigInt(crypto.getRandomValues(new Uint32Array(1))[0]);

/** @param {Settings} initial */
export function createStore(initial) {
  let settings = initial;
  /** @type {((changed: Set<keyof Settings>) => void)[]} */
  const listeners = [];
  let timer = 0;

  function writeHash() {
    // Browsers limit how often the address may change; a short delay gathers the moves of a drag.
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, '', toHash(settings)), 150);
  }

  return {
    get settings() {
      return settings;
    },
    get hash() {
      return toHash(settings);
    },
    /** @param {Partial<Settings>} patch */
    set(patch) {
      const next = { ...settings, ...patch };
      const changed = new Set(
        KEYS.filter((key) => print(key, next[key]) !== print(key, settings[key])),
      );
      settings = next;
      if (changed.size === 0) return;
      writeHash();
      for (const listener of listeners) listener(changed);
    },
    /** @param {(changed: Set<keyof Settings>) => void} listener */
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
