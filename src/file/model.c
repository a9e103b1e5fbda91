#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"

/* ---- reading ---- */

cdf_status cdf_model_check_format(const cdf_checkpoint *c, cdf_error *err) {
  const char *format = cdf_checkpoint_metadata(c, "format");
  if (!format)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this is a safetensors file, but not a coordiff model: its metadata has no 'format'; "
                    "use a file made by 'coordiff train'");
  if (strncmp(format, "coordiff", 8) == 0 && strncmp(format, CDF_FORMAT, strlen(CDF_FORMAT) - 1) != 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this is a file of the kind '%.40s' and no model: a lattice is for 'coordiff render --lattice', a "
                    "classifier for --classifier, pictures are for --data",
                    format);
  if (strcmp(format, CDF_FORMAT) != 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the model's format is '%.40s', but this program reads '%s'; use the version that wrote it, or "
                    "train it again",
                    format, CDF_FORMAT);
  return CDF_OK;
}

static bool is_networks(const cdf_model *m, const char *name) {
  return cdf_tensors_find(&m->net.tensors, name) ||
         (m->render_params && cdf_tensors_find(&m->render.tensors, name) != NULL);
}

/* The scales of one of the networks' tensors (block.h). */
static bool is_scale(const cdf_model *m, const cdf_checkpoint *c, const char *name) {
  char of[CDF_CHECKPOINT_NAME_BYTES];
  int n = (int)strlen(name) - (int)strlen(".scale");
  if (n < 0 || strcmp(name + n, ".scale") != 0) return false;
  snprintf(of, sizeof of, "%.*s", n, name);
  const cdf_tensor *t = cdf_checkpoint_find(c, of);
  return t && t->dtype == CDF_I8 && is_networks(m, of);
}

/* Tensors that are neither the networks' nor training state have no business in a model. */
static cdf_status refuse_strangers(const cdf_model *m, const cdf_checkpoint *c, cdf_error *err) {
  for (int i = 0; i < c->n_tensors; i++) {
    const char *name = c->tensors[i].name;
    if (strncmp(name, "train.", 6) != 0 && !is_networks(m, name) && !is_scale(m, c, name))
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the tensor '%s' is not part of a '%s' model; the file is damaged or of another architecture",
                      name, m->net.config.arch);
  }
  return CDF_OK;
}

/* Lay out the network and allocate zeroed parameters; of what a file says only when it has the numbers to fill them. */
static cdf_status init_model(cdf_model *m, const cdf_config *config, const cdf_checkpoint *c, cdf_error *err) {
  cdf_network_init(&m->net, config);
  m->sample = cdf_sample_general, m->baked = 1.0f;
  cdf_status status = c ? cdf_read_block(NULL, &m->net.tensors, c, "", err) : CDF_OK;
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
  cdf_status status = cdf_read_fields(&config, cdf_render_fields, RENDERER, c, err);
  if (status == CDF_OK) status = allocate_renderer(m, &config, err);
  if (status == CDF_OK) status = cdf_read_block(m->render_params, &m->render.tensors, c, "", err);
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
  if (status == CDF_OK) status = cdf_read_fields(&config, cdf_config_fields, "", &c, err);
  if (status == CDF_OK) status = cdf_config_check(&config, err);
  if (status != CDF_OK) goto done;
  status = init_model(m, &config, &c, err);
  if (status != CDF_OK) goto done;
  status = cdf_read_block(m->params, &m->net.tensors, &c, "", err);
  if (status == CDF_OK) status = read_renderer(m, &c, err);
  if (status == CDF_OK) status = refuse_strangers(m, &c, err);
  for (int i = 0; i < c.n_metadata && status == CDF_OK; i++)
    if (!is_setting(c.metadata[i].key) &&
        !cdf_notes_append(&m->notes, &m->n_notes, c.metadata[i].key, c.metadata[i].value))
      status = cdf_fail_memory(err, 0);
  const char *baked = cdf_checkpoint_metadata(&c, "train.guidance");
  if (baked) m->baked = strtof(baked, NULL);
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
  return cdf_notes_set(&m->notes, &m->n_notes, key, value) ? CDF_OK : cdf_fail_memory(err, strlen(key) + strlen(value));
}

cdf_status cdf_model_resolve(const cdf_model *m, cdf_sample_options *options, cdf_error *err) {
  cdf_sample_resolve(options, &m->sample);
  if (m->baked != 1.0f && options->guidance != 1.0f)
    return cdf_fail(err, CDF_USAGE, "guidance is %g, but this model's own, %g, is part of its answers; leave it at 1",
                    (double)options->guidance, (double)m->baked);
  return CDF_OK;
}

void cdf_model_free(cdf_model *m) {
  if (!m) return;
  cdf_aligned_free(m->params);
  cdf_aligned_free(m->render_params);
  cdf_notes_free(m->notes, m->n_notes);
  free(m);
}

/* ---- writing ---- */

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
