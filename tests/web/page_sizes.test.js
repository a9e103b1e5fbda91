// Any size: the comparison that opens by itself, files larger than the page, films; and the pictures before.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import { afterRun, hashOf, openTab, pictureDone, pixels, sharp, undone, useBrowser } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { visiting } = useBrowser();
const QUICK = '#model=fashion&steps=4&size=128x96&seed=5&class=1';

/** @param {Page} page @param {() => Promise<unknown>} act @returns {Promise<Buffer>} */
async function saved(page, act) {
  const file = page.waitForEvent('download');
  await act();
  return readFileSync(await (await file).path());
}
/** The chunks of a PNG. @param {Buffer} bytes @returns {[string, Buffer][]} */
function chunksOf(bytes) {
  const found = /** @type {[string, Buffer][]} */ ([]);
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    found.push([bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return found;
}

describe('any size', () => {
  it('one click: split in the middle, and closer by itself; another, and all is as it was', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await page.getByRole('button', { name: 'Any size?' }).click();
      await page.locator('#versus').waitFor({ state: 'visible' });
      assert.equal(await page.locator('#divider').inputValue(), '50');
      await page.waitForFunction(() => document.getElementById('zoom-words')?.textContent === '×4.0');
      await page.getByRole('button', { name: 'Any size?' }).click();
      await page.waitForFunction(() => document.getElementById('zoom-words')?.textContent === '×1.0');
      assert.ok(await page.locator('#versus').isHidden());
    }));

  it('does not move for those who want no motion, nor against a hand', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await page.keyboard.press('c');
      await page.locator('#versus').waitFor({ state: 'visible' });
      await page.waitForTimeout(500);
      assert.equal(await page.locator('#zoom-words').textContent(), '×1.0');
      await page.keyboard.press('c');
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      await page.keyboard.press('c');
      await page.waitForFunction(() => document.getElementById('zoom-words')?.textContent !== '×1.0');
      await page.keyboard.press('Shift');
      await page.waitForTimeout(300);
      const stopped = await page.locator('#zoom-words').textContent();
      await page.waitForTimeout(500);
      assert.equal(await page.locator('#zoom-words').textContent(), stopped);
    }, { reducedMotion: 'reduce' }));

  it('a file larger than the page draws is the same picture, in bands; it can be stopped', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await page.locator('#longest').selectOption('2048');
      const large = await saved(page, () => page.locator('#large').click());
      const text = chunksOf(large).find(([type]) => type === 'tEXt')?.[1].toString('latin1') ?? '';
      assert.match(text, /^parameters\0coordiff .*; class 1; seed 5; size 128x96;.*; enlarged to 2048x1536$/);
      const picture = PNG.sync.read(large);
      assert.deepEqual([picture.width, picture.height], [2048, 1536]);
      await page.getByLabel('Height in pixels').fill('1536');
      await page.getByLabel('Height in pixels').press('Enter');
      await page.getByLabel('Width in pixels').fill('2048');
      await page.getByLabel('Width in pixels').press('Enter');
      await sharp(page);
      const { values } = await pixels(page);
      const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - picture.data[4 * i])), 0);
      assert.ok(apart <= 1, `${apart}`);
      await page.locator('#longest').selectOption('16384');
      await page.locator('#large').click();
      await page.waitForFunction(() => /** @type {HTMLProgressElement} */ (document.getElementById('written')).value > 0);
      await page.locator('#writing-stop').click();
      assert.ok(await page.locator('#writing').isHidden());
    }));

  it('a film has every step', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const last = await pixels(page);
      const bytes = await saved(page, () => page.locator('#film').click());
      const chunks = chunksOf(bytes);
      assert.equal(chunks.find(([type]) => type === 'acTL')?.[1].readUInt32BE(0), 4);
      assert.equal(chunks.filter(([type]) => type === 'fcTL').length, 4);
      const order = chunks.filter(([type]) => /^f[cd]/.test(type)).map(([, data]) => data.readUInt32BE(0));
      assert.deepEqual(order, order.map((_, i) => i));
      const first = PNG.sync.read(bytes); // what a reader without films shows
      assert.deepEqual([first.width, first.height], [128, 96]);
      // The last one is the picture: it is written as a PNG of its own here, and read.
      const data = chunks.filter(([type]) => type === 'fdAT').at(-1)?.[1].subarray(4) ?? Buffer.alloc(0);
      const { inflateSync } = await import('node:zlib');
      const raw = inflateSync(data);
      const above = new Uint8Array(3 * 128);
      for (let y = 0; y < 96; y++)
        for (let i = 0; i < 3 * 128; i++) {
          above[i] += raw[y * (1 + 3 * 128) + 1 + i];
          if (i % 3 === 0) assert.ok(Math.abs(above[i] - last.values[y * 128 + i / 3]) <= 1);
        }
    }));
});

describe('the pictures before', () => {
  it('Back and Forward, the small pictures, and Undo bring them back to the bit', () =>
    visiting(`${QUICK}&lock=1`, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const first = await pixels(page);
      assert.ok(await page.locator('#album').isHidden());
      await afterRun(page, () => page.getByRole('radio', { name: 'Bag' }).check());
      await sharp(page);
      const second = await pixels(page);
      assert.equal(await page.locator('#album button').count(), 2);
      await openTab(page, 'Settings');
      await page.goBack();
      await page.waitForFunction(() => /^Trouser.*×/.test(document.getElementById('caption')?.textContent ?? ''));
      await sharp(page);
      assert.deepEqual(await pixels(page), first);
      assert.match(await hashOf(page), /class=1/);
      await page.goForward();
      await page.waitForFunction(() => /^Bag.*×/.test(document.getElementById('caption')?.textContent ?? ''));
      await sharp(page);
      assert.deepEqual(await pixels(page), second);
      await page.getByRole('button', { name: 'Back to Trouser, seed 5' }).click();
      await page.waitForFunction(() => /^Trouser.*×/.test(document.getElementById('caption')?.textContent ?? ''));
      await sharp(page);
      assert.deepEqual(await pixels(page), first);
      assert.deepEqual(await undone(page), second);
      // What came back is a place to go back to as any other: the one before it, and the one before that.
      await afterRun(page, () => page.getByRole('radio', { name: 'Coat' }).check());
      for (const [kind, index] of [['Bag', 8], ['Trouser', 1], ['Bag', 8], ['Trouser', 1]]) {
        await page.goBack();
        await page.waitForFunction((name) => document.getElementById('caption')?.textContent?.startsWith(String(name)), kind);
        assert.match(await hashOf(page), new RegExp(`class=${index}&`));
      }
    }));
});
