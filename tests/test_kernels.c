/* test_kernels.c: every table this machine can run, against references in double. */
#include "../src/base/arena.h"
#include "../src/kernels/kernels.h"
#include "test.h"

#define MAX_N 192
#define MAX_M 192
#define MAX_DEPTH 160
#define LD (MAX_N + 16)
#define GUARD 12345.678f

static const cdf_kernels *table; /* under test */
static uint32_t noise_state = 1;

static float uniform(void) {
  noise_state = noise_state * 1664525u + 1013904223u;
  return (float)(noise_state >> 8) / 8388608.0f - 1.0f;
}

/* Values of mixed magnitudes, 1e-6 .. 1e6, and some zeros. */
static float varied(void) {
  static const float magnitudes[] = {1.0f, 1.0f, 1e-6f, 1e6f, 30.0f, 0.0f};
  float x = uniform();
  noise_state = noise_state * 1664525u + 1013904223u;
  return x * magnitudes[(noise_state >> 16) % 6];
}

static float *block(size_t n) { return cdf_aligned_zalloc(n * sizeof(float)); }

static float *varied_block(size_t n) {
  float *x = block(n);
  for (size_t i = 0; i < n; i++) x[i] = varied();
  return x;
}

static void fill(float *x, size_t n, float value) {
  for (size_t i = 0; i < n; i++) x[i] = value;
}

/* What lies in c beside the product must keep its guard. */
static int guards_hold(const float *c, int m, int n) {
  for (int i = 0; i < MAX_M + 2; i++)
    for (int j = 0; j < LD; j++)
      if ((i < 1 || i > m || j >= n) && c[i * LD + j] != GUARD) return 0;
  return 1;
}

static void check_gemm(const float *a, const float *b, float *c, float *again, int m, int n, int depth, bool transposed,
                       bool accumulate) {
  size_t a_row = transposed ? 1 : MAX_DEPTH + 3, a_col = transposed ? MAX_M + 5 : 1;
  fill(c, (size_t)(MAX_M + 2) * LD, GUARD);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) c[(i + 1) * LD + j] = accumulate ? (float)(i - j) : NAN;
  memcpy(again, c, (size_t)(MAX_M + 2) * LD * sizeof(float));
  table->gemm(c + LD, LD, a, a_row, a_col, b, LD, m, n, depth, accumulate);
  CHECK(guards_hold(c, m, n));
  double worst = 0;
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = accumulate ? i - j : 0, size = fabs(sum);
      for (int k = 0; k < depth; k++) {
        double product = (double)a[i * a_row + k * a_col] * b[(size_t)k * LD + j];
        sum += product;
        size += fabs(product);
      }
      double error = fabs(c[(i + 1) * LD + j] - sum) / ((depth + 2) * 6e-8 * size + 1e-30);
      if (!(error <= worst)) worst = error; /* takes NaN too */
    }
  }
  CHECK_NEAR(worst, 0, 1);
  /* Rows one by one, and columns 16 by 16, give the same bits. */
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j += CDF_LANES)
      table->gemm(again + (i + 1) * LD + j, LD, a + i * a_row, a_row, a_col, b + j, LD, 1, CDF_LANES, depth,
                  accumulate);
  CHECK(memcmp(c, again, (size_t)(MAX_M + 2) * LD * sizeof(float)) == 0);
}

static const int row_counts[] = {1, 2, 3, 5, 11, 12, 13, 15, 31, 128, 192};
static const int col_counts[] = {16, 32, 48, 96, 192};
static const int depths[] = {1, 2, 7, 16, 97, 160};
#define COUNT(x) ((int)(sizeof(x) / sizeof((x)[0])))

TEST(gemm) {
  float *a = varied_block((size_t)(MAX_M + 5) * (MAX_DEPTH + 3)), *b = varied_block((size_t)MAX_DEPTH * LD);
  float *c = block((size_t)(MAX_M + 2) * LD), *again = block((size_t)(MAX_M + 2) * LD);
  for (int m = 0; m < COUNT(row_counts); m++)
    for (int n = 0; n < COUNT(col_counts); n++)
      for (int d = 0; d < COUNT(depths); d++)
        for (int form = 0; form < 4; form++)
          check_gemm(a, b, c, again, row_counts[m], col_counts[n], depths[d], form & 1, form & 2);
  cdf_aligned_free(a);
  cdf_aligned_free(b);
  cdf_aligned_free(c);
  cdf_aligned_free(again);
}

