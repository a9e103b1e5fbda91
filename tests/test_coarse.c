/* test_coarse.c: answers for 4x4 cells at once, where noise is so high that nobody sees the difference. */
#include <math.h>

#include "../src/denoise/denoiser.h"
#include "strided.h"

enum { C = 2, W = 12, H = 10, PLANE = W * H };

/* A frame whose height cuts the last squares in two. */
static cdf_model *model_of(int stride, int coordinates) { return strided_model(W, H, stride, coordinates); }

typedef struct rig {
  cdf_model *m;
  cdf_denoiser d;
  float *block, z[C * PLANE];
} rig;

static void rig_init(rig *r, int stride, int coordinates) {
  r->m = model_of(stride, coordinates);
  r->block = cdf_aligned_zalloc(sizeof(float) * cdf_denoiser_floats(&r->m->net, NULL, 1));
  cdf_denoiser_init(&r->d, &r->m->net, NULL, r->m->params, 1, r->block);
  for (int i = 0; i < C * PLANE; i++) r->z[i] = 3.0f * sinf(0.7f * (float)i + 0.01f * (float)(i * i % 97));
}

static void rig_free(rig *r) { cdf_aligned_free(r->block), cdf_model_free(r->m); }

/* D of the frame, evaluation 0 or 1, coarse or not, in parts that are so wide and high. */
static void answer(float *out, rig *r, int evaluation, bool coarse, int wide, int high) {
  cdf_denoiser_prepare(&r->d, r->z, 6.0f, 0.25f * logf(6.0f), evaluation);
  if (coarse) cdf_denoiser_coarsen(&r->d);
  cdf_denoiser_condition(&r->d, 1, cdf_kernels_best());
  for (int y = 0; y < H; y += high)
    for (int x = 0; x < W; x += wide) {
      const cdf_world part = {x, y, cdf_min(wide, W - x), cdf_min(high, H - y)};
      cdf_denoiser_part(out, &r->d, &part, 0, cdf_kernels_best());
    }
}

/* Where the 2x2 cells of a square of 4x4 are answered; the last row of squares of a frame reaches beyond it. */
static int amid(int first, int n) { return cdf_min(first + 1, n - 2); }

TEST(a_square_is_the_plane_through_its_middle) {
  rig r;
  rig_init(&r, 2, CDF_COORDINATES_BOTH);
  static float fine[2][C * PLANE], coarse[C * PLANE];
  for (int e = 0; e < 2; e++) answer(fine[e], &r, e, false, W, H);
  answer(coarse, &r, 0, true, W, H);
  for (int ch = 0; ch < C; ch++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        int left = amid(x / 4 * 4, W), top = amid(y / 4 * 4, H);
        if ((left + top) % 2) continue; /* answered by the odd squares across, by the even ones down: at no time so */
        const float *f = fine[left % 2] + ch * PLANE + top * W + left;
        float mean = (f[0] + f[1] + f[W] + f[W + 1]) / 4;
        float across = (f[1] + f[W + 1] - f[0] - f[W]) / 2, down = (f[W] + f[W + 1] - f[0] - f[1]) / 2;
        CHECK_NEAR(coarse[ch * PLANE + y * W + x],
                   mean + across * ((float)(x - left) - 0.5f) + down * ((float)(y - top) - 0.5f), 1e-5);
      }
  CHECK(memcmp(coarse, fine[0], sizeof coarse) != 0);
  rig_free(&r);
}

TEST(any_split_gives_the_same_bits) {
  for (int coordinates = CDF_COORDINATES_NONE; coordinates <= CDF_COORDINATES_BOTH; coordinates++) {
    rig r;
    rig_init(&r, 2, coordinates);
    static float whole[C * PLANE], split[C * PLANE];
    answer(whole, &r, 0, true, W, H);
    for (int side = 1; side <= 7; side++) {
      memset(split, 0, sizeof split);
      answer(split, &r, 0, true, side, 8 - side);
      CHECK(memcmp(split, whole, sizeof whole) == 0);
    }
    answer(split, &r, 1, true, W, H);
    CHECK(memcmp(split, whole, sizeof whole) == 0); /* the squares stay where they are */
    rig_free(&r);
  }
}

TEST(a_network_that_answers_for_one_cell_is_asked_for_each) {
  rig r;
  rig_init(&r, 1, CDF_COORDINATES_BOTH);
  static float fine[C * PLANE], coarse[C * PLANE];
  answer(fine, &r, 0, false, W, H), answer(coarse, &r, 0, true, W, H);
  CHECK(memcmp(coarse, fine, sizeof fine) == 0);
  rig_free(&r);
}

/* The picture of a seed. */
static void sample(float *out, const cdf_model *m, float coarse_above, const cdf_world *world) {
  cdf_process *g = NULL;
  const cdf_sample_options o = {.seed = 4, .label = 1, .steps = 4, .guidance = 1.5f, .coarse_above = coarse_above};
  CHECK(cdf_process_create(&g, m, world, 1, cdf_kernels_best(), NULL) == CDF_OK);
  CHECK(cdf_process_start(g, &o, NULL) == CDF_OK);
  while (!cdf_process_done(g)) CHECK(cdf_process_step(g, NULL, NULL) == CDF_OK);
  memcpy(out, cdf_process_clean(g), sizeof(float) * C * cdf_world_cells(world));
  cdf_process_free(g);
}

static double apart(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  return sqrt(sum / (double)n);
}

/* Noise levels: 80, 11, 0.7, 0.01. */
TEST(only_from_its_noise_level_on) {
  cdf_model *m = model_of(2, CDF_COORDINATES_BOTH);
  const cdf_world frame = {0, 0, W, H};
  static float never[C * PLANE], first[C * PLANE], two[C * PLANE], all[C * PLANE], other[C * PLANE];
  sample(never, m, 0, &frame), sample(other, m, 80.5f, &frame);
  CHECK(memcmp(never, other, sizeof never) == 0);
  sample(first, m, 80, &frame), sample(other, m, 20, &frame);
  CHECK(memcmp(first, other, sizeof first) == 0 && memcmp(first, never, sizeof first) != 0);
  sample(two, m, 5, &frame), sample(all, m, 0.001f, &frame);
  CHECK(apart(first, never, C * PLANE) < apart(all, never, C * PLANE));
  CHECK(apart(two, never, C * PLANE) < apart(all, never, C * PLANE));
  cdf_model_free(m);
}

/* Whatever the world: sides of less than a square, and that no square divides. */
TEST(worlds_of_any_size) {
  for (int coordinates = CDF_COORDINATES_NONE; coordinates <= CDF_COORDINATES_BOTH; coordinates++) {
    cdf_model *m = model_of(2, coordinates);
    for (int side = 1; side <= 9; side++) {
      const cdf_world world = {-3 * side, side, side, 10 - side};
      static float out[C * PLANE];
      sample(out, m, 0.001f, &world);
      for (size_t i = 0; i < C * cdf_world_cells(&world); i++) CHECK(isfinite(out[i]));
    }
    cdf_model_free(m);
  }
}

int main(void) {
  RUN(a_square_is_the_plane_through_its_middle);
  RUN(any_split_gives_the_same_bits);
  RUN(a_network_that_answers_for_one_cell_is_asked_for_each);
  RUN(only_from_its_noise_level_on);
  RUN(worlds_of_any_size);
  return test_report();
}
