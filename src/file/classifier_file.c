#include "classifier_file.h"

#include <string.h>

#include "block.h"

cdf_status cdf_classifier_save(const cdf_classifier *c, bool half, const cdf_metadata *notes, int n_notes,
                               unsigned char **bytes, size_t *n_bytes, cdf_error *err) {
  size_t n;
  cdf_writer w = {0};
  cdf_writer_note(&w, "format", CDF_CLASSIFIER_FORMAT);
  cdf_writer_fields(&w, "", cdf_classifier_get_shape(c), cdf_classifier_fields);
  for (int i = 0; i < n_notes; i++) cdf_writer_note(&w, notes[i].key, notes[i].value);
  cdf_writer_block(&w, cdf_classifier_tensors(c), cdf_classifier_params(c, true, &n), "", half);
  return cdf_writer_finish(&w, bytes, n_bytes, err);
}

static cdf_status check_format(const cdf_checkpoint *file, cdf_error *err) {
  const char *format = cdf_checkpoint_metadata(file, "format");
  if (format && strcmp(format, CDF_CLASSIFIER_FORMAT) == 0) return CDF_OK;
  return cdf_fail(
      err, CDF_BAD_INPUT,
      "this is no classifier: its 'format' is '%.40s', not '%s'; make one with 'coordiff eval --train-classifier'",
      format ? format : "missing", CDF_CLASSIFIER_FORMAT);
}

static cdf_status read_weights(cdf_classifier *c, const cdf_checkpoint *file, cdf_error *err) {
  const cdf_tensors *tensors = cdf_classifier_tensors(c);
  size_t n;
  float *params = cdf_classifier_params(c, false, &n), *average = cdf_classifier_params(c, true, &n);
  if (file->n_tensors != tensors->n)
    return cdf_fail(err, CDF_BAD_INPUT, "the classifier has %d tensors, but must have %d; the file is damaged",
                    file->n_tensors, tensors->n);
  cdf_status status = cdf_read_block(params, tensors, file, "", err);
  if (status == CDF_OK) memcpy(average, params, n * sizeof(float));
  return status;
}

cdf_status cdf_classifier_load(cdf_classifier **out, const void *bytes, size_t n_bytes, const cdf_kernels *k,
                               cdf_error *err) {
  *out = NULL;
  cdf_checkpoint file;
  cdf_classifier *c = NULL;
  cdf_classifier_shape shape;
  cdf_status status = cdf_checkpoint_parse(&file, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  status = check_format(&file, err);
  if (status == CDF_OK) status = cdf_read_fields(&shape, cdf_classifier_fields, "", &file, err);
  if (status == CDF_OK) status = cdf_classifier_create(&c, &shape, 0, k, err);
  if (status == CDF_OK) status = read_weights(c, &file, err);
  cdf_checkpoint_free(&file);
  if (status == CDF_OK)
    *out = c;
  else
    cdf_classifier_free(c);
  return status;
}
