#include "train_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../judge/metrics.h"
#include "grid.h"
#include "provenance.h"
#include "terminal.h"
#include "threads.h"

#define COLUMNS 8
#define MAX_ROWS 16
#define GAP 2

/* The samples, and what a sheet of them needs. */
typedef struct job {
  const cli_train_grid *grid;
  const cdf_config *config;
  cdf_sample_options options[COLUMNS * MAX_ROWS];
  bool failed[COLUMNS * MAX_ROWS];
  int n, zoom, width, height; /* pixels of a picture */
  cli_nearness nearness;
  uint8_t *pixels; /* [n][height][width][C] of the samples, and again of the nearest */
} job;

static size_t picture_bytes(const job *j) { return (size_t)j->width * (size_t)j->height * (size_t)j->config->channels; }

/* Without the nearest as many rows as ever; with them fewer, so that the first comes soon. */
static void lay_plan(job *j) {
  int classes = j->config->n_classes, alone = cdf_min(classes, MAX_ROWS), beside = cdf_clamp(classes, 4, 8);
  int rows = j->grid->nearest_of ? beside : classes > 0 ? alone : 8;
  j->n = COLUMNS * rows;
  for (int i = 0; i < j->n; i++) {
    j->options[i] = j->grid->model->sample;
    j->options[i].seed = (uint64_t)i + 1, j->options[i].label = classes > 0 ? i / COLUMNS % classes : -1;
  }
  j->zoom = j->config->lattice_width < 64 ? 2 : 1;
  j->width = j->zoom * j->config->lattice_width, j->height = j->zoom * j->config->lattice_height;
}

static cdf_status sample(job *j, int64_t step, cdf_error *err) {
  cli_failures failures = {.at = j->failed};
  cli_grid grid = {.n = j->n,
                   .columns = COLUMNS,
                   .width = j->width,
                   .height = j->height,
                   .options = j->options,
                   .failures = &failures};
  cdf_status status = cli_sample_all(&j->pixels, j->grid->model, j->grid->k, &grid, err);
  if (status == CDF_OK && failures.n > 0)
    fprintf(stderr, "coordiff %s: the grid of step %lld has %d of %d pictures crossed out; %s\n", j->grid->run->command,
            (long long)step, failures.n, j->n, failures.first.text);
  return status;
}

/* ---- the nearest training pictures ---- */

/* The cells lattice[C][h][w] of a canvas: the mean of zoom x zoom pixels. */
static void to_cells(uint8_t *lattice, const job *j, const uint8_t *canvas) {
  int w = j->config->lattice_width, h = j->config->lattice_height, channels = j->config->channels, z = j->zoom;
  for (int c = 0; c < channels; c++)
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        int sum = 0;
        for (int i = 0; i < z * z; i++) sum += canvas[((y * z + i / z) * j->width + x * z + i % z) * channels + c];
        *lattice++ = (uint8_t)((sum + z * z / 2) / (z * z));
      }
}

/* Draw training picture `number` as the samples are drawn. */
static cdf_status draw_training(uint8_t *canvas, const job *j, cdf_picture *q, int number, cdf_error *err) {
  const cdf_dataset *d = j->grid->nearest_of;
  size_t size = cdf_dataset_image_size(d), plane = size / (size_t)d->n_channels;
  const uint8_t *bytes = d->pixels + (size_t)number * size;
  float *lattice = malloc(size * sizeof *lattice);
  if (!lattice) return cdf_fail_memory(err, size * sizeof *lattice);
  const float *mean = j->config->target == CDF_TARGET_EDM ? j->config->mean : NULL;
  cdf_image_floats(lattice, bytes, d->n_channels, plane, mean);
  cdf_picture_load(q, lattice);
  cdf_picture_draw(q, canvas, j->width, j->height, NULL, NULL);
  free(lattice);
  return CDF_OK;
}

/* The nearest of each of n pictures, and how far that is on average. */
static cdf_status nearest_to(int *nearest, double *nearness, const job *j, const uint8_t *pictures, int n,
                             cdf_error *err) {
  const cdf_dataset *d = j->grid->nearest_of;
  int size = (int)cdf_dataset_image_size(d);
  double *distance = malloc((size_t)n * sizeof *distance);
  if (!distance) return cdf_fail_memory(err, (size_t)n * sizeof *distance);
  cdf_status status =
      cdf_metrics_nearest(distance, nearest, pictures, n, d->pixels, d->n_images, size, j->grid->k, &cli_threads, err);
  if (status == CDF_OK) *nearness = cdf_metrics_summary(distance, n).mean * 255 / sqrt(size);
  free(distance);
  return status;
}

