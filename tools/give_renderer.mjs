// give_renderer.mjs: the renderer of one checkpoint, settings, notes and tensors, into another of the same channels, in
// place of its own if it has one: a denoiser trained anew on the same pictures keeps the renderer that was trained on them.
//
//   node tools/give_renderer.mjs models/texture.safetensors runs/texture/model.safetensors
import { readFileSync, writeFileSync } from 'node:fs';
import { put, take } from './note_model.mjs';

const isRenderers = (/** @type {string} */ key) => key.startsWith('renderer.');

/** A checkpoint without its renderer's parts, or those alone. @param {ReturnType<typeof take>} model @param {boolean} wanted */
function parts({ header, data }, wanted) {
  const { __metadata__: notes = {}, ...tensors } = header;
  return {
    notes: Object.entries(notes).filter(([key]) => isRenderers(key) === wanted),
    tensors: Object.entries(tensors)
      .filter(([key]) => isRenderers(key) === wanted)
      .map(([key, { data_offsets: [begin, end], ...tensor }]) => ({ key, tensor, bytes: data.subarray(begin, end) })),
  };
}

const [from, to] = process.argv.slice(2);
if (!to) {
  console.error('Usage: node tools/give_renderer.mjs FROM TO');
  process.exit(2);
}
const giver = take(readFileSync(from)), taker = take(readFileSync(to));
const renderer = parts(giver, true), rest = parts(taker, false);
if (renderer.tensors.length === 0 || giver.header.__metadata__.channels !== taker.header.__metadata__.channels) {
  console.error(`${from} has no renderer, or not one for the channels of ${to}; nothing was written`);
  process.exit(1);
}
/** @type {Record<string, any>} */
const header = { __metadata__: Object.fromEntries([...rest.notes, ...renderer.notes]) };
const data = [];
let end = 0;
for (const { key, tensor, bytes } of [...rest.tensors, ...renderer.tensors]) {
  header[key] = { ...tensor, data_offsets: [end, end + bytes.length] };
  data.push(bytes);
  end += bytes.length;
}
writeFileSync(to, put({ header, data: Buffer.concat(data) }));
