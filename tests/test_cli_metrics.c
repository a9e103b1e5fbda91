/* Tests of src/cli/frechet.c and src/cli/wiener.c against closed forms. */
#include "cli/eval/frechet.h"
#include "cli/eval/wiener.h"

#include <stdlib.h>

#include "base/rng.h"
#include "test.h"

#define D 6

/* q: a rotation made of plane rotations by different angles. */
static void rotation(double q[D * D]) {
  for (int i = 0; i < D * D; i++) q[i] = i / D == i % D;
  for (int a = 0; a < D; a++)
    for (int b = a + 1; b < D; b++) {
      double c = cos(0.3 + a + 2 * b), s = sin(0.3 + a + 2 * b);
      for (int j = 0; j < D; j++) {
        double x = q[a * D + j], y = q[b * D + j];
        q[a * D + j] = c * x - s * y, q[b * D + j] = s * x + c * y;
      }
    }
}

/* q diag(v) q^T */
static void rotated(double *out, const double *q, const double *v) {
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++) {
      out[i * D + j] = 0;
      for (int k = 0; k < D; k++) out[i * D + j] += q[i * D + k] * v[k] * q[j * D + k];
    }
}

static double frechet(const double *m1, const double *c1, const double *m2, const double *c2) {
  double d = -1;
  cdf_error err = {0};
  CHECK(cli_frechet(&d, m1, c1, m2, c2, D, &err) == CDF_OK);
  return d;
}

static const double variances1[D] = {1, 4, 9, 0.25, 0, 2}, variances2[D] = {4, 1, 0, 0.25, 3, 8}, zero[D];
static const double mean1[D] = {0, 1, 2, 3, 4, 5}, mean2[D] = {1, 1, 0, 3, 4, 5.5};

/* Of commuting covariances: |m1 - m2|^2 + sum (s1 - s2)^2, s the standard deviations. */
static double closed_form(void) {
  double sum = 0;
  for (int i = 0; i < D; i++) sum += pow(mean1[i] - mean2[i], 2) + pow(sqrt(variances1[i]) - sqrt(variances2[i]), 2);
  return sum;
}

TEST(frechet_of_diagonal_gaussians) {
  double identity[D * D], c1[D * D], c2[D * D];
  for (int i = 0; i < D * D; i++) identity[i] = i / D == i % D;
  rotated(c1, identity, variances1);
  rotated(c2, identity, variances2);
  CHECK_NEAR(frechet(mean1, c1, mean2, c2), closed_form(), 1e-12);
}

TEST(frechet_of_rotated_gaussians) {
  double q[D * D], c1[D * D], c2[D * D], other[D * D], identity[D * D];
  rotation(q);
  rotated(c1, q, variances1);
  rotated(c2, q, variances2);
  CHECK_NEAR(frechet(mean1, c1, mean2, c2), closed_form(), 1e-6); /* zero variances: a root of rounding errors */
  CHECK_NEAR(frechet(mean1, c1, mean1, c1), 0, 1e-6);
  CHECK_NEAR(frechet(mean1, c1, mean2, c2), frechet(mean2, c2, mean1, c1), 1e-6);
  /* Covariances that do not commute: symmetric still, and below the sum of the traces, which is what no overlap would
   * give. */
  for (int i = 0; i < D * D; i++) identity[i] = i / D == i % D;
  rotated(other, identity, variances2);
  double forth = frechet(zero, c1, zero, other), back = frechet(zero, other, zero, c1);
  CHECK_NEAR(forth, back, 1e-6);
  CHECK(forth > 0.1 && forth < 32.5);
}

/* In two dimensions tr (C1^1/2 C2 C1^1/2)^1/2 = sqrt(tr(C1 C2) + 2 sqrt(det C1 det C2)). */
TEST(frechet_in_two_dimensions) {
  const double c1[4] = {2, 0.7, 0.7, 1}, c2[4] = {1, -0.6, -0.6, 3}, m[2] = {0, 0};
  double product = c1[0] * c2[0] + 2 * c1[1] * c2[1] + c1[3] * c2[3];
  double determinants = (c1[0] * c1[3] - c1[1] * c1[1]) * (c2[0] * c2[3] - c2[1] * c2[1]), d;
  cdf_error err = {0};
  CHECK(cli_frechet(&d, m, c1, m, c2, 2, &err) == CDF_OK);
  CHECK_NEAR(d, 7 - 2 * sqrt(product + 2 * sqrt(determinants)), 1e-12);
}

