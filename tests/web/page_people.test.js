// The page for everyone: keyboard, screen readers, small screens, old browsers, no network, failing workers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boxOf, hashOf, notices, openTab, pictureDone, pixels, useBrowser, violations } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const QUICK = '#steps=4&size=128x128';

const { visiting } = useBrowser();

const LOOKS = [
  { name: 'light', options: { colorScheme: 'light' } },
  { name: 'dark', options: { colorScheme: 'dark' } },
  {
    name: '360 px wide',
    options: {
      colorScheme: 'light',
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    },
  },
];

describe('people', () => {
  it('the skip link leads to the controls, whole on the screen, and leaves picture and address alone', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const [before, address] = [await pixels(page), await hashOf(page)];
      await page.keyboard.press('Tab');
      const box = await boxOf(page, '.skip');
      assert.ok(box.x >= 2 && box.y >= 2, `it begins at ${box.x}, ${box.y}`);
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'controls');
      await page.waitForTimeout(500);
      assert.equal(await hashOf(page), address);
      assert.deepEqual(await pixels(page), before);
    }));

  for (const { name, options } of LOOKS) {
    it(`has nothing that axe-core objects to: ${name}`, () =>
      visiting(
        `${QUICK}&compare=enlarged&class=8`,
        async (page) => {
          await pictureDone(page);
          await page.locator('#lock').click();
          await page.getByLabel('Width in pixels').fill('7');
          await page.getByLabel('Width in pixels').press('Enter');
          for (const tab of /** @type {const} */ (['Settings', 'Edit', 'Compare', 'Inside'])) {
            await openTab(page, tab);
            assert.deepEqual(await violations(page), [], tab);
          }
          await page.locator('#help').click();
          assert.deepEqual(await violations(page), []);
          const [wide, seen] = await page.evaluate(() => [
            document.documentElement.scrollWidth,
            innerWidth,
          ]);
          assert.ok(wide <= seen, `the page is ${wide} pixels wide, the screen ${seen}`);
        },
        { ...options, bypassCSP: true },
      ));
  }

  it('can be used by the keyboard alone', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      const seed = page.getByLabel('Seed', { exact: true });
      const first = await seed.inputValue();
      await page.keyboard.press('Control+Enter');
      await page.waitForFunction(
        (old) => /** @type {HTMLInputElement} */ (document.getElementById('seed')).value !== old,
        first,
      );
      await pictureDone(page);
      await page.keyboard.press('?');
      await page.locator('#help-dialog[open]').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('#help-dialog[open]').waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      await page.locator('#versus').waitFor({ state: 'visible' });
      await page.locator('#divider').press('ArrowRight');
      assert.equal(await page.locator('#divider').inputValue(), '50.5');
      await page.locator('#divider').blur();
      await page.keyboard.press('*');
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('256 × 256'),
      );
      await page.keyboard.press('l');
      assert.equal(await page.locator('#lock').getAttribute('aria-pressed'), 'true');
      const unreached = await page.evaluate(() => {
        const wanted = [...document.querySelectorAll('button, input, select, summary')];
        return wanted.filter(
          (e) => e instanceof HTMLElement && e.tabIndex < 0 && e.checkVisibility() && e.role !== 'tab',
        ).length;
      });
      assert.equal(unreached, 0);
      await page.getByRole('tab', { name: 'Settings' }).press('ArrowLeft'); // of the tabs Tab reaches one, arrows the others
      assert.ok(await page.getByRole('tabpanel', { name: 'Train' }).isVisible());
      await page.keyboard.press('ArrowRight');
      assert.ok(await page.getByLabel('Seed', { exact: true }).isVisible());
      // Tab reaches the class chips; an arrow key chooses the next one, and focus stays.
      await page.locator('#chips input:checked').focus();
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(() => /class=none/.test(location.hash));
      assert.equal(
        await page.evaluate(() => document.activeElement?.getAttribute('value')),
        'none',
      );
    }));

  it('explains a browser without WebAssembly SIMD', () =>
    visiting(
      '',
      async (page) => {
        await page.locator('#trouble').waitFor();
        assert.match(
          (await page.locator('#trouble').textContent()) ?? '',
          /WebAssembly SIMD.*Current versions of Chrome/,
        );
      },
      {
        init: () => {
          WebAssembly.validate = () => false;
        },
      },
    ));

  it('explains a browser without WebAssembly', () =>
    visiting(
      '',
      async (page) => {
        await page.locator('#trouble').waitFor();
        assert.match(
          (await page.locator('#trouble').textContent()) ?? '',
          /Current versions of Chrome/,
        );
      },
      {
        init: () => {
          Reflect.deleteProperty(globalThis, 'WebAssembly');
        },
      },
    ));

  it('says so when a worker dies, and still makes the same picture', () =>
    visiting(
      '#steps=300&sampler=dpm2m&size=128x128&lock=1', // so many that one of them is seen, however busy the machine
      async (page) => {
        await pictureDone(page);
        const picture = await pixels(page);
        await page.evaluate(() => {
          const status = /** @type {HTMLElement} */ (document.getElementById('status'));
          status.textContent = '';
        });
        await page.getByRole('button', { name: 'Generate' }).click();
        await page.waitForFunction(() =>
          /^Step ([5-9]|1?\d\d) of/.test(document.getElementById('status')?.textContent ?? ''),
        );
        await page.evaluate(() => {
          const [worker] = /** @type {any} */ (globalThis).workers;
          worker.terminate();
          worker.dispatchEvent(new ErrorEvent('error', { message: 'killed by the test' }));
        });
        await pictureDone(page);
        assert.match((await notices(page)).join(), /A worker failed .* and was restarted/);
        assert.deepEqual(await pixels(page), picture);
      },
      {
        init: () => {
          const Original = globalThis.Worker;
          /** @type {Worker[]} */
          const workers = [];
          /** @type {any} */ (globalThis).workers = workers;
          globalThis.Worker = class extends Original {
            /** @param {string|URL} url @param {WorkerOptions} [options] */
            constructor(url, options) {
              super(url, options);
              workers.push(this);
            }
          };
        },
      },
    ));

  it('works offline after the first visit', () =>
    visiting(QUICK, async (page) => {
      await pictureDone(page);
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await page.reload();
      await pictureDone(page);
      assert.ok(Math.max(...(await pixels(page)).values) > 100);
      await page.getByRole('radio', { name: 'First attempt' }).check();
      await page.waitForFunction(() =>
        /^200 steps in/.test(document.getElementById('status')?.textContent ?? ''),
      );
    }));

  it('switches between light and dark, and remembers', () =>
    visiting(
      QUICK,
      async (page) => {
        const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const dark = await paper();
        await page.locator('#theme').click();
        const light = await paper();
        assert.notEqual(light, dark);
        await page.reload();
        assert.equal(await paper(), light);
        await pictureDone(page);
      },
      { colorScheme: 'dark' },
    ));

  it('shows the insides and the first attempt beside', () =>
    visiting(`${QUICK}&at=2`, async (page) => {
      await pictureDone(page);
      await openTab(page, 'Inside');
      const clean = await pixels(page);
      await page.getByRole('button', { name: 'State z' }).click();
      await page.waitForFunction(() =>
        document.querySelector('#caption')?.textContent?.includes('state'),
      );
      assert.notDeepEqual(await pixels(page), clean);
      await page.waitForFunction(() => location.hash.includes('at=2'));
      await openTab(page, 'Compare');
      await page.locator('#compare input[value="beside"]').check();
      await page.waitForFunction(() =>
        /Left: First attempt/.test(document.getElementById('compare-words')?.textContent ?? ''),
      );
      await page.locator('#versus').waitFor({ state: 'visible' });
    }));
});
