#include "classifier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../net/learner.h"
#include "convnet.h"
#include "../base/mathx.h"
#include "../base/rng.h"

#define BLOCK CDF_CONVNET_BLOCK
#define FEATURES CDF_CLASSIFIER_FEATURES

_Static_assert(CDF_CLASSIFIER_BATCH == CDF_N_SHARDS * BLOCK, "a shard is a block");

struct cdf_classifier {
  cdf_classifier_shape shape;
  const cdf_kernels *k;
  cdf_convnet net;
  cdf_arena arena;
  cdf_convnet_pass passes[CDF_N_SHARDS];
  float *params, *average;
  cdf_learner *learner; /* NULL until the first training step; then params and average are its */
  int *order;           /* of the pictures in an epoch */
  int order_size, order_epoch;
};

/* ---- construction ---- */

#define FIELD(field, min, max, help) \
  { #field, CDF_FIELD_INT, offsetof(cdf_classifier_shape, field), 1, min, max, NULL, help, NULL, NULL }

const cdf_field cdf_classifier_fields[] = {
    FIELD(width, CDF_CLASSIFIER_MIN_SIDE, CDF_CLASSIFIER_MAX_SIDE, "of a picture, in pixels"),
    FIELD(height, CDF_CLASSIFIER_MIN_SIDE, CDF_CLASSIFIER_MAX_SIDE, "of a picture, in pixels"),
    FIELD(channels, 1, CDF_MAX_CHANNELS, "of a picture"),
    FIELD(n_classes, 2, CDF_CLASSIFIER_MAX_CLASSES, "that it can tell apart"),
    {0}};

cdf_status cdf_classifier_create(cdf_classifier **out, const cdf_classifier_shape *shape, uint64_t seed,
                                 const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  cdf_status status = cdf_fields_check(shape, cdf_classifier_fields, CDF_USAGE, err);
  if (status != CDF_OK) return status;
  cdf_classifier *c = calloc(1, sizeof *c);
  if (!c) return cdf_fail_memory(err, sizeof *c);
  c->shape = *shape, c->k = k, c->order_epoch = -1;
  cdf_convnet_init(&c->net, shape->width, shape->height, shape->channels, shape->n_classes);
  size_t n = c->net.tensors.n_params, bytes = 2 * cdf_arena_cost(n, sizeof(float)) +
                                              CDF_N_SHARDS * cdf_convnet_layout(&c->passes[0], &c->net, NULL, false);
  if (cdf_arena_init(&c->arena, bytes) != CDF_OK) {
    cdf_classifier_free(c);
    return cdf_fail_memory(err, bytes);
  }
  c->params = cdf_arena_floats(&c->arena, n), c->average = cdf_arena_floats(&c->arena, n);
  for (int i = 0; i < CDF_N_SHARDS; i++) cdf_convnet_layout(&c->passes[i], &c->net, &c->arena, false);
  for (int i = 0; i < c->net.tensors.n; i += 2) { /* biases start at zero; weights as in He et al. 2015 */
    const cdf_shape *t = &c->net.tensors.list[i];
    float *w = c->params + t->offset, scale = sqrtf(2.0f / (float)t->rows);
    cdf_rng_normal_fill(w, cdf_shape_size(t), seed, (cdf_counter){{0, (uint32_t)i, CDF_STREAM_WEIGHTS, 0}});
    for (int r = 0; r < t->rows; r++)
      for (int j = 0; j < t->ld; j++) w[(size_t)r * (size_t)t->ld + (size_t)j] *= j < t->cols ? scale : 0.0f;
  }
  memcpy(c->average, c->params, n * sizeof(float));
  *out = c;
  return CDF_OK;
}

void cdf_classifier_free(cdf_classifier *c) {
  if (!c) return;
  cdf_learner_free(c->learner);
  cdf_arena_free(&c->arena);
  free(c->order);
  free(c);
}

const cdf_classifier_shape *cdf_classifier_get_shape(const cdf_classifier *c) { return &c->shape; }

const cdf_tensors *cdf_classifier_tensors(const cdf_classifier *c) { return &c->net.tensors; }

float *cdf_classifier_params(const cdf_classifier *c, bool average, size_t *n) {
  *n = c->net.tensors.n_params;
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
  cdf_convnet_pass *s = &c->passes[item];
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
  cdf_parallel_for(parallel, classify_shard, &j, CDF_N_SHARDS);
}

/* ---- training ---- */

/* What all shards share; the second half is set for each step. */
typedef struct teaching {
  cdf_classifier *c;
  const float *params;
  cdf_convnet_packed packed;
  struct lesson {
    const cdf_dataset *data;
    const int *order; /* NULL: as they come */
    uint64_t seed;
    int batch, shift, n_steps;
    double peak; /* learning rate */
  } now;
} teaching;

/* Cross-entropy of one picture; dlogits of the mean over the batch. */
static double softmax_loss(float *dlogits, const float *logits, int label, int n_classes) {
  float top = logits[0], sum = 0.0f;
  for (int j = 1; j < n_classes; j++) top = logits[j] > top ? logits[j] : top;
  for (int j = 0; j < n_classes; j++) sum += dlogits[j] = cdf_expf(logits[j] - top);
  for (int j = 0; j < n_classes; j++)
    dlogits[j] = (dlogits[j] / sum - (j == label ? 1.0f : 0.0f)) * (1.0f / CDF_CLASSIFIER_BATCH);
  return (double)cdf_logf(sum) + (double)top - (double)logits[label];
}

/* The pictures of a shard into the block of its pass, and their labels. */
static void load_pictures(uint8_t *labels, const teaching *t, cdf_convnet_pass *pass, const cdf_shard *shard) {
  const struct lesson *l = &t->now;
  for (int place = shard->first; place < shard->end; place++) {
    int i = place - shard->first, index = (int)(((int64_t)l->batch * CDF_CLASSIFIER_BATCH + place) % l->data->n_images);
    uint32_t word[4], span = 2 * (uint32_t)l->shift + 1;
    cdf_philox(word, l->seed, (cdf_counter){{(uint32_t)place, 0, CDF_STREAM_PIXELS, (uint32_t)shard->step}});
    if (l->order) index = l->order[index];
    labels[i] = l->data->labels[index];
    cdf_convnet_load(pass, &t->c->net, i, l->data->pixels + (size_t)index * cdf_dataset_image_size(l->data),
                     (int)(((uint64_t)word[0] * span) >> 32) - l->shift,
                     (int)(((uint64_t)word[1] * span) >> 32) - l->shift);
  }
}

static void learn(const void *self, cdf_shard *shard) {
  const teaching *t = self;
  const cdf_convnet *net = &t->c->net;
  cdf_convnet_pass *s = shard->memory;
  size_t n_logits = (size_t)net->n_logits;
  uint8_t labels[BLOCK];
  load_pictures(labels, t, s, shard);
  cdf_convnet_forward(s, net, t->params, BLOCK, t->c->k);
  memset(s->dlogits, 0, BLOCK * n_logits * sizeof(float));
  for (size_t i = 0; i < BLOCK; i++)
    shard->sums[0] += softmax_loss(s->dlogits + i * n_logits, s->logits + i * n_logits, labels[i], net->n_classes);
  cdf_convnet_backward(shard->grad, s, net, &t->packed, t->c->k);
}

/* From where the classifier stands. */
static void start(void *self, float *params, cdf_arena *arena) {
  teaching *t = self;
  float *packed = cdf_arena_floats(arena, cdf_convnet_packed_floats(&t->c->net));
  memcpy(params, t->c->params, t->c->net.tensors.n_params * sizeof(float));
  t->params = params;
  cdf_convnet_packed_init(&t->packed, &t->c->net, params, packed);
}

static void *allocate(const void *self, cdf_arena *arena) {
  const teaching *t = self;
  cdf_convnet_pass *s = cdf_arena_alloc(arena, 1, sizeof *s);
  cdf_convnet_layout(s, &t->c->net, arena, false);
  cdf_convnet_layout(s, &t->c->net, arena, true);
  return s;
}

static void pack(void *self, int item) {
  teaching *t = self;
  (void)item;
  cdf_convnet_pack(&t->packed, &t->c->net, t->c->k);
}

static cdf_adam adam(const void *self, int64_t step) {
  const struct lesson *l = &((const teaching *)self)->now;
  double now = (double)step + 1, warmup = now / (0.05 * l->n_steps + 1);
  double share = warmup < 1 ? warmup : 0.5 * (1 + cos(3.14159265358979 * fmin(1, now / l->n_steps)));
  return (cdf_adam){.rate = l->peak * share,
                    .beta1 = 0.9,
                    .beta2 = 0.99,
                    .ema = (float)pow(0.5, 1 / (0.02 * now))}; /* half-life: a fiftieth of the steps so far */
}

static cdf_status start_training(cdf_classifier *c, cdf_error *err) {
  static const cdf_measure loss = {"loss", false};
  if (c->learner) return CDF_OK;
  teaching *t = calloc(1, sizeof *t);
  if (!t) return cdf_fail_memory(err, sizeof *t);
  t->c = c;
  cdf_convnet_pass unused;
  const cdf_task task = {.self = t,
                         .tensors = &c->net.tensors,
                         .measures = &loss,
                         .n_measures = 1,
                         .bytes = cdf_arena_cost(cdf_convnet_packed_floats(&c->net), sizeof(float)),
                         .shard_bytes = cdf_arena_cost(1, sizeof unused) +
                                        cdf_convnet_layout(&unused, &c->net, NULL, false) +
                                        cdf_convnet_layout(&unused, &c->net, NULL, true),
                         .start = start,
                         .allocate = allocate,
                         .n_pack = 1,
                         .pack = pack,
                         .learn = learn,
                         .adam = adam};
  const cdf_train_config train = {.images = CDF_CLASSIFIER_BATCH};
  cdf_status status = cdf_learner_create(&c->learner, &task, &train, c->k, 0, 1, err);
  if (status != CDF_OK) return status;
  c->params = cdf_learner_optimizer(c->learner)->params, c->average = cdf_learner_optimizer(c->learner)->average;
  return CDF_OK;
}

/* Gradient and loss of one batch. */
static cdf_report teach(cdf_classifier *c, const struct lesson *lesson, const cdf_parallel *parallel) {
  cdf_report report;
  ((teaching *)cdf_learner_task(c->learner)->self)->now = *lesson;
  cdf_learner_gradient(c->learner, &report, parallel);
  return report;
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
  if (status == CDF_OK) status = start_training(c, err);
  if (status != CDF_OK) return status;
  *loss = teach(c, &(struct lesson){.data = data, .n_steps = 1}, parallel).sums[0];
  memcpy(grad, cdf_learner_optimizer(c->learner)->grad, c->net.tensors.n_params * sizeof(float));
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
  if (status == CDF_OK) status = start_training(c, err);
  if (status != CDF_OK) return status;
  int per_epoch = n_batches(data->n_images);
  status = shuffle(c, data->n_images, step / per_epoch, plan->seed, err);
  if (status != CDF_OK) return status;
  const struct lesson lesson = {.data = data,
                                .order = c->order,
                                .seed = plan->seed,
                                .batch = step % per_epoch,
                                .shift = plan->shift < 0   ? 0
                                         : plan->shift > 0 ? plan->shift
                                                           : 2,
                                .n_steps = cdf_classifier_n_steps(plan, data->n_images),
                                .peak = plan->lr > 0 ? (double)plan->lr : 0.002};
  cdf_learner_optimizer(c->learner)->step = step;
  cdf_report report = teach(c, &lesson, parallel);
  *loss = report.sums[0];
  if (!isfinite(*loss))
    return cdf_fail(err, CDF_FAILED,
                    "the classifier's loss became %g at step %d; train again with a lower learning rate", *loss, step);
  return cdf_learner_update(c->learner, &report, parallel, err);
}
