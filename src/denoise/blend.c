#include "blend.h"

#include <math.h>
#include <string.h>

#define LENGTH 8.0f /* cells within which a correction fades */
#define EDGE 0.5f   /* jumps of this size and more are edges of what is shown */
#define SWEEPS 12

/* A cell's neighbours along both axes that lie in the world; their number. */
static int neighbours(int at[4], const cdf_world *w, int x, int y) {
  int n = 0, i = y * w->width + x;
  if (x > 0) at[n++] = i - 1;
  if (x + 1 < w->width) at[n++] = i + 1;
  if (y > 0) at[n++] = i - w->width;
  if (y + 1 < w->height) at[n++] = i + w->width;
  return n;
}

static bool is_new(const cdf_seam *s, int i) { return s->mask[i] > 0.0f; }

/* What a new cell lacks to the kept cells that it touches, less the more the two look like different things; false: it
 * touches none. */
static bool jump(float *out, const cdf_seam *s, const float *clean, int x, int y) {
  int at[4], n = neighbours(at, &s->world, x, y), n_kept = 0, here = y * s->world.width + x;
  size_t plane = cdf_world_cells(&s->world);
  for (int ch = 0; ch < s->channels; ch++) out[ch] = 0.0f;
  for (int k = 0; k < n; k++) {
    if (is_new(s, at[k])) continue;
    float d[CDF_MAX_CHANNELS], square = 0.0f;
    for (int ch = 0; ch < s->channels; ch++) {
      size_t of = plane * (size_t)ch;
      d[ch] = clean[of + (size_t)at[k]] - clean[of + (size_t)here];
      square += d[ch] * d[ch];
    }
    for (int ch = 0; ch < s->channels; ch++) out[ch] += d[ch] * expf(-square / (EDGE * EDGE));
    n_kept++;
  }
  for (int ch = 0; ch < s->channels && n_kept > 0; ch++) out[ch] /= (float)n_kept;
  return n_kept > 0;
}

/* One cell of (laplacian - 1 / LENGTH^2) u = 0 (Gauss-Seidel); at a border of the world u goes on as it is. */
static void relax(float *u, const cdf_seam *s, int x, int y) {
  int at[4], n = neighbours(at, &s->world, x, y), here = y * s->world.width + x;
  if (s->fixed[here]) return;
  float sum = 0.0f;
  for (int k = 0; k < n; k++) sum += u[at[k]];
  u[here] = sum / ((float)n + 1.0f / (LENGTH * LENGTH));
}

void cdf_blend_seam(float *clean, const cdf_seam *s) {
  size_t plane = cdf_world_cells(&s->world);
  int w = s->world.width, h = s->world.height;
  memset(s->u, 0, plane * (size_t)s->channels * sizeof(float));
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) {
      int i = y * w + x;
      float d[CDF_MAX_CHANNELS];
      bool touches = is_new(s, i) && jump(d, s, clean, x, y);
      s->fixed[i] = touches || !is_new(s, i);
      for (int ch = 0; ch < s->channels && touches; ch++) s->u[plane * (size_t)ch + (size_t)i] = d[ch];
    }
  for (int ch = 0; ch < s->channels; ch++) {
    float *u = s->u + plane * (size_t)ch;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int i = 0; i < w * h; i++) relax(u, s, i % w, i / w);
      for (int i = w * h - 1; i >= 0; i--) relax(u, s, i % w, i / w);
    }
    for (size_t i = 0; i < plane; i++)
      if (is_new(s, (int)i)) clean[plane * (size_t)ch + i] += u[i];
  }
}
