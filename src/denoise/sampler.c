#include "sampler.h"

#include <math.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/mathx.h"
#include "../base/rng.h"
#include "blend.h"
#include "doubt.h"

static size_t cells(const cdf_sampler *s) {
  return (size_t)s->denoiser.net->config.channels * cdf_world_cells(&s->denoiser.features.world);
}

/* All of the world, as a part of it. */
static cdf_world whole(const cdf_sampler *s) {
  return (cdf_world){0, 0, s->denoiser.features.world.width, s->denoiser.features.world.height};
}

size_t cdf_sampler_bytes(const cdf_network *net, const cdf_world *world, int n_threads) {
  cdf_world w = cdf_world_of(world, &net->config);
  size_t n = (size_t)net->config.channels * cdf_world_cells(&w);
  return cdf_arena_cost(cdf_denoiser_floats(net, world, n_threads), sizeof(float)) +
         3 * cdf_arena_cost(n, sizeof(double)) + 4 * cdf_arena_cost(n, sizeof(float)) +
         cdf_arena_cost(cdf_world_cells(&w), sizeof(bool)) +
         cdf_arena_cost(CDF_DOUBT_PLANES * cdf_world_cells(&w), sizeof(float));
}

void cdf_sampler_init(cdf_sampler *s, const cdf_network *net, const cdf_world *world, const float *params,
                      int n_threads, const cdf_kernels *k, void *block) {
  cdf_arena a = {.block = block, .n_bytes = cdf_sampler_bytes(net, world, n_threads)};
  *s = (cdf_sampler){.k = k};
  cdf_denoiser_init(&s->denoiser, net, world, params, n_threads,
                    cdf_arena_floats(&a, cdf_denoiser_floats(net, world, n_threads)));
  double **doubles[] = {&s->z, &s->z_start, &s->slope};
  for (int i = 0; i < 3; i++) *doubles[i] = cdf_arena_alloc(&a, cells(s), sizeof(double));
  float **floats[] = {&s->state, &s->clean, &s->previous, &s->unguided};
  for (int i = 0; i < 4; i++) *floats[i] = cdf_arena_floats(&a, cells(s));
  s->wanted = whole(s);
  size_t n = cdf_world_cells(&s->denoiser.features.world);
  s->fixed = cdf_arena_alloc(&a, n, sizeof *s->fixed);
  s->room = cdf_arena_floats(&a, CDF_DOUBT_PLANES * n);
}

static const cdf_config *config(const cdf_sampler *s) { return &s->denoiser.net->config; }

static const cdf_world *world(const cdf_sampler *s) { return &s->denoiser.features.world; }

/* Where a channel of the cell x, y steps from the first of the world lies in the arrays. */
static size_t place(const cdf_sampler *s, int ch, int x, int y) {
  return cdf_world_cells(world(s)) * (size_t)ch + (size_t)(y * world(s)->width + x);
}

/* Unit noise of every cell of a part, a function of (seed, i, j, stream, step) only: whatever the world, a cell has its
 * noise. Two seeds are mixed so that the variance stays one. */
static void noise_of(float *out, const cdf_sampler *s, const cdf_world *part, uint32_t stream, uint32_t step) {
  const cdf_world *w = world(s);
  const cdf_sample_options *o = &s->options;
  float share = cdf_cosf(1.57079633f * o->mix), other = cdf_sinf(1.57079633f * o->mix);
  bool mixed = o->mix > 0.0f && o->other_seed != o->seed; /* a seed mixed with itself is itself */
  for (int j = part->y; j < part->y + part->height; j++)
    for (int x = part->x; x < part->x + part->width; x += CDF_RNG_ROW) {
      float n[4][CDF_RNG_ROW], m[4][CDF_RNG_ROW];
      cdf_counter first = {{(uint32_t)(w->x + x), (uint32_t)(w->y + j), stream, step}};
      cdf_rng_normal_row(n, o->seed, first);
      if (mixed) cdf_rng_normal_row(m, o->other_seed, first);
      int count = cdf_min(CDF_RNG_ROW, part->x + part->width - x);
      for (int ch = 0; ch < config(s)->channels; ch++)
        for (int i = 0; i < count; i++)
          out[place(s, ch, x + i, j)] = mixed ? share * n[ch][i] + other * m[ch][i] : n[ch][i];
    }
}

