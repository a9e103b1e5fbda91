/* test_featurize.c: feature and conditioning rows against formulas written out here. */
#include "../src/denoise/featurize.h"

#include <stdlib.h>

#include "../src/base/rng.h"
#include "../src/plane/scalespace.h"
#include "test.h"

#define PI 3.14159265358979

static float *floats(size_t n) { return calloc(n, sizeof(float)); }

static cdf_config config(int channels, int width, int height, int n_levels) {
  cdf_config c = {.channels = channels,
                  .lattice_width = width,
                  .lattice_height = height,
                  .stride = 1,
                  .n_levels = n_levels,
                  .tap_radius = {2, 1, 1, 3},
                  .coordinates = CDF_COORDINATES_BOTH,
                  .coord_octaves = 2,
                  .cond_hidden = 16,
                  .timesteps = 10,
                  .sigma_data = 0.5f,
                  .level_sd = {0.5f, 0.4f, 0.3f, 0.2f},
                  .hidden = 16,
                  .n_layers = 1};
  return c;
}

static double level_scale(const cdf_config *c, int l, double sigma) {
  if (c->target == CDF_TARGET_PREVIOUS) return 1;
  if (c->scaling == CDF_SCALING_GLOBAL) return 1 / sqrt(0.5 * 0.5 + sigma * sigma);
  double sd = c->level_sd[l], nu = l == 0 ? 1 : 1 / (2 * sqrt(PI) * 0.9 * pow(2, l - 1));
  return 1 / sqrt(sd * sd + sigma * nu * sigma * nu);
}

TEST(widths) {
  cdf_config c = config(3, 16, 16, 4);
  CHECK(cdf_features_width(&c) == 288); /* 3 (25 + 9 + 9 + 49) + 2 (1 + 4) = 286 */
  c.cond_hidden = 0, c.coord_octaves = 1;
  CHECK(cdf_features_width(&c) == 288); /* 276 + 6 + 1 for time = 283 */
  c.coordinates = CDF_COORDINATES_NONE;
  CHECK(cdf_features_width(&c) == 288); /* 277: octaves without coordinates are nothing */
  c.channels = 1, c.n_levels = 1, c.tap_radius[0] = 0;
  CHECK(cdf_features_width(&c) == 16 && cdf_features_cond_width(&c) == 0);
  c.tap_radius[0] = 2, c.n_levels = 1;
  CHECK(cdf_features_width(&c) == 32);
  c.cond_hidden = 16;
  CHECK(cdf_features_cond_width(&c) == 32); /* 1 + 16 */
  c.n_classes = 10, c.thumbnail = 8, c.channels = 3;
  CHECK(cdf_features_cond_width(&c) == 224); /* 192 + 11 + 16 = 219 */
}

/* A ramp a + b x + c y, which every blur leaves alone in the interior: so each tap's value tells where it was read. */
static double ramp(int ch, double x, double y) { return 0.25 * ch + 0.010 * x - 0.007 * y; }

