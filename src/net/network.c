#include "network.h"

#include <math.h>

#include "../plane/featurize.h"

#define SIREN_OMEGA 30.0f

/* Append a tensor; its index. */
#define add_tensor(net, rows, cols, ...) \
  (cdf_shape_add(&(net)->tensors[(net)->n_tensors], &(net)->n_params, rows, cols, __VA_ARGS__), (net)->n_tensors++)

void cdf_network_init(cdf_network *net, const cdf_config *config) {
  *net = (cdf_network){.config = *config};
  const cdf_config *c = &net->config;
  net->n_features = cdf_features_width(c);
  net->n_cond = cdf_features_cond_width(c);
  if (c->body == CDF_BODY_RESIDUAL) {
    add_tensor(net, net->n_features, c->hidden, "in.weight");
    for (int b = 0; b < c->n_layers; b++)
      for (int half = 1; half <= 2; half++) add_tensor(net, c->hidden, c->hidden, "block.%d.weight%d", b, half);
    net->n_film = c->hidden * (1 + 4 * c->n_layers);
  } else {
    for (int l = 0; l < c->n_layers; l++) {
      int again = l > 0 && c->body == CDF_BODY_PIXELGEN ? net->n_features : 0;
      add_tensor(net, l == 0 ? net->n_features : c->hidden + again, c->hidden, "layer.%d.weight", l);
    }
    net->n_film = c->hidden * 2 * c->n_layers;
  }
  net->n_linears = net->n_tensors;
  net->out_weight = add_tensor(net, c->hidden, c->channels, "out.weight");
  net->out_bias = add_tensor(net, 1, c->channels, "out.bias");
  net->film_bias = add_tensor(net, 1, net->n_film, "film.bias");
  net->film_weight = net->cond0_weight = net->cond0_bias = net->cond1_weight = net->cond1_bias = -1;
  if (c->cond_hidden == 0) return;
  net->cond0_weight = add_tensor(net, net->n_cond, c->cond_hidden, "cond.0.weight");
  net->cond0_bias = add_tensor(net, 1, c->cond_hidden, "cond.0.bias");
  net->cond1_weight = add_tensor(net, c->cond_hidden, c->cond_hidden, "cond.1.weight");
  net->cond1_bias = add_tensor(net, 1, c->cond_hidden, "cond.1.bias");
  net->film_weight = add_tensor(net, c->cond_hidden, net->n_film, "film.weight");
}

static void fill_constant(float *at, int n, float value) {
  for (int i = 0; i < n; i++) at[i] = value;
}

void cdf_network_randomize(const cdf_network *net, float *params, uint64_t seed) {
  const cdf_config *c = &net->config;
  bool siren = c->body == CDF_BODY_SIREN, residual = c->body == CDF_BODY_RESIDUAL;
  for (size_t i = 0; i < net->n_params; i++) params[i] = 0.0f;
  for (int i = 0; i < net->n_linears; i++) {
    float fan_in = (float)net->tensors[i].rows, bound = sqrtf((i == 0 ? 3.0f : 6.0f) / fan_in);
    if (siren) bound = i == 0 ? 1.0f / fan_in : sqrtf(6.0f / fan_in) / SIREN_OMEGA;
    cdf_shape_uniform(params, &net->tensors[i], seed, i, bound);
  }
  /* Gates and output start at zero only where the residual path carries the signal from the first step. */
  if (!residual) {
    const cdf_shape *out = &net->tensors[net->out_weight];
    cdf_shape_uniform(params, out, seed, net->out_weight,
                      sqrtf((siren ? 6.0f / (SIREN_OMEGA * SIREN_OMEGA) : 3.0f) / (float)out->rows));
  }
  float *film = params + net->tensors[net->film_bias].offset;
  if (residual) {
    for (int b = 0; b < c->n_layers; b++) {
      fill_constant(film + c->hidden * (1 + 4 * b), c->hidden, 1.0f);
      /* Gates open by learning; without a conditioning network scales are constants. */
      fill_constant(film + c->hidden * (3 + 4 * b), c->hidden, c->cond_hidden > 0 ? 0.0f : 1.0f);
    }
  } else {
    for (int l = 0; l < c->n_layers; l++)
      fill_constant(film + c->hidden * 2 * l, c->hidden, siren ? SIREN_OMEGA : 1.0f);
  }
  if (c->cond_hidden == 0) return;
  int conds[] = {net->cond0_weight, net->cond1_weight};
  for (int i = 0; i < 2; i++) {
    const cdf_shape *t = &net->tensors[conds[i]];
    cdf_shape_uniform(params, t, seed, conds[i], sqrtf(6.0f / (float)t->rows));
  }
}

size_t cdf_network_pixel_macs(const cdf_network *net) {
  size_t sum = cdf_shape_macs(&net->tensors[net->out_weight]);
  for (int i = 0; i < net->n_linears; i++) sum += cdf_shape_macs(&net->tensors[i]);
  return sum;
}

size_t cdf_network_image_macs(const cdf_network *net) {
  if (net->config.cond_hidden == 0) return 0;
  return cdf_shape_macs(&net->tensors[net->cond0_weight]) + cdf_shape_macs(&net->tensors[net->cond1_weight]) +
         cdf_shape_macs(&net->tensors[net->film_weight]);
}
