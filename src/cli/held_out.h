/* held_out.h: the loss on pictures that are not trained on, and the warning when it rises.
 *
 *   cli_held_out h = {.data = held_out_pictures};
 *   cdf_status status = cli_held_out_start(&h, &config, &train, kernels, &err);
 *   double loss = cli_held_out_loss(&h, learner);                       // of the averaged weights, on the same noise
 *   bool warns = cli_held_out_warns(&h, loss, training_loss, step);     // once: it learns the pictures by heart
 */
#ifndef CDF_CLI_HELD_OUT_H
#define CDF_CLI_HELD_OUT_H

#include "../coordiff.h"

typedef struct cli_held_out {
  cdf_dataset data; /* no pictures: none of all this */
  cdf_learner *probe;
  double least, training_then; /* the lowest so far, and the training loss when it was */
  int64_t least_step;
  int n_higher; /* times since that it was clearly higher */
  bool has_warned;
} cli_held_out;

/* Data that is held out already; CDF_NO_MEMORY. The caller frees. */
cdf_status cli_held_out_start(cli_held_out *h, const cdf_config *config, const cdf_train_config *train,
                              const cdf_kernels *k, cdf_error *err);
void cli_held_out_free(cli_held_out *h);

/* The loss as the training has it, but always on the same pictures, noise and cells. */
double cli_held_out_loss(cli_held_out *h, cdf_learner *learner);

/* Note it; true once, when it has clearly risen three times in a row while the training loss went on falling. */
bool cli_held_out_warns(cli_held_out *h, double loss, double training_loss, int64_t step);

#endif
