// The text of a PNG: the settings of its picture, in the words of the command line program.
import { KEYS, matters, print, read, SETTINGS, VERSION } from './state.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('./state.js').DefaultsOf} DefaultsOf */

const NOT_EDITED =
  'This picture was edited. Its settings bring back what it was made from, not the edit; to go on from the very picture, start from its file under Edit.';

/** @param {keyof Settings} key */
const wordOf = (key) => SETTINGS[key].word ?? key;

/** What the command line program and this page say of a picture that no settings can bring back. */
const EDITED = /; (parts of a source kept|from a source)\b/;

/** A grid of the program's: how many pictures, and class and seed of the first. */
const GRID = /; grid of (\d+) pictures[^:]*:(?: class (\w+))? seeds? (\d+)/;
const NOISE_LEVELS = /(?<=; )(sigma max|sigma min|rho) ([^;]+)/g;

/**
 * The text for a PNG, in the words of the command line program: "coordiff 0.1.0; model fashion.safetensors; seed 7; ..."
 * @param {Settings} settings @param {string} file name of the checkpoint @param {string} [edit] what else was done
 */
export function toParameters(settings, file, edit = '') {
  const words = [`coordiff ${VERSION}`, `model ${file}`];
  for (const key of KEYS) {
    if (key === 'model' || SETTINGS[key].affects === 'page') continue;
    const text = print(key, settings[key]);
    const written = matters(settings, key, text) && !(key === 'class' && settings.class === null);
    if (written) words.push(`${wordOf(key)} ${text}`);
  }
  return [...words, edit].filter(Boolean).join('; ');
}

/**
 * The inverse; null when the text is not ours.
 * @param {string} text @param {DefaultsOf} [defaultsOf]
 * @param {(model: string) => Record<string, string>} [noiseOf] noise levels that a model begins with, in these words
 */
export function fromParameters(text, defaultsOf, noiseOf = () => ({})) {
  if (!/^coordiff\b/.test(text)) return null;
  /** @type {Map<string, string>} */
  const pairs = new Map([['class', 'none']]);
  for (const part of text
    .split(';')
    .slice(1)
    .map((words) => words.trim())) {
    const key = KEYS.find((name) => part.startsWith(`${wordOf(name)} `));
    if (!key) continue;
    const value = part.slice(wordOf(key).length).trim();
    pairs.set(key, key === 'model' ? value.replace(/\.safetensors$/, '') : value);
  }
  const [, n, index, seed] = GRID.exec(text) ?? [];
  if (seed) pairs.set('seed', seed);
  if (index) pairs.set('class', index);
  const found = read(pairs, 'picture', defaultsOf);
  if (n) found.complaints.push(`This is a grid of ${n} pictures; its first is made again.`);
  const usual = noiseOf(found.settings.model);
  const levels = [...text.matchAll(NOISE_LEVELS)];
  if (levels.some(([, name, value]) => usual[name] !== value.trim()))
    found.complaints.push(
      'This picture was made with noise levels of its own, which this page does not offer.',
    );
  if (EDITED.test(text)) found.complaints.push(NOT_EDITED);
  return found;
}
