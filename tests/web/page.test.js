// The page in a real Chromium, used as a visitor uses it. Needs build/site (tools/build_site.mjs) and Debian's chromium.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { notices, openPage, pictureDone, pixels, startBrowser, startSite } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

let site = /** @type {Awaited<ReturnType<typeof startSite>>} */ (/** @type {unknown} */ (null));
let chromium = /** @type {Awaited<ReturnType<typeof startBrowser>>} */ (/** @type {unknown} */ (null));
before(async () => {
  site = await startSite();
  chromium = await startBrowser();
});
after(async () => {
  await chromium?.stop();
  await site?.stop();
});

/**
 * One visit; whatever the console complains about fails the test.
 * @param {string} hash @param {(page: Page) => Promise<void>} visit @param {any} [options]
 */
async function visiting(hash, visit, options = {}) {
  const { page, complaints, close } = await openPage(chromium.browser, site.url + hash, options);
  try {
    await visit(page);
    const expected = options.expected ?? /^$/;
    assert.deepEqual(complaints.filter((text) => !expected.test(text)), []);
  } finally {
    await close();
  }
}

const QUICK = 'steps=4&size=128x128';

/** @param {{values: number[]}} picture */
function spread({ values }) {
  return Math.max(...values.slice(0, 60000)) - Math.min(...values.slice(0, 60000));
}

/** A picture half as wide and high, by averages of four. @param {{width: number, height: number, values: number[]}} picture */
function halved({ width, height, values }) {
  const small = [];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const i = y * width + x;
      small.push((values[i] + values[i + 1] + values[i + width] + values[i + width + 1]) / 4);
    }
  }
  return small;
}

/** @param {number[]} a @param {number[]} b */
const meanDifference = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

/** Drop bytes on the page as a file. @param {Page} page @param {string} name @param {Buffer} bytes */
function drop(page, name, bytes) {
  return page.evaluate(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      const binary = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([binary], fileName));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [name, bytes.toString('base64')],
  );
}

/** The run that begins now has ended. @param {Page} page @param {() => Promise<unknown>} action */
async function afterRun(page, action) {
  await page.evaluate(() => {
    const status = /** @type {HTMLElement} */ (document.getElementById('status'));
    status.textContent = '';
  });
  await action();
  await pictureDone(page);
}

