#include "renderer.h"

#include <math.h>
#include <string.h>

#include "../base/arena.h"

#define SUMS 4096 /* numbers of a canvas row that are added up at once */

/* ---- set-up ---- */

/* Of either network; they are not run at once. */
static size_t tiles_of(const cdf_render_net *net) {
  size_t cell = cdf_tile_floats(&net->cell, CDF_RENDER_TILE), point = cdf_tile_floats(&net->point, CDF_RENDER_TILE);
  return cell > point ? cell : point;
}

/* With arena NULL: adds up what a renderer costs. Otherwise hands out its memory. */
static size_t layout(cdf_renderer *r, cdf_arena *arena, const cdf_world *world, int channels,
                     const cdf_render_net *net) {
  size_t cells = cdf_world_cells(world), w = (size_t)world->width, tile = CDF_RENDER_TILE;
  size_t hidden = net ? (size_t)net->config.hidden : 0;
  size_t split = net ? (size_t)net->config.split : 0, code = net ? (size_t)net->n_code : 0;
  float *cell, *point;
  struct {
    float **at;
    size_t n;
  } parts[] = {{&r->lattice, cells * (size_t)channels},
               {&r->codes, cells * code},
               {&r->base, net ? cells * (size_t)channels : 0},
               {&r->taps, net ? tile * (size_t)net->n_taps : 0},
               {&cell, net ? cdf_folded_floats(&net->cell) : 0},
               {&r->line, w * split * hidden},
               {&r->colours, net ? w * CDF_MAX_CHANNELS : 0},
               {&r->points, tile * hidden},
               {&point, net ? cdf_folded_floats(&net->point) : 0},
               {&r->tiles, net ? tiles_of(net) : 0},
               {&r->out, net ? tile * CDF_LANES : 0},
               {&r->film, net ? (size_t)net->n_film : 0}};
  size_t bytes = 0;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    bytes += cdf_arena_cost(parts[i].n, sizeof(float));
    if (arena) *parts[i].at = cdf_arena_floats(arena, parts[i].n);
  }
  if (arena) {
    r->coded = cdf_arena_alloc(arena, (size_t)world->height, 1);
    r->based = cdf_arena_alloc(arena, (size_t)world->height, 1);
  }
  if (arena && net) {
    cdf_folded_init(&r->cell, &net->cell, r->params, CDF_RENDER_TILE, cell);
    cdf_folded_init(&r->point, &net->point, r->params, CDF_RENDER_TILE, point);
    cdf_mlp_unfolded(&r->cell, NULL);
  }
  return bytes + 2 * cdf_arena_cost((size_t)world->height, 1);
}

size_t cdf_renderer_bytes(const cdf_world *world, int channels, const cdf_render_net *net) {
  cdf_renderer unused;
  return layout(&unused, NULL, world, channels, net);
}

void cdf_renderer_init(cdf_renderer *r, const cdf_world *world, int channels, const cdf_render_net *net,
                       const float *params, const cdf_kernels *k, void *block) {
  cdf_arena arena = {.block = block, .n_bytes = cdf_renderer_bytes(world, channels, net)};
  *r = (cdf_renderer){.world = *world, .channels = channels, .net = net, .params = params, .k = k};
  layout(r, &arena, world, channels, net);
}

void cdf_renderer_load(cdf_renderer *r, const float *lattice, const float *mean, bool plain) {
  r->is_plain = plain || !r->net;
  size_t plane = cdf_world_cells(&r->world);
  for (int c = 0; c < r->channels; c++) {
    float *out = r->lattice + plane * (size_t)c;
    for (size_t i = 0; i < plane; i++) {
      float v = lattice[plane * (size_t)c + i] + mean[c];
      /* The network has seen colours only; a NaN is -1. */
      out[i] = r->is_plain ? v : v > -1.0f ? v < 1.0f ? v : 1.0f : -1.0f;
    }
    r->background[c] = 0.5f * (out[0] + out[r->world.width - 1]);
  }
  memset(r->coded, 0, (size_t)r->world.height);
  r->pitch = 0;
}

