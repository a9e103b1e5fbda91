// Assembles build/site/: the page, the two binaries, the models it lists; static files that any host can serve, in any folder.
//
//   node tools/build_site.mjs [--models FOLDER] [--base /PATH/]
//
// The defaults are models and /. --base is where the host will have it: "not found" must find home from any address.
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
import { defaultsIn, noiseIn } from './note_model.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** @param {string} name @param {string} initial */
function option(name, initial) {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 && process.argv[at + 1] ? process.argv[at + 1] : initial;
}
const models = option('models', join(root, 'models'));
const base = option('base', '/');
const address = option('url', ''); // where the site will be, for previews of links and the canonical address
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

const ROOM = /^(engine|page|why)\//;
const SHIPPED =
  /^((engine|page)\/.*\.(js|css)|(why|thumbs)\/.*\.\w+|[\w-]+\.(html|js|svg|png|jpg|webmanifest)|models\.json)$/;
const page = /** @type {string[]} */ (readdirSync(web, { recursive: true }))
  .filter((name) => SHIPPED.test(name))
  .sort();
const binaries = ['coordiff.wasm', 'coordiff-relaxed.wasm'];

rmSync(site, { recursive: true, force: true });
for (const name of page) copy(name, join(web, name));
for (const name of binaries) copy(`engine/${name}`, join(root, 'build', 'web', name));
const START = 'models/start.safetensors'; // what training on the page begins with
copy(START, join(models, basename(START)));
const listed = JSON.parse(read('models.json'));
for (const entry of listed) {
  copy(entry.file, join(models, basename(entry.file)));
  // What a model begins with stands in its checkpoint; the page wants to know before it has that.
  const bytes = readFileSync(join(site, entry.file));
  entry.settings = defaultsIn(bytes);
  entry.noise = noiseIn(bytes);
}
writeFileSync(join(site, 'models.json'), JSON.stringify(listed));

const links = [...importsOf('page/page.js', importsOf('page/main.js').add('page/page.js'))].map(
  (name) => `  <link rel="modulepreload" href="${name}">`,
);
replace('index.html', '  <!-- modulepreload -->', links.join('\n'));
if (!/^\/(.*\/)?$/.test(base))
  fail(`--base is '${base}', but must begin and end with a slash, as in /coordiff/`);
if (address !== '' && !/^https?:\/\/.*\/$/.test(address))
  fail(`--url is '${address}', but must be an address that ends with a slash, as https://example.org/coordiff/`);
if (address !== '')
  for (const [name, path] of [['index.html', ''], ['why.html', 'why.html']]) {
    replace(name, 'property="og:image" content="card.jpg"', `property="og:image" content="${address}card.jpg"`);
    replace(name, '</head>', `  <link rel="canonical" href="${address}${path}">\n  <meta property="og:url" content="${address}${path}">\n</head>`);
  }
replace('404.html', '<base href="/">', `<base href="${base}">`);

// What pages are made of lies in a folder that is called as the version: no page is ever made of files of two, and hosts may let
// browsers keep it for ever. The service worker keeps all of the site.
const parts = [
  ...page,
  ...binaries.map((name) => `engine/${name}`),
  ...listed.map((/** @type {any} */ { file }) => file),
  START,
].sort();
const hash = createHash('sha256');
for (const name of parts) hash.update(name).update(readFileSync(join(site, name)));
const version = hash.digest('hex').slice(0, 16);
const place = (/** @type {string} */ name) => (ROOM.test(name) ? `v/${version}/${name}` : name);
for (const name of parts) {
  if (ROOM.test(name)) copy(place(name), join(site, name));
  if (name.endsWith('.html'))
    writeFileSync(join(site, name), read(name).replace(/(?<= (?:href|src)=")[^"]+/g, place));
}
for (const room of ['engine', 'page', 'why']) rmSync(join(site, room), { recursive: true });
const kept = parts.filter((name) => name !== 'sw.js').map(place);
replace('sw.js', "const VERSION = 'dev';", `const VERSION = '${version}';`);
replace('sw.js', 'const FILES = [];', `const FILES = ${JSON.stringify(kept)};`);

const first = page.filter((name) => !/^(why|thumbs)/.test(name));
const compressed = [...first, ...binaries.map((name) => `engine/${name}`)].map(
  (name) => gzipSync(readFileSync(join(site, place(name))), { level: 9 }).length,
);
const total = compressed.reduce((sum, bytes) => sum + bytes, 0);
console.log(
  `build/site: ${kept.length + 1} files, version ${version}, ${Math.round(total / 1000)} kB compressed without models`,
);
