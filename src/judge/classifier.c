#include "classifier.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "convnet.h"
#include "../base/half.h"
#include "../base/mathx.h"
#include "../base/rng.h"

#define BLOCK CDF_CONVNET_BLOCK
#define N_SHARDS (CDF_CLASSIFIER_BATCH / BLOCK) /* fixed: the order of summation must not depend on the machine */
#define FEATURES CDF_CLASSIFIER_FEATURES

struct cdf_classifier {
  cdf_classifier_shape shape;
  const cdf_kernels *k;
  cdf_convnet net;
  cdf_arena forward, training; /* the second is empty until the first training step */
  cdf_convnet_pass shards[N_SHARDS];
  double losses[N_SHARDS];
  float *params, *average, *moment1, *moment2, *grad, *packed;
  int *order; /* of the pictures in an epoch */
  int order_size, order_epoch;
};

/* ---- construction ---- */

static cdf_status check_shape(const cdf_classifier_shape *s, cdf_error *err) {
  int lo = CDF_CLASSIFIER_MIN_SIDE, hi = CDF_CLASSIFIER_MAX_SIDE;
  if (s->width < lo || s->width > hi || s->height < lo || s->height > hi)
    return cdf_fail(err, CDF_USAGE, "the classifier's pictures are %dx%d, but each side must be from %d to %d",
                    s->width, s->height, lo, hi);
  if (s->channels < 1 || s->channels > CDF_MAX_CHANNELS)
    return cdf_fail(err, CDF_USAGE, "the classifier's pictures have %d channels, but must have from 1 to %d",
                    s->channels, CDF_MAX_CHANNELS);
  if (s->n_classes < 2 || s->n_classes > CDF_CLASSIFIER_MAX_CLASSES)
    return cdf_fail(err, CDF_USAGE, "the classifier has %d classes, but must have from 2 to %d", s->n_classes,
                    CDF_CLASSIFIER_MAX_CLASSES);
  return CDF_OK;
}

