// What comes into the page and leaves it: PNGs, links, checkpoints.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  afterRun,
  drop,
  hashOf,
  notices,
  pictureDone,
  pixels,
  spread,
  useBrowser,
} from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { url, visiting } = useBrowser();

const QUICK = 'steps=4&size=128x128';

describe('files and links', () => {
  it('downloads a PNG that brings everything back when it is dropped', () =>
    visiting(
      '#model=fashion&class=3&seed=18446744073709551615&size=128x128&guidance=2.5&sampler=euler&steps=4&at=3',
      async (page) => {
        await pictureDone(page);
        const picture = await pixels(page);
        const hash = await hashOf(page);
        const saved = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Download PNG' }).click();
        const file = await saved;
        assert.match(
          file.suggestedFilename(),
          /^coordiff-dress-seed-18446744073709551615-128x128\.png$/,
        );
        const bytes = readFileSync(await file.path());
        assert.match(
          bytes.toString('latin1'),
          /parameters\0coordiff .*; model fashion\.safetensors; class 3; seed 18446744073709551615;/,
        );
        await page.goto('about:blank');
        await page.goto(url(`#${QUICK}&class=1&seed=2`));
        await pictureDone(page);
        await afterRun(page, () => drop(page, file.suggestedFilename(), bytes));
        await page.waitForFunction(
          () => document.getElementById('moment')?.textContent === '3 / 4',
        );
        await page.waitForFunction(() =>
          document.querySelector('#caption')?.textContent?.includes('step 3 of 4'),
        );
        assert.deepEqual(await pixels(page), picture);
        assert.equal(await hashOf(page), hash);
        await drop(page, 'other.png', Buffer.from('89504e470d0a1a0a00', 'hex'));
        await page.locator('#notices p').first().waitFor();
      },
    ));

  it('opens a share link, and survives a malicious one with a sentence', () =>
    visiting(
      '#model=<script>alert(1)</script>&class=-3&seed=1e9&size=99999999x1&steps=NaN&guidance=-1&sampler=__proto__&view=constructor&at=0&%E0%A4%A',
      async (page) => {
        await pictureDone(page);
        const said = (await notices(page)).join('\n');
        for (const key of [
          'model',
          'class',
          'seed',
          'size',
          'steps',
          'guidance',
          'sampler',
          'view',
          'at',
        ]) {
          assert.ok(said.includes(`The link says ${key} “`), `${key}: ${said}`);
        }
        assert.ok(spread(await pixels(page)) > 100);
        assert.equal(await page.locator('#notices script').count(), 0);
        await page.goto(url(`#${QUICK}&model=own&class=777`));
        await page.waitForFunction(() =>
          /no class 777/.test(document.getElementById('notices')?.textContent ?? ''),
        );
        assert.match((await notices(page)).join('\n'), /There is no model “own” here/);
        await pictureDone(page);
      },
    ));

  it('refuses a broken checkpoint with a sentence, and the old model still works', () =>
    visiting(`#${QUICK}&lock=1`, async (page) => {
      await pictureDone(page);
      const before = await pixels(page);
      const good = Buffer.from(
        await (await fetch(url(`models/fashion.safetensors`))).arrayBuffer(),
      );
      for (const broken of [
        Buffer.from('no checkpoint at all'),
        good.subarray(0, good.length - 1000),
        Buffer.alloc(0),
      ]) {
        await page
          .locator('#notices button')
          .first()
          .click({ timeout: 500 })
          .catch(() => {});
        await drop(page, 'mine.safetensors', broken);
        await page.locator('#notices p').first().waitFor();
        assert.match((await notices(page)).join(), /\w{3,}.*\./);
      }
      await afterRun(page, () => page.getByRole('button', { name: 'Generate' }).click());
      assert.deepEqual(await pixels(page), before);
      await afterRun(page, () => drop(page, 'mine.safetensors', good));
      assert.match((await page.locator('#models').textContent()) ?? '', /mine\.safetensors/);
      await afterRun(page, () => page.getByRole('radio', { name: 'Ankle boot' }).check());
      assert.deepEqual(await pixels(page), before);
    }));
});
