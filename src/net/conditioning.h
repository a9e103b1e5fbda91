/* conditioning.h: the small network that turns what is known of a whole image into its FiLM row.
 *
 * film = silu(silu(c A + a) B + b) W + bias, rows are images. Its cost is per image, not per pixel. Without a
 * conditioning network the FiLM row is the bias itself, and its scales are constants.
 */
#ifndef CDF_CONDITIONING_H
#define CDF_CONDITIONING_H

#include "linear.h"
#include "network.h"

typedef struct cdf_conditioning {
  const cdf_network *net;
  const float *params;
  cdf_linear linears[3]; /* cond.0, cond.1, film */
} cdf_conditioning;

size_t cdf_conditioning_packed_floats(const cdf_network *net);
/* packed may be NULL when only forward will be called. */
void cdf_conditioning_init(cdf_conditioning *c, const cdf_network *net, const float *params, float *packed);
int cdf_conditioning_n_pack(const cdf_conditioning *c);
void cdf_conditioning_pack(cdf_conditioning *c, const cdf_kernels *k, int item);

/* Floats that forward leaves for backward, for m images. */
size_t cdf_conditioning_tape_floats(const cdf_network *net, int m);

/* film[m][n_film] from conditioning rows x[m][n_cond]. */
void cdf_conditioning_forward(float *film, float *tape, const cdf_conditioning *c, const float *x, int m,
                              const cdf_kernels *k);

/* Add to grad what dfilm[m][n_film] asks of the parameters. */
void cdf_conditioning_backward(float *grad, float *tape, const cdf_conditioning *c, const float *dfilm, const float *x,
                               int m, const cdf_kernels *k);

#endif
