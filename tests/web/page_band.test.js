// A world that goes on in one direction, on the page: all of its height on every canvas, and no end along the horizon.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  afterArrival, afterRun, hashOf, pictureDone, pixels, sharp, spread, useBrowser,
} from './browser.js';
import { drag, partIn, siteWith } from './endless_page.js';
import { makeEndlessModel } from './models.js';

const { url, visiting } = useBrowser(siteWith('strip', 'Strip', makeEndlessModel('y'))); // its frame is 16 cells high
const STRIP = '#model=strip&seed=5&size=240x120&screen=fit'; // a pixel of the picture is one of the screen

describe('a world without end along the horizon', () => {
  it('is dragged along it, up and down stays, and back it is the same to the bit', () =>
    visiting(STRIP, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const home = await pixels(page);
      assert.ok(spread(home) > 60, 'the canvas is blank');
      assert.deepEqual((await partIn(page, 'extend'))?.slice(1), [0, 32]); // 16 cells on 120 pixels
      await afterArrival(page, () => drag(page, -200, 90));
      const [x, y, across] = /** @type {number[]} */ (await partIn(page, 'window'));
      assert.ok(x > 10 && y === 0 && across === 32, `${x},${y},${across}`);
      const away = await pixels(page);
      assert.ok(spread(away) > 60);
      assert.notDeepEqual(away, home);
      await afterArrival(page, () => drag(page, 200, -50));
      assert.equal(await partIn(page, 'window'), null);
      assert.deepEqual(await pixels(page), home);
    }));

  it('fills a wider and a higher canvas from top to bottom', () =>
    visiting(STRIP, async (page) => {
      await pictureDone(page);
      for (const [size, across] of [['360x60', 96], ['120x240', 8]]) {
        await afterRun(page, () => page.goto(url(`#model=strip&seed=5&size=${size}`)));
        const [, top, wide] = /** @type {number[]} */ (await partIn(page, 'extend'));
        assert.deepEqual([top, wide], [0, across]);
        await sharp(page);
        assert.ok(spread(await pixels(page)) > 60);
      }
    }));

  it('is among the pictures before, and comes back from there', () =>
    visiting(STRIP, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const first = await pixels(page);
      await afterRun(page, () => page.locator('#generate').click());
      await sharp(page);
      const before = page.getByRole('button', { name: 'Back to Two, seed 5', exact: true });
      await afterRun(page, () => before.click());
      await sharp(page);
      assert.deepEqual(await pixels(page), first);
      assert.equal(await before.getAttribute('aria-current'), 'true');
    }));

  it('drifts by itself until somebody touches anything, as sharp as when it stands, and not where no motion is wanted', () =>
    visiting('', async (page) => {
      const on = () => page.locator('#drift').getAttribute('aria-pressed');
      const canvas = page.locator('#canvas');
      await pictureDone(page);
      await sharp(page);
      assert.equal(await on(), 'false');
      const { width } = await pixels(page);
      await page.locator('#drift[aria-pressed="true"]').waitFor();
      const full = await canvas.evaluate((c, wide) => new Promise((done) => {
        const seen = /** @type {boolean[]} */ ([]), began = performance.now();
        const look = () => {
          seen.push(/** @type {HTMLCanvasElement} */ (c).width === wide && !c.style.transform.includes('scale(0'));
          if (performance.now() - began < 3000) requestAnimationFrame(look);
          else done(seen.filter(Boolean).length / seen.length);
        };
        look();
      }), width);
      assert.equal(full, 1, 'a coarser picture was shown on the way');
      await page.keyboard.press('Shift');
      await page.locator('#drift[aria-pressed="false"]').waitFor();
      await sharp(page);
      const [x, y] = /** @type {number[]} */ (await partIn(page, 'window')), [from] = /** @type {number[]} */ (await partIn(page, 'extend'));
      assert.ok(x > from + 4 && y === 0, `it went from ${from} to ${x}`);
      const there = await pixels(page);
      await page.waitForTimeout(700);
      assert.deepEqual(await pixels(page), there, 'it stands');
      const hash = await hashOf(page);
      await afterRun(page, () => page.goto(url('#model=strip&seed=1&steps=1&size=60x30')));
      await afterRun(page, () => page.goto(url(hash)));
      await sharp(page);
      const again = await pixels(page);
      const apart = there.values.reduce((most, value, i) => Math.max(most, Math.abs(value - again.values[i])), 0);
      assert.ok(apart <= 2, `strips drawn on the way differ by ${apart} levels from the whole`);
      await page.locator('#drift').click();
      assert.equal(await on(), 'true');
      await page.locator('#drift').click();
      assert.equal(await on(), 'false');
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.goto('about:blank');
      await page.goto(url(''));
      await pictureDone(page);
      await page.waitForTimeout(3500);
      assert.equal(await on(), 'false');
    }, { reducedMotion: 'no-preference' }));
});
