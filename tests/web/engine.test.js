// engine.js in Node, with both binaries, against the native program.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadEngine, MAX_PIXELS, MAX_SIDE } from '../../web/engine/engine.js';
import { SAMPLING } from '../../web/engine/sampling.js';
import { createDrawn } from './drawn.js';
import { simdSupport } from '../../web/engine/simd.js';
import { readPng } from '../cli/png.js';
import {
  binaries, modelBytes, modelPath, nativePicture, nativeRefusal, scratchFile, wasmBytes, withoutModel,
} from './models.js';

const skip = withoutModel('fashion');

/** @param {Uint8ClampedArray} rgba @param {any} native */
function largestDifference(rgba, { width, height, channels, pixels }) {
  assert.equal(rgba.length, width * height * 4);
  let most = 0;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++)
      most = Math.max(most, Math.abs(rgba[4 * i + c] - pixels[i * channels + (channels === 1 ? 0 : c)]));
    most = Math.max(most, 255 - rgba[4 * i + 3]);
  }
  return most;
}

/**
 * @param {import('./drawn.js').Drawn} g
 * @param {import('../../web/engine/engine.js').GenerateOptions} options
 */
function finish(g, options) {
  g.start(options);
  while (!g.done) g.step();
  return g;
}

test('the probe agrees with what the binaries need', async () => {
  assert.ok(WebAssembly.validate(wasmBytes('coordiff.wasm')));
  assert.equal(simdSupport() === 'relaxed', WebAssembly.validate(wasmBytes('coordiff-relaxed.wasm')));
});

for (const { name, file } of binaries) {
  const engine = await loadEngine({ wasmBytes: wasmBytes(file) });

  test(`${name}: imports nothing but news of memory, and stays small`, () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasmBytes(file)));
    assert.deepEqual(imports.map((i) => i.name), ['emscripten_notify_memory_growth']);
    assert.ok(wasmBytes(file).length < 230_000); // 133 kB before training came in
    assert.equal(engine.kernels, name);
  });

  for (const sampler of SAMPLING.sampler.names) {
    test(`${name}: ${sampler} makes the native picture`, { skip }, (t) => {
      const g = createDrawn(engine.loadModel(modelBytes('fashion')));
      finish(g, { seed: 2n ** 63n + 7n, label: 8, sampler, steps: 12, guidance: 1.5 });
      const args = ['--seed', '9223372036854775815', '--class', '8', '--sampler', sampler, '--steps', '12',
        '--guidance', '1.5'];
      for (const [w, h] of [[28, 28], [333, 517]]) {
        const native = nativePicture(modelPath('fashion'), ...args, '--size', `${w}x${h}`);
        const most = largestDifference(g.render(w, h), native);
        t.diagnostic(`${w} x ${h}: at most ${most} of 255 apart`);
        assert.ok(most <= 1, `${most} levels apart`);
      }
    });
  }

  for (const model of ['seed', 'faces', 'texture']) {
    test(`${name}: ${model} makes the native picture`, { skip: withoutModel(model) }, (t) => {
      const loaded = engine.loadModel(modelBytes(model)), g = createDrawn(loaded);
      const args = ['--seed', '3', ...loaded.info.n_classes > 0 ? ['--class', '0'] : []];
      if (loaded.info.target === 'edm') args.push('--steps', '8'); // the others take their whole chain
      finish(g, { seed: 3, steps: 8, label: loaded.info.n_classes > 0 ? 0 : null });
      const native = nativePicture(modelPath(model), ...args, '--size', '97x64');
      const most = largestDifference(g.render(97, 64), native);
      t.diagnostic(`at most ${most} of 255 apart`);
      assert.ok(most <= 1, `${most} levels apart`);
      g.free();
      loaded.free();
    });
  }

  for (const model of ['faces', 'fashion']) {
    const about = 'close up, and in a larger world, as the native program draws it';
    test(`${name}: ${model}: ${about}`, { skip: withoutModel(model) }, (t) => {
      const loaded = engine.loadModel(modelBytes(model)), n = loaded.info.lattice_width;
      const close = { window: { x: 10.5, y: 8, pitch: 6 / 120 } }, all = { window: { x: -4, y: -2, pitch: 0.5 } };
      for (const [world, w, h, what, ...options] of /** @type {[any, number, number, any, ...string[]][]} */ ([
        [null, 120, 90, close, '--window', '10.5,8,6'],
        [{ x: -4, y: -2, width: n + 8, height: n + 4 }, 2 * n + 16, 2 * n + 8, all, '--extend', '--cell', '2'],
      ])) {
        const g = finish(createDrawn(loaded, world), { seed: 4, steps: 3, label: 1 });
        const args = ['--seed', '4', '--class', '1', '--steps', '3', ...options, '--size', `${w}x${h}`];
        const most = largestDifference(g.render(w, h, 0, h, what), nativePicture(modelPath(model), ...args));
        t.diagnostic(`${options.join(' ')}: at most ${most} of 255 apart`);
        assert.ok(most <= 1, `${most} levels apart`);
        g.free();
      }
      loaded.free();
    });
  }
}