static void check_taps_on_ramp(cdf_scaling scaling, cdf_target target) {
  enum { W = 60, H = 52 };
  cdf_config c = config(2, W, H, 3);
  c.scaling = (int)scaling, c.target = (int)target;
  float *state = floats(2 * W * H), *context = floats(2 * W * H), *block = floats(cdf_features_floats(&c, NULL)),
        row[112];
  for (int ch = 0; ch < 2; ch++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        context[(ch * H + y) * W + x] = (float)ramp(ch, x, y);
        state[(ch * H + y) * W + x] = (float)(3 - ramp(ch, x, y)); /* level 0 alone reads this */
      }
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  cdf_features_prepare(&f, state, context, 0.8f, 0.33f);
  CHECK(cdf_features_width(&c) == 96); /* 2 (25 + 9 + 9) + 10 */
  for (int y = 14; y <= H - 14; y += 6)
    for (int x = 14; x <= W - 14; x += 5) {
      const float *in = row;
      for (int i = 0; i < 112; i++) row[i] = NAN;
      cdf_features_gather(row, &f, x, y);
      for (int l = 0; l < 3; l++) {
        int r = c.tap_radius[l], step = 1 << l;
        for (int ch = 0; ch < 2; ch++)
          for (int j = -r; j <= r; j++)
            for (int i = -r; i <= r; i++) {
              double v = ramp(ch, x + i * step, y + j * step);
              CHECK_NEAR(*in++, (l == 0 ? 3 - v : v) * level_scale(&c, l, 0.8), 2e-5);
            }
      }
      for (int axis = 0; axis < 2; axis++) {
        double u = axis == 0 ? (2.0 * x + 1) / W - 1 : (2.0 * y + 1) / H - 1;
        CHECK_NEAR(*in++, u, 1e-6);
        for (int k = 0; k < 2; k++) {
          CHECK_NEAR(*in++, sin(PI * (1 << k) * u), 2e-6);
          CHECK_NEAR(*in++, cos(PI * (1 << k) * u), 2e-6);
        }
      }
      CHECK(in == row + 96 && isnan(row[96])); /* exactly full, and not a float more */
    }
  free(state), free(context), free(block);
}

TEST(taps_in_reading_order) {
  check_taps_on_ramp(CDF_SCALING_LEVEL, CDF_TARGET_EDM);
  check_taps_on_ramp(CDF_SCALING_GLOBAL, CDF_TARGET_EDM);
  check_taps_on_ramp(CDF_SCALING_GLOBAL, CDF_TARGET_PREVIOUS);
}

/* Every cell of a small lattice, all levels. */
static void check_taps_outside(int coordinates) {
  enum { W = 9, H = 5, L = 4 };
  cdf_config c = config(2, W, H, L);
  bool x_ends = coordinates == CDF_COORDINATES_X || coordinates == CDF_COORDINATES_BOTH;
  bool y_ends = coordinates == CDF_COORDINATES_Y || coordinates == CDF_COORDINATES_BOTH;
  c.coordinates = coordinates, c.coord_octaves = 0, c.cond_hidden = 0;
  size_t n = 2 * W * H;
  float *z = floats(n), *block = floats(cdf_features_floats(&c, NULL)), plane[L][2][W * H], scratch[W * H];
  cdf_rng_normal_fill(z, n, 3, (cdf_counter){{0, 0, 0, 0}});
  for (int l = 0; l < L; l++)
    for (int ch = 0; ch < 2; ch++)
      cdf_scalespace_blur(plane[l][ch], z + ch * W * H, scratch, W, H, l, x_ends ? CDF_BORDER_ENDS : CDF_BORDER_WRAPS,
                          y_ends ? CDF_BORDER_ENDS : CDF_BORDER_WRAPS);
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  cdf_features_prepare(&f, z, z, 1.7f, -0.6f);
  float row[192];
  CHECK(cdf_features_width(&c) == 192); /* 2 (25 + 9 + 9 + 49) + 1 = 185, and perhaps x and y */
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      const float *in = row;
      for (int i = 0; i < 192; i++) row[i] = NAN;
      cdf_features_gather(row, &f, x, y);
      for (int l = 0; l < L; l++)
        for (int ch = 0; ch < 2; ch++)
          for (int j = -c.tap_radius[l]; j <= c.tap_radius[l]; j++)
            for (int i = -c.tap_radius[l]; i <= c.tap_radius[l]; i++) {
              int column = x + i * (1 << l), line = y + j * (1 << l);
              column = !x_ends ? (column + 8 * W) % W : column < 0 ? 0 : column >= W ? W - 1 : column;
              line = !y_ends ? (line + 8 * H) % H : line < 0 ? 0 : line >= H ? H - 1 : line;
              CHECK_NEAR(*in++, plane[l][ch][line * W + column] * level_scale(&c, l, 1.7), 1e-5);
            }
      if (x_ends) CHECK_NEAR(*in++, (2.0 * x + 1) / W - 1, 1e-6);
      if (y_ends) CHECK_NEAR(*in++, (2.0 * y + 1) / H - 1, 1e-6);
      CHECK(*in++ == -0.6f); /* time, where there is no conditioning network */
      while (in < row + 192) CHECK(*in++ == 0.0f);
    }
  free(z), free(block);
}

