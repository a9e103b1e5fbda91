#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/rng.h"

double cdf_metrics_accuracy(double *by_class, const float *logits, const uint8_t *labels, int n, int n_classes) {
  int hits[256] = {0}, rows[256] = {0}, total = 0;
  for (int i = 0; i < n; i++, logits += n_classes) {
    int best = 0;
    for (int j = 1; j < n_classes; j++) best = logits[j] > logits[best] ? j : best;
    rows[labels[i]]++;
    hits[labels[i]] += best == labels[i];
    total += best == labels[i];
  }
  for (int j = 0; by_class && j < n_classes; j++)
    by_class[j] = j < 256 && rows[j] > 0 ? (double)hits[j] / rows[j] : 0.0;
  return n > 0 ? (double)total / n : 0.0;
}

/* ---- Gaussians ---- */

#define BAND 16 /* rows of the covariance in one item */

typedef struct gaussian_job {
  double *mean, *covariance;
  const float *x;
  int n, dim;
} gaussian_job;

static void work_gaussian(void *context, int item) {
  const gaussian_job *j = context;
  size_t dim = (size_t)j->dim, first = (size_t)item * BAND, end = first + BAND < dim ? first + BAND : dim;
  for (size_t a = first; a < end; a++) memset(j->covariance + a * dim, 0, (a + 1) * sizeof(double));
  for (size_t i = 0; i < (size_t)j->n; i++) {
    const float *row = j->x + i * dim;
    for (size_t a = first; a < end; a++) {
      double *out = j->covariance + a * dim, xa = (double)row[a] - j->mean[a];
      if (xa == 0.0) continue;
      for (size_t b = 0; b <= a; b++) out[b] += xa * ((double)row[b] - j->mean[b]);
    }
  }
}

/* Scale the lower triangle and copy it to the upper. */
static void finish_covariance(double *covariance, size_t dim, double scale) {
  for (size_t a = 0; a < dim; a++)
    for (size_t b = 0; b <= a; b++) covariance[b * dim + a] = covariance[a * dim + b] *= scale;
}

void cdf_metrics_gaussian(double *mean, double *covariance, const float *x, int n, int dim,
                          const cdf_parallel *parallel) {
  for (int j = 0; j < dim; j++) mean[j] = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < dim; j++) mean[j] += (double)x[(size_t)i * (size_t)dim + (size_t)j];
  for (int j = 0; j < dim; j++) mean[j] /= n;
  gaussian_job job = {mean, covariance, x, n, dim};
  cdf_parallel_for(parallel, work_gaussian, &job, (dim + BAND - 1) / BAND);
  finish_covariance(covariance, (size_t)dim, n > 1 ? 1.0 / (n - 1) : 0.0);
}

#define PANEL 64  /* rows of the covariance in one item */
#define EXACT 256 /* pictures in one product: 256 * 255 * 255 < 2^24, so that float sums of byte products are exact */

typedef struct pixel_job {
  double *covariance;
  const uint8_t *pixels;
  int n, dim, ld;
  const cdf_kernels *k;
  float *work; /* for each item [EXACT][ld] and [PANEL][ld] */
} pixel_job;

static size_t pixel_work_floats(int ld) { return (size_t)(EXACT + PANEL) * (size_t)ld; }

static void work_pixels(void *context, int item) {
  const pixel_job *j = context;
  size_t dim = (size_t)j->dim, ld = (size_t)j->ld, first = (size_t)item * PANEL;
  int rows = cdf_min(PANEL, j->dim - (int)first);
  float *block = j->work + (size_t)item * pixel_work_floats(j->ld), *product = block + EXACT * ld;
  for (size_t a = first; a < first + (size_t)rows; a++) memset(j->covariance + a * dim, 0, dim * sizeof(double));
  for (int start = 0; start < j->n; start += EXACT) {
    int depth = cdf_min(EXACT, j->n - start);
    for (size_t i = 0; i < (size_t)depth; i++) {
      const uint8_t *in = j->pixels + ((size_t)start + i) * dim;
      for (size_t p = 0; p < dim; p++) block[i * ld + p] = (float)in[p];
    }
    j->k->gemm(product, ld, block + first, 1, ld, block, ld, rows, j->ld, depth, false);
    for (size_t a = 0; a < (size_t)rows; a++)
      for (size_t b = 0; b < dim; b++) j->covariance[(first + a) * dim + b] += (double)product[a * ld + b];
  }
}

