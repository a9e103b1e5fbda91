// Training on one's own pictures in real Chromium: twelve drawn faces, a reload, the checkpoint in the program, too many pictures.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporary, works } from '../cli/coordiff.js';
import { notices, openTab, pictureDone, useBrowser, violations } from './browser.js';
import { DRAWINGS, fileOf, writeDrawings } from './drawings.js';

const { visiting } = useBrowser();
const LIGHT = '#model=fashion&steps=1&size=56x28';
const files = [...DRAWINGS.keys()].map((i) => ({ name: `face-${String(i).padStart(2, '0')}.png`, mimeType: 'image/png', buffer: fileOf(i) }));

/** @param {import('playwright-core').Page} page */
async function open(page) {
  await pictureDone(page);
  await openTab(page, 'Train');
  await page.locator('#panel-own:not([aria-busy])').waitFor();
}
/** @param {import('playwright-core').Page} page @param {number} n */
const shelved = (page, n) => page.waitForFunction((count) => document.querySelectorAll('#own-pictures canvas').length === count, n);
/** @param {import('playwright-core').Page} page */
async function stepOf(page) {
  const [, step] = /Step ([\d,]+)/.exec(await page.locator('#own-words').textContent() ?? '') ?? [];
  return Number(step?.replace(',', ''));
}
/** @param {import('playwright-core').Page} page */
const pressed = (page) => page.locator('#own-train').textContent();

test('twelve drawn pictures: the loss halves, a reload goes on, the checkpoint is the program’s, and paints', (t) =>
  visiting(`${LIGHT}&extend=-14,0,56`, async (page) => {
    const here = temporary(t);
    writeDrawings(join(here, 'faces'));
    const native = ['train', '--config', 'models/start.conf', '--data', join(here, 'faces'), '--size', '32x32', '--images', '32', '--warmup', '30', '--grid-every', '0'];
    works([...native, '--steps', '1', '--out', join(here, 'untrained')]);
    await open(page);
    const untrained = { name: 'untrained.safetensors', mimeType: '', buffer: readFileSync(join(here, 'untrained', 'model.safetensors')) };
    await page.setInputFiles('#own-files', [...files, untrained]);
    await shelved(page, 12);
    assert.equal(await page.locator('#own-from').textContent(), 'Starts from untrained.safetensors.');
    await page.click('#own-train');
    await page.waitForFunction(() => {
      const [, now, first] = /loss ([\d.]+), ([\d.]+) at first/.exec(document.getElementById('own-words')?.textContent ?? '') ?? [];
      return Number(now) < 0.5 * Number(first);
    });
    assert.deepEqual(await violations(page), []);
    await page.click('#own-train');
    await page.waitForFunction(() => document.getElementById('own-train')?.textContent === 'Go on');
    await page.waitForFunction(() => /Kept in this browser/.test(document.getElementById('own-kept')?.textContent ?? ''));
    const step = await stepOf(page);

    await page.reload();
    await open(page);
    await shelved(page, 12);
    assert.equal(await pressed(page), 'Go on');
    assert.equal(await stepOf(page), step);
    const download = page.waitForEvent('download');
    await page.click('#own-save');
    const file = await download, name = `checkpoint-${String(step).padStart(7, '0')}.safetensors`;
    assert.equal(file.suggestedFilename(), name);
    mkdirSync(join(here, 'run'));
    await file.saveAs(join(here, 'run', name));
    await page.click('#own-train');
    await page.waitForFunction((then) => Number(/Step ([\d,]+)/.exec(document.getElementById('own-words')?.textContent ?? '')?.[1].replace(',', '')) > then, step);
    await page.click('#own-train');

    const { err } = works([...native, '--lr', '0.002', '--steps', String(step + 2), '--out', join(here, 'run')]);
    assert.match(err, new RegExp(`going on at step ${step}\\b`));
    works(['sample', '--model', join(here, 'run', name), '--n', '1', '--size', '32x32', '--out', join(here, 'face.png')]);

    await page.click('#own-paint');
    await page.waitForFunction(() => /Your pictures/.test(document.getElementById('caption')?.textContent ?? ''));
    await page.waitForFunction(() => !location.hash.includes('extend=')); // all of the picture; the address follows a little later
    await page.locator('#own-delete').click();
    await shelved(page, 0);
    await page.setInputFiles('#own-files', [...files, { name, mimeType: '', buffer: readFileSync(join(here, 'run', name)) }]);
    await shelved(page, 12);
    await page.click('#own-train');
    await page.waitForFunction(() => /^Step [1-9]/.test(document.getElementById('own-words')?.textContent ?? ''));
    assert.ok(await stepOf(page) >= step, 'of these pictures, it goes on');
    await page.locator('#own-delete').click();
    await shelved(page, 0);
    await page.reload();
    await open(page);
    assert.equal(await page.locator('#own-pictures canvas').count(), 0);
  }, { bypassCSP: true })); // axe is ours

test('too many pictures are refused with a sentence, and a file that is none does not cost the others', () =>
  visiting(LIGHT, async (page) => {
    await open(page);
    const dropped = (/** @type {number} */ n) => page.evaluate(([content, count]) => {
      const bytes = Uint8Array.from(atob(String(content)), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      for (let i = 0; i < Number(count); i++) transfer.items.add(new File([bytes], `${i}.png`));
      transfer.items.add(new File(['GIF89a'], 'waving.gif'));
      document.getElementById('panel-own')?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, [fileOf(0).toString('base64'), n]);
    await dropped(2730);
    await page.waitForFunction(() => /room/.test(document.getElementById('notices')?.textContent ?? ''));
    assert.match((await notices(page)).join(), /2,731 pictures, each in 4 views, of 32 × 32 would take 34 MB, but there is room for 33 MB; choose at most 2,730/);
    assert.equal(await page.locator('#own-pictures canvas').count(), 0);
    await dropped(2);
    await shelved(page, 2);
    await page.waitForFunction(() => /waving\.gif is a GIF/.test(document.getElementById('notices')?.textContent ?? ''));
    await page.click('#pad-room summary');
    assert.ok(await page.locator('#pad-add').isDisabled(), 'there is nothing on it');
    const box = await page.locator('#pad').boundingBox();
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 0.5 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.8 * box.width, box.y + 0.5 * box.height, { steps: 4 });
    await page.mouse.up();
    await page.click('#pad-add');
    await shelved(page, 3);
    const [stroke, ground] = await page.evaluate(() => {
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#own-pictures canvas:last-child'));
      return [16, 4].map((y) => [...canvas.getContext('2d').getImageData(16, y, 1, 1).data.slice(0, 3)]);
    });
    assert.ok(stroke[0] > 150 && stroke[1] < 120 && ground.every((level) => level > 250), `${stroke} on ${ground}`);
    await page.click('#own-train');
    await page.waitForFunction(() => /Step [1-9].* loss/.test(document.getElementById('own-words')?.textContent ?? ''));
  }));
