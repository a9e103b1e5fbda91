// coordiff sample --source, --mask, --strength, --other-seed, --mix.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, tiny, works } from './coordiff.js';
import { writePngFolders } from './data.js';
import { largestDifference, readPng, writePng } from './png.js';

let dir, model, source, mask; /* a colour model of 16x16 cells, a picture of 64x64, a mask whose left half is new */
const level = (x, y, c) => (x * 3 + y * 2 + c * 40) % 256;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  writePngFolders(join(dir, 'pictures'));
  works(['train', '--data', join(dir, 'pictures'), '--size', '16x16', '--out', join(dir, 'run'), ...tiny]);
  model = join(dir, 'run/model.safetensors');
  source = join(dir, 'source.png');
  mask = join(dir, 'mask.png');
  writeFileSync(source, writePng(64, 64, 3, level));
  writeFileSync(mask, writePng(64, 64, 1, (x) => (x < 32 ? 255 : 0)));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const sample = (...words) => readPng(works(['sample', '--model', model, '--n', '1', '--steps', '4', '--size', '64x64', '-o', '-', ...words]).out);
const differing = (a, at) => {
  let n = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++)
      for (let c = 0; c < 3; c++) n += at(x, y) && a.pixels[(y * a.width + x) * 3 + c] !== level(x, y, c);
  return n;
};

test('--mask: what is black stays to the byte, but for a border of two cells; what is white is new', () => {
  const made = sample('--source', source, '--mask', mask);
  assert.equal(differing(made, (x) => x >= 32 + 8), 0);
  assert.ok(differing(made, (x) => x < 28) > 2000);
  writeFileSync(join(dir, 'black.png'), writePng(64, 64, 1, () => 0));
  assert.equal(differing(sample('--source', source, '--mask', join(dir, 'black.png')), () => true), 0);
  assert.notEqual(largestDifference(made.pixels, sample('--source', source, '--mask', mask, '--seed', '2').pixels), 0);
});

test('--extend --source: the picture stays, the world around it is new, in all four directions', () => {
  const wide = readPng(works(['sample', '--model', model, '--n', '1', '--steps', '4', '--size', '128x96', '--extend', '--source', source, '-o', '-']).out);
  let kept = 0, around = new Set();
  for (let y = 16 + 8; y < 80 - 8; y++)
    for (let x = 32 + 8; x < 96 - 8; x++)
      for (let c = 0; c < 3; c++) kept += wide.pixels[(y * 128 + x) * 3 + c] !== level(x - 32, y - 16, c);
  assert.equal(kept, 0);
  for (const [x, y] of [[4, 48], [124, 48], [64, 4], [64, 92]]) around.add(wide.pixels.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3).toString('hex'));
  assert.ok(around.size > 1, 'something is there');
});

test('--strength: little changes little', () => {
  const change = (strength) => {
    const { pixels } = sample('--source', source, '--strength', strength), plain = sample('--source', source, '--strength', '0.001');
    return pixels.reduce((sum, v, i) => sum + Math.abs(v - plain.pixels[i]), 0);
  };
  assert.ok(change('0.05') < change('0.5'));
});

test('--mix: 0 is one seed, 1 the other, between is between', () => {
  const at = (...words) => sample('--seed', '3', ...words).pixels;
  assert.equal(largestDifference(at('--other-seed', '9', '--mix', '0'), at()), 0);
  assert.ok(largestDifference(at('--other-seed', '9', '--mix', '1'), at('--seed', '9')) <= 1);
  const half = at('--other-seed', '9');
  assert.notEqual(largestDifference(half, at()), 0);
  assert.notEqual(largestDifference(half, at('--seed', '9')), 0);
  assert.match(sample('--other-seed', '9').text.parameters, /other seed 9; mix 0\.5/);
});

test('a window far away is drawn, however many of its pixels lie between it and the source', () => {
  for (const window of ['1000,1000,20', '-999999,999999,0.5', '-999999,0,100'])
    assert.equal(sample('--source', source, '--size', '16x16', '--window', window, '--mask', mask).width, 16);
  fails(2, [/source would be 262144000 x/, /1 to 4096/], ['sample', '--model', model, '--n', '1', '-o', '-', '--source', source, '--mask', mask, '--size', '16384x1', '--window', '999999,999999,0.001']);
});

test('what cannot be edited', () => {
  const refuse = (code, patterns, ...words) => fails(code, patterns, ['sample', '--model', model, '--n', '1', '-o', join(dir, 'never.png'), ...words]);
  refuse(2, [/--mask needs a picture/, /--source/], '--mask', mask);
  refuse(2, [/--strength needs a picture/], '--strength', '0.5');
  refuse(2, [/--mix needs a second seed/], '--mix', '0.5');
  refuse(2, [/--mix is '1\.5'/, /0 to 1/], '--other-seed', '2', '--mix', '1.5');
  for (const s of ['0', '-1', '1.01', 'nan']) refuse(2, /strength/, '--source', source, '--strength', s);
  refuse(2, [/--strength is for --source alone/], '--source', source, '--mask', mask, '--strength', '0.5');
  refuse(3, [/No such file/], '--source', join(dir, 'none.png'));
  refuse(3, [/not a PNG, JPEG or WebP picture/], '--source', model);
  refuse(2, [/from 1 to 4096/], '--source', source, '--mask', mask, '--size', '5000x5000');
});
