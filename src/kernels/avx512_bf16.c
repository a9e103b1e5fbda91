/* avx512_bf16.c: AVX-512 with products of bfloat16 pairs, summed in float. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "activations.inc"
#include "avx512.h"

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

/* dst[n / 2]: pairs of x[n]. */
ALWAYS_INLINE void pair_row(uint32_t *dst, const float *x, int n) {
  int j = 0;
  for (; j + 32 <= n; j += 32) {
    __m512bh pairs = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + j + 16), _mm512_loadu_ps(x + j));
    _mm512_storeu_si512(dst + j / 2, (__m512i)pairs);
  }
  if (j < n) _mm256_storeu_si256((__m256i *)(dst + j / 2), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + j)));
}

void cdf_avx512_bf16_pair_columns(uint32_t *dst, const float *x, size_t ld, int m, int n) {
  for (int i = 0; i < m; i++, x += ld, dst += n / 2) pair_row(dst, x, n);
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

void cdf_avx512_bf16_turn(uint32_t *dst, const uint32_t *pairs, int m, int n) {
  /* As above, but of both rows 32 columns at once: those of the first half of the words, then of the second. */
  const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37,
                                       5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  size_t half = (size_t)n / 2;
  for (int i = 0; i < m; i += 2, pairs += 2 * half, dst += n) {
    bool both = i + 1 < m;
    for (int j = 0; j < n; j += 32) {
      __mmask16 there = n - j >= 32 ? 0xffff : 0xff;
      __m512i first = _mm512_maskz_loadu_epi32(there, pairs + j / 2);
      __m512i second = both ? _mm512_maskz_loadu_epi32(there, pairs + half + j / 2) : _mm512_setzero_si512();
      _mm512_storeu_si512(dst + j, _mm512_permutex2var_epi16(first, low, second));
      if (n - j >= 32) _mm512_storeu_si512(dst + j + 16, _mm512_permutex2var_epi16(first, high, second));
    }
  }
}

ALWAYS_INLINE void act_rows(uint32_t *dst, const float *x, cdf_activation act, int m, int n, size_t ld) {
  for (int i = 0; i < m; i++, x += ld, dst += n / 2)
    for (int j = 0; j < n; j += ABREAST) {
      float y[ABREAST];
      int width = cdf_min(ABREAST, n - j);
      if (width == ABREAST) {
        for (int c = 0; c < ABREAST; c++) y[c] = act_value(act, x[j + c]);
      } else {
        for (int c = 0; c < CDF_LANES; c++) y[c] = act_value(act, x[j + c]);
      }
      pair_row(dst + j / 2, y, width);
    }
}

ALWAYS_INLINE void backward_pairs(uint32_t *dg, const float *dy, const float *g, const float *scale, const float *shift,
                                  float *dscale, float *dshift, cdf_activation act, bool scaled, int m, int n,
                                  size_t ld) {
  float d[BAND][ABREAST];
  for (int i = 0, rows; i < m; i += rows, dg += rows * n / 2, dy += rows * ld, g += rows * ld) {
    rows = cdf_min(BAND, m - i);
    for (int j = 0; j < n; j += ABREAST) {
      const float *s = scaled ? scale + j : NULL;
      float *ds = scaled ? dscale + j : NULL;
      bool whole = n - j >= ABREAST;
      if (whole)
        backward_columns(d[0], ABREAST, dy + j, g + j, s, shift + j, ds, dshift + j, act, scaled, rows, ABREAST, ld);
      else
        backward_columns(d[0], ABREAST, dy + j, g + j, s, shift + j, ds, dshift + j, act, scaled, rows, CDF_LANES, ld);
      for (int r = 0; r < rows; r++) pair_row(dg + (r * n + j) / 2, d[r], whole ? ABREAST : CDF_LANES);
    }
  }
}

#define ACT_CASE(act)                \
  case act:                          \
    act_rows(dst, x, act, m, n, ld); \
    break

void cdf_avx512_bf16_act(uint32_t *dst, const float *x, cdf_activation act, int m, int n, size_t ld) {
  unsigned before = cdf_flush_begin();
  SWITCH_ACT(act, ACT_CASE)
  cdf_flush_end(before);
}

#define BACKWARD_CASE(act)                                                           \
  case act:                                                                          \
    if (scale)                                                                       \
      backward_pairs(dg, dy, g, scale, shift, dscale, dshift, act, true, m, n, ld);  \
    else                                                                             \
      backward_pairs(dg, dy, g, scale, shift, dscale, dshift, act, false, m, n, ld); \
    break

void cdf_avx512_bf16_affine_act_backward(uint32_t *dg, const float *dy, const float *g, const float *scale,
                                         const float *shift, float *dscale, float *dshift, cdf_activation act, int m,
                                         int n, size_t ld) {
  unsigned before = cdf_flush_begin();
  SWITCH_ACT(act, BACKWARD_CASE)
  cdf_flush_end(before);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

extern const cdf_kernels cdf_kernels_avx512bf16;
const cdf_kernels cdf_kernels_avx512bf16 = {
    .name = "avx512bf16",
    CDF_AVX512_BF16,
    .gemm_bf16 = gemm_bf16,
};
#else
typedef int cdf_not_x86; /* a translation unit must not be empty */
#endif