cdf_status cdf_metrics_pixel_gaussian(double *mean, double *covariance, const uint8_t *pixels, int n, int dim,
                                      const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err) {
  int panels = (dim + PANEL - 1) / PANEL, ld = cdf_pad(dim);
  size_t bytes = (size_t)panels * pixel_work_floats(ld) * sizeof(float), d = (size_t)dim;
  pixel_job job = {covariance, pixels, n, dim, ld, k, cdf_aligned_zalloc(bytes)};
  if (!job.work) return cdf_fail_memory(err, bytes);
  cdf_parallel_for(parallel, work_pixels, &job, panels);
  cdf_aligned_free(job.work);
  for (size_t j = 0; j < d; j++) {
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)n; i++) sum += pixels[i * d + j];
    mean[j] = (double)sum;
  }
  /* Both sums are whole numbers held exactly; only their difference is rounded. */
  for (size_t a = 0; a < d; a++)
    for (size_t b = 0; b < d; b++) covariance[a * d + b] -= mean[a] * mean[b] / n;
  finish_covariance(covariance, d, n > 1 ? 1.0 / (127.5 * 127.5 * (n - 1)) : 0.0);
  for (size_t j = 0; j < d; j++) mean[j] = mean[j] / n / 127.5 - 1;
  return CDF_OK;
}

/* ---- nearest neighbours ---- */

#define QUERIES 128   /* in one item */
#define REFERENCES 64 /* in one product */

typedef struct nearest_job {
  double *distance;
  int *index;
  const uint8_t *query, *reference;
  const float *norms; /* squared, of the references */
  int n, m, dim;
  const cdf_kernels *k;
  bool *failed; /* [items] */
} nearest_job;

static uint64_t squared_distance(const uint8_t *a, const uint8_t *b, size_t dim) {
  uint64_t sum = 0;
  for (size_t i = 0; i < dim; i++) {
    int d = (int)a[i] - (int)b[i];
    sum += (uint32_t)(d * d);
  }
  return sum;
}

/* The products of one block of queries with every reference; what is smallest of |r|^2 - 2 q.r is nearest. */
static void work_nearest(void *context, int item) {
  const nearest_job *j = context;
  size_t dim = (size_t)j->dim, first = (size_t)item * QUERIES, n_query = (size_t)cdf_min(QUERIES, j->n - (int)first);
  float *work =
      cdf_aligned_zalloc((dim * QUERIES + REFERENCES * dim + REFERENCES * QUERIES) * sizeof(float) + CDF_ALIGN);
  j->failed[item] = !work;
  if (!work) return;
  /* Queries as columns; the product next, so that both are aligned. */
  float *columns = work, *product = columns + dim * QUERIES, *rows = product + REFERENCES * QUERIES, best[QUERIES];
  size_t at[QUERIES] = {0};
  for (size_t q = 0; q < n_query; q++)
    for (size_t p = 0; p < dim; p++) columns[p * QUERIES + q] = (float)j->query[(first + q) * dim + p];
  for (size_t q = 0; q < QUERIES; q++) best[q] = INFINITY;
  for (size_t start = 0; start < (size_t)j->m; start += REFERENCES) {
    size_t n_rows = (size_t)j->m - start < REFERENCES ? (size_t)j->m - start : REFERENCES;
    for (size_t i = 0; i < n_rows * dim; i++) rows[i] = (float)j->reference[start * dim + i];
    j->k->gemm(product, QUERIES, rows, dim, 1, columns, QUERIES, (int)n_rows, QUERIES, j->dim, false);
    for (size_t r = 0; r < n_rows; r++)
      for (size_t q = 0; q < n_query; q++) {
        float d = j->norms[start + r] - 2.0f * product[r * QUERIES + q];
        if (d < best[q]) best[q] = d, at[q] = start + r;
      }
  }
  for (size_t q = 0; q < n_query; q++) {
    uint64_t d = squared_distance(j->query + (first + q) * dim, j->reference + at[q] * dim, dim);
    j->distance[first + q] = sqrt((double)d) / 255.0;
    if (j->index) j->index[first + q] = (int)at[q];
  }
  cdf_aligned_free(work);
}

