#include "packs.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "files.h"

cdf_status cli_pack_open(cli_pack *p, const char *path, cdf_error *err) {
  *p = (cli_pack){0};
  size_t n_bytes;
  cdf_error why = {0};
  cdf_status status = cdf_file_read(&p->bytes, &n_bytes, path, err);
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

typedef struct decoding {
  const cdf_pack *pack;
  uint8_t *pixels;
  size_t picture_bytes;
  int finer;
  bool *failed;
} decoding;

static void work_decode(void *context, int i) {
  decoding *d = context;
  const cdf_pack *pack = d->pack;
  cli_picture picture;
  size_t n_bytes;
  const uint8_t *png = cdf_pack_truth(pack, i, &n_bytes);
  cdf_status status = cli_decode(&picture, png, n_bytes, NULL);
  /* An alpha channel of an opaque picture is dropped. */
  d->failed[i] = status != CDF_OK || picture.width != pack->width * d->finer ||
                 picture.height != pack->height * d->finer || picture.channels < pack->n_channels;
  uint8_t *out = d->pixels + d->picture_bytes * (size_t)i;
  size_t n = d->failed[i] ? 0 : (size_t)picture.width * (size_t)picture.height;
  for (size_t at = 0; at < n; at++)
    for (int c = 0; c < pack->n_channels; c++) *out++ = picture.pixels[at * (size_t)picture.channels + (size_t)c];
  free(picture.pixels);
}

cdf_status cli_pack_truth(uint8_t **pixels, int *finer, const cli_pack *p, int n, const cdf_parallel *parallel,
                          cdf_error *err) {
  *pixels = NULL;
  size_t n_bytes;
  cli_picture first = {0};
  const uint8_t *png = cdf_pack_truth(&p->pack, 0, &n_bytes);
  if (!png)
    return cdf_fail(err, CDF_BAD_INPUT, "this set has no finer pictures; make one with tools/make_faces.mjs");
  cdf_status status = cli_decode(&first, png, n_bytes, err);
  if (status != CDF_OK) return status;
  free(first.pixels);
  decoding d = {.pack = &p->pack, .finer = first.width / p->pack.width};
  if (d.finer < 1)
    return cdf_fail(err, CDF_BAD_INPUT, "the finer pictures of this set are %d pixels wide, but its lattice is %d",
                    first.width, p->pack.width);
  d.picture_bytes = (size_t)first.width * (size_t)first.height * (size_t)p->pack.n_channels;
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
    if (d.failed[i])
      status = cdf_fail(err, CDF_BAD_INPUT, "the finer picture %d of this set is damaged or not %d times as large", i,
                        d.finer);
  free(d.failed);
  if (status != CDF_OK) {
    free(d.pixels);
    return status;
  }
  *pixels = d.pixels, *finer = d.finer;
  return CDF_OK;
}
