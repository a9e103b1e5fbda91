/* tensors.h: the tensors of a network: names, shapes, and where they lie in its one parameter block.
 *
 *   cdf_tensors t = {0};
 *   const cdf_shape *w = cdf_tensors_add(&t, 160, 192, "cell.%d.weight", 0);
 *   float *params = cdf_aligned_zalloc(t.n_params * sizeof(float));
 *   cdf_shape_uniform(params, w, seed, w->index, bound);
 */
#ifndef CDF_TENSORS_H
#define CDF_TENSORS_H

#include "../base/base.h"

CDF_BEGIN_DECLS

#define CDF_MAX_TENSORS 80

typedef struct cdf_shape {
  char name[32];
  int rows, cols; /* as saved: weights are [inputs][units] */
  int ld;         /* cols padded to CDF_LANES: the row stride in memory */
  int index;      /* in the list */
  size_t offset;  /* into the parameter block, in floats */
} cdf_shape;

typedef struct cdf_tensors {
  cdf_shape list[CDF_MAX_TENSORS];
  int n;
  size_t n_params; /* floats in the block, padding included */
} cdf_tensors;

/* Append a tensor; the pointer holds as long as the list. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
const cdf_shape *
cdf_tensors_add(cdf_tensors *tensors, int rows, int cols, const char *format, ...);

const cdf_shape *cdf_tensors_find(const cdf_tensors *tensors, const char *name); /* NULL: there is none */

/* Uniforms in [-bound, bound); every element is a function of seed, index and its place. */
void cdf_shape_uniform(float *params, const cdf_shape *t, uint64_t seed, int index, float bound);

/* Floats of a tensor in memory. */
static inline size_t cdf_shape_size(const cdf_shape *t) { return (size_t)t->rows * (size_t)t->ld; }

CDF_END_DECLS

#endif
