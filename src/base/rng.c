#include "rng.h"

#include <math.h>

#include "mathx.h"

void cdf_philox(uint32_t out[4], uint64_t key, cdf_counter counter) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t x0 = counter.v[0], x1 = counter.v[1], x2 = counter.v[2], x3 = counter.v[3];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
    uint32_t y0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0, y2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
    x1 = (uint32_t)p1, x3 = (uint32_t)p0, x0 = y0, x2 = y2;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

void cdf_rng_uniform4(float out[4], uint64_t key, cdf_counter counter) {
  uint32_t u[4];
  cdf_philox(u, key, counter);
  for (int i = 0; i < 4; i++) out[i] = (float)(u[i] >> 8) * 0x1p-24f;
}

/* Two normals from two words; the +1 keeps the logarithm away from zero. */
static inline void box_muller(float out[2], uint32_t a, uint32_t b) {
  float radius = sqrtf(-2.0f * cdf_logf((float)((a >> 8) + 1) * 0x1p-24f));
  float angle = (float)(b >> 8) * (0x1p-24f * 6.28318530717958648f);
  out[0] = radius * cdf_cosf(angle);
  out[1] = radius * cdf_sinf(angle);
}

void cdf_rng_normal4(float out[4], uint64_t key, cdf_counter counter) {
  uint32_t u[4];
  cdf_philox(u, key, counter);
  box_muller(out, u[0], u[1]);
  box_muller(out + 2, u[2], u[3]);
}

CDF_WIDER void cdf_rng_normal_row(float out[4][CDF_RNG_ROW], uint64_t key, cdf_counter c) {
  uint32_t u[4][CDF_RNG_ROW];
  for (uint32_t i = 0; i < CDF_RNG_ROW; i++) {
    uint32_t words[4];
    cdf_philox(words, key, (cdf_counter){{c.v[0] + i, c.v[1], c.v[2], c.v[3]}});
    for (int k = 0; k < 4; k++) u[k][i] = words[k];
  }
  for (int k = 0; k < 4; k += 2)
    for (int i = 0; i < CDF_RNG_ROW; i++) {
      float two[2];
      box_muller(two, u[k][i], u[k + 1][i]);
      out[k][i] = two[0], out[k + 1][i] = two[1];
    }
}

void cdf_rng_normal_fill(float *out, size_t n, uint64_t key, cdf_counter c) {
  for (size_t i = 0; i < n; i += 4 * CDF_RNG_ROW, c.v[0] += CDF_RNG_ROW) {
    float row[4][CDF_RNG_ROW];
    cdf_rng_normal_row(row, key, c);
    for (size_t j = 0; j < 4 * CDF_RNG_ROW && i + j < n; j++) out[i + j] = row[j % 4][j / 4];
  }
}
