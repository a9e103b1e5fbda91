// queue.js: work on the workers of a team, one piece after the other, done again when a worker was lost meanwhile.

/**
 * @param {import('./team.js').Team} team
 * @param {() => void} onMended nothing is known of where the workers stand
 */
export function createQueue(team, onMended) {
  /** @template T @param {() => Promise<T>} work that may be done again @returns {Promise<T>} */
  async function reliably(work) {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (/** @type {{code?: unknown}} */ (error).code !== 'lost') throw error;
        await team.mend();
        onMended();
      }
    }
  }

  let tail = Promise.resolve();
  /** In order of request. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  return function exclusive(work) {
    const result = tail.then(() => reliably(work));
    tail = result.then(() => {}, () => {});
    return result;
  };
}
