#include "similarity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/rng.h"

/* ---- sliced Wasserstein distance ---- */

typedef struct shadow { /* of a row on a direction */
  float at;
  int row;
} shadow;

typedef struct sliced_job {
  double *squared; /* [directions][n_sets] */
  const float *x, *y;
  const uint8_t *counts;
  int n, n_sets, m, dim;
  bool *failed; /* [directions] */
} sliced_job;

static void random_direction(float *direction, int dim, int item) {
  double squares = 0;
  cdf_rng_normal_fill(direction, (size_t)dim, 0, (cdf_counter){{0, (uint32_t)item, CDF_STREAM_EVAL, 2}});
  for (int a = 0; a < dim; a++) squares += (double)direction[a] * (double)direction[a];
  for (int a = 0; a < dim; a++) direction[a] /= (float)sqrt(squares);
}

static int compare_shadows(const void *a, const void *b) {
  const shadow *x = a, *y = b;
  return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->row > y->row) - (x->row < y->row);
}

static void project(shadow *out, const float *x, int n, int dim, const float *direction) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int a = 0; a < dim; a++) sum += (double)x[(size_t)i * (size_t)dim + (size_t)a] * (double)direction[a];
    out[i] = (shadow){(float)sum, i};
  }
  qsort(out, (size_t)n, sizeof *out, compare_shadows);
}

/* The integral of the squared difference of the two quantile functions; row x[i].row counts counts[row] times. */
static double squared_distance(const shadow *x, int n, const uint8_t *counts, const shadow *y, int m) {
  int64_t total = 0, x_end = 0, y_end, at = 0;
  for (int i = 0; i < n; i++) total += counts ? counts[i] : 1;
  double sum = 0;
  int j = 0;
  y_end = total;
  for (int i = 0; i < n; i++) {
    x_end += (int64_t)m * (counts ? counts[x[i].row] : 1); /* in units of 1 / (total m) */
    double d = 0;
    while (at < x_end) {
      int64_t next = y_end < x_end ? y_end : x_end;
      d = (double)x[i].at - (double)y[j].at;
      sum += d * d * (double)(next - at);
      at = next;
      if (at == y_end) j++, y_end += total;
    }
  }
  return total > 0 ? sum / ((double)total * m) : 0.0;
}

static void work_sliced(void *context, int item) {
  const sliced_job *j = context;
  shadow *x = malloc(((size_t)j->n + (size_t)j->m) * sizeof *x + (size_t)j->dim * sizeof(float)), *y = x + j->n;
  j->failed[item] = !x;
  if (!x) return;
  float *direction = (float *)(y + j->m);
  random_direction(direction, j->dim, item);
  project(x, j->x, j->n, j->dim, direction);
  project(y, j->y, j->m, j->dim, direction);
  for (int s = 0; s < j->n_sets; s++)
    j->squared[(size_t)item * (size_t)j->n_sets + (size_t)s] =
        squared_distance(x, j->n, j->counts ? j->counts + (size_t)s * (size_t)j->n : NULL, y, j->m);
  free(x);
}

static cdf_status first_failure(const bool *failed, int n, size_t bytes, cdf_error *err) {
  for (int i = 0; i < n; i++)
    if (failed[i]) return cdf_fail_memory(err, bytes);
  return CDF_OK;
}

cdf_status cdf_similarity_sliced(double *out, const float *x, int n, const uint8_t *counts, int n_sets, const float *y,
                                 int m, int dim, const cdf_parallel *parallel, cdf_error *err) {
  enum { N = CDF_SIMILARITY_DIRECTIONS };
  bool failed[N];
  size_t bytes = N * (size_t)n_sets * sizeof(double);
  sliced_job job = {malloc(bytes), x, y, counts, n, n_sets, m, dim, failed};
  if (!job.squared) return cdf_fail_memory(err, bytes);
  cdf_parallel_for(parallel, work_sliced, &job, N);
  cdf_status status = first_failure(failed, N, ((size_t)n + (size_t)m) * sizeof(shadow), err);
  for (int s = 0; s < n_sets && status == CDF_OK; s++) {
    out[s] = 0;
    for (int i = 0; i < N; i++) out[s] += job.squared[(size_t)i * (size_t)n_sets + (size_t)s] * dim / N;
  }
  free(job.squared);
  return status;
}

/* ---- density and coverage ---- */

#define CENTRES 64 /* real rows in one item */
#define OTHERS 64  /* rows that their distances are found to at once */

typedef struct coverage_job {
  const float *x, *y; /* less the mean of y */
  int n, m, dim;
  const cdf_kernels *k;
  int *inside; /* [m] samples in the ball of each real row */
  bool *failed;
} coverage_job;

/* Working memory of one item: the centres as columns, and squared distances of other rows to them. */
typedef struct block {
  float *columns, *squared;
  float centre_norms[CENTRES], nearest[CENTRES][CDF_SIMILARITY_NEIGHBOURS];
} block;

static float norm(const float *row, int dim) {
  float sum = 0;
  for (int a = 0; a < dim; a++) sum += row[a] * row[a];
  return sum;
}

