// Pictures of every kind, good and bad (tests/pictures): the same lattice from the same picture, every file named, nothing that eats memory.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { binary, fails, temporary, tiny, works } from './coordiff.js';
import { readSafetensors, safetensorsData } from './data.js';
import { largestDifference, readPng, writePng } from './png.js';

const pictures = resolve('tests/pictures');
let dir, model;
const teardown = [];

before(() => {
  dir = temporary({ after: (f) => teardown.push(f) });
  works(['train', '--data', join(pictures, 'kinds'), '--size', '32x32', '--out', join(dir, 'run'), ...tiny, '--steps', '2']);
  model = join(dir, 'run/model.safetensors');
});
after(() => teardown.forEach((f) => f()));

const describe = (folder, ...words) => JSON.parse(works(['data', '--json', '--data', folder, ...words]).out);

/** The lattice of 32x32 that a single picture becomes. */
function lattice(t, file, ...words) {
  const folder = temporary(t), sheet = join(dir, 'sheet.png');
  cpSync(join(pictures, file), join(folder, file.split('/').at(-1)));
  describe(folder, '--sheet', sheet, ...words);
  return readPng(readFileSync(sheet)).pixels;
}

test('every kind of colour: the same lattice as from plain RGB, or within the rounding of JPEG', (t) => {
  const plain = lattice(t, 'kinds/a-rgb8.png'), pixel = (name, x, y) => [...lattice(t, `kinds/${name}`).subarray(3 * (32 * y + x), 3 * (32 * y + x) + 3)];
  for (const name of ['b-palette.png', 'c-rgb16.png', 'e-interlaced.png']) assert.equal(largestDifference(lattice(t, `kinds/${name}`), plain), 0, name);
  // Values as stb_image, which read pictures before, had them.
  const values = {
    'a-rgb8.png': [[3, 5, 255, 255, 255], [17, 11, 0, 0, 220], [29, 30, 0, 0, 220], [8, 24, 220, 0, 0]], 'd-grey.png': [[3, 5, 255, 255, 255], [17, 11, 64, 64, 64], [29, 30, 64, 64, 64], [8, 24, 109, 109, 109]], 'f-progressive.jpg': [[3, 5, 255, 255, 255], [17, 11, 0, 0, 220], [29, 30, 0, 0, 220], [8, 24, 220, 0, 0]], 'g-cmyk.jpg': [[3, 5, 255, 255, 255], [17, 11, 13, 46, 255], [29, 30, 13, 46, 255], [8, 24, 248, 11, 0]], 'h-grey.jpeg': [[3, 5, 255, 255, 255], [17, 11, 64, 64, 64], [29, 30, 64, 64, 64], [8, 24, 109, 109, 109]], 'i-p3.png': [[3, 5, 255, 255, 255], [17, 11, 0, 0, 211], [29, 30, 0, 0, 211], [8, 24, 202, 43, 28]], 'j-p3.jpg': [[3, 5, 255, 255, 255], [17, 11, 0, 0, 210], [29, 30, 0, 0, 210], [8, 24, 203, 43, 29]], 'k-alpha.png': [[3, 5, 255, 255, 255], [17, 11, 0, 160, 0], [29, 30, 255, 255, 255], [8, 24, 127, 207, 127]],
  };
  for (const [name, points] of Object.entries(values))
    for (const [x, y, ...rgb] of points) assert.ok(largestDifference(pixel(name, x, y), rgb) <= (name.includes('.jp') ? 1 : 0), `${name} at ${x}, ${y}: ${pixel(name, x, y)}`);
});

test('orientation: a picture on its side is the picture upright, for data, --source and --mask', (t) => {
  assert.equal(largestDifference(lattice(t, 'exif/o6.jpg'), lattice(t, 'exif-upright/o6.jpg')), 0);
  assert.equal(largestDifference(lattice(t, 'exif/o1.jpg'), lattice(t, 'exif-upright/o1.jpg')), 0);
  const sample = (source, mask) => readPng(works(['sample', '--model', model, '--n', '1', '--steps', '2', '--size', '32x32', '--source', join(pictures, source), ...(mask ? ['--mask', join(pictures, mask)] : ['--strength', '0.01']), '-o', '-']).out).pixels;
  assert.equal(largestDifference(sample('exif/o6.jpg'), sample('exif-upright/o6.jpg')), 0);
  assert.equal(largestDifference(sample('src.png', 'exif/o6.jpg'), sample('src.png', 'exif-upright/o6.jpg')), 0);
});

