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
  int n, channels; /* n x n cells from a patch's corner on */
  float *lattice;  /* [C][n][n], of mean 0 and variance 1 over all cells of a channel */
} window;

/* Squared difference between a column (or row) of cells and the one before it, by where in a patch that is. */
typedef struct seams {
  int side;
  double energy[MAX_SIDE]; /* [side]: mean at each place; 0 is where two patches meet */
} seams;

static void normalise(window *w) {
  size_t plane = (size_t)w->n * (size_t)w->n;
  for (int ch = 0; ch < w->channels; ch++) {
    float *x = w->lattice + plane * (size_t)ch;
    double sum = 0, square = 0;
    for (size_t i = 0; i < plane; i++) sum += (double)x[i];
    for (size_t i = 0; i < plane; i++) square += pow((double)x[i] - sum / (double)plane, 2);
    double scale = square > 0 ? 1 / sqrt(square / (double)plane) : 0;
    for (size_t i = 0; i < plane; i++) x[i] = (float)(((double)x[i] - sum / (double)plane) * scale);
  }
}

/* As many whole patches as a world may be wide, in cells. */
static int window_side(int patch) { return CDF_MAX_LATTICE / patch * patch; }

/* Window number `item`: a seed of its own, a class for each pair of them. */
static cdf_status make_window(window *w, const cli_eval *e, int item, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  int side = cdf_patch_side(c);
  *w = (window){.n = window_side(side), .channels = c->channels};
  const cdf_world world = {0, 0, w->n, w->n};
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
  if (status == CDF_OK) normalise(w);
  return status;
}

static void add_seams(seams *s, const window *w) {
  int n = w->n, per_place = 2 * w->channels * n * (n / s->side - 1); /* the first line has none before it */
  for (int ch = 0; ch < w->channels; ch++)
    for (int line = s->side; line < n; line++)
      for (int i = 0; i < n; i++) {
        const float *x = w->lattice + (size_t)ch * (size_t)n * (size_t)n;
        double across = (double)x[i * n + line] - x[i * n + line - 1],
               down = (double)x[line * n + i] - x[(line - 1) * n + i];
        s->energy[line % s->side] += (across * across + down * down) / per_place;
      }
}

/* The largest |correlation| of a with b moved by NEAR to FAR cells in any direction. */
static double likeness(const window *a, const window *b) {
  int n = a->n;
  double largest = 0;
  for (int dy = 0; dy <= FAR; dy++)
    for (int dx = -FAR; dx <= FAR; dx++) {
      if (dy < NEAR && abs(dx) < NEAR) continue;
      double sum = 0;
      for (int ch = 0; ch < a->channels; ch++)
        for (int y = 0; y < n - dy; y++) {
          const float *p = a->lattice + ((size_t)ch * (size_t)n + (size_t)y) * (size_t)n,
                      *q = b->lattice + ((size_t)ch * (size_t)n + (size_t)(y + dy)) * (size_t)n;
          float row = 0;
          for (int x = cdf_max(0, -dx); x < n - cdf_max(0, dx); x++) row += p[x] * q[x + dx];
          sum += (double)row;
        }
      largest = fmax(largest, fabs(sum) / ((double)a->channels * (n - dy) * (n - abs(dx))));
    }
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
    int side = window_side(r->seams.side);
    printf("%d windows of %d x %d cells, patches of %d, seed %llu, %d steps\n", e->n_samples, side, side, r->seams.side,
           (unsigned long long)e->options.seed, cli_eval_steps(e));
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
  report r = {.seams.side = cdf_patch_side(&e->model->net.config)};
  cdf_status status = CDF_OK;
  for (int i = 0; i < n && status == CDF_OK; i++) {
    status = make_window(&windows[i], e, i, err);
    if (!e->quiet) cli_progress("%d of %d windows", i + 1, n);
  }
  cli_progress(NULL);
  for (int i = 0; i < n && status == CDF_OK; i++) {
    add_seams(&r.seams, &windows[i]);
    r.repeats = fmax(r.repeats, likeness(&windows[i], &windows[i]));
    r.chance = fmax(r.chance, likeness(&windows[i], &windows[i ^ 1]));
  }
  if (status == CDF_OK) print(&r, e);
  for (int i = 0; i < n; i++) free(windows[i].lattice);
  free(windows);
  return status;
}
