/* test_schedule.c: noise levels and the coefficients that go with them. */
#include "../src/coordiff.h"
#include "test.h"

#define SD 0.6

TEST(edm_schedule) {
  /* Karras et al. 2022, equation 5, sigma_max 80, sigma_min 0.002, rho 7, 18 steps; computed in Python. */
  static const double known[] = {80,       57.585985, 40.785574, 28.374585, 19.352453, 12.910082,
                                 8.400935, 5.315195,  3.256822,  1.92334,   1.088171,  0.585348,
                                 0.296442, 0.139516,  0.059947,  0.022935,  0.007528,  0.002};
  double sigma[CDF_MAX_STEPS + 1];
  cdf_schedule_edm(sigma, 18, 80, 0.002, 7);
  for (int i = 0; i < 18; i++) CHECK_NEAR(sigma[i], known[i], 1e-6);
  CHECK(sigma[18] == 0);
  cdf_schedule_edm(sigma, 1, 80, 0.01, 7);
  CHECK_NEAR(sigma[0], 80, 1e-12);
  CHECK(sigma[1] == 0);
  cdf_schedule_edm(sigma, 5, 9, 1, 1); /* rho 1 is linear */
  for (int i = 0; i < 5; i++) CHECK_NEAR(sigma[i], 9 - 2 * i, 1e-12);
  cdf_schedule_edm(sigma, CDF_MAX_STEPS, 80, 0.01, 7);
  for (int i = 0; i < CDF_MAX_STEPS; i++) CHECK(sigma[i] > sigma[i + 1]);
  CHECK_NEAR(sigma[CDF_MAX_STEPS - 1], 0.01, 1e-9);
}

/* Whole powers of 2^(1/8), each once, near what was asked for. */
TEST(knots) {
  double asked[CDF_MAX_STEPS + 1], sigma[CDF_MAX_STEPS + 1];
  CHECK_NEAR(cdf_knot_sigma(8 * 5), 32, 1e-12);
  CHECK_NEAR(cdf_knot_sigma(-20), exp2(-2.5), 1e-12);
  for (int k = -100; k <= 80; k++) CHECK(cdf_knot(cdf_knot_sigma(k)) == k);
  for (int n = 1; n <= CDF_MAX_STEPS; n = 3 * n / 2 + 1) {
    cdf_schedule_edm(asked, n, 80, 0.01, 7);
    memcpy(sigma, asked, sizeof asked);
    int left = cdf_schedule_knots(sigma, n);
    CHECK(left == n || (n > 20 && left < n && left <= 8 * 13 + 1)); /* 13 octaves */
    CHECK(sigma[left] == 0);
    for (int i = 0; i < left; i++) {
      CHECK(sigma[i] > sigma[i + 1] && sigma[i] == cdf_knot_sigma(cdf_knot(sigma[i])));
      if (left == n) CHECK_NEAR(log2(sigma[i] / asked[i]), 0, 1.0 / 16 + 1e-9);
    }
  }
}

TEST(edm_coefficients) {
  for (double sigma = 0.001; sigma < 200; sigma *= 3) { /* the target (y - skip z) / out has unit variance */
    double skip = cdf_edm_skip(sigma, SD), out = cdf_edm_out(sigma, SD);
    CHECK_NEAR(((1 - skip) * (1 - skip) * SD * SD + skip * skip * sigma * sigma) / (out * out), 1, 1e-9);
  }
  CHECK_NEAR(cdf_edm_skip(SD, SD), 0.5, 1e-12);
  CHECK_NEAR(cdf_edm_out(SD, SD), SD / sqrt(2), 1e-12);
}

TEST(ddpm_chain) {
  CHECK_NEAR(cdf_ddpm_alpha_bar(1000, 1000), 4.0358297653756754e-5, 1e-15); /* Ho et al. 2020: beta 1e-4 .. 0.02 */
  CHECK_NEAR(cdf_ddpm_alpha_bar(1, 1000), 0.9999, 1e-12);
  static const int lengths[] = {2, 3, 10, 200, 1000, 4096};
  for (int k = 0; k < 6; k++) {
    int T = lengths[k];
    CHECK(cdf_ddpm_alpha_bar(0, T) == 1);
    for (int t = 1; t <= T; t += T > 500 ? 97 : 1) {
      double before = cdf_ddpm_alpha_bar(t - 1, T), after = cdf_ddpm_alpha_bar(t, T);
      CHECK(after < before && after > 0);
    }
    if (T >= 200) CHECK_NEAR(log(cdf_ddpm_alpha_bar(T, T)), -10.1, 0.8); /* as noisy at any length */
  }
}

TEST(normal_quantile) {
  for (double p = 1e-12; p < 1; p = p < 0.01 ? p * 1.7 : p + 0.00371) {
    double x = cdf_normal_quantile(p), back = 0.5 * erfc(-x / sqrt(2));
    double slope = exp(-0.5 * x * x) / sqrt(2 * 3.14159265358979);
    CHECK(fabs(back - p) <= 2e-9 * fabs(x) * slope + 1e-13); /* relative error 1.2e-9 of x */
    CHECK_NEAR(cdf_normal_quantile(1 - p), -cdf_normal_quantile(1 - (1 - p)), 1e-7 * fabs(x) + 1e-12);
  }
  CHECK_NEAR(cdf_normal_quantile(0.5), 0, 1e-12);
  CHECK_NEAR(cdf_normal_quantile(0.975), 1.959963984540054, 3e-9);
  CHECK_NEAR(cdf_normal_quantile(0.02425), -1.972961051, 4e-9); /* where the two branches meet */
}

int main(void) {
  RUN(edm_schedule);
  RUN(knots);
  RUN(edm_coefficients);
  RUN(ddpm_chain);
  RUN(normal_quantile);
  return test_report();
}
