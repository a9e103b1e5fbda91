#include "frechet.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

cdf_status cli_eigen(double *values, double *matrix, int dim, bool vectors, cdf_error *err) {
  size_t n = (size_t)dim;
  for (size_t i = 0; i < n * n; i++)
    if (!isfinite(matrix[i]))
      return cdf_fail(err, CDF_FAILED, "a covariance is not finite, so there is no distance; is the model trained?");
  /* Column-major: what LAPACK calls column k is our row k. */
  lapack_int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'U', dim, matrix, dim, values);
  if (info == LAPACK_WORK_MEMORY_ERROR) return cdf_fail_memory(err, 2 * n * n * sizeof(double));
  if (info != 0)
    return cdf_fail(err, CDF_FAILED, "the eigenvalues of a %d x %d covariance did not converge (LAPACK says %d)", dim,
                    dim, (int)info);
  return CDF_OK;
}

/* c = a . b, all [n][n]. */
static void multiply(double *c, const double *a, const double *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) c[i * n + j] = 0;
    for (size_t k = 0; k < n; k++)
      for (size_t j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
  }
}

/* root = Q^T diag(sqrt(values)) Q, with eigenvector k in row k of q; values that rounding made negative count as zero.
 */
static void square_root(double *root, const double *q, const double *values, size_t n) {
  for (size_t i = 0; i < n * n; i++) root[i] = 0;
  for (size_t k = 0; k < n; k++) {
    double scale = sqrt(fmax(0.0, values[k]));
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) root[i * n + j] += scale * q[k * n + i] * q[k * n + j];
  }
}

cdf_status cli_frechet_root(double *root1, const double *covariance1, int dim, cdf_error *err) {
  size_t n = (size_t)dim, block = n * n;
  double *q = malloc((block + n) * sizeof *q), *values = q + block;
  if (!q) return cdf_fail_memory(err, (block + n) * sizeof *q);
  for (size_t i = 0; i < block; i++) q[i] = covariance1[i];
  cdf_status status = cli_eigen(values, q, dim, true, err);
  if (status == CDF_OK) square_root(root1, q, values, n);
  free(q);
  return status;
}

cdf_status cli_frechet_from_root(double *distance, const double *mean1, const double *covariance1, const double *root1,
                                 const double *mean2, const double *covariance2, int dim, cdf_error *err) {
  size_t n = (size_t)dim, block = n * n;
  double *left = malloc((2 * block + n) * sizeof *left), *product = left + block, *values = product + block, sum = 0;
  if (!left) return cdf_fail_memory(err, (2 * block + n) * sizeof *left);
  multiply(left, root1, covariance2, n);
  multiply(product, left, root1, n);
  for (size_t i = 0; i < n; i++) /* symmetric but for rounding */
    for (size_t j = 0; j < i; j++)
      product[i * n + j] = product[j * n + i] = 0.5 * (product[i * n + j] + product[j * n + i]);
  cdf_status status = cli_eigen(values, product, dim, false, err);
  for (size_t i = 0; i < n && status == CDF_OK; i++) {
    double d = mean1[i] - mean2[i];
    sum += d * d + covariance1[i * n + i] + covariance2[i * n + i] - 2 * sqrt(fmax(0.0, values[i]));
  }
  if (status == CDF_OK) *distance = fmax(0.0, sum);
  free(left);
  return status;
}

cdf_status cli_frechet(double *distance, const double *mean1, const double *covariance1, const double *mean2,
                       const double *covariance2, int dim, cdf_error *err) {
  size_t bytes = (size_t)dim * (size_t)dim * sizeof(double);
  double *root1 = malloc(bytes);
  if (!root1) return cdf_fail_memory(err, bytes);
  cdf_status status = cli_frechet_root(root1, covariance1, dim, err);
  if (status == CDF_OK)
    status = cli_frechet_from_root(distance, mean1, covariance1, root1, mean2, covariance2, dim, err);
  free(root1);
  return status;
}
