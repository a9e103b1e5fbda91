#include "half.h"

#include "mathx.h"

uint16_t cdf_half_from_float(float x) {
  uint32_t bits = cdf_bits_from_float(x), sign = bits >> 16 & 0x8000u, a = bits & 0x7fffffffu;
  if (a > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);  /* NaN */
  if (a >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* 65520, halfway to 65536, and above: infinity */
  if (a >= 0x38800000u)                                    /* 2^-14 and above: a normal half */
    return (uint16_t)(sign | (a - 0x38000000u + 0xfffu + (a >> 13 & 1)) >> 13);
  uint32_t shift = 126 - (a >> 23); /* below, a half counts units of 2^-24 */
  if (shift > 24) return (uint16_t)sign;
  uint32_t m = (a & 0x7fffffu) | 0x800000u;
  return (uint16_t)(sign | (m + (1u << (shift - 1)) - 1 + (m >> shift & 1)) >> shift);
}

float cdf_float_from_half(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, m = h & 0x3ff;
  if (exponent == 0) return sign ? -(float)m * 0x1p-24f : (float)m * 0x1p-24f;
  return cdf_float_from_bits(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | m << 13);
}
