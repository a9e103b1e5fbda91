// Settings that the engine samples with: their limits, words and defaults are those of its own table (web/engine/sampling.js).

import { SAMPLING } from '../../engine/sampling.js';

/** @typedef {import('./state.js').Setting} Setting */

/** @param {string} text @param {number} low @param {number} high */
export function whole(text, low, high) {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= low && value <= high ? value : undefined;
}

/** @param {string} text @returns {bigint|undefined} */
function bits(text) {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** @param {string} text @param {number} low @param {number} high */
function decimal(text, low, high) {
  const value = /^\d{1,4}(\.\d{1,9})?(e-\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  return value >= low && value <= high ? Number(value.toFixed(9)) : undefined; // as it is printed
}

const LAST = 2n ** 64n - 1n;

/** By the kind of the option. @type {Record<string, (option: any) => Pick<Setting, 'parse'|'expects'|'print'|'range'>>} */
const KINDS = {
  u64: () => ({ parse: bits, expects: `a whole number from 0 to ${LAST}` }),
  int: ({ least, most }) => ({
    parse: (text) => whole(text, least, most),
    range: [least, most],
    expects: `a whole number from ${least} to ${most}`,
  }),
  float: ({ least, most }) => ({
    parse: (text) => decimal(text, least, most),
    print: (value) => String(Number(value.toFixed(9))),
    range: [least, most],
    expects: `a number from ${least} to ${most}`,
  }),
  enum: ({ names }) => ({
    parse: (text) => (names.includes(text) ? text : undefined),
    expects: `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
  }),
  index: ({ least, most }) => ({
    parse: (text) => (text === 'none' ? null : whole(text, least, most)),
    print: (value) => (value === null ? 'none' : String(value)),
    expects: `a class from ${least}, or 'none'`,
  }),
};

/**
 * The setting of an option of the engine, but for what the page has otherwise.
 * @param {keyof typeof SAMPLING} key @param {Partial<Setting> & {least?: number, most?: number}} [own]
 * @returns {Setting}
 */
export function sampled(key, { least, most, ...own } = {}) {
  const option = { ...SAMPLING[key], ...(least !== undefined && { least }), ...(most !== undefined && { most }) };
  const kind = KINDS[option.type](option);
  return { initial: option.initial, affects: 'picture', word: key.replace('_', ' '), option, ...kind, ...own };
}
