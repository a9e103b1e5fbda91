#include "patch.h"

#include <stdlib.h>

#include "../base/arena.h"

struct cdf_patcher {
  cdf_sampler sampler; /* over the patch and `reach` cells around it; only the patch itself is evaluated */
  cdf_sample_options options, defaults;
  int channels, side, reach;
  void *block;
};

bool cdf_is_endless(const cdf_config *c) {
  return c->coordinates == CDF_COORDINATES_NONE && c->target == CDF_TARGET_EDM;
}

int cdf_patch_side(const cdf_config *c) { return (cdf_features_reach(c) + 3) / 4 * 4; }

cdf_status cdf_patcher_create(cdf_patcher **out, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  const cdf_config *c = &model->net.config;
  if (!cdf_is_endless(c))
    return cdf_fail(err, CDF_USAGE,
                    "this model has a frame, outside of which it knows nothing; a world without end takes one that was "
                    "trained with coordinates = none and target = edm");
  cdf_patcher *p = calloc(1, sizeof *p);
  int side = cdf_patch_side(c), reach = cdf_features_reach(c);
  const cdf_world world = {0, 0, side + 2 * reach, side + 2 * reach};
  size_t bytes = cdf_sampler_bytes(&model->net, &world, 1);
  if (p) p->block = cdf_aligned_zalloc(bytes);
  if (!p || !p->block) {
    free(p);
    return cdf_fail_memory(err, bytes);
  }
  p->defaults = model->sample;
  p->channels = c->channels, p->side = side, p->reach = reach;
  cdf_sampler_init(&p->sampler, &model->net, &world, model->params, 1, k, p->block);
  *out = p;
  return CDF_OK;
}

void cdf_patcher_free(cdf_patcher *p) {
  if (!p) return;
  cdf_aligned_free(p->block);
  free(p);
}

cdf_status cdf_patcher_start(cdf_patcher *p, const cdf_sample_options *options, cdf_error *err) {
  if (options->kind == CDF_SAMPLER_HEUN)
    return cdf_fail(err, CDF_USAGE,
                    "heun's two evaluations a step do not go patch by patch; take dpm2m, euler or "
                    "ancestral");
  if (options->source)
    return cdf_fail(err, CDF_USAGE, "a world without end cannot start from a picture; leave out the source");
  p->options = *options;
  cdf_sample_resolve(&p->options, &p->defaults);
  return cdf_sampler_start(&p->sampler, &p->options, err);
}

int cdf_patcher_n_evaluations(const cdf_patcher *p) { return cdf_sampler_n_evaluations(&p->sampler); }

static void go_to(cdf_patcher *p, int i, int j) {
  p->sampler.denoiser.features.world.x = i * p->side - p->reach;
  p->sampler.denoiser.features.world.y = j * p->side - p->reach;
}

static int width(const cdf_patcher *p) { return p->side + 2 * p->reach; }

/* Where the patch's cell (x, y) of a channel lies in the sampler's arrays; x and y may be `reach` outside. */
static size_t place(const cdf_patcher *p, int ch, int x, int y) {
  return ((size_t)ch * (size_t)width(p) + (size_t)(y + p->reach)) * (size_t)width(p) + (size_t)(x + p->reach);
}

/* The same in one of the nine patches. */
static float look(const cdf_patcher *p, const float *const around[9], int ch, int x, int y) {
  int s = p->side, i = x < 0 ? 0 : x < s ? 1 : 2, j = y < 0 ? 0 : y < s ? 1 : 2;
  return around[3 * j + i][(ch * s + y - (j - 1) * s) * s + x - (i - 1) * s];
}

/* The patch out of the sampler's state. */
static void read_state(const cdf_patcher *p, float *z) {
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = 0; y < p->side; y++)
      for (int x = 0; x < p->side; x++) *z++ = (float)p->sampler.z[place(p, ch, x, y)];
}

/* The nine patches into the sampler's state, as far as they are seen. */
static void write_state(cdf_patcher *p, const float *const around[9]) {
  int side = p->side, reach = p->reach;
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = -reach; y < side + reach; y++)
      for (int x = -reach; x < side + reach; x++) p->sampler.z[place(p, ch, x, y)] = look(p, around, ch, x, y);
}

cdf_status cdf_patcher_advance(cdf_patcher *p, float *next, float *clean, const float *const around[9],
                               const float *previous, int i, int j, int n_done, cdf_error *err) {
  cdf_sampler *s = &p->sampler;
  int side = p->side, reach = p->reach;
  go_to(p, i, j);
  if (n_done > 0)
    write_state(p, around);
  else
    cdf_sampler_start(s, &p->options, NULL); /* draws the noise of all that is seen; went well before */
  for (int ch = 0; ch < p->channels && n_done > 0; ch++)
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) s->clean[place(p, ch, x, y)] = *previous++;
  s->step = s->evaluation = n_done;
  cdf_sampler_prepare(s);
  const cdf_world patch = {reach, reach, side, side};
  cdf_sampler_part(s, &patch);
  cdf_status status = cdf_sampler_advance(s, err);
  if (status != CDF_OK) return status;
  read_state(p, next);
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) *clean++ = s->clean[place(p, ch, x, y)];
  return CDF_OK;
}
