/* schedule.h: noise levels: EDM's preconditioning and steps (Karras et al. 2022), and the DDPM chain of the write-up.
 */
#ifndef CDF_SCHEDULE_H
#define CDF_SCHEDULE_H

#include "../base/base.h"

CDF_BEGIN_DECLS

#define CDF_MAX_STEPS 1000

/* Karras et al. 2022, table 1: D(z; sigma) = c_skip z + c_out F. */
static inline double cdf_edm_skip(double sigma, double sd) { return sd * sd / (sigma * sigma + sd * sd); }
double cdf_edm_out(double sigma, double sd); /* sigma sd / sqrt(sigma^2 + sd^2) */

/* sigma[0..n]: equation 5 with exponent rho from sigma_max down to sigma_min, then 0 at index n. n >= 1. */
void cdf_schedule_edm(double *sigma, int n, double sigma_max, double sigma_min, double rho);

/* Knots of a stochastic path: noise levels sigma = 2^(k / 8), eight an octave, whatever the steps. */
double cdf_knot_sigma(int k);
int cdf_knot(double sigma); /* the nearest */

/* Moves sigma[0..n-1], falling, to knots, and what is left of the levels together: several at one knot are one.
 * sigma[n], 0, stays the last. Returns how many are left. */
int cdf_schedule_knots(double *sigma, int n);

/* DPM-Solver++(2M) (Lu et al. 2022, algorithm 2, with lambda = -ln sigma): the step from `from` to `to` goes by D +
 * blend (D - the D at `before`). 0, first order, for a last step to 0. */
double cdf_dpm2m_blend(double before, double from, double to);

/* Product of (1 - beta) over the first t of T steps, beta linear from 1e-4 to 0.02 at T = 1000 (Ho et al. 2020), scaled
 * by 1000 / T for other T. cdf_ddpm_alpha_bar(0, T) is 1. */
double cdf_ddpm_alpha_bar(int t, int timesteps);

/* Inverse of the standard normal distribution function (Acklam 2003; relative error 1.2e-9), 0 < p < 1. */
double cdf_normal_quantile(double p);

CDF_END_DECLS

#endif
