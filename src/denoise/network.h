/* network.h: the denoiser's network: its tensors, and its two parts as lists of layers (mlp.h).
 *
 *   cdf_network net;
 *   cdf_network_init(&net, &config);
 *   float *params = cdf_aligned_zalloc(net.tensors.n_params * sizeof(float));
 *   cdf_network_randomize(&net, params, seed);
 *
 * The body goes from a pixel's features to its answer. Its scales and shifts are the FiLM row of the image (Perez et
 * al. 2018): the output of the conditioning network, or, without one, a learned row that all images share.
 */
#ifndef CDF_NETWORK_H
#define CDF_NETWORK_H

#include "config.h"
#include "../net/mlp.h"

CDF_BEGIN_DECLS

typedef struct cdf_network {
  cdf_config config;
  int n_features, n_cond, n_film; /* lengths of a feature row, a conditioning row, a FiLM row */
  cdf_tensors tensors;
  cdf_mlp body, cond;  /* cond has no layers without a conditioning network */
  cdf_shape film_bias; /* where FiLM rows start from, or the shared row */
} cdf_network;

/* Lay out the network of a checked configuration. */
void cdf_network_init(cdf_network *net, const cdf_config *config);

/* Initial parameters: He-uniform weights, zero output and gates (Zhang et al. 2019 "Fixup"; Peebles & Xie 2023
 * adaLN-Zero); the SIREN body as in Sitzmann et al. 2020, section 3.2, with omega_0 = 30 as its layers' scale. */
void cdf_network_randomize(const cdf_network *net, float *params, uint64_t seed);

/* film[m][n_film] from conditioning rows x[m][n_cond] of m images; weights and tape are those of net->cond. */
void cdf_network_film(float *film, cdf_tape *tape, const cdf_network *net, const cdf_mlp_weights *weights,
                      const float *x, int m, const cdf_kernels *k);
/* Add to grad what dfilm[m][n_film], the gradient by those rows, asks of the parameters; dfilm is overwritten. */
void cdf_network_film_backward(float *grad, cdf_tape *tape, const cdf_network *net, const cdf_mlp_weights *weights,
                               float *dfilm, const float *film, const float *x, int m, const cdf_kernels *k);

/* Multiply-adds that one pixel costs in the forward pass, and one image in the conditioning network. */
size_t cdf_network_pixel_macs(const cdf_network *net);
size_t cdf_network_image_macs(const cdf_network *net);

CDF_END_DECLS

#endif
