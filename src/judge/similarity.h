/* similarity.h: how alike two sets of rows of features are, beyond mean and covariance.
 *
 *   double sliced[1], density, coverage;
 *   cdf_similarity_sliced(sliced, samples, n, NULL, 1, real, m, D, parallel, &err);
 *   cdf_similarity_coverage(&density, &coverage, samples, n, real, m, D, k, parallel, &err);
 *
 * Every result is the same bits on any number of threads.
 */
#ifndef CDF_SIMILARITY_H
#define CDF_SIMILARITY_H

#include "../base/parallel.h"
#include "../base/status.h"
#include "../kernels/kernels.h"

#define CDF_SIMILARITY_DIRECTIONS 256
#define CDF_SIMILARITY_NEIGHBOURS 5

/* Sliced Wasserstein distance (Rabin et al. 2011) of x[n][dim] to y[m][dim]: dim times the mean, over
 * CDF_SIMILARITY_DIRECTIONS random directions, of the squared 2-Wasserstein distance of what both project to. For sets
 * that differ by a shift alone that is, but for the directions' luck, the squared length of the shift, as the Frechet
 * distance is. out[n_sets]: of x where row i counts counts[set][i] times; NULL: once each. CDF_NO_MEMORY. */
cdf_status cdf_similarity_sliced(double *out, const float *x, int n, const uint8_t *counts, int n_sets, const float *y,
                                 int m, int dim, const cdf_parallel *parallel, cdf_error *err);

/* Density and coverage (Naeem et al. 2020) of samples x[n][dim] among real y[m][dim], m above
 * CDF_SIMILARITY_NEIGHBOURS: around each real row lies a ball that reaches to its CDF_SIMILARITY_NEIGHBOURS-th nearest
 * real row. Density: how many balls a sample lies in, over that number: 1 for equal distributions, more where samples
 * crowd. Coverage: the share of balls that hold a sample: 1 - 2^-neighbours for equal distributions and n = m, less
 * where samples are missing. CDF_NO_MEMORY. */
cdf_status cdf_similarity_coverage(double *density, double *coverage, const float *x, int n, const float *y, int m,
                                   int dim, const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err);

#endif
