/* Fuzzer of packed sets: pack.c, and the decoding of their finer pictures by the program. Starts from what test_pack
 * writes with --seeds DIR. */
#include <stdlib.h>
#include <string.h>

#include "cli/packs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Whatever was accepted must be a set that a training can use: labels below n_classes, truths end to end. */
static void use_pack(const cdf_pack *p) {
  cdf_dataset d;
  cdf_error err = {0};
  if (cdf_pack_dataset(&d, p, &err) != CDF_OK) {
    if (err.code != CDF_NO_MEMORY) abort();
    return;
  }
  for (int i = 0; i < d.n_images && d.labels; i++)
    if (d.labels[i] >= d.n_classes) abort();
  if (memcmp(d.pixels, p->lattice, cdf_dataset_image_size(&d) * (size_t)d.n_images)) abort();
  const uint8_t *end = p->truth;
  unsigned sum = 0;
  for (int i = 0; i < p->n_pictures && p->truth; i++) {
    size_t n;
    const uint8_t *png = cdf_pack_truth(p, i, &n);
    if (png != end) abort();
    for (size_t k = 0; k < n; k++) sum += png[k]; /* the sanitizer watches */
    end = png + n;
  }
  if (sum > 255u * (size_t)(end - p->truth)) abort();
  cdf_dataset_free(&d);
}

#define MAX_SCALE 4 /* of the pictures that are decoded here: time */

static void decode_truth(const cdf_pack *pack) {
  cli_pack set = {.pack = *pack};
  int scale;
  if (cli_pack_scale(&scale, &set, NULL) != CDF_OK || scale > MAX_SCALE) return;
  for (int i = 0; i < cdf_min(pack->n_pictures, 4); i++) {
    uint8_t *pixels;
    cdf_error err = {0};
    if (cli_pack_picture(&pixels, &set, i, scale, &err) != CDF_OK && (pixels || strlen(err.text) < 20)) abort();
    free(pixels);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  cdf_error err = {0};
  cdf_pack pack;
  if (cdf_pack_parse(&pack, bytes, n, &err) == CDF_OK) {
    use_pack(&pack);
    decode_truth(&pack);
  } else if (err.code != CDF_BAD_INPUT || strlen(err.text) < 20) {
    abort();
  }
  cdf_pack_free(&pack);
  return 0;
}
