/* test_editing.c: starting from a picture, keeping parts of it, larger worlds, and the noise between two seeds. */
#include <stdlib.h>

#include "../src/base/arena.h"
#include "../src/coordiff.h"
#include "../src/base/rng.h"
#include "../src/denoise/schedule.h"
#include "test.h"

enum { SIDE = 12, C = 2 };

/* A small model whose output is not zero. */
static cdf_model *small_model(void) {
  cdf_config config;
  cdf_model *m = NULL;
  cdf_config_preset(&config, "taps", NULL);
  config.channels = C, config.lattice_width = config.lattice_height = SIDE, config.n_levels = 3;
  config.hidden = config.cond_hidden = 16, config.n_layers = 1, config.thumbnail = 4, config.n_classes = 2;
  config.mean[0] = 0.1f, config.mean[1] = -0.2f, config.sigma_data = 0.5f;
  for (int l = 0; l < config.n_levels; l++) config.level_sd[l] = 0.4f;
  CHECK(cdf_model_create(&m, &config, 1, NULL) == CDF_OK);
  cdf_shape_uniform(m->params, cdf_tensors_find(&m->net.tensors, "out.weight"), 3, 0, 0.3f);
  return m;
}

static cdf_process *begin(const cdf_model *m, const cdf_world *world, const cdf_sample_options *o) {
  cdf_process *g = NULL;
  cdf_error err = {0};
  CHECK(cdf_process_create(&g, m, world, 1, cdf_kernels_best(), &err) == CDF_OK);
  if (cdf_process_start(g, o, &err) != CDF_OK) printf("  %s\n", err.text), test_current_failed = 1;
  return g;
}

static float *copy_state(cdf_process *g, size_t n) {
  float *out = malloc(n * sizeof *out);
  memcpy(out, cdf_process_state(g), n * sizeof *out);
  return out;
}

static float source[C * SIDE * SIDE], mask[SIDE * SIDE];

static void make_source(void) {
  cdf_rng_normal_fill(source, C * SIDE * SIDE, 9, (cdf_counter){{0, 0, 0, 0}});
  for (int i = 0; i < C * SIDE * SIDE; i++) source[i] *= 0.2f; /* colours */
  for (int i = 0; i < SIDE * SIDE; i++) mask[i] = i % SIDE < 5 ? 0.0f : i % SIDE == 5 ? 0.5f : 1.0f;
}

TEST(kept_cells_stay_exactly) {
  cdf_model *m = small_model();
  make_source();
  for (int kind = CDF_SAMPLER_DPM2M; kind <= CDF_SAMPLER_ANCESTRAL; kind++) {
    cdf_sample_options o = {.seed = 4, .kind = kind, .steps = 6, .source = source, .mask = mask};
    cdf_process *g = begin(m, NULL, &o);
    int wrong = 0, changed = 0;
    while (!cdf_process_done(g)) cdf_process_step(g, NULL, NULL);
    const float *clean = cdf_process_clean(g);
    for (int i = 0; i < C * SIDE * SIDE; i++) {
      bool kept = mask[i % (SIDE * SIDE)] == 0.0f;
      wrong += kept && clean[i] != source[i];
      changed += !kept && fabsf(clean[i] - source[i]) > 0.01f;
    }
    CHECK(wrong == 0 && changed > 100);
    cdf_process_free(g);
  }
  cdf_model_free(m);
}

/* The neighbours of what is kept must see it as noisy as they are themselves: z = source + sigma n at every step. */
TEST(kept_cells_are_as_noisy_as_the_rest) {
  cdf_model *m = small_model();
  make_source();
  cdf_sample_options o = {.seed = 4, .steps = 6, .source = source, .mask = mask};
  cdf_process *g = begin(m, NULL, &o);
  size_t n = C * SIDE * SIDE;
  float *first = copy_state(g, n);
  cdf_process *plain = begin(m, NULL, &(cdf_sample_options){.seed = 4, .steps = 6});
  float *noise = copy_state(plain, n); /* sigma_0 n */
  for (size_t i = 0; i < n; i++) CHECK_NEAR(first[i], noise[i] + (1 - mask[i % (SIDE * SIDE)]) * source[i], 1e-4);
  double sigma[7];
  cdf_schedule_edm(sigma, 6, 80, 0.01, 7);
  for (int step = 1; step <= 6; step++) {
    cdf_process_step(g, NULL, NULL);
    const float *z = cdf_process_state(g);
    for (size_t i = 0; i < n; i++)
      if (mask[i % (SIDE * SIDE)] == 0.0f)
        CHECK_NEAR(z[i], source[i] + sigma[step] * (noise[i] / sigma[0]), 1e-4 * (1 + sigma[step]));
  }
  free(first), free(noise);
  cdf_process_free(g), cdf_process_free(plain);
  cdf_model_free(m);
}

