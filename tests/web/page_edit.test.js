// Editing as a visitor does it: the mask brush and outpainting; what is kept is kept to the bit, and Undo brings all back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  afterRun, boxOf, drop, hashOf, notices, openTab, pictureDone, pixels, sharp, undone, useBrowser,
} from './browser.js';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{width: number, height: number, values: number[]}} Picture */

const { url, visiting } = useBrowser();
const N = 28;
const CELL = 8; // pixels
const QUICK = `model=fashion&steps=4&size=${N * CELL}x${N * CELL}&seed=5&class=1`;
const REACH = 2; // cells that the interpolation of a pixel reads on every side

/** Pixels of `after` that differ from `before` moved by (dx, dy), of those that `which` names (by `before`'s pixel).
 *  @param {Picture} before @param {Picture} after @param {(x: number, y: number) => boolean} which */
function differing(before, after, which, dx = 0, dy = 0) {
  let [n, all] = [0, 0];
  for (let y = 0; y < before.height; y++)
    for (let x = 0; x < before.width; x++) {
      if (!which(x, y)) continue;
      all++;
      if (before.values[y * before.width + x] !== after.values[(y + dy) * after.width + x + dx]) n++;
    }
  assert.ok(all > 100, `${all} pixels are looked at`);
  return n / all;
}

/** @param {Page} page @param {string} panel */
const unfold = async (page, panel) => {
  await openTab(page, 'Edit');
  await page.locator(`#${panel} summary`).click();
};

/** A run, and its picture. @param {Page} page @param {() => Promise<unknown>} action */
async function made(page, action) {
  await afterRun(page, action);
  await sharp(page);
  return pixels(page);
}
const pictureOf = async (/** @type {Page} */ page) => {
  await pictureDone(page);
  await sharp(page);
  return pixels(page);
};

/** With the mouse, from one cell to another. @param {Page} page @param {[number, number]} from @param {[number, number]} to */
async function stroke(page, from, to) {
  const { x, y, width } = await boxOf(page, '#glass');
  const at = ([i, j]) => /** @type {[number, number]} */ ([x + (i * width) / N, y + (j * width) / N]);
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 12 });
  await page.mouse.up();
}

/** The mask as it is shown: opacity of every cell, 0 to 1; nothing when it is not shown. @param {Page} page */
const maskOf = (page) =>
  page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('mask'));
    if (canvas.hidden) return [];
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3] / 158);
  });
const painted = async (/** @type {Page} */ page) => {
  await page.waitForTimeout(60); // it is drawn with the screen
  return (await maskOf(page)).reduce((sum, value) => sum + value, 0);
};

