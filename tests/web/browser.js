// A served site and a real Chromium for the tests of the page, and for tools/screenshots.mjs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
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

/** What the console says about the tests' reading of the canvas. */
const OUR_OWN = /^Canvas2D: Multiple readback/;

/** @param {string} [folder] */
export async function startSite(folder = SITE) {
  const server = createSiteServer(folder);
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
  const context = await browser.newContext({
    viewport: { width: 1200, height: 860 },
    acceptDownloads: true,
    ...options,
  });
  context.setDefaultTimeout(Number(process.env.PAGE_TIMEOUT ?? 240000)); // a training run may have the machine
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !OUR_OWN.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const foreign =
      !request.url().startsWith(new URL(url).origin) && !/^(blob|data):/.test(request.url());
    if (foreign) complaints.push(`a request to ${request.url()}`);
  });
  if (init) await page.addInitScript(init);
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** The run is over and the picture sharp. @param {import('playwright-core').Page} page */
export async function pictureDone(page) {
  await page.waitForFunction(() =>
    /steps in/.test(document.getElementById('status')?.textContent ?? ''),
  );
}

/** What is behind a tab. @param {import('playwright-core').Page} page @param {'Settings'|'Edit'|'Compare'|'Inside'|'Train'} name */
export const openTab = (page, name) => page.getByRole('tab', { name }).click();

/** @param {import('playwright-core').Page} page @param {string} selector */
export async function boxOf(page, selector) {
  const box = await page.locator(selector).boundingBox();
  return /** @type {{x: number, y: number, width: number, height: number}} */ (box);
}

/**
 * Until what is asked in the page comes true; waitForFunction() takes any promise for yes.
 * @param {import('playwright-core').Page} page @param {() => Promise<boolean>} ask
 */
export async function until(page, ask) {
  const end = Date.now() + Number(process.env.PAGE_TIMEOUT ?? 240000);
  while (!(await page.evaluate(ask))) {
    assert.ok(Date.now() < end, `this never came true: ${ask}`);
    await page.waitForTimeout(50);
  }
}

/** Nothing is being drawn any more, and what is drawn is at its full size. @param {import('playwright-core').Page} page */
export async function sharp(page) {
  await until(page, async () => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
    const said = document.getElementById('caption')?.textContent ?? '';
    const before = canvas.toDataURL();
    await new Promise((next) => setTimeout(next, 400));
    const full = said.includes(`${canvas.width} × ${canvas.height}`) && canvas.style.transform === '';
    return full && canvas.toDataURL() === before;
  });
}

/** For `init`: what the workers are asked for, and which pictures are painted. */
export function watching() {
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const painted = [];
  Object.assign(globalThis, { asked, painted });
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (/** @type {any} */ data, /** @type {any} */ ...rest) {
    asked.push(data.type);
    return postMessage.call(this, data, ...rest);
  };
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (/** @type {any[]} */ ...args) {
    if (this.canvas.id === 'canvas') painted.push(`${args[0].width}x${args[0].height}`);
    return /** @type {any} */ (putImageData).call(this, ...args);
  };
}

/** For `init`: the workers take their time with a model, as a slower machine would. */
export function slowLoading() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (/** @type {any} */ data, /** @type {any} */ ...rest) {
    const send = () => postMessage.call(this, data, ...rest);
    if (data.type === 'model') setTimeout(send, 150);
    else send();
  };
}

/** The canvas as width, height and the red of every pixel. @param {import('playwright-core').Page} page */
export async function pixels(page) {
  const { width, height, red } = await page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    let letters = '';
    for (let i = 0; i < data.length; i += 4) letters += String.fromCharCode(data[i]);
    return { width: canvas.width, height: canvas.height, red: btoa(letters) };
  });
  return { width, height, values: [...Buffer.from(red, 'base64')] };
}

/** From the darkest to the lightest pixel. @param {{values: number[]}} picture */
export const spread = ({ values }) =>
  values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));

/** What the page has said in sentences. @param {import('playwright-core').Page} page */
export const notices = (page) => page.locator('#notices span').allTextContents();

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core finds, as one line each. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
export async function violations(page) {
  await page.addScriptTag({ path: AXE });
  return page.evaluate(async () => {
    const { violations: found } = await /** @type {any} */ (globalThis).axe.run();
    return found.map(
      (/** @type {any} */ v) =>
        `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(' | ')}`,
    );
  });
}

/** One site and one browser for all tests of a file. @param {string} [folder] of the site */
export function useBrowser(folder) {
  /** @type {Awaited<ReturnType<typeof startSite>>} */
  let site;
  /** @type {Awaited<ReturnType<typeof startBrowser>>} */
  let chromium;
  before(async () => {
    site = await startSite(folder);
    chromium = await startBrowser();
  });
  after(async () => {
    await chromium?.stop();
    await site?.stop();
  });
  return {
    /** The address with a hash. @param {string} hash */
    url: (hash) => site.url + hash,
    /**
     * One visit; whatever the console complains about fails it.
     * @param {string} hash
     * @param {(page: import('playwright-core').Page) => Promise<void>} act
     * @param {any} [options] of the context; `expected`: what it may complain about
     */
    async visiting(hash, act, { expected = /^$/, ...options } = {}) {
      const { page, complaints, close } = await openPage(
        chromium.browser,
        site.url + hash,
        options,
      );
      try {
        await act(page);
        assert.deepEqual(complaints.filter((text) => !expected.test(text)), []);
      } finally {
        await close();
      }
    },
  };
}

/** Drop bytes on the page as a file. @param {import('playwright-core').Page} page @param {string} name @param {Buffer} bytes */
export function drop(page, name, bytes) {
  return page.evaluate(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      const binary = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([binary], fileName));
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
    },
    [name, bytes.toString('base64')],
  );
}

/** The run that begins now has ended. @param {import('playwright-core').Page} page @param {() => Promise<unknown>} action */
export async function afterRun(page, action) {
  await page.evaluate(() => {
    const status = /** @type {HTMLElement} */ (document.getElementById('status'));
    status.textContent = '';
  });
  await action();
  await pictureDone(page);
}

/** Undo, as many times, and the picture that is back. @param {import('playwright-core').Page} page @param {number} [times] */
export async function undone(page, times = 1) {
  for (let i = 0; i < times; i++) {
    await page.evaluate(() => {
      const status = /** @type {HTMLElement} */ (document.getElementById('status'));
      status.textContent = '';
    });
    await page.keyboard.press('u');
    await page.waitForFunction(() => /^Undone/.test(document.getElementById('status')?.textContent ?? ''));
  }
  await sharp(page);
  return pixels(page);
}

/** What came into view of a world without end is there, and sharp. @param {import('playwright-core').Page} page @param {() => Promise<unknown>} action */
export async function afterArrival(page, action) {
  await page.evaluate(() => {
    const status = /** @type {HTMLElement} */ (document.getElementById('status'));
    status.textContent = '';
  });
  await action();
  await page.waitForFunction(() =>
    /^This part of the world is here/.test(document.getElementById('status')?.textContent ?? ''),
  );
  await sharp(page);
}

/** The address follows 150 ms later, by the page's own clock: a page that is busy is waited for. @param {import('playwright-core').Page} page */
export const hashOf = (page) =>
  page.evaluate(() => /** @type {Promise<string>} */ (new Promise((done) => setTimeout(() => done(location.hash), 250))));
