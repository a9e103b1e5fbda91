/* classifier.h: a small convolutional network that names the class of a picture: the judge of `coordiff eval`.
 *
 *   cdf_classifier *c;
 *   cdf_classifier_create(&c, &(cdf_classifier_shape){28, 28, 1, 10}, 1, kernels, &err);
 *   cdf_classifier_plan plan = {.seed = 1};
 *   for (int step = 0; step < cdf_classifier_n_steps(&plan, train->n_images); step++)
 *     if (cdf_classifier_train_step(c, &loss, train, &plan, step, parallel, &err) != CDF_OK) ...
 *   cdf_classifier_classify(c, logits, features, test->pixels, test->n_images, parallel);
 *   cdf_classifier_free(c);
 *
 * conv 3x3 to 16, relu, pool 2; conv 3x3 to 32, relu, pool 2; dense to 128, relu (these are the features); dense to the
 * classes. Pixels are v / 255, the border is zero. Training: Adam with a warm-up and a cosine, cross-entropy, random
 * shifts, averaged weights. All randomness is a function of (seed, step, place in the batch); a batch is cut into a
 * fixed number of shards that are summed in order: the same bits on any number of threads.
 */
#ifndef CDF_CLASSIFIER_H
#define CDF_CLASSIFIER_H

#include "../base/fields.h"
#include "../net/tensors.h"
#include "../plane/image.h"
#include "../kernels/kernels.h"
#include "../base/parallel.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

#define CDF_CLASSIFIER_FEATURES 128
#define CDF_CLASSIFIER_BATCH 128
#define CDF_CLASSIFIER_MIN_SIDE 8
#define CDF_CLASSIFIER_MAX_SIDE CDF_MAX_LATTICE
#define CDF_CLASSIFIER_MAX_CLASSES 256

typedef struct cdf_classifier_shape {
  int width, height, channels, n_classes;
} cdf_classifier_shape;

extern const cdf_field cdf_classifier_fields[]; /* ends with a NULL key */

typedef struct cdf_classifier_plan { /* zero is the default everywhere */
  uint64_t seed;
  int epochs; /* 0: 12 */
  float lr;   /* peak; 0: 0.002 */
  int shift;  /* pictures are moved by up to this many pixels either way; 0: 2, negative: none */
} cdf_classifier_plan;

typedef struct cdf_classifier cdf_classifier;

/* New random weights. The kernel table is borrowed. CDF_USAGE with a sentence when the shape is out of limits. */
cdf_status cdf_classifier_create(cdf_classifier **c, const cdf_classifier_shape *shape, uint64_t seed,
                                 const cdf_kernels *k, cdf_error *err);
void cdf_classifier_free(cdf_classifier *c);
const cdf_classifier_shape *cdf_classifier_get_shape(const cdf_classifier *c);

/* One optimisation step on a batch of CDF_CLASSIFIER_BATCH pictures; *loss is their mean cross-entropy. Steps count
 * from 0 in order; every epoch sees each picture once, shuffled (the last batch is filled up from the front).
 * CDF_BAD_INPUT: pictures of another size, no labels, or more classes than the network has. CDF_FAILED: the loss is no
 * longer finite. */
int cdf_classifier_n_steps(const cdf_classifier_plan *plan, int n_images);
cdf_status cdf_classifier_train_step(cdf_classifier *c, double *loss, const cdf_dataset *data,
                                     const cdf_classifier_plan *plan, int step, const cdf_parallel *parallel,
                                     cdf_error *err);

/* logits[n][n_classes] and features[n][CDF_CLASSIFIER_FEATURES] (either may be NULL) of pixels[n][C][H][W], with the
 * averaged weights. */
void cdf_classifier_classify(cdf_classifier *c, float *logits, float *features, const uint8_t *pixels, int n,
                             const cdf_parallel *parallel);

/* The tensors: conv1.weight [3][3][C][16], conv1.bias, conv2.weight [3][3][16][32], conv2.bias, hidden.weight [h/4 *
 * w/4 * 32][128], hidden.bias, output.weight [128][n_classes], output.bias; and the block of *n floats that they lie
 * in, until the next training step. `average` chooses the averaged weights. */
const cdf_tensors *cdf_classifier_tensors(const cdf_classifier *c);
float *cdf_classifier_params(const cdf_classifier *c, bool average, size_t *n);

/* ---- for tests ---- */

/* Mean cross-entropy of the first CDF_CLASSIFIER_BATCH pictures, unmoved, and its gradient in grad (as long as the
 * parameters). CDF_NO_MEMORY only. */
cdf_status cdf_classifier_gradient(cdf_classifier *c, double *loss, float *grad, const cdf_dataset *data,
                                   const cdf_parallel *parallel, cdf_error *err);

CDF_END_DECLS

#endif
