/* render_trainer.h: one optimisation step of the renderer, resumable to the bit.
 *
 *   cdf_render_trainer_create(&t, &config, &train, &truth, kernels, &err);
 *   while (cdf_render_trainer_optimizer(t)->step < train.steps) {
 *     cdf_render_trainer_gradient(t, &report, parallel);
 *     if (cdf_render_trainer_update(t, &report, parallel, &err) != CDF_OK) ...
 *   }
 *
 * A sample is a window of a lattice picture, one footprint, and random points with the true colour averaged over that
 * footprint: exact, because footprints are whole pixels of the finer picture. Of the training settings, images are
 * samples a step and pixels are points of each; those of noise and classes have no meaning here.
 */
#ifndef CDF_RENDER_TRAINER_H
#define CDF_RENDER_TRAINER_H

#include "../plane/image.h"
#include "../net/optimizer.h"
#include "render_net.h"

CDF_BEGIN_DECLS

/* Lattice pictures and the same pictures `finer` times larger. */
typedef struct cdf_truth {
  const cdf_dataset *lattice; /* only the first n_pictures are used */
  const uint8_t *pixels;      /* [n_pictures][h * finer][w * finer][C] */
  int n_pictures, finer;
} cdf_truth;

typedef struct cdf_render_report {
  double loss; /* mean squared error of the colours, -1 to 1 */
  double base; /* the same of the interpolation that the network starts from */
  double grad_norm, lr;
} cdf_render_report;

typedef struct cdf_render_trainer cdf_render_trainer;

/* The truth is borrowed. CDF_BAD_INPUT when it is smaller than a window (8 cells) or not finer; CDF_USAGE for settings
 * out of range. */
cdf_status cdf_render_trainer_create(cdf_render_trainer **t, const cdf_render_config *config,
                                     const cdf_train_config *train, const cdf_truth *truth, const cdf_kernels *k,
                                     cdf_error *err);
void cdf_render_trainer_free(cdf_render_trainer *t);

void cdf_render_trainer_gradient(cdf_render_trainer *t, cdf_render_report *report, const cdf_parallel *parallel);
cdf_status cdf_render_trainer_update(cdf_render_trainer *t, cdf_render_report *report, const cdf_parallel *parallel,
                                     cdf_error *err);

cdf_optimizer *cdf_render_trainer_optimizer(cdf_render_trainer *t);
const cdf_render_net *cdf_render_trainer_net(const cdf_render_trainer *t);
const cdf_train_config *cdf_render_trainer_config(const cdf_render_trainer *t);

CDF_END_DECLS

#endif
