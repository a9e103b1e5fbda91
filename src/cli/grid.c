#include "grid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "process.h"
#include "terminal.h"
#include "threads.h"

typedef struct job {
  const cdf_model *model;
  const cdf_kernels *k;
  const cli_grid *grid;
  const cdf_parallel *within; /* the threads that share a picture; NULL: each has its own */
  uint8_t *pixels;
  cdf_error *errors; /* one per picture */
  int n_done;
} job;

static void report(const cli_grid *grid, int done) {
  if (grid->progress) grid->progress(grid->n_before + done, grid->n_total > 0 ? grid->n_total : grid->n);
}

static uint8_t *picture(const job *j, int item) {
  return j->pixels + (size_t)item * cdf_canvas_bytes(j->model, j->grid->width, j->grid->height);
}

static cdf_status draw(const job *j, int item, const float *lattice, cdf_error *err) {
  const cli_grid *grid = j->grid;
  cdf_picture *q;
  cdf_status status = cdf_picture_create(&q, j->model, grid->world, j->within ? cli_n_threads() : 1, j->k, err);
  if (status != CDF_OK) return status;
  cdf_picture_load(q, lattice);
  cdf_picture_draw(q, picture(j, item), grid->width, grid->height, grid->view, j->within);
  cdf_picture_free(q);
  return CDF_OK;
}

static void sample_one(void *context, int item) {
  job *j = context;
  const cli_grid *grid = j->grid;
  cdf_error *err = &j->errors[item];
  cli_process p;
  if (cli_stop_signal()) return;
  cdf_status status =
      cli_process_open(&p, j->model, grid->world, grid->endless, &grid->options[item], j->within, j->k, err);
  while (status == CDF_OK && !cli_process_done(&p) && !cli_stop_signal()) status = cli_process_step(&p, err);
  if (status == CDF_OK && !cli_stop_signal()) draw(j, item, cli_process_clean(&p), err);
  cli_process_close(&p);
  report(grid, __atomic_add_fetch(&j->n_done, 1, __ATOMIC_RELAXED));
}

/* What stands in the place of a picture that could not be made: a black cross on grey. */
static void cross_out(uint8_t *pixels, int width, int height, int channels) {
  memset(pixels, 128, (size_t)width * (size_t)height * (size_t)channels);
  for (int y = 0; y < height; y++) {
    int x = (int)((int64_t)y * width / height);
    memset(pixels + ((size_t)y * (size_t)width + (size_t)x) * (size_t)channels, 0, (size_t)channels);
    memset(pixels + ((size_t)y * (size_t)width + (size_t)(width - 1 - x)) * (size_t)channels, 0, (size_t)channels);
  }
}

static cdf_status pass_on(cdf_error *err, const cdf_error *from) {
  if (err) *err = *from;
  return from->code;
}

/* Cross out the pictures that could not be made. Any other failure is one of all. */
static cdf_status note_failures(const job *j, cdf_error *err) {
  const cli_grid *grid = j->grid;
  cli_failures *f = grid->failures;
  for (int i = 0; i < grid->n; i++) {
    cdf_status status = j->errors[i].code;
    const cdf_sample_options *o = &grid->options[i];
    char name[64];
    f->at[i] = status != CDF_OK;
    if (status == CDF_OK) continue;
    if (status != CDF_FAILED) return pass_on(err, &j->errors[i]);
    snprintf(name, sizeof name,
             j->model->net.config.n_classes > 0 && o->label >= 0 ? "seed %llu, class %d" : "seed %llu",
             (unsigned long long)o->seed, o->label);
    if (f->n++ == 0) cdf_fail(&f->first, status, "%s: %.240s", name, j->errors[i].text);
    cross_out(picture(j, i), grid->width, grid->height, j->model->net.config.channels);
  }
  return CDF_OK;
}

cdf_status cli_failures_tell(const cli_failures *f, int n_pictures, cdf_error *err) {
  if (f->n == 0) return CDF_OK;
  if (f->n == 1) return pass_on(err, &f->first);
  return cdf_fail(err, f->first.code, "%d of %d pictures could not be made; %.270s", f->n, n_pictures, f->first.text);
}

