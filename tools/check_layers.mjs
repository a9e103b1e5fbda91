// `make check`: every file includes only modules that stand before it in the list of src/README.md, the CLI and the WASM boundary
// see only the public interface, and no file outgrows its budget.
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
      const isPublic = ['coordiff', 'base/parallel', 'file/dataset', 'file/pack', 'judge/classifier', 'judge/metrics', 'judge/similarity', 'base/json_text'].includes(other);
      if (!isPublic) problems.push(`${path}: includes ${name}, but ${module} sees only the public interface`);
    } else if (rank(other) >= rank(module)) {
      problems.push(`${path}: includes ${name}, which stands after '${module}' in src/README.md`);
    }
  }
}

for (const path of ['src', 'web', 'tests', 'tools'].flatMap(filesUnder)) {
  const budget = budgets[path.slice(path.lastIndexOf('.'))];
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (budget && lines > budget) problems.push(`${path}: ${lines} lines, at most ${budget}; cut it in two`);
}

for (const problem of problems) console.error(problem);
console.log(`${sources.length} sources, ${order.length} modules, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
