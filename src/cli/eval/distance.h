/* distance.h: how far made pictures lie from real ones in the features of a classifier, and how well that is known.
 *
 *   cli_features made = {.x = x, .n = 1000, .of_one = 1}, real = {.x = y, .n = 3000, .of_one = 1};
 *   cli_closeness c;
 *   if (cli_compare(&c, &made, &real, CLI_RESAMPLES, k, parallel, &err) == CDF_OK)
 *     printf("%.2f, surely from %.2f to %.2f\n", c.frechet.value, cli_low(&c.frechet), cli_high(&c.frechet));
 *
 * Errors are standard deviations over bootstrap resamples of the made pictures, with the real ones held fixed: they say
 * what other seeds would change. The same bits on any number of threads.
 */
#ifndef CDF_DISTANCE_H
#define CDF_DISTANCE_H

#include "../../coordiff.h"
#include "../../judge/classifier.h"
#include "../../judge/similarity.h"

#define CLI_RESAMPLES 100

typedef struct cli_features {
  float *x;              /* [n * of_one][CDF_CLASSIFIER_FEATURES] */
  int n;                 /* pictures */
  int of_one;            /* rows of each, that are drawn together */
  const uint8_t *labels; /* [n]: resamples and parts keep the number of each class; NULL: there are none */
} cli_features;

typedef struct cli_estimate {
  double value, error; /* error < 0: not known */
} cli_estimate;

typedef struct cli_closeness {
  cli_estimate frechet;
  cli_estimate sliced;       /* sliced Wasserstein distance: see similarity.h for it and the next two */
  double density, coverage;  /* NaN: too few real pictures */
  cli_estimate extrapolated; /* to sets without end, about 0 for equal distributions; NaN: the sets are too small */
} cli_closeness;

/* Pictures that each set needs for an extrapolation. */
#define CLI_EXTRAPOLATION_MIN (6 * CDF_CLASSIFIER_FEATURES)

/* n_resamples 0: values alone. CDF_NO_MEMORY, or CDF_FAILED when a feature is not finite. */
cdf_status cli_compare(cli_closeness *out, const cli_features *made, const cli_features *real, int n_resamples,
                       const cdf_kernels *k, const cdf_parallel *parallel, cdf_error *err);

/* The Frechet distance alone. */
cdf_status cli_features_frechet(double *distance, const cli_features *a, const cli_features *b,
                                const cdf_parallel *parallel, cdf_error *err);

/* The interval that holds the value of other seeds 95 times in 100, never below 0. */
double cli_low(const cli_estimate *e);
double cli_high(const cli_estimate *e);

/* Two models measured like this, with seeds of their own, surely differ when their values are further apart. */
double cli_told_apart(const cli_estimate *e);

#endif
