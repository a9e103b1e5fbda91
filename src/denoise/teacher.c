#include "teacher.h"

#include <math.h>
#include <string.h>

#include "../base/mathx.h"
#include "schedule.h"

static size_t image_size(const cdf_network *net) {
  cdf_world frame = cdf_world_of(NULL, &net->config);
  return (size_t)net->config.channels * cdf_world_cells(&frame);
}

size_t cdf_teacher_floats(const cdf_network *net) {
  return cdf_denoiser_floats(net, NULL, 1) + cdf_tape_floats(&net->body, CDF_TILE) +
         3 * (size_t)cdf_pad((int)image_size(net));
}

void cdf_teacher_init(cdf_teacher *t, const cdf_network *net, const float *params, const cdf_mlp_weights *weights,
                      float *block) {
  size_t n = (size_t)cdf_pad((int)image_size(net));
  t->clean = block, t->previous = block + n, t->unguided = block + 2 * n;
  cdf_tape_init(&t->tape, &net->body, CDF_TILE, block + 3 * n);
  cdf_denoiser_init(&t->denoiser, net, NULL, params, 1, block + 3 * n + cdf_tape_floats(&net->body, CDF_TILE));
  if (weights) cdf_denoiser_use_learned(&t->denoiser, weights, &t->tape);
}

/* D of the whole frame, prepared and conditioned before. */
static void answer(float *out, cdf_teacher *t, const cdf_kernels *k) {
  cdf_denoiser_part(out, &t->denoiser, &t->denoiser.features.world, 0, k);
}

/* The i-th evaluation, into t->clean, guided as the sampler does it. */
static void evaluate(cdf_teacher *t, const float *state, float sigma, int i, const cdf_walk *walk,
                     const cdf_kernels *k) {
  cdf_denoiser_prepare(&t->denoiser, state, sigma, 0.25f * cdf_logf(sigma), i);
  cdf_denoiser_condition(&t->denoiser, walk->label, k);
  answer(t->clean, t, k);
  const cdf_config *c = &t->denoiser.net->config;
  float w = cdf_guidance_at(c, walk->label, walk->guidance, (double)sigma), most = cdf_guidance_most(c, (double)sigma);
  if (w == 1.0f) return;
  cdf_denoiser_condition_weak(&t->denoiser, walk->label, k);
  answer(t->unguided, t, k);
  for (size_t j = 0; j < image_size(t->denoiser.net); j++)
    t->clean[j] = cdf_guided(t->clean[j], t->unguided[j], w, most);
}

#define FINEST 0.02 /* the last noise level before the picture */

/* DPM-Solver++(2M), as the sampler does it, begun anew at walk->from. */
void cdf_teacher_walk(float *end, cdf_teacher *t, const float *state, const cdf_walk *walk, const cdf_kernels *k) {
  double sigma[CDF_MAX_STEPS + 2];
  size_t size = image_size(t->denoiser.net);
  if (walk->to > 0)
    cdf_schedule_edm(sigma, walk->n + 1, walk->from, walk->to, 7);
  else
    cdf_schedule_edm(sigma, walk->n, walk->from, fmin(FINEST, 0.5 * walk->from), 7);
  memcpy(end, state, size * sizeof *end);
  for (int i = 0; i < walk->n; i++) {
    double from = sigma[i], to = sigma[i + 1], blend = i > 0 ? cdf_dpm2m_blend(sigma[i - 1], from, to) : 0;
    float *swap = t->previous;
    t->previous = t->clean, t->clean = swap;
    evaluate(t, end, (float)from, i, walk, k);
    for (size_t j = 0; j < size; j++) {
      double d = t->clean[j] + blend * ((double)t->clean[j] - (double)t->previous[j]);
      end[j] = (float)(to / from * (double)end[j] + (1 - to / from) * d);
    }
  }
}
