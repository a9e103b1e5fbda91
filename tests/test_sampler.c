/* test_sampler.c: the reverse process with denoisers that are known exactly. The sampler is a plain struct: between
 * prepare and advance a test writes the denoised lattice itself. */
#include "../src/base/arena.h"
#include "../src/coordiff.h"
#include "../src/base/rng.h"

#include "test.h"

#define SD 0.6

/* ---- a sampler of a model with arbitrary weights ---- */

typedef struct rig {
  cdf_config config;
  cdf_network net;
  float *params;
  void *block;
  cdf_sampler s;
  int n; /* numbers in the lattice */
} rig;

static void rig_init(rig *r, int channels, int width, int height, cdf_target target) {
  r->config = (cdf_config){.channels = channels,
                           .lattice_width = width,
                           .lattice_height = height,
                           .hidden = 16,
                           .n_layers = 1,
                           .stride = 1,
                           .n_levels = 1,
                           .timesteps = 7,
                           .sigma_data = (float)SD,
                           .level_sd = {(float)SD},
                           .target = (int)target,
                           .activation = CDF_ACT_SILU};
  if (target == CDF_TARGET_EDM) r->config.cond_hidden = 16, r->config.n_classes = 3, r->config.tap_radius[0] = 1;
  cdf_network_init(&r->net, &r->config);
  r->params = cdf_aligned_zalloc(r->net.tensors.n_params * sizeof(float));
  cdf_network_randomize(&r->net, r->params, 5);
  for (int i = 0; i < r->net.tensors.n; i++) { /* open the gates and the output too; keep the padding zero */
    const cdf_shape *t = &r->net.tensors.list[i];
    for (int row = 0; row < t->rows; row++)
      for (int col = 0; col < t->cols; col++) {
        float u[4];
        cdf_rng_uniform4(u, 77, (cdf_counter){{(uint32_t)i, (uint32_t)row, (uint32_t)col, 0}});
        r->params[t->offset + (size_t)(row * t->ld + col)] += 0.4f * (u[0] - 0.5f);
      }
  }
  r->block = cdf_aligned_zalloc(cdf_sampler_bytes(&r->net, NULL, 1));
  cdf_sampler_init(&r->s, &r->net, NULL, r->params, 1, cdf_kernels_best(), r->block);
  r->n = channels * width * height;
}

static void rig_free(rig *r) {
  cdf_aligned_free(r->params);
  cdf_aligned_free(r->block);
}

static void start(rig *r, const cdf_sample_options *options) {
  cdf_error err = {0};
  CHECK(cdf_sampler_start(&r->s, options, &err) == CDF_OK);
}

static double sigma_now(const cdf_sampler *s) { return s->sigma[s->step + s->second]; }

/* The state must stay on z = c + sigma / sigma_0 (z_0 - c), exactly solved by every deterministic sampler, and end at
 * c. */
TEST(a_point_mass_is_hit_exactly) {
  rig r;
  rig_init(&r, 2, 8, 6, CDF_TARGET_EDM);
  float c[96];
  cdf_rng_normal_fill(c, 96, 1, (cdf_counter){{0, 0, 0, 0}});
  for (int kind = CDF_SAMPLER_DPM2M; kind <= CDF_SAMPLER_ANCESTRAL; kind++)
    for (int steps = 1; steps <= 21; steps += 5) {
      double z0[96];
      start(&r, &(cdf_sample_options){.seed = 3, .kind = kind, .steps = steps});
      memcpy(z0, r.s.z, sizeof z0);
      int evaluations = 0;
      while (!cdf_sampler_done(&r.s)) {
        cdf_sampler_prepare(&r.s);
        memcpy(r.s.clean, c, sizeof c);
        cdf_sampler_advance(&r.s, NULL);
        evaluations++;
        double left = sigma_now(&r.s) / r.s.sigma[0];
        if (kind != CDF_SAMPLER_ANCESTRAL)
          for (int i = 0; i < r.n; i++) CHECK_NEAR(r.s.z[i], c[i] + left * (z0[i] - c[i]), 1e-10);
      }
      for (int i = 0; i < r.n; i++) CHECK_NEAR(r.s.z[i], c[i], 1e-12);
      CHECK(evaluations == (kind == CDF_SAMPLER_HEUN ? 2 * steps - 1 : steps));
      CHECK(cdf_sampler_n_evaluations(&r.s) == evaluations && r.s.evaluation == evaluations);
    }
  rig_free(&r);
}

