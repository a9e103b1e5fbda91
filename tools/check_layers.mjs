// `make check`: every file of src includes only modules that stand before it in the maps (src/README.md, src/cli/README.md), the CLI and
// the WASM boundary see only the public interface, the page's files keep to the order of web/README.md and its engine off the document,
// every folder says what it is, no file outgrows its budget, and no document names a file that does not exist.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';

const budgets = {'.c': 500, '.h': 200, '.inc': 500, '.js': 300, '.mjs': 300};

const problems = [];

// The modules in order: the lines "| `name other` | ..." between the two markers of a README.
function modulesOf(readme, folder) {
  const map = readFileSync(readme, 'utf8').split('<!-- modules -->')[1] ?? '';
  return [...map.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, names]) => names.split(' ')).map((name) => join(folder, name));
}
const commands = existsSync('src/cli/README.md') ? modulesOf('src/cli/README.md', 'cli') : [];
const order = modulesOf('src/README.md', '').flatMap((module) => (module === 'cli' && commands.length > 0 ? commands : [module]));
const rank = (module) => order.indexOf(module);

function filesUnder(folder) {
  return readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

// src/kernels/avx2.c -> kernels; src/denoise/sampler.c -> denoise/sampler; src/wasm/wasm_api.c -> wasm.
function moduleOf(path) {
  const inside = path.replace(/^src\//, '').replace(/\.\w+$/, ''), folder = inside.split('/')[0];
  return ['kernels', 'wasm'].includes(folder) ? folder : inside;
}
const folderOf = (module) => (module.includes('/') ? module.split('/')[0] : module);

// What the commands and the page see: the interface, the headers that it names, what measures pictures, and text for JSON.
const named = [...readFileSync('src/coordiff.h', 'utf8').matchAll(/^#include "([^"]+)\.h"/gm)].map(([, name]) => moduleOf(`src/${name}`));
const seen = new Set(['coordiff', 'judge/classifier', 'file/classifier_file', 'judge/metrics', 'judge/similarity', 'base/json_text', ...named]);

// The public headers, as tools/install.sh finds them, are valid C++ and exported.
function withIncludes(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/^#include "([^"]+)"/gm)) withIncludes(normalize(join(dirname(path), name)), found);
  return found;
}
const isPublic = new Set(['coordiff', 'file/classifier_file', 'judge/metrics'].flatMap((name) => [...withIncludes(`src/${name}.h`)]));
for (const path of filesUnder('src').filter((name) => name.endsWith('.h'))) {
  const isMarked = /^CDF_BEGIN_DECLS$[\s\S]*^CDF_END_DECLS$/m.test(readFileSync(path, 'utf8'));
  if (isMarked && !isPublic.has(path)) problems.push(`${path}: is no public header, so it has no CDF_BEGIN_DECLS and CDF_END_DECLS`);
  if (!isMarked && isPublic.has(path))
    problems.push(`${path}: is a public header, so its declarations belong between CDF_BEGIN_DECLS and CDF_END_DECLS`);
}

const folders = order.map(folderOf);
for (const [i, folder] of folders.entries())
  if (folders.indexOf(folder) < i && folders[i - 1] !== folder) problems.push(`src/README.md: the modules of ${folder} do not stand together`);

const sources = filesUnder('src').filter((path) => /\.(c|h|inc)$/.test(path));
for (const path of sources) {
  const module = moduleOf(path), folder = folderOf(module), map = folder === 'cli' ? 'src/cli/README.md' : 'src/README.md';
  if (rank(module) < 0) problems.push(`${path}: the module '${module}' is not in the map of ${map}`);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/^\s*#\s*include "([^"]+)"/gm)) {
    const other = moduleOf(normalize(join(dirname(path), name)));
    if (other === module) continue;
    if (['cli', 'wasm'].includes(folder) && folderOf(other) !== folder) {
      if (!seen.has(other)) problems.push(`${path}: includes ${name}, but ${folder} sees only the public interface`);
    } else if (rank(other) >= rank(module)) problems.push(`${path}: includes ${name}, which stands after '${module}' in ${map}`);
  }
}
for (const module of order)
  if (!sources.some((path) => moduleOf(path) === module)) problems.push(`the maps name '${module}', which does not exist`);
for (const folder of new Set(folders))
  if (existsSync(`src/${folder}`) && !existsSync(`src/${folder}/README.md`)) problems.push(`src/${folder}: no README.md says what it is`);

// The page: the same, by the table of web/README.md; and what is under web/engine knows no document and no page.
const rooms = [...readFileSync('web/README.md', 'utf8').split('<!-- rooms -->')[1].matchAll(/^\| `([^`]+)`/gm)].map((m) => m[1]);
const roomOf = (path) => dirname(path).replace(/^web\//, '');
const DOM = /\b(document|localStorage|location|requestAnimationFrame|HTML\w*Element|window(?=\.))\b/;
const scripts = ['web/engine', 'web/page'].flatMap(filesUnder).filter((path) => path.endsWith('.js'));
for (const path of scripts) {
  const text = readFileSync(path, 'utf8'), room = roomOf(path);
  if (!rooms.includes(room)) problems.push(`${path}: the room '${room}' is not in the list of web/README.md`);
  for (const [, name] of text.matchAll(/\b(?:from |import\()'(\.[^']+)'/g)) {
    const target = normalize(join(dirname(path), name)), other = roomOf(target);
    if (other !== room && rooms.indexOf(other) >= rooms.indexOf(room))
      problems.push(`${path}: imports ${name}, but '${other}' stands after '${room}' in web/README.md`);
  }
  if (room !== 'engine')
    for (const [, name] of text.matchAll(/ from '([^']*\/engine\/[^']+)'/g))
      if (!/\/(pool|sampling)\.js$/.test(name)) problems.push(`${path}: imports ${name}, but the page sees only engine/pool.js and engine/sampling.js`);
  const touched = room === 'engine' && DOM.exec(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''));
  if (touched) problems.push(`${path}: says '${touched[0]}', but the engine knows no document`);
}

for (const path of ['src', 'web', 'tests', 'tools'].flatMap(filesUnder)) {
  const budget = budgets[path.slice(path.lastIndexOf('.'))];
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (budget && lines > budget) problems.push(`${path}: ${lines} lines, at most ${budget}; cut it in two`);
}

// What the documents link to or call by its path exists.
const documented = ['src', 'web', 'tests', 'tools', 'models'];
for (const path of ['README.md', 'CONTRIBUTING.md', ...documented.flatMap(filesUnder).filter((name) => name.endsWith('.md'))]) {
  const text = readFileSync(path, 'utf8'), at = dirname(path);
  const named = [...text.matchAll(/`((?:src|web|tests|tools|models)\/[\w./-]+)`/g)].filter(([, name]) => !name.includes('NAME') && !existsSync(name));
  const linked = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)];
  for (const [, name] of [...named, ...linked]) if (!existsSync(join(at, name))) problems.push(`${path}: names ${name}, which does not exist`);
}

for (const problem of problems) console.error(problem);
console.log(`${sources.length} sources, ${order.length} modules, ${scripts.length} scripts, ${rooms.length} rooms, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
