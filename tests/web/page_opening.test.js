// The first look at the page: what is in view, what a click on a small picture does, what is said of what is seen.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import {
  afterRun, boxOf, hashOf, openTab, pictureDone, pixels, sharp, spread, until, useBrowser, violations,
} from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { visiting } = useBrowser();
const QUICK = '#model=fashion&steps=4&size=128x128&seed=5&class=1';

const SCREENS = [
  { width: 1280, height: 720 },
  { width: 390, height: 844, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
  { width: 360, height: 640, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
];
/** For `init`: how much of what is seen has moved by itself. */
function shifting() {
  const seen = /** @type {any} */ (globalThis);
  seen.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += /** @type {any} */ (entry).value;
  }).observe({ type: 'layout-shift', buffered: true });
}

describe('the opening', () => {
  for (const { width, height, ...device } of SCREENS)
    it(`${width} × ${height}: picture, Generate and size are in view, nothing jumps`, () =>
      visiting('', async (page) => {
        await pictureDone(page);
        await sharp(page);
        for (const id of ['sheet', 'generate', 'width', 'height']) {
          const box = await boxOf(page, `#${id}`);
          assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `${id}: ${JSON.stringify(box)}`);
        }
        assert.ok(Math.abs((await boxOf(page, '#generate')).y - (await boxOf(page, '#width')).y) < 8, 'on one line');
        const cut = await page.evaluate(() => [...document.querySelectorAll('.dock button')].filter((one) => one.scrollWidth > one.clientWidth).map(({ id }) => id));
        assert.deepEqual(cut, []);
        const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift);
        assert.ok(shift <= 0.02, `${shift}`);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      }, { viewport: { width, height }, reducedMotion: 'reduce', ...device, init: shifting }));

  it('a picture with a frame has a pixel for every one of the screen, also of a dense one', () =>
    visiting('#model=fashion&steps=2', async (page) => {
      await pictureDone(page);
      await sharp(page);
      const { width: dots } = await pixels(page);
      const { width: seen } = await boxOf(page, '#glass');
      const density = dots / (2 * seen);
      assert.ok(density > 0.95 && density < 1.05, `${density} pixels of the picture for one of the screen`);
    }, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }));

  it('six to eight examples: one click sets model, class and seed', () =>
    visiting('', async (page) => {
      await pictureDone(page);
      const examples = page.locator('#examples button');
      const count = await examples.count();
      assert.ok(count >= 6 && count <= 8, `${count}`);
      // Every one has a picture: its part of the strip is no plain colour.
      for (const example of await examples.all()) {
        const shown = PNG.sync.read(await example.screenshot());
        assert.ok(spread({ values: [...shown.data].filter((_, i) => i % 4 === 1) }) > 60, (await example.getAttribute('aria-label')) ?? '');
      }
      await afterRun(page, () => page.getByRole('button', { name: /^Garments, Ankle boot, seed 7/ }).click());
      assert.match(await hashOf(page), /model=fashion&class=9&seed=7&/);
      assert.match((await page.locator('#caption').textContent()) ?? '', /^Ankle boot seed 7/);
      assert.ok(await page.getByRole('radio', { name: 'Garments' }).isChecked());
      assert.ok(await page.getByRole('radio', { name: 'Ankle boot' }).isChecked());
    }));

  it('the caption is of what is seen: the old kind until the new one is, and then at once', () =>
    visiting(QUICK.replace('steps=4', 'sampler=dpm2m&steps=400'), async (page) => {
      const caption = () => page.locator('#caption').textContent();
      await page.waitForFunction(() => /^Trouser seed 5 · step \d+ of 400/.test(document.getElementById('caption')?.textContent ?? ''));
      await page.keyboard.press('Escape');
      await page.evaluate(() => {
        const seen = /** @type {any} */ (globalThis);
        seen.said = [];
        new MutationObserver(() => seen.said.push(document.getElementById('caption')?.textContent))
          .observe(/** @type {HTMLElement} */ (document.getElementById('caption')), { childList: true });
      });
      // Read at once, in the page: a preview of the new kind may be there before the test hears of the click.
      const atOnce = await page.getByRole('radio', { name: 'Bag' }).evaluate((bag) => {
        /** @type {HTMLElement} */ (bag).click();
        return document.getElementById('caption')?.textContent ?? '';
      });
      assert.match(atOnce, /^Trouser/);
      await page.waitForFunction(() => /^Bag seed 5 · step [1-9]\d* of 400/.test(document.getElementById('caption')?.textContent ?? ''));
      await page.keyboard.press('Escape');
      await sharp(page);
      assert.match((await caption()) ?? '', /^Bag seed 5 · 128 × 128 · step \d+ of 400/);
    }));

  it('puts the address right where it was wrong', () =>
    visiting('#model=fashion&steps=4&size=1x1&seed=no&nonsense=1', async (page) => {
      await pictureDone(page);
      assert.match(await hashOf(page), /^#model=fashion&class=9&seed=7&size=512x512&guidance=1&sampler=sde&steps=4$/);
    }));
});