/* Depth 0 is a sum of nothing. */
TEST(gemm_empty) {
  float *a = block(16), *b = block(16), *c = block(32);
  fill(c, 32, 3);
  table->gemm(c, 16, a, 1, 1, b, 16, 1, 16, 0, true);
  table->gemm(c + 16, 16, a, 1, 1, b, 16, 1, 16, 0, false);
  CHECK(c[0] == 3 && c[15] == 3 && c[16] == 0 && c[31] == 0);
  table->gemm(c, 16, a, 1, 1, b, 16, 0, 16, 1, false);
  CHECK(c[0] == 3);
  cdf_aligned_free(a);
  cdf_aligned_free(b);
  cdf_aligned_free(c);
}

static const cdf_activation activations[] = {CDF_ACT_IDENTITY, CDF_ACT_SILU, CDF_ACT_RELU,
                                             CDF_ACT_LEAKY,    CDF_ACT_TANH, CDF_ACT_SINE};

static double act(cdf_activation a, double u) {
  switch (a) {
    case CDF_ACT_IDENTITY:
      return u;
    case CDF_ACT_SILU:
      return u / (1 + exp(-u));
    case CDF_ACT_RELU:
      return u > 0 ? u : 0;
    case CDF_ACT_LEAKY:
      return u > 0 ? u : (double)0.2f * u;
    case CDF_ACT_TANH:
      return tanh(u);
    case CDF_ACT_SINE:
      return sin(u);
  }
  return NAN;
}

/* By a central difference, away from kinks. */
static double slope(cdf_activation a, double u) {
  double h = a == CDF_ACT_RELU || a == CDF_ACT_LEAKY ? 1e-9 : 1e-5;
  return (act(a, u + h) - act(a, u - h)) / (2 * h);
}

#define ROWS 37
#define COLS 96
#define STRIDE 112

typedef struct layer {
  float *g, *dy, *y, *dg, *scale, *shift, *dscale, *dshift, *saved;
} layer;

static layer layer_new(void) {
  layer l = {block(ROWS * STRIDE), block(ROWS * STRIDE), block(ROWS * STRIDE), block(ROWS * STRIDE), block(COLS),
             block(COLS),          block(COLS),          block(COLS),          block(2 * COLS)};
  for (int i = 0; i < ROWS * STRIDE; i++) {
    l.g[i] = uniform() * (i % 3 ? 3.0f : 20.0f);
    l.dy[i] = uniform();
    l.y[i] = l.dg[i] = GUARD;
  }
  for (int j = 0; j < COLS; j++) {
    l.scale[j] = 1 + 0.5f * uniform();
    l.shift[j] = uniform();
  }
  return l;
}

static void layer_free(layer *l) {
  cdf_aligned_free(l->g);
  cdf_aligned_free(l->dy);
  cdf_aligned_free(l->y);
  cdf_aligned_free(l->dg);
  cdf_aligned_free(l->scale);
  cdf_aligned_free(l->shift);
  cdf_aligned_free(l->dscale);
  cdf_aligned_free(l->dshift);
  cdf_aligned_free(l->saved);
}

static int layer_guards_hold(const float *x) {
  for (int i = 0; i < ROWS; i++)
    for (int j = COLS; j < STRIDE; j++)
      if (x[i * STRIDE + j] != GUARD) return 0;
  return 1;
}

