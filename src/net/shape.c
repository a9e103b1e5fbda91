#include "shape.h"

#include <stdarg.h>
#include <stdio.h>

#include "../base/rng.h"

void cdf_shape_add(cdf_shape *t, size_t *n_params, int rows, int cols, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(t->name, sizeof t->name, format, args);
  va_end(args);
  t->rows = rows, t->cols = cols, t->ld = cdf_pad(cols);
  t->offset = *n_params;
  *n_params += cdf_shape_macs(t);
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
