/* Tests of what the parts of `coordiff eval` share. */
#include "cli/eval/eval.h"

#include <stdlib.h>

#include "cli/threads.h"
#include "judge/metrics.h"
#include "test.h"

#define SIDE 8
#define K 4
#define BIG (SIDE * K)

static cdf_model *small_model(bool with_renderer) {
  cdf_config config;
  cdf_render_config render;
  cdf_render_net net;
  cdf_model *model = NULL;
  cdf_error err = {0};
  CHECK(cdf_config_preset(&config, "taps", &err) == CDF_OK);
  config.lattice_width = config.lattice_height = SIDE;
  config.channels = 3;
  config.hidden = config.cond_hidden = 16;
  config.n_layers = 1;
  config.n_levels = 2;
  config.n_classes = 3;
  CHECK(cdf_model_create(&model, &config, 1, &err) == CDF_OK);
  if (!model || !with_renderer) return model;
  cdf_render_config_default(&render, 3);
  cdf_render_net_init(&net, &render);
  float *params = calloc(net.tensors.n_params, sizeof *params);
  cdf_render_net_randomize(&net, params, 2);
  CHECK(cdf_model_set_renderer(model, &render, params, &err) == CDF_OK);
  free(params);
  return model;
}

/* Does the planar window lie somewhere in the interleaved canvas? */
static bool lies_in(const uint8_t *window, const uint8_t *canvas) {
  for (int y0 = 0; y0 <= BIG - SIDE; y0++)
    for (int x0 = 0; x0 <= BIG - SIDE; x0++) {
      bool same = true;
      for (int i = 0; i < 3 * SIDE * SIDE && same; i++) {
        int c = i / (SIDE * SIDE), y = y0 + i / SIDE % SIDE, x = x0 + i % SIDE;
        same = window[i] == canvas[(y * BIG + x) * 3 + c];
      }
      if (same) return true;
    }
  return false;
}

TEST(windows_are_cut_from_the_whole_canvas) {
  uint8_t pixels[3 * SIDE * SIDE], windows[CLI_EVAL_WINDOWS * 3 * SIDE * SIDE], other[sizeof windows];
  uint8_t *canvas = malloc(3 * BIG * BIG);
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i * 31 % 251);
  for (int with_renderer = 0; with_renderer < 2; with_renderer++) {
    cdf_error err = {0};
    cdf_model *model = small_model(with_renderer);
    cli_eval e = {.k = cdf_kernels_best(), .model = model, .options.seed = 5};
    cdf_picture *q;
    CHECK(cdf_picture_create(&q, model, NULL, 1, e.k, &err) == CDF_OK);
    CHECK(cli_eval_put_lattice(q, &e, pixels, &err) == CDF_OK);
    cdf_picture_draw(q, canvas, BIG, BIG, NULL, NULL);
    for (int number = 0; number < 20; number++) {
      CHECK(cli_eval_made_windows(windows, q, &e, number, K, &err) == CDF_OK);
      for (int i = 0; i < CLI_EVAL_WINDOWS; i++) CHECK(lies_in(windows + i * 3 * SIDE * SIDE, canvas));
      CHECK(cli_eval_made_windows(other, q, &e, number + 1, K, &err) == CDF_OK);
      CHECK(memcmp(windows, other, sizeof windows) != 0); /* every picture has its own */
    }
    uint8_t whole[sizeof pixels];
    CHECK(cli_eval_draw(whole, q, &e, NULL, &err) == CDF_OK);
    CHECK(memcmp(whole, pixels, sizeof pixels) == 0); /* at the lattice's size it is the lattice */
    cdf_picture_free(q);
    cdf_model_free(model);
  }
  free(canvas);
}

static cdf_status fail_at_tens(void *context, int item, cdf_error *err) {
  __atomic_add_fetch((int *)context, 1, __ATOMIC_RELAXED);
  return item >= 30 && item % 10 == 0 ? cdf_fail(err, CDF_BAD_INPUT, "item %d is bad", item) : CDF_OK;
}

TEST(the_first_failure_is_told) {
  const cli_eval e = {.quiet = true};
  for (int threads = 1; threads <= 4; threads++) {
    int n_done = 0;
    cdf_error err = {0};
    cli_set_threads(threads);
    CHECK(cli_eval_for(&e, "items", fail_at_tens, &n_done, 200, &err) == CDF_BAD_INPUT);
    CHECK_TEXT(err.text, "item 30 is bad");
    CHECK(n_done >= 31 && n_done <= 200);
    n_done = 0;
    CHECK(cli_eval_for(&e, "items", fail_at_tens, &n_done, 30, &err) == CDF_OK);
    CHECK(n_done == 30);
  }
}

