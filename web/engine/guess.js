// guess.js: what a patch may look like before anything of it is known: its neighbour mirrored, and smeared along the axes on
// which its world goes on, so that it is not taken for more than a guess. Where the world ends, above and below a landscape,
// every row keeps its colours: the sky stays above.

const SMEAR = 1 / 5; // of a patch, to either side

/** The mean of so many numbers to either side of each, `step` apart. @param {Float32Array} line @param {number} start
 *  @param {number} n @param {number} step @param {number} radius */
function smear(line, start, n, step, radius) {
  const before = Array.from({ length: n }, (_, i) => line[start + i * step]);
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, i - radius), to = Math.min(n, i + radius + 1);
    let sum = 0;
    for (let k = from; k < to; k++) sum += before[k];
    line[start + i * step] = sum / (to - from);
  }
}

/**
 * @param {Float32Array} clean of the patch that is known, [channels][height][width]
 * @param {import('./patches.js').Grid} grid
 * @param {number} di patches from it to the right @param {number} dj and down
 */
export function guessed(clean, { width, height, across, down }, di, dj) {
  const guess = new Float32Array(clean.length), size = width * height;
  for (let at = 0; at < clean.length; at++) {
    const x = at % width, y = Math.floor(at / width) % height;
    const u = di % 2 ? width - 1 - x : x, v = dj % 2 ? height - 1 - y : y;
    guess[at] = clean[at - (at % size) + v * width + u];
  }
  for (let start = 0; across && start < guess.length; start += width) smear(guess, start, width, 1, Math.round(SMEAR * width));
  for (let c = 0; down && c < guess.length; c += size)
    for (let x = 0; x < width; x++) smear(guess, c + x, height, width, Math.round(SMEAR * height));
  return guess;
}
