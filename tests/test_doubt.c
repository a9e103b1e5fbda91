/* Of a picture that starts from another: what contradicts it is not believed, all else is. */
#include "denoise/doubt.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "test.h"

enum { W = 48, H = 40, PLANE = W * H, C = 3 };

static float source[C * PLANE], state[C * PLANE], clean[C * PLANE], room[CDF_DOUBT_PLANES * PLANE];

static void start(double sigma) {
  for (int i = 0; i < PLANE; i++) {
    float n[4];
    cdf_rng_normal4(n, 7, (cdf_counter){{(uint32_t)i, 0, CDF_STREAM_INIT, 0}});
    for (int ch = 0; ch < C; ch++) {
      source[ch * PLANE + i] = i % W < W / 2 ? -0.7f : 0.4f;
      state[ch * PLANE + i] = source[ch * PLANE + i] + (float)sigma * n[ch];
    }
  }
  memcpy(clean, source, sizeof clean);
}

static void doubt(double sigma) {
  cdf_doubt_answer(clean, &(cdf_doubt){{0, 0, W, H}, C, CDF_BORDER_ENDS, CDF_BORDER_ENDS, sigma, state, source, room});
}

/* But for the border, where a blur has fewer cells to tell noise from. */
static void expect(const float *want) {
  for (int i = 0, x, y; i < C * PLANE; i++) {
    x = i % W, y = i % PLANE / W;
    if (x >= 4 && x < W - 4 && y >= 4 && y < H - 4) CHECK_NEAR(clean[i], want[i], 1e-6);
  }
}

static const double levels[] = {0.02, 0.1, 0.5, 1.5, 5, 200};
enum { N_LEVELS = sizeof levels / sizeof levels[0] };

/* The picture: of little noise nearly as it is, of more softened and with a small thing changed. */
TEST(an_answer_that_fits_is_believed) {
  for (int l = 0; l < N_LEVELS; l++) {
    start(levels[l]);
    float want[C * PLANE], scratch[PLANE];
    for (int i = 0; i < C * PLANE; i++) clean[i] += i % 5 < 2 ? 0.05f : -0.03f;
    for (int ch = 0; ch < C && levels[l] >= 1.5; ch++)
      cdf_scalespace_blur(clean + ch * PLANE, source + ch * PLANE, scratch, W, H, 1, CDF_BORDER_ENDS, CDF_BORDER_ENDS);
    for (int y = 20; y < 22 && levels[l] >= 1.5; y++) clean[y * W + 30] = clean[y * W + 31] = -0.5f;
    memcpy(want, clean, sizeof want);
    doubt(levels[l]);
    expect(want);
  }
}

TEST(another_colour_is_believed_only_where_noise_hides_the_first) {
  for (int l = 0; l < N_LEVELS; l++) {
    start(levels[l]);
    for (int i = 0; i < C * PLANE; i++) clean[i] = 0.9f;
    float other[C * PLANE];
    memcpy(other, clean, sizeof other);
    doubt(levels[l]);
    if (levels[l] <= 1.5) /* there, 1.6 away */
      for (int i = 0; i < C * PLANE; i++)
        if (i % W < W / 2 - 2) CHECK_NEAR(clean[i], source[i], 1e-6);
    if (levels[l] >= 200) expect(other);
  }
}

TEST(a_pattern_that_no_blur_shows_is_not_believed) {
  for (int l = 0; l < N_LEVELS && levels[l] <= 0.5; l++) {
    start(levels[l]);
    for (int i = 0; i < C * PLANE; i++) clean[i] += (i + i / W) % 2 ? 0.8f : -0.8f;
    doubt(levels[l]);
    expect(source);
  }
}

TEST(what_is_wrong_in_one_place_leaves_the_others) {
  start(0.3);
  for (int ch = 0; ch < C; ch++)
    for (int y = 4; y < 12; y++)
      for (int x = 4; x < 12; x++) clean[ch * PLANE + y * W + x] = 1.0f;
  clean[30 * W + 40] = 0.2f;
  doubt(0.3);
  for (int ch = 0; ch < C; ch++) CHECK_NEAR(clean[ch * PLANE + 8 * W + 8], -0.7, 1e-6);
  CHECK_NEAR(clean[30 * W + 40], 0.2, 1e-6);
}

int main(void) {
  RUN(an_answer_that_fits_is_believed);
  RUN(another_colour_is_believed_only_where_noise_hides_the_first);
  RUN(a_pattern_that_no_blur_shows_is_not_believed);
  RUN(what_is_wrong_in_one_place_leaves_the_others);
  return test_report();
}
