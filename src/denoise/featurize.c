#include "featurize.h"

#include <math.h>
#include <string.h>

#include "../base/mathx.h"

/* Taps along an axis: around a cell; on level 0 around each of the cells that a row answers for. */
static int taps_across(const cdf_config *c, int level) {
  return 2 * c->tap_radius[level] + (level == 0 ? c->stride : 1);
}

static int coords_along(const cdf_config *c, cdf_axis axis) {
  return cdf_is_framed(c, axis) ? 1 + 2 * c->coord_octaves : 0;
}

int cdf_features_width(const cdf_config *c) {
  int n = coords_along(c, CDF_AXIS_X) + coords_along(c, CDF_AXIS_Y) + (c->cond_hidden == 0);
  for (int l = 0; l < c->n_levels; l++) n += c->channels * taps_across(c, l) * taps_across(c, l);
  return cdf_pad(n);
}

int cdf_features_cond_width(const cdf_config *c) {
  if (c->cond_hidden == 0) return 0;
  return cdf_pad(cdf_features_changes_at(c) + (c->augment ? CDF_CHANGES : 0));
}

int cdf_features_reach(const cdf_config *c) {
  int reach = 0;
  for (int l = 0; l < c->n_levels; l++) {
    int coarsest = c->scaling == CDF_SCALING_BAND ? cdf_min(l + 1, c->n_levels - 1) : l;
    reach = cdf_max(reach, cdf_level_radius(coarsest) + (c->tap_radius[l] << l));
  }
  return reach + c->stride - 1;
}

size_t cdf_features_floats(const cdf_config *c, const cdf_world *world) {
  cdf_world w = cdf_world_of(world, c);
  return cdf_world_cells(&w) * (size_t)(c->n_levels * c->channels + 1) + (size_t)cdf_features_class_at(c) +
         (size_t)(w.width * coords_along(c, CDF_AXIS_X) + w.height * coords_along(c, CDF_AXIS_Y));
}

/* What the cells from first on are told of where they stand in a frame of n; the end of it. */
static float *put_coords(float *out, const cdf_config *c, int first, int count, int n) {
  for (int i = 0; i < count; i++) {
    float u = (2.0f * (float)cdf_clamp(first + i, 0, n - 1) + 1.0f) / (float)n - 1.0f;
    *out++ = u;
    for (int k = 0; k < c->coord_octaves; k++) {
      float angle = 3.14159265f * (float)(1 << k) * u;
      *out++ = cdf_sinf(angle);
      *out++ = cdf_cosf(angle);
    }
  }
  return out;
}

void cdf_features_init(cdf_features *f, const cdf_config *c, const cdf_world *world, float *block) {
  f->config = c;
  f->world = cdf_world_of(world, c);
  f->planes = block;
  f->scratch = f->planes + cdf_world_cells(&f->world) * (size_t)(c->n_levels * c->channels);
  f->thumbnail = f->scratch + cdf_world_cells(&f->world);
  f->coords = f->thumbnail + cdf_features_class_at(c);
  f->time = 0.0f;
  float *out = f->coords;
  if (cdf_is_framed(c, CDF_AXIS_X)) out = put_coords(out, c, f->world.x, f->world.width, c->lattice_width);
  if (cdf_is_framed(c, CDF_AXIS_Y)) put_coords(out, c, f->world.y, f->world.height, c->lattice_height);
}

/* Value of a plane at continuous cell coordinates, bilinear. */
static float bilinear(const float *plane, int w, int h, float x, float y) {
  x = x < 0.0f ? 0.0f : x, y = y < 0.0f ? 0.0f : y; /* a thumbnail may be finer than the lattice */
  int x0 = cdf_clamp((int)x, 0, w - 1), y0 = cdf_clamp((int)y, 0, h - 1);
  int x1 = cdf_min(x0 + 1, w - 1), y1 = cdf_min(y0 + 1, h - 1);
  float u = x - (float)x0, v = y - (float)y0;
  float top = plane[y0 * w + x0] * (1.0f - u) + plane[y0 * w + x1] * u;
  float bottom = plane[y1 * w + x0] * (1.0f - u) + plane[y1 * w + x1] * u;
  return top * (1.0f - v) + bottom * v;
}

/* The finest level whose blur is about the thumbnail's spacing: sampled without aliasing, noise averaged out. */
static int thumbnail_level(const cdf_config *c) {
  int level = 0;
  while (level + 1 < c->n_levels && cdf_level_sigma(level + 1) < 0.6f * (float)c->lattice_width / (float)c->thumbnail)
    level++;
  return level;
}

/* Level `level` of the frame, times `unit`. */
static void put_thumbnail(cdf_features *f, int level, float unit) {
  const cdf_config *c = f->config;
  int t = c->thumbnail, w = c->lattice_width, h = c->lattice_height;
  float *out = f->thumbnail;
  for (int ch = 0; ch < c->channels; ch++) {
    const float *plane = f->planes + cdf_world_cells(&f->world) * (size_t)(level * c->channels + ch);
    for (int j = 0; j < t; j++)
      for (int i = 0; i < t; i++) {
        float x = ((float)i + 0.5f) * (float)w / (float)t - 0.5f - (float)f->world.x;
        float y = ((float)j + 0.5f) * (float)h / (float)t - 0.5f - (float)f->world.y;
        *out++ = unit * bilinear(plane, f->world.width, f->world.height, x, y);
      }
  }
}