describe('the page', () => {
  it('opens and makes a picture unasked, with a quiet console and no foreign request', () =>
    visiting('', async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      assert.deepEqual([picture.width, picture.height], [512, 512]);
      assert.ok(spread(picture) > 100, 'the canvas is blank');
      assert.match(await page.locator('#caption').innerText(), /Ankle boot.*seed \d+ · 512 × 512/s);
      assert.match(await page.locator('#announce').innerText(), /ready/);
      assert.match(await page.locator('#engine').innerText(), /First picture .* s after opening/);
    }));

  it('draws the same picture at another size, without computing it anew', () =>
    visiting(`#${QUICK}&class=1`, async (page) => {
      await pictureDone(page);
      const small = await pixels(page);
      const status = await page.locator('#status').innerText();
      await page.getByRole('button', { name: '×2' }).click();
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('256 × 256'));
      const large = await pixels(page);
      assert.deepEqual([large.width, large.height], [256, 256]);
      assert.ok(meanDifference(halved(large), small.values) < 2, 'another picture');
      assert.equal(await page.locator('#status').innerText(), status);
      assert.match(page.url(), /size=256x256/);
      await page.getByLabel('Width in pixels').fill('333');
      await page.getByLabel('Height in pixels').fill('517');
      await page.getByLabel('Height in pixels').press('Enter');
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('333 × 517'));
      await page.getByRole('button', { name: '16:9' }).click();
      await page.getByRole('button', { name: 'Swap' }).click();
      const [, width, height] = /size=(\d+)x(\d+)/.exec(await hashOf(page)) ?? [];
      assert.ok(Math.abs(Number(height) / Number(width) - 16 / 9) < 0.05, `${width}x${height}`);
    }));

  it('refuses an impossible size with a sentence, and draws 2048 × 2048 and 16 × 16', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      await page.getByLabel('Width in pixels').fill('99999');
      await page.getByLabel('Width in pixels').press('Enter');
      assert.match((await notices(page)).join(), /99999 × 128 is not possible; each side must be from 16 to 2048/);
      assert.equal(await page.getByLabel('Width in pixels').inputValue(), '128');
      for (const side of [2048, 16]) {
        await page.goto(`${site.url}#${QUICK.replace('128x128', `${side}x${side}`)}`);
        await page.waitForFunction((text) => document.querySelector('#caption')?.textContent?.includes(text), `${side} × ${side}`);
        assert.equal((await pixels(page)).width, side);
      }
    }));

  it('drags the canvas corner with the pointer and with the arrow keys', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      const corner = page.locator('#corner');
      const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await corner.boundingBox());
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 20, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('188 × 148'));
      await corner.press('ArrowRight');
      await corner.press('Shift+ArrowDown');
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('204 × 149'));
    }));

  it('takes another seed, another class, and keeps a locked seed', () =>
    visiting(`#${QUICK}`, async (page) => {
      await pictureDone(page);
      const before = await pixels(page);
      await afterRun(page, async () => {
        await page.getByLabel('Seed', { exact: true }).fill('123456789');
        await page.getByLabel('Seed', { exact: true }).press('Enter');
      });
      const other = await pixels(page);
      assert.ok(meanDifference(before.values, other.values) > 5, 'the seed changed nothing');
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.deepEqual(await pixels(page), other, 'a typed seed is locked');
      await page.getByRole('button', { name: 'Locked' }).click();
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.notEqual(await page.getByLabel('Seed', { exact: true }).inputValue(), '123456789');
      await afterRun(page, () => page.getByText('Trouser').click());
      assert.match(await page.locator('#caption').innerText(), /Trouser/);
    }));

  it('cancels within half a second', () =>
    visiting('#steps=1000&size=128x128', async (page) => {
      await page.waitForFunction(() => /^Step \d+ of 1000/.test(document.getElementById('status')?.textContent ?? ''));
      const ms = await page.evaluate(async () => {
        const began = performance.now();
        document.getElementById('cancel')?.click();
        while (!/^Cancelled/.test(document.getElementById('status')?.textContent ?? '')) await new Promise((next) => setTimeout(next, 5));
        return performance.now() - began;
      });
      assert.ok(ms < 500, `${ms} ms`);
      const status = await page.locator('#status').innerText();
      await page.waitForTimeout(400);
      assert.equal(await page.locator('#status').innerText(), status, 'something still runs');
      assert.match(status, /Cancelled after step \d+ of 1000; what was reached stays/);
    }));

  it('pauses, steps, scrubs and resumes', () =>
    visiting('#steps=40&size=128x128', async (page) => {
      await page.waitForFunction(() => /^Step \d+ of 40/.test(document.getElementById('status')?.textContent ?? ''));
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      await page.waitForTimeout(600);
      const at = Number(await page.locator('#scrubber').getAttribute('max'));
      await page.getByRole('button', { name: 'Step', exact: true }).click();
      await page.waitForFunction((next) => document.getElementById('scrubber')?.getAttribute('max') === String(next), at + 1);
      const now = await pixels(page);
      await page.keyboard.press('[');
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('step'));
      await page.keyboard.press(']');
      await page.getByRole('button', { name: 'Resume' }).click();
      await pictureDone(page);
      assert.equal(await page.locator('#moment').innerText(), '40 / 40');
      assert.notDeepEqual((await pixels(page)).values, now.values);
      await page.getByRole('button', { name: 'Play' }).click();
      await page.waitForFunction(() => document.getElementById('moment')?.textContent === '40 / 40');
    }));

  it('downloads a PNG that brings everything back when it is dropped', () =>
    visiting(`#${QUICK}&class=3&seed=18446744073709551615&guidance=2.5&sampler=euler&at=3`, async (page) => {
      await pictureDone(page);
      const picture = await pixels(page);
      const hash = await hashOf(page);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download PNG' }).click();
      const file = await saved;
      assert.match(file.suggestedFilename(), /^coordiff-dress-seed-18446744073709551615-128x128\.png$/);
      const bytes = readFileSync(await file.path());
      assert.match(bytes.toString('latin1'), /parameters\0coordiff .*; model fashion\.safetensors; class 3; seed 18446744073709551615;/);
      await page.goto('about:blank');
      await page.goto(`${site.url}#${QUICK}&class=1&seed=2`);
      await pictureDone(page);
      await afterRun(page, () => drop(page, file.suggestedFilename(), bytes));
      await page.waitForFunction(() => document.getElementById('moment')?.textContent === '3 / 4');
      await page.waitForFunction(() => document.querySelector('#caption')?.textContent?.includes('step 3 of 4'));
      assert.deepEqual(await pixels(page), picture);
      assert.equal(await hashOf(page), hash);
      await drop(page, 'other.png', Buffer.from('89504e470d0a1a0a00', 'hex'));
      await page.locator('#notices p').first().waitFor();
    }));

  it('opens a share link, and survives a malicious one with a sentence', () =>
    visiting(
      '#model=<script>alert(1)</script>&class=-3&seed=1e9&size=99999999x1&steps=NaN&guidance=-1&sampler=__proto__&view=constructor&at=0&%E0%A4%A',
      async (page) => {
        await pictureDone(page);
        const said = (await notices(page)).join('\n');
        for (const key of ['model', 'class', 'seed', 'size', 'steps', 'guidance', 'sampler', 'view', 'at']) {
          const shown = new RegExp(`The link says ${key} “`);
          assert.ok(shown.test(said) || (await page.locator('#notices p').count()) === 4, `${key}: ${said}`);
        }
        assert.ok(spread(await pixels(page)) > 100);
        assert.equal(await page.locator('#notices script').count(), 0);
        await page.goto(`${site.url}#${QUICK}&model=own&class=777`);
        await page.waitForFunction(() => /no class 777/.test(document.getElementById('notices')?.textContent ?? ''));
        assert.match((await notices(page)).join('\n'), /There is no model “own” here/);
        await pictureDone(page);
      },
    ));

  it('refuses a broken checkpoint with a sentence, and the old model still works', () =>
    visiting(`#${QUICK}&lock=1`, async (page) => {
      await pictureDone(page);
      const before = await pixels(page);
      const good = Buffer.from(await (await fetch(`${site.url}models/fashion.safetensors`)).arrayBuffer());
      for (const broken of [Buffer.from('no checkpoint at all'), good.subarray(0, good.length - 1000), Buffer.alloc(0)]) {
        await page.locator('#notices button').first().click({ timeout: 500 }).catch(() => {});
        await drop(page, 'mine.safetensors', broken);
        await page.locator('#notices p').first().waitFor();
        assert.match((await notices(page)).join(), /\w{3,}.*\./);
      }
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.deepEqual(await pixels(page), before);
      await afterRun(page, () => drop(page, 'mine.safetensors', good));
      assert.match(await page.locator('#models').innerText(), /mine\.safetensors/);
      await afterRun(page, () => page.getByText('Class 9', { exact: true }).click());
      assert.deepEqual(await pixels(page), before);
    }));
});

/** The address follows a moment later. @param {Page} page */
async function hashOf(page) {
  await page.waitForTimeout(250);
  return new URL(page.url()).hash;
}
