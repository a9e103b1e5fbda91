/* test_endless.c: models without coordinates: torus and world without end. */
#include <math.h>
#include <stdlib.h>

#include "strided.h"

enum { C = 2, SIDE = 10 };

/* Patches of 8; squares of a stride must go round without a rest. */
static cdf_model *model_of(int coordinates, int stride) {
  return strided_model(SIDE, stride == 2 ? SIDE : SIDE + 1, stride, coordinates);
}

static cdf_model *small_model(int coordinates) { return model_of(coordinates, 1); }

static const cdf_sample_options guided = {.seed = 5, .label = 1, .guidance = 1.5f, .steps = 3};

/* [C][h][w] of the world without end. */
static float *fill(const cdf_model *m, const cdf_sample_options *o, const cdf_world *w, int n_threads) {
  cdf_endless *e = NULL;
  cdf_error err = {0};
  float *lattice = malloc(sizeof(float) * C * cdf_world_cells(w));
  CHECK(cdf_endless_create(&e, m, o, w, n_threads, cdf_kernels_best(), &err) == CDF_OK);
  CHECK(cdf_endless_evaluation(e) == 0 && !cdf_endless_done(e));
  while (!cdf_endless_done(e)) cdf_endless_step(e, NULL, NULL);
  CHECK(cdf_endless_evaluation(e) == o->steps);
  cdf_endless_read(e, lattice);
  cdf_endless_free(e);
  return lattice;
}

/* A window is a part of a larger one, to the bit, and a far one is something else. */
static void check_same_cells(const cdf_model *m, const cdf_sample_options *o, const cdf_world *large,
                             const cdf_world *small, const cdf_world *far) {
  float *all = fill(m, o, large, 1), *part = fill(m, o, small, 3), *away = fill(m, o, far, 2);
  for (int ch = 0; ch < C; ch++)
    for (int y = 0; y < small->height; y++)
      CHECK(memcmp(part + (ch * small->height + y) * small->width,
                   all + (ch * large->height + y + small->y - large->y) * large->width + small->x - large->x,
                   sizeof(float) * (size_t)small->width) == 0);
  for (int i = 0; i < 9 * C; i++) CHECK(isfinite(away[i]));
  CHECK(memcmp(away, part, 9 * sizeof(float)) != 0);
  free(all), free(part), free(away);
}

static void check_windows(int stride) {
  cdf_model *m = model_of(CDF_COORDINATES_NONE, stride);
  CHECK(cdf_features_reach(&m->net.config) == 6 + stride && cdf_patch_side(&m->net.config, CDF_AXIS_X) == 8);
  const cdf_world large = {-21, -9, 40, 30}, small = {-5, 3, 11, 4}, far = {900000, -900000, 3, 3};
  for (int kind = CDF_SAMPLER_DPM2M; kind <= CDF_SAMPLER_SDE; kind++) {
    if (kind == CDF_SAMPLER_HEUN) continue;
    cdf_sample_options o = guided;
    o.kind = kind;
    check_same_cells(m, &o, &large, &small, &far);
    o.coarse_above = 0.5f;
    check_same_cells(m, &o, &large, &small, &far);
  }
  cdf_model_free(m);
}

TEST(a_cell_is_the_same_in_every_window) {
  check_windows(1);
  check_windows(2);
}

/* A cell of a world that goes on along one axis alone, whatever the window: all along it or a corner of the frame. */
static void check_bands(int coordinates, int stride) {
  cdf_model *m = model_of(coordinates, stride);
  const cdf_config *c = &m->net.config;
  bool across = coordinates == CDF_COORDINATES_Y;
  CHECK(cdf_is_endless(c));
  CHECK(cdf_patch_side(c, CDF_AXIS_X) == (across ? 8 : c->lattice_width));
  CHECK(cdf_patch_side(c, CDF_AXIS_Y) == (across ? c->lattice_height : 8));
  cdf_world large = {-21, 0, 40, c->lattice_height}, small = {-5, 3, 11, 4}, far = {999900, 0, 3, 3};
  if (!across)
    large = (cdf_world){0, -21, c->lattice_width, 40}, small = (cdf_world){3, -5, 4, 11},
    far = (cdf_world){0, -999900, 3, 3};
  check_same_cells(m, &guided, &large, &small, &far);
  cdf_sample_options coarse = guided;
  coarse.coarse_above = 0.5f;
  check_same_cells(m, &coarse, &large, &small, &far);
  cdf_model_free(m);
}

TEST(so_it_is_where_the_world_goes_on_along_one_axis) {
  for (int stride = 1; stride <= 2; stride++) {
    check_bands(CDF_COORDINATES_X, stride);
    check_bands(CDF_COORDINATES_Y, stride);
  }
}

