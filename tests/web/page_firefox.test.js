// The page in a real Firefox (Debian's firefox-esr, driven by WebDriver BiDi): what a visit is made of.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import puppeteer from 'puppeteer-core';
import { startSite } from './browser.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const timeout = Number(process.env.PAGE_TIMEOUT ?? 240000);

describe('in Firefox', () => {
  /** @type {Awaited<ReturnType<typeof startSite>>} */
  let site;
  /** @type {import('puppeteer-core').Browser} */
  let firefox;
  before(async () => {
    site = await startSite();
    firefox = await puppeteer.launch({
      browser: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', headless: true,
      protocolTimeout: timeout, timeout,
    });
  });
  after(async () => {
    await firefox?.close();
    await site?.stop();
  });

  /** One visit, with a quiet console. @param {string} hash @param {(page: import('puppeteer-core').Page) => Promise<void>} act */
  async function visiting(hash, act) {
    const page = await firefox.newPage();
    page.setDefaultTimeout(timeout);
    await page.setViewport({ width: 1280, height: 720 });
    /** @type {string[]} */
    const complaints = [];
    page.on('console', (message) => ['error', 'warn'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(site.url + hash);
    await act(page);
    assert.deepEqual(complaints, []);
    await page.close();
  }
  /** @param {import('puppeteer-core').Page} page @param {string} id @param {string} words */
  const says = (page, id, words) =>
    page.waitForFunction((of, text) => new RegExp(text).test(document.getElementById(of)?.textContent ?? ''), {}, id, words);
  /** @param {import('puppeteer-core').Page} page */
  const picture = (page) =>
    page.evaluate(() => {
      const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
      const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
      return { width: canvas.width, sum: data.reduce((sum, value) => sum + value, 0), most: data.filter((_, i) => i % 4 === 0).reduce((a, b) => Math.max(a, b)) };
    });

  it('opens with a picture, and everything that is chosen by is in view', () =>
    visiting('', async (page) => {
      await says(page, 'status', 'steps in');
      await says(page, 'caption', '\\d+ × \\d+');
      assert.ok((await picture(page)).most > 100);
      for (const id of ['generate', 'width', 'examples', 'models', 'chips']) {
        const box = await (await page.$(`#${id}`))?.boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= 720, id);
      }
    }));

  it('makes another kind, another size, compares, goes back, and keeps the picture', () =>
    visiting('#model=fashion&steps=4&size=128x128&seed=5&class=1', async (page) => {
      await says(page, 'caption', '^Trouser seed 5 · 128 × 128$');
      const first = await picture(page);
      await page.click('#chips label:nth-child(9)');
      await says(page, 'caption', '^Bag seed 5 · 128 × 128$');
      assert.notDeepEqual(await picture(page), first);
      await page.goBack();
      await says(page, 'caption', '^Trouser seed 5 · 128 × 128$');
      assert.deepEqual(await picture(page), first);
      await page.keyboard.press('*');
      await says(page, 'caption', '256 × 256');
      await page.click('#any-size');
      await says(page, 'zoom-words', '×4');
      assert.equal(await page.$eval('#versus', (versus) => /** @type {HTMLElement} */ (versus).hidden), false);
      const made = await page.evaluate(async () => {
        const kept = /** @type {Blob[]} */ ([]);
        const original = URL.createObjectURL;
        URL.createObjectURL = (/** @type {any} */ blob) => {
          kept.push(blob);
          return original(blob);
        };
        document.getElementById('film')?.click();
        while (kept.length === 0) await new Promise((next) => setTimeout(next, 50));
        return [...new Uint8Array(await kept[0].slice(0, 8).arrayBuffer())];
      });
      assert.deepEqual(made, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    }));

  it('has nothing that axe-core objects to', () =>
    visiting('#model=fashion&steps=2&size=64x64', async (page) => {
      await says(page, 'status', 'steps in');
      await page.evaluate(readFileSync(AXE, 'utf8'));
      const found = await page.evaluate(async () => (await /** @type {any} */ (globalThis).axe.run()).violations.map((/** @type {any} */ one) => one.id));
      assert.deepEqual(found, []);
    }));
});
