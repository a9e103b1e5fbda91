/* body.h: the per-pixel network in training: forward with a tape, backward to the gradients.
 *
 *   for (int item = 0; item < cdf_body_n_pack(&body); item++) cdf_body_pack(&body, k, item);   // once a step
 *   cdf_body_forward(out, &tape, &body, x, film, m, k);
 *   cdf_body_backward(grad, dfilm, &tape, &body, dout, x, film, m, k);
 *
 * A tile is m pixels of one image: they share one FiLM row. Sampling uses the folded form in denoiser.h instead.
 */
#ifndef CDF_BODY_H
#define CDF_BODY_H

#include "linear.h"
#include "network.h"

/* The weights of all shards, packed for the kernels. */
typedef struct cdf_body {
  const cdf_network *net;
  const float *params;
  cdf_linear linears[CDF_MAX_LINEARS], again[CDF_MAX_LINEARS],
      out; /* again: rows of W that see the features once more */
} cdf_body;

size_t cdf_body_packed_floats(const cdf_network *net);
void cdf_body_init(cdf_body *body, const cdf_network *net, const float *params, float *packed, bool bf16);
int cdf_body_n_pack(const cdf_body *body);
void cdf_body_pack(cdf_body *body, const cdf_kernels *k, int item);

/* What forward leaves for backward, and scratch; one per thread of work. */
typedef struct cdf_tape {
  int max_rows;
  float *block, *zeros, *sink; /* activations; a row of zeros; discarded gradients */
  uint32_t *scratch;
} cdf_tape;

size_t cdf_tape_floats(const cdf_network *net, int max_rows);
void cdf_tape_init(cdf_tape *tape, const cdf_network *net, int max_rows, float *block);

/* out[m][CDF_LANES]: the network's output for features x[m][F] and the FiLM row film[n_film]. m <= max_rows. */
void cdf_body_forward(float *out, cdf_tape *tape, const cdf_body *body, const float *x, const float *film, int m,
                      const cdf_kernels *k);

/* Add the gradients of sum(dout * out) to grad (a parameter block) and dfilm[n_film]. */
void cdf_body_backward(float *grad, float *dfilm, cdf_tape *tape, const cdf_body *body, const float *dout,
                       const float *x, const float *film, int m, const cdf_kernels *k);

#endif
