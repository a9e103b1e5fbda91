#include "wiener.h"

#include <math.h>
#include <stdlib.h>

#include "frechet.h"

cdf_status cli_wiener_init(cli_wiener *w, double *mean, double *covariance, int dim, cdf_error *err) {
  *w = (cli_wiener){.dim = dim, .mean = mean, .basis = covariance, .variances = malloc((size_t)dim * sizeof(double))};
  if (!w->variances) return cdf_fail_memory(err, (size_t)dim * sizeof(double));
  cdf_status status = cli_eigen(w->variances, covariance, dim, true, err);
  for (int i = 0; i < dim && status == CDF_OK; i++) w->variances[i] = fmax(0.0, w->variances[i]);
  return status;
}

void cli_wiener_free(cli_wiener *w) {
  if (!w) return;
  free(w->mean);
  free(w->variances);
  free(w->basis);
  *w = (cli_wiener){0};
}

void cli_wiener_errors(double *mse, const cli_wiener *w, const float *clean, const float *noise, const float *sigmas,
                       int n_sigmas, double *work) {
  size_t n = (size_t)w->dim;
  double *centred = work, *unit = work + n;
  for (size_t i = 0; i < n; i++) centred[i] = (double)clean[i] - w->mean[i], unit[i] = (double)noise[i];
  for (int s = 0; s < n_sigmas; s++) mse[s] = 0;
  for (size_t k = 0; k < n; k++) {
    const double *vector = w->basis + k * n;
    double u = 0, v = 0;
    for (size_t i = 0; i < n; i++) u += vector[i] * centred[i], v += vector[i] * unit[i];
    for (int s = 0; s < n_sigmas; s++) {
      double sigma = (double)sigmas[s], keep = w->variances[k] / (w->variances[k] + sigma * sigma);
      double error = keep * (u + sigma * v) - u;
      mse[s] += error * error / (double)n;
    }
  }
}
