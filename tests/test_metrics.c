/* Tests of metrics.c against the plainest formulas. */
#include "judge/metrics.h"

#include <stdlib.h>

#include "base/rng.h"
#include "test.h"

static void run_backwards(cdf_work work, void *context, int n) {
  for (int i = n; i-- > 0;) work(context, i);
}
static const cdf_parallel backwards = {run_backwards};

static uint8_t *random_bytes(size_t n, uint64_t seed) {
  uint8_t *bytes = malloc(n);
  for (size_t i = 0; i < n; i++) {
    uint32_t word[4];
    cdf_philox(word, seed, (cdf_counter){{(uint32_t)i, 0, 0, 0}});
    bytes[i] = (uint8_t)word[0];
  }
  return bytes;
}

TEST(accuracy_counts_by_class) {
  const float logits[] = {1, 2, 0, /**/ 3, 2, 1, /**/ 0, 0, 1, /**/ 0, 5, 0, /**/ 9, 8, 7};
  const uint8_t labels[] = {1, 0, 1, 1, 0};
  double by_class[3];
  CHECK_NEAR(cdf_metrics_accuracy(by_class, logits, labels, 5, 3), 0.8, 1e-15);
  CHECK_NEAR(by_class[0], 1, 0);
  CHECK_NEAR(by_class[1], 2.0 / 3, 1e-15);
  CHECK_NEAR(by_class[2], 0, 0);
  CHECK_NEAR(cdf_metrics_accuracy(NULL, logits, labels, 1, 3), 1, 0);
}

/* Element (a, b) of the covariance by the definition. */
static double naive_covariance(const float *x, int n, int dim, int a, int b) {
  double mean_a = 0, mean_b = 0, sum = 0;
  for (int i = 0; i < n; i++) mean_a += (double)x[i * dim + a] / n, mean_b += (double)x[i * dim + b] / n;
  for (int i = 0; i < n; i++) sum += ((double)x[i * dim + a] - mean_a) * ((double)x[i * dim + b] - mean_b);
  return sum / (n - 1);
}

TEST(gaussian_is_mean_and_covariance) {
  enum { N = 50, D = 37 };
  float x[N * D];
  double mean[D], mean2[D], cov[D * D], cov2[D * D];
  cdf_rng_normal_fill(x, N * D, 1, (cdf_counter){{0, 0, 0, 0}});
  for (int i = 0; i < N; i++)
    for (int j = 1; j < D; j++) x[i * D + j] = 3.0f + 0.5f * x[i * D + j - 1] + x[i * D + j];
  cdf_metrics_gaussian(mean, cov, x, N, D, NULL);
  double sum = 0;
  for (int i = 0; i < N; i++) sum += (double)x[i * D + 5];
  CHECK_NEAR(mean[5], sum / N, 1e-13);
  for (int a = 0; a < D; a++)
    for (int b = 0; b < D; b++) CHECK_NEAR(cov[a * D + b], naive_covariance(x, N, D, a, b), 1e-12);
  cdf_metrics_gaussian(mean2, cov2, x, N, D, &backwards);
  CHECK(memcmp(mean, mean2, sizeof mean) == 0 && memcmp(cov, cov2, sizeof cov) == 0);
  cdf_metrics_gaussian(mean, cov, x, 1, D, NULL);
  CHECK_NEAR(mean[3], (double)x[3], 0);
  CHECK_NEAR(cov[3 * D + 3], 0, 0);
}

/* More pictures than fit one exact product, more numbers than one panel, neither a multiple of anything. */
TEST(pixel_gaussian_is_the_same_for_every_table) {
  enum { N = 531, D = 83 };
  uint8_t *pixels = random_bytes((size_t)N * D, 2);
  memset(pixels, 255, 300 * D); /* the largest sums there are */
  float *x = malloc(sizeof(float) * N * D);
  double *want_mean = malloc(sizeof(double) * D), *want = malloc(sizeof(double) * D * D), mean[D],
         *cov = malloc(sizeof(double) * D * D);
  for (int i = 0; i < N * D; i++) x[i] = (float)((double)pixels[i] / 127.5 - 1);
  cdf_metrics_gaussian(want_mean, want, x, N, D, NULL);
  double *first = malloc(sizeof(double) * D * D);
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    cdf_error err = {0};
    CHECK(cdf_metrics_pixel_gaussian(mean, cov, pixels, N, D, *k, k == cdf_kernels_supported() ? NULL : &backwards,
                                     &err) == CDF_OK);
    if (k == cdf_kernels_supported()) memcpy(first, cov, sizeof(double) * D * D);
    CHECK(memcmp(first, cov, sizeof(double) * D * D) == 0);
    for (int a = 0; a < D; a++) {
      CHECK_NEAR(mean[a], want_mean[a], 1e-7);
      for (int b = 0; b < D; b++) CHECK_NEAR(cov[a * D + b], want[a * D + b], 1e-6);
    }
  }
  free(first);
  free(cov);
  free(want);
  free(want_mean);
  free(x);
  free(pixels);
}