const engine = await loadEngine({ wasmBytes: wasmBytes() });

test('rows in any bands, rendered in any bands, give the same bytes', { skip }, () => {
  const g = createDrawn(engine.loadModel(modelBytes('fashion')));
  const whole = finish(g, { seed: 5, label: 3, steps: 6 }).clean, picture = g.render(200, 150);
  g.start({ seed: 5, label: 3, steps: 6 });
  while (!g.done) {
    g.prepare();
    for (const [y0, y1] of [[17, 28], [0, 5], [5, 17]]) g.rows(y0, y1);
    g.advance();
  }
  assert.deepEqual(g.clean, whole);
  assert.deepEqual([...g.readRows(3, 5)], [...whole.subarray(3 * 28, 5 * 28)]);
  const bands = [[0, 1], [1, 77], [77, 150]].map(([y0, y1]) => Buffer.from(g.render(200, 150, y0, y1)));
  assert.ok(Buffer.concat(bands).equals(Buffer.from(picture)));
});

for (const name of ['faces', 'fashion']) {
  test(`${name}: a window is a crop of a larger picture; a world has the noise of the frame`, { skip: withoutModel(name) }, () => {
    const model = engine.loadModel(modelBytes(name)), n = model.info.lattice_width, { channels } = model.info;
    const g = finish(createDrawn(model), { seed: 6, steps: 2 }), side = 8 * n;
    const whole = Buffer.from(g.render(side, side));
    const part = (/** @type {any} */ window, y0 = 0, y1 = 40) => Buffer.from(g.render(56, 40, y0, y1, { window }));
    const window = { x: 12.5, y: 9.25, pitch: 1 / 8 }, rows = [];
    for (let y = 0; y < 40; y++) rows.push(whole.subarray(((y + 74) * side + 100) * 4).subarray(0, 56 * 4));
    assert.ok(Buffer.concat(rows).equals(part(window)));
    assert.ok(Buffer.concat([part(window, 0, 7), part(window, 7, 40)]).equals(part(window)), 'in bands');
    const all = { window: { x: 0, y: 0, pitch: n / side } };
    assert.ok(Buffer.from(g.render(side, side, 0, side, all)).equals(whole), 'all of it, said as a window');

    const large = createDrawn(model, { x: -3, y: -5, width: n + 7, height: n + 5 });
    const [small] = [g, large].map((each) => {
      each.start({ seed: 6, steps: 2 });
      return each.state;
    });
    const wide = large.state;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < n; y++) {
        const from = ((c * (n + 5)) + y + 5) * (n + 7) + 3, row = (c * n + y) * n;
        assert.deepEqual(wide.subarray(from, from + n), small.subarray(row, row + n));
      }
    }
    for (const [width, height] of [[0, 5], [257, 5], [NaN, 5], [2 ** 32 + 5, 5]])
      assert.throws(() => createDrawn(model, { x: 0, y: 0, width, height }), { code: 2, message: /(sides must be|may have) from 1 to 256/ });
    for (const bad of [{ x: NaN, y: 0, pitch: 1 }, { x: 0, y: 0, pitch: -1 }, { x: 2e6, y: 0, pitch: 1 }])
      assert.throws(() => g.render(9, 9, 0, 9, { window: bad }), { code: 2, message: /cannot be drawn/ });
  });
}

test('info says what the model is', { skip }, () => {
  const { info } = engine.loadModel(modelBytes('fashion'));
  assert.deepEqual([info.channels, info.lattice_width, info.lattice_height, info.n_classes], [1, 28, 28, 10]);
  assert.equal(info.target, 'edm');
  assert.ok(info.parameters > 1e5 && info.macs_per_pixel > 1e4 && info.mean.length === 4);
  assert.equal(typeof info.notes, 'object');
});