/* One evaluation with the exact denoiser of N(0, SD^2) data. */
static void step_gaussian(cdf_sampler *s, int n) {
  double sigma = sigma_now(s);
  cdf_sampler_prepare(s);
  for (int i = 0; i < n; i++) s->clean[i] = (float)(s->z[i] * SD * SD / (SD * SD + sigma * sigma));
  cdf_sampler_advance(s, NULL);
}

/* Relative error of the state at sigma_min; the ODE's solution is z_0 sqrt((SD^2 + sigma^2) / (SD^2 + sigma_0^2)). */
static double gaussian_error(rig *r, int kind, int steps) {
  start(r, &(cdf_sample_options){.seed = 9, .kind = kind, .steps = steps});
  double z0 = r->s.z[0], first = r->s.sigma[0], last = r->s.sigma[steps - 1];
  while (r->s.step < steps - 1) step_gaussian(&r->s, r->n);
  return fabs(r->s.z[0] / (z0 * sqrt((SD * SD + last * last) / (SD * SD + first * first))) - 1);
}

TEST(convergence_order) {
  rig r;
  rig_init(&r, 1, 4, 4, CDF_TARGET_EDM);
  static const int kinds[] = {CDF_SAMPLER_EULER, CDF_SAMPLER_HEUN, CDF_SAMPLER_DPM2M};
  for (int k = 0; k < 3; k++) {
    double coarse = gaussian_error(&r, kinds[k], 41), fine = gaussian_error(&r, kinds[k], 81);
    double ratio = coarse / fine; /* 40 and 80 intervals: 2 for first order, 4 for second */
    if (kinds[k] == CDF_SAMPLER_EULER)
      CHECK_NEAR(ratio, 2, 0.15);
    else
      CHECK_NEAR(ratio, 4, 0.5);
    CHECK(coarse < (kinds[k] == CDF_SAMPLER_EULER ? 0.2 : 0.01));
  }
  rig_free(&r);
}

/* What is no number is told at once, whatever the process, and the process stays where it was. */
TEST(numbers_out_of_range_are_told) {
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  static const float source[96];
  for (int kind = 0; kind < 6; kind++) { /* four samplers, the chain, and one that keeps within colours */
    rig r;
    rig_init(&r, 2, 8, 6, kind == 4 ? CDF_TARGET_PREVIOUS : CDF_TARGET_EDM);
    start(&r, &(cdf_sample_options){.seed = 1,
                                    .steps = 3,
                                    .kind = kind < 4 ? kind + CDF_SAMPLER_DPM2M : 0,
                                    .source = kind == 5 ? source : NULL,
                                    .strength = kind == 5 ? 0.5f : 0.0f});
    const cdf_world all = {0, 0, 8, 6};
    for (int i = 0; !cdf_sampler_done(&r.s); i++) {
      cdf_error err = {0};
      cdf_sampler_prepare(&r.s);
      cdf_sampler_part(&r.s, &all);
      float kept = r.s.clean[(37 * i) % r.n];
      r.s.clean[(37 * i) % r.n] = bad[i % 3];
      CHECK(cdf_sampler_advance(&r.s, &err) == CDF_FAILED && r.s.evaluation == i && strstr(err.text, "no numbers"));
      r.s.clean[(37 * i) % r.n] = kept;
      CHECK(cdf_sampler_advance(&r.s, &err) == CDF_OK && r.s.evaluation == i + 1);
    }
    rig_free(&r);
  }
}

