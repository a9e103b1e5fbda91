/* test_mathx.c: the errors that src/mathx.h claims, measured against libm in double. */
#include "../src/base/mathx.h"

#include "test.h"

/* |got - exact| in units of the last place of a float near exact. */
static double ulps(float got, double exact) {
  int exponent;
  frexp(exact, &exponent);
  return fabs(got - exact) / ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

static void worse(double *worst, double error) {
  if (!(error <= *worst)) *worst = error; /* takes NaN too */
}

TEST(exp_within_2_ulp) {
  double worst = 0;
  for (int i = 0; i <= 400000; i++) {
    float x = -87.0f + 175.0f * (float)i / 400000.0f;
    worse(&worst, ulps(cdf_expf(x), exp(x)));
  }
  for (uint32_t bits = 0; bits < 0x42b00000u; bits += 4001) { /* both signs of everything from 0 to 88 */
    float x = cdf_float_from_bits(bits);
    worse(&worst, ulps(cdf_expf(x), exp(x)));
    if (x < 87.0f) worse(&worst, ulps(cdf_expf(-x), exp(-x)));
  }
  CHECK_NEAR(worst, 0, 2);
  CHECK(cdf_expf(0.0f) == 1.0f && cdf_expf(-0.0f) == 1.0f);
}

TEST(exp_of_special_inputs) {
  CHECK(cdf_expf(1000.0f) == cdf_expf(88.0f) && cdf_expf(INFINITY) == cdf_expf(88.0f) && cdf_expf(3e38f) < 2e38f);
  CHECK(cdf_expf(-1000.0f) == cdf_expf(-87.0f) && cdf_expf(-INFINITY) == cdf_expf(-87.0f));
  CHECK(cdf_expf(-1000.0f) >= 1.17549435e-38f); /* normal: no kernel meets a denormal */
  CHECK(isfinite(cdf_expf(1000.0f)));
  CHECK(isnan(cdf_expf(NAN))); /* a NaN must reach the trainer's check, and casting one would be undefined */
  CHECK(cdf_expf(1e-30f) == 1.0f && cdf_expf(-1e-42f) == 1.0f);
}

TEST(log_within_2_ulp) {
  double worst = 0;
  for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 5003) { /* every normal magnitude */
    float x = cdf_float_from_bits(bits);
    worse(&worst, ulps(cdf_logf(x), log(x)));
  }
  for (uint32_t bits = 0x3f000000u; bits < 0x40000000u; bits += 41) { /* densely in [0.5, 2) */
    float x = cdf_float_from_bits(bits);
    if (x != 1.0f) worse(&worst, ulps(cdf_logf(x), log(x)));
  }
  CHECK_NEAR(worst, 0, 2);
  CHECK(cdf_logf(1.0f) == 0.0f);
  CHECK(cdf_logf(cdf_float_from_bits(0x3f7fffffu)) < 0.0f); /* Box and Muller take the root of minus this */
  worse(&worst, ulps(cdf_logf(3.40282347e38f), log(3.40282347e38)));
  worse(&worst, ulps(cdf_logf(1.17549435e-38f), log(1.17549435e-38)));
  CHECK_NEAR(worst, 0, 2);
}

TEST(sin_and_cos_within_2e_7) {
  double worst = 0;
  for (int i = -500000; i <= 500000; i++) {
    float x = (float)i * 0.002f;
    worse(&worst, fabs(cdf_sinf(x) - sin(x)));
    worse(&worst, fabs(cdf_cosf(x) - cos(x)));
  }
  for (int i = -640; i <= 640; i++) /* beside every multiple of pi / 2 */
    for (int step = -2; step <= 2; step++) {
      float x = (float)(i * 1.5707963267948966) + 1e-4f * (float)step;
      worse(&worst, fabs(cdf_sinf(x) - sin(x)));
      worse(&worst, fabs(cdf_cosf(x) - cos(x)));
    }
  CHECK_NEAR(worst, 0, 2e-7);
  CHECK(cdf_sinf(0.0f) == 0.0f && cdf_cosf(0.0f) == 1.0f);
  for (float x = 1e-38f; x < 1e-3f; x *= 3.0f) CHECK(cdf_sinf(x) == x || fabs(cdf_sinf(x) / sin(x) - 1) < 2e-7);
}

/* Far outside the claimed range: any value will do, but it must be defined (the sanitizers watch). */
TEST(sin_of_huge_inputs_is_defined) {
  static const float inputs[] = {1e4f, -1e5f, 4194303.0f, 6.6e6f, 1e9f, -4e9f, 1e20f, -3e38f};
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    volatile float s = cdf_sinf(inputs[i]), c = cdf_cosf(inputs[i]);
    (void)s, (void)c;
  }
  CHECK(isnan(cdf_sinf(NAN)) && isnan(cdf_cosf(NAN)));
  CHECK(isnan(cdf_sinf(INFINITY)) && isnan(cdf_cosf(-INFINITY)));
}

TEST(tanh_and_sigmoid_within_2e_7) {
  double worst = 0;
  for (int i = -400000; i <= 400000; i++) {
    float x = (float)i * 1e-4f;
    worse(&worst, fabs(cdf_tanhf(x) - tanh(x)));
    worse(&worst, fabs(cdf_sigmoidf(x) - 1 / (1 + exp(-(double)x))));
  }
  CHECK_NEAR(worst, 0, 2e-7);
  static const float huge[] = {50.0f, 88.5f, 1000.0f, 3e38f, INFINITY};
  for (int i = 0; i < 5; i++) {
    CHECK(cdf_tanhf(huge[i]) == 1.0f && cdf_tanhf(-huge[i]) == -1.0f);
    CHECK(cdf_sigmoidf(huge[i]) == 1.0f);
    CHECK_NEAR(cdf_sigmoidf(-huge[i]), 0, 1e-20);
  }
  CHECK(cdf_sigmoidf(0.0f) == 0.5f && cdf_tanhf(0.0f) == 0.0f);
  CHECK(isnan(cdf_tanhf(NAN)) && isnan(cdf_sigmoidf(NAN)));
}

int main(void) {
  RUN(exp_within_2_ulp);
  RUN(exp_of_special_inputs);
  RUN(log_within_2_ulp);
  RUN(sin_and_cos_within_2e_7);
  RUN(sin_of_huge_inputs_is_defined);
  RUN(tanh_and_sigmoid_within_2e_7);
  return test_report();
}
