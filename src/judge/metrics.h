/* metrics.h: how far made pictures are from real ones: the parts that need no linear algebra library
 * (src/cli/eval/frechet.h and src/cli/eval/wiener.h have the others).
 *
 *   double mean[D], *covariance;                                            // [D][D]
 *   cdf_metrics_gaussian(mean, covariance, features, n, D, parallel);       // for the Frechet distance
 *   cdf_metrics_nearest(distance, NULL, samples, n, train, m, size, k, parallel, &err);
 *
 * Every result is the same bits on any number of threads.
 */
#ifndef CDF_METRICS_H
#define CDF_METRICS_H

#include "../kernels/kernels.h"
#include "../base/parallel.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

/* Share of the rows of logits[n][n_classes] whose largest entry is labels[i], and of each class in by_class[n_classes]
 * (may be NULL; 0 for a class without rows). */
double cdf_metrics_accuracy(double *by_class, const float *logits, const uint8_t *labels, int n, int n_classes);

/* Mean and covariance (divided by n - 1; zero for n = 1) of rows x[n][dim], in double throughout. */
void cdf_metrics_gaussian(double *mean, double *covariance, const float *x, int n, int dim,
                          const cdf_parallel *parallel);

/* The same of n pictures of `dim` bytes, a byte v being v / 127.5 - 1. Exact sums, whatever the kernel table.
 * CDF_NO_MEMORY. */
cdf_status cdf_metrics_pixel_gaussian(double *mean, double *covariance, const uint8_t *pixels, int n, int dim,
                                      const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err);

/* For each query[n][dim] the Euclidean distance to the nearest reference[m][dim], in units of v / 255, and which one it
 * is (index may be NULL). The search is in float, the distance of what it found is exact. n * m * dim multiply-adds.
 * CDF_NO_MEMORY. */
cdf_status cdf_metrics_nearest(double *distance, int *index, const uint8_t *query, int n, const uint8_t *reference,
                               int m, int dim, const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err);

/* The tenth of the cells (at least one) of picture[C][h][w] with the highest local contrast, rising, into cells[h w],
 * and how many they are. Local contrast is the standard deviation within the 3x3 cells about a cell (as far as they lie
 * inside the picture), root mean square over the channels; of equals the first count. CDF_NO_MEMORY. */
cdf_status cdf_metrics_detail(int *cells, int *n_cells, const float *picture, int width, int height, int n_channels,
                              cdf_error *err);

/* Unit normals that are a function of seed and picture alone: the noise of every denoising measurement. */
void cdf_metrics_noise(float *noise, size_t n, uint64_t seed, uint32_t picture);

/* n numbers below n: shuffled for replicate 0, drawn with replacement for every other, as a bootstrap draws (Efron
 * 1979). A function of n, seed and replicate. */
void cdf_metrics_resample(int *draws, int n, uint64_t seed, uint32_t replicate);

/* Mean, median and least of values[n], n >= 1, which are sorted in place. */
typedef struct cdf_summary {
  double mean, median, least;
} cdf_summary;
cdf_summary cdf_metrics_summary(double *values, int n);

CDF_END_DECLS

#endif
