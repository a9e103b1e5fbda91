#include "conditioning.h"

#include <string.h>

size_t cdf_conditioning_packed_floats(const cdf_network *net) {
  int e = net->config.cond_hidden;
  return e == 0 ? 0
                : cdf_linear_packed_words(net->n_cond, e) + cdf_linear_packed_words(e, e) +
                      cdf_linear_packed_words(e, net->n_film);
}

void cdf_conditioning_init(cdf_conditioning *c, const cdf_network *net, const float *params, float *packed) {
  *c = (cdf_conditioning){.net = net, .params = params};
  int weights[] = {net->cond0_weight, net->cond1_weight, net->film_weight};
  for (int i = 0; i < 3 && net->config.cond_hidden > 0; i++) {
    const cdf_shape *t = &net->tensors[weights[i]];
    cdf_linear_init(&c->linears[i], t->rows, t->ld, params + t->offset, packed, false);
    if (packed) packed += cdf_linear_packed_words(t->rows, t->ld);
  }
}

int cdf_conditioning_n_pack(const cdf_conditioning *c) { return c->net->config.cond_hidden > 0 ? 3 : 0; }

void cdf_conditioning_pack(cdf_conditioning *c, const cdf_kernels *k, int item) {
  cdf_linear_pack(&c->linears[item], k);
}

size_t cdf_conditioning_tape_floats(const cdf_network *net, int m) {
  return 5 * (size_t)m * (size_t)net->config.cond_hidden + (size_t)net->n_film;
}

/* The forward products read W itself, packed or not. */
static void product(float *y, const float *x, const cdf_linear *lin, int m, const cdf_kernels *k) {
  k->gemm(y, (size_t)lin->units, x, (size_t)lin->inputs, 1, lin->w, (size_t)lin->units, m, lin->units, lin->inputs,
          false);
}

void cdf_conditioning_forward(float *film, float *tape, const cdf_conditioning *c, const float *x, int m,
                              const cdf_kernels *k) {
  const cdf_network *net = c->net;
  const float *bias = c->params + net->tensors[net->film_bias].offset;
  size_t n_film = (size_t)net->n_film, e = (size_t)net->config.cond_hidden;
  if (e == 0) {
    for (int i = 0; i < m; i++) memcpy(film + (size_t)i * n_film, bias, n_film * sizeof(float));
    return;
  }
  float *g0 = tape, *h0 = g0 + (size_t)m * e, *g1 = h0 + (size_t)m * e, *h1 = g1 + (size_t)m * e;
  product(g0, x, &c->linears[0], m, k);
  k->affine_act(h0, g0, NULL, c->params + net->tensors[net->cond0_bias].offset, CDF_ACT_SILU, m, (int)e, e);
  product(g1, h0, &c->linears[1], m, k);
  k->affine_act(h1, g1, NULL, c->params + net->tensors[net->cond1_bias].offset, CDF_ACT_SILU, m, (int)e, e);
  product(film, h1, &c->linears[2], m, k);
  k->affine_act(film, film, NULL, bias, CDF_ACT_IDENTITY, m, net->n_film, n_film);
}

/* Without a conditioning network only the shifts learn: a free scale would double each weight. */
static void shared_row_backward(float *dbias, const cdf_network *net, const float *dfilm, int m) {
  int n = net->config.hidden, first = net->config.body == CDF_BODY_RESIDUAL ? 0 : 1;
  for (int i = 0; i < m; i++)
    for (int part = first; part < net->n_film / n; part += 2)
      for (int j = part * n; j < (part + 1) * n; j++) dbias[j] += dfilm[(size_t)i * (size_t)net->n_film + (size_t)j];
}

void cdf_conditioning_backward(float *grad, float *tape, const cdf_conditioning *c, const float *dfilm, const float *x,
                               int m, const cdf_kernels *k) {
  const cdf_network *net = c->net;
  float *dbias = grad + net->tensors[net->film_bias].offset;
  size_t n_film = (size_t)net->n_film, e = (size_t)net->config.cond_hidden;
  if (e == 0) {
    shared_row_backward(dbias, net, dfilm, m);
    return;
  }
  float *g0 = tape, *h0 = g0 + (size_t)m * e, *g1 = h0 + (size_t)m * e, *h1 = g1 + (size_t)m * e,
        *d = h1 + (size_t)m * e;
  for (int i = 0; i < m; i++)
    for (size_t j = 0; j < n_film; j++) dbias[j] += dfilm[(size_t)i * n_film + j];
  cdf_linear_backward_weight(grad + net->tensors[net->film_weight].offset, dfilm, h1, &c->linears[2], m, k, NULL);
  cdf_linear_backward_input(d, dfilm, &c->linears[2], m, false, k, NULL);
  k->affine_act_backward(d, d, g1, NULL, c->params + net->tensors[net->cond1_bias].offset, NULL,
                         grad + net->tensors[net->cond1_bias].offset, CDF_ACT_SILU, m, (int)e, e);
  cdf_linear_backward_weight(grad + net->tensors[net->cond1_weight].offset, d, h0, &c->linears[1], m, k, NULL);
  cdf_linear_backward_input(h1, d, &c->linears[1], m, false, k, NULL);
  k->affine_act_backward(h1, h1, g0, NULL, c->params + net->tensors[net->cond0_bias].offset, NULL,
                         grad + net->tensors[net->cond0_bias].offset, CDF_ACT_SILU, m, (int)e, e);
  cdf_linear_backward_weight(grad + net->tensors[net->cond0_weight].offset, h1, x, &c->linears[0], m, k, NULL);
}
