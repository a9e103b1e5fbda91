/* eval.h: what the parts of `coordiff eval` share. */
#ifndef CDF_EVAL_H
#define CDF_EVAL_H

#include "../classifier.h"
#include "../coordiff.h"

typedef struct cli_eval {
  const cdf_kernels *k;
  const cdf_model *model; /* NULL: none given */
  const char *model_path, *data, *classifier, *out;
  int n_samples, n_images, epochs;
  cdf_sample_options options; /* of the first sample; seeds count up */
  bool json, quiet;
} cli_eval;

/* Both splits of --data; pictures in a folder are brought to the model's size. *same: there is no test split, the
 * training pictures stand in for it (which is said on stderr). The caller frees both, also after a failure. */
typedef struct cli_eval_data {
  cdf_dataset train, test;
  bool same;
} cli_eval_data;
cdf_status cli_eval_load_data(cli_eval_data *data, const cli_eval *e, cdf_error *err);
void cli_eval_free_data(cli_eval_data *data);

/* CDF_BAD_INPUT unless the pictures have the size and channels of the model. */
cdf_status cli_eval_check_data(const cli_eval *e, const cdf_dataset *data, cdf_error *err);

/* Accuracy of a classifier on labelled pictures, and by class (may be NULL). */
cdf_status cli_eval_accuracy(double *accuracy, double *by_class, cdf_classifier *c, const cdf_dataset *data,
                             cdf_error *err);

cdf_status cli_eval_train_classifier(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_samples(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_denoise(const cli_eval *e, cdf_error *err);

#endif
