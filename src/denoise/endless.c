#include "endless.h"

#include <stdlib.h>

#include "../base/arena.h"

/* Patches of the window, patch (i, j) at [(j - y) width + (i - x)]. */
typedef cdf_world patches;

struct cdf_endless {
  cdf_world world;
  patches all; /* the window's, and what the first evaluation needs around them */
  int channels, side, evaluation, n_evaluations, n_patchers;
  cdf_patcher **patchers;
  cdf_error *failures; /* [n_patchers], of this evaluation */
  cdf_arena arena;
  float *state, *next, *clean, *previous; /* of all patches, [C][S][S] each */
};

/* The patches that an evaluation computes: one ring fewer each time, in the end the window's. */
static patches needed(const cdf_endless *e, int evaluation) {
  int s = e->side, ring = e->n_evaluations - 1 - evaluation;
  int x0 = cdf_floor_div(e->world.x, s) - ring, y0 = cdf_floor_div(e->world.y, s) - ring;
  int x1 = cdf_floor_div(e->world.x + e->world.width - 1, s) + ring + 1;
  int y1 = cdf_floor_div(e->world.y + e->world.height - 1, s) + ring + 1;
  return (patches){x0, y0, x1 - x0, y1 - y0};
}

static size_t patch_floats(const cdf_endless *e) { return (size_t)e->channels * (size_t)e->side * (size_t)e->side; }

static float *patch_at(const cdf_endless *e, float *array, int i, int j) {
  return array + patch_floats(e) * ((size_t)(j - e->all.y) * (size_t)e->all.width + (size_t)(i - e->all.x));
}

/* Item b does every n-th patch on its own patcher. */
static void work(void *context, int b) {
  cdf_endless *e = context;
  patches part = needed(e, e->evaluation);
  cdf_status status = CDF_OK;
  for (int n = b; n < part.width * part.height && status == CDF_OK; n += e->n_patchers) {
    int i = part.x + n % part.width, j = part.y + n / part.width;
    const float *around[9];
    for (int k = 0; k < 9 && e->evaluation > 0; k++) around[k] = patch_at(e, e->state, i + k % 3 - 1, j + k / 3 - 1);
    status = cdf_patcher_advance(e->patchers[b], patch_at(e, e->next, i, j), patch_at(e, e->clean, i, j), around,
                                 patch_at(e, e->previous, i, j), i, j, e->evaluation, &e->failures[b]);
  }
}

static void swap(float **a, float **b) {
  float *c = *a;
  *a = *b, *b = c;
}

cdf_status cdf_endless_create(cdf_endless **out, const cdf_model *model, const cdf_sample_options *options,
                              const cdf_world *world, int n_threads, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  cdf_endless *e = calloc(1, sizeof *e);
  if (e) e->patchers = calloc((size_t)n_threads, sizeof(cdf_patcher *));
  if (e) e->failures = calloc((size_t)n_threads, sizeof(cdf_error));
  if (!e || !e->patchers || !e->failures) {
    cdf_endless_free(e);
    return cdf_fail_memory(err, sizeof *e);
  }
  *e = (cdf_endless){.world = *world,
                     .channels = model->net.config.channels,
                     .side = cdf_patch_side(&model->net.config),
                     .n_patchers = n_threads,
                     .patchers = e->patchers,
                     .failures = e->failures};
  cdf_status status = CDF_OK;
  for (int i = 0; i < n_threads && status == CDF_OK; i++) {
    status = cdf_patcher_create(&e->patchers[i], model, k, err);
    if (status == CDF_OK) status = cdf_patcher_start(e->patchers[i], options, err);
  }
  size_t bytes = 0;
  if (status == CDF_OK) {
    e->n_evaluations = cdf_patcher_n_evaluations(e->patchers[0]);
    e->all = needed(e, 0);
    bytes = 4 * cdf_arena_cost(cdf_world_cells(&e->all) * patch_floats(e), sizeof(float));
    if (cdf_arena_init(&e->arena, bytes) != CDF_OK) status = cdf_fail_memory(err, bytes);
  }
  if (status != CDF_OK) {
    cdf_endless_free(e);
    return status;
  }
  float **arrays[] = {&e->state, &e->next, &e->clean, &e->previous};
  for (int i = 0; i < 4; i++) *arrays[i] = cdf_arena_floats(&e->arena, cdf_world_cells(&e->all) * patch_floats(e));
  *out = e;
  return CDF_OK;
}

void cdf_endless_free(cdf_endless *e) {
  if (!e) return;
  for (int i = 0; i < e->n_patchers; i++) cdf_patcher_free(e->patchers[i]);
  free(e->patchers);
  free(e->failures);
  cdf_arena_free(&e->arena);
  free(e);
}

cdf_status cdf_endless_step(cdf_endless *e, const cdf_parallel *parallel, cdf_error *err) {
  if (cdf_endless_done(e)) return CDF_OK;
  swap(&e->clean, &e->previous);
  cdf_parallel_for(parallel, work, e, e->n_patchers);
  for (int b = 0; b < e->n_patchers; b++)
    if (e->failures[b].code != CDF_OK) {
      if (err) *err = e->failures[b];
      return e->failures[b].code;
    }
  swap(&e->next, &e->state);
  e->evaluation++;
  return CDF_OK;
}

int cdf_endless_evaluation(const cdf_endless *e) { return e->evaluation; }

bool cdf_endless_done(const cdf_endless *e) { return e->evaluation == e->n_evaluations; }

void cdf_endless_read(const cdf_endless *e, float *lattice) {
  const cdf_world *w = &e->world;
  int s = e->side;
  for (int ch = 0; ch < e->channels; ch++)
    for (int y = w->y; y < w->y + w->height; y++)
      for (int x = w->x; x < w->x + w->width; x++) {
        int i = cdf_floor_div(x, s), j = cdf_floor_div(y, s);
        *lattice++ = patch_at(e, e->clean, i, j)[(ch * s + y - j * s) * s + x - i * s];
      }
}
