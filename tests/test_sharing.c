/* test_sharing.c: a step shared by threads and by processes. */
#include <stdlib.h>

#include "learning.h"

static void run_backwards(cdf_work work, void *context, int n_items) {
  for (int i = n_items - 1; i >= 0; i--) work(context, i);
}

static void run_odd_ones_first(cdf_work work, void *context, int n_items) {
  for (int i = 1; i < n_items; i += 2) work(context, i);
  for (int i = 0; i < n_items; i += 2) work(context, i);
}

TEST(order_of_work_does_not_matter) {
  static const cdf_parallel orders[] = {{run_backwards}, {run_odd_ones_first}};
  cdf_dataset d = pictures(16);
  for (int a = 0; cdf_arch_names[a]; a++) {
    cdf_config c = small(cdf_arch_names[a], &d);
    c.hidden = 80, c.n_layers = 3; /* more than one chunk of 16384 parameters */
    cdf_train_config train = brief();
    train.pixels = 13;
    cdf_learner *serial = create(&c, &train, &d, cdf_kernels_best());
    if (a == 0) CHECK(cdf_trainer_network(serial)->tensors.n_params > 2 * 16384);
    cdf_report expected = run(serial, 3, NULL);
    for (int o = 0; o < 2; o++) {
      cdf_learner *t = create(&c, &train, &d, cdf_kernels_best());
      cdf_report report = run(t, 3, &orders[o]);
      CHECK(same_state(serial, t));
      CHECK(report.sums[0] == expected.sums[0] && report.grad_norm == expected.grad_norm);
      cdf_learner_free(t);
    }
    cdf_learner_free(serial);
  }
}

/* What several processes would do between cdf_learner_gradient and cdf_learner_update; or they pass a sum on, and then
 * it has the bits of one. */
TEST(processes_share_a_batch) {
  enum { RANKS = 3 };
  cdf_dataset d = pictures(16);
  cdf_config c = small("taps", &d);
  cdf_train_config train = brief();
  cdf_learner *whole = create(&c, &train, &d, cdf_kernels_best());
  cdf_report expected, sum = {0}, passed;
  cdf_learner_gradient(whole, &expected, NULL);
  size_t n = cdf_trainer_network(whole)->tensors.n_params;
  float *on = calloc(n, sizeof *on);
  double *grad = calloc(n, sizeof *grad), worst = 0, norm = 0;
  for (int rank = 0; rank < RANKS; rank++) {
    cdf_learner *part;
    cdf_report r;
    CHECK(cdf_trainer_create(&part, &c, &train, &d, cdf_kernels_best(), rank, RANKS, NULL) == CDF_OK);
    cdf_learner_gradient(part, &r, NULL);
    for (int i = 0; i < 5; i++) sum.sums[i] += r.sums[i], sum.weights[i] += r.weights[i];
    for (size_t i = 0; i < n; i++) grad[i] += cdf_learner_optimizer(part)->grad[i];
    float *own = cdf_learner_optimizer(part)->grad;
    memcpy(own, on, n * sizeof *on);
    cdf_learner_add(part, &passed, rank == 0, NULL);
    memcpy(on, own, n * sizeof *on);
    cdf_learner_free(part);
  }
  CHECK(memcmp(on, cdf_learner_optimizer(whole)->grad, n * sizeof *on) == 0);
  CHECK(memcmp(&passed, &expected, sizeof passed.sums + sizeof passed.weights) == 0);
  for (size_t i = 0; i < n; i++) {
    worst = fmax(worst, fabs(grad[i] - cdf_learner_optimizer(whole)->grad[i]));
    norm = fmax(norm, fabs(grad[i]));
  }
  CHECK(worst < 1e-5 * norm && norm > 0);
  for (int i = 0; i < 5; i++) {
    CHECK_NEAR(sum.sums[i], expected.sums[i], 1e-9);
    CHECK(sum.weights[i] == expected.weights[i]);
  }
  static const int wrong[][2] = {{0, 0}, {0, 9}, {3, 3}, {-1, 2}};
  for (int i = 0; i < 4; i++) {
    cdf_learner *none;
    cdf_error err = {0};
    CHECK(cdf_trainer_create(&none, &c, &train, &d, cdf_kernels_best(), wrong[i][0], wrong[i][1], &err) == CDF_USAGE);
    CHECK(none == NULL);
    CHECK_TEXT(err.text, "cannot share a batch");
  }
  free(grad), free(on);
  cdf_learner_free(whole);
}

int main(void) {
  RUN(order_of_work_does_not_matter);
  RUN(processes_share_a_batch);
  return test_report();
}
