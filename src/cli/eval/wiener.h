/* wiener.h: the optimal linear denoiser of data with known mean and covariance: what a trained denoiser has to beat.
 *
 * D(z) = m + C (C + sigma^2)^-1 (z - m) (Wiener 1949). In the eigenbasis of C each coefficient is scaled by itself, and
 * squared errors are the same in any orthonormal basis: one projection of picture and noise serves every sigma.
 */
#ifndef CDF_WIENER_H
#define CDF_WIENER_H

#include "../../coordiff.h"

#define CLI_WIENER_MAX_DIM \
  4096 /* numbers in a picture: the covariance then takes 128 MiB and the eigenvectors minutes */

typedef struct cli_wiener {
  int dim;
  double *mean, *variances, *basis; /* [dim]; [dim]; eigenvector k in row k */
} cli_wiener;

/* Takes over mean and covariance (malloc'd; freed by cli_wiener_free, also after a failure). */
cdf_status cli_wiener_init(cli_wiener *w, double *mean, double *covariance, int dim, cdf_error *err);
void cli_wiener_free(cli_wiener *w);

/* mse[i] = |D(clean + sigmas[i] noise) - clean|^2 / dim. work holds 2 dim. */
void cli_wiener_errors(double *mse, const cli_wiener *w, const float *clean, const float *noise, const float *sigmas,
                       int n_sigmas, double *work);

#endif
