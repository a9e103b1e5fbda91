// Draws Twemoji as folders of transparent PNGs of 128x128, a sub-folder a group, to try `coordiff train` on pictures that
// nobody here made. The graphics are CC BY 4.0, by Twitter and contributors; the two packages are not among ours:
//
//   npm install --no-save @twemoji/svg@15.0.0 unicode-emoji-json@0.9.0
//   node tools/draw_emoji.mjs --out build/data/emoji                                     # 1,600 in eight groups
//   node tools/draw_emoji.mjs --out build/data/faces20 --group smileys-emotion --like face --n 20
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Resvg } from '@resvg/resvg-js';

const SIDE = 128;
const { values } = parseArgs({
  options: { out: { type: 'string' }, group: { type: 'string' }, like: { type: 'string' }, n: { type: 'string' } },
});
if (!values.out) {
  console.error('draw_emoji: --out is missing: say which folder the pictures go to');
  process.exit(2);
}

/** The name of the file of an emoji: its code points; the mark for colour only in compounds. @param {string} emoji */
function fileOf(emoji) {
  const codes = [...emoji].map((letter) => letter.codePointAt(0)?.toString(16));
  const shown = codes.filter((code) => code !== 'fe0f' || codes.includes('200d'));
  return join('node_modules/@twemoji/svg', `${shown.join('-')}.svg`);
}

/** @type {Record<string, {group: string, slug: string}>} */
const emoji = JSON.parse(readFileSync('node_modules/unicode-emoji-json/data-by-emoji.json', 'utf8'));
/** @type {Map<string, number>} */
const drawn = new Map();
for (const [letter, about] of Object.entries(emoji).sort(([, a], [, b]) => (a.slug < b.slug ? -1 : 1))) {
  const group = about.group.toLowerCase().replace(/[^a-z]+/g, '-');
  const n = drawn.get(group) ?? 0;
  if (group === 'flags' || !existsSync(fileOf(letter)) || n >= Number(values.n ?? Infinity)) continue;
  if ((values.group && group !== values.group) || (values.like && !about.slug.includes(values.like))) continue;
  const folder = values.group ? values.out : join(values.out, group);
  mkdirSync(folder, { recursive: true });
  const picture = new Resvg(readFileSync(fileOf(letter), 'utf8'), { fitTo: { mode: 'width', value: SIDE } });
  writeFileSync(join(folder, `${about.slug}.png`), picture.render().asPng());
  drawn.set(group, n + 1);
}
console.log(`${values.out}: ${[...drawn].map(([group, n]) => `${n} ${group}`).join(', ') || 'nothing was found'}`);
