/* test_reference.c: the network, the sampler and the renderer once more, plainly: in double, nothing folded, no
 * kernels, one cell and one point at a time, straight from the formulas in the headers. Every kernel table is compared
 * with it: sampled lattices of every architecture and sampler, and canvases.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "denoise/sampler.h"
#include "render/renderer.h"
#include "test.h"

enum { WIDE = 1024 }; /* numbers of the longest row */

static const double pi = 3.14159265358979323846;

typedef struct reference {
  const cdf_tensors *tensors;
  const float *params;
} reference;

/* y = (add ? y : 0) + x W[first .. first + n), or the first row itself for a bias: x NULL. */
static void dense(double *y, const reference *r, const char *name, const double *x, int first, int n, bool add) {
  const cdf_shape *t = cdf_tensors_find(r->tensors, name);
  for (int c = 0; c < t->cols; c++) {
    double sum = add ? y[c] : 0;
    for (int i = 0; i < n; i++)
      sum += (x ? x[i] : 1) * (double)r->params[t->offset + (size_t)(first + i) * (size_t)t->ld + (size_t)c];
    y[c] = sum;
  }
}

static double act(int act, double u) {
  switch (act) {
    case CDF_ACT_SILU:
      return u / (1 + exp(-u));
    case CDF_ACT_RELU:
      return u > 0 ? u : 0;
    case CDF_ACT_LEAKY:
      return u > 0 ? u : 0.2 * u;
    case CDF_ACT_TANH:
      return tanh(u);
    case CDF_ACT_SINE:
      return sin(u);
    default:
      return u;
  }
}

static double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

/* ---- what the network is told ---- */

/* One level of a plane w x h: a Gaussian, cut off, over the cells that there are. */
static double blurred(const double *plane, int w, int h, int x, int y, int level, const cdf_config *c) {
  if (level == 0) return plane[y * w + x];
  double sd = 0.9 * (1 << (level - 1)), sum = 0, mass = 0;
  int radius = (int)(3 * sd) + 1;
  for (int j = -radius; j <= radius; j++)
    for (int i = -radius; i <= radius; i++) {
      int u = x + i, v = y + j;
      if (!cdf_is_framed(c, CDF_AXIS_X)) u = (u % w + w) % w;
      if (!cdf_is_framed(c, CDF_AXIS_Y)) v = (v % h + h) % h;
      if (u < 0 || u >= w || v < 0 || v >= h) continue;
      double weight = exp(-0.5 * (i * i + j * j) / (sd * sd));
      sum += weight * plane[v * w + u], mass += weight;
    }
  return sum / mass;
}

static double blur_of(int l) { return l == 0 ? 0 : 0.9 * (1 << (l - 1)); }

/* The square of the deviation of unit noise at level l. */
static double noise_of(int l) { return l == 0 ? 1 : 1 / (4 * pi * blur_of(l) * blur_of(l)); }

/* planes[levels][channels][h][w], blurred and scaled; of a model that reads bands either these or their levels. */
static void levels(double *planes, const cdf_config *c, const double *z, double sigma, bool bands) {
  int w = c->lattice_width, h = c->lattice_height;
  for (int l = 0; l < c->n_levels; l++) {
    bool own = c->scaling == CDF_SCALING_LEVEL || bands, less = bands && l + 1 < c->n_levels;
    double noise = c->scaling == CDF_SCALING_GLOBAL ? 1 : noise_of(l);
    if (less) noise += noise_of(l + 1) - 1 / (pi * (pow(blur_of(l), 2) + pow(blur_of(l + 1), 2)));
    double scale = 1 / hypot(own ? c->level_sd[l] : c->sigma_data, sigma * sqrt(noise));
    if (c->target == CDF_TARGET_PREVIOUS) scale = 1;
    for (int i = 0; i < c->channels * w * h; i++) {
      const double *plane = z + i / (w * h) * w * h;
      double x = blurred(plane, w, h, i % w, i / w % h, l, c);
      if (less) x -= blurred(plane, w, h, i % w, i / w % h, l + 1, c);
      planes[l * c->channels * w * h + i] = scale * x;
    }
  }
}

