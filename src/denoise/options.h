/* options.h: how a picture is sampled: one plain struct, and one table that names its fields.
 *
 *   cdf_sample_options o = model->sample;                    // what this model begins with
 *   if (cdf_sample_set(&o, "guidance", "1.5", &err) != CDF_OK) die(err.text);
 *   char text[512];
 *   cdf_sample_print(text, sizeof text, &o, &model->net.config, false);  // "seed 1; class 3; steps 20; ..."
 *
 * The table serves flags and their help, the text that crosses into WebAssembly, the parameters in a PNG, and the
 * "sample." metadata in which a model keeps defaults of its own.
 */
#ifndef CDF_OPTIONS_H
#define CDF_OPTIONS_H

#include "schedule.h"
#include "config.h"

CDF_BEGIN_DECLS

typedef enum {
  CDF_SAMPLER_DPM2M = 1, /* DPM-Solver++(2M), Lu et al. 2022: one evaluation a step */
  CDF_SAMPLER_HEUN,      /* Karras et al. 2022, algorithm 1: two evaluations a step but the last */
  CDF_SAMPLER_EULER,     /* = DDIM, Song et al. 2021 */
  CDF_SAMPLER_ANCESTRAL, /* DDPM-like: Euler down, then fresh noise */
  CDF_SAMPLER_RENOISE,   /* the picture guessed, with fresh noise: of consistency models (Song et al. 2023) */
  CDF_SAMPLER_SDE        /* SDE-DPM-Solver++(2M), Lu et al. 2022: one evaluation a step, fresh noise in every one */
} cdf_sampler_kind;
extern const char *const cdf_sampler_names[]; /* NULL-terminated, in the order above, from CDF_SAMPLER_DPM2M */

/* Zero is the default of kind, steps, guidance, sigma_max, sigma_min, rho, coarse_above and strength: see
 * cdf_sample_resolve. */
typedef struct cdf_sample_options {
  uint64_t seed;
  int label;      /* class, from 0; -1: none. A model without classes takes 0 for none, too */
  int kind;       /* cdf_sampler_kind */
  int steps;      /* of the reverse process */
  float guidance; /* w: D = D_weak + w (D - D_weak), D_weak without the class, or see weak_block in config.h; 1: off */
  float sigma_max, sigma_min, rho;
  float coarse_above;  /* the noise level from which on answers are made coarsely: cdf_denoiser_coarsen */
  uint64_t other_seed; /* the noise of two seeds, mixed on the sphere: 0 is all of `seed`, */
  float mix;           /* 1 all of `other_seed` */
  float strength;      /* of the noise that the source begins with: near 0 little changes; 1, all of it, by default */
  /* A picture of the world, [C][h][w], mean subtracted, to start from; borrowed until the process is done. */
  const float *source;
  const float *mask; /* [h][w]: 1 is made anew, 0 stays exactly the source, between is mixed; NULL: 1 everywhere */
  bool measured;     /* every answer is believed (doubt.h): to measure them */
} cdf_sample_options;

/* All that is text: not source and mask. A key is a flag with '-' for '_', and with ' ' for it a word in a PNG. */
extern const cdf_field cdf_sample_fields[];

/* What everyone begins with where neither the caller nor the model says otherwise: the only place of these numbers. */
extern const cdf_sample_options cdf_sample_general;

/* What is 0 and may not be becomes what `defaults` says, or everyone's (defaults NULL). */
void cdf_sample_resolve(cdf_sample_options *options, const cdf_sample_options *defaults);

/* Set `key` from text; or several, from lines of key=value. CDF_USAGE with a sentence for an unknown key or a value out
 * of range. */
cdf_status cdf_sample_set(cdf_sample_options *options, const char *key, const char *value, cdf_error *err);
cdf_status cdf_sample_read(cdf_sample_options *options, const char *lines, cdf_error *err);

/* What made a picture of this model, as it stands in a PNG: "seed 7; class 3; steps 20; ..."; what changes nothing is
 * left out. shared: of several pictures, without their seeds and classes. */
void cdf_sample_print(char *text, size_t n, const cdf_sample_options *options, const cdf_config *config, bool shared);

/* Is every option within its bounds, and does this model know it? The sentence names the first that is not. */
cdf_status cdf_sample_check(const cdf_sample_options *options, const cdf_config *config, cdf_error *err);

/* Where a process begins that is to change a picture by a strength from 0 to 1 (SDEdit, Meng et al. 2022): the noise
 * level at which noise and a picture of deviation sd are mixed as sine and cosine of that share of a quarter turn,
 * whatever the schedule; at most sigma_max. And the strength that begins at sigma. */
double cdf_strength_sigma(double strength, double sd, double sigma_max);
double cdf_sigma_strength(double sigma, double sd);

CDF_END_DECLS

#endif
