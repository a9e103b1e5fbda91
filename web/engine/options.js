// options.js: what JavaScript calls the options of sampling, by their names in the engine's table (sampling.js).
import { SAMPLING } from './sampling.js';

/** @typedef {Exclude<keyof import('./engine.js').GenerateOptions, 'source' | 'fresh'>} OptionName */

/** class is a word of the language; the rest in camelCase. @param {string} key */
const nameOf = (key) => (key === 'class' ? 'label' : key.replace(/_(.)/g, (_, letter) => letter.toUpperCase()));

/** @type {Record<keyof typeof SAMPLING, OptionName>} */
export const OPTION_NAMES = /** @type {any} */ (Object.fromEntries(Object.keys(SAMPLING).map((key) => [key, nameOf(key)])));