static int features(double *row, const cdf_config *c, const double *planes, int x, int y, double time) {
  int w = c->lattice_width, h = c->lattice_height, n = 0;
  for (int l = 0; l < c->n_levels; l++)
    for (int ch = 0; ch < c->channels; ch++)
      for (int j = -c->tap_radius[l]; j <= c->tap_radius[l]; j++)
        for (int i = -c->tap_radius[l]; i <= c->tap_radius[l]; i++) {
          int u = x + i * (1 << l), v = y + j * (1 << l);
          u = cdf_is_framed(c, CDF_AXIS_X) ? cdf_clamp(u, 0, w - 1) : (u % w + w) % w;
          v = cdf_is_framed(c, CDF_AXIS_Y) ? cdf_clamp(v, 0, h - 1) : (v % h + h) % h;
          row[n++] = planes[((l * c->channels + ch) * h + v) * w + u];
        }
  for (int axis = 0; axis < 2; axis++) {
    if (!cdf_is_framed(c, (cdf_axis)axis)) continue;
    double u = axis == 0 ? (2.0 * x + 1) / w - 1 : (2.0 * y + 1) / h - 1;
    row[n++] = u;
    for (int k = 0; k < c->coord_octaves; k++) row[n++] = sin(pi * (1 << k) * u), row[n++] = cos(pi * (1 << k) * u);
  }
  if (c->cond_hidden == 0) row[n++] = time;
  return n;
}

static double bilinear(const double *plane, int w, int h, double x, double y) {
  x = clamp(x, 0, w - 1), y = clamp(y, 0, h - 1);
  int x0 = (int)x, y0 = (int)y, x1 = cdf_min(x0 + 1, w - 1), y1 = cdf_min(y0 + 1, h - 1);
  double u = x - x0, v = y - y0;
  return (1 - v) * ((1 - u) * plane[y0 * w + x0] + u * plane[y0 * w + x1]) +
         v * ((1 - u) * plane[y1 * w + x0] + u * plane[y1 * w + x1]);
}

/* The FiLM row of an image: the conditioning network of its thumbnail, class (-1: none) and time. */
static void film_of(double *film, const reference *r, const cdf_network *net, const double *planes, int label,
                    double time) {
  const cdf_config *c = &net->config;
  double row[WIDE] = {0}, a[WIDE], b[WIDE];
  int w = c->lattice_width, h = c->lattice_height, t = c->thumbnail, n = 0, level = 0;
  dense(film, r, "film.bias", NULL, 0, 1, false);
  if (c->cond_hidden == 0) return;
  while (t > 0 && level + 1 < c->n_levels && 0.9 * (1 << level) < 0.6 * w / t) level++;
  for (int i = 0; i < c->channels * t * t; i++)
    row[n++] = bilinear(planes + (level * c->channels + i / (t * t)) * w * h, w, h, (i % t + 0.5) * w / t - 0.5,
                        (i / t % t + 0.5) * h / t - 0.5);
  for (int k = 0; k <= c->n_classes; k++) row[n++] = k == (label < 0 ? c->n_classes : label);
  for (int k = 1; k <= 8; k++) row[n++] = sin(time * 0.5 * k * pi), row[n++] = cos(time * 0.5 * k * pi);
  dense(a, r, "cond.0.bias", NULL, 0, 1, false), dense(a, r, "cond.0.weight", row, 0, n, true);
  for (int i = 0; i < c->cond_hidden; i++) a[i] = act(CDF_ACT_SILU, a[i]);
  dense(b, r, "cond.1.bias", NULL, 0, 1, false), dense(b, r, "cond.1.weight", a, 0, c->cond_hidden, true);
  for (int i = 0; i < c->cond_hidden; i++) b[i] = act(CDF_ACT_SILU, b[i]);
  double square = 1e-6;
  for (int i = 0; i < c->cond_hidden; i++) square += b[i] * b[i] / c->cond_hidden;
  for (int i = 0; i < c->cond_hidden && c->cond_normed; i++) b[i] *= 0.5 / sqrt(square);
  dense(film, r, "film.weight", b, 0, c->cond_hidden, true);
  for (int part = c->body == CDF_BODY_RESIDUAL; part < net->n_film / c->hidden && c->scale_bound > 0; part += 2)
    for (double *s = film + part * c->hidden; s < film + (part + 1) * c->hidden; s++)
      *s = c->scale_bound * tanh(*s / c->scale_bound);
}

