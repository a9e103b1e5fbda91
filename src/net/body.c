#include "body.h"

/* ---- packed weights ---- */

static bool is_pixelgen(const cdf_network *net) { return net->config.body == CDF_BODY_PIXELGEN; }

/* Hidden layers beyond the first take `hidden` inputs; PixelGenerator's take the features once more. */
static int inputs_of(const cdf_network *net, int linear) { return linear == 0 ? net->n_features : net->config.hidden; }

size_t cdf_body_packed_floats(const cdf_network *net) {
  size_t n = cdf_linear_packed_words(net->config.hidden, CDF_LANES);
  for (int i = 0; i < net->n_linears; i++) n += cdf_linear_packed_words(net->tensors[i].rows, net->config.hidden);
  return n;
}

void cdf_body_init(cdf_body *body, const cdf_network *net, const float *params, float *packed, bool bf16) {
  *body = (cdf_body){.net = net, .params = params};
  int hidden = net->config.hidden;
  for (int i = 0; i < net->n_linears; i++) {
    const float *w = params + net->tensors[i].offset;
    int inputs = inputs_of(net, i);
    /* The layers that read the features stay in float: at low noise their low bits are the signal. */
    cdf_linear_init(&body->linears[i], inputs, hidden, w, packed, bf16 && i > 0);
    packed += cdf_linear_packed_words(inputs, hidden);
    if (i > 0 && is_pixelgen(net)) {
      cdf_linear_init(&body->again[i], net->n_features, hidden, w + (size_t)hidden * (size_t)hidden, packed, false);
      packed += cdf_linear_packed_words(net->n_features, hidden);
    }
  }
  cdf_linear_init(&body->out, hidden, CDF_LANES, params + net->tensors[net->out_weight].offset, packed, false);
}

/* All but the input layer, whose input needs no gradient. */
int cdf_body_n_pack(const cdf_body *body) { return body->net->n_linears; }

void cdf_body_pack(cdf_body *body, const cdf_kernels *k, int item) {
  cdf_linear_pack(item == body->net->n_linears - 1 ? &body->out : &body->linears[item + 1], k);
  /* `again` only feeds forward and weight gradients, which read W itself. */
}

/* ---- tape ----
 * Residual: h_0, then per block u, g1, a, g2, h; last u = act(h). Others: per layer g, h. One slot is max_rows *
 * hidden. */

static int n_slots(const cdf_network *net) {
  int n = net->config.n_layers;
  return (net->config.body == CDF_BODY_RESIDUAL ? 5 * n + 2 : 2 * n) + 2; /* + two for backward */
}

static int widest(const cdf_network *net) { return cdf_max(net->n_features, net->config.hidden); }

size_t cdf_tape_floats(const cdf_network *net, int max_rows) {
  return (size_t)n_slots(net) * (size_t)max_rows * (size_t)net->config.hidden + 3 * (size_t)net->config.hidden +
         2 * cdf_linear_scratch_words(max_rows, widest(net));
}

void cdf_tape_init(cdf_tape *tape, const cdf_network *net, int max_rows, float *block) {
  size_t hidden = (size_t)net->config.hidden;
  tape->max_rows = max_rows;
  tape->block = block;
  tape->zeros = block + (size_t)n_slots(net) * (size_t)max_rows * hidden;
  tape->sink = tape->zeros + hidden;
  tape->scratch = (uint32_t *)(void *)(tape->sink + 2 * hidden);
  for (size_t i = 0; i < hidden; i++) tape->zeros[i] = 0.0f;
}

static float *slot(const cdf_tape *tape, const cdf_network *net, int index) {
  return tape->block + (size_t)index * (size_t)tape->max_rows * (size_t)net->config.hidden;
}

