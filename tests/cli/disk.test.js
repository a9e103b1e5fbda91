// No room, no permission: a sentence, exit code 1, and what was saved before still loads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { coordiff, fails, temporary, tiny, trainTiny, works } from './coordiff.js';
import { writeIdxFolder } from './data.js';

/** A file system of `kib` kibibytes that goes with the test; null where mounting is not allowed. */
function smallDisk(t, kib) {
  let path;
  t.after(() => path && spawnSync('umount', ['-l', path])); // before the directory goes
  const above = temporary(t);
  mkdirSync(join(above, 'disk'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', join(above, 'disk')]).status !== 0) return null;
  path = join(above, 'disk');
  return path;
}

const temporaries = (path) => readdirSync(path).filter((name) => name.includes('.tmp'));

test('training onto a full disk: the old checkpoint still serves', (t) => {
  const disk = smallDisk(t, 256);
  if (!disk) return t.skip('mounting a small tmpfs is not permitted here');
  const data = join(temporary(t), 'data'), run = join(disk, 'run');
  writeIdxFolder(data);
  const args = ['train', '--data', data, '--out', run, ...tiny, '--steps', '60'];
  works([...args, '--steps', '20']);
  const { model, checkpoint } = { model: join(run, 'model.safetensors'), checkpoint: join(run, 'checkpoint-0000020.safetensors') };
  const before = [readFileSync(model), readFileSync(checkpoint)];
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(256 * 1024 - 4096 * 6 - before[0].length - before[1].length));
  fails(1, [/cannot write .*checkpoint-0000060\.safetensors: No space left on device/, /no file was made/], args);
  assert.ok(readFileSync(checkpoint).equals(before[1]));
  assert.ok(readFileSync(model).equals(before[0]));
  assert.deepEqual(temporaries(run), []);
  works(['info', '--model', checkpoint]);
  spawnSync('rm', [join(disk, 'ballast')]);
  assert.match(works(args).err, /going on at step 20\n[^]*finished at step 60/);
});

test('a limit on file sizes: the sentence of the system, no crash by a signal', (t) => {
  const dir = temporary(t), { data, run, model } = trainTiny(dir), before = readFileSync(model);
  const limited = { shell: 'ulimit -f 8; exec "$0" "$@"' };
  fails(1, /cannot write .*checkpoint-0000040\.safetensors: File too large/, ['train', '--data', data, '--out', run, ...tiny, '--steps', '40'], limited);
  assert.deepEqual(temporaries(run), []);
  assert.ok(readFileSync(model).equals(before));
  const out = join(dir, 'x.png');
  works(['sample', '--model', model, '--n', '1', '-o', out]);
  const picture = readFileSync(out);
  fails(1, [/cannot write .*x\.png: File too large/, /the old file is untouched/], ['sample', '--model', model, '--n', '4', '--size', '200x200', '-o', out], limited);
  assert.ok(readFileSync(out).equals(picture));
});

test('the log cannot be written', (t) => {
  const dir = temporary(t), { data, run } = trainTiny(dir);
  rmSync(join(run, 'log.csv'));
  mkdirSync(join(run, 'log.csv'));
  const { code, err } = coordiff(['train', '--data', data, '--out', run, ...tiny, '--steps', '30', '--log-every', '5']);
  assert.ok(code === 1 || code === 3, err);
  assert.match(err, /log\.csv.*directory/);
});

test('sampling to a place that cannot be written', (t) => {
  const dir = temporary(t), { model } = trainTiny(dir), sample = (...words) => ['sample', '--model', model, '--n', '2', ...words];
  fails(1, [/there is no directory .*none/, /make it first/], sample('-o', join(dir, 'none/x.png')));
  fails(1, /there is no directory .*none/, sample('-o', join(dir, 'none/x%d.png'), '--single'));
  fails(1, /it is a directory/, sample('-o', dir));
  fails(1, /there is no directory/, sample('-o', join(model, 'x.png')));
  fails(1, /\/dev\/full: No space left/, sample('-o', '/dev/full'));
  fails(1, /File name too long/, sample('-o', join(dir, 'x'.repeat(300))));
  fails(2, /--out is too long/, sample('-o', 'x'.repeat(5000)));
  writeFileSync(join(dir, 'file'), '');
  fails(1, /cannot write .*file\/step-0001\.png/, sample('-o', join(dir, 'ok.png'), '--steps-dir', join(dir, 'file')));
  const { code, err } = coordiff(sample('-o', '-'), { shell: '"$0" "$@" > /dev/full' });
  assert.equal(code, 1);
  assert.match(err, /cannot write the picture to standard output: No space left/);
});

test('a reader that goes away is no crash', (t) => {
  const dir = temporary(t), { model } = trainTiny(dir);
  const result = coordiff(['sample', '--model', model, '--n', '1', '-o', '-'], { shell: '{ sleep 0.05; "$0" "$@"; echo "code $?" >&2; } | true' });
  assert.match(result.err, /cannot write the picture to standard output: Broken pipe\n(.*\n)*code 1\n/);
  for (const command of [['info', '--model', model], ['train', '--help'], ['bench', '--help']]) {
    const { err } = coordiff(command, { threads: false, shell: '{ sleep 0.1; "$0" "$@"; echo "code $?" >&2; } | true' });
    assert.match(err, /cannot write to standard output\ncode 1\n/, command.join(' '));
  }
});

test('a picture replaces a file as a whole, keeps its mode, and follows links', (t) => {
  const dir = temporary(t), { model } = trainTiny(dir), out = join(dir, 'x.png'), link = join(dir, 'link.png');
  writeFileSync(out, 'old', { mode: 0o640 });
  spawnSync('ln', ['-s', 'x.png', link]);
  works(['sample', '--model', model, '--n', '1', '-o', link]);
  assert.equal(readFileSync(out).toString('latin1', 1, 4), 'PNG');
  assert.equal(statSync(out).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(dir).sort(), ['data', 'link.png', 'run', 'x.png']);
});
