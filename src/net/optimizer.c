#include "optimizer.h"

#include <math.h>
#include <string.h>

#define CHUNK 16384 /* parameters that one item of work handles */

static int n_chunks(size_t n_params) { return (int)((n_params + CHUNK - 1) / CHUNK); }

size_t cdf_optimizer_bytes(size_t n_params) {
  return 5 * cdf_arena_cost(n_params, sizeof(float)) + cdf_arena_cost((size_t)n_chunks(n_params), sizeof(double));
}

void cdf_optimizer_init(cdf_optimizer *o, cdf_arena *arena, size_t n_params, const cdf_kernels *k) {
  *o = (cdf_optimizer){.n_params = n_params, .k = k, .n_chunks = n_chunks(n_params)};
  float **blocks[] = {&o->params, &o->moment1, &o->moment2, &o->average, &o->grad};
  for (int i = 0; i < 5; i++) *blocks[i] = cdf_arena_floats(arena, n_params);
  o->chunk_norms = cdf_arena_alloc(arena, (size_t)o->n_chunks, sizeof(double));
}

static size_t chunk_size(const cdf_optimizer *o, size_t begin) {
  return o->n_params - begin < CHUNK ? o->n_params - begin : CHUNK;
}

static void work_sum(void *context, int item) {
  cdf_optimizer *o = context;
  size_t begin = (size_t)item * CHUNK, end = begin + chunk_size(o, begin);
  if (o->shards[0] != o->grad) memcpy(o->grad + begin, o->shards[0] + begin, (end - begin) * sizeof(float));
  for (int s = 1; s < o->n_shards; s++)
    for (size_t i = begin; i < end; i++) o->grad[i] += o->shards[s][i];
}

static void work_norm(void *context, int item) {
  cdf_optimizer *o = context;
  size_t begin = (size_t)item * CHUNK, end = begin + chunk_size(o, begin);
  double sum[4] = {0};
  for (size_t i = begin; i < end; i++) sum[i % 4] += (double)o->grad[i] * o->grad[i];
  o->chunk_norms[item] = sum[0] + sum[1] + sum[2] + sum[3];
}

static double rate_of(const cdf_train_config *train, int64_t step) {
  if (step < train->warmup) return train->lr * (double)(step + 1) / train->warmup;
  double progress = (double)(step - train->warmup) / cdf_max(1, train->steps - train->warmup);
  return train->lr_min +
         (train->lr - train->lr_min) * 0.5 * (1 + cos(3.14159265358979 * (progress < 1 ? progress : 1)));
}

cdf_adam cdf_adam_of(const cdf_train_config *train, int64_t step) {
  double half_life = train->ema * ((double)step + 1);
  return (cdf_adam){.rate = rate_of(train, step),
                    .beta1 = train->beta1,
                    .beta2 = train->beta2,
                    .ema = half_life < 0.1 ? 0.0f : (float)pow(0.5, 1 / half_life),
                    .clip = train->clip};
}

static void work_adam(void *context, int item) {
  cdf_optimizer *o = context;
  const cdf_adam *a = o->adam;
  size_t begin = (size_t)item * CHUNK;
  double now = (double)o->step + 1, correction1 = 1 - pow(a->beta1, now), correction2 = sqrt(1 - pow(a->beta2, now));
  o->k->adam(o->params + begin, o->moment1 + begin, o->moment2 + begin, o->average + begin, o->grad + begin,
             chunk_size(o, begin), o->scale, (float)a->beta1, (float)a->beta2,
             (float)(a->rate * correction2 / correction1), (float)(1e-8 * correction2), a->ema);
}

void cdf_optimizer_sum(cdf_optimizer *o, const float *const *grads, int n_grads, const cdf_parallel *parallel) {
  o->shards = grads, o->n_shards = n_grads;
  cdf_parallel_for(parallel, work_sum, o, o->n_chunks);
}

double cdf_optimizer_norm(cdf_optimizer *o, const cdf_parallel *parallel) {
  cdf_parallel_for(parallel, work_norm, o, o->n_chunks);
  double sum = 0;
  for (int i = 0; i < o->n_chunks; i++) sum += o->chunk_norms[i];
  return sqrt(sum);
}

void cdf_optimizer_step(cdf_optimizer *o, const cdf_adam *adam, double grad_norm, const cdf_parallel *parallel) {
  o->adam = adam;
  o->scale = grad_norm > adam->clip && adam->clip > 0 ? (float)(adam->clip / grad_norm) : 1.0f;
  cdf_parallel_for(parallel, work_adam, o, o->n_chunks);
  o->step++;
}