static float inverse_rms(float signal, float noise) { return 1.0f / sqrtf(signal * signal + noise * noise); }

/* Every level by its own scale, or all by one. */
static void scale_levels(cdf_features *f, float sigma) {
  const cdf_config *c = f->config;
  size_t size = cdf_world_cells(&f->world) * (size_t)c->channels;
  bool own = c->scaling == CDF_SCALING_LEVEL;
  for (int l = 0; l < c->n_levels; l++) {
    /* Targets "previous" are already in [-1, 1]: the write-up scales nothing. */
    float *plane = f->planes + size * (size_t)l, scale = 1.0f;
    if (c->target != CDF_TARGET_PREVIOUS)
      scale = inverse_rms(own ? c->level_sd[l] : c->sigma_data, own ? sigma * cdf_level_noise(l) : sigma);
    for (size_t i = 0; i < size; i++) plane[i] *= scale;
  }
}

/* Every level less the next, by its own scale: what is small no longer hides behind what is large and near the same at
 * every tap. */
static void levels_to_bands(cdf_features *f, float sigma) {
  const cdf_config *c = f->config;
  size_t size = cdf_world_cells(&f->world) * (size_t)c->channels;
  for (int l = 0; l < c->n_levels; l++) {
    bool last = l + 1 == c->n_levels;
    float *plane = f->planes + size * (size_t)l, *next = plane + size;
    float scale = inverse_rms(c->level_sd[l], sigma * (last ? cdf_level_noise(l) : cdf_band_noise(l)));
    for (size_t i = 0; i < size; i++) plane[i] = scale * (last ? plane[i] : plane[i] - next[i]);
  }
}

void cdf_features_prepare(cdf_features *f, const float *state, const float *context, float sigma, float time) {
  const cdf_config *c = f->config;
  size_t size = cdf_world_cells(&f->world);
  bool bands = c->scaling == CDF_SCALING_BAND;
  f->time = time;
  for (int l = 0; l < c->n_levels; l++)
    for (int ch = 0; ch < c->channels; ch++)
      cdf_scalespace_blur(f->planes + size * (size_t)(l * c->channels + ch),
                          (l == 0 ? state : context) + size * (size_t)ch, f->scratch, f->world.width, f->world.height,
                          l, cdf_features_border(c, CDF_AXIS_X), cdf_features_border(c, CDF_AXIS_Y));
  if (!bands) scale_levels(f, sigma);
  if (c->thumbnail > 0) {
    int level = thumbnail_level(c);
    put_thumbnail(f, level, bands ? inverse_rms(c->sigma_data, sigma * cdf_level_noise(level)) : 1.0f);
  }
  if (bands) levels_to_bands(f, sigma);
}

/* Where the cell at i of n lies in memory. */
static int cell_at(const cdf_config *c, cdf_axis axis, int i, int n) {
  return cdf_features_border(c, axis) == CDF_BORDER_WRAPS ? (i % n + n) % n : cdf_clamp(i, 0, n - 1);
}

void cdf_features_gather(float *row, const cdf_features *f, int x, int y) {
  const cdf_config *c = f->config;
  int w = f->world.width, h = f->world.height;
  float *out = row;
  for (int l = 0; l < c->n_levels; l++) {
    int r = c->tap_radius[l], side = taps_across(c, l);
    int column[2 * CDF_MAX_TAP_RADIUS + CDF_MAX_STRIDE], line[2 * CDF_MAX_TAP_RADIUS + CDF_MAX_STRIDE];
    for (int k = 0; k < side; k++) {
      column[k] = cell_at(c, CDF_AXIS_X, x + (k - r) * (1 << l), w);
      line[k] = cell_at(c, CDF_AXIS_Y, y + (k - r) * (1 << l), h) * w;
    }
    for (int ch = 0; ch < c->channels; ch++) {
      const float *plane = f->planes + cdf_world_cells(&f->world) * (size_t)(l * c->channels + ch);
      for (int j = 0; j < side; j++)
        for (int i = 0; i < side; i++) *out++ = plane[line[j] + column[i]];
    }
  }
  int across = coords_along(c, CDF_AXIS_X), down = coords_along(c, CDF_AXIS_Y);
  memcpy(out, f->coords + x * across, sizeof(float) * (size_t)across);
  memcpy(out + across, f->coords + w * across + y * down, sizeof(float) * (size_t)down);
  out += across + down;
  if (c->cond_hidden == 0) *out++ = f->time;
  while (out < row + cdf_features_width(c)) *out++ = 0.0f;
}

void cdf_features_cond(float *row, const cdf_features *f, int label) {
  const cdf_config *c = f->config;
  float *out = row;
  size_t seen = (size_t)cdf_features_class_at(c);
  memcpy(out, f->thumbnail, seen * sizeof(float));
  out += seen;
  for (int k = 0; k <= c->n_classes; k++) *out++ = (label < 0 ? k == c->n_classes : k == label) ? 1.0f : 0.0f;
  for (int k = 0; k < CDF_COND_FREQUENCIES; k++) {
    float angle = f->time * 0.5f * (float)(k + 1) * 3.14159265f;
    *out++ = cdf_sinf(angle);
    *out++ = cdf_cosf(angle);
  }
  while (out < row + cdf_features_cond_width(c)) *out++ = 0.0f;
}
