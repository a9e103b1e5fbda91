// How well pictures follow the hand: previews a second while a slider between two seeds moves, and the time until the grid of nine
// stands (previews; all of it), of every shipped model with what it begins with. Works on build/site:
//   node tools/bench_web/hand.mjs [seconds of movement] [models ...]
import { openPage, pictureDone, startBrowser, startSite } from '../../tests/web/browser.js';

const [seconds = '4', ...models] = process.argv.slice(2);
const SIDES = { fashion: 28, faces: 48, panorama: 64, texture: 64 }; // cells, of which one has eight pixels
const site = await startSite();
const { browser, stop } = await startBrowser();

/** In the page: to and fro for so long. @param {number} ms */
async function move(ms) {
  const slider = /** @type {HTMLInputElement} */ (document.getElementById('mix'));
  const caption = /** @type {HTMLElement} */ (document.getElementById('caption'));
  /** @type {number[]} */
  const times = [];
  const watch = new MutationObserver(() => {
    if (/preview/.test(caption.textContent ?? '')) times.push(performance.now());
  });
  watch.observe(caption, { childList: true });
  const began = performance.now();
  for (let i = 0; performance.now() < began + ms; i++) {
    slider.value = String(Math.abs(((i / 50) % 2) - 1));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((next) => requestAnimationFrame(next));
  }
  watch.disconnect();
  const gaps = times.map((time, i) => time - (times[i - 1] ?? began)).toSorted((a, b) => a - b);
  return { rate: (1000 * times.length) / ms, gap: gaps[gaps.length >> 1] };
}

/** In the page: milliseconds until the previews stand, and until all is made. */
async function grid() {
  const words = /** @type {HTMLElement} */ (document.getElementById('seeds-words'));
  const began = performance.now();
  const after = (/** @type {RegExp} */ wanted) =>
    new Promise((done) => {
      const watch = new MutationObserver(() => {
        if (!wanted.test(words.textContent ?? '')) return;
        watch.disconnect();
        done(performance.now() - began);
      });
      watch.observe(words, { childList: true });
    });
  const stands = after(/^(Making 1 |Choose)/);
  const all = after(/^Choose/);
  document.getElementById('seeds-open')?.click();
  return [await stands, await all];
}

try {
  for (const [model, side] of Object.entries(SIDES).filter(([name]) => models.length === 0 || models.includes(name))) {
    const size = `${8 * side}x${8 * side}`;
    const { page, close } = await openPage(browser, `${site.url}#model=${model}&size=${size}&class=0`);
    await pictureDone(page);
    const { rate, gap } = await page.evaluate(move, 1000 * Number(seconds));
    await pictureDone(page);
    await page.waitForFunction(() => /·.*×/.test(document.getElementById('caption')?.textContent ?? ''));
    await page.waitForTimeout(200);
    const [stands, all] = await page.evaluate(grid);
    const steps = await page.locator('#steps').inputValue();
    console.log(`${model}: ${rate.toFixed(1)} pictures a second (median gap ${Math.round(gap)} ms); nine stand after ${(stands / 1000).toFixed(2)} s, `
      + `in ${steps} steps after ${(all / 1000).toFixed(2)} s`);
    await close();
  }
} finally {
  await stop();
  await site.stop();
}