/* Keeping within colours hides none of them. */
TEST(a_strange_network_cannot_pass_for_a_colour) {
  rig r;
  cdf_error err = {0};
  static const float source[96];
  rig_init(&r, 2, 8, 6, CDF_TARGET_EDM);
  r.params[cdf_tensors_find(&r.net.tensors, "out.bias")->offset] = NAN;
  start(&r, &(cdf_sample_options){.seed = 1, .steps = 3, .source = source, .strength = 0.5f});
  const cdf_world all = {0, 0, 8, 6};
  cdf_sampler_prepare(&r.s);
  cdf_sampler_part(&r.s, &all);
  CHECK(cdf_sampler_advance(&r.s, &err) == CDF_FAILED);
  rig_free(&r);
}

/* Lu et al. 2022, algorithm 2, in its own terms: lambda = -ln sigma, r = h_last / h, D = (1 + 1 / 2r) x - 1 / 2r
 * x_last. */
TEST(dpm2m_formula) {
  rig r;
  rig_init(&r, 1, 4, 4, CDF_TARGET_EDM);
  start(&r, &(cdf_sample_options){
                .seed = 1, .steps = 4, .sigma_max = 10.0f, .sigma_min = 0.1f, .rho = 1.0f}); /* uneven lambdas */
  double z = r.s.z[5], last = 0;
  for (int step = 0; step < 4; step++) {
    double from = r.s.sigma[step], to = r.s.sigma[step + 1], x = 0.3 * step * step - 0.2, d = x;
    cdf_sampler_prepare(&r.s);
    for (int i = 0; i < r.n; i++) r.s.clean[i] = (float)x;
    cdf_sampler_advance(&r.s, NULL);
    if (step > 0 && to > 0) {
      double h = log(from / to), ratio = log(r.s.sigma[step - 1] / from) / h;
      d = (1 + 1 / (2 * ratio)) * x - 1 / (2 * ratio) * last;
    }
    z = to > 0 ? to / from * z - expm1(-log(from / to)) * d : d;
    last = x;
    CHECK_NEAR(r.s.z[5], z, 1e-6);
  }
  rig_free(&r);
}

TEST(ancestral_variance) {
  rig r;
  rig_init(&r, 1, 64, 64, CDF_TARGET_EDM);
  start(&r, &(cdf_sample_options){.seed = 9, .kind = CDF_SAMPLER_ANCESTRAL, .steps = 300});
  double first = r.s.z[0], sum = 0, square = 0, kept = 0;
  double *z0 = cdf_aligned_zalloc((size_t)r.n * sizeof *z0);
  memcpy(z0, r.s.z, (size_t)r.n * sizeof *z0);
  while (!cdf_sampler_done(&r.s)) step_gaussian(&r.s, r.n);
  for (int i = 0; i < r.n; i++) sum += r.s.z[i], square += r.s.z[i] * r.s.z[i], kept += r.s.z[i] * z0[i] / 80;
  CHECK_NEAR(sum / r.n, 0, 4 * SD / sqrt(r.n));
  CHECK_NEAR(square / r.n, SD * SD, 0.08 * SD * SD); /* deviation of a variance over 4096 cells: 2.2 % */
  CHECK(first != 0 && fabs(kept / r.n) < 0.2 * SD);  /* the start is forgotten: the noise is fresh */
  cdf_aligned_free(z0);
  rig_free(&r);
}

/* Every step forgets the state but for the guess: what is left of the start is what the guess says. */
TEST(renoise_is_the_guess_and_fresh_noise) {
  rig r;
  rig_init(&r, 1, 64, 64, CDF_TARGET_EDM);
  start(&r, &(cdf_sample_options){.seed = 9, .kind = CDF_SAMPLER_RENOISE, .steps = 3, .sigma_min = 0.3f});
  double *last = cdf_aligned_zalloc((size_t)r.n * sizeof *last);
  for (int step = 0; step < 3; step++) {
    double to = r.s.sigma[step + 1], square = 0, same = 0;
    for (int i = 0; i < r.n; i++) last[i] = r.s.z[i];
    cdf_sampler_prepare(&r.s);
    for (int i = 0; i < r.n; i++) r.s.clean[i] = 0.25f;
    CHECK(cdf_sampler_advance(&r.s, NULL) == CDF_OK);
    for (int i = 0; i < r.n; i++) square += pow(r.s.z[i] - 0.25, 2), same += (r.s.z[i] - 0.25) * last[i];
    CHECK_NEAR(sqrt(square / r.n), to, 0.05 * to);
    CHECK(fabs(same / r.n) <= 0.1 * to * r.s.sigma[step]);
  }
  CHECK(cdf_sampler_done(&r.s));
  cdf_aligned_free(last);
  rig_free(&r);
}