/* Everything but the values of the weights, which stay zero. */
static cdf_status allocate(cdf_classifier **out, const cdf_classifier_shape *shape, const cdf_kernels *k,
                           cdf_error *err) {
  *out = NULL;
  cdf_status status = check_shape(shape, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = calloc(1, sizeof *c);
  if (!c) return cdf_fail_memory(err, sizeof *c);
  c->shape = *shape;
  c->k = k;
  c->order_epoch = -1;
  cdf_convnet_init(&c->net, shape->width, shape->height, shape->channels, shape->n_classes);
  size_t bytes = 2 * cdf_arena_cost(c->net.n_params, sizeof(float)) +
                 N_SHARDS * cdf_convnet_layout(&c->shards[0], &c->net, NULL, false);
  if (cdf_arena_init(&c->forward, bytes) != CDF_OK) {
    cdf_classifier_free(c);
    return cdf_fail_memory(err, bytes);
  }
  c->params = cdf_arena_floats(&c->forward, c->net.n_params);
  c->average = cdf_arena_floats(&c->forward, c->net.n_params);
  for (int i = 0; i < N_SHARDS; i++) cdf_convnet_layout(&c->shards[i], &c->net, &c->forward, false);
  *out = c;
  return CDF_OK;
}

cdf_status cdf_classifier_create(cdf_classifier **out, const cdf_classifier_shape *shape, uint64_t seed,
                                 const cdf_kernels *k, cdf_error *err) {
  cdf_status status = allocate(out, shape, k, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = *out;
  for (int i = 0; i < CDF_CONVNET_TENSORS; i += 2) { /* biases start at zero; weights as in He et al. 2015 */
    const cdf_convnet_tensor *t = &c->net.tensors[i];
    float *w = c->params + t->offset, scale = sqrtf(2.0f / (float)t->rows);
    cdf_rng_normal_fill(w, (size_t)t->rows * (size_t)t->ld, seed,
                        (cdf_counter){{0, (uint32_t)i, CDF_STREAM_WEIGHTS, 0}});
    for (int r = 0; r < t->rows; r++)
      for (int j = 0; j < t->ld; j++) w[(size_t)r * (size_t)t->ld + (size_t)j] *= j < t->cols ? scale : 0.0f;
  }
  memcpy(c->average, c->params, c->net.n_params * sizeof(float));
  return CDF_OK;
}

void cdf_classifier_free(cdf_classifier *c) {
  if (!c) return;
  cdf_arena_free(&c->forward);
  cdf_arena_free(&c->training);
  free(c->order);
  free(c);
}

const cdf_classifier_shape *cdf_classifier_get_shape(const cdf_classifier *c) { return &c->shape; }

float *cdf_classifier_params(cdf_classifier *c, bool average, size_t *n) {
  *n = c->net.n_params;
  return average ? c->average : c->params;
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
  cdf_convnet_pass *s = &c->shards[item];
  size_t image = (size_t)(c->shape.width * c->shape.height * c->shape.channels), n_classes = (size_t)c->shape.n_classes;
  for (int first = item * BLOCK; first < j->n; first += CDF_CLASSIFIER_BATCH) {
    int n = cdf_min(BLOCK, j->n - first);
    for (int i = 0; i < n; i++) cdf_convnet_load(s, &c->net, i, j->pixels + (size_t)(first + i) * image, 0, 0);
    cdf_convnet_forward(s, &c->net, c->average, n, c->k);
    for (int i = 0; i < n; i++) {
      size_t at = (size_t)(first + i), row = (size_t)i;
      if (j->logits)
        memcpy(j->logits + at * n_classes, s->logits + row * (size_t)c->net.n_logits, n_classes * sizeof(float));
      if (j->features) memcpy(j->features + at * FEATURES, s->features + row * FEATURES, FEATURES * sizeof(float));
    }
  }
}

void cdf_classifier_classify(cdf_classifier *c, float *logits, float *features, const uint8_t *pixels, int n,
                             const cdf_parallel *parallel) {
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

/* Cross-entropy of one picture; dlogits of the mean over the batch. */
static double softmax_loss(float *dlogits, const float *logits, int label, int n_classes) {
  float top = logits[0], sum = 0.0f;
  for (int j = 1; j < n_classes; j++) top = logits[j] > top ? logits[j] : top;
  for (int j = 0; j < n_classes; j++) sum += dlogits[j] = cdf_expf(logits[j] - top);
  for (int j = 0; j < n_classes; j++)
    dlogits[j] = (dlogits[j] / sum - (j == label ? 1.0f : 0.0f)) * (1.0f / CDF_CLASSIFIER_BATCH);
  return (double)cdf_logf(sum) + (double)top - (double)logits[label];
}

static void train_shard(void *context, int item) {
  const step_job *j = context;
  cdf_classifier *c = j->c;
  cdf_convnet_pass *s = &c->shards[item];
  size_t image = cdf_dataset_image_size(j->data), n_logits = (size_t)c->net.n_logits;
  uint8_t labels[BLOCK];
  for (int i = 0; i < BLOCK; i++) {
    int place = item * BLOCK + i, index = (int)(((int64_t)j->batch * CDF_CLASSIFIER_BATCH + place) % j->data->n_images);
    uint32_t word[4], span = 2 * (uint32_t)j->shift + 1;
    cdf_philox(word, j->seed, (cdf_counter){{(uint32_t)place, 0, CDF_STREAM_PIXELS, (uint32_t)j->step}});
    if (j->order) index = j->order[index];
    labels[i] = j->data->labels[index];
    cdf_convnet_load(s, &c->net, i, j->data->pixels + (size_t)index * image,
                     (int)(((uint64_t)word[0] * span) >> 32) - j->shift,
                     (int)(((uint64_t)word[1] * span) >> 32) - j->shift);
  }
  cdf_convnet_forward(s, &c->net, c->params, BLOCK, c->k);
  c->losses[item] = 0;
  memset(s->dlogits, 0, BLOCK * n_logits * sizeof(float));
  for (size_t i = 0; i < BLOCK; i++)
    c->losses[item] += softmax_loss(s->dlogits + i * n_logits, s->logits + i * n_logits, labels[i], c->shape.n_classes);
  memset(s->grad, 0, c->net.n_params * sizeof(float));
  cdf_convnet_backward(s, &c->net, c->params, c->packed, c->k);
}

/* Loss and gradient of one batch into c->grad. */
static double batch_gradient(cdf_classifier *c, step_job *job, const cdf_parallel *parallel) {
  cdf_convnet_pack(c->packed, &c->net, c->params);
  cdf_parallel_for(parallel, train_shard, job, N_SHARDS);
  double loss = c->losses[0];
  memcpy(c->grad, c->shards[0].grad, c->net.n_params * sizeof(float));
  for (int s = 1; s < N_SHARDS; s++) {
    loss += c->losses[s];
    for (size_t i = 0; i < c->net.n_params; i++) c->grad[i] += c->shards[s].grad[i];
  }
  return loss / CDF_CLASSIFIER_BATCH;
}

static cdf_status allocate_training(cdf_classifier *c, cdf_error *err) {
  if (c->training.block) return CDF_OK;
  size_t n = c->net.n_params, packed = cdf_convnet_packed_floats(&c->net);
  size_t bytes = 3 * cdf_arena_cost(n, sizeof(float)) + cdf_arena_cost(packed, sizeof(float)) +
                 N_SHARDS * cdf_convnet_layout(&c->shards[0], &c->net, NULL, true);
  if (cdf_arena_init(&c->training, bytes) != CDF_OK) return cdf_fail_memory(err, bytes);
  c->moment1 = cdf_arena_floats(&c->training, n);
  c->moment2 = cdf_arena_floats(&c->training, n);
  c->grad = cdf_arena_floats(&c->training, n);
  c->packed = cdf_arena_floats(&c->training, packed);
  for (int i = 0; i < N_SHARDS; i++) cdf_convnet_layout(&c->shards[i], &c->net, &c->training, true);
  return CDF_OK;
}

static cdf_status check_data(const cdf_classifier *c, const cdf_dataset *d, cdf_error *err) {
  const cdf_classifier_shape *s = &c->shape;
  if (d->n_images < 1 || !d->labels)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures have no labels; a classifier can only learn from labelled ones");
  if (d->width != s->width || d->height != s->height || d->n_channels != s->channels)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the pictures are %dx%d with %d channels, but the classifier is for %dx%d with %d", d->width,
                    d->height, d->n_channels, s->width, s->height, s->channels);
  if (d->n_classes > s->n_classes)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures have %d classes, but the classifier knows %d", d->n_classes,
                    s->n_classes);
  return CDF_OK;
}

cdf_status cdf_classifier_gradient(cdf_classifier *c, double *loss, float *grad, const cdf_dataset *data,
                                   const cdf_parallel *parallel, cdf_error *err) {
  cdf_status status = check_data(c, data, err);
  if (status == CDF_OK) status = allocate_training(c, err);
  if (status != CDF_OK) return status;
  *loss = batch_gradient(c, &(step_job){.c = c, .data = data}, parallel);
  memcpy(grad, c->grad, c->net.n_params * sizeof(float));
  return CDF_OK;
}

static int n_batches(int n_images) {
  return (int)(((int64_t)n_images + CDF_CLASSIFIER_BATCH - 1) / CDF_CLASSIFIER_BATCH);
}

int cdf_classifier_n_steps(const cdf_classifier_plan *plan, int n_images) {
  return n_batches(n_images) * (plan->epochs > 0 ? plan->epochs : 12);
}

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

cdf_status cdf_classifier_train_step(cdf_classifier *c, double *loss, const cdf_dataset *data,
                                     const cdf_classifier_plan *plan, int step, const cdf_parallel *parallel,
                                     cdf_error *err) {
  cdf_status status = check_data(c, data, err);
  if (status == CDF_OK) status = allocate_training(c, err);
  if (status != CDF_OK) return status;
  int per_epoch = n_batches(data->n_images), n_steps = cdf_classifier_n_steps(plan, data->n_images);
  status = shuffle(c, data->n_images, step / per_epoch, plan->seed, err);
  if (status != CDF_OK) return status;
  step_job job = {
      c, data, c->order, plan->seed, step, step % per_epoch, plan->shift < 0 ? 0 : plan->shift > 0 ? plan->shift : 2};
  *loss = batch_gradient(c, &job, parallel);
  if (!isfinite(*loss))
    return cdf_fail(err, CDF_FAILED,
                    "the classifier's loss became %g at step %d; train again with a lower learning rate", *loss, step);
  const double beta1 = 0.9, beta2 = 0.99;
  double now = step + 1, warmup = now / (0.05 * n_steps + 1), peak = plan->lr > 0 ? (double)plan->lr : 0.002;
  double rate = peak * (warmup < 1 ? warmup : 0.5 * (1 + cos(3.14159265358979 * fmin(1, now / n_steps))));
  double correction1 = 1 - pow(beta1, now), correction2 = sqrt(1 - pow(beta2, now));
  float ema = (float)pow(0.5, 1 / (0.02 * now)); /* half-life: a fiftieth of the steps so far */
  c->k->adam(c->params, c->moment1, c->moment2, c->average, c->grad, c->net.n_params, 1.0f, (float)beta1, (float)beta2,
             (float)(rate * correction2 / correction1), (float)(1e-8 * correction2), ema);
  return CDF_OK;
}

/* ---- to and from safetensors ---- */

static cdf_status read_number(int *out, const cdf_checkpoint *file, const char *key, cdf_error *err) {
  const char *text = cdf_checkpoint_metadata(file, key);
  if (!text)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the classifier's metadata has no '%s'; the file is damaged or from another program", key);
  char *end;
  long value = strtol(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || value > 1000000)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the classifier's '%s' is '%.40s', but must be a whole number; the file is damaged", key, text);
  *out = (int)value;
  return CDF_OK;
}

static cdf_status read_shape(cdf_classifier_shape *s, const cdf_checkpoint *file, cdf_error *err) {
  const char *format = cdf_checkpoint_metadata(file, "format");
  if (!format || strcmp(format, CDF_CLASSIFIER_FORMAT) != 0)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "this is no classifier: its 'format' is '%.40s', not '%s'; make one with 'coordiff eval --train-classifier'",
        format ? format : "missing", CDF_CLASSIFIER_FORMAT);
  cdf_status status = read_number(&s->width, file, "width", err);
  if (status == CDF_OK) status = read_number(&s->height, file, "height", err);
  if (status == CDF_OK) status = read_number(&s->channels, file, "channels", err);
  if (status == CDF_OK) status = read_number(&s->n_classes, file, "n_classes", err);
  return status;
}

