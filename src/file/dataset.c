#include "dataset.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 4096
#define IMAGES_MAGIC 0x00000803u
#define LABELS_MAGIC 0x00000801u
#define IMAGES_HEADER_BYTES 16
#define LABELS_HEADER_BYTES 8

/* Allocate an empty set. The sizes are checked already, their product is not. */
static cdf_status allocate(cdf_dataset *dataset, int max_images, int n_channels, int height, int width, int n_classes,
                           cdf_error *err) {
  size_t pixel_bytes;
  if (!cdf_mul(&pixel_bytes, (size_t)height * (size_t)width, (size_t)n_channels) ||
      !cdf_mul(&pixel_bytes, pixel_bytes, (size_t)max_images)) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%d pictures of %dx%d with %d channels exceed the memory of this machine (limit %zu bytes): "
                    "use fewer or smaller pictures",
                    max_images, width, height, n_channels, (size_t)SIZE_MAX);
  }
  uint8_t *pixels = malloc(pixel_bytes);
  uint8_t *labels = n_classes > 0 ? malloc((size_t)max_images) : NULL;
  if (!pixels || (n_classes > 0 && !labels)) {
    free(pixels);
    free(labels);
    return cdf_fail_memory(err, pixel_bytes);
  }
  *dataset = (cdf_dataset){.n_channels = n_channels,
                           .height = height,
                           .width = width,
                           .n_classes = n_classes,
                           .pixels = pixels,
                           .labels = labels,
                           .background = {255, 255, 255}};
  return CDF_OK;
}

/* ---- IDX ---- */

static uint32_t read_u32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

/* Refuse anything whose first bytes are not the header of IDX `what`. */
static cdf_status check_header(const uint8_t *bytes, size_t n_bytes, uint32_t magic, size_t header_bytes,
                               const char *what, cdf_error *err) {
  if (n_bytes < header_bytes) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the IDX %s are cut short: %zu bytes, but the header alone takes %zu; fetch the file again", what,
                    n_bytes, header_bytes);
  }
  uint32_t found = read_u32(bytes);
  if (found == magic) return CDF_OK;
  const char *remedy = found == LABELS_MAGIC   ? "these are labels: give the images file here"
                       : found == IMAGES_MAGIC ? "these are images: give the labels file here"
                       : found >> 16 == 0x1f8b ? "this is gzip data: unpack it first"
                                               : "give a file in the format of MNIST";
  return cdf_fail(err, CDF_BAD_INPUT,
                  "the IDX %s begin with %02x %02x %02x %02x, but must begin with 00 00 08 %02x; %s", what, bytes[0],
                  bytes[1], bytes[2], bytes[3], (unsigned)(magic & 0xff), remedy);
}

static cdf_status check_images(const uint8_t *images, size_t n_bytes, cdf_error *err) {
  cdf_status status = check_header(images, n_bytes, IMAGES_MAGIC, IMAGES_HEADER_BYTES, "images", err);
  if (status != CDF_OK) return status;
  uint32_t n = read_u32(images + 4), height = read_u32(images + 8), width = read_u32(images + 12);
  if (n == 0 || n > INT_MAX) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the IDX images hold %u pictures, but there must be 1 to %d; give a file with that many",
                    (unsigned)n, INT_MAX);
  }
  if (height < 1 || height > MAX_SIDE || width < 1 || width > MAX_SIDE) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the IDX images are %u pixels wide and %u high, but each side must be 1 to %d; resize the pictures",
                    (unsigned)width, (unsigned)height, MAX_SIDE);
  }
  size_t promised, found = n_bytes - IMAGES_HEADER_BYTES;
  bool fits = cdf_mul(&promised, (size_t)height * width, n), known = n_bytes < SIZE_MAX;
  if (!fits || (promised != found && known)) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the IDX images should hold %u pictures of %ux%u, but %zu bytes follow the header, too %s; "
                    "fetch the file again",
                    (unsigned)n, (unsigned)width, (unsigned)height, found, fits && promised < found ? "many" : "few");
  }
  return CDF_OK;
}

cdf_status cdf_dataset_check_idx(const void *start, size_t n_there, size_t n_bytes, cdf_error *err) {
  if (n_there < IMAGES_HEADER_BYTES) n_bytes = n_there;
  return check_images(start, n_bytes, err);
}

