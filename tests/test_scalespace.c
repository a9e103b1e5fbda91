/* test_scalespace.c: the blur levels against their definition in double. */
#include "../src/plane/scalespace.h"

#include <stdlib.h>

#include "../src/base/rng.h"
#include "test.h"

static float *floats(size_t n) { return calloc(n, sizeof(float)); }

static float *noise(size_t n, uint32_t stream) {
  float *x = floats(n);
  cdf_rng_normal_fill(x, n, 42, (cdf_counter){{0, 0, stream, 1}});
  return x;
}

TEST(level_constants) {
  CHECK(cdf_level_sigma(0) == 0.0f && cdf_level_noise(0) == 1.0f);
  for (int l = 1; l < CDF_MAX_LEVELS; l++) {
    double sigma = 0.9 * pow(2, l - 1);
    CHECK_NEAR(cdf_level_sigma(l), sigma, 1e-5 * sigma);
    CHECK_NEAR(cdf_level_noise(l), 1 / (2 * sqrt(3.14159265358979) * sigma), 1e-6);
  }
}

TEST(level_0_is_a_copy) {
  float *src = noise(5 * 9, 1), dst[45], scratch[45];
  cdf_scalespace_blur(dst, src, scratch, 5, 9, 0, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
  CHECK(memcmp(dst, src, sizeof dst) == 0);
  free(src);
}

/* Normalised convolution, written down: sum of w(dx) w(dy) src over the cells that exist, over the sum of weights. */
static double definition(const float *src, int width, int height, int level, int x, int y) {
  double sigma = 0.9 * pow(2, level - 1), sum = 0, mass = 0;
  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++) {
      double w = exp(-0.5 * ((i - x) * (i - x) + (j - y) * (j - y)) / (sigma * sigma));
      sum += w * src[j * width + i], mass += w;
    }
  return sum / mass;
}

/* The kernel ends at three deviations, so a thousandth of its mass is missing. */
TEST(blur_is_its_definition_at_every_size) {
  static const int sizes[][2] = {{1, 1}, {3, 7}, {7, 3}, {1, 12}, {12, 1}, {16, 16}, {28, 20}};
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    int w = sizes[s][0], h = sizes[s][1];
    size_t n = (size_t)w * (size_t)h;
    float *src = noise(n, 2), *dst = floats(n), *scratch = floats(n);
    for (int level = 1; level < CDF_MAX_LEVELS; level++) {
      double worst = 0;
      for (size_t i = 0; i < n; i++) dst[i] = scratch[i] = NAN; /* old contents must not matter */
      cdf_scalespace_blur(dst, src, scratch, w, h, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
      for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
          double error = fabs(dst[y * w + x] - definition(src, w, h, level, x, y));
          if (!(error <= worst)) worst = error;
        }
      CHECK_NEAR(worst, 0, 1.5e-3);
    }
    free(src), free(dst), free(scratch);
  }
}

