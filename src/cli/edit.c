#include "edit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pictures/decode.h"
#include "files.h"

/* CDF_BAD_INPUT names the file and why it is no picture. */
static cdf_status read_picture_file(cli_picture *picture, const char *path, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cdf_error why = {0};
  cdf_status status = cdf_file_read(&bytes, &n_bytes, path, CDF_FILE_PICTURE, err);
  if (status != CDF_OK) return status;
  status = cli_decode(picture, bytes, n_bytes, &why);
  if (status != CDF_OK) status = cdf_fail(err, status, "%.150s is %s", path, why.text);
  free(bytes);
  return status;
}

static const uint8_t white[3] = {255, 255, 255};

/* A picture cropped and averaged to width x height, planar. */
static cdf_status resize(cdf_dataset *out, const cli_picture *picture, const uint8_t *background, int channels,
                         int width, int height, cdf_error *err) {
  cdf_status status = cdf_dataset_init(out, 1, channels, height, width, 0, err);
  if (status == CDF_OK) memcpy(out->background, background, sizeof out->background);
  if (status == CDF_OK) cdf_dataset_add(out, picture->pixels, picture->width, picture->height, picture->channels, 0);
  return status;
}

static bool in_frame(const cdf_config *c, int x, int y) {
  return x >= 0 && y >= 0 && x < c->lattice_width && y < c->lattice_height;
}

/* The world's cells are walked, not the picture's: a world need not hold all of the frame. */
static cdf_status read_source(cli_edit *e, const cli_picture *picture, const cdf_model *model, cdf_error *err) {
  const cdf_config *c = &model->net.config;
  cdf_dataset lattice = {0};
  cdf_status status = resize(&lattice, picture, e->background, c->channels, c->lattice_width, c->lattice_height, err);
  size_t n = cdf_world_cells(&e->world) * (size_t)c->channels;
  if (status == CDF_OK && !(e->source = calloc(n, sizeof *e->source))) status = cdf_fail_memory(err, n * 4);
  int w = e->world.width, h = e->world.height;
  for (int ch = 0; ch < c->channels && status == CDF_OK; ch++)
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        int i = x + e->world.x, j = y + e->world.y;
        if (!in_frame(c, i, j)) continue;
        float v = (float)lattice.pixels[(ch * c->lattice_height + j) * c->lattice_width + i] / 127.5f - 1.0f;
        e->source[(ch * h + y) * w + x] = v - c->mean[ch];
      }
  cdf_dataset_free(&lattice);
  return status;
}

/* mask: what the picture of it says inside the frame, 0 without one; 1 outside. reach: the most of any neighbour. */
static cdf_status read_mask(cli_edit *e, const char *path, const cdf_config *c, cdf_error *err) {
  cdf_dataset mask = {0};
  cli_picture picture = {0};
  cdf_status status = path ? read_picture_file(&picture, path, err) : CDF_OK;
  if (status == CDF_OK && path) status = resize(&mask, &picture, white, 1, c->lattice_width, c->lattice_height, err);
  free(picture.pixels);
  int w = e->world.width, h = e->world.height;
  size_t n = cdf_world_cells(&e->world);
  if (status == CDF_OK) {
    e->mask = malloc(n * sizeof *e->mask);
    e->reach = malloc(n * sizeof *e->reach);
    if (!e->mask || !e->reach) status = cdf_fail_memory(err, n * sizeof *e->mask);
  }
  for (int y = 0; y < h && status == CDF_OK; y++)
    for (int x = 0; x < w; x++) {
      int i = x + e->world.x, j = y + e->world.y;
      e->mask[y * w + x] = !in_frame(c, i, j) ? 1.0f
                           : path             ? (float)mask.pixels[j * c->lattice_width + i] / 255.0f
                                              : 0.0f;
    }
  for (int y = 0; y < h && status == CDF_OK; y++)
    for (int x = 0; x < w; x++) {
      float most = 0.0f;
      for (int j = cdf_max(y - 1, 0); j <= cdf_min(y + 1, h - 1); j++)
        for (int i = cdf_max(x - 1, 0); i <= cdf_min(x + 1, w - 1); i++)
          most = e->mask[j * w + i] > most ? e->mask[j * w + i] : most;
      e->reach[y * w + x] = most;
    }
  cdf_dataset_free(&mask);
  return status;
}

/* The source at the size that the frame has on the canvas. */
static cdf_status read_picture(cli_edit *e, const cli_picture *picture, const cdf_config *c, const cdf_view *view,
                               cdf_error *err) {
  double width = c->lattice_width / view->pitch, height = c->lattice_height / view->pitch;
  e->width = (int)lround(fmin(width, 1e9)), e->height = (int)lround(fmin(height, 1e9));
  if (e->width < 1 || e->height < 1 || e->width > 4096 || e->height > 4096)
    return cdf_fail(
        err, CDF_USAGE,
        "the source would be %d x %d pixels on this canvas, but must be from 1 to 4096 a side; choose another "
        "--size",
        e->width, e->height);
  cdf_dataset planar = {0};
  cdf_status status = resize(&planar, picture, e->background, c->channels, e->width, e->height, err);
  size_t n = (size_t)e->width * (size_t)e->height, channels = (size_t)c->channels;
  if (status == CDF_OK && !(e->picture = malloc(n * channels))) status = cdf_fail_memory(err, n * channels);
  if (status == CDF_OK) cdf_image_interleave(e->picture, planar.pixels, c->channels, n);
  cdf_dataset_free(&planar);
  return status;
}

