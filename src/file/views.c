#include "views.h"

#include <math.h>
#include <stdlib.h>

#include "../base/rng.h"

#define MOST 0.125 /* of the width and height: how far a view is moved */

/* A part of `size` (1: as large as it can be) whose middle is right and down of the middle by so many widths and
 * heights. */
static cdf_part part_at(int width, int height, double part_width, double part_height, double right, double down,
                        double size) {
  double w = part_width * size, h = part_height * size;
  return (cdf_part){.x = (int)lround(0.5 * (width - w) + right * part_width),
                    .y = (int)lround(0.5 * (height - h) + down * part_height),
                    .width = cdf_max(1, (int)lround(w)),
                    .height = cdf_max(1, (int)lround(h))};
}

/* Rounding must not let it reach beyond the picture. */
static cdf_part within(cdf_part part, int width, int height) {
  part.x = cdf_clamp(part.x, 0, cdf_max(0, width - part.width));
  part.y = cdf_clamp(part.y, 0, cdf_max(0, height - part.height));
  return part;
}

cdf_part cdf_view_part(const cdf_views *views, int width, int height, int out_width, int out_height, int picture,
                       int view) {
  bool whole = views->crop == CDF_CROP_NONE, by_random = views->crop == CDF_CROP_RANDOM;
  if (view == 0 && !by_random) return (cdf_part){.width = width, .height = height, .whole = whole};
  bool is_wider = (int64_t)width * out_height >= (int64_t)height * out_width, by_height = is_wider != whole;
  double scale = by_height ? (double)height / out_height : (double)width / out_width;
  double w = scale * out_width, h = scale * out_height;
  float u[4];
  cdf_rng_uniform4(u, 1, (cdf_counter){{(uint32_t)picture, (uint32_t)view, CDF_STREAM_VIEWS, 0}});
  double x = 2.0 * u[1] - 1, y = 2.0 * u[2] - 1, size = by_random ? 0.5 + 0.5 * u[0] : 1 - 2 * MOST * u[0];
  if (by_random) {
    double right = 0.5 * x * (width / w - size), down = 0.5 * y * (height / h - size);
    return within(part_at(width, height, w, h, right, down, size), width, height);
  }
  /* With background around it a picture may move as far as it likes, and shrink; without, only within itself. */
  double most = whole ? MOST : 0.5 * (1 - size);
  if (whole) size += MOST;
  cdf_part part = part_at(width, height, w, h, most * x, most * y, size);
  if (!whole) part = within(part, width, height);
  part.whole = whole;
  part.changes[0] = (float)(most * x / MOST);
  part.changes[1] = (float)(most * y / MOST);
  part.changes[2] = (float)((1 - size) / MOST);
  return part;
}

#define FINER 4 /* times the set: what a picture is made smaller to */

typedef struct source {
  const uint8_t *bytes;
  int width, height;
} source;

/* The picture averaged over squares of whole pixels (malloc'd); NULL when it is not so large, or without memory. */
static uint8_t *make_smaller(source *s, const cdf_dataset *d, int n_channels) {
  int f = cdf_min(s->width / (FINER * d->width), s->height / (FINER * d->height));
  int w = f > 1 ? s->width / f : 0, h = f > 1 ? s->height / f : 0;
  cdf_dataset smaller;
  if (f < 2 || cdf_dataset_init(&smaller, 1, n_channels, h, w, 0, NULL) != CDF_OK) return NULL;
  cdf_part even = {.x = (s->width - w * f) / 2, .y = (s->height - h * f) / 2, .width = w * f, .height = h * f};
  cdf_dataset_add_part(&smaller, s->bytes, s->width, s->height, n_channels, 0, &even);
  size_t plane = (size_t)w * (size_t)h, channels = (size_t)n_channels;
  uint8_t *bytes = malloc(plane * channels);
  for (size_t i = 0; bytes && i < plane * channels; i++) bytes[i] = smaller.pixels[i % channels * plane + i / channels];
  cdf_dataset_free(&smaller);
  if (bytes) *s = (source){bytes, w, h};
  return bytes;
}

static void add_view(cdf_dataset *dataset, const cdf_views *views, const source *s, int picture, int view,
                     int n_channels, int label) {
  cdf_part part = cdf_view_part(views, s->width, s->height, dataset->width, dataset->height, picture, view);
  cdf_dataset_add_part(dataset, s->bytes, s->width, s->height, n_channels, label, &part);
  if (!views->flip) return;
  part.mirrored = true;
  part.changes[0] = -part.changes[0];
  cdf_dataset_add_part(dataset, s->bytes, s->width, s->height, n_channels, label, &part);
}

void cdf_dataset_add_views(cdf_dataset *dataset, const cdf_views *views, int picture, const uint8_t *bytes, int width,
                           int height, int n_channels, int label) {
  const source whole = {bytes, width, height};
  source smaller = whole;
  uint8_t *made = views->n > 1 ? make_smaller(&smaller, dataset, n_channels) : NULL;
  for (int view = 0; view < cdf_max(views->n, 1); view++)
    add_view(dataset, views, view == 0 ? &whole : &smaller, picture, view, n_channels, label);
  free(made);
}
