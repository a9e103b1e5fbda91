/* mathx.h: exp, log, sin, cos, tanh, sigmoid in float, branch-free so that compilers vectorise loops over them.
 *
 * libm differs between glibc and Emscripten, and a picture must not. These are made of +, *, /, conversions and
 * bit moves only, so the same source gives the same result on every target that does not contract a*b+c; kernels
 * that do contract differ in the last bits (see "Numeric contract" in src/README.md).
 * Errors (tests/test_mathx.c measures them): exp 2 ulp, log 2 ulp, sin and cos 2e-7 absolute for |x| <= 1000,
 * tanh and sigmoid 2e-7 absolute. Polynomials: Cephes single precision (Moshier).
 */
#ifndef CDF_MATHX_H
#define CDF_MATHX_H

#include <stdint.h>
#include <string.h>

static inline float cdf_float_from_bits(uint32_t u) {
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}
static inline uint32_t cdf_bits_from_float(float f) {
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  return u;
}

/* e^x; clamps to the range of normal floats, so exp(-1000) is 1.65e-38 and exp(1000) is 1.65e38. */
static inline float cdf_expf(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  /* Adding 1.5 * 2^23 pushes the fraction out of the mantissa and leaves the nearest integer in its low bits. */
  float shifted = x * 1.44269504088896341f + 12582912.0f, n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * cdf_float_from_bits((cdf_bits_from_float(shifted) - 0x4b400000u + 127u) << 23);
}

/* ln x for normal x > 0. */
static inline float cdf_logf(float x) {
  uint32_t bits = cdf_bits_from_float(x);
  /* Split x = m * 2^e with m in [sqrt(1/2), sqrt(2)). */
  int32_t e = (int32_t)(bits - 0x3f3504f3u) >> 23;
  float m = cdf_float_from_bits(bits - ((uint32_t)e << 23));
  float r = m - 1.0f, r2 = r * r;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float fe = (float)e;
  float y = r * r2 * p + fe * -2.12194440e-4f;
  y = y - 0.5f * r2;
  return r + y + fe * 0.693359375f;
}

/* sin(x + quadrant * pi/2). */
static inline float cdf_sin_quadrant(float x, int32_t quadrant) {
  float shifted = x * 0.636619772367581343f + 12582912.0f, n = shifted - 12582912.0f;
  /* Cody-Waite: pi/2 in three parts, so that the subtraction stays exact for |n| < 2^13. */
  float r = x - n * 1.5703125f;
  r = r - n * 4.837512969970703125e-4f;
  r = r - n * 7.54978995489188216e-8f;
  float r2 = r * r;
  float s = ((-1.9515295891e-4f * r2 + 8.3321608736e-3f) * r2 - 1.6666654611e-1f) * r2 * r + r;
  float c =
      ((2.443315711809948e-5f * r2 - 1.388731625493765e-3f) * r2 + 4.166664568298827e-2f) * r2 * r2 - 0.5f * r2 + 1.0f;
  uint32_t q = cdf_bits_from_float(shifted) + (uint32_t)quadrant; /* the low two bits of n, plus quadrant */
  float v = (q & 1) ? c : s;
  return (q & 2) ? -v : v;
}
static inline float cdf_sinf(float x) { return cdf_sin_quadrant(x, 0); }
static inline float cdf_cosf(float x) { return cdf_sin_quadrant(x, 1); }

static inline float cdf_sigmoidf(float x) { return 1.0f / (1.0f + cdf_expf(-x)); }
static inline float cdf_tanhf(float x) { return 1.0f - 2.0f / (cdf_expf(2.0f * x) + 1.0f); }

#endif
