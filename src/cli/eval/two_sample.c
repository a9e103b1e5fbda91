/* two_sample.c: real or generated? A small classifier trained anew for every report (a classifier two-sample test,
 * Lopez-Paz & Oquab 2017). It never has a part in training, so no model is made to please it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../terminal.h"
#include "eval.h"

#define MAX_EACH 3000 /* pictures of each kind: more would make the report long */
#define STEPS 320     /* of training, about */
#define FEWEST 8      /* of each kind in each half */

/* Both kinds are cut in halves; what is trained on one is asked about the other. */
typedef struct halves {
  cdf_dataset half[2];
} halves;

static void add(cdf_dataset *d, const cdf_dataset *from, int i, uint8_t label) {
  size_t size = cdf_dataset_image_size(d);
  memcpy(d->pixels + (size_t)d->n_images * size, from->pixels + (size_t)i * size, size);
  d->labels[d->n_images++] = label;
}

/* n pictures of each kind, spread evenly. Classes that take turns, and classes in order, are in both halves. */
static cdf_status cut(halves *h, const cdf_dataset *made, const cdf_dataset *real, int n, cdf_error *err) {
  *h = (halves){0};
  for (int i = 0; i < 2; i++) {
    cdf_status status = cdf_dataset_init(&h->half[i], 2 * n, made->n_channels, made->height, made->width, 2, err);
    if (status != CDF_OK) return status;
  }
  for (int i = 0; i < n; i++) {
    int from_made = (int)((int64_t)i * made->n_images / n), from_real = (int)((int64_t)i * real->n_images / n);
    add(&h->half[i / cdf_max(made->n_classes, 1) % 2], made, from_made, 0);
    add(&h->half[real->labels ? i % 2 : i / cdf_max(made->n_classes, 1) % 2], real, from_real, 1);
  }
  return CDF_OK;
}

static cdf_status train(cdf_classifier *c, const cli_eval *e, const cdf_dataset *data, cdf_error *err) {
  int per_epoch = (data->n_images + CDF_CLASSIFIER_BATCH - 1) / CDF_CLASSIFIER_BATCH;
  cdf_classifier_plan plan = {.seed = e->options.seed, .epochs = cdf_max(STEPS / per_epoch, 4)};
  return cli_eval_teach(c, e, data, &plan, "telling real from generated", err);
}

/* How many of `asked` a classifier trained on `known` is right about. */
static cdf_status ask(int *n_right, const cli_eval *e, const cdf_dataset *known, const cdf_dataset *asked,
                      cdf_error *err) {
  cdf_classifier_shape shape = {known->width, known->height, known->n_channels, 2};
  cli_eval_judge judge = {.n_classes = 2};
  double accuracy = 0;
  cdf_status status = cdf_classifier_create(&judge.classifier, &shape, e->options.seed, e->k, err);
  if (status == CDF_OK) status = train(judge.classifier, e, known, err);
  if (status == CDF_OK) status = cli_eval_accuracy(&accuracy, NULL, &judge, asked, err);
  cli_eval_free_judge(&judge);
  *n_right = (int)lround(accuracy * asked->n_images);
  return status;
}

/* Wilson's interval of a share. */
static void interval(cli_two_sample *t, int n_right) {
  double n = t->n, p = n_right / n, z = 1.96, centre = (p + z * z / (2 * n)) / (1 + z * z / n),
         half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  t->accuracy = p, t->low = fmax(0, centre - half), t->high = fmin(1, centre + half);
}

cdf_status cli_eval_two_sample(cli_two_sample *t, const cli_eval *e, const cdf_dataset *made, const cdf_dataset *real,
                               cdf_error *err) {
  int n = cdf_min(cdf_min(made->n_images, real->n_images), MAX_EACH), n_right[2] = {0};
  halves h;
  *t = (cli_two_sample){0};
  if (n < 2 * FEWEST || cdf_min(made->width, made->height) < CDF_CLASSIFIER_MIN_SIDE ||
      cdf_max(made->width, made->height) > CDF_CLASSIFIER_MAX_SIDE)
    return CDF_OK;
  cdf_status status = cut(&h, made, real, n, err);
  for (int i = 0; i < 2 && status == CDF_OK; i++) status = ask(&n_right[i], e, &h.half[i], &h.half[1 - i], err);
  cli_progress(NULL);
  t->n = 2 * n;
  interval(t, n_right[0] + n_right[1]);
  for (int i = 0; i < 2; i++) cdf_dataset_free(&h.half[i]);
  return status;
}
