/* samples.c: `coordiff eval`: are the samples recognised, are they distributed like real pictures, are they copies? */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../terminal.h"
#include "../threads.h"

#define FEATURES CDF_CLASSIFIER_FEATURES

static void say(const cli_eval *e, const char *what) {
  if (!e->quiet) cli_progress("%s", what);
}

static cdf_status make_sample(void *context, int item, cdf_error *err) {
  cli_eval_made *made = context;
  cdf_picture *q;
  cdf_status status = cli_eval_sample(&q, made->e, item, err);
  if (status == CDF_OK) status = cli_eval_keep(made, q, item, err);
  cdf_picture_free(q);
  return status;
}

/* ---- sets of features ---- */

/* Those of the pictures of f that `wanted` names, in its order. The caller frees out->x and the labels, which are
 * behind. */
static cdf_status choose(cli_features *out, const cli_features *f, const int *wanted, int n, cdf_error *err) {
  size_t row = (size_t)f->of_one * FEATURES, bytes = (size_t)n * (row * sizeof(float) + 1);
  *out = (cli_features){malloc(bytes), n, f->of_one, NULL};
  if (!out->x) return cdf_fail_memory(err, bytes);
  uint8_t *labels = (uint8_t *)(out->x + (size_t)n * row);
  for (int i = 0; i < n; i++) {
    memcpy(out->x + (size_t)i * row, f->x + (size_t)wanted[i] * row, row * sizeof(float));
    if (f->labels) labels[i] = f->labels[wanted[i]];
  }
  if (f->labels) out->labels = labels;
  return CDF_OK;
}

/* At most n pictures of class `label` (< 0: of all), spread evenly. */
static cdf_status some_of(cli_features *out, const cli_features *f, int label, int n, cdf_error *err) {
  int *wanted = malloc((size_t)f->n * sizeof *wanted), n_there = 0;
  if (!wanted) return cdf_fail_memory(err, (size_t)f->n * sizeof *wanted);
  for (int i = 0; i < f->n; i++)
    if (label < 0 || f->labels[i] == label) wanted[n_there++] = i;
  n = cdf_min(n, n_there);
  for (int i = 0; i < n; i++) wanted[i] = wanted[(int)((int64_t)i * n_there / n)];
  cdf_status status = choose(out, f, wanted, n, err);
  free(wanted);
  return status;
}

typedef struct sets {
  cli_features samples, test, train;
} sets;

static void free_sets(sets *s) {
  free(s->samples.x);
  free(s->test.x);
  free(s->train.x);
}

/* Samples of a class (< 0: of all) against test pictures of it, beside the floor if there are training pictures. */
static cdf_status compare(cli_eval_against *a, const cli_eval *e, const sets *s, int label, cdf_error *err) {
  cli_features samples = {0}, test = {0}, train = {0};
  cdf_status status = some_of(&samples, &s->samples, label, s->samples.n, err);
  if (status == CDF_OK) status = some_of(&test, &s->test, label, s->test.n, err);
  if (status == CDF_OK) status = some_of(&train, &s->train, label, samples.n, err);
  a->floor = (cli_closeness){{NAN, -1}, {NAN, -1}, NAN, NAN, {NAN, -1}};
  if (status == CDF_OK && cdf_min(samples.n, test.n) > 1) {
    a->n = samples.n, a->n_floor = train.n;
    status = cli_compare(&a->samples, &samples, &test, e->n_resamples, e->k, &cli_threads, err);
    if (status == CDF_OK && train.n > 1) status = cli_compare(&a->floor, &train, &test, 0, e->k, &cli_threads, err);
  }
  free(samples.x);
  free(test.x);
  free(train.x);
  return status;
}

/* ---- measuring ---- */

static cdf_status measure_train(cli_eval_results *r, const sets *s, cdf_error *err) {
  cli_features test;
  r->n_floor_train = cdf_min(s->samples.n, s->test.n);
  cdf_status status = some_of(&test, &s->test, -1, r->n_floor_train, err);
  if (status == CDF_OK) status = cli_features_frechet(&r->to_train, &s->samples, &s->train, &cli_threads, err);
  if (status == CDF_OK) status = cli_features_frechet(&r->floor_train, &test, &s->train, &cli_threads, err);
  free(test.x);
  return status;
}

