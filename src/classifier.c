#include "classifier.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mathx.h"
#include "rng.h"

#define N_SHARDS 8 /* fixed: the order of summation must not depend on the machine */
#define BLOCK (CDF_CLASSIFIER_BATCH / N_SHARDS)
#define UNITS1 16
#define UNITS2 32
#define FEATURES CDF_CLASSIFIER_FEATURES

enum { CONV1, BIAS1, CONV2, BIAS2, HIDDEN, HIDDEN_BIAS, OUTPUT, OUTPUT_BIAS, N_TENSORS };

typedef struct tensor {
  const char *name;
  int rows, cols, ld;
  size_t offset;
} tensor;

/* Working memory of one shard: a block of pictures on their way through the network and back. "Padded" planes have a border of
 * zeros one pixel wide; the rows of a convolution's output are as far apart as those of its padded input. */
typedef struct shard {
  float *input;                      /* [BLOCK] padded [C] */
  float *conv;                       /* output of one convolution */
  float *pooled1, *active1;          /* [BLOCK] before the activation; [BLOCK] after it, padded */
  float *pooled2, *active2;          /* [BLOCK][flat] */
  int32_t *pick1, *pick2;            /* which of the four was the largest */
  float *hidden, *features, *logits; /* [BLOCK][...] */
  float *dlogits, *dfeatures, *dactive2, *dactive1, *dconv2, *dconv1; /* the last two: padded */
  float *grad;
  double loss;
} shard;

struct cdf_classifier {
  cdf_classifier_shape shape;
  const cdf_kernels *k;
  tensor tensors[N_TENSORS];
  size_t n_params;
  int w1, h1, w2, h2, n_logits; /* after each pooling; classes padded to CDF_LANES */
  size_t flat;
  cdf_arena weights, forward, training; /* the last is empty until the first training step */
  float *params, *average, *moment1, *moment2, *grad;
  float *flipped, *hidden_t, *output_t; /* what the backward pass multiplies with */
  int *order;                           /* of the pictures in the current epoch */
  int order_size, order_epoch;
  shard shards[N_SHARDS];
};

/* ---- construction ---- */

static void init_tensors(cdf_classifier *c) {
  const cdf_classifier_shape *s = &c->shape;
  c->w1 = s->width / 2, c->h1 = s->height / 2, c->w2 = c->w1 / 2, c->h2 = c->h1 / 2;
  c->n_logits = cdf_pad(s->n_classes);
  c->flat = (size_t)c->w2 * (size_t)c->h2 * UNITS2;
  const tensor table[N_TENSORS] = {{"conv1.weight", 9 * s->channels, UNITS1, UNITS1, 0}, {"conv1.bias", 1, UNITS1, UNITS1, 0},
                                   {"conv2.weight", 9 * UNITS1, UNITS2, UNITS2, 0},      {"conv2.bias", 1, UNITS2, UNITS2, 0},
                                   {"hidden.weight", (int)c->flat, FEATURES, FEATURES, 0}, {"hidden.bias", 1, FEATURES, FEATURES, 0},
                                   {"output.weight", FEATURES, s->n_classes, c->n_logits, 0}, {"output.bias", 1, s->n_classes, c->n_logits, 0}};
  memcpy(c->tensors, table, sizeof table);
  for (int i = 0; i < N_TENSORS; i++) {
    c->tensors[i].offset = c->n_params;
    c->n_params += (size_t)table[i].rows * (size_t)table[i].ld;
  }
}

static size_t padded(int w, int h) { return (size_t)(w + 2) * (size_t)(h + 2); }

