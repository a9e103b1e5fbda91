#include "render_net.h"

#include <math.h>
#include <string.h>

#include "../base/mathx.h"
#include "../net/linear.h"

#define MAX_CODE 1024 /* numbers a cell: bounds the memory that a stranger's model can ask for */
#define MAX_CELL_HIDDEN 1024

_Static_assert(MAX_CODE <= CDF_LINEAR_MAX_UNITS && MAX_CELL_HIDDEN <= CDF_LINEAR_MAX_UNITS, "may be in bfloat16");

#define FIELD(field, min, max, help) \
  { #field, CDF_FIELD_INT, offsetof(cdf_render_config, field), 1, min, max, NULL, help }

const cdf_field cdf_render_fields[] = {FIELD(channels, 1, CDF_MAX_CHANNELS, "colour channels"),
                                       FIELD(radius, 1, 6, "cells around a cell that its codes are made of"),
                                       FIELD(cell_hidden, 16, MAX_CELL_HIDDEN, "units of the cell network"),
                                       FIELD(split, 1, 4, "codes of a cell, per side"),
                                       FIELD(hidden, 16, 256, "units of a code and of the point network"),
                                       {0}};

void cdf_render_config_default(cdf_render_config *config, int channels) {
  *config = (cdf_render_config){.channels = channels, .radius = 3, .cell_hidden = 192, .split = 2, .hidden = 64};
}

cdf_status cdf_render_config_check(const cdf_render_config *c, cdf_error *err) {
  cdf_status status = cdf_fields_check(c, cdf_render_fields, CDF_BAD_INPUT, err);
  if (status == CDF_OK && (c->hidden % CDF_LANES || c->cell_hidden % CDF_LANES))
    status = cdf_fail(err, CDF_BAD_INPUT, "the renderer's layers have %d and %d units, but need multiples of %d",
                      c->cell_hidden, c->hidden, CDF_LANES);
  if (status == CDF_OK && c->split * c->split * c->hidden > MAX_CODE)
    status = cdf_fail(err, CDF_BAD_INPUT, "the renderer's codes have %d numbers a cell, but at most %d are possible",
                      c->split * c->split * c->hidden, MAX_CODE);
  return status;
}

void cdf_render_net_init(cdf_render_net *net, const cdf_render_config *config) {
  const cdf_render_config *c = config;
  int side = 2 * c->radius + 1, h = c->hidden;
  *net = (cdf_render_net){.config = *c,
                          .n_taps = cdf_pad(c->channels * side * side),
                          .n_code = c->split * c->split * h,
                          .n_film = CDF_RENDER_LAYERS * 2 * h};
  const struct {
    const char *name;
    int rows, cols;
  } table[CDF_RENDER_N] = {{"renderer.cell.0.weight", net->n_taps, c->cell_hidden},
                           {"renderer.cell.0.bias", 1, c->cell_hidden},
                           {"renderer.cell.1.weight", c->cell_hidden, c->cell_hidden},
                           {"renderer.cell.1.bias", 1, c->cell_hidden},
                           {"renderer.code.weight", c->cell_hidden, net->n_code},
                           {"renderer.code.bias", 1, net->n_code},
                           {"renderer.film", CDF_RENDER_POWERS, net->n_film},
                           {"renderer.point.1.weight", h, h},
                           {"renderer.point.2.weight", h, h},
                           {"renderer.out.weight", h, c->channels},
                           {"renderer.out.bias", 1, c->channels}};
  for (int i = 0; i < CDF_RENDER_N; i++)
    cdf_tensors_add(&net->tensors, table[i].rows, table[i].cols, "%s", table[i].name);
}

void cdf_render_net_randomize(const cdf_render_net *net, float *params, uint64_t seed) {
  memset(params, 0, net->tensors.n_params * sizeof(float));
  const int weights[] = {CDF_RENDER_CELL0, CDF_RENDER_CELL1, CDF_RENDER_CODE, CDF_RENDER_POINT1, CDF_RENDER_POINT2};
  for (int i = 0; i < 5; i++) {
    const cdf_shape *t = &net->tensors.list[weights[i]];
    cdf_shape_uniform(params, t, seed, weights[i], sqrtf(6.0f / (float)t->rows));
  }
  /* Scales start at one for every footprint. The output starts at zero: plain interpolation. */
  float *film = params + net->tensors.list[CDF_RENDER_FILM].offset;
  int h = net->config.hidden;
  for (int l = 0; l < CDF_RENDER_LAYERS; l++)
    for (int j = 0; j < h; j++) film[2 * l * h + j] = 1.0f;
}

size_t cdf_render_net_point_macs(const cdf_render_net *net) {
  /* Codes are interpolated down the columns once a line, so two multiply-adds a unit remain. */
  return 2 * (size_t)net->config.hidden + cdf_shape_size(&net->tensors.list[CDF_RENDER_POINT1]) +
         cdf_shape_size(&net->tensors.list[CDF_RENDER_POINT2]) + cdf_shape_size(&net->tensors.list[CDF_RENDER_OUT]);
}

size_t cdf_render_net_cell_macs(const cdf_render_net *net) {
  return cdf_shape_size(&net->tensors.list[CDF_RENDER_CELL0]) + cdf_shape_size(&net->tensors.list[CDF_RENDER_CELL1]) +
         cdf_shape_size(&net->tensors.list[CDF_RENDER_CODE]);
}

void cdf_render_taps(float *row, const cdf_render_net *net, const float *lattice, int w, int h, int x, int y) {
  int r = net->config.radius;
  float *out = row;
  for (int c = 0; c < net->config.channels; c++) {
    const float *plane = lattice + (size_t)c * (size_t)w * (size_t)h;
    float centre = plane[y * w + x];
    for (int j = -r; j <= r; j++) {
      const float *line = plane + cdf_clamp(y + j, 0, h - 1) * w;
      for (int i = -r; i <= r; i++) *out++ = i == 0 && j == 0 ? centre : line[cdf_clamp(x + i, 0, w - 1)] - centre;
    }
  }
  while (out < row + net->n_taps) *out++ = 0.0f;
}

void cdf_render_powers(float powers[CDF_RENDER_POWERS], float s) {
  float u = s < 0.125f ? -1.0f : s > 1.0f ? 1.0f : cdf_logf(s) * 0.96179669f + 1.0f; /* 2 / ln 8 */
  powers[0] = 1.0f;
  for (int i = 1; i < CDF_RENDER_POWERS; i++) powers[i] = powers[i - 1] * u;
}

void cdf_render_film(float *film, const cdf_render_net *net, const float *params, const float *powers) {
  const cdf_shape *t = &net->tensors.list[CDF_RENDER_FILM];
  for (int j = 0; j < net->n_film; j++) {
    float sum = 0.0f;
    for (int i = 0; i < CDF_RENDER_POWERS; i++) sum += powers[i] * params[t->offset + (size_t)(i * t->ld + j)];
    film[j] = sum;
  }
}

cdf_render_between cdf_render_locate(double u, int split, int n) {
  double at = u * split - 0.5;
  int last = n * split - 1;
  if (!(at > 0.0)) return (cdf_render_between){0, 0, 0.0f};
  if (at >= last) return (cdf_render_between){last, last, 0.0f};
  int first = (int)at;
  return (cdf_render_between){first, first + 1, (float)(at - first)};
}
