// Starting from a picture, between two seeds, the grid of seeds, as a visitor uses them; and all of Edit for everyone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { writePng } from '../cli/png.js';
import {
  afterRun, boxOf, drop, hashOf, notices, openTab, pictureDone, pixels, sharp, undone, useBrowser,
} from './browser.js';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{values: number[]}} Picture */

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const { url, visiting } = useBrowser();
const QUICK = 'model=fashion&steps=5&size=140x140&class=1';

/** @param {Page} page @param {() => Promise<unknown>} action */
async function made(page, action) {
  await afterRun(page, action);
  await sharp(page);
  return pixels(page);
}
async function pictureOf(/** @type {Page} */ page) {
  await pictureDone(page);
  await sharp(page);
  return pixels(page);
}
/** Levels apart, in the mean. @param {Picture} a @param {Picture} b */
const apart = (a, b) => a.values.reduce((sum, v, i) => sum + Math.abs(v - b.values[i]), 0) / a.values.length;
const most = (/** @type {Picture} */ a, /** @type {Picture} */ b) => a.values.reduce((max, v, i) => Math.max(max, Math.abs(v - b.values[i])), 0);

/** @param {Page} page @param {number} strength */
async function from(page, strength) {
  await page.locator('#strength').fill(String(strength));
  return made(page, () => page.getByRole('button', { name: 'Generate from it' }).click());
}

describe('starting from a picture', () => {
  it('this one: little strength changes little, all of it everything; Undo', () =>
    visiting(`#${QUICK}&seed=5`, async (page) => {
      const before = await pictureOf(page);
      await openTab(page, 'Edit');
      await page.locator('#start-panel summary').click();
      assert.ok(await page.getByRole('button', { name: 'Generate from it' }).isDisabled());
      await page.getByRole('button', { name: 'This picture' }).click();
      assert.match((await page.locator('#start-name').textContent()) ?? '', /Trouser, seed 5/);
      const little = await from(page, 0.05);
      assert.ok(apart(little, before) < 4 && most(little, before) > 0, `${apart(little, before)}`);
      const much = await made(page, () => page.locator('#strength').fill('0.9')); // it follows
      assert.ok(apart(much, before) > 3 * apart(little, before));
      assert.deepEqual(await undone(page), before);
      // The kind may be changed in between: what is held stays.
      await made(page, () => page.getByRole('radio', { name: 'Bag' }).check());
      assert.ok(apart(await from(page, 0.05), before) < 4);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      assert.match(readFileSync(await (await saved).path()).toString('latin1'), /class 8;.*; from a source; strength 0\.05/);
    }));

  for (const [model, channels, light, dark] of /** @type {[string, number, number[], number[]][]} */ ([
    ['fashion', 1, [220], [10]], ['faces', 3, [235, 180, 150], [90, 190, 240]],
  ]))
    it(`a file that is dropped, without settings in it: ${model}`, () =>
      visiting(`#model=${model}&steps=8&size=144x144&seed=5&class=1`, async (page) => {
        await pictureDone(page);
        // Wider than high: the middle is taken.
        const level = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) => (Math.hypot(x - 120, y - 72) < 48 ? light : dark)[c];
        await drop(page, 'disc.png', writePng(240, 144, channels, level));
        await page.waitForFunction(() => /disc\.png is the picture to start from now/.test(document.getElementById('notices')?.textContent ?? ''));
        assert.match((await page.locator('#start-name').textContent()) ?? '', /disc\.png/);
        const made = await from(page, 0.05);
        const at = (/** @type {number} */ x, /** @type {number} */ y) => made.values[y * 144 + x];
        assert.ok(at(72, 72) > 180 && at(72, 40) > 150 && at(5, 5) < 130 && at(138, 72) < 130, `${[at(72, 72), at(5, 5)]}`);
        await drop(page, 'broken.jpg', Buffer.from('ffd8ff0000', 'hex'));
        await page.waitForFunction(() => /broken\.jpg is a JPEG picture, but damaged/.test(document.getElementById('notices')?.textContent ?? ''));
      }));

  it('a picture unlike all that the model has learned survives, and that is said', () =>
    visiting('#model=faces&steps=4&size=96x96&seed=5&class=1', async (page) => {
      await pictureDone(page);
      const dark = (/** @type {number} */ x, /** @type {number} */ y) => (Math.hypot(x - 48, y - 48) < 32 ? 220 : 30);
      await drop(page, 'dark.png', writePng(96, 96, 1, dark));
      await page.waitForFunction(() => /dark\.png is the picture/.test(document.getElementById('notices')?.textContent ?? ''));
      for (const strength of [0.3, 0.6]) {
        const { values } = await from(page, strength);
        for (let y = 2; y < 96; y += 4)
          for (let x = 2; x < 96; x += 4)
            if (Math.abs(Math.hypot(x - 48, y - 48) - 32) > 6)
              assert.ok(Math.abs(values[y * 96 + x] - dark(x, y)) < 40, `${strength}: ${values[y * 96 + x]} at ${x}, ${y}`);
      }
      assert.match((await notices(page)).join(), /Nothing changed: this picture is unlike all that the model has learned/);
    }));

  it('models that cannot say why', () =>
    visiting('#model=seed&size=64x64&seed=5', async (page) => {
      await pictureDone(page);
      assert.match((await page.locator('#edit-words').textContent()) ?? '', /fixed chain.*nothing to edit/);
      await openTab(page, 'Edit');
      for (const panel of ['paint', 'grow', 'start']) await page.locator(`#${panel}-panel summary`).click();
      for (const id of ['brush', 'start-page', 'start-open', 'start-begin', 'strength', 'grow-cells'])
        assert.ok(await page.locator(`#${id}`).isDisabled(), id);
      assert.ok(await page.getByRole('button', { name: 'Add above' }).isDisabled());
      await page.keyboard.press('m');
      assert.ok(await page.locator('#brush-bar').isHidden());
      await drop(page, 'any.png', writePng(8, 8, 1, () => 9));
      await page.waitForFunction(() => /cannot be started from here/.test(document.getElementById('notices')?.textContent ?? ''));
    }));
});