static uint8_t to_byte(float v) {
  float b = (v + 1.0f) * 127.5f + 0.5f;
  return (uint8_t)(b > 0.0f ? b < 255.0f ? b : 255.0f : 0.0f); /* a NaN is 0: casting one is undefined */
}

/* ---- interpolation and area average ---- */

/* Catmull-Rom weight at distance |t| cells. */
static float cubic(float t) {
  t = t < 0.0f ? -t : t;
  if (t < 1.0f) return (1.5f * t - 2.5f) * t * t + 1.0f;
  if (t < 2.0f) return ((-0.5f * t + 2.5f) * t - 4.0f) * t + 2.0f;
  return 0.0f;
}

/* The cells [first, first + count) that a pixel reads along one axis, and how much of each. */
typedef struct span {
  int first, count;
  double centre, footprint; /* in double, so that the weights are the same to the bit in whatever world */
} span;

static span span_of(double centre, double footprint) {
  double reach = footprint > 1.0 ? 0.5 * footprint : 2.0;
  return (span){
      .first = (int)floor(centre - reach), .count = (int)(2.0 * reach) + 2, .centre = centre, .footprint = footprint};
}

/* Cell i covers [i, i + 1): its share of the footprint, or its interpolation weight. */
static float weight(const span *s, int i) {
  if (s->footprint < 1.0) return cubic((float)(s->centre - (i + 0.5)));
  double from = s->centre - 0.5 * s->footprint, to = s->centre + 0.5 * s->footprint;
  double a = from > i ? from : i, b = to < i + 1 ? to : i + 1;
  return b > a ? (float)((b - a) / s->footprint) : 0.0f;
}

static void draw_sum(const cdf_renderer *r, uint8_t *dst, double cx, double cy, double pitch) {
  int w = r->world.width, h = r->world.height;
  span sx = span_of(cx, pitch), sy = span_of(cy, pitch);
  for (int c = 0; c < r->channels; c++) {
    const float *plane = r->lattice + (size_t)c * (size_t)w * (size_t)h;
    float sum = 0.0f;
    for (int j = 0; j < sy.count; j++) {
      float wy = weight(&sy, sy.first + j), row = 0.0f;
      if (wy == 0.0f) continue;
      const float *line = plane + (size_t)cdf_clamp(sy.first + j, 0, h - 1) * (size_t)w;
      for (int i = 0; i < sx.count; i++) row += weight(&sx, sx.first + i) * line[cdf_clamp(sx.first + i, 0, w - 1)];
      sum += wy * row;
    }
    dst[c] = to_byte(sum);
  }
}

/* ---- the network ---- */

/* The codes of one row of cells. */
static void encode_row(cdf_renderer *r, int y) {
  const cdf_render_net *net = r->net;
  int w = r->world.width;
  for (int x = 0; x < w; x += CDF_RENDER_TILE) {
    int m = cdf_min(CDF_RENDER_TILE, w - x);
    for (int i = 0; i < m; i++)
      cdf_render_taps(r->taps + (size_t)i * (size_t)net->n_taps, net, r->lattice, w, r->world.height, x + i, y);
    cdf_mlp_tile(r->codes + (size_t)(y * w + x) * (size_t)net->n_code, &r->cell, r->tiles, r->taps, m, r->k);
  }
  r->coded[y] = 1;
}

/* Codes, and colours of `base`, at the height of cy cells, interpolated between two rows of them, from column gx0 of
 * the codes to gx1. */
