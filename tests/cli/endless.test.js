// Models without coordinates, or with one of them: a tile that repeats, a world without end.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, tiny, works } from './coordiff.js';
import { readSafetensors, safetensorsData, writePngFolders } from './data.js';
import { largestDifference, readPng } from './png.js';

const ENDLESS = ['--coordinates', 'none', '--thumbnail', '0'];
let dir, model, framed, band;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  writePngFolders(join(dir, 'pictures'));
  const train = (name, ...words) => {
    works(['train', '--data', join(dir, 'pictures'), '--size', '16x16', '--out', join(dir, name), ...tiny, ...words]);
    return join(dir, name, 'model.safetensors');
  };
  model = train('endless', ...ENDLESS);
  framed = train('framed');
  band = train('band', '--coordinates', 'y', '--thumbnail', '0');
});
after(() => rmSync(dir, { recursive: true, force: true }));

const words = (...more) => ['sample', '--model', model, '--n', '1', '--class', '1', '--guidance', '2', '--steps', '3', '--size', '40x24', ...more];

/** The cells of a window: world and numbers. */
const lattice = (name, ...more) => saved(name, words('--extend', ...more));

/** What a command computes. */
function saved(name, command) {
  const file = join(dir, name);
  works([...command, '--save', file, '-o', join(dir, `${name}.png`)]);
  const bytes = readFileSync(file), head = readSafetensors(bytes), data = safetensorsData(bytes);
  const [x, y] = head.__metadata__.world.split(',').map(Number), [channels, height, width] = head.lattice.shape;
  const at = (c, i, j) => data.readUInt32LE(4 * ((c * height + j - y) * width + i - x));
  return { x, y, channels, width, height, at };
}

/** Two windows have the same bits where they overlap. */
function agree(a, b) {
  let shared = 0, kinds = new Set();
  for (let c = 0; c < a.channels; c++)
    for (let j = Math.max(a.y, b.y); j < Math.min(a.y + a.height, b.y + b.height); j++)
      for (let i = Math.max(a.x, b.x); i < Math.min(a.x + a.width, b.x + b.width); i++, shared++) {
        assert.equal(a.at(c, i, j), b.at(c, i, j));
        kinds.add(a.at(c, i, j));
      }
  assert.ok(shared > 1000 && kinds.size > 500, `${shared} cells, ${kinds.size} values`);
}

test('two windows have the same bits where they overlap, however they are computed', () => {
  agree(lattice('a', '--window', '-7.5,3,20'), lattice('b', '--window', '1,-4,20', '--threads', '3'));
});

const along = (...more) => ['sample', '--model', band, '--n', '1', '--class', '1', '--guidance', '2', '--steps', '3', ...more];

test('a world without end in one direction: all of its height, as much of it as the canvas is wide, the same cells', () => {
  const wide = saved('wide', along('--size', '200x40')), high = saved('high', along('--size', '40x160'));
  assert.deepEqual([wide.x, wide.y, wide.width, wide.height], [-40, 0, 96, 16]); // 80 cells about 8, and a margin
  assert.deepEqual([high.y, high.height], [0, 16]);
  const said = (name) => readPng(readFileSync(join(dir, `${name}.png`))).text.parameters;
  assert.match(said('wide'), /size 200x40; extend -32,0,80/);
  assert.match(said('high'), /size 40x160; extend 6,0,4/);
  agree(wide, saved('window', along('--size', '60x30', '--window', '9.25,1.5,29', '--threads', '3')));
  agree(saved('far', along('--size', '80x40', '--window', '-999950,0,32')), saved('near', along('--extend', '--size', '64x16', '--window', '-999940,0,64')));
});

test('where a world without end in one direction ends, and how much of it can be computed', () => {
  const never = join(dir, 'never.png');
  fails(2, [/cells from -1 to 15 down/, /from 0 to 16 there/, /choose Y and W of --window/], along('--size', '40x40', '--window', '5,-1,16', '-o', never));
  fails(2, [/cells from 0 to 16.5 down/], along('--size', '40x20', '--window', '5,0,33', '-o', never));
  fails(2, [/cells from -12 to 28 down/, /leave out --cell/], along('--size', '40x40', '--extend', '--cell', '1', '-o', never));
  fails(2, [/4116 x 16 cells, but at most 4096 x 256/], along('--size', '4100x16', '--window', '0,0,4100', '-o', never));
  assert.ok(!existsSync(never));
});

test('a picture to start from is one of the frame, which goes round', () => {
  const source = join(dir, 'pictures/a/0.png'), of = (...more) => saved('edit', along('--size', '64x64', '--source', source, ...more));
  for (const edit of [of('--strength', '0.5'), of('--mask', join(dir, 'pictures/a/1.png'))])
    assert.deepEqual([edit.x, edit.y, edit.width, edit.height], [0, 0, 16, 16]);
  fails(2, [/world without end/, /leave out --source or --extend/], along('--extend', '--source', source, '-o', join(dir, 'never.png')));
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

test('eval --endless of a world that goes on in one direction', () => {
  const text = works(['eval', '--model', band, '--endless', '--samples', '2', '--steps', '1', '-q']).out.toString();
  assert.match(text, /2 windows of 4096 x 16 cells, patches of 8/);
  const [meet, alike] = [/meet +([\d.]+)/, /autocorrelation +([\d.]+)/].map((pattern) => Number(pattern.exec(text)[1]));
  assert.ok(meet > 0.5 && meet < 2 && alike > 0 && alike < 0.5, text); // what rows have in common is no repeat
});

test('what a world without end cannot do', () => {
  const never = join(dir, 'never.png');
  fails(2, [/heun/, /take another sampler/], words('--extend', '--sampler', 'heun', '-o', never));
  for (const place of [['--size', '400x400'], ['--size', '16x16'], ['--window', '1000,1000,20'], ['--window', '-3.5,2,7'], ['--mask', join(dir, 'pictures/a/1.png')]])
    fails(2, [/world without end/, /leave out --source or --extend/], words('--extend', '--source', join(dir, 'pictures/a/0.png'), '-o', never, '--steps-dir', never, ...place));
  assert.ok(!existsSync(never));
  fails(2, [/316 x 196 cells, but at most 256 x 256/], words('--extend', '--window', '0,0,300', '-o', never));
  fails(2, [/has a frame/, /coordinates = none/], ['eval', '--model', framed, '--endless']);
  fails(2, [/--samples is 3/, /even/], ['eval', '--model', model, '--endless', '--samples', '3']);
  fails(2, [/different things/], ['eval', '--model', model, '--endless', '--denoise']);
  fails(2, [/thumbnail = 8/, /set thumbnail to 0/], ['train', '--data', join(dir, 'pictures'), '--size', '16x16', '--out', join(dir, 'x'), ...tiny, '--coordinates', 'none']);
});