/* Lu et al. 2022: z = to / from e^-h z + (1 - e^-2h) D + to sqrt(1 - e^-2h) n, n new in every step. */
TEST(sde_formula) {
  rig r;
  rig_init(&r, 1, 64, 64, CDF_TARGET_EDM);
  start(&r, &(cdf_sample_options){.seed = 9, .kind = CDF_SAMPLER_SDE, .steps = 5, .sigma_min = 0.1f});
  for (int step = 0; step < 5; step++) {
    double from = r.s.sigma[step], to = r.s.sigma[step + 1], h = log(from / to), square = 0, same = 0, last[64 * 64];
    memcpy(last, r.s.z, sizeof last);
    cdf_sampler_prepare(&r.s);
    for (int i = 0; i < r.n; i++) r.s.clean[i] = 0.25f; /* always the same: no matter of which order */
    CHECK(cdf_sampler_advance(&r.s, NULL) == CDF_OK);
    for (int i = 0; i < r.n; i++) {
      double fresh = r.s.z[i] - (to > 0 ? to / from * exp(-h) * last[i] : 0) - 0.25 * (to > 0 ? 1 - exp(-2 * h) : 1);
      square += fresh * fresh, same += fresh * last[i];
    }
    double deviation = to > 0 ? to * sqrt(1 - exp(-2 * h)) : 0;
    CHECK_NEAR(sqrt(square / r.n), deviation, 0.05 * deviation + 1e-9);
    CHECK(fabs(same / r.n) <= 0.1 * deviation * from + 1e-9);
  }
  rig_free(&r);
}

/* Pictures of one seed in 12, 24 and 48 steps come ever nearer, and have the variance of the data. */
TEST(sde_refines_one_picture) {
  rig r;
  rig_init(&r, 1, 64, 64, CDF_TARGET_EDM);
  double made[3][64 * 64], apart[2] = {0}, square = 0;
  for (int k = 0; k < 3; k++) {
    start(&r, &(cdf_sample_options){.seed = 4, .kind = CDF_SAMPLER_SDE, .steps = 12 << k});
    while (!cdf_sampler_done(&r.s)) step_gaussian(&r.s, r.n);
    memcpy(made[k], r.s.z, sizeof made[k]);
  }
  for (int i = 0; i < r.n; i++) square += made[2][i] * made[2][i];
  for (int i = 0; i < r.n; i++)
    apart[0] += pow(made[0][i] - made[1][i], 2), apart[1] += pow(made[1][i] - made[2][i], 2);
  CHECK_NEAR(square / r.n, SD * SD, 0.1 * SD * SD);
  CHECK(apart[1] < 0.3 * apart[0] && sqrt(apart[1] / r.n) < 0.25 * SD);
  rig_free(&r);
}

static void refused(rig *r, const cdf_sample_options *options, const char *part) {
  cdf_error err = {0};
  CHECK(cdf_sampler_start(&r->s, options, &err) == CDF_USAGE && err.code == CDF_USAGE);
  CHECK_TEXT(err.text, part);
  CHECK(cdf_sampler_start(&r->s, options, NULL) == CDF_USAGE);
}

