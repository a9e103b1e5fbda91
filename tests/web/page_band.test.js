// A world that goes on in one direction, on the page: all of its height on every canvas, and no end along the horizon.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  afterArrival, afterRun, boxOf, hashOf, pictureDone, pixels, sharp, SITE, spread, useBrowser,
} from './browser.js';
import { makeEndlessModel } from './models.js';

/** @typedef {import('playwright-core').Page} Page */

// A copy of the site with one more model: its frame is 16 cells high.
const site = mkdtempSync(join(tmpdir(), 'coordiff-band-'));
after(() => rmSync(site, { recursive: true, force: true }));
cpSync(SITE, site, { recursive: true });
cpSync(makeEndlessModel('y'), join(site, 'models/strip.safetensors'));
const entry = {
  id: 'strip', title: 'Strip', file: 'models/strip.safetensors', about: 'For tests.', classes: ['One', 'Two'],
  licence: 'None', settings: { class: 1, steps: 3, guidance: 1 },
};
const list = JSON.parse(readFileSync(join(site, 'models.json'), 'utf8'));
writeFileSync(join(site, 'models.json'), JSON.stringify([...list, entry]));

const { url, visiting } = useBrowser(site);
const STRIP = '#model=strip&seed=5&size=240x120&screen=fit'; // a pixel of the picture is one of the screen

/** Parts of the plane in the link. @param {Page} page @param {string} key */
async function partIn(page, key) {
  const text = new URLSearchParams((await hashOf(page)).slice(1)).get(key);
  return text ? text.split(',').map(Number) : null;
}

/** @param {Page} page @param {number} dx @param {number} dy CSS pixels */
async function drag(page, dx, dy) {
  const { x, y, width, height } = await boxOf(page, '#glass');
  const [cx, cy] = [x + width / 2, y + height / 2];
  await page.mouse.move(cx - dx / 2, cy - dy / 2);
  await page.mouse.down();
  await page.mouse.move(cx + dx / 2, cy + dy / 2, { steps: 6 });
  await page.mouse.up();
}

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
});