test('type by content: WebP is read, whatever the name; every file is named with its reason', () => {
  const about = describe(join(pictures, 'other'));
  assert.deepEqual([about.pictures, about.skipped, about.damaged], [5, 4, 2]);
  assert.deepEqual(about.damaged_files, [{ file: 'empty.png', why: 'no picture (empty)' }, { file: 'text.jpg', why: 'no picture (text)' }]);
  assert.deepEqual(about.skipped_files.map(({ file, why }) => `${file}: ${why}`),
    ['Thumbs.db: no picture (text)', 'a.avif: AVIF, and not PNG, JPEG or WebP', 'gif.gif: GIF, and not PNG, JPEG or WebP', 't.tiff: TIFF, and not PNG, JPEG or WebP']);
  const { err } = works(['train', '--data', join(pictures, 'other'), '--size', '8x8', '--out', join(dir, 'other'), ...tiny, '--steps', '2']);
  assert.match(err, /5 pictures; 2 damaged and 4 other files were left out/);
  const evaluated = works(['eval', '--model', join(dir, 'other/model.safetensors'), '--data', join(pictures, 'other'), '--denoise', '--sigmas', '1']).err;
  assert.equal(evaluated.match(/^coordiff eval: 5 pictures; 2 damaged and 4 other files were left out$/gm).length, 1, 'said once');
  for (const name of readdirSync(join(pictures, 'other'))) assert.equal(err.includes(`_file ${name}: `), !/UPPER|jpeg-as|png-as|webp/.test(name), name);
});

test('WebP has the pixels of the PNG that it was made from', (t) => {
  for (const name of ['webp.webp', 'webp-as.png']) assert.equal(largestDifference(lattice(t, `other/${name}`), lattice(t, 'kinds/a-rgb8.png')), 0, name);
});

test('folders in folders, long lists', (t) => {
  const folder = temporary(t);
  for (const [k, path] of ['red', 'blue/deep', 'Zoo', 'apple/a/b/c'].entries()) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'x.png'), writePng(4, 4, 3, () => 10 * k));
  }
  for (let i = 10; i < 35; i++) writeFileSync(join(folder, 'red', `${i}.txt`), 'text');
  const about = describe(folder);
  assert.deepEqual(about.classes, ['Zoo', 'apple', 'blue', 'red'].map((name) => ({ name, pictures: 1 })));
  assert.deepEqual([about.pictures, about.skipped, about.skipped_files.length, about.skipped_files[0].file], [4, 25, 10, 'red/10.txt']);
  assert.match(works(['data', '--data', folder]).out.toString(), /^skipped_file red\/19\.txt: no picture \(text\)\nskipped_file \(15 more\)$/m);
});

test('names of folders and files that are no UTF-8 do not stop a run from being saved', (t) => {
  const folder = temporary(t), runs = temporary(t), at = (...parts) => Buffer.concat([Buffer.from(`${folder}/`), ...parts.map((part) => Buffer.from(part, 'latin1'))]);
  mkdirSync(at('\xfcber'));
  writeFileSync(at('\xfcber/1.png'), writePng(8, 8, 3, (x) => 30 * x));
  writeFileSync(at('\xfcber/\xff.png'), 'text');
  const about = describe(folder);
  assert.deepEqual([about.classes[0].name, about.damaged_files[0].file], ['?ber', '?ber/?.png']);
  works(['train', '--data', folder, '--size', '8x8', '--out', join(runs, 'run'), ...tiny, '--steps', '2']);
  works(['train', folder, join(runs, 'other'), ...tiny, '--steps', '2'], { shell: 'out="$3" bytes=$(printf "%s/\\374ber" "$2"); shift 3; exec "$0" train --data "$bytes" --out "$out" "$@" --threads 1', threads: false });
});