TEST(picks_are_spread_over_the_classes) {
  enum { N = 60 };
  int order[N], seen[6] = {0};
  const cli_eval_set set = {.file.pack.n_pictures = N, .order = order};
  for (int i = 0; i < N; i++) order[i] = i % 10 * 6 + i / 10; /* in order of class, which is the number modulo 6 */
  for (int i = 0; i < 12; i++) seen[cli_eval_pick(&set, i, 12) % 6]++;
  for (int i = 0; i < 6; i++) CHECK(seen[i] == 2);
}

TEST(samples_are_functions_of_seed_and_number) {
  cdf_model *model = small_model(false);
  cli_eval e = {.k = cdf_kernels_best(), .model = model, .options = {.seed = 7, .steps = 2}};
  uint8_t a[3 * SIDE * SIDE], b[sizeof a];
  cdf_error err = {0};
  cdf_picture *q;
  CHECK(cli_eval_label(&e, 4) == 1);
  CHECK(cli_eval_sample(&q, &e, 3, &err) == CDF_OK);
  CHECK(cli_eval_draw(a, q, &e, NULL, &err) == CDF_OK);
  cdf_picture_free(q);
  e.options.seed = 10; /* sample 3 of seed 7 is sample 0 of seed 10: of class 0, both */
  CHECK(cli_eval_sample(&q, &e, 0, &err) == CDF_OK);
  CHECK(cli_eval_draw(b, q, &e, NULL, &err) == CDF_OK);
  CHECK(memcmp(a, b, sizeof a) == 0);
  cdf_picture_free(q);
  e.options.steps = CDF_MAX_STEPS + 1;
  CHECK(cli_eval_sample(&q, &e, 0, &err) == CDF_USAGE);
  cdf_picture_free(q);
  cdf_model_free(model);
}

/* Grey pictures of noise, whose mean is `level`; classes in turn. */
static void noise_pictures(cdf_dataset *d, int n, int level, uint64_t seed) {
  cdf_error err = {0};
  CHECK(cdf_dataset_init(d, n, 1, SIDE, SIDE, 2, &err) == CDF_OK);
  for (int i = 0; i < n; i++) {
    float noise[SIDE * SIDE];
    cdf_metrics_noise(noise, SIDE * SIDE, seed, (uint32_t)i);
    for (int p = 0; p < SIDE * SIDE; p++) d->pixels[i * SIDE * SIDE + p] = (uint8_t)(level + 20 * noise[p]);
    d->labels[i] = (uint8_t)(i % 2);
  }
  d->n_images = n;
}

TEST(real_or_generated_is_a_fair_question) {
  const cli_eval e = {.k = cdf_kernels_best(), .quiet = true, .options.seed = 1};
  cdf_dataset real, alike, brighter, few;
  cli_two_sample t;
  cdf_error err = {0};
  noise_pictures(&real, 300, 128, 1);
  noise_pictures(&alike, 300, 128, 2);
  noise_pictures(&brighter, 200, 160, 3);
  noise_pictures(&few, 10, 128, 4);
  CHECK(cli_eval_two_sample(&t, &e, &alike, &real, &err) == CDF_OK);
  CHECK(t.n == 600);
  CHECK(t.low < 0.5 && t.high > 0.5); /* nothing to see */
  CHECK(t.high - t.low > 0.07 && t.high - t.low < 0.09);
  CHECK(cli_eval_two_sample(&t, &e, &brighter, &real, &err) == CDF_OK);
  CHECK(t.n == 400);
  CHECK(t.accuracy > 0.95 && t.low > 0.9 && t.high <= 1);
  CHECK(cli_eval_two_sample(&t, &e, &few, &real, &err) == CDF_OK && t.n == 0);
  cdf_dataset_free(&real);
  cdf_dataset_free(&alike);
  cdf_dataset_free(&brighter);
  cdf_dataset_free(&few);
}

int main(void) {
  RUN(real_or_generated_is_a_fair_question);
  RUN(windows_are_cut_from_the_whole_canvas);
  RUN(the_first_failure_is_told);
  RUN(picks_are_spread_over_the_classes);
  RUN(samples_are_functions_of_seed_and_number);
  return test_report();
}
