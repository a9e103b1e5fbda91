/* report.h: what `coordiff eval` with a classifier measures and reports. */
#ifndef CDF_EVAL_REPORT_H
#define CDF_EVAL_REPORT_H

#include "../../judge/metrics.h"
#include "eval.h"

/* Samples of one class, or at one size, against the test pictures; and as many training pictures in their place. */
typedef struct cli_eval_against {
  int n, n_floor; /* 0: none */
  cli_closeness samples, floor;
} cli_eval_against;

typedef struct cli_eval_results {
  const cli_eval *e;
  const cli_eval_data *data;
  int windows;                                           /* 0: none */
  int n_broken;                                          /* samples with a number that is not finite */
  double accuracy, by_class[CDF_CLASSIFIER_MAX_CLASSES]; /* of the samples; accuracy < 0: no classes */
  double test_accuracy;                                  /* < 0: no labels */
  cli_eval_against lattice, finer, classes[CDF_CLASSIFIER_MAX_CLASSES];
  double renderer_share; /* of the distance of windows: what it makes of the test pictures' own lattices */
  double to_train, floor_train;
  int n_floor_train;
  cli_two_sample two_sample;
  cdf_summary sample_nearest, test_nearest;
  double seconds;
} cli_eval_results;

void cli_eval_print_text(const cli_eval_results *r);
void cli_eval_print_json(const cli_eval_results *r);

#endif