TEST(a_constant_stays_constant_up_to_the_border) {
  static const int sizes[][2] = {{1, 1}, {3, 7}, {40, 24}};
  for (int s = 0; s < 3; s++) {
    int w = sizes[s][0], h = sizes[s][1];
    size_t n = (size_t)w * (size_t)h;
    float *src = floats(n), *dst = floats(n), *scratch = floats(n);
    for (size_t i = 0; i < n; i++) src[i] = -0.7f;
    for (int level = 0; level < CDF_MAX_LEVELS; level++) {
      cdf_scalespace_blur(dst, src, scratch, w, h, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
      for (size_t i = 0; i < n; i++) CHECK_NEAR(dst[i], -0.7, 2e-6);
    }
    free(src), free(dst), free(scratch);
  }
}

/* A torus is a tiling, seen in one tile; also of tiles smaller than the kernel. */
TEST(wrapped_is_tiled) {
  enum { W = 5, H = 4, TIMES = 15, LEVEL = 3 };
  float *tile = floats(W * H), *tiles = floats(W * H * TIMES * TIMES), *dst = floats(W * H * TIMES * TIMES),
        *scratch = floats(W * H * TIMES * TIMES), *wrapped = floats(W * H);
  cdf_rng_normal_fill(tile, W * H, 8, (cdf_counter){{0, 0, 0, 0}});
  for (int y = 0; y < H * TIMES; y++)
    for (int x = 0; x < W * TIMES; x++) tiles[y * W * TIMES + x] = tile[y % H * W + x % W];
  for (int level = 1; level <= LEVEL; level++) {
    cdf_scalespace_blur(dst, tiles, scratch, W * TIMES, H * TIMES, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
    cdf_scalespace_blur(wrapped, tile, scratch, W, H, level, CDF_BORDER_WRAPS, CDF_BORDER_WRAPS);
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) CHECK_NEAR(wrapped[y * W + x], dst[(y + 7 * H) * W * TIMES + x + 7 * W], 1e-6);
  }
  free(tile), free(tiles), free(dst), free(scratch), free(wrapped);
}

/* A cylinder goes round along one axis and ends along the other: the tiles stand in one row, or in one column. */
static void check_cylinder(bool across) {
  enum { W = 5, H = 4, TIMES = 15, LEVEL = 3 };
  int w = across ? W * TIMES : W, h = across ? H : H * TIMES;
  float tile[W * H], wrapped[W * H], scratch[W * H * TIMES], tiles[W * H * TIMES], dst[W * H * TIMES];
  cdf_rng_normal_fill(tile, W * H, 9, (cdf_counter){{0, 0, 0, 0}});
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) tiles[y * w + x] = tile[y % H * W + x % W];
  for (int level = 1; level <= LEVEL; level++) {
    cdf_scalespace_blur(dst, tiles, scratch, w, h, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
    cdf_scalespace_blur(wrapped, tile, scratch, W, H, level, across ? CDF_BORDER_WRAPS : CDF_BORDER_ENDS,
                        across ? CDF_BORDER_ENDS : CDF_BORDER_WRAPS);
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++)
        CHECK_NEAR(wrapped[y * W + x], dst[(across ? y : y + 7 * H) * w + (across ? x + 7 * W : x)], 1e-6);
  }
}

TEST(a_cylinder_is_tiled_along_one_axis) {
  check_cylinder(true);
  check_cylinder(false);
}

/* An impulse in the interior: sums to one, symmetric, second moment sigma^2, energy that of cdf_level_noise. */
/* The patches of a model that sees far, with what they look at around them, are wider than a lattice may be: the same
 * row three times over, going round, is blurred as it is alone. */
TEST(a_plane_may_be_wider_than_a_lattice) {
  enum { N = 250, ROWS = 2, TIMES = 3 };
  float *one = noise(N * ROWS, 7), *blurred = floats(N * ROWS), *scratch = floats(TIMES * N * ROWS);
  float *wide = floats(TIMES * N * ROWS), *out = floats(TIMES * N * ROWS);
  for (int i = 0; i < TIMES * N * ROWS; i++) wide[i] = one[i / (TIMES * N) * N + i % N];
  for (int l = 1; l < CDF_MAX_LEVELS; l++) {
    cdf_scalespace_blur(blurred, one, scratch, N, ROWS, l, CDF_BORDER_WRAPS, CDF_BORDER_ENDS);
    cdf_scalespace_blur(out, wide, scratch, TIMES * N, ROWS, l, CDF_BORDER_WRAPS, CDF_BORDER_ENDS);
    for (int i = 0; i < TIMES * N * ROWS; i++) CHECK(out[i] == blurred[i / (TIMES * N) * N + i % N]);
  }
  free(one), free(blurred), free(scratch), free(wide), free(out);
}

