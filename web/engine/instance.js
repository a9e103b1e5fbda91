// instance.js: one WebAssembly instance of the engine: bytes, text and errors in and out of its memory.
//
// A call may grow the memory, which detaches every view of it: views are made afresh, and never kept.

/** @param {string} text a whole sentence @param {number | string} code */
export function failure(text, code) {
  return Object.assign(new Error(text), { code });
}

/** @typedef {Awaited<ReturnType<typeof loadInstance>>} Instance */

/** @param {{wasmBytes?: BufferSource, module?: WebAssembly.Module}} source */
export async function loadInstance({ wasmBytes, module }) {
  const compiled = module ?? await WebAssembly.compile(/** @type {BufferSource} */ (wasmBytes));
  const imports = { env: { emscripten_notify_memory_growth() {} } };
  /** @type {any} */
  const exports = (await WebAssembly.instantiate(compiled, imports)).exports;
  /** @type {Record<string, (...args: (number)[]) => number>} */
  const c = exports;
  /** @type {WebAssembly.Memory} */
  const memory = exports.memory;
  c._initialize();

  const instance = {
    c,
    memory,
    /** @param {number} at */
    readU32: (at) => new DataView(memory.buffer).getUint32(at, true),
    /** @param {number} at @param {number} n */
    readBytes: (at, n) => new Uint8Array(memory.buffer, at, n).slice(),
    /** @param {number} at @param {number} n */
    readFloats: (at, n) => new Float32Array(memory.buffer, at, n).slice(),
    /** @param {number} at @param {Float32Array} floats */
    writeFloats: (at, floats) => new Float32Array(memory.buffer).set(floats, at / 4),

    /** @param {number} at */
    readText(at) {
      const bytes = new Uint8Array(memory.buffer, at);
      return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
    },

    /** The text at a malloc'd pointer, which is freed. @param {number} at */
    takeText(at) {
      const text = instance.readText(at);
      c.free(at);
      return text;
    },

    lastError: () => failure(instance.readText(c.cdf_wasm_error() + 4), instance.readU32(c.cdf_wasm_error())),

    /** @param {number} status a cdf_status */
    check(status) {
      if (status !== 0) throw instance.lastError();
    },

    /** @param {number} at */
    checkPointer(at) {
      if (at === 0) throw instance.lastError();
      return at;
    },

    /**
     * Memory for the time of one call: `what` bytes, or a copy of these.
     * @template T
     * @param {number | Uint8Array | Uint8ClampedArray} what
     * @param {(at: number) => T} use
     * @returns {T}
     */
    borrow(what, use) {
      const size = typeof what === 'number' ? what : what.length;
      const at = c.malloc(size + 1); // one more, so that no bytes are not no pointer
      if (at === 0) throw failure(`out of memory: ${size} bytes were needed; use a smaller size`, 4);
      if (typeof what !== 'number') new Uint8Array(memory.buffer).set(what, at);
      try {
        return use(at);
      } finally {
        c.free(at);
      }
    },

    /** The same of a text, with a zero at its end. @template T @param {string} text @param {(at: number) => T} use */
    borrowText: (text, use) => instance.borrow(new TextEncoder().encode(`${text}\0`), use),
  };
  return instance;
}
