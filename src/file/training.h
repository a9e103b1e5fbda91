/* training.h: a learner to and from checkpoint bytes: the averaged weights, as a model has them, and, for resuming, the
 * raw weights, Adam's moments, the training configuration and the step. */
#ifndef CDF_TRAINING_H
#define CDF_TRAINING_H

#include "../denoise/trainer.h"
#include "../render/render_trainer.h"
#include "model.h"

CDF_BEGIN_DECLS

/* *bytes is malloc'd. Notes (where the data came from, names of the classes) are added to the metadata; n_notes may be
 * 0. */
cdf_status cdf_learner_save(cdf_learner *l, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                            size_t *n_bytes, cdf_error *err);

/* Continue where a saved learner stood, to the bit. CDF_BAD_INPUT when the checkpoint cannot be resumed (a model
 * without training state) or was made with another configuration; the sentence names the first setting that differs.
 * `steps` may differ: a run may be prolonged. */
cdf_status cdf_learner_restore(cdf_learner *l, const void *bytes, size_t n_bytes, cdf_error *err);

/* The averaged weights of a denoiser as a model of their own, to sample from while training or to ship; its notes tell
 * how it was trained. */
cdf_status cdf_trainer_model(cdf_learner *l, cdf_model **model, cdf_error *err);

/* The renderer for any model that it is given to, with notes "renderer.train.*". */
cdf_status cdf_render_trainer_give(cdf_learner *l, cdf_model *model, cdf_error *err);

CDF_END_DECLS

#endif
