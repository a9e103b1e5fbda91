#include "coordiff.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mathx.h"
#include "render/renderer.h"

struct cdf_generation {
  const cdf_model *model;
  void *block;
  cdf_sampler sampler;
  cdf_renderer renderer;
  bool loaded; /* does the renderer have the current clean lattice? */
};

static cdf_status check_world(const cdf_world *w, cdf_error *err) {
  if (w->width >= 1 && w->width <= CDF_MAX_LATTICE && w->height >= 1 && w->height <= CDF_MAX_LATTICE &&
      w->x > -CDF_MAX_WORLD && w->x < CDF_MAX_WORLD && w->y > -CDF_MAX_WORLD && w->y < CDF_MAX_WORLD)
    return CDF_OK;
  return cdf_fail(
      err, CDF_USAGE,
      "a world of %d x %d cells at (%d, %d) cannot be made: its sides must be from 1 to %d cells, its place "
      "within %d of the origin",
      w->width, w->height, w->x, w->y, CDF_MAX_LATTICE, CDF_MAX_WORLD);
}

cdf_status cdf_generation_create(cdf_generation **out, const cdf_model *model, const cdf_world *asked,
                                 const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  const cdf_network *net = &model->net;
  cdf_world world = cdf_world_of(asked, &net->config);
  cdf_status status = check_world(&world, err);
  if (status != CDF_OK) return status;
  const cdf_render_net *render = model->render_params ? &model->render : NULL;
  size_t sampling = cdf_sampler_bytes(net, &world);
  size_t bytes = sampling + cdf_renderer_bytes(&world, net->config.channels, render);
  cdf_generation *g = calloc(1, sizeof *g);
  if (g) g->block = cdf_aligned_zalloc(bytes);
  if (!g || !g->block) {
    free(g);
    return cdf_fail_memory(err, bytes);
  }
  g->model = model;
  cdf_sampler_init(&g->sampler, net, &world, model->params, k, g->block);
  cdf_renderer_init(&g->renderer, &world, net->config.channels, render, model->render_params, k,
                    (unsigned char *)g->block + sampling);
  *out = g;
  return CDF_OK;
}

cdf_world cdf_generation_world(const cdf_generation *g) { return g->renderer.world; }

void cdf_generation_free(cdf_generation *g) {
  if (!g) return;
  cdf_aligned_free(g->block);
  free(g);
}

cdf_status cdf_generation_start(cdf_generation *g, const cdf_sample_options *options, cdf_error *err) {
  cdf_sample_options o = *options;
  cdf_sample_resolve(&o, &g->model->sample);
  g->loaded = false;
  return cdf_sampler_start(&g->sampler, &o, err);
}

cdf_status cdf_generation_step(cdf_generation *g, cdf_error *err) {
  if (cdf_generation_done(g)) return CDF_OK;
  cdf_generation_prepare(g);
  cdf_generation_rows(g, 0, g->renderer.world.height);
  return cdf_generation_advance(g, err);
}

int cdf_generation_evaluations(const cdf_generation *g) { return cdf_sampler_n_evaluations(&g->sampler); }
int cdf_generation_evaluation(const cdf_generation *g) { return g->sampler.evaluation; }
bool cdf_generation_done(const cdf_generation *g) { return cdf_sampler_done(&g->sampler); }
void cdf_generation_prepare(cdf_generation *g) {
  g->loaded = false;
  cdf_sampler_prepare(&g->sampler);
}
void cdf_generation_rows(cdf_generation *g, int y0, int y1) {
  const cdf_world part = {0, y0, g->renderer.world.width, y1 - y0};
  cdf_sampler_part(&g->sampler, &part);
}
cdf_status cdf_generation_advance(cdf_generation *g, cdf_error *err) {
  g->loaded = false;
  return cdf_sampler_advance(&g->sampler, err);
}

float *cdf_generation_clean(cdf_generation *g) {
  g->loaded = false;
  return g->sampler.clean;
}

const float *cdf_generation_state(cdf_generation *g) {
  size_t n = cdf_world_cells(&g->renderer.world) * (size_t)g->renderer.channels;
  for (size_t i = 0; i < n; i++) g->sampler.state[i] = (float)g->sampler.z[i];
  return g->sampler.state;
}

size_t cdf_canvas_bytes(const cdf_model *model, int width, int height) {
  if (width < 1 || height < 1 || width > CDF_MAX_CANVAS || height > CDF_MAX_CANVAS) return 0;
  size_t pixels, bytes;
  return cdf_mul(&pixels, (size_t)width, (size_t)height) && cdf_mul(&bytes, pixels, (size_t)model->net.config.channels)
             ? bytes
             : 0;
}

static void draw(cdf_generation *g, uint8_t *pixels, int width, int height, const cdf_view *view, int y0, int y1) {
  cdf_view whole = cdf_view_fit(&g->renderer.world, width, height);
  cdf_renderer_rows(&g->renderer, pixels, width, view ? view : &whole, y0, y1);
}

static void load(cdf_generation *g, const float *lattice) {
  static const float no_mean[CDF_MAX_CHANNELS];
  const cdf_config *c = &g->model->net.config;
  cdf_renderer_load(&g->renderer, lattice, c->target == CDF_TARGET_EDM ? c->mean : no_mean);
}

void cdf_generation_render(cdf_generation *g, uint8_t *pixels, int width, int height, const cdf_view *view, int y0,
                           int y1) {
  if (!g->loaded) load(g, g->sampler.clean);
  g->loaded = true;
  draw(g, pixels, width, height, view, y0, y1);
}

void cdf_generation_render_lattice(cdf_generation *g, const float *lattice, uint8_t *pixels, int width, int height,
                                   const cdf_view *view, int y0, int y1) {
  const cdf_render_net *net = g->renderer.net;
  g->loaded = false;
  g->renderer.net = NULL;
  load(g, lattice);
  draw(g, pixels, width, height, view, y0, y1);
  g->renderer.net = net;
}

void cdf_generation_denoise(cdf_generation *g, float *out, const float *z, float sigma, int label) {
  cdf_denoiser *d = &g->sampler.denoiser;
  cdf_denoiser_prepare(d, z, sigma, 0.25f * cdf_logf(sigma), 0);
  cdf_denoiser_condition(d, label, g->sampler.k);
  const cdf_world all = {0, 0, g->renderer.world.width, g->renderer.world.height};
  cdf_denoiser_part(out, d, &all, g->sampler.k);
}

const float *cdf_generation_tile(cdf_generation *g, const float *rows, int m) {
  cdf_denoiser *d = &g->sampler.denoiser;
  return cdf_denoiser_tile(d, rows ? rows : d->rows, m, g->sampler.k);
}
