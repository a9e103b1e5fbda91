// The site as hosts have it: every page and link under a running service worker, what is not there, one version after another, the disk.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPage, pictureDone, SITE, startBrowser, startSite, until, useBrowser, violations } from './browser.js';
import { createSiteServer, listen } from '../../tools/serve.mjs';

/** @typedef {import('playwright-core').Page} Page */

const QUICK = '#model=fashion&steps=4&size=64x64';
const { url, visiting } = useBrowser();

/** The first picture is there, and the service worker at work. @param {Page} page */
async function settled(page) {
  await pictureDone(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}
const titleOf = (/** @type {Page} */ page) => page.locator('h1').textContent();

/** Every address of this site that a page leads to or is made of. @param {Page} page @returns {Promise<string[]>} */
const addresses = (page) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], link[href], img[src], script[src]')];
    const found = all.map((element) => /** @type {any} */ (element).href || /** @type {any} */ (element).src);
    return [...new Set(found.map((address) => String(address).replace(/#.*/, '')))];
  });

describe('the site', () => {
  it('has every page and link, with the service worker and without a network', () =>
    visiting(QUICK, async (page) => {
      await settled(page);
      const asking = await page.context().newPage(); // the policy of the exhibit lets it fetch nothing
      await asking.goto(url(QUICK));
      for (const offline of [false, true]) {
        await page.context().setOffline(offline);
        const left = [url(''), url('index.html'), url('why.html?from=a-friend'), url('404.html')], seen = new Set();
        for (let next = left.pop(); next; next = left.pop()) {
          if (seen.has(next)) continue;
          seen.add(next);
          assert.ok(next.startsWith(url('')), `a link to ${next}`);
          const kind = await asking.evaluate(async (address) => {
            const response = await fetch(address);
            return response.ok ? response.headers.get('content-type') : response.status;
          }, next.replace(/\?.*/, ''));
          assert.match(String(kind), /^(text|image|application)\//, next);
          if (!String(kind).startsWith('text/html')) continue;
          await page.goto(next);
          assert.notEqual(await titleOf(page), next.endsWith('404.html') ? '' : 'Not found', next);
          left.push(...(await addresses(page)));
        }
        assert.ok(seen.size > 60, `${seen.size} addresses`);
      }
      await page.goto(url(''));
      await page.getByRole('link', { name: 'Why the first attempt failed' }).click();
      assert.equal(await titleOf(page), 'Why the first attempt failed');
      const pictures = page.locator('img');
      for (const picture of await pictures.all()) {
        await picture.scrollIntoViewIfNeeded();
        await page.waitForFunction((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0, await picture.elementHandle());
      }
      await page.getByRole('link', { name: 'See it happen' }).click();
      await settled(page);
    }));

  for (const working of [false, true])
    it(`says that an unknown address is none, ${working ? 'with' : 'without'} the service worker, and leads home`, () =>
      visiting(working ? QUICK : 'icon.svg', async (page) => {
        if (working) await settled(page);
        for (const path of ['nothing', 'nothing.html', 'why/nothing/at/all.html', 'page/', 'index.htm?x=1#seed=3']) {
          const response = await page.goto(url(path));
          assert.equal(response?.status(), 404, path);
          assert.equal(await titleOf(page), 'Not found', path);
          const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          assert.notEqual(colour, 'rgba(0, 0, 0, 0)', 'its style is found from there, too');
          await page.getByRole('link', { name: /^Home/ }).click();
          assert.equal(page.url(), url(''));
        }
        await page.goto(url('a/b/c'));
        assert.deepEqual(await violations(page), []);
      }, { expected: /status of 404/, bypassCSP: true }));

  it('works on a host that takes .html off its addresses', async () => {
    const inner = createSiteServer(SITE);
    const server = createServer((request, response) => {
      const [, path, more = ''] = /^([^?]*)(\?.*)?$/.exec(request.url ?? '') ?? [];
      const short = path.replace(/(index)?\.html$/, '');
      if (short !== path) return response.writeHead(308, { Location: short + more }).end();
      if (!/\.\w+$|\/$/.test(path)) request.url = `${path}.html${more}`;
      inner.emit('request', request, response);
    });
    const home = `http://127.0.0.1:${await listen(server, 0)}/`;
    const chromium = await startBrowser();
    const { page, complaints, close } = await openPage(chromium.browser, home + QUICK);
    try {
      await settled(page);
      for (const offline of [false, true]) {
        await page.context().setOffline(offline);
        for (const path of ['why.html', ...(offline ? [] : ['why'])]) {
          await page.goto(home + path);
          assert.equal(await titleOf(page), 'Why the first attempt failed');
        }
        await page.goto(`${home}index.html${QUICK}`);
        await settled(page);
      }
      assert.deepEqual(complaints, []);
    } finally {
      await close();
      await chromium.stop();
      server.close();
      server.closeAllConnections();
    }
  });

  it('tells the exhibit as a story: a slider, Back and Next; what is shipped can be tried', () =>
    visiting('why.html', async (page) => {
      const said = (/** @type {string} */ id) => page.locator(`#story-${id}`).textContent();
      const rows = await page.locator('.arm').count();
      assert.equal(await page.locator('#story-step').getAttribute('max'), String(rows));
      const seen = new Set();
      for (let at = 1; at <= rows; at++) {
        assert.equal(await page.locator('#story-step').inputValue(), String(at));
        assert.ok((await said('title')) && ((await said('words')) ?? '').length > 20, `${at}`);
        seen.add(await page.locator('#story-picture').getAttribute('src'));
        await page.waitForFunction(() => /** @type {HTMLImageElement} */ (document.getElementById('story-picture')).naturalWidth > 0);
        if (at < rows) await page.getByRole('button', { name: 'Next' }).click();
      }
      assert.equal(seen.size, rows);
      assert.ok(await page.getByRole('button', { name: 'Next' }).isDisabled());
      assert.deepEqual(await violations(page), []);
      await page.locator('#story-step').press('Home');
      assert.match((await said('figures')) ?? '', /distance 254\.6/);
      await page.getByRole('link', { name: 'Try this one, live' }).click();
      await pictureDone(page);
      assert.match(page.url(), /model=seed/);
    }, { bypassCSP: true }));

  it('says of itself what a shared link is to show, and that picture is there', () =>
    visiting('icon.svg', async (page) => {
      for (const path of ['', 'why.html']) {
        const html = await (await fetch(url(path))).text();
        for (const name of ['og:title', 'og:description', 'og:type', 'og:image', 'twitter:card'])
          assert.match(html, new RegExp(`<meta (property|name)="${name}" content="[^"]+">`), `${path}: ${name}`);
        assert.match(html, /<link rel="apple-touch-icon" href="touch\.png">/);
      }
      for (const [name, width, height] of /** @type {[string, number, number][]} */ ([['card.jpg', 1200, 630], ['touch.png', 180, 180]])) {
        await page.goto(url(name));
        const size = await page.evaluate(() => [...document.images].map((image) => [image.naturalWidth, image.naturalHeight]));
        assert.deepEqual(size, [[width, height]]);
      }
    }, { expected: /status of 404/ })); // a picture alone has no icon of its own, and the browser asks for one

  it('opened from the disk says that it needs a server', async () => {
    const chromium = await startBrowser();
    try {
      for (const folder of [SITE, 'web']) {
        const page = await chromium.browser.newPage();
        await page.goto(pathToFileURL(join(folder, 'index.html')).href);
        assert.match((await page.getByRole('alert').textContent()) ?? '', /from the disk.*needs a server.*make serve/);
        assert.match((await page.locator('#status').textContent()) ?? '', /No picture can be made from the disk/);
        await page.goto(pathToFileURL(join(folder, 'why.html')).href);
        await page.waitForFunction(() => /** @type {HTMLImageElement} */ (document.querySelector('img')).naturalWidth > 0);
      }
    } finally {
      await chromium.stop();
    }
  });
});

describe('a site that changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coordiff-site-'));
  cpSync(SITE, folder, { recursive: true });
  after(() => rmSync(folder, { recursive: true }));

  const version = readdirSync(join(folder, 'v'))[0];
  const next = version.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  /** @param {string} name @param {string} from @param {string} to */
  function change(name, from, to) {
    const text = readFileSync(join(folder, name), 'utf8');
    assert.ok(text.includes(from), `${name} has no ${from}`);
    writeFileSync(join(folder, name), text.replaceAll(from, to));
  }
  /** Another version, of which every part says so, in the place of the first. */
  function second() {
    renameSync(join(folder, 'v', version), join(folder, 'v', next));
    for (const name of ['index.html', 'why.html', '404.html', 'sw.js']) change(name, version, next);
    change('index.html', '<h1>coordiff', '<h1>coordiff the second');
    change(`v/${next}/page/view.js`, 'steps in', 'strides in');
    change(`v/${next}/engine/worker.js`, 'there is no request', 'there is no second request');
  }
  const heading = (/** @type {Page} */ page) => page.locator('h1').textContent();
  const status = (/** @type {Page} */ page, /** @type {string} */ words) =>
    page.waitForFunction((text) => document.getElementById('status')?.textContent?.includes(text), words);
  /** A worker that is hired now, as for a comparison, is one of this version. */
  const worker = (/** @type {Page} */ page) =>
    page.evaluate(async () => {
      const { createPool } = await import(/** @type {HTMLLinkElement} */ (document.querySelector('link[href$="engine/pool.js"]')).href);
      (await createPool({ size: 1 })).terminate();
      const file = performance.getEntriesByType('resource').findLast(({ name }) => name.endsWith('/worker.js'));
      return (await fetch(String(file?.name))).text();
    });

  it('goes from one version to the next as a whole, and a page that is open stays whole', async () => {
    const site = await startSite(folder);
    const chromium = await startBrowser();
    const { page, complaints, close } = await openPage(chromium.browser, `${site.url}${QUICK}&seed=3`);
    try {
      await settled(page);
      second();
      await page.reload();
      await status(page, 'steps in'); // the first version, all of it, while the second comes in
      assert.equal(await heading(page), 'coordiff');
      await until(page, async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        const names = await caches.keys();
        return names.length === 2 && registration?.active?.state === 'activated' && !registration.installing && !registration.waiting;
      });
      assert.match(await worker(page), /there is no request/, 'the page that is open');
      const other = await page.context().newPage();
      await other.goto(`${site.url}${QUICK}`);
      await status(other, 'strides in');
      assert.equal(await heading(other), 'coordiff the second');
      assert.match(await worker(other), /there is no second request/);
      await page.reload();
      await status(page, 'strides in');
      assert.match(page.url(), /seed=3/);
      await page.context().setOffline(true);
      await page.reload();
      await status(page, 'strides in');
      assert.deepEqual(complaints, []);
    } finally {
      await close();
      await chromium.stop();
      await site.stop();
    }
  });
});
