// Draws DiceBear avatars as a folder of PNGs of 96x96, to try `coordiff train` on; without --style those of ten styles that are
// CC0 or MIT, which models/start.safetensors learned from.
//
//   node tools/draw_avatars.mjs --out build/data/avatars --n 3000
//   node tools/draw_avatars.mjs --out build/data/emoji12 --style funEmoji --n 12
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as collection from '@dicebear/collection';
import { createAvatar } from '@dicebear/core';
import { Resvg } from '@resvg/resvg-js';

const SIDE = 96;
const FREE = ['glass', 'icons', 'identicon', 'lorelei', 'notionists', 'openPeeps', 'pixelArt', 'rings', 'shapes', 'thumbs'];
const BACKGROUNDS = ['ffffff', 'f4d7a6', 'b6e3f4', 'c0aede', 'ffd5dc', 'd7efc8', '3d5a80', '264653', 'e76f51', 'f2cc8f', '81b29a', '1d3557', 'fb6f92', '2b2d42'];

const { values } = parseArgs({ options: { out: { type: 'string' }, style: { type: 'string' }, n: { type: 'string', default: '3000' } } });
const styles = values.style ? [values.style] : FREE;
const unknown = styles.find((name) => !(name in collection));
if (!values.out || unknown) {
  console.error(`draw_avatars: ${unknown ? `there is no style '${unknown}'` : '--out is missing: say which folder the pictures go to'}`);
  process.exit(2);
}
mkdirSync(values.out, { recursive: true });
for (let i = 0; i < Number(values.n); i++) {
  const name = styles[i % styles.length];
  const style = /** @type {import('@dicebear/core').Style<{}>} */ (/** @type {any} */ (collection)[name]);
  const svg = createAvatar(style, { seed: `${name}-${i}`, backgroundColor: BACKGROUNDS }).toString();
  const picture = new Resvg(svg, { fitTo: { mode: 'width', value: SIDE } });
  writeFileSync(join(values.out, `${String(i).padStart(5, '0')}-${name}.png`), picture.render().asPng());
}