/* Far from the borders of a large world the ordinary process cannot feel them. */
static void check_ordinary(int coordinates) {
  cdf_model *m = small_model(coordinates);
  const cdf_world window = {1, 4, 9, 5}; /* within the frame */
  int halo = guided.steps * cdf_features_reach(&m->net.config);
  cdf_world world = {window.x - halo, window.y - halo, window.width + 2 * halo, window.height + 2 * halo};
  if (cdf_is_framed(&m->net.config, CDF_AXIS_X)) world.x = 0, world.width = SIDE;
  if (cdf_is_framed(&m->net.config, CDF_AXIS_Y)) world.y = 0, world.height = SIDE + 1;
  cdf_process *g = NULL;
  cdf_error err = {0};
  CHECK(cdf_process_create(&g, m, &world, 1, cdf_kernels_best(), &err) == CDF_OK);
  CHECK(cdf_process_start(g, &guided, &err) == CDF_OK);
  while (!cdf_process_done(g)) cdf_process_step(g, NULL, NULL);
  const float *whole = cdf_process_clean(g);
  float *lattice = fill(m, &guided, &window, 1);
  for (int ch = 0; ch < C; ch++)
    for (int y = 0; y < window.height; y++)
      for (int x = 0; x < window.width; x++) /* its state is kept in double, that of patches in float */
        CHECK_NEAR(lattice[(ch * window.height + y) * window.width + x],
                   whole[(ch * world.height + y + window.y - world.y) * world.width + x + window.x - world.x], 1e-5);
  free(lattice);
  cdf_process_free(g);
  cdf_model_free(m);
}

TEST(it_is_the_ordinary_process) {
  for (int coordinates = CDF_COORDINATES_NONE; coordinates < CDF_COORDINATES_BOTH; coordinates++)
    check_ordinary(coordinates);
}

/* The model's own frame has no border: a state moved around the torus gives the answer moved as far. */
TEST(a_frame_without_coordinates_is_a_torus) {
  cdf_model *m = small_model(CDF_COORDINATES_NONE);
  cdf_process *g = NULL;
  enum { W = SIDE, H = SIDE + 1, N = C * W * H };
  float z[N], moved[N], out[N], out_moved[N];
  CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
  for (int i = 0; i < N; i++) z[i] = sinf(0.7f * (float)(i * i % 97));
  for (int i = 0; i < N; i++) {
    int x = i % W, y = i / W % H, ch = i / (W * H);
    moved[(ch * H + (y + 4) % H) * W + (x + 7) % W] = z[i];
  }
  cdf_process_denoise(g, out, z, 0.7f, 1);
  cdf_process_denoise(g, out_moved, moved, 0.7f, 1);
  for (int i = 0; i < N; i++) {
    int x = i % W, y = i / W % H, ch = i / (W * H);
    CHECK_NEAR(out_moved[(ch * H + (y + 4) % H) * W + (x + 7) % W], out[i], 1e-5);
  }
  cdf_process_free(g);
  cdf_model_free(m);
}

/* Whatever spoils a number, and in whichever patch. */
TEST(numbers_out_of_range_are_told_and_never_drawn) {
  cdf_model *m = small_model(CDF_COORDINATES_NONE);
  const cdf_world window = {-5, 3, 11, 4};
  m->params[cdf_tensors_find(&m->net.tensors, "out.weight")->offset] = INFINITY;
  for (int threads = 1; threads <= 3; threads += 2) {
    cdf_endless *e = NULL;
    cdf_error err = {0};
    CHECK(cdf_endless_create(&e, m, &guided, &window, threads, cdf_kernels_best(), &err) == CDF_OK);
    CHECK(cdf_endless_step(e, NULL, &err) == CDF_FAILED && cdf_endless_evaluation(e) == 0);
    CHECK(strstr(err.text, "evaluation 1 of 3") && strstr(err.text, "guidance nearer to 1"));
    CHECK(cdf_endless_step(e, NULL, NULL) == CDF_FAILED);
    cdf_endless_free(e);
  }
  cdf_model_free(m);
}

static void window_refused(const cdf_model *m, const cdf_sample_options *o, const cdf_world *window,
                           const char *reason) {
  cdf_endless *e;
  cdf_error err = {0};
  CHECK(cdf_endless_create(&e, m, o, window, 2, cdf_kernels_best(), &err) == CDF_USAGE && e == NULL);
  CHECK_TEXT(err.text, reason);
}

static void refused(const cdf_model *m, const cdf_sample_options *o, const char *reason) {
  window_refused(m, o, &(cdf_world){0, 0, 4, 4}, reason);
}

TEST(a_window_stays_within_the_frame) {
  cdf_model *across = small_model(CDF_COORDINATES_Y), *down = small_model(CDF_COORDINATES_X);
  window_refused(across, &guided, &(cdf_world){500, -1, 4, 5},
                 "from -1 to 4 cells down, but this model has a frame there, from 0 to 11");
  window_refused(across, &guided, &(cdf_world){0, 8, 4, 4}, "from 8 to 12 cells down");
  window_refused(across, &guided, &(cdf_world){0, INT32_MAX, 4, 4}, "cells down");
  window_refused(down, &guided, &(cdf_world){7, 0, 4, 4},
                 "from 7 to 11 cells across, but this model has a frame there, from 0 to 10");
  cdf_patcher *p = NULL;
  cdf_error err = {0};
  float patch[C * 8 * (SIDE + 1)];
  CHECK(cdf_patcher_create(&p, across, cdf_kernels_best(), &err) == CDF_OK);
  CHECK(cdf_patcher_start(p, &guided, &err) == CDF_OK);
  CHECK(cdf_patcher_advance(p, patch, patch, NULL, NULL, 100000, 0, 0, &err) == CDF_OK);
  CHECK(cdf_patcher_advance(p, patch, patch, NULL, NULL, 0, 1, 0, &err) == CDF_USAGE);
  CHECK_TEXT(err.text,
             "patch (0, 1) lies beyond the frame of this model, whose world goes on across only; ask for j = 0");
  cdf_patcher_free(p);
  cdf_model_free(across), cdf_model_free(down);
}

