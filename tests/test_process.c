/* test_process.c: a process and a picture of it on any number of threads, in any order. */
#include <stdlib.h>

#include "../src/coordiff.h"
#include "test.h"

enum { SIDE = 12, WIDTH = 37, HEIGHT = 29 };

/* A small model whose output is not zero, with a renderer of its own. */
static cdf_model *small_model(void) {
  cdf_config config;
  cdf_model *m = NULL;
  cdf_render_config render = {.channels = 3, .radius = 1, .cell_hidden = 16, .split = 2, .hidden = 16};
  cdf_render_net net;
  cdf_config_preset(&config, "taps", NULL);
  config.channels = 3, config.lattice_width = SIDE, config.lattice_height = SIDE + 1, config.n_levels = 2;
  config.hidden = config.cond_hidden = 16, config.n_layers = 1, config.n_classes = 2, config.sigma_data = 0.5f;
  for (int l = 0; l < config.n_levels; l++) config.level_sd[l] = 0.4f;
  CHECK(cdf_model_create(&m, &config, 1, NULL) == CDF_OK);
  cdf_shape_uniform(m->params, cdf_tensors_find(&m->net.tensors, "out.weight"), 3, 0, 0.3f);
  cdf_render_net_init(&net, &render);
  float *params = calloc(net.tensors.n_params, sizeof *params);
  for (size_t i = 0; i < net.tensors.n_params; i++) params[i] = 0.2f * sinf((float)(i % 1009));
  CHECK(cdf_model_set_renderer(m, &render, params, NULL) == CDF_OK);
  free(params);
  return m;
}

/* The last item first: whoever counts on an order is found out. */
static void backwards(cdf_work work, void *context, int n_items) {
  for (int i = n_items - 1; i >= 0; i--) work(context, i);
}

static const cdf_parallel reversed = {backwards};

/* The clean lattice and its picture. */
static void make(float *lattice, uint8_t *pixels, const cdf_model *m, const cdf_sample_options *o, int n_threads,
                 const cdf_parallel *parallel) {
  cdf_process *p = NULL;
  cdf_picture *q = NULL;
  CHECK(cdf_process_create(&p, m, NULL, n_threads, cdf_kernels_best(), NULL) == CDF_OK);
  CHECK(cdf_picture_create(&q, m, NULL, n_threads, cdf_kernels_best(), NULL) == CDF_OK);
  CHECK(cdf_process_start(p, o, NULL) == CDF_OK);
  while (!cdf_process_done(p)) CHECK(cdf_process_step(p, parallel, NULL) == CDF_OK);
  memcpy(lattice, cdf_process_clean(p), 3 * SIDE * (SIDE + 1) * sizeof *lattice);
  cdf_picture_load(q, lattice);
  cdf_picture_draw(q, pixels, WIDTH, HEIGHT, NULL, parallel);
  cdf_process_free(p), cdf_picture_free(q);
}

TEST(the_same_bits_on_any_threads) {
  cdf_model *m = small_model();
  static float one[3 * SIDE * (SIDE + 1)], many[3 * SIDE * (SIDE + 1)];
  static uint8_t drawn[3 * WIDTH * HEIGHT], bands[3 * WIDTH * HEIGHT];
  for (int kind = CDF_SAMPLER_DPM2M; kind <= CDF_SAMPLER_ANCESTRAL; kind++)
    for (int guided = 0; guided < 2; guided++) {
      const cdf_sample_options o = {.seed = 4, .steps = 3, .kind = kind, .guidance = guided ? 2.0f : 1.0f};
      make(one, drawn, m, &o, 1, NULL);
      for (int threads = 2; threads < 40; threads += 9) {
        make(many, bands, m, &o, threads, &reversed);
        CHECK(memcmp(one, many, sizeof one) == 0 && memcmp(drawn, bands, sizeof drawn) == 0);
      }
    }
  cdf_model_free(m);
}

