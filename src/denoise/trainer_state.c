#include "trainer_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"

/* What a trainer's checkpoint is made of, whatever it trains. */
typedef struct trained {
  const char *format;
  const void *config;
  const cdf_field *fields;
  void *then; /* scratch of the configuration's type */
  const char *prefix;
  const cdf_tensors *tensors;
  const cdf_train_config *train;
  cdf_optimizer *optimizer;
} trained;

static trained denoiser_of(cdf_trainer *t, cdf_config *then) {
  const cdf_network *net = cdf_trainer_network(t);
  return (trained){CDF_FORMAT, &net->config,  cdf_config_fields,     then,
                   "",         &net->tensors, cdf_trainer_config(t), cdf_trainer_optimizer(t)};
}

static trained renderer_of(cdf_render_trainer *t, cdf_render_config *then) {
  const cdf_render_net *net = cdf_render_trainer_net(t);
  return (trained){"coordiff renderer 1",
                   &net->config,
                   cdf_render_fields,
                   then,
                   "renderer.",
                   &net->tensors,
                   cdf_render_trainer_config(t),
                   cdf_render_trainer_optimizer(t)};
}

static const char *const block_prefixes[] = {"train.params.", "train.moment1.", "train.moment2.", ""};

/* The blocks in the order of their prefixes; the last is the model itself. */
static void list_blocks(float *blocks[4], cdf_optimizer *o) {
  blocks[0] = o->params, blocks[1] = o->moment1, blocks[2] = o->moment2, blocks[3] = o->average;
}

static cdf_status save(const trained *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes, size_t *n_bytes,
                       cdf_error *err) {
  float *blocks[4];
  list_blocks(blocks, t->optimizer);
  char step[32];
  snprintf(step, sizeof step, "%lld", (long long)t->optimizer->step);
  cdf_writer w = {0};
  cdf_writer_note(&w, "format", t->format);
  cdf_writer_fields(&w, t->prefix, t->config, t->fields);
  cdf_writer_fields(&w, "train.", t->train, cdf_train_fields);
  cdf_writer_note(&w, "train.step", step);
  for (int i = 0; i < n_notes; i++) cdf_writer_note(&w, notes[i].key, notes[i].value);
  for (int i = 0; i < 4; i++) cdf_writer_block(&w, t->tensors, blocks[i], block_prefixes[i], false);
  return cdf_writer_finish(&w, bytes, n_bytes, err);
}

/* Fields that no one sets: they are measured on the data. */
static bool is_measured(const char *key) {
  return strcmp(key, "sigma_data") == 0 || strcmp(key, "mean") == 0 || strcmp(key, "level_sd") == 0;
}

/* Every setting that decides a step must be what it was. `then` is scratch of the object's type: values are compared as
 * numbers, whatever the digits they were written with. */
static cdf_status same_fields(const void *object, void *then, const cdf_field *fields, const char *prefix,
                              const cdf_checkpoint *c, cdf_error *err) {
  const cdf_field *table = fields;
  for (; fields->key; fields++) {
    char key[64], now[256], before[256];
    snprintf(key, sizeof key, "%s%s", prefix, fields->key);
    const char *saved = cdf_checkpoint_metadata(c, key);
    if (!saved)
      return cdf_fail(err, CDF_BAD_INPUT,
                      "this checkpoint cannot be resumed: it has no '%s'; it is a finished model, start a new run with "
                      "another output",
                      key);
    if (cdf_fields_set(then, table, fields->key, saved, err) != CDF_OK) {
      if (err) err->code = CDF_BAD_INPUT;
      return CDF_BAD_INPUT;
    }
    cdf_field_print(now, sizeof now, object, fields);
    cdf_field_print(before, sizeof before, then, fields);
    if (strcmp(now, before) == 0 || strcmp(key, "train.steps") == 0) continue;
    if (is_measured(key))
      return cdf_fail(err, CDF_BAD_INPUT,
                      "the pictures are not those that this checkpoint was trained on: their %s is %s, not %s; use the "
                      "same data, or "
                      "another output for a new run",
                      fields->key, now, before);
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this checkpoint was trained with %s = %s, not %s; use that value, or another output for a new run",
                    fields->key, before, now);
  }
  return CDF_OK;
}

/* Read into a copy first: a damaged file must not leave half a state. */
static cdf_status read_blocks(const trained *t, const cdf_checkpoint *c, cdf_error *err) {
  size_t n = t->optimizer->n_params;
  float *copy = cdf_aligned_zalloc(4 * n * sizeof(float)), *blocks[4];
  cdf_status status = copy ? CDF_OK : cdf_fail_memory(err, 4 * n * sizeof(float));
  for (int i = 0; i < 4 && status == CDF_OK; i++)
    status = cdf_model_read_block(copy + (size_t)i * n, t->tensors, c, block_prefixes[i], err);
  list_blocks(blocks, t->optimizer);
  for (int i = 0; i < 4 && status == CDF_OK; i++) memcpy(blocks[i], copy + (size_t)i * n, n * sizeof(float));
  cdf_aligned_free(copy);
  return status;
}

