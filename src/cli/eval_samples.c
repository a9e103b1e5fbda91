/* eval_samples.c: `coordiff eval`: are the samples recognised, are they distributed like real pictures, are they
 * copies? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../metrics.h"
#include "eval.h"
#include "files.h"
#include "frechet.h"
#include "grid.h"
#include "json.h"
#include "terminal.h"
#include "threads.h"

#define FEATURES CDF_CLASSIFIER_FEATURES

/* Mean and covariance of the features of one set of pictures. */
typedef struct gaussian {
  double mean[FEATURES], covariance[FEATURES * FEATURES];
} gaussian;

typedef struct results {
  int n_floor_test, n_floor_train; /* real pictures in the place of samples: training ones, test ones */
  double accuracy, by_class[CDF_CLASSIFIER_MAX_CLASSES]; /* of the samples; accuracy < 0: no classes */
  double test_accuracy;                                  /* < 0: no labels */
  double to_test, to_train, floor_test, floor_train;
  cdf_summary sample_nearest, test_nearest;
  double seconds;
} results;

static void show_progress(int done, int n) { cli_progress("%d of %d samples", done, n); }
static void say(const cli_eval *e, const char *what) {
  if (!e->quiet) cli_progress("%s", what);
}

static cdf_status load_classifier(cdf_classifier **c, const cli_eval *e, cdf_error *err) {
  const cdf_config *config = &e->model->net.config;
  unsigned char *bytes;
  size_t n_bytes;
  *c = NULL;
  cdf_status status = cdf_file_read(&bytes, &n_bytes, e->classifier, err);
  if (status != CDF_OK) return status;
  cdf_error why = {0};
  status = cdf_classifier_load(c, bytes, n_bytes, e->k, &why);
  free(bytes);
  if (status != CDF_OK) return cdf_fail(err, status, "%.80s: %.220s", e->classifier, why.text);
  const cdf_classifier_shape *s = cdf_classifier_get_shape(*c);
  if (s->width != config->lattice_width || s->height != config->lattice_height || s->channels != config->channels)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "the classifier is for pictures of %dx%d with %d channels, but the model makes %dx%d with %d; train one on the "
        "model's own data with --train-classifier",
        s->width, s->height, s->channels, config->lattice_width, config->lattice_height, config->channels);
  if (config->n_classes > 0 && s->n_classes != config->n_classes)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "the classifier knows %d classes, but the model %d; train one on the model's own data with --train-classifier",
        s->n_classes, config->n_classes);
  return CDF_OK;
}

/* n samples as pixels [n][C][H][W], malloc'd, and their labels [n]. */
static cdf_status make_samples(uint8_t **pixels, uint8_t *labels, const cli_eval *e, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  size_t n = (size_t)e->n_samples, plane = (size_t)c->lattice_width * (size_t)c->lattice_height,
         channels = (size_t)c->channels;
  cdf_sample_options *options = malloc(n * sizeof *options);
  uint8_t *planar = malloc(n * plane * channels), *made = NULL;
  *pixels = NULL;
  cdf_status status = options && planar ? CDF_OK : cdf_fail_memory(err, n * (sizeof *options + plane * channels));
  for (size_t i = 0; i < n && status == CDF_OK; i++) {
    options[i] = e->options;
    options[i].seed += i;
    labels[i] = c->n_classes > 0 ? (uint8_t)(i % (size_t)c->n_classes) : 0;
    options[i].label = c->n_classes > 0 ? labels[i] + 1 : 0;
  }
  cli_grid grid = {.n = e->n_samples,
                   .columns = 1,
                   .width = c->lattice_width,
                   .height = c->lattice_height,
                   .options = options,
                   .progress = e->quiet ? NULL : show_progress};
  if (status == CDF_OK) status = cli_sample_all(&made, e->model, e->k, &grid, err);
  for (size_t i = 0; i < n && status == CDF_OK; i++)
    for (size_t ch = 0; ch < channels; ch++)
      for (size_t p = 0; p < plane; p++)
        planar[(i * channels + ch) * plane + p] = made[(i * plane + p) * channels + ch];
  free(options);
  free(made);
  if (status == CDF_OK)
    *pixels = planar;
  else
    free(planar);
  return status;
}

/* Evenly spaced `n_some` of the rows, moved to the front. */
static void keep_some(float *rows, int n, int n_some) {
  for (int i = 0; i < n_some; i++) {
    size_t from = (size_t)((int64_t)i * n / n_some);
    memmove(rows + (size_t)i * FEATURES, rows + from * FEATURES, FEATURES * sizeof(float));
  }
}

/* The Gaussian of n pictures, and (some not NULL) that of n_some of them. */
static cdf_status fit(gaussian *all, gaussian *some, int n_some, cdf_classifier *c, const uint8_t *pixels, int n,
                      cdf_error *err) {
  size_t bytes = (size_t)n * FEATURES * sizeof(float);
  float *features = malloc(bytes);
  if (!features) return cdf_fail_memory(err, bytes);
  cdf_classifier_classify(c, NULL, features, pixels, n, &cli_threads);
  cdf_metrics_gaussian(all->mean, all->covariance, features, n, FEATURES, &cli_threads);
  if (some) {
    keep_some(features, n, n_some);
    cdf_metrics_gaussian(some->mean, some->covariance, features, n_some, FEATURES, &cli_threads);
  }
  free(features);
  return CDF_OK;
}