test('--background shows where a picture is transparent', (t) => {
  const white = lattice(t, 'kinds/k-alpha.png');
  assert.equal(largestDifference(white, lattice(t, 'kinds/k-alpha.png', '--background', 'white')), 0);
  assert.equal(largestDifference(white, lattice(t, 'kinds/k-alpha.png', '--background', '#FFFFFF')), 0);
  const black = lattice(t, 'kinds/k-alpha.png', '--background', 'black'), green = lattice(t, 'kinds/k-alpha.png', '--background', '00ff00');
  assert.ok(black.every((v, i) => v <= white[i]) && largestDifference(black, white) > 200);
  assert.ok(green.every((v, i) => v === (i % 3 === 1 ? white : black)[i]), 'green is white in one channel and black in two');
  const sample = (...words) => readPng(works(['sample', '--model', model, '--n', '1', '--steps', '2', '--size', '32x32', '--strength', '0.01', '--source', join(pictures, 'kinds/k-alpha.png'), '-o', '-', ...words]).out).pixels;
  assert.ok(largestDifference(sample(), sample('--background', 'black')) > 100);
  fails(2, [/--background is 'red'/, /white, black or six/], ['data', '--data', join(pictures, 'kinds'), '--background', 'red']);
  fails(2, [/--background needs a picture/], ['sample', '--model', model, '--n', '1', '-o', '-', '--background', 'black']);
});

test('--background checker, --crop and --flip: what `data` shows is what `train` takes', (t) => {
  const at = (pixels, x, y) => [...pixels.subarray(3 * (32 * y + x), 3 * (32 * y + x) + 3)];
  const checkered = lattice(t, 'kinds/k-alpha.png', '--background', 'checker');
  assert.deepEqual([at(checkered, 29, 30), at(checkered, 25, 30), at(checkered, 29, 26)], [[255, 255, 255], [204, 204, 204], [204, 204, 204]]);
  const folder = temporary(t), sheet = join(folder, '../sheet.png');
  t.after(() => rmSync(sheet, { force: true }));
  writeFileSync(join(folder, 'wide.png'), writePng(64, 32, 3, (x) => 4 * x));
  const take = (...words) => {
    const about = describe(folder, '--sheet', sheet, ...words);
    return { n: about.pictures, ...readPng(readFileSync(sheet)) };
  };
  const cropped = take(), whole = take('--crop', 'none', '--background', 'black'), both = take('--flip', '--size', '16x8'), part = take('--crop', 'random');
  assert.deepEqual([cropped.width, at(cropped.pixels, 0, 9)[0], at(cropped.pixels, 31, 9)[0]], [32, 64, 188]);
  assert.deepEqual([at(whole.pixels, 5, 7)[0], at(whole.pixels, 0, 8)[0], at(whole.pixels, 31, 23)[0], at(whole.pixels, 9, 24)[0]], [0, 2, 250, 0]);
  assert.deepEqual([both.n, both.width, both.height], [2, 36, 8], 'a picture and its mirror image');
  assert.equal(largestDifference(both.pixels.subarray(0, 3), both.pixels.subarray(3 * 35, 3 * 36)), 0);
  assert.ok(at(part.pixels, 31, 9)[0] - at(part.pixels, 0, 9)[0] < 125 && at(part.pixels, 31, 9)[0] > at(part.pixels, 0, 9)[0], 'a smaller part, not mirrored');
  works(['train', '--data', folder, '--crop', 'none', '--flip', '--background', '102030', '--out', join(dir, 'taken'), ...tiny, '--steps', '2']);
  const { notes } = JSON.parse(works(['info', '--json', '--model', join(dir, 'taken/model.safetensors')]).out);
  assert.equal(notes['data.pictures'], '2');
});

test('damaged pictures: named, never a crash', (t) => {
  fails(3, [/holds no picture that can be read; crash\.jpg: a damaged JPEG picture/, /others are no better/], ['data', '--data', join(pictures, 'jpeg')]);
  for (const name of readdirSync(join(pictures, 'jpeg')))
    fails(3, new RegExp(`${name} is a damaged JPEG picture`), ['sample', '--model', model, '--source', join(pictures, 'jpeg', name), '-o', join(dir, 'never.png')]);
  const folder = temporary(t);
  cpSync(join(pictures, 'empty-idat.png'), join(folder, 'a.png'));
  fails(3, /a damaged PNG picture/, ['train', '--data', folder, '--out', join(dir, 'never'), ...tiny]);
  assert.ok(!existsSync(join(dir, 'never.png')) && !existsSync(join(dir, 'never')));
});

// ---- bounded appetite ----

const LIMIT_KIB = 512 * 1024;

/** Refused with these words within 512 MB of address space, so of memory. Under a sanitizer, which reserves terabytes, without the limit. */
function refusedSmall(code, pattern, args) {
  const limit = readFileSync(binary).includes('__asan_init') ? '' : `ulimit -v ${LIMIT_KIB};`;
  fails(code, pattern, args, { shell: `${limit} exec "$0" "$@"`, threads: false });
}

