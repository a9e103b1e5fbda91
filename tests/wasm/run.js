// run.js: runs C test programs that were built for WASI: node tests/wasm/run.js a.wasm b.wasm ...
// Sums up their "N passed, N failed" lines and exits with 1 when anything failed or nothing ran.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
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

/** Each program has a process of its own: one that traps ends itself only. @param {string[]} paths */
function runAll(paths) {
  const self = fileURLToPath(import.meta.url);
  let passed = 0, failed = 0;
  for (const path of paths) {
    const args = [...process.execArgv, self, '--one', path];
    const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
    const counts = child.stdout.match(/(\d+) passed, (\d+) failed\s*$/);
    const [p, f] = counts ? [Number(counts[1]), Number(counts[2])] : [0, 1];
    passed += p;
    failed += f === 0 && child.status !== 0 ? 1 : f;
    console.log(`${basename(path, '.wasm')}: ${p} passed, ${f} failed`);
    if (f > 0 || child.status !== 0) console.log(child.stdout + child.stderr);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--one') await runProgram(rest[0]);
else runAll(process.argv.slice(2));