TEST(affine_act) {
  for (int t = 0; t < 2 * COUNT(activations); t++) {
    cdf_activation a = activations[t / 2];
    layer l = layer_new();
    const float *scale = t & 1 ? l.scale : NULL;
    table->affine_act(l.y, l.g, scale, l.shift, a, ROWS, COLS, STRIDE);
    CHECK(layer_guards_hold(l.y));
    double worst = 0;
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLS; j++) {
        double g = l.g[i * STRIDE + j], u = scale ? scale[j] * g + l.shift[j] : g + l.shift[j];
        double want = act(a, u), error = fabs(l.y[i * STRIDE + j] - want) / (1e-6 + 5e-7 * fabs(u));
        if (!(error <= worst)) worst = error;
      }
    }
    CHECK_NEAR(worst, 0, 1);
    /* In place, row by row: the same bits. */
    for (int i = 0; i < ROWS; i++)
      table->affine_act(l.g + i * STRIDE, l.g + i * STRIDE, scale, l.shift, a, 1, COLS, STRIDE);
    for (int i = 0; i < ROWS; i++) CHECK(memcmp(l.g + i * STRIDE, l.y + i * STRIDE, COLS * sizeof(float)) == 0);
    layer_free(&l);
  }
}

TEST(affine_act_extremes) {
  static const float inputs[16] = {0,    1e-30f, -1e-30f, 88,    -88,    89,    -89,    120,
                                   -120, 1e4f,   -1e4f,   1e30f, -1e30f, 1e-3f, -1e-3f, 17};
  float *x = block(16), *shift = block(16), *y = block(16);
  memcpy(x, inputs, sizeof inputs);
  for (int t = 0; t < COUNT(activations); t++) {
    if (activations[t] == CDF_ACT_SINE) continue; /* mathx promises |x| <= 1000 */
    table->affine_act(y, x, NULL, shift, activations[t], 1, 16, 16);
    for (int j = 0; j < 16; j++)
      CHECK_NEAR(y[j], act(activations[t], x[j]), 1e-6 * fmin(1 + fabs(x[j]), fabs(act(activations[t], x[j])) + 1));
  }
  cdf_aligned_free(x);
  cdf_aligned_free(shift);
  cdf_aligned_free(y);
}

TEST(affine_act_backward) {
  for (int t = 0; t < 2 * COUNT(activations); t++) {
    cdf_activation a = activations[t / 2];
    layer l = layer_new();
    const float *scale = t & 1 ? l.scale : NULL;
    float *dscale = t & 1 ? l.dscale : NULL;
    fill(l.dscale, COLS, 5);
    fill(l.dshift, COLS, -7);
    table->affine_act_backward(l.dg, l.dy, l.g, scale, l.shift, dscale, l.dshift, a, ROWS, COLS, STRIDE);
    CHECK(layer_guards_hold(l.dg));
    double worst = 0, worst_sum = 0;
    for (int j = 0; j < COLS; j++) {
      double sum = -7, sum_g = 5, size = 7, size_g = 5;
      for (int i = 0; i < ROWS; i++) {
        double g = l.g[i * STRIDE + j], s = scale ? scale[j] : 1, u = s * g + l.shift[j];
        double du = l.dy[i * STRIDE + j] * slope(a, u);
        double error = fabs(l.dg[i * STRIDE + j] - du * s) / (2e-6 + 1e-6 * fabs(u));
        if (!(error <= worst)) worst = error;
        sum += du;
        sum_g += du * g;
        size += fabs(l.dy[i * STRIDE + j]) * (1 + fabs(u));
        size_g += fabs(l.dy[i * STRIDE + j] * g) * (1 + fabs(u));
      }
      double error = fabs(l.dshift[j] - sum) / (2e-6 * size);
      double error_g = scale ? fabs(l.dscale[j] - sum_g) / (2e-6 * size_g) : fabs(l.dscale[j] - 5.0);
      if (!(error <= worst_sum)) worst_sum = error;
      if (!(error_g <= worst_sum)) worst_sum = error_g;
    }
    CHECK_NEAR(worst, 0, 1);
    CHECK_NEAR(worst_sum, 0, 1);

    /* In two bands, onto dy and onto g: the same bits. */
    for (int onto_g = 0; onto_g < 2; onto_g++) {
      float *g = block(ROWS * STRIDE), *dy = block(ROWS * STRIDE), *ds = l.saved, *dh = l.saved + COLS;
      memcpy(g, l.g, ROWS * STRIDE * sizeof(float));
      memcpy(dy, l.dy, ROWS * STRIDE * sizeof(float));
      fill(ds, COLS, 5);
      fill(dh, COLS, -7);
      float *out = onto_g ? g : dy;
      size_t at = 11 * STRIDE;
      table->affine_act_backward(out, dy, g, scale, l.shift, dscale ? ds : NULL, dh, a, 11, COLS, STRIDE);
      table->affine_act_backward(out + at, dy + at, g + at, scale, l.shift, dscale ? ds : NULL, dh, a, ROWS - 11, COLS,
                                 STRIDE);
      for (int i = 0; i < ROWS; i++) CHECK(memcmp(out + i * STRIDE, l.dg + i * STRIDE, COLS * sizeof(float)) == 0);
      CHECK(memcmp(ds, l.dscale, COLS * sizeof(float)) == 0);
      CHECK(memcmp(dh, l.dshift, COLS * sizeof(float)) == 0);
      cdf_aligned_free(g);
      cdf_aligned_free(dy);
    }
    layer_free(&l);
  }
}

