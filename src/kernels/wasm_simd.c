/* wasm_simd.c: 4 lanes. With -mrelaxed-simd a multiply-add may round once, as the processor likes it best. */
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "elementwise.inc"

#define LANES 4
#define MR 4 /* V8 spills with more: the multiply-add needs a register of its own */

typedef float elem;
typedef v128_t vec;

ALWAYS_INLINE vec vec_zero(void) { return wasm_f32x4_const_splat(0.0f); }
ALWAYS_INLINE vec vec_load(const float *p) { return wasm_v128_load(p); }
ALWAYS_INLINE void vec_store(float *p, vec x) { wasm_v128_store(p, x); }
ALWAYS_INLINE vec vec_operand(const elem *p) { return wasm_v128_load(p); }
ALWAYS_INLINE vec vec_broadcast(const elem *p) { return wasm_v128_load32_splat(p); }

#if defined(__wasm_relaxed_simd__)
/* f32x4.relaxed_madd, spelled in bytes: compilers before LLVM 15 have a builtin, but emit the opcode of an earlier
 * draft, which engines reject. Engines keep locals in registers, so the moves cost nothing. */
ALWAYS_INLINE vec vec_madd(vec sum, vec a, vec b) {
  vec out;
  __asm__("local.get %1\n\tlocal.get %2\n\tlocal.get %3\n\t.byte 0xfd, 0x85, 0x02\n\tlocal.set %0"
          : "=r"(out)
          : "r"(a), "r"(b), "r"(sum));
  return out;
}
#else
ALWAYS_INLINE vec vec_madd(vec sum, vec a, vec b) { return wasm_f32x4_add(sum, wasm_f32x4_mul(a, b)); }
#endif

#include "gemm.inc"

extern const cdf_kernels cdf_kernels_wasm;
const cdf_kernels cdf_kernels_wasm = {
#if defined(__wasm_relaxed_simd__)
    .name = "wasm_relaxed",
#else
    .name = "wasm_simd",
#endif
    .gemm = gemm_tiles,
    .affine_act = affine_act,
    .affine_act_backward = affine_act_backward,
    .adam = adam,
};
#else
typedef int cdf_not_wasm; /* a translation unit must not be empty */
#endif