static cdf_status find_nearest(int *nearest, job *j, cdf_error *err) {
  const cdf_dataset *held_out = j->grid->held_out;
  size_t size = cdf_dataset_image_size(j->grid->nearest_of), n = (size_t)j->n;
  uint8_t *cells = malloc(n * size);
  cdf_status status = cells ? CDF_OK : cdf_fail_memory(err, n * size);
  for (size_t i = 0; i < n && status == CDF_OK; i++) to_cells(cells + i * size, j, j->pixels + i * picture_bytes(j));
  if (status == CDF_OK) status = nearest_to(nearest, &j->nearness.samples, j, cells, j->n, err);
  if (status == CDF_OK && held_out && held_out->n_images > 0)
    status = nearest_to(NULL, &j->nearness.held_out, j, held_out->pixels, cdf_min(held_out->n_images, 64), err);
  free(cells);
  return status;
}

static cdf_status add_nearest(job *j, cdf_error *err) {
  size_t bytes = (size_t)j->n * picture_bytes(j);
  int nearest[COLUMNS * MAX_ROWS];
  uint8_t *both = realloc(j->pixels, 2 * bytes);
  if (!both) return cdf_fail_memory(err, 2 * bytes);
  j->pixels = both;
  cdf_picture *q = NULL;
  cdf_status status = find_nearest(nearest, j, err);
  if (status == CDF_OK) status = cdf_picture_create(&q, j->grid->model, NULL, 1, j->grid->k, err);
  for (int i = 0; i < j->n && status == CDF_OK; i++)
    status = draw_training(j->pixels + bytes + (size_t)i * picture_bytes(j), j, q, nearest[i], err);
  cdf_picture_free(q);
  return status;
}

/* ---- the sheet ---- */

/* One block, or two side by side. */
static cdf_status lay_out(uint8_t **sheet, int *width, int *height, const job *j, cdf_error *err) {
  int n_blocks = j->grid->nearest_of ? 2 : 1, channels = j->config->channels;
  uint8_t *block, *blocks = NULL;
  cdf_status status = CDF_OK;
  for (int b = 0; b < n_blocks && status == CDF_OK; b++) {
    status = cli_lay_out(&block, width, height, j->pixels + (size_t)(b * j->n) * picture_bytes(j), j->n, COLUMNS,
                         j->width, j->height, channels, GAP, err);
    if (status != CDF_OK) break;
    size_t bytes = (size_t)*width * (size_t)*height * (size_t)channels;
    if (b == 0 && !(blocks = malloc((size_t)n_blocks * bytes))) status = cdf_fail_memory(err, 2 * bytes);
    if (status == CDF_OK) memcpy(blocks + (size_t)b * bytes, block, bytes);
    free(block);
  }
  if (status == CDF_OK)
    status = cli_lay_out(sheet, width, height, blocks, n_blocks, n_blocks, *width, *height, channels, 8 * GAP, err);
  free(blocks);
  return status;
}

static cdf_status write_sheet(const job *j, int64_t step, cdf_error *err) {
  char text[CLI_PROVENANCE_BYTES], name[64];
  const cli_window whole = {0};
  uint8_t *sheet = NULL;
  int width, height;
  snprintf(name, sizeof name, "model.safetensors in training, step %lld", (long long)step);
  cli_say_grid(text, &(cli_scene){name, j->config, &whole, j->width, j->height}, j->options, j->n, COLUMNS, j->failed);
  if (j->grid->nearest_of) cli_append(text, sizeof text, "; on the right the training pictures nearest to them");
  cdf_status status = lay_out(&sheet, &width, &height, j, err);
  if (status == CDF_OK)
    status = cli_run_write_grid(j->grid->run, step, sheet, width, height, j->config->channels, text, err);
  free(sheet);
  return status;
}

cdf_status cli_train_grid_draw(const cli_train_grid *grid, int64_t step, cli_nearness *nearness, cdf_error *err) {
  job *j = calloc(1, sizeof *j);
  if (!j) return cdf_fail_memory(err, sizeof *j);
  j->grid = grid, j->config = &grid->model->net.config;
  lay_plan(j);
  cdf_status status = sample(j, step, err);
  if (status == CDF_OK && grid->nearest_of) status = add_nearest(j, err);
  if (status == CDF_OK) status = write_sheet(j, step, err);
  *nearness = j->nearness;
  free(j->pixels);
  free(j);
  return status;
}
