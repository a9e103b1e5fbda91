// simd.js: which of the two binaries this browser can run, asked with two modules of one instruction each.

/** @param {number[]} body of a function () -> v128 */
function accepts(body) {
  const code = [0, ...body, 0x0b];
  return WebAssembly.validate(Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
    1, 5, 1, 0x60, 0, 1, 0x7b, // a type: () -> v128
    3, 2, 1, 0, // a function of it
    10, code.length + 2, 1, code.length, ...code,
  ]));
}

const ZERO = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat

/** @returns {'relaxed' | 'simd' | null} */
export function simdSupport() {
  if (typeof WebAssembly !== 'object') return null;
  if (accepts([...ZERO, ...ZERO, ...ZERO, 0xfd, 0x85, 0x02])) return 'relaxed'; // f32x4.relaxed_madd
  return accepts(ZERO) ? 'simd' : null;
}