TEST(adam) {
  enum { N = 1003 };
  float *x = block(6 * N), *again = block(6 * N);
  float *p = x, *m = x + N, *v = x + 2 * N, *average = x + 3 * N, *g = x + 4 * N;
  for (int i = 0; i < N; i++) {
    p[i] = uniform();
    m[i] = 0.1f * uniform();
    v[i] = 0.01f * fabsf(uniform());
    average[i] = uniform();
    g[i] = uniform() * (i % 7 ? 1 : 1e-4f);
  }
  fill(x + 5 * N, N, GUARD);
  memcpy(again, x, 6 * N * sizeof(float));
  float gs = 0.7f, b1 = 0.9f, b2 = 0.999f, step = 3e-3f, eps = 1e-8f, ema = 0.99f;
  table->adam(p, m, v, average, g, N, gs, b1, b2, step, eps, ema);
  for (int i = 0; i < N; i++) {
    double gi = (double)g[i] * gs, mi = b1 * (double)again[N + i] + (1.0f - b1) * gi;
    double vi = b2 * (double)again[2 * N + i] + (1.0f - b2) * gi * gi, pi = again[i] - step * mi / (sqrt(vi) + eps);
    double ai = again[3 * N + i] + (1.0f - ema) * (pi - again[3 * N + i]);
    CHECK_NEAR(m[i], mi, 2e-7);
    CHECK_NEAR(v[i], vi, 2e-7);
    CHECK_NEAR(p[i], pi, 5e-7);
    CHECK_NEAR(average[i], ai, 5e-7);
    CHECK(x[5 * N + i] == GUARD);
  }
  /* In pieces of odd sizes: the same bits. */
  for (int i = 0, n; i < N; i += n) {
    n = cdf_min(1 + i % 37, N - i);
    table->adam(again + i, again + N + i, again + 2 * N + i, again + 3 * N + i, again + 4 * N + i, (size_t)n, gs, b1,
                b2, step, eps, ema);
  }
  CHECK(memcmp(x, again, 6 * N * sizeof(float)) == 0);
  cdf_aligned_free(x);
  cdf_aligned_free(again);
}

