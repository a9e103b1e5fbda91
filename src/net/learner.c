#include "learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cdf_learner {
  cdf_task task;
  cdf_train_config train;
  cdf_arena arena;
  cdf_optimizer optimizer;
  cdf_shard shards[CDF_N_SHARDS];
  int n_shards; /* of this process */
};

static cdf_status check(const cdf_train_config *train, int rank, int n_ranks, cdf_error *err) {
  if (train->images < CDF_N_SHARDS || train->images % CDF_N_SHARDS)
    return cdf_fail(err, CDF_USAGE, "images is %d, but must be a multiple of %d", train->images, CDF_N_SHARDS);
  if (n_ranks < 1 || n_ranks > CDF_N_SHARDS || rank < 0 || rank >= n_ranks)
    return cdf_fail(err, CDF_USAGE, "%d processes cannot share a batch: it has %d parts; start 1 to %d", n_ranks,
                    CDF_N_SHARDS, CDF_N_SHARDS);
  return CDF_OK;
}

/* Neighbouring shards are of one process, so that a sum can be passed on in their order. */
static int first_shard(int rank, int n_ranks) { return CDF_N_SHARDS * rank / n_ranks; }

static void hand_out(cdf_learner *l, int rank, int n_ranks) {
  size_t n = l->task.tensors->n_params;
  int samples = l->train.images / CDF_N_SHARDS;
  for (int i = 0; i < l->n_shards; i++) {
    int place = first_shard(rank, n_ranks) + i;
    l->shards[i] = (cdf_shard){.first = place * samples,
                               .end = (place + 1) * samples,
                               .grad = cdf_arena_floats(&l->arena, n),
                               .memory = l->task.allocate(l->task.self, &l->arena)};
  }
}

cdf_status cdf_learner_create(cdf_learner **out, const cdf_task *task, const cdf_train_config *train,
                              const cdf_kernels *k, int rank, int n_ranks, cdf_error *err) {
  *out = NULL;
  cdf_status status = check(train, rank, n_ranks, err);
  cdf_learner *l = calloc(1, sizeof *l);
  if (status == CDF_OK && !l) status = cdf_fail_memory(err, sizeof *l);
  if (status != CDF_OK) {
    free(task->self), free(l);
    return status;
  }
  l->task = *task, l->train = *train;
  l->n_shards = first_shard(rank + 1, n_ranks) - first_shard(rank, n_ranks);
  size_t n = task->tensors->n_params;
  size_t bytes = cdf_optimizer_bytes(n) + task->bytes +
                 (size_t)l->n_shards * (cdf_arena_cost(n, sizeof(float)) + task->shard_bytes);
  if (cdf_arena_init(&l->arena, bytes) != CDF_OK) {
    cdf_learner_free(l);
    return cdf_fail_memory(err, bytes);
  }
  cdf_optimizer_init(&l->optimizer, &l->arena, n, k);
  task->start(task->self, l->optimizer.params, &l->arena);
  memcpy(l->optimizer.average, l->optimizer.params, n * sizeof(float));
  hand_out(l, rank, n_ranks);
  *out = l;
  return CDF_OK;
}

void cdf_learner_free(cdf_learner *l) {
  if (!l) return;
  cdf_arena_free(&l->arena);
  free(l->task.self);
  free(l);
}

cdf_optimizer *cdf_learner_optimizer(cdf_learner *l) { return &l->optimizer; }
const cdf_task *cdf_learner_task(const cdf_learner *l) { return &l->task; }
const cdf_train_config *cdf_learner_config(const cdf_learner *l) { return &l->train; }

void cdf_learner_set_steps(cdf_learner *l, int steps) { l->train.steps = steps; }

static cdf_adam settings_of_step(const cdf_learner *l) {
  return l->task.adam ? l->task.adam(l->task.self, l->optimizer.step) : cdf_adam_of(&l->train, l->optimizer.step);
}

static void work_pack(void *context, int item) {
  cdf_learner *l = context;
  l->task.pack(l->task.self, item);
}

static void work_shard(void *context, int item) {
  cdf_learner *l = context;
  cdf_shard *s = &l->shards[item];
  memset(s->grad, 0, l->task.tensors->n_params * sizeof(float));
  memset(s->sums, 0, sizeof s->sums), memset(s->weights, 0, sizeof s->weights);
  s->step = l->optimizer.step;
  l->task.learn(l->task.self, s);
}

void cdf_learner_learn(cdf_learner *l, const cdf_parallel *parallel) {
  cdf_parallel_for(parallel, work_pack, l, l->task.n_pack);
  cdf_parallel_for(parallel, work_shard, l, l->n_shards);
}

void cdf_learner_add(cdf_learner *l, cdf_report *report, bool begins, const cdf_parallel *parallel) {
  const float *grads[1 + CDF_N_SHARDS];
  int n = 0;
  if (begins) *report = (cdf_report){0};
  if (!begins) grads[n++] = l->optimizer.grad;
  report->lr = settings_of_step(l).rate;
  for (int i = 0; i < l->n_shards; i++) {
    grads[n++] = l->shards[i].grad;
    for (int j = 0; j < l->task.n_measures; j++) {
      report->sums[j] += l->shards[i].sums[j] / (l->task.measures[j].weighted ? 1 : l->train.images);
      report->weights[j] += l->shards[i].weights[j];
    }
  }
  cdf_optimizer_sum(&l->optimizer, grads, n, parallel);
}

void cdf_learner_gradient(cdf_learner *l, cdf_report *report, const cdf_parallel *parallel) {
  cdf_learner_learn(l, parallel);
  cdf_learner_add(l, report, true, parallel);
}

cdf_status cdf_learner_update(cdf_learner *l, cdf_report *report, const cdf_parallel *parallel, cdf_error *err) {
  cdf_optimizer *o = &l->optimizer;
  report->grad_norm = cdf_optimizer_norm(o, parallel);
  if (!isfinite(report->sums[0]) || !isfinite(report->grad_norm))
    return cdf_fail(
        err, CDF_FAILED,
        "the loss or its gradient is not a finite number at step %lld; nothing of that step was kept. Start a new "
        "run with a lower lr (now %g) or a lower clip (now %g)",
        (long long)o->step, (double)l->train.lr, (double)l->train.clip);
  const cdf_adam adam = settings_of_step(l);
  cdf_optimizer_step(o, &adam, report->grad_norm, parallel);
  return CDF_OK;
}
