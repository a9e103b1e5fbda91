// When a run begins: at once, or soon, so that several changes in a row make one run.

const SOON_MS = 120;

/** @param {(follows: boolean) => void} start follows: the same world, of which another part has come into view */
export function createStarter(start) {
  let timer = 0;

  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  /** @param {boolean} follows */
  function now(follows = false) {
    stop();
    start(follows);
  }

  return {
    stop,
    now: () => now(),
    /** After the last of several changes. */
    soon() {
      stop();
      timer = setTimeout(now, SOON_MS, false);
    },
    /** After the first of several movements, because what comes into view is wanted while they go on. */
    follow() {
      if (timer) return;
      timer = setTimeout(now, SOON_MS, true);
    },
  };
}