/* Nearest bfloat16, ties to even, as bits. */
static uint32_t bf16(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

static float bf16_value(uint32_t bits) {
  float x;
  bits <<= 16;
  memcpy(&x, &bits, 4);
  return x;
}

TEST(bf16_pairs) {
  if (!table->gemm_bf16) return;
  float *x = varied_block(33 * STRIDE);
  uint32_t *pairs = cdf_aligned_zalloc(34 * STRIDE * 4);
  x[0] = 1.00390625f, x[1] = 1.01171875f, x[2] = -1.00390625f; /* ties */
  for (int t = 0; t < 4; t++) {
    int m = t & 1 ? 33 : 8, n = t & 2 ? 96 : 16, half = n / 2, n_wrong = 0;
    memset(pairs, 0xab, 34 * STRIDE * 4);
    table->bf16_pair_columns(pairs, x, STRIDE, m, n);
    for (int i = 0; i < m; i++)
      for (int j = 0; j < half; j++)
        n_wrong += pairs[i * half + j] != (bf16(x[i * STRIDE + 2 * j]) | bf16(x[i * STRIDE + 2 * j + 1]) << 16);
    for (int i = m * half; i < 34 * STRIDE; i++) n_wrong += pairs[i] != 0xababababu;
    CHECK(n_wrong == 0);
    memset(pairs, 0xab, 34 * STRIDE * 4);
    table->bf16_pair_rows(pairs, x, STRIDE, m, n);
    for (int i = 0; i < m; i += 2)
      for (int j = 0; j < n; j++) {
        uint32_t second = i + 1 < m ? bf16(x[(i + 1) * STRIDE + j]) : 0;
        n_wrong += pairs[i / 2 * n + j] != (bf16(x[i * STRIDE + j]) | second << 16);
      }
    for (int i = (m + 1) / 2 * n; i < 34 * STRIDE; i++) n_wrong += pairs[i] != 0xababababu;
    CHECK(n_wrong == 0);
  }
  cdf_aligned_free(x);
  cdf_aligned_free(pairs);
}

/* The same pairs as in two passes, and the same sums. */
TEST(bf16_fused) {
  if (!table->gemm_bf16) return;
  enum { MOST = 35, WORDS = MOST * 96 };
  float *x = varied_block(MOST * STRIDE), *g = varied_block(MOST * STRIDE), *y = varied_block(MOST * STRIDE);
  float *scale = varied_block(STRIDE), *shift = varied_block(STRIDE);
  uint32_t *pairs = cdf_aligned_zalloc(WORDS * 4), *rows = cdf_aligned_zalloc(WORDS * 4),
           *expected = cdf_aligned_zalloc(WORDS * 4);
  for (int t = 0; t < 8; t++) {
    int m = t & 1 ? MOST : 8, n = t & 2 ? 80 : 64;
    bool scaled = t & 4;
    for (cdf_activation act = CDF_ACT_IDENTITY; act <= CDF_ACT_SINE; act++) {
      float sums[2][2][96] = {{{0}}};
      for (int j = 0; j < 96; j++) sums[0][0][j] = -0.0f; /* plus this even a negative zero stays what it is */
      table->affine_act(y, x, NULL, sums[0][0], act, m, n, STRIDE);
      table->bf16_pair_columns(expected, y, STRIDE, m, n);
      table->bf16_act(pairs, x, act, m, n, STRIDE);
      CHECK(memcmp(pairs, expected, (size_t)(m * n / 2) * 4) == 0);
      table->bf16_pair_rows(expected, y, STRIDE, m, n);
      table->bf16_turn(rows, pairs, m, n);
      CHECK(memcmp(rows, expected, (size_t)((m + 1) / 2 * n) * 4) == 0);
      for (int i = 0; i < 2; i++) memcpy(sums[i], shift, sizeof sums[i][0]);
      table->affine_act_backward(y, x, g, scaled ? scale : NULL, shift, scaled ? sums[0][1] : NULL, sums[0][0], act, m,
                                 n, STRIDE);
      table->bf16_pair_columns(expected, y, STRIDE, m, n);
      table->bf16_affine_act_backward(pairs, x, g, scaled ? scale : NULL, shift, scaled ? sums[1][1] : NULL, sums[1][0],
                                      act, m, n, STRIDE);
      CHECK(memcmp(pairs, expected, (size_t)(m * n / 2) * 4) == 0);
      CHECK(memcmp(sums[0], sums[1], sizeof sums[0]) == 0);
    }
  }
  float *blocks[] = {x, g, y, scale, shift};
  for (int i = 0; i < 5; i++) cdf_aligned_free(blocks[i]);
  cdf_aligned_free(pairs), cdf_aligned_free(rows), cdf_aligned_free(expected);
}

static void check_gemm_bf16(const uint32_t *a, const uint32_t *b, float *c, float *again, int m, int n, int pairs,
                            bool transposed, bool accumulate) {
  size_t a_row = transposed ? 1 : MAX_DEPTH + 3, a_col = transposed ? MAX_M + 5 : 1;
  fill(c, (size_t)(MAX_M + 2) * LD, GUARD);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) c[(i + 1) * LD + j] = accumulate ? (float)(i - j) : NAN;
  memcpy(again, c, (size_t)(MAX_M + 2) * LD * sizeof(float));
  table->gemm_bf16(c + LD, LD, a, a_row, a_col, b, LD, m, n, pairs, accumulate);
  CHECK(guards_hold(c, m, n));
  double worst = 0;
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = accumulate ? i - j : 0, size = fabs(sum);
      for (int k = 0; k < pairs; k++) {
        uint32_t x = a[i * a_row + k * a_col], y = b[(size_t)k * LD + j];
        double low = (double)bf16_value(x & 0xffff) * bf16_value(y & 0xffff),
               high = (double)bf16_value(x >> 16) * bf16_value(y >> 16);
        sum += low + high;
        size += fabs(low) + fabs(high);
      }
      double error = fabs(c[(i + 1) * LD + j] - sum) / ((2 * pairs + 2) * 6e-8 * size + 1e-30);
      if (!(error <= worst)) worst = error;
    }
  }
  CHECK_NEAR(worst, 0, 1);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j += CDF_LANES)
      table->gemm_bf16(again + (i + 1) * LD + j, LD, a + i * a_row, a_row, a_col, b + j, LD, 1, CDF_LANES, pairs,
                       accumulate);
  CHECK(memcmp(c, again, (size_t)(MAX_M + 2) * LD * sizeof(float)) == 0);
}