/* ---- the network ---- */

static void network(double *out, const reference *r, const cdf_config *c, const double *x, int n_x,
                    const double *film) {
  double h[WIDE], u[WIDE], g[WIDE], next[WIDE];
  char name[32];
  int n = c->hidden;
  if (c->body == CDF_BODY_RESIDUAL) {
    dense(h, r, "in.weight", x, 0, n_x, false);
    for (int j = 0; j < n; j++) h[j] += film[j];
    const double *f = film + n;
    for (int b = 0; b < c->n_layers; b++, f += 4 * n) {
      for (int j = 0; j < n; j++) u[j] = act(c->activation, h[j]);
      snprintf(name, sizeof name, "block.%d.weight1", b), dense(g, r, name, u, 0, n, false);
      for (int j = 0; j < n; j++) u[j] = act(c->activation, f[j] * g[j] + f[n + j]);
      snprintf(name, sizeof name, "block.%d.weight2", b), dense(g, r, name, u, 0, n, false);
      for (int j = 0; j < n; j++) h[j] += f[2 * n + j] * g[j] + f[3 * n + j];
    }
    for (int j = 0; j < n; j++) h[j] = act(c->activation, h[j]);
  } else {
    const double *f = film;
    for (int l = 0; l < c->n_layers; l++, f += 2 * n) {
      snprintf(name, sizeof name, "layer.%d.weight", l);
      dense(g, r, name, l == 0 ? x : h, 0, l == 0 ? n_x : n, false);
      if (l > 0 && c->body == CDF_BODY_PIXELGEN) dense(g, r, name, x, n, n_x, true);
      for (int j = 0; j < n; j++)
        next[j] = act(c->activation, f[j] * g[j] + f[n + j]) + (l > 0 && c->body == CDF_BODY_SKIP ? h[j] : 0);
      memcpy(h, next, sizeof h);
    }
  }
  dense(out, r, "out.bias", NULL, 0, 1, false), dense(out, r, "out.weight", h, 0, n, true);
}

/* D(z; sigma, class) of a whole lattice (Karras et al. 2022), or what comes before z in the write-up's chain. */
static void denoise(double *clean, const cdf_network *net, const float *params, const double *z, double sigma,
                    double time, int label) {
  const cdf_config *c = &net->config;
  const reference r = {&net->tensors, params};
  int w = c->lattice_width, h = c->lattice_height, size = c->channels * w * h;
  double *planes = malloc(sizeof(double) * (size_t)(size * c->n_levels)), film[WIDE], row[WIDE], f[CDF_LANES];
  double sd = c->sigma_data, v = sigma * sigma + sd * sd;
  bool edm = c->target == CDF_TARGET_EDM;
  levels(planes, c, z, sigma, false);
  film_of(film, &r, net, planes, label, time);
  if (c->scaling == CDF_SCALING_BAND) levels(planes, c, z, sigma, true);
  for (int i = 0; i < w * h; i++) {
    int n = features(row, c, planes, i % w, i / w, time);
    network(f, &r, c, row, n, film);
    for (int ch = 0; ch < c->channels; ch++) {
      int at = ch * w * h + i;
      clean[at] = edm ? sd * sd / v * z[at] + sigma * sd / sqrt(v) * f[ch] : f[ch];
    }
  }
  free(planes);
}

/* ---- the sampler: Euler, Heun, DPM-Solver++(2M) ---- */

static int label(const cdf_network *net, const cdf_sample_options *o) {
  return net->config.n_classes > 0 ? o->label : -1;
}

static void guided(double *clean, const cdf_network *net, const float *params, const double *z, double sigma,
                   const cdf_sample_options *o) {
  int n = net->config.channels * net->config.lattice_width * net->config.lattice_height;
  double *none = malloc(sizeof(double) * (size_t)n);
  denoise(clean, net, params, z, sigma, log(sigma) / 4, label(net, o));
  denoise(none, net, params, z, sigma, log(sigma) / 4, -1);
  for (int i = 0; i < n && label(net, o) >= 0; i++) clean[i] = none[i] + (double)o->guidance * (clean[i] - none[i]);
  free(none);
}

