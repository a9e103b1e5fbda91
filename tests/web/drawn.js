// drawn.js: a process and its picture as one, for tests that look at what comes of it.

/**
 * @typedef {import('../../web/engine/engine.js').Model} Model
 * @typedef {import('../../web/engine/engine.js').World} World
 * @typedef {ReturnType<typeof createDrawn>} Drawn
 */

/** @param {Model} model @param {World | null} [world] */
export function createDrawn(model, world = null) {
  const process = model.createProcess(world), picture = model.createPicture(world);
  /** @param {number} width @param {number} height @param {number} [y0] @param {number} [y1]
   *  @param {{view?: string, lattice?: Float32Array | null, window?: import('../../web/engine/engine.js').Window | null}} [what] */
  function render(width, height, y0 = 0, y1 = height, { view = 'clean', lattice = null, window = null } = {}) {
    if (view === 'clean') picture.load(lattice ?? process.clean);
    else picture.loadPlain(process.look(view));
    return picture.render(width, height, y0, y1, window);
  }
  function free() {
    process.free();
    picture.free();
  }
  return Object.assign(/** @type {typeof process} */ (Object.create(process)), { render, free });
}