/* *n_classes = highest label + 1. */
static cdf_status check_labels(int *n_classes, const uint8_t *labels, size_t n_bytes, uint32_t n_images,
                               cdf_error *err) {
  cdf_status status = check_header(labels, n_bytes, LABELS_MAGIC, LABELS_HEADER_BYTES, "labels", err);
  if (status != CDF_OK) return status;
  uint32_t n = read_u32(labels + 4);
  size_t found = n_bytes - LABELS_HEADER_BYTES;
  if (found != n) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the IDX labels should be %u, but %zu bytes follow the header, too %s; fetch the file again",
                    (unsigned)n, found, found > n ? "many" : "few");
  }
  if (n != n_images) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "there are %u labels for %u images, but each image needs exactly one; give the two files that "
                    "belong together",
                    (unsigned)n, (unsigned)n_images);
  }
  *n_classes = 0;
  for (uint32_t i = 0; i < n; i++) {
    int label = labels[LABELS_HEADER_BYTES + i];
    if (label >= CDF_MAX_CLASSES) {
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the label of image %u is %d, but the highest allowed is %d; renumber the classes from 0",
                      (unsigned)i, label, CDF_MAX_CLASSES - 1);
    }
    *n_classes = cdf_max(*n_classes, label + 1);
  }
  return CDF_OK;
}

cdf_status cdf_dataset_from_idx(cdf_dataset *dataset, const void *images, size_t n_image_bytes, const void *labels,
                                size_t n_label_bytes, cdf_error *err) {
  const uint8_t *image_bytes = images, *label_bytes = labels;
  int n_classes = 0;
  *dataset = (cdf_dataset){0};
  cdf_status status = check_images(image_bytes, image_bytes ? n_image_bytes : 0, err);
  if (status != CDF_OK) return status;
  uint32_t n = read_u32(image_bytes + 4), height = read_u32(image_bytes + 8), width = read_u32(image_bytes + 12);
  if (label_bytes) status = check_labels(&n_classes, label_bytes, n_label_bytes, n, err);
  if (status != CDF_OK) return status;
  status = allocate(dataset, (int)n, 1, (int)height, (int)width, n_classes, err);
  if (status != CDF_OK) return status;
  memcpy(dataset->pixels, image_bytes + IMAGES_HEADER_BYTES, n_image_bytes - IMAGES_HEADER_BYTES);
  if (label_bytes) memcpy(dataset->labels, label_bytes + LABELS_HEADER_BYTES, n);
  dataset->n_images = (int)n;
  return CDF_OK;
}

/* ---- pictures ---- */

cdf_status cdf_dataset_init(cdf_dataset *dataset, int max_images, int n_channels, int height, int width, int n_classes,
                            cdf_error *err) {
  *dataset = (cdf_dataset){0};
  if (max_images < 1) {
    return cdf_fail(err, CDF_USAGE, "a set of %d pictures cannot be made; it needs room for at least 1", max_images);
  }
  if (n_channels < 1 || n_channels > CDF_MAX_CHANNELS) {
    return cdf_fail(err, CDF_USAGE, "pictures of %d channels are not possible; use 1 (grey) to %d (RGBA)", n_channels,
                    CDF_MAX_CHANNELS);
  }
  if (height < 1 || height > MAX_SIDE || width < 1 || width > MAX_SIDE) {
    return cdf_fail(err, CDF_USAGE, "a picture size of %dx%d is not possible; use 1 to %d for each side", width, height,
                    MAX_SIDE);
  }
  if (n_classes < 0 || n_classes > CDF_MAX_CLASSES) {
    return cdf_fail(err, CDF_USAGE, "%d classes are not possible; use 0 (no labels) to %d", n_classes, CDF_MAX_CLASSES);
  }
  return allocate(dataset, max_images, n_channels, height, width, n_classes, err);
}

/* What one output pixel sees: sums over the square it covers, weighted by area. */
typedef struct area_sum {
  uint64_t colour[3]; /* area * alpha * value, for R G B (three times the same for grey) */
  uint64_t alpha;     /* area * alpha */
  uint64_t area;
} area_sum;

typedef struct source {
  const uint8_t *bytes;
  int width, height, n_channels;
} source;

