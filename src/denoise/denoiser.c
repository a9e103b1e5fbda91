#include "denoiser.h"

#include <math.h>
#include <string.h>

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
               {&d->told, (size_t)net->n_cond},
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

void cdf_denoiser_use_learned(cdf_denoiser *d, const cdf_mlp_weights *weights, cdf_tape *tape) {
  d->learned = weights, d->tape = tape;
}

void cdf_denoiser_prepare(cdf_denoiser *d, const float *state, float sigma, float time, int evaluation) {
  const cdf_config *c = &d->net->config;
  d->state = state, d->sigma = sigma;
  d->origin = evaluation % c->stride, d->coarse = false;
  d->skip = c->target == CDF_TARGET_EDM ? cdf_edm_skip(sigma, c->sigma_data) : 0;
  d->out = c->target == CDF_TARGET_EDM ? cdf_edm_out(sigma, c->sigma_data) : 1;
  cdf_features_prepare(&d->features, state, state, c->target == CDF_TARGET_EDM ? sigma : 0.0f, time);
}

void cdf_denoiser_coarsen(cdf_denoiser *d) { d->origin = 0, d->coarse = d->net->config.stride == 2; }

/* What block b adds is scaled to nothing. */
static void leave_out(float *film, const cdf_network *net, int b) {
  const cdf_layer *end = &net->body.layers[2 * b];
  memset(film + end->scale, 0, sizeof *film * (size_t)end->units);
  memset(film + end->shift, 0, sizeof *film * (size_t)end->units);
}

static void condition(cdf_denoiser *d, int label, int without, const cdf_kernels *k) {
  const cdf_network *net = d->net;
  size_t bytes = (size_t)net->n_cond * sizeof *d->cond;
  if (net->n_cond > 0) cdf_features_cond(d->cond, &d->features, label);
  /* Without a thumbnail all patches of a world are told the same. */
  if (d->is_folded && d->without == without && memcmp(d->cond, d->told, bytes) == 0) return;
  cdf_network_film(d->film, &d->cond_tape, net, &d->cond_weights, d->cond, 1, k);
  if (without > 0) leave_out(d->film, net, without);
  if (d->learned) return;
  cdf_mlp_fold(&d->body, d->film);
  memcpy(d->told, d->cond, bytes);
  d->without = without, d->is_folded = true;
}

void cdf_denoiser_condition(cdf_denoiser *d, int label, const cdf_kernels *k) { condition(d, label, 0, k); }

/* An interval, as in Kynkaanniemi et al. 2024. With more noise the block would make what is large more usual (no moon
 * at night); with less nothing is decided, and what a network lacks without it shows its squares. */
#define WEAK_MOST 3.0
#define WEAK_LEAST 0.08
#define WEAK_SHARE 0.3 /* of the noise, by which an answer is moved at most */

/* The block that the weak network lacks at this noise level; 0: none. */
static int weak_block_at(const cdf_config *c, double sigma) {
  return sigma >= WEAK_LEAST && sigma <= WEAK_MOST ? c->weak_block : 0;
}

void cdf_denoiser_condition_weak(cdf_denoiser *d, int label, const cdf_kernels *k) {
  int block = weak_block_at(&d->net->config, d->sigma);
  condition(d, block > 0 ? label : -1, block, k);
}

float cdf_guidance_at(const cdf_config *c, int label, float w, double sigma) {
  float by_class = label >= 0 ? w : 1.0f;
  if (c->weak_block == 0) return by_class;
  if (sigma > WEAK_MOST) return sqrtf(by_class);
  return sigma >= WEAK_LEAST ? w : 1.0f;
}

float cdf_guidance_most(const cdf_config *c, double sigma) {
  return weak_block_at(c, sigma) > 0 ? (float)(WEAK_SHARE * sigma) : INFINITY;
}

/* On this thread's tile. */
static const float *run_tile(const cdf_denoiser *d, const float *x, int m, int thread, const cdf_kernels *k) {
  float *answer = d->answer + (size_t)thread * CDF_TILE * CDF_LANES;
  float *tiles = d->tiles + (size_t)thread * cdf_tile_floats(&d->net->body, CDF_TILE);
  if (d->learned) {
    const cdf_film film = {d->film, NULL, d->net->n_film, m};
    cdf_mlp_forward(answer, d->tape, d->learned, x, &film, m, k);
    return answer;
  }
  cdf_mlp_tile(answer, &d->body, tiles, x, m, k);
  return answer;
}

const float *cdf_denoiser_tile(cdf_denoiser *d, const float *x, int m, const cdf_kernels *k) {
  return run_tile(d, x, m, 0, k);
}

/* What a part is cut into: columns and rows of squares, each of one row of the network. They lie on a grid of the
 * plane, so that a cell's square is the same in whatever world and part it is asked for. */
typedef struct squares {
  int side, x, y, across, down; /* the first, counted from the first cell of the world; how many */
} squares;

