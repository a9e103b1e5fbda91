// Retakes web/screenshots/*.png from build/site: node tools/screenshots.mjs [NAME ...]
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage, pictureDone, startBrowser, startSite } from '../tests/web/browser.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'web', 'screenshots');
const desktop = { viewport: { width: 1280, height: 900 } };
const phone = {
  viewport: { width: 360, height: 780 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

/** @type {Record<string, {hash?: string, path?: string, file?: string, options: any, prepare?: (page: import('playwright-core').Page) => Promise<void>}>} */
const SHOTS = {
  card: { file: 'card.jpg', options: { viewport: { width: 1200, height: 630 }, colorScheme: 'light' } },
  touch: { file: 'touch.png', path: 'icon.svg', options: { viewport: { width: 180, height: 180 } } },
  desktop: { options: { ...desktop, colorScheme: 'light' } },
  dark: {
    hash: '#class=1&size=640x480&at=9',
    options: { viewport: { width: 1280, height: 1060 }, colorScheme: 'dark' },
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Inside' }).click();
      await page.waitForTimeout(2500);
    },
  },
  phone: { options: { ...phone, colorScheme: 'light' } },
  compare: {
    hash: '#class=8&compare=enlarged&size=576x576',
    options: { ...desktop, colorScheme: 'dark' },
  },
  faces: {
    hash: '#model=faces&class=5&seed=6&size=560x560',
    options: { ...desktop, colorScheme: 'light' },
  },
  'zoomed-in': {
    hash: '#model=faces&class=5&seed=6&size=560x560&window=15,19,12',
    options: { ...desktop, colorScheme: 'light' },
  },
  'compare-large': {
    hash: '#model=faces&class=5&seed=6&size=1600x1600&compare=enlarged',
    options: { ...desktop, colorScheme: 'dark' },
    prepare: async (page) => {
      await page.locator('#versus').waitFor({ state: 'visible' });
      await page.getByRole('tab', { name: 'Compare' }).click();
    },
  },
  extend: {
    hash: '#model=faces&class=2&seed=1&size=720x480&extend=-21,-6,90',
    options: { ...desktop, colorScheme: 'light' },
  },
  endless: {
    hash: '#model=texture&class=1&seed=7&size=720x480',
    options: { ...desktop, colorScheme: 'light' },
  },
  'phone-zoomed': {
    hash: '#model=faces&class=5&seed=6&window=14,14,16&compare=enlarged',
    options: { ...phone, colorScheme: 'dark' },
    prepare: (page) => page.locator('#versus').waitFor({ state: 'visible' }),
  },
  edit: {
    hash: '#model=faces&class=5&seed=6&size=560x560',
    options: { ...desktop, colorScheme: 'light' },
    prepare: async (page) => {
      await page.keyboard.press('m');
      const box = await page.locator('#glass').boundingBox();
      const { x, y, width, height } = /** @type {NonNullable<typeof box>} */ (box);
      await page.mouse.move(x + 0.3 * width, y + 0.26 * height);
      await page.mouse.down();
      await page.mouse.move(x + 0.7 * width, y + 0.24 * height, { steps: 12 });
      await page.mouse.up();
    },
  },
  why: { path: 'why.html', options: { ...desktop, colorScheme: 'light' } },
  'why-phone': { path: 'why.html', options: { ...phone, colorScheme: 'dark' } },
  'first-attempt': {
    hash: '#compare=beside&size=576x576',
    options: { ...desktop, colorScheme: 'light' },
    prepare: (page) => page.locator('#versus').waitFor({ state: 'visible' }),
  },
};

mkdirSync(folder, { recursive: true });
const site = await startSite();
const { browser, stop } = await startBrowser();
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SHOTS);
for (const name of chosen) {
  const { hash = '', path: at = '', file, options, prepare } = SHOTS[name];
  const { page, complaints, close } = await openPage(browser, site.url + at + hash, options);
  if (!at) await pictureDone(page);
  await prepare?.(page);
  await page.waitForTimeout(300);
  const path = file ? join(folder, '..', file) : join(folder, `${name}.png`);
  await page.screenshot(path.endsWith('.jpg') ? { path, type: 'jpeg', quality: 82 } : { path });
  const marks = await page.evaluate(() =>
    performance
      .getEntriesByType('mark')
      .map((mark) => `${mark.name} ${Math.round(mark.startTime)} ms`),
  );
  console.log(
    `${name}: ${Math.round(statSync(path).size / 1000)} kB; ${marks.join(', ')}`,
    ...complaints,
  );
  await close();
}
await stop();
await site.stop();
