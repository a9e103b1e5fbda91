// The plane in numbers (page/base/world.js), without a browser: where a world goes on in one direction and ends in the other.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { known } from '../../web/page/base/ends.js';
import {
  firstView, isEndless, moved, pitchOf, reachable, recut, refusal, resized, worldFor, zoomed,
} from '../../web/page/base/world.js';

const BAND = /** @type {any} */ ({
  lattice_width: 192, lattice_height: 64, coordinates: 'y', patch_width: 40, patch_height: 64, world_width: 1024, world_height: 256,
});
const TALL = /** @type {any} */ ({
  lattice_width: 64, lattice_height: 192, coordinates: 'x', patch_width: 64, patch_height: 40, world_width: 256, world_height: 1024,
});
const SIZES = [[3840, 720], [1280, 720], [400, 400], [360, 800], [64, 16], [3840, 256], [37, 1023]];

/** @param {any} info @param {{width: number, height: number}} size */
const opened = (info, size) => ({ size, window: null, extend: firstView(info, size) });

/** Rows (or columns) of the frame that a part shows. @param {any} shown @param {any} info */
function ends({ size, extend, window }, info) {
  const part = window ?? extend, down = (part.across * size.height) / size.width;
  return info === BAND ? [part.y, part.y + down] : [part.x, part.x + part.across];
}

/** @param {number[]} range @param {number} from @param {number} to */
function near([a, b], from, to) {
  assert.ok(Math.abs(a - from) < 1e-6 && Math.abs(b - to) < 1e-6, `${a} to ${b}, not ${from} to ${to}`);
}

test('drawn is what is computed, less what a renderer sees around it; where the world ends, all of it', () => {
  const world = { x: -32, y: 0, width: 160, height: 64 }, size = { width: 256, height: 128 };
  const inside = { size, part: { x: 0, y: 0, across: 64 * 2 * 0.75 } };
  assert.deepEqual(known(inside, BAND, world), inside);
  const beyond = { size, part: { x: 96, y: 0, across: 128 } };
  assert.deepEqual(known(beyond, BAND, world), { size: { width: 50, height: 128 }, part: { x: 96, y: 0, across: 25 } });
  const before = { size, part: { x: -57, y: 0, across: 128 } };
  assert.deepEqual(known(before, BAND, world), { size: { width: 192, height: 128 }, part: { x: -25, y: 0, across: 96 } });
  assert.ok(known({ size, part: { x: 500, y: 0, across: 128 } }, BAND, world).size.width < 1);
});

for (const [name, info] of Object.entries({ across: BAND, down: TALL }))
  describe(`a world that goes on ${name}`, () => {
    const sizes = SIZES.map(([a, b]) => (info === BAND ? { width: a, height: b } : { width: b, height: a }));

    test('every canvas shows all of its frame, and all of that is computed', () => {
      for (const size of sizes) {
        const shown = opened(info, size);
        assert.ok(isEndless(info));
        near(ends(shown, info), 0, 64);
        assert.equal(refusal(info, size, shown.extend), '');
        const world = worldFor(shown, info);
        assert.deepEqual(info === BAND ? [world.y, world.height] : [world.x, world.width], [0, 64]);
        assert.ok(Math.max(world.width, world.height) <= 1024);
      }
    });

    test('of more than can be computed at once a part is shown', () => {
      const size = info === BAND ? { width: 16384, height: 256 } : { width: 256, height: 16384 }, shown = opened(info, size);
      const [from, to] = ends(shown, info);
      assert.ok(from > 20 && to < 44 && from + to === 64, `${from} to ${to}`);
      assert.equal(refusal(info, size, shown.extend), '');
    });

    test('it still does on a canvas of another size', () => {
      for (const from of sizes)
        for (const to of sizes) {
          const shown = { ...opened(info, from), ...resized(opened(info, from), info, to) };
          near(ends(/** @type {any} */ (shown), info), 0, 64);
        }
    });

    test('moved anywhere along it, it is held across it', () => {
      for (const size of sizes) {
        let shown = opened(info, size);
        for (const [dx, dy] of [[0.3, 0.4], [-5, -0.2], [0.1, 0.9]]) {
          const { window, limit } = moved(shown, info, dx, dy);
          assert.equal(limit, '');
          shown = { ...shown, window };
          near(ends(shown, info), 0, 64);
        }
        const along = info === BAND ? shown.window?.x : shown.window?.y;
        assert.notEqual(along, undefined);
      }
    });

    test('closer it may be moved to its ends, and no farther out than all of it', () => {
      const size = sizes[1], shown = opened(info, size);
      const { window } = zoomed(shown, info, 4);
      const close = { ...shown, window };
      near(ends(close, info), 24, 40);
      near(ends({ ...close, ...moved(close, info, -9, -9) }, info), 0, 16);
      near(ends({ ...close, ...moved(close, info, 9, 9) }, info), 48, 64);
      const out = zoomed(close, info, 0.001);
      near(ends({ ...shown, window: out.window }, info), 0, 64);
      assert.match(out.limit, /as far out as it goes/);
      near(ends({ ...shown, extend: recut(close, info, 1) }, info), 0, 64);
      const finer = recut(shown, info, 32);
      assert.equal(pitchOf(finer, size), 1 / 32);
    });

    test('parts from links: what leaves the frame is refused or brought back', () => {
      const size = sizes[2], shown = opened(info, size);
      const beyond = { ...shown.extend, [info === BAND ? 'y' : 'x']: 3 };
      assert.match(refusal(info, size, beyond), /in the other it ends/);
      near(ends({ ...shown, window: reachable({ ...shown, window: beyond }, info) }, info), 0, 64);
      const inside = { x: 20, y: 20, across: 10 };
      assert.equal(reachable({ ...shown, window: inside }, info), inside);
      const far = { ...shown.extend, [info === BAND ? 'x' : 'y']: 2e6 };
      assert.match(refusal(info, size, far), /a million cells/);
    });
  });