describe('the stage', () => {
  it('the wheel scrolls the page, until the picture is chosen or Ctrl is held', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const { x, y, width, height } = await boxOf(page, '#glass');
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.wheel(0, 120);
      await until(page, async () => scrollY > 0);
      assert.equal(await page.locator('#zoom-words').textContent(), '×1.0');
      await page.waitForTimeout(400); // another movement of the hand
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -120);
      await page.keyboard.up('Control');
      await page.waitForFunction(() => document.getElementById('zoom-words')?.textContent !== '×1.0');
      const zoomed = await page.locator('#zoom-words').textContent();
      await page.locator('#sheet').focus();
      await page.mouse.wheel(0, -120);
      await page.waitForFunction((words) => document.getElementById('zoom-words')?.textContent !== words, zoomed);
    }));

  it('takes all of the window with F, and gives it back with Escape; it stays as high as it is while the corner is dragged', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const before = await boxOf(page, '#mat');
      await page.keyboard.press('f');
      assert.ok((await boxOf(page, '#mat')).height > before.height);
      assert.equal((await boxOf(page, '#mat')).width, 1200);
      assert.ok(await page.locator('#generate').isVisible() && await page.locator('#controls').isHidden());
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press('Escape');
      assert.deepEqual(await boxOf(page, '#mat'), before);
      const { x, y } = await boxOf(page, '#corner');
      await page.mouse.move(x + 16, y + 16);
      await page.mouse.down();
      for (const by of [40, 90, -60]) {
        await page.mouse.move(x + 16 + by, y + 16 + by, { steps: 3 });
        assert.deepEqual(await boxOf(page, '#mat'), before);
        assert.deepEqual((await boxOf(page, '#generate')).y > before.y + before.height, true);
      }
      await page.mouse.up();
    }, { bypassCSP: true }));

  it('what is chosen looks chosen in forced colours', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await page.emulateMedia({ forcedColors: 'active' });
      /** @param {string} name */
      const look = async (name) => PNG.sync.read(await page.locator('#chips label', { hasText: name }).screenshot()).data;
      const chosen = await look('Trouser');
      await page.getByRole('radio', { name: 'Bag' }).check();
      await page.mouse.move(0, 0);
      const left = await look('Trouser');
      const other = chosen.filter((value, i) => i % 4 === 0 && Math.abs(value - left[i]) > 40).length;
      assert.ok(other > 0.2 * (chosen.length / 4), `${other} of ${chosen.length / 4} pixels`);
      const on = PNG.sync.read(await page.locator('#tab-settings').screenshot()).data;
      await openTab(page, 'Inside');
      await page.mouse.move(0, 0);
      const off = PNG.sync.read(await page.locator('#tab-settings').screenshot()).data;
      assert.ok(on.some((value, i) => Math.abs(value - off[i]) > 60));
    }));
});
