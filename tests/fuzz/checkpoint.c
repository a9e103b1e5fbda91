/* Fuzzer of what the program and the page read models from: checkpoint.c, model.c, classifier.c, and the chunk walker
 * of png.c. Starts from what test_checkpoint and test_png write with --seeds DIR. */
#include <stdlib.h>
#include <string.h>

#include "file/checkpoint.h"
#include "file/model.h"
#include "file/png.h"
#include "file/classifier_file.h"

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

/* A header is refused before the rest is there exactly when it would be refused with the rest. */
static void look_ahead(const uint8_t *bytes, size_t n, bool is_whole) {
  cdf_error err = {0};
  if (n < 2) return;
  cdf_checkpoint c;
  bool good = cdf_checkpoint_parse_header(&c, bytes, n - 1, n, &err) == CDF_OK;
  cdf_checkpoint_free(&c);
  if (!good && (err.code != CDF_BAD_INPUT || strlen(err.text) < 20)) abort();
  /* With nothing but its header a file has no byte to be cut off. */
  if (is_whole && !good && !strstr(err.text, "truncated")) abort();
  if (good && cdf_checkpoint_parse_header(&c, bytes, n - 1, SIZE_MAX, NULL) != CDF_OK) abort();
  if (good) cdf_checkpoint_free(&c);
}

/* Whoever asks for a model or a judge gets one that is whole, or a sentence. */
static void load(const uint8_t *bytes, size_t n) {
  cdf_error err = {0};
  cdf_model *model;
  if (cdf_model_load(&model, bytes, n, &err) == CDF_OK) {
    for (size_t i = 0; i < model->net.tensors.n_params; i++)
      if (!(model->params[i] - model->params[i] == 0)) abort();
    cdf_model_free(model);
  } else if (model || err.code == CDF_OK || strlen(err.text) < 20) {
    abort();
  }
  cdf_classifier *judge;
  err = (cdf_error){0};
  if (cdf_classifier_load(&judge, bytes, n, cdf_kernels_named("portable"), &err) == CDF_OK)
    cdf_classifier_free(judge);
  else if (err.code == CDF_OK || strlen(err.text) < 20)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  cdf_error err = {0};
  cdf_checkpoint c;
  bool is_whole = cdf_checkpoint_parse(&c, bytes, n, &err) == CDF_OK;
  look_ahead(bytes, n, is_whole);
  if (is_whole)
    use(&c, n);
  else if (err.code != CDF_BAD_INPUT || strlen(err.text) < 20)
    abort();
  cdf_checkpoint_free(&c);

  load(bytes, n);
  char *text;
  if (cdf_png_parameters(&text, bytes, n, &err) != CDF_OK && text) abort();
  if (text && strlen(text) > n) abort();
  free(text);
  return 0;
}
