// coordiff data on sets of every kind, and the maker of packed sets, tools/make_faces.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { coordiff, fails, temporary, tiny, trainTiny, works } from './coordiff.js';
import { IMAGES, idxImages, png, readSafetensors, safetensorsData, writeIdxFolder, writePngFolders } from './data.js';
import { crop, readPng, writePng } from './png.js';

const STYLES = ['thumbs', 'openPeeps', 'toonHead', 'personas', 'micah', 'dylan'], N = 12, CELLS = 48, FINER = 8, SIDE = CELLS * FINER;

const makeFaces = (...args) => spawnSync(process.execPath, [resolve('tools/make_faces.mjs'), ...args], { encoding: 'utf8' });

let dir, faces;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  faces = join(dir, 'faces.safetensors');
  const { status, stdout, stderr } = makeFaces('--out', faces, '--split', 'test', '--n', String(N));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /faces\.safetensors: 12 pictures, \d+ bytes of truth/);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** The bytes of one tensor. */
function tensor(bytes, name) {
  const [begin, end] = readSafetensors(bytes)[name].data_offsets;
  return safetensorsData(bytes).subarray(begin, end);
}

/** The bytes of a packed set of n grey pictures of 4x4 cells, the truth twice as fine: a cell v is the average of v - 3, v + 3, v, v.
 *  `off` is added to cell (1, 1) of picture 1; `spoil(png, i)` may change the truth of picture i. */
function packed({ n = 3, labels = [0, 1, 2], metadata = {}, off = 0, truth = true, spoil = (png) => png } = {}) {
  const cell = (i, x, y) => 40 + 10 * (i % 8) + 8 * x + 30 * y;
  const lattice = Buffer.from(Array.from({ length: n * 16 }, (_, k) => cell(k >> 4, k & 3, (k >> 2) & 3) + (k === 21 ? off : 0)));
  const spread = [-3, 3, 0, 0];
  const pngs = Array.from({ length: n }, (_, i) =>
    spoil(writePng(8, 8, 1, (x, y) => cell(i, x >> 1, y >> 1) + spread[(x & 1) + 2 * (y & 1)]), i));
  const sizes = Buffer.alloc(4 * n);
  pngs.forEach((bytes, i) => sizes.writeUInt32LE(bytes.length, 4 * i));
  const all = Buffer.concat(pngs);
  const tensors = { lattice: [[n, 1, 4, 4], lattice] };
  if (labels) tensors.labels = [[n], Buffer.from(labels)];
  if (truth) Object.assign(tensors, { truth_bytes: [[n, 4], sizes], truth: [[all.length], all] });
  const header = { __metadata__: { format: 'coordiff pictures 1', ...metadata } };
  let at = 0;
  for (const [name, [shape, bytes]] of Object.entries(tensors)) header[name] = { dtype: 'U8', shape, data_offsets: [at, (at += bytes.length)] };
  const text = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(([, bytes]) => bytes)]);
}

function write(name, bytes) {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return path;
}

