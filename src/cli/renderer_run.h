/* renderer_run.h: training a renderer, for `coordiff train-renderer` and for the end of `coordiff train --time`.
 *
 *   cli_renderer_run r = {.data = "faces.safetensors", .truth = truth, .train = train, .k = kernels, .run = &run};
 *   cdf_render_config_default(&r.config, 3);
 *   r.self = &run, r.model = load_the_denoiser;                  // what is to get the renderer
 *   cdf_status status = cli_renderer_train(&r, &err);            // resumes; stops on signals
 */
#ifndef CDF_CLI_RENDERER_RUN_H
#define CDF_CLI_RENDERER_RUN_H

#include "taking.h"
#include "train_loop.h"

typedef struct cli_renderer_run {
  const char *data; /* where the pictures are from */
  cdf_truth truth;
  cdf_render_config config;
  cdf_train_config train;
  const cdf_kernels *k;
  cli_run *run;
  double seconds, began; /* as of cli_loop */
  void *self;            /* first argument of: */
  cdf_status (*model)(void *self, cdf_model **model,
                      cdf_error *err); /* the denoiser without it; the caller's to free */
  cdf_learner *learner;                /* its own, while it runs */
} cli_renderer_run;

cdf_status cli_renderer_train(cli_renderer_run *r, cdf_error *err);

/* The pictures of a folder at two sizes. */
typedef struct cli_fine_pictures {
  cdf_dataset lattice;
  uint8_t *pixels; /* [n][h * scale][w * scale][C] */
  int scale;
} cli_fine_pictures;

/* Those that are at least `scale` times as fine as a lattice of the size that is taken, as many as 256 MB have room
 * for, spread evenly; each lattice is the area average of its finer picture. CDF_BAD_INPUT when there is none. The
 * caller frees. */
cdf_status cli_fine_pictures_load(cli_fine_pictures *fine, const char *path, const cli_set_options *taken, int scale,
                                  cdf_error *err);
void cli_fine_pictures_free(cli_fine_pictures *fine);

#endif
