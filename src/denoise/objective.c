#include "objective.h"

#include <math.h>

#include "../base/mathx.h"
#include "schedule.h"

static float draw_sigma(const cdf_train_config *train, double quantile) {
  return (float)exp(train->p_mean + train->p_std * cdf_normal_quantile(quantile));
}

/* EDM (Karras et al. 2022): state z = y + sigma n, target F* = (y - c_skip z) / c_out. Bins: sigma < 0.1, < 0.5, < 2,
 * above. */
static void noise_to(cdf_lesson *l, const cdf_config *c, float sigma) {
  float skip = (float)cdf_edm_skip(sigma, c->sigma_data), inverse_out = 1.0f / (float)cdf_edm_out(sigma, c->sigma_data);
  for (size_t i = 0; i < l->size; i++) {
    l->state[i] = l->clean[i] + sigma * l->noise[i];
    l->target[i] = (l->clean[i] - skip * l->state[i]) * inverse_out;
  }
  l->context = l->state;
  l->sigma = sigma, l->time = 0.25f * cdf_logf(sigma);
  l->bin = sigma < 0.1f ? 0 : sigma < 0.5f ? 1 : sigma < 2.0f ? 2 : 3;
}

static void teach_edm(cdf_lesson *l, const cdf_config *c, const cdf_train_config *train, double quantile, uint64_t seed,
                      cdf_counter counter) {
  (void)seed, (void)counter;
  noise_to(l, c, draw_sigma(train, quantile));
}

#define STEPS_FIRST 16.0 /* of the way down to the picture: one of so many is compared at first, */
#define STEPS_LAST 64.0  /* and one of so many at last */
#define NEAREST 0.002f   /* what is less noisy is the picture */

/* Consistency tuning (Geng et al. 2024, "Consistency models made easy"): one answer all the way down a path, so that
 * few steps make a picture. The share of the way from sigma to the nearer state is n / steps, n = 1 + 8
 * sigmoid(-sigma). The weight of an error of the picture is theirs, 1 / (sigma - nearer), here for an error of F; the 4
 * keeps it near 1. */
static void teach_consistency(cdf_lesson *l, const cdf_config *c, const cdf_train_config *train, double quantile,
                              uint64_t seed, cdf_counter counter) {
  (void)seed, (void)counter;
  float sigma = draw_sigma(train, quantile);
  double steps = STEPS_FIRST * pow(STEPS_LAST / STEPS_FIRST, (double)l->step / train->steps);
  double share = fmin(1, (1 + 8 * (double)cdf_sigmoidf(-sigma)) / steps), out = cdf_edm_out(sigma, c->sigma_data);
  float nearer = sigma * (float)(1 - share);
  noise_to(l, c, sigma);
  l->sigma_nearer = nearer < NEAREST ? 0 : nearer;
  l->weight = (float)(4 * out * out / (share * (double)sigma));
  for (size_t i = 0; i < l->size; i++) l->nearer[i] = l->clean[i] + l->sigma_nearer * l->noise[i];
}

/* Distillation (Salimans & Ho 2022): one of the student's own steps, at which a teacher makes several. */
static void teach_distillation(cdf_lesson *l, const cdf_config *c, const cdf_train_config *train, double quantile,
                               uint64_t seed, cdf_counter counter) {
  (void)seed, (void)counter;
  double sigma[CDF_MAX_STEPS + 1];
  int n = train->student_steps, step = cdf_min((int)(quantile * n), n - 1);
  cdf_schedule_edm(sigma, n, train->student_sigma_max, train->student_sigma_min, train->student_rho);
  noise_to(l, c, (float)sigma[step]);
  l->sigma_nearer = (float)sigma[step + 1];
}

/* The write-up: state I_t, target I_(t-1), one step of the same chain apart. Bins: quarters of t. */
static void teach_previous(cdf_lesson *l, const cdf_config *c, const cdf_train_config *train, double quantile,
                           uint64_t seed, cdf_counter counter) {
  (void)train;
  int timesteps = c->timesteps, t = 1 + cdf_min((int)(quantile * timesteps), timesteps - 1);
  double before = cdf_ddpm_alpha_bar(t - 1, timesteps), after = cdf_ddpm_alpha_bar(t, timesteps),
         alpha = after / before;
  float a = (float)sqrt(before), b = (float)sqrt(1 - before), d = (float)sqrt(alpha), e = (float)sqrt(1 - alpha);
  for (size_t i = 0; i < l->size; i++) l->target[i] = a * l->clean[i] + b * l->noise[i];
  counter.v[0] = 1u << 30;
  cdf_rng_normal_fill(l->noise, l->size, seed, counter);
  for (size_t i = 0; i < l->size; i++) l->state[i] = d * l->target[i] + e * l->noise[i];
  l->context = c->context == CDF_CONTEXT_CLEAN ? l->clean : l->state;
  l->sigma = 0.0f, l->time = 2.0f * (float)t / (float)timesteps - 1.0f;
  l->bin = cdf_min((int)(4.0f * ((float)t / (float)timesteps)), CDF_LOSS_BINS - 1);
}

const cdf_objective *cdf_objective_of(const cdf_config *config, const cdf_train_config *train) {
  static const cdf_objective edm = {true, false, false, teach_edm}, previous = {false, false, false, teach_previous},
                             consistency = {true, true, false, teach_consistency},
                             distillation = {true, false, true, teach_distillation};
  if (config->target != CDF_TARGET_EDM) return &previous;
  if (train->objective == CDF_OBJECTIVE_DISTILLATION) return &distillation;
  return train->objective == CDF_OBJECTIVE_CONSISTENCY ? &consistency : &edm;
}