/* Fresh noise of deviation `up` on the state, where that is wanted. */
static void add_noise(cdf_sampler *s, double up, uint32_t stream, uint32_t step) {
  noise_of(s->unguided, s, &s->wanted, stream, step);
  for (size_t i = 0; i < cells(s); i++) s->z[i] += up * s->unguided[i];
}

static double start_sigma(const cdf_sampler *s) {
  const cdf_sample_options *o = &s->options;
  return fmax(cdf_strength_sigma(o->strength, config(s)->sigma_data, o->sigma_max), 1.001 * o->sigma_min);
}

/* How much of cell i is new. */
static double freshness(const cdf_sampler *s, size_t i) {
  return s->options.mask ? s->options.mask[i % cdf_world_cells(world(s))] : 1.0;
}

/* Does the noise begin on top of the source? */
static bool is_partial(const cdf_sampler *s) { return s->options.strength < 1.0f; }

/* At full strength the state of new cells is noise alone, whatever was there. */
static double begins_with_source(const cdf_sampler *s, size_t i) { return is_partial(s) ? 1.0 : 1.0 - freshness(s, i); }

/* In this part, what is to stay does, whatever the network says: the state there then follows as source + sigma noise,
 * which is what its neighbours should see. */
static void keep_source(cdf_sampler *s, const cdf_world *part) {
  const float *source = s->options.source;
  if (!source || !s->options.mask) return;
  for (int ch = 0; ch < config(s)->channels; ch++)
    for (int y = part->y; y < part->y + part->height; y++)
      for (int x = part->x; x < part->x + part->width; x++) {
        size_t i = place(s, ch, x, y);
        s->clean[i] = (float)(source[i] + freshness(s, i) * (s->clean[i] - source[i]));
      }
}

cdf_status cdf_sampler_start(cdf_sampler *s, const cdf_sample_options *options, cdf_error *err) {
  cdf_sample_options o = *options;
  cdf_sample_resolve(&o, NULL);
  cdf_status status = cdf_sample_check(&o, config(s), err);
  if (status != CDF_OK) return status;
  if (config(s)->n_classes == 0) o.label = -1;
  s->options = o;
  s->step = s->second = s->evaluation = 0;
  cdf_schedule_edm(s->sigma, o.steps, start_sigma(s), o.sigma_min, o.rho);
  if (o.kind == CDF_SAMPLER_SDE) s->options.steps = cdf_schedule_knots(s->sigma, o.steps);
  double scale = config(s)->target == CDF_TARGET_EDM ? s->sigma[0] : 1.0;
  const cdf_world all = whole(s);
  noise_of(s->clean, s, &all, CDF_STREAM_INIT, 0);
  for (size_t i = 0; i < cells(s); i++)
    s->z[i] = (o.source ? (double)o.source[i] * begins_with_source(s, i) : 0.0) + scale * s->clean[i];
  if (is_partial(s)) memcpy(s->clean, o.source, cells(s) * sizeof *s->clean); /* the answer before the first */
  return CDF_OK;
}

static bool is_chain(const cdf_sampler *s) { return config(s)->target == CDF_TARGET_PREVIOUS; }

static int n_steps(const cdf_sampler *s) { return is_chain(s) ? config(s)->timesteps : s->options.steps; }

int cdf_sampler_n_evaluations(const cdf_sampler *s) {
  int n = n_steps(s);
  return !is_chain(s) && s->options.kind == CDF_SAMPLER_HEUN ? 2 * n - 1 : n;
}

bool cdf_sampler_done(const cdf_sampler *s) { return s->step == n_steps(s); }

/* In this evaluation. */
static float guidance(const cdf_sampler *s) {
  return cdf_guidance_at(config(s), s->options.label, s->options.guidance, s->sigma[s->step + s->second]);
}

static bool is_guided(const cdf_sampler *s) { return guidance(s) != 1.0f; }

/* Set up the denoiser for the current state and noise level. */
static void prepare(cdf_sampler *s) {
  double sigma = s->sigma[s->step + s->second];
  int timesteps = config(s)->timesteps, t = timesteps - s->step;
  float time = is_chain(s) ? 2.0f * (float)t / (float)timesteps - 1.0f : 0.25f * (float)log(sigma);
  cdf_denoiser_prepare(&s->denoiser, s->state, is_chain(s) ? 0.0f : (float)sigma, time, s->evaluation);
  if (!is_chain(s) && sigma >= s->options.coarse_above) cdf_denoiser_coarsen(&s->denoiser);
}

