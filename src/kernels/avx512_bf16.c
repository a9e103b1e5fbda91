/* avx512_bf16.c: AVX-512 with products of bfloat16 pairs, summed in float. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "avx512.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LANES 16
#define MR 8

typedef uint32_t elem; /* two neighbours along the depth */
typedef __m512 vec;

ALWAYS_INLINE vec vec_zero(void) { return _mm512_setzero_ps(); }
ALWAYS_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
ALWAYS_INLINE void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
ALWAYS_INLINE vec vec_operand(const elem *p) { return _mm512_castsi512_ps(_mm512_loadu_si512(p)); }
ALWAYS_INLINE vec vec_broadcast(const elem *p) { return _mm512_castsi512_ps(_mm512_set1_epi32((int)*p)); }
ALWAYS_INLINE vec vec_madd(vec sum, vec a, vec b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }

#include "gemm.inc"

static void gemm_bf16(float *c, size_t ldc, const uint32_t *a, size_t a_row, size_t a_col, const uint32_t *b,
                      size_t ldb, int m, int n, int depth_pairs, bool accumulate) {
  gemm_tiles(c, ldc, a, a_row, a_col, b, ldb, m, n, depth_pairs, accumulate);
}

void cdf_avx512_bf16_pair_columns(uint32_t *dst, const float *x, size_t ld, int m, int n) {
  for (int i = 0; i < m; i++, x += ld, dst += n / 2) {
    int j = 0;
    for (; j + 32 <= n; j += 32) {
      __m512bh pairs = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + j + 16), _mm512_loadu_ps(x + j));
      _mm512_storeu_si512(dst + j / 2, (__m512i)pairs);
    }
    if (j < n) _mm256_storeu_si256((__m256i *)(dst + j / 2), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + j)));
  }
}

void cdf_avx512_bf16_pair_rows(uint32_t *dst, const float *x, size_t ld, int m, int n) {
  /* Word 2j of a pair vector is column j of the first row, word 2j + 1 of the second. */
  const __m512i words = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (int i = 0; i < m; i += 2, x += 2 * ld, dst += n) {
    bool both = i + 1 < m;
    for (int j = 0; j < n; j += 16) {
      __m512 second = both ? _mm512_loadu_ps(x + ld + j) : _mm512_setzero_ps();
      __m512bh pairs = _mm512_cvtne2ps_pbh(second, _mm512_loadu_ps(x + j));
      _mm512_storeu_si512(dst + j, _mm512_permutexvar_epi16(words, (__m512i)pairs));
    }
  }
}

extern const cdf_kernels cdf_kernels_avx512bf16;
const cdf_kernels cdf_kernels_avx512bf16 = {
    .name = "avx512bf16",
    .gemm = cdf_avx512_gemm,
    .affine_act = cdf_avx512_affine_act,
    .affine_act_backward = cdf_avx512_affine_act_backward,
    .adam = cdf_avx512_adam,
    .gemm_bf16 = gemm_bf16,
    .bf16_pair_columns = cdf_avx512_bf16_pair_columns,
    .bf16_pair_rows = cdf_avx512_bf16_pair_rows,
};
#else
typedef int cdf_not_x86; /* a translation unit must not be empty */
#endif