static cdf_status read_tensors(cdf_classifier *c, const cdf_checkpoint *file, cdf_error *err) {
  if (file->n_tensors != CDF_CONVNET_TENSORS)
    return cdf_fail(err, CDF_BAD_INPUT, "the classifier has %d tensors, but must have %d; the file is damaged",
                    file->n_tensors, CDF_CONVNET_TENSORS);
  for (int i = 0; i < CDF_CONVNET_TENSORS; i++) {
    const cdf_convnet_tensor *want = &c->net.tensors[i];
    const cdf_tensor *t = cdf_checkpoint_find(file, want->name);
    if (!t)
      return cdf_fail(err, CDF_BAD_INPUT, "the classifier's tensor '%s' is missing; the file is damaged", want->name);
    if (t->dtype == CDF_U8 || t->n_dims != 2 || t->dims[0] != (size_t)want->rows || t->dims[1] != (size_t)want->cols)
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the classifier's tensor '%s' has %zu numbers in %d dimensions, but must have %d x %d floats; "
                      "the file is damaged",
                      want->name, t->n_elements, t->n_dims, want->rows, want->cols);
    cdf_tensor_read_rows(c->params + want->offset, t, (size_t)want->ld);
  }
  memcpy(c->average, c->params, c->net.n_params * sizeof(float));
  return CDF_OK;
}

