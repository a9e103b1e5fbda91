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

/* The pictures of resample `replicate` into draws[n], with the same number of every class: equal numbers of each are no
 * accident of sampling. ends: where the classes end. work holds 2 n. */
static void draw(int *draws, int ends[256], const cli_features *f, uint32_t replicate, int *work) {
  int *pictures = work, *order = work + f->n;
  sort_by_class(pictures, ends, f);
  for (int c = 0, start = 0; c < 256; start = ends[c++]) {
    cdf_metrics_resample(order, ends[c] - start, SEED + (uint64_t)c, replicate);
    for (int i = 0; i < ends[c] - start; i++) draws[start + i] = pictures[start + order[i]];
  }
}

/* The blocks of a resample, each with the same share of every class: parts that differ in them would seem far apart.
 * work holds 3 n. */
static void fill_blocks(moments blocks[BLOCKS], const cli_features *f, uint32_t replicate, const double *origin,
                        int *work) {
  int ends[256];
  draw(work, ends, f, replicate, work + f->n);
  memset(blocks, 0, BLOCKS * sizeof *blocks);
  for (int c = 0, start = 0; c < 256; start = ends[c++])
    for (int i = 0; i < ends[c] - start; i++)
      add_picture(&blocks[(int64_t)i * BLOCKS / (ends[c] - start)], f, work[start + i], origin);
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

/* Parts of the real set: the whole, two halves, three thirds; part p of k is number k (k - 1) / 2 + p. */
#define PARTS 6

typedef struct target {
  gaussian g;
  double root[D * D];
} target;

/* Working memory of one resample. */
typedef struct resample {
  moments blocks[BLOCKS], part;
  gaussian made;
} resample;

/* The mean over the k parts of both sets. */
static cdf_status distance_of_parts(double *mean, resample *r, const target *real, int k, cdf_error *err) {
  cdf_status status = CDF_OK;
  *mean = 0;
  for (int p = 0; p < k && status == CDF_OK; p++) {
    const target *t = &real[k * (k - 1) / 2 + p];
    double d;
    fit_part(&r->made, &r->part, r->blocks, p, k);
    status = cli_frechet_from_root(&d, t->g.mean, t->g.covariance, t->root, r->made.mean, r->made.covariance, D, err);
    if (status == CDF_OK) *mean += d / k;
  }
  return status;
}

typedef struct job {
  const cli_features *made;
  const target *real; /* [PARTS] */
  const double *origin;
  int most_parts;      /* 3: extrapolate; 1: the sets are too small to be cut */
  double (*values)[2]; /* [resamples]: of all, extrapolated */
  cdf_error *errors;   /* [resamples] */
} job;

/* Both distances of resample `item`. The excess of a distance goes as 1 / pictures (Chong & Forsyth 2020): a line
 * through the whole, the halves and the thirds of both sets, taken back to no parts at all. */
static void work_resample(void *context, int item) {
  const job *j = context;
  double *values = j->values[item], parts[4] = {0};
  resample *r = malloc(sizeof *r + 3 * (size_t)j->made->n * sizeof(int));
  if (!r) {
    cdf_fail_memory(&j->errors[item], sizeof *r);
    return;
  }
  fill_blocks(r->blocks, j->made, (uint32_t)item, j->origin, (int *)(r + 1));
  cdf_status status = CDF_OK;
  for (int k = 1; k <= j->most_parts && status == CDF_OK; k++)
    status = distance_of_parts(&parts[k], r, j->real, k, &j->errors[item]);
  values[0] = parts[1];
  values[1] = j->most_parts == 3 ? (4 * parts[1] + parts[2] - 2 * parts[3]) / 3 : NAN;
  free(r);
}

/* Resamples within classes spread by a factor of this too little; 0: a class has one picture and cannot be resampled.
 */
static double spread_factor(const cli_features *f) {
  int of_class[256] = {0}, n_classes = 0, least = f->n;
  for (int i = 0; i < f->n; i++) of_class[f->labels ? f->labels[i] : 0]++;
  for (int c = 0; c < 256; c++)
    if (of_class[c] > 0) least = cdf_min(least, of_class[c]), n_classes++;
  return least > 1 ? sqrt((double)f->n / (f->n - n_classes)) : 0;
}

/* From values[0], and the spread of the others, which lie `stride` apart. */
static cli_estimate estimate(const double *values, int stride, int n_resamples, const cli_features *made) {
  double mean = 0, squares = 0, factor = spread_factor(made);
  for (int i = 1; i <= n_resamples; i++) mean += values[i * stride] / n_resamples;
  for (int i = 1; i <= n_resamples; i++) squares += (values[i * stride] - mean) * (values[i * stride] - mean);
  return (cli_estimate){values[0], n_resamples > 1 && factor > 0 ? factor * sqrt(squares / (n_resamples - 1)) : -1};
}

static cdf_status first_error(const cdf_error *errors, int n, cdf_error *err) {
  for (int i = 0; i < n; i++)
    if (errors[i].code != CDF_OK) {
      if (err) *err = errors[i];
      return errors[i].code;
    }
  return CDF_OK;
}

/* The parts of the real set into real[PARTS]. */
static cdf_status fit_real(target *real, const job *j, const cli_features *f, cdf_error *err) {
  size_t bytes = sizeof(resample) + 3 * (size_t)f->n * sizeof(int);
  resample *r = malloc(bytes);
  if (!r) return cdf_fail_memory(err, bytes);
  fill_blocks(r->blocks, f, 0, j->origin, (int *)(r + 1));
  cdf_status status = CDF_OK;
  for (int k = 1; k <= j->most_parts; k++)
    for (int p = 0; p < k && status == CDF_OK; p++, real++) {
      fit_part(&real->g, &r->part, r->blocks, p, k);
      status = cli_frechet_root(real->root, real->g.covariance, D, err);
    }
  free(r);
  return status;
}

static cdf_status compare_gaussians(cli_closeness *out, const cli_features *made, const cli_features *real,
                                    int n_resamples, const cdf_parallel *parallel, cdf_error *err) {
  size_t n = (size_t)n_resamples + 1;
  double origin[D];
  target *parts = malloc(PARTS * sizeof *parts);
  job j = {.made = made,
           .real = parts,
           .origin = origin,
           .most_parts = cdf_min(made->n, real->n) >= CLI_EXTRAPOLATION_MIN ? 3 : 1,
           .values = malloc(n * sizeof *j.values),
           .errors = calloc(n, sizeof *j.errors)};
  mean_of_rows(origin, real);
  cdf_status status = parts && j.values && j.errors ? CDF_OK : cdf_fail_memory(err, PARTS * sizeof *parts);
  if (status == CDF_OK) status = fit_real(parts, &j, real, err);
  if (status == CDF_OK) {
    cdf_parallel_for(parallel, work_resample, &j, (int)n);
    status = first_error(j.errors, (int)n, err);
  }
  if (status == CDF_OK) {
    out->frechet = estimate(&j.values[0][0], 2, n_resamples, made);
    out->extrapolated = estimate(&j.values[0][1], 2, j.most_parts == 3 ? n_resamples : 0, made);
  }
  free(parts);
  free(j.values);
  free(j.errors);
  return status;
}

/* ---- the other measures ---- */

/* How often each row is drawn: counts[1 + n_resamples][rows]. */
static void count_draws(uint8_t *counts, int *work, const cli_features *f, int n_resamples) {
  size_t rows = (size_t)f->n * (size_t)f->of_one;
  int ends[256];
  memset(counts, 0, rows * ((size_t)n_resamples + 1));
  for (int r = 0; r <= n_resamples; r++, counts += rows) {
    draw(work, ends, f, (uint32_t)r, work + f->n);
    for (int i = 0; i < f->n; i++)
      for (int j = 0; j < f->of_one; j++) counts[(size_t)work[i] * (size_t)f->of_one + (size_t)j]++;
  }
}

static cdf_status compare_sliced(cli_estimate *out, const cli_features *made, const cli_features *real, int n_resamples,
                                 const cdf_parallel *parallel, cdf_error *err) {
  size_t sets = (size_t)n_resamples + 1, bytes = sets * (size_t)made->n * (size_t)made->of_one;
  double *values = malloc(sets * sizeof *values);
  int *work = malloc(3 * (size_t)made->n * sizeof *work);
  uint8_t *counts = malloc(bytes);
  cdf_status status = values && work && counts ? CDF_OK : cdf_fail_memory(err, bytes);
  if (status == CDF_OK) {
    count_draws(counts, work, made, n_resamples);
    status = cdf_similarity_sliced(values, made->x, made->n * made->of_one, counts, (int)sets, real->x,
                                   real->n * real->of_one, D, parallel, err);
  }
  if (status == CDF_OK) *out = estimate(values, 1, n_resamples, made);
  free(values);
  free(work);
  free(counts);
  return status;
}

cdf_status cli_compare(cli_closeness *out, const cli_features *made, const cli_features *real, int n_resamples,
                       const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err) {
  int n = made->n * made->of_one, m = real->n * real->of_one;
  *out = (cli_closeness){.density = NAN, .coverage = NAN};
  cdf_status status = compare_gaussians(out, made, real, n_resamples, parallel, err);
  if (status == CDF_OK) status = compare_sliced(&out->sliced, made, real, n_resamples, parallel, err);
  if (status == CDF_OK && m > CDF_SIMILARITY_NEIGHBOURS)
    status = cdf_similarity_coverage(&out->density, &out->coverage, made->x, n, real->x, m, D, k, parallel, err);
  return status;
}

cdf_status cli_features_frechet(double *distance, const cli_features *a, const cli_features *b,
                                const cdf_parallel *parallel, cdf_error *err) {
  gaussian *g = malloc(2 * sizeof *g);
  if (!g) return cdf_fail_memory(err, 2 * sizeof *g);
  cdf_metrics_gaussian(g[0].mean, g[0].covariance, a->x, a->n * a->of_one, D, parallel);
  cdf_metrics_gaussian(g[1].mean, g[1].covariance, b->x, b->n * b->of_one, D, parallel);
  cdf_status status = cli_frechet(distance, g[0].mean, g[0].covariance, g[1].mean, g[1].covariance, D, err);
  free(g);
  return status;
}

double cli_low(const cli_estimate *e) { return fmax(0.0, e->value - 1.96 * e->error); }
double cli_high(const cli_estimate *e) { return e->value + 1.96 * e->error; }
double cli_told_apart(const cli_estimate *e) { return 1.96 * sqrt(2.0) * e->error; }
