/* optimizer.h: Adam with clipping over one parameter block, and the running average of its weights.
 *
 *   cdf_optimizer_init(&o, &arena, n_params, k);
 *   // each shard adds up a gradient of its own
 *   cdf_optimizer_sum(&o, grads, n_grads, parallel);              // o.grad, in the order of the shards
 *   cdf_adam adam = cdf_adam_of(&train, o.step);
 *   cdf_optimizer_step(&o, &adam, cdf_optimizer_norm(&o, parallel), parallel);   // o.params, o.average, o.step
 *
 * Everything is cut into chunks whose results do not depend on which thread does them.
 */
#ifndef CDF_OPTIMIZER_H
#define CDF_OPTIMIZER_H

#include "../base/arena.h"
#include "../kernels/kernels.h"
#include "train_config.h"
#include "../base/parallel.h"

CDF_BEGIN_DECLS

/* The settings of one step. */
typedef struct cdf_adam {
  double rate, beta1, beta2;
  float ema;  /* share that the average keeps */
  float clip; /* bound on the norm of the gradient; 0: none */
} cdf_adam;

/* Linear warm-up, then a cosine from lr to lr_min; the half-life of the average is a share of the steps so far (Karras
 * et al. 2022, appendix F.2), so that the start is forgotten. */
cdf_adam cdf_adam_of(const cdf_train_config *train, int64_t step);

typedef struct cdf_optimizer {
  size_t n_params;
  float *params, *moment1, *moment2, *average; /* the state, with the step: what a checkpoint holds */
  int64_t step;
  float *grad;
  const cdf_kernels *k;
  double *chunk_norms;
  int n_chunks;
  const cdf_adam *adam;
  float scale; /* of the gradient, by clipping */
  const float *const *shards;
  int n_shards;
} cdf_optimizer;

size_t cdf_optimizer_bytes(size_t n_params);
void cdf_optimizer_init(cdf_optimizer *o, cdf_arena *arena, size_t n_params, const cdf_kernels *k);

/* grad = grads[0] + grads[1] + ... */
void cdf_optimizer_sum(cdf_optimizer *o, const float *const *grads, int n_grads, const cdf_parallel *parallel);

double cdf_optimizer_norm(cdf_optimizer *o, const cdf_parallel *parallel); /* of grad */

/* Adam step (Kingma & Ba 2015) and average. */
void cdf_optimizer_step(cdf_optimizer *o, const cdf_adam *adam, double grad_norm, const cdf_parallel *parallel);

CDF_END_DECLS

#endif
