// `make check`: every file includes only modules that stand before it in the list of src/README.md, the CLI and the WASM boundary
// see only the public interface, the page's files keep to the order of web/README.md and its engine off the document, and no file
// outgrows its budget.
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';

const budgets = {'.c': 500, '.h': 200, '.inc': 500, '.js': 300, '.mjs': 300};
const problems = [];

// The modules in order: the lines "| `name` | ..." between the two markers of src/README.md.
const map = readFileSync('src/README.md', 'utf8').split('<!-- modules -->')[1];
const order = [...map.matchAll(/^\| `([^`]+)`/gm)].flatMap((m) => m[1].split(' '));
const rank = (module) => order.indexOf(module);

function filesUnder(folder) {
  return readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

// src/kernels/avx2.c -> kernels; src/denoise/sampler.c -> denoise/sampler; src/cli/train.c -> cli.
function moduleOf(path) {
  const inside = path.replace(/^src\//, '');
  const folder = inside.split('/')[0];
  return ['kernels', 'cli', 'wasm'].includes(folder) ? folder : inside.replace(/\.\w+$/, '');
}

const sources = filesUnder('src').filter((path) => /\.(c|h|inc)$/.test(path));
for (const path of sources) {
  const module = moduleOf(path);
  if (rank(module) < 0) problems.push(`${path}: the module '${module}' is not in the list of src/README.md`);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/^\s*#\s*include "([^"]+)"/gm)) {
    const target = normalize(join(dirname(path), name));
    const other = moduleOf(target);
    if (other === module) continue;
    if (module === 'cli' || module === 'wasm') {
      const isPublic = ['coordiff', 'base/parallel', 'file/dataset', 'file/pack', 'judge/classifier', 'judge/metrics', 'base/json_text'].includes(other);
      if (!isPublic) problems.push(`${path}: includes ${name}, but ${module} sees only the public interface`);
    } else if (rank(other) >= rank(module)) {
      problems.push(`${path}: includes ${name}, which stands after '${module}' in src/README.md`);
    }
  }
}

// The page: the same, by the table of web/README.md; and what is under web/engine knows no document and no page.
const webMap = readFileSync('web/README.md', 'utf8').split('<!-- rooms -->')[1];
const rooms = [...webMap.matchAll(/^\| `([^`]+)`/gm)].map((m) => m[1]);
const roomOf = (path) => dirname(path).replace(/^web\//, '');
const DOM = /\b(document|localStorage|location|requestAnimationFrame|HTML\w*Element)\b/;
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
      if (!name.endsWith('/pool.js')) problems.push(`${path}: imports ${name}, but the page sees only engine/pool.js`);
  const touched = room === 'engine' && DOM.exec(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''));
  if (touched) problems.push(`${path}: says '${touched[0]}', but the engine knows no document`);
}

for (const path of ['src', 'web', 'tests', 'tools'].flatMap(filesUnder)) {
  const budget = budgets[path.slice(path.lastIndexOf('.'))];
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (budget && lines > budget) problems.push(`${path}: ${lines} lines, at most ${budget}; cut it in two`);
}

for (const problem of problems) console.error(problem);
console.log(`${sources.length} sources, ${order.length} modules, ${scripts.length} scripts, ${rooms.length} rooms, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
