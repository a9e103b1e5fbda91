/* Fuzzer of pictures: PNG, JPEG and WebP through the entry that every command uses, and on into a set of every number
 * of channels. Starts from tests/pictures. */
#include <stdlib.h>
#include <string.h>

#include "cli/pictures/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define MAX_DECODE_BYTES ((size_t)4 << 20) /* time */

static void use(const cli_picture *p) {
  static const int sides[][2] = {{1, 1}, {7, 4}, {3, 16}, {32, 32}};
  if (p->width < 1 || p->height < 1 || p->channels < 1 || p->channels > 4) abort();
  for (int channels = 1; channels <= 4; channels++) {
    cdf_dataset d;
    if (cdf_dataset_init(&d, 1, channels, sides[channels - 1][0], sides[channels - 1][1], 0, NULL) != CDF_OK) abort();
    cdf_dataset_add(&d, p->pixels, p->width, p->height, p->channels, 0);
    cdf_dataset_free(&d);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  cli_picture picture;
  cdf_error err = {0};
  cdf_status status = cli_decode_within(&picture, bytes, n, MAX_DECODE_BYTES, &err);
  if (status == CDF_OK)
    use(&picture);
  else if (picture.pixels || status != CDF_BAD_INPUT || strlen(err.text) < 10)
    abort();
  free(picture.pixels);
  return 0;
}