static cdf_status measure_lattice(cli_eval_results *r, const cli_eval_judge *judge, const cli_eval_made *made,
                                  cdf_error *err) {
  const cdf_dataset *train = &r->data->train, *test = &r->data->test, *samples = &made->pictures;
  bool labels = samples->n_classes > 0 && train->labels && test->labels;
  sets s = {0};
  cdf_status status =
      cli_eval_features(&s.samples, judge, samples->pixels, labels ? samples->labels : NULL, samples->n_images, 1, err);
  if (status == CDF_OK)
    status = cli_eval_features(&s.test, judge, test->pixels, labels ? test->labels : NULL, test->n_images, 1, err);
  if (status == CDF_OK)
    status = cli_eval_features(&s.train, judge, train->pixels, labels ? train->labels : NULL, train->n_images, 1, err);
  say(r->e, "comparing features");
  if (status == CDF_OK) status = compare(&r->lattice, r->e, &s, -1, err);
  for (int c = 0; labels && c < samples->n_classes && status == CDF_OK && !cli_stop_signal(); c++)
    status = compare(&r->classes[c], r->e, &s, c, err);
  if (status == CDF_OK) status = measure_train(r, &s, err);
  free_sets(&s);
  return status;
}

typedef cdf_status (*cutting)(uint8_t **windows, const cli_eval *e, const cli_eval_set *set, int n, int scale,
                              cdf_error *err);

/* The features of the windows of n pictures of a set, which are pictures of d. The caller frees f->x and the labels,
 * which are behind. */
static cdf_status features_of_windows(cli_features *f, const cli_eval_results *r, const cli_eval_judge *judge,
                                      cutting cut, const cli_eval_set *set, const cdf_dataset *d, int n,
                                      cdf_error *err) {
  uint8_t *windows = NULL;
  size_t row_bytes = CLI_EVAL_WINDOWS * FEATURES * sizeof(float);
  cdf_status status = cut(&windows, r->e, set, n, judge->windows, err);
  if (status == CDF_OK) status = cli_eval_features(f, judge, windows, NULL, n, CLI_EVAL_WINDOWS, err);
  free(windows);
  if (status != CDF_OK || !d->labels) return status;
  float *grown = realloc(f->x, (size_t)n * (row_bytes + 1));
  if (!grown) return cdf_fail_memory(err, (size_t)n * (row_bytes + 1));
  uint8_t *labels = (uint8_t *)grown + (size_t)n * row_bytes;
  for (int i = 0; i < n; i++) labels[i] = d->labels[(int64_t)i * d->n_images / n];
  f->x = grown, f->labels = labels;
  return CDF_OK;
}