TEST(options) {
  rig r;
  rig_init(&r, 1, 4, 4, CDF_TARGET_EDM);
  start(&r, &(cdf_sample_options){0});
  CHECK(r.s.options.steps == 20 && r.s.options.guidance == 1.0f && r.s.options.rho == 7.0f);
  CHECK_NEAR(r.s.sigma[0], 80, 1e-4);
  CHECK_NEAR(r.s.sigma[19], 0.01, 1e-6);
  CHECK(r.s.sigma[20] == 0);
  start(&r, &(cdf_sample_options){.steps = CDF_MAX_STEPS, .label = 2, .guidance = 20.0f});
  refused(&r, &(cdf_sample_options){.steps = 1001}, "steps is 1001, but must be from 1 to 1000");
  refused(&r, &(cdf_sample_options){.steps = -1}, "steps is -1");
  refused(&r, &(cdf_sample_options){.kind = 7}, "sampler is 7, but must be from 1 to 6");
  refused(&r, &(cdf_sample_options){.kind = -1}, "sampler is -1");
  refused(&r, &(cdf_sample_options){.label = 3}, "class is 3, but this model's classes go from 0 to 2");
  refused(&r, &(cdf_sample_options){.label = -2}, "class is -2");
  refused(&r, &(cdf_sample_options){.guidance = NAN}, "guidance is nan, but must be from 0 to 20");
  refused(&r, &(cdf_sample_options){.guidance = -0.5f}, "guidance is -0.5");
  refused(&r, &(cdf_sample_options){.guidance = 21.0f}, "guidance is 21");
  refused(&r, &(cdf_sample_options){.sigma_max = 0.1f, .sigma_min = 0.2f}, "sigma_min 0.2, sigma_max 0.1 must satisfy");
  refused(&r, &(cdf_sample_options){.sigma_max = 1.0f, .sigma_min = 1.0f}, "0 < sigma_min < sigma_max");
  refused(&r, &(cdf_sample_options){.sigma_max = 1001.0f}, "sigma_max is 1001, but must be from 0 to 1000");
  refused(&r, &(cdf_sample_options){.sigma_min = -1.0f}, "sigma_min is -1");
  refused(&r, &(cdf_sample_options){.sigma_max = NAN}, "sigma_max is nan");
  refused(&r, &(cdf_sample_options){.rho = 0.5f}, "rho is 0.5");
  refused(&r, &(cdf_sample_options){.rho = NAN}, "rho is nan");
  rig_free(&r);
  rig_init(&r, 1, 4, 4, CDF_TARGET_PREVIOUS);
  refused(&r, &(cdf_sample_options){.label = 1}, "class is 1, but this model has no classes; leave it out");
  rig_free(&r);
}

/* The whole process; rows in bands of `band`, from the bottom up. The final state into z[n]. */
static void sample(double *z, rig *r, const cdf_sample_options *options, int band) {
  int h = r->config.lattice_height;
  start(r, options);
  while (!cdf_sampler_done(&r->s)) {
    cdf_sampler_prepare(&r->s);
    for (int y1 = h; y1 > 0; y1 -= band) {
      int y0 = cdf_max(0, y1 - band);
      cdf_sampler_part(&r->s, &(cdf_world){0, y0, r->config.lattice_width, y1 - y0});
    }
    cdf_sampler_advance(&r->s, NULL);
  }
  memcpy(z, r->s.z, (size_t)r->n * sizeof *z);
}

TEST(bands_seeds_and_guidance) {
  rig r;
  rig_init(&r, 2, 11, 9, CDF_TARGET_EDM);
  double whole[198], other[198];
  size_t bytes = sizeof whole;
  for (int kind = CDF_SAMPLER_DPM2M; kind <= CDF_SAMPLER_ANCESTRAL; kind++)
    for (int guided = 0; guided < 2; guided++) {
      cdf_sample_options o = {.seed = 4, .kind = kind, .steps = 5, .label = 1, .guidance = guided ? 2.5f : 0.0f};
      sample(whole, &r, &o, 9);
      for (int i = 0; i < r.n; i++) CHECK(isfinite(whole[i]));
      for (int band = 1; band <= 4; band++) {
        sample(other, &r, &o, band);
        CHECK(memcmp(whole, other, bytes) == 0);
      }
      o.seed = 5;
      sample(other, &r, &o, 9);
      CHECK(memcmp(whole, other, bytes) != 0);
      o.seed = 4, o.guidance = guided ? 2.0f : 1.0f; /* 1 is off, to the bit; another strength is another picture */
      sample(other, &r, &o, 9);
      CHECK((memcmp(whole, other, bytes) == 0) == !guided);
      o.guidance = 0.0f, o.label = 0;
      sample(other, &r, &o, 9);
      CHECK(memcmp(whole, other, bytes) != 0);
    }
  rig_free(&r);
}

