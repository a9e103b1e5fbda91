// Models without coordinates: a tile that repeats, a world without end.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, tiny, works } from './coordiff.js';
import { readSafetensors, safetensorsData, writePngFolders } from './data.js';
import { largestDifference, readPng } from './png.js';

const ENDLESS = ['--coordinates', 'none', '--thumbnail', '0'];
let dir, model, framed;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  writePngFolders(join(dir, 'pictures'));
  const train = (name, ...words) => {
    works(['train', '--data', join(dir, 'pictures'), '--size', '16x16', '--out', join(dir, name), ...tiny, ...words]);
    return join(dir, name, 'model.safetensors');
  };
  model = train('endless', ...ENDLESS);
  framed = train('framed');
});
after(() => rmSync(dir, { recursive: true, force: true }));

const words = (...more) => ['sample', '--model', model, '--n', '1', '--class', '1', '--guidance', '2', '--steps', '3', '--size', '40x24', ...more];

/** The cells of a window: world and numbers. */
function lattice(name, ...more) {
  const file = join(dir, name);
  works(words('--extend', '--save', file, '-o', join(dir, `${name}.png`), ...more));
  const bytes = readFileSync(file), head = readSafetensors(bytes), data = safetensorsData(bytes);
  const [x, y] = head.__metadata__.world.split(',').map(Number), [channels, height, width] = head.lattice.shape;
  const at = (c, i, j) => data.readUInt32LE(4 * ((c * height + j - y) * width + i - x));
  return { x, y, channels, width, height, at };
}

test('two windows have the same bits where they overlap, however they are computed', () => {
  const a = lattice('a', '--window', '-7.5,3,20'), b = lattice('b', '--window', '1,-4,20', '--threads', '3');
  let shared = 0, kinds = new Set();
  for (let c = 0; c < a.channels; c++)
    for (let j = Math.max(a.y, b.y); j < Math.min(a.y + a.height, b.y + b.height); j++)
      for (let i = Math.max(a.x, b.x); i < Math.min(a.x + a.width, b.x + b.width); i++, shared++) {
        assert.equal(a.at(c, i, j), b.at(c, i, j));
        kinds.add(a.at(c, i, j));
      }
  assert.ok(shared > 1000 && kinds.size > 500, `${shared} cells, ${kinds.size} values`);
});

test('a window shows the same picture from near and far, whatever else is computed', () => {
  const picture = (...more) => readPng(works(words('--extend', ...more, '-o', '-')).out);
  const whole = picture('--window', '0,0,40'), part = picture('--window', '8,4,20', '--size', '20x12');
  for (let y = 0; y < 12; y++)
    for (let x = 0; x < 60; x++) assert.ok(Math.abs(part.pixels[y * 60 + x] - whole.pixels[(y + 4) * 120 + 24 + x]) <= 1);
  assert.match(part.text.parameters, /extend 8,4,20/);
  assert.equal(largestDifference(picture('--threads', '1').pixels, picture('--threads', '2').pixels), 0);
});

test('--steps-dir shows every step of an endless window', () => {
  works(words('--extend', '--steps-dir', join(dir, 'steps'), '-o', join(dir, 'last.png')));
  const last = readPng(readFileSync(join(dir, 'last.png'))), third = readPng(readFileSync(join(dir, 'steps/step-0003.png')));
  assert.equal(largestDifference(last.pixels, third.pixels), 0);
});

test('eval --endless: numbers, and no data is asked for', () => {
  const report = JSON.parse(works(['eval', '--model', model, '--endless', '--samples', '2', '--steps', '2', '--json', '-q']).out);
  assert.equal(report.patch_side, 8);
  assert.ok(report.seam_energy > 0.5 && report.seam_energy < 2);
  assert.ok(report.elsewhere_least > 0 && report.elsewhere_least <= 1 && report.elsewhere_most >= 1);
  assert.ok(report.autocorrelation >= 0 && report.autocorrelation <= 1 && report.chance < 1);
  assert.match(works(['eval', '--model', model, '--endless', '--samples', '2', '--steps', '2', '-q']).out.toString(), /where patches meet/);
});

test('what a world without end cannot do', () => {
  const never = join(dir, 'never.png');
  fails(2, [/heun/, /dpm2m, euler or ancestral/], words('--extend', '--sampler', 'heun', '-o', never));
  for (const place of [['--size', '400x400'], ['--size', '16x16'], ['--window', '1000,1000,20'], ['--window', '-3.5,2,7'], ['--mask', join(dir, 'pictures/a/1.png')]])
    fails(2, [/world without end/, /leave out --source or --extend/], words('--extend', '--source', join(dir, 'pictures/a/0.png'), '-o', never, '--steps-dir', never, ...place));
  assert.ok(!existsSync(never));
  fails(2, [/256 a side/], words('--extend', '--window', '0,0,300', '-o', never));
  fails(2, [/has a frame/, /coordinates = none/], ['eval', '--model', framed, '--endless']);
  fails(2, [/--samples is 3/, /even/], ['eval', '--model', model, '--endless', '--samples', '3']);
  fails(2, [/different things/], ['eval', '--model', model, '--endless', '--denoise']);
  fails(3, [/thumbnail = 8/, /set thumbnail to 0/], ['train', '--data', join(dir, 'pictures'), '--size', '16x16', '--out', join(dir, 'x'), ...tiny, '--coordinates', 'none']);
});
