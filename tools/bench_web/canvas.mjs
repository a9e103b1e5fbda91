// What a picture of 64, 256 and 1024 pixels a side costs in Chromium, on one thread: reverse steps, drawing, and the write-up's way
// (the network at every canvas pixel in every step). Works on build/site, so run `make site` first:
//
//   node tools/bench_web/canvas.mjs [MODEL]
import { startBrowser, startSite } from '../../tests/web/browser.js';

const SIDES = [64, 256, 1024];
const model = process.argv[2] ?? 'faces';
const site = await startSite();
const { browser, stop } = await startBrowser();

/** Runs in the page. @param {{model: string, sides: number[]}} what */
async function measure({ model, sides }) {
  const folder = location.href.replace(/[^/]*$/, '');
  const [version] = (await (await fetch('sw.js')).text()).match(/v\/\w+\//) ?? [''];
  const { loadEngine } = await import(`${folder}${version}engine/engine.js`);
  const { simdSupport } = await import(`${folder}${version}engine/simd.js`);
  const binary = `${version}engine/coordiff${simdSupport() === 'relaxed' ? '-relaxed' : ''}.wasm`;
  const bytes = async (/** @type {string} */ url) =>
    new Uint8Array(await (await fetch(folder + url)).arrayBuffer());
  const engine = await loadEngine({ wasmBytes: await bytes(binary) });
  const loaded = engine.loadModel(await bytes(`models/${model}.safetensors`));
  const options = { seed: 1, label: 0, steps: 20, guidance: 1 };
  const seconds = (/** @type {() => void} */ work) => {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
  };
  const median = (/** @type {number[]} */ x) => x.toSorted((a, b) => a - b)[x.length >> 1];
  const rows = [];
  for (const side of sides) {
    const steps = [];
    const draw = [];
    for (let round = 0; round < 3; round++) {
      const generation = loaded.createProcess();
      const picture = loaded.createPicture();
      generation.start(options);
      steps.push(
        seconds(() => {
          while (!generation.done) generation.step();
        }),
      );
      draw.push(
        seconds(() => {
          picture.load(generation.clean);
          picture.render(side, side);
        }),
      );
      generation.free();
      picture.free();
    }
    // One step of it, in worlds of at most 256 cells a side; all steps cost the same.
    const part = Math.min(side, 256);
    const world = loaded.createProcess({ x: 0, y: 0, width: part, height: part });
    world.start(options);
    let everywhere = 0;
    for (let i = 0; i < (side / part) ** 2; i++)
      everywhere += seconds(() => {
        world.prepare();
        world.rows(0, part);
      });
    rows.push({
      side,
      steps: median(steps),
      draw: median(draw),
      everywhere: everywhere * world.evaluations,
    });
    world.free();
  }
  return { binary, rows };
}

try {
  const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
  await page.goto(`${site.url}models.json`); // any file of the site, but not the page, which would be at work itself
  const { binary, rows } = await page.evaluate(measure, { model, sides: SIDES });
  console.log(`${model}, one thread, ${binary}, median of 3; seconds`);
  console.log('canvas        reverse steps   drawing    whole   steps at every pixel   ratio');
  for (const { side, steps, draw, everywhere } of rows) {
    const [whole, ratio] = [steps + draw, everywhere / (steps + draw)];
    console.log(
      `${`${side} x ${side}`.padEnd(13)} ${steps.toFixed(3).padStart(13)} ${draw.toFixed(3).padStart(9)} ` +
        `${whole.toFixed(3).padStart(8)} ${everywhere.toFixed(1).padStart(22)} ${ratio.toFixed(1).padStart(7)}`,
    );
  }
} finally {
  await stop();
  await site.stop();
}
