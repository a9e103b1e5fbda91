// The page in a real Chromium, used as a visitor uses it. Needs build/site (tools/build_site.mjs) and Debian's chromium.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  afterRun, boxOf, drop, hashOf, notices, pictureDone, pixels, openTab, sharp, slowLoading, spread, until, useBrowser,
} from './browser.js';
import { spoiltBytes } from './models.js';

/** @typedef {import('playwright-core').Page} Page */

const { url, visiting } = useBrowser();

const QUICK = 'steps=4&size=128x128';

/** A picture half as wide and high, by averages of four. @param {{width: number, height: number, values: number[]}} picture */
function halved({ width, height, values }) {
  const small = [];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const i = y * width + x;
      small.push((values[i] + values[i + 1] + values[i + width] + values[i + width + 1]) / 4);
    }
  }
  return small;
}

/** @param {number[]} a @param {number[]} b */
const meanDifference = (a, b) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

describe('the page', () => {
  it('opens and makes a picture unasked, with a quiet console and no foreign request', () =>
    visiting('', async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      const [seen, room] = [await boxOf(page, '#glass'), await boxOf(page, '#mat')];
      assert.ok(seen.width > room.width - 40 && seen.height > 0.85 * room.height, 'the picture takes all the room');
      assert.ok(spread(picture) > 100, 'the canvas is blank');
      assert.match(
        (await page.locator('#caption').textContent()) ?? '',
        /Day.*seed 5 · \d+ × \d+/s,
      );
      assert.match((await page.locator('#announce').textContent()) ?? '', /ready/);
      assert.match(
        (await page.locator('#engine').textContent()) ?? '',
        /First picture .* s after opening/,
      );
    }));

  it('draws the same picture at another size, without computing it anew', () =>
    visiting(`#${QUICK}&class=1`, async (page) => {
      await pictureDone(page);
      const small = await pixels(page);
      const status = await page.locator('#status').textContent();
      await page.getByRole('button', { name: '×2' }).click();
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('256 × 256'),
      );
      const large = await pixels(page);
      assert.deepEqual([large.width, large.height], [256, 256]);
      assert.ok(meanDifference(halved(large), small.values) < 2, 'another picture');
      assert.equal(await page.locator('#status').textContent(), status);
      await page.waitForFunction(() => location.hash.includes('size=256x256'));
      await page.getByLabel('Width in pixels').fill('333');
      await page.getByLabel('Height in pixels').fill('517');
      await page.getByLabel('Height in pixels').press('Enter');
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('333 × 517'),
      );
      await page.getByRole('button', { name: '16:9' }).click();
      await page.getByRole('button', { name: 'Swap' }).click();
      const [, width, height] = /size=(\d+)x(\d+)/.exec(await hashOf(page)) ?? [];
      assert.ok(Math.abs(Number(height) / Number(width) - 16 / 9) < 0.05, `${width}x${height}`);
    }));

  it('says that a picture ran out of range, and makes the next', () =>
    visiting('#model=fashion&steps=8&guidance=2&size=64x64', async (page) => {
      await pictureDone(page);
      await afterRun(page, () => drop(page, 'spoilt.safetensors', spoiltBytes(5)));
      await page.getByRole('radio', { name: 'Sandal' }).click();
      await page.waitForFunction(() => document.querySelector('#notices')?.textContent);
      assert.match((await notices(page)).join(), /ran out of range in evaluation \d of 8.*guidance nearer to 1/);
      await page.getByRole('radio', { name: 'Trouser' }).click();
      await pictureDone(page);
      assert.ok(spread(await pixels(page)) > 50);
    }));

  it('brings an impossible size to the nearest one, marked and with a line beside it, and draws 2048 × 2048 and 16 × 16', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await page.getByLabel('Width in pixels').fill('99999');
      await page.getByLabel('Width in pixels').press('Enter');
      const width = page.getByLabel('Width in pixels');
      assert.equal(await width.inputValue(), '2048');
      assert.equal(await width.getAttribute('aria-invalid'), 'true');
      assert.match((await page.locator('#width-wrong').textContent()) ?? '', /A side has 16 to 2048 pixels .*; it is 2048 now\./);
      await width.fill('200,4');
      await width.press('Enter');
      assert.equal(await width.inputValue(), '200');
      await width.fill('128');
      await width.press('Enter');
      assert.equal(await width.getAttribute('aria-invalid'), null);
      await width.fill('wide');
      await width.press('Enter');
      assert.match((await page.locator('#width-wrong').textContent()) ?? '', /“wide” is no number of pixels; it stays 128/);
      // No picture of guidance 20 may be done before the next value: its numbers run away, and that is said.
      await page.locator('#steps').fill('40');
      await page.locator('#steps').press('Enter');
      const guidance = page.locator('#guidance');
      for (const [typed, used, wrong] of /** @type {[string, string, boolean][]} */ ([['2,5', '2.5', false], ['99', '20', true], ['-1', '1', true], ['much', '1', true]])) {
        await guidance.fill(typed);
        await guidance.press('Enter');
        assert.equal(await guidance.inputValue(), used, typed);
        assert.equal((await page.locator('#guidance-wrong').count()) > 0, wrong, typed);
      }
      assert.deepEqual(await notices(page), []);
      for (const side of [2048, 16]) {
        await page.goto(url(`#steps=4&size=${side}x${side}`));
        await page.waitForFunction(
          (text) => document.querySelector('#caption')?.textContent?.includes(text),
          `${side} × ${side}`,
        );
        assert.equal((await pixels(page)).width, side);
      }
    }));

  it('drags the canvas corner with the pointer and with the arrow keys', () =>
    visiting(`#${QUICK}&screen=fit`, async (page) => {
      await pictureDone(page);
      const corner = page.locator('#corner');
      const box = /** @type {{x: number, y: number, width: number, height: number}} */ (
        await corner.boundingBox()
      );
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 20, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('188 × 168'),
      );
      await corner.press('ArrowRight');
      await corner.press('Shift+ArrowDown');
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('204 × 169'),
      );
    }));

  it('takes another seed, another class, and keeps a locked seed', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      const before = await pixels(page);
      await afterRun(page, async () => {
        await page.getByLabel('Seed', { exact: true }).fill('123456789');
        await page.getByLabel('Seed', { exact: true }).press('Enter');
      });
      const other = await pixels(page);
      assert.ok(meanDifference(before.values, other.values) > 5, 'the seed changed nothing');
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.deepEqual(await pixels(page), other, 'a typed seed is locked');
      await page.getByRole('button', { name: 'Locked' }).click();
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.notEqual(await page.getByLabel('Seed', { exact: true }).inputValue(), '123456789');
      await afterRun(page, () => page.getByRole('radio', { name: 'Trouser' }).check());
      assert.match((await page.locator('#caption').textContent()) ?? '', /Trouser/);
    }));

  it('shows the model that was chosen last, however quickly they are changed', () =>
    visiting(`#${QUICK}&model=fashion&class=none&seed=5`, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const first = await pixels(page);
      const [garments, faces] = ['Garments', 'Faces'].map((name) => page.getByRole('radio', { name }));
      // Its status may still tell of the run before; the caption tells of what is seen.
      const seen = () => page.waitForFunction(() => /^Garments seed 5 · 128 × 128$/.test(document.getElementById('caption')?.textContent ?? ''));
      for (const wait of [100, 150, 200, 250, 300]) { // the run begins 120 ms after a choice, and a model takes 150
        await faces.check();
        await page.waitForTimeout(wait);
        await afterRun(page, () => garments.check());
        await seen();
        await sharp(page);
        assert.deepEqual(await pixels(page), first, `${wait} ms`);
      }
      for (let i = 0; i < 12; i++) {
        await (i % 2 ? garments : faces).check();
        await page.waitForTimeout(180);
      }
      await until(page, async () => /steps in/.test(document.getElementById('status')?.textContent ?? ''));
      await seen();
      await sharp(page);
      assert.deepEqual(await pixels(page), first);
      assert.deepEqual(await notices(page), []);
    }, { init: slowLoading }));

  it('cancels within half a second', () =>
    visiting('#sampler=dpm2m&steps=1000&size=128x128', async (page) => {
      await page.waitForFunction(() =>
        /^Step \d+ of 1000/.test(document.getElementById('status')?.textContent ?? ''),
      );
      const ms = await page.evaluate(async () => {
        const began = performance.now();
        document.getElementById('cancel')?.click();
        while (!/^Cancelled/.test(document.getElementById('status')?.textContent ?? ''))
          await new Promise((next) => setTimeout(next, 5));
        return performance.now() - began;
      });
      assert.ok(ms < 500, `${ms} ms`);
      const status = await page.locator('#status').textContent();
      await page.waitForTimeout(400);
      assert.equal(await page.locator('#status').textContent(), status, 'something still runs');
      assert.match(status, /Cancelled after step \d+ of 1000; what was reached stays/);
    }));

  it('pauses, steps, scrubs and resumes', () =>
    visiting('#steps=40&size=128x128', async (page) => {
      await page.waitForFunction(() =>
        /^Step \d+ of 40/.test(document.getElementById('status')?.textContent ?? ''),
      );
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      await page.waitForTimeout(600);
      const at = Number(await page.locator('#scrubber').getAttribute('max'));
      await page.getByRole('button', { name: 'Step', exact: true }).click();
      await page.waitForFunction(
        (next) => document.getElementById('scrubber')?.getAttribute('max') === String(next),
        at + 1,
      );
      const now = await pixels(page);
      await openTab(page, 'Inside');
      await page.keyboard.press('[');
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('step'),
      );
      await page.keyboard.press(']');
      await page.getByRole('button', { name: 'Resume' }).click();
      await pictureDone(page);
      assert.equal(await page.locator('#moment').textContent(), '40 / 40');
      assert.notDeepEqual((await pixels(page)).values, now.values);
      await page.getByRole('button', { name: 'Play' }).click();
      await page.waitForFunction(
        () => document.getElementById('moment')?.textContent === '40 / 40',
      );
    }));
});