/* squared[i][c]: of row first + i of x to centre c. */
static void distances(block *b, const coverage_job *j, const float *x, int first, int n) {
  const float *rows = x + (size_t)first * (size_t)j->dim;
  j->k->gemm(b->squared, CENTRES, rows, (size_t)j->dim, 1, b->columns, CENTRES, n, CENTRES, j->dim, false);
  for (int i = 0; i < n; i++) {
    float own = norm(rows + (size_t)i * (size_t)j->dim, j->dim);
    for (int c = 0; c < CENTRES; c++)
      b->squared[i * CENTRES + c] = own + b->centre_norms[c] - 2.0f * b->squared[i * CENTRES + c];
  }
}

static void insert(float *nearest, float d) {
  int at = CDF_SIMILARITY_NEIGHBOURS - 1;
  if (!(d < nearest[at])) return;
  for (; at > 0 && d < nearest[at - 1]; at--) nearest[at] = nearest[at - 1];
  nearest[at] = d;
}

static void load_centres(block *b, const coverage_job *j, int first, int n) {
  for (int c = 0; c < CENTRES; c++) {
    const float *row = j->y + (size_t)(first + cdf_min(c, n - 1)) * (size_t)j->dim;
    for (int a = 0; a < j->dim; a++) b->columns[(size_t)a * CENTRES + (size_t)c] = row[a];
    b->centre_norms[c] = norm(row, j->dim);
    for (int i = 0; i < CDF_SIMILARITY_NEIGHBOURS; i++) b->nearest[c][i] = INFINITY;
  }
}

static void work_coverage(void *context, int item) {
  const coverage_job *j = context;
  int first = item * CENTRES, n_centres = cdf_min(CENTRES, j->m - first);
  size_t columns = (size_t)j->dim * CENTRES;
  block b = {.columns = cdf_aligned_zalloc((columns + OTHERS * CENTRES) * sizeof(float))};
  j->failed[item] = !b.columns;
  if (!b.columns) return;
  b.squared = b.columns + columns;
  load_centres(&b, j, first, n_centres);
  for (int at = 0; at < j->m; at += OTHERS) {
    int n = cdf_min(OTHERS, j->m - at);
    distances(&b, j, j->y, at, n);
    for (int i = 0; i < n; i++)
      for (int c = 0; c < n_centres; c++)
        if (at + i != first + c) insert(b.nearest[c], b.squared[i * CENTRES + c]);
  }
  for (int at = 0; at < j->n; at += OTHERS) {
    int n = cdf_min(OTHERS, j->n - at);
    distances(&b, j, j->x, at, n);
    for (int i = 0; i < n; i++)
      for (int c = 0; c < n_centres; c++)
        j->inside[first + c] += b.squared[i * CENTRES + c] <= b.nearest[c][CDF_SIMILARITY_NEIGHBOURS - 1];
  }
  cdf_aligned_free(b.columns);
}

/* Rows less the mean of y: their products then lose nothing to what all have in common. */
static void centre_rows(float *x_out, float *y_out, const float *x, int n, const float *y, int m, int dim) {
  for (int a = 0; a < dim; a++) {
    double mean = 0;
    for (int i = 0; i < m; i++) mean += (double)y[(size_t)i * (size_t)dim + (size_t)a] / m;
    for (size_t at = (size_t)a; at < (size_t)n * (size_t)dim; at += (size_t)dim) x_out[at] = (float)(x[at] - mean);
    for (size_t at = (size_t)a; at < (size_t)m * (size_t)dim; at += (size_t)dim) y_out[at] = (float)(y[at] - mean);
  }
}

cdf_status cdf_similarity_coverage(double *density, double *coverage, const float *x, int n, const float *y, int m,
                                   int dim, const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err) {
  int items = (m + CENTRES - 1) / CENTRES;
  size_t rows = ((size_t)n + (size_t)m) * (size_t)dim;
  float *centred = malloc(rows * sizeof *centred);
  int *inside = calloc((size_t)m, sizeof *inside);
  bool *failed = calloc((size_t)items, sizeof *failed);
  cdf_status status = centred && inside && failed ? CDF_OK : cdf_fail_memory(err, rows * sizeof *centred);
  if (status == CDF_OK) {
    float *y_centred = centred + (size_t)n * (size_t)dim;
    centre_rows(centred, y_centred, x, n, y, m, dim);
    coverage_job job = {centred, y_centred, n, m, dim, k, inside, failed};
    cdf_parallel_for(parallel, work_coverage, &job, items);
    status = first_failure(failed, items, (size_t)dim * CENTRES * sizeof(float), err);
  }
  *density = *coverage = 0;
  for (int i = 0; i < m && status == CDF_OK; i++) {
    *density += (double)inside[i] / ((double)CDF_SIMILARITY_NEIGHBOURS * n);
    *coverage += inside[i] > 0 ? 1.0 / m : 0.0;
  }
  free(centred);
  free(inside);
  free(failed);
  return status;
}
