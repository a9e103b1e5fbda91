// A long visit: fifty pictures leave no more behind than twenty-five.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { afterRun, pictureDone, useBrowser } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

const { visiting } = useBrowser();

describe('a long visit', () => {
  it('keeps the last pictures and forgets the others', () =>
    visiting('#model=fashion&steps=2&size=64x64&class=1&seed=1', async (page) => {
      await pictureDone(page);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      /** Bytes of JavaScript, and elements, when all that can be forgotten is. */
      async function left() {
        await session.send('HeapProfiler.collectGarbage');
        const { metrics } = await session.send('Performance.getMetrics');
        return ['JSHeapUsedSize', 'Nodes'].map((name) => metrics.find((metric) => metric.name === name)?.value ?? 0);
      }
      const make = async () => {
        for (let i = 0; i < 25; i++) await afterRun(page, () => page.keyboard.press('Control+Enter'));
        return left();
      };
      const [bytes, nodes] = await make();
      const [after, nodesAfter] = await make();
      assert.equal(await page.locator('#album button').count(), 20);
      assert.ok(after - bytes < 4e6, `${bytes} bytes, and then ${after}`);
      assert.ok(nodesAfter - nodes < 100, `${nodes} nodes, and then ${nodesAfter}`);
    }));
});
