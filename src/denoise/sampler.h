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
#include "schedule.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

typedef enum {
  CDF_SAMPLER_DPM2M = 0, /* DPM-Solver++(2M), Lu et al. 2022: one evaluation a step */
  CDF_SAMPLER_HEUN,      /* Karras et al. 2022, algorithm 1: two evaluations a step but the last */
  CDF_SAMPLER_EULER,     /* = DDIM, Song et al. 2021 */
  CDF_SAMPLER_ANCESTRAL  /* DDPM-like: Euler down, then fresh noise */
} cdf_sampler_kind;
extern const char *const cdf_sampler_names[]; /* NULL-terminated, in the order above */

typedef struct cdf_sample_options { /* zero is the default everywhere */
  uint64_t seed;
  int label;      /* class + 1; 0: no class */
  int kind;       /* cdf_sampler_kind */
  int steps;      /* 0: 20 */
  float guidance; /* classifier-free guidance w: D = D_none + w (D_class - D_none); 0: the same as 1, off */
  float sigma_max, sigma_min, rho; /* 0: 80, 0.01, 7 */
  uint64_t other_seed;             /* the noise of two seeds, mixed on the sphere: 0 is all of `seed`, */
  float mix;                       /* 1 all of `other_seed` */
  /* A picture of the world, [C][h][w], mean subtracted, to start from; borrowed until the process is done. */
  const float *source;
  const float *fresh; /* [h][w]: 1 is made anew, 0 stays exactly the source, between is mixed; NULL: 1 everywhere */
  float strength;     /* of the noise that the source begins with: near 0 little changes; 0: the same as 1, all of it */
} cdf_sample_options;

typedef struct cdf_sampler {
  cdf_denoiser denoiser;
  const cdf_kernels *k;
  cdf_sample_options options;
  double sigma[CDF_MAX_STEPS + 1];
  double *z, *z_start, *slope; /* state; Heun: state and slope of the step's first half */
  float *state;                /* z rounded, what the network sees */
  float *clean, *previous;     /* the current and the last denoised lattice */
  float *unguided;
  int step, stage; /* stage 1: Heun's second evaluation */
  int evaluation;
} cdf_sampler;

/* Bytes of working memory, and set-up in an aligned block of that many. */
size_t cdf_sampler_bytes(const cdf_network *net, const cdf_world *world);
void cdf_sampler_init(cdf_sampler *s, const cdf_network *net, const cdf_world *world, const float *params,
                      const cdf_kernels *k, void *block);

/* Check the options against the model and draw the initial state. CDF_USAGE with a sentence when one is out of range.
 */
cdf_status cdf_sampler_start(cdf_sampler *s, const cdf_sample_options *options, cdf_error *err);

int cdf_sampler_n_evaluations(const cdf_sampler *s);
bool cdf_sampler_done(const cdf_sampler *s);
void cdf_sampler_prepare(cdf_sampler *s);
/* These cells of the clean lattice; their place is counted from the first cell of the world. */
void cdf_sampler_part(cdf_sampler *s, const cdf_world *part);
/* CDF_FAILED with a sentence when the clean lattice has values that are no numbers; then nothing is advanced. */
cdf_status cdf_sampler_advance(cdf_sampler *s, cdf_error *err);

CDF_END_DECLS

#endif
