// The picture on the page: how much of the plane the canvas shows, at which size, and who is told when that changes.
import { createAround } from './around.js';
import { createCanvas } from './canvas.js';
import { createCompare } from './compare.js';
import { block, byId, write } from '../base/dom.js';
import { createDrift } from './drift.js';
import { createGlide } from './glide.js';
import { createNavigator } from './navigate.js';
import { createPainter } from './painter.js';
import { regionOf, rgbaOf } from './surface.js';
import {
  filled, framed, isEndless, partOf, pitchOf, recut, refusal, resized, worldFor, zoomOf,
} from '../base/world.js';

/** @typedef {import('../base/world.js').Size} Size */

const CALM_MS = 200;

/**
 * @param {object} hooks
 * @param {import('../../engine/pool.js').Pool} hooks.pool
 * @param {import('../models/session.js').Session} hooks.session
 * @param {import('../settings/store.js').Store} hooks.store
 * @param {() => void} hooks.onSharp
 * @param {() => void} hooks.onDecided the corner was let go
 * @param {(sentence: string) => void} hooks.say for a while
 * @param {(sentence: string) => void} hooks.refuse until it is put away
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createStage(hooks) {
  const { pool, session, store, onSharp, onDecided, say, refuse, onTrouble } = hooks;
  const { life } = session;
  const sheet = block('sheet');
  const words = block('zoom-words');
  const picture = byId('canvas', HTMLCanvasElement);
  const around = createAround(byId('around', HTMLCanvasElement), picture);
  const endless = () => pool.info !== null && isEndless(pool.info);
  const painter = createPainter(pool, picture, (region) => around.follow(endless() ? region : null), settled, onTrouble);
  const compare = createCompare(pool, session, onTrouble);
  let moving = false;
  let dragging = false;
  let painting = false; // one pointer is a brush
  /** What lies over the picture, in its place in the plane. @type {Pick<import('./surface.js').Surface, 'aim'>[]} */
  const overlays = [];
  let ranWorld = '';
  let alive = 0; // when a frame of a run was painted last

  function settled() {
    onSharp();
    compare.update(store.settings, life.moment);
  }

  function job() {
    const { size, view } = store.settings;
    const part = partOf(store.settings, /** @type {any} */ (pool.info));
    return { size, view, part, ...life.moment, moving };
  }

  /** Bring the canvas up to date; resolves when it is at rest. */
  async function repaint() {
    if (life.moment.at === 0) return;
    const wanted = job();
    for (const over of [around, compare, ...overlays]) over.aim(regionOf(wanted.part, wanted.size));
    await painter.request(wanted);
  }

  function world() {
    return Object.values(worldFor(store.settings, /** @type {any} */ (pool.info))).join(' ');
  }

  function showZoom() {
    sheet.classList.toggle('zoomed', endless() || store.settings.window !== null);
    if (!pool.info) return;
    const pitch = pitchOf(partOf(store.settings, pool.info), store.settings.size);
    const zoom = zoomOf(store.settings, pool.info);
    write(words, `×${zoom.toFixed(zoom < 0.95 ? 2 : 1)}`);
    write(block('pitch-words'), `${Number(pitch.toPrecision(2))} cells a pixel`);
  }

  /** @param {Size} size */
  function resize(size) {
    const patch = resized(store.settings, pool.info, size);
    const unable = pool.info ? refusal(pool.info, size, patch.extend ?? null) : '';
    if (unable) refuse(unable);
    else store.set(patch);
    return unable === '';
  }

  /** Another shape is filled with more of the picture; that of the frame shows the picture alone. @param {Size} size */
  function reshape(size) {
    const { info } = pool;
    if (!info || endless()) return resize(size);
    const extend = framed(info, size) ? null : filled(info, size);
    const unable = refusal(info, size, extend);
    if (unable) return resize(size);
    store.set({ size, extend, window: null });
    if (extend) say('More picture is made around it, to fill this shape.');
    return true;
  }

  /** @param {import('../base/world.js').Part|null} window @param {boolean} goesOn */
  function show(window, goesOn) {
    moving = goesOn;
    store.set({ window });
    if (!goesOn) repaint();
    moving = false;
  }

  const frame = createCanvas({
    size: () => store.settings.size,
    screen: () => store.settings.screen,
    onResize(size, final) {
      moving = dragging = !final;
      resize(size);
      moving = false;
    },
    onRest() {
      onDecided();
      repaint();
    },
  });
  const navigator = createNavigator({
    shown: () => store.settings,
    info: () => pool.info,
    onWindow: show,
    onLimit: say,
    painting: () => painting,
  });

  const byItself = { shown: () => store.settings, info: () => pool.info, onWindow: show };
  const glide = createGlide(byItself);
  const drift = createDrift(byItself);

  return {
    repaint,
    resize,
    reshape,
    glide: glide.begin,
    drift,
    showZoom,
    zoom: navigator,
    /** What the canvas shows. */
    region: () => pool.info && regionOf(partOf(store.settings, pool.info), store.settings.size),
    layout: frame.layout,
    bestSize: frame.bestSize,
    /** @param {Pick<import('./surface.js').Surface, 'aim'>} over */
    lay: (over) => void overlays.push(over),
    /** @param {boolean} on */
    setPainting(on) {
      painting = on;
      sheet.classList.toggle('painting', on);
    },
    hideCompare: compare.hide,
    /** Nothing is drawn of the picture before any more. */
    hush: painter.hush,
    /** A preview of what the settings ask for. @param {import('../../engine/pool.js').Sketch} sketch */
    sketch({ lattice, world: of }) {
      const info = /** @type {import('../../engine/engine.js').ModelInfo} */ (pool.info);
      compare.hide();
      const aim = regionOf(partOf(store.settings, info), store.settings.size);
      painter.sketch(rgbaOf({ lattice, world: of, info }), of, aim);
    },
    /** The picture is of the world that the settings ask for, or soon will be. */
    ran() {
      ranWorld = world();
    },
    /** Once the size is decided: do the settings ask for another world than that of the last run? */
    wantsOtherWorld: () => !dragging && pool.info !== null && world() !== ranWorld,
    /** A frame of a run. @param {number} ms of its step @param {boolean} adds to a picture, which is not drawn coarsely for every step of that */
    async live(ms, adds) {
      const now = performance.now();
      if (adds && now - alive < CALM_MS) return;
      alive = now;
      await painter.live(adds ? job() : { ...job(), at: pool.evaluation }, ms, adds);
    },
    /** Scale for null; otherwise Extend with cells of so many pixels. @param {number|null} cell */
    extend(cell) {
      if (!pool.info) return;
      const { size } = store.settings;
      const extend = cell === null ? null : recut(store.settings, pool.info, cell);
      const unable = refusal(pool.info, size, extend);
      if (unable) refuse(unable);
      else store.set({ extend, window: null });
    },
  };
}

/** @typedef {ReturnType<typeof createStage>} Stage */
