/* samples.c: `coordiff eval`: are the samples recognised, are they distributed like real pictures, are they
 * copies? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../judge/metrics.h"
#include "eval.h"
#include "frechet.h"
#include "../json.h"
#include "../terminal.h"
#include "../threads.h"

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
  double finer_to_test, finer_floor, finer_render; /* of windows; only with a judge that knows them */
  cdf_summary sample_nearest, test_nearest;
  int n_broken; /* samples with a number that is not finite */
  double seconds;
} results;

static void say(const cli_eval *e, const char *what) {
  if (!e->quiet) cli_progress("%s", what);
}

static cdf_status make_sample(void *context, int item, cdf_error *err) {
  cli_eval_made *made = context;
  cdf_generation *g;
  cdf_status status = cli_eval_sample(&g, made->e, item, err);
  if (status == CDF_OK) status = cli_eval_keep(made, g, item, err);
  cdf_generation_free(g);
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

/* The same of windows of larger canvases, and of what the renderer makes of the test pictures' own lattices. */
static cdf_status measure_windows(results *r, const cli_eval *e, const cli_eval_data *d, const cli_eval_judge *judge,
                                  const uint8_t *samples, cdf_error *err) {
  enum { TEST, OTHER, N };
  const int k = judge->windows, n_test = d->test.n_images;
  cdf_classifier *c = judge->classifier;
  uint8_t *windows = NULL;
  gaussian *g = malloc(N * sizeof *g);
  if (!g) return cdf_fail_memory(err, N * sizeof *g);
  cdf_status status = cli_eval_true_windows(&windows, e, &d->test_set, n_test, k, err);
  if (status == CDF_OK) status = fit(&g[TEST], NULL, 0, c, windows, CLI_EVAL_WINDOWS * n_test, err);
  if (status == CDF_OK) status = fit(&g[OTHER], NULL, 0, c, samples, CLI_EVAL_WINDOWS * e->n_samples, err);
  if (status == CDF_OK) status = distance(&r->finer_to_test, &g[OTHER], &g[TEST], err);
  free(windows);
  windows = NULL;
  if (status == CDF_OK) status = cli_eval_true_windows(&windows, e, &d->train_set, r->n_floor_test, k, err);
  if (status == CDF_OK) status = fit(&g[OTHER], NULL, 0, c, windows, CLI_EVAL_WINDOWS * r->n_floor_test, err);
  if (status == CDF_OK) status = distance(&r->finer_floor, &g[OTHER], &g[TEST], err);
  free(windows);
  windows = NULL;
  if (status == CDF_OK) status = cli_eval_rendered_windows(&windows, e, &d->test_set, n_test, k, err);
  if (status == CDF_OK) status = fit(&g[OTHER], NULL, 0, c, windows, CLI_EVAL_WINDOWS * n_test, err);
  if (status == CDF_OK) status = distance(&r->finer_render, &g[OTHER], &g[TEST], err);
  free(windows);
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

static cdf_status measure(results *r, const cli_eval *e, const cli_eval_data *d, const cli_eval_judge *judge,
                          cdf_error *err) {
  cli_eval_made made;
  const uint8_t *pixels;
  cdf_status status = cli_eval_made_init(&made, e, e->n_samples, judge->windows, err);
  for (int i = 0; status == CDF_OK && i < e->n_samples; i++) made.pictures.labels[i] = (uint8_t)cli_eval_label(e, i);
  if (status == CDF_OK) status = cli_eval_for(e, "samples", make_sample, &made, e->n_samples, err);
  pixels = made.pictures.pixels;
  r->n_broken = made.n_broken;
  r->accuracy = r->test_accuracy = -1;
  say(e, "classifying");
  if (status == CDF_OK && made.pictures.n_classes > 0)
    status = cli_eval_accuracy(&r->accuracy, r->by_class, judge, &made.pictures, err);
  if (status == CDF_OK && d->test.labels) status = cli_eval_accuracy(&r->test_accuracy, NULL, judge, &d->test, err);
  if (status == CDF_OK) status = measure_frechet(r, e, d, judge->classifier, pixels, err);
  if (status == CDF_OK && judge->windows) status = measure_windows(r, e, d, judge, made.windows, err);
  say(e, "looking for copies");
  if (status == CDF_OK) status = measure_nearest(&r->sample_nearest, e, pixels, e->n_samples, &d->train, err);
  if (status == CDF_OK && !cli_stop_signal())
    status = measure_nearest(&r->test_nearest, e, d->test.pixels, d->test.n_images, &d->train, err);
  cli_progress(NULL);
  if (status == CDF_OK && cli_stop_signal()) status = cdf_fail(err, CDF_FAILED, "interrupted");
  cli_eval_made_free(&made);
  return status;
}

static void print_text(const results *r, const cli_eval *e, const cli_eval_data *d, int windows) {
  const cdf_config *c = &e->model->net.config;
  printf("%d samples: %d steps, %s, guidance %g, seed %llu, %.0f s\n", e->n_samples, cli_eval_steps(e),
         cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed, r->seconds);
  if (r->accuracy < 0) {
    printf("class accuracy of the samples      none: the model has no classes\n");
  } else {
    printf("class accuracy of the samples      %6.2f %%   by class:", 100 * r->accuracy);
    for (int i = 0; i < c->n_classes; i++) printf(" %.0f", 100 * r->by_class[i]);
    printf("\n");
  }
  if (r->test_accuracy >= 0)
    printf("class accuracy of the test set     %6.2f %%   (the classifier's own)\n", 100 * r->test_accuracy);
  if (r->n_broken) printf("not finite                         %6d samples have a number that is none\n", r->n_broken);
  printf("Frechet distance to the test set   %8.4f   (floor: %8.4f, of %d training pictures to the test set)\n",
         r->to_test, r->floor_test, r->n_floor_test);
  printf("Frechet distance to the train set  %8.4f   (floor: %8.4f, of %d test pictures to the train set)\n",
         r->to_train, r->floor_train, r->n_floor_train);
  if (windows) {
    printf(
        "at %d times the lattice, test set   %8.4f   (floor: %8.4f, the same pictures), %.2f times that at the "
        "lattice\n",
        windows, r->finer_to_test, r->finer_floor, r->finer_to_test / r->to_test);
    printf("the renderer's share of that       %8.4f   (the test pictures' lattices, rendered; floor: 0)\n",
           r->finer_render);
  }
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

static void print_json(const results *r, const cli_eval *e, const cli_eval_data *d, int windows) {
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(", \"data\": ");
  cli_json_string(e->data);
  printf(", \"classifier\": ");
  cli_json_string(e->classifier);
  printf(
      ", \"samples\": %d, \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, \"seed\": %llu, \"kernels\": \"%s\", "
      "\"test_is_train\": %s",
      e->n_samples, cli_eval_steps(e), cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed,
      e->k->name, d->same ? "true" : "false");
  printf(", \"not_finite\": %d", r->n_broken);
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
  if (windows) {
    printf(", \"windows\": %d, \"windows_of_a_picture\": %d", windows, CLI_EVAL_WINDOWS);
    print_number("frechet_windows_to_test", r->finer_to_test, true);
    print_number("frechet_windows_floor_to_test", r->finer_floor, true);
    print_number("frechet_windows_render_to_test", r->finer_render, true);
    print_number("frechet_windows_ratio", r->finer_to_test / r->to_test, true);
  }
  print_summary("nearest_train_samples", &r->sample_nearest);
  print_summary("nearest_train_tests", &r->test_nearest);
  printf(", \"seconds\": %.1f}\n", r->seconds);
}

cdf_status cli_eval_samples(const cli_eval *e, cdf_error *err) {
  cli_eval_data data = {0};
  cli_eval_judge judge = {0};
  results r = {0};
  double start = cli_seconds();
  int n_classes = e->model->net.config.n_classes;
  if (e->n_samples < n_classes)
    return cdf_fail(err, CDF_USAGE, "--samples is %d, but the model has %d classes, and each needs one", e->n_samples,
                    n_classes);
  cdf_status status = cli_eval_load_judge(&judge, e, err);
  if (status == CDF_OK) status = cli_eval_load_data(&data, e, err);
  if (status == CDF_OK)
    status = cli_eval_check_size(e, data.train.width, data.train.height, data.train.n_channels, err);
  if (status == CDF_OK && data.test.labels && data.test.n_classes > judge.n_classes)
    status =
        cdf_fail(err, CDF_BAD_INPUT,
                 "the pictures have %d classes, but the classifier knows %d; train one on them with --train-classifier",
                 data.test.n_classes, judge.n_classes);
  if (status == CDF_OK && judge.windows) status = cli_eval_check_windows(&data.train_set, e, judge.windows, err);
  if (status == CDF_OK && judge.windows) status = cli_eval_check_windows(&data.test_set, e, judge.windows, err);
  if (status == CDF_OK && !e->quiet && e->n_samples < 8 * FEATURES)
    fprintf(stderr,
            "coordiff eval: %d samples are few for a covariance of %d features; read the Frechet distances against "
            "their floors only\n",
            e->n_samples, FEATURES);
  if (status == CDF_OK) status = measure(&r, e, &data, &judge, err);
  r.seconds = cli_seconds() - start;
  if (status == CDF_OK) e->json ? print_json(&r, e, &data, judge.windows) : print_text(&r, e, &data, judge.windows);
  cli_eval_free_judge(&judge);
  cli_eval_free_data(&data);
  return status;
}