void cdf_sampler_prepare(cdf_sampler *s) {
  for (size_t i = 0; i < cells(s); i++) s->state[i] = (float)s->z[i];
  float *swap = s->previous;
  s->previous = s->clean, s->clean = swap;
  prepare(s);
  if (!is_guided(s)) cdf_denoiser_condition(&s->denoiser, s->options.label, s->k);
}

static void guide(cdf_sampler *s, const cdf_world *part) {
  float w = guidance(s), most = cdf_guidance_most(config(s), s->denoiser.sigma);
  for (int ch = 0; ch < config(s)->channels; ch++)
    for (int y = part->y; y < part->y + part->height; y++)
      for (int x = part->x; x < part->x + part->width; x++) {
        size_t i = place(s, ch, x, y);
        s->clean[i] = cdf_guided(s->clean[i], s->unguided[i], w, most);
      }
}

/* A mean of pictures has no colour that a picture cannot have (static thresholding; Saharia et al. 2022). Starting from
 * a picture unlike the training data, the network says such things and the state runs away. */
static void limit_colours(cdf_sampler *s, const cdf_world *part) {
  for (int ch = 0; ch < config(s)->channels; ch++)
    for (int y = part->y; y < part->y + part->height; y++)
      for (int x = part->x; x < part->x + part->width; x++) {
        float *v = s->clean + place(s, ch, x, y), low = -1.0f - config(s)->mean[ch], high = 1.0f - config(s)->mean[ch];
        *v = *v < low ? low : *v > high ? high : *v; /* a NaN stays one, for cdf_sampler_advance to see */
      }
}

int cdf_sampler_passes(const cdf_sampler *s) { return is_guided(s) ? 2 : 1; }

void cdf_sampler_prepare_pass(cdf_sampler *s, int pass) {
  if (!is_guided(s)) return;
  if (pass == 0)
    cdf_denoiser_condition_weak(&s->denoiser, s->options.label, s->k);
  else
    cdf_denoiser_condition(&s->denoiser, s->options.label, s->k);
}

void cdf_sampler_pass_part(cdf_sampler *s, int pass, const cdf_world *part, int thread) {
  bool first_of_two = is_guided(s) && pass == 0;
  cdf_denoiser_part(first_of_two ? s->unguided : s->clean, &s->denoiser, part, thread, s->k);
  if (first_of_two) return;
  if (is_guided(s)) guide(s, part);
  if (is_partial(s)) limit_colours(s, part);
  keep_source(s, part);
}

void cdf_sampler_part(cdf_sampler *s, const cdf_world *part) {
  for (int pass = 0; pass < cdf_sampler_passes(s); pass++) {
    cdf_sampler_prepare_pass(s, pass);
    cdf_sampler_pass_part(s, pass, part, 0);
  }
}

/* So much of the state is kept, the rest is D, extrapolated. First and last step are of first order. */
static void advance_2m(cdf_sampler *s, double ratio, double from, double to) {
  double blend = s->step > 0 ? cdf_dpm2m_blend(s->sigma[s->step - 1], from, to) : 0;
  for (size_t i = 0; i < cells(s); i++) {
    double d = s->clean[i] + blend * ((double)s->clean[i] - s->previous[i]);
    s->z[i] = ratio * s->z[i] + (1 - ratio) * d;
  }
}

static void advance_euler(cdf_sampler *s, double from, double to) {
  for (size_t i = 0; i < cells(s); i++) s->z[i] = s->clean[i] + to / from * (s->z[i] - s->clean[i]);
}

static void advance_heun(cdf_sampler *s, double from, double to) {
  size_t n = cells(s);
  if (s->second == 0) {
    for (size_t i = 0; i < n; i++) {
      s->z_start[i] = s->z[i];
      s->slope[i] = (s->z[i] - s->clean[i]) / from;
      s->z[i] += (to - from) * s->slope[i];
    }
  } else {
    for (size_t i = 0; i < n; i++) {
      double second = (s->z[i] - s->clean[i]) / to;
      s->z[i] = s->z_start[i] + (to - from) * 0.5 * (s->slope[i] + second);
    }
  }
}

