// Scale and Extend, and the parts of the plane in links and PNGs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  afterRun, boxOf, drop, hashOf, notices, pictureDone, pixels, sharp, useBrowser, watching,
} from './browser.js';

const { url, visiting } = useBrowser();
const QUICK = 'steps=4&size=160x160&seed=5&class=1';

describe('Scale and Extend', () => {
  it('Extend computes more world around the same noise; both say what they do', () =>
    visiting(`#model=faces&steps=2&size=256x320&seed=5&class=1`, async (page) => {
      await pictureDone(page);
      const words = (/** @type {string} */ id) => page.locator(id).textContent();
      assert.match((await words('#scale-words')) ?? '', /same picture on finer pixels: 48 × 48 cells of 5\.33 pixels/);
      assert.match((await words('#extend-words')) ?? '', /More world .* same cell size: 48 × 48 cells of 8 pixels\..*smaller than the object .*384 × 384/);
      const status = await words('#status');
      await page.getByRole('radio', { name: /^Extend/ }).check();
      assert.match(await hashOf(page), /extend=8,4,32/);
      await sharp(page);
      assert.equal(await words('#status'), status, 'the canvas is smaller than the frame: no other world');
      await afterRun(page, () => page.getByLabel('Pixels a cell', { exact: true }).selectOption('4'));
      assert.match((await words('#extend-words')) ?? '', /64 × 80 cells of 4 pixels, 2\.2 times the work/);
      await afterRun(page, async () => {
        await page.getByLabel('Width in pixels').fill('300');
        await page.getByLabel('Width in pixels').press('Enter');
      });
      assert.match((await words('#extend-words')) ?? '', /76 × 80 cells of 4 pixels/);
      await page.getByLabel('Width in pixels').fill('1200');
      await page.getByLabel('Width in pixels').press('Enter');
      assert.match((await notices(page)).join(), /world of 300 × 80 cells, and at most 256 a side .* more pixels a cell or a smaller canvas/);
      assert.equal(await page.getByLabel('Width in pixels').inputValue(), '300');
      await afterRun(page, () => page.getByRole('radio', { name: /^Scale/ }).check());
      assert.doesNotMatch(await hashOf(page), /extend/);
    }));

  it('a shape that is not the frame\'s is filled with more picture, in words; its own shows the picture alone', () =>
    visiting('#model=faces&steps=2&size=250x250&seed=5&class=1', async (page) => {
      await pictureDone(page);
      await afterRun(page, () => page.getByRole('button', { name: '16:9' }).click());
      assert.match(await hashOf(page), /size=336x184&.*extend=-32,-6\.666666667,112/);
      assert.ok(await page.getByRole('radio', { name: /^Extend/ }).isChecked());
      assert.equal(await page.getByLabel('Pixels a cell', { exact: true }).inputValue(), '3');
      assert.match((await notices(page)).join(), /More picture is made around it, to fill this shape/);
      assert.match((await page.locator('#extend-words').textContent()) ?? '', /112 × 62 cells of 3 pixels/);
      await afterRun(page, () => page.getByRole('button', { name: 'Swap' }).click());
      assert.match(await hashOf(page), /size=184x336&.*extend=-6\.666666667,-32,61\.333333333/);
      await afterRun(page, () => page.getByRole('button', { name: '1:1' }).click());
      assert.doesNotMatch(await hashOf(page), /extend/);
      assert.ok(await page.getByRole('radio', { name: /^Scale/ }).isChecked());
    }));

  it('in Extend the corner changes the world, computed once it is let go', () =>
    visiting(
      '#model=fashion&steps=4&size=300x240&seed=5&class=1&extend=-4.75,-1,37.5&screen=fit',
      async (page) => {
        await pictureDone(page);
        const { x, y } = await boxOf(page, '#corner');
        const asked = () => page.evaluate(() => [...new Set(/** @type {any} */ (globalThis).asked.splice(0))]);
        await asked();
        await page.mouse.move(x + 16, y + 16);
        await page.mouse.down();
        await page.mouse.move(x + 36, y + 32, { steps: 6 });
        await page.waitForTimeout(500);
        assert.ok(!(await asked()).includes('rows'), 'the size is not decided yet');
        await afterRun(page, () => page.mouse.up());
        assert.ok((await asked()).includes('rows'));
        assert.match(await hashOf(page), /size=340x272.*extend=-7\.25,-3,42\.5/);
        assert.match((await page.locator('#extend-words').textContent()) ?? '', /44 × 34 cells of 8 pixels/);
      },
      { init: watching },
    ));

  it('a PNG of a part of an extended world brings it back, and is what is shown', () =>
    visiting('#model=faces&class=1&seed=5&size=200x150&guidance=1.5&sampler=dpm2m&steps=2&extend=-1,5.25,50&window=10.5,12,8', async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      const hash = await hashOf(page);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      const bytes = readFileSync(await (await saved).path());
      assert.match(bytes.toString('latin1'), /; extend -1,5\.25,50; window 10\.5,12,8/);
      await page.goto('about:blank');
      await page.goto(url(`#${QUICK}`));
      await pictureDone(page);
      await afterRun(page, () => drop(page, 'part.png', bytes));
      assert.deepEqual(await pixels(page), picture);
      assert.equal(await hashOf(page), hash);
    }));

  it('refuses impossible parts and worlds in a link with a sentence', () =>
    visiting(`#${QUICK}&window=1,2&extend=0,0,1e9`, async (page) => {
      await pictureDone(page);
      const said = (await notices(page)).join();
      assert.match(said, /window “1,2”, but that must be 'all', or three numbers/);
      assert.match(said, /extend “0,0,1e9”/);
      await page.goto(url(`#${QUICK}&extend=0,0,900&window=99999,0,5`));
      await page.waitForFunction(() => /nearest is shown/.test(document.getElementById('notices')?.textContent ?? ''));
      assert.match((await notices(page)).join(), /world of 900 × 900 cells.*The frame alone is computed/);
      await pictureDone(page);
    }));
});