static void add(float *restrict y, const float *restrict x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* ---- residual body: h += scale2 * (act(scale1 * (act(h) W1) + shift1) W2) + shift2 ---- */

static const float *residual_forward(cdf_tape *t, const cdf_body *b, const float *x, const float *film, int m,
                                     const cdf_kernels *k) {
  const cdf_network *net = b->net;
  int n = net->config.hidden;
  size_t ld = (size_t)n, size = (size_t)m * ld;
  cdf_activation act = (cdf_activation)net->config.activation;
  float *h = slot(t, net, 0);
  cdf_linear_forward(h, x, &b->linears[0], m, false, k, t->scratch);
  k->affine_act(h, h, NULL, film, CDF_ACT_IDENTITY, m, n, ld);
  for (int i = 0; i < net->config.n_layers; i++) {
    const float *f = film + ld * (size_t)(1 + 4 * i); /* scale1, shift1, scale2, shift2 */
    float *u = slot(t, net, 5 * i + 1), *g1 = slot(t, net, 5 * i + 2), *a = slot(t, net, 5 * i + 3);
    float *g2 = slot(t, net, 5 * i + 4), *next = slot(t, net, 5 * i + 5);
    k->affine_act(u, h, NULL, t->zeros, act, m, n, ld);
    cdf_linear_forward(g1, u, &b->linears[1 + 2 * i], m, false, k, t->scratch);
    k->affine_act(a, g1, f, f + ld, act, m, n, ld);
    cdf_linear_forward(g2, a, &b->linears[2 + 2 * i], m, false, k, t->scratch);
    k->affine_act(next, g2, f + 2 * ld, f + 3 * ld, CDF_ACT_IDENTITY, m, n, ld);
    add(next, h, size);
    h = next;
  }
  float *u = slot(t, net, 5 * net->config.n_layers + 1);
  k->affine_act(u, h, NULL, t->zeros, act, m, n, ld);
  return u;
}

/* dh, in the second last slot, holds the gradient of the last hidden state on entry. */
static void residual_backward(float *grad, float *dfilm, cdf_tape *t, const cdf_body *b, const float *x,
                              const float *film, int m, const cdf_kernels *k) {
  const cdf_network *net = b->net;
  int n = net->config.hidden, last = net->config.n_layers - 1;
  size_t ld = (size_t)n, size = (size_t)m * ld;
  cdf_activation act = (cdf_activation)net->config.activation;
  float *dh = slot(t, net, n_slots(net) - 2), *d = slot(t, net, n_slots(net) - 1);
  k->affine_act_backward(dh, dh, slot(t, net, 5 * last + 5), NULL, t->zeros, NULL, t->sink, act, m, n, ld);
  for (int i = last; i >= 0; i--) {
    const cdf_linear *l1 = &b->linears[1 + 2 * i], *l2 = &b->linears[2 + 2 * i];
    const float *f = film + ld * (size_t)(1 + 4 * i);
    float *df = dfilm + ld * (size_t)(1 + 4 * i);
    const float *h = slot(t, net, 5 * i), *u = slot(t, net, 5 * i + 1), *a = slot(t, net, 5 * i + 3);
    float *g1 = slot(t, net, 5 * i + 2), *g2 = slot(t, net, 5 * i + 4);
    k->affine_act_backward(d, dh, g2, f + 2 * ld, f + 3 * ld, df + 2 * ld, df + 3 * ld, CDF_ACT_IDENTITY, m, n, ld);
    cdf_linear_backward_weight(grad + net->tensors[2 + 2 * i].offset, d, a, l2, m, k, t->scratch);
    cdf_linear_backward_input(g2, d, l2, m, false, k, t->scratch); /* g2 is done with: it takes da */
    k->affine_act_backward(d, g2, g1, f, f + ld, df, df + ld, act, m, n, ld);
    cdf_linear_backward_weight(grad + net->tensors[1 + 2 * i].offset, d, u, l1, m, k, t->scratch);
    cdf_linear_backward_input(g1, d, l1, m, false, k, t->scratch);
    k->affine_act_backward(g1, g1, h, NULL, t->zeros, NULL, t->sink, act, m, n, ld);
    add(dh, g1, size);
  }
  k->affine_act_backward(dh, dh, slot(t, net, 0), NULL, film, NULL, dfilm, CDF_ACT_IDENTITY, m, n, ld);
  cdf_linear_backward_weight(grad + net->tensors[0].offset, dh, x, &b->linears[0], m, k, t->scratch);
}

/* ---- plain, skip, SIREN, PixelGenerator: h = act(scale * (h W) + shift) (+ h) ---- */

static const float *layered_forward(cdf_tape *t, const cdf_body *b, const float *x, const float *film, int m,
                                    const cdf_kernels *k) {
  const cdf_network *net = b->net;
  int n = net->config.hidden;
  size_t ld = (size_t)n;
  const float *h = x;
  for (int l = 0; l < net->config.n_layers; l++) {
    const float *f = film + 2 * ld * (size_t)l;
    float *g = slot(t, net, 2 * l), *next = slot(t, net, 2 * l + 1);
    cdf_linear_forward(g, h, &b->linears[l], m, false, k, t->scratch);
    if (l > 0 && is_pixelgen(net)) cdf_linear_forward(g, x, &b->again[l], m, true, k, t->scratch);
    k->affine_act(next, g, f, f + ld, (cdf_activation)net->config.activation, m, n, ld);
    if (l > 0 && net->config.body == CDF_BODY_SKIP) add(next, h, (size_t)m * ld);
    h = next;
  }
  return h;
}

static void layered_backward(float *grad, float *dfilm, cdf_tape *t, const cdf_body *b, const float *x,
                             const float *film, int m, const cdf_kernels *k) {
  const cdf_network *net = b->net;
  int n = net->config.hidden;
  size_t ld = (size_t)n;
  float *dh = slot(t, net, n_slots(net) - 2), *d = slot(t, net, n_slots(net) - 1);
  for (int l = net->config.n_layers - 1; l >= 0; l--) {
    const float *f = film + 2 * ld * (size_t)l;
    float *df = dfilm + 2 * ld * (size_t)l, *g = slot(t, net, 2 * l), *dw = grad + net->tensors[l].offset;
    k->affine_act_backward(d, dh, g, f, f + ld, df, df + ld, (cdf_activation)net->config.activation, m, n, ld);
    cdf_linear_backward_weight(dw, d, l == 0 ? x : slot(t, net, 2 * l - 1), &b->linears[l], m, k, t->scratch);
    if (l == 0) break;
    if (is_pixelgen(net)) cdf_linear_backward_weight(dw + ld * ld, d, x, &b->again[l], m, k, t->scratch);
    cdf_linear_backward_input(dh, d, &b->linears[l], m, net->config.body == CDF_BODY_SKIP, k, t->scratch);
  }
}

/* ---- the whole ---- */

void cdf_body_forward(float *out, cdf_tape *tape, const cdf_body *body, const float *x, const float *film, int m,
                      const cdf_kernels *k) {
  const cdf_network *net = body->net;
  bool residual = net->config.body == CDF_BODY_RESIDUAL;
  const float *h = residual ? residual_forward(tape, body, x, film, m, k) : layered_forward(tape, body, x, film, m, k);
  cdf_linear_forward(out, h, &body->out, m, false, k, tape->scratch);
  k->affine_act(out, out, NULL, body->params + net->tensors[net->out_bias].offset, CDF_ACT_IDENTITY, m, CDF_LANES,
                CDF_LANES);
}

void cdf_body_backward(float *grad, float *dfilm, cdf_tape *tape, const cdf_body *body, const float *dout,
                       const float *x, const float *film, int m, const cdf_kernels *k) {
  const cdf_network *net = body->net;
  bool residual = net->config.body == CDF_BODY_RESIDUAL;
  int n = net->config.n_layers;
  const float *h = slot(tape, net, residual ? 5 * n + 1 : 2 * n - 1);
  float *dh = slot(tape, net, n_slots(net) - 2), *dbias = grad + net->tensors[net->out_bias].offset;
  for (int i = 0; i < m; i++) add(dbias, dout + (size_t)i * CDF_LANES, CDF_LANES);
  cdf_linear_backward_weight(grad + net->tensors[net->out_weight].offset, dout, h, &body->out, m, k, tape->scratch);
  cdf_linear_backward_input(dh, dout, &body->out, m, false, k, tape->scratch);
  if (residual)
    residual_backward(grad, dfilm, tape, body, x, film, m, k);
  else
    layered_backward(grad, dfilm, tape, body, x, film, m, k);
}
