#include "doubt.h"

#include <math.h>
#include <string.h>

#define FIRST_LEVEL 2 /* of blur: single cells are noise */
#define LAST_LEVEL 5
#define DETAIL_LEVEL 3 /* whose blur is the neighbourhood in which details are judged */
#define TOLERANCE 0.1f /* of colours from -1 to 1: what a network may be wrong by */
#define DETAIL_TOLERANCE 0.05f
#define BELIEVED 5.0f /* deviations (in a corner, where a blur has fewer cells, half as many); */
#define REJECTED 8.0f /* between the two the answers are mixed */

typedef struct rooms { /* [h][w] each */
  float *worst, *sum, *residual, *blurred, *scratch, *detail;
} rooms;

static rooms rooms_of(const cdf_doubt *d) {
  size_t cells = cdf_world_cells(&d->world);
  float *at = d->room;
  return (rooms){at, at + cells, at + 2 * cells, at + 3 * cells, at + 4 * cells, at + 5 * cells};
}

static void blur(float *out, const float *plane, const cdf_doubt *d, const rooms *r, int level) {
  cdf_scalespace_blur(out, plane, r->scratch, d->world.width, d->world.height, level, d->across, d->down);
}

/* Of the noise that a blur leaves, and of what a network may be wrong by. */
static float variance_of(const cdf_doubt *d, float noise, float tolerance) {
  return (float)(d->sigma * d->sigma) * noise * noise + tolerance * tolerance;
}

/* How many deviations the blurred residual is from 0: the root mean square of its channels. */
static void judge_colours(const cdf_doubt *d, const rooms *r, const float *clean, int level) {
  size_t cells = cdf_world_cells(&d->world);
  float variance = variance_of(d, cdf_level_noise(level), TOLERANCE) * (float)d->channels;
  memset(r->sum, 0, cells * sizeof *r->sum);
  for (int ch = 0; ch < d->channels; ch++) {
    size_t of = cells * (size_t)ch;
    for (size_t i = 0; i < cells; i++) r->residual[i] = d->state[of + i] - clean[of + i];
    blur(r->blurred, r->residual, d, r, level);
    for (size_t i = 0; i < cells; i++) r->sum[i] += r->blurred[i] * r->blurred[i];
  }
  for (size_t i = 0; i < cells; i++) r->worst[i] = fmaxf(r->worst[i], sqrtf(r->sum[i] / variance));
}

/* How many deviations the power of the residual is above that of the noise: details that are not seen. A mean of n
 * squares of noise has a relative deviation of sqrt(2 / n), and a blur is a mean of 1 / nu^2 cells. */
static void judge_power(const cdf_doubt *d, const rooms *r, const float *clean) {
  size_t cells = cdf_world_cells(&d->world);
  float variance = variance_of(d, 1.0f, TOLERANCE) * (float)d->channels;
  float deviation = cdf_level_noise(DETAIL_LEVEL) * sqrtf(2.0f / (float)d->channels);
  memset(r->residual, 0, cells * sizeof *r->residual);
  for (int ch = 0; ch < d->channels; ch++)
    for (size_t i = 0, at = cells * (size_t)ch; i < cells; i++, at++) {
      float e = d->state[at] - clean[at];
      r->residual[i] += e * e / variance;
    }
  blur(r->blurred, r->residual, d, r, DETAIL_LEVEL);
  for (size_t i = 0; i < cells; i++) r->worst[i] = fmaxf(r->worst[i], (r->blurred[i] - 1.0f) / deviation);
}

/* How many deviations the residual says against the details of the answer, all of those around: the noise has no part
 * in what is there, and none in what an expectation leaves out (its residual is orthogonal to all that z can tell). */
static void judge_details(const cdf_doubt *d, const rooms *r, const float *clean) {
  size_t cells = cdf_world_cells(&d->world);
  float *against = r->residual, *power = r->sum;
  memset(against, 0, cells * sizeof *against);
  memset(power, 0, cells * sizeof *power);
  for (int ch = 0; ch < d->channels; ch++) {
    size_t of = cells * (size_t)ch;
    blur(r->blurred, clean + of, d, r, FIRST_LEVEL);
    for (size_t i = 0; i < cells; i++) {
      float detail = clean[of + i] - r->blurred[i];
      against[i] -= (d->state[of + i] - clean[of + i]) * detail;
      power[i] += detail * detail;
    }
  }
  blur(r->blurred, against, d, r, DETAIL_LEVEL);
  blur(r->detail, power, d, r, DETAIL_LEVEL);
  float variance = variance_of(d, cdf_level_noise(DETAIL_LEVEL), DETAIL_TOLERANCE);
  for (size_t i = 0; i < cells; i++)
    if (r->blurred[i] > 0.0f) r->worst[i] = fmaxf(r->worst[i], r->blurred[i] / sqrtf(r->detail[i] * variance));
}

void cdf_doubt_answer(float *clean, const cdf_doubt *d) {
  size_t cells = cdf_world_cells(&d->world);
  const rooms r = rooms_of(d);
  memset(r.worst, 0, cells * sizeof *r.worst);
  for (int level = FIRST_LEVEL; level <= LAST_LEVEL; level++) judge_colours(d, &r, clean, level);
  judge_power(d, &r, clean);
  judge_details(d, &r, clean);
  for (size_t i = 0; i < cells; i++) {
    float share = fminf(fmaxf((r.worst[i] - BELIEVED) / (REJECTED - BELIEVED), 0.0f), 1.0f);
    for (size_t at = i; at < cells * (size_t)d->channels; at += cells) clean[at] += share * (d->before[at] - clean[at]);
  }
}
