// `make check`: the programs in the comments at the top of headers compile. What such a program takes for granted (a model, some bytes)
// is declared in example_givens.txt; `) ...` stands for what the reader does about a failure.
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';

const givenFile = 'tools/example_givens.txt';
const givens = new Map();
for (const [, name, declarations] of readFileSync(givenFile, 'utf8').matchAll(/^(\S+): (.*)$/gm)) {
  givens.set(name, `${givens.get(name) ?? ''}${declarations}\n`);
}

// Blocks of the first comment that are indented and call us: [{line, code}].
function programsOf(text) {
  const blocks = [[]];
  for (const [i, line] of text.slice(0, text.indexOf('*/')).split('\n').entries()) {
    if (/^ \* {3}/.test(line)) blocks.at(-1).push({line: i + 1, code: line.slice(2)});
    else if (blocks.at(-1).length > 0) blocks.push([]);
  }
  return blocks.filter((block) => block.some(({code}) => /\bc(df|li)_\w+\(/.test(code)))
    .map((block) => ({line: block[0].line, code: block.map(({code}) => code.replace(/\) \.\.\.(?=\s*(\/\/|$))/, ') {}')).join('\n')}));
}

const headers = readdirSync('src', {recursive: true}).map(String).filter((name) => name.endsWith('.h')).sort();
const examples = headers.flatMap((name) => programsOf(readFileSync(`src/${name}`, 'utf8')).map((program) => ({name, ...program})));
const problems = [...givens.keys()].filter((name) => name !== '*' && !examples.some((example) => example.name === name))
  .map((name) => `${givenFile}: ${name} has no example`);

// A function an example, with the lines of the header in the compiler's messages.
const unit = [
  '#include <stdio.h>\n#include <stdlib.h>',
  ...new Set(examples.map(({name}) => `#include "${name}"`)),
  `#line 1 "${givenFile}"`,
  givens.get('*'),
  ...examples.map(({name, line, code}, i) =>
    `\n#line 1 "what ${givenFile} says of ${name}"\nvoid example_${i}(void) { ${givens.get(name) ?? ''} {\n#line ${line} "src/${name}"\n${code}\n}}`),
].join('\n');
const flags = ['-std=c11', '-D_GNU_SOURCE', '-Isrc', '-Wall', '-Wextra', '-Werror', '-Wno-unused', '-fsyntax-only', '-xc', '-'];
const {status, stderr, error} = spawnSync(process.env.CC ?? 'gcc', flags, {input: unit, encoding: 'utf8'});
if (error) throw error;
if (status !== 0) problems.push(`${stderr}An example does not compile as it stands in its header. Undeclared names that it may take for granted go into ${givenFile}.`);

for (const problem of problems) console.error(problem);
console.log(`${examples.length} examples in headers, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