cdf_status cdf_classifier_load(cdf_classifier **out, const void *bytes, size_t n_bytes, const cdf_kernels *k,
                               cdf_error *err) {
  *out = NULL;
  cdf_checkpoint file;
  cdf_status status = cdf_checkpoint_parse(&file, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = NULL;
  cdf_classifier_shape shape;
  status = read_shape(&shape, &file, err);
  if (status == CDF_OK) status = allocate(&c, &shape, k, err);
  if (status == CDF_USAGE) { /* here the shape came out of a file */
    status = CDF_BAD_INPUT;
    if (err) err->code = status;
  }
  if (status == CDF_OK) status = read_tensors(c, &file, err);
  cdf_checkpoint_free(&file);
  if (status == CDF_OK)
    *out = c;
  else
    cdf_classifier_free(c);
  return status;
}

cdf_status cdf_classifier_save(const cdf_classifier *c, bool half, const cdf_metadata *notes, int n_notes,
                               unsigned char **bytes, size_t *n_bytes, cdf_error *err) {
  char numbers[4][16], keys[5][16] = {"format", "width", "height", "channels", "n_classes"},
                       format[] = CDF_CLASSIFIER_FORMAT;
  const int values[4] = {c->shape.width, c->shape.height, c->shape.channels, c->shape.n_classes};
  cdf_tensor tensors[CDF_CONVNET_TENSORS] = {0};
  size_t one = half ? sizeof(uint16_t) : sizeof(float);
  cdf_metadata *metadata = malloc((size_t)(5 + n_notes) * sizeof *metadata);
  unsigned char *data = malloc(c->net.n_params * one), *at = data;
  cdf_status status = metadata && data ? CDF_OK : cdf_fail_memory(err, c->net.n_params * one);
  *bytes = NULL;
  if (status != CDF_OK) goto done;
  metadata[0] = (cdf_metadata){keys[0], format};
  for (int i = 0; i < 4; i++) {
    snprintf(numbers[i], sizeof numbers[i], "%d", values[i]);
    metadata[i + 1] = (cdf_metadata){keys[i + 1], numbers[i]};
  }
  for (int i = 0; i < n_notes; i++) metadata[5 + i] = notes[i];
  for (int i = 0; i < CDF_CONVNET_TENSORS; i++) {
    const cdf_convnet_tensor *t = &c->net.tensors[i];
    tensors[i] = (cdf_tensor){.dtype = half ? CDF_F16 : CDF_F32,
                              .n_dims = 2,
                              .dims = {(size_t)t->rows, (size_t)t->cols},
                              .n_elements = (size_t)t->rows * (size_t)t->cols,
                              .data = at};
    snprintf(tensors[i].name, sizeof tensors[i].name, "%s", t->name);
    for (size_t r = 0; r < (size_t)t->rows; r++)
      for (size_t j = 0; j < (size_t)t->cols; j++, at += one) {
        float x = c->average[t->offset + r * (size_t)t->ld + j];
        uint16_t h = half ? cdf_half_from_float(x) : 0;
        if (half)
          memcpy(at, &h, sizeof h);
        else
          memcpy(at, &x, sizeof x);
      }
  }
  status = cdf_checkpoint_write(bytes, n_bytes, tensors, CDF_CONVNET_TENSORS, metadata, 5 + n_notes, err);
done:
  free(metadata);
  free(data);
  return status;
}
