/* from_sigma.c: `coordiff eval --from-sigma`: held-out pictures noised to sigma and sampled from there: at which noise
 * levels the samples go astray. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../json.h"
#include "../terminal.h"
#include "../threads.h"
#include "eval.h"

static const float usual_sigmas[] = {0.3f, 0.6f, 1.2f, 2.5f, 5, 10}; /* that the schedule passes; and where it begins */

typedef struct row {
  float sigma; /* 0: the pictures themselves */
  double accuracy;
  cli_closeness lattice, windows;
  int n_broken;
} row;

typedef struct job {
  const cli_eval *e;
  const cli_eval_judge *judge;
  const cli_eval_data *data;
  cli_features real, real_windows; /* of the held-out pictures that nothing starts from */
  int *starts;                     /* [n_samples] their numbers in data->test, spread over the classes */
  uint8_t *rest_labels;            /* of those */
  row *at;                         /* the one that is being made */
  cli_eval_made made;
} job;

static const uint8_t *picture(const job *j, int i) {
  return j->data->test.pixels + (size_t)i * cdf_dataset_image_size(&j->data->test);
}

/* The picture that sample i starts from goes into q, noised and sampled unless sigma is 0. */
static cdf_status sample_from(cdf_picture *q, const job *j, int i, cdf_error *err) {
  cdf_status status = cli_eval_put_lattice(q, j->e, picture(j, j->starts[i]), err);
  if (status != CDF_OK || j->at->sigma == 0.0f) return status;
  cdf_sample_options options = j->e->options;
  options.seed += (uint64_t)i;
  options.label = j->made.pictures.n_classes > 0 && j->data->test.labels ? j->made.pictures.labels[i] : -1;
  if (j->at->sigma < options.sigma_max)
    options.source = cdf_picture_lattice(q), options.measured = true,
    options.strength = (float)cdf_sigma_strength(j->at->sigma, j->e->model->net.config.sigma_data);
  cdf_process *p;
  status = cdf_process_create(&p, j->e->model, NULL, 1, j->e->k, err);
  if (status != CDF_OK) return status;
  status = cdf_process_start(p, &options, err);
  if (status == CDF_OK) {
    cli_eval_finish(p);
    cdf_picture_load(q, cdf_process_clean(p));
  }
  cdf_process_free(p);
  return status;
}

static cdf_status make(void *context, int item, cdf_error *err) {
  job *j = context;
  cdf_picture *q;
  cdf_status status = cdf_picture_create(&q, j->e->model, NULL, 1, j->e->k, err);
  if (status == CDF_OK) status = sample_from(q, j, item, err);
  if (status == CDF_OK) status = cli_eval_keep(&j->made, q, item, err);
  cdf_picture_free(q);
  return status;
}

static cdf_status compare(cli_closeness *out, const job *j, const uint8_t *pixels, int of_one, const cli_features *real,
                          cdf_error *err) {
  const uint8_t *labels = j->data->test.labels ? j->made.pictures.labels : NULL;
  cli_features f;
  cdf_status status = cli_eval_features(&f, j->judge, pixels, labels, j->e->n_samples, of_one, err);
  if (status == CDF_OK) status = cli_compare(out, &f, real, j->e->n_resamples, j->e->k, &cli_threads, err);
  free(f.x);
  return status;
}

static cdf_status measure_row(row *r, job *j, cdf_error *err) {
  char things[48];
  j->at = r;
  j->made.n_broken = 0;
  snprintf(things, sizeof things, "samples from sigma %.4g", (double)r->sigma);
  cdf_status status = cli_eval_for(j->e, things, make, j, j->e->n_samples, err);
  r->n_broken = j->made.n_broken;
  r->accuracy = -1;
  if (status == CDF_OK && j->data->test.labels && j->made.pictures.n_classes > 0)
    status = cli_eval_accuracy(&r->accuracy, NULL, j->judge, &j->made.pictures, err);
  if (status == CDF_OK) status = compare(&r->lattice, j, j->made.pictures.pixels, 1, &j->real, err);
  if (status == CDF_OK && j->judge->windows)
    status = compare(&r->windows, j, j->made.windows, CLI_EVAL_WINDOWS, &j->real_windows, err);
  return status;
}