/* Song et al. 2023, algorithm 1: what the picture is thought to be, and new noise of the next level on it. */
static void advance_renoise(cdf_sampler *s, double to) {
  for (size_t i = 0; i < cells(s); i++) s->z[i] = s->clean[i];
  add_noise(s, to, CDF_STREAM_ANCESTRAL, (uint32_t)s->step);
}

/* Euler to sigma_down, then noise up to `to`: the variances of the DDPM posterior (Ho et al. 2020). */
static void advance_ancestral(cdf_sampler *s, double from, double to) {
  double up = to * sqrt((from * from - to * to) / (from * from)), down = sqrt(to * to - up * up);
  advance_euler(s, from, down);
  if (to > 0) add_noise(s, up, CDF_STREAM_ANCESTRAL, (uint32_t)s->step);
}

/* What SDE-DPM-Solver++(2M) (Lu et al. 2022) does in log sigma is plain in tau = 1 / sigma^2: z tau is what
 * was learned of the picture, and goes by D dtau and a Brownian motion. Its increments belong to knots of sigma and
 * cells, not to steps: with more steps a picture is the same one, made better. */
static void advance_sde(cdf_sampler *s, double from, double to) {
  advance_2m(s, to / from * (to / from), from, to);
  if (to == 0) return;
  for (int k = cdf_knot(from), last = cdf_knot(to); k > last; k--) {
    double above = cdf_knot_sigma(k), below = cdf_knot_sigma(k - 1);
    add_noise(s, to * to * sqrt(1 / (below * below) - 1 / (above * above)), CDF_STREAM_PATH, (uint32_t)k);
  }
}

/* What the network says is finite, or there is no picture: a NaN spreads to all that reads it. */
static cdf_status check_finite(const cdf_sampler *s, cdf_error *err) {
  for (size_t i = 0; i < cells(s); i++)
    if (!isfinite(s->clean[i]))
      return cdf_fail(err, CDF_FAILED,
                      "the picture ran out of range in evaluation %d of %d and has values that are no numbers; try a "
                      "guidance nearer to 1, more steps or another seed%s",
                      s->evaluation + 1, cdf_sampler_n_evaluations(s),
                      is_guided(s) ? "" : ", or train the model again if none of them helps");
  return CDF_OK;
}

static void doubt(cdf_sampler *s) {
  cdf_doubt_answer(s->clean, &(cdf_doubt){.world = *world(s),
                                          .channels = config(s)->channels,
                                          .across = cdf_features_border(config(s), CDF_AXIS_X),
                                          .down = cdf_features_border(config(s), CDF_AXIS_Y),
                                          .sigma = s->sigma[s->step + s->second],
                                          .state = s->state,
                                          .before = s->previous,
                                          .room = s->room});
  const cdf_world all = whole(s);
  limit_colours(s, &all); /* a source may have others */
}

void cdf_sampler_blend(cdf_sampler *s) {
  if (is_partial(s) && !s->options.measured) doubt(s);
  if (s->options.mask)
    cdf_blend_seam(s->clean, &(cdf_seam){*world(s), config(s)->channels, s->options.mask, s->unguided, s->fixed});
}

cdf_status cdf_sampler_advance(cdf_sampler *s, cdf_error *err) {
  cdf_status status = check_finite(s, err);
  if (status != CDF_OK) return status;
  s->evaluation++;
  if (is_chain(s)) {
    for (size_t i = 0; i < cells(s); i++) s->z[i] = s->clean[i];
    s->step++;
    return CDF_OK;
  }
  double from = s->sigma[s->step], to = s->sigma[s->step + 1];
  switch (s->options.kind) {
    case CDF_SAMPLER_HEUN:
      advance_heun(s, from, to);
      s->second = s->second == 0 && to > 0;
      if (s->second == 1) return CDF_OK;
      break;
    case CDF_SAMPLER_EULER:
      advance_euler(s, from, to);
      break;
    case CDF_SAMPLER_ANCESTRAL:
      advance_ancestral(s, from, to);
      break;
    case CDF_SAMPLER_RENOISE:
      advance_renoise(s, to);
      break;
    case CDF_SAMPLER_SDE:
      advance_sde(s, from, to);
      break;
    default:
      advance_2m(s, to / from, from, to);
      break;
  }
  s->step++;
  return CDF_OK;
}
