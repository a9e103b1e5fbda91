#include "block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/half.h"

/* ---- reading ---- */

cdf_status cdf_read_fields(void *object, const cdf_field *fields, const char *prefix, const cdf_checkpoint *c,
                           cdf_error *err) {
  for (const cdf_field *f = fields; f->key; f++) {
    char key[64];
    snprintf(key, sizeof key, "%s%s", prefix, f->key);
    const char *value = cdf_checkpoint_metadata(c, key);
    if (!value) value = f->before;
    if (!value)
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the model's metadata has no '%s'; the file is damaged or from another program", key);
    cdf_status status = cdf_fields_set(object, fields, f->key, value, err);
    if (status != CDF_OK) {
      if (err) err->code = CDF_BAD_INPUT;
      return CDF_BAD_INPUT;
    }
  }
  return CDF_OK;
}

static cdf_status find_matrix(const cdf_tensor **t, const char *name, int rows, int cols, const cdf_checkpoint *c,
                              cdf_error *err) {
  *t = cdf_checkpoint_find(c, name);
  if (!*t)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the tensor '%s' of this model is missing; the file is damaged or of another architecture", name);
  const size_t *d = (*t)->dims;
  if ((*t)->dtype != CDF_U8 && (*t)->n_dims == 2 && d[0] == (size_t)rows && d[1] == (size_t)cols) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT,
                  "the tensor '%s' has %zu numbers in %d dimensions, but this model needs %d x %d floats; the file is "
                  "damaged or of another architecture",
                  name, (*t)->n_elements, (*t)->n_dims, rows, cols);
}

/* scale: NULL where the tensor needs none. */
static cdf_status find_shape(const cdf_tensor **t, const cdf_tensor **scale, const cdf_shape *shape,
                             const cdf_checkpoint *c, const char *prefix, cdf_error *err) {
  char name[CDF_CHECKPOINT_NAME_BYTES], beside[CDF_CHECKPOINT_NAME_BYTES];
  snprintf(name, sizeof name, "%s%s", prefix, shape->name);
  snprintf(beside, sizeof beside, "%s%s.scale", prefix, shape->name);
  *scale = NULL;
  cdf_status status = find_matrix(t, name, shape->rows, shape->cols, c, err);
  if (status != CDF_OK || (*t)->dtype != CDF_I8) return status;
  return find_matrix(scale, beside, shape->rows, 1, c, err);
}

cdf_status cdf_read_block(float *params, const cdf_tensors *tensors, const cdf_checkpoint *c, const char *prefix,
                          cdf_error *err) {
  for (int i = 0; i < tensors->n; i++) {
    const cdf_shape *shape = &tensors->list[i];
    const cdf_tensor *t, *scale;
    cdf_status status = find_shape(&t, &scale, shape, c, prefix, err);
    if (status != CDF_OK) return status;
    if (params) cdf_tensor_read_rows(params + shape->offset, t, scale, (size_t)shape->ld);
  }
  return CDF_OK;
}

/* ---- notes ---- */

static char *copy_text(const char *text) {
  size_t n = strlen(text) + 1;
  char *copy = malloc(n);
  return copy ? memcpy(copy, text, n) : NULL;
}

bool cdf_notes_append(cdf_metadata **list, int *n, const char *key, const char *value) {
  cdf_metadata *grown = realloc(*list, (size_t)(*n + 1) * sizeof **list);
  if (!grown) return false;
  *list = grown;
  grown[*n] = (cdf_metadata){copy_text(key), copy_text(value)};
  (*n)++;
  return grown[*n - 1].key && grown[*n - 1].value;
}

bool cdf_notes_set(cdf_metadata **list, int *n, const char *key, const char *value) {
  for (int i = 0; i < *n; i++)
    if (strcmp((*list)[i].key, key) == 0) {
      char *copy = copy_text(value);
      if (!copy) return false;
      free((*list)[i].value);
      (*list)[i].value = copy;
      return true;
    }
  return cdf_notes_append(list, n, key, value);
}

void cdf_notes_free(cdf_metadata *list, int n) {
  for (int i = 0; i < n; i++) {
    free(list[i].key);
    free(list[i].value);
  }
  free(list);
}

/* ---- writing ---- */

void cdf_writer_note(cdf_writer *w, const char *key, const char *value) {
  if (!cdf_notes_append(&w->metadata, &w->n_metadata, key, value)) w->failed = true;
}

void cdf_writer_fields(cdf_writer *w, const char *prefix, const void *object, const cdf_field *fields) {
  for (; fields->key; fields++) {
    char key[64], value[256];
    snprintf(key, sizeof key, "%s%s", prefix, fields->key);
    cdf_field_print(value, sizeof value, object, fields);
    cdf_writer_note(w, key, value);
  }
}

void cdf_writer_block(cdf_writer *w, const cdf_tensors *tensors, const float *params, const char *prefix, bool half) {
  cdf_tensor *grown = realloc(w->tensors, (size_t)(w->n_tensors + tensors->n) * sizeof *grown);
  if (!grown) {
    w->failed = true;
    return;
  }
  w->tensors = grown;
  for (int i = 0; i < tensors->n; i++) {
    const cdf_shape *shape = &tensors->list[i];
    size_t n = (size_t)shape->rows * (size_t)shape->cols, at = 0;
    cdf_tensor t = {.dtype = half ? CDF_F16 : CDF_F32, .n_dims = 2, .n_elements = n};
    snprintf(t.name, sizeof t.name, "%.24s%.31s", prefix, shape->name);
    t.dims[0] = (size_t)shape->rows, t.dims[1] = (size_t)shape->cols;
    unsigned char *data = malloc(n * (half ? 2 : 4) + 1);
    if (!data) w->failed = true;
    for (int r = 0; r < shape->rows && data; r++)
      for (int col = 0; col < shape->cols; col++, at++) {
        float x = params[shape->offset + (size_t)r * (size_t)shape->ld + (size_t)col];
        uint16_t h = half ? cdf_half_from_float(x) : 0;
        if (half)
          memcpy(data + 2 * at, &h, 2);
        else
          memcpy(data + 4 * at, &x, 4);
      }
    t.data = data;
    w->tensors[w->n_tensors++] = t;
  }
}

cdf_status cdf_writer_finish(cdf_writer *w, unsigned char **bytes, size_t *n_bytes, cdf_error *err) {
  *bytes = NULL;
  cdf_status status =
      w->failed ? cdf_fail_memory(err, 0)
                : cdf_checkpoint_write(bytes, n_bytes, w->tensors, w->n_tensors, w->metadata, w->n_metadata, err);
  for (int i = 0; i < w->n_tensors; i++) free((void *)(uintptr_t)w->tensors[i].data);
  free(w->tensors);
  cdf_notes_free(w->metadata, w->n_metadata);
  *w = (cdf_writer){0};
  return status;
}