/* With hand_out false: adds up what the shards cost. Otherwise hands out their memory. */
static size_t layout(cdf_classifier *c, cdf_arena *arena, bool training, bool hand_out) {
  size_t input = padded(c->shape.width, c->shape.height), plane1 = (size_t)c->w1 * (size_t)c->h1 * UNITS1, n = (size_t)c->n_logits;
  size_t conv1 = input * UNITS1, conv2 = padded(c->w1, c->h1) * UNITS2, bytes = 0;
  for (int i = 0; i < N_SHARDS; i++) {
    shard *s = &c->shards[i];
    struct {
      void *at;
      size_t n;
      bool training;
    } parts[] = {{&s->input, BLOCK * input * (size_t)c->shape.channels, false},
                 {&s->conv, conv1 > conv2 ? conv1 : conv2, false},
                 {&s->pooled1, BLOCK * plane1, false},
                 {&s->active1, BLOCK * padded(c->w1, c->h1) * UNITS1, false},
                 {&s->pooled2, BLOCK * c->flat, false},
                 {&s->active2, BLOCK * c->flat, false},
                 {&s->pick1, BLOCK * plane1, false},
                 {&s->pick2, BLOCK * c->flat, false},
                 {&s->hidden, BLOCK * FEATURES, false},
                 {&s->features, BLOCK * FEATURES, false},
                 {&s->logits, BLOCK * n, false},
                 {&s->dlogits, BLOCK * n, true},
                 {&s->dfeatures, BLOCK * FEATURES, true},
                 {&s->dactive2, BLOCK * c->flat, true},
                 {&s->dactive1, plane1, true},
                 {&s->dconv2, conv2, true},
                 {&s->dconv1, conv1, true},
                 {&s->grad, c->n_params, true}};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
      if (parts[p].training != training) continue;
      bytes += cdf_arena_cost(parts[p].n, sizeof(float));
      if (!hand_out) continue;
      void *block = cdf_arena_alloc(arena, parts[p].n, sizeof(float));
      memcpy(parts[p].at, &block, sizeof block);
    }
  }
  return bytes;
}

static cdf_status check_shape(const cdf_classifier_shape *s, cdf_error *err) {
  int lo = CDF_CLASSIFIER_MIN_SIDE, hi = CDF_CLASSIFIER_MAX_SIDE;
  if (s->width < lo || s->width > hi || s->height < lo || s->height > hi)
    return cdf_fail(err, CDF_USAGE, "the classifier's pictures are %dx%d, but each side must be from %d to %d", s->width, s->height, lo, hi);
  if (s->channels < 1 || s->channels > CDF_MAX_CHANNELS)
    return cdf_fail(err, CDF_USAGE, "the classifier's pictures have %d channels, but must have from 1 to %d", s->channels, CDF_MAX_CHANNELS);
  if (s->n_classes < 2 || s->n_classes > CDF_CLASSIFIER_MAX_CLASSES)
    return cdf_fail(err, CDF_USAGE, "the classifier has %d classes, but must have from 2 to %d", s->n_classes, CDF_CLASSIFIER_MAX_CLASSES);
  return CDF_OK;
}