cdf_status cdf_metrics_nearest(double *distance, int *index, const uint8_t *query, int n, const uint8_t *reference,
                               int m, int dim, const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err) {
  int items = (n + QUERIES - 1) / QUERIES;
  size_t d = (size_t)dim,
         bytes = (size_t)m * sizeof(float) + (size_t)items * d * (QUERIES + REFERENCES) * sizeof(float);
  float *norms = malloc((size_t)m * sizeof *norms + 1);
  bool *failed = calloc((size_t)items + 1, sizeof *failed);
  cdf_status status = norms && failed ? CDF_OK : cdf_fail_memory(err, bytes);
  if (status != CDF_OK) goto done;
  for (size_t i = 0; i < (size_t)m; i++) {
    uint64_t sum = 0;
    for (size_t p = 0; p < d; p++) sum += (uint32_t)reference[i * d + p] * reference[i * d + p];
    norms[i] = (float)sum;
  }
  nearest_job job = {distance, index, query, reference, norms, n, m, dim, k, failed};
  cdf_parallel_for(parallel, work_nearest, &job, items);
  for (int i = 0; i < items && status == CDF_OK; i++)
    if (failed[i]) status = cdf_fail_memory(err, bytes);
done:
  free(norms);
  free(failed);
  return status;
}

/* ---- cells with detail ---- */

static double variance_around(const float *plane, int width, int height, int x, int y) {
  double sum = 0, squares = 0;
  int n = 0;
  for (int v = cdf_max(y - 1, 0); v <= cdf_min(y + 1, height - 1); v++)
    for (int u = cdf_max(x - 1, 0); u <= cdf_min(x + 1, width - 1); u++, n++) {
      double value = (double)plane[v * width + u];
      sum += value, squares += value * value;
    }
  return squares / n - sum / n * (sum / n);
}

static double contrast_of(const float *picture, int width, int height, int n_channels, int cell) {
  double sum = 0;
  for (int c = 0; c < n_channels; c++) {
    const float *plane = picture + (size_t)c * (size_t)width * (size_t)height;
    sum += variance_around(plane, width, height, cell % width, cell / width);
  }
  return sum;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

cdf_status cdf_metrics_detail(int *cells, int *n_cells, const float *picture, int width, int height, int n_channels,
                              cdf_error *err) {
  int n = width * height, n_some = cdf_max(n / 10, 1), n_equal;
  double *contrast = malloc(2 * (size_t)n * sizeof *contrast), *sorted = contrast + n;
  if (!contrast) return cdf_fail_memory(err, 2 * (size_t)n * sizeof *contrast);
  for (int i = 0; i < n; i++) sorted[i] = contrast[i] = contrast_of(picture, width, height, n_channels, i);
  qsort(sorted, (size_t)n, sizeof *sorted, compare);
  double least = sorted[n - n_some];
  n_equal = n_some;
  for (int i = 0; i < n; i++) n_equal -= contrast[i] > least;
  *n_cells = 0;
  for (int i = 0; i < n; i++)
    if (contrast[i] > least || (contrast[i] == least && n_equal-- > 0)) cells[(*n_cells)++] = i;
  free(contrast);
  return CDF_OK;
}

void cdf_metrics_noise(float *noise, size_t n, uint64_t seed, uint32_t picture) {
  cdf_rng_normal_fill(noise, n, seed, (cdf_counter){{0, picture, CDF_STREAM_EVAL, 0}});
}

/* A number below n. The 1 keeps the draws apart from the noise of pictures. */
static int draw_below(int n, uint64_t seed, uint32_t replicate, uint32_t i) {
  uint32_t word[4];
  cdf_philox(word, seed, (cdf_counter){{i, replicate, CDF_STREAM_EVAL, 1}});
  return (int)(((uint64_t)word[0] * (uint32_t)n) >> 32);
}

void cdf_metrics_resample(int *draws, int n, uint64_t seed, uint32_t replicate) {
  for (int i = 0; i < n; i++) draws[i] = replicate > 0 ? draw_below(n, seed, replicate, (uint32_t)i) : i;
  for (int i = n; replicate == 0 && i-- > 1;) { /* Fisher and Yates */
    int j = draw_below(i + 1, seed, 0, (uint32_t)i), kept = draws[i];
    draws[i] = draws[j], draws[j] = kept;
  }
}

cdf_summary cdf_metrics_summary(double *values, int n) {
  cdf_summary s = {0};
  qsort(values, (size_t)n, sizeof *values, compare);
  for (int i = 0; i < n; i++) s.mean += values[i] / n;
  s.least = values[0];
  s.median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
  return s;
}