test('views of the insides are pictures, and leave the clean one alone', { skip }, () => {
  const model = engine.loadModel(modelBytes('fashion')), g = createDrawn(model);
  g.start({ seed: 1, label: 0 });
  for (let i = 0; i < 10; i++) g.step();
  const clean = g.render(56, 56), views = ['state', 'residual', 'blur1', 'blur4'];
  const pictures = views.map((view) => Buffer.from(g.render(56, 56, 0, 56, { view })));
  pictures.forEach((p, i) => {
    assert.ok(new Set(p.filter((_, at) => at % 4 === 0)).size > 8, `${views[i]} has shades`);
    for (let j = 0; j < i; j++) assert.ok(!p.equals(pictures[j]), `${views[i]} differs from ${views[j]}`);
  });
  assert.deepEqual(g.render(56, 56), clean);
  const other = g.clean.map((x) => -x);
  assert.notDeepEqual(g.render(56, 56, 0, 56, { lattice: other }), clean);
  assert.deepEqual(g.render(56, 56), clean);
  assert.throws(() => g.render(56, 56, 0, 56, { view: 'blur7' }), { code: 2, message: /view is 9, but/ });
  assert.throws(() => g.render(56, 56, 0, 56, { view: 'soul' }), { code: 2, message: /no view 'soul'/ });
  while (!g.done) g.step();
  const residual = g.render(4, 4, 0, 4, { view: 'residual' });
  assert.ok(residual.every((v, i) => i % 4 === 3 ? v === 255 : Math.abs(v - 128) <= 1), 'nothing is left: grey');
});

test('every size renders within 256 MB; what is larger is refused with a sentence', { skip }, async () => {
  const own = await loadEngine({ wasmBytes: wasmBytes() });
  const model = own.loadModel(modelBytes('fashion'));
  const g = finish(createDrawn(model), { seed: 2, label: 1, steps: 2 });
  const before = own.memoryBytes;
  const sizes = [[1, 1], [16, 16], [333, 517], [1024, 16], [1, 16384], [2048, 2048], [4096, 2048], [16, 16]];
  for (const [w, h] of sizes) {
    const rgba = g.render(w, h);
    assert.equal(rgba.length, w * h * 4);
    assert.equal(rgba[rgba.length - 1], 255);
  }
  assert.ok(own.memoryBytes > before && own.memoryBytes <= 256 * 2 ** 20, `${own.memoryBytes} bytes`);
  assert.throws(() => g.render(MAX_SIDE + 1, 1), { code: 2, message: /choose sides from 1 to 16384/ });
  for (const [w, h] of [[0, 5], [-3, 5], [NaN, 5], [2 ** 32 + 16, 16], [Infinity, 1]])
    assert.throws(() => g.render(w, h), { code: 2, message: /cannot be drawn/ });
  assert.throws(() => g.render(4096, 2049), { code: 2, message: /limit here is 8.4; choose a smaller/ });
  assert.throws(() => g.render(16, 16, 4, 17), { code: 2, message: /rows 4 to 17/ });
  const large = new Uint8ClampedArray(MAX_PIXELS * 4);
  for (let i = 0, x = 1; i < large.length; i++) {
    x = x * 48271 % 2147483647;
    large[i] = i % 4 === 3 ? 255 : x & 255;
  }
  const png = own.png(large, 4096, 2048, 'the largest');
  assert.equal(own.pngParameters(png), 'the largest');
  assert.ok(own.memoryBytes <= 256 * 2 ** 20, `${own.memoryBytes} bytes`);
});

test('PNG: parameters and pixels come back; grey stays grey', { skip }, () => {
  const model = engine.loadModel(modelBytes('fashion'));
  const g = finish(createDrawn(model), { seed: 2, label: 1, steps: 2 });
  const rgba = g.render(61, 47), text = 'coordiff; seed 2\nclass 1 "quoted"';
  const bytes = engine.png(rgba, 61, 47, text), read = readPng(Buffer.from(bytes));
  assert.deepEqual([read.width, read.height, read.channels], [61, 47, 1]);
  assert.equal(largestDifference(rgba, read), 0);
  assert.deepEqual(read.text, { parameters: text });
  assert.equal(engine.pngParameters(bytes), text);
  rgba[4 * 100 + 1] ^= 1;
  const coloured = readPng(Buffer.from(engine.png(rgba, 61, 47, '')));
  assert.equal(coloured.channels, 3);
  assert.equal(largestDifference(rgba, coloured), 0);
  rgba[4 * 100 + 3] = 9;
  assert.equal(engine.png(rgba, 61, 47, '')[25], 6, 'colour type RGBA');
  assert.throws(() => engine.png(rgba, 61, 48, ''), { code: 2, message: /no RGBA picture of 61 x 48/ });
  assert.throws(() => engine.pngParameters(bytes.subarray(0, 50)), { code: 3, message: /damaged/ });
  assert.throws(() => engine.pngParameters(new Uint8Array(0)), { code: 3, message: /no PNG/ });
});

