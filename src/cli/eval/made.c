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

/* Whether there were any. */
static bool replace_no_numbers(float *values, size_t n) {
  bool found = false;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i])) values[i] = 0, found = true;
  return found;
}

cdf_status cli_eval_keep(cli_eval_made *made, cdf_generation *g, int i, cdf_error *err) {
  size_t size = cdf_dataset_image_size(&made->pictures);
  if (replace_no_numbers(cdf_generation_clean(g), size)) __atomic_add_fetch(&made->n_broken, 1, __ATOMIC_RELAXED);
  cdf_status status = cli_eval_draw(made->pictures.pixels + (size_t)i * size, g, made->e, NULL, err);
  if (status != CDF_OK || !made->scale) return status;
  return cli_eval_made_windows(made->windows + (size_t)i * CLI_EVAL_WINDOWS * size, g, made->e, i, made->scale, err);
}
