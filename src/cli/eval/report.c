/* report.c: what `coordiff eval` with a classifier says, as text and as JSON. */
#include <math.h>
#include <stdio.h>

#include "../json.h"
#include "report.h"

/* ---- text ---- */

static void print_row(const char *name, const cli_estimate *value, double floor) {
  char interval[40] = "";
  if (isnan(value->value)) return;
  if (value->error >= 0) snprintf(interval, sizeof interval, "%.3f to %.3f", cli_low(value), cli_high(value));
  printf("  %-34s %10.4f   %-20s", name, value->value, interval);
  if (!isnan(floor)) printf(" %10.4f", floor);
  printf("\n");
}

static void print_against(const cli_eval_against *a, const char *where, int n_test) {
  const cli_closeness *s = &a->samples, *f = &a->floor;
  const cli_estimate density = {s->density, -1}, coverage = {s->coverage, -1};
  printf("%-36s %10s   %-20s %10s\n", where, "samples", "95 of 100 times", "real");
  print_row("Frechet distance", &s->frechet, f->frechet.value);
  print_row("the same, endless sets", &s->extrapolated, f->extrapolated.value);
  print_row("sliced Wasserstein distance", &s->sliced, f->sliced.value);
  print_row("density", &density, f->density);
  print_row("coverage", &coverage, f->coverage);
  printf("  %d samples against %d test pictures; real: %d training pictures in their place\n", a->n, n_test,
         a->n_floor);
  if (s->frechet.error < 0) return;
  printf("  two models measured so are surely different when their Frechet distances are %.2f apart",
         cli_told_apart(&s->frechet));
  if (!isnan(s->extrapolated.value)) printf(", of endless sets %.2f", cli_told_apart(&s->extrapolated));
  printf(", sliced %.3f\n", cli_told_apart(&s->sliced));
}

static void print_classes(const cli_eval_results *r) {
  printf("by class: %8s %8s %20s %10s %18s %18s %18s\n", "samples", "recog'd", "Frechet", "(real)", "sliced (real)",
         "density (real)", "coverage (real)");
  for (int c = 0; c < r->e->model->net.config.n_classes; c++) {
    const cli_eval_against *a = &r->classes[c];
    const cli_closeness *s = &a->samples, *f = &a->floor;
    char frechet[40];
    if (a->n == 0) continue;
    snprintf(frechet, sizeof frechet, s->frechet.error < 0 ? "%.2f" : "%.2f +-%.2f", s->frechet.value,
             1.96 * s->frechet.error);
    printf("%8d  %8d %6.1f %% %20s %10.2f %9.3f %8.3f %9.3f %8.3f %9.3f %8.3f\n", c, a->n, 100 * r->by_class[c],
           frechet, f->frechet.value, s->sliced.value, f->sliced.value, s->density, f->density, s->coverage,
           f->coverage);
  }
}

static void print_accuracy(const cli_eval_results *r) {
  if (r->accuracy < 0) {
    printf("class accuracy of the samples      none: the model has no classes\n");
  } else {
    printf("class accuracy of the samples      %6.2f %%   by class:", 100 * r->accuracy);
    for (int i = 0; i < r->e->model->net.config.n_classes; i++) printf(" %.0f", 100 * r->by_class[i]);
    printf("\n");
  }
  if (r->test_accuracy >= 0)
    printf("class accuracy of the test set     %6.2f %%   (the classifier's own)\n", 100 * r->test_accuracy);
}

static void print_two_sample(const cli_two_sample *t) {
  if (t->n == 0) return;
  printf(
      "real or generated?                 %6.2f %%   %.1f to %.1f: right answers of a fresh classifier about %d "
      "pictures, 50 %%: it cannot tell\n",
      100 * t->accuracy, 100 * t->low, 100 * t->high, t->n);
}

static void print_nearest(const char *name, const cdf_summary *s) {
  printf("nearest training picture, %-8s mean %.4f  median %.4f  least %.4f\n", name, s->mean, s->median, s->least);
}

void cli_eval_print_text(const cli_eval_results *r) {
  const cli_eval *e = r->e;
  char where[64];
  printf("%d samples: %d steps, %s, guidance %g, seed %llu, %.0f s\n", e->n_samples, cli_eval_steps(e),
         cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed, r->seconds);
  print_accuracy(r);
  if (r->n_broken) printf("not finite                         %6d samples have a number that is none\n", r->n_broken);
  print_two_sample(&r->two_sample);
  print_against(&r->lattice, "at the lattice's size", r->data->test.n_images);
  if (r->windows) {
    snprintf(where, sizeof where, "windows at %d times the lattice", r->windows);
    print_against(&r->finer, where, r->data->test.n_images);
    printf("  the renderer's share of the Frechet distance is %.4f (the test pictures' lattices, rendered; floor: 0)\n",
           r->renderer_share);
  }
  print_classes(r);
  printf("Frechet distance to the train set  %8.4f   (floor: %8.4f, of %d test pictures)\n", r->to_train,
         r->floor_train, r->n_floor_train);
  print_nearest("samples", &r->sample_nearest);
  print_nearest("tests", &r->test_nearest);
  if (r->data->same) printf("there is no test set: the training pictures stood in for it\n");
}

