// What someone sees who does not know the program yet, or mistypes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coordiff, fails, works } from './coordiff.js';

const COMMANDS = ['train', 'train-renderer', 'sample', 'render', 'data', 'info', 'eval', 'bench'];
const plain = { threads: false };

test('no arguments: help on stderr, exit code 2', () => {
  const { code, out, err } = coordiff([]);
  assert.equal(code, 2);
  assert.equal(out.length, 0);
  assert.match(err, /Examples/);
  for (const command of COMMANDS) assert.match(err, new RegExp(`^  ${command} `, 'm'));
});

for (const word of ['--help', '-h', 'help']) {
  test(`${word}: help on stdout, exit code 0`, () => {
    const { out, err } = works([word]);
    assert.equal(err, '');
    assert.match(out.toString(), /Examples[\s\S]*Commands[\s\S]*Exit codes/);
  });
}

for (const command of COMMANDS) {
  test(`${command} --help: examples before options`, () => {
    for (const words of [[command, '--help'], [command, '-h'], ['help', command]]) {
      const { out, err } = works(words, plain);
      const text = out.toString(), examples = text.indexOf('Examples'), options = text.indexOf('\nOptions');
      assert.equal(err, '');
      assert.match(text, new RegExp(`^Usage: coordiff ${command}`));
      assert.ok(examples > 0 && options > examples, text);
      assert.ok(text.includes(`  coordiff ${command} `), 'an example to copy');
      assert.match(text, /^ {2}--help /m);
    }
  });
}

test('train --help lists the settings, but not what is measured', () => {
  const text = works(['train', '--help'], plain).out.toString();
  for (const key of ['lr', 'steps', 'hidden', 'tap_radius', 'bf16']) assert.match(text, new RegExp(`^ {2}--${key} `, 'm'));
  assert.doesNotMatch(text, /--sigma_data|--level_sd/);
  assert.match(text, /activation.*silu, relu/);
});

test('--version', () => {
  assert.match(works(['--version']).out.toString(), /^coordiff \d+\.\d+\.\d+\n$/);
});

test('help and version notice that they cannot be read', () => {
  assert.equal(coordiff(['--help'], { shell: '"$0" "$@" > /dev/full' }).code, 1);
  assert.equal(coordiff(['--version'], { shell: '"$0" "$@" > /dev/full' }).code, 1);
  assert.equal(coordiff(['sample', '--help'], { shell: '"$0" "$@" > /dev/full', ...plain }).code, 1);
});

test('a misspelt command is refused with a suggestion', () => {
  fails(2, /no command 'smaple'; did you mean 'sample'\?/, ['smaple']);
  fails(2, /no command 'trian'; did you mean 'train'\?/, ['trian', '--data', 'x']);
  fails(2, /no command 'wherever'; --help lists them/, ['wherever']);
  fails(2, /no command '--json'/, ['--json']);
  fails(2, /no command ''/, ['']);
  fails(2, /no command 'tran'; did you mean 'train'\?/, ['help', 'tran']);
});

test('a misspelt option is refused with a suggestion', () => {
  fails(2, /no option --sede; did you mean --seed\?/, ['sample', '--sede', '5']);
  fails(2, /no option --sede; did you mean --seed\?/, ['sample', '--sede=5']);
  fails(2, /no option --lr-min; did you mean --lr_min\?/, ['train', '--lr-min', '0']);
  fails(2, /no option --save_every; did you mean --save-every\?/, ['train', '--save_every', '5']);
  fails(2, /no option --jsn; did you mean --json\?/, ['info', '--jsn']);
  fails(2, /no option --wherever; --help lists them/, ['sample', '--wherever']);
  fails(2, /no option --sigma_data/, ['train', '--sigma_data', '1']);
  fails(2, /no option --hidden/, ['sample', '--hidden', '16']);
  fails(2, /no option --/, ['sample', '--']);
  fails(2, /no option --/, ['sample', `--${'long'.repeat(100)}=1`]);
});

test('stray words and single dashes are refused', () => {
  fails(2, /'picture.png' is not an option/, ['sample', 'picture.png']);
  fails(2, /'-x' is not an option/, ['sample', '-x']);
  fails(2, /'' is not an option/, ['info', '']);
});

test('missing and superfluous values', () => {
  fails(2, /--seed needs a value/, ['sample', '--seed'], plain);
  fails(2, /--out needs a value/, ['sample', '-o'], plain);
  fails(2, /--size needs a value, but --n follows/, ['sample', '--size', '--n', '4']);
  fails(2, /--lr needs a value/, ['train', '--lr'], plain);
  fails(2, /--quiet takes no value/, ['train', '--quiet=1']);
  fails(2, /--json takes no value/, ['info', '--json=yes']);
});

test('what is required is asked for', () => {
  fails(2, /--out is missing/, ['train']);
  fails(2, /--data is missing/, ['train', '--out', '/nonexistent/run']);
  fails(2, /--model is missing/, ['sample']);
  fails(2, /--model is missing/, ['info']);
  fails(2, /./, ['eval']);
});

test('values that options do not take, with the limits in the sentence', () => {
  fails(2, [/--threads is '0'/, /from 1 to 256/], ['train', '--threads', '0']);
  fails(2, [/--keep is 'two'/, /whole number from 1/], ['train', '--keep', 'two']);
  fails(2, [/--log-every is '1.5'/, /whole number/], ['train', '--log-every', '1.5']);
  fails(2, [/--grid-every is '-1'/, /from 0/], ['train', '--grid-every=-1']);
  fails(2, [/--save-every is '99999999999999999999'/], ['train', '--save-every', '99999999999999999999']);
  fails(2, [/--save-every is ''/], ['train', '--save-every=']);
  fails(2, [/--kernels is 'gpu'/, /portable/], ['sample', '--kernels', 'gpu']);
});
