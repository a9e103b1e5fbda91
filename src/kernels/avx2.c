/* avx2.c: 8 lanes, 16 registers, fused multiply-add. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "elementwise.inc"

#define LANES 8
#define MR 6 /* 12 sums, 2 vectors of b, 1 of a */

typedef float elem;
typedef __m256 vec;

ALWAYS_INLINE vec vec_zero(void) { return _mm256_setzero_ps(); }
ALWAYS_INLINE vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
ALWAYS_INLINE void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
ALWAYS_INLINE vec vec_operand(const elem *p) { return _mm256_loadu_ps(p); }
ALWAYS_INLINE vec vec_broadcast(const elem *p) { return _mm256_set1_ps(*p); }
ALWAYS_INLINE vec vec_madd(vec sum, vec a, vec b) { return _mm256_fmadd_ps(a, b, sum); }

#include "gemm.inc"

extern const cdf_kernels cdf_kernels_avx2;
const cdf_kernels cdf_kernels_avx2 = {
    .name = "avx2",
    .gemm = gemm_tiles,
    .affine_act = affine_act,
    .affine_act_backward = affine_act_backward,
    .adam = adam,
};
#else
typedef int cdf_not_x86; /* a translation unit must not be empty */
#endif