test('bombs, devices and pipes are refused in little memory', (t) => {
  const folder = temporary(t), at = (name) => join(folder, name);
  const zeros = gzipSync(Buffer.alloc(1 << 24)), bomb = Buffer.concat(Array.from({ length: 128 }, () => zeros)); /* 2 GiB of zeros */
  writeFileSync(at('bomb.gz'), bomb);
  const header = Buffer.alloc(136, ' '); /* a tensor of 1 GiB, and then zeros without end */
  header.writeBigUInt64LE(128n);
  header.write('{"__metadata__":{"format":"coordiff 1"},"a":{"dtype":"U8","shape":[1073741824],"data_offsets":[0,1073741824]}}', 8);
  writeFileSync(at('tensor.gz'), Buffer.concat([gzipSync(header), bomb]));
  const idx = Buffer.from([0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 16, 0, 0, 0, 16, 0]); /* 64 pictures of 4096x4096: 1 GiB */
  writeFileSync(at('idx.gz'), Buffer.concat([gzipSync(idx), bomb]));
  writeFileSync(at('sparse'), '');
  truncateSync(at('sparse'), 2 ** 31);
  writeFileSync(at('a.png'), bomb);
  for (const name of ['bomb.gz', 'sparse', '/dev/zero']) {
    const path = name.startsWith('/') ? name : at(name);
    refusedSmall(3, /header|more than|pipe or a device/, ['sample', '--model', path, '-o', '-']);
    refusedSmall(3, /begin with|more than|pipe or a device/, ['data', '--data', path]);
    refusedSmall(3, /not a PNG|more than|packed by gzip|pipe or a device/, ['sample', '--model', model, '--source', path, '-o', '-']);
    refusedSmall(3, /more than|pipe or a device|key = value|missing/, ['train', '--config', path, '--data', join(pictures, 'kinds'), '--out', at('run')]);
  }
  refusedSmall(3, /more than the 256 MiB that a checkpoint may have when its size is not known before/, ['info', '--model', at('tensor.gz')]);
  refusedSmall(3, /more than the 256 MiB that a set of pictures may have when its size is not known before/, ['data', '--data', at('idx.gz')]);
  refusedSmall(3, /a\.png, for one, is left out: gzip/, ['data', '--data', (mkdirSync(at('folder')), cpSync(at('a.png'), at('folder/a.png')), at('folder'))]);
});

test('a small file that says it is a huge model is refused in little memory', (t) => {
  const bytes = readFileSync(model), head = readSafetensors(bytes);
  Object.assign(head.__metadata__, { hidden: '1024', n_layers: '32', cond_hidden: '1024' });
  const json = Buffer.from(JSON.stringify(head)), length = Buffer.alloc(8), path = join(temporary(t), 'huge.safetensors');
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, safetensorsData(bytes)]));
  refusedSmall(3, /huge\.safetensors: the tensor '.*' has .* numbers/, ['info', '--model', path]);
});

test('a picture with a huge header is refused in little memory; a FIFO is not waited for', (t) => {
  const folder = temporary(t), fifo = join(folder, 'fifo.png');
  works(['-c', 'true'], { shell: `mkfifo "${fifo}"` });
  fails(3, /pipe or a device/, ['sample', '--model', fifo, '-o', '-']);
  fails(3, /fifo\.png, for one, is left out: a pipe or a device/, ['data', '--data', folder]);
  const huge = readFileSync(join(pictures, 'kinds/h-grey.jpeg')), frame = huge.indexOf(Buffer.from([0xff, 0xc0]));
  huge.writeUInt16BE(65000, frame + 5), huge.writeUInt16BE(65000, frame + 7);
  writeFileSync(join(folder, 'huge.jpg'), huge);
  refusedSmall(3, /huge\.jpg is a JPEG picture of 65000x65000 that would take \d+ MB of memory, but the limit is 480/, ['sample', '--model', model, '--source', join(folder, 'huge.jpg'), '-o', '-']);
});

test('- is standard input', () => {
  const info = works(['info', '--model', '-'], { input: readFileSync(model) });
  assert.deepEqual(info.out.toString().replace(/^.*(file|path|bytes).*$/gm, ''), works(['info', '--model', model]).out.toString().replace(/^.*(file|path|bytes).*$/gm, ''));
  const source = join(pictures, 'src.png'), sample = (from, options) => works(['sample', '--model', model, '--n', '1', '--steps', '2', '--source', from, '-o', '-'], options).out;
  assert.ok(sample('-', { input: readFileSync(source) }).equals(sample(source)));
});
