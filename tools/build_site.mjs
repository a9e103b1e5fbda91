// Assembles build/site/: the page, the two binaries, the models it lists; static files that any host can serve, in any folder.
//
//   node tools/build_site.mjs [--models FOLDER]     (default: models)
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const flag = process.argv.indexOf('--models');
const models = flag > 0 ? process.argv[flag + 1] : join(root, 'models');
const site = join(root, 'build', 'site');

/** @param {string} text */
function fail(text) {
  console.error(`build_site: ${text}`);
  process.exit(1);
}

const SHIPPED = /\.(html|css|js|json|svg|webmanifest)$/;
// "Why the first attempt failed" is for those who go there: the page itself does not wait for it, nor keep it.
const rows = readdirSync(join(root, 'web', 'why')).map((name) => `why/${name}`);
const exhibit = ['why.html', 'why.css', ...rows];
const page = readdirSync(join(root, 'web')).filter(
  (name) => SHIPPED.test(name) && name !== 'jsconfig.json' && !exhibit.includes(name),
);
const binaries = ['coordiff.wasm', 'coordiff-relaxed.wasm'];

rmSync(site, { recursive: true, force: true });
mkdirSync(join(site, 'models'), { recursive: true });
for (const name of [...page, ...exhibit]) cpSync(join(root, 'web', name), join(site, name));
for (const name of binaries) {
  const from = join(root, 'build', 'web', name);
  if (!existsSync(from)) fail(`${from} is missing; run make web first`);
  cpSync(from, join(site, name));
}
const listed = JSON.parse(readFileSync(join(root, 'web', 'models.json'), 'utf8'));
for (const { file } of listed) {
  const from = join(models, basename(file));
  if (!existsSync(from)) fail(`${from} is missing, but web/models.json lists it`);
  cpSync(from, join(site, file));
}

// The service worker keeps all of this, under a name that changes with any byte of it.
const kept = [
  ...page.filter((name) => name !== 'sw.js'),
  ...binaries,
  ...listed.map((/** @type {any} */ { file }) => file),
].sort();
const hash = createHash('sha256');
for (const name of [...kept, 'sw.js']) hash.update(name).update(readFileSync(join(site, name)));
const version = hash.digest('hex').slice(0, 16);
const worker = readFileSync(join(site, 'sw.js'), 'utf8')
  .replace("const VERSION = 'dev';", `const VERSION = '${version}';`)
  .replace('const FILES = [];', `const FILES = ${JSON.stringify(kept)};`);
if (!worker.includes(version) || !worker.includes('index.html'))
  fail('web/sw.js has lost its VERSION or FILES line');
writeFileSync(join(site, 'sw.js'), worker);

const compressed = [...page, ...binaries].map(
  (name) => gzipSync(readFileSync(join(site, name)), { level: 9 }).length,
);
const total = compressed.reduce((sum, bytes) => sum + bytes, 0);
console.log(
  `build/site: ${kept.length + 1} files, version ${version}, ${Math.round(total / 1000)} kB compressed without models`,
);
