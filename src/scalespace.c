#include "scalespace.h"

#include <string.h>

#include "mathx.h"

#define MAX_RADIUS 256 /* three deviations of the highest level: 3 * 0.9 * 2^6 = 173 */

float cdf_level_sigma(int level) { return level == 0 ? 0.0f : 0.9f * (float)(1 << (level - 1)); }

float cdf_level_noise(int level) { return level == 0 ? 1.0f : 0.28209479f / cdf_level_sigma(level); }

/* Unnormalised one-sided Gaussian: weight[k] for |offset| = k. Returns the radius. */
static int gaussian(float *weight, float sigma) {
  int radius = (int)(3.0f * sigma) + 1;
  for (int k = 0; k <= radius; k++) weight[k] = cdf_expf(-0.5f * (float)(k * k) / (sigma * sigma));
  return radius;
}

/* 1 / sum of the weights that fall inside [0, n) when the kernel is centred at i. */
static float inverse_mass(const float *weight, int radius, int i, int n) {
  float sum = 0.0f;
  for (int k = -radius; k <= radius; k++)
    if (i + k >= 0 && i + k < n) sum += weight[k < 0 ? -k : k];
  return 1.0f / sum;
}

void cdf_scalespace_blur(float *dst, const float *src, float *scratch, int width, int height, int level) {
  if (level == 0) {
    memcpy(dst, src, sizeof(float) * (size_t)width * (size_t)height);
    return;
  }
  float weight[MAX_RADIUS];
  int radius = gaussian(weight, cdf_level_sigma(level));
  /* Down the columns: whole rows at a time, so that the inner loop runs along memory. */
  for (int y = 0; y < height; y++) {
    float *out = scratch + (size_t)y * width;
    float scale = inverse_mass(weight, radius, y, height);
    memset(out, 0, sizeof(float) * (size_t)width);
    for (int k = cdf_max(-radius, -y); k <= cdf_min(radius, height - 1 - y); k++) {
      const float *in = src + (size_t)(y + k) * width;
      float w = weight[k < 0 ? -k : k] * scale;
      for (int x = 0; x < width; x++) out[x] += w * in[x];
    }
  }
  /* Along the rows: one shifted copy per weight. */
  memset(dst, 0, sizeof(float) * (size_t)width * (size_t)height);
  for (int k = -radius; k <= radius; k++) {
    int begin = cdf_max(0, -k), end = cdf_min(width, width - k);
    float w = weight[k < 0 ? -k : k];
    for (int y = 0; y < height; y++) {
      const float *in = scratch + (size_t)y * width + k;
      float *out = dst + (size_t)y * width;
      for (int x = begin; x < end; x++) out[x] += w * in[x];
    }
  }
  for (int x = 0; x < width; x++) {
    float scale = inverse_mass(weight, radius, x, width);
    for (int y = 0; y < height; y++) dst[(size_t)y * width + x] *= scale;
  }
}
