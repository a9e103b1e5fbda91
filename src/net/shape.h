/* shape.h: the tensors of a network, one after the other in a single parameter block.
 *
 *   cdf_shape shapes[2];
 *   size_t n = 0;
 *   cdf_shape_add(&shapes[0], &n, 160, 192, "cell.0.weight");      // n: floats laid out so far
 *   cdf_shape_uniform(params, &shapes[0], seed, 0, bound);
 */
#ifndef CDF_SHAPE_H
#define CDF_SHAPE_H

#include "../base/base.h"

CDF_BEGIN_DECLS

typedef struct cdf_shape {
  char name[32];
  int rows, cols; /* as saved: weights are [inputs][units] */
  int ld;         /* cols padded to CDF_LANES: the row stride in memory */
  size_t offset;  /* into the parameter block, in floats */
} cdf_shape;

/* Append a tensor to a block of *n_params floats so far. */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void cdf_shape_add(cdf_shape *t, size_t *n_params, int rows, int cols, const char *format, ...);

/* Uniforms in [-bound, bound); every element is a function of seed, index and its place. */
void cdf_shape_uniform(float *params, const cdf_shape *t, uint64_t seed, int index, float bound);

/* Multiply-adds of a product with this matrix, a row. */
static inline size_t cdf_shape_macs(const cdf_shape *t) { return (size_t)t->rows * (size_t)t->ld; }

CDF_END_DECLS

#endif