TEST(impulse_response) {
  enum { W = 181, H = 179, CX = 90, CY = 89 };
  float *src = floats(W * H), *dst = floats(W * H), *scratch = floats(W * H);
  src[CY * W + CX] = 1.0f;
  for (int level = 1; level <= 5; level++) { /* level 5 reaches 44 cells, whose own 44 must all exist */
    cdf_scalespace_blur(dst, src, scratch, W, H, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
    double sum = 0, energy = 0, moment = 0, sigma = cdf_level_sigma(level);
    int lopsided = 0;
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        double v = dst[y * W + x];
        int dx = x - CX, dy = y - CY;
        sum += v, energy += v * v, moment += v * dx * dx;
        if (dx >= -CY && dx <= CY) { /* mirrored across both axes and the diagonal */
          double bound = 1e-6 * dst[CY * W + CX];
          lopsided += fabs(v - dst[y * W + CX - dx]) > bound || fabs(v - dst[(CY - dy) * W + x]) > bound ||
                      fabs(v - dst[(CY + dx) * W + CX + dy]) > bound;
        }
      }
    CHECK(lopsided == 0);
    CHECK_NEAR(sum, 1, 1e-5);
    CHECK_NEAR(sqrt(moment), sigma, 0.02 * sigma);
    CHECK_NEAR(sqrt(energy), cdf_level_noise(level), 0.01 * cdf_level_noise(level));
  }
  free(src), free(dst), free(scratch);
}

TEST(blurred_noise_has_the_deviation_it_should) {
  enum { N = 192, PLANES = 4 };
  static const double tolerance[] = {0.02, 0.03, 0.05, 0.08};
  float *dst = floats(N * N), *scratch = floats(N * N);
  for (int level = 0; level < 4; level++) {
    int margin = 4 * (1 << level), count = 0;
    double square = 0;
    for (uint32_t plane = 0; plane < PLANES; plane++) {
      float *src = noise(N * N, 100 + plane);
      cdf_scalespace_blur(dst, src, scratch, N, N, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
      free(src);
      for (int y = margin; y < N - margin; y++)
        for (int x = margin; x < N - margin; x++, count++) square += (double)dst[y * N + x] * dst[y * N + x];
    }
    double expected = cdf_level_noise(level);
    CHECK_NEAR(sqrt(square / count), expected, tolerance[level] * expected);
  }
  free(dst), free(scratch);
}

TEST(blur_is_linear_and_keeps_ramps) {
  enum { W = 48, H = 40 };
  float *src = floats(W * H), *dst = floats(W * H), *scratch = floats(W * H);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) src[y * W + x] = 0.03f * (float)x - 0.02f * (float)y + 0.1f;
  for (int level = 1; level <= 3; level++) {
    int reach = (int)(3 * cdf_level_sigma(level)) + 1;
    cdf_scalespace_blur(dst, src, scratch, W, H, level, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
    for (int y = reach; y < H - reach; y++)
      for (int x = reach; x < W - reach; x++) CHECK_NEAR(dst[y * W + x], src[y * W + x], 1e-5);
    CHECK(dst[0] > src[0] - 0.02f * 4); /* at the border the mass lies inside: pulled along the ramp */
    CHECK(dst[(H / 2) * W] > src[(H / 2) * W] && dst[(H / 2) * W + W - 1] < src[(H / 2) * W + W - 1]);
  }
  free(src), free(dst), free(scratch);
}

int main(void) {
  RUN(level_constants);
  RUN(level_0_is_a_copy);
  RUN(blur_is_its_definition_at_every_size);
  RUN(a_constant_stays_constant_up_to_the_border);
  RUN(wrapped_is_tiled);
  RUN(a_cylinder_is_tiled_along_one_axis);
  RUN(a_plane_may_be_wider_than_a_lattice);
  RUN(impulse_response);
  RUN(blurred_noise_has_the_deviation_it_should);
  RUN(blur_is_linear_and_keeps_ramps);
  return test_report();
}
