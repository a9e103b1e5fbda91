// coordiff train on files that are not what they should be: exit code 3, a sentence, nothing made.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fails, temporary, tiny } from './coordiff.js';
import { IMAGES, LABELS, idxImages, idxLabels, png, writeIdxFolder } from './data.js';

/** A directory data/ with these files (name: bytes); `refuse` insists on its refusal. */
function folder(t, files) {
  const dir = temporary(t), data = join(dir, 'data');
  mkdirSync(data);
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(data, name, '..'), { recursive: true });
    writeFileSync(join(data, name), bytes);
  }
  const refuse = (patterns, path = data) => {
    fails(3, patterns, ['train', '--data', path, '--out', join(dir, 'run'), ...tiny]);
    assert.ok(!existsSync(join(dir, 'run')), 'no run directory was made');
  };
  return { data, refuse };
}

const changed = (bytes, at, ...values) => {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
};

test('nothing there', (t) => {
  const { data, refuse } = folder(t, {});
  refuse(/holds no pictures/);
  refuse([/no-such: No such file or directory/, /check the spelling/], join(data, 'no-such'));
  refuse(/No such file/, '');
  symlinkSync(join(data, 'no-such'), join(data, IMAGES));
  refuse(/./);
});

test('an IDX file with another magic number', (t) => {
  for (const [bytes, pattern] of [
    [changed(idxImages(), 2, 9), /begin with 00 00 09 03, but must begin with 00 00 08 03/],
    [png(1), /begin with 89 50 4e 47/],
    [idxLabels(), /these are labels/],
    [Buffer.from('hello, world, hello, world'), /begin with 68 65 6c 6c/],
  ]) {
    const { data, refuse } = folder(t, { [IMAGES]: bytes });
    refuse(pattern);
    refuse(pattern, join(data, IMAGES));
  }
});

test('an IDX file cut short, or too long, or empty', (t) => {
  const images = idxImages();
  for (const n of [1, 3, 15, 16, 17, images.length - 1]) folder(t, { [IMAGES]: images.subarray(0, n) }).refuse([/cut short|too few/, new RegExp(IMAGES)]);
  folder(t, { [IMAGES]: Buffer.concat([images, Buffer.alloc(1)]) }).refuse(/too many/);
  folder(t, { [IMAGES]: '' }).refuse(/is empty/);
});

test('a gzip file cut short or damaged', (t) => {
  const packed = gzipSync(idxImages(64));
  for (const n of [5, packed.length >> 1, packed.length - 9, packed.length - 1]) {
    folder(t, { [`${IMAGES}.gz`]: packed.subarray(0, n) }).refuse([/cut short|damaged/, /images-idx3-ubyte\.gz/]);
  }
  folder(t, { [`${IMAGES}.gz`]: changed(packed, packed.length - 6, 1, 2, 3) }).refuse(/damaged/);
  folder(t, { [`${IMAGES}.gz`]: gzipSync(gzipSync(idxImages())) }).refuse(/gzip/);
});

test('counts and sizes that make no sense', (t) => {
  folder(t, { [IMAGES]: idxImages(0) }).refuse(/hold 0 pictures/);
  folder(t, { [IMAGES]: changed(idxImages(), 4, 255, 255, 255, 255) }).refuse(/hold 4294967295 pictures/);
  folder(t, { [IMAGES]: changed(idxImages(), 8, 0, 0, 0, 0) }).refuse(/each side must be/);
  folder(t, { [IMAGES]: changed(idxImages(), 8, 127, 255, 255, 255) }).refuse(/each side must be/);
  folder(t, { [IMAGES]: changed(idxImages(), 6, 1) }).refuse(/too few/);
  folder(t, { [IMAGES]: idxImages(4, 2) }).refuse(/lattice_(width|height) is 2, but must be from 4/);
});

test('labels that do not belong to the images', (t) => {
  const labelled = (labels) => folder(t, { [IMAGES]: idxImages(), [LABELS]: labels });
  labelled(idxLabels(15)).refuse([/16/, /15/]);
  labelled(idxLabels(17)).refuse([/16/, /17/]);
  labelled(idxLabels().subarray(0, 20)).refuse(/labels/);
  labelled(idxLabels().subarray(0, 5)).refuse(/labels/);
  labelled(idxImages()).refuse(/these are images/);
  labelled(changed(idxLabels(), 12, 255)).refuse(/255/);
});

test('pictures that cannot be read', (t) => {
  const broken = { '1.png': png(1).subarray(0, 70), '2.jpg': 'no', '3.jpeg': '' };
  folder(t, broken).refuse(/holds no picture that can be read; 2\.jpg: no picture \(text\), and the others are no better/);
  folder(t, { 'one.png': 'x' }).refuse(/one\.png: no picture \(text\); make it again/);
  folder(t, Object.fromEntries(Object.entries(broken).map(([name, bytes]) => [`class/${name}`, bytes]))).refuse(/holds no picture that can be read; class\/2\.jpg: no picture/);
  folder(t, { 'notes.txt': 'x', 'picture.gif': 'GIF89a', '.hidden.png': png(1) }).refuse(/holds no pictures/);
  folder(t, { '1.png': png(1), 'a/2.png': png(2) }).refuse([/both directly \(1\) and in sub-folders \(1\)/]);
});

test('many classes', (t) => {
  folder(t, Object.fromEntries(Array.from({ length: 251 }, (_, i) => [`${i}/1.png`, png(i, 2, 2)]))).refuse([/251 sub-folders/, /at most 250/]);
});

test('a directory in the place of a file', (t) => {
  const { data, refuse } = folder(t, { [`${IMAGES}/x`]: 'x' });
  refuse(/./);
  writeIdxFolder(join(data, 'nested'));
  refuse(/holds no pictures/);
});
