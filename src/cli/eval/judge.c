/* judge.c: the classifier that judges pictures. */
#include <stdio.h>
#include <stdlib.h>

#include "../../judge/metrics.h"
#include "eval.h"
#include "../files.h"
#include "../terminal.h"
#include "../threads.h"

/* The scale of the windows that the classifier was trained on, 0 for none. */
static cdf_status read_windows(int *windows, const unsigned char *bytes, size_t n_bytes, cdf_error *err) {
  cdf_checkpoint file;
  cdf_status status = cdf_checkpoint_parse(&file, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  const char *text = cdf_checkpoint_metadata(&file, CLI_EVAL_WINDOWS_KEY);
  char *end = NULL;
  long value = text ? strtol(text, &end, 10) : 0;
  if (text && (*end || value < 2 || value > CLI_EVAL_MAX_SCALE))
    status =
        cdf_fail(err, CDF_BAD_INPUT, "the classifier's '%s' is '%.40s', but must be from 2 to %d; the file is damaged",
                 CLI_EVAL_WINDOWS_KEY, text, CLI_EVAL_MAX_SCALE);
  *windows = (int)value;
  cdf_checkpoint_free(&file);
  return status;
}

static cdf_status check(const cli_eval_judge *judge, const cli_eval *e, cdf_error *err) {
  const cdf_config *config = &e->model->net.config;
  const cdf_classifier_shape *s = cdf_classifier_get_shape(judge->classifier);
  if (s->width != config->lattice_width || s->height != config->lattice_height || s->channels != config->channels)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "the classifier is for pictures of %dx%d with %d channels, but the model makes %dx%d with %d; train one on the "
        "model's own data with --train-classifier",
        s->width, s->height, s->channels, config->lattice_width, config->lattice_height, config->channels);
  if (config->n_classes > 0 && judge->n_classes != config->n_classes)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "the classifier knows %d classes, but the model %d; train one on the model's own data with --train-classifier",
        judge->n_classes, config->n_classes);
  if (e->windows && e->windows != judge->windows)
    return cdf_fail(err, CDF_USAGE,
                    "--windows is %d, but the classifier was trained with %d (0: without any); leave it out, or train "
                    "another classifier",
                    e->windows, judge->windows);
  return CDF_OK;
}

cdf_status cli_eval_load_judge(cli_eval_judge *judge, const cli_eval *e, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  *judge = (cli_eval_judge){0};
  cdf_status status = cdf_file_read(&bytes, &n_bytes, e->classifier, CDF_FILE_CHECKPOINT, err);
  if (status != CDF_OK) return status;
  cdf_error why = {0};
  status = cdf_classifier_load(&judge->classifier, bytes, n_bytes, e->k, &why);
  if (status == CDF_OK) status = read_windows(&judge->windows, bytes, n_bytes, &why);
  free(bytes);
  if (status != CDF_OK) return cdf_fail(err, status, "%.80s: %.220s", e->classifier, why.text);
  judge->n_classes = cdf_classifier_get_shape(judge->classifier)->n_classes / (judge->windows ? 2 : 1);
  return check(judge, e, err);
}

cdf_status cli_eval_teach(cdf_classifier *c, const cli_eval *e, const cdf_dataset *data,
                          const cdf_classifier_plan *plan, const char *what, cdf_error *err) {
  int n_steps = cdf_classifier_n_steps(plan, data->n_images),
      per_epoch = (data->n_images + CDF_CLASSIFIER_BATCH - 1) / CDF_CLASSIFIER_BATCH;
  double sum = 0, start = cli_seconds(), spoken = 0;
  cdf_status status = CDF_OK;
  for (int step = 0; step < n_steps && status == CDF_OK; step++) {
    char line[160], left[16];
    double loss;
    if (cli_stop_signal()) return cdf_fail(err, CDF_FAILED, "interrupted; nothing was written");
    status = cdf_classifier_train_step(c, &loss, data, plan, step, &cli_threads, err);
    if (status != CDF_OK) break;
    sum = step % per_epoch == 0 ? loss : sum + loss;
    snprintf(line, sizeof line, "%s, epoch %d of %d  loss %.4f  %s left", what, step / per_epoch + 1,
             n_steps / per_epoch, sum / (step % per_epoch + 1),
             cli_duration(left, (cli_seconds() - start) / (step + 1) * (n_steps - step - 1)));
    if (!e->quiet) cli_progress_now_and_then(&spoken, line);
  }
  cli_progress(NULL);
  return status;
}

void cli_eval_free_judge(cli_eval_judge *judge) {
  cdf_classifier_free(judge->classifier);
  *judge = (cli_eval_judge){0};
}

cdf_status cli_eval_features(cli_features *f, const cli_eval_judge *judge, const uint8_t *pixels, const uint8_t *labels,
                             int n, int of_one, cdf_error *err) {
  size_t bytes = (size_t)n * (size_t)of_one * CDF_CLASSIFIER_FEATURES * sizeof(float);
  *f = (cli_features){malloc(bytes), n, of_one, labels};
  if (!f->x) return cdf_fail_memory(err, bytes);
  cdf_classifier_classify(judge->classifier, NULL, f->x, pixels, n * of_one, &cli_threads);
  return CDF_OK;
}

cdf_status cli_eval_accuracy(double *accuracy, double *by_class, const cli_eval_judge *judge, const cdf_dataset *data,
                             cdf_error *err) {
  size_t n = (size_t)data->n_images, n_classes = (size_t)judge->n_classes,
         n_logits = (size_t)cdf_classifier_get_shape(judge->classifier)->n_classes;
  float *logits = malloc(n * n_logits * sizeof *logits);
  if (!logits) return cdf_fail_memory(err, n * n_logits * sizeof *logits);
  cdf_classifier_classify(judge->classifier, logits, NULL, data->pixels, data->n_images, &cli_threads);
  for (size_t i = 0; i < n && n_logits > n_classes;
       i++) /* a window votes for its class: the better of the two counts */
    for (size_t c = 0; c < n_classes; c++) {
      float whole = logits[i * n_logits + c], window = logits[i * n_logits + n_classes + c];
      logits[i * n_classes + c] = whole > window ? whole : window;
    }
  *accuracy = cdf_metrics_accuracy(by_class, logits, data->labels, data->n_images, judge->n_classes);
  free(logits);
  return CDF_OK;
}
