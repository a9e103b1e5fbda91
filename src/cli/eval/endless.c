/* endless.c: `coordiff eval --endless`: does a world without end show where its patches meet, or repeat itself? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval.h"
#include "../json.h"
#include "../process.h"
#include "../terminal.h"
#include "../threads.h"

enum { NEAR = 32, FAR = 120, MAX_SIDE = CDF_MAX_LATTICE }; /* lags, in cells, at which nothing should be alike */

typedef struct window {
  int width, height, channels; /* from a patch's corner on */
  float *lattice;              /* [C][h][w], of mean 0 and variance 1 over all cells of a channel */
} window;

/* Squared difference between a column (or row) of cells and the one before it, by where in a patch that is. */
typedef struct seams {
  const cdf_config *config;
  int side;                /* of a patch, along an axis on which patches meet */
  double energy[MAX_SIDE]; /* [side]: mean at each place; 0 is where two patches meet */
} seams;

static float *plane_of(const window *w, int ch) {
  return w->lattice + (size_t)ch * (size_t)w->width * (size_t)w->height;
}

/* What every place of a frame has in common is no repeat: along an axis that goes on alone each line has mean 0. */
static void centre_lines(float *x, const window *w, const cdf_config *c) {
  bool rows = cdf_is_framed(c, CDF_AXIS_Y), columns = cdf_is_framed(c, CDF_AXIS_X);
  int lines = rows ? w->height : columns ? w->width : 1, n = w->width * w->height / lines;
  for (int line = 0; line < lines; line++) {
    float *first = x + (rows ? line * w->width : line);
    int step = columns ? w->width : 1;
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)first[i * step];
    for (int i = 0; i < n; i++) first[i * step] = (float)((double)first[i * step] - sum / n);
  }
}

static void normalise(window *w, const cdf_config *c) {
  size_t plane = (size_t)w->width * (size_t)w->height;
  for (int ch = 0; ch < w->channels; ch++) {
    float *x = plane_of(w, ch);
    double square = 0;
    centre_lines(x, w, c);
    for (size_t i = 0; i < plane; i++) square += (double)x[i] * (double)x[i];
    float scale = square > 0 ? (float)(1 / sqrt(square / (double)plane)) : 0;
    for (size_t i = 0; i < plane; i++) x[i] *= scale;
  }
}

/* Cells of a window along an axis: a frame, or as many whole patches as a world may be wide. */
static int window_side(const cdf_config *c, cdf_axis axis) {
  int patch = cdf_patch_side(c, axis);
  return cdf_is_framed(c, axis) ? patch : cdf_world_most(c, axis) / patch * patch;
}

/* Window number `item`: a seed of its own, a class for each pair of them. */
static cdf_status make_window(window *w, const cli_eval *e, int item, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  *w = (window){.width = window_side(c, CDF_AXIS_X), .height = window_side(c, CDF_AXIS_Y), .channels = c->channels};
  const cdf_world world = {0, 0, w->width, w->height};
  size_t n = cdf_world_cells(&world) * (size_t)c->channels;
  cdf_sample_options options = e->options;
  options.seed += (uint64_t)item;
  options.label = cli_eval_label(e, item / 2);
  cli_process p;
  w->lattice = malloc(n * sizeof *w->lattice);
  if (!w->lattice) return cdf_fail_memory(err, n * sizeof *w->lattice);
  cdf_status status = cli_process_open(&p, e->model, &world, true, &options, &cli_threads, e->k, err);
  while (status == CDF_OK && !cli_process_done(&p) && !cli_stop_signal()) status = cli_process_step(&p, err);
  if (status == CDF_OK && cli_stop_signal()) status = cdf_fail(err, CDF_FAILED, "interrupted");
  for (size_t i = 0; i < n && status == CDF_OK; i++) w->lattice[i] = cli_process_clean(&p)[i];
  cli_process_close(&p);
  if (status == CDF_OK) normalise(w, c);
  return status;
}

/* Between the lines across an axis: `step` numbers lie between two of them, `across` between the numbers of one. */
static void add_lines(seams *s, const float *x, int n_lines, int n, int step, int across, double weight) {
  for (int line = s->side; line < n_lines; line++) /* the first has none before it */
    for (int i = 0; i < n; i++) {
      double difference = (double)x[line * step + i * across] - (double)x[(line - 1) * step + i * across];
      s->energy[line % s->side] += weight * difference * difference;
    }
}

static void add_seams(seams *s, const window *w) {
  bool x_ends = cdf_is_framed(s->config, CDF_AXIS_X), y_ends = cdf_is_framed(s->config, CDF_AXIS_Y);
  for (int ch = 0; ch < w->channels; ch++) {
    const float *x = plane_of(w, ch);
    double places = w->channels * (double)(!x_ends + !y_ends);
    if (!x_ends)
      add_lines(s, x, w->width, w->height, 1, w->width, s->side / (places * w->height * (w->width - s->side)));
    if (!y_ends)
      add_lines(s, x, w->height, w->width, w->width, 1, s->side / (places * w->width * (w->height - s->side)));
  }
}

