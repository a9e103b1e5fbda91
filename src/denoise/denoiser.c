#include "denoiser.h"

#include "schedule.h"

/* With block NULL: adds up what a denoiser costs. Otherwise hands out its memory; every part is a multiple of CDF_LANES
 * floats, so that all stay aligned. */
static size_t layout(cdf_denoiser *d, const cdf_network *net, const cdf_world *world, const float *params,
                     int n_threads, float *block) {
  float *folded, *tape, *features;
  size_t threads = (size_t)n_threads;
  const struct {
    float **at;
    size_t n;
  } parts[] = {{&d->rows, threads * CDF_TILE * (size_t)net->n_features},
               {&d->answer, threads * CDF_TILE * CDF_LANES},
               {&d->tiles, threads * cdf_tile_floats(&net->body, CDF_TILE)},
               {&folded, cdf_folded_floats(&net->body)},
               {&d->cond, (size_t)net->n_cond},
               {&d->film, (size_t)net->n_film},
               {&tape, cdf_tape_floats(&net->cond, 1)},
               {&features, cdf_features_floats(&net->config, world)}};
  size_t n = 0;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++, n += parts[i - 1].n)
    if (block) *parts[i].at = block + n;
  if (!block) return n;
  cdf_folded_init(&d->body, &net->body, params, CDF_TILE, folded);
  cdf_mlp_weights_init(&d->cond_weights, &net->cond, params, NULL, false);
  cdf_tape_init(&d->cond_tape, &net->cond, 1, tape);
  cdf_features_init(&d->features, &net->config, world, features);
  return n;
}

size_t cdf_denoiser_floats(const cdf_network *net, const cdf_world *world, int n_threads) {
  return layout(&(cdf_denoiser){0}, net, world, NULL, n_threads, NULL);
}

void cdf_denoiser_init(cdf_denoiser *d, const cdf_network *net, const cdf_world *world, const float *params,
                       int n_threads, float *block) {
  *d = (cdf_denoiser){.net = net, .n_threads = n_threads};
  layout(d, net, world, params, n_threads, block);
}

void cdf_denoiser_prepare(cdf_denoiser *d, const float *state, float sigma, float time) {
  const cdf_config *c = &d->net->config;
  d->state = state;
  d->skip = c->target == CDF_TARGET_EDM ? cdf_edm_skip(sigma, c->sigma_data) : 0;
  d->out = c->target == CDF_TARGET_EDM ? cdf_edm_out(sigma, c->sigma_data) : 1;
  cdf_features_prepare(&d->features, state, state, c->target == CDF_TARGET_EDM ? sigma : 0.0f, time);
}

void cdf_denoiser_condition(cdf_denoiser *d, int label, const cdf_kernels *k) {
  const cdf_network *net = d->net;
  if (net->n_cond > 0) cdf_features_cond(d->cond, &d->features, label);
  cdf_network_film(d->film, &d->cond_tape, net, &d->cond_weights, d->cond, 1, k);
  cdf_mlp_fold(&d->body, d->film);
}

/* On this thread's tile. */
static const float *run_tile(const cdf_denoiser *d, const float *x, int m, int thread, const cdf_kernels *k) {
  float *answer = d->answer + (size_t)thread * CDF_TILE * CDF_LANES;
  float *tiles = d->tiles + (size_t)thread * cdf_tile_floats(&d->net->body, CDF_TILE);
  cdf_mlp_tile(answer, &d->body, tiles, x, m, k);
  return answer;
}

const float *cdf_denoiser_tile(cdf_denoiser *d, const float *x, int m, const cdf_kernels *k) {
  return run_tile(d, x, m, 0, k);
}

void cdf_denoiser_part(float *out, const cdf_denoiser *d, const cdf_world *part, int thread, const cdf_kernels *k) {
  float *rows = d->rows + (size_t)thread * CDF_TILE * (size_t)d->net->n_features;
  const cdf_config *c = &d->net->config;
  int w = d->features.world.width, n = (int)cdf_world_cells(part);
  size_t plane = cdf_world_cells(&d->features.world);
  float skip = (float)d->skip, scale = (float)d->out;
  for (int begin = 0; begin < n; begin += CDF_TILE) {
    int m = cdf_min(CDF_TILE, n - begin), cells[CDF_TILE];
    for (int i = 0; i < m; i++) {
      int x = part->x + (begin + i) % part->width, y = part->y + (begin + i) / part->width;
      cdf_features_gather(rows + (size_t)i * (size_t)d->net->n_features, &d->features, x, y);
      cells[i] = y * w + x;
    }
    const float *f = run_tile(d, rows, m, thread, k);
    for (int ch = 0; ch < c->channels; ch++)
      for (int i = 0; i < m; i++) {
        size_t at = plane * (size_t)ch + (size_t)cells[i];
        out[at] = skip * d->state[at] + scale * f[(size_t)i * CDF_LANES + (size_t)ch];
      }
  }
}
