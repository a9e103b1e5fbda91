/* mlp.h: a network as data: a list of layers, and what is done with one: forward with a tape, backward, and the folded
 * form that inference runs.
 *
 *   cdf_mlp net = {.n_inputs = 480};
 *   cdf_mlp_add(&net, weight, bias, CDF_ACT_SILU)->exact = true;         // and so on for the other fields of a layer
 *
 *   cdf_mlp_weights_init(&w, &net, params, packed, bf16);                // training
 *   for (int l = 0; l < net.n_layers; l++) cdf_mlp_pack(&w, k, l);       // once per optimisation step
 *   cdf_mlp_forward(out, &tape, &w, x, &films, m, k);
 *   cdf_mlp_backward(grad, dx, &tape, &w, dout, x, &films, m, k);
 *
 *   cdf_folded_init(&f, &net, params, max_rows, block);                  // inference
 *   cdf_mlp_fold(&f, film);                                              // once per image
 *   cdf_mlp_tile(out, &f, tiles, x, m, k);
 *
 * A layer computes y = after(scale * (before(h) W + x V) + shift) + residual, where h is the output of the layer before
 * it (of a normed layer each row of it divided by twice its root mean square), x the input of the network, and V the
 * last rows of its weight tensor. Scales and shifts are parts of the FiLM row
 * of an image (Perez et al. 2018), which all its rows share. Rows are x[m][n_inputs], out[m][units].
 */
#ifndef CDF_MLP_H
#define CDF_MLP_H

#include "linear.h"
#include "tensors.h"

CDF_BEGIN_DECLS

#define CDF_MLP_MAX_LAYERS 66
#define CDF_NONE (-1)

typedef struct cdf_layer {
  cdf_shape weight;      /* no rows: no product, scale and shift act on the input (of a first layer) */
  cdf_shape bias;        /* no rows: none; never with a shift */
  int inputs, units;     /* of W */
  int scale, shift;      /* places in the FiLM row, or CDF_NONE */
  cdf_activation before; /* identity: none */
  cdf_activation after;
  int residual;      /* 1: its input is added; 2: the input of the layer before it, which closes a block */
  bool reads_input;  /* has a V */
  bool normed;       /* however large its input is, it is of one size; instead of `before`, and not to be folded */
  bool exact;        /* stays in float where the others may be in bfloat16, as every V does */
  float bound, gain; /* of the initial weights; initial scale */
} cdf_layer;

typedef struct cdf_mlp {
  int n_inputs, n_layers;
  cdf_layer layers[CDF_MLP_MAX_LAYERS];
} cdf_mlp;

/* Append a layer; weight NULL: without product, bias NULL: without bias. Scale and shift are CDF_NONE, the weights
 * start He-uniform. */
cdf_layer *cdf_mlp_add(cdf_mlp *net, const cdf_shape *weight, const cdf_shape *bias, cdf_activation after);

/* Initial weights into a block, and scales into film (NULL where there are none). */
void cdf_mlp_randomize(float *params, float *film, const cdf_mlp *net, uint64_t seed);

/* Multiply-adds of one row. */
size_t cdf_mlp_macs(const cdf_mlp *net);

/* ---- training ---- */

/* The weights, packed for the kernels; shared by all threads. */
typedef struct cdf_mlp_weights {
  const cdf_mlp *net;
  const float *params;
  cdf_linear linears[CDF_MLP_MAX_LAYERS], again[CDF_MLP_MAX_LAYERS]; /* W and V */
} cdf_mlp_weights;

size_t cdf_mlp_packed_floats(const cdf_mlp *net);
/* packed may be NULL when only forward will be called, in float. */
void cdf_mlp_weights_init(cdf_mlp_weights *w, const cdf_mlp *net, const float *params, float *packed, bool bf16);
void cdf_mlp_pack(cdf_mlp_weights *w, const cdf_kernels *k, int layer);

/* What forward leaves for backward, and scratch; one per thread of work. */
typedef struct cdf_tape {
  float *entered[CDF_MLP_MAX_LAYERS]; /* before(h), or h normed; of a layer in bfloat16 the pairs of before(h) */
  float *product[CDF_MLP_MAX_LAYERS];
  float *output[CDF_MLP_MAX_LAYERS]; /* the product's own memory where nothing but a shift is done to it */
  float *spare[3];                   /* gradients on their way */
  float *zeros, *sink;               /* a row of zeros; discarded gradients */
  uint32_t *scratch;
} cdf_tape;

size_t cdf_tape_floats(const cdf_mlp *net, int max_rows);
void cdf_tape_init(cdf_tape *tape, const cdf_mlp *net, int max_rows, float *block);

/* The FiLM rows of several images, and of their gradients: the first `rows` rows of x are of the first image. */
typedef struct cdf_film {
  const float *film;
  float *dfilm; /* added to by backward; NULL for forward alone */
  int size, rows;
} cdf_film;

/* m <= max_rows; film NULL for a network without scales and shifts. Images share the products, which stream all
 * weights through the caches; the bits are those of one call an image (in bfloat16 if `rows` is a multiple of
 * CDF_BF16_ROWS). */
void cdf_mlp_forward(float *out, cdf_tape *tape, const cdf_mlp_weights *w, const float *x, const cdf_film *film, int m,
                     const cdf_kernels *k);

/* Add the gradients of sum(dout * out) to grad (a parameter block) and film->dfilm; write that of x into dx, unless
 * NULL. */
void cdf_mlp_backward(float *grad, float *dx, cdf_tape *tape, const cdf_mlp_weights *w, const float *dout,
                      const float *x, const cdf_film *film, int m, const cdf_kernels *k);

/* ---- inference ---- */

/* A layer as it is run: everything that is constant over an image is in the weights and in two rows. */
typedef struct cdf_folded_layer {
  const float *weight, *enter, *scale, *shift; /* enter: added to h before `before` */
  bool in_place;                               /* adds its product to the output that it is residual to */
} cdf_folded_layer;

typedef struct cdf_folded {
  const cdf_mlp *net;
  const float *params;
  int max_rows;
  float *weights, *carried, *zeros;
  cdf_folded_layer layers[CDF_MLP_MAX_LAYERS];
} cdf_folded;

size_t cdf_folded_floats(const cdf_mlp *net);
void cdf_folded_init(cdf_folded *f, const cdf_mlp *net, const float *params, int max_rows, float *block);

/* Multiply the scales into the weights, and sum the shifts that no activation separates. film is borrowed. */
void cdf_mlp_fold(cdf_folded *f, const float *film);
/* Take the weights as they are: for few rows a film. */
void cdf_mlp_unfolded(cdf_folded *f, const float *film);

/* out[m][outputs] of x[m][inputs], m <= max_rows. tiles[cdf_tile_floats]: what lies between them, one a thread. */
size_t cdf_tile_floats(const cdf_mlp *net, int max_rows);
void cdf_mlp_tile(float *out, const cdf_folded *f, float *tiles, const float *x, int m, const cdf_kernels *k);

CDF_END_DECLS

#endif
