#include "distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../judge/metrics.h"
#include "frechet.h"

#define D CDF_CLASSIFIER_FEATURES
#define SEED 20190610 /* of the resamples: the same in every report */

/* ---- moments ---- */

/* Sums over some rows, less a constant origin: the covariance of any union of blocks follows from theirs. */
typedef struct moments {
  double n, sum[D], products[D * D]; /* the lower triangle */
} moments;

/* A set is cut in this many blocks of pictures: its whole, its halves and its thirds are unions of them. */
#define BLOCKS 6

static void add_row(moments *m, const float *row, const double *origin) {
  double x[D];
  for (int a = 0; a < D; a++) x[a] = (double)row[a] - origin[a];
  for (int a = 0; a < D; a++) {
    m->sum[a] += x[a];
    if (x[a] != 0.0)
      for (int b = 0; b <= a; b++) m->products[a * D + b] += x[a] * x[b];
  }
  m->n++;
}

static void add_moments(moments *m, const moments *other) {
  m->n += other->n;
  for (int a = 0; a < D; a++) m->sum[a] += other->sum[a];
  for (int a = 0; a < D * D; a++) m->products[a] += other->products[a];
}

static void add_picture(moments *m, const cli_features *f, int picture, const double *origin) {
  for (int j = 0; j < f->of_one; j++) add_row(m, f->x + ((size_t)picture * (size_t)f->of_one + (size_t)j) * D, origin);
}

/* pictures[n] in order of class, and where the classes end. */
static void sort_by_class(int *pictures, int ends[256], const cli_features *f) {
  int n = 0;
  for (int c = 0; c < 256; c++) {
    for (int i = 0; i < f->n && (f->labels || c == 0); i++)
      if (!f->labels || f->labels[i] == c) pictures[n++] = i;
    ends[c] = n;
  }
}

/* The blocks of resample `replicate` of a set, each with the same share of every class: equal numbers of each class are
 * no accident of sampling, and parts that differ in them would seem far apart. work holds 2 n. */
static void fill_blocks(moments blocks[BLOCKS], const cli_features *f, uint32_t replicate, const double *origin,
                        int *work) {
  int *pictures = work, *draws = work + f->n, ends[256];
  sort_by_class(pictures, ends, f);
  memset(blocks, 0, BLOCKS * sizeof *blocks);
  for (int c = 0, start = 0; c < 256; start = ends[c++]) {
    int n = ends[c] - start;
    cdf_metrics_resample(draws, n, SEED + (uint64_t)c, replicate);
    for (int i = 0; i < n; i++) add_picture(&blocks[(int64_t)i * BLOCKS / n], f, pictures[start + draws[i]], origin);
  }
}

static void mean_of_rows(double *mean, const cli_features *f) {
  size_t n = (size_t)f->n * (size_t)f->of_one;
  for (int a = 0; a < D; a++) mean[a] = 0;
  for (size_t i = 0; i < n; i++)
    for (int a = 0; a < D; a++) mean[a] += (double)f->x[i * D + (size_t)a] / (double)n;
}

/* ---- Frechet distance ---- */

typedef struct gaussian {
  double mean[D], covariance[D * D];
} gaussian;

/* Of part p of k of a set. */
static void fit_part(gaussian *g, moments *m, const moments blocks[BLOCKS], int p, int k) {
  memset(m, 0, sizeof *m);
  for (int b = p * BLOCKS / k; b < (p + 1) * BLOCKS / k; b++) add_moments(m, &blocks[b]);
  for (int a = 0; a < D; a++) g->mean[a] = m->sum[a] / m->n;
  for (int a = 0; a < D; a++)
    for (int b = 0; b <= a; b++)
      g->covariance[a * D + b] = g->covariance[b * D + a] =
          m->n > 1 ? (m->products[a * D + b] - m->sum[a] * g->mean[b]) / (m->n - 1) : 0.0;
}

/* Working memory of one resample. */
typedef struct resample {
  moments made[BLOCKS], part;
  gaussian a, b;
} resample;

