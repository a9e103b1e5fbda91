// `make check` on a copy of the house in which one thing is wrong: each of its rules must be able to say no.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { temporary } from './coordiff.js';

const add = (file, text) => (house) => appendFileSync(join(house, file), text);
const change = (file, from, to) => (house) => {
  const text = readFileSync(join(house, file), 'utf8');
  assert.ok(text.includes(from), `${file} no longer has '${from}'`);
  writeFileSync(join(house, file), text.replace(from, to));
};

const wrongs = [
  ['a room that includes a later room', 'layers', add('src/base/half.c', '#include "../file/png.h"\n'), /half\.c: includes \.\.\/file\/png\.h, which stands after/],
  ['a file that includes a later file of its room', 'layers', add('src/base/base.h', '#include "status.h"\n'), /base\.h: includes status\.h, which stands after/],
  ['a command that reaches behind the interface', 'layers', add('src/cli/info.c', '#include "../net/linear.h"\n'), /info\.c: includes .*public interface/],
  ['a command that includes a later command', 'layers', add('src/cli/args.c', '#include "commands.h"\n'), /args\.c: includes commands\.h, which stands after/],
  ['a file that no map has', 'layers', add('src/net/stray.c', ''), /stray\.c: the module 'net\/stray' is not in the map/],
  ['a map that names a file which is gone', 'layers', (house) => rmSync(join(house, 'src/cli/threads.c')) ?? rmSync(join(house, 'src/cli/threads.h')), /'cli\/threads', which does not exist/],
  ['a public header without C names', 'layers', change('src/file/png.h', 'CDF_BEGIN_DECLS', ''), /file\/png\.h: is a public header/],
  ['an internal header that is exported', 'layers', add('src/judge/convnet.h', 'CDF_BEGIN_DECLS\nCDF_END_DECLS\n'), /convnet\.h: is no public header/],
  ['a room without a word about itself', 'layers', (house) => rmSync(join(house, 'src/judge/README.md')), /src\/judge: no README\.md/],
  ['a file that outgrew its budget', 'layers', add('src/base/half.h', '\n'.repeat(200)), /half\.h: \d+ lines, at most 200/],
  ['an engine that touches the document', 'layers', add('web/engine/simd.js', 'document.title = "";\n'), /simd\.js: says 'document'/],
  ['a page that reaches into the engine', 'layers', add('web/page/main.js', "import {} from '../engine/engine.js';\n"), /main\.js: imports .*only pool\.js/],
  ['a document that names a file which is gone', 'layers', add('src/net/README.md', 'See `src/net/gone.c`.'), /src\/net\/README\.md: names src\/net\/gone\.c/],
  ['a link that leads nowhere', 'layers', add('CONTRIBUTING.md', '[x](src/NOWHERE.md)'), /CONTRIBUTING\.md: names src\/NOWHERE\.md/],
  ['an example that does not compile', 'examples', change('src/base/arena.h', ' *   cdf_arena_free(&a);', ' *   cdf_arena_free(a);'), /arena\.h:6:.*incompatible type/],
  ['an example that calls what is not declared', 'examples', change('src/base/rng.h', 'cdf_rng_normal4(n, seed', 'cdf_rng_normals(n, seed'), /rng\.h:4:.*cdf_rng_normals/],
  ['an example that takes a result for something else', 'examples', change('src/base/arena.h', 'float *x = cdf_arena_floats(&a, n);', 'int *x = cdf_arena_floats(&a, n);'), /arena\.h:5:.*incompatible pointer/],
];

function check(house, which) {
  const { status, stderr } = spawnSync(process.execPath, [`tools/check_${which}.mjs`], { cwd: house, encoding: 'utf8' });
  return { status, stderr };
}

function copy(t) {
  const house = temporary(t);
  for (const folder of ['src', 'web', 'tools']) cpSync(folder, join(house, folder), { recursive: true });
  for (const file of ['README.md', 'CONTRIBUTING.md']) cpSync(file, join(house, file));
  for (const folder of ['tests', 'models']) symlinkSync(resolve(folder), join(house, folder));
  return house;
}

test('the house as it is has nothing wrong', (t) => {
  const house = copy(t);
  for (const which of ['layers', 'examples']) assert.deepEqual(check(house, which), { status: 0, stderr: '' });
});

for (const [name, which, spoil, sentence] of wrongs)
  test(name, (t) => {
    const house = copy(t);
    spoil(house);
    const { status, stderr } = check(house, which);
    assert.equal(status, 1);
    assert.match(stderr, sentence);
  });
