// From the write-up's design to ours, one change at a time, each arm trained for the same number of multiply-adds on Fashion-MNIST.
// Writes the rows of samples (web/why/) and the tables of models/ABLATION.md and web/why.html; the words there are ours.
//
//   node tools/ablation.mjs [--arms NAME,NAME...] [--macs 2.5e12] [--samples 200] [--runs FOLDER] [--coordiff PROGRAM] [--threads N]     (after make native)
//
// An hour on one core. With --arms only those are run, and nothing but their numbers printed. Arms that were measured already are not trained again: an interrupted ablation goes on where it stopped.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    arms: { type: 'string' },
    macs: { type: 'string', default: '2.5e12' },
    samples: { type: 'string', default: '200' },
    runs: { type: 'string', default: join(root, 'runs/ablation') },
    coordiff: { type: 'string', default: join(root, 'build/release/coordiff') },
    threads: { type: 'string', default: '1' },
  },
});
const macs = Number(values.macs);
if (!(macs >= 1e9)) {
  console.error(`ablation: --macs is '${values.macs}', but must be a number of at least 1e9`);
  process.exit(2);
}
const data = ['--data', '/usr/share/datasets/fashion-mnist'];
const classifier = join(root, 'models/fashion-classifier.safetensors');

// The write-up's designs as they are; then each arm is the one before it with this changed.
const NOISY = ['--arch', 'seed', '--context', 'noisy'];
const EDM = [...NOISY, '--target', 'edm'];
const TAPS = [...EDM, '--tap_radius', '3,2,2,2,1', '--coord_octaves', '3', '--hidden', '160'];
const LEVELS = [...TAPS, '--scaling', 'level'];
const FILM = [...LEVELS, '--cond_hidden', '320'];
const THUMBNAIL = [...FILM, '--thumbnail', '8'];
const OURS = ['--hidden', '128', '--scaling', 'level', '--cond_normed', '0']; // as it was then
/** @type {[string, string, string[]][]} */
const ARMS = [
  ['seed', 'the write-up exactly', ['--arch', 'seed']],
  ['skip', 'the write-up with skip connections', ['--arch', 'skip']],
  ['siren', 'the write-up with SIREN', ['--arch', 'siren']],
  ['pixelgen', 'the write-up with PixelGenerator', ['--arch', 'pixelgen']],
  ['noisy', 'the write-up + context from the noisy image', NOISY],
  ['edm', '+ the EDM residual as target', EDM],
  ['taps', '+ taps around the pixel', TAPS],
  ['levels', '+ every level by its own scale', LEVELS],
  ['film', '+ scales and shifts set by σ and class', FILM],
  ['thumbnail', '+ thumbnail', THUMBNAIL],
  ['residual', '+ residual blocks', [...OURS, '--activation', 'relu']],
  ['ours', '+ SiLU: ours', OURS],
  ['tanh', 'ours with tanh', [...OURS, '--activation', 'tanh']],
  ['no-thumbnail', 'ours without the thumbnail', [...OURS, '--thumbnail', '0']],
  ['global-scale', 'ours with one scale for all levels', [...OURS, '--scaling', 'global']],
];
const IMAGES = 256;
const PIXELS = 64;
const batch = (/** @type {number} */ images, /** @type {number} */ pixels) => [
  '--images',
  `${images}`,
  '--pixels',
  `${pixels}`,
  '--grid-every',
  '0',
  '-q',
];

/** @param {string[]} args */
const run = (...args) =>
  execFileSync(values.coordiff, [...args, '--threads', values.threads], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Multiply-adds a pixel of an arm, from a run of one step. @param {string} name @param {string[]} settings */
function cost(name, settings) {
  const probe = join(values.runs, `${name}-probe`);
  run('train', ...data, '--out', probe, ...settings, ...batch(8, 8), '--steps', '1');
  const info = execFileSync(values.coordiff, [
    'info',
    '--model',
    join(probe, 'model.safetensors'),
    '--json',
  ]);
  return JSON.parse(info.toString()).macs_per_pixel;
}

/** Train and measure one arm, unless that was done. @param {string} folder @param {string[]} settings @param {number} steps */
function measure(folder, settings, steps) {
  const model = join(folder, 'model.safetensors');
  const report = join(folder, 'eval.json');
  if (!existsSync(report)) {
    const length = [
      '--steps',
      `${steps}`,
      '--warmup',
      `${Math.min(500, Math.ceil(steps / 10))}`,
      '--lr',
      '0.001',
    ];
    run('train', ...data, '--out', folder, ...settings, ...batch(IMAGES, PIXELS), ...length);
    const picture = [
      '--columns',
      '10',
      '--size',
      '56x56',
      '--seed',
      '3',
      '-q',
      '-o',
      join(folder, 'row.png'),
    ];
    run('sample', '--model', model, '--n', '10', ...picture);
    const judge = ['--classifier', classifier, '--samples', values.samples];
    writeFileSync(report, run('eval', '--model', model, ...data, ...judge, '--json', '-q'));
  }
  return JSON.parse(readFileSync(report, 'utf8'));
}

/** Put lines between the two markers of a file. @param {string} file @param {string[]} lines */
function fill(file, lines) {
  const path = join(root, file);
  const [before, , after] = readFileSync(path, 'utf8').split('<!-- arms -->');
  writeFileSync(path, [before, `\n${lines.join('\n')}\n`, after].join('<!-- arms -->'));
}

const chosen = values.arms?.split(',') ?? ARMS.map(([name]) => name);
const rows = ARMS.filter(([name]) => chosen.includes(name)).map(([name, what, settings]) => {
  const perPixel = cost(name, settings);
  const steps = Math.max(1, Math.round(macs / (perPixel * IMAGES * PIXELS)));
  const folder = join(values.runs, name);
  const { class_accuracy, frechet_to_test } = measure(folder, settings, steps);
  const accuracy = class_accuracy === null ? '–' : `${(100 * class_accuracy).toFixed(1)} %`;
  const row = { name, what, perPixel, steps, distance: frechet_to_test.toFixed(1), accuracy };
  console.log(Object.values(row).join('  '));
  return row;
});
if (values.arms) process.exit(0);

mkdirSync(join(root, 'web/why'), { recursive: true });
for (const { name } of rows)
  copyFileSync(join(values.runs, name, 'row.png'), join(root, 'web/why', `${name}.png`));
fill('models/ABLATION.md', [
  '| arm | ten samples | multiply-adds a pixel | steps | Fréchet distance | class accuracy |',
  '|---|---|---|---|---|---|',
  ...rows.map(
    ({ name, what, perPixel, steps, distance, accuracy }) =>
      `| ${what} | ![](../web/why/${name}.png) | ${perPixel} | ${steps} | ${distance} | ${accuracy} |`,
  ),
]);
fill('web/why.html', [
  ...rows.map(({ name, what, distance, accuracy }) => {
    const numbers = `distance ${distance}${accuracy === '–' ? '' : `, ${accuracy} recognised`}`;
    const image = `<img src="why/${name}.png" width="596" height="56" loading="lazy" alt="Ten samples">`;
    return `      <figure class="arm"><figcaption><strong>${what}</strong> <span>${numbers}</span></figcaption>${image}</figure>`;
  }),
  '      ',
]);
