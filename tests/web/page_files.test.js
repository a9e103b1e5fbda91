// Files from elsewhere on the page: what each is, what is said of those that cannot be taken, pictures of every kind and size.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { writePng } from '../cli/png.js';
import { afterRun, drop, notices, openTab, pictureDone, useBrowser } from './browser.js';
import { makeEndlessModel } from './models.js';

/** @typedef {import('playwright-core').Page} Page */

const { visiting } = useBrowser();
const QUICK = '#model=fashion&steps=2&size=64x64&class=1&seed=5';
const CHECKPOINTS = 'PNG, JPEG and WebP pictures, and .safetensors checkpoints.';
const picture = (/** @type {string} */ name) => readFileSync(`tests/pictures/${name}`);

/** Puts the notices away, drops a file, and what is said then. @param {Page} page @param {string} name @param {Buffer} bytes */
async function saidOf(page, name, bytes) {
  for (const close of await page.locator('#notices button').all()) await close.click();
  await drop(page, name, bytes);
  await page.locator('#notices span').first().waitFor();
  return (await notices(page)).join('\n');
}
/** The lattice that is held to start from, as grey levels. @param {Page} page @returns {Promise<number[]>} */
const held = (page) =>
  page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('start-preview'));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
  });

describe('files from elsewhere', () => {
  it('says what a file is that cannot be opened, and what can', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const kinds = /** @type {[string, Buffer, RegExp][]} */ ([
        ['gif.gif', picture('other/gif.gif'), /is a GIF picture;/],
        ['a.avif', picture('other/a.avif'), /is an AVIF or HEIF picture;/],
        ['t.tiff', picture('other/t.tiff'), /is a TIFF picture;/],
        ['text.jpg', picture('other/text.jpg'), /is a text;/],
        ['empty.png', picture('other/empty.png'), /is empty;/],
        ['Thumbs.db', Buffer.from([0, 1, 2, 250]), /is of an unknown kind;/],
        ['drawing.svg', Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'), /is an SVG drawing;/],
        ['old.pt', Buffer.from('PK\x03\x04rest'), /is a ZIP archive, as some checkpoints are;/],
        ['packed.gz', Buffer.from([0x1f, 0x8b, 8, 0]), /is compressed with gzip;/],
      ]);
      for (const [name, bytes, what] of kinds) {
        const said = await saidOf(page, name, bytes);
        assert.match(said, what);
        assert.ok(said.startsWith(`The file ${name} `) && said.endsWith(`what can be opened here: ${CHECKPOINTS}`), said);
      }
      assert.match(await saidOf(page, 'broken.jpg', Buffer.from('ffd8ff0000', 'hex')), /broken\.jpg is a JPEG picture, but damaged/);
      assert.match(await saidOf(page, 'mine.safetensors', Buffer.from('\x08\0\0\0\0\0\0\0{"a": 1}', 'latin1')), /\w+.*\.$/);
      await openTab(page, 'Edit');
      await page.locator('#start-panel summary').click();
      await page.locator('#start-file').setInputFiles({ name: 'x.gif', mimeType: 'image/gif', buffer: picture('other/gif.gif') });
      await page.waitForFunction(() => /x\.gif is a GIF picture; .*: PNG, JPEG and WebP pictures\./.test(document.getElementById('notices')?.textContent ?? ''));
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).first().click());
    }));

  it('takes pictures by what they are, upright, and of any size', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      for (const name of ['webp-as.png', 'webp.webp', 'jpeg-as.png', 'png-as.jpg'])
        assert.match(await saidOf(page, name, picture(`other/${name}`)), /is the picture to start from now/);
      for (const name of ['o1.jpg', 'o6.jpg']) {
        /** @type {number[][]} */
        const both = [];
        for (const folder of ['exif', 'exif-upright']) {
          await saidOf(page, name, picture(`${folder}/${name}`));
          both.push(await held(page));
        }
        assert.ok(both[0].length === 28 * 28 && Math.max(...both[0]) - Math.min(...both[0]) > 50);
        const apart = both[0].map((level, i) => Math.abs(level - both[1][i]));
        assert.ok(Math.max(...apart) <= 24, `${name}: ${Math.max(...apart)}`);
      }
      // Four quarters of one colour each, 8000 pixels a side: smaller, they are the same.
      const quarters = (/** @type {number} */ side) =>
        writePng(side, side, 1, (/** @type {number} */ x, /** @type {number} */ y) => 40 + 60 * Number(2 * x >= side) + 100 * Number(2 * y >= side));
      await saidOf(page, 'small.png', quarters(56));
      const small = await held(page);
      assert.deepEqual([...new Set(small)].sort((a, b) => a - b), [40, 100, 140, 200]);
      assert.match(await saidOf(page, 'large.png', quarters(8000)), /large\.png is the picture to start from now/);
      const large = await held(page);
      const apart = large.map((level, i) => Math.abs(level - small[i]));
      assert.ok(apart.filter((difference) => difference <= 1).length >= 26 * 26, `${apart}`); // all but a cell at the borders
    }));

  it('calls the classes of one’s own model as its pictures were called', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await drop(page, 'mine.safetensors', readFileSync(makeEndlessModel()));
      await page.waitForFunction(() => /mine/.test(document.getElementById('models')?.textContent ?? ''));
      assert.deepEqual(await page.locator('#chips label').allTextContents(), ['a', 'b', 'Anything']);
    }));
});
