#include "packs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "pictures/decode.h"
#include "files.h"

bool cli_pack_is_one(const char *path) {
  unsigned char start[9];
  struct stat info; /* a pipe can be read only once: not here */
  gzFile in = stat(path, &info) == 0 && S_ISREG(info.st_mode) ? gzopen(path, "rb") : NULL;
  int n = in ? gzread(in, start, sizeof start) : 0;
  if (in) gzclose_r(in);
  return n > 0 && cdf_pack_is_one(start, (size_t)n);
}

cdf_status cli_pack_open(cli_pack *p, const char *path, cdf_error *err) {
  *p = (cli_pack){0};
  size_t n_bytes;
  cdf_error why = {0};
  cdf_status status = cdf_file_read(&p->bytes, &n_bytes, path, CDF_FILE_SET, err);
  if (status != CDF_OK) return status;
  status = cdf_pack_parse(&p->pack, p->bytes, n_bytes, &why);
  if (status == CDF_OK) return CDF_OK;
  cli_pack_close(p);
  if (strlen(path) > 80) path += strlen(path) - 80;
  return cdf_fail(err, status, "%s is no packed set of pictures: %.200s", path, why.text);
}

void cli_pack_close(cli_pack *p) {
  cdf_pack_free(&p->pack);
  free(p->bytes);
  *p = (cli_pack){0};
}

/* Decode the truth of picture i into out[h * scale][w * scale][C]. */
static cdf_status decode(uint8_t *out, const cdf_pack *pack, int i, int scale, cdf_error *err) {
  cli_picture picture;
  cdf_error why = {0};
  size_t n_bytes;
  const uint8_t *png = cdf_pack_truth(pack, i, &n_bytes);
  cdf_status status = cli_decode(&picture, png, n_bytes, &why);
  if (status != CDF_OK) return cdf_fail(err, status, "the finer picture %d is %s; make the set again", i, why.text);
  int width = pack->width * scale, height = pack->height * scale, channels = pack->n_channels;
  if (picture.width != width || picture.height != height || picture.channels < channels) {
    status = cdf_fail(err, CDF_BAD_INPUT,
                      "the finer picture %d is %dx%d with %d channels, but must be %dx%d, %d times as large as the "
                      "lattice, with at least %d; make the set again",
                      i, picture.width, picture.height, picture.channels, width, height, scale, channels);
  } else {
    /* An alpha channel of an opaque picture is dropped. */
    for (size_t at = 0, n = (size_t)width * (size_t)height; at < n; at++)
      for (int c = 0; c < channels; c++) *out++ = picture.pixels[at * (size_t)picture.channels + (size_t)c];
  }
  free(picture.pixels);
  return status;
}

static size_t picture_bytes(const cdf_pack *pack, int scale) {
  return (size_t)(pack->width * scale) * (size_t)(pack->height * scale) * (size_t)pack->n_channels;
}

cdf_status cli_pack_scale(int *scale, const cli_pack *p, cdf_error *err) {
  size_t n_bytes;
  cli_picture first;
  cdf_error why = {0};
  const uint8_t *png = cdf_pack_truth(&p->pack, 0, &n_bytes);
  if (!png) return cdf_fail(err, CDF_BAD_INPUT, "this set has no finer pictures; make one with tools/make_faces.mjs");
  cdf_status status = cli_decode(&first, png, n_bytes, &why);
  if (status != CDF_OK) return cdf_fail(err, status, "the finer picture 0 is %s; make the set again", why.text);
  free(first.pixels);
  int width = p->pack.width, height = p->pack.height;
  *scale = first.width / width;
  if (*scale >= 1 && first.width == width * *scale && first.height == height * *scale) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT,
                  "the finer pictures of this set are %dx%d, but must be a whole number of times as large as its "
                  "lattice of %dx%d; make the set again",
                  first.width, first.height, width, height);
}

cdf_status cli_pack_picture(uint8_t **pixels, const cli_pack *p, int i, int scale, cdf_error *err) {
  size_t n_bytes = picture_bytes(&p->pack, scale);
  *pixels = malloc(n_bytes);
  if (!*pixels) return cdf_fail_memory(err, n_bytes);
  cdf_status status = decode(*pixels, &p->pack, i, scale, err);
  if (status == CDF_OK) return CDF_OK;
  free(*pixels);
  *pixels = NULL;
  return status;
}

typedef struct decoding {
  const cdf_pack *pack;
  uint8_t *pixels;
  size_t picture_bytes;
  int scale;
  bool *failed;
} decoding;

static void work_decode(void *context, int i) {
  decoding *d = context;
  d->failed[i] = decode(d->pixels + d->picture_bytes * (size_t)i, d->pack, i, d->scale, NULL) != CDF_OK;
}

cdf_status cli_pack_truth(uint8_t **pixels, int *scale, const cli_pack *p, int n, const cdf_parallel *parallel,
                          cdf_error *err) {
  *pixels = NULL;
  size_t n_bytes;
  cdf_status status = cli_pack_scale(scale, p, err);
  if (status != CDF_OK) return status;
  decoding d = {.pack = &p->pack, .scale = *scale, .picture_bytes = picture_bytes(&p->pack, *scale)};
  if (!cdf_mul(&n_bytes, d.picture_bytes, (size_t)n)) return cdf_fail_memory(err, SIZE_MAX);
  d.pixels = malloc(n_bytes);
  d.failed = calloc((size_t)n, sizeof *d.failed);
  if (!d.pixels || !d.failed) {
    free(d.pixels);
    free(d.failed);
    return cdf_fail_memory(err, n_bytes);
  }
  cdf_parallel_for(parallel, work_decode, &d, n);
  for (int i = 0; i < n && status == CDF_OK; i++)
    if (d.failed[i]) status = decode(d.pixels + d.picture_bytes * (size_t)i, d.pack, i, d.scale, err); /* why? */
  free(d.failed);
  if (status != CDF_OK) {
    free(d.pixels);
    return status;
  }
  *pixels = d.pixels;
  return CDF_OK;
}
