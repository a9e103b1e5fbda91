// Zoom, pan, the corner, the divider: by wheel, mouse, fingers, keys and buttons.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boxOf, hashOf, notices, pictureDone, pixels, sharp, spread, useBrowser, watching,
} from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { url, visiting } = useBrowser();
const QUICK = 'steps=4&size=160x160&seed=5&class=1';

/** What the link says is shown: x, y, cells across. @param {Page} page */
async function windowOf(page) {
  const text = new URLSearchParams((await hashOf(page)).slice(1)).get('window');
  return text ? text.split(',').map(Number) : null;
}

/** @param {Page} page @param {RegExp} words */
const zoomSays = (page, words) =>
  page.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById('zoom-words')?.textContent ?? ''),
    words.source,
  );

/** Fingers on the screen, at these places. @param {Page} page */
async function touching(page) {
  const session = await page.context().newCDPSession(page);
  return (/** @type {'touchStart'|'touchMove'|'touchEnd'} */ type, /** @type {number[][]} */ ...places) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map(([x, y], id) => ({ x, y, id })),
    });
}

describe('zoom and pan', () => {
  for (const model of ['fashion', 'faces']) {
    it(`${model}: the wheel zooms about the pointer, dragging moves, and nothing is computed anew`, () =>
      visiting(
        `#model=${model}&${QUICK}`,
        async (page) => {
          await pictureDone(page);
          const whole = await pixels(page);
          const cells = model === 'faces' ? 48 : 28;
          const { x, y, width, height } = await boxOf(page, '#glass');
          const asked = await page.evaluate(() => /** @type {any} */ (globalThis).asked.length);
          const px = Math.round(x + 0.25 * width); // a mouse is at whole pixels
          await page.mouse.move(px, Math.round(y + 0.5 * height));
          await page.locator('#sheet').focus();
          await page.mouse.wheel(0, -150);
          await page.mouse.wheel(0, -150);
          await zoomSays(page, /×1\.8/);
          await sharp(page);
          const near = /** @type {number[]} */ (await windowOf(page));
          assert.ok(Math.abs(near[2] - cells / Math.exp(0.6)) < 1e-4, `${near}`);
          const share = (px - x) / width;
          assert.ok(Math.abs(near[0] + share * near[2] - share * cells) < 1e-3, 'the pointer stays where it is');
          const closer = await pixels(page);
          assert.notDeepEqual(closer.values, whole.values);

          await page.mouse.down();
          await page.mouse.move(px + 40, Math.round(y + 0.5 * height) - 20, { steps: 5 });
          await page.mouse.up();
          await sharp(page);
          const moved = /** @type {number[]} */ (await windowOf(page));
          const cell = near[2] / width;
          assert.ok(Math.abs(moved[0] - (near[0] - 40 * cell)) < 1e-3, `${near} ${moved}`);
          assert.ok(Math.abs(moved[1] - (near[1] + 20 * cell)) < 1e-3, `${near} ${moved}`);

          await page.mouse.dblclick(x + 0.5 * width, y + 0.5 * height);
          await zoomSays(page, /×3\.[56]/);
          await page.getByRole('button', { name: 'All of it' }).click();
          await zoomSays(page, /×1\.0/);
          await sharp(page);
          assert.equal(await windowOf(page), null);
          assert.deepEqual(await pixels(page), whole, 'all of it again, to the bit');
          const since = await page.evaluate(
            (from) => /** @type {any} */ (globalThis).asked.slice(from),
            asked,
          );
          assert.ok(since.length > 0 && since.every((/** @type {string} */ type) => ['render', 'show'].includes(type)), `${since}`);
        },
        { init: watching },
      ));
  }

  it('keys and buttons zoom, move, and say where it ends', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await page.keyboard.press('+');
      await zoomSays(page, /×1\.5/);
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await zoomSays(page, /×2\.[23]/);
      await page.locator('#sheet').focus();
      const before = /** @type {number[]} */ (await windowOf(page));
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Shift+ArrowDown');
      const after = /** @type {number[]} */ (await windowOf(page));
      assert.ok(Math.abs(after[0] - before[0] - 0.1 * before[2]) < 1e-4);
      assert.ok(Math.abs(after[1] - before[1] - 0.5 * before[2]) < 1e-4);
      await page.keyboard.press('0');
      await zoomSays(page, /×1\.0/);
      await page.keyboard.press('1');
      await page.waitForFunction(() => document.getElementById('pitch-words')?.textContent === '1 cells a pixel');
      await page.keyboard.press('0');
      for (let i = 0; i < 5; i++) await page.getByRole('button', { name: 'Zoom out' }).click();
      await zoomSays(page, /×0\.25/);
      await page.waitForFunction(() =>
        /as far out as it goes/.test(document.getElementById('notices')?.textContent ?? ''),
      );
      for (let i = 0; i < 24; i++) await page.keyboard.press('+');
      await page.waitForFunction(() =>
        /as close as it goes: 1024 pixels a cell/.test(document.getElementById('notices')?.textContent ?? ''),
      );
      for (const key of ['0', '+', '+']) await page.keyboard.press(key);
      for (let i = 0; i < 99; i++) await page.keyboard.press('ArrowLeft');
      assert.match((await notices(page)).join(), /The world ends here/);
      const [x, , across] = /** @type {number[]} */ (await windowOf(page));
      assert.ok(Math.abs(x + across / 2) < 1e-3, 'the middle stays in the world');
    }));

  it('works while the picture is forming', () =>
    visiting('#sampler=dpm2m&steps=200&size=160x160&seed=5&class=1', async (page) => {
      await page.waitForFunction(() =>
        /^Step \d+ of 200/.test(document.getElementById('status')?.textContent ?? ''),
      );
      await page.keyboard.press('+');
      await page.keyboard.press('+');
      await zoomSays(page, /×2\.[23]/);
      assert.match((await page.locator('#status').textContent()) ?? '', /^Step/);
      await page.waitForFunction(
        (from) => document.getElementById('status')?.textContent !== from,
        await page.locator('#status').textContent(),
      );
      await page.keyboard.press('Escape');
      await sharp(page);
      assert.ok(spread(await pixels(page)) > 20);
    }));

  it('two fingers pinch, one moves what is enlarged', () =>
    visiting(
      `#${QUICK}`,
      async (page) => {
        await pictureDone(page);
        const touch = await touching(page);
        const { x, y, width, height } = await boxOf(page, '#glass');
        const [cx, cy] = [x + width / 2, y + height / 2];
        await touch('touchStart', [cx - 20, cy], [cx + 20, cy]);
        for (let i = 1; i <= 10; i++)
          await touch('touchMove', [cx - 20 - 2 * i, cy], [cx + 20 + 2 * i, cy]);
        await touch('touchEnd');
        await zoomSays(page, /×2\.0/);
        const near = /** @type {number[]} */ (await windowOf(page));
        await touch('touchStart', [cx, cy]);
        for (let i = 1; i <= 10; i++) await touch('touchMove', [cx + 4 * i, cy + i]);
        await touch('touchEnd');
        await sharp(page);
        const moved = /** @type {number[]} */ (await windowOf(page));
        assert.ok(Math.abs(moved[0] - (near[0] - (40 * near[2]) / width)) < 0.01, `${near} ${moved}`);
        assert.ok(Math.abs(moved[1] - (near[1] - (10 * near[2]) / width)) < 0.01, `${near} ${moved}`);
      },
      { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    ));

  it('the corner is dragged over many places, few of which are drawn; the last one sharp', () =>
    visiting(
      `#model=faces&steps=3&size=256x256&seed=5&class=1&screen=fit`,
      async (page) => {
        await pictureDone(page);
        const { x, y } = await boxOf(page, '#corner');
        await page.evaluate(() => {
          const seen = /** @type {any} */ (globalThis);
          seen.asked.length = seen.painted.length = 0;
        });
        await page.mouse.move(x + 16, y + 16);
        await page.mouse.down();
        for (let i = 1; i <= 60; i++) await page.mouse.move(x + 16 + i, y + 16 + (i % 7));
        await page.mouse.up();
        await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('376 × 264'));
        await sharp(page);
        const [asked, painted] = await page.evaluate(() => {
          const seen = /** @type {any} */ (globalThis);
          return [[...new Set(seen.asked)], seen.painted.length];
        });
        assert.deepEqual(asked.filter((type) => !['render', 'show'].includes(type)), [], 'nothing is computed anew');
        assert.ok(painted <= 62, `${painted} pictures`);
        const dragged = await pixels(page);
        await page.goto('about:blank');
        await page.goto(url('#model=faces&steps=3&size=376x264&seed=5&class=1'));
        await pictureDone(page);
        assert.deepEqual(await pixels(page), dragged);
      },
      { init: watching },
    ));
});

