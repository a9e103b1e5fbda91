/* trainer.h: the denoiser as something to be learned (net/learner.h).
 *
 *   cdf_learner *l;
 *   cdf_trainer_measure(&config, &dataset, &err);                                   // sigma_data and its like
 *   cdf_trainer_create(&l, &config, &train, &dataset, kernels, 0, 1, &err);
 *
 * The measures of a step: the loss, the mean over the batch of the squared error of the target; then the same of each
 * bin of noise (objective.h), weighted with how many images those are.
 */
#ifndef CDF_TRAINER_H
#define CDF_TRAINER_H

#include "../net/learner.h"
#include "../plane/image.h"
#include "network.h"

CDF_BEGIN_DECLS

/* Measure mean, sigma_data and level_sd of the data into config (at most 4096 images, evenly chosen). */
cdf_status cdf_trainer_measure(cdf_config *config, const cdf_dataset *data, cdf_error *err);

/* The dataset is borrowed and must outlive the learner; its size and channels must be those of the configuration.
 * rank, n_ranks: as of cdf_learner_create; one process alone is 0 of 1. */
cdf_status cdf_trainer_create(cdf_learner **l, const cdf_config *config, const cdf_train_config *train,
                              const cdf_dataset *data, const cdf_kernels *k, int rank, int n_ranks, cdf_error *err);

const cdf_network *cdf_trainer_network(const cdf_learner *l);

/* The parameters of the teacher; NULL: the objective has none. If it has one, it is set before the first step. */
const float *cdf_trainer_teacher(const cdf_learner *l);
void cdf_trainer_set_teacher(cdf_learner *l, const float *params);

CDF_END_DECLS

#endif
