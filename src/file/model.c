#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/half.h"

/* ---- reading ---- */

cdf_status cdf_model_check_format(const cdf_checkpoint *c, cdf_error *err) {
  const char *format = cdf_checkpoint_metadata(c, "format");
  if (!format)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this is a safetensors file, but not a coordiff model: its metadata has no 'format'; "
                    "use a file made by 'coordiff train'");
  if (strcmp(format, CDF_FORMAT) != 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the model's format is '%.40s', but this program reads '%s'; use the version that wrote it, or "
                    "train it again",
                    format, CDF_FORMAT);
  return CDF_OK;
}

cdf_status cdf_model_read_fields(void *object, const cdf_field *fields, const char *prefix, const cdf_checkpoint *c,
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

static cdf_status find_shape(const cdf_tensor **t, const cdf_shape *shape, const cdf_checkpoint *c, const char *prefix,
                             cdf_error *err) {
  char name[CDF_CHECKPOINT_NAME_BYTES];
  snprintf(name, sizeof name, "%s%s", prefix, shape->name);
  *t = cdf_checkpoint_find(c, name);
  if (!*t)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the tensor '%s' of this model is missing; the file is damaged or of another architecture", name);
  const size_t *d = (*t)->dims;
  if ((*t)->dtype != CDF_U8 && (*t)->n_dims == 2 && d[0] == (size_t)shape->rows && d[1] == (size_t)shape->cols)
    return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT,
                  "the tensor '%s' has %zu numbers in %d dimensions, but this model needs %d x %d floats; the file is "
                  "damaged or of another architecture",
                  name, (*t)->n_elements, (*t)->n_dims, shape->rows, shape->cols);
}

cdf_status cdf_model_read_block(float *params, const cdf_tensors *tensors, const cdf_checkpoint *c, const char *prefix,
                                cdf_error *err) {
  for (int i = 0; i < tensors->n; i++) {
    const cdf_shape *shape = &tensors->list[i];
    const cdf_tensor *t;
    cdf_status status = find_shape(&t, shape, c, prefix, err);
    if (status != CDF_OK) return status;
    if (params) cdf_tensor_read_rows(params + shape->offset, t, (size_t)shape->ld);
  }
  return CDF_OK;
}

/* Tensors that are neither the networks' nor training state have no business in a model. */
static cdf_status refuse_strangers(const cdf_model *m, const cdf_checkpoint *c, cdf_error *err) {
  for (int i = 0; i < c->n_tensors; i++) {
    const char *name = c->tensors[i].name;
    if (strncmp(name, "train.", 6) != 0 && !cdf_tensors_find(&m->net.tensors, name) &&
        !(m->render_params && cdf_tensors_find(&m->render.tensors, name)))
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the tensor '%s' is not part of a '%s' model; the file is damaged or of another architecture",
                      name, m->net.config.arch);
  }
  return CDF_OK;
}

static char *copy_text(const char *text) {
  size_t n = strlen(text) + 1;
  char *copy = malloc(n);
  return copy ? memcpy(copy, text, n) : NULL;
}

static bool append_note(cdf_metadata **list, int *n, const char *key, const char *value) {
  cdf_metadata *grown = realloc(*list, (size_t)(*n + 1) * sizeof **list);
  if (!grown) return false;
  *list = grown;
  grown[*n] = (cdf_metadata){copy_text(key), copy_text(value)};
  (*n)++;
  return grown[*n - 1].key && grown[*n - 1].value;
}

static void free_notes(cdf_metadata *list, int n) {
  for (int i = 0; i < n; i++) {
    free(list[i].key);
    free(list[i].value);
  }
  free(list);
}

/* Lay out the network and allocate zeroed parameters; of what a file says only when it has the numbers to fill them. */
static cdf_status init_model(cdf_model *m, const cdf_config *config, const cdf_checkpoint *c, cdf_error *err) {
  cdf_network_init(&m->net, config);
  m->sample = cdf_sample_general;
  cdf_status status = c ? cdf_model_read_block(NULL, &m->net.tensors, c, "", err) : CDF_OK;
  if (status != CDF_OK) return status;
  m->params = cdf_aligned_zalloc(m->net.tensors.n_params * sizeof(float));
  return m->params ? CDF_OK : cdf_fail_memory(err, m->net.tensors.n_params * sizeof(float));
}

/* The metadata of a renderer: its keys stand behind this. */
#define RENDERER "renderer."

static cdf_status allocate_renderer(cdf_model *m, const cdf_render_config *config, cdf_error *err) {
  cdf_aligned_free(m->render_params);
  m->render_params = NULL;
  cdf_status status = cdf_render_config_check(config, err);
  if (status == CDF_OK && config->channels != m->net.config.channels)
    status = cdf_fail(err, CDF_BAD_INPUT, "the renderer is for %d channels, but the model has %d", config->channels,
                      m->net.config.channels);
  if (status != CDF_OK) return status;
  cdf_render_net_init(&m->render, config);
  m->render_params = cdf_aligned_zalloc(m->render.tensors.n_params * sizeof(float));
  return m->render_params ? CDF_OK : cdf_fail_memory(err, m->render.tensors.n_params * sizeof(float));
}

cdf_status cdf_model_set_renderer(cdf_model *m, const cdf_render_config *config, const float *params, cdf_error *err) {
  cdf_status status = allocate_renderer(m, config, err);
  if (status == CDF_OK) memcpy(m->render_params, params, m->render.tensors.n_params * sizeof(float));
  return status;
}