describe('the comparison', () => {
  it('shows the same part on both sides; its divider goes by pointer and by keys', () =>
    visiting(`#model=faces&steps=4&size=240x240&seed=5&class=1&compare=enlarged`, async (page) => {
      await pictureDone(page);
      await page.locator('#versus').waitFor({ state: 'visible' });
      assert.match((await page.locator('#compare-words').textContent()) ?? '', /48 × 48, enlarged by your browser.*drawn at this size/);
      const { x, y, width, height } = await boxOf(page, '#glass');
      await page.mouse.move(x + width / 2, y + height / 3);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.8, y + height / 3, { steps: 4 });
      await page.mouse.up();
      const divider = page.locator('#divider');
      assert.ok(Math.abs(Number(await divider.inputValue()) - 80) < 2);
      assert.equal(await windowOf(page), null, 'the divider moves, not the picture');
      await divider.press('ArrowLeft');
      await page.mouse.move(x + width / 4, y + height / 4);
      await page.mouse.wheel(0, -200);
      await page.mouse.down();
      await page.mouse.move(x + width / 4 - 30, y + height / 4 + 10, { steps: 3 });
      await page.mouse.up();
      await sharp(page);
      const [left, top, across] = /** @type {number[]} */ (await windowOf(page));
      // The small picture has two cells more on each side, and a transform that shows the same part of it.
      const transform = await page.evaluate(() => {
        const other = /** @type {HTMLElement} */ (document.getElementById('other'));
        const { a, d, e, f } = new DOMMatrix(getComputedStyle(other).transform);
        return { a, d, e, f };
      });
      assert.ok(Math.abs(transform.a - 52 / across) < 1e-3 && Math.abs(transform.d - 52 / across) < 1e-3);
      assert.ok(Math.abs(transform.e - ((-2 - left) / across) * width) < 0.1, `${transform.e}`);
      assert.ok(Math.abs(transform.f - ((-2 - top) / across) * height) < 0.1, `${transform.f}`);
    }));
});
