/* portable.c: the table that defines correct: plain C, every multiply and every add rounded. */
#include "elementwise.inc"

static void gemm(float *c, size_t ldc, const float *a, size_t a_row, size_t a_col, const float *b, size_t ldb, int m,
                 int n, int depth, bool accumulate) {
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j += CDF_LANES) {
      float sum[CDF_LANES];
      float *out = c + i * ldc + j;
      for (int l = 0; l < CDF_LANES; l++) sum[l] = accumulate ? out[l] : 0.0f;
      for (int k = 0; k < depth; k++) {
        float x = a[i * a_row + k * a_col];
        const float *row = b + k * ldb + j;
        for (int l = 0; l < CDF_LANES; l++) sum[l] += x * row[l];
      }
      for (int l = 0; l < CDF_LANES; l++) out[l] = sum[l];
    }
  }
}

const cdf_kernels cdf_kernels_portable = {
    .name = "portable",
    .gemm = gemm,
    .affine_act = affine_act,
    .affine_act_backward = affine_act_backward,
    .adam = adam,
};
