#include "scalespace.h"

#include <math.h>
#include <string.h>

#include "../base/mathx.h"

#define BLOCK 16
#define PIECE 256      /* cells of a row that are blurred together */
#define MAX_RADIUS 256 /* three deviations of the highest level: 3 * 0.9 * 2^6 = 173 */

float cdf_level_sigma(int level) { return level == 0 ? 0.0f : 0.9f * (float)(1 << (level - 1)); }

float cdf_level_noise(int level) { return level == 0 ? 1.0f : 0.28209479f / cdf_level_sigma(level); }

/* The product of two Gaussians sums to 1 / (2 pi (s^2 + t^2)) in the plane. */
float cdf_band_noise(int level) {
  float own = cdf_level_noise(level), next = cdf_level_noise(level + 1);
  float s = cdf_level_sigma(level), t = cdf_level_sigma(level + 1);
  return sqrtf(own * own + next * next - 0.31830989f / (s * s + t * t));
}

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

/* out[i] = sum over k of weight[k] in[k][i], for `width` neighbours at once: their sums stay in registers. */
static inline __attribute__((always_inline)) void weigh_block(float *out, const float *const *in, const float *weight,
                                                              int m, int at, int width) {
  float sum[BLOCK] = {0};
  for (int k = 0; k < m; k++)
    for (int i = 0; i < width; i++) sum[i] += weight[k] * in[k][at + i];
  for (int i = 0; i < width; i++) out[at + i] = sum[i];
}

CDF_WIDER static void weigh(float *out, const float *const *in, const float *weight, int m, int n) {
  int i = 0;
  for (; i + BLOCK <= n; i += BLOCK) weigh_block(out, in, weight, m, i, BLOCK);
  for (; i + 4 <= n; i += 4) weigh_block(out, in, weight, m, i, 4);
  for (; i < n; i++) weigh_block(out, in, weight, m, i, 1);
}

/* Row y of the plane blurred down its columns. */
static void blur_down(float *out, const float *src, const axis *a, int y, int width) {
  const float *rows[2 * MAX_RADIUS];
  float weight[2 * MAX_RADIUS], scale = inverse_mass(a, y);
  int m = 0;
  for (int k = -a->radius, at; k <= a->radius; k++)
    if (find(a, y + k, &at))
      rows[m] = src + (size_t)at * (size_t)width, weight[m++] = a->weight[k < 0 ? -k : k] * scale;
  weigh(out, rows, weight, m, width);
}

/* n cells of a row, from `first` on, blurred along it: what lies beyond them is written out beside them, so that all
 * shifts are whole. */
static void blur_across(float *out, const float *in, const axis *a, int first, int n, const float *scale) {
  float line[PIECE + 2 * MAX_RADIUS], weight[2 * MAX_RADIUS];
  const float *shifted[2 * MAX_RADIUS];
  for (int i = 0, at; i < n + 2 * a->radius; i++) line[i] = find(a, first + i - a->radius, &at) ? in[at] : 0.0f;
  for (int k = 0; k <= 2 * a->radius; k++)
    shifted[k] = line + k, weight[k] = a->weight[k < a->radius ? a->radius - k : k - a->radius];
  weigh(out, shifted, weight, 2 * a->radius + 1, n);
  for (int x = 0; x < n; x++) out[x] *= scale[x];
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
  for (int y = 0; y < height; y++) blur_down(scratch + (size_t)y * (size_t)width, src, &down, y, width);
  for (int first = 0; first < width; first += PIECE) { /* a world may be longer than CDF_MAX_LATTICE */
    int n = cdf_min(PIECE, width - first);
    float scale[PIECE];
    for (int x = 0; x < n; x++) scale[x] = inverse_mass(&across, first + x);
    for (int y = 0; y < height; y++) {
      size_t row = (size_t)y * (size_t)width;
      blur_across(dst + row + first, scratch + row, &across, first, n, scale);
    }
  }
}
