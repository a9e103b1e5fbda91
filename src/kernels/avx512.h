/* avx512.h: what the tables of AVX-512 share: the float functions all three, packing into pairs those with bfloat16. */
#ifndef CDF_AVX512_H
#define CDF_AVX512_H

#include "kernels.h"

void cdf_avx512_gemm(float *c, size_t ldc, const float *a, size_t a_row, size_t a_col, const float *b, size_t ldb,
                     int m, int n, int depth, bool accumulate);
void cdf_avx512_affine_act(float *y, const float *g, const float *scale, const float *shift, cdf_activation act, int m,
                           int n, size_t ld);
void cdf_avx512_affine_act_backward(float *dg, const float *dy, const float *g, const float *scale, const float *shift,
                                    float *dscale, float *dshift, cdf_activation act, int m, int n, size_t ld);
void cdf_avx512_adam(float *p, float *m, float *v, float *average, const float *g, size_t n, float g_scale, float beta1,
                     float beta2, float step_size, float eps, float ema);

void cdf_avx512_bf16_pair_columns(uint32_t *dst, const float *x, size_t ld, int m, int n);
void cdf_avx512_bf16_pair_rows(uint32_t *dst, const float *x, size_t ld, int m, int n);
void cdf_avx512_bf16_turn(uint32_t *dst, const uint32_t *pairs, int m, int n);
void cdf_avx512_bf16_act(uint32_t *dst, const float *x, cdf_activation act, int m, int n, size_t ld);
void cdf_avx512_bf16_affine_act_backward(uint32_t *dg, const float *dy, const float *g, const float *scale,
                                         const float *shift, float *dscale, float *dshift, cdf_activation act, int m,
                                         int n, size_t ld);

/* What the tables have in common, for their initialisers. */
#define CDF_AVX512_FLOAT                                                                                               \
  .gemm = cdf_avx512_gemm, .affine_act = cdf_avx512_affine_act, .affine_act_backward = cdf_avx512_affine_act_backward, \
  .adam = cdf_avx512_adam

#define CDF_AVX512_BF16                                                                                             \
  CDF_AVX512_FLOAT, .bf16_pair_columns = cdf_avx512_bf16_pair_columns, .bf16_pair_rows = cdf_avx512_bf16_pair_rows, \
                    .bf16_turn = cdf_avx512_bf16_turn, .bf16_act = cdf_avx512_bf16_act,                             \
                    .bf16_affine_act_backward = cdf_avx512_bf16_affine_act_backward

#endif