static cdf_status distance(double *out, const gaussian *a, const gaussian *b, cdf_error *err) {
  return cli_frechet(out, a->mean, a->covariance, b->mean, b->covariance, FEATURES, err);
}

static cdf_status measure_frechet(results *r, const cli_eval *e, const cli_eval_data *d, cdf_classifier *c,
                                  const uint8_t *samples, cdf_error *err) {
  enum { SAMPLES, TEST, TRAIN, SOME_TEST, SOME_TRAIN, N };
  gaussian *g = malloc(N * sizeof *g);
  if (!g) return cdf_fail_memory(err, N * sizeof *g);
  r->n_floor_test = cdf_min(e->n_samples, d->train.n_images),
  r->n_floor_train = cdf_min(e->n_samples, d->test.n_images);
  cdf_status status = fit(&g[SAMPLES], NULL, 0, c, samples, e->n_samples, err);
  if (status == CDF_OK)
    status = fit(&g[TEST], &g[SOME_TEST], r->n_floor_train, c, d->test.pixels, d->test.n_images, err);
  if (status == CDF_OK)
    status = fit(&g[TRAIN], &g[SOME_TRAIN], r->n_floor_test, c, d->train.pixels, d->train.n_images, err);
  if (status == CDF_OK) status = distance(&r->to_test, &g[SAMPLES], &g[TEST], err);
  if (status == CDF_OK) status = distance(&r->to_train, &g[SAMPLES], &g[TRAIN], err);
  if (status == CDF_OK) status = distance(&r->floor_test, &g[SOME_TRAIN], &g[TEST], err);
  if (status == CDF_OK) status = distance(&r->floor_train, &g[SOME_TEST], &g[TRAIN], err);
  free(g);
  return status;
}

static cdf_status measure_nearest(cdf_summary *out, const cli_eval *e, const uint8_t *pixels, int n,
                                  const cdf_dataset *train, cdf_error *err) {
  double *distances = malloc((size_t)n * sizeof *distances);
  if (!distances) return cdf_fail_memory(err, (size_t)n * sizeof *distances);
  cdf_status status = cdf_metrics_nearest(distances, NULL, pixels, n, train->pixels, train->n_images,
                                          (int)cdf_dataset_image_size(train), e->k, &cli_threads, err);
  if (status == CDF_OK) *out = cdf_metrics_summary(distances, n);
  free(distances);
  return status;
}

static cdf_status measure(results *r, const cli_eval *e, const cli_eval_data *d, cdf_classifier *c, cdf_error *err) {
  const cdf_config *config = &e->model->net.config;
  uint8_t *labels = malloc((size_t)e->n_samples), *samples = NULL;
  if (!labels) return cdf_fail_memory(err, (size_t)e->n_samples);
  cdf_status status = make_samples(&samples, labels, e, err);
  const cdf_dataset made = {.n_images = e->n_samples,
                            .n_channels = config->channels,
                            .height = config->lattice_height,
                            .width = config->lattice_width,
                            .n_classes = config->n_classes,
                            .pixels = samples,
                            .labels = labels};
  r->accuracy = r->test_accuracy = -1;
  say(e, "classifying");
  if (status == CDF_OK && config->n_classes > 0) status = cli_eval_accuracy(&r->accuracy, r->by_class, c, &made, err);
  if (status == CDF_OK && d->test.labels) status = cli_eval_accuracy(&r->test_accuracy, NULL, c, &d->test, err);
  if (status == CDF_OK) status = measure_frechet(r, e, d, c, samples, err);
  say(e, "looking for copies");
  if (status == CDF_OK) status = measure_nearest(&r->sample_nearest, e, samples, e->n_samples, &d->train, err);
  if (status == CDF_OK && !cli_stop_signal())
    status = measure_nearest(&r->test_nearest, e, d->test.pixels, d->test.n_images, &d->train, err);
  cli_progress(NULL);
  if (status == CDF_OK && cli_stop_signal()) status = cdf_fail(err, CDF_FAILED, "interrupted");
  free(samples);
  free(labels);
  return status;
}

static int n_steps(const cli_eval *e) {
  const cdf_config *c = &e->model->net.config;
  return c->target == CDF_TARGET_PREVIOUS ? c->timesteps : e->options.steps > 0 ? e->options.steps : 20;
}

/* Models of the write-up's chain have no other sampler. */
static const char *sampler_name(const cli_eval *e) {
  return e->model->net.config.target == CDF_TARGET_PREVIOUS ? "chain" : cdf_sampler_names[e->options.kind];
}

static double guidance(const cli_eval *e) { return e->options.guidance != 0.0f ? (double)e->options.guidance : 1.0; }

