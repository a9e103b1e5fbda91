// share.js: rows of a picture or a lattice, dealt to several workers.

/**
 * Everyone gets a band of their own, in pieces from its top, because a worker keeps what it computed for neighbouring
 * rows; who is through takes pieces off the end of the largest band that is left. `take(i)` is the next piece for
 * worker i, or null.
 * @param {number} total rows @param {number} n workers @param {number} piece rows at a time
 */
export function deal(total, n, piece) {
  const edge = (/** @type {number} */ i) => Math.floor(total * i / n);
  const bands = Array.from({ length: n }, (_, i) => ({ y0: edge(i), y1: edge(i + 1) }));
  const left = (/** @type {{y0: number, y1: number}} */ { y0, y1 }) => y1 - y0;
  return (/** @type {number} */ i) => {
    const own = bands[i];
    if (left(own) > 0) {
      const y0 = own.y0;
      own.y0 = Math.min(own.y1, y0 + piece);
      return { y0, y1: own.y0 };
    }
    const largest = bands.reduce((a, b) => left(b) > left(a) ? b : a);
    if (left(largest) <= 0) return null;
    const y1 = largest.y1;
    largest.y1 = Math.max(largest.y0, y1 - piece);
    return { y0: largest.y1, y1 };
  };
}

const SLOW_WORKER = 4e6; // multiply-adds a millisecond, at least
const INTERPOLATION = 1500; // what a pixel without a network costs, in the same coin

/** Rows whose work fits into some milliseconds, even of a slow worker. @param {number} macs of one row
 *  @param {number} ms @param {number} most */
function rowsFor(macs, ms, most) {
  return Math.max(1, Math.min(Math.floor(ms * SLOW_WORKER / macs), most));
}

const SQUARE = 4; // cells that one answer may stand for: two pieces that cut it ask for it twice

/** A piece of an evaluation is short, so that a run can be cancelled inside of it, but not shorter than pays.
 *  @param {import('./engine.js').ModelInfo} info @param {import('./engine.js').World} world @param {number} n */
export function pieceOfLattice(info, { width, height }, n) {
  const rows = rowsFor(2 * width * info.macs_per_pixel, 60, Math.ceil(height / n));
  return rows > SQUARE ? rows - (rows % SQUARE) : rows;
}

/** A piece of a picture is what a worker draws between two looks at the AbortSignal.
 *  @param {import('./engine.js').ModelInfo} info @param {number} width @param {number} height @param {number} n */
export function pieceOfPicture(info, width, height, n) {
  const macs = info.renderer?.macs_per_point ?? INTERPOLATION;
  return rowsFor(width * macs, 20, Math.max(1, Math.ceil(height / n)));
}
