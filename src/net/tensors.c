#include "tensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"

const cdf_shape *cdf_tensors_add(cdf_tensors *tensors, int rows, int cols, const char *format, ...) {
  cdf_shape *t = &tensors->list[tensors->n];
  *t = (cdf_shape){.rows = rows, .cols = cols, .ld = cdf_pad(cols), .index = tensors->n++, .offset = tensors->n_params};
  va_list args;
  va_start(args, format);
  vsnprintf(t->name, sizeof t->name, format, args);
  va_end(args);
  tensors->n_params += cdf_shape_size(t);
  return t;
}

const cdf_shape *cdf_tensors_find(const cdf_tensors *tensors, const char *name) {
  for (int i = 0; i < tensors->n; i++)
    if (strcmp(tensors->list[i].name, name) == 0) return &tensors->list[i];
  return NULL;
}

void cdf_shape_uniform(float *params, const cdf_shape *t, uint64_t seed, int index, float bound) {
  for (int r = 0; r < t->rows; r++)
    for (int col = 0; col < t->cols; col++) {
      float u[4];
      uint32_t element = (uint32_t)(r * t->cols + col);
      cdf_rng_uniform4(u, seed, (cdf_counter){{element, (uint32_t)index, CDF_STREAM_WEIGHTS, 0}});
      params[t->offset + (size_t)r * (size_t)t->ld + (size_t)col] = bound * (2.0f * u[0] - 1.0f);
    }
}
