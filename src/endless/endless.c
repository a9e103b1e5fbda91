#include "endless.h"

#include <stdlib.h>

#include "../base/arena.h"

/* Patches of the window, patch (i, j) at [(j - y) width + (i - x)]. */
typedef cdf_world patches;

struct cdf_endless {
  const cdf_config *config;
  cdf_world world;
  patches all;       /* the window's, and what the first evaluation needs around them */
  int width, height; /* of a patch */
  int evaluation, n_evaluations, n_patchers;
  cdf_patcher **patchers;
  cdf_error *failures; /* [n_patchers], of this evaluation */
  cdf_arena arena;
  float *state, *next, *clean, *previous; /* of all patches, [C][H][W] each */
};

/* The patches that an evaluation computes: one ring fewer each time, in the end the window's. There are no rings across
 * the border of a frame. */
static patches needed(const cdf_endless *e, int evaluation) {
  int w = e->width, h = e->height, ring = e->n_evaluations - 1 - evaluation;
  int across = cdf_is_framed(e->config, CDF_AXIS_X) ? 0 : ring, down = cdf_is_framed(e->config, CDF_AXIS_Y) ? 0 : ring;
  int x0 = cdf_floor_div(e->world.x, w) - across, y0 = cdf_floor_div(e->world.y, h) - down;
  int x1 = cdf_floor_div(e->world.x + e->world.width - 1, w) + across + 1;
  int y1 = cdf_floor_div(e->world.y + e->world.height - 1, h) + down + 1;
  return (patches){x0, y0, x1 - x0, y1 - y0};
}

static size_t patch_floats(const cdf_endless *e) {
  return (size_t)e->config->channels * (size_t)e->width * (size_t)e->height;
}

static float *patch_at(const cdf_endless *e, float *array, int i, int j) {
  return array + patch_floats(e) * ((size_t)(j - e->all.y) * (size_t)e->all.width + (size_t)(i - e->all.x));
}

/* Patch k of the nine about (i, j); NULL beyond a frame. */
static const float *neighbour(const cdf_endless *e, int i, int j, int k) {
  int dx = k % 3 - 1, dy = k / 3 - 1;
  bool beyond = (dx && cdf_is_framed(e->config, CDF_AXIS_X)) || (dy && cdf_is_framed(e->config, CDF_AXIS_Y));
  return beyond ? NULL : patch_at(e, e->state, i + dx, j + dy);
}

/* Item b does every n-th patch on its own patcher. */
static void work(void *context, int b) {
  cdf_endless *e = context;
  patches part = needed(e, e->evaluation);
  cdf_status status = CDF_OK;
  for (int n = b; n < part.width * part.height && status == CDF_OK; n += e->n_patchers) {
    int i = part.x + n % part.width, j = part.y + n / part.width;
    const float *around[9];
    for (int k = 0; k < 9 && e->evaluation > 0; k++) around[k] = neighbour(e, i, j, k);
    status = cdf_patcher_advance(e->patchers[b], patch_at(e, e->next, i, j), patch_at(e, e->clean, i, j), around,
                                 patch_at(e, e->previous, i, j), i, j, e->evaluation, &e->failures[b]);
  }
}

static void swap(float **a, float **b) {
  float *c = *a;
  *a = *b, *b = c;
}

/* Along an axis with a frame nothing is known of what lies beyond. */
static cdf_status check_inside(int first, int count, const cdf_config *c, cdf_axis axis, cdf_error *err) {
  int n = cdf_frame_side(c, axis);
  if (!cdf_is_framed(c, axis) || (first >= 0 && count <= n - first)) return CDF_OK;
  return cdf_fail(
      err, CDF_USAGE,
      "the world goes from %d to %lld cells %s, but this model has a frame there, from 0 to %d; stay within it", first,
      (long long)first + count, axis == CDF_AXIS_X ? "across" : "down", n);
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
  const cdf_config *c = &model->net.config;
  *e = (cdf_endless){.config = c,
                     .world = *world,
                     .width = cdf_patch_side(c, CDF_AXIS_X),
                     .height = cdf_patch_side(c, CDF_AXIS_Y),
                     .n_patchers = n_threads,
                     .patchers = e->patchers,
                     .failures = e->failures};
  cdf_status status = CDF_OK;
  if (cdf_is_endless(c)) status = check_inside(world->x, world->width, c, CDF_AXIS_X, err);
  if (cdf_is_endless(c) && status == CDF_OK) status = check_inside(world->y, world->height, c, CDF_AXIS_Y, err);
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
  int pw = e->width, ph = e->height;
  for (int ch = 0; ch < e->config->channels; ch++)
    for (int y = w->y; y < w->y + w->height; y++)
      for (int x = w->x; x < w->x + w->width; x++) {
        int i = cdf_floor_div(x, pw), j = cdf_floor_div(y, ph);
        *lattice++ = patch_at(e, e->clean, i, j)[(ch * ph + y - j * ph) * pw + x - i * pw];
      }
}