/* The mean over the k parts of both sets. */
static cdf_status distance_of_parts(double *mean, resample *r, const moments *real, int k, cdf_error *err) {
  cdf_status status = CDF_OK;
  *mean = 0;
  for (int p = 0; p < k && status == CDF_OK; p++) {
    double d;
    fit_part(&r->a, &r->part, r->made, p, k);
    fit_part(&r->b, &r->part, real, p, k);
    status = cli_frechet(&d, r->a.mean, r->a.covariance, r->b.mean, r->b.covariance, D, err);
    if (status == CDF_OK) *mean += d / k;
  }
  return status;
}

typedef struct job {
  const cli_features *made;
  const moments *real;
  const double *origin;
  bool extrapolate;
  double (*values)[2]; /* [resamples]: of all, extrapolated */
  cdf_error *errors;   /* [resamples] */
} job;

/* Both distances of resample `item`. The excess of a distance goes as 1 / pictures (Chong & Forsyth 2020): a line
 * through the whole, the halves and the thirds of both sets, taken back to no parts at all. */
static void work_resample(void *context, int item) {
  const job *j = context;
  double *values = j->values[item], parts[4];
  resample *r = malloc(sizeof *r + 2 * (size_t)j->made->n * sizeof(int));
  if (!r) {
    cdf_fail_memory(&j->errors[item], sizeof *r);
    return;
  }
  int most = j->extrapolate ? 3 : 1;
  fill_blocks(r->made, j->made, (uint32_t)item, j->origin, (int *)(r + 1));
  cdf_status status = CDF_OK;
  for (int k = 1; k <= most && status == CDF_OK; k++)
    status = distance_of_parts(&parts[k], r, j->real, k, &j->errors[item]);
  values[0] = parts[1];
  values[1] = j->extrapolate ? (4 * parts[1] + parts[2] - 2 * parts[3]) / 3 : NAN;
  free(r);
}

/* From values[0], and the spread of the others. */
static cli_estimate estimate(double (*values)[2], int which, int n_resamples) {
  double mean = 0, squares = 0;
  for (int i = 1; i <= n_resamples; i++) mean += values[i][which] / n_resamples;
  for (int i = 1; i <= n_resamples; i++) squares += (values[i][which] - mean) * (values[i][which] - mean);
  return (cli_estimate){values[0][which], n_resamples > 1 ? sqrt(squares / (n_resamples - 1)) : -1};
}

static cdf_status first_error(const cdf_error *errors, int n, cdf_error *err) {
  for (int i = 0; i < n; i++)
    if (errors[i].code != CDF_OK) {
      if (err) *err = errors[i];
      return errors[i].code;
    }
  return CDF_OK;
}

static cdf_status compare_gaussians(cli_closeness *out, job *j, const cli_features *real, int n_resamples,
                                    const cdf_parallel *parallel, cdf_error *err) {
  size_t n = (size_t)n_resamples + 1;
  double origin[D];
  moments *blocks = malloc(BLOCKS * sizeof *blocks + 2 * (size_t)real->n * sizeof(int));
  j->values = malloc(n * sizeof *j->values);
  j->errors = calloc(n, sizeof *j->errors);
  cdf_status status = blocks && j->values && j->errors ? CDF_OK : cdf_fail_memory(err, BLOCKS * sizeof *blocks);
  if (status == CDF_OK) {
    mean_of_rows(origin, real);
    fill_blocks(blocks, real, 0, origin, (int *)(blocks + BLOCKS));
    j->real = blocks, j->origin = origin;
    cdf_parallel_for(parallel, work_resample, j, (int)n);
    status = first_error(j->errors, (int)n, err);
  }
  if (status == CDF_OK) {
    out->frechet = estimate(j->values, 0, n_resamples);
    out->extrapolated = estimate(j->values, 1, j->extrapolate ? n_resamples : 0);
  }
  free(blocks);
  free(j->values);
  free(j->errors);
  return status;
}

cdf_status cli_compare(cli_closeness *out, const cli_features *made, const cli_features *real, int n_resamples,
                       const cdf_parallel *parallel, cdf_error *err) {
  job j = {.made = made, .extrapolate = cdf_min(made->n, real->n) >= CLI_EXTRAPOLATION_MIN};
  return compare_gaussians(out, &j, real, n_resamples, parallel, err);
}

double cli_low(const cli_estimate *e) { return fmax(0.0, e->value - 1.96 * e->error); }
double cli_high(const cli_estimate *e) { return e->value + 1.96 * e->error; }
double cli_told_apart(const cli_estimate *e) { return 1.96 * sqrt(2.0) * e->error; }
