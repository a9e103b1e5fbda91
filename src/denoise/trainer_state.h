/* trainer_state.h: a trainer to and from checkpoint bytes: the averaged weights as the model, and, for resuming, the
 * raw weights, Adam's moments, the training configuration and the step. */
#ifndef CDF_TRAINER_STATE_H
#define CDF_TRAINER_STATE_H

#include "../file/model.h"
#include "../render/render_trainer.h"
#include "trainer.h"

CDF_BEGIN_DECLS

/* *bytes is malloc'd. Notes (where the data came from, names of the classes) are added to the metadata; n_notes may be
 * 0. */
cdf_status cdf_trainer_save(cdf_trainer *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                            size_t *n_bytes, cdf_error *err);

/* Continue where a saved trainer stood, to the bit. CDF_BAD_INPUT when the checkpoint cannot be resumed (a model
 * without training state) or was made with another configuration; the sentence names the first setting that differs.
 * `steps` may differ: a run may be prolonged. */
cdf_status cdf_trainer_restore(cdf_trainer *t, const void *bytes, size_t n_bytes, cdf_error *err);

/* The averaged weights as a model of their own, to sample from while training or to ship; its notes tell how it was
 * trained. */
cdf_status cdf_trainer_model(cdf_trainer *t, cdf_model **model, cdf_error *err);

/* The same three for the renderer. Its checkpoint holds the renderer alone; its model is any model that it is given to,
 * with notes "renderer.train.*". */
cdf_status cdf_render_trainer_save(cdf_render_trainer *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                                   size_t *n_bytes, cdf_error *err);
cdf_status cdf_render_trainer_restore(cdf_render_trainer *t, const void *bytes, size_t n_bytes, cdf_error *err);
cdf_status cdf_render_trainer_give(cdf_render_trainer *t, cdf_model *model, cdf_error *err);

CDF_END_DECLS

#endif
