/* Tests of similarity.c on sets whose distances are known. */
#include "judge/similarity.h"

#include <stdlib.h>

#include "judge/metrics.h"
#include "test.h"

static void run_backwards(cdf_work work, void *context, int n) {
  for (int i = n; i-- > 0;) work(context, i);
}
static const cdf_parallel backwards = {run_backwards};

static float *normal_rows(int n, int dim, uint64_t seed, float scale, float shift) {
  float *x = malloc((size_t)n * (size_t)dim * sizeof *x);
  for (int i = 0; i < n; i++) {
    cdf_metrics_noise(x + (size_t)i * (size_t)dim, (size_t)dim, seed, (uint32_t)i);
    for (int a = 0; a < dim; a++) x[i * dim + a] = x[i * dim + a] * scale + shift;
  }
  return x;
}

static double sliced(const float *x, int n, const uint8_t *counts, const float *y, int m, int dim) {
  double d = -1;
  CHECK(cdf_similarity_sliced(&d, x, n, counts, 1, y, m, dim, NULL, NULL) == CDF_OK);
  return d;
}

TEST(on_a_line_sliced_is_the_distance_of_the_quantiles) {
  const float x[] = {3, 0, 1}, y[] = {2, 5}, moved[] = {4.5f, 1.5f, 2.5f};
  CHECK_NEAR(sliced(x, 3, NULL, x, 3, 1), 0, 0);
  CHECK_NEAR(sliced(x, 3, NULL, moved, 3, 1), 2.25, 1e-12);
  /* Thirds of 0, 1, 3 against halves of 2, 5: 2^2/3 + 1^2/6 + 4^2/6 + 2^2/3 */
  CHECK_NEAR(sliced(x, 3, NULL, y, 2, 1), 33.0 / 6, 1e-6);
  CHECK_NEAR(sliced(y, 2, NULL, x, 3, 1), 33.0 / 6, 1e-6);
  const uint8_t counts[] = {1, 0, 3};
  const float counted[] = {1, 1, 1, 3};
  CHECK_NEAR(sliced(x, 3, counts, y, 2, 1), sliced(counted, 4, NULL, y, 2, 1), 1e-12);
}

TEST(sliced_of_gaussians) {
  enum { N = 4000, DIM = 16 };
  float *x = normal_rows(N, DIM, 1, 1, 0), *same = normal_rows(N, DIM, 2, 1, 0);
  float *moved = normal_rows(N, DIM, 2, 1, 0.5f), *wider = normal_rows(N, DIM, 2, 1.5f, 0);
  double floor = sliced(x, N, NULL, same, N, DIM);
  CHECK(floor > 0 && floor < 0.05);
  CHECK_NEAR(sliced(x, N, NULL, moved, N, DIM), DIM * 0.25, 0.5); /* of |m1 - m2|^2; the rest is the directions' luck */
  CHECK_NEAR(sliced(x, N, NULL, wider, N, DIM), DIM * 0.25, 0.3); /* of sum (s1 - s2)^2 */

  uint8_t *counts = malloc(2 * N);
  double sets[2], backward[2];
  for (int i = 0; i < N; i++) counts[i] = 1, counts[N + i] = (uint8_t)(i % 3);
  CHECK(cdf_similarity_sliced(sets, x, N, counts, 2, moved, N, DIM, NULL, NULL) == CDF_OK);
  CHECK(cdf_similarity_sliced(backward, x, N, counts, 2, moved, N, DIM, &backwards, NULL) == CDF_OK);
  CHECK(memcmp(sets, backward, sizeof sets) == 0);
  CHECK_NEAR(sets[0], sliced(x, N, NULL, moved, N, DIM), 1e-12);
  CHECK_NEAR(sets[1], sets[0], 0.2 * sets[0]);
  CHECK(sets[1] != sets[0]);
  free(x), free(same), free(moved), free(wider), free(counts);
}