/* The first denoised lattice of these options. */
static void first_clean(float *clean, rig *r, const cdf_sample_options *options) {
  start(r, options);
  cdf_sampler_prepare(&r->s);
  cdf_sampler_part(&r->s, &(cdf_world){0, 0, r->config.lattice_width, r->config.lattice_height});
  memcpy(clean, r->s.clean, (size_t)r->n * sizeof *clean);
}

TEST(guidance_extrapolates) {
  rig r;
  rig_init(&r, 1, 6, 6, CDF_TARGET_EDM);
  float none[36], class_2[36], guided[36];
  double apart = 0;
  cdf_sample_options o = {.seed = 8, .label = -1, .sigma_max = 1.0f};
  first_clean(none, &r, &o);
  o.label = 2, first_clean(class_2, &r, &o);
  o.guidance = 3.0f, first_clean(guided, &r, &o);
  for (int i = 0; i < 36; i++) {
    CHECK_NEAR(guided[i], none[i] + 3.0 * ((double)class_2[i] - none[i]), 1e-5);
    apart += fabs(class_2[i] - none[i]);
  }
  CHECK(apart > 1e-3);
  rig_free(&r);
}

/* Away from the network without its weak block, that is from one with nothing to add there, as far as noise lets. */
TEST(guidance_leads_away_from_a_weak_network) {
  rig r, weak;
  rig_init(&r, 1, 6, 6, CDF_TARGET_EDM);
  rig_init(&weak, 1, 6, 6, CDF_TARGET_EDM);
  const cdf_layer *end = &weak.net.body.layers[2];
  const int parts[] = {end->scale, end->shift};
  const cdf_shape *film = cdf_tensors_find(&weak.net.tensors, "film.weight");
  for (int part = 0; part < 2; part++)
    for (int j = 0; j < end->units; j++) {
      weak.params[weak.net.film_bias.offset + (size_t)(parts[part] + j)] = 0;
      for (int row = 0; row < film->rows; row++)
        weak.params[film->offset + (size_t)(row * film->ld + parts[part] + j)] = 0;
    }
  float full[36], without[36], guided[36], too_far = 0;
  for (int label = -1; label < 3; label += 3) {
    cdf_sample_options o = {.seed = 8, .label = label, .sigma_max = 1.0f, .sigma_min = 0.01f};
    r.net.config.weak_block = 0;
    first_clean(full, &r, &o), first_clean(without, &weak, &o);
    r.net.config.weak_block = 1;
    for (o.guidance = 1.5f; o.guidance < 20; o.guidance *= 3) { /* as far as three tenths of the noise */
      first_clean(guided, &r, &o);
      for (int i = 0; i < 36; i++) {
        double way = (double)(o.guidance - 1) * ((double)full[i] - without[i]);
        CHECK_NEAR(guided[i], full[i] + fmin(fmax(way, -0.3), 0.3), 1e-5);
        too_far += fabs(way) > 0.3;
      }
      CHECK(cdf_sampler_passes(&r.s) == 2);
    }
    for (int beyond = 0; beyond < 2; beyond++) { /* the noise at which the block guides: above the class does, less */
      bool by_class = beyond && label >= 0;
      o.sigma_max = beyond ? 4.0f : 0.05f, o.guidance = 4.0f, first_clean(guided, &r, &o);
      CHECK(cdf_sampler_passes(&r.s) == (by_class ? 2 : 1));
      o.guidance = by_class ? 2.0f : 1.0f, r.net.config.weak_block = 0, first_clean(full, &r, &o);
      CHECK(memcmp(guided, full, sizeof full) == 0);
      r.net.config.weak_block = 1;
    }
  }
  CHECK(too_far > 0);
  rig_free(&r), rig_free(&weak);
}

/* Evaluation measures the very denoiser that sampling runs, also where ln sigma is a feature (no conditioning network).
 */
