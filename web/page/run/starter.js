// When a run begins: at once, or soon, so that several changes in a row make one run.

const SOON_MS = 120;

/** @param {(follows: boolean) => void} start follows: the same world, of which another part has come into view */
export function createStarter(start) {
  let timer = 0;

  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  return {
    stop,
    /** After the last of several changes. @param {() => void} [action] another than to start */
    soon(action = () => start(false)) {
      stop();
      timer = setTimeout(action, SOON_MS);
    },
    /** After the first of several movements, because what comes into view is wanted while they go on. */
    follow() {
      timer ||= setTimeout(start, SOON_MS, true);
    },
  };
}
