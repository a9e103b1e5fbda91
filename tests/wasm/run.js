// run.js: runs C test programs that were built for WASI: node tests/wasm/run.js a.wasm b.wasm ...
// Sums up their "N passed, N failed" lines and exits with 1 when anything failed or nothing ran.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

/** @param {string} path */
async function runProgram(path) {
  const wasi = new WASI({ version: 'preview1', args: [basename(path)], returnOnExit: true });
  const { instance } = await WebAssembly.instantiate(await readFile(path), {
    .../** @type {any} */ (wasi.getImportObject()),
    env: { emscripten_notify_memory_growth() {} },
  });
  process.exitCode = wasi.start(instance);
}

/** Each program has a process of its own: one that traps ends itself only. @param {string} path @returns {Promise<{status: number|null, text: string}>} */
function run(path) {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), '--one', path]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => { text += part; });
  return new Promise((done) => child.on('close', (status) => done({ status, text })));
}

/** As many at a time as there are processors. @param {string[]} paths */
async function runAll(paths) {
  const waiting = [...paths];
  let passed = 0, failed = 0;
  async function work() {
    for (let path = waiting.shift(); path; path = waiting.shift()) {
      const { status, text } = await run(path);
      const counts = text.match(/^(\d+) passed, (\d+) failed$/m);
      const [p, f] = counts ? [Number(counts[1]), Number(counts[2])] : [0, 1];
      passed += p;
      failed += f === 0 && status !== 0 ? 1 : f;
      console.log(`${basename(path, '.wasm')}: ${p} passed, ${f} failed`);
      if (f > 0 || status !== 0) console.log(text);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--one') await runProgram(rest[0]);
else await runAll(process.argv.slice(2));