describe('the mask brush', () => {
  it('what is painted is made anew, the rest stays to the bit; Undo brings all of it back', () =>
    visiting(`#${QUICK}`, async (page) => {
      const before = await pictureOf(page);
      const hash = await hashOf(page);
      await page.keyboard.press('m');
      await stroke(page, [13, 7], [13, 21]); // six cells wide, on the trousers: what is black is made black anew
      const after = await made(page, () => page.locator('#repaint').click());
      const far = (/** @type {number} */ x, /** @type {number} */ y) => {
        const [i, j] = [(x + 0.5) / CELL, (y + 0.5) / CELL];
        return Math.hypot(i - 13, j - Math.max(7, Math.min(j, 21)));
      };
      const edge = 3 + 0.5 + Math.SQRT2 * REACH;
      assert.equal(differing(before, after, (x, y) => far(x, y) >= edge), 0);
      assert.ok(differing(before, after, (x, y) => far(x, y) < 2) > 0.5);
      assert.deepEqual(await maskOf(page), [], 'the result is seen, not the mask');
      assert.match((await page.locator('#caption').textContent()) ?? '', /edited/);
      assert.equal(await hashOf(page), hash);
      const again = await made(page, () => page.locator('#repaint').click());
      assert.notDeepEqual(again, after, 'another seed');
      assert.equal(differing(before, again, (x, y) => far(x, y) >= edge), 0);
      assert.deepEqual(await undone(page), after);
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      await page.waitForFunction(() => !/edited/.test(document.getElementById('caption')?.textContent ?? ''));
      await sharp(page);
      assert.deepEqual(await pixels(page), before);
      assert.ok(await page.getByRole('button', { name: 'Undo', exact: true }).isDisabled());
      assert.doesNotMatch((await page.locator('#caption').textContent()) ?? '', /edited/);
    }));

  it('erases, undoes, inverts, clears; the mask keeps its place when the picture is zoomed', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await page.keyboard.press('m');
      assert.ok(await page.locator('#repaint').isDisabled());
      await stroke(page, [7, 7], [7, 21]);
      const first = await painted(page);
      assert.ok(first > 80 && first < 140, `${first} cells`);
      await stroke(page, [20, 7], [20, 21]);
      assert.ok((await painted(page)) > 1.9 * first);
      await page.getByRole('button', { name: 'Undo stroke' }).click();
      assert.equal(await painted(page), first);
      await page.getByRole('button', { name: 'Erase' }).click();
      await stroke(page, [7, 14], [7, 21]);
      assert.ok((await painted(page)) < 0.7 * first);
      const some = await painted(page);
      await page.getByRole('button', { name: 'Invert' }).click();
      assert.ok(Math.abs((await painted(page)) - (N * N - some)) < 1);
      await page.locator('#brush-size').fill('20');
      const { x, y, width } = await boxOf(page, '#glass');
      assert.ok(Math.abs((await boxOf(page, '#mask')).width - width) < 1);
      await page.mouse.move(x + width / 4, y + width / 4);
      await page.locator('#sheet').focus();
      await page.mouse.wheel(0, -240);
      await page.waitForFunction((wide) => /** @type {HTMLElement} */ (document.getElementById('mask')).getBoundingClientRect().width > 1.5 * wide, width);
      const mask = await boxOf(page, '#mask');
      assert.ok(Math.abs(mask.x + mask.width / 4 - (x + width / 4)) < 1.5, 'the point under the pointer stays');
      assert.ok(Math.abs((await boxOf(page, '#ring')).width - (20 * mask.width) / N) < 3);
      await page.getByRole('button', { name: 'Clear' }).click();
      assert.equal(await painted(page), 0);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.mouse.move(x + width / 2, y + width / 2);
      await page.mouse.down();
      await page.mouse.move(x + width / 2 + 30, y + width / 2, { steps: 4 });
      await page.mouse.up();
      assert.equal(await painted(page), 0, 'without the brush the picture is moved');
    }));

  it('by the keyboard alone: half of it; locked, the same again', () =>
    visiting(`#${QUICK}&lock=1`, async (page) => {
      const before = await pictureOf(page);
      await openTab(page, 'Edit');
      await page.locator('#paint-panel summary').press('Enter');
      await page.getByRole('button', { name: 'Left half' }).press('Enter');
      const after = await made(page, () => page.locator('#repaint').press('Enter'));
      const kept = (/** @type {number} */ x) => x >= (14 + REACH) * CELL;
      assert.equal(differing(before, after, kept), 0);
      assert.ok(differing(before, after, (x) => x < 12 * CELL) > 0.4);
      assert.deepEqual(await undone(page), before);
      assert.deepEqual(await made(page, () => page.locator('#repaint').press('Enter')), after);
    }));

  it('Cancel leaves what was reached, and Undo the picture before; Generate makes one without the edit', () =>
    visiting(`#${QUICK}&sampler=dpm2m&lock=1`, async (page) => {
      const before = await pictureOf(page);
      await unfold(page, 'paint-panel');
      await page.getByRole('button', { name: 'Top half' }).click();
      await openTab(page, 'Settings');
      await page.locator('#steps').fill('200');
      await page.locator('#steps').press('Enter');
      await page.waitForFunction(() => /^Step \d+ of 200/.test(document.getElementById('status')?.textContent ?? ''));
      await page.keyboard.press('Escape');
      await page.locator('#steps').fill('4');
      await made(page, () => page.locator('#steps').press('Enter'));
      await openTab(page, 'Edit');
      await page.locator('#repaint').click();
      await page.waitForFunction(() => /^Step/.test(document.getElementById('status')?.textContent ?? ''));
      assert.deepEqual(await undone(page), before);
      const edited = await made(page, () => page.locator('#repaint').click());
      assert.notDeepEqual(edited, before);
      assert.deepEqual(await made(page, () => page.getByRole('button', { name: 'Generate', exact: true }).click()), before);
      assert.doesNotMatch((await page.locator('#caption').textContent()) ?? '', /edited/);
      assert.deepEqual(await undone(page), edited, 'nothing edited is lost by a slip');
    }));

  it('says that a link and a PNG do not have the edit', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await unfold(page, 'paint-panel');
      await page.getByRole('button', { name: 'Middle' }).click();
      await made(page, () => page.locator('#repaint').click());
      await page.locator('#share').click();
      await page.waitForFunction(() => /(not the edit|without the edit)/.test(document.getElementById('notices')?.textContent ?? ''));
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      const file = await saved;
      assert.match(file.suggestedFilename(), /-edited\.png$/);
      const bytes = readFileSync(await file.path());
      assert.match(bytes.toString('latin1'), /seed 5;.*; parts of a source kept; edit seed \d+/);
      await page.goto('about:blank');
      await page.goto(url(`#${QUICK}`));
      const plain = await pictureOf(page);
      assert.deepEqual(await made(page, () => drop(page, 'edited.png', bytes)), plain);
      assert.match((await notices(page)).join(), /was edited. Its settings bring back what it was made from/);
    }));
});

