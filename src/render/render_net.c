#include "render_net.h"

#include <stdio.h>
#include <string.h>

#include "../base/mathx.h"
#include "../net/linear.h"

#define MAX_CODE 1024 /* numbers a cell: bounds the memory that a stranger's model can ask for */
#define MAX_CELL_HIDDEN 1024

_Static_assert(MAX_CODE <= CDF_LINEAR_MAX_UNITS && MAX_CELL_HIDDEN <= CDF_LINEAR_MAX_UNITS, "may be in bfloat16");

#define FIELD(field, min, max, help) \
  { #field, CDF_FIELD_INT, offsetof(cdf_render_config, field), 1, min, max, NULL, help, NULL, NULL }

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

static cdf_layer *add_layer(cdf_render_net *net, cdf_mlp *to, const char *name, int rows, int cols, bool bias,
                            cdf_activation after) {
  const cdf_shape *w = cdf_tensors_add(&net->tensors, rows, cols, "renderer.%s.weight", name);
  const cdf_shape *b = bias ? cdf_tensors_add(&net->tensors, 1, cols, "renderer.%s.bias", name) : NULL;
  return cdf_mlp_add(to, w, b, after);
}

void cdf_render_net_init(cdf_render_net *net, const cdf_render_config *c) {
  int side = 2 * c->radius + 1, h = c->hidden, e = c->cell_hidden;
  *net = (cdf_render_net){.config = *c,
                          .n_taps = cdf_pad(c->channels * side * side),
                          .n_code = c->split * c->split * h,
                          .n_film = CDF_RENDER_LAYERS * 2 * h};
  net->cell.n_inputs = net->n_taps, net->point.n_inputs = h;
  /* What reads the colours and what writes them stays in float. */
  add_layer(net, &net->cell, "cell.0", net->n_taps, e, true, CDF_ACT_SILU)->exact = true;
  add_layer(net, &net->cell, "cell.1", e, e, true, CDF_ACT_SILU);
  add_layer(net, &net->cell, "code", e, net->n_code, true, CDF_ACT_IDENTITY);
  net->film = *cdf_tensors_add(&net->tensors, CDF_RENDER_POWERS, net->n_film, "renderer.film");
  for (int i = 0; i < CDF_RENDER_LAYERS; i++) {
    char name[24];
    snprintf(name, sizeof name, "point.%d", i);
    cdf_layer *l = i == 0 ? cdf_mlp_add(&net->point, NULL, NULL, CDF_ACT_SILU)
                          : add_layer(net, &net->point, name, h, h, false, CDF_ACT_SILU);
    l->scale = 2 * i * h, l->shift = l->scale + h, l->gain = 1.0f; /* for every footprint */
  }
  cdf_layer *out = add_layer(net, &net->point, "out", h, c->channels, true, CDF_ACT_IDENTITY);
  out->exact = true, out->bound = 0.0f; /* starts as plain interpolation */
}

void cdf_render_net_randomize(const cdf_render_net *net, float *params, uint64_t seed) {
  memset(params, 0, net->tensors.n_params * sizeof(float));
  cdf_mlp_randomize(params, NULL, &net->cell, seed);
  cdf_mlp_randomize(params, params + net->film.offset, &net->point, seed);
}

size_t cdf_render_net_point_macs(const cdf_render_net *net) {
  /* Codes are interpolated down the columns once a line, so two multiply-adds a unit remain. */
  return 2 * (size_t)net->config.hidden + cdf_mlp_macs(&net->point);
}

size_t cdf_render_net_cell_macs(const cdf_render_net *net) { return cdf_mlp_macs(&net->cell); }

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
  const cdf_shape *t = &net->film;
  for (int j = 0; j < net->n_film; j++) {
    float sum = 0.0f;
    for (int i = 0; i < CDF_RENDER_POWERS; i++) sum += powers[i] * params[t->offset + (size_t)(i * t->ld + j)];
    film[j] = sum;
  }
}
