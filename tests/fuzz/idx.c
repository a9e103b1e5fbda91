/* Fuzzer of IDX files: images, and labels behind them; the first two bytes say where these begin. */
#include <stdlib.h>
#include <string.h>

#include "file/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* In a buffer of its own, so that the sanitizer sees what is read beyond it. */
static uint8_t *copy(const uint8_t *bytes, size_t n) {
  uint8_t *own = malloc(n + 1);
  if (own) memcpy(own, bytes, n);
  return own;
}

static void use(const cdf_dataset *d) {
  unsigned sum = 0;
  for (size_t i = 0; i < cdf_dataset_image_size(d) * (size_t)d->n_images; i++) sum += d->pixels[i];
  if (sum == 1 && d->n_images < 1) abort();
  for (int i = 0; i < d->n_images && d->labels; i++)
    if (d->labels[i] >= d->n_classes || d->n_classes > CDF_MAX_CLASSES) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n < 2) return 0;
  size_t cut = (size_t)bytes[0] << 8 | bytes[1];
  bytes += 2, n -= 2;
  cut = cut < n ? cut : n;
  uint8_t *images = copy(bytes, cut), *labels = cut < n ? copy(bytes + cut, n - cut) : NULL;
  cdf_dataset d;
  cdf_error err = {0};
  if (cdf_dataset_from_idx(&d, images, cut, labels, n - cut, &err) == CDF_OK)
    use(&d);
  else if (err.code != CDF_BAD_INPUT || strlen(err.text) < 20)
    abort();
  cdf_dataset_free(&d);
  free(images);
  free(labels);
  return 0;
}