static void check_shared_rows(const cdf_sample_options o) {
  cdf_model *m = small_model();
  static float one[3 * SIDE * (SIDE + 1)], gathered[3 * SIDE * (SIDE + 1)];
  static uint8_t drawn[3 * WIDTH * HEIGHT], rows[3 * WIDTH * HEIGHT];
  cdf_process *copies[2];
  make(one, drawn, m, &o, 1, NULL);
  for (int i = 0; i < 2; i++) {
    CHECK(cdf_process_create(&copies[i], m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
    CHECK(cdf_process_start(copies[i], &o, NULL) == CDF_OK);
  }
  while (!cdf_process_done(copies[0])) {
    for (int i = 0; i < 2; i++) {
      int y0 = i ? 5 : 0, y1 = i ? SIDE + 1 : 5;
      cdf_process_prepare(copies[i]);
      cdf_process_rows(copies[i], y0, y1);
      for (int c = 0; c < 3; c++)
        for (int at = (c * (SIDE + 1) + y0) * SIDE; at < (c * (SIDE + 1) + y1) * SIDE; at++)
          gathered[at] = cdf_process_clean(copies[i])[at];
    }
    cdf_process_put(copies[1], gathered);
    cdf_process_blend(copies[1]);
    memcpy(gathered, cdf_process_clean(copies[1]), sizeof gathered);
    for (int i = 0; i < 2; i++) {
      cdf_process_put(copies[i], gathered);
      CHECK(cdf_process_advance(copies[i], NULL) == CDF_OK);
    }
  }
  CHECK(memcmp(gathered, one, sizeof one) == 0);
  cdf_picture *q;
  CHECK(cdf_picture_create(&q, m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
  cdf_picture_load(q, gathered);
  CHECK(memcmp(cdf_picture_lattice(q), one, sizeof one) == 0);
  for (int y = HEIGHT - 1; y >= 0; y--) cdf_picture_rows(q, rows + 3 * WIDTH * y, WIDTH, HEIGHT, NULL, y, y + 1);
  CHECK(memcmp(rows, drawn, sizeof rows) == 0);
  cdf_picture_load_plain(q, gathered);
  cdf_picture_draw(q, rows, WIDTH, HEIGHT, NULL, NULL);
  CHECK(memcmp(rows, drawn, sizeof rows) != 0);
  cdf_picture_load(q, gathered);
  cdf_picture_draw(q, rows, WIDTH, HEIGHT, NULL, NULL);
  CHECK(memcmp(rows, drawn, sizeof rows) == 0);
  cdf_picture_free(q);
  for (int i = 0; i < 2; i++) cdf_process_free(copies[i]);
  cdf_model_free(m);
}

TEST(rows_are_shared_among_copies) { check_shared_rows((cdf_sample_options){.seed = 4, .steps = 3, .guidance = 2.0f}); }

/* And where a part of a picture is made anew: blending is done once, of the whole. */
TEST(rows_of_an_edited_picture_too) {
  static float source[3 * SIDE * (SIDE + 1)], mask[SIDE * (SIDE + 1)];
  for (int i = 0; i < 3 * SIDE * (SIDE + 1); i++) source[i] = 0.3f;
  for (int i = 0; i < SIDE * (SIDE + 1); i++) mask[i] = i % SIDE > 3 ? 1.0f : 0.0f;
  check_shared_rows((cdf_sample_options){.seed = 4, .steps = 3, .guidance = 2.0f, .source = source, .mask = mask});
}

/* And where one is changed by a strength: each copy knows the answer before, in place of one that is not believed. */
TEST(rows_of_a_changed_picture_too) {
  static float source[3 * SIDE * (SIDE + 1)];
  for (int i = 0; i < 3 * SIDE * (SIDE + 1); i++) source[i] = i % 7 < 3 ? 0.9f : -0.8f;
  for (float strength = 0.2f; strength < 1.0f; strength += 0.3f)
    check_shared_rows((cdf_sample_options){.seed = 4, .steps = 4, .source = source, .strength = strength});
}

/* Guidance that a student has in its answers cannot be asked for a second time. */
TEST(baked_guidance_is_not_guided_again) {
  cdf_model *m = small_model(), *student;
  unsigned char *bytes;
  size_t n;
  CHECK(cdf_model_note(m, "train.guidance", "1.5", NULL) == CDF_OK);
  CHECK(cdf_model_save(m, false, &bytes, &n, NULL) == CDF_OK);
  CHECK(cdf_model_load(&student, bytes, n, NULL) == CDF_OK);
  cdf_process *p;
  cdf_error err = {0};
  CHECK(cdf_process_create(&p, student, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
  CHECK(cdf_process_start(p, &(cdf_sample_options){.guidance = 3}, &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "guidance is 3, but this model's own, 1.5, is part of its answers");
  CHECK(cdf_process_start(p, &(cdf_sample_options){.guidance = 1}, NULL) == CDF_OK);
  CHECK(cdf_process_start(p, &(cdf_sample_options){.seed = 2}, NULL) == CDF_OK);
  cdf_process_free(p);
  cdf_model_free(student);
  cdf_model_free(m);
  free(bytes);
}

int main(void) {
  RUN(the_same_bits_on_any_threads);
  RUN(rows_are_shared_among_copies);
  RUN(rows_of_an_edited_picture_too);
  RUN(rows_of_a_changed_picture_too);
  RUN(baked_guidance_is_not_guided_again);
  return test_report();
}
