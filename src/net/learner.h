/* learner.h: learning, whatever is learned: one optimisation step at a time, resumable to the bit.
 *
 *   cdf_learner_create(&l, &task, &train, kernels, 0, 1, &err);
 *   while (cdf_learner_optimizer(l)->step < train.steps) {
 *     cdf_report report;
 *     cdf_learner_gradient(l, &report, parallel);
 *     // several processes: sum cdf_learner_optimizer(l)->grad, report.sums and report.weights over them here
 *     if (cdf_learner_update(l, &report, parallel, &err) != CDF_OK) die(err.text);
 *   }
 *   cdf_learner_free(l);
 *
 * A batch is cut into a fixed number of shards, each with its own gradient, summed in a fixed order: the same bits on
 * any number of threads. All randomness is a function of (seed, step, sample), so the state is that of the optimizer:
 * weights, both of Adam's moments, the average, the step.
 */
#ifndef CDF_LEARNER_H
#define CDF_LEARNER_H

#include "optimizer.h"
#include "tensors.h"

CDF_BEGIN_DECLS

#define CDF_N_SHARDS 8 /* fixed: the order of summation must not depend on the machine */
#define CDF_MAX_MEASURES 8

/* What is reported of a step; the first measure is the loss. Over any number of steps its mean is sum / weight, or,
 * without weights, sum / steps. */
typedef struct cdf_measure {
  const char *name;
  bool weighted;
} cdf_measure;

typedef struct cdf_report {
  double sums[CDF_MAX_MEASURES], weights[CDF_MAX_MEASURES]; /* by measure; one without weights is a mean of the batch */
  double lr, grad_norm;
} cdf_report;

/* One shard's share of a step: samples first <= i < end of the batch. */
typedef struct cdf_shard {
  int first, end;
  int64_t step;
  float *grad;                                              /* zero at the start; a parameter block */
  double sums[CDF_MAX_MEASURES], weights[CDF_MAX_MEASURES]; /* zero at the start; over the samples */
  void *memory;
} cdf_shard;

/* What is learned, as the learner sees it. `self` is malloc'd and the learner's to free. */
typedef struct cdf_task {
  void *self;
  const cdf_tensors *tensors;
  const cdf_measure *measures;
  int n_measures;
  size_t bytes, shard_bytes; /* of the memory that `start` and `allocate` take from the arena */
  /* Fill in the initial weights, and keep their address. */
  void (*start)(void *self, float *params, cdf_arena *arena);
  /* A shard's memory besides its gradient. */
  void *(*allocate)(const void *self, cdf_arena *arena);
  int n_pack;
  void (*pack)(void *self, int item);                /* after the weights have changed: items in any order */
  void (*learn)(const void *self, cdf_shard *shard); /* forward and backward over the samples of a shard */
  cdf_adam (*adam)(const void *self, int64_t step);  /* NULL: as the training settings say */
  /* What its checkpoints say that they are of. */
  const char *format, *prefix; /* of the keys of the configuration */
  const void *config;
  size_t config_bytes;
  const cdf_field *fields;
} cdf_task;

typedef struct cdf_learner cdf_learner;

/* This process does part `rank` of `n_ranks` of every batch, and allocates no more than that. CDF_USAGE when the batch
 * cannot be cut so. Takes task->self in any case. */
cdf_status cdf_learner_create(cdf_learner **l, const cdf_task *task, const cdf_train_config *train,
                              const cdf_kernels *k, int rank, int n_ranks, cdf_error *err);
void cdf_learner_free(cdf_learner *l);

/* Gradient of the current step's batch, or of this process's share of it. */
void cdf_learner_gradient(cdf_learner *l, cdf_report *report, const cdf_parallel *parallel);
/* The same in two parts, for processes that pass a sum on: each learns its shards; then, from rank to rank, the
 * optimizer's gradient and the report of those before are set, and these shards are added. Who has the first shard
 * begins the sum. What the last one holds has the bits of one process alone. */
void cdf_learner_learn(cdf_learner *l, const cdf_parallel *parallel);
void cdf_learner_add(cdf_learner *l, cdf_report *report, bool begins, const cdf_parallel *parallel);
/* Adam step and average. CDF_FAILED with advice when loss or gradient is not finite; the weights are then untouched. */
cdf_status cdf_learner_update(cdf_learner *l, cdf_report *report, const cdf_parallel *parallel, cdf_error *err);

/* The state, for saving and restoring, and the gradient of the last cdf_learner_gradient, summed over shards. */
cdf_optimizer *cdf_learner_optimizer(cdf_learner *l);
const cdf_task *cdf_learner_task(const cdf_learner *l);
const cdf_train_config *cdf_learner_config(const cdf_learner *l);

/* From here on the run has so many steps, at least 1: the learning rate follows the schedule of that many. */
void cdf_learner_set_steps(cdf_learner *l, int steps);

CDF_END_DECLS

#endif
