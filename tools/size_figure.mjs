// One seed at many sizes, each at its own pixels, for the README: models/faces-sizes.png, and a close-up beside what plain
// enlarging makes of the same lattice: models/faces-zoom.png.
//
//   node tools/size_figure.mjs [CLASS [SEED]]        (after make native)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const coordiff = join(root, 'build/release/coordiff');
const model = join(root, 'models/faces.safetensors');
const [label = '5', seed = '6'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'coordiff-figure-'));
const lattice = join(folder, 'lattice.safetensors');

/** @param {string[]} args */
const run = (...args) => execFileSync(coordiff, args, { stdio: ['ignore', 'ignore', 'inherit'] });
/** @param {string[]} args */
const render = (...args) => {
  const out = join(folder, 'part.png');
  run('render', '--model', model, '--lattice', lattice, '-o', out, ...args);
  return PNG.sync.read(readFileSync(out));
};

/** A white sheet with pictures at the given places. @param {string} name @param {number} width @param {number} height
 *  @param {[PNG, number, number][]} parts */
function save(name, width, height, parts) {
  const sheet = new PNG({ width, height });
  sheet.data.fill(255);
  for (const [part, x, y] of parts) PNG.bitblt(part, sheet, 0, 0, part.width, part.height, x, y);
  writeFileSync(join(root, 'models', name), PNG.sync.write(sheet, { colorType: 2 }));
}

/** Bilinear enlargement of a part, as a browser does it. @param {PNG} from @param {number} x @param {number} y
 *  @param {number} cells @param {number} side */
function enlarge(from, x, y, cells, side) {
  const to = new PNG({ width: side, height: side });
  for (let j = 0; j < side; j++)
    for (let i = 0; i < side; i++) {
      const u = Math.min(Math.max(x + ((i + 0.5) * cells) / side - 0.5, 0), from.width - 1);
      const v = Math.min(Math.max(y + ((j + 0.5) * cells) / side - 0.5, 0), from.height - 1);
      const [i0, j0] = [Math.floor(u), Math.floor(v)];
      const [i1, j1] = [Math.min(i0 + 1, from.width - 1), Math.min(j0 + 1, from.height - 1)];
      for (let c = 0; c < 4; c++) {
        const at = (/** @type {number} */ p, /** @type {number} */ q) => from.data[(q * from.width + p) * 4 + c];
        const top = at(i0, j0) + (u - i0) * (at(i1, j0) - at(i0, j0));
        const bottom = at(i0, j1) + (u - i0) * (at(i1, j1) - at(i0, j1));
        to.data[(j * side + i) * 4 + c] = Math.round(top + (v - j0) * (bottom - top));
      }
    }
  return to;
}

const GAP = 8;
const first = join(folder, 'first.png');
const options = ['--class', label, '--seed', seed, '--n', '1', '-q'];
run('sample', '--model', model, ...options, '--size', '48x48', '--save', lattice, '-o', first);
const square = (/** @type {number} */ side) => render('--size', `${side}x${side}`);
const small = square(48);
// Small ones stacked on the left, then 384, then 768; the wide one fills the corner.
save('faces-sizes.png', 384 + GAP + 768, 768, [
  [square(768), 384 + GAP, 0],
  [square(384), 0, 0],
  [square(192), 0, 384 + GAP],
  [square(96), 192 + GAP, 384 + GAP],
  [small, 192 + 96 + 2 * GAP, 384 + GAP],
  [render('--size', '384x160'), 0, 768 - 160],
]);
const [x, y, cells] = [14, 18, 20];
save('faces-zoom.png', 2 * 384 + GAP, 384, [
  [enlarge(small, x, y, cells, 384), 0, 0],
  [render('--size', '384x384', '--window', `${x},${y},${cells}`), 384 + GAP, 0],
]);
rmSync(folder, { recursive: true });
