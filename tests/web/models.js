// models.js: where the tests of the page's engine find checkpoints, binaries and the native program.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simdSupport } from '../../web/engine/simd.js';
import { spoilt, writePngFolders } from '../cli/data.js';
import { readPng } from '../cli/png.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const coordiff = process.env.COORDIFF ?? join(root, 'build/release/coordiff');
const folder = process.env.COORDIFF_MODELS ?? join(root, 'models');
const scratch = mkdtempSync(join(tmpdir(), 'coordiff-web-'));

/** @param {string} name @returns {string | null} the path, when the model is there */
export function modelPath(name) {
  const path = join(folder, `${name}.safetensors`);
  return existsSync(path) ? path : null;
}

/** Reason to skip, or false. @param {string} name */
export const withoutModel = (name) => modelPath(name) ? false : `${name}.safetensors is not in ${folder}`;

/** @param {string} name */
export const modelBytes = (name) => readFileSync(/** @type {string} */ (modelPath(name)));

/** The garments, spoilt for this class; or, null, late in a run. @param {number | null} label */
export const spoiltBytes = (label) => spoilt(modelBytes('fashion'), label);

/** The binaries this Node can run. */
export const binaries = [
  { name: 'wasm_simd', file: 'coordiff.wasm' },
  ...simdSupport() === 'relaxed' ? [{ name: 'wasm_relaxed', file: 'coordiff-relaxed.wasm' }] : [],
];

/** @param {string} [file] */
export const wasmBytes = (file = 'coordiff.wasm') => readFileSync(join(root, 'build/web', file));

/** One picture of the native program. @param {string | null} path @param {string[]} args */
export function nativePicture(path, ...args) {
  const out = join(scratch, 'native.png');
  execFileSync(coordiff, ['sample', '--model', `${path}`, '--n', '1', '--quiet', '--out', out, ...args]);
  return readPng(readFileSync(out));
}

/** What the native program says to a file. @param {string} path */
export const nativeRefusal = (path) =>
  spawnSync(coordiff, ['info', '--model', path], { encoding: 'utf8' }).stderr.trim();

export const scratchFile = (/** @type {string} */ name) => join(scratch, name);

/**
 * A little model without coordinates (or with y alone), in colour, of two classes: barely trained, but far from saying
 * nothing. The path. Its patches are 16 cells a side, as is its frame.
 */
export function makeEndlessModel(coordinates = 'none') {
  const data = join(scratch, 'pictures'), out = join(scratch, `endless-${coordinates}`);
  writePngFolders(data);
  execFileSync(coordiff, ['train', '--data', data, '--size', '16x16', '--out', out, '--arch', 'taps', '--coordinates', coordinates,
    '--coord_octaves', '0', '--thumbnail', '0', '--n_levels', '3', '--tap_radius', '2,2,2', '--hidden', '32', '--n_layers', '1',
    '--cond_hidden', '32', '--steps', '60', '--warmup', '5', '--lr', '0.01', '--images', '8', '--pixels', '64',
    '--grid-every', '0', '--threads', '1', '--quiet']);
  return join(out, 'model.safetensors');
}
