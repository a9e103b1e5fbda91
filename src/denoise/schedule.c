#include "schedule.h"

#include <math.h>

double cdf_edm_out(double sigma, double sd) { return sigma * sd / sqrt(sigma * sigma + sd * sd); }

void cdf_schedule_edm(double *sigma, int n, double sigma_max, double sigma_min, double rho) {
  double from = pow(sigma_max, 1 / rho), to = pow(sigma_min, 1 / rho);
  for (int i = 0; i < n; i++) sigma[i] = pow(from + (n > 1 ? (double)i / (n - 1) : 0.0) * (to - from), rho);
  sigma[n] = 0;
}

#define KNOTS 8 /* an octave */

double cdf_knot_sigma(int k) { return pow(2, (double)k / KNOTS); }

int cdf_knot(double sigma) { return (int)floor(KNOTS * log(sigma) / log(2.0) + 0.5); }

int cdf_schedule_knots(double *sigma, int n) {
  int left = 0;
  for (int i = 0; i < n; i++) {
    int k = cdf_knot(sigma[i]);
    if (left == 0 || k < cdf_knot(sigma[left - 1])) sigma[left++] = cdf_knot_sigma(k);
  }
  sigma[left] = 0;
  return left;
}

double cdf_dpm2m_blend(double before, double from, double to) {
  return to > 0 ? log(from / to) / (2 * log(before / from)) : 0;
}

double cdf_ddpm_alpha_bar(int t, int timesteps) {
  double product = 1, scale = 1000.0 / timesteps;
  for (int i = 0; i < t; i++) {
    double beta = scale * (1e-4 + (0.02 - 1e-4) * i / (timesteps > 1 ? timesteps - 1 : 1));
    product *= 1 - (beta < 0.999 ? beta : 0.999);
  }
  return product;
}

double cdf_normal_quantile(double p) {
  static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                             1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                             6.680131188771972e+01, -1.328068155288572e+01};
  static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                             -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                             3.754408661907416e+00};
  if (p < 0.02425 || p > 1 - 0.02425) {
    double q = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
    double x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    return p < 0.5 ? x : -x;
  }
  double q = p - 0.5, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}