describe('seeds', () => {
  it('between two: the slider goes from one to the other; link and PNG carry it', () =>
    visiting(`#${QUICK}&seed=5&lock=1`, async (page) => {
      const first = await pictureOf(page);
      assert.doesNotMatch(await hashOf(page), /other|mix/);
      await page.locator('summary', { hasText: 'Between two seeds' }).click();
      const field = page.getByLabel('Second seed', { exact: true });
      await field.fill('9');
      const half = await made(page, () => field.press('Enter'));
      assert.match(await hashOf(page), /&other=9&mix=0\.5/);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      const bytes = readFileSync(await (await saved).path());
      assert.match(bytes.toString('latin1'), /; other seed 9; mix 0\.5/);
      const slider = page.getByLabel('Share of the second seed');
      const second = await made(page, () => slider.fill('1'));
      assert.ok(apart(half, first) > 2 && apart(half, second) > 2);
      assert.deepEqual(await made(page, () => slider.fill('0')), first);
      assert.match((await page.locator('#mix-words').textContent()) ?? '', /^Off/);
      await field.fill('nine');
      await field.press('Enter');
      assert.match((await page.locator('#other-seed-wrong').textContent()) ?? '', /Second seed “nine” is not possible/);
      await page.goto('about:blank');
      await page.goto(url(`#${QUICK}&seed=9`));
      assert.ok(most(await pictureOf(page), second) <= 1);
      assert.deepEqual(await made(page, () => drop(page, 'half.png', bytes)), half);
    }));

  it('the grid: nine of them, one chosen; Escape changes nothing', () =>
    visiting(`#${QUICK}&seed=5`, async (page) => {
      const before = await pictureOf(page);
      await page.keyboard.press('g');
      await page.waitForFunction(() => /Making [2-8] of 9/.test(document.getElementById('seeds-words')?.textContent ?? ''));
      await page.keyboard.press('Escape');
      await page.locator('#seeds-dialog[open]').waitFor({ state: 'detached' });
      await sharp(page);
      assert.deepEqual(await pixels(page), before);
      await page.keyboard.press('+'); // what is drawn anew is still this picture
      await page.keyboard.press('0');
      await sharp(page);
      assert.deepEqual(await pixels(page), before);

      await page.getByRole('button', { name: 'Grid of seeds' }).click();
      await page.waitForFunction(() => document.getElementById('seeds-words')?.textContent === 'Choose one.');
      const shown = await page.evaluate(() => [...document.querySelectorAll('#seeds canvas')].map((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL()));
      assert.equal(new Set(shown).size, 9);
      const chosen = await made(page, () => page.getByRole('button', { name: 'Seed 7', exact: true }).click());
      assert.equal(await page.getByLabel('Seed', { exact: true }).inputValue(), '7');
      assert.match(await hashOf(page), /seed=7&lock=1/);
      await page.goto('about:blank');
      await page.goto(url(`#${QUICK}&seed=7`));
      assert.deepEqual(await pictureOf(page), chosen);
    }));
});

/** What axe-core finds, as one line each. @param {Page} page @returns {Promise<string[]>} */
async function violations(page) {
  await page.addScriptTag({ path: AXE });
  return page.evaluate(async () => {
    const { violations: found } = await /** @type {any} */ (globalThis).axe.run();
    return found.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(' | ')}`);
  });
}

describe('everyone', () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  for (const [name, options] of /** @type {[string, any][]} */ ([
    ['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['360 px wide', { colorScheme: 'dark', ...phone }],
  ]))
    it(`has nothing that axe-core objects to with everything open: ${name}`, () =>
      visiting(
        `#${QUICK}&seed=5`,
        async (page) => {
          await pictureDone(page);
          await openTab(page, 'Edit');
          for (const summary of await page.locator('#panel-edit .fold summary').all()) await summary.click();
          await page.locator('#brush').click();
          await page.getByRole('button', { name: 'Left half' }).click();
          await page.getByRole('button', { name: 'This picture' }).click();
          assert.deepEqual(await violations(page), []);
          await openTab(page, 'Settings');
          await page.locator('#panel-settings .fold summary').click();
          await page.getByLabel('Second seed', { exact: true }).fill('18446744073709551615');
          assert.deepEqual(await violations(page), []);
          const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(wide <= seen, `the page is ${wide} pixels wide, the screen ${seen}`);
          await page.locator('#seeds-open').click();
          await page.waitForFunction(() => /of 9|Choose/.test(document.getElementById('seeds-words')?.textContent ?? ''));
          assert.deepEqual(await violations(page), []);
        },
        { ...options, bypassCSP: true },
      ));

  it('paints with one finger, and two still zoom', () =>
    visiting(
      `#${QUICK}&seed=5`,
      async (page) => {
        await pictureDone(page);
        await openTab(page, 'Edit');
        await page.locator('#paint-panel summary').click();
        await page.locator('#brush').click();
        const session = await page.context().newCDPSession(page);
        const touch = (/** @type {'touchStart'|'touchMove'|'touchEnd'} */ type, /** @type {[number, number][]} */ ...points) =>
          session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
        const { x, y, width } = await boxOf(page, '#glass');
        const scrolled = await page.evaluate(() => scrollY);
        await touch('touchStart', [x + width / 4, y + width / 4]);
        for (let i = 1; i <= 8; i++) await touch('touchMove', [x + width / 4, y + width / 4 + (i * width) / 16]);
        await touch('touchEnd');
        const painted = () => page.evaluate(async () => {
          await new Promise(requestAnimationFrame);
          const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('mask'));
          const data = canvas.hidden ? [] : /** @type {any} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height).data;
          return Array.from(data).filter((value, i) => i % 4 === 3 && value > 0).length;
        });
        const cells = await painted();
        assert.ok(cells > 60, `${cells} cells`);
        assert.equal(await page.evaluate(() => scrollY), scrolled);
        const [cx, cy] = [x + width / 2, y + width / 2];
        await touch('touchStart', [cx - 20, cy]);
        await touch('touchStart', [cx - 20, cy], [cx + 20, cy]);
        for (let i = 1; i <= 10; i++) await touch('touchMove', [cx - 20 - 2 * i, cy], [cx + 20 + 2 * i, cy]);
        await touch('touchEnd');
        await page.waitForFunction(() => /×(1\.[5-9]|2)/.test(document.getElementById('zoom-words')?.textContent ?? ''));
        assert.equal(await painted(), cells, 'two fingers did not paint');
      },
      phone,
    ));
});