/* The same of windows of larger canvases, and of what the renderer makes of the test pictures' own lattices. */
static cdf_status measure_windows(cli_eval_results *r, const cli_eval_judge *judge, const cli_eval_made *made,
                                  cdf_error *err) {
  const cli_eval_data *d = r->data;
  const uint8_t *labels = made->pictures.n_classes > 0 ? made->pictures.labels : NULL;
  int n = made->pictures.n_images, n_test = d->test.n_images, n_train = cdf_min(n, d->train.n_images);
  sets s = {0};
  cli_features rendered = {0};
  cdf_status status = cli_eval_features(&s.samples, judge, made->windows, labels, n, CLI_EVAL_WINDOWS, err);
  if (status == CDF_OK)
    status = features_of_windows(&s.test, r, judge, cli_eval_true_windows, &d->test_set, &d->test, n_test, err);
  if (status == CDF_OK && d->train_set.file.pack.truth)
    status = features_of_windows(&s.train, r, judge, cli_eval_true_windows, &d->train_set, &d->train, n_train, err);
  say(r->e, "comparing features of windows");
  if (status == CDF_OK) status = compare(&r->finer, r->e, &s, -1, err);
  if (status == CDF_OK)
    status = features_of_windows(&rendered, r, judge, cli_eval_rendered_windows, &d->test_set, &d->test, n_test, err);
  if (status == CDF_OK) status = cli_features_frechet(&r->renderer_share, &rendered, &s.test, &cli_threads, err);
  free(rendered.x);
  free_sets(&s);
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

static cdf_status measure(cli_eval_results *r, const cli_eval_judge *judge, cdf_error *err) {
  const cli_eval *e = r->e;
  const cli_eval_data *d = r->data;
  cli_eval_made made;
  cdf_status status = cli_eval_made_init(&made, e, e->n_samples, judge->windows, err);
  for (int i = 0; status == CDF_OK && i < e->n_samples; i++) made.pictures.labels[i] = (uint8_t)cli_eval_label(e, i);
  if (status == CDF_OK) status = cli_eval_for(e, "samples", make_sample, &made, e->n_samples, err);
  r->n_broken = made.n_broken;
  r->accuracy = r->test_accuracy = -1;
  say(e, "classifying");
  if (status == CDF_OK && made.pictures.n_classes > 0)
    status = cli_eval_accuracy(&r->accuracy, r->by_class, judge, &made.pictures, err);
  if (status == CDF_OK && d->test.labels) status = cli_eval_accuracy(&r->test_accuracy, NULL, judge, &d->test, err);
  if (status == CDF_OK) status = measure_lattice(r, judge, &made, err);
  if (status == CDF_OK && judge->windows) status = measure_windows(r, judge, &made, err);
  if (status == CDF_OK) status = cli_eval_two_sample(&r->two_sample, e, &made.pictures, &d->test, err);
  say(e, "looking for copies");
  if (status == CDF_OK)
    status = measure_nearest(&r->sample_nearest, e, made.pictures.pixels, e->n_samples, &d->train, err);
  if (status == CDF_OK && !cli_stop_signal())
    status = measure_nearest(&r->test_nearest, e, d->test.pixels, d->test.n_images, &d->train, err);
  cli_progress(NULL);
  if (status == CDF_OK && cli_stop_signal()) status = cdf_fail(err, CDF_FAILED, "interrupted");
  cli_eval_made_free(&made);
  return status;
}

static cdf_status load(cli_eval_judge *judge, cli_eval_data *data, const cli_eval *e, cdf_error *err) {
  int n_classes = e->model->net.config.n_classes;
  if (e->n_samples < n_classes)
    return cdf_fail(err, CDF_USAGE, "--samples is %d, but the model has %d classes, and each needs one", e->n_samples,
                    n_classes);
  cdf_status status = cli_eval_load_judge(judge, e, err);
  if (status == CDF_OK) status = cli_eval_load_data(data, e, err);
  if (status == CDF_OK)
    status = cli_eval_check_size(e, data->train.width, data->train.height, data->train.n_channels, err);
  if (status == CDF_OK && data->test.labels && data->test.n_classes > judge->n_classes)
    status =
        cdf_fail(err, CDF_BAD_INPUT,
                 "the pictures have %d classes, but the classifier knows %d; train one on them with --train-classifier",
                 data->test.n_classes, judge->n_classes);
  if (status == CDF_OK && judge->windows && data->train_set.file.pack.truth)
    status = cli_eval_check_windows(&data->train_set, e, judge->windows, err);
  if (status == CDF_OK && judge->windows) status = cli_eval_check_windows(&data->test_set, e, judge->windows, err);
  return status;
}

cdf_status cli_eval_samples(const cli_eval *e, cdf_error *err) {
  cli_eval_data data = {0};
  cli_eval_judge judge = {0};
  double start = cli_seconds();
  cli_eval_results *r = calloc(1, sizeof *r);
  if (!r) return cdf_fail_memory(err, sizeof *r);
  cdf_status status = load(&judge, &data, e, err);
  if (status == CDF_OK && !e->quiet && e->n_samples < 8 * FEATURES)
    fprintf(stderr,
            "coordiff eval: %d samples are few for a covariance of %d features; read the distances against their "
            "floors only\n",
            e->n_samples, FEATURES);
  r->e = e, r->data = &data, r->windows = judge.windows;
  if (status == CDF_OK) status = measure(r, &judge, err);
  r->seconds = cli_seconds() - start;
  if (status == CDF_OK) e->json ? cli_eval_print_json(r) : cli_eval_print_text(r);
  if (status == CDF_OK && (e->sheet || e->nearest)) status = cli_eval_draw_sheets(e, &data, err);
  free(r);
  cli_eval_free_judge(&judge);
  cli_eval_free_data(&data);
  return status;
}
