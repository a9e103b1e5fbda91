/* model.h: a trained network as one value: configuration and weights, to and from safetensors bytes.
 *
 * Metadata: "format" is "coordiff 1"; every key of cdf_config_fields; for a model with a renderer of its own every key
 * of cdf_render_fields behind "renderer."; then notes: any other key. Tensors: those of cdf_network and cdf_render_net,
 * unpadded, F32, F16 or I8 with scales (block.h; tools/quantise.mjs writes those). A training checkpoint has more of
 * both (see training.h); a reader of models ignores them, so that any training checkpoint can be sampled from.
 */
#ifndef CDF_MODEL_H
#define CDF_MODEL_H

#include "block.h"
#include "../denoise/network.h"
#include "../denoise/options.h"
#include "../render/render_net.h"

CDF_BEGIN_DECLS

typedef struct cdf_model {
  cdf_network net;
  float *params;
  cdf_render_net render;
  float *render_params; /* NULL: no renderer of its own, canvases are interpolated */
  cdf_metadata *notes;  /* every metadata entry that is not part of the configuration */
  int n_notes;
  cdf_sample_options sample; /* what its pictures begin with: its notes "sample.steps" ..., and everyone's */
  float baked; /* guidance that is part of its answers, by its note "train.guidance"; 1: none, and it may be guided */
} cdf_model;

/* CDF_BAD_INPUT with a sentence: not safetensors, another format or version, a configuration out of limits, a tensor
 * missing or of another shape, a tensor that no model has. */
cdf_status cdf_model_load(cdf_model **model, const void *bytes, size_t n_bytes, cdf_error *err);
/* A model of a checked configuration with initial weights. */
cdf_status cdf_model_create(cdf_model **model, const cdf_config *config, uint64_t seed, cdf_error *err);
/* Add or replace a metadata entry that is not part of the configuration. */
cdf_status cdf_model_note(cdf_model *model, const char *key, const char *value, cdf_error *err);
/* Give the model a renderer, in place of one that it may have: a copy of params. */
cdf_status cdf_model_set_renderer(cdf_model *model, const cdf_render_config *config, const float *params,
                                  cdf_error *err);
/* Fill in what options leave at 0 by what the model's pictures begin with. CDF_USAGE with a sentence: a guidance other
 * than 1 for a model that has its own in its answers. */
cdf_status cdf_model_resolve(const cdf_model *model, cdf_sample_options *options, cdf_error *err);
void cdf_model_free(cdf_model *model);

/* Is the checkpoint of the format and version that this program reads? */
cdf_status cdf_model_check_format(const cdf_checkpoint *c, cdf_error *err);

/* Serialise a model: its configuration, notes and weights. *bytes is malloc'd. */
cdf_status cdf_model_save(const cdf_model *model, bool half, unsigned char **bytes, size_t *n_bytes, cdf_error *err);

CDF_END_DECLS

#endif
