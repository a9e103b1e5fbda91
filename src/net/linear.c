#include "linear.h"

size_t cdf_linear_packed_words(int inputs, int units) { return (size_t)inputs * (size_t)units; }

void cdf_linear_init(cdf_linear *lin, int inputs, int units, const float *w, float *packed, bool bf16) {
  *lin = (cdf_linear){.inputs = inputs, .units = units, .w = w};
  if (bf16) {
    lin->w_pairs = (uint32_t *)(void *)packed;
    lin->wt_pairs = lin->w_pairs + (size_t)inputs * (size_t)units / 2;
  } else {
    lin->wt = packed;
  }
}

/* dst[cols][rows] = src[rows][cols], in blocks that fit the first-level cache. */
static void transpose(float *dst, const float *src, int rows, int cols) {
  for (int r0 = 0; r0 < rows; r0 += 16)
    for (int c0 = 0; c0 < cols; c0 += 16)
      for (int c = c0; c < cdf_min(c0 + 16, cols); c++)
        for (int r = r0; r < cdf_min(r0 + 16, rows); r++) dst[(size_t)c * rows + r] = src[(size_t)r * cols + c];
}

/* dst[units / 2][inputs] = pairs of neighbouring units of W, that is pairs of neighbouring rows of its transpose:
 * the pairs of neighbouring columns of W, transposed. */
static void transpose_pairs(uint32_t *dst, const cdf_linear *lin, const cdf_kernels *k) {
  int half = lin->units / 2;
  uint32_t row[16 * CDF_LINEAR_MAX_UNITS / 2];
  for (int r0 = 0; r0 < lin->inputs; r0 += 16) {
    int n = cdf_min(16, lin->inputs - r0);
    k->bf16_pair_columns(row, lin->w + (size_t)r0 * lin->units, (size_t)lin->units, n, lin->units);
    for (int u = 0; u < half; u++)
      for (int r = 0; r < n; r++) dst[(size_t)u * lin->inputs + (size_t)(r0 + r)] = row[(size_t)r * half + u];
  }
}

void cdf_linear_pack(cdf_linear *lin, const cdf_kernels *k) {
  if (!lin->w_pairs) {
    transpose(lin->wt, lin->w, lin->inputs, lin->units);
  } else {
    k->bf16_pair_rows(lin->w_pairs, lin->w, (size_t)lin->units, lin->inputs, lin->units);
    transpose_pairs(lin->wt_pairs, lin, k);
  }
}

size_t cdf_linear_scratch_words(int m, int widest) { return (size_t)(m + 1) * (size_t)widest; }

void cdf_linear_forward(float *y, cdf_rows x, const cdf_linear *lin, int m, bool accumulate, const cdf_kernels *k) {
  size_t in = (size_t)lin->inputs, out = (size_t)lin->units;
  if (cdf_linear_is_bf16(lin))
    k->gemm_bf16(y, out, x.pairs, in / 2, 1, lin->w_pairs, out, m, lin->units, lin->inputs / 2, accumulate);
  else
    k->gemm(y, out, x.floats, in, 1, lin->w, out, m, lin->units, lin->inputs, accumulate);
}

void cdf_linear_backward_input(float *dx, cdf_rows dy, const cdf_linear *lin, int m, bool accumulate,
                               const cdf_kernels *k) {
  size_t in = (size_t)lin->inputs, out = (size_t)lin->units;
  if (cdf_linear_is_bf16(lin))
    k->gemm_bf16(dx, in, dy.pairs, out / 2, 1, lin->wt_pairs, in, m, lin->inputs, lin->units / 2, accumulate);
  else
    k->gemm(dx, in, dy.floats, out, 1, lin->wt, in, m, lin->inputs, lin->units, accumulate);
}

void cdf_linear_backward_weight(float *dw, cdf_rows dy, cdf_rows x, const cdf_linear *lin, int m, const cdf_kernels *k,
                                uint32_t *scratch) {
  size_t in = (size_t)lin->inputs, out = (size_t)lin->units;
  if (!cdf_linear_is_bf16(lin)) {
    k->gemm(dw, out, x.floats, 1, in, dy.floats, out, lin->inputs, lin->units, m, true);
    return;
  }
  int pairs = (m + 1) / 2;
  uint32_t *dy_pairs = scratch + (size_t)pairs * in;
  k->bf16_turn(scratch, x.pairs, m, lin->inputs);
  k->bf16_turn(dy_pairs, dy.pairs, m, lin->units);
  k->gemm_bf16(dw, out, scratch, 1, in, dy_pairs, out, lin->inputs, lin->units, pairs, true);
}
