// The life of the picture that is shown: what draws it asks here which step that is, and stops when its signal says that
// the picture is gone.

/** @typedef {{at: number, signal: AbortSignal}} Moment a step of the picture; 0: there is none */
/** @typedef {ReturnType<typeof createLife>} Life */

/** @param {import('../../engine/pool.js').Pool} pool @param {import('../settings/store.js').Store} store */
export function createLife(pool, store) {
  let picture = new AbortController();

  const life = {
    /** The step shown. @returns {Moment} */
    get moment() {
      const { signal } = picture;
      const at = Math.min(store.settings.at ?? pool.evaluation, pool.evaluation);
      return { at: signal.aborted ? 0 : at, signal };
    },
    /** There is a picture, or soon will be; the one before is gone. */
    begin() {
      picture.abort();
      picture = new AbortController();
    },
    /** The pool is about to forget it. */
    end: () => picture.abort(),
  };
  return life;
}