/* A Frechet distance cannot tell these apart: two points, and a Gaussian of the same mean and variance. */
TEST(sliced_hears_more_than_moments) {
  enum { N = 2000 };
  float *x = normal_rows(N, 1, 3, 1, 0), points[N];
  for (int i = 0; i < N; i++) points[i] = i % 2 ? 1 : -1;
  CHECK_NEAR(sliced(points, N, NULL, x, N, 1), 2 - 2 * sqrt(2 / acos(-1)), 0.05); /* 2 - 2 E|x| */
  free(x);
}

typedef struct measured {
  double density, coverage;
} measured;

static measured cover(const float *x, int n, const float *y, int m, int dim, const cdf_kernels *k) {
  measured v = {-1, -1};
  CHECK(cdf_similarity_coverage(&v.density, &v.coverage, x, n, y, m, dim, k, &backwards, NULL) == CDF_OK);
  return v;
}

/* By the definition, for the first `n_checked` kernel-free distances in double. */
static measured naive(const float *x, int n, const float *y, int m, int dim) {
  measured v = {0, 0};
  double *d = malloc((size_t)m * sizeof *d);
  for (int i = 0; i < m; i++) {
    double radius = -1;
    for (int j = 0; j < m; j++) {
      d[j] = 0;
      for (int a = 0; a < dim; a++) d[j] += pow((double)y[i * dim + a] - (double)y[j * dim + a], 2);
    }
    d[i] = INFINITY;
    for (int rank = 0; rank < CDF_SIMILARITY_NEIGHBOURS; rank++) {
      int least = 0;
      for (int j = 1; j < m; j++) least = d[j] < d[least] ? j : least;
      radius = d[least], d[least] = INFINITY;
    }
    int inside = 0;
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int a = 0; a < dim; a++) sum += pow((double)y[i * dim + a] - (double)x[j * dim + a], 2);
      inside += sum <= radius;
    }
    v.density += (double)inside / ((double)CDF_SIMILARITY_NEIGHBOURS * n), v.coverage += (inside > 0) / (double)m;
  }
  free(d);
  return v;
}

TEST(coverage_is_that_of_the_definition) {
  enum { N = 150, M = 131, DIM = 8 }; /* no multiples of a block */
  float *x = normal_rows(N, DIM, 5, 0.8f, 7), *y = normal_rows(M, DIM, 6, 1, 7);
  measured expected = naive(x, N, y, M, DIM);
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    measured v = cover(x, N, y, M, DIM, *k);
    CHECK_NEAR(v.density, expected.density, 1e-12);
    CHECK_NEAR(v.coverage, expected.coverage, 1e-12);
  }
  free(x), free(y);
}

TEST(coverage_of_known_distributions) {
  enum { N = 2000, DIM = 4 };
  const cdf_kernels *k = cdf_kernels_best();
  float *y = normal_rows(N, DIM, 7, 1, 0), *x = normal_rows(N, DIM, 8, 1, 0), *far = normal_rows(N, DIM, 8, 1, 100);
  measured v = cover(x, N, y, N, DIM, k);
  CHECK_NEAR(v.density, 1, 0.06);
  CHECK_NEAR(v.coverage, 1 - 1.0 / 32, 0.015); /* 1 - 2^-5 */
  v = cover(far, N, y, N, DIM, k);
  CHECK(v.density == 0 && v.coverage == 0);
  for (int i = 0; i < N / 2; i++) /* two worlds of which the samples know one */
    for (int a = 0; a < DIM; a++) y[i * DIM + a] += 50;
  v = cover(x, N, y, N, DIM, k);
  CHECK_NEAR(v.density, 1, 0.06);
  CHECK_NEAR(v.coverage, 0.5, 0.01);
  free(x), free(y), free(far);
}

int main(void) {
  RUN(on_a_line_sliced_is_the_distance_of_the_quantiles);
  RUN(sliced_of_gaussians);
  RUN(sliced_hears_more_than_moments);
  RUN(coverage_is_that_of_the_definition);
  RUN(coverage_of_known_distributions);
  return test_report();
}