static cdf_status restore(const trained *t, const cdf_checkpoint *c, cdf_error *err) {
  cdf_train_config train = {0};
  cdf_status status = same_fields(t->config, t->then, t->fields, t->prefix, c, err);
  if (status == CDF_OK) status = same_fields(t->train, &train, cdf_train_fields, "train.", c, err);
  if (status != CDF_OK) return status;
  const char *step = cdf_checkpoint_metadata(c, "train.step");
  if (!step || !*step || strlen(step) > 10 || strspn(step, "0123456789") != strlen(step))
    return cdf_fail(err, CDF_BAD_INPUT, "this checkpoint cannot be resumed: it does not say at which step it stands");
  double limit = cdf_fields_find(cdf_train_fields, "steps")->max;
  if ((double)strtoll(step, NULL, 10) > limit)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "this checkpoint cannot be resumed: it says that it stands at step %s, but at most %.0f are possible", step,
        limit);
  char name[64];
  snprintf(name, sizeof name, "train.params.%s", t->tensors->list[t->tensors->n - 1].name);
  if (!cdf_checkpoint_find(c, name))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this checkpoint cannot be resumed: it is a finished model without Adam's state; start a new run "
                    "with another output");
  status = read_blocks(t, c, err);
  if (status == CDF_OK) t->optimizer->step = strtoll(step, NULL, 10);
  return status;
}

cdf_status cdf_trainer_save(cdf_trainer *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                            size_t *n_bytes, cdf_error *err) {
  trained d = denoiser_of(t, NULL);
  return save(&d, notes, n_notes, bytes, n_bytes, err);
}

cdf_status cdf_render_trainer_save(cdf_render_trainer *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                                   size_t *n_bytes, cdf_error *err) {
  trained r = renderer_of(t, NULL);
  return save(&r, notes, n_notes, bytes, n_bytes, err);
}

cdf_status cdf_trainer_restore(cdf_trainer *t, const void *bytes, size_t n_bytes, cdf_error *err) {
  cdf_config then = {0};
  trained d = denoiser_of(t, &then);
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  status = cdf_model_check_format(&c, err);
  if (status == CDF_OK) status = restore(&d, &c, err);
  cdf_checkpoint_free(&c);
  return status;
}

cdf_status cdf_render_trainer_restore(cdf_render_trainer *t, const void *bytes, size_t n_bytes, cdf_error *err) {
  cdf_render_config then = {0};
  trained r = renderer_of(t, &then);
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  const char *format = cdf_checkpoint_metadata(&c, "format");
  if (!format || strcmp(format, r.format) != 0)
    status = cdf_fail(err, CDF_BAD_INPUT, "this is no checkpoint of a renderer: its format is '%.40s', not '%s'",
                      format ? format : "", r.format);
  if (status == CDF_OK) status = restore(&r, &c, err);
  cdf_checkpoint_free(&c);
  return status;
}

/* Notes that tell how it was trained. */
static cdf_status note_training(cdf_model *model, const char *prefix, const trained *t, cdf_error *err) {
  cdf_status status = CDF_OK;
  char key[64], value[256];
  for (const cdf_field *f = cdf_train_fields; f->key && status == CDF_OK; f++) {
    snprintf(key, sizeof key, "%s%s", prefix, f->key);
    cdf_field_print(value, sizeof value, t->train, f);
    status = cdf_model_note(model, key, value, err);
  }
  snprintf(key, sizeof key, "%sstep", prefix);
  snprintf(value, sizeof value, "%lld", (long long)t->optimizer->step);
  return status == CDF_OK ? cdf_model_note(model, key, value, err) : status;
}

cdf_status cdf_trainer_model(cdf_trainer *t, cdf_model **model, cdf_error *err) {
  const cdf_network *net = cdf_trainer_network(t);
  trained d = denoiser_of(t, NULL);
  cdf_status status = cdf_model_create(model, &net->config, d.train->seed, err);
  if (status != CDF_OK) return status;
  memcpy((*model)->params, d.optimizer->average, net->tensors.n_params * sizeof(float));
  status = note_training(*model, "train.", &d, err);
  if (status != CDF_OK) {
    cdf_model_free(*model);
    *model = NULL;
  }
  return status;
}

cdf_status cdf_render_trainer_give(cdf_render_trainer *t, cdf_model *model, cdf_error *err) {
  trained r = renderer_of(t, NULL);
  cdf_status status = cdf_model_set_renderer(model, r.config, r.optimizer->average, err);
  return status == CDF_OK ? note_training(model, "renderer.train.", &r, err) : status;
}
