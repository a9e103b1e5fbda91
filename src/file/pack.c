#include "pack.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool cdf_pack_is_one(const void *bytes, size_t n_bytes) {
  /* A safetensors header opens with a brace behind its length; IDX and gzip never do. */
  return n_bytes > 8 && ((const unsigned char *)bytes)[8] == '{';
}

/* A U8 tensor of n_dims dimensions whose first is `first` (0: any). */
static cdf_status find(const cdf_tensor **t, const cdf_pack *pack, const char *name, int n_dims, size_t first,
                       cdf_error *err) {
  *t = cdf_checkpoint_find(&pack->file, name);
  if (!*t)
    return cdf_fail(err, CDF_BAD_INPUT, "the packed set has no tensor '%s'; make it again with tools/make_faces.mjs",
                    name);
  if ((*t)->dtype != CDF_U8 || (*t)->n_dims != n_dims || (first && (*t)->dims[0] != first))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the tensor '%s' of the packed set must be U8 of %d dimensions%s; make it again with "
                    "tools/make_faces.mjs",
                    name, n_dims, first ? ", one entry for each picture" : "");
  return CDF_OK;
}

static cdf_status read_lattice(cdf_pack *pack, cdf_error *err) {
  const cdf_tensor *t;
  cdf_status status = find(&t, pack, "lattice", 4, 0, err);
  if (status != CDF_OK) return status;
  const size_t *d = t->dims;
  if (d[0] < 1 || d[0] > INT_MAX || d[1] < 1 || d[1] > CDF_MAX_CHANNELS || d[2] < 1 || d[2] > CDF_MAX_LATTICE ||
      d[3] < 1 || d[3] > CDF_MAX_LATTICE)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the packed set holds %zu pictures of %zux%u with %u channels, but there must be at least 1, of "
                    "sides from 1 to %d, with 1 to %d channels",
                    d[0], d[3], (unsigned)d[2], (unsigned)d[1], CDF_MAX_LATTICE, CDF_MAX_CHANNELS);
  pack->n_pictures = (int)d[0], pack->n_channels = (int)d[1], pack->height = (int)d[2], pack->width = (int)d[3];
  pack->lattice = t->data;
  return CDF_OK;
}

static cdf_status read_labels(cdf_pack *pack, cdf_error *err) {
  if (!cdf_checkpoint_find(&pack->file, "labels")) return CDF_OK;
  const cdf_tensor *t;
  cdf_status status = find(&t, pack, "labels", 1, (size_t)pack->n_pictures, err);
  if (status != CDF_OK) return status;
  for (int i = 0; i < pack->n_pictures; i++) pack->n_classes = cdf_max(pack->n_classes, t->data[i] + 1);
  if (pack->n_classes > CDF_MAX_CLASSES)
    return cdf_fail(err, CDF_BAD_INPUT, "a label of the packed set is %d, but the highest allowed is %d",
                    pack->n_classes - 1, CDF_MAX_CLASSES - 1);
  pack->labels = t->data;
  return CDF_OK;
}

static cdf_status read_truth(cdf_pack *pack, cdf_error *err) {
  if (!cdf_checkpoint_find(&pack->file, "truth")) return CDF_OK;
  const cdf_tensor *truth, *lengths;
  size_t n = (size_t)pack->n_pictures, end = 0;
  cdf_status status = find(&truth, pack, "truth", 1, 0, err);
  if (status == CDF_OK) status = find(&lengths, pack, "truth_bytes", 2, n, err);
  if (status == CDF_OK && lengths->dims[1] != 4)
    status = cdf_fail(err, CDF_BAD_INPUT, "the tensor 'truth_bytes' must be %zu x 4, but is %zu x %zu", n,
                      lengths->dims[0], lengths->dims[1]);
  if (status != CDF_OK) return status;
  pack->truth_ends = malloc(n * sizeof *pack->truth_ends);
  if (!pack->truth_ends) return cdf_fail_memory(err, n * sizeof *pack->truth_ends);
  for (size_t i = 0; i < n; i++) {
    const unsigned char *p = lengths->data + 4 * i;
    size_t length = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (length > truth->n_elements - end)
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the PNG of picture %zu has %zu bytes, but only %zu are left in 'truth'; make the set again", i,
                      length, truth->n_elements - end);
    end += length;
    pack->truth_ends[i] = end;
  }
  if (end != truth->n_elements)
    return cdf_fail(err, CDF_BAD_INPUT, "the pictures take %zu of the %zu bytes of 'truth'; make the set again", end,
                    truth->n_elements);
  pack->truth = truth->data;
  return CDF_OK;
}

cdf_status cdf_pack_parse(cdf_pack *pack, const void *bytes, size_t n_bytes, cdf_error *err) {
  *pack = (cdf_pack){0};
  cdf_status status = cdf_checkpoint_parse(&pack->file, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  const char *format = cdf_checkpoint_metadata(&pack->file, "format");
  if (!format || strcmp(format, CDF_PACK_FORMAT) != 0)
    status = cdf_fail(err, CDF_BAD_INPUT, "the format of this safetensors file is '%.40s', not '%s'",
                      format ? format : "", CDF_PACK_FORMAT);
  if (status == CDF_OK) status = read_lattice(pack, err);
  if (status == CDF_OK) status = read_labels(pack, err);
  if (status == CDF_OK) status = read_truth(pack, err);
  if (status != CDF_OK) cdf_pack_free(pack);
  return status;
}

void cdf_pack_free(cdf_pack *pack) {
  if (!pack) return;
  cdf_checkpoint_free(&pack->file);
  free(pack->truth_ends);
  *pack = (cdf_pack){0};
}

cdf_status cdf_pack_dataset(cdf_dataset *dataset, const cdf_pack *pack, cdf_error *err) {
  cdf_status status =
      cdf_dataset_init(dataset, pack->n_pictures, pack->n_channels, pack->height, pack->width, pack->n_classes, err);
  if (status != CDF_OK) return status;
  memcpy(dataset->pixels, pack->lattice, cdf_dataset_image_size(dataset) * (size_t)pack->n_pictures);
  if (pack->labels) memcpy(dataset->labels, pack->labels, (size_t)pack->n_pictures);
  dataset->n_images = pack->n_pictures;
  status = cdf_dataset_name_classes(dataset, cdf_checkpoint_metadata(&pack->file, "classes"), ',', err);
  if (status != CDF_OK) cdf_dataset_free(dataset);
  return status;
}

const uint8_t *cdf_pack_truth(const cdf_pack *pack, int i, size_t *n_bytes) {
  if (!pack->truth) return NULL;
  size_t begin = i > 0 ? pack->truth_ends[i - 1] : 0;
  *n_bytes = pack->truth_ends[i] - begin;
  return pack->truth + begin;
}
