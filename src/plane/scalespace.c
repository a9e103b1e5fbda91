#include "scalespace.h"

#include <string.h>

#include "../base/mathx.h"

#define MAX_RADIUS 256 /* three deviations of the highest level: 3 * 0.9 * 2^6 = 173 */

float cdf_level_sigma(int level) { return level == 0 ? 0.0f : 0.9f * (float)(1 << (level - 1)); }

float cdf_level_noise(int level) { return level == 0 ? 1.0f : 0.28209479f / cdf_level_sigma(level); }

int cdf_level_radius(int level) { return level == 0 ? 0 : (int)(3.0f * cdf_level_sigma(level)) + 1; }

/* Unnormalised one-sided Gaussian: weight[k] for |offset| = k. */
static void gaussian(float *weight, int radius, float sigma) {
  for (int k = 0; k <= radius; k++) weight[k] = cdf_expf(-0.5f * (float)(k * k) / (sigma * sigma));
}

/* A row or column of n cells and the kernel on it. */
typedef struct axis {
  const float *weight;
  int radius, n;
  cdf_border border;
} axis;

/* Is there a cell at i, and where does it lie? */
static bool find(const axis *a, int i, int *at) {
  *at = a->border == CDF_BORDER_WRAPS ? (i % a->n + a->n) % a->n : i;
  return *at >= 0 && *at < a->n;
}

/* 1 / sum of the weights that fall on cells when the kernel is centred at i. */
static float inverse_mass(const axis *a, int i) {
  float sum = 0.0f;
  for (int k = -a->radius, at; k <= a->radius; k++)
    if (find(a, i + k, &at)) sum += a->weight[k < 0 ? -k : k];
  return 1.0f / sum;
}

/* out[0..n) += w in[k..k + n). */
static void add_shifted(float *out, const float *in, const axis *a, int k, float w) {
  int begin = cdf_max(0, -k), end = cdf_min(a->n, a->n - k), at;
  for (int x = begin; x < end; x++) out[x] += w * in[x + k];
  for (int x = 0; x < cdf_min(begin, a->n); x++)
    if (find(a, x + k, &at)) out[x] += w * in[at];
  for (int x = cdf_max(end, begin); x < a->n; x++)
    if (find(a, x + k, &at)) out[x] += w * in[at];
}

void cdf_scalespace_blur(float *dst, const float *src, float *scratch, int width, int height, int level,
                         cdf_border border_across, cdf_border border_down) {
  if (level == 0) {
    memcpy(dst, src, sizeof(float) * (size_t)width * (size_t)height);
    return;
  }
  float weight[MAX_RADIUS];
  int radius = cdf_level_radius(level);
  gaussian(weight, radius, cdf_level_sigma(level));
  const axis down = {weight, radius, height, border_down}, across = {weight, radius, width, border_across};
  /* Down the columns: whole rows at a time, so that the inner loop runs along memory. */
  for (int y = 0; y < height; y++) {
    float *out = scratch + (size_t)y * width;
    float scale = inverse_mass(&down, y);
    memset(out, 0, sizeof(float) * (size_t)width);
    for (int k = -radius, at; k <= radius; k++) {
      if (!find(&down, y + k, &at)) continue;
      const float *in = src + (size_t)at * width;
      float w = weight[k < 0 ? -k : k] * scale;
      for (int x = 0; x < width; x++) out[x] += w * in[x];
    }
  }
  /* Along the rows: one shifted copy per weight. */
  memset(dst, 0, sizeof(float) * (size_t)width * (size_t)height);
  for (int k = -radius; k <= radius; k++)
    for (int y = 0; y < height; y++)
      add_shifted(dst + (size_t)y * width, scratch + (size_t)y * width, &across, k, weight[k < 0 ? -k : k]);
  for (int x = 0; x < width; x++) {
    float scale = inverse_mass(&across, x);
    for (int y = 0; y < height; y++) dst[(size_t)y * width + x] *= scale;
  }
}