static void print_text(const results *r, const cli_eval *e, const cli_eval_data *d) {
  const cdf_config *c = &e->model->net.config;
  printf("%d samples: %d steps, %s, guidance %g, seed %llu, %.0f s\n", e->n_samples, n_steps(e), sampler_name(e),
         guidance(e), (unsigned long long)e->options.seed, r->seconds);
  if (r->accuracy < 0) {
    printf("class accuracy of the samples      none: the model has no classes\n");
  } else {
    printf("class accuracy of the samples      %6.2f %%   by class:", 100 * r->accuracy);
    for (int i = 0; i < c->n_classes; i++) printf(" %.0f", 100 * r->by_class[i]);
    printf("\n");
  }
  if (r->test_accuracy >= 0)
    printf("class accuracy of the test set     %6.2f %%   (the classifier's own)\n", 100 * r->test_accuracy);
  printf("Frechet distance to the test set   %8.4f   (floor: %8.4f, of %d training pictures to the test set)\n",
         r->to_test, r->floor_test, r->n_floor_test);
  printf("Frechet distance to the train set  %8.4f   (floor: %8.4f, of %d test pictures to the train set)\n",
         r->to_train, r->floor_train, r->n_floor_train);
  printf("nearest training picture, samples  mean %.4f  median %.4f  least %.4f\n", r->sample_nearest.mean,
         r->sample_nearest.median, r->sample_nearest.least);
  printf("nearest training picture, tests    mean %.4f  median %.4f  least %.4f\n", r->test_nearest.mean,
         r->test_nearest.median, r->test_nearest.least);
  if (d->same) printf("there is no test set: the training pictures stood in for it\n");
}

static void print_number(const char *name, double value, bool there) {
  if (there)
    printf(", \"%s\": %.6f", name, value);
  else
    printf(", \"%s\": null", name);
}

static void print_summary(const char *name, const cdf_summary *s) {
  printf(", \"%s\": {\"mean\": %.6f, \"median\": %.6f, \"min\": %.6f}", name, s->mean, s->median, s->least);
}

static void print_json(const results *r, const cli_eval *e, const cli_eval_data *d) {
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(", \"data\": ");
  cli_json_string(e->data);
  printf(", \"classifier\": ");
  cli_json_string(e->classifier);
  printf(
      ", \"samples\": %d, \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, \"seed\": %llu, \"kernels\": \"%s\", "
      "\"test_is_train\": %s",
      e->n_samples, n_steps(e), sampler_name(e), guidance(e), (unsigned long long)e->options.seed, e->k->name,
      d->same ? "true" : "false");
  print_number("class_accuracy", r->accuracy, r->accuracy >= 0);
  printf(", \"class_accuracy_by_class\": %s", r->accuracy >= 0 ? "[" : "null");
  for (int i = 0; r->accuracy >= 0 && i < e->model->net.config.n_classes; i++)
    printf("%s%.4f", i ? ", " : "", r->by_class[i]);
  if (r->accuracy >= 0) printf("]");
  print_number("classifier_test_accuracy", r->test_accuracy, r->test_accuracy >= 0);
  print_number("frechet_to_test", r->to_test, true);
  print_number("frechet_floor_to_test", r->floor_test, true);
  printf(", \"floor_to_test_pictures\": %d", r->n_floor_test);
  print_number("frechet_to_train", r->to_train, true);
  print_number("frechet_floor_to_train", r->floor_train, true);
  printf(", \"floor_to_train_pictures\": %d", r->n_floor_train);
  print_summary("nearest_train_samples", &r->sample_nearest);
  print_summary("nearest_train_tests", &r->test_nearest);
  printf(", \"seconds\": %.1f}\n", r->seconds);
}

cdf_status cli_eval_samples(const cli_eval *e, cdf_error *err) {
  cli_eval_data data = {0};
  cdf_classifier *c = NULL;
  results r = {0};
  double start = cli_seconds();
  int n_classes = e->model->net.config.n_classes;
  if (e->n_samples < n_classes)
    return cdf_fail(err, CDF_USAGE, "--samples is %d, but the model has %d classes, and each needs one", e->n_samples,
                    n_classes);
  cdf_status status = load_classifier(&c, e, err);
  if (status == CDF_OK) status = cli_eval_load_data(&data, e, err);
  if (status == CDF_OK) status = cli_eval_check_data(e, &data.train, err);
  if (status == CDF_OK && data.test.labels && data.test.n_classes > cdf_classifier_get_shape(c)->n_classes)
    status =
        cdf_fail(err, CDF_BAD_INPUT,
                 "the pictures have %d classes, but the classifier knows %d; train one on them with --train-classifier",
                 data.test.n_classes, cdf_classifier_get_shape(c)->n_classes);
  if (status == CDF_OK && !e->quiet && e->n_samples < 8 * FEATURES)
    fprintf(stderr,
            "coordiff eval: %d samples are few for a covariance of %d features; read the Frechet distances against "
            "their floors only\n",
            e->n_samples, FEATURES);
  if (status == CDF_OK) status = measure(&r, e, &data, c, err);
  r.seconds = cli_seconds() - start;
  if (status == CDF_OK) e->json ? print_json(&r, e, &data) : print_text(&r, e, &data);
  cdf_classifier_free(c);
  cli_eval_free_data(&data);
  return status;
}
