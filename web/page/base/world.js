// The plane in cells: which part of it is computed (the world) and which part a canvas shows. Numbers only; the page
// and the command line program (src/plane/world.h, src/cli/window.c) agree on them.
import { MAX_CELLS } from '../../engine/pool.js';
import { endsOf, fitting, grainOf, MARGIN, mostOf, mostWords } from './ends.js';

/** @typedef {import('../../engine/engine.js').World} World */
/** @typedef {import('../../engine/engine.js').ModelInfo} ModelInfo */
/** @typedef {{width: number, height: number}} Size of a canvas in pixels */
/** @typedef {{x: number, y: number, across: number}} Part the cells at a canvas's upper left corner, and how many lie across it */
/** @typedef {{size: Size, window: Part|null, extend: Part|null}} Shown of the settings, what decides on all of this */

export const DEFAULT_CELL = 8; // pixels, in Extend
const FINEST = 1 / 1024; // of a cell, a pixel
const ROUNDING = 1e-4; // of a cell: what tidy() takes or adds must not cost a row of cells
const OUT = 4; // times as many cells as all of it
const TOO_FAR = 'This world has no end, but it is computed no farther than a million cells from its origin.';
const ENDS = 'This world goes on in one direction only; in the other it ends before the canvas does.';
const FARTHEST = 999000; // cells from the origin, for the middle of a canvas; the engine goes a little farther

const DECIMALS = 9; // of a cell: too little to move a level of 255 when an outpainted canvas grows by whole pixels

/** As it is written in links and PNGs, so that what comes back is the same to the bit. @param {Part} part @returns {Part} */
export function tidy({ x, y, across }) {
  const round = (/** @type {number} */ value) => Number(value.toFixed(DECIMALS)) || 0;
  return { x: round(x), y: round(y), across: round(across) };
}

/** @param {Part} part */
export const printPart = ({ x, y, across }) =>
  [x, y, across].map((value) => value.toFixed(DECIMALS).replace(/\.?0+$/, '')).join();

/** @param {Part} part @param {Size} size cells a pixel */
export const pitchOf = (part, { width }) => part.across / width;

/** This pitch around this point. @param {number} cx @param {number} cy @param {number} pitch @param {Size} size */
function around(cx, cy, pitch, { width, height }) {
  return { x: cx - 0.5 * pitch * width, y: cy - 0.5 * pitch * height, across: pitch * width };
}

/** Does its world go on for ever, in one direction or both? Else it has a frame. @param {ModelInfo} info */
export const isEndless = (info) => info.patch_width > 0;

/** @param {Part} part @param {Size} size */
function centreOf({ x, y, across }, { width, height }) {
  return { x: x + 0.5 * across, y: y + (0.5 * across * height) / width };
}

