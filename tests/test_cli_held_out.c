/* The loss on held-out pictures, and when it is a warning. */
#include "cli/held_out.h"

#include <string.h>

#include "test.h"

/* How often it warns over n pairs of losses, and at which step the first time (0: never). */
static int warnings(int *first, const double (*losses)[2], int n) {
  cli_held_out h = {.probe = NULL};
  int count = 0;
  *first = 0;
  for (int i = 0; i < n; i++)
    if (cli_held_out_warns(&h, losses[i][0], losses[i][1], 10 * (i + 1)) && count++ == 0) *first = 10 * (i + 1);
  return count;
}

TEST(it_warns_once_when_the_two_losses_part) {
  const double apart[][2] = {{0.50, 0.50}, {0.40, 0.40}, {0.39, 0.36}, {0.40, 0.33}, {0.41, 0.30},
                             {0.42, 0.27}, {0.44, 0.25}, {0.46, 0.22}, {0.48, 0.20}, {0.50, 0.18}};
  int first;
  CHECK(warnings(&first, apart, 10) == 1 && first == 60); /* 0.40, 0.41 and 0.42 are clearly above 0.39 */
}

TEST(it_keeps_silent_when_both_rise_or_noise_plays) {
  const double both[][2] = {{0.40, 0.40}, {0.44, 0.41}, {0.46, 0.43}, {0.48, 0.45}, {0.50, 0.47}};
  const double noise[][2] = {{0.40, 0.40}, {0.42, 0.38}, {0.42, 0.37}, {0.401, 0.36},
                             {0.43, 0.35}, {0.42, 0.34}, {0.39, 0.33}};
  int first;
  CHECK(warnings(&first, both, 5) == 0 && first == 0);
  CHECK(warnings(&first, noise, 7) == 0);
}

/* n pictures of 8x8, some all of one value, some ramps. */
static void fill(cdf_dataset *d, int n) {
  cdf_dataset_init(d, n, 1, 8, 8, 0, NULL);
  for (int i = 0; i < n * 64; i++) d->pixels[i] = (uint8_t)(i / 64 % 2 ? i % 8 * 30 : i / 64 * 20);
  d->n_images = n;
}

TEST(the_loss_is_that_of_the_averaged_weights_and_the_same_every_time) {
  cdf_config config;
  cdf_train_config train;
  cdf_dataset data;
  cli_held_out h = {.probe = NULL};
  cdf_learner *l;
  cdf_report r;
  cdf_error err = {0};
  cdf_config_preset(&config, "taps", NULL);
  cdf_train_config_default(&train);
  fill(&data, 9), fill(&h.data, 3);
  config.channels = 1, config.lattice_width = config.lattice_height = 8, config.hidden = config.cond_hidden = 16;
  config.n_levels = 2, train.images = 8, train.pixels = 16, train.warmup = 0;
  CHECK(cdf_trainer_measure(&config, &data, &err) == CDF_OK);
  const cdf_kernels *k = cdf_kernels_best();
  CHECK(cdf_trainer_create(&l, &config, &train, &data, k, 0, 1, &err) == CDF_OK);
  CHECK(cli_held_out_start(&h, &config, &train, k, &err) == CDF_OK);
  double before = cli_held_out_loss(&h, l);
  for (int i = 0; i < 40; i++) {
    cdf_learner_gradient(l, &r, NULL);
    CHECK(cdf_learner_update(l, &r, NULL, &err) == CDF_OK);
  }
  double after = cli_held_out_loss(&h, l);
  CHECK(before > 0 && after < 0.9 * before && cli_held_out_loss(&h, l) == after);
  CHECK(cdf_learner_optimizer(l)->step == 40 && cdf_learner_optimizer(h.probe)->step == 0);
  memset(cdf_learner_optimizer(l)->params, 0, sizeof(float) * 100);
  CHECK(cli_held_out_loss(&h, l) == after);
  cdf_learner_free(l);
  cdf_dataset_free(&data);
  cli_held_out_free(&h);
}

int main(void) {
  RUN(it_warns_once_when_the_two_losses_part);
  RUN(it_keeps_silent_when_both_rise_or_noise_plays);
  RUN(the_loss_is_that_of_the_averaged_weights_and_the_same_every_time);
  return test_report();
}
