// Makes web/thumbs/*.webp, the small pictures that the page is chosen by, of what web/models.json names: examples.webp has one of every
// example, MODEL.webp one of every class (where the model says `portraits`). node tools/thumbs.mjs [--models DIR]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../tests/web/browser.js';
import { defaultsIn } from './note_model.mjs';

const SIDE = 112; // pixels: sharp at two a CSS pixel
const QUALITY = 0.8;
const OUT = 3; // times as many pixels while they are drawn, so that edges are smooth

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = process.argv.indexOf('--models');
const models = at > 0 ? process.argv[at + 1] : join(root, 'models');
const program = process.env.COORDIFF ?? join(root, 'build', 'release', 'coordiff');
const scratch = mkdtempSync(join(tmpdir(), 'coordiff-thumbs-'));
const folder = join(root, 'web', 'thumbs');

/** As the page makes it; a world without end has no frame, and as many cells as the page's canvas would show. @param {any} model @param {{class: number|null, seed: number|string}} of */
function drawn(model, { class: index, seed }) {
  const file = join(models, basename(model.file));
  const { guidance = 1.5, steps = 20 } = defaultsIn(readFileSync(file));
  const out = join(scratch, `${model.id}-${index}-${seed}.png`);
  const side = model.fills ? SIDE * 3 : SIDE * OUT;
  const options = ['--model', file, '--seed', seed, '--n', 1, '--size', `${side}x${side}`, '--out', out];
  if (model.classes.length > 0) options.push('--guidance', guidance);
  if (index !== null) options.push('--class', index);
  if (model.id !== 'seed') options.push('--steps', steps);
  if (model.fills) options.push('--extend', '--cell', 8);
  execFileSync(program, ['sample', ...options.map(String)], { stdio: ['ignore', 'ignore', 'inherit'] });
  return `data:image/png;base64,${readFileSync(out).toString('base64')}`;
}

const { browser, stop } = await startBrowser();
const page = await browser.newPage();
/** @param {string} name @param {string[]} pictures */
async function strip(name, pictures) {
  const url = await page.evaluate(
    async ([all, side, quality]) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [side * all.length, side];
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.imageSmoothingQuality = 'high';
      for (const [i, source] of all.entries()) {
        const image = new Image();
        image.src = source;
        await image.decode();
        context.drawImage(image, i * side, 0, side, side);
      }
      return canvas.toDataURL('image/webp', quality);
    },
    /** @type {[string[], number, number]} */ ([pictures, SIDE, QUALITY]),
  );
  const bytes = Buffer.from(url.split(',')[1], 'base64');
  writeFileSync(join(folder, `${name}.webp`), bytes);
  console.log(`web/thumbs/${name}.webp: ${pictures.length} pictures, ${bytes.length} bytes`);
}

mkdirSync(folder, { recursive: true });
const listed = JSON.parse(readFileSync(join(root, 'web', 'models.json'), 'utf8'));
await strip('examples', listed.flatMap((/** @type {any} */ model) => (model.examples ?? []).map((/** @type {any} */ one) => drawn(model, one))));
for (const model of listed)
  if (model.portraits !== undefined)
    await strip(model.id, model.classes.map((/** @type {string} */ _, /** @type {number} */ index) => drawn(model, { class: index, seed: model.portraits })));
await stop();
rmSync(scratch, { recursive: true });
