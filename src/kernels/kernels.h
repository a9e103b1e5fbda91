/* kernels.h: the table of hot loops. One file per instruction set, each exporting one const table.
 *
 *   const cdf_kernels *k = cdf_kernels_best();               // or cdf_kernels_named("portable")
 *   k->gemm(c, ldc, a, lda, 1, b, ldb, m, n, depth, false);
 *
 * portable.c defines correct; every other table is tested against it on varied data and odd sizes. The table is
 * passed to whoever needs it, never global.
 *
 * Rounding: each element of a product is one sequence of multiply-adds over the depth, in order, starting from zero or
 * from c. It depends on nothing else: not on the tile, not on the position of the row within it. Tables differ from
 * each other only in whether a multiply-add rounds once or twice, and in bfloat16 in how many products are summed
 * before they are added: at most CDF_BF16_ROWS, so that a product cut there along its depth has the same bits.
 *
 * Rows are pixels, columns are units. Column counts n and leading dimensions are multiples of CDF_LANES, and pointers
 * to b, c, x, y are aligned to CDF_ALIGN; m, depth and the strides of a are free.
 */
#ifndef CDF_KERNELS_H
#define CDF_KERNELS_H

#include "../base/base.h"

CDF_BEGIN_DECLS

#define CDF_BF16_ROWS 32

typedef enum { CDF_ACT_IDENTITY, CDF_ACT_SILU, CDF_ACT_RELU, CDF_ACT_LEAKY, CDF_ACT_TANH, CDF_ACT_SINE } cdf_activation;

typedef struct cdf_kernels {
  const char *name;

  /* c[m][n] = (accumulate ? c : 0) + a[m][depth] . b[depth][n].
   * Element (i, k) of a is a[i * a_row + k * a_col], so that a transposed operand needs no copy. */
  void (*gemm)(float *c, size_t ldc, const float *a, size_t a_row, size_t a_col, const float *b, size_t ldb, int m,
               int n, int depth, bool accumulate);

  /* y = act(scale[j] * g + shift[j]) over [m][n]; scale NULL means 1. y may be g. */
  void (*affine_act)(float *y, const float *g, const float *scale, const float *shift, cdf_activation act, int m, int n,
                     size_t ld);

  /* Backward of affine_act: dg = dy * act'(u) * scale, dscale[j] += sum dy * act'(u) * g, dshift[j] += sum dy *
   * act'(u). dscale NULL with scale NULL. dg may be dy or g. */
  void (*affine_act_backward)(float *dg, const float *dy, const float *g, const float *scale, const float *shift,
                              float *dscale, float *dshift, cdf_activation act, int m, int n, size_t ld);

  /* One Adam step (Kingma & Ba 2015) and weight average over n parameters. step_size and eps already hold the bias
   * corrections: p -= step_size * m / (sqrt(v) + eps); average += (1 - ema) * (p - average). g is scaled by g_scale
   * first. */
  void (*adam)(float *p, float *m, float *v, float *average, const float *g, size_t n, float g_scale, float beta1,
               float beta2, float step_size, float eps, float ema);

  /* bfloat16 products for training; NULL where the instruction set has none. Operands are pairs of bf16 along the
   * depth in one uint32 (low half first); strides count pairs; accumulation is in float. */
  void (*gemm_bf16)(float *c, size_t ldc, const uint32_t *a, size_t a_row, size_t a_col, const uint32_t *b, size_t ldb,
                    int m, int n, int depth_pairs, bool accumulate);
  /* dst[m][n / 2]: pairs of neighbouring columns of x[m][n]. */
  void (*bf16_pair_columns)(uint32_t *dst, const float *x, size_t ld, int m, int n);
  /* dst[(m + 1) / 2][n]: pairs of neighbouring rows of x[m][n]; a missing last row counts as zeros. */
  void (*bf16_pair_rows)(uint32_t *dst, const float *x, size_t ld, int m, int n);
  /* dst[(m + 1) / 2][n]: the same of pairs of neighbouring columns, pairs[m][n / 2]. */
  void (*bf16_turn)(uint32_t *dst, const uint32_t *pairs, int m, int n);
  /* dst[m][n / 2]: pairs of neighbouring columns of act(x). */
  void (*bf16_act)(uint32_t *dst, const float *x, cdf_activation act, int m, int n, size_t ld);
  /* affine_act_backward whose dg[m][n / 2] is pairs of neighbouring columns. */
  void (*bf16_affine_act_backward)(uint32_t *dg, const float *dy, const float *g, const float *scale,
                                   const float *shift, float *dscale, float *dshift, cdf_activation act, int m, int n,
                                   size_t ld);
} cdf_kernels;

extern const cdf_kernels cdf_kernels_portable;

/* All tables compiled in that this processor can run, best first, NULL-terminated. */
const cdf_kernels *const *cdf_kernels_supported(void);
const cdf_kernels *cdf_kernels_best(void);
const cdf_kernels *cdf_kernels_named(const char *name); /* NULL: not here */

CDF_END_DECLS

#endif
