#include "patch.h"

#include <stdlib.h>

#include "../base/arena.h"

struct cdf_patcher {
  const cdf_model *model;
  cdf_sampler sampler; /* over the patch and the margin around it; only the patch itself is evaluated */
  cdf_sample_options options;
  int channels, width, height;
  int across, down; /* cells of margin on either side, 0 at a frame: what an evaluation sees */
  void *block;
};

bool cdf_is_endless(const cdf_config *c) {
  return c->coordinates != CDF_COORDINATES_BOTH && c->target == CDF_TARGET_EDM;
}

int cdf_patch_side(const cdf_config *c, cdf_axis axis) {
  if (cdf_is_framed(c, axis)) return cdf_frame_side(c, axis);
  return (cdf_features_reach(c) + 3) / 4 * 4;
}

cdf_status cdf_patcher_create(cdf_patcher **out, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  const cdf_config *c = &model->net.config;
  if (!cdf_is_endless(c))
    return cdf_fail(err, CDF_USAGE,
                    "this model has a frame, outside of which it knows nothing; a world without end takes one that was "
                    "trained with coordinates = none (or x or y alone) and target = edm");
  cdf_patcher *p = calloc(1, sizeof *p);
  int width = cdf_patch_side(c, CDF_AXIS_X), height = cdf_patch_side(c, CDF_AXIS_Y), reach = cdf_features_reach(c);
  int across = cdf_is_framed(c, CDF_AXIS_X) ? 0 : reach, down = cdf_is_framed(c, CDF_AXIS_Y) ? 0 : reach;
  const cdf_world world = {0, 0, width + 2 * across, height + 2 * down};
  size_t bytes = cdf_sampler_bytes(&model->net, &world, 1);
  if (p) p->block = cdf_aligned_zalloc(bytes);
  if (!p || !p->block) {
    free(p);
    return cdf_fail_memory(err, bytes);
  }
  p->model = model;
  p->channels = c->channels, p->width = width, p->height = height, p->across = across, p->down = down;
  cdf_sampler_init(&p->sampler, &model->net, &world, model->params, 1, k, p->block);
  p->sampler.wanted = (cdf_world){across, down, width, height};
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
                    "heun's two evaluations a step do not go patch by patch; take another "
                    "sampler");
  if (options->source)
    return cdf_fail(err, CDF_USAGE, "a world without end cannot start from a picture; leave out the source");
  p->options = *options;
  cdf_status status = cdf_model_resolve(p->model, &p->options, err);
  return status == CDF_OK ? cdf_sampler_start(&p->sampler, &p->options, err) : status;
}

int cdf_patcher_n_evaluations(const cdf_patcher *p) { return cdf_sampler_n_evaluations(&p->sampler); }

/* To patch (i, j); there is only one along an axis with a frame. */
static cdf_status go_to(cdf_patcher *p, int i, int j, cdf_error *err) {
  if ((p->across == 0 && i != 0) || (p->down == 0 && j != 0))
    return cdf_fail(err, CDF_USAGE,
                    "patch (%d, %d) lies beyond the frame of this model, whose world goes on %s only; ask for %s = 0",
                    i, j, p->across ? "across" : "down", p->across ? "j" : "i");
  p->sampler.denoiser.features.world.x = i * p->width - p->across;
  p->sampler.denoiser.features.world.y = j * p->height - p->down;
  return CDF_OK;
}

/* Where the patch's cell (x, y) of a channel lies in the sampler's arrays; x and y may lie in the margin. */
static size_t place(const cdf_patcher *p, int ch, int x, int y) {
  size_t width = (size_t)(p->width + 2 * p->across), height = (size_t)(p->height + 2 * p->down);
  return ((size_t)ch * height + (size_t)(y + p->down)) * width + (size_t)(x + p->across);
}

/* The same in one of the nine patches. */
static float look(const cdf_patcher *p, const float *const around[9], int ch, int x, int y) {
  int w = p->width, h = p->height, i = x < 0 ? 0 : x < w ? 1 : 2, j = y < 0 ? 0 : y < h ? 1 : 2;
  return around[3 * j + i][(ch * h + y - (j - 1) * h) * w + x - (i - 1) * w];
}

/* The patch out of the sampler's state. */
static void read_state(const cdf_patcher *p, float *z) {
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = 0; y < p->height; y++)
      for (int x = 0; x < p->width; x++) *z++ = (float)p->sampler.z[place(p, ch, x, y)];
}

/* The nine patches into the sampler's state, as far as they are seen. */
static void write_state(cdf_patcher *p, const float *const around[9]) {
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = -p->down; y < p->height + p->down; y++)
      for (int x = -p->across; x < p->width + p->across; x++)
        p->sampler.z[place(p, ch, x, y)] = look(p, around, ch, x, y);
}

cdf_status cdf_patcher_advance(cdf_patcher *p, float *next, float *clean, const float *const around[9],
                               const float *previous, int i, int j, int n_done, cdf_error *err) {
  cdf_sampler *s = &p->sampler;
  cdf_status status = go_to(p, i, j, err);
  if (status != CDF_OK) return status;
  if (n_done > 0)
    write_state(p, around);
  else
    cdf_sampler_start(s, &p->options, NULL); /* draws the noise of all that is seen; went well before */
  for (int ch = 0; ch < p->channels && n_done > 0; ch++)
    for (int y = 0; y < p->height; y++)
      for (int x = 0; x < p->width; x++) s->clean[place(p, ch, x, y)] = *previous++;
  s->step = s->evaluation = n_done;
  cdf_sampler_prepare(s);
  const cdf_world patch = {p->across, p->down, p->width, p->height};
  cdf_sampler_part(s, &patch);
  status = cdf_sampler_advance(s, err);
  if (status != CDF_OK) return status;
  read_state(p, next);
  for (int ch = 0; ch < p->channels; ch++)
    for (int y = 0; y < p->height; y++)
      for (int x = 0; x < p->width; x++) *clean++ = s->clean[place(p, ch, x, y)];
  return CDF_OK;
}
