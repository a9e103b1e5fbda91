/* frechet.h: the distance between two Gaussians, the measure behind FID (Heusel et al. 2017). Needs LAPACK. */
#ifndef CDF_FRECHET_H
#define CDF_FRECHET_H

#include "../../coordiff.h"

/* |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2), Dowson & Landau 1982; means [dim], covariances [dim][dim]. The
 * matrix root comes from symmetric eigenvalues only, so that singular covariances do no harm. CDF_NO_MEMORY, or
 * CDF_FAILED when a number is not finite. */
cdf_status cli_frechet(double *distance, const double *mean1, const double *covariance1, const double *mean2,
                       const double *covariance2, int dim, cdf_error *err);

/* The same in two steps, for one Gaussian against many: root1[dim][dim] = C1^1/2, and what needs no eigenvectors. */
cdf_status cli_frechet_root(double *root1, const double *covariance1, int dim, cdf_error *err);
cdf_status cli_frechet_from_root(double *distance, const double *mean1, const double *covariance1, const double *root1,
                                 const double *mean2, const double *covariance2, int dim, cdf_error *err);

/* Eigenvalues (rising) and, when vectors, eigenvectors of a symmetric matrix [dim][dim], which they replace: vector k
 * is row k. */
cdf_status cli_eigen(double *values, double *matrix, int dim, bool vectors, cdf_error *err);

#endif