static void prepare_line(cdf_renderer *r, const float *base, double cy, int gx0, int gx1) {
  int split = r->net->config.split, w = r->world.width, h = r->world.height;
  const cdf_codes codes = cdf_render_codes(r->net, w);
  cdf_between at = cdf_between_of(cy, split, h), colour = cdf_between_of(cy, 1, h);
  if (!r->coded[at.first / split]) encode_row(r, at.first / split);
  if (!r->coded[at.second / split]) encode_row(r, at.second / split);
  cdf_codes_line(r->line, r->codes, &codes, at, gx0, gx1);
  for (int c = 0; c < r->channels; c++) {
    const float *plane = base + (size_t)c * (size_t)w * (size_t)h;
    /* The colour beside a part may be that of the next cell, on either side. */
    for (int x = cdf_max(gx0 / split - 1, 0); x <= cdf_min(gx1 / split + 1, w - 1); x++) {
      float a = plane[colour.first * w + x], b = plane[colour.second * w + x];
      r->colours[x * CDF_MAX_CHANNELS + c] = cdf_between_mix(a, b, colour.t);
    }
  }
}

/* m points of the prepared line, at cx[0..m) cells: r->out[m][CDF_LANES] begins with their colours. */
static void draw_points(cdf_renderer *r, const double *cx, int m) {
  int w = r->world.width;
  const cdf_codes codes = cdf_render_codes(r->net, w);
  for (int i = 0; i < m; i++)
    cdf_codes_along(r->points + (size_t)i * (size_t)codes.units, r->line, &codes,
                    cdf_between_of(cx[i], codes.split, w));
  cdf_mlp_tile(r->out, &r->point, r->tiles, r->points, m, r->k);
  for (int i = 0; i < m; i++) {
    cdf_between at = cdf_between_of(cx[i], 1, w);
    for (int c = 0; c < r->channels; c++) {
      float a = r->colours[at.first * CDF_MAX_CHANNELS + c], b = r->colours[at.second * CDF_MAX_CHANNELS + c];
      r->out[i * CDF_LANES + c] += cdf_between_mix(a, b, at.t) + r->bias[c];
    }
  }
}

/* The row of base colours under which the network's drawing has the means that the lattice says: lattice + (lattice -
 * mean of what is drawn over the lattice itself). A cell is drawn as the n x n pixels of this footprint that fill it.
 */
static void correct_row(cdf_renderer *r, int y) {
  int w = r->world.width, n = cdf_clamp((int)(1.0 / r->pitch + 0.5), 1, 4), m = CDF_RENDER_TILE / n;
  size_t plane = cdf_world_cells(&r->world);
  double cx[CDF_RENDER_TILE];
  float share = 1.0f / (float)(n * n);
  for (int c = 0; c < r->channels; c++)
    for (int x = 0; x < w; x++)
      r->base[plane * (size_t)c + (size_t)(y * w + x)] = 2.0f * r->lattice[plane * (size_t)c + (size_t)(y * w + x)];
  for (int j = 0; j < n; j++) {
    prepare_line(r, r->lattice, y + (j + 0.5) / n, 0, w * r->net->config.split - 1);
    for (int x = 0; x < w; x += m) {
      int n_points = n * cdf_min(m, w - x);
      for (int i = 0; i < n_points; i++) cx[i] = x + (i + 0.5) / n;
      draw_points(r, cx, n_points);
      for (int c = 0; c < r->channels; c++)
        for (int i = 0; i < n_points; i++)
          r->base[plane * (size_t)c + (size_t)(y * w + x + i / n)] -= share * r->out[i * CDF_LANES + c];
    }
  }
  r->based[y] = 1;
}

/* Colours of the pixels x0 <= x < x1 of a row whose upper edge is at y pixels; all lie inside the world. Added to
 * sums[x1 - x0][channels]: the mean of parts^2 points, of a footprint as many times smaller. */
