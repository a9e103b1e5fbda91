#include "renderer_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "threads.h"

/* ---- pictures at two sizes ---- */

#define FINE_BYTES ((size_t)256 << 20)

/* Each cell is the mean of scale x scale bytes of a plane. */
static void average(uint8_t *cells, const uint8_t *plane, int width, int height, int scale) {
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      int sum = 0, n = scale * scale;
      for (int i = 0; i < n; i++) sum += plane[(y * scale + i / scale) * width * scale + x * scale + i % scale];
      *cells++ = (uint8_t)((sum + n / 2) / n);
    }
}

/* From the set of finer pictures to both. */
static cdf_status split(cli_fine_pictures *f, const cdf_dataset *fine, const cli_set_options *taken, cdf_error *err) {
  int w = taken->width, h = taken->height, channels = fine->n_channels, n = fine->n_images;
  size_t size = cdf_dataset_image_size(fine), plane = size / (size_t)channels, cells = (size_t)w * (size_t)h;
  cdf_status status = cdf_dataset_init(&f->lattice, n, channels, h, w, 0, err);
  f->pixels = status == CDF_OK ? malloc((size_t)n * size) : NULL;
  if (status == CDF_OK && !f->pixels) status = cdf_fail_memory(err, (size_t)n * size);
  for (size_t i = 0; i < (size_t)n && status == CDF_OK; i++) {
    const uint8_t *planes = fine->pixels + i * size;
    cdf_image_interleave(f->pixels + i * size, planes, channels, plane);
    for (size_t c = 0; c < (size_t)channels; c++)
      average(f->lattice.pixels + (i * (size_t)channels + c) * cells, planes + c * plane, w, h, f->scale);
  }
  f->lattice.n_images = n;
  return status;
}

cdf_status cli_fine_pictures_load(cli_fine_pictures *f, const char *path, const cli_set_options *taken, int scale,
                                  cdf_error *err) {
  cli_set_options finer = *taken;
  cdf_dataset fine;
  size_t bytes = (size_t)(taken->width * scale) * (size_t)(taken->height * scale) * (size_t)taken->channels;
  *f = (cli_fine_pictures){.scale = scale};
  finer.width *= scale, finer.height *= scale;
  finer.views = (cdf_views){.crop = taken->views.crop};
  finer.keeps_changes = false, finer.only_as_fine = true;
  finer.at_most = (int)(FINE_BYTES / bytes) + 1;
  cdf_status status = cli_load_set(&fine, path, "train", &finer, NULL, err);
  if (status == CDF_OK) status = split(f, &fine, taken, err);
  cdf_dataset_free(&fine);
  if (status != CDF_OK) cli_fine_pictures_free(f);
  return status;
}

void cli_fine_pictures_free(cli_fine_pictures *f) {
  cdf_dataset_free(&f->lattice);
  free(f->pixels);
  *f = (cli_fine_pictures){0};
}

/* ---- training ---- */

static cdf_status make_model(void *self, cdf_model **model, cdf_error *err) {
  cli_renderer_run *r = self;
  cdf_status status = r->model(r->self, model, err);
  return status == CDF_OK ? cdf_render_trainer_give(r->learner, *model, err) : status;
}

static void greet(const cli_renderer_run *r, bool resumed) {
  const cdf_render_net *net = cdf_render_trainer_net(r->learner);
  if (r->run->quiet) return;
  fprintf(stderr,
          "coordiff %s: %d pictures, truth %d times finer, %zu parameters, %zu multiply-adds a point, %zu "
          "a cell%s\n",
          r->run->command, r->truth.n_pictures, r->truth.scale, net->tensors.n_params, cdf_render_net_point_macs(net),
          cdf_render_net_cell_macs(net), resumed ? ", resumed" : "");
}

static cdf_status remember(cli_renderer_run *r, cdf_error *err) {
  const cdf_truth *t = &r->truth;
  size_t n_bytes = (size_t)(t->scale * t->scale) * cdf_dataset_image_size(t->lattice) * (size_t)t->n_pictures;
  cli_material material = {
      .path = r->data, .data = t->lattice, .n_pictures = t->n_pictures, .finer = t->pixels, .n_finer = n_bytes};
  return cli_record_make(&r->run->record, "renderer.", &material, r->k, err);
}

cdf_status cli_renderer_train(cli_renderer_run *r, cdf_error *err) {
  cdf_status status = cdf_render_trainer_create(&r->learner, &r->config, &r->train, &r->truth, r->k, err);
  if (status == CDF_OK) status = remember(r, err);
  const cli_task task = {.unit = "points", .n_shown = 2, .learner = r->learner, .self = r, .model = make_model};
  cli_group alone = {.size = 1};
  cli_loop loop = {.task = &task, .run = r->run, .group = &alone, .seconds = r->seconds, .began = r->began};
  if (status == CDF_OK) status = cli_loop_start(&loop, "", err);
  if (status == CDF_OK) greet(r, loop.resumed);
  if (status == CDF_OK) status = cli_loop_run(&loop, err);
  cdf_learner_free(r->learner);
  r->learner = NULL;
  return status;
}
