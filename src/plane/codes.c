#include "codes.h"

cdf_between cdf_between_of(double u, int split, int n) {
  double at = u * split - 0.5;
  int last = n * split - 1;
  if (!(at > 0.0)) return (cdf_between){0, 0, 0.0f};
  if (at >= last) return (cdf_between){last, last, 0.0f};
  int first = (int)at;
  return (cdf_between){first, first + 1, (float)(at - first)};
}

/* The four codes around a point and their weights. */
static void corners(size_t at[4], float weight[4], const cdf_codes *c, cdf_between x, cdf_between y) {
  at[0] = cdf_codes_place(c, x.first, y.first), at[1] = cdf_codes_place(c, x.second, y.first);
  at[2] = cdf_codes_place(c, x.first, y.second), at[3] = cdf_codes_place(c, x.second, y.second);
  weight[0] = (1.0f - x.t) * (1.0f - y.t), weight[1] = x.t * (1.0f - y.t);
  weight[2] = (1.0f - x.t) * y.t, weight[3] = x.t * y.t;
}

void cdf_codes_gather(float *out, const float *codes, const cdf_codes *c, cdf_between x, cdf_between y) {
  size_t at[4];
  float w[4];
  corners(at, w, c, x, y);
  for (size_t j = 0; j < (size_t)c->units; j++)
    out[j] = w[0] * codes[at[0] + j] + w[1] * codes[at[1] + j] + w[2] * codes[at[2] + j] + w[3] * codes[at[3] + j];
}

void cdf_codes_scatter(float *dcodes, const float *d, const cdf_codes *c, cdf_between x, cdf_between y) {
  size_t at[4];
  float w[4];
  corners(at, w, c, x, y);
  for (int i = 0; i < 4; i++)
    for (size_t j = 0; j < (size_t)c->units; j++) dcodes[at[i] + j] += w[i] * d[j];
}

static void mix_rows(float *restrict out, const float *restrict a, const float *restrict b, float t, int n) {
  for (int j = 0; j < n; j++) out[j] = cdf_between_mix(a[j], b[j], t);
}

void cdf_codes_line(float *line, const float *codes, const cdf_codes *c, cdf_between y, int first, int last) {
  for (int gx = first; gx <= last; gx++)
    mix_rows(line + (size_t)gx * (size_t)c->units, codes + cdf_codes_place(c, gx, y.first),
             codes + cdf_codes_place(c, gx, y.second), y.t, c->units);
}

void cdf_codes_along(float *out, const float *line, const cdf_codes *c, cdf_between x) {
  size_t n = (size_t)c->units;
  mix_rows(out, line + (size_t)x.first * n, line + (size_t)x.second * n, x.t, c->units);
}
