/* render_trainer.h: the renderer as something to be learned (net/learner.h).
 *
 *   cdf_render_trainer_create(&l, &config, &train, &truth, kernels, &err);
 *
 * A sample is a crop of a lattice picture, one footprint, and random points with the true colour averaged over that
 * footprint: exact, because footprints are whole pixels of the finer picture. Of the training settings, images are
 * samples a step and pixels are points of each; those of noise and classes have no meaning here.
 */
#ifndef CDF_RENDER_TRAINER_H
#define CDF_RENDER_TRAINER_H

#include "../plane/image.h"
#include "../net/learner.h"
#include "render_net.h"

CDF_BEGIN_DECLS

/* Lattice pictures and the same pictures `scale` times larger. */
typedef struct cdf_truth {
  const cdf_dataset *lattice; /* only the first n_pictures are used */
  const uint8_t *pixels;      /* [n_pictures][h * scale][w * scale][C] */
  int n_pictures, scale;
} cdf_truth;

/* The truth is borrowed. The measures of a step: the loss, the mean squared error of the colours, -1 to 1; and the same
 * of the bilinear interpolation that the network starts from. CDF_BAD_INPUT when the truth is smaller than a crop (8
 * cells) or not finer; CDF_USAGE for settings out of range. */
cdf_status cdf_render_trainer_create(cdf_learner **l, const cdf_render_config *config, const cdf_train_config *train,
                                     const cdf_truth *truth, const cdf_kernels *k, cdf_error *err);

const cdf_render_net *cdf_render_trainer_net(const cdf_learner *l);

#define CDF_RENDER_FORMAT "coordiff renderer 1" /* of its checkpoints */

CDF_END_DECLS

#endif