/* The pixels begin .. end - 1 of n that the span of `side` at x, in units of which a pixel has `unit`, touches. */
static void pixels_of(int64_t *begin, int64_t *end, int64_t x, int64_t side, int64_t unit, int n) {
  *begin = x > 0 ? x / unit : 0;
  *end = x + side > 0 ? (x + side + unit - 1) / unit : 0;
  if (*end > n) *end = n;
}

/* Sum over the square of `side` at (x, y), in units of which a source pixel has `unit` per side; beyond the source it
 * is transparent. Integers throughout, so the mean is exact: with sides up to 2^18 pixels all sums, and those times
 * 1000 in store_pixel, stay below 2^64. */
static area_sum sum_area(const source *s, int64_t x, int64_t y, int64_t side, int64_t unit) {
  area_sum sum = {.area = (uint64_t)(side * side)};
  bool is_grey = s->n_channels <= 2, has_alpha = s->n_channels % 2 == 0;
  int64_t i_begin, i_end, j_begin, j_end;
  pixels_of(&i_begin, &i_end, x, side, unit, s->width);
  pixels_of(&j_begin, &j_end, y, side, unit, s->height);
  for (int64_t j = j_begin; j < j_end; j++) {
    int64_t top = j * unit > y ? j * unit : y;
    int64_t bottom = (j + 1) * unit < y + side ? (j + 1) * unit : y + side;
    for (int64_t i = i_begin; i < i_end; i++) {
      int64_t left = i * unit > x ? i * unit : x;
      int64_t right = (i + 1) * unit < x + side ? (i + 1) * unit : x + side;
      const uint8_t *pixel = s->bytes + (j * s->width + i) * s->n_channels;
      uint64_t weight = (uint64_t)((bottom - top) * (right - left)) * (has_alpha ? pixel[s->n_channels - 1] : 255u);
      sum.alpha += weight;
      for (int c = 0; c < 3; c++) sum.colour[c] += weight * pixel[is_grey ? 0 : c];
    }
  }
  return sum;
}

static uint8_t divide(uint64_t a, uint64_t b) { return (uint8_t)((a + b / 2) / b); }

/* Turn a sum into the channels of the set: grey, grey + alpha, RGB or RGBA. What is transparent shows the background.
 */
static void store_pixel(uint8_t *out, size_t plane_size, int n_channels, area_sum sum, const uint8_t *background) {
  bool is_grey = n_channels <= 2, has_alpha = n_channels % 2 == 0;
  uint64_t whole = sum.alpha;
  if (has_alpha) {
    out[(size_t)(n_channels - 1) * plane_size] = divide(sum.alpha, sum.area);
  } else {
    whole = 255 * sum.area;
    for (int c = 0; c < 3; c++) sum.colour[c] += background[c] * (whole - sum.alpha);
  }
  if (is_grey) {
    /* ITU-R BT.601; the weights add up to 1000, so grey stays as it is. */
    uint64_t luma = 299 * sum.colour[0] + 587 * sum.colour[1] + 114 * sum.colour[2];
    out[0] = whole ? divide(luma, 1000 * whole) : 255;
  } else {
    for (size_t c = 0; c < 3; c++) out[c * plane_size] = whole ? divide(sum.colour[c], whole) : 255;
  }
}

/* The background behind pixel (x, y) of a picture of the set. */
static void background_at(uint8_t colour[3], const cdf_dataset *d, int x, int y) {
  bool dark = d->checker > 0 && (x / d->checker + y / d->checker) % 2 == 1;
  for (int c = 0; c < 3; c++) colour[c] = (uint8_t)(dark ? d->background[c] * 4 / 5 : d->background[c]);
}