TEST(the_public_denoiser_is_that_of_sampling) {
  for (int cond = 0; cond <= 16; cond += 16) {
    rig r;
    rig_init(&r, 1, 6, 6, CDF_TARGET_EDM);
    cdf_model *m = NULL;
    cdf_process *g = NULL;
    r.config.cond_hidden = cond, r.config.n_classes = 0, r.config.body = CDF_BODY_PLAIN;
    CHECK(cdf_model_create(&m, &r.config, 3, NULL) == CDF_OK);
    CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
    CHECK(cdf_process_start(g, &(cdf_sample_options){.seed = 6, .sigma_max = 5.0f}, NULL) == CDF_OK);
    float z[36], out[36], zero_time[36];
    memcpy(z, cdf_process_state(g), sizeof z);
    cdf_process_denoise(g, out, z, 5.0f, -1);
    cdf_process_denoise(g, zero_time, z, 1.0f, -1);
    cdf_process_step(g, NULL, NULL);
    for (int i = 0; i < 36; i++) CHECK_NEAR(cdf_process_clean(g)[i], out[i], 1e-5);
    CHECK(memcmp(out, zero_time, sizeof out) != 0);
    cdf_process_free(g), cdf_model_free(m);
    rig_free(&r);
  }
}

TEST(noise_belongs_to_the_world) {
  rig small, large;
  rig_init(&small, 1, 8, 6, CDF_TARGET_EDM);
  rig_init(&large, 3, 13, 10, CDF_TARGET_EDM);
  start(&small, &(cdf_sample_options){.seed = 21});
  start(&large, &(cdf_sample_options){.seed = 21});
  double square = 0;
  for (int j = 0; j < 6; j++)
    for (int i = 0; i < 8; i++) {
      float n[4];
      cdf_rng_normal4(n, 21, (cdf_counter){{(uint32_t)i, (uint32_t)j, CDF_STREAM_INIT, 0}});
      CHECK(small.s.z[j * 8 + i] == large.s.z[j * 13 + i]);
      for (int ch = 0; ch < 3; ch++) CHECK_NEAR(large.s.z[(ch * 10 + j) * 13 + i], 80.0 * n[ch], 1e-4);
      square += small.s.z[j * 8 + i] * small.s.z[j * 8 + i] / 6400;
    }
  CHECK_NEAR(square / 48, 1, 0.7);
  rig_free(&small);
  rig_free(&large);
}

/* The write-up's chain: unit noise, as many evaluations as in training, each the next state as it is. */
TEST(chain_of_the_write_up) {
  rig r;
  rig_init(&r, 1, 4, 5, CDF_TARGET_PREVIOUS);
  start(&r, &(cdf_sample_options){.seed = 2, .kind = CDF_SAMPLER_HEUN, .steps = 3});
  float n[4];
  cdf_rng_normal4(n, 2, (cdf_counter){{1, 2, CDF_STREAM_INIT, 0}});
  CHECK(r.s.z[2 * 4 + 1] == (double)n[0]);
  CHECK(cdf_sampler_n_evaluations(&r.s) == 7);
  for (int t = 7; t > 0; t--) {
    CHECK(!cdf_sampler_done(&r.s));
    cdf_sampler_prepare(&r.s);
    CHECK_NEAR(r.s.denoiser.features.time, 2.0 * t / 7 - 1, 1e-6);
    for (int i = 0; i < r.n; i++) r.s.clean[i] = (float)(t * i);
    cdf_sampler_advance(&r.s, NULL);
    for (int i = 0; i < r.n; i++) CHECK(r.s.z[i] == t * i);
  }
  CHECK(cdf_sampler_done(&r.s));
  rig_free(&r);
}

int main(void) {
  RUN(a_point_mass_is_hit_exactly);
  RUN(convergence_order);
  RUN(numbers_out_of_range_are_told);
  RUN(a_strange_network_cannot_pass_for_a_colour);
  RUN(dpm2m_formula);
  RUN(ancestral_variance);
  RUN(renoise_is_the_guess_and_fresh_noise);
  RUN(sde_formula);
  RUN(sde_refines_one_picture);
  RUN(options);
  RUN(bands_seeds_and_guidance);
  RUN(guidance_extrapolates);
  RUN(guidance_leads_away_from_a_weak_network);
  RUN(the_public_denoiser_is_that_of_sampling);
  RUN(noise_belongs_to_the_world);
  RUN(chain_of_the_write_up);
  return test_report();
}
