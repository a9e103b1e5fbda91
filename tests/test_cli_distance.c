/* Tests of src/cli/eval/distance.c on Gaussians, whose distances are known. */
#include "cli/eval/distance.h"

#include <stdlib.h>

#include "cli/eval/frechet.h"
#include "cli/threads.h"
#include "judge/metrics.h"
#include "test.h"

#define D CDF_CLASSIFIER_FEATURES

/* n pictures of `of_one` rows: normal, times scale, moved by shift in every feature. */
static cli_features normal_rows(int n, int of_one, uint64_t seed, float scale, float shift) {
  cli_features f = {malloc((size_t)n * (size_t)of_one * D * sizeof(float)), n, of_one, NULL};
  for (int i = 0; i < n; i++) {
    float *row = f.x + (size_t)i * (size_t)of_one * D;
    cdf_metrics_noise(row, D, seed, (uint32_t)i);
    for (int a = 0; a < D; a++) row[a] = row[a] * scale + shift;
    for (int j = 1; j < of_one; j++) memcpy(row + j * D, row, D * sizeof(float));
  }
  return f;
}

static cli_closeness compare(const cli_features *made, const cli_features *real, int n_resamples) {
  cli_closeness c = {0};
  cdf_error err = {0};
  CHECK(cli_compare(&c, made, real, n_resamples, cdf_kernels_best(), &cli_threads, &err) == CDF_OK);
  return c;
}

TEST(the_distance_is_that_of_the_moments) {
  static double mean1[D], covariance1[D * D], mean2[D], covariance2[D * D];
  cli_features made = normal_rows(200, 1, 1, 0.7f, 0.1f), real = normal_rows(300, 1, 2, 1, 0);
  double expected = 0;
  cdf_error err = {0};
  cdf_metrics_gaussian(mean1, covariance1, made.x, made.n, D, &cli_threads);
  cdf_metrics_gaussian(mean2, covariance2, real.x, real.n, D, &cli_threads);
  CHECK(cli_frechet(&expected, mean1, covariance1, mean2, covariance2, D, &err) == CDF_OK);
  cli_closeness c = compare(&made, &real, 0);
  CHECK_NEAR(c.frechet.value, expected, 1e-9);
  CHECK(c.frechet.error < 0 && isnan(c.extrapolated.value) && c.extrapolated.error < 0); /* too few to extrapolate */
  free(made.x);
  free(real.x);
}

TEST(the_extrapolation_takes_the_excess_away) {
  const double closed_form = D * (0.2 * 0.2 + 0.1 * 0.1); /* |m1 - m2|^2 + sum (s1 - s2)^2 */
  cli_features real = normal_rows(1500, 1, 3, 1, 0);
  double sum = 0, squares = 0, extrapolated = 0, error = 0, extrapolated_error = 0;
  enum { RUNS = 8 };
  for (int run = 0; run < RUNS; run++) {
    cli_features made = normal_rows(1500, 1, 100 + (uint64_t)run, 0.9f, 0.2f);
    cli_closeness c = compare(&made, &real, run < 2 ? 40 : 0);
    sum += c.frechet.value / RUNS, squares += c.frechet.value * c.frechet.value / RUNS;
    extrapolated += c.extrapolated.value / RUNS;
    if (run < 2) error += c.frechet.error / 2, extrapolated_error += c.extrapolated.error / 2;
    free(made.x);
  }
  CHECK(sum > closed_form + 4); /* about D^2 / 4 (1 / 1500 + 0.9^2 / 1500) more */
  CHECK_NEAR(extrapolated, closed_form, 0.35);
  double spread = sqrt((squares - sum * sum) * RUNS / (RUNS - 1)); /* of other samples, as the bootstrap foretells */
  CHECK(error > 0.5 * spread && error < 2 * spread);
  CHECK(extrapolated_error > 0.5 * error && extrapolated_error < 4 * error);
  free(real.x);
}

