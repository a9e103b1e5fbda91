/* avx512.c: 16 lanes, 32 registers, fused multiply-add. */
#if defined(__x86_64__)
#include "avx512.h"

#include <immintrin.h>

#include "elementwise.inc"

#define LANES 16
#define MR 8 /* 16 sums hide the latency already; taller blocks run out of address registers */

typedef float elem;
typedef __m512 vec;

ALWAYS_INLINE vec vec_zero(void) { return _mm512_setzero_ps(); }
ALWAYS_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
ALWAYS_INLINE void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
ALWAYS_INLINE vec vec_operand(const elem *p) { return _mm512_loadu_ps(p); }
ALWAYS_INLINE vec vec_broadcast(const elem *p) { return _mm512_set1_ps(*p); }
ALWAYS_INLINE vec vec_madd(vec sum, vec a, vec b) { return _mm512_fmadd_ps(a, b, sum); }

#include "gemm.inc"

void cdf_avx512_gemm(float *c, size_t ldc, const float *a, size_t a_row, size_t a_col, const float *b, size_t ldb,
                     int m, int n, int depth, bool accumulate) {
  gemm_tiles(c, ldc, a, a_row, a_col, b, ldb, m, n, depth, accumulate);
}

void cdf_avx512_affine_act(float *y, const float *g, const float *scale, const float *shift, cdf_activation act, int m,
                           int n, size_t ld) {
  affine_act(y, g, scale, shift, act, m, n, ld);
}

void cdf_avx512_affine_act_backward(float *dg, const float *dy, const float *g, const float *scale, const float *shift,
                                    float *dscale, float *dshift, cdf_activation act, int m, int n, size_t ld) {
  affine_act_backward(dg, dy, g, scale, shift, dscale, dshift, act, m, n, ld);
}

void cdf_avx512_adam(float *p, float *m, float *v, float *average, const float *g, size_t n, float g_scale, float beta1,
                     float beta2, float step_size, float eps, float ema) {
  adam(p, m, v, average, g, n, g_scale, beta1, beta2, step_size, eps, ema);
}

extern const cdf_kernels cdf_kernels_avx512;
const cdf_kernels cdf_kernels_avx512 = {
    .name = "avx512",
    CDF_AVX512_FLOAT,
};
#else
typedef int cdf_not_x86; /* a translation unit must not be empty */
#endif
