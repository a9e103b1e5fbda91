// A world without end on the page: wherever one goes there is more of it, and whoever comes back finds it as it was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import {
  afterArrival, afterRun, boxOf, drop, hashOf, notices, openTab, pictureDone, pixels, sharp, slowLoading, spread, useBrowser, violations,
  watching,
} from './browser.js';
import { drag, partIn, siteWith } from './endless_page.js';
import { makeEndlessModel } from './models.js';

/** @typedef {import('playwright-core').Page} Page */

const checkpoint = makeEndlessModel(); // its patches are 16 cells a side
const { url, visiting } = useBrowser(siteWith('little', 'Little world', checkpoint));
const WORLD = '#model=little&seed=5&size=240x160&screen=fit'; // a pixel of the picture is one of the screen

const asked = (/** @type {Page} */ page) =>
  page.evaluate(() => [...new Set(/** @type {any} */ (globalThis).asked.splice(0))]);

/** For `init`: from when `held` is set until `release()`, workers get no messages. */
function holding() {
  /** @type {(() => void)[]} */
  const waiting = [];
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (/** @type {any[]} */ ...args) {
    const send = () => /** @type {any} */ (postMessage).apply(this, args);
    if (/** @type {any} */ (globalThis).held) waiting.push(send);
    else send();
  };
  const release = () => {
    Object.assign(globalThis, { held: false });
    for (const send of waiting.splice(0)) send();
  };
  Object.assign(globalThis, { release });
}

/** The glass as it is on the screen: its red. @param {Page} page */
async function seen(page) {
  const { x, y, width, height } = await boxOf(page, '#glass');
  const { data } = PNG.sync.read(await page.screenshot({ clip: { x, y, width, height } }));
  return { values: Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]) };
}