TEST(rows_of_one_picture_are_drawn_together) {
  cli_features one = normal_rows(150, 1, 5, 1, 0.3f), two = normal_rows(150, 2, 5, 1, 0.3f);
  cli_features real = normal_rows(400, 1, 6, 1, 0);
  cli_closeness a = compare(&one, &real, 20), b = compare(&two, &real, 20);
  CHECK_NEAR(a.frechet.value, b.frechet.value, 0.05 * a.frechet.value); /* n - 1 is another */
  CHECK_NEAR(a.frechet.error, b.frechet.error, 0.05 * a.frechet.error); /* copies tell nothing new */
  free(one.x);
  free(two.x);
  free(real.x);
}

/* Classes far apart, in equal numbers: that each has as many is no accident that a resample should undo. */
TEST(resamples_keep_the_number_of_each_class) {
  cli_features made = normal_rows(200, 1, 9, 1, 0), real = normal_rows(400, 1, 10, 1, 0);
  uint8_t labels[400];
  for (int i = 0; i < 400; i++) {
    labels[i] = (uint8_t)(i % 2);
    for (int a = 0; a < D; a++) {
      real.x[i * D + a] += i % 2 ? 3 : -3;
      if (i < 200) made.x[i * D + a] += i % 2 ? 3 : -3;
    }
  }
  cli_closeness blind = compare(&made, &real, 30);
  made.labels = real.labels = labels;
  cli_closeness c = compare(&made, &real, 30);
  CHECK_NEAR(c.frechet.value, blind.frechet.value, 1e-9);
  CHECK_NEAR(c.sliced.value, blind.sliced.value, 1e-9);
  CHECK(c.frechet.error < 0.6 * blind.frechet.error);
  CHECK(c.sliced.error < 0.3 * blind.sliced.error);
  CHECK(c.density > 0 && c.coverage > 0.3);

  /* With one picture of each class there is nothing to draw. */
  uint8_t many[200];
  for (int i = 0; i < 200; i++) many[i] = (uint8_t)(i / 4);
  made.labels = many;
  CHECK(compare(&made, &real, 30).sliced.error > 0);
  for (int i = 0; i < 200; i++) many[i] = (uint8_t)i;
  c = compare(&made, &real, 30);
  CHECK(c.sliced.error < 0 && c.frechet.error < 0);
  free(made.x);
  free(real.x);
}

TEST(intervals) {
  const cli_estimate e = {10, 1}, near_nothing = {0.1, 1};
  CHECK_NEAR(cli_low(&e), 8.04, 1e-12);
  CHECK_NEAR(cli_high(&e), 11.96, 1e-12);
  CHECK_NEAR(cli_low(&near_nothing), 0, 0);
  CHECK_NEAR(cli_told_apart(&e), 2.77186, 1e-5);
}

TEST(what_is_not_finite_is_refused_and_threads_do_not_matter) {
  cli_features made = normal_rows(140, 1, 7, 1, 0), real = normal_rows(160, 1, 8, 1, 0);
  cli_set_threads(1);
  cli_closeness a = compare(&made, &real, 10);
  cli_set_threads(3);
  cli_closeness b = compare(&made, &real, 10);
  CHECK(memcmp(&a, &b, sizeof a) == 0);
  made.x[5] = NAN;
  cdf_error err = {0};
  CHECK(cli_compare(&a, &made, &real, 10, cdf_kernels_best(), &cli_threads, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "not finite");
  free(made.x);
  free(real.x);
}

int main(void) {
  RUN(the_distance_is_that_of_the_moments);
  RUN(the_extrapolation_takes_the_excess_away);
  RUN(rows_of_one_picture_are_drawn_together);
  RUN(resamples_keep_the_number_of_each_class);
  RUN(intervals);
  RUN(what_is_not_finite_is_refused_and_threads_do_not_matter);
  return test_report();
}