static void sample(double *clean, const cdf_network *net, const float *params, const cdf_sample_options *o) {
  const cdf_config *c = &net->config;
  int w = c->lattice_width, n = c->channels * w * c->lattice_height, plane = n / c->channels;
  bool chain = c->target == CDF_TARGET_PREVIOUS;
  double *z = malloc(4 * sizeof(double) * (size_t)n), *last = z + n, *middle = z + 2 * n, *second = z + 3 * n;
  double high = pow(80, 1 / 7.0), low = pow(0.01, 1 / 7.0), before = 0;
#define SIGMA(i) ((i) == o->steps ? 0 : pow(high + (i) / (o->steps - 1.0) * (low - high), 7))
  for (int i = 0; i < plane; i++) {
    float unit[4];
    cdf_rng_normal4(unit, o->seed, (cdf_counter){{(uint32_t)(i % w), (uint32_t)(i / w), CDF_STREAM_INIT, 0}});
    for (int ch = 0; ch < c->channels; ch++) z[ch * plane + i] = unit[ch] * (chain ? 1 : 80.0);
  }
  for (int t = c->timesteps; t >= 1 && chain; t--) {
    denoise(clean, net, params, z, 0, 2.0 * t / c->timesteps - 1, label(net, o));
    memcpy(z, clean, sizeof(double) * (size_t)n);
  }
  for (int step = 0; step < o->steps && !chain; step++) {
    double from = SIGMA(step), to = SIGMA(step + 1);
    bool blends = o->kind == CDF_SAMPLER_DPM2M && step > 0 && to > 0;
    double blend = blends ? log(from / to) / (2 * log(before / from)) : 0;
    guided(clean, net, params, z, from, o);
    for (int i = 0; i < n; i++) {
      double d = clean[i] + (blends ? blend * (clean[i] - last[i]) : 0);
      middle[i] = d + to / from * (z[i] - d), last[i] = clean[i];
    }
    if (o->kind == CDF_SAMPLER_HEUN && to > 0) {
      guided(second, net, params, middle, to, o);
      for (int i = 0; i < n; i++)
        middle[i] = z[i] + (to - from) / 2 * ((z[i] - clean[i]) / from + (middle[i] - second[i]) / to);
    }
    memcpy(z, middle, sizeof(double) * (size_t)n);
    before = from;
  }
  free(z);
}

/* ---- the renderer ---- */

typedef struct painting {
  const cdf_render_net *net;
  reference r;
  int w, h;
  const double *lattice; /* [C][h][w] */
  double *codes;         /* [h split][w split][hidden] */
} painting;

static void codes(painting *v) {
  const cdf_render_config *c = &v->net->config;
  int s = c->split, e = c->cell_hidden, wide = v->w * s;
  for (int i = 0; i < v->w * v->h; i++) {
    double taps[WIDE] = {0}, a[WIDE], b[WIDE], code[WIDE];
    int x = i % v->w, y = i / v->w, n = 0;
    for (int ch = 0; ch < c->channels; ch++)
      for (int dy = -c->radius; dy <= c->radius; dy++)
        for (int dx = -c->radius; dx <= c->radius; dx++) {
          const double *p = v->lattice + ch * v->w * v->h;
          double centre = p[i], seen = p[cdf_clamp(y + dy, 0, v->h - 1) * v->w + cdf_clamp(x + dx, 0, v->w - 1)];
          taps[n++] = dx == 0 && dy == 0 ? centre : seen - centre;
        }
    dense(a, &v->r, "renderer.cell.0.bias", NULL, 0, 1, false);
    dense(a, &v->r, "renderer.cell.0.weight", taps, 0, n, true);
    for (int j = 0; j < e; j++) a[j] = act(CDF_ACT_SILU, a[j]);
    dense(b, &v->r, "renderer.cell.1.bias", NULL, 0, 1, false);
    dense(b, &v->r, "renderer.cell.1.weight", a, 0, e, true);
    for (int j = 0; j < e; j++) b[j] = act(CDF_ACT_SILU, b[j]);
    dense(code, &v->r, "renderer.code.bias", NULL, 0, 1, false);
    dense(code, &v->r, "renderer.code.weight", b, 0, e, true);
    for (int part = 0; part < s * s; part++)
      memcpy(v->codes + ((y * s + part / s) * wide + x * s + part % s) * c->hidden, code + part * c->hidden,
             sizeof(double) * (size_t)c->hidden);
  }
}