/* As many cells as of a square world; the more along an axis, the narrower the frame. */
TEST(a_band_may_be_long) {
  cdf_config c = {.lattice_width = 192, .lattice_height = 64};
  static const int across[] = {256, 256, 1024, 256}, down[] = {256, 341, 256, 256};
  for (c.coordinates = CDF_COORDINATES_NONE; c.coordinates <= CDF_COORDINATES_BOTH; c.coordinates++) {
    CHECK(cdf_world_most(&c, CDF_AXIS_X) == across[c.coordinates]);
    CHECK(cdf_world_most(&c, CDF_AXIS_Y) == down[c.coordinates]);
  }
  cdf_model *m = small_model(CDF_COORDINATES_Y);
  int most = cdf_world_most(&m->net.config, CDF_AXIS_X);
  cdf_picture *q = NULL;
  cdf_error err = {0};
  CHECK(most == 5957);
  CHECK(cdf_picture_create(&q, m, &(cdf_world){-999000, 0, most, SIDE + 1}, 1, cdf_kernels_best(), &err) == CDF_OK);
  cdf_picture_free(q);
  CHECK(cdf_picture_create(&q, m, &(cdf_world){0, 0, most + 1, 4}, 1, cdf_kernels_best(), &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "from 1 to 5957 cells across and from 1 to 256 down");
  cdf_model_free(m);
}

TEST(what_needs_a_frame_is_refused) {
  cdf_model *framed = small_model(CDF_COORDINATES_BOTH), *m = small_model(CDF_COORDINATES_NONE);
  static const float source[C * 16];
  refused(framed, &guided, "coordinates = none");
  refused(m, &(cdf_sample_options){.kind = CDF_SAMPLER_HEUN}, "take another sampler");
  refused(m, &(cdf_sample_options){.source = source}, "source");
  refused(m, &(cdf_sample_options){.steps = -1}, "steps is -1");
  cdf_config config = m->net.config;
  cdf_error err = {0};
  config.thumbnail = 4;
  CHECK(cdf_config_check(&config, &err) == CDF_BAD_INPUT && strstr(err.text, "thumbnail"));
  cdf_model_free(framed), cdf_model_free(m);
}

/* Squares of stride cells go round a picture that wraps, and end inside a frame. */
TEST(sides_that_go_round_are_multiples_of_stride) {
  cdf_model *m = model_of(CDF_COORDINATES_NONE, 2);
  for (int coordinates = CDF_COORDINATES_NONE; coordinates <= CDF_COORDINATES_BOTH; coordinates++)
    for (int axis = 0; axis < 2; axis++) {
      cdf_config config = m->net.config;
      cdf_error err = {0};
      config.coordinates = coordinates;
      (*(axis == CDF_AXIS_X ? &config.lattice_width : &config.lattice_height))++;
      bool framed = coordinates == CDF_COORDINATES_BOTH ||
                    coordinates == (axis == CDF_AXIS_X ? CDF_COORDINATES_X : CDF_COORDINATES_Y);
      CHECK(cdf_config_check(&config, &err) == (framed ? CDF_OK : CDF_BAD_INPUT));
      CHECK(framed || strstr(err.text, axis == CDF_AXIS_X ? "lattice_width is 11" : "lattice_height is 11"));
    }
  cdf_model_free(m);
}

TEST(guidance_in_the_answers_is_all_there_is) {
  cdf_model *m = small_model(CDF_COORDINATES_NONE);
  cdf_endless *e = NULL;
  m->baked = 2;
  refused(m, &guided, "guidance is 1.5, but this model's own, 2, is part of its answers");
  CHECK(cdf_endless_create(&e, m, &(cdf_sample_options){.seed = 5}, &(cdf_world){0, 0, 4, 4}, 1, cdf_kernels_best(),
                           NULL) == CDF_OK);
  cdf_endless_free(e);
  cdf_model_free(m);
}

int main(void) {
  RUN(a_cell_is_the_same_in_every_window);
  RUN(so_it_is_where_the_world_goes_on_along_one_axis);
  RUN(it_is_the_ordinary_process);
  RUN(a_frame_without_coordinates_is_a_torus);
  RUN(numbers_out_of_range_are_told_and_never_drawn);
  RUN(what_needs_a_frame_is_refused);
  RUN(a_window_stays_within_the_frame);
  RUN(a_band_may_be_long);
  RUN(guidance_in_the_answers_is_all_there_is);
  RUN(sides_that_go_round_are_multiples_of_stride);
  return test_report();
}
