/* convnet.h: the network of classifier.h, forward and backward over a block of pictures. No state of its own.
 *
 *   cdf_convnet_init(&net, width, height, channels, n_classes);        // shapes and sizes
 *   cdf_convnet_layout(&pass, &net, &arena, training);                 // a pass's working memory
 *   for (int i = 0; i < n; i++) cdf_convnet_load(&pass, &net, i, pixels, 0, 0);
 *   cdf_convnet_forward(&pass, &net, params, n, kernels);              // pass.logits, pass.features
 *   cdf_convnet_pack(&packed, &net, kernels);                          // once per step
 *   cdf_convnet_backward(grad, &pass, &net, &packed, kernels);         // from pass.dlogits
 *
 * Activations lie [pixel][unit]. "Padded" planes have a border of zeros one pixel wide; the rows of a convolution's
 * output are as far apart as those of its padded input.
 */
#ifndef CDF_CONVNET_H
#define CDF_CONVNET_H

#include "../base/arena.h"
#include "../net/mlp.h"

#define CDF_CONVNET_BLOCK 16 /* pictures in a block */
#define CDF_CONVNET_UNITS1 16
#define CDF_CONVNET_UNITS2 32
#define CDF_CONVNET_FEATURES 128

/* Indices of tensors; the dense layers have theirs behind these. */
enum { CDF_CONV1, CDF_BIAS1, CDF_CONV2, CDF_BIAS2 };

typedef struct cdf_convnet {
  int width, height, channels, n_classes;
  int w1, h1, w2, h2, n_logits; /* after each pooling; classes padded to CDF_LANES */
  size_t input, flat;           /* floats of a padded picture, of what the dense layers read */
  cdf_tensors tensors;
  cdf_mlp dense; /* to the features, and to the logits */
} cdf_convnet;

/* Working memory of one block; the second half only for training. */
typedef struct cdf_convnet_pass {
  float *input;             /* [BLOCK] padded [C] */
  float *conv;              /* output of one convolution */
  float *pooled1, *active1; /* [BLOCK] before the activation; [BLOCK] after it, padded */
  float *pooled2, *active2; /* [BLOCK][flat] */
  int32_t *pick1, *pick2;   /* which of the four was the largest */
  cdf_tape dense;
  const float *features; /* [BLOCK][CDF_CONVNET_FEATURES] */
  float *logits;         /* [BLOCK][...] */
  float *dlogits, *dactive2, *dactive1;
  float *dconv2, *dconv1; /* padded */
} cdf_convnet_pass;

void cdf_convnet_init(cdf_convnet *net, int width, int height, int channels, int n_classes);

/* Bytes of a pass's memory (with training: of its second half), handed out of *arena unless that is NULL. */
size_t cdf_convnet_layout(cdf_convnet_pass *s, const cdf_convnet *net, cdf_arena *arena, bool training);

/* Pixels [C][H][W], moved by (dx, dy) with the edges repeated, as picture i of the block. */
void cdf_convnet_load(cdf_convnet_pass *s, const cdf_convnet *net, int i, const uint8_t *pixels, int dx, int dy);

void cdf_convnet_forward(cdf_convnet_pass *s, const cdf_convnet *net, const float *params, int n, const cdf_kernels *k);

/* The weights as the backward pass multiplies with them. */
typedef struct cdf_convnet_packed {
  float *flipped; /* of the second convolution, its taps in reverse order */
  cdf_mlp_weights dense;
} cdf_convnet_packed;

size_t cdf_convnet_packed_floats(const cdf_convnet *net);
void cdf_convnet_packed_init(cdf_convnet_packed *packed, const cdf_convnet *net, const float *params, float *block);
void cdf_convnet_pack(cdf_convnet_packed *packed, const cdf_convnet *net, const cdf_kernels *k);

/* Adds the gradient of a whole block to grad, a parameter block; s->dlogits is given (padding zero). */
void cdf_convnet_backward(float *grad, cdf_convnet_pass *s, const cdf_convnet *net, const cdf_convnet_packed *packed,
                          const cdf_kernels *k);

#endif