TEST(taps_outside_read_the_border) { check_taps_outside(CDF_COORDINATES_BOTH); }

TEST(without_coordinates_they_read_the_other_side) { check_taps_outside(CDF_COORDINATES_NONE); }

TEST(each_axis_has_its_own_border_and_coordinate) {
  check_taps_outside(CDF_COORDINATES_X);
  check_taps_outside(CDF_COORDINATES_Y);
}

/* The one cell that is farthest within reach is felt, its neighbour is not. */
static void check_reach(const cdf_config *config, int expected) {
  enum { N = 101 };
  cdf_config c = *config;
  int reach = cdf_features_reach(&c), width = cdf_features_width(&c);
  CHECK(reach == expected);
  float *z = floats(N * N), *block = floats(cdf_features_floats(&c, NULL)), before[128], after[128];
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  for (int away = reach; away <= reach + 1; away++) {
    memset(z, 0, sizeof(float) * N * N);
    cdf_features_prepare(&f, z, z, 1.0f, 0.0f);
    cdf_features_gather(before, &f, 50, 50);
    z[50 * N + 50 + away] = 1.0f;
    cdf_features_prepare(&f, z, z, 1.0f, 0.0f);
    cdf_features_gather(after, &f, 50, 50);
    CHECK((memcmp(before, after, sizeof(float) * (size_t)width) != 0) == (away == reach));
  }
  free(z), free(block);
}

TEST(reach_is_as_far_as_a_row_looks) {
  cdf_config c = config(1, 101, 101, 4);
  c.tap_radius[3] = 1;
  check_reach(&c, 19); /* level 3: three deviations of 3.6 cells, rounded up, and a tap 8 cells away */
  c.scaling = CDF_SCALING_BAND, c.tap_radius[3] = 0, c.tap_radius[2] = 2;
  check_reach(&c, 19); /* band 2 is less level 3: 11 cells, and a tap 8 cells away */
}

/* Mean square of planes [C][N][N] away from the border, where normalised convolution averages over fewer cells. */
enum { N = 128, MARGIN = 12, CHANNELS = 4 };
static double interior_square(const float *planes) {
  double square = 0;
  for (int ch = 0; ch < CHANNELS; ch++)
    for (int y = MARGIN; y < N - MARGIN; y++)
      for (int x = MARGIN; x < N - MARGIN; x++) square += pow(planes[(ch * N + y) * N + x], 2);
  return square / (CHANNELS * (N - 2 * MARGIN) * (N - 2 * MARGIN));
}

