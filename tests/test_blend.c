/* What is new in a picture meets what was kept without a seam. */
#include "denoise/blend.h"

#include <math.h>
#include <string.h>

#include "test.h"

enum { W = 60, H = 40, PLANE = W * H, C = 3 };

static float clean[C * PLANE], before[C * PLANE], mask[PLANE], u[C * PLANE];
static bool fixed[PLANE];

static bool within(int x, int y) { return x >= 15 && y >= 8; }

/* Kept cells of one colour, new ones darker by `jump` in every channel, with a pattern that is to stay. */
static void make_picture(float jump) {
  for (int ch = 0; ch < C; ch++)
    for (int i = 0; i < PLANE; i++) {
      bool is_new = within(i % W, i / W);
      mask[i] = is_new ? 1.0f : 0.0f;
      clean[ch * PLANE + i] = 0.4f - (is_new ? jump : 0.0f) + (i % W > 40 && i / W % 4 == 0 ? 0.2f : 0.0f);
    }
  memcpy(before, clean, sizeof before);
}

static void blend(void) { cdf_blend_seam(clean, &(cdf_seam){{0, 0, W, H}, C, mask, u, fixed}); }

TEST(a_seam_is_gone_and_what_was_kept_is_kept) {
  make_picture(0.15f);
  blend();
  for (int i = 0; i < PLANE; i++)
    for (int ch = 0; ch < C; ch++)
      if (!within(i % W, i / W)) CHECK(clean[ch * PLANE + i] == before[ch * PLANE + i]);
  for (int y = 9; y < H; y++) CHECK(fabsf(clean[y * W + 15] - clean[y * W + 14]) < 0.05f);
  for (int x = 16; x < 40; x++) CHECK(fabsf(clean[2 * PLANE + 8 * W + x] - clean[2 * PLANE + 7 * W + x]) < 0.05f);
  for (int x = 15; x < 39; x++) /* nor is there one farther in */
    CHECK(fabsf(clean[20 * W + x + 1] - clean[20 * W + x]) < 0.03f);
}

TEST(it_fades_and_details_stay) {
  make_picture(0.15f);
  blend();
  CHECK(fabsf(clean[39 * W + 50] - before[39 * W + 50]) < 0.01f);
  for (int x = 45; x < W; x++) CHECK_NEAR(clean[36 * W + x] - clean[37 * W + x], 0.2, 0.02);
}

TEST(an_edge_of_what_is_shown_is_no_seam) {
  make_picture(1.2f);
  blend();
  for (int i = 0; i < C * PLANE; i++) CHECK(fabsf(clean[i] - before[i]) < 0.02f);
}

/* Nothing was kept, or nothing is new: nothing to do. */
TEST(without_a_border_nothing_changes) {
  for (int all = 0; all <= 1; all++) {
    make_picture(0.15f);
    for (int i = 0; i < PLANE; i++) mask[i] = (float)all;
    blend();
    CHECK(memcmp(clean, before, sizeof before) == 0);
  }
}

int main(void) {
  RUN(a_seam_is_gone_and_what_was_kept_is_kept);
  RUN(it_fades_and_details_stay);
  RUN(an_edge_of_what_is_shown_is_no_seam);
  RUN(without_a_border_nothing_changes);
  return test_report();
}
