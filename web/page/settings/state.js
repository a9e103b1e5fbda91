// Every setting of the page in one table: its default, how it is read from text, how it is printed, what it affects.
// What a picture is sampled with comes from the engine's own table (sampled.js). The URL hash, the `parameters` text of a PNG (parameters.js) and the controls all go through this table, so whatever comes in is checked once.

import { printPart, tidy } from '../base/world.js';
import { sampled, whole } from './sampled.js';

/** @typedef {import('../base/world.js').Size} Size */
/** @typedef {import('../base/world.js').Part} Part */
/**
 * @typedef {object} Settings
 * @property {string} model id in models.json, or 'own' for a dropped checkpoint
 * @property {number|null} class
 * @property {bigint} seed
 * @property {boolean} lock Generate keeps the seed
 * @property {Size} size of the canvas in pixels
 * @property {number} guidance
 * @property {string} sampler
 * @property {number} steps
 * @property {string} view what is drawn: 'clean', 'state', 'residual', 'blur1' ...
 * @property {number|null} at the moment after this many evaluations; null: the last
 * @property {string} compare 'off', 'enlarged', 'beside'
 * @property {Part|null} extend what ×1.0 shows in Extend, and so which world is computed; null: Scale
 * @property {Part|null} window the part of the world on the canvas; null: all of it
 * @property {bigint} other a second seed
 * @property {number} mix of its noise: 0 is all of `seed`, 1 all of `other`
 * @property {string} screen how large the canvas looks: 'fill', 'fit', 'actual'
 */

export const MIN_SIDE = 16;
export const MAX_SIDE = 2048;
export const VERSION = '0.1.0';

/** @param {string} text @returns {Size|undefined} */
function size(text) {
  const match = /^(\d{1,6})[x×](\d{1,6})$/.exec(text);
  if (!match) return undefined;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const fits = Math.min(width, height) >= MIN_SIDE && Math.max(width, height) <= MAX_SIDE;
  return fits ? { width, height } : undefined;
}

/** As the command line program takes it: "x,y,cells across". @param {string} text @returns {Part|undefined} */
function part(text) {
  const number = '(-?\\d{1,6}(?:\\.\\d{1,9})?)';
  const match = new RegExp(`^${number},${number},${number}$`).exec(text);
  if (!match) return undefined;
  const [x, y, across] = match.slice(1).map(Number);
  return across >= 1e-3 ? tidy({ x, y, across }) : undefined;
}

/** @param {string} none @returns {Pick<Setting, 'initial'|'parse'|'print'|'expects'|'affects'>} */
const partSetting = (none) => ({
  initial: null,
  parse: (text) => (text === none ? null : part(text)),
  print: (value) => (value ? printPart(value) : none),
  expects: `'${none}', or three numbers as in 12,8.5,16: a point of the plane and how many cells lie across`,
  affects: 'canvas',
});

/** @param {string[]} words @returns {(text: string) => string|undefined} */
const oneOf = (words) => (text) => (words.includes(text) ? text : undefined);

/**
 * `affects`: 'picture' settings need a new run, 'canvas' settings only a new rendering, 'page' settings neither.
 * @typedef {object} Setting
 * @property {any} initial
 * @property {(text: string) => any} parse undefined when the text is not acceptable
 * @property {(value: any) => string} [print]
 * @property {[number, number]} [range] of a number
 * @property {string} expects completes "the ... must be"
 * @property {'picture'|'canvas'|'page'} affects
 * @property {{name: string}} [option] of the engine that it sets
 * @property {string} [word] what it is called in a PNG, when that is not its key
 * @property {(settings: Settings) => boolean} [idle] it changes nothing as things are, and is not written out
 */

/** @param {Settings} settings */
const unmixed = ({ mix }) => mix === 0;

