#include "convnet.h"

#include <string.h>

#define BLOCK CDF_CONVNET_BLOCK
#define UNITS1 CDF_CONVNET_UNITS1
#define UNITS2 CDF_CONVNET_UNITS2
#define FEATURES CDF_CONVNET_FEATURES

static size_t padded(int w, int h) { return (size_t)(w + 2) * (size_t)(h + 2); }

void cdf_convnet_init(cdf_convnet *net, int width, int height, int channels, int n_classes) {
  *net = (cdf_convnet){.width = width, .height = height, .channels = channels, .n_classes = n_classes};
  net->w1 = width / 2, net->h1 = height / 2, net->w2 = net->w1 / 2, net->h2 = net->h1 / 2;
  net->n_logits = cdf_pad(n_classes);
  net->input = padded(width, height) * (size_t)channels;
  net->flat = (size_t)net->w2 * (size_t)net->h2 * UNITS2;
  cdf_tensors *t = &net->tensors;
  cdf_tensors_add(t, 9 * channels, UNITS1, "conv1.weight"), cdf_tensors_add(t, 1, UNITS1, "conv1.bias");
  cdf_tensors_add(t, 9 * UNITS1, UNITS2, "conv2.weight"), cdf_tensors_add(t, 1, UNITS2, "conv2.bias");
  net->dense.n_inputs = (int)net->flat;
  for (int i = 0; i < 2; i++) {
    const char *name = i == 0 ? "hidden" : "output";
    int rows = i == 0 ? (int)net->flat : FEATURES, cols = i == 0 ? FEATURES : n_classes;
    const cdf_shape *w = cdf_tensors_add(t, rows, cols, "%s.weight", name),
                    *bias = cdf_tensors_add(t, 1, cols, "%s.bias", name);
    cdf_mlp_add(&net->dense, w, bias, i == 0 ? CDF_ACT_RELU : CDF_ACT_IDENTITY)->exact = true;
  }
}

size_t cdf_convnet_layout(cdf_convnet_pass *s, const cdf_convnet *net, cdf_arena *arena, bool training) {
  size_t plane1 = (size_t)net->w1 * (size_t)net->h1 * UNITS1, n = (size_t)net->n_logits;
  size_t conv1 = padded(net->width, net->height) * UNITS1, conv2 = padded(net->w1, net->h1) * UNITS2, bytes = 0;
  float *tape;
  struct {
    float **at;
    size_t n;
    bool training;
  } parts[] = {{&s->input, BLOCK * net->input, false},
               {&s->conv, conv1 > conv2 ? conv1 : conv2, false},
               {&s->pooled1, BLOCK * plane1, false},
               {&s->active1, BLOCK * padded(net->w1, net->h1) * UNITS1, false},
               {&s->pooled2, BLOCK * net->flat, false},
               {&s->active2, BLOCK * net->flat, false},
               {&tape, cdf_tape_floats(&net->dense, BLOCK), false},
               {&s->logits, BLOCK * n, false},
               {&s->dlogits, BLOCK * n, true},
               {&s->dactive2, BLOCK * net->flat, true},
               {&s->dactive1, plane1, true},
               {&s->dconv2, conv2, true},
               {&s->dconv1, conv1, true}};
  for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
    if (parts[p].training != training) continue;
    bytes += cdf_arena_cost(parts[p].n, sizeof(float));
    if (arena) *parts[p].at = cdf_arena_floats(arena, parts[p].n);
  }
  if (training) return bytes;
  bytes += cdf_arena_cost(BLOCK * plane1, sizeof(int32_t)) + cdf_arena_cost(BLOCK * net->flat, sizeof(int32_t));
  if (arena) {
    s->pick1 = cdf_arena_alloc(arena, BLOCK * plane1, sizeof(int32_t));
    s->pick2 = cdf_arena_alloc(arena, BLOCK * net->flat, sizeof(int32_t));
    cdf_tape_init(&s->dense, &net->dense, BLOCK, tape);
    s->features = s->dense.output[0];
  }
  return bytes;
}

/* ---- layers ---- */

/* 3x3 convolution of a padded w x h plane without copying it into columns: three neighbours in a row lie side by side,
 * so each row of the kernel is one product with overlapping rows of a. Output row y starts at y * (w + 2); the two
 * values after each row of w are made of the wrong neighbours and never read. */
static void conv_forward(float *out, const float *x, const float *weight, int w, int h, int n_in, int n_out,
                         const cdf_kernels *k) {
  for (int row = 0; row < 3; row++)
    k->gemm(out, (size_t)n_out, x + (size_t)(row * (w + 2) * n_in), (size_t)n_in, 1,
            weight + (size_t)(row * 3 * n_in * n_out), (size_t)n_out, h * (w + 2) - 2, n_out, 3 * n_in, row > 0);
}

