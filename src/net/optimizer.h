/* optimizer.h: Adam with clipping over one parameter block, and the running average of its weights.
 *
 *   cdf_optimizer_init(&o, &arena, n_params, &train, k);
 *   // each shard adds up a gradient of its own
 *   cdf_optimizer_sum(&o, grads, n_grads, parallel);              // o.grad, in the order of the shards
 *   cdf_optimizer_update(&o, &norm, loss, parallel, &err);        // o.params, o.average, o.step
 *
 * Everything is cut into chunks whose results do not depend on which thread does them.
 */
#ifndef CDF_OPTIMIZER_H
#define CDF_OPTIMIZER_H

#include "../base/arena.h"
#include "../kernels/kernels.h"
#include "config.h"
#include "../base/parallel.h"

CDF_BEGIN_DECLS

typedef struct cdf_optimizer {
  size_t n_params;
  float *params, *moment1, *moment2, *average; /* the state, with the step: what a checkpoint holds */
  int64_t step;
  float *grad;
  const cdf_train_config *train; /* borrowed */
  const cdf_kernels *k;
  double *chunk_norms;
  int n_chunks;
  float scale; /* of the gradient, by clipping */
  const float *const *shards;
  int n_shards;
} cdf_optimizer;

size_t cdf_optimizer_bytes(size_t n_params);
void cdf_optimizer_init(cdf_optimizer *o, cdf_arena *arena, size_t n_params, const cdf_train_config *train,
                        const cdf_kernels *k);

/* grad = grads[0] + grads[1] + ... */
void cdf_optimizer_sum(cdf_optimizer *o, const float *const *grads, int n_grads, const cdf_parallel *parallel);

/* Adam step (Kingma & Ba 2015) and average. CDF_FAILED with advice when loss or gradient is not finite; the weights are
 * then untouched. */
cdf_status cdf_optimizer_update(cdf_optimizer *o, double *grad_norm, double loss, const cdf_parallel *parallel,
                                cdf_error *err);

/* Linear warm-up, then a cosine from lr to lr_min. */
double cdf_optimizer_rate(const cdf_train_config *train, int64_t step);

CDF_END_DECLS

#endif