/* Everything but the values of the weights, which stay zero. */
static cdf_status allocate(cdf_classifier **out, const cdf_classifier_shape *shape, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  cdf_status status = check_shape(shape, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = calloc(1, sizeof *c);
  if (!c) return cdf_fail_memory(err, sizeof *c);
  c->shape = *shape;
  c->k = k;
  c->order_epoch = -1;
  init_tensors(c);
  size_t one = cdf_arena_cost(c->n_params, sizeof(float)), bytes = layout(c, NULL, false, false);
  if (cdf_arena_init(&c->weights, 2 * one) != CDF_OK || cdf_arena_init(&c->forward, bytes) != CDF_OK) {
    cdf_classifier_free(c);
    return cdf_fail_memory(err, 2 * one + bytes);
  }
  c->params = cdf_arena_floats(&c->weights, c->n_params);
  c->average = cdf_arena_floats(&c->weights, c->n_params);
  layout(c, &c->forward, false, true);
  *out = c;
  return CDF_OK;
}

cdf_status cdf_classifier_create(cdf_classifier **out, const cdf_classifier_shape *shape, uint64_t seed, const cdf_kernels *k, cdf_error *err) {
  cdf_status status = allocate(out, shape, k, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = *out;
  for (int i = 0; i < N_TENSORS; i += 2) { /* biases start at zero; weights as in He et al. 2015 */
    const tensor *t = &c->tensors[i];
    float *w = c->params + t->offset, scale = sqrtf(2.0f / (float)t->rows);
    cdf_rng_normal_fill(w, (size_t)t->rows * (size_t)t->ld, seed, (cdf_counter){{0, (uint32_t)i, CDF_STREAM_WEIGHTS, 0}});
    for (int r = 0; r < t->rows; r++)
      for (int j = 0; j < t->ld; j++) w[(size_t)r * (size_t)t->ld + (size_t)j] *= j < t->cols ? scale : 0.0f;
  }
  memcpy(c->average, c->params, c->n_params * sizeof(float));
  return CDF_OK;
}

void cdf_classifier_free(cdf_classifier *c) {
  if (!c) return;
  cdf_arena_free(&c->weights);
  cdf_arena_free(&c->forward);
  cdf_arena_free(&c->training);
  free(c->order);
  free(c);
}

const cdf_classifier_shape *cdf_classifier_get_shape(const cdf_classifier *c) { return &c->shape; }

float *cdf_classifier_params(cdf_classifier *c, bool average, size_t *n) {
  *n = c->n_params;
  return average ? c->average : c->params;
}

/* ---- layers ---- */

/* One picture, [C][H][W] bytes moved by (dx, dy) with its edges repeated, into a padded plane [C innermost]. */
static void load_picture(float *plane, const cdf_classifier *c, const uint8_t *pixels, int dx, int dy) {
  int w = c->shape.width, h = c->shape.height, n = c->shape.channels;
  for (int ch = 0; ch < n; ch++, pixels += w * h)
    for (int y = 0; y < h; y++) {
      const uint8_t *line = pixels + cdf_clamp(y - dy, 0, h - 1) * w;
      float *out = plane + ((y + 1) * (w + 2) + 1) * n + ch;
      for (int x = 0; x < w; x++) out[x * n] = (float)line[cdf_clamp(x - dx, 0, w - 1)] * (1.0f / 255.0f);
    }
}

/* 3x3 convolution of a padded w x h plane without copying it into columns: three neighbours in a row lie side by side, so
 * each row of the kernel is one product with overlapping rows of a. Output row y starts at y * (w + 2); the two values
 * after each row of w are made of the wrong neighbours and never read. */
static void conv_forward(float *out, const float *x, const float *weight, int w, int h, int n_in, int n_out, const cdf_kernels *k) {
  for (int row = 0; row < 3; row++)
    k->gemm(out, (size_t)n_out, x + (size_t)(row * (w + 2) * n_in), (size_t)n_in, 1, weight + (size_t)(row * 3 * n_in * n_out), (size_t)n_out,
            h * (w + 2) - 2, n_out, 3 * n_in, row > 0);
}

/* dweight += x^T . dout, where dout is padded: its zeros cancel the values that must not be read. The gradient of x is
 * conv_forward(dx, dout, flipped weight). */
static void conv_backward_weight(float *dweight, const float *x, const float *dout, int w, int h, int n_in, int n_out, const cdf_kernels *k) {
  for (int row = 0; row < 3; row++)
    k->gemm(dweight + (size_t)(row * 3 * n_in * n_out), (size_t)n_out, x + (size_t)(row * (w + 2) * n_in), 1, (size_t)n_in,
            dout + (size_t)((w + 3) * n_out), (size_t)n_out, 3 * n_in, n_out, h * (w + 2) - 2, true);
}

/* Largest of each 2x2 of a convolution's output. It comes before bias and activation, which do not change the order: a
 * quarter of the work for them. */
static void pool_forward(float *out, int32_t *pick, const float *conv, int w, int h, int units) {
  for (int y = 0; y < h / 2; y++)
    for (int x = 0; x < w / 2; x++, out += units, pick += units) {
      const float *a = conv + (2 * y * (w + 2) + 2 * x) * units, *b = a + units, *c = a + (w + 2) * units, *d = c + units;
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

static size_t input_size(const cdf_classifier *c) { return padded(c->shape.width, c->shape.height) * (size_t)c->shape.channels; }

/* Picture i of the block from s->input to its row of s->active2. */
static void features_forward(const cdf_classifier *c, shard *s, const float *p, int i) {
  int w = c->shape.width, h = c->shape.height, w1 = c->w1, h1 = c->h1;
  size_t at1 = (size_t)i * (size_t)w1 * (size_t)h1 * UNITS1, at2 = (size_t)i * c->flat;
  float *active = s->active1 + (size_t)i * padded(w1, h1) * UNITS1;
  conv_forward(s->conv, s->input + (size_t)i * input_size(c), p + c->tensors[CONV1].offset, w, h, c->shape.channels, UNITS1, c->k);
  pool_forward(s->pooled1 + at1, s->pick1 + at1, s->conv, w, h, UNITS1);
  for (int y = 0; y < h1; y++)
    c->k->affine_act(active + ((y + 1) * (w1 + 2) + 1) * UNITS1, s->pooled1 + at1 + (size_t)(y * w1 * UNITS1), NULL,
                     p + c->tensors[BIAS1].offset, CDF_ACT_RELU, w1, UNITS1, UNITS1);
  conv_forward(s->conv, active, p + c->tensors[CONV2].offset, w1, h1, UNITS1, UNITS2, c->k);
  pool_forward(s->pooled2 + at2, s->pick2 + at2, s->conv, w1, h1, UNITS2);
  c->k->affine_act(s->active2 + at2, s->pooled2 + at2, NULL, p + c->tensors[BIAS2].offset, CDF_ACT_RELU, c->w2 * c->h2, UNITS2, UNITS2);
}

static void block_forward(const cdf_classifier *c, shard *s, const float *p, int n) {
  size_t n_logits = (size_t)c->n_logits;
  for (int i = 0; i < n; i++) features_forward(c, s, p, i);
  c->k->gemm(s->hidden, FEATURES, s->active2, c->flat, 1, p + c->tensors[HIDDEN].offset, FEATURES, n, FEATURES, (int)c->flat, false);
  c->k->affine_act(s->features, s->hidden, NULL, p + c->tensors[HIDDEN_BIAS].offset, CDF_ACT_RELU, n, FEATURES, FEATURES);
  c->k->gemm(s->logits, n_logits, s->features, FEATURES, 1, p + c->tensors[OUTPUT].offset, n_logits, n, c->n_logits, FEATURES, false);
  c->k->affine_act(s->logits, s->logits, NULL, p + c->tensors[OUTPUT_BIAS].offset, CDF_ACT_IDENTITY, n, c->n_logits, n_logits);
}

/* Cross-entropy of one picture; dlogits of the mean over the batch. */
static double softmax_loss(float *dlogits, const float *logits, int label, int n_classes) {
  float top = logits[0], sum = 0.0f;
  for (int j = 1; j < n_classes; j++) top = logits[j] > top ? logits[j] : top;
  for (int j = 0; j < n_classes; j++) sum += dlogits[j] = cdf_expf(logits[j] - top);
  for (int j = 0; j < n_classes; j++) dlogits[j] = (dlogits[j] / sum - (j == label ? 1.0f : 0.0f)) * (1.0f / CDF_CLASSIFIER_BATCH);
  return (double)cdf_logf(sum) + (double)top - (double)logits[label];
}

static void features_backward(const cdf_classifier *c, shard *s, int i) {
  int w = c->shape.width, h = c->shape.height, w1 = c->w1, h1 = c->h1;
  size_t at1 = (size_t)i * (size_t)w1 * (size_t)h1 * UNITS1, at2 = (size_t)i * c->flat;
  float *g = s->grad, *d2 = s->dactive2 + at2;
  c->k->affine_act_backward(d2, d2, s->pooled2 + at2, NULL, c->params + c->tensors[BIAS2].offset, NULL, g + c->tensors[BIAS2].offset,
                            CDF_ACT_RELU, c->w2 * c->h2, UNITS2, UNITS2);
  pool_backward(s->dconv2, d2, s->pick2 + at2, w1, h1, UNITS2);
  conv_backward_weight(g + c->tensors[CONV2].offset, s->active1 + (size_t)i * padded(w1, h1) * UNITS1, s->dconv2, w1, h1, UNITS1, UNITS2, c->k);
  conv_forward(s->conv, s->dconv2, c->flipped, w1, h1, UNITS2, UNITS1, c->k);
  for (int y = 0; y < h1; y++)
    c->k->affine_act_backward(s->dactive1 + y * w1 * UNITS1, s->conv + y * (w1 + 2) * UNITS1, s->pooled1 + at1 + (size_t)(y * w1 * UNITS1),
                              NULL, c->params + c->tensors[BIAS1].offset, NULL, g + c->tensors[BIAS1].offset, CDF_ACT_RELU, w1, UNITS1, UNITS1);
  pool_backward(s->dconv1, s->dactive1, s->pick1 + at1, w, h, UNITS1);
  conv_backward_weight(g + c->tensors[CONV1].offset, s->input + (size_t)i * input_size(c), s->dconv1, w, h, c->shape.channels, UNITS1, c->k);
}

/* From s->dlogits to s->grad, which is added to. */
static void block_backward(const cdf_classifier *c, shard *s) {
  size_t n_logits = (size_t)c->n_logits;
  float *g = s->grad;
  c->k->affine_act_backward(s->dlogits, s->dlogits, s->logits, NULL, c->params + c->tensors[OUTPUT_BIAS].offset, NULL,
                            g + c->tensors[OUTPUT_BIAS].offset, CDF_ACT_IDENTITY, BLOCK, c->n_logits, n_logits);
  c->k->gemm(g + c->tensors[OUTPUT].offset, n_logits, s->features, 1, FEATURES, s->dlogits, n_logits, FEATURES, c->n_logits, BLOCK, true);
  c->k->gemm(s->dfeatures, FEATURES, s->dlogits, n_logits, 1, c->output_t, FEATURES, BLOCK, FEATURES, c->n_logits, false);
  c->k->affine_act_backward(s->dfeatures, s->dfeatures, s->hidden, NULL, c->params + c->tensors[HIDDEN_BIAS].offset, NULL,
                            g + c->tensors[HIDDEN_BIAS].offset, CDF_ACT_RELU, BLOCK, FEATURES, FEATURES);
  c->k->gemm(g + c->tensors[HIDDEN].offset, FEATURES, s->active2, 1, c->flat, s->dfeatures, FEATURES, (int)c->flat, FEATURES, BLOCK, true);
  c->k->gemm(s->dactive2, c->flat, s->dfeatures, FEATURES, 1, c->hidden_t, c->flat, BLOCK, (int)c->flat, FEATURES, false);
  for (int i = 0; i < BLOCK; i++) features_backward(c, s, i);
}

/* ---- classifying ---- */

typedef struct classify_job {
  cdf_classifier *c;
  float *logits, *features;
  const uint8_t *pixels;
  int n;
} classify_job;

static void classify_shard(void *context, int item) {
  const classify_job *j = context;
  cdf_classifier *c = j->c;
  shard *s = &c->shards[item];
  size_t image = (size_t)(c->shape.width * c->shape.height * c->shape.channels), n_classes = (size_t)c->shape.n_classes;
  for (int first = item * BLOCK; first < j->n; first += CDF_CLASSIFIER_BATCH) {
    int n = cdf_min(BLOCK, j->n - first);
    for (int i = 0; i < n; i++) load_picture(s->input + (size_t)i * input_size(c), c, j->pixels + (size_t)(first + i) * image, 0, 0);
    block_forward(c, s, c->average, n);
    for (int i = 0; i < n; i++) {
      size_t at = (size_t)(first + i), row = (size_t)i;
      if (j->logits) memcpy(j->logits + at * n_classes, s->logits + row * (size_t)c->n_logits, n_classes * sizeof(float));
      if (j->features) memcpy(j->features + at * FEATURES, s->features + row * FEATURES, FEATURES * sizeof(float));
    }
  }
}

void cdf_classifier_classify(cdf_classifier *c, float *logits, float *features, const uint8_t *pixels, int n, const cdf_parallel *parallel) {
  classify_job j = {c, logits, features, pixels, n};
  cdf_parallel_for(parallel, classify_shard, &j, N_SHARDS);
}

/* ---- training ---- */

typedef struct step_job {
  cdf_classifier *c;
  const cdf_dataset *data;
  const int *order; /* NULL: as they come */
  uint64_t seed;
  int step, batch, shift;
} step_job;

static void train_shard(void *context, int item) {
  const step_job *j = context;
  cdf_classifier *c = j->c;
  shard *s = &c->shards[item];
  size_t image = cdf_dataset_image_size(j->data), n_logits = (size_t)c->n_logits;
  uint8_t labels[BLOCK];
  for (int i = 0; i < BLOCK; i++) {
    int place = item * BLOCK + i, index = (int)(((int64_t)j->batch * CDF_CLASSIFIER_BATCH + place) % j->data->n_images);
    uint32_t word[4], span = 2 * (uint32_t)j->shift + 1;
    cdf_philox(word, j->seed, (cdf_counter){{(uint32_t)place, 0, CDF_STREAM_PIXELS, (uint32_t)j->step}});
    if (j->order) index = j->order[index];
    labels[i] = j->data->labels[index];
    load_picture(s->input + (size_t)i * input_size(c), c, j->data->pixels + (size_t)index * image,
                 (int)(((uint64_t)word[0] * span) >> 32) - j->shift, (int)(((uint64_t)word[1] * span) >> 32) - j->shift);
  }
  block_forward(c, s, c->params, BLOCK);
  s->loss = 0;
  memset(s->dlogits, 0, BLOCK * n_logits * sizeof(float));
  for (int i = 0; i < BLOCK; i++)
    s->loss += softmax_loss(s->dlogits + (size_t)i * n_logits, s->logits + (size_t)i * n_logits, labels[i], c->shape.n_classes);
  memset(s->grad, 0, c->n_params * sizeof(float));
  block_backward(c, s);
}

static void transpose(float *out, const float *in, size_t rows, size_t cols) {
  for (size_t j = 0; j < cols; j++)
    for (size_t i = 0; i < rows; i++) out[j * rows + i] = in[i * cols + j];
}

/* Loss and gradient of one batch into c->grad. */
static double batch_gradient(cdf_classifier *c, step_job *job, const cdf_parallel *parallel) {
  const float *conv2 = c->params + c->tensors[CONV2].offset;
  for (int tap = 0; tap < 9; tap++)
    transpose(c->flipped + tap * UNITS1 * UNITS2, conv2 + (8 - tap) * UNITS1 * UNITS2, UNITS1, UNITS2);
  transpose(c->hidden_t, c->params + c->tensors[HIDDEN].offset, c->flat, FEATURES);
  transpose(c->output_t, c->params + c->tensors[OUTPUT].offset, FEATURES, (size_t)c->n_logits);
  cdf_parallel_for(parallel, train_shard, job, N_SHARDS);
  double loss = c->shards[0].loss;
  memcpy(c->grad, c->shards[0].grad, c->n_params * sizeof(float));
  for (int s = 1; s < N_SHARDS; s++) {
    loss += c->shards[s].loss;
    for (size_t i = 0; i < c->n_params; i++) c->grad[i] += c->shards[s].grad[i];
  }
  return loss / CDF_CLASSIFIER_BATCH;
}

static cdf_status allocate_training(cdf_classifier *c, cdf_error *err) {
  if (c->training.block) return CDF_OK;
  size_t output_t = (size_t)c->n_logits * FEATURES;
  size_t bytes = layout(c, NULL, true, false) + 3 * cdf_arena_cost(c->n_params, sizeof(float)) + cdf_arena_cost(output_t, sizeof(float)) +
                 cdf_arena_cost(9 * UNITS1 * UNITS2, sizeof(float)) + cdf_arena_cost(c->flat * FEATURES, sizeof(float));
  if (cdf_arena_init(&c->training, bytes) != CDF_OK) return cdf_fail_memory(err, bytes);
  layout(c, &c->training, true, true);
  c->moment1 = cdf_arena_floats(&c->training, c->n_params);
  c->moment2 = cdf_arena_floats(&c->training, c->n_params);
  c->grad = cdf_arena_floats(&c->training, c->n_params);
  c->flipped = cdf_arena_floats(&c->training, 9 * UNITS1 * UNITS2);
  c->hidden_t = cdf_arena_floats(&c->training, c->flat * FEATURES);
  c->output_t = cdf_arena_floats(&c->training, output_t);
  return CDF_OK;
}

cdf_status cdf_classifier_gradient(cdf_classifier *c, double *loss, float *grad, const cdf_dataset *data, const cdf_parallel *parallel, cdf_error *err) {
  cdf_status status = allocate_training(c, err);
  if (status != CDF_OK) return status;
  *loss = batch_gradient(c, &(step_job){.c = c, .data = data}, parallel);
  memcpy(grad, c->grad, c->n_params * sizeof(float));
  return CDF_OK;
}

static int n_batches(int n_images) { return (n_images + CDF_CLASSIFIER_BATCH - 1) / CDF_CLASSIFIER_BATCH; }

int cdf_classifier_n_steps(const cdf_classifier_plan *plan, int n_images) { return n_batches(n_images) * (plan->epochs > 0 ? plan->epochs : 12); }

/* Fisher and Yates, a function of seed and epoch. */
static cdf_status shuffle(cdf_classifier *c, int n, int epoch, uint64_t seed, cdf_error *err) {
  if (c->order_size == n && c->order_epoch == epoch) return CDF_OK;
  int *order = realloc(c->order, (size_t)n * sizeof *order);
  if (!order) return cdf_fail_memory(err, (size_t)n * sizeof *order);
  c->order = order, c->order_size = n, c->order_epoch = epoch;
  for (int i = 0; i < n; i++) order[i] = i;
  for (int i = n - 1; i > 0; i--) {
    uint32_t word[4];
    cdf_philox(word, seed, (cdf_counter){{(uint32_t)i, 0, CDF_STREAM_BATCH, (uint32_t)epoch}});
    int j = (int)(((uint64_t)word[0] * ((uint32_t)i + 1)) >> 32), swap = order[i];
    order[i] = order[j], order[j] = swap;
  }
  return CDF_OK;
}

static cdf_status check_data(const cdf_classifier *c, const cdf_dataset *d, cdf_error *err) {
  const cdf_classifier_shape *s = &c->shape;
  if (d->n_images < 1 || !d->labels) return cdf_fail(err, CDF_BAD_INPUT, "the pictures have no labels; a classifier can only learn from labelled ones");
  if (d->width != s->width || d->height != s->height || d->n_channels != s->channels)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures are %dx%d with %d channels, but the classifier is for %dx%d with %d", d->width, d->height,
                    d->n_channels, s->width, s->height, s->channels);
  if (d->n_classes > s->n_classes)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures have %d classes, but the classifier knows %d", d->n_classes, s->n_classes);
  return CDF_OK;
}

cdf_status cdf_classifier_train_step(cdf_classifier *c, double *loss, const cdf_dataset *data, const cdf_classifier_plan *plan, int step,
                                     const cdf_parallel *parallel, cdf_error *err) {
  cdf_status status = check_data(c, data, err);
  if (status == CDF_OK) status = allocate_training(c, err);
  int per_epoch = n_batches(data->n_images), n_steps = cdf_classifier_n_steps(plan, data->n_images);
  if (status == CDF_OK) status = shuffle(c, data->n_images, step / per_epoch, plan->seed, err);
  if (status != CDF_OK) return status;
  step_job job = {c, data, c->order, plan->seed, step, step % per_epoch, plan->shift < 0 ? 0 : plan->shift > 0 ? plan->shift : 2};
  *loss = batch_gradient(c, &job, parallel);
  if (!isfinite(*loss))
    return cdf_fail(err, CDF_FAILED, "the classifier's loss became %g at step %d; train again with a lower learning rate", *loss, step);
  const double beta1 = 0.9, beta2 = 0.99;
  double now = step + 1, warmup = now / (0.05 * n_steps + 1), peak = plan->lr > 0 ? (double)plan->lr : 0.002;
  double rate = peak * (warmup < 1 ? warmup : 0.5 * (1 + cos(3.14159265358979 * fmin(1, now / n_steps))));
  double correction1 = 1 - pow(beta1, now), correction2 = sqrt(1 - pow(beta2, now));
  float ema = (float)pow(0.5, 1 / (0.02 * now + 1)); /* half-life: a fiftieth of the steps so far */
  c->k->adam(c->params, c->moment1, c->moment2, c->average, c->grad, c->n_params, 1.0f, (float)beta1, (float)beta2,
             (float)(rate * correction2 / correction1), (float)(1e-8 * correction2), ema);
  return CDF_OK;
}
