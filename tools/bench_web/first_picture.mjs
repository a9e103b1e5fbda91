// How long a first visitor waits: from the start of the navigation until the picture is complete, and what is transferred for it.
// Works on build/site, so run `make site` first:   node tools/bench_web/first_picture.mjs [visits]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SITE, startBrowser, startSite } from '../../tests/web/browser.js';

const visits = Number(process.argv[2] ?? 7);
const site = await startSite();
const { browser, stop } = await startBrowser();
const seconds = [];
try {
  for (let i = 0; i < visits; i++) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 860 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      new MutationObserver(() => {
        const text = document.getElementById('status')?.textContent ?? '';
        if (!('complete' in globalThis) && /steps in/.test(text))
          Object.assign(globalThis, { complete: performance.now(), said: text });
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await page.goto(site.url);
    await page.waitForFunction(() => 'complete' in globalThis);
    const { complete, said } = await page.evaluate(() => {
      const { complete, said } = /** @type {any} */ (globalThis);
      return { complete, said };
    });
    seconds.push(complete / 1000);
    console.log(`visit ${i + 1}: complete after ${(complete / 1000).toFixed(2)} s ('${said}')`);
    await context.close();
  }
} finally {
  await stop();
  await site.stop();
}
console.log(`median ${seconds.toSorted((a, b) => a - b)[visits >> 1].toFixed(2)} s`);

let total = 0;
for (const name of readdirSync(SITE).filter((file) => file !== 'models')) {
  const raw = readFileSync(join(SITE, name));
  const packed = gzipSync(raw, { level: 9 }).length;
  total += packed;
  if (name.endsWith('.wasm')) console.log(`${name}: ${raw.length} bytes, ${packed} compressed`);
}
console.log(`page, both binaries, no models: ${total} bytes compressed`);