/* What the network adds at the point (x, y), in cells, for pixels of `pitch` cells. */
static void point(double *out, const painting *v, double x, double y, double pitch) {
  const cdf_render_config *c = &v->net->config;
  int n = c->hidden, wide = v->w * c->split, high = v->h * c->split;
  double gx = clamp(x * c->split - 0.5, 0, wide - 1), gy = clamp(y * c->split - 0.5, 0, high - 1), h[WIDE], g[WIDE],
         powers[CDF_RENDER_POWERS] = {1}, film[WIDE];
  int x0 = (int)gx, y0 = (int)gy, x1 = cdf_min(x0 + 1, wide - 1), y1 = cdf_min(y0 + 1, high - 1);
  for (int i = 1; i < CDF_RENDER_POWERS; i++)
    powers[i] = powers[i - 1] * (2 * log(clamp(pitch, 0.125, 1)) / log(8) + 1);
  dense(film, &v->r, "renderer.film", powers, 0, CDF_RENDER_POWERS, false);
  for (int j = 0; j < n; j++) {
    const double *p = v->codes + j;
    double top = (1 - gx + x0) * p[(y0 * wide + x0) * n] + (gx - x0) * p[(y0 * wide + x1) * n];
    double bottom = (1 - gx + x0) * p[(y1 * wide + x0) * n] + (gx - x0) * p[(y1 * wide + x1) * n];
    g[j] = (1 - gy + y0) * top + (gy - y0) * bottom;
  }
  for (int l = 0; l < CDF_RENDER_LAYERS; l++) {
    char name[40];
    snprintf(name, sizeof name, "renderer.point.%d.weight", l);
    if (l > 0) dense(g, &v->r, name, h, 0, n, false);
    for (int j = 0; j < n; j++) h[j] = act(CDF_ACT_SILU, film[2 * l * n + j] * g[j] + film[(2 * l + 1) * n + j]);
  }
  dense(out, &v->r, "renderer.out.bias", NULL, 0, 1, false);
  dense(out, &v->r, "renderer.out.weight", h, 0, n, true);
}

/* The mean of n x n points of the square of `side` cells at (x, y): a base colour, and what the network adds. */
static void mean_of(double *out, const painting *v, const double *base, double x, double y, double side, int n,
                    double pitch) {
  double add[CDF_LANES];
  int channels = v->net->config.channels;
  memset(out, 0, sizeof(double) * (size_t)channels);
  for (int i = 0; i < n * n; i++) {
    double u = x + (i % n + 0.5) * side / n, t = y + (i / n + 0.5) * side / n;
    point(add, v, u, t, pitch);
    for (int ch = 0; ch < channels; ch++)
      out[ch] += (add[ch] + bilinear(base + ch * v->w * v->h, v->w, v->h, u - 0.5, t - 0.5)) / (n * n);
  }
}

/* Pixels k times as fine as the cells, pixels[h k][w k][C] in levels of 255: the base is such that cells keep their
 * means. */
static void render(double *pixels, painting *v, int k) {
  int channels = v->net->config.channels, cells = v->w * v->h, parts = k < 3 ? 2 : 1;
  double *base = malloc(sizeof(double) * (size_t)(channels * cells)), mean[CDF_LANES], pitch = 1.0 / k / parts;
  codes(v);
  for (int i = 0; i < cells; i++) {
    mean_of(mean, v, v->lattice, i % v->w, i / v->w, 1, cdf_clamp((int)(1 / pitch + 0.5), 1, 4), pitch);
    for (int ch = 0; ch < channels; ch++) base[ch * cells + i] = 2 * v->lattice[ch * cells + i] - mean[ch];
  }
  for (int i = 0; i < cells * k * k; i++) {
    mean_of(mean, v, base, (double)(i % (v->w * k)) / k, (double)(i / (v->w * k)) / k, 1.0 / k, parts, pitch);
    for (int ch = 0; ch < channels; ch++) pixels[i * channels + ch] = clamp((mean[ch] + 1) * 127.5, 0, 255);
  }
  free(base);
}