/** @type {Record<keyof Settings, Setting>} */
export const SETTINGS = {
  model: {
    initial: 'fashion',
    parse: (text) => (/^[a-z0-9][a-z0-9-]{0,31}$/.test(text) ? text : undefined),
    expects: 'the name of a model',
    affects: 'picture',
  },
  class: sampled('class', { initial: 9, most: 999 }),
  seed: sampled('seed', { initial: 7n }),
  lock: {
    initial: false,
    parse: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    print: (value) => (value ? '1' : '0'),
    expects: '0 or 1',
    affects: 'page',
  },
  size: {
    initial: Object.freeze({ width: 512, height: 512 }),
    parse: size,
    print: (value) => `${value.width}x${value.height}`,
    expects: `like 640x480, with sides from ${MIN_SIDE} to ${MAX_SIDE}`,
    affects: 'canvas',
  },
  guidance: sampled('guidance', { initial: 1.5, least: 1 }),
  sampler: sampled('sampler'),
  steps: sampled('steps'),
  view: {
    initial: 'clean',
    parse: oneOf(['clean', 'state', 'residual', ...[1, 2, 3, 4, 5, 6, 7].map((n) => `blur${n}`)]),
    expects: 'clean, state, residual or blur1 to blur7',
    affects: 'canvas',
  },
  at: {
    initial: null,
    parse: (text) => (text === 'last' ? null : whole(text, 1, 1999)),
    print: (value) => (value === null ? 'last' : String(value)),
    expects: "a step from 1, or 'last'",
    affects: 'canvas',
  },
  compare: {
    initial: 'off',
    parse: oneOf(['off', 'enlarged', 'beside']),
    expects: 'off, enlarged or beside',
    affects: 'canvas',
  },
  extend: partSetting('off'),
  window: partSetting('all'),
  other: sampled('other_seed', { initial: 1n, idle: unmixed }),
  mix: sampled('mix', { idle: unmixed }),
  screen: {
    initial: 'fill',
    parse: oneOf(['fill', 'fit', 'actual']),
    expects: 'fill, fit or actual',
    affects: 'page',
  },
};

export const KEYS = /** @type {(keyof Settings)[]} */ (Object.keys(SETTINGS));
// What makes the picture is always written out, so that a link outlives a change of defaults.
const PICTURE = KEYS.filter((key) => SETTINGS[key].affects === 'picture' || key === 'size');

/** @param {keyof Settings} key @param {any} value */
export const print = (key, value) => (SETTINGS[key].print ?? String)(value);

/** @returns {Settings} */
export function defaults() {
  const entries = KEYS.map((key) => [key, SETTINGS[key].initial]);
  return /** @type {Settings} */ (Object.fromEntries(entries));
}

/** Is it worth writing out? @param {Settings} settings @param {keyof Settings} key @param {string} text */
export function matters(settings, key, text) {
  if (SETTINGS[key].idle?.(settings)) return false;
  return PICTURE.includes(key) || text !== print(key, SETTINGS[key].initial);
}

/** Shortened, and free of anything that would not print. @param {string} text */
export function quote(text) {
  const printable = text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  return `“${printable.length > 40 ? `${printable.slice(0, 40)}…` : printable}”`;
}

/** @typedef {(model: string) => Partial<Settings>} DefaultsOf settings that a model begins with, where they are not everyone's */

/**
 * What changes when another model is chosen: what stood at the defaults of the one goes to those of the other.
 * @param {Settings} settings @param {Partial<Settings>} from @param {Partial<Settings>} to @returns {Partial<Settings>}
 */
export function adopted(settings, from, to) {
  const [old, next] = [from, to].map((own) => ({ ...defaults(), ...own }));
  const keys = /** @type {(keyof Settings)[]} */ (Object.keys({ ...from, ...to }));
  return Object.fromEntries(
    keys.filter((key) => settings[key] === old[key]).map((key) => [key, next[key]]),
  );
}

/**
 * Settings from named texts; the missing and the unacceptable become defaults, the latter with a sentence.
 * @param {Iterable<[string, string]>} texts @param {string} source for the sentence: 'link', 'picture'
 * @param {DefaultsOf} [defaultsOf]
 * @returns {{settings: Settings, complaints: string[]}}
 */
export function read(texts, source, defaultsOf = () => ({})) {
  const pairs = new Map(texts);
  const general = defaults();
  const model = SETTINGS.model.parse(pairs.get('model') ?? '') ?? general.model;
  const initial = { ...general, ...defaultsOf(model) };
  const settings = /** @type {Record<string, any>} */ ({ ...initial });
  const complaints = [];
  for (const [name, text] of pairs) {
    if (!Object.hasOwn(SETTINGS, name)) continue;
    const key = /** @type {keyof Settings} */ (name);
    const { parse, expects } = SETTINGS[key];
    const value = parse(text);
    if (value !== undefined) settings[name] = value;
    else {
      const used = print(key, initial[key]);
      complaints.push(
        `The ${source} says ${name} ${quote(text)}, but that must be ${expects}; ${used} is used.`,
      );
    }
  }
  return { settings: /** @type {Settings} */ (settings), complaints };
}

/** @param {string} hash with or without # @param {DefaultsOf} [defaultsOf] */
export const fromHash = (hash, defaultsOf) =>
  read(new URLSearchParams(hash.replace(/^#/, '')), 'link', defaultsOf);

/** @param {Settings} settings */
export function toHash(settings) {
  const words = new URLSearchParams();
  for (const key of KEYS) {
    const text = print(key, settings[key]);
    if (matters(settings, key, text)) words.set(key, text);
  }
  return `#${words.toString().replaceAll('%2C', ',')}`; // a comma may stand as it is
}
