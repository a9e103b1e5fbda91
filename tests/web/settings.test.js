// The page's settings of sampling are the engine's: one table, and what links make of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { optionsFor } from '../../web/page/models/session.js';
import { defaults, KEYS, print, read, SETTINGS } from '../../web/page/settings/state.js';

const sampled = KEYS.filter((key) => SETTINGS[key].option);
const table = 'build/release/tools/sampling_table';

test('sampling.js is what the engine says today', { skip: !existsSync(table) && `there is no ${table}` }, () => {
  assert.equal(readFileSync('web/engine/sampling.js', 'utf8'), execFileSync(table, { encoding: 'utf8' }), 'run `make sampling`');
});

test('every setting of sampling: as it is printed it is read, and beyond its limits it is named', () => {
  assert.deepEqual(sampled, ['class', 'seed', 'guidance', 'sampler', 'steps', 'other', 'mix']);
  for (const key of sampled) {
    const { option, parse, range } = SETTINGS[key];
    const good = option.names ?? (range ? [...range, (range[0] + range[1]) >> 1] : ['u64', 'index'].includes(option.type) ? [defaults()[key]] : []);
    assert.ok(good.length > 0, key);
    for (const value of good) assert.equal(parse(print(key, value)), value, `${key} ${value}`);
    for (const bad of ['', 'x', '-1', `${(option.most ?? 2n ** 64n) + (option.most === undefined ? 0n : 1)}`]) {
      const { settings, complaints } = read([['model', 'faces'], [key, bad]], 'link');
      assert.equal(settings[key], defaults()[key]);
      assert.match(complaints.join(), new RegExp(`${key}.*must be`, 's'), `${key}=${bad}`);
    }
  }
});

test('what the workers are asked for holds every setting of sampling, under its name there', () => {
  const info = { n_classes: 3, coordinates: 'both', lattice_width: 8, lattice_height: 8, patch_width: 0, patch_height: 0, notes: {} };
  const settings = { ...defaults(), class: 2, steps: 5, guidance: 2, sampler: 'heun', seed: 9n, other: 4n, mix: 0.5 };
  const { world, ...options } = optionsFor(settings, info);
  assert.deepEqual(options, { label: 2, seed: 9n, guidance: 2, sampler: 'heun', steps: 5, otherSeed: 4n, mix: 0.5 });
  assert.ok(world);
  assert.deepEqual(Object.keys(options).sort(), sampled.map((key) => SETTINGS[key].option.name).sort());
  assert.equal(optionsFor(settings, { ...info, notes: { 'train.guidance': '1.5' } }).guidance, 1, 'it has its own in its answers');
});