const lines = (out) => out.toString().trimEnd().split('\n');
const values = (out) => Object.fromEntries(lines(out).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
const describe = (path, ...args) => JSON.parse(works(['data', '--json', '--data', path, ...args]).out);

test('make_faces: the same bytes again, and a picture depends on nothing but its split and number', (t) => {
  const again = join(temporary(t), 'new', 'again.safetensors');
  assert.equal(makeFaces('--out', again, '--split', 'test', '--n', String(N)).status, 0);
  const whole = readFileSync(faces); assert.ok(whole.equals(readFileSync(again)));
  assert.equal(makeFaces('--out', again, '--split=test', '--n=5').status, 0);
  const five = readFileSync(again), begins = (part, all) => part.length > 0 && part.equals(all.subarray(0, part.length));
  for (const name of ['lattice', 'labels', 'truth_bytes', 'truth']) assert.ok(begins(tensor(five, name), tensor(whole, name)), name);
  assert.equal(makeFaces('--out', again, '--split', 'train', '--n', '5').status, 0, 'a split of five');
  assert.ok(!tensor(readFileSync(again), 'lattice').equals(tensor(five, 'lattice')), 'another split, other faces');
  assert.equal(makeFaces('--out', again, '--split', 'test', '--n', String(N), '--truth', 'no').status, 0);
  for (const name of ['lattice', 'labels']) assert.ok(tensor(readFileSync(again), name).equals(tensor(whole, name)), name);
  assert.ok(statSync(again).size < 0.8 * whole.length && !('truth_finer' in describe(again)), '--truth no: nothing finer');
});

test('make_faces --without: none of the pictures of another set, as many of each style', (t) => {
  const other = join(temporary(t), 'other.safetensors');
  assert.equal(makeFaces('--out', other, '--split', 'test', '--n', '12', '--without', faces).status, 0);
  const [known, made] = [readFileSync(faces), readFileSync(other)].map((bytes) => tensor(bytes, 'lattice'));
  const picture = (set, i) => set.subarray(i * 6912, (i + 1) * 6912).toString('base64'); // 3 x 48 x 48
  const all = new Set(Array.from({ length: N }, (_, i) => picture(known, i)));
  for (let i = 0; i < 12; i++) assert.ok(!all.has(picture(made, i)), `picture ${i} is new`);
});

test('make_faces refuses what it cannot do', (t) => {
  const out = join(temporary(t), 'x.safetensors');
  for (const [pattern, ...args] of [
    [/--out is missing/],
    [/--out is missing/, '--n', '3'],
    [/--n is '0', but must be a whole number from 1 to 1000000/, '--out', out, '--n', '0'],
    [/--n is '1.5'/, '--out', out, '--n', '1.5'],
    [/--n is 'many'/, '--out', out, '--n', 'many'],
    [/--n is '1000001'/, '--out', out, '--n', '1000001'],
    [/--truth is 'maybe': yes or no/, '--out', out, '--truth', 'maybe'],
    [/'--n <value>' argument missing/, '--out', out, '--n'],
    [/Unknown option '--wherever'/, '--out', out, '--wherever'],
  ]) {
    const { status, stdout, stderr } = makeFaces(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.match(stderr, /^make_faces: [^\n]+\nusage: [^\n]+\n$/);
    assert.ok(!existsSync(out));
  }
});

test('a packed set as text', () => {
  const { out, err } = works(['data', '--data', faces]), about = values(out);
  assert.equal(err, '');
  assert.deepEqual([about.pictures, about.lattice_width, about.lattice_height, about.channels, about.n_classes], ['12', '48', '48', '3', '6']);
  assert.deepEqual(lines(out).filter((line) => line.startsWith('class ')), STYLES.map((style, k) => `class ${k} 2 ${style}`));
  assert.deepEqual([about.truth_finer, about.checked, about.split, about.made_by], ['8', '12', 'test', 'tools/make_faces.mjs']);
  assert.equal(Number(about.truth_bytes), tensor(readFileSync(faces), 'truth').length);
  assert.ok(Number(about.lattice_error) <= 0.5, 'rounding only');
  assert.match(about.credits, /Thumbs by DiceBear .*Micah Lanier/);
  assert.ok(!('format' in about) && !('classes' in about), 'what has lines of its own');
});

test('a packed set as JSON, with the moments of its pixels', () => {
  const about = describe(faces), bytes = readFileSync(faces), lattice = tensor(bytes, 'lattice');
  assert.deepEqual([about.pictures, about.lattice_width, about.lattice_height, about.channels, about.n_classes], [N, CELLS, CELLS, 3, 6]);
  assert.deepEqual(about.classes, STYLES.map((name) => ({ name, pictures: 2 })));
  assert.deepEqual([about.truth.finer, about.truth.bytes, about.truth.checked], [FINER, tensor(bytes, 'truth').length, N]);
  assert.ok(about.truth.lattice_error > 0 && about.truth.lattice_error <= 0.5);
  assert.deepEqual(Object.keys(about.notes), ['split', 'credits', 'made_by']);
  for (let c = 0; c < 3; c++) {
    const levels = [...lattice].filter((_, k) => Math.floor(k / CELLS ** 2) % 3 === c).map((v) => v / 127.5 - 1);
    const mean = levels.reduce((sum, v) => sum + v, 0) / levels.length;
    const deviation = Math.sqrt(levels.reduce((sum, v) => sum + (v - mean) ** 2, 0) / levels.length);
    assert.ok(Math.abs(about.mean[c] - mean) < 1e-5 && Math.abs(about.deviation[c] - deviation) < 1e-5, `channel ${c}`);
  }
});

test('--sheet shows the truth', () => {
  const sheet = join(dir, 'sheet.png'), lattice = tensor(readFileSync(faces), 'lattice');
  works(['data', '--data', faces, '--sheet', sheet]);
  const picture = readPng(readFileSync(sheet));
  assert.deepEqual([picture.width, picture.height, picture.channels], [10 * (SIDE + 4) - 4, 2 * (SIDE + 4) - 4, 3]);
  for (const i of [0, 9, 11]) {
    const truth = crop(picture, (i % 10) * (SIDE + 4), Math.floor(i / 10) * (SIDE + 4), SIDE, SIDE);
    for (const [x, y, c] of [[0, 0, 0], [24, 20, 1], [30, 40, 2]]) {
      let sum = 0;
      for (let k = 0; k < FINER ** 2; k++) sum += truth[((y * FINER + (k >> 3)) * SIDE + x * FINER + (k & 7)) * 3 + c];
      assert.ok(Math.abs(sum / FINER ** 2 - lattice[((i * 3 + c) * CELLS + y) * CELLS + x]) <= 0.5, `picture ${i} cell ${x}, ${y}`);
    }
  }
  const size = (n) => {
    works(['data', '--data', faces, '--sheet', sheet, '--n', n]);
    const { width, height } = readPng(readFileSync(sheet));
    return [(width + 4) / (SIDE + 4), (height + 4) / (SIDE + 4)];
  };
  assert.deepEqual(size('3'), [3, 1]);
  assert.deepEqual(size('100000'), [10, 2], 'as many as there are');
});

test('--sheet shows the lattice where there is no truth', () => {
  const sheet = join(dir, 'sheet.png'), bytes = packed({ truth: false });
  const about = describe(write('plain.safetensors', bytes), '--sheet', sheet);
  assert.equal(about.truth, null);
  const picture = readPng(readFileSync(sheet));
  assert.deepEqual([picture.width, picture.height, picture.channels], [20, 4, 1]);
  for (let i = 0; i < 3; i++) assert.ok(crop(picture, 8 * i, 0, 4, 4).equals(tensor(bytes, 'lattice').subarray(16 * i, 16 * i + 16)));
  assert.match(works(['data', '--data', join(dir, 'plain.safetensors')]).out.toString(), /^truth none$/m);
});

test('classes with and without names, labels and pictures', () => {
  const classes = (options) => describe(write('set.safetensors', packed(options))).classes;
  assert.deepEqual(classes({ labels: [2, 0, 2] }), [1, 0, 2].map((pictures) => ({ name: null, pictures })));
  assert.deepEqual(classes({ metadata: { classes: 'a cat,owl' } }).map(({ name }) => name), ['a cat', 'owl', null]);
  assert.deepEqual(classes({ labels: [0, 0, 0], metadata: { classes: 'cat,owl' } }), [{ name: 'cat', pictures: 3 }, { name: 'owl', pictures: 0 }]);
  assert.deepEqual(classes({ labels: null, metadata: { classes: 'cat,owl' } }), []);
  assert.deepEqual(classes({ metadata: { classes: '' } }).map(({ name }) => name), [null, null, null]);
  assert.equal(classes({ metadata: { classes: 'x,'.repeat(1000) } }).length, 250);
});

test('metadata cannot send control characters to the terminal', () => {
  const evil = 'evil\u001b[31m\nforged 1';
  const path = write('evil.safetensors', packed({ metadata: { classes: `${evil},b`, note: evil, quote: 'a "b" \\ ü' } }));
  const { out } = works(['data', '--data', path]);
  assert.match(out.toString(), /^class 0 1 evil\?\[31m\?forged 1$/m);
  assert.match(out.toString(), /^note evil\?\[31m\?forged 1$/m);
  const about = describe(path);
  assert.deepEqual([about.classes[0].name, about.notes.note, about.notes.quote], [evil, evil, 'a "b" \\ ü']);
});

test('a lattice that is not the area average of the truth', () => {
  assert.equal(describe(write('set.safetensors', packed())).truth.lattice_error, 0);
  assert.equal(describe(write('set.safetensors', packed({ off: 1 }))).truth.lattice_error, 1);
  for (const off of [2, -2]) {
    const path = write('off.safetensors', packed({ off }));
    for (const args of [[], ['--json', '--sheet', join(dir, 'off.png')]]) {
      const { code, out, err } = coordiff(['data', '--data', path, ...args]);
      assert.equal(code, 3);
      assert.match(err, /^coordiff data: .*off\.safetensors: the lattice image of picture 1 is up to 2 levels away .* at most 1 is allowed; make the set again[^\n]*\n$/);
      assert.match(out.toString(), /lattice_error"?:? 2/, 'it is described all the same');
    }
    assert.ok(existsSync(join(dir, 'off.png')), 'and can be looked at');
  }
});

test('only some pictures of a large set are checked, the first and the last among them', () => {
  const n = 150, labels = new Array(n).fill(0), cut = (bad) => (bytes, i) => (i === bad ? bytes.subarray(0, 40) : bytes);
  const large = (bad) => write('large.safetensors', packed({ n, labels, spoil: cut(bad) }));
  assert.equal(describe(large(-1)).truth.checked, 64);
  assert.equal(describe(large(1)).truth.checked, 64);
  fails(3, /the finer picture 0 is (a damaged PNG|not a PNG)/, ['data', '--data', large(0)]);
  fails(3, /the finer picture 149 is (a damaged PNG|not a PNG)/, ['data', '--data', large(149)]);
  fails(3, /the finer picture 1 is (a damaged PNG|not a PNG)/, ['data', '--data', large(1), '--sheet', join(dir, 'x.png')]);
  assert.ok(!existsSync(join(dir, 'x.png')));
});

test('damaged sets', () => {
  const whole = readFileSync(faces);
  for (const n of [9, 100, whole.length >> 1, whole.length - 1]) {
    const path = write('cut.safetensors', whole.subarray(0, n));
    fails(3, [/cut\.safetensors/, /no packed set/, /cannot be read|truncated|download/], ['data', '--data', path]);
    fails(3, /cut\.safetensors/, ['data', '--json', '--data', path, '--sheet', join(dir, 'x.png')]);
  }
  const begin = whole.length - safetensorsData(whole).length + readSafetensors(whole).truth.data_offsets[0];
  const sizes = tensor(whole, 'truth_bytes');
  for (const [at, picture] of [[0, 0], [100, 0], [sizes.readUInt32LE(0) + 1000, 1], [whole.length - begin - 1, N - 1]]) {
    const flipped = Buffer.from(whole);
    flipped[begin + at] ^= 4;
    fails(3, [/flipped\.safetensors: the finer picture/, new RegExp(`picture ${picture} is (a damaged PNG|not a PNG)`), /make the set again/],
      ['data', '--data', write('flipped.safetensors', flipped)]);
  }
  assert.ok(!existsSync(join(dir, 'x.png')));
});

test('a truth of the wrong size', () => {
  const refuse = (pattern, options) => fails(3, pattern, ['data', '--data', write('set.safetensors', packed(options))]);
  const other = (bad, width, height) => ({ spoil: (bytes, i) => (i === bad ? png(0, width, height, 1) : bytes) });
  refuse(/finer pictures of this set are 9x8, but must be a whole number of times as large as its lattice of 4x4/, other(0, 9, 8));
  refuse(/are 8x12, but must be/, other(0, 8, 12));
  refuse(/are 2x2, but must be/, other(0, 2, 2));
  refuse(/the finer picture 2 is 12x12 with 1 channels, but must be 8x8, 2 times as large/, other(2, 12, 12));
});

test('sets that are not packed: IDX, gzip, folders', (t) => {
  const data = join(temporary(t), 'data'), sheet = join(dir, 'sheet.png');
  writeIdxFolder(data);
  const about = describe(data, '--sheet', sheet);
  assert.deepEqual([about.pictures, about.lattice_width, about.channels, about.n_classes, about.truth, about.notes], [16, 8, 1, 4, null, {}]);
  assert.deepEqual(about.classes, [4, 4, 4, 4].map((pictures) => ({ name: null, pictures })));
  const picture = readPng(readFileSync(sheet));
  assert.deepEqual([picture.width, picture.height, picture.channels], [116, 20, 1]);
  assert.ok(crop(picture, 12, 12, 8, 8).equals(idxImages().subarray(16 + 11 * 64, 16 + 12 * 64)));
  assert.deepEqual(describe(join(data, IMAGES)), about);
  const packedIdx = join(temporary(t), 'gz');
  writeIdxFolder(packedIdx, { gz: true });
  assert.deepEqual(describe(packedIdx), about);
  assert.match(works(['data', '--data', data]).out.toString(), /^class 3 4\ntruth none\n/m);
  const folder = join(temporary(t), 'pictures');
  writePngFolders(folder);
  writeFileSync(join(folder, 'a', 'broken.png'), 'x');
  const pictures = describe(folder, '--sheet', sheet);
  assert.deepEqual([pictures.pictures, pictures.lattice_width, pictures.channels, pictures.n_classes, pictures.skipped, pictures.damaged], [12, 32, 3, 2, 0, 1]);
  assert.deepEqual(pictures.classes, ['a', 'b'].map((name) => ({ name, pictures: 6 })));
  assert.equal(readPng(readFileSync(sheet)).width, 10 * 36 - 4);
  assert.match(works(['data', '--data', folder]).out.toString(), /^skipped 0\ndamaged 1$[^]*^class 1 6 b$[^]*^damaged_file a\/broken.png: no picture \(text\)$/m);

  assert.deepEqual(describe(write('faces.safetensors.gz', gzipSync(readFileSync(faces)))), describe(faces));
});

test('what is no set of pictures', (t) => {
  const empty = join(temporary(t), 'empty');
  mkdirSync(empty);
  fails(3, /holds no pictures/, ['data', '--data', empty]);
  fails(3, [/nowhere: No such file/, /check the spelling/], ['data', '--data', join(empty, 'nowhere')]);
  fails(3, /./, ['data', '--data', '']);
  fails(3, /is empty/, ['data', '--data', write('nothing', '')]);
  fails(3, /begin with 89 50 4e 47/, ['data', '--data', write('one.png', png(1))]);
  fails(3, [/model\.safetensors is no packed set/, /'coordiff 1', not 'coordiff pictures 1'/], ['data', '--data', trainTiny(empty).model]);
});

test('options that do not fit', () => {
  fails(2, /--data is missing/, ['data']);
  fails(2, /--n is how many pictures the sheet shows; add --sheet/, ['data', '--data', faces, '--n', '4']);
  fails(2, /--n is '0'/, ['data', '--data', faces, '--sheet', join(dir, 'y.png'), '--n', '0']);
  fails(2, /--sheet is '-', but standard output takes the description/, ['data', '--data', faces, '--sheet', '-']);
  fails(2, /no option --shet; did you mean --sheet\?/, ['data', '--shet', 'x']);
  fails(1, /cannot write .*no\/such\/sheet\.png/, ['data', '--data', faces, '--sheet', join(dir, 'no/such/sheet.png')]);
  fails(2, [/the sheet would be 76x16796 pixels, but at most 16384/, /smaller --n/],
    ['data', '--data', write('tall.safetensors', packed({ n: 21000, labels: null, truth: false })), '--sheet', join(dir, 'y.png'), '--n', '21000']);
  assert.ok(!existsSync(join(dir, 'y.png')));
  assert.match(works(['data', '--help'], { threads: false }).out.toString(), /^Usage: coordiff data [\s\S]*Examples[\s\S]*\nOptions/);
});

test('coordiff train takes a packed set', (t) => {
  const run = join(temporary(t), 'run');
  works(['train', '--data', faces, '--out', run, ...tiny, '--steps', '2']);
  const about = values(works(['info', '--model', join(run, 'model.safetensors')]).out);
  assert.deepEqual([about.lattice_width, about.lattice_height, about.channels, about.n_classes], ['48', '48', '3', '6']);
  const shown = describe(faces).mean, learned = about.mean.split(',').map(Number);
  for (let c = 0; c < 3; c++) assert.ok(Math.abs(shown[c] - learned[c]) < 1e-5, 'the same mean');
  fails(3, /cut\.safetensors/, ['train', '--data', write('cut.safetensors', readFileSync(faces).subarray(0, 5000)), '--out', join(run, 'no'), ...tiny]);
});
