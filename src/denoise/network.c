#include "network.h"

#include <math.h>
#include <string.h>

#include "../base/mathx.h"
#include "featurize.h"

#define SIREN_OMEGA 30.0f

_Static_assert(2 * CDF_MAX_LAYERS + 2 <= CDF_MLP_MAX_LAYERS, "blocks of two, input, output");
_Static_assert(2 * CDF_MAX_LAYERS + 9 <= CDF_MAX_TENSORS, "those, and film, output and conditioning");
_Static_assert(CDF_MAX_CHANNELS *CDF_MAX_STRIDE *CDF_MAX_STRIDE <= CDF_LANES, "an answer is one padded row");
_Static_assert(CDF_MAX_HIDDEN <= CDF_LINEAR_MAX_UNITS, "the body may be in bfloat16");

/* The next `units` places of the FiLM row. */
static int take(cdf_network *net, int units) {
  net->n_film += units;
  return net->n_film - units;
}

/* Scale and shift by the FiLM row; the scale starts as `gain`. */
static void modulate(cdf_network *net, cdf_layer *l, float gain) {
  l->gain = gain;
  l->scale = take(net, l->units);
  l->shift = take(net, l->units);
}

/* h += scale2 * (act(scale1 * (act(h) W1) + shift1) W2) + shift2, block after block. Gates open by learning; without a
 * conditioning network scales are constants. */
static void add_residual_blocks(cdf_network *net) {
  const cdf_config *c = &net->config;
  cdf_activation act = (cdf_activation)c->activation;
  cdf_layer *l = cdf_mlp_add(&net->body, cdf_tensors_add(&net->tensors, net->n_features, c->hidden, "in.weight"), NULL,
                             CDF_ACT_IDENTITY);
  l->bound = sqrtf(3.0f / (float)l->inputs);
  l->shift = take(net, c->hidden);
  for (int b = 0; b < c->n_layers; b++)
    for (int half = 1; half <= 2; half++) {
      const cdf_shape *w = cdf_tensors_add(&net->tensors, c->hidden, c->hidden, "block.%d.weight%d", b, half);
      l = cdf_mlp_add(&net->body, w, NULL, half == 1 ? act : CDF_ACT_IDENTITY);
      if (half == 1)
        l->before = act;
      else
        l->residual = 2;
      modulate(net, l, half == 1 || c->cond_hidden == 0 ? 1.0f : 0.0f);
    }
}

/* h = act(scale * (h W) + shift), with h added (skip) or the features read again (PixelGenerator). */
static void add_layers(cdf_network *net) {
  const cdf_config *c = &net->config;
  bool siren = c->body == CDF_BODY_SIREN;
  for (int i = 0; i < c->n_layers; i++) {
    bool again = i > 0 && c->body == CDF_BODY_PIXELGEN;
    int rows = i == 0 ? net->n_features : c->hidden + (again ? net->n_features : 0);
    cdf_layer *l = cdf_mlp_add(&net->body, cdf_tensors_add(&net->tensors, rows, c->hidden, "layer.%d.weight", i), NULL,
                               (cdf_activation)c->activation);
    l->exact = i == 0, l->reads_input = again, l->residual = i > 0 && c->body == CDF_BODY_SKIP;
    float fan_in = (float)rows;
    l->bound =
        siren ? i == 0 ? 1.0f / fan_in : sqrtf(6.0f / fan_in) / SIREN_OMEGA : sqrtf((i == 0 ? 3.0f : 6.0f) / fan_in);
    modulate(net, l, siren ? SIREN_OMEGA : 1.0f);
  }
}

static void add_body(cdf_network *net) {
  const cdf_config *c = &net->config;
  bool residual = c->body == CDF_BODY_RESIDUAL, siren = c->body == CDF_BODY_SIREN;
  net->body.n_inputs = net->n_features;
  if (residual)
    add_residual_blocks(net);
  else
    add_layers(net);
  int answers = c->channels * c->stride * c->stride;
  const cdf_shape *out = cdf_tensors_add(&net->tensors, c->hidden, answers, "out.weight");
  cdf_layer *l = cdf_mlp_add(&net->body, out, cdf_tensors_add(&net->tensors, 1, answers, "out.bias"), CDF_ACT_IDENTITY);
  l->exact = true;
  if (residual) l->before = (cdf_activation)c->activation;
  /* It starts at zero where the residual path carries the signal from the first step. */
  l->bound = residual ? 0.0f : sqrtf((siren ? 6.0f / (SIREN_OMEGA * SIREN_OMEGA) : 3.0f) / (float)l->inputs);
}

