/* network.h: the shape of a network: its tensors, where they lie in the one parameter block, and how they start.
 *
 *   cdf_network net;
 *   cdf_network_init(&net, &config);
 *   float *params = cdf_aligned_zalloc(net.n_params * sizeof(float));
 *   cdf_network_randomize(&net, params, seed);
 *
 * Every hidden layer computes act(scale * (x W) + shift). All scales and shifts of one image together are its FiLM row
 * (Perez et al. 2018): the conditioning network's output, or, without one, a learned row that all images share.
 * FiLM rows hold, for the residual body: shift of the input layer; then for each block scale1, shift1, scale2, shift2;
 * for the others: scale, shift of each hidden layer.
 */
#ifndef CDF_NETWORK_H
#define CDF_NETWORK_H

#include "config.h"
#include "shape.h"

CDF_BEGIN_DECLS

#define CDF_MAX_LINEARS 65 /* input layer + 2 * 32 */
#define CDF_MAX_TENSORS (CDF_MAX_LINEARS + 8)

typedef struct cdf_network {
  cdf_config config;
  int n_features, n_cond, n_film; /* lengths of a feature row, a conditioning row, a FiLM row */
  int n_linears;                  /* hidden weight matrices; tensors[0 .. n_linears) are they */
  cdf_shape tensors[CDF_MAX_TENSORS];
  int n_tensors;
  size_t n_params; /* floats in the block, padding included */
  /* Indices of the other tensors; -1 where there is none. */
  int out_weight, out_bias, film_bias, film_weight, cond0_weight, cond0_bias, cond1_weight, cond1_bias;
} cdf_network;

/* Lay out the tensors of a checked configuration. */
void cdf_network_init(cdf_network *net, const cdf_config *config);

/* Initial parameters: He-uniform weights, zero output and gates (Zhang et al. 2019 "Fixup"; Peebles & Xie 2023
 * adaLN-Zero); the SIREN body as in Sitzmann et al. 2020, section 3.2, with omega_0 = 30 as its layers' scale. */
void cdf_network_randomize(const cdf_network *net, float *params, uint64_t seed);

/* Multiply-adds that one pixel costs in the forward pass, and one image in the conditioning network. */
size_t cdf_network_pixel_macs(const cdf_network *net);
size_t cdf_network_image_macs(const cdf_network *net);

CDF_END_DECLS

#endif
