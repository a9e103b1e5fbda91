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

static void sample_one(void *context, int item) {
  job *j = context;
  const cli_grid *grid = j->grid;
  cli_process p;
  if (cli_stop_signal()) return;
  if (cli_process_open(&p, j->model, grid->world, grid->endless, &grid->options[item], j->k, &j->errors[item]) ==
      CDF_OK) {
    cdf_status status = CDF_OK;
    while (status == CDF_OK && !cli_process_done(&p) && !cli_stop_signal())
      status = cli_process_step(&p, &j->errors[item]);
    uint8_t *at = picture(j, item);
    if (status == CDF_OK && !cli_stop_signal())
      cdf_generation_render(p.g, at, grid->width, grid->height, grid->view, 0, grid->height);
  }
  cli_process_close(&p);
  int done = __atomic_add_fetch(&j->n_done, 1, __ATOMIC_RELAXED);
  report(grid, done);
}

/* ---- few pictures: every thread has its own copy of the process and does a band of rows ---- */

#define MAX_BANDS 256

typedef struct team {
  const job *j;
  cdf_generation *members[MAX_BANDS];
  int n, item;
} team;

/* Where band b of `height` rows begins; the next one's beginning is its end. */
static int band(const team *t, int b, int height) { return (int)((int64_t)height * b / t->n); }

static void team_rows(void *context, int b) {
  team *t = context;
  int height = cdf_generation_world(t->members[b]).height;
  cdf_generation_prepare(t->members[b]);
  cdf_generation_rows(t->members[b], band(t, b, height), band(t, b + 1, height));
}

/* All members say the same of what they share. */
static void team_advance(void *context, int b) {
  team *t = context;
  cdf_generation_advance(t->members[b], b == 0 ? &t->j->errors[t->item] : NULL);
}

static void team_render(void *context, int b) {
  team *t = context;
  const cli_grid *grid = t->j->grid;
  int y0 = band(t, b, grid->height), y1 = band(t, b + 1, grid->height);
  size_t line = (size_t)grid->width * (size_t)t->j->model->net.config.channels;
  uint8_t *at = t->j->pixels + line * ((size_t)t->item * (size_t)grid->height + (size_t)y0);
  if (y1 > y0) cdf_generation_render(t->members[b], at, grid->width, grid->height, grid->view, y0, y1);
}

/* Copy each member's band of the denoised lattice to all the others. */
static void team_share(team *t) {
  cdf_world w = cdf_generation_world(t->members[0]);
  size_t width = (size_t)w.width;
  for (int from = 0; from < t->n; from++)
    for (int ch = 0; ch < t->j->model->net.config.channels; ch++) {
      int y0 = band(t, from, w.height), y1 = band(t, from + 1, w.height);
      size_t at = width * (size_t)(ch * w.height + y0);
      for (int to = 0; to < t->n; to++)
        if (to != from)
          memcpy(cdf_generation_clean(t->members[to]) + at, cdf_generation_clean(t->members[from]) + at,
                 width * (size_t)(y1 - y0) * sizeof(float));
    }
}

static cdf_status sample_together(job *j, cdf_error *err) {
  cdf_world world = cdf_world_of(j->grid->world, &j->model->net.config);
  team t = {.j = j, .n = cdf_min(cdf_min(cli_n_threads(), MAX_BANDS), world.height)};
  cdf_status status = CDF_OK;
  for (int b = 0; b < t.n && status == CDF_OK; b++)
    status = cdf_generation_create(&t.members[b], j->model, j->grid->world, j->k, err);
  for (t.item = 0; t.item < j->grid->n && status == CDF_OK; t.item++) {
    for (int b = 0; b < t.n && status == CDF_OK; b++)
      status = cdf_generation_start(t.members[b], &j->grid->options[t.item], err);
    const cdf_error *error = &j->errors[t.item];
    while (status == CDF_OK && error->code == CDF_OK && !cdf_generation_done(t.members[0]) && !cli_stop_signal()) {
      cdf_parallel_for(&cli_threads, team_rows, &t, t.n);
      team_share(&t);
      cdf_parallel_for(&cli_threads, team_advance, &t, t.n);
    }
    if (status == CDF_OK && error->code == CDF_OK && !cli_stop_signal())
      cdf_parallel_for(&cli_threads, team_render, &t, t.n);
    report(j->grid, t.item + 1);
  }
  for (int b = 0; b < t.n; b++) cdf_generation_free(t.members[b]);
  return status;
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
           .pixels = malloc(bytes),
           .errors = calloc((size_t)grid->n, sizeof *j.errors)};
  cdf_status status = j.pixels && j.errors ? CDF_OK : cdf_fail_memory(err, bytes);
  if (status == CDF_OK && grid->endless)
    cdf_parallel_for(NULL, sample_one, &j, grid->n); /* each on all threads */
  else if (status == CDF_OK && 2 * grid->n <= cli_n_threads())
    status = sample_together(&j, err);
  else if (status == CDF_OK)
    cdf_parallel_for(&cli_threads, sample_one, &j, grid->n);
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