/* film = silu(silu(c A + a) B + b) W + bias, the input of W normed or not; W starts at zero. */
static void add_conditioning(cdf_network *net) {
  int e = net->config.cond_hidden;
  net->cond.n_inputs = net->n_cond;
  for (int i = 0; i < 2; i++) {
    const cdf_shape *w = cdf_tensors_add(&net->tensors, i == 0 ? net->n_cond : e, e, "cond.%d.weight", i);
    const cdf_shape *bias = cdf_tensors_add(&net->tensors, 1, e, "cond.%d.bias", i);
    cdf_mlp_add(&net->cond, w, bias, CDF_ACT_SILU)->exact = true;
  }
  const cdf_shape *w = cdf_tensors_add(&net->tensors, e, net->n_film, "film.weight");
  cdf_layer *l = cdf_mlp_add(&net->cond, w, &net->film_bias, CDF_ACT_IDENTITY);
  l->exact = true, l->bound = 0.0f;
  l->normed = net->config.cond_normed;
}

void cdf_network_init(cdf_network *net, const cdf_config *config) {
  *net = (cdf_network){
      .config = *config, .n_features = cdf_features_width(config), .n_cond = cdf_features_cond_width(config)};
  add_body(net);
  net->film_bias = *cdf_tensors_add(&net->tensors, 1, net->n_film, "film.bias");
  if (config->cond_hidden > 0) add_conditioning(net);
}

void cdf_network_randomize(const cdf_network *net, float *params, uint64_t seed) {
  memset(params, 0, net->tensors.n_params * sizeof(float));
  cdf_mlp_randomize(params, params + net->film_bias.offset, &net->body, seed);
  cdf_mlp_randomize(params, NULL, &net->cond, seed);
}

/* Every scale s becomes b tanh(s / b): however strange an image is, it cannot drive a layer far out. */
static void bound_scales(float *film, const cdf_network *net) {
  float bound = net->config.scale_bound;
  for (const cdf_layer *l = net->body.layers; l < net->body.layers + net->body.n_layers && bound > 0; l++)
    for (int j = 0; j < l->units && l->scale != CDF_NONE; j++)
      film[l->scale + j] = bound * cdf_tanhf(film[l->scale + j] / bound);
}

/* d b tanh(s / b) = (1 - tanh^2) ds. */
static void bound_scales_backward(float *dfilm, const float *film, const cdf_network *net) {
  float bound = net->config.scale_bound;
  for (const cdf_layer *l = net->body.layers; l < net->body.layers + net->body.n_layers && bound > 0; l++)
    for (int j = 0; j < l->units && l->scale != CDF_NONE; j++) {
      float t = film[l->scale + j] / bound;
      dfilm[l->scale + j] *= 1.0f - t * t;
    }
}

void cdf_network_film(float *film, cdf_tape *tape, const cdf_network *net, const cdf_mlp_weights *weights,
                      const float *x, int m, const cdf_kernels *k) {
  size_t n = (size_t)net->n_film;
  if (net->cond.n_layers == 0) {
    for (size_t i = 0; i < (size_t)m; i++)
      memcpy(film + i * n, weights->params + net->film_bias.offset, n * sizeof(float));
    return;
  }
  cdf_mlp_forward(film, tape, weights, x, NULL, m, k);
  for (size_t i = 0; i < (size_t)m; i++) bound_scales(film + i * n, net);
}

/* Without a conditioning network only the shifts learn: a free scale would double each weight. */
static void shared_row_backward(float *dbias, const cdf_network *net, const float *dfilm) {
  for (const cdf_layer *l = net->body.layers; l < net->body.layers + net->body.n_layers; l++)
    for (int j = 0; j < l->units && l->shift != CDF_NONE; j++) dbias[l->shift + j] += dfilm[l->shift + j];
}

void cdf_network_film_backward(float *grad, cdf_tape *tape, const cdf_network *net, const cdf_mlp_weights *weights,
                               float *dfilm, const float *film, const float *x, int m, const cdf_kernels *k) {
  size_t n = (size_t)net->n_film;
  if (net->cond.n_layers == 0) {
    for (size_t i = 0; i < (size_t)m; i++) shared_row_backward(grad + net->film_bias.offset, net, dfilm + i * n);
    return;
  }
  for (size_t i = 0; i < (size_t)m; i++) bound_scales_backward(dfilm + i * n, film + i * n, net);
  cdf_mlp_backward(grad, NULL, tape, weights, dfilm, x, NULL, m, k);
}

size_t cdf_network_pixel_macs(const cdf_network *net) {
  return cdf_mlp_macs(&net->body) / (size_t)(net->config.stride * net->config.stride);
}
size_t cdf_network_image_macs(const cdf_network *net) { return cdf_mlp_macs(&net->cond); }
