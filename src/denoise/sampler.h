/* sampler.h: the reverse process on the lattice, one evaluation of the denoiser at a time, resumable anywhere.
 *
 *   if (cdf_sampler_start(s, &options, &err) != CDF_OK) ...
 *   while (!cdf_sampler_done(s)) {
 *     cdf_sampler_prepare(s);                   // everything that is constant over the image
 *     cdf_sampler_part(s, &all);                // or part by part, in any order, on any worker's copy
 *     if (cdf_sampler_advance(s, &err) != CDF_OK) ...
 *   }
 *   float *picture = s->clean;                  // [C][h][w], in [-1, 1]
 *
 * The state is kept in double. Models that predict the previous step (the write-up's) ignore kind, steps and sigmas:
 * their chain is as long as it was in training.
 */
#ifndef CDF_SAMPLER_H
#define CDF_SAMPLER_H

#include "denoiser.h"
#include "options.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

typedef struct cdf_sampler {
  cdf_denoiser denoiser;
  const cdf_kernels *k;
  cdf_sample_options options;
  cdf_world wanted; /* the part of the world whose state is wanted; fresh noise is drawn there alone */
  double sigma[CDF_MAX_STEPS + 1];
  double *z, *z_start, *slope; /* state; Heun: state and slope of the step's first half */
  float *state;                /* z rounded, what the network sees */
  float *clean, *previous;     /* the current and the last denoised lattice */
  float *unguided;
  bool *fixed;      /* room for blend.h */
  float *room;      /* and for doubt.h */
  int step, second; /* second: 1 in the second evaluation of a step of Heun */
  int evaluation;
} cdf_sampler;

/* Bytes of working memory, and set-up in an aligned block of that many. */
size_t cdf_sampler_bytes(const cdf_network *net, const cdf_world *world, int n_threads);
void cdf_sampler_init(cdf_sampler *s, const cdf_network *net, const cdf_world *world, const float *params,
                      int n_threads, const cdf_kernels *k, void *block);

/* Resolve the options, check them against the model and draw the initial state. CDF_USAGE with a sentence when one is
 * out of range.
 */
cdf_status cdf_sampler_start(cdf_sampler *s, const cdf_sample_options *options, cdf_error *err);

int cdf_sampler_n_evaluations(const cdf_sampler *s);
bool cdf_sampler_done(const cdf_sampler *s);
void cdf_sampler_prepare(cdf_sampler *s);
/* These cells of the clean lattice; their place is counted from the first cell of the world. */
void cdf_sampler_part(cdf_sampler *s, const cdf_world *part);
/* The same in passes over all cells, for threads that share them: without the class and with it when that guides, else
 * one. Every pass is prepared for once, then parts of it may be done at once, on a tile a thread. */
int cdf_sampler_passes(const cdf_sampler *s);
void cdf_sampler_prepare_pass(cdf_sampler *s, int pass);
void cdf_sampler_pass_part(cdf_sampler *s, int pass, const cdf_world *part, int thread);
/* Of a picture that starts from another, before it is advanced, the whole clean lattice: without what contradicts
 * what is to be seen of the source (doubt.h), and without a seam where a mask says what is new (blend.h). */
void cdf_sampler_blend(cdf_sampler *s);
/* CDF_FAILED with a sentence when the clean lattice has values that are no numbers; then nothing is advanced. */
cdf_status cdf_sampler_advance(cdf_sampler *s, cdf_error *err);

CDF_END_DECLS

#endif
