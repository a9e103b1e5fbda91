// A served site and a real Chromium for the tests of the page, and for tools/screenshots.mjs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { createSiteServer, listen } from '../../tools/serve.mjs';

export const SITE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'build', 'site');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startSite() {
  const server = createSiteServer(SITE);
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'coordiff-chromium-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    env: { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  return {
    browser,
    async stop() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * A page of its own context, with everything it complained about.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {import('playwright-core').BrowserContextOptions & {init?: () => void}} [options]
 */
export async function openPage(browser, url, { init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, acceptDownloads: true, ...options });
  context.setDefaultTimeout(60000);
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const foreign = !request.url().startsWith(new URL(url).origin) && !/^(blob|data):/.test(request.url());
    if (foreign) complaints.push(`a request to ${request.url()}`);
  });
  if (init) await page.addInitScript(init);
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** The run is over and the picture sharp. @param {import('playwright-core').Page} page */
export async function pictureDone(page) {
  await page.waitForFunction(() => /steps in/.test(document.getElementById('status')?.textContent ?? ''));
}

/** The canvas as width, height and the red of every pixel. @param {import('playwright-core').Page} page */
export function pixels(page) {
  return page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    return { width: canvas.width, height: canvas.height, values: Array.from(data.filter((_, i) => i % 4 === 0)) };
  });
}

/** @param {import('playwright-core').Page} page */
export const notices = (page) => page.locator('#notices span').allTextContents();