/** The model's frame and whatever else of the plane this part shows. @param {ModelInfo} info @param {Size} size @param {Part|null} extend @returns {World} */
export function worldOf({ lattice_width, lattice_height }, { width, height }, extend) {
  if (!extend) return { x: 0, y: 0, width: lattice_width, height: lattice_height };
  const { x, y, across } = extend;
  const left = Math.min(0, Math.floor(x + ROUNDING));
  const top = Math.min(0, Math.floor(y + ROUNDING));
  const right = Math.max(lattice_width, Math.ceil(x + across - ROUNDING));
  const bottom = Math.max(lattice_height, Math.ceil(y + (across * height) / width - ROUNDING));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Does one world hold all of another? @param {World} outer @param {World} inner */
export const covers = (outer, inner) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
/** What is computed for a canvas: without an end to the world, what it shows and a margin. @param {Shown} shown @param {ModelInfo} info @returns {World} */
export function worldFor(shown, info) {
  if (!isEndless(info)) return worldOf(info, shown.size, shown.extend);
  const { x, y, across } = partOf(shown, info);
  const grain = grainOf(info);
  const ends = endsOf(info);
  const low = (/** @type {number} */ at) => Math.floor((at - MARGIN) / grain) * grain;
  const high = (/** @type {number} */ at) => Math.ceil((at + MARGIN) / grain) * grain;
  /** @param {number} from @param {number} to @param {number} end where the world has one, all of it is computed */
  const span = (from, to, end) => end < Infinity ? [0, end] : [low(from), high(to)];
  const [left, right] = span(x, x + across, ends.across);
  const [top, bottom] = span(y, y + (across * shown.size.height) / shown.size.width, ends.down);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Cells of so many pixels with the frame in the middle. @param {ModelInfo} info @param {Size} size @param {number} cell pixels */
export const extended = (info, size, cell) =>
  tidy(around(info.lattice_width / 2, info.lattice_height / 2, 1 / cell, size));

/** Has this canvas the shape of the model's frame, or as good as? @param {ModelInfo} info @param {Size} size */
export const framed = ({ lattice_width, lattice_height }, { width, height }) =>
  Math.abs((width * lattice_height) / (height * lattice_width) - 1) < 0.02;

/** All of the frame as large as it fits, in whole pixels a cell, and the rest of the canvas filled with more. @param {ModelInfo} info @param {Size} size */
export function filled(info, size) {
  const cell = Math.min(size.width / info.lattice_width, size.height / info.lattice_height);
  return extended(info, size, cell < 2 ? cell : Math.floor(cell));
}

/** The same for what ×1.0 shows from now on; without an end to the world, where one is. @param {Shown} shown @param {ModelInfo} info @param {number} cell pixels */
export function recut(shown, info, cell) {
  if (!isEndless(info)) return extended(info, shown.size, cell);
  const { x, y } = centreOf(partOf(shown, info), shown.size);
  return tidy(within(x, y, Math.min(1 / cell, fitting(info, shown.size)), shown.size, info));
}

/** The middle of a canvas as near to this as the world's ends allow. @param {number} cx @param {number} cy @param {number} pitch @param {Size} size @param {ModelInfo} info */
function within(cx, cy, pitch, size, info) {
  const { across, down } = endsOf(info);
  const inside = (/** @type {number} */ at, /** @type {number} */ side, /** @type {number} */ end) =>
    end < Infinity ? Math.max(Math.min(side / 2, end / 2), Math.min(at, end - Math.min(side / 2, end / 2))) : at;
  return around(inside(cx, pitch * size.width, across), inside(cy, pitch * size.height, down), pitch, size);
}

/** The first view of a world without end: all of it where it ends; elsewhere any place is as good, and this one is cut without a rest on two sides. @param {ModelInfo} info @param {Size} size */
export function firstView(info, size) {
  const most = mostOf(info);
  const ends = endsOf(info);
  const fit = Math.min(fitting(info, size), most.across / size.width, most.down / size.height);
  const least = Math.ceil(Math.max(size.width / most.across, size.height / most.down));
  const cell = fitting(info, size) < Infinity ? 1 / fit : Math.max(DEFAULT_CELL, least);
  const { x, y, across } = extended(info, size, cell);
  const grain = grainOf(info);
  const snap = (/** @type {number} */ at) => Math.round((at - MARGIN) / grain) * grain + MARGIN;
  return { x: ends.across < Infinity ? x : snap(x), y: ends.down < Infinity ? y : snap(y), across };
}

/** Pixels a cell. @param {Shown} shown */
export function cellOf({ extend, size }) {
  return extend ? Math.round((size.width / extend.across) * 1e4) / 1e4 : DEFAULT_CELL;
}

/** Why this world cannot be computed; empty when it can. @param {ModelInfo} info @param {Size} size @param {Part|null} extend */
export function refusal(info, size, extend) {
  const remedy = 'choose more pixels a cell or a smaller canvas';
  if (isEndless(info)) {
    const part = extend ?? firstView(info, size);
    const down = (part.across * size.height) / size.width;
    const { x, y } = centreOf(part, size);
    const most = mostOf(info);
    const inside = within(x, y, pitchOf(part, size), size, info);
    const slack = 0.51 * pitchOf(part, size);
    if (Math.max(Math.abs(x), Math.abs(y)) > FARTHEST) return TOO_FAR;
    if (Math.abs(inside.x - part.x) > slack || Math.abs(inside.y - part.y) > slack) return ENDS;
    const over = (/** @type {number} */ cells, /** @type {'across'|'down'} */ axis) =>
      cells > most[axis] + (endsOf(info)[axis] < Infinity ? 2 * slack : 0);
    if (!over(part.across, 'across') && !over(down, 'down')) return '';
    return `That would show ${Math.ceil(part.across)} × ${Math.ceil(down)} cells, and of this world at most ${mostWords(info)} can be computed at once; ${remedy}.`;
  }
  const { width, height } = worldOf(info, size, extend);
  if (Math.max(width, height) <= MAX_CELLS) return '';
  return `That would be a world of ${width} × ${height} cells, and at most ${MAX_CELLS} a side can be computed; ${remedy}.`;
}

/** What ×1.0 shows: the whole frame as large as it fits, or what Extend was asked for. @param {Shown} shown @param {ModelInfo} info @returns {Part} */
export function base({ size, extend }, info) {
  if (extend) return extend;
  if (isEndless(info)) return firstView(info, size);
  const { lattice_width, lattice_height } = info;
  const pitch = Math.max(lattice_width / size.width, lattice_height / size.height);
  return around(lattice_width / 2, lattice_height / 2, pitch, size);
}

/** What the canvas shows. @param {Shown} shown @param {ModelInfo} info */
export const partOf = (shown, info) => shown.window ?? base(shown, info);

/** @param {Shown} shown @param {ModelInfo} info */
export const zoomOf = (shown, info) => base(shown, info).across / partOf(shown, info).across;

/** `part` as a setting: null when it is what ×1.0 shows anyway, to half a pixel. @param {Part} part @param {Shown} shown @param {ModelInfo} info */
function asWindow(part, shown, info) {
  const all = base(shown, info);
  const half = 0.5 * pitchOf(all, shown.size);
  const far = (/** @type {keyof Part} */ key) => Math.abs(part[key] - all[key]) > half;
  return far('x') || far('y') || far('across') ? tidy(part) : null;
}

/** The widest that a pixel may be, in cells. @param {Shown} shown @param {ModelInfo} info */
function coarsest(shown, info) {
  const { size } = shown;
  if (isEndless(info)) return Math.min(mostOf(info).across / size.width, mostOf(info).down / size.height);
  return OUT * pitchOf(base(shown, info), size);
}

/** Where the middle of the canvas may be. @param {Shown} shown @param {ModelInfo} info @returns {World} */
function bounds({ size, extend }, info) {
  if (!isEndless(info)) return worldOf(info, size, extend);
  return { x: -FARTHEST, y: -FARTHEST, width: 2 * FARTHEST, height: 2 * FARTHEST };
}

/** The middle of the canvas stays in the world. @param {number} cx @param {number} cy @param {number} pitch @param {Shown} shown @param {ModelInfo} info */
function placed(cx, cy, pitch, shown, info) {
  const { x, y, width, height } = bounds(shown, info);
  const inside = {
    x: Math.max(x, Math.min(cx, x + width)),
    y: Math.max(y, Math.min(cy, y + height)),
  };
  const part = isEndless(info)
    ? within(inside.x, inside.y, pitch, shown.size, info) // where it ends it stays on the canvas, without a word
    : around(inside.x, inside.y, pitch, shown.size);
  return { part, window: asWindow(part, shown, info), edge: inside.x !== cx || inside.y !== cy };
}

/**
 * Closer by this factor, about a point of the canvas that stays where it is.
 * @param {Shown} shown @param {ModelInfo} info @param {number} factor @param {{x: number, y: number}} [at] from 0 to 1
 * @returns {{window: Part|null, limit: string}} limit: a sentence, when one was reached
 */
export function zoomed(shown, info, factor, at = { x: 0.5, y: 0.5 }) {
  const { size } = shown;
  const part = partOf(shown, info);
  const whole = pitchOf(base(shown, info), size);
  const now = pitchOf(part, size);
  const wanted = now / factor;
  const finest = Math.min(FINEST, whole, now);
  const pitch = Math.max(finest, Math.min(wanted, Math.max(coarsest(shown, info), now)));
  const down = (part.across * size.height) / size.width;
  const cx = part.x + at.x * part.across + (0.5 - at.x) * pitch * size.width;
  const cy = part.y + at.y * down + (0.5 - at.y) * pitch * size.height;
  const { window } = placed(cx, cy, pitch, shown, info);
  const closest = `That is as close as it goes: ${Math.round(1 / finest)} pixels a cell.`;
  const farthest = isEndless(info)
    ? `That is as far out as it goes: ${mostWords(info)} can be computed at once.`
    : 'That is as far out as it goes: a quarter of the size that fits.';
  return {
    window,
    limit: wanted < pitch * 0.999 ? closest : wanted > pitch * 1.001 ? farthest : '',
  };
}

/** Moved by a share of the canvas. @param {Shown} shown @param {ModelInfo} info @param {number} dx @param {number} dy */
export function moved(shown, info, dx, dy) {
  const part = partOf(shown, info);
  const pitch = pitchOf(part, shown.size);
  const centre = centreOf(part, shown.size);
  const cx = centre.x + dx * part.across;
  const cy = centre.y + dy * pitch * shown.size.height;
  const { window, edge } = placed(cx, cy, pitch, shown, info);
  const more = shown.extend ? '' : ' Extend computes more of it.';
  const ends = isEndless(info) ? TOO_FAR : `The world ends here.${more}`;
  return { window, limit: edge ? ends : '' };
}

/** One canvas pixel for each cell, or as near to it as it goes. @param {Shown} shown @param {ModelInfo} info */
export function pixelPerCell(shown, info) {
  const pitch = pitchOf(partOf(shown, info), shown.size);
  if (isEndless(info)) return zoomed(shown, info, pitch);
  const { x, y } = centreOf(partOf(shown, info), shown.size);
  return { window: asWindow(around(x, y, 1, shown.size), shown, info), limit: '' };
}

/**
 * The settings on a canvas of another size: the same zoom about the same point; in Extend, as many pixels a cell.
 * @param {Shown} shown @param {ModelInfo|null} info @param {Size} size @returns {Partial<Shown>}
 */
export function resized(shown, info, size) {
  if (!info) return { size };
  const old = shown.size;
  const about = (/** @type {Part} */ part, /** @type {number} */ pitch) => {
    const { x, y } = centreOf(part, old);
    return tidy(around(x, y, pitch, size));
  };
  /** Where a world ends, it goes on filling the canvas. @param {Part} part */
  const refitted = (part) => {
    const share = fitting(info, size) / fitting(info, old); // NaN where it has no end
    const { x, y } = centreOf(part, old);
    return tidy(within(x, y, pitchOf(part, old) * (share || 1), size, info));
  };
  const extend = shown.extend && (isEndless(info) ? refitted(shown.extend) : about(shown.extend, pitchOf(shown.extend, old)));
  const zoom = zoomOf(shown, info);
  const whole = pitchOf(base({ ...shown, size, extend }, info), size);
  const window = shown.window && about(shown.window, whole / zoom);
  return { size, extend, window: isEndless(info) ? reachable({ size, extend, window }, info) : window };
}

/** A window from elsewhere, brought within what can be reached here. @param {Shown} shown @param {ModelInfo} info */
export function reachable(shown, info) {
  if (!shown.window) return null;
  const whole = pitchOf(base(shown, info), shown.size);
  const { x, y } = centreOf(shown.window, shown.size);
  const pitch = pitchOf(shown.window, shown.size);
  const finest = Math.min(FINEST, whole) * 0.999;
  const widest = isEndless(info) ? coarsest(shown, info) : Math.max(1, OUT * whole);
  const reach = Math.max(finest, Math.min(pitch, widest * 1.001));
  const { part, window, edge } = placed(x, y, reach, shown, info);
  const slid = Math.max(Math.abs(part.x - shown.window.x), Math.abs(part.y - shown.window.y)) > 0.51 * pitch;
  return edge || slid || reach !== pitch ? window : shown.window;
}
