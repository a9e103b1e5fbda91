#include "denoiser.h"

#include <string.h>

#include "../net/conditioning.h"
#include "schedule.h"

static size_t folded_floats(const cdf_network *net) {
  size_t n = 0;
  for (int i = 0; i < net->n_linears; i++) n += (size_t)net->tensors[i].rows * (size_t)net->tensors[i].ld;
  return n;
}

/* Hidden tensors come first in the parameter block, so the folded weights share its offsets. Tiles come first here,
 * and every part is a multiple of CDF_LANES floats, so that all stay aligned. */
size_t cdf_denoiser_floats(const cdf_network *net, const cdf_world *world) {
  size_t hidden = (size_t)net->config.hidden, tile = CDF_TILE;
  return tile * ((size_t)net->n_features + 3 * hidden + CDF_LANES) + folded_floats(net) +
         (size_t)(net->n_linears + 1) * hidden + (size_t)net->n_cond + cdf_conditioning_tape_floats(net, 1) +
         (size_t)net->n_film + cdf_features_floats(&net->config, world);
}

void cdf_denoiser_init(cdf_denoiser *d, const cdf_network *net, const cdf_world *world, const float *params,
                       float *block) {
  size_t hidden = (size_t)net->config.hidden;
  *d = (cdf_denoiser){.net = net, .params = params, .tiles = block};
  d->folded = d->tiles + CDF_TILE * ((size_t)net->n_features + 3 * hidden + CDF_LANES);
  d->shifts = d->folded + folded_floats(net);
  d->cond = d->shifts + (size_t)(net->n_linears + 1) * hidden;
  d->film = d->cond + net->n_cond;
  d->cond_tape = d->film + net->n_film;
  cdf_features_init(&d->features, &net->config, world, d->cond_tape + cdf_conditioning_tape_floats(net, 1));
}

/* folded = W diag(scale): a scale per unit before the activation is a scale per column of the weights. */
static void fold(const cdf_denoiser *d, int linear, const float *scale) {
  const cdf_shape *t = &d->net->tensors[linear];
  for (int r = 0; r < t->rows; r++) {
    const float *w = d->params + t->offset + (size_t)r * (size_t)t->ld;
    float *out = d->folded + t->offset + (size_t)r * (size_t)t->ld;
    for (int c = 0; c < t->cols; c++) out[c] = w[c] * scale[c];
  }
}

/* Residual body: the shifts of the stream, h + shift0 + shift2 + ..., are never added to h: the running sum enters
 * each activation instead. */
static void fold_residual(cdf_denoiser *d) {
  const cdf_network *net = d->net;
  int n = net->config.hidden, blocks = net->config.n_layers;
  size_t ld = (size_t)n;
  const cdf_shape *in = &net->tensors[0];
  memcpy(d->folded, d->params + in->offset, (size_t)in->rows * ld * sizeof(float));
  memcpy(d->shifts, d->film, ld * sizeof(float));
  for (int b = 0; b < blocks; b++) {
    const float *f = d->film + ld * (size_t)(1 + 4 * b);
    const float *stream = d->shifts + ld * (size_t)(2 * b);
    float *inner = d->shifts + ld * (size_t)(2 * b + 1), *next = inner + ld;
    fold(d, 1 + 2 * b, f);
    fold(d, 2 + 2 * b, f + 2 * ld);
    for (int j = 0; j < n; j++) {
      inner[j] = f[ld + (size_t)j];
      next[j] = stream[j] + f[3 * ld + (size_t)j];
    }
  }
}

static void fold_layered(cdf_denoiser *d) {
  size_t ld = (size_t)d->net->config.hidden;
  for (int l = 0; l < d->net->config.n_layers; l++) {
    const float *f = d->film + 2 * ld * (size_t)l;
    fold(d, l, f);
    memcpy(d->shifts + ld * (size_t)l, f + ld, ld * sizeof(float));
  }
}

void cdf_denoiser_prepare(cdf_denoiser *d, const float *state, float sigma, float time) {
  const cdf_config *c = &d->net->config;
  d->state = state;
  d->skip = c->target == CDF_TARGET_EDM ? cdf_edm_skip(sigma, c->sigma_data) : 0;
  d->out = c->target == CDF_TARGET_EDM ? cdf_edm_out(sigma, c->sigma_data) : 1;
  cdf_features_prepare(&d->features, state, state, c->target == CDF_TARGET_EDM ? sigma : 0.0f, time);
}

void cdf_denoiser_condition(cdf_denoiser *d, int label, const cdf_kernels *k) {
  const cdf_network *net = d->net;
  if (net->n_cond > 0) cdf_features_cond(d->cond, &d->features, label);
  cdf_conditioning cond;
  cdf_conditioning_init(&cond, net, d->params, NULL);
  cdf_conditioning_forward(d->film, d->cond_tape, &cond, d->cond, 1, k);
  if (net->config.body == CDF_BODY_RESIDUAL)
    fold_residual(d);
  else
    fold_layered(d);
}