/* Only the pictures that no sample starts from stay in f, whose rows are moved to the front. */
static void leave_out_starts(cli_features *f, const job *j) {
  size_t row_floats = (size_t)f->of_one * CDF_CLASSIFIER_FEATURES;
  int kept = 0, next = 0;
  for (int i = 0; i < f->n; i++) {
    if (next < j->e->n_samples && j->starts[next] == i) {
      next++;
      continue;
    }
    memmove(f->x + (size_t)kept * row_floats, f->x + (size_t)i * row_floats, row_floats * sizeof(float));
    if (j->rest_labels) j->rest_labels[kept] = j->data->test.labels[i];
    kept++;
  }
  f->n = kept, f->labels = j->rest_labels;
}

static cdf_status measure_real(job *j, cdf_error *err) {
  const cdf_dataset *test = &j->data->test;
  const int n = test->n_images;
  uint8_t *windows = NULL;
  if (test->labels && !(j->rest_labels = malloc((size_t)n))) return cdf_fail_memory(err, (size_t)n);
  cdf_status status = cli_eval_features(&j->real, j->judge, test->pixels, NULL, n, 1, err);
  if (status == CDF_OK) leave_out_starts(&j->real, j);
  if (status != CDF_OK || !j->judge->windows) return status;
  status = cli_eval_true_windows(&windows, j->e, &j->data->test_set, n, j->judge->windows, err);
  if (status == CDF_OK) status = cli_eval_features(&j->real_windows, j->judge, windows, NULL, n, CLI_EVAL_WINDOWS, err);
  if (status == CDF_OK) leave_out_starts(&j->real_windows, j);
  free(windows);
  return status;
}

/* ---- the report ---- */

static void print_distance(const cli_estimate *e) {
  if (e->error >= 0)
    printf("  %8.3f +-%6.3f", e->value, 1.96 * e->error);
  else
    printf("  %8.3f %8s", e->value, "");
}

static void print_text(const row *rows, int n, const job *j) {
  const cli_eval *e = j->e;
  printf("%d held-out pictures noised to sigma and sampled from there: %d steps, %s, guidance %g, seed %llu\n",
         e->n_samples, cli_eval_steps(e), cli_eval_sampler(e), cli_eval_guidance(e),
         (unsigned long long)e->options.seed);
  printf(
      "Frechet distance to the other %d held-out pictures, +- what 95 of 100 resamples of the pictures stay within\n",
      j->real.n);
  printf("%10s  %17s  %10s", "sigma", "at the lattice", "recognised");
  if (j->judge->windows) printf("  windows at %d times it", j->judge->windows);
  printf("\n");
  for (const row *r = rows; r < rows + n; r++) {
    if (r->sigma == 0.0f)
      printf("%10s", "none");
    else
      printf("%10.4g", (double)r->sigma);
    print_distance(&r->lattice.frechet);
    if (r->accuracy >= 0)
      printf("  %8.2f %%", 100 * r->accuracy);
    else
      printf("  %10s", "-");
    if (j->judge->windows) print_distance(&r->windows.frechet);
    if (r->n_broken) printf("  %d not finite", r->n_broken);
    printf("\n");
  }
  printf("none: the pictures themselves, and what the renderer makes of them\n");
}

static void print_estimate(const char *name, const cli_estimate *e) {
  printf(", \"%s\": %.6f", name, e->value);
  if (e->error >= 0) printf(", \"%s_interval\": [%.6f, %.6f]", name, cli_low(e), cli_high(e));
}

static void print_json(const row *rows, int n, const job *j) {
  const cli_eval *e = j->e;
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(", \"data\": ");
  cli_json_string(e->test ? e->test : e->data);
  printf(", \"classifier\": ");
  cli_json_string(e->classifier);
  printf(
      ", \"samples\": %d, \"reference_pictures\": %d, \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, "
      "\"seed\": %llu, \"kernels\": \"%s\", \"windows\": %d, \"from_sigma\": [",
      e->n_samples, j->real.n, cli_eval_steps(e), cli_eval_sampler(e), cli_eval_guidance(e),
      (unsigned long long)e->options.seed, e->k->name, j->judge->windows);
  for (const row *r = rows; r < rows + n; r++) {
    printf("%s{\"sigma\": %.6g", r > rows ? ", " : "", (double)r->sigma);
    if (r->accuracy >= 0) printf(", \"class_accuracy\": %.6f", r->accuracy);
    print_estimate("frechet_to_test", &r->lattice.frechet);
    if (j->judge->windows) print_estimate("frechet_windows_to_test", &r->windows.frechet);
    printf(", \"not_finite\": %d}", r->n_broken);
  }
  printf("]}\n");
}

