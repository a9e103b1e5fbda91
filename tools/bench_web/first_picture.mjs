// How long a first visitor waits: from the start of the navigation until there is something on the canvas, and until the picture is complete; and
// what came over the wire by then.
// Works on build/site, so run `make site` first:   node tools/bench_web/first_picture.mjs [visits]
import { startBrowser, startSite } from '../../tests/web/browser.js';

const visits = Number(process.argv[2] ?? 7);
const site = await startSite();
const { browser, stop } = await startBrowser();
const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1].toFixed(2);
/** @type {number[]} */
const firsts = [];
/** @type {number[]} */
const seconds = [];
try {
  for (let i = 0; i < visits; i++) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 860 } });
    const page = await context.newPage();
    const wire = await context.newCDPSession(page);
    let requests = 0, bytes = 0;
    wire.on('Network.requestWillBeSent', ({ request }) => {
      if (request.url.startsWith('http')) requests++;
    });
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await wire.send('Network.enable');
    await page.addInitScript(() => {
      new MutationObserver(() => {
        const text = document.getElementById('status')?.textContent ?? '';
        if (!('complete' in globalThis) && /steps in/.test(text))
          Object.assign(globalThis, { complete: performance.now(), said: text });
      }).observe(document, { subtree: true, childList: true, characterData: true });
      const probe = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      requestAnimationFrame(function look() {
        const canvas = document.getElementById('canvas');
        if (canvas instanceof HTMLCanvasElement && canvas.width > 0) probe?.drawImage(canvas, 0, 0, 1, 1);
        if (probe?.getImageData(0, 0, 1, 1).data[3]) Object.assign(globalThis, { first: performance.now() });
        else requestAnimationFrame(look);
      });
    });
    await page.goto(site.url);
    await page.waitForFunction(() => 'complete' in globalThis);
    const { first, complete, said } = await page.evaluate(() => {
      const { first, complete, said } = /** @type {any} */ (globalThis);
      return { first, complete, said };
    });
    firsts.push(first / 1000);
    seconds.push(complete / 1000);
    console.log(`visit ${i + 1}: first pixels after ${(first / 1000).toFixed(2)} s, complete after ${(complete / 1000).toFixed(2)} s ('${said}'), ${(bytes / 1e6).toFixed(2)} MB in ${requests} requests`);
    await context.close();
  }
} finally {
  await stop();
  await site.stop();
}
console.log(`median: first pixels after ${median(firsts)} s, complete after ${median(seconds)} s`);
