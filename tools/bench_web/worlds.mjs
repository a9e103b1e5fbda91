// How long a world without end lets a visitor wait, on build/site: a first view, from Generate to sharp; and a swipe of a whole canvas, from
// its begin (it takes a quarter of a second) to sharp. Medians.
//   node tools/bench_web/worlds.mjs [times]
import { openPage, pictureDone, sharp, startBrowser, startSite } from '../../tests/web/browser.js';
import { drag } from '../../tests/web/endless_page.js';

const times = Number(process.argv[2] ?? 5);
const WORLDS = { texture: [512, 512], panorama: [1024, 512] };
const site = await startSite();
const { browser, stop } = await startBrowser();
const median = (/** @type {number[]} */ values) => (values.toSorted((a, b) => a - b)[values.length >> 1] / 1000).toFixed(2);

/** In the page: from now on, when the status first says this. @param {string} wanted */
function watch(wanted) {
  const status = /** @type {HTMLElement} */ (document.getElementById('status'));
  status.textContent = '';
  Object.assign(globalThis, { told: new Promise((done) => {
    const began = performance.now();
    const look = new MutationObserver(() => {
      if (!new RegExp(wanted).test(status.textContent ?? '')) return;
      look.disconnect();
      done(performance.now() - began);
    });
    look.observe(status, { childList: true, characterData: true, subtree: true });
  }) });
}

try {
  for (const [model, [width, height]] of Object.entries(WORLDS)) {
    const { page, close } = await openPage(browser, `${site.url}#model=${model}&size=${width}x${height}&class=0`);
    await pictureDone(page);
    await sharp(page);
    /** @type {Record<'first'|'swipe', number[]>} */
    const took = { first: [], swipe: [] };
    for (let i = 0; i < times; i++) {
      await page.evaluate(watch, 'steps in');
      await page.locator('#generate').click();
      took.first.push(await page.evaluate(() => /** @type {any} */ (globalThis).told));
      await page.waitForTimeout(500); // less than what is made ahead takes
      await page.evaluate(watch, 'is here');
      await drag(page, -0.95 * (await page.locator('#glass').evaluate((glass) => glass.clientWidth)), 0);
      took.swipe.push(await page.evaluate(() => /** @type {any} */ (globalThis).told));
      await sharp(page);
    }
    console.log(`${model}, ${width}×${height}: first view ${median(took.first)} s; a swipe ${median(took.swipe)} s`);
    await close();
  }
} finally {
  await stop();
  await site.stop();
}