void cdf_dataset_add_part(cdf_dataset *dataset, const uint8_t *bytes, int width, int height, int n_channels, int label,
                          const cdf_part *part) {
  int out_width = dataset->width, out_height = dataset->height;
  size_t plane_size = (size_t)out_width * (size_t)out_height, image = (size_t)dataset->n_images;
  uint8_t *out = dataset->pixels + image * cdf_dataset_image_size(dataset), background[3];
  const source from = {bytes, width, height, n_channels};

  /* An output pixel covers p/q x p/q source pixels, as many as fit the tighter side (for the whole part: the looser);
   * what is left over on the other side is cropped (missing) half and half. In units of 1/(2q) source pixels every edge
   * is an integer. */
  bool is_wider = (int64_t)part->width * out_height >= (int64_t)part->height * out_width,
       by_height = is_wider != part->whole;
  int64_t p = by_height ? part->height : part->width, q = by_height ? out_height : out_width;
  int64_t left = 2 * q * part->x + part->width * q - out_width * p,
          top = 2 * q * part->y + part->height * q - out_height * p;
  for (int y = 0; y < out_height; y++) {
    for (int x = 0; x < out_width; x++) {
      area_sum sum = sum_area(&from, left + 2 * p * x, top + 2 * p * y, 2 * p, 2 * q);
      int at = part->mirrored ? out_width - 1 - x : x;
      background_at(background, dataset, at, y);
      store_pixel(out + (size_t)y * (size_t)out_width + (size_t)at, plane_size, dataset->n_channels, sum, background);
    }
  }
  if (dataset->labels) dataset->labels[image] = (uint8_t)label;
  if (dataset->changes) memcpy(dataset->changes + image * CDF_CHANGES, part->changes, sizeof part->changes);
  dataset->n_images++;
}

void cdf_dataset_add(cdf_dataset *dataset, const uint8_t *bytes, int width, int height, int n_channels, int label) {
  cdf_part all = {.width = width, .height = height};
  cdf_dataset_add_part(dataset, bytes, width, height, n_channels, label, &all);
}

cdf_status cdf_dataset_keep_changes(cdf_dataset *dataset, int max_images, cdf_error *err) {
  size_t n = (size_t)max_images * CDF_CHANGES;
  dataset->changes = calloc(n, sizeof *dataset->changes);
  return dataset->changes ? CDF_OK : cdf_fail_memory(err, n * sizeof *dataset->changes);
}

/* Picture `from` of one set becomes picture `to` of another, or of the same. */
static void copy_image(cdf_dataset *into, int to, const cdf_dataset *set, int from) {
  size_t size = cdf_dataset_image_size(set), i = (size_t)to, j = (size_t)from;
  memmove(into->pixels + i * size, set->pixels + j * size, size);
  if (into->labels) into->labels[i] = set->labels[j];
  if (into->changes)
    memmove(into->changes + i * CDF_CHANGES, set->changes + j * CDF_CHANGES, sizeof(float[CDF_CHANGES]));
}

void cdf_dataset_append(cdf_dataset *dataset, const cdf_dataset *more) {
  for (int i = 0; i < more->n_images; i++) copy_image(dataset, dataset->n_images++, more, i);
}

cdf_status cdf_dataset_hold_out(cdf_dataset *held_out, cdf_dataset *dataset, int n, int of_each, cdf_error *err) {
  int n_groups = dataset->n_images / of_each, n_held_out = n_groups / n, kept = 0;
  *held_out = (cdf_dataset){0};
  if (n_held_out == 0) return CDF_OK;
  cdf_status status = allocate(held_out, n_held_out, dataset->n_channels, dataset->height, dataset->width,
                               dataset->labels ? dataset->n_classes : 0, err);
  if (status != CDF_OK) return status;
  for (int i = 0; i < dataset->n_images; i++) {
    bool goes = i / of_each % n == n - 1;
    if (goes && i % of_each == 0) copy_image(held_out, held_out->n_images++, dataset, i);
    if (!goes) copy_image(dataset, kept++, dataset, i);
  }
  dataset->n_images = kept;
  return CDF_OK;
}

cdf_status cdf_dataset_name_classes(cdf_dataset *dataset, const char *list, char separator, cdf_error *err) {
  if (!list || !*list || dataset->n_classes == 0) return CDF_OK;
  size_t room = CDF_MAX_CLASSES * sizeof *dataset->class_names, n_bytes = strlen(list) + 1;
  char **names = malloc(room + n_bytes); /* one block: the pointers, and the text that they point to */
  if (!names) return cdf_fail_memory(err, room + n_bytes);
  int n = 0;
  for (char *at = memcpy((char *)names + room, list, n_bytes); at && n < CDF_MAX_CLASSES; n++) {
    names[n] = at;
    at = strchr(at, separator);
    if (at) *at++ = 0;
  }
  free(dataset->class_names);
  dataset->class_names = names, dataset->n_class_names = n;
  return CDF_OK;
}

void cdf_dataset_free(cdf_dataset *dataset) {
  if (!dataset) return;
  free(dataset->class_names);
  free(dataset->pixels);
  free(dataset->labels);
  free(dataset->changes);
  *dataset = (cdf_dataset){0};
}