static const float *residual_tile(cdf_denoiser *d, const float *x, float *h, float *u, float *a, int m,
                                  const cdf_kernels *k) {
  const cdf_network *net = d->net;
  int n = net->config.hidden;
  size_t ld = (size_t)n;
  cdf_activation act = (cdf_activation)net->config.activation;
  k->gemm(h, ld, x, (size_t)net->n_features, 1, d->folded, ld, m, n, net->n_features, false);
  for (int b = 0; b < net->config.n_layers; b++) {
    const float *w1 = d->folded + net->tensors[1 + 2 * b].offset, *w2 = d->folded + net->tensors[2 + 2 * b].offset;
    k->affine_act(u, h, NULL, d->shifts + ld * (size_t)(2 * b), act, m, n, ld);
    k->gemm(a, ld, u, ld, 1, w1, ld, m, n, n, false);
    k->affine_act(a, a, NULL, d->shifts + ld * (size_t)(2 * b + 1), act, m, n, ld);
    k->gemm(h, ld, a, ld, 1, w2, ld, m, n, n, true);
  }
  k->affine_act(u, h, NULL, d->shifts + ld * (size_t)(2 * net->config.n_layers), act, m, n, ld);
  return u;
}

static const float *layered_tile(cdf_denoiser *d, const float *x, float *h, float *next, int m, const cdf_kernels *k) {
  const cdf_network *net = d->net;
  int n = net->config.hidden;
  size_t ld = (size_t)n, features = (size_t)net->n_features;
  for (int l = 0; l < net->config.n_layers; l++) {
    const float *w = d->folded + net->tensors[l].offset;
    k->gemm(next, ld, l == 0 ? x : h, l == 0 ? features : ld, 1, w, ld, m, n, l == 0 ? net->n_features : n, false);
    if (l > 0 && net->config.body == CDF_BODY_PIXELGEN)
      k->gemm(next, ld, x, features, 1, w + ld * ld, ld, m, n, net->n_features, true);
    k->affine_act(next, next, NULL, d->shifts + ld * (size_t)l, (cdf_activation)net->config.activation, m, n, ld);
    if (l > 0 && net->config.body == CDF_BODY_SKIP)
      for (size_t i = 0; i < (size_t)m * ld; i++) next[i] += h[i];
    float *swap = h;
    h = next, next = swap;
  }
  return h;
}

const float *cdf_denoiser_tile(cdf_denoiser *d, const float *x, int m, const cdf_kernels *k) {
  const cdf_network *net = d->net;
  size_t tile = (size_t)CDF_TILE * (size_t)net->config.hidden;
  float *h = d->tiles + (size_t)CDF_TILE * (size_t)net->n_features, *u = h + tile, *a = u + tile, *out = a + tile;
  const float *last =
      net->config.body == CDF_BODY_RESIDUAL ? residual_tile(d, x, h, u, a, m, k) : layered_tile(d, x, h, u, m, k);
  k->gemm(out, CDF_LANES, last, (size_t)net->config.hidden, 1, d->params + net->tensors[net->out_weight].offset,
          CDF_LANES, m, CDF_LANES, net->config.hidden, false);
  k->affine_act(out, out, NULL, d->params + net->tensors[net->out_bias].offset, CDF_ACT_IDENTITY, m, CDF_LANES,
                CDF_LANES);
  return out;
}

void cdf_denoiser_part(float *out, cdf_denoiser *d, const cdf_world *part, const cdf_kernels *k) {
  const cdf_config *c = &d->net->config;
  int w = d->features.world.width, n = (int)cdf_world_cells(part);
  size_t plane = cdf_world_cells(&d->features.world);
  float skip = (float)d->skip, scale = (float)d->out;
  for (int begin = 0; begin < n; begin += CDF_TILE) {
    int m = cdf_min(CDF_TILE, n - begin), cells[CDF_TILE];
    for (int i = 0; i < m; i++) {
      int x = part->x + (begin + i) % part->width, y = part->y + (begin + i) / part->width;
      cdf_features_gather(d->tiles + (size_t)i * (size_t)d->net->n_features, &d->features, x, y);
      cells[i] = y * w + x;
    }
    const float *f = cdf_denoiser_tile(d, d->tiles, m, k);
    for (int ch = 0; ch < c->channels; ch++)
      for (int i = 0; i < m; i++) {
        size_t at = plane * (size_t)ch + (size_t)cells[i];
        out[at] = skip * d->state[at] + scale * f[(size_t)i * CDF_LANES + (size_t)ch];
      }
  }
}
