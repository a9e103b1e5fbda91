// The table that the page reads settings of sampling from is what the engine has; and no limit of the page is wider.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SAMPLING } from '../../web/engine/sampling.js';
import { fromHash, SETTINGS } from '../../web/page/settings/state.js';

const here = (path) => new URL(`../../${path}`, import.meta.url);

test('the table is as the engine prints it; `make sampling` writes it anew', () => {
  const printed = execFileSync(here('build/sampling_table').pathname, { encoding: 'utf8' });
  assert.equal(readFileSync(here('web/engine/sampling.js'), 'utf8'), printed);
});

test('the page takes each limit of the engine, and nothing beyond', () => {
  for (const [key, { option, parse, range }] of Object.entries(SETTINGS)) {
    if (!option || !range) continue;
    const { range: [low, high] } = SAMPLING[option];
    assert.ok(range[0] >= low && range[1] === high, key);
    for (const end of range) assert.equal(parse(String(end)), end, `${key} ${end}`);
    for (const beyond of [range[0] - 1, range[1] + 1]) assert.equal(parse(String(beyond)), undefined, `${key} ${beyond}`);
  }
  for (const name of SAMPLING.sampler.names) assert.equal(fromHash(`#sampler=${name}`).settings.sampler, name);
});