/* ---- the comparison ---- */

enum { W = 9, H = 7, C = 2, N = C * W * H };

/* Noise on every weight: all paths open. */
static float *weights(const cdf_tensors *tensors, const float *start, float amplitude) {
  float *params = cdf_aligned_zalloc(tensors->n_params * sizeof(float));
  memcpy(params, start, tensors->n_params * sizeof(float));
  for (int i = 0; i < tensors->n; i++) {
    const cdf_shape *t = &tensors->list[i];
    for (int j = 0; j < t->rows * t->cols; j++) {
      float n[4];
      cdf_rng_normal4(n, 9, (cdf_counter){{(uint32_t)j, (uint32_t)i, 0, 0}});
      params[t->offset + (size_t)(j / t->cols * t->ld + j % t->cols)] += amplitude * n[0];
    }
  }
  return params;
}

static cdf_config small(const char *arch, int cond_hidden) {
  cdf_config c;
  CHECK(cdf_config_preset(&c, arch, NULL) == CDF_OK);
  c.channels = C, c.lattice_width = W, c.lattice_height = H, c.hidden = 32, c.n_layers = 2, c.n_levels = 3;
  c.cond_hidden = cond_hidden, c.thumbnail = cond_hidden ? 2 : 0, c.n_classes = cond_hidden ? 3 : 0;
  c.sigma_data = 0.5f, c.timesteps = 6;
  for (int l = 0; l < 3; l++) c.tap_radius[l] = 2 - l, c.level_sd[l] = 0.5f - 0.1f * (float)l;
  return c;
}

/* Largest difference of the sampled lattice from the reference's, in its root mean square. */
static double difference(const cdf_network *net, const float *params, const cdf_sample_options *o, const double *want,
                         const cdf_kernels *k) {
  cdf_sampler *s = malloc(sizeof *s);
  void *block = cdf_aligned_zalloc(cdf_sampler_bytes(net, NULL, 1));
  double worst = 0, square = 0;
  cdf_sampler_init(s, net, NULL, params, 1, k, block);
  CHECK(cdf_sampler_start(s, o, NULL) == CDF_OK);
  while (!cdf_sampler_done(s)) {
    cdf_sampler_prepare(s);
    cdf_sampler_part(s, &(cdf_world){0, 0, W, H});
    CHECK(cdf_sampler_advance(s, NULL) == CDF_OK);
  }
  for (int i = 0; i < N; i++) worst = fmax(worst, fabs(s->clean[i] - want[i])), square += want[i] * want[i] / N;
  cdf_aligned_free(block);
  free(s);
  return worst / sqrt(square);
}

static void check_samples(const cdf_config *c, int kind, float guidance) {
  cdf_network net;
  cdf_network_init(&net, c);
  float *start = cdf_aligned_zalloc(net.tensors.n_params * sizeof(float));
  cdf_network_randomize(&net, start, 3);
  float *params = weights(&net.tensors, start, c->body == CDF_BODY_SIREN ? 0.002f : 0.03f);
  const cdf_sample_options o = {
      .seed = 5, .kind = kind, .steps = 5, .guidance = guidance, .label = c->n_classes > 0 ? 2 : 0};
  double want[N];
  sample(want, &net, params, &o);
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    double d = difference(&net, params, &o, want, *k);
    if (!(d < 2e-5)) printf("  %s, %s, sampler %d: differs by %g\n", (*k)->name, c->arch, kind, d);
    CHECK(d < 2e-5);
  }
  cdf_aligned_free(start), cdf_aligned_free(params);
}

TEST(samples_of_every_architecture) {
  for (int a = 0; cdf_arch_names[a]; a++)
    for (int cond = 0; cond <= 16; cond += 16) {
      cdf_config c = small(cdf_arch_names[a], cond);
      if (c.target == CDF_TARGET_PREVIOUS) {
        c.context = CDF_CONTEXT_NOISY; /* the clean picture is known in training only */
        check_samples(&c, CDF_SAMPLER_EULER, 1);
        c.target = CDF_TARGET_EDM;
      }
      check_samples(&c, CDF_SAMPLER_EULER, 1);
    }
}