/* dweight += x^T . dout, where dout is padded: its zeros cancel the values that must not be read. The gradient of x is
 * conv_forward(dx, dout, flipped weight). */
static void conv_backward_weight(float *dweight, const float *x, const float *dout, int w, int h, int n_in, int n_out,
                                 const cdf_kernels *k) {
  for (int row = 0; row < 3; row++)
    k->gemm(dweight + (size_t)(row * 3 * n_in * n_out), (size_t)n_out, x + (size_t)(row * (w + 2) * n_in), 1,
            (size_t)n_in, dout + (size_t)((w + 3) * n_out), (size_t)n_out, 3 * n_in, n_out, h * (w + 2) - 2, true);
}

/* Largest of each 2x2 of a convolution's output. It comes before bias and activation, which do not change the order: a
 * quarter of the work for them. */
static void pool_forward(float *out, int32_t *pick, const float *conv, int w, int h, int units) {
  for (int y = 0; y < h / 2; y++)
    for (int x = 0; x < w / 2; x++, out += units, pick += units) {
      const float *a = conv + (2 * y * (w + 2) + 2 * x) * units, *b = a + units, *c = a + (w + 2) * units,
                  *d = c + units;
      for (int u = 0; u < units; u++) {
        float best = a[u];
        int32_t which = 0;
        which = b[u] > best ? 1 : which, best = b[u] > best ? b[u] : best;
        which = c[u] > best ? 2 : which, best = c[u] > best ? c[u] : best;
        which = d[u] > best ? 3 : which, best = d[u] > best ? d[u] : best;
        out[u] = best, pick[u] = which;
      }
    }
}

/* Into a padded plane whose border (and odd last row or column) is zero already. */
static void pool_backward(float *dconv, const float *dout, const int32_t *pick, int w, int h, int units) {
  for (int y = 0; y < h / 2; y++)
    for (int x = 0; x < w / 2; x++, dout += units, pick += units)
      for (int q = 0; q < 4; q++) {
        float *d = dconv + ((2 * y + 1 + q / 2) * (w + 2) + 2 * x + 1 + q % 2) * units;
        for (int u = 0; u < units; u++) d[u] = pick[u] == q ? dout[u] : 0.0f;
      }
}

/* ---- a block of pictures ---- */

void cdf_convnet_load(cdf_convnet_pass *s, const cdf_convnet *net, int i, const uint8_t *pixels, int dx, int dy) {
  int w = net->width, h = net->height, n = net->channels;
  float *plane = s->input + (size_t)i * net->input;
  for (int ch = 0; ch < n; ch++, pixels += w * h)
    for (int y = 0; y < h; y++) {
      const uint8_t *line = pixels + cdf_clamp(y - dy, 0, h - 1) * w;
      float *out = plane + ((y + 1) * (w + 2) + 1) * n + ch;
      for (int x = 0; x < w; x++) out[x * n] = (float)line[cdf_clamp(x - dx, 0, w - 1)] * (1.0f / 255.0f);
    }
}

static const float *weights(const cdf_convnet *net, const float *params, int i) {
  return params + net->tensors.list[i].offset;
}
static float *gradient(const cdf_convnet *net, float *grad, int i) { return grad + net->tensors.list[i].offset; }
static float *plane1(float *block, const cdf_convnet *net, int i) {
  return block + padded(net->w1, net->h1) * UNITS1 * (size_t)i;
}

/* Picture i of the block from s->input to its row of s->active2. */
static void features_forward(cdf_convnet_pass *s, const cdf_convnet *net, const float *params, int i,
                             const cdf_kernels *k) {
  int w = net->width, h = net->height, w1 = net->w1, h1 = net->h1;
  size_t at1 = (size_t)i * (size_t)w1 * (size_t)h1 * UNITS1, at2 = (size_t)i * net->flat;
  float *active = plane1(s->active1, net, i);
  conv_forward(s->conv, s->input + (size_t)i * net->input, weights(net, params, CDF_CONV1), w, h, net->channels, UNITS1,
               k);
  pool_forward(s->pooled1 + at1, s->pick1 + at1, s->conv, w, h, UNITS1);
  for (int y = 0; y < h1; y++)
    k->affine_act(active + ((y + 1) * (w1 + 2) + 1) * UNITS1, s->pooled1 + at1 + (size_t)(y * w1 * UNITS1), NULL,
                  weights(net, params, CDF_BIAS1), CDF_ACT_RELU, w1, UNITS1, UNITS1);
  conv_forward(s->conv, active, weights(net, params, CDF_CONV2), w1, h1, UNITS1, UNITS2, k);
  pool_forward(s->pooled2 + at2, s->pick2 + at2, s->conv, w1, h1, UNITS2);
  k->affine_act(s->active2 + at2, s->pooled2 + at2, NULL, weights(net, params, CDF_BIAS2), CDF_ACT_RELU,
                net->w2 * net->h2, UNITS2, UNITS2);
}

