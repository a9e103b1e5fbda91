/* trainer.h: one optimisation step, resumable to the bit.
 *
 *   cdf_trainer *t;
 *   cdf_trainer_create(&t, &config, &train, &dataset, kernels, &err);   // config: sigma_data etc. are measured here
 *   while (cdf_trainer_optimizer(t)->step < train.steps) {
 *     cdf_trainer_gradient(t, &report, parallel);      // (several processes: sum cdf_trainer_optimizer(t)->grad here)
 *     if (cdf_trainer_update(t, &report, parallel, &err) != CDF_OK) ...
 *   }
 *   cdf_trainer_free(t);
 *
 * A batch is cut into a fixed number of shards, each with its own gradient, summed in a fixed order: the same bits on
 * any number of threads. All randomness is a function of (seed, step, sample), so the state is: weights, both Adam
 * moments, the average, the step.
 */
#ifndef CDF_TRAINER_H
#define CDF_TRAINER_H

#include "../plane/image.h"
#include "../kernels/kernels.h"
#include "network.h"
#include "../net/optimizer.h"

CDF_BEGIN_DECLS

#define CDF_LOSS_BINS 4
#define CDF_N_SHARDS 8 /* fixed: the order of summation must not depend on the machine */

typedef struct cdf_step_report {
  double loss; /* mean over the batch of the squared error of the target */
  /* The same, summed over the images of each bin of noise: sigma < 0.1, < 0.5, < 2, above (EDM); quarters of t
   * (previous); and how many images those are. */
  double bin_loss[CDF_LOSS_BINS], bin_count[CDF_LOSS_BINS];
  double grad_norm, lr;
} cdf_step_report;

typedef struct cdf_trainer cdf_trainer;

/* Measure mean, sigma_data and level_sd of the data into config (at most 4096 images, spread over the set).
 * CDF_NO_MEMORY only. */
cdf_status cdf_trainer_measure(cdf_config *config, const cdf_dataset *data, cdf_error *err);

/* The dataset is borrowed and must outlive the trainer; its size and channels must be those of the configuration. */
cdf_status cdf_trainer_create(cdf_trainer **t, const cdf_config *config, const cdf_train_config *train,
                              const cdf_dataset *data, const cdf_kernels *k, cdf_error *err);
void cdf_trainer_free(cdf_trainer *t);

/* Do only part `rank` of `n_ranks` of every batch: several processes, which then sum gradients and reports, train as
 * one would. CDF_USAGE when there are more than the CDF_N_SHARDS that a batch has. */
cdf_status cdf_trainer_share(cdf_trainer *t, int rank, int n_ranks, cdf_error *err);

/* Gradient of the current step's batch, or of this process's share of it. */
void cdf_trainer_gradient(cdf_trainer *t, cdf_step_report *report, const cdf_parallel *parallel);
/* Adam step and average. CDF_FAILED with advice when loss or gradient is not finite; the weights are then untouched. */
cdf_status cdf_trainer_update(cdf_trainer *t, cdf_step_report *report, const cdf_parallel *parallel, cdf_error *err);

/* The state, for saving and restoring: parameters, moments, average, step; and the gradient of the last
 * cdf_trainer_gradient, summed over shards. */
cdf_optimizer *cdf_trainer_optimizer(cdf_trainer *t);
const cdf_network *cdf_trainer_network(const cdf_trainer *t);
const cdf_train_config *cdf_trainer_config(const cdf_trainer *t);

CDF_END_DECLS

#endif