cdf_status cli_sample_all(uint8_t **pixels, const cdf_model *model, const cdf_kernels *k, const cli_grid *grid,
                          cdf_error *err) {
  *pixels = NULL;
  size_t one = cdf_canvas_bytes(model, grid->width, grid->height), bytes;
  if (one == 0)
    return cdf_fail(err, CDF_USAGE, "the size is %dx%d, but each side must be from 1 to %d", grid->width, grid->height,
                    CDF_MAX_CANVAS);
  if (!cdf_mul(&bytes, one, (size_t)grid->n)) return cdf_fail_memory(err, SIZE_MAX);
  job j = {.model = model,
           .k = k,
           .grid = grid,
           .within = grid->endless || 2 * grid->n <= cli_n_threads() ? &cli_threads : NULL,
           .pixels = malloc(bytes),
           .errors = calloc((size_t)grid->n, sizeof *j.errors)};
  cdf_status status = j.pixels && j.errors ? CDF_OK : cdf_fail_memory(err, bytes);
  if (status == CDF_OK) cdf_parallel_for(j.within ? NULL : &cli_threads, sample_one, &j, grid->n);
  if (status == CDF_OK && cli_stop_signal()) status = cdf_fail(err, CDF_FAILED, "interrupted; nothing was written");
  if (status == CDF_OK) status = note_failures(&j, err);
  free(j.errors);
  if (status == CDF_OK)
    *pixels = j.pixels;
  else
    free(j.pixels);
  return status;
}

cdf_status cli_layout_size(size_t *width, size_t *height, int n, int columns, int w, int h, int gap, cdf_error *err) {
  int rows = (n + columns - 1) / columns;
  *width = (size_t)columns * (size_t)(w + gap) - (size_t)gap;
  *height = (size_t)rows * (size_t)(h + gap) - (size_t)gap;
  if (*width <= CDF_MAX_CANVAS && *height <= CDF_MAX_CANVAS) return CDF_OK;
  return cdf_fail(
      err, CDF_USAGE,
      "the grid would be %zux%zu pixels, but at most %d a side is possible; use fewer pictures, a smaller --size, "
      "or --single",
      *width, *height, CDF_MAX_CANVAS);
}

cdf_status cli_lay_out(uint8_t **sheet, int *width, int *height, const uint8_t *pixels, int n, int columns, int w,
                       int h, int channels, int gap, cdf_error *err) {
  size_t total_width, total_height;
  cdf_status status = cli_layout_size(&total_width, &total_height, n, columns, w, h, gap, err);
  if (status != CDF_OK) return status;
  *sheet = calloc(total_width * total_height, (size_t)channels);
  if (!*sheet) return cdf_fail_memory(err, total_width * total_height * (size_t)channels);
  size_t line = (size_t)w * (size_t)channels;
  for (int i = 0; i < n; i++)
    for (int y = 0; y < h; y++) {
      size_t row = (size_t)(i / columns * (h + gap) + y), column = (size_t)(i % columns * (w + gap));
      memcpy(*sheet + (row * total_width + column) * (size_t)channels,
             pixels + ((size_t)i * (size_t)h + (size_t)y) * line, line);
    }
  *width = (int)total_width, *height = (int)total_height;
  return CDF_OK;
}

cdf_status cli_write_png(const char *path, const uint8_t *pixels, int width, int height, int channels, const char *text,
                         cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cdf_status status = cdf_png_encode(&bytes, &n_bytes, pixels, width, height, channels, text, err);
  if (status != CDF_OK) return status;
  if (strcmp(path, "-") != 0)
    status = cdf_file_write_atomic(path, bytes, n_bytes, err);
  else if (fwrite(bytes, 1, n_bytes, stdout) != n_bytes || fflush(stdout) != 0)
    status = cdf_fail(err, CDF_FAILED, "cannot write the picture to standard output: %s", strerror(errno));
  free(bytes);
  return status;
}