test('bad models are refused with the sentence of the native program', { skip }, () => {
  const good = modelBytes('fashion'), header = Number(good.readBigUInt64LE(0)) + 8;
  const edited = (/** @type {string} */ from, /** @type {string} */ to) => {
    const before = good.toString('latin1', 0, header), text = before.replace(from, to);
    assert.notEqual(text, before, `the model does not say ${from}`);
    return Buffer.concat([Buffer.from(text, 'latin1'), good.subarray(header)]);
  };
  const bad = {
    tiny: Buffer.alloc(1),
    short: good.subarray(0, good.length - 1),
    cut: good.subarray(0, 700),
    long: Buffer.concat([good, Buffer.alloc(1)]),
    noise: Buffer.from(Array.from({ length: 5000 }, (_, i) => i * i % 251)),
    format: edited('coordiff 1', 'coordiff 7'),
    hidden: edited('"hidden":"256"', '"hidden":"272"'),
    activation: edited('silu', 'selu'),
  };
  const model = engine.loadModel(good);
  const memory = [1, 2].map(() => {
    for (const [name, bytes] of Object.entries(bad)) {
      const path = scratchFile(`${name}.safetensors`);
      writeFileSync(path, bytes);
      const said = nativeRefusal(path);
      assert.throws(() => engine.loadModel(bytes), (/** @type {any} */ error) => {
        assert.equal(error.code, 3);
        assert.ok(said.includes(error.message.slice(0, 200)), `${name}: '${said}', here '${error.message}'`);
        return true;
      });
    }
    return engine.memoryBytes;
  });
  assert.equal(memory[1], memory[0], 'the second time takes no more memory');
  assert.ok(finish(createDrawn(model), { steps: 1 }).done, 'the good one still works');
});

test('bad options are refused with a sentence, and leave the generation as it was', { skip }, () => {
  const g = finish(createDrawn(engine.loadModel(modelBytes('fashion'))), { seed: 2, steps: 3 });
  const clean = g.clean;
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [{ sampler: 'magic' }, /must be one of: dpm2m, heun, euler, ancestral, renoise, sde/],
    [{ steps: 1e12 }, /steps is '1000000000000', but must be a whole number from 1 to 1000/],
    [{ steps: 2.5 }, /steps is '2.5'/],
    [{ steps: -1 }, /steps is '-1'/],
    [{ label: 10 }, /class is 10, but this model's classes go from 0 to 9/],
    [{ guidance: 99 }, /guidance is '99', but must be a number from 0 to 20/],
    [{ guidance: NaN }, /guidance is 'NaN'/],
    [{ sigmaMin: 90 }, /sigma_min 90/],
    [{ seed: 1.5 }, /seed ends with '.5'/],
  ])) assert.throws(() => g.start(options), { code: 2, message });
  assert.deepEqual([g.evaluation, g.evaluations, g.clean], [3, 3, clean]);
  g.start({ seed: -1n, sampler: 'heun', steps: 5 });
  assert.deepEqual([g.evaluation, g.evaluations], [0, 9]);
  const minusOne = finish(g, { seed: -1n, steps: 1 }).clean;
  assert.deepEqual(finish(g, { seed: 2n ** 64n - 1n, steps: 1 }).clean, minusOne);
});

test('models and generations can be freed and made again for ever', { skip }, async () => {
  const own = await loadEngine({ wasmBytes: wasmBytes() });
  let memory = 0;
  for (let i = 0; i < 30; i++) {
    const model = own.loadModel(modelBytes('fashion')), g = createDrawn(model);
    g.start({ steps: 1 });
    g.render(64, 64, 0, 64, { view: 'blur1' });
    own.pngParameters(own.png(g.render(64, 64), 64, 64, 'x'));
    g.free();
    model.free();
    if (i === 2) memory = own.memoryBytes;
  }
  assert.equal(own.memoryBytes, memory);
});