static void add_line(cdf_renderer *r, float *sums, const cdf_view *v, double cy, int x0, int x1, int parts) {
  int split = r->net->config.split, w = r->world.width, per_tile = CDF_RENDER_TILE / parts;
  double left = v->x - r->world.x, step = v->pitch / parts;
  double cx[CDF_RENDER_TILE];
  float share = 1.0f / (float)(parts * parts);
  cdf_between rows = cdf_between_of(cy, 1, r->world.height);
  if (!r->based[rows.first]) correct_row(r, rows.first);
  if (!r->based[rows.second]) correct_row(r, rows.second);
  prepare_line(r, r->base, cy, cdf_between_of(left + x0 * v->pitch + 0.5 * step, split, w).first,
               cdf_between_of(left + x1 * v->pitch - 0.5 * step, split, w).second);
  for (int x = x0; x < x1; x += per_tile) {
    int m = parts * cdf_min(per_tile, x1 - x);
    for (int i = 0; i < m; i++) cx[i] = left + x * v->pitch + (i + 0.5) * step;
    draw_points(r, cx, m);
    for (int i = 0; i < m; i++)
      for (int c = 0; c < r->channels; c++)
        sums[(x - x0 + i / parts) * r->channels + c] += share * r->out[i * CDF_LANES + c];
  }
}

/* Above a third of a cell the mean of four points of half the footprint, so that these sizes agree with larger ones;
 * they are small, so it costs little. */
static int parts_of(double pitch) { return pitch > 0.34 ? 2 : 1; }

static void draw_learned(cdf_renderer *r, uint8_t *dst, const cdf_view *v, int y, int x0, int x1) {
  int parts = parts_of(v->pitch), most = SUMS / r->channels;
  for (int x = x0; x < x1; x += most) {
    float sums[SUMS] = {0};
    int end = cdf_min(x + most, x1);
    for (int j = 0; j < parts; j++)
      add_line(r, sums, v, v->y - r->world.y + (y + (j + 0.5) / parts) * v->pitch, x, end, parts);
    for (int i = 0; i < (end - x) * r->channels; i++) *dst++ = to_byte(sums[i]);
  }
}

/* The network's share of a footprint: scales and shifts, and the base under it. */
static void set_pitch(cdf_renderer *r, double pitch) {
  float powers[CDF_RENDER_POWERS];
  if (r->pitch == pitch) return;
  r->pitch = pitch;
  cdf_render_powers(powers, (float)pitch);
  cdf_render_film(r->film, r->net, r->params, powers);
  cdf_mlp_unfolded(&r->point, r->film);
  cdf_folded_layer *last = &r->point.layers[r->net->point.n_layers - 1];
  r->bias = last->shift, last->shift = NULL; /* it is added with the colour */
  memset(r->based, 0, (size_t)r->world.height);
}

void cdf_renderer_rows(cdf_renderer *r, uint8_t *dst, int width, const cdf_view *v, int y0, int y1) {
  double left = v->x - r->world.x, top = v->y - r->world.y;
  bool learned = !r->is_plain && v->pitch < 1.0;
  if (learned) set_pitch(r, v->pitch / parts_of(v->pitch));
  /* The pixels whose centres lie in the world. */
  double first = ceil(-left / v->pitch - 0.5), end = ceil((r->world.width - left) / v->pitch - 0.5);
  int x0 = first > 0 ? first < width ? (int)first : width : 0, x1 = end < width ? end > x0 ? (int)end : x0 : width;
  for (int y = y0; y < y1; y++, dst += (size_t)width * (size_t)r->channels) {
    double cy = top + (y + 0.5) * v->pitch;
    bool outside = cy < 0 || cy >= r->world.height;
    for (int x = 0; x < width; x++)
      for (int c = 0; c < r->channels && (outside || x < x0 || x >= x1); c++)
        dst[x * r->channels + c] = to_byte(r->background[c]);
    if (outside || x0 == x1) continue;
    if (learned)
      draw_learned(r, dst + x0 * r->channels, v, y, x0, x1);
    else
      for (int x = x0; x < x1; x++) draw_sum(r, dst + x * r->channels, left + (x + 0.5) * v->pitch, cy, v->pitch);
  }
}