TEST(nearest_is_that_of_brute_force) {
  enum { N = 139, M = 203, D = 75 };
  uint8_t *query = random_bytes((size_t)N * D, 3), *reference = random_bytes((size_t)M * D, 4);
  memcpy(query + 7 * D, reference + 202 * D, D); /* a copy */
  double distance[N];
  int index[N];
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    cdf_error err = {0};
    CHECK(cdf_metrics_nearest(distance, index, query, N, reference, M, D, *k, &backwards, &err) == CDF_OK);
    for (int q = 0; q < N; q++) {
      int best = 1 << 30;
      for (int r = 0; r < M; r++) {
        int sum = 0;
        for (int p = 0; p < D; p++)
          sum += ((int)query[q * D + p] - reference[r * D + p]) * ((int)query[q * D + p] - reference[r * D + p]);
        best = sum < best ? sum : best;
      }
      CHECK_NEAR(distance[q], sqrt(best) / 255, 1e-12);
    }
    CHECK(distance[7] == 0 && index[7] == 202);
    CHECK(cdf_metrics_nearest(distance, NULL, query, 1, reference, 1, D, *k, NULL, &err) == CDF_OK);
  }
  free(query);
  free(reference);
}

TEST(summary_of_odd_even_and_one) {
  double odd[] = {3, 1, 8}, even[] = {4, 1, 3, 10}, one[] = {5};
  cdf_summary s = cdf_metrics_summary(odd, 3);
  CHECK(s.mean == 4 && s.median == 3 && s.least == 1);
  s = cdf_metrics_summary(even, 4);
  CHECK(s.mean == 4.5 && s.median == 3.5 && s.least == 1);
  s = cdf_metrics_summary(one, 1);
  CHECK(s.mean == 5 && s.median == 5 && s.least == 5);
}

TEST(detail_is_where_the_contrast_is) {
  enum { W = 10, H = 6, PLANE = W * H };
  float picture[2 * PLANE] = {0};
  int cells[PLANE], n = 0;
  cdf_error err = {0};
  CHECK(cdf_metrics_detail(cells, &n, picture, W, H, 2, &err) == CDF_OK);
  CHECK(n == PLANE / 10);
  for (int i = 0; i < n; i++) CHECK(cells[i] == i); /* all are equal: the first ones */

  picture[PLANE + 3 * W + 4] = 1; /* a dot in the second channel: the nine about it have one contrast */
  CHECK(cdf_metrics_detail(cells, &n, picture, W, H, 2, &err) == CDF_OK);
  const int about[] = {2 * W + 3, 2 * W + 4, 2 * W + 5, 3 * W + 3, 3 * W + 4, 3 * W + 5};
  for (int i = 0; i < n; i++) CHECK(cells[i] == about[i]);

  /* A fainter dot in a corner is a larger share of the four or six cells that lie inside: 0.9^2 (1/6 - 1/36) is more
   * than 1/9 - 1/81, with all nine cells it is less; 0.3 is too little. */
  picture[0] = 0.3f, picture[W - 1] = -0.9f;
  CHECK(cdf_metrics_detail(cells, &n, picture, W, H, 2, &err) == CDF_OK);
  const int corner[] = {W - 2, W - 1, 2 * W - 1, 2 * W + 3, 2 * W + 4, 2 * W + 5};
  for (int i = 0; i < n; i++) CHECK(cells[i] == corner[i]);
  CHECK(cdf_metrics_detail(cells, &n, picture, 2, 2, 1, &err) == CDF_OK && n == 1);
}

TEST(resamples_are_shuffles_and_draws) {
  enum { N = 1000 };
  int draws[N], again[N], seen[N] = {0}, n_seen = 0, n_moved = 0;
  cdf_metrics_resample(draws, N, 3, 0);
  for (int i = 0; i < N; i++) seen[draws[i]]++, n_moved += draws[i] != i;
  for (int i = 0; i < N; i++) CHECK(seen[i] == 1);
  CHECK(n_moved > 990);
  memset(seen, 0, sizeof seen);
  cdf_metrics_resample(draws, N, 3, 1);
  for (int i = 0; i < N; i++) seen[draws[i]]++;
  for (int i = 0; i < N; i++) n_seen += seen[i] > 0;
  CHECK_NEAR(n_seen, N * (1 - exp(-1)), 40); /* a draw misses 1 in e */
  cdf_metrics_resample(again, N, 3, 1);
  CHECK(memcmp(draws, again, sizeof draws) == 0);
  cdf_metrics_resample(again, N, 3, 2);
  CHECK(memcmp(draws, again, sizeof draws) != 0);
}

TEST(noise_depends_on_seed_and_picture_alone) {
  float a[10], b[10], c[10];
  cdf_metrics_noise(a, 10, 1, 2);
  cdf_metrics_noise(b, 7, 1, 2);
  cdf_metrics_noise(c, 10, 1, 3);
  CHECK(memcmp(a, b, 7 * sizeof(float)) == 0);
  CHECK(memcmp(a, c, sizeof a) != 0);
}

int main(void) {
  RUN(accuracy_counts_by_class);
  RUN(gaussian_is_mean_and_covariance);
  RUN(pixel_gaussian_is_the_same_for_every_table);
  RUN(nearest_is_that_of_brute_force);
  RUN(summary_of_odd_even_and_one);
  RUN(detail_is_where_the_contrast_is);
  RUN(resamples_are_shuffles_and_draws);
  RUN(noise_depends_on_seed_and_picture_alone);
  return test_report();
}
