// Files that are models, and files that are not: coordiff info, and what sample says of bad ones.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fails, trainTiny, works } from './coordiff.js';
import { idxImages, png } from './data.js';

let dir, trained;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coordiff-cli-'));
  trained = trainTiny(dir);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Both commands refuse these bytes, naming the file. */
function refuse(patterns, bytes, code = 3) {
  const path = join(dir, 'bad.safetensors');
  writeFileSync(path, bytes);
  for (const words of [['info', '--model', path], ['info', '--json', '--model', path], ['sample', '--model', path, '-o', join(dir, 'x.png')]]) {
    fails(code, [/bad\.safetensors/, patterns].flat(), words);
  }
}

/** A safetensors file of this header and data. */
function safetensors(header, data = Buffer.alloc(0)) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** The trained model with its header edited. */
function edited(edit) {
  const bytes = readFileSync(trained.model), n = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.toString('utf8', 8, 8 + n));
  edit(header);
  return safetensors(header, bytes.subarray(8 + n));
}

test('info as text', () => {
  const { out, err } = works(['info', '--model', trained.model]);
  assert.equal(err, '');
  const lines = Object.fromEntries(out.toString().trimEnd().split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  assert.equal(lines.arch, 'taps');
  assert.equal(lines.hidden, '16');
  assert.equal(lines.n_classes, '4');
  assert.ok(Number(lines.parameters) > 0 && Number(lines.macs_per_pixel) > 0);
  assert.match(out.toString(), /^tensor in\.weight \d+x16$/m);
});

test('info --json, on models and on training checkpoints', () => {
  for (const path of [trained.model, trained.checkpoint]) {
    const about = JSON.parse(works(['info', '--json', '--model', path]).out);
    for (const key of ['parameters', 'macs_per_pixel', 'macs_per_image', 'channels', 'lattice_width', 'lattice_height', 'hidden', 'sigma_data']) {
      assert.equal(typeof about[key], 'number', key);
    }
    assert.deepEqual([about.arch, about.body, about.target], ['taps', 'residual', 'edm']);
    assert.ok(Array.isArray(about.tap_radius) && Array.isArray(about.mean) && Array.isArray(about.level_sd));
    const count = Object.values(about.tensors).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
    assert.ok(count > 1000 && count <= about.parameters, 'padding aside, the tensors are the parameters');
    assert.equal(typeof about.notes, 'object');
  }
  const { notes } = JSON.parse(works(['info', '--json', '--model', trained.checkpoint]).out);
  assert.equal(notes['train.step'], '20');
  assert.equal(notes['train.images'], '8');
});

test('info --json escapes what notes hold', () => {
  const odd = 'a "quote", a \\ and\ta tab, \u0001, Zürich \u{1f600}';
  writeFileSync(join(dir, 'odd.safetensors'), edited((header) => { header.__metadata__['note.odd'] = odd; }));
  assert.equal(JSON.parse(works(['info', '--json', '--model', join(dir, 'odd.safetensors')]).out).notes['note.odd'], odd);
});

test('missing, empty, cut short', () => {
  fails(3, [/nowhere\.safetensors: No such file/, /check the spelling/], ['info', '--model', join(dir, 'nowhere.safetensors')]);
  fails(3, /it is a directory/, ['info', '--model', dir]);
  fails(3, /cannot read/, ['info', '--model', '']);
  refuse(/is empty/, '');
  const whole = readFileSync(trained.model);
  for (const n of [1, 7, 8, 9, 100, whole.length >> 1, whole.length - 1]) refuse(/cannot be read/, whole.subarray(0, n));
  refuse(/cannot be read/, Buffer.concat([whole, Buffer.alloc(1)]));
});

test('other kinds of files', () => {
  refuse(/cannot be read/, png(1));
  refuse(/cannot be read/, idxImages());
  refuse(/cannot be read/, '{"hello": "world"}');
  refuse(/cannot be read/, Buffer.alloc(1000));
  refuse(/cannot be read/, Buffer.alloc(1000, 255));
  refuse([/not a coordiff model/, /format/], safetensors({ weight: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, Buffer.alloc(8)));
  refuse(/not a coordiff model/, safetensors({ __metadata__: { architecture: 'unet' } }));
  refuse([/of the kind 'coordiff-classifier 1' and no model/, /--classifier/], readFileSync('models/fashion-classifier.safetensors'));
});

test('a model of which something is wrong', () => {
  const metadata = (key, value) => edited((header) => { header.__metadata__[key] = value; });
  refuse([/coordiff 9/, /coordiff 1/], metadata('format', 'coordiff 9'));
  refuse(/hidden/, edited((header) => { delete header.__metadata__.hidden; }));
  refuse(/hidden is '-16'|hidden/, metadata('hidden', '-16'));
  refuse(/hidden/, metadata('hidden', '100000000000000000000'));
  refuse(/multiples of 16/, metadata('hidden', '17'));
  refuse(/tensor/, metadata('hidden', '32'));
  refuse(/lattice_width/, metadata('lattice_width', '1000000'));
  refuse(/body/, metadata('body', 'other'));
  refuse(/in\.weight/, edited((header) => {
    header['in.weightless'] = header['in.weight'];
    delete header['in.weight'];
  }));
  refuse(/cannot be read/, edited((header) => { header['in.weight'].data_offsets[1] += 4; }));
  refuse(/cannot be read/, edited((header) => { header['in.weight'].dtype = 'I64'; }));
  const infinite = readFileSync(trained.model);
  infinite.writeUInt16LE(0x7c00, infinite.length - 2);
  refuse(/cannot be read/, infinite);
});

test('a file cannot send control characters to the terminal', () => {
  const path = join(dir, 'odd.safetensors'), evil = 'evil\u001b[31m\nforged 1\u007f';
  writeFileSync(path, edited((header) => { header.__metadata__.format = evil; }));
  assert.match(fails(3, /format/, ['info', '--model', path]).err, /'evil\?\[31m\?forged 1\?'/);
  writeFileSync(path, edited((header) => { header.__metadata__['note.odd'] = evil; }));
  assert.match(works(['info', '--model', path]).out.toString(), /^note\.odd evil\?\[31m\?forged 1\?$/m);
});