static squares squares_of(const cdf_denoiser *d, const cdf_world *part) {
  const cdf_world *w = &d->features.world;
  int s = d->coarse ? 2 * d->net->config.stride : d->net->config.stride, x = w->x - d->origin, y = w->y - d->origin;
  int x0 = cdf_floor_div(x + part->x, s), x1 = cdf_floor_div(x + part->x + part->width - 1, s);
  int y0 = cdf_floor_div(y + part->y, s), y1 = cdf_floor_div(y + part->y + part->height - 1, s);
  return (squares){s, x0 * s - x, y0 * s - y, x1 - x0 + 1, y1 - y0 + 1};
}

/* Where, along an axis of n cells, the network answers for the square that begins at `at`: there; in the middle of a
 * coarse one; at a border where the world ends, or cuts a coarse one, as far inside as it must. */
static int answered(const cdf_denoiser *d, cdf_axis axis, int at, int n) {
  const cdf_config *c = &d->net->config;
  if (!d->coarse && !cdf_is_framed(c, axis)) return at;
  return cdf_clamp(at + (d->coarse ? c->stride / 2 : 0), 0, cdf_max(0, n - c->stride));
}

/* D at a place in the arrays, from the network's answer for it. */
static float clean_at(const cdf_denoiser *d, size_t at, float answer) {
  return (float)d->skip * d->state[at] + (float)d->out * answer;
}

/* D of the cells of one square that lie in the part, from the network's answer for the square at (x, y). */
static void write_square(float *out, const cdf_denoiser *d, const cdf_world *part, const float *answer, int x, int y) {
  const cdf_config *c = &d->net->config;
  const cdf_world *w = &d->features.world;
  size_t plane = cdf_world_cells(w);
  int s = c->stride, left = answered(d, CDF_AXIS_X, x, w->width), top = answered(d, CDF_AXIS_Y, y, w->height);
  for (int j = cdf_max(y, part->y); j < cdf_min(y + s, part->y + part->height); j++)
    for (int i = cdf_max(x, part->x); i < cdf_min(x + s, part->x + part->width); i++)
      for (int ch = 0; ch < c->channels; ch++) {
        size_t at = plane * (size_t)ch + (size_t)(j * w->width + i);
        out[at] = clean_at(d, at, answer[((j - top) * s + i - left) * c->channels + ch]);
      }
}

/* The same of a coarse square: the plane through the 2x2 answers amid it. */
static void write_coarse(float *out, const cdf_denoiser *d, const cdf_world *part, const float *answer, int x, int y) {
  const cdf_config *c = &d->net->config;
  const cdf_world *w = &d->features.world;
  int side = 2 * c->stride, left = answered(d, CDF_AXIS_X, x, w->width), top = answered(d, CDF_AXIS_Y, y, w->height);
  int right = cdf_min(left + 1, w->width - 1), bottom = cdf_min(top + 1, w->height - 1);
  const int cells[4] = {top * w->width + left, top * w->width + right, bottom * w->width + left,
                        bottom * w->width + right};
  for (int ch = 0; ch < c->channels; ch++) {
    size_t plane = cdf_world_cells(w) * (size_t)ch;
    float v[4];
    for (int k = 0; k < 4; k++) v[k] = clean_at(d, plane + (size_t)cells[k], answer[k * c->channels + ch]);
    float mean = 0.25f * (v[0] + v[1] + v[2] + v[3]);
    float across = 0.5f * (v[1] + v[3] - v[0] - v[2]), down = 0.5f * (v[2] + v[3] - v[0] - v[1]);
    for (int j = cdf_max(y, part->y); j < cdf_min(y + side, part->y + part->height); j++)
      for (int i = cdf_max(x, part->x); i < cdf_min(x + side, part->x + part->width); i++)
        out[plane + (size_t)(j * w->width + i)] =
            mean + across * ((float)(i - left) - 0.5f) + down * ((float)(j - top) - 0.5f);
  }
}

void cdf_denoiser_part(float *out, const cdf_denoiser *d, const cdf_world *part, int thread, const cdf_kernels *k) {
  float *rows = d->rows + (size_t)thread * CDF_TILE * (size_t)d->net->n_features;
  const cdf_world *w = &d->features.world;
  squares all = squares_of(d, part);
  int n = all.across * all.down;
  for (int begin = 0; begin < n; begin += CDF_TILE) {
    int m = cdf_min(CDF_TILE, n - begin), x[CDF_TILE], y[CDF_TILE];
    for (int i = 0; i < m; i++) {
      x[i] = all.x + (begin + i) % all.across * all.side, y[i] = all.y + (begin + i) / all.across * all.side;
      cdf_features_gather(rows + (size_t)i * (size_t)d->net->n_features, &d->features,
                          answered(d, CDF_AXIS_X, x[i], w->width), answered(d, CDF_AXIS_Y, y[i], w->height));
    }
    const float *f = run_tile(d, rows, m, thread, k);
    for (int i = 0; i < m; i++)
      (d->coarse ? write_coarse : write_square)(out, d, part, f + (size_t)i * CDF_LANES, x[i], y[i]);
  }
}
