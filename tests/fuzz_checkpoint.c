/* Fuzzer of everything that parses a file: checkpoint.c, pack.c and the chunk walker of png.c. `make fuzz` builds it
 * and starts it from what test_checkpoint, test_pack and test_png write with --seeds DIR.
 */
#include <stdlib.h>
#include <string.h>

#include "file/checkpoint.h"
#include "file/pack.h"
#include "file/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Whatever was accepted must be whole: readable, findable, finite, and the same after a round trip. */
static void use(const cdf_checkpoint *c, size_t n_bytes) {
  for (int i = 0; i < c->n_tensors; i++) {
    const cdf_tensor *t = &c->tensors[i];
    if (t->n_elements > n_bytes || cdf_checkpoint_find(c, t->name) != t) abort();
    float *x = malloc(t->n_elements * sizeof *x + 1);
    if (!x) return;
    cdf_tensor_read(x, t);
    for (size_t k = 0; k < t->n_elements; k++)
      if (!(x[k] - x[k] == 0)) abort();
    free(x);
  }
  for (int i = 0; i < c->n_metadata; i++)
    if (cdf_checkpoint_metadata(c, c->metadata[i].key) != c->metadata[i].value) abort();
  unsigned char *again;
  size_t n_again;
  cdf_error err = {0};
  cdf_checkpoint copy;
  /* Escapes may grow the header beyond its limit, which is a clean refusal. */
  if (cdf_checkpoint_write(&again, &n_again, c->tensors, c->n_tensors, c->metadata, c->n_metadata, &err) != CDF_OK) {
    if (n_bytes < 100000) abort();
    return;
  }
  if (cdf_checkpoint_parse(&copy, again, n_again, NULL) != CDF_OK) abort();
  if (copy.n_tensors != c->n_tensors || copy.n_metadata != c->n_metadata) abort();
  cdf_checkpoint_free(&copy);
  free(again);
}

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  cdf_error err = {0};
  cdf_checkpoint c;
  if (cdf_checkpoint_parse(&c, bytes, n, &err) == CDF_OK)
    use(&c, n);
  else if (err.code != CDF_BAD_INPUT || strlen(err.text) < 20)
    abort();
  cdf_checkpoint_free(&c);

  cdf_pack pack;
  err = (cdf_error){0};
  if (cdf_pack_parse(&pack, bytes, n, &err) == CDF_OK)
    use_pack(&pack);
  else if (err.code != CDF_BAD_INPUT || strlen(err.text) < 20)
    abort();
  cdf_pack_free(&pack);

  char *text;
  if (cdf_png_parameters(&text, bytes, n, &err) != CDF_OK && text) abort();
  if (text && strlen(text) > n) abort();
  free(text);
  return 0;
}