TEST(all_fresh_is_no_source_at_all) {
  cdf_model *m = small_model();
  make_source();
  float all[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) all[i] = 1.0f;
  cdf_process *a = begin(m, NULL, &(cdf_sample_options){.seed = 5, .steps = 5, .source = source, .mask = all});
  cdf_process *b = begin(m, NULL, &(cdf_sample_options){.seed = 5, .steps = 5});
  while (!cdf_process_done(a)) cdf_process_step(a, NULL, NULL), cdf_process_step(b, NULL, NULL);
  const float *x = cdf_process_clean(a), *y = cdf_process_clean(b);
  for (int i = 0; i < C * SIDE * SIDE; i++) CHECK_NEAR(x[i], y[i], 1e-5);
  cdf_process_free(a), cdf_process_free(b);
  cdf_model_free(m);
}

/* A model that keeps what it sees at low noise: little strength, little change; more strength, more. */
TEST(strength_is_how_much_may_change) {
  cdf_model *m = small_model();
  make_source();
  double last = 0;
  const float strengths[] = {0.02f, 0.3f, 0.6f, 1.0f};
  for (int k = 0; k < 4; k++) {
    cdf_sample_options o = {.seed = 5, .steps = 8, .source = source, .strength = strengths[k]};
    cdf_process *g = begin(m, NULL, &o);
    while (!cdf_process_done(g)) cdf_process_step(g, NULL, NULL);
    const float *clean = cdf_process_clean(g);
    double square = 0;
    for (int i = 0; i < C * SIDE * SIDE; i++) square += (clean[i] - source[i]) * (clean[i] - source[i]);
    CHECK(square > last);
    if (k == 0) CHECK(square < 0.05 * C * SIDE * SIDE);
    last = square;
    cdf_process_free(g);
  }
  cdf_model_free(m);
}

/* A picture that no training data resembles: the answer is no good, but it is made of colours. */
TEST(a_strange_source_does_not_run_away) {
  cdf_model *m = small_model();
  float strange[C * SIDE * SIDE];
  for (int i = 0; i < C * SIDE * SIDE; i++) strange[i] = i % 2 ? 40.0f : -40.0f;
  cdf_process *g = begin(m, NULL, &(cdf_sample_options){.seed = 3, .source = strange, .strength = 0.3f, .steps = 4});
  while (!cdf_process_done(g)) cdf_process_step(g, NULL, NULL);
  const float *clean = cdf_process_clean(g), *mean = m->net.config.mean;
  for (int i = 0; i < C * SIDE * SIDE; i++) CHECK(fabsf(clean[i] + mean[i / (SIDE * SIDE)]) <= 1.0f + 1e-6f);
  cdf_process_free(g);
  cdf_model_free(m);
}

TEST(noise_between_two_seeds) {
  cdf_model *m = small_model();
  size_t n = C * SIDE * SIDE;
  float *z[4];
  const float mixes[] = {0.0f, 1.0f, 0.5f, 0.0f};
  for (int k = 0; k < 4; k++) {
    cdf_sample_options o = {.seed = k == 3 ? 22 : 11, .other_seed = 22, .mix = mixes[k]};
    cdf_process *g = begin(m, NULL, &o);
    z[k] = copy_state(g, n);
    cdf_process_free(g);
  }
  double same = 0, variance = 0;
  for (size_t i = 0; i < n; i++) {
    CHECK_NEAR(z[1][i], z[3][i], 1e-3); /* all of the other seed */
    CHECK_NEAR(z[2][i], (z[0][i] + z[1][i]) * sqrt(0.5), 1e-3);
    same += z[0][i] * z[3][i] / 6400, variance += z[2][i] * z[2][i] / 6400;
  }
  CHECK(fabs(same / (double)n) < 0.2);
  CHECK_NEAR(variance / (double)n, 1, 0.2);
  /* A seed mixed with itself is itself. */
  cdf_process *g = begin(m, NULL, &(cdf_sample_options){.seed = 11, .other_seed = 11, .mix = 0.5f});
  CHECK(memcmp(cdf_process_state(g), z[0], n * sizeof *z[0]) == 0);
  cdf_process_free(g);
  for (int k = 0; k < 4; k++) free(z[k]);
  cdf_model_free(m);
}

