/* windows.c: windows of pictures larger than the lattice: what can be judged at the lattice's size. */
#include <math.h>
#include <stdlib.h>

#include "../../judge/metrics.h"
#include "eval.h"
#include "resample.h"

cdf_status cli_eval_check_windows(const cli_eval_set *set, const cli_eval *e, int scale, cdf_error *err) {
  if (!set->order)
    return cdf_fail(err, CDF_USAGE,
                    "windows at %d times the lattice need finer pictures, but --data %.100s is no packed set; make one "
                    "with tools/make_faces.mjs",
                    scale, e->data);
  int finer;
  cdf_status status = cli_pack_scale(&finer, &set->file, err);
  if (status == CDF_OK && finer % scale != 0)
    status = cdf_fail(err, CDF_BAD_INPUT,
                      "the windows are of pictures %d times the lattice, but the finer pictures of the set are %d "
                      "times; use a set of which that is a multiple",
                      scale, finer);
  return status;
}

typedef struct corner {
  int x, y;
} corner;

/* The upper left pixels of the windows of a picture. */
static void place(corner corners[CLI_EVAL_WINDOWS], const cli_eval *e, int number, int scale, int width, int height) {
  float normal[2 * CLI_EVAL_WINDOWS];
  int at[2 * CLI_EVAL_WINDOWS];
  cdf_metrics_noise(normal, 2 * CLI_EVAL_WINDOWS, e->options.seed, (uint32_t)number);
  for (int i = 0; i < 2 * CLI_EVAL_WINDOWS; i++) {
    double uniform = 0.5 * erfc((double)normal[i] * -0.70710678118654752440); /* their distribution function */
    int most = (scale - 1) * (i % 2 ? height : width);
    at[i] = cdf_min((int)(uniform * (most + 1)), most);
  }
  for (int i = 0; i < CLI_EVAL_WINDOWS; i++) corners[i] = (corner){at[2 * i], at[2 * i + 1]};
}

cdf_status cli_eval_draw(uint8_t *out, cdf_picture *q, const cli_eval *e, const cdf_view *view, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  size_t plane = (size_t)c->lattice_width * (size_t)c->lattice_height, channels = (size_t)c->channels;
  uint8_t *pixels = malloc(plane * channels);
  if (!pixels) return cdf_fail_memory(err, plane * channels);
  cdf_picture_rows(q, pixels, c->lattice_width, c->lattice_height, view, 0, c->lattice_height);
  for (size_t ch = 0; ch < channels; ch++)
    for (size_t i = 0; i < plane; i++) out[ch * plane + i] = pixels[i * channels + ch];
  free(pixels);
  return CDF_OK;
}

cdf_status cli_eval_made_windows(uint8_t *windows, cdf_picture *q, const cli_eval *e, int number, int scale,
                                 cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  size_t size = (size_t)c->lattice_width * (size_t)c->lattice_height * (size_t)c->channels;
  corner corners[CLI_EVAL_WINDOWS];
  cdf_status status = CDF_OK;
  place(corners, e, number, scale, c->lattice_width, c->lattice_height);
  for (int i = 0; i < CLI_EVAL_WINDOWS && status == CDF_OK; i++) {
    const cdf_view view = {(double)corners[i].x / scale, (double)corners[i].y / scale, 1.0 / scale};
    status = cli_eval_draw(windows + (size_t)i * size, q, e, &view, err);
  }
  return status;
}

const uint8_t *cli_eval_lattice(const cdf_pack *pack, int number) {
  return pack->lattice + (size_t)number * (size_t)pack->width * (size_t)pack->height * (size_t)pack->n_channels;
}

cdf_status cli_eval_put_lattice(cdf_picture *q, const cli_eval *e, const uint8_t *picture, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  size_t plane = (size_t)c->lattice_width * (size_t)c->lattice_height, n = plane * (size_t)c->channels;
  float *clean = malloc(n * sizeof *clean);
  if (!clean) return cdf_fail_memory(err, n * sizeof *clean);
  cdf_image_floats(clean, picture, c->channels, plane, c->target == CDF_TARGET_EDM ? c->mean : NULL);
  cdf_picture_load(q, clean);
  free(clean);
  return CDF_OK;
}