/* ---- JSON ---- */

static void print_number(const char *name, double value, bool there) {
  if (there && isfinite(value))
    printf(", \"%s\": %.6f", name, value);
  else
    printf(", \"%s\": null", name);
}

static void print_estimate(const char *measure, const char *windows, const char *what, const cli_estimate *value,
                           double floor) {
  char name[96];
  snprintf(name, sizeof name, "%s_%s%s", measure, windows, what);
  print_number(name, value->value, true);
  if (value->error >= 0)
    printf(", \"%s_interval\": [%.6f, %.6f], \"%s_told_apart\": %.6f", name, cli_low(value), cli_high(value), name,
           cli_told_apart(value));
  snprintf(name, sizeof name, "%s_%sfloor_%s", measure, windows, what);
  print_number(name, floor, true);
}

/* windows: what stands in the names, "" at the lattice's size. */
static void print_against_json(const cli_eval_against *a, const char *windows) {
  const cli_closeness *s = &a->samples, *f = &a->floor;
  const cli_estimate density = {s->density, -1}, coverage = {s->coverage, -1};
  print_estimate("frechet", windows, "to_test", &s->frechet, f->frechet.value);
  print_estimate("frechet", windows, "extrapolated", &s->extrapolated, f->extrapolated.value);
  print_estimate("sliced", windows, "to_test", &s->sliced, f->sliced.value);
  print_estimate("density", windows, "to_test", &density, f->density);
  print_estimate("coverage", windows, "to_test", &coverage, f->coverage);
}

static void print_accuracy_json(const cli_eval_results *r) {
  print_number("class_accuracy", r->accuracy, r->accuracy >= 0);
  printf(", \"class_accuracy_by_class\": %s", r->accuracy >= 0 ? "[" : "null");
  for (int i = 0; r->accuracy >= 0 && i < r->e->model->net.config.n_classes; i++)
    printf("%s%.4f", i ? ", " : "", r->by_class[i]);
  if (r->accuracy >= 0) printf("]");
  print_number("classifier_test_accuracy", r->test_accuracy, r->test_accuracy >= 0);
}

static void print_two_sample_json(const cli_two_sample *t) {
  print_number("two_sample_accuracy", t->accuracy, t->n > 0);
  if (t->n > 0)
    printf(", \"two_sample_accuracy_interval\": [%.6f, %.6f], \"two_sample_pictures\": %d", t->low, t->high, t->n);
}

static void print_classes_json(const cli_eval_results *r) {
  int n_printed = 0;
  printf(", \"by_class\": [");
  for (int c = 0; c < r->e->model->net.config.n_classes; c++) {
    if (r->classes[c].n == 0) continue;
    printf("%s{\"class\": %d, \"samples\": %d", n_printed++ ? ", " : "", c, r->classes[c].n);
    print_number("class_accuracy", r->by_class[c], true);
    print_against_json(&r->classes[c], "");
    printf("}");
  }
  printf("]");
}

static void print_summary(const char *name, const cdf_summary *s) {
  printf(", \"%s\": {\"mean\": %.6f, \"median\": %.6f, \"min\": %.6f}", name, s->mean, s->median, s->least);
}

void cli_eval_print_json(const cli_eval_results *r) {
  const cli_eval *e = r->e;
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(", \"data\": ");
  cli_json_string(e->data);
  printf(", \"classifier\": ");
  cli_json_string(e->classifier);
  printf(
      ", \"samples\": %d, \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, \"seed\": %llu, \"kernels\": \"%s\", "
      "\"test_is_train\": %s, \"not_finite\": %d",
      e->n_samples, cli_eval_steps(e), cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed,
      e->k->name, r->data->same ? "true" : "false", r->n_broken);
  print_accuracy_json(r);
  print_two_sample_json(&r->two_sample);
  print_against_json(&r->lattice, "");
  printf(", \"floor_to_test_pictures\": %d", r->lattice.n_floor);
  print_number("frechet_to_train", r->to_train, true);
  print_number("frechet_floor_to_train", r->floor_train, true);
  printf(", \"floor_to_train_pictures\": %d", r->n_floor_train);
  if (r->windows) {
    printf(", \"windows\": %d, \"windows_of_a_picture\": %d", r->windows, CLI_EVAL_WINDOWS);
    print_against_json(&r->finer, "windows_");
    print_number("frechet_windows_render_to_test", r->renderer_share, true);
    print_number("frechet_windows_ratio", r->finer.samples.frechet.value / r->lattice.samples.frechet.value, true);
  }
  print_classes_json(r);
  print_summary("nearest_train_samples", &r->sample_nearest);
  print_summary("nearest_train_tests", &r->test_nearest);
  printf(", \"seconds\": %.1f}\n", r->seconds);
}
