// The settings in force, and who wants to hear when they change. The URL hash follows.
import { KEYS, print, toHash } from './state.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {(changed: Set<keyof Settings>, run: boolean) => void} Listener run: it may ask for a picture */

/** A new random 32-bit seed: short enough to be told on the telephone. */
export const randomSeed = () => BigInt(crypto.getRandomValues(new Uint32Array(1))[0]);

/** @param {Settings} initial */
export function createStore(initial) {
  let settings = initial;
  /** @type {Listener[]} */
  const listeners = [];
  let timer = 0;
  let settled = toHash(initial); // of the picture before, when another is on its way

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
    /** The address says so at once, as another place to come back to, or instead of what it says. @param {boolean} another */
    settle(another) {
      clearTimeout(timer);
      if (another) {
        history.replaceState(null, '', settled);
        history.pushState(null, '', toHash(settings));
      } else history.replaceState(null, '', toHash(settings));
      settled = toHash(settings);
    },
    /** @param {Partial<Settings>} patch @param {{run?: boolean}} [why] run: false when a picture of these settings is there, or about to be */
    set(patch, { run = true } = {}) {
      const next = { ...settings, ...patch };
      const changed = new Set(
        KEYS.filter((key) => print(key, next[key]) !== print(key, settings[key])),
      );
      settings = next;
      if (changed.size > 0) writeHash();
      else if (run) return;
      for (const listener of listeners) listener(changed, run);
    },
    /** @param {Listener} listener */
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
