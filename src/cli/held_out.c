#include "held_out.h"

#include <string.h>

#include "threads.h"

#define IMAGES 64
#define CELLS 64
#define CLEARLY 1.02
#define TIMES 3

cdf_status cli_held_out_start(cli_held_out *h, const cdf_config *config, const cdf_train_config *train,
                              const cdf_kernels *k, cdf_error *err) {
  if (h->data.n_images == 0) return CDF_OK;
  cdf_train_config same = *train;
  same.images = IMAGES, same.pixels = CELLS, same.label_dropout = 0.0f, same.guidance = 1.0f;
  return cdf_trainer_create(&h->probe, config, &same, &h->data, k, 0, 1, err);
}

void cli_held_out_free(cli_held_out *h) {
  cdf_learner_free(h->probe);
  cdf_dataset_free(&h->data);
  *h = (cli_held_out){0};
}

double cli_held_out_loss(cli_held_out *h, cdf_learner *learner) {
  const cdf_optimizer *o = cdf_learner_optimizer(learner);
  cdf_optimizer *probe = cdf_learner_optimizer(h->probe);
  cdf_report report;
  memcpy(probe->params, o->average, o->n_params * sizeof(float));
  cdf_learner_gradient(h->probe, &report, &cli_threads);
  return report.sums[0];
}

bool cli_held_out_warns(cli_held_out *h, double loss, double training_loss, int64_t step) {
  bool first = h->least_step == 0;
  if (first || loss < h->least) {
    h->least = loss, h->training_then = training_loss, h->least_step = step, h->n_higher = 0;
    return false;
  }
  bool apart = loss > CLEARLY * h->least && training_loss < h->training_then;
  h->n_higher = apart ? h->n_higher + 1 : 0;
  if (h->n_higher < TIMES || h->has_warned) return false;
  return h->has_warned = true;
}
