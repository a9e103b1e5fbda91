/* test_endless.c: models without coordinates: torus and world without end. */
#include <math.h>
#include <stdlib.h>

#include "../src/coordiff.h"
#include "test.h"

enum { C = 2, SIDE = 10 };

/* A small model whose output is not zero: reach 3 + 2 * 2 = 7, patches of 8. */
static cdf_model *strided_model(int coordinates, int stride) {
  cdf_config config;
  cdf_model *m = NULL;
  cdf_config_preset(&config, "taps", NULL);
  config.channels = C, config.lattice_width = SIDE, config.lattice_height = SIDE + 1, config.n_levels = 2;
  config.hidden = config.cond_hidden = 16, config.n_layers = 1, config.n_classes = 2;
  config.lattice_height += stride == 2 ? -1 : 0;
  config.stride = stride, config.coordinates = coordinates, config.thumbnail = 0, config.sigma_data = 0.5f;
  for (int l = 0; l < config.n_levels; l++) config.level_sd[l] = 0.4f;
  CHECK(cdf_model_create(&m, &config, 1, NULL) == CDF_OK);
  cdf_shape_uniform(m->params, cdf_tensors_find(&m->net.tensors, "out.weight"), 3, 0, 0.3f);
  return m;
}

static cdf_model *small_model(int coordinates) { return strided_model(coordinates, 1); }

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

static void check_windows(int stride) {
  cdf_model *m = strided_model(CDF_COORDINATES_NONE, stride);
  CHECK(cdf_features_reach(&m->net.config) == 6 + stride && cdf_patch_side(&m->net.config) == 8);
  const cdf_world large = {-21, -9, 40, 30}, small = {-5, 3, 11, 4}, far = {900000, -900000, 3, 3};
  for (int kind = 0; kind < 4; kind++) {
    if (kind == CDF_SAMPLER_HEUN) continue;
    cdf_sample_options o = guided;
    o.kind = kind;
    float *all = fill(m, &o, &large, 1), *part = fill(m, &o, &small, 3), *away = fill(m, &o, &far, 2);
    for (int ch = 0; ch < C; ch++)
      for (int y = 0; y < small.height; y++)
        CHECK(memcmp(part + (ch * small.height + y) * small.width,
                     all + (ch * large.height + y + small.y - large.y) * large.width + small.x - large.x,
                     sizeof(float) * (size_t)small.width) == 0);
    for (int i = 0; i < 9 * C; i++) CHECK(isfinite(away[i]));
    CHECK(memcmp(away, part, 9 * sizeof(float)) != 0);
    free(all), free(part), free(away);
  }
  cdf_model_free(m);
}

TEST(a_cell_is_the_same_in_every_window) {
  check_windows(1);
  check_windows(2);
}

/* Far from the borders of a large world the ordinary process cannot feel them. */
TEST(it_is_the_ordinary_process) {
  cdf_model *m = small_model(CDF_COORDINATES_NONE);
  const cdf_world window = {-4, 6, 9, 5};
  int halo = guided.steps * cdf_features_reach(&m->net.config);
  const cdf_world world = {window.x - halo, window.y - halo, window.width + 2 * halo, window.height + 2 * halo};
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
                   whole[(ch * world.height + y + halo) * world.width + x + halo], 1e-5);
  free(lattice);
  cdf_process_free(g);
  cdf_model_free(m);
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

static void refused(const cdf_model *m, const cdf_sample_options *o, const char *reason) {
  cdf_endless *e;
  cdf_error err = {0};
  const cdf_world window = {0, 0, 4, 4};
  CHECK(cdf_endless_create(&e, m, o, &window, 2, cdf_kernels_best(), &err) == CDF_USAGE && e == NULL);
  CHECK(strstr(err.text, reason) != NULL);
}

TEST(what_needs_a_frame_is_refused) {
  cdf_model *framed = small_model(CDF_COORDINATES_BOTH), *m = small_model(CDF_COORDINATES_NONE);
  static const float source[C * 16];
  refused(framed, &guided, "coordinates = none");
  refused(m, &(cdf_sample_options){.kind = CDF_SAMPLER_HEUN}, "dpm2m, euler or ancestral");
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
  cdf_model *m = strided_model(CDF_COORDINATES_NONE, 2);
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

int main(void) {
  RUN(a_cell_is_the_same_in_every_window);
  RUN(it_is_the_ordinary_process);
  RUN(a_frame_without_coordinates_is_a_torus);
  RUN(numbers_out_of_range_are_told_and_never_drawn);
  RUN(what_needs_a_frame_is_refused);
  RUN(sides_that_go_round_are_multiples_of_stride);
  return test_report();
}