TEST(samples_of_a_model_that_reads_levels) {
  cdf_config c = small("taps", 16);
  c.scaling = CDF_SCALING_LEVEL, c.cond_normed = 0;
  check_samples(&c, CDF_SAMPLER_EULER, 1);
  c.coordinates = CDF_COORDINATES_NONE, c.thumbnail = 0;
  check_samples(&c, CDF_SAMPLER_DPM2M, 1);
}

TEST(samples_of_every_sampler_with_and_without_guidance) {
  static const int kinds[] = {CDF_SAMPLER_DPM2M, CDF_SAMPLER_HEUN, CDF_SAMPLER_EULER};
  for (int i = 0; i < 3; i++)
    for (int coordinates = CDF_COORDINATES_NONE; coordinates <= CDF_COORDINATES_BOTH; coordinates++) {
      cdf_config c = small("taps", 16);
      c.coordinates = coordinates;
      if (coordinates != CDF_COORDINATES_BOTH) c.thumbnail = 0, c.scale_bound = 0;
      check_samples(&c, kinds[i], 1), check_samples(&c, kinds[i], 2.5f);
    }
}

/* Weights for the renderer as well, and a picture that stays within colours. */
TEST(canvases) {
  static const int sizes[] = {2, 3, 5, 8};
  const cdf_render_config config = {.channels = C, .radius = 2, .cell_hidden = 32, .split = 2, .hidden = 16};
  cdf_render_net net;
  float lattice[N], mean[CDF_MAX_CHANNELS] = {0};
  double exact[N], *codes = malloc(sizeof(double) * W * H * 4 * 16);
  cdf_render_net_init(&net, &config);
  float *start = cdf_aligned_zalloc(net.tensors.n_params * sizeof(float));
  cdf_render_net_randomize(&net, start, 3);
  float *params = weights(&net.tensors, start, 0.1f);
  cdf_rng_normal_fill(lattice, N, 4, (cdf_counter){{0, 0, 0, 0}});
  for (int i = 0; i < N; i++) exact[i] = lattice[i] = (float)tanh(0.4 * lattice[i]);
  for (int i = 0; i < 4; i++) {
    int k = sizes[i], n = N * k * k;
    painting v = {&net, {&net.tensors, params}, W, H, exact, codes};
    const cdf_world world = {0, 0, W, H};
    const cdf_view view = {0, 0, 1.0 / k};
    double *want = malloc(sizeof(double) * (size_t)n), spread = 0;
    uint8_t *canvas = malloc((size_t)n);
    render(want, &v, k);
    for (int j = 0; j < n; j++) spread = fmax(spread, fabs(want[j] - want[0]));
    CHECK(spread > 60); /* a grey canvas would prove nothing */
    for (const cdf_kernels *const *kernels = cdf_kernels_supported(); *kernels; kernels++) {
      void *block = cdf_aligned_zalloc(cdf_renderer_bytes(&world, C, &net));
      cdf_renderer r;
      double worst = 0;
      cdf_renderer_init(&r, &world, C, &net, params, *kernels, block);
      cdf_renderer_load(&r, lattice, mean, false);
      cdf_renderer_rows(&r, canvas, W * k, &view, 0, H * k);
      for (int j = 0; j < n; j++) worst = fmax(worst, fabs(canvas[j] - want[j]));
      if (!(worst < 0.502)) printf("  %s, %d times: differs by %g levels\n", (*kernels)->name, k, worst);
      CHECK(worst < 0.502); /* rounding to a byte, and hardly more */
      cdf_aligned_free(block);
    }
    free(want), free(canvas);
  }
  free(codes);
  cdf_aligned_free(start), cdf_aligned_free(params);
}

int main(void) {
  RUN(samples_of_every_architecture);
  RUN(samples_of_a_model_that_reads_levels);
  RUN(samples_of_every_sampler_with_and_without_guidance);
  RUN(canvases);
  return test_report();
}
