/* classifier.c: `coordiff eval --train-classifier`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "../files.h"
#include "../json.h"
#include "../record.h"
#include "../provenance.h"
#include "../terminal.h"

/* Accuracy of the weights as they will be read: half precision, from the bytes of the file. */
static cdf_status measure(double *accuracy, const cli_eval *e, const cdf_classifier *c, const cdf_dataset *test,
                          cdf_error *err) {
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cli_eval_judge saved = {.n_classes = cdf_classifier_get_shape(c)->n_classes};
  cdf_status status = cdf_classifier_save(c, true, NULL, 0, &bytes, &n_bytes, err);
  if (status == CDF_OK) status = cdf_classifier_load(&saved.classifier, bytes, n_bytes, e->k, err);
  if (status == CDF_OK) status = cli_eval_accuracy(accuracy, NULL, &saved, test, err);
  cli_eval_free_judge(&saved);
  free(bytes);
  return status;
}

static cdf_status save(const cli_eval *e, const cdf_classifier *c, const cdf_classifier_plan *plan, double accuracy,
                       int n_test, cdf_error *err) {
  char command[384], result[96], windows[32] = "", scale[16], test[128] = "", data[120], name[110] = "";
  char keys[3][16] = {"note.command", "note.accuracy", CLI_EVAL_WINDOWS_KEY};
  cli_base_name(data, sizeof data, e->data); /* where the pictures lay on this disk is nobody's business */
  if (e->test) cli_base_name(name, sizeof name, e->test);
  if (e->test) snprintf(test, sizeof test, " --test %s", name);
  if (e->windows) snprintf(windows, sizeof windows, " --windows %d", e->windows);
  snprintf(scale, sizeof scale, "%d", e->windows);
  snprintf(command, sizeof command,
           "coordiff eval --train-classifier --data %s%s%s --epochs %d --seed %llu (coordiff %s, %s)", data, test,
           windows, plan->epochs, (unsigned long long)plan->seed, CDF_VERSION, e->k->name);
  snprintf(result, sizeof result, "%.4f of %d test pictures", accuracy, n_test);
  const cdf_metadata notes[] = {{keys[0], command}, {keys[1], result}, {keys[2], scale}};
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cdf_status status = cdf_classifier_save(c, true, notes, e->windows ? 3 : 2, &bytes, &n_bytes, err);
  if (status == CDF_OK) status = cdf_file_write_atomic(e->out, bytes, n_bytes, err);
  free(bytes);
  return status;
}

/* Windows of the finer pictures behind the pictures, as classes of their own. */
static cdf_status add_windows(cdf_dataset *d, const cli_eval *e, const cli_eval_set *set, int n_classes,
                              cdf_error *err) {
  size_t n = (size_t)d->n_images, size = cdf_dataset_image_size(d), more = 1 + CLI_EVAL_WINDOWS;
  if (2 * n_classes > CDF_CLASSIFIER_MAX_CLASSES)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the pictures have %d classes; with --windows at most %d are possible, as each counts twice",
                    n_classes, CDF_CLASSIFIER_MAX_CLASSES / 2);
  uint8_t *windows, *grown;
  cdf_status status = cli_eval_true_windows(&windows, e, set, d->n_images, e->windows, err);
  if (status != CDF_OK) return status;
  grown = realloc(d->pixels, more * n * size);
  if (grown) {
    d->pixels = grown;
    memcpy(grown + n * size, windows, CLI_EVAL_WINDOWS * n * size);
    grown = realloc(d->labels, more * n);
  }
  free(windows);
  if (!grown) return cdf_fail_memory(err, more * n * (size + 1));
  d->labels = grown;
  for (size_t i = 0; i < CLI_EVAL_WINDOWS * n; i++)
    d->labels[n + i] = (uint8_t)(d->labels[i / CLI_EVAL_WINDOWS] + n_classes);
  d->n_images *= (int)more;
  d->n_classes = 2 * n_classes;
  return CDF_OK;
}

cdf_status cli_eval_train_classifier(const cli_eval *e, cdf_error *err) {
  cli_eval_data data;
  cdf_classifier *c = NULL;
  cdf_classifier_plan plan = {.seed = e->options.seed, .epochs = e->epochs > 0 ? e->epochs : 12};
  double start = cli_seconds(), accuracy = 0;
  cdf_status status = cli_eval_load_data(&data, e, err);
  if (status == CDF_OK && (!data.train.labels || !data.test.labels))
    status = cdf_fail(
        err, CDF_BAD_INPUT,
        "the pictures in %.100s have no classes; a classifier needs label files, or one sub-folder for each class",
        e->data);
  if (status != CDF_OK) goto done;
  if (data.test.n_classes > data.train.n_classes) {
    status =
        cdf_fail(err, CDF_BAD_INPUT, "the test pictures in %.100s have %d classes, but the training pictures only %d",
                 e->data, data.test.n_classes, data.train.n_classes);
    goto done;
  }
  if (e->windows) {
    int n_classes = data.train.n_classes;
    status = cli_eval_check_windows(&data.train_set, e, e->windows, err);
    if (status == CDF_OK) status = cli_eval_check_windows(&data.test_set, e, e->windows, err);
    if (status == CDF_OK) status = add_windows(&data.train, e, &data.train_set, n_classes, err);
    if (status == CDF_OK) status = add_windows(&data.test, e, &data.test_set, n_classes, err);
    if (status != CDF_OK) goto done;
  }
  cdf_classifier_shape shape = {data.train.width, data.train.height, data.train.n_channels, data.train.n_classes};
  status = cdf_classifier_create(&c, &shape, plan.seed, e->k, err);
  if (status == CDF_OK) status = cli_eval_teach(c, e, &data.train, &plan, "the classifier", err);
  if (status == CDF_OK) status = measure(&accuracy, e, c, &data.test, err);
  if (status == CDF_OK) status = save(e, c, &plan, accuracy, data.test.n_images, err);
  if (status != CDF_OK) goto done;
  double seconds = cli_seconds() - start;
  if (e->json) {
    printf("{\"classifier\": ");
    cli_json_string(e->out);
    printf(
        ", \"train_pictures\": %d, \"test_pictures\": %d, \"test_is_train\": %s, \"classes\": %d, \"epochs\": %d, "
        "\"seed\": %llu, \"test_accuracy\": %.6f, "
        "\"seconds\": %.1f}\n",
        data.train.n_images, data.test.n_images, data.same ? "true" : "false", shape.n_classes, plan.epochs,
        (unsigned long long)plan.seed, accuracy, seconds);
  } else {
    printf("test accuracy %.2f %% (%d pictures); %d epochs of %d pictures in %.0f s; written to %s\n", 100 * accuracy,
           data.test.n_images, plan.epochs, data.train.n_images, seconds, e->out);
  }
done:
  cdf_classifier_free(c);
  cli_eval_free_data(&data);
  return status;
}
