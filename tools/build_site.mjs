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
const web = join(root, 'web');
const site = join(root, 'build', 'site');

/** @param {string} text */
function fail(text) {
  console.error(`build_site: ${text}`);
  process.exit(1);
}

/** @param {string} name @param {string} from */
function copy(name, from) {
  if (!existsSync(from)) fail(`${from} is missing, but the page needs it; run make web first`);
  mkdirSync(dirname(join(site, name)), { recursive: true });
  cpSync(from, join(site, name));
}
/** @param {string} name */
const read = (name) => readFileSync(join(site, name), 'utf8');
/** Puts `to` where `from` stands once. @param {string} name @param {string} from @param {string} to */
function replace(name, from, to) {
  const parts = read(name).split(from);
  if (parts.length !== 2) fail(`web/${name} must have '${from}' once`);
  writeFileSync(join(site, name), parts.join(to));
}

/** The modules that this one imports, and those that they do. @param {string} name @param {Set<string>} [seen] */
function importsOf(name, seen = new Set()) {
  for (const [, to] of read(name).matchAll(/^(?:import|export)\b[^'"]*from '(\.[^']+)'/gm)) {
    const path = join(dirname(name), to);
    if (!seen.has(path)) importsOf(path, seen.add(path));
  }
  return seen;
}

const SHIPPED = /^((engine|page)\/.*\.(js|css)|[\w-]+\.(html|js|svg|webmanifest)|models\.json)$/;
// "Why the first attempt failed" is for those who go there: the page itself does not wait for it, nor keep it.
const files = /** @type {string[]} */ (readdirSync(web, { recursive: true })).sort();
const exhibit = files.filter((name) => /^why(\.html$|\/)/.test(name) && /\.\w+$/.test(name));
const page = files.filter((name) => SHIPPED.test(name) && !exhibit.includes(name));
const binaries = ['coordiff.wasm', 'coordiff-relaxed.wasm'];

rmSync(site, { recursive: true, force: true });
for (const name of [...page, ...exhibit]) copy(name, join(web, name));
for (const name of binaries) copy(`engine/${name}`, join(root, 'build', 'web', name));
const listed = JSON.parse(read('models.json'));
for (const { file } of listed) copy(file, join(models, basename(file)));

const links = [...importsOf('page/main.js')].map((name) => `  <link rel="modulepreload" href="${name}">`);
replace('index.html', '  <!-- modulepreload -->', links.join('\n'));

// The service worker keeps all of this, under a name that changes with any byte of it.
const kept = [
  ...page.filter((name) => name !== 'sw.js'),
  ...binaries.map((name) => `engine/${name}`),
  ...listed.map((/** @type {any} */ { file }) => file),
].sort();
const hash = createHash('sha256');
for (const name of [...kept, 'sw.js']) hash.update(name).update(readFileSync(join(site, name)));
const version = hash.digest('hex').slice(0, 16);
replace('sw.js', "const VERSION = 'dev';", `const VERSION = '${version}';`);
replace('sw.js', 'const FILES = [];', `const FILES = ${JSON.stringify(kept)};`);

const compressed = [...page, ...binaries.map((name) => `engine/${name}`)].map(
  (name) => gzipSync(readFileSync(join(site, name)), { level: 9 }).length,
);
const total = compressed.reduce((sum, bytes) => sum + bytes, 0);
console.log(
  `build/site: ${kept.length + 1} files, version ${version}, ${Math.round(total / 1000)} kB compressed without models`,
);
