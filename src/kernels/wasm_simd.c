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

/* Promise nothing about x from here on: it stays the local it is. LLVM would otherwise sort the multiply-adds below by
 * chain instead of by depth, which leaves more vectors alive than there are registers, and write every constant out at
 * each of its uses, where V8 builds it from several instructions. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x) : : "memory")
#define DEPTH_STEP 4

/* gemm_block for four or five rows of a row-major a, its depth in steps: few additions of pointers, few checks of the
 * loop. */
ALWAYS_INLINE void gemm_tall_block(float *c, size_t ldc, const float *a, size_t a_row, const float *b, size_t ldb,
                                   int depth, bool accumulate, int rows) {
  const float *row[5];
  vec sum[5][2];
  UNROLL
  for (int i = 0; i < rows; i++) {
    row[i] = a + i * a_row;
    OPAQUE(row[i]);
    for (int j = 0; j < 2; j++) sum[i][j] = accumulate ? vec_load(c + i * ldc + j * LANES) : vec_zero();
  }
  for (int k = 0; k < depth; k += DEPTH_STEP) {
    UNROLL
    for (int d = 0; d < DEPTH_STEP; d++, b += ldb) {
      vec b0 = vec_load(b), b1 = vec_load(b + LANES);
      UNROLL
      for (int i = 0; i < rows; i++) {
        vec x = vec_broadcast(row[i] + d);
        sum[i][0] = vec_madd(sum[i][0], x, b0);
        sum[i][1] = vec_madd(sum[i][1], x, b1);
      }
      UNROLL
      for (int i = 0; i < rows; i++) {
        OPAQUE(sum[i][0]);
        OPAQUE(sum[i][1]);
      }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
      row[i] += DEPTH_STEP;
      OPAQUE(row[i]);
    }
  }
  UNROLL
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < 2; j++) vec_store(c + i * ldc + j * LANES, sum[i][j]);
}

static void gemm_five(float *c, size_t ldc, const float *a, size_t a_row, const float *b, size_t ldb, int depth,
                      bool accumulate) {
  gemm_tall_block(c, ldc, a, a_row, b, ldb, depth, accumulate, 5);
}

static void gemm_four(float *c, size_t ldc, const float *a, size_t a_row, const float *b, size_t ldb, int depth,
                      bool accumulate) {
  gemm_tall_block(c, ldc, a, a_row, b, ldb, depth, accumulate, 4);
}

/* Heights are cut into fives and at most four fours, which every m >= 12 can be: 64 = 12 * 5 + 4. */
static void gemm_wasm(float *c, size_t ldc, const float *a, size_t a_row, size_t a_col, const float *b, size_t ldb,
                      int m, int n, int depth, bool accumulate) {
  int fives = m - 4 * ((5 - m % 5) % 5);
  if (a_col != 1 || depth % DEPTH_STEP != 0 || n % (2 * LANES) != 0 || fives < 0) {
    gemm_tiles(c, ldc, a, a_row, a_col, b, ldb, m, n, depth, accumulate);
    return;
  }
  for (int j = 0; j < n; j += 2 * LANES) {
    int i = 0;
    for (; i < fives; i += 5) gemm_five(c + i * ldc + j, ldc, a + i * a_row, a_row, b + j, ldb, depth, accumulate);
    for (; i < m; i += 4) gemm_four(c + i * ldc + j, ldc, a + i * a_row, a_row, b + j, ldb, depth, accumulate);
  }
}

ALWAYS_INLINE vec constant(float x) {
  vec v = wasm_f32x4_splat(x);
  OPAQUE(v);
  return v;
}

/* y = u / (1 + e^-u), u = scale g + shift, or g + shift, for four vectors at a time. e^-u = 2^t = 2^s 2^r with s whole
 * and |r| <= 1/2; polynomial: Cephes exp2f. Clamped where the exponent would overflow: there the result is u, or -0 but
 * for 1e-36. NaN stays NaN. */
ALWAYS_INLINE void silu_rows(float *y, const float *g, const float *scale, const float *shift, bool scaled, int m,
                             int n, size_t ld) {
  enum { VECS = 4 };
  vec minus_log2e = constant(-1.44269504f), low = constant(-126.0f), high = constant(126.0f),
      magic = constant(12582912.0f);
  vec one = constant(1.0f), p1 = constant(6.931472028550421e-1f), p2 = constant(2.402264791363012e-1f);
  vec p3 = constant(5.550332471162809e-2f), p4 = constant(9.618437357674640e-3f), p5 = constant(1.339887440266574e-3f);
  vec p6 = constant(1.535336188319500e-4f);
  for (int i = 0; i < m; i++, y += ld, g += ld)
    for (int j = 0; j < n; j += VECS * LANES) {
      UNROLL
      for (int v = j; v < j + VECS * LANES; v += LANES) {
        vec u = scaled ? vec_madd(vec_load(shift + v), vec_load(scale + v), vec_load(g + v))
                       : wasm_f32x4_add(vec_load(g + v), vec_load(shift + v));
        vec t = wasm_f32x4_pmin(wasm_f32x4_pmax(wasm_f32x4_mul(u, minus_log2e), low), high);
        vec s = wasm_f32x4_add(t, magic), r = wasm_f32x4_sub(t, wasm_f32x4_sub(s, magic));
        vec p = vec_madd(p5, p6, r);
        p = vec_madd(p4, p, r);
        p = vec_madd(p3, p, r);
        p = vec_madd(p2, p, r);
        p = vec_madd(p1, p, r);
        p = vec_madd(one, p, r);
        vec power = wasm_i32x4_add(wasm_i32x4_shl(s, 23), one); /* s in the exponent, beside that of 1.0 */
        vec_store(y + v, wasm_f32x4_div(u, vec_madd(one, p, power)));
      }
    }
}

static void affine_act_wasm(float *y, const float *g, const float *scale, const float *shift, cdf_activation act, int m,
                            int n, size_t ld) {
  if (act == CDF_ACT_SILU && scale) /* n is a multiple of CDF_LANES */
    silu_rows(y, g, scale, shift, true, m, n, ld);
  else if (act == CDF_ACT_SILU)
    silu_rows(y, g, NULL, shift, false, m, n, ld);
  else
    affine_act(y, g, scale, shift, act, m, n, ld);
}

extern const cdf_kernels cdf_kernels_wasm;
const cdf_kernels cdf_kernels_wasm = {
#if defined(__wasm_relaxed_simd__)
    .name = "wasm_relaxed",
#else
    .name = "wasm_simd",
#endif
    .gemm = gemm_wasm,
    .affine_act = affine_act_wasm,
    .affine_act_backward = affine_act_backward,
    .adam = adam,
};
#else
typedef int cdf_not_wasm; /* a translation unit must not be empty */
#endif