TEST(gemm_bf16) {
  CHECK(!table->gemm_bf16 == !table->bf16_pair_columns && !table->gemm_bf16 == !table->bf16_pair_rows);
  if (!table->gemm_bf16) return;
  size_t a_size = (size_t)(MAX_M + 5) * (MAX_DEPTH + 3), b_size = (size_t)MAX_DEPTH * LD;
  uint32_t *a = cdf_aligned_zalloc(a_size * 4), *b = cdf_aligned_zalloc(b_size * 4);
  for (size_t i = 0; i < a_size; i++) a[i] = bf16(varied()) | bf16(varied()) << 16;
  for (size_t i = 0; i < b_size; i++) b[i] = bf16(varied()) | bf16(varied()) << 16;
  float *c = block((size_t)(MAX_M + 2) * LD), *again = block((size_t)(MAX_M + 2) * LD);
  for (int m = 0; m < COUNT(row_counts); m++)
    for (int n = 0; n < COUNT(col_counts); n++)
      for (int d = 0; d < COUNT(depths); d++)
        for (int form = 0; form < 4; form++)
          check_gemm_bf16(a, b, c, again, row_counts[m], col_counts[n], depths[d], form & 1, form & 2);
  cdf_aligned_free(a);
  cdf_aligned_free(b);
  cdf_aligned_free(c);
  cdf_aligned_free(again);
}

TEST(dispatch) {
  const cdf_kernels *const *tables = cdf_kernels_supported();
  CHECK(cdf_kernels_best() == tables[0]);
  CHECK(cdf_kernels_named("portable") == &cdf_kernels_portable);
  CHECK(cdf_kernels_named("nonsense") == NULL);
  for (; *tables; tables++) CHECK(cdf_kernels_named((*tables)->name) == *tables);
}

int main(void) {
  RUN(dispatch);
  for (const cdf_kernels *const *tables = cdf_kernels_supported(); *tables; tables++) {
    table = *tables;
    printf("%s:\n", table->name);
    RUN(gemm);
    RUN(gemm_empty);
    RUN(affine_act);
    RUN(affine_act_extremes);
    RUN(affine_act_backward);
    RUN(adam);
    RUN(bf16_pairs);
    RUN(bf16_fused);
    RUN(gemm_bf16);
  }
  return test_report();
}
