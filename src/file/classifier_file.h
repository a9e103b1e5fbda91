/* classifier_file.h: a classifier to and from safetensors bytes: "format", its shape and notes as metadata, and its
 * averaged weights, F16 when half.
 *
 *   cdf_classifier *c;
 *   if (cdf_classifier_load(&c, bytes, n_bytes, kernels, &err) != CDF_OK) die(err.text);
 */
#ifndef CDF_CLASSIFIER_FILE_H
#define CDF_CLASSIFIER_FILE_H

#include "../judge/classifier.h"
#include "checkpoint.h"

CDF_BEGIN_DECLS

#define CDF_CLASSIFIER_FORMAT "coordiff-classifier 1"

/* *bytes is malloc'd. */
cdf_status cdf_classifier_save(const cdf_classifier *c, bool half, const cdf_metadata *notes, int n_notes,
                               unsigned char **bytes, size_t *n_bytes, cdf_error *err);

/* Trusts nothing: CDF_BAD_INPUT with a sentence. */
cdf_status cdf_classifier_load(cdf_classifier **c, const void *bytes, size_t n_bytes, const cdf_kernels *k,
                               cdf_error *err);

CDF_END_DECLS

#endif