TEST(frechet_refuses_what_is_not_finite) {
  double c1[D * D] = {0}, c2[D * D] = {0}, d;
  cdf_error err = {0};
  c1[3] = NAN;
  CHECK(cli_frechet(&d, zero, c1, zero, c2, D, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "not finite");
}

static cdf_status make_wiener(cli_wiener *w, const double *mean, const double *covariance) {
  double *m = malloc(D * sizeof *m), *c = malloc(D * D * sizeof *c);
  cdf_error err = {0};
  memcpy(m, mean, D * sizeof *m);
  memcpy(c, covariance, D * D * sizeof *c);
  return cli_wiener_init(w, m, c, D, &err);
}

/* Against m + C (C + s^2)^-1 (z - m), solved by elimination without any eigenvalue. */
TEST(wiener_is_the_filter_of_the_formula) {
  double q[D * D], c[D * D], mse[2], work[2 * D];
  const float clean[D] = {0.5f, 2, 1, -1, 4, 7}, noise[D] = {1, -0.5f, 0.3f, 2, -1, 0.1f}, sigmas[2] = {0.6f, 2};
  cli_wiener w;
  rotation(q);
  rotated(c, q, variances1);
  CHECK(make_wiener(&w, mean1, c) == CDF_OK);
  cli_wiener_errors(mse, &w, clean, noise, sigmas, 2, work);
  for (int s = 0; s < 2; s++) {
    double sigma = (double)sigmas[s], a[D][D + 1], x[D], want = 0;
    for (int i = 0; i < D; i++) {
      for (int j = 0; j < D; j++) a[i][j] = c[i * D + j] + (i == j ? sigma * sigma : 0);
      a[i][D] = (double)clean[i] + sigma * (double)noise[i] - mean1[i];
    }
    for (int k = 0; k < D; k++) /* positive definite: no pivoting */
      for (int i = k + 1; i < D; i++)
        for (int j = D; j >= k; j--) a[i][j] -= a[i][k] / a[k][k] * a[k][j];
    for (int i = D - 1; i >= 0; i--) {
      x[i] = a[i][D];
      for (int j = i + 1; j < D; j++) x[i] -= a[i][j] * x[j];
      x[i] /= a[i][i];
    }
    for (int i = 0; i < D; i++) {
      double out = mean1[i];
      for (int j = 0; j < D; j++) out += c[i * D + j] * x[j];
      want += pow(out - (double)clean[i], 2) / D;
    }
    CHECK_NEAR(mse[s], want, 1e-10);
  }
  cli_wiener_free(&w);
}

/* Over data drawn from the Gaussian itself the error is the mean of v s^2 / (v + s^2). */
TEST(wiener_reaches_the_theoretical_error) {
  enum { N = 20000 };
  double q[D * D], c[D * D], mse, sum = 0, want = 0, work[2 * D];
  const float sigma = 0.8f;
  cli_wiener w;
  rotation(q);
  rotated(c, q, variances1);
  CHECK(make_wiener(&w, mean1, c) == CDF_OK);
  for (uint32_t n = 0; n < N; n++) {
    float unit[2 * D], clean[D];
    cdf_rng_normal_fill(unit, 2 * D, 9, (cdf_counter){{0, n, 0, 0}});
    for (int i = 0; i < D; i++) {
      double x = mean1[i];
      for (int k = 0; k < D; k++) x += q[i * D + k] * sqrt(variances1[k]) * (double)unit[D + k];
      clean[i] = (float)x;
    }
    cli_wiener_errors(&mse, &w, clean, unit, &sigma, 1, work);
    sum += mse / N;
  }
  for (int k = 0; k < D; k++) want += variances1[k] * 0.64 / (variances1[k] + 0.64) / D;
  CHECK_NEAR(sum, want, 0.01 * want);
  cli_wiener_free(&w);
  cli_wiener_free(NULL);
}

int main(void) {
  RUN(frechet_of_diagonal_gaussians);
  RUN(frechet_of_rotated_gaussians);
  RUN(frechet_in_two_dimensions);
  RUN(frechet_refuses_what_is_not_finite);
  RUN(wiener_is_the_filter_of_the_formula);
  RUN(wiener_reaches_the_theoretical_error);
  return test_report();
}