describe('outpainting', () => {
  for (const [name, hash, frame, side, reach] of /** @type {[string, string, number, number, number][]} */ ([
    ['a model without a renderer', 'model=fashion&steps=3&seed=5&class=1', 28, 211, REACH],
    ['one with a renderer', 'model=faces&steps=2&seed=5&class=1', 48, 236, 5], // what it sees of the cells around
  ]))
    it(`adds on all four sides, and keeps what there is to the bit: ${name}`, () =>
      visiting(`#${hash}&size=${side}x${side}`, async (page) => {
        const first = await pictureOf(page);
        await unfold(page, 'grow-panel');
        await page.locator('#grow-cells').selectOption('8');
        const pixelsMore = Math.round((8 * side) / frame);
        const border = Math.ceil((reach * side) / frame);
        let before = first;
        for (const [label, dx, dy] of /** @type {[string, number, number][]} */ ([
          ['Add on the right', 0, 0], ['Add above', 0, 1], ['Add on the left', 1, 0], ['Add below', 0, 0],
        ])) {
          const old = before;
          const after = await made(page, () => page.getByRole('button', { name: label }).click());
          const across = /left|right/.test(label);
          assert.deepEqual([after.width, after.height], [old.width + (across ? pixelsMore : 0), old.height + (across ? 0 : pixelsMore)]);
          const kept = (/** @type {number} */ x, /** @type {number} */ y) =>
            ({ right: x < old.width - border, left: x >= border, above: y >= border, below: y < old.height - border })[/** @type {'right'} */ (label.split(' ').at(-1))];
          assert.equal(differing(old, after, kept, dx * pixelsMore, dy * pixelsMore), 0, label);
          const strip = after.values.filter((_, i) => {
            const [x, y] = [i % after.width, Math.floor(i / after.width)];
            return x >= old.width + dx * pixelsMore || y >= old.height + dy * pixelsMore || x < dx * pixelsMore || y < dy * pixelsMore;
          });
          assert.ok(new Set(strip).size > 2, `${label}: something is there`);
          before = after;
        }
        assert.match((await page.locator('#caption').textContent()) ?? '', /edited/);
        await page.keyboard.press('u'); // twice at once
        assert.deepEqual(await undone(page, 3), first);
        assert.doesNotMatch(await hashOf(page), /extend/);
        assert.deepEqual(await notices(page), []);
      }));

  it('a larger canvas for an edited picture in Extend is more of it around; a smaller one needs no run', () =>
    visiting(`#model=fashion&steps=3&seed=5&class=1&size=224x224`, async (page) => {
      await pictureDone(page);
      await unfold(page, 'grow-panel');
      const before = await made(page, () => page.getByRole('button', { name: 'Add on the right' }).click());
      const width = async (/** @type {number} */ to) => {
        await page.getByLabel('Width in pixels').fill(String(to));
        await page.getByLabel('Width in pixels').press('Enter');
      };
      const wide = await made(page, () => width(before.width + 80));
      assert.equal(differing(before, wide, (x) => x >= 16 && x < before.width - 16, 40), 0);
      const status = await page.locator('#status').textContent();
      await width(before.width);
      await sharp(page);
      await page.waitForTimeout(300);
      assert.equal(await page.locator('#status').textContent(), status);
      assert.equal(differing(before, await pixels(page), (x) => x >= 16 && x < before.width - 16), 0);
    }));

  it('says where it ends', () =>
    visiting('#model=fashion&steps=1&seed=5&class=1&size=240x32&extend=0,0,240', async (page) => {
      await pictureDone(page);
      await unfold(page, 'grow-panel');
      await page.locator('#grow-cells').selectOption('32');
      await page.getByRole('button', { name: 'Add on the left' }).click();
      assert.match((await notices(page)).join(), /more than 256 cells a side/);
      assert.doesNotMatch((await page.locator('#caption').textContent()) ?? '', /edited/);
    }));
});