/* Data of known deviations plus noise: every level or band of the features has unit variance, at every noise level. */
static void check_unit_variance(cdf_scaling scaling) {
  enum { L = 4, SIZE = CHANNELS * N * N };
  static const double tolerance[L] = {0.02, 0.04, 0.07, 0.15}; /* coarse levels have few independent cells */
  cdf_config c = config(CHANNELS, N, N, L);
  c.scaling = (int)scaling;
  float *data = floats(SIZE), *z = floats(SIZE), *white = floats(SIZE), *scratch = floats(N * N);
  float *block = floats(cdf_features_floats(&c, NULL));
  cdf_rng_normal_fill(white, SIZE, 5, (cdf_counter){{0, 0, 1, 0}});
  for (int ch = 0; ch < CHANNELS; ch++)
    cdf_scalespace_blur(data + ch * N * N, white + ch * N * N, scratch, N, N, 2, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
  for (int i = 0; i < SIZE; i++) data[i] *= 4.0f; /* smooth "pictures" of a deviation near 0.6 */
  for (int l = 0; l < L; l++) {
    for (int ch = 0; ch < CHANNELS; ch++) {
      float *plane = z + ch * N * N, *next = white + ch * N * N; /* that noise is no longer needed */
      cdf_scalespace_blur(plane, data + ch * N * N, scratch, N, N, l, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
      cdf_scalespace_blur(next, data + ch * N * N, scratch, N, N, l + 1, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
      for (int i = 0; i < N * N && scaling == CDF_SCALING_BAND && l + 1 < L; i++) plane[i] -= next[i];
    }
    c.level_sd[l] = (float)sqrt(interior_square(z));
  }
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  cdf_rng_normal_fill(white, SIZE, 5, (cdf_counter){{0, 0, 2, 0}});
  static const float sigmas[] = {0.01f, 0.3f, 1.0f, 4.0f, 80.0f};
  for (int s = 0; s < 5; s++) {
    for (int i = 0; i < SIZE; i++) z[i] = data[i] + sigmas[s] * white[i];
    cdf_features_prepare(&f, z, z, sigmas[s], 0);
    for (int l = 0; l < L; l++) CHECK_NEAR(interior_square(f.planes + l * SIZE), 1, tolerance[l]);
  }
  free(data), free(z), free(white), free(scratch), free(block);
}

TEST(levels_have_unit_variance) { check_unit_variance(CDF_SCALING_LEVEL); }

TEST(bands_have_unit_variance) { check_unit_variance(CDF_SCALING_BAND); }

TEST(conditioning_row) {
  enum { W = 32, H = 24, T = 4, CLASSES = 3 };
  cdf_config c = config(2, W, H, 6);
  c.thumbnail = T, c.n_classes = CLASSES;
  float *z = floats(2 * W * H), *block = floats(cdf_features_floats(&c, NULL)), row[80];
  cdf_rng_normal_fill(z, 2 * W * H, 11, (cdf_counter){{0, 0, 0, 0}});
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  static const float sigmas[] = {0.0f, 0.01f, 0.7f, 80.0f};
  for (int s = 0; s < 4; s++) {
    float sigma = sigmas[s];
    float time = 0.25f * logf(sigma > 0 ? sigma : 1e-6f);
    cdf_features_prepare(&f, z, z, sigma, time);
    for (int label = -1; label < CLASSES; label++) {
      for (int i = 0; i < 80; i++) row[i] = NAN;
      cdf_features_cond(row, &f, label);
      const float *in = row;
      /* Spacing 32 / 4 = 8 cells: the finest level below 0.6 * 8 = 4.8 is level 3, of 3.6 cells; the next has 7.2. */
      for (int ch = 0; ch < 2; ch++)
        for (int j = 0; j < T; j++)
          for (int i = 0; i < T; i++) { /* sample points 3.5, 11.5, .. and 2.5, 8.5, .. lie amid four cells */
            const float *p = f.planes + W * H * (2 * 3 + ch) + (2 + 6 * j) * W + 3 + 8 * i;
            CHECK_NEAR(*in++, 0.25 * ((double)p[0] + p[1] + p[W] + p[W + 1]), 1e-6);
          }
      for (int k = 0; k <= CLASSES; k++) CHECK(*in++ == (k == (label < 0 ? CLASSES : label) ? 1.0f : 0.0f));
      double phase = time;
      for (int k = 1; k <= CDF_COND_FREQUENCIES; k++) {
        CHECK_NEAR(*in++, sin(phase * 0.5 * k * PI), 4e-6);
        CHECK_NEAR(*in++, cos(phase * 0.5 * k * PI), 4e-6);
      }
      CHECK(in == row + 52); /* 32 + 4 + 16 */
      for (; in < row + 64; in++) CHECK(*in == 0.0f);
      CHECK(cdf_features_cond_width(&c) == 64 && isnan(row[64]));
    }
  }
  free(z), free(block);
}

/* The smaller the spacing of the thumbnail, the finer the level that it reads. */
TEST(thumbnail_level) {
  enum { W = 40 };
  static const int sides[][2] = {{10, 2}, {4, 3}, {2, 4}}; /* 0.6 * 40 / side = 2.4, 6, 12 cells */
  cdf_config c = config(1, W, W, 6);
  c.thumbnail = sides[0][0]; /* the largest */
  float *z = floats(W * W), *block = floats(cdf_features_floats(&c, NULL)), row[128];
  cdf_rng_normal_fill(z, W * W, 12, (cdf_counter){{0, 0, 0, 0}});
  cdf_features f;
  for (int k = 0; k < 3; k++) {
    c.thumbnail = sides[k][0];
    cdf_features_init(&f, &c, NULL, block);
    cdf_features_prepare(&f, z, z, 1.0f, 0);
    cdf_features_cond(row, &f, -1);
    int at = W / sides[k][0] / 2 - 1; /* the first sample lies amid the cells at and at + 1, both ways */
    const float *p = f.planes + W * W * sides[k][1] + at * W + at;
    CHECK_NEAR(row[0], 0.25 * ((double)p[0] + p[1] + p[W] + p[W + 1]), 1e-6);
  }
  free(z), free(block);
}

/* The thumbnail of a model that reads bands is of the level itself. */
TEST(thumbnail_of_bands) {
  enum { W = 40 };
  cdf_config c = config(2, W, W, 4), levels = c;
  c.thumbnail = levels.thumbnail = 10;
  c.scaling = CDF_SCALING_BAND, levels.level_sd[2] = c.sigma_data; /* the level that it reads */
  float *z = floats(2 * W * W), *block = floats(cdf_features_floats(&c, NULL)), row[224], other[224];
  cdf_rng_normal_fill(z, 2 * W * W, 13, (cdf_counter){{0, 0, 0, 0}});
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block), cdf_features_prepare(&f, z, z, 0.7f, 0), cdf_features_cond(row, &f, -1);
  cdf_features_init(&f, &levels, NULL, block), cdf_features_prepare(&f, z, z, 0.7f, 0);
  cdf_features_cond(other, &f, -1);
  for (int i = 0; i < cdf_features_cond_width(&c); i++) CHECK_NEAR(row[i], other[i], 1e-6);
  free(z), free(block);
}

/* The thumbnail of a fine grid reads between cells bilinearly: on a plane without blur, a ramp comes back exactly. */
TEST(thumbnail_is_bilinear) {
  enum { W = 10, H = 7, T = 3 };
  cdf_config c = config(1, W, H, 1);
  c.thumbnail = T;
  float z[W * H], row[48];
  for (int i = 0; i < W * H; i++) z[i] = (float)ramp(0, i % W, i / W);
  float *block = floats(cdf_features_floats(&c, NULL));
  cdf_features f;
  cdf_features_init(&f, &c, NULL, block);
  cdf_features_prepare(&f, z, z, 1.0f, 0);
  cdf_features_cond(row, &f, -1);
  for (int j = 0; j < T; j++)
    for (int i = 0; i < T; i++)
      CHECK_NEAR(row[j * T + i], ramp(0, (i + 0.5) * W / T - 0.5, (j + 0.5) * H / T - 0.5) * level_scale(&c, 0, 1),
                 1e-6);
  CHECK(row[9] == 1.0f); /* no classes: "no class" is the only one */
  free(block);
}

int main(void) {
  RUN(widths);
  RUN(taps_in_reading_order);
  RUN(taps_outside_read_the_border);
  RUN(without_coordinates_they_read_the_other_side);
  RUN(each_axis_has_its_own_border_and_coordinate);
  RUN(reach_is_as_far_as_a_row_looks);
  RUN(levels_have_unit_variance);
  RUN(bands_have_unit_variance);
  RUN(conditioning_row);
  RUN(thumbnail_level);
  RUN(thumbnail_of_bands);
  RUN(thumbnail_is_bilinear);
  return test_report();
}