/* Correlation of a with b moved by (dx, dy). */
static double correlation(const window *a, const window *b, int dx, int dy) {
  int w = a->width, h = a->height;
  double sum = 0;
  for (int ch = 0; ch < a->channels; ch++)
    for (int y = 0; y < h - dy; y++) {
      const float *p = plane_of(a, ch) + (size_t)y * (size_t)w, *q = plane_of(b, ch) + (size_t)(y + dy) * (size_t)w;
      float row = 0;
      for (int x = cdf_max(0, -dx); x < w - cdf_max(0, dx); x++) row += p[x] * q[x + dx];
      sum += (double)row;
    }
  return sum / ((double)a->channels * (h - dy) * (w - abs(dx)));
}

/* The largest |correlation| of a with b moved by NEAR to FAR cells in any direction in which the world goes on. */
static double likeness(const window *a, const window *b, const cdf_config *c) {
  int across = cdf_is_framed(c, CDF_AXIS_X) ? 0 : FAR, down = cdf_is_framed(c, CDF_AXIS_Y) ? 0 : FAR;
  double largest = 0;
  for (int dy = 0; dy <= down; dy++)
    for (int dx = -across; dx <= across; dx++)
      if (dy >= NEAR || abs(dx) >= NEAR) largest = fmax(largest, fabs(correlation(a, b, dx, dy)));
  return largest;
}

typedef struct report {
  seams seams;
  double repeats, chance; /* the largest likeness of a window with itself, and with the other one of its class */
} report;

/* The ratio of the energy where patches meet to that elsewhere, and the least and most of single other places. */
static void ratios(double *meet, double *least, double *most, const seams *s) {
  double others = 0;
  for (int i = 1; i < s->side; i++) others += s->energy[i] / (s->side - 1);
  *least = INFINITY, *most = 0, *meet = s->energy[0] / others;
  for (int i = 1; i < s->side; i++)
    *least = fmin(*least, s->energy[i] / others), *most = fmax(*most, s->energy[i] / others);
}

static void print(const report *r, const cli_eval *e) {
  double meet, least, most;
  ratios(&meet, &least, &most, &r->seams);
  if (!e->json) {
    const cdf_config *c = r->seams.config;
    printf("%d windows of %d x %d cells, patches of %d, seed %llu, %d steps\n", e->n_samples,
           window_side(c, CDF_AXIS_X), window_side(c, CDF_AXIS_Y), r->seams.side, (unsigned long long)e->options.seed,
           cli_eval_steps(e));
    printf("energy where patches meet      %.4f of that elsewhere (single places elsewhere: %.4f to %.4f)\n", meet,
           least, most);
    printf("largest autocorrelation        %.4f from %d to %d cells away (between two worlds: %.4f)\n", r->repeats,
           NEAR, FAR, r->chance);
    return;
  }
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(
      ", \"windows\": %d, \"patch_side\": %d, \"seed\": %llu, \"steps\": %d, \"kernels\": \"%s\", \"seam_energy\": "
      "%.6g, "
      "\"elsewhere_least\": %.6g, \"elsewhere_most\": %.6g, \"autocorrelation\": %.6g, \"chance\": %.6g}\n",
      e->n_samples, r->seams.side, (unsigned long long)e->options.seed, cli_eval_steps(e), e->k->name, meet, least,
      most, r->repeats, r->chance);
}

cdf_status cli_eval_endless(const cli_eval *e, cdf_error *err) {
  int n = e->n_samples;
  if (n % 2)
    return cdf_fail(err, CDF_USAGE, "--samples is %d, but windows are compared two by two; give an even number", n);
  window *windows = calloc((size_t)n, sizeof *windows);
  if (!windows) return cdf_fail_memory(err, (size_t)n * sizeof *windows);
  const cdf_config *c = &e->model->net.config;
  report r = {
      .seams = {.config = c, .side = cdf_patch_side(c, cdf_is_framed(c, CDF_AXIS_X) ? CDF_AXIS_Y : CDF_AXIS_X)}};
  cdf_status status = CDF_OK;
  for (int i = 0; i < n && status == CDF_OK; i++) {
    status = make_window(&windows[i], e, i, err);
    if (!e->quiet) cli_progress("%d of %d windows", i + 1, n);
  }
  cli_progress(NULL);
  for (int i = 0; i < n && status == CDF_OK; i++) {
    add_seams(&r.seams, &windows[i]);
    r.repeats = fmax(r.repeats, likeness(&windows[i], &windows[i], c));
    r.chance = fmax(r.chance, likeness(&windows[i], &windows[i ^ 1], c));
  }
  if (status == CDF_OK) print(&r, e);
  for (int i = 0; i < n; i++) free(windows[i].lattice);
  free(windows);
  return status;
}
