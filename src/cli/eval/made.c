/* made.c: what a model made, at the lattice's size and in windows. */
#include <math.h>
#include <stdlib.h>

#include "eval.h"

cdf_status cli_eval_made_init(cli_eval_made *made, const cli_eval *e, int n, int scale, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  *made = (cli_eval_made){.e = e, .scale = scale};
  made->pictures = (cdf_dataset){.n_images = n,
                                 .n_channels = c->channels,
                                 .height = c->lattice_height,
                                 .width = c->lattice_width,
                                 .n_classes = c->n_classes};
  size_t size = cdf_dataset_image_size(&made->pictures), of_one = scale ? CLI_EVAL_WINDOWS * size : 1;
  made->pictures.pixels = malloc((size_t)n * size);
  made->pictures.labels = malloc((size_t)n);
  made->windows = malloc((size_t)n * of_one);
  if (!made->pictures.pixels || !made->pictures.labels || !made->windows)
    return cdf_fail_memory(err, (size_t)n * (size + of_one + 1));
  return CDF_OK;
}

void cli_eval_made_free(cli_eval_made *made) {
  cdf_dataset_free(&made->pictures);
  free(made->windows);
  *made = (cli_eval_made){0};
}

static bool has_no_numbers(const float *values, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i])) return true;
  return false;
}

/* Draw the mean colour in their place. */
static cdf_status replace_no_numbers(cdf_picture *q, size_t n, cdf_error *err) {
  float *values = malloc(n * sizeof *values);
  if (!values) return cdf_fail_memory(err, n * sizeof *values);
  for (size_t i = 0; i < n; i++) values[i] = isfinite(cdf_picture_lattice(q)[i]) ? cdf_picture_lattice(q)[i] : 0;
  cdf_picture_load(q, values);
  free(values);
  return CDF_OK;
}

cdf_status cli_eval_keep(cli_eval_made *made, cdf_picture *q, int i, cdf_error *err) {
  size_t size = cdf_dataset_image_size(&made->pictures);
  cdf_status status = CDF_OK;
  if (has_no_numbers(cdf_picture_lattice(q), size)) {
    __atomic_add_fetch(&made->n_broken, 1, __ATOMIC_RELAXED);
    status = replace_no_numbers(q, size, err);
  }
  if (status == CDF_OK) status = cli_eval_draw(made->pictures.pixels + (size_t)i * size, q, made->e, NULL, err);
  if (status != CDF_OK || !made->scale) return status;
  return cli_eval_made_windows(made->windows + (size_t)i * CLI_EVAL_WINDOWS * size, q, made->e, i, made->scale, err);
}
