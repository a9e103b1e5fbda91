// Fuzzer of share links and of the parameters inside PNG files, as the page reads them: whatever comes in, nothing throws, every setting
// that comes out is one that a link can say again, and what is complained about can be shown.
// Usage: node tests/fuzz/links.mjs SECONDS [SEED]; ends with the texts that failed, and status 1.
import assert from 'node:assert/strict';
import { fromParameters, toParameters } from '../../web/page/settings/parameters.js';
import { fromHash, KEYS, print, SETTINGS, toHash } from '../../web/page/settings/state.js';

const seeds = [
  '#model=faces&class=4&seed=18446744073709551615&size=640x480&guidance=1.5&sampler=heun&steps=20&view=blur3&at=last',
  '#model=texture&extend=-12.5,3,40&window=all&other=9&mix=0.25&screen=fill&compare=beside&lock=1&at=7',
  '#model=faces&other=2&mix=1e-96',
  '#seed=%31%3&class=none&__proto__=1&constructor=x&model=own',
  'coordiff 0.1.0; model faces.safetensors; seed 7; steps 20; sampler dpm2m; guidance 1.5; size 192x192; extend 8,4,20; class 2',
  'coordiff 0.1.0; model m; other seed 5; mix 1e-9; parts of a source kept; grid of 9 pictures, in rows: class 1 seeds 5 to 13; sigma max 3',
];
const pieces = ['&', '=', ';', '; ', ',', 'x', '-', '.', '%', '%00', '%F0%9F', '\0', '\u202e', '\ud800', '0', '9'.repeat(25), '1e99', 'NaN', 'none', 'all', 'off',
  ...KEYS, ...KEYS.map((key) => `&${key}=`), ...KEYS.map((key) => `; ${SETTINGS[key].word ?? key} `)];

let state = BigInt(process.argv[3] ?? Date.now());
function random(n) { // xorshift64
  state ^= (state << 13n) & 0xffffffffffffffffn;
  state ^= state >> 7n;
  state ^= (state << 17n) & 0xffffffffffffffffn;
  return Number(state % BigInt(n));
}

function mutated(text) {
  for (let left = 1 + random(6); left > 0; left--) {
    const at = random(text.length + 1), end = Math.min(text.length, at + random(8));
    const piece = [pieces[random(pieces.length)], String.fromCharCode(random(random(2) ? 128 : 65536)), text.slice(random(text.length + 1)), ''][random(4)];
    text = (text.slice(0, at) + piece + text.slice(end)).slice(0, 2000);
  }
  return text;
}

function check({ settings, complaints }) {
  for (const key of KEYS) assert.deepEqual(SETTINGS[key].parse(print(key, settings[key])), settings[key], key);
  for (const complaint of complaints) assert.match(complaint, /^[\x20-\x7e\u00a0-\uffff]+$/);
  const link = toHash(settings), back = fromHash(link);
  assert.deepEqual(back.complaints, []);
  assert.equal(toHash(back.settings), link);
  const text = toParameters(settings, `${settings.model}.safetensors`), told = fromParameters(text);
  assert.ok(told, text);
  assert.equal(toParameters(told.settings, `${told.settings.model}.safetensors`), text);
}

const end = Date.now() + 1000 * Number(process.argv[2] ?? 10), pool = [...seeds], failed = [];
let n = 0;
for (; (n % 256 || Date.now() < end) && failed.length < 5; n++) {
  const text = n < seeds.length ? seeds[n] : mutated(pool[random(pool.length)]); // as they are, first
  if (random(50) === 0) pool[random(2) ? pool.length : random(pool.length)] = text;
  if (pool.length > 500) pool.splice(seeds.length, 250);
  try {
    check(fromHash(text));
    const told = fromParameters(text);
    if (told) check(told);
  } catch (error) {
    failed.push(`${JSON.stringify(text)}: ${error.message.split('\n')[0]}`);
  }
}
console.log(`stat::number_of_executed_units: ${n}`);
for (const line of failed) console.log(`ERROR ${line}`);
process.exit(failed.length > 0 ? 1 : 0);