static cdf_status read_mix(cdf_sample_options *sample, const cli_option *options, cdf_error *err) {
  bool other = cli_value(options, "other-seed") != NULL;
  if (!other && cli_value(options, "mix"))
    return cdf_fail(err, CDF_USAGE, "--mix needs a second seed; give --other-seed");
  sample->mix = other ? 0.5f : 0.0f;
  return cli_sample_read(sample, options, "other_seed mix", err);
}

cdf_status cli_edit_read(cli_edit *e, cdf_sample_options *sample, const cli_option *options, const cdf_model *model,
                         const cli_window *window, int width, int height, cdf_error *err) {
  const cdf_config *c = &model->net.config;
  const char *source = cli_value(options, "source"), *mask = cli_value(options, "mask");
  *e = (cli_edit){.world = cdf_world_of(cli_window_world(window), c)};
  cdf_status status = read_mix(sample, options, err);
  if (status != CDF_OK) return status;
  memcpy(e->background, white, sizeof white);
  status = cli_colour(e->background, options, "background", err);
  if (status != CDF_OK) return status;
  if (!source && (mask || cli_value(options, "strength")))
    return cdf_fail(err, CDF_USAGE, "--%s needs a picture to start from; give --source", mask ? "mask" : "strength");
  if (!source && cli_value(options, "background"))
    return cdf_fail(err, CDF_USAGE, "--background needs a picture to start from; give --source");
  if (!source) return CDF_OK;
  if (window->is_endless)
    return cdf_fail(err, CDF_USAGE, "a world without end cannot start from a picture; leave out --source or --extend");
  bool partly = mask || window->is_extended;
  if (partly && cli_value(options, "strength"))
    return cdf_fail(err, CDF_USAGE, "--strength is for --source alone; what --mask or --extend make is all new");
  cdf_world frame = cdf_world_of(NULL, c);
  cdf_view whole = cdf_view_fit(&frame, width, height);
  cli_picture picture = {0};
  status = read_picture_file(&picture, source, err);
  if (status == CDF_OK) status = read_source(e, &picture, model, err);
  if (status == CDF_OK && partly) status = read_mask(e, mask, c, err);
  if (status == CDF_OK && partly) status = read_picture(e, &picture, c, window->is_part ? &window->view : &whole, err);
  free(picture.pixels);
  if (status == CDF_OK && !partly) {
    sample->strength = 0.6f;
    status = cli_sample_read(sample, options, "strength", err);
    if (status == CDF_OK && sample->strength == 0.0f)
      status =
          cdf_fail(err, CDF_USAGE, "--strength is %g, but must be above 0 and at most 1", (double)sample->strength);
  }
  sample->source = e->source, sample->mask = e->mask;
  return status;
}

void cli_edit_free(cli_edit *e) {
  free(e->picture);
  free(e->source);
  free(e->mask);
  free(e->reach);
  *e = (cli_edit){0};
}

/* How new the picture is at a point of the world: bilinear between cells. */
static double newness(const cli_edit *e, double x, double y) {
  int w = e->world.width, h = e->world.height;
  x = fmin(fmax(x - e->world.x - 0.5, 0), w - 1), y = fmin(fmax(y - e->world.y - 0.5, 0), h - 1);
  int i = (int)x, j = (int)y, i1 = cdf_min(i + 1, w - 1), j1 = cdf_min(j + 1, h - 1);
  double u = x - i, v = y - j;
  return (e->reach[j * w + i] * (1 - u) + e->reach[j * w + i1] * u) * (1 - v) +
         (e->reach[j1 * w + i] * (1 - u) + e->reach[j1 * w + i1] * u) * v;
}

void cli_edit_restore(const cli_edit *e, uint8_t *pixels, int channels, const cli_window *window, int width,
                      int height) {
  if (!e->picture) return;
  cdf_view whole = cdf_view_fit(&e->world, width, height);
  const cdf_view *view = window->is_part ? &window->view : &whole;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, pixels += channels) {
      double wx = view->x + (x + 0.5) * view->pitch, wy = view->y + (y + 0.5) * view->pitch;
      double i = floor(wx / view->pitch), j = floor(wy / view->pitch); /* may lie beyond all integers */
      if (i < 0 || j < 0 || i >= e->width || j >= e->height) continue;
      double mask = newness(e, wx, wy);
      const uint8_t *kept = e->picture + ((size_t)j * (size_t)e->width + (size_t)i) * (size_t)channels;
      for (int c = 0; c < channels; c++) pixels[c] = (uint8_t)lround(kept[c] + mask * (pixels[c] - kept[c]));
    }
}