/* ---- of many pictures ---- */

typedef struct job {
  const cli_eval *e;
  const cli_eval_set *set;
  int n, scale, finer;
  uint8_t *windows;
} job;

static size_t bytes_of_one(const cdf_pack *pack) {
  return (size_t)CLI_EVAL_WINDOWS * (size_t)pack->width * (size_t)pack->height * (size_t)pack->n_channels;
}

static cdf_status cut_truth(void *context, int item, cdf_error *err) {
  const job *j = context;
  const cdf_pack *pack = &j->set->file.pack;
  int number = cli_eval_pick(j->set, item, j->n), width = pack->width * j->scale, height = pack->height * j->scale;
  size_t w = (size_t)pack->width, h = (size_t)pack->height, channels = (size_t)pack->n_channels;
  size_t line = (size_t)width * channels, bytes = line * (size_t)height * sizeof(float);
  corner corners[CLI_EVAL_WINDOWS];
  uint8_t *truth, *out = j->windows + (size_t)item * bytes_of_one(pack);
  cdf_status status = cli_pack_picture(&truth, &j->set->file, number, j->finer, err);
  if (status != CDF_OK) return status;
  float *smaller = malloc(bytes);
  if (smaller) {
    cli_area_average(smaller, truth, width, height, pack->n_channels, j->finer / j->scale);
    place(corners, j->e, number, j->scale, pack->width, pack->height);
    for (size_t i = 0; i < CLI_EVAL_WINDOWS; i++)
      for (size_t ch = 0; ch < channels; ch++)
        for (size_t y = 0; y < h; y++)
          for (size_t x = 0; x < w; x++)
            *out++ = (uint8_t)(smaller[((size_t)corners[i].y + y) * line + ((size_t)corners[i].x + x) * channels + ch] +
                               0.5f);
  } else {
    status = cdf_fail_memory(err, bytes);
  }
  free(smaller);
  free(truth);
  return status;
}

static cdf_status cut_render(void *context, int item, cdf_error *err) {
  const job *j = context;
  const cdf_pack *pack = &j->set->file.pack;
  int number = cli_eval_pick(j->set, item, j->n);
  cdf_picture *q;
  cdf_status status = cdf_picture_create(&q, j->e->model, NULL, 1, j->e->k, err);
  if (status != CDF_OK) return status;
  status = cli_eval_put_lattice(q, j->e, cli_eval_lattice(pack, number), err);
  uint8_t *out = j->windows + (size_t)item * bytes_of_one(pack);
  if (status == CDF_OK) status = cli_eval_made_windows(out, q, j->e, number, j->scale, err);
  cdf_picture_free(q);
  return status;
}

static cdf_status cut_all(uint8_t **windows, job *j, const char *things, cli_eval_work work, cdf_error *err) {
  size_t bytes;
  *windows = NULL;
  cdf_status status = cli_pack_scale(&j->finer, &j->set->file, err);
  if (status != CDF_OK) return status;
  if (!cdf_mul(&bytes, bytes_of_one(&j->set->file.pack), (size_t)j->n)) return cdf_fail_memory(err, SIZE_MAX);
  j->windows = malloc(bytes);
  status = j->windows ? cli_eval_for(j->e, things, work, j, j->n, err) : cdf_fail_memory(err, bytes);
  if (status == CDF_OK)
    *windows = j->windows;
  else
    free(j->windows);
  return status;
}

cdf_status cli_eval_true_windows(uint8_t **windows, const cli_eval *e, const cli_eval_set *set, int n, int scale,
                                 cdf_error *err) {
  return cut_all(windows, &(job){.e = e, .set = set, .n = n, .scale = scale}, "true pictures", cut_truth, err);
}

cdf_status cli_eval_rendered_windows(uint8_t **windows, const cli_eval *e, const cli_eval_set *set, int n, int scale,
                                     cdf_error *err) {
  return cut_all(windows, &(job){.e = e, .set = set, .n = n, .scale = scale}, "renders", cut_render, err);
}
