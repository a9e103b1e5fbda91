/* Tests of src/cli/resample.c. */
#include "cli/eval/resample.h"

#include <stdlib.h>

#include "test.h"

#define W 9
#define H 7
#define C 2

/* Enlarge in[h][w][c] to a static canvas. */
static const uint8_t *enlarge(const float *in, int w, int h, int c, int k, int filter) {
  static uint8_t out[W * H * C * 64];
  cdf_error err = {0};
  CHECK(cli_enlarge(out, in, w, h, c, k, filter, &err) == CDF_OK);
  return out;
}

TEST(constants_stay) {
  float in[H * W * C];
  for (int i = 0; i < H * W * C; i++) in[i] = i % C ? 200.0f : 17.0f;
  for (int filter = 0; filter < CLI_N_FILTERS; filter++)
    for (int k = 1; k <= 8; k++) {
      const uint8_t *out = enlarge(in, W, H, C, k, filter);
      int wrong = 0;
      for (int i = 0; i < H * W * C * k * k; i++) wrong += out[i] != (i % C ? 200 : 17);
      CHECK(wrong == 0);
    }
}

TEST(one_time_is_the_same_picture) {
  float in[H * W * C];
  for (int i = 0; i < H * W * C; i++) in[i] = (float)(i * 97 % 256);
  for (int filter = 0; filter < CLI_N_FILTERS; filter++) {
    const uint8_t *out = enlarge(in, W, H, C, 1, filter);
    int wrong = 0;
    for (int i = 0; i < H * W * C; i++) wrong += (float)out[i] != in[i];
    CHECK(wrong == 0);
  }
}

/* Inside, away from the replicated border; along both axes, which must not be confused. */
TEST(ramps_stay_ramps) {
  float in[H * W * C];
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      in[(y * W + x) * C] = (float)(20 * x + 5);
      in[(y * W + x) * C + 1] = (float)(230 - 30 * y);
    }
  for (int filter = 0; filter < CLI_N_FILTERS; filter++) {
    /* Catmull-Rom and bilinear reproduce lines exactly; the other two bend them a little. */
    double allowed = filter == CLI_BILINEAR || filter == CLI_BICUBIC ? 0.51 : 2.0;
    for (int k = 2; k <= 4; k++) {
      const uint8_t *out = enlarge(in, W, H, C, k, filter);
      for (int y = 3 * k; y < (H - 3) * k; y++)
        for (int x = 3 * k; x < (W - 3) * k; x++) {
          const uint8_t *pixel = out + ((size_t)(y * W * k + x)) * C;
          CHECK_NEAR(pixel[0], 20 * ((x + 0.5) / k - 0.5) + 5, allowed);
          CHECK_NEAR(pixel[1], 230 - 30 * ((y + 0.5) / k - 0.5), allowed);
        }
    }
  }
}

/* A bright pixel among grey ones, twice as large: the kernel itself, at a quarter, three quarters ... of a pixel. */
TEST(kernels_are_the_published_ones) {
  const double pi = 3.14159265358979323846, keys[2][4] = {{0.8671875, 0.2265625, -0.0703125, -0.0234375},
                                                          {0.87890625, 0.26171875, -0.10546875, -0.03515625}};
  double lanczos[6], sum = 0;
  float in[W];
  for (int i = 0; i < W; i++) in[i] = i == 4 ? 200.0f : 100.0f;
  for (int i = 0; i < 6; i++) {
    double t = (0.25 + 0.5 * i) * pi;
    sum += lanczos[i] = sin(t) / t * sin(t / 3) / (t / 3);
  }
  for (int i = 0; i < 6; i++) lanczos[i] /= sum; /* the six taps of one pixel are these six, in another order */
  const uint8_t *out = enlarge(in, W, 1, 1, 2, CLI_BILINEAR);
  for (int i = 0; i < 4; i++) CHECK_NEAR(out[9 + i], 100 + 100 * (i == 0 ? 0.75 : i == 1 ? 0.25 : 0), 0.51);
  for (int sharp = 0; sharp < 2; sharp++) {
    out = enlarge(in, W, 1, 1, 2, sharp ? CLI_BICUBIC_SHARP : CLI_BICUBIC);
    for (int i = 0; i < 4; i++) CHECK_NEAR(out[9 + i], 100 + 100 * keys[sharp][i], 0.51);
    for (int i = 0; i < 4; i++) CHECK(out[8 - i] == out[9 + i]);
  }
  out = enlarge(in, W, 1, 1, 2, CLI_LANCZOS);
  for (int i = 0; i < 6; i++) CHECK_NEAR(out[9 + i], 100 + 100 * lanczos[i], 0.51);
  for (int i = 0; i < 6; i++) CHECK(out[8 - i] == out[9 + i]);
}

TEST(borders_repeat_and_levels_are_clamped) {
  const float in[2] = {0, 100}, steep[4] = {0, 0, 255, 255};
  const uint8_t *out = enlarge(in, 2, 1, 1, 2, CLI_BILINEAR); /* 2 rows of 4 */
  CHECK(out[0] == 0 && out[1] == 25 && out[2] == 75 && out[3] == 100);
  CHECK(out[4] == 0 && out[5] == 25 && out[6] == 75 && out[7] == 100);
  out = enlarge(steep, 4, 1, 1, 2, CLI_BICUBIC);
  CHECK(out[2] == 0 && out[5] == 255); /* where the kernel undershoots and overshoots */
}

TEST(area_averages_are_exact) {
  uint8_t in[4 * 6 * 2];
  float out[2 * 3 * 2];
  for (int i = 0; i < 48; i++) in[i] = (uint8_t)(i * 37 % 256);
  cli_area_average(out, in, 3, 2, 2, 2); /* 6x4 to 3x2 */
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 3; x++)
      for (int c = 0; c < 2; c++) {
        const uint8_t *p = in + (2 * y * 6 + 2 * x) * 2 + c;
        CHECK(out[(y * 3 + x) * 2 + c] == (float)(p[0] + p[2] + p[12] + p[14]) / 4);
      }
  cli_area_average(out, in, 3, 2, 2, 1);
  for (int i = 0; i < 12; i++) CHECK(out[i] == (float)in[i]);
}

int main(void) {
  RUN(constants_stay);
  RUN(one_time_is_the_same_picture);
  RUN(ramps_stay_ramps);
  RUN(kernels_are_the_published_ones);
  RUN(borders_repeat_and_levels_are_clamped);
  RUN(area_averages_are_exact);
  return test_report();
}