TEST(a_larger_world_has_the_same_noise_and_may_keep_the_frame) {
  cdf_model *m = small_model();
  cdf_world world = {-7, -3, SIDE + 11, SIDE + 4};
  size_t plane = cdf_world_cells(&world);
  cdf_sample_options o = {.seed = 6, .steps = 5};
  cdf_process *frame = begin(m, NULL, &o), *large = begin(m, &world, &o);
  float *a = copy_state(frame, C * SIDE * SIDE), *b = copy_state(large, C * plane);
  for (int c = 0; c < C; c++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        CHECK(a[(c * SIDE + y) * SIDE + x] == b[(size_t)c * plane + (size_t)((y + 3) * world.width + x + 7)]);
  while (!cdf_process_done(frame)) cdf_process_step(frame, NULL, NULL);

  /* Outpainting: the finished frame stays, the rest is made around it. */
  float *known = calloc(C * plane, sizeof *known), *around = malloc(plane * sizeof *around);
  const float *clean = cdf_process_clean(frame);
  for (size_t i = 0; i < plane; i++) around[i] = 1.0f;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      size_t at = (size_t)((y + 3) * world.width + x + 7);
      around[at] = 0.0f;
      for (int c = 0; c < C; c++) known[(size_t)c * plane + at] = clean[(c * SIDE + y) * SIDE + x];
    }
  o.source = known, o.mask = around;
  CHECK(cdf_process_start(large, &o, NULL) == CDF_OK);
  while (!cdf_process_done(large)) cdf_process_step(large, NULL, NULL);
  const float *result = cdf_process_clean(large);
  for (size_t i = 0; i < C * plane; i++)
    if (around[i % plane] == 0.0f) CHECK(result[i] == known[i]);
  free(a), free(b), free(known), free(around);
  cdf_process_free(frame), cdf_process_free(large);
  cdf_model_free(m);
}

TEST(worlds_and_sources_that_are_none) {
  cdf_model *m = small_model();
  cdf_process *g;
  cdf_error err = {0};
  const cdf_world none[] = {{0, 0, 0, 5}, {0, 0, 5, -1}, {0, 0, 257, 5}, {0, 0, 5, 257}, {2000000, 0, 5, 5}};
  for (int i = 0; i < 5; i++) {
    CHECK(cdf_process_create(&g, m, &none[i], 1, cdf_kernels_best(), &err) == CDF_USAGE && !g);
    CHECK_TEXT(err.text, "from 1 to 256 cells");
  }
  CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), &err) == CDF_OK);
  CHECK(cdf_process_start(g, &(cdf_sample_options){.strength = 0.5f}, &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "needs a picture");
  CHECK(cdf_process_start(g, &(cdf_sample_options){.mask = mask}, &err) == CDF_USAGE);
  CHECK(cdf_process_start(g, &(cdf_sample_options){.source = source, .strength = 1.5f}, &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "strength is 1.5");
  CHECK(cdf_process_start(g, &(cdf_sample_options){.mix = -0.1f}, &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "mix is -0.1");
  cdf_process_free(g);
  cdf_model_free(m);
}

int main(void) {
  RUN(kept_cells_stay_exactly);
  RUN(kept_cells_are_as_noisy_as_the_rest);
  RUN(all_fresh_is_no_source_at_all);
  RUN(strength_is_how_much_may_change);
  RUN(a_strange_source_does_not_run_away);
  RUN(noise_between_two_seeds);
  RUN(a_larger_world_has_the_same_noise_and_may_keep_the_frame);
  RUN(worlds_and_sources_that_are_none);
  return test_report();
}