describe('a world without end', () => {
  it('far away there is more, and back it is the same, to the bit', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const home = await pixels(page);
      assert.ok(spread(home) > 60, 'the canvas is blank');
      assert.ok((await asked(page)).includes('patches'));
      for (let n = 0; n < 4; n++) await drag(page, -200, 0);
      await afterArrival(page, () => drag(page, -200, 120));
      assert.deepEqual(await partIn(page, 'window'), [117, -23, 30]);
      assert.ok((await asked(page)).includes('patches'), 'new world was computed');
      const away = await pixels(page);
      assert.ok(spread(away) > 60);
      assert.notDeepEqual(away, home);
      await afterArrival(page, () => drag(page, 200, -120));
      for (let n = 0; n < 3; n++) await drag(page, 200, 0);
      await afterArrival(page, () => drag(page, 200, 0));
      assert.equal(await partIn(page, 'window'), null);
      assert.deepEqual(await pixels(page), home);
    }, { init: watching }));

  it('what is dragged into view before it is drawn goes on where the picture ends, and is never flat', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      await sharp(page);
      await page.evaluate(() => Object.assign(globalThis, { held: true })); // the workers hear nothing more
      const { x, y, width, height } = await boxOf(page, '#glass');
      await page.mouse.move(x + 0.9 * width, y + 0.5 * height);
      await page.mouse.down();
      await page.mouse.move(x + 0.15 * width, y + 0.4 * height, { steps: 4 });
      await page.waitForFunction(() => document.getElementById('canvas')?.style.transform !== '');
      const { values } = await seen(page);
      const right = values.filter((_, i) => i % width > 0.4 * width);
      const counts = new Map();
      for (const value of right) counts.set(value, 1 + (counts.get(value) ?? 0));
      const most = Math.max(...counts.values());
      assert.ok(most < 0.2 * right.length, `${most} of ${right.length} pixels are alike`);
      // Listened to from before the release on: what is made may be here before the button is up.
      await afterArrival(page, async () => {
        await page.evaluate(() => /** @type {any} */ (globalThis).release());
        await page.mouse.up();
      });
    }, { init: holding }));

  it('a seamless tile is a PNG whose opposite edges meet; a model with a frame has none', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      await page.locator('#longest').selectOption('2048');
      const file = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Seamless tile' }).click();
      const saved = await file;
      assert.equal(saved.suggestedFilename(), 'coordiff-two-seed-5-tile.png');
      const bytes = readFileSync(await saved.path());
      assert.match(bytes.toString('latin1'), /seed 5; .*; a tile of 2048x2048 whose edges meet/);
      const { width, height, data } = PNG.sync.read(bytes);
      assert.deepEqual([width, height], [2048, 2048]);
      const red = (/** @type {number} */ x, /** @type {number} */ y) => data[4 * ((y % height) * width + (x % width))];
      const levels = new Set();
      for (let k = 0; k < width; k++) { // 128 pixels a cell: between neighbours there are a few levels
        for (const [a, b] of [[red(width - 1, k), red(width, k)], [red(k, height - 1), red(k, height)]])
          assert.ok(Math.abs(a - b) <= 4, `${a} and ${b} at ${k}`);
        levels.add(red(0, k)).add(red(k, 0));
      }
      assert.ok(levels.size > 30, 'there is something at the edges');
      await afterRun(page, () => page.getByRole('radio', { name: 'Garments' }).check());
      assert.ok(await page.locator('#tile').isHidden());
    }));

  it('the grid of seeds, put away, leaves the picture as it was; a chosen one takes its place', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const before = await pixels(page);
      const open = async () => {
        await page.locator('#seeds-open').click();
        await page.waitForFunction(() => document.querySelectorAll('#seeds button:not(:disabled)').length >= 2);
      };
      await open();
      await page.keyboard.press('Escape');
      await page.keyboard.press('+'); // what is drawn anew is still this picture
      await page.keyboard.press('0');
      await sharp(page);
      assert.deepEqual(await pixels(page), before);
      await open();
      await afterRun(page, () => page.locator('#seeds button').nth(1).click());
      await sharp(page);
      assert.notDeepEqual(await pixels(page), before);
      assert.match(await hashOf(page), /seed=6/);
    }));

  it('a link brings the same bytes; neighbouring views have no seam', () =>
    visiting(`${WORLD}&window=40,-7,30`, async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      const hash = await hashOf(page);
      await afterArrival(page, () => drag(page, -80, 0));
      const moved = await pixels(page);
      assert.deepEqual(await partIn(page, 'window'), [50, -7, 30]);
      for (let y = 0; y < 160; y++)
        for (let x = 0; x < 160; x++) {
          const [a, b] = [picture.values[y * 240 + x + 80], moved.values[y * 240 + x]];
          assert.ok(Math.abs(a - b) <= 1, `${a} and ${b} at ${x}, ${y}`);
        }
      await page.goto('about:blank');
      await page.goto(url(hash));
      await pictureDone(page);
      assert.deepEqual(await pixels(page), picture);
    }));

  it('has Extend only, and no Heun; its own defaults give way to what a link says', () =>
    visiting('#size=240x160&steps=4', async (page) => {
      await pictureDone(page);
      await afterRun(page, () => drop(page, 'mine.safetensors', readFileSync(checkpoint)));
      assert.match(await hashOf(page), /steps=4.*extend=-8,-8,30/);
      await page.goto('about:blank');
      await page.goto(url(`${WORLD}&sampler=heun&view=state`));
      await pictureDone(page);
      assert.match(await hashOf(page), /class=1.*guidance=1&sampler=dpm2m&steps=3&extend=-8,-8,30/);
      assert.match((await notices(page)).join(), /no state to be drawn.*Heun’s method needs a frame/);
      assert.ok(await page.getByRole('radio', { name: /^Scale/ }).isDisabled());
      assert.ok(await page.getByRole('radio', { name: /^Extend/ }).isChecked());
      assert.ok(await page.locator('#sampler option[value=heun]').isDisabled());
      const words = (/** @type {string} */ id) => page.locator(id).textContent();
      assert.match((await words('#scale-words')) ?? '', /no whole that could be drawn larger/);
      assert.match((await words('#extend-words')) ?? '', /without end: this canvas shows 30 × 20 cells of 8 pixels/);
      await openTab(page, 'Inside');
      assert.match((await words('#insides-words')) ?? '', /nothing else to look into/);
      assert.deepEqual(await violations(page), []);
      await openTab(page, 'Settings');
      await afterRun(page, () => page.getByRole('radio', { name: /^Garments/ }).check());
      assert.match(await hashOf(page), /guidance=1&sampler=sde&steps=20/);
      assert.ok(!(await page.getByRole('radio', { name: /^Scale/ }).isDisabled()));
      await afterRun(page, () => page.getByRole('radio', { name: /^Little world/ }).check());
      assert.match(await hashOf(page), /guidance=1&.*steps=3&extend=-8,-8,30/);
    }, { bypassCSP: true }));

  it('another seed at the same place; the steps of a view; a PNG of it', () =>
    visiting(`${WORLD}&window=40,-7,30`, async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      await page.evaluate(() => {
        const slider = /** @type {HTMLInputElement} */ (document.getElementById('scrubber'));
        slider.value = '1';
        slider.dispatchEvent(new Event('input'));
      });
      await page.waitForFunction(() => /step 1 of 3/.test(document.getElementById('caption')?.textContent ?? ''));
      assert.notDeepEqual(await pixels(page), picture);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      const bytes = readFileSync(await (await saved).path());
      assert.match(bytes.toString('latin1'), /model little\.safetensors;.*; at 1;.*; window 40,-7,30/);
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      await sharp(page);
      assert.deepEqual(await partIn(page, 'window'), [40, -7, 30]);
      assert.notDeepEqual(await pixels(page), picture);
      await afterRun(page, () => drop(page, 'part.png', bytes));
      assert.match(await hashOf(page), /seed=5&.*at=1/);
      await page.locator('#sheet').focus();
      await page.keyboard.press(']');
      await page.keyboard.press(']');
      await sharp(page);
      assert.deepEqual(await pixels(page), picture);
    }));

  it('says where computing ends: far out, and far from the origin', () =>
    visiting(`${WORLD}&window=999990,0,30`, async (page) => {
      await pictureDone(page);
      assert.match((await notices(page)).join(), /nearest is shown/);
      assert.deepEqual((await partIn(page, 'window'))?.slice(0, 1), [999000 - 15]);
      await page.locator('#sheet').focus();
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(() => /no farther than a million cells/.test(document.getElementById('notices')?.textContent ?? ''));
      await afterRun(page, () => page.goto(url(WORLD)));
      await page.locator('#sheet').focus();
      await afterArrival(page, async () => {
        for (let n = 0; n < 6; n++) await page.keyboard.press('-');
        await page.waitForFunction(() => /as far out as it goes: 223 cells a side/.test(document.getElementById('notices')?.textContent ?? '')); // which is soon put away
      });
      assert.equal((await partIn(page, 'window'))?.[2], 223);
      assert.ok(spread(await pixels(page)) > 60);
      await page.getByLabel('Pixels a cell', { exact: true }).selectOption('2');
      assert.equal((await partIn(page, 'extend'))?.[2], 120);
      await page.getByRole('button', { name: '×2' }).click();
      assert.match((await notices(page)).join(), /would show 240 × 160 cells, and of this world at most 223 cells a side/);
    }));

  it('moves while its first picture forms, and while that is paused', () =>
    visiting('#model=little&seed=5&size=640x400&steps=14&screen=fit', async (page) => {
      const forming = () => page.waitForFunction(() => /^Step/.test(document.getElementById('status')?.textContent ?? ''));
      await forming();
      await page.getByRole('button', { name: 'Pause' }).click();
      await drag(page, -200, 0);
      await page.waitForTimeout(400);
      assert.ok(await page.getByRole('button', { name: 'Resume' }).isVisible(), 'it stands still');
      await afterArrival(page, () => page.getByRole('button', { name: 'Resume' }).click());
      const moved = await pixels(page);
      const hash = await hashOf(page);
      await page.goto('about:blank');
      await page.goto(url(hash));
      await forming();
      await drag(page, -200, 0);
      await drag(page, 200, 0);
      await page.waitForFunction(() => /steps in|part of the world/.test(document.getElementById('status')?.textContent ?? ''));
      await sharp(page);
      assert.deepEqual(await pixels(page), moved);
    }));

  it('is left for another model without a word, whatever was being drawn', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      for (const wait of [0, 40, 90, 130, 200]) {
        await afterRun(page, async () => {
          await page.keyboard.press('/'); // half the size, and twice: drawn anew
          await page.keyboard.press('*');
          await page.getByRole('radio', { name: 'First attempt' }).check();
          await page.waitForTimeout(wait);
          await page.keyboard.press('*');
          await page.keyboard.press('/');
        });
        await sharp(page);
        await afterRun(page, () => page.getByRole('radio', { name: 'Little world' }).check());
      }
      assert.deepEqual(await notices(page), []);
    }, { init: slowLoading }));

  it('one finger moves it', () =>
    visiting(WORLD, async (page) => {
      await pictureDone(page);
      const session = await page.context().newCDPSession(page);
      const { x, y } = await boxOf(page, '#glass');
      const touch = (/** @type {'touchStart'|'touchMove'|'touchEnd'} */ type, /** @type {number[]} */ ...at) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: at.length > 0 ? [{ x: x + at[0], y: y + at[1] }] : [] });
      await afterArrival(page, async () => {
        await touch('touchStart', 200, 80);
        for (const left of [180, 120, 60, 40]) await touch('touchMove', left, 80);
        await touch('touchEnd');
      });
      const [left, top] = (await partIn(page, 'window')) ?? [];
      assert.ok(left > 5 && top === -8, `${left}, ${top}`);
    }, { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } }));
});
