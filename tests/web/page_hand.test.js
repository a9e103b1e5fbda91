// Pictures that follow the hand: previews while a setting moves, the picture itself when it rests, and nothing of them is kept.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashOf, pictureDone, pixels, sharp, undone, useBrowser } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { url, visiting } = useBrowser();
const QUICK = 'model=fashion&steps=8&size=140x140&class=1&seed=150'; // farther than the slider is moved

/** From now on, what the caption says and whether a picture can be downloaded. @param {Page} page */
function listen(page) {
  return page.evaluate(() => {
    /** @type {{words: string, free: boolean}[]} */
    const said = [];
    /** @type {string[]} */
    const read = [];
    Object.assign(globalThis, { said, read });
    const caption = /** @type {HTMLElement} */ (document.getElementById('caption'));
    const download = /** @type {HTMLButtonElement} */ (document.getElementById('download'));
    new MutationObserver(() => setTimeout(() => said.push({ words: caption.textContent ?? '', free: !download.disabled })))
      .observe(caption, { childList: true });
    for (const live of document.querySelectorAll('[aria-live], [role="status"]'))
      new MutationObserver(() => read.push(live.textContent ?? '')).observe(live, { childList: true, characterData: true, subtree: true });
  });
}
/** @param {Page} page @returns {Promise<{said: {words: string, free: boolean}[], read: string[]}>} */
const heard = (page) => page.evaluate(() => {
  const { said, read } = /** @type {any} */ (globalThis);
  return { said, read };
});
/** Move a slider, never resting, until there were so many previews and it stands elsewhere than before. @param {Page} page @param {string} id @param {number} wanted */
function slide(page, id, wanted) {
  return page.evaluate(async ([which, least]) => {
    const slider = /** @type {HTMLInputElement} */ (document.getElementById(String(which)));
    const [low, high, step] = [slider.min, slider.max, slider.step].map(Number);
    const { said } = /** @type {any} */ (globalThis);
    const previews = () => said.filter((/** @type {any} */ { words }) => /preview/.test(words)).length;
    const before = slider.value;
    for (let at = low + step; previews() < Number(least) || slider.value === before; at = at + step > high ? low + step : at + step) {
      slider.value = String(at);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((next) => setTimeout(next, 30));
    }
  }, [id, wanted]);
}
/** The picture itself is there. @param {Page} page */
async function rested(page) {
  await page.waitForFunction(() => /· \d+ × \d+$/.test(document.getElementById('caption')?.textContent ?? ''));
  await pictureDone(page);
  await sharp(page);
}

describe('the hand', () => {
  for (const id of ['mix', 'seed-slider', 'guidance-slider'])
    it(`previews follow ${id}; the rested picture is the one of its link, and Undo knows that alone`, () =>
      visiting(`#${QUICK}&lock=1`, async (page) => {
        await pictureDone(page);
        await sharp(page);
        const before = await pixels(page);
        const entries = await page.evaluate(() => history.length);
        await listen(page);
        await slide(page, id, 3);
        await rested(page);
        const after = await pixels(page);
        assert.notDeepEqual(after.values, before.values);
        const { said, read } = await heard(page);
        const previews = said.filter(({ words }) => /preview/.test(words));
        assert.ok(previews.length >= 3);
        assert.ok(previews.every(({ words, free }) => !free && !/×/.test(words)), 'a preview has no size, and is no file');
        assert.ok(read.length <= 4, `a screen reader hears of beginning and end alone: ${read.join(' | ')}`);
        assert.equal(await page.locator('#album button').count(), 2);
        assert.equal(await page.evaluate(() => history.length), entries + 1);
        const hash = await hashOf(page);
        assert.deepEqual(await undone(page), before);
        assert.ok(await page.locator('#undo-edit').isDisabled(), 'no preview is in the way of Undo');
        await page.goto('about:blank');
        await page.goto(url(hash));
        await rested(page);
        assert.deepEqual(await pixels(page), after);
      }));

  it('a key on the slider, dice and class show a preview at once; the seed may be typed', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await listen(page);
      const follows = async (/** @type {() => Promise<unknown>} */ act, /** @type {RegExp} */ words) => {
        await page.evaluate(() => /** @type {any} */ (globalThis).said.splice(0));
        await act();
        await page.waitForFunction(() => /** @type {any} */ (globalThis).said.length > 0);
        const { said } = await heard(page);
        assert.match(said[0].words, /preview$/);
        assert.match(said[0].words, words);
        await rested(page);
      };
      await follows(() => page.locator('#seed-slider').press('ArrowRight'), /Trouser seed 151/);
      await follows(() => page.getByRole('radio', { name: 'Bag' }).check(), /Bag seed 151/);
      await follows(() => page.locator('#dice').click(), /Bag seed \d+/);
    }));

  it('who asks for less motion sees pictures at rest alone', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await listen(page);
      await page.locator('#seed-slider').press('ArrowRight');
      await page.waitForFunction(() => /seed 151 · 140/.test(document.getElementById('caption')?.textContent ?? ''));
      assert.ok((await heard(page)).said.every(({ words }) => !/preview/.test(words)));
    }, { reducedMotion: 'reduce' }));

  it('the grid shows all nine as previews first, each said to be one; the picture behind stays', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await sharp(page);
      const before = await pixels(page);
      await page.keyboard.press('g');
      await page.waitForFunction(() => /^Making 1/.test(document.getElementById('seeds-words')?.textContent ?? ''));
      assert.equal(await page.locator('#seeds button:not(:disabled)').count(), 9);
      assert.ok((await page.locator('#seeds button').last().textContent())?.endsWith('preview'));
      await page.waitForFunction(() => document.getElementById('seeds-words')?.textContent === 'Choose one.');
      assert.equal(await page.locator('#seeds span:visible').count(), 0);
      await page.keyboard.press('Escape');
      assert.deepEqual(await pixels(page), before);
    }));
});
