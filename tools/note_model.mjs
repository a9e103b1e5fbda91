// note_model.mjs: notes in a checkpoint, and nothing else of it changed: what it begins sampling with, for example.
//
//   node tools/note_model.mjs models/texture.safetensors sample.class=1 sample.steps=10
//
// A note without a value is removed. `coordiff info` lists them; a default of sampling that the program would refuse
// (src/denoise/options.h) makes it refuse the model.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** @param {Buffer} bytes of a safetensors file @returns {{header: any, data: Buffer}} */
export function take(bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.toString('utf8', 8, end)), data: bytes.subarray(end) };
}

/** What a model begins sampling with where it differs from others, of these options. @param {Buffer} bytes @param {string[]} names */
function sampledWith(bytes, names) {
  const notes = take(bytes).header.__metadata__ ?? {};
  return names.flatMap((name) => {
    const value = notes[`sample.${name}`];
    return value === undefined ? [] : [/** @type {[string, string]} */ ([name, value])];
  });
}

/** Its noise levels, in the words of a PNG. @param {Buffer} bytes */
export const noiseIn = (bytes) =>
  Object.fromEntries(
    sampledWith(bytes, ['sigma_max', 'sigma_min', 'rho']).map(([name, value]) => [name.replace('_', ' '), value]),
  );

/** The rest of it, as the page's settings have it. @param {Buffer} bytes */
export function defaultsIn(bytes) {
  /** @type {Record<string, any>} */
  const settings = {};
  for (const [name, value] of sampledWith(bytes, ['class', 'steps', 'guidance', 'sampler']))
    settings[name] = name === 'sampler' ? value : value === 'none' ? null : Number(value);
  return settings;
}

/** The file again. @param {{header: any, data: Buffer}} model */
export function put({ header, data }) {
  const text = JSON.stringify(header), padded = text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(padded)));
  return Buffer.concat([length, Buffer.from(padded), data]);
}

function main([path, ...notes]) {
  const { header, data } = take(readFileSync(path));
  header.__metadata__ ??= {};
  for (const note of notes) {
    const [key, value] = note.split('=', 2);
    if (value) header.__metadata__[key] = value;
    else delete header.__metadata__[key];
  }
  writeFileSync(path, put({ header, data }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.length < 4) {
    console.error('Usage: node tools/note_model.mjs MODEL KEY=VALUE ...');
    process.exit(2);
  }
  main(process.argv.slice(2));
}
