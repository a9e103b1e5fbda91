#include "coordiff.h"

#include <stdlib.h>

#include "arena.h"
#include "mathx.h"
#include "renderer.h"

struct cdf_generation {
  const cdf_model *model;
  void *block;
  cdf_sampler sampler;
};

cdf_status cdf_generation_create(cdf_generation **out, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  size_t bytes = cdf_sampler_bytes(&model->net);
  cdf_generation *g = calloc(1, sizeof *g);
  if (g) g->block = cdf_aligned_zalloc(bytes);
  if (!g || !g->block) {
    free(g);
    return cdf_fail_memory(err, bytes);
  }
  g->model = model;
  cdf_sampler_init(&g->sampler, &model->net, model->params, k, g->block);
  *out = g;
  return CDF_OK;
}

void cdf_generation_free(cdf_generation *g) {
  if (!g) return;
  cdf_aligned_free(g->block);
  free(g);
}

cdf_status cdf_generation_start(cdf_generation *g, const cdf_sample_options *options, cdf_error *err) {
  return cdf_sampler_start(&g->sampler, options, err);
}

void cdf_generation_step(cdf_generation *g) {
  if (cdf_generation_done(g)) return;
  cdf_sampler_prepare(&g->sampler);
  cdf_sampler_rows(&g->sampler, 0, g->model->net.config.lattice_height);
  cdf_sampler_advance(&g->sampler);
}

int cdf_generation_evaluations(const cdf_generation *g) { return cdf_sampler_n_evaluations(&g->sampler); }
int cdf_generation_evaluation(const cdf_generation *g) { return g->sampler.evaluation; }
bool cdf_generation_done(const cdf_generation *g) { return cdf_sampler_done(&g->sampler); }
void cdf_generation_prepare(cdf_generation *g) { cdf_sampler_prepare(&g->sampler); }
void cdf_generation_rows(cdf_generation *g, int y0, int y1) { cdf_sampler_rows(&g->sampler, y0, y1); }
void cdf_generation_advance(cdf_generation *g) { cdf_sampler_advance(&g->sampler); }

float *cdf_generation_clean(cdf_generation *g) { return g->sampler.clean; }

const float *cdf_generation_state(cdf_generation *g) {
  const cdf_config *c = &g->model->net.config;
  for (int i = 0; i < c->channels * c->lattice_width * c->lattice_height; i++)
    g->sampler.state[i] = (float)g->sampler.z[i];
  return g->sampler.state;
}

size_t cdf_canvas_bytes(const cdf_model *model, int width, int height) {
  if (width < 1 || height < 1 || width > CDF_MAX_CANVAS || height > CDF_MAX_CANVAS) return 0;
  size_t pixels, bytes;
  return cdf_mul(&pixels, (size_t)width, (size_t)height) && cdf_mul(&bytes, pixels, (size_t)model->net.config.channels)
             ? bytes
             : 0;
}

void cdf_generation_render(const cdf_generation *g, uint8_t *pixels, int width, int height, int y0, int y1) {
  static const float no_mean[CDF_MAX_CHANNELS];
  const cdf_config *c = &g->model->net.config;
  cdf_render_rows(pixels, width, height, y0, y1, g->sampler.clean, c->lattice_width, c->lattice_height, c->channels,
                  c->target == CDF_TARGET_EDM ? c->mean : no_mean);
}

void cdf_generation_denoise(cdf_generation *g, float *out, const float *z, float sigma, int label) {
  cdf_denoiser *d = &g->sampler.denoiser;
  cdf_denoiser_prepare(d, z, sigma, 0.25f * cdf_logf(sigma));
  cdf_denoiser_condition(d, label, g->sampler.k);
  cdf_denoiser_rows(out, d, 0, g->model->net.config.lattice_height, g->sampler.k);
}

const float *cdf_generation_tile(cdf_generation *g, const float *rows, int m) {
  cdf_denoiser *d = &g->sampler.denoiser;
  return cdf_denoiser_tile(d, rows ? rows : d->tiles, m, g->sampler.k);
}