static cdf_status read_renderer(cdf_model *m, const cdf_checkpoint *c, cdf_error *err) {
  if (!cdf_checkpoint_metadata(c, RENDERER "hidden")) return CDF_OK;
  cdf_render_config config;
  cdf_status status = cdf_model_read_fields(&config, cdf_render_fields, RENDERER, c, err);
  if (status == CDF_OK) status = allocate_renderer(m, &config, err);
  if (status == CDF_OK) status = cdf_model_read_block(m->render_params, &m->render.tensors, c, "", err);
  return status;
}

/* Is this metadata part of a configuration, and so not a note? */
static bool is_setting(const char *key) {
  size_t n = strlen(RENDERER);
  return strcmp(key, "format") == 0 || cdf_fields_find(cdf_config_fields, key) ||
         (strncmp(key, RENDERER, n) == 0 && cdf_fields_find(cdf_render_fields, key + n));
}

/* The model's own defaults of sampling, for whom it is to say. */
#define SAMPLE "sample."

static cdf_status read_sample(cdf_model *m, cdf_error *err) {
  cdf_status status = CDF_OK;
  for (int i = 0; i < m->n_notes && status == CDF_OK; i++)
    if (strncmp(m->notes[i].key, SAMPLE, strlen(SAMPLE)) == 0)
      status = cdf_sample_set(&m->sample, m->notes[i].key + strlen(SAMPLE), m->notes[i].value, err);
  if (status == CDF_OK) status = cdf_sample_check(&m->sample, &m->net.config, err);
  if (status == CDF_OK) return CDF_OK;
  if (err) err->code = CDF_BAD_INPUT;
  return CDF_BAD_INPUT;
}

cdf_status cdf_model_load(cdf_model **out, const void *bytes, size_t n_bytes, cdf_error *err) {
  *out = NULL;
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  cdf_model *m = calloc(1, sizeof *m);
  cdf_config config = {0};
  status = m ? cdf_model_check_format(&c, err) : cdf_fail_memory(err, sizeof *m);
  if (status == CDF_OK) status = cdf_model_read_fields(&config, cdf_config_fields, "", &c, err);
  if (status == CDF_OK) status = cdf_config_check(&config, err);
  if (status != CDF_OK) goto done;
  status = init_model(m, &config, &c, err);
  if (status != CDF_OK) goto done;
  status = cdf_model_read_block(m->params, &m->net.tensors, &c, "", err);
  if (status == CDF_OK) status = read_renderer(m, &c, err);
  if (status == CDF_OK) status = refuse_strangers(m, &c, err);
  for (int i = 0; i < c.n_metadata && status == CDF_OK; i++)
    if (!is_setting(c.metadata[i].key) && !append_note(&m->notes, &m->n_notes, c.metadata[i].key, c.metadata[i].value))
      status = cdf_fail_memory(err, 0);
  if (status == CDF_OK) status = read_sample(m, err);
done:
  cdf_checkpoint_free(&c);
  if (status == CDF_OK)
    *out = m;
  else
    cdf_model_free(m);
  return status;
}

cdf_status cdf_model_create(cdf_model **out, const cdf_config *config, uint64_t seed, cdf_error *err) {
  *out = NULL;
  cdf_status status = cdf_config_check(config, err);
  if (status != CDF_OK) return status;
  cdf_model *m = calloc(1, sizeof *m);
  if (!m) return cdf_fail_memory(err, sizeof *m);
  status = init_model(m, config, NULL, err);
  if (status != CDF_OK) {
    free(m);
    return status;
  }
  cdf_network_randomize(&m->net, m->params, seed);
  *out = m;
  return CDF_OK;
}

cdf_status cdf_model_note(cdf_model *m, const char *key, const char *value, cdf_error *err) {
  for (int i = 0; i < m->n_notes; i++)
    if (strcmp(m->notes[i].key, key) == 0) {
      char *copy = copy_text(value);
      if (!copy) return cdf_fail_memory(err, strlen(value) + 1);
      free(m->notes[i].value);
      m->notes[i].value = copy;
      return CDF_OK;
    }
  return append_note(&m->notes, &m->n_notes, key, value) ? CDF_OK : cdf_fail_memory(err, strlen(key) + strlen(value));
}

void cdf_model_free(cdf_model *m) {
  if (!m) return;
  cdf_aligned_free(m->params);
  cdf_aligned_free(m->render_params);
  free_notes(m->notes, m->n_notes);
  free(m);
}

/* ---- writing ---- */

void cdf_writer_note(cdf_writer *w, const char *key, const char *value) {
  if (!append_note(&w->metadata, &w->n_metadata, key, value)) w->failed = true;
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
  free_notes(w->metadata, w->n_metadata);
  *w = (cdf_writer){0};
  return status;
}

cdf_status cdf_model_save(const cdf_model *m, bool half, unsigned char **bytes, size_t *n_bytes, cdf_error *err) {
  cdf_writer w = {0};
  cdf_writer_note(&w, "format", CDF_FORMAT);
  cdf_writer_fields(&w, "", &m->net.config, cdf_config_fields);
  for (int i = 0; i < m->n_notes; i++) cdf_writer_note(&w, m->notes[i].key, m->notes[i].value);
  if (m->render_params) cdf_writer_fields(&w, RENDERER, &m->render.config, cdf_render_fields);
  cdf_writer_block(&w, &m->net.tensors, m->params, "", half);
  if (m->render_params) cdf_writer_block(&w, &m->render.tensors, m->render_params, "", half);
  return cdf_writer_finish(&w, bytes, n_bytes, err);
}