/* ---- all together ---- */

static cdf_status check(const cli_eval *e, cdf_error *err) {
  if (e->model->net.config.target != CDF_TARGET_EDM)
    return cdf_fail(err, CDF_USAGE,
                    "this model walks back a fixed chain and cannot start from a noised picture; leave out "
                    "--from-sigma");
  for (int s = 0; s < e->n_sigmas; s++)
    if (!(e->sigmas[s] > 1.01f * e->options.sigma_min && e->sigmas[s] <= e->options.sigma_max))
      return cdf_fail(err, CDF_USAGE, "--sigmas has %g, but sampling starts from above %g to %g, which is noise alone",
                      (double)e->sigmas[s], (double)e->options.sigma_min, (double)e->options.sigma_max);
  return CDF_OK;
}

static cdf_status choose_starts(job *j, cdf_error *err) {
  const cdf_dataset *test = &j->data->test;
  int n = j->e->n_samples;
  if (2 * n > test->n_images)
    return cdf_fail(
        err, CDF_USAGE,
        "--samples is %d, but there are only %d held-out pictures, and half of them must be left to compare "
        "with; give at most %d",
        n, test->n_images, test->n_images / 2);
  if (test->labels && test->n_classes > j->judge->n_classes)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures have %d classes, but the classifier knows %d", test->n_classes,
                    j->judge->n_classes);
  j->starts = malloc((size_t)n * sizeof *j->starts);
  if (!j->starts) return cdf_fail_memory(err, (size_t)n * sizeof *j->starts);
  for (int i = 0; i < n; i++) j->starts[i] = (int)((int64_t)i * test->n_images / n);
  return CDF_OK;
}

cdf_status cli_eval_from_sigma(const cli_eval *request, cdf_error *err) {
  cli_eval e = *request;
  cli_eval_data data = {0};
  cli_eval_judge judge = {0};
  row rows[CLI_EVAL_MAX_SIGMAS + 1] = {0};
  job j = {.e = &e, .judge = &judge, .data = &data};
  if (e.n_sigmas == 0) {
    for (size_t i = 0; i < sizeof usual_sigmas / sizeof usual_sigmas[0]; i++)
      if (usual_sigmas[i] > e.options.sigma_min && usual_sigmas[i] < e.options.sigma_max)
        e.sigmas[e.n_sigmas++] = usual_sigmas[i];
    e.sigmas[e.n_sigmas++] = e.options.sigma_max;
  }
  for (int s = 0; s < e.n_sigmas; s++) rows[s + 1].sigma = e.sigmas[s];
  cdf_status status = check(&e, err);
  if (status == CDF_OK) status = cli_eval_load_judge(&judge, &e, err);
  if (status == CDF_OK) status = cli_eval_load_test(&data, &e, err);
  if (status == CDF_OK && judge.windows) status = cli_eval_check_windows(&data.test_set, &e, judge.windows, err);
  if (status == CDF_OK) status = choose_starts(&j, err);
  if (status == CDF_OK) status = cli_eval_made_init(&j.made, &e, e.n_samples, judge.windows, err);
  for (int i = 0; status == CDF_OK && data.test.labels && i < e.n_samples; i++)
    j.made.pictures.labels[i] = data.test.labels[j.starts[i]];
  if (status == CDF_OK) status = measure_real(&j, err);
  for (int s = 0; s <= e.n_sigmas && status == CDF_OK; s++) status = measure_row(&rows[s], &j, err);
  if (status == CDF_OK) e.json ? print_json(rows, e.n_sigmas + 1, &j) : print_text(rows, e.n_sigmas + 1, &j);
  cli_eval_made_free(&j.made);
  free(j.starts);
  free(j.rest_labels);
  free(j.real.x);
  free(j.real_windows.x);
  cli_eval_free_judge(&judge);
  cli_eval_free_data(&data);
  return status;
}
