// What is to be made anew: a number from 0 (stays) to 1 (new) for every cell of a world, painted in the plane.

/** @typedef {import('../../engine/engine.js').World} World */
/** @typedef {{x: number, y: number}} Point of the plane, in cells */

const MAX_UNDO = 30;
const EDGE = 1; // of a stroke and of a shape, in cells: over this much new goes over into old

/** Shapes for those who do not paint: what lies inside, in shares of the world. @type {Record<string, [number, number, number, number]>} */
const SHAPES = {
  left: [0, 0, 0.5, 1],
  right: [0.5, 0, 1, 1],
  top: [0, 0, 1, 0.5],
  bottom: [0, 0.5, 1, 1],
  middle: [0.25, 0.25, 0.75, 0.75],
};

/** @param {number} value */
const share = (value) => Math.max(0, Math.min(value, 1));

/** How far a point lies from the line between two others. @param {Point} p @param {Point} a @param {Point} b */
function distance(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : share(((p.x - a.x) * dx + (p.y - a.y) * dy) / length);
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

export function createMask() {
  /** @type {World} */
  let world = { x: 0, y: 0, width: 0, height: 0 };
  let fresh = new Float32Array(0);
  /** @type {Float32Array<ArrayBuffer>[]} */
  let past = [];

  const middleOf = (/** @type {number} */ i) => ({
    x: world.x + (i % world.width) + 0.5,
    y: world.y + Math.floor(i / world.width) + 0.5,
  });

  /** What comes next can be undone. */
  function begin() {
    past.push(fresh.slice());
    if (past.length > MAX_UNDO) past.shift();
  }

  /** @param {(value: number, at: Point) => number} next */
  function change(next) {
    begin();
    fresh = fresh.map((value, i) => next(value, middleOf(i)));
  }

  return {
    get world() {
      return world;
    },
    /** [height][width] of the world */
    get fresh() {
      return fresh;
    },
    get empty() {
      return !fresh.some((value) => value > 0);
    },
    get undoable() {
      return past.length > 0;
    },
    begin,
    /** The pointer went from here to there. @param {Point} from @param {Point} to @param {number} radius cells @param {boolean} erase */
    stroke(from, to, radius, erase) {
      for (let i = 0; i < fresh.length; i++) {
        const inside = share((radius - distance(middleOf(i), from, to)) / EDGE + 0.5);
        fresh[i] = erase ? Math.min(fresh[i], 1 - inside) : Math.max(fresh[i], inside);
      }
    },
    /** @param {string} name of SHAPES; nothing but this */
    shape(name) {
      const [left, top, right, bottom] = SHAPES[name];
      const { x, y, width, height } = world;
      change((_, at) => {
        const across = Math.min(at.x - x - left * width, x + right * width - at.x);
        const down = Math.min(at.y - y - top * height, y + bottom * height - at.y);
        return share(Math.min(across, down) / EDGE + 0.5);
      });
    },
    invert: () => change((value) => 1 - value),
    clear: () => change(() => 0),
    undo() {
      fresh = past.pop() ?? fresh;
    },
    /** The picture is of another world now; what was painted keeps its place. @param {World} to */
    cover(to) {
      if (Object.entries(to).every(([key, value]) => world[/** @type {keyof World} */ (key)] === value))
        return;
      const old = { ...world, fresh };
      world = { ...to };
      past = [];
      fresh = Float32Array.from({ length: to.width * to.height }, (_, i) => {
        const { x, y } = middleOf(i);
        const [column, row] = [Math.floor(x - old.x), Math.floor(y - old.y)];
        const inside = column >= 0 && row >= 0 && column < old.width && row < old.height;
        return inside ? old.fresh[row * old.width + column] : 0;
      });
    },
  };
}

/** @typedef {ReturnType<typeof createMask>} Mask */