void cdf_convnet_forward(cdf_convnet_pass *s, const cdf_convnet *net, const float *params, int n,
                         const cdf_kernels *k) {
  cdf_mlp_weights dense;
  for (int i = 0; i < n; i++) features_forward(s, net, params, i, k);
  cdf_mlp_weights_init(&dense, &net->dense, params, NULL, false);
  cdf_mlp_forward(s->logits, &s->dense, &dense, s->active2, NULL, n, k);
}

/* ---- and back ---- */

static void transpose(float *out, const float *in, size_t rows, size_t cols) {
  for (size_t j = 0; j < cols; j++)
    for (size_t i = 0; i < rows; i++) out[j * rows + i] = in[i * cols + j];
}

#define FLIPPED (9 * UNITS1 * UNITS2)

size_t cdf_convnet_packed_floats(const cdf_convnet *net) { return FLIPPED + cdf_mlp_packed_floats(&net->dense); }

void cdf_convnet_packed_init(cdf_convnet_packed *packed, const cdf_convnet *net, const float *params, float *block) {
  packed->flipped = block;
  cdf_mlp_weights_init(&packed->dense, &net->dense, params, block + FLIPPED, false);
}

void cdf_convnet_pack(cdf_convnet_packed *packed, const cdf_convnet *net, const cdf_kernels *k) {
  const int tap_floats = UNITS1 * UNITS2;
  const float *conv2 = weights(net, packed->dense.params, CDF_CONV2);
  for (int tap = 0; tap < 9; tap++)
    transpose(packed->flipped + tap * tap_floats, conv2 + (8 - tap) * tap_floats, UNITS1, UNITS2);
  for (int i = 0; i < net->dense.n_layers; i++) cdf_mlp_pack(&packed->dense, k, i);
}

static void features_backward(float *g, cdf_convnet_pass *s, const cdf_convnet *net, const cdf_convnet_packed *packed,
                              int i, const cdf_kernels *k) {
  const float *params = packed->dense.params;
  int w = net->width, h = net->height, w1 = net->w1, h1 = net->h1;
  size_t at1 = (size_t)i * (size_t)w1 * (size_t)h1 * UNITS1, at2 = (size_t)i * net->flat;
  float *d2 = s->dactive2 + at2;
  k->affine_act_backward(d2, d2, s->pooled2 + at2, NULL, weights(net, params, CDF_BIAS2), NULL,
                         gradient(net, g, CDF_BIAS2), CDF_ACT_RELU, net->w2 * net->h2, UNITS2, UNITS2);
  pool_backward(s->dconv2, d2, s->pick2 + at2, w1, h1, UNITS2);
  conv_backward_weight(gradient(net, g, CDF_CONV2), plane1(s->active1, net, i), s->dconv2, w1, h1, UNITS1, UNITS2, k);
  conv_forward(s->conv, s->dconv2, packed->flipped, w1, h1, UNITS2, UNITS1, k);
  for (int y = 0; y < h1; y++)
    k->affine_act_backward(s->dactive1 + y * w1 * UNITS1, s->conv + y * (w1 + 2) * UNITS1,
                           s->pooled1 + at1 + (size_t)(y * w1 * UNITS1), NULL, weights(net, params, CDF_BIAS1), NULL,
                           gradient(net, g, CDF_BIAS1), CDF_ACT_RELU, w1, UNITS1, UNITS1);
  pool_backward(s->dconv1, s->dactive1, s->pick1 + at1, w, h, UNITS1);
  conv_backward_weight(gradient(net, g, CDF_CONV1), s->input + (size_t)i * net->input, s->dconv1, w, h, net->channels,
                       UNITS1, k);
}

void cdf_convnet_backward(float *grad, cdf_convnet_pass *s, const cdf_convnet *net, const cdf_convnet_packed *packed,
                          const cdf_kernels *k) {
  cdf_mlp_backward(grad, s->dactive2, &s->dense, &packed->dense, s->dlogits, s->active2, NULL, BLOCK, k);
  for (int i = 0; i < BLOCK; i++) features_backward(grad, s, net, packed, i, k);
}
