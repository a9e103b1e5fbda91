#include "trainer_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "model.h"

static const char *const block_prefixes[] = {"train.params.", "train.moment1.", "train.moment2.", ""};

/* The blocks in the order of their prefixes; the last is the model itself. */
static void list_blocks(float *blocks[4], cdf_trainer *t) {
  cdf_trainer_state s = cdf_trainer_get_state(t);
  blocks[0] = s.params, blocks[1] = s.moment1, blocks[2] = s.moment2, blocks[3] = s.average;
}

cdf_status cdf_trainer_save(cdf_trainer *t, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                            size_t *n_bytes, cdf_error *err) {
  const cdf_network *net = cdf_trainer_network(t);
  float *blocks[4];
  list_blocks(blocks, t);
  char step[32];
  snprintf(step, sizeof step, "%lld", (long long)cdf_trainer_get_state(t).step);
  cdf_writer w = {0};
  cdf_writer_note(&w, "format", CDF_FORMAT);
  cdf_writer_fields(&w, "", &net->config, cdf_config_fields);
  cdf_writer_fields(&w, "train.", cdf_trainer_config(t), cdf_train_fields);
  cdf_writer_note(&w, "train.step", step);
  for (int i = 0; i < n_notes; i++) cdf_writer_note(&w, notes[i].key, notes[i].value);
  for (int i = 0; i < 4; i++) cdf_writer_block(&w, net, blocks[i], block_prefixes[i], false);
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

cdf_status cdf_trainer_restore(cdf_trainer *t, const void *bytes, size_t n_bytes, cdf_error *err) {
  const cdf_network *net = cdf_trainer_network(t);
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  cdf_config config = {0};
  cdf_train_config train = {0};
  status = cdf_model_check_format(&c, err);
  if (status == CDF_OK) status = same_fields(&net->config, &config, cdf_config_fields, "", &c, err);
  if (status == CDF_OK) status = same_fields(cdf_trainer_config(t), &train, cdf_train_fields, "train.", &c, err);
  const char *step = cdf_checkpoint_metadata(&c, "train.step");
  bool valid = step && *step && strlen(step) <= 10 && strspn(step, "0123456789") == strlen(step);
  if (status == CDF_OK && !valid)
    status = cdf_fail(err, CDF_BAD_INPUT, "this checkpoint cannot be resumed: it does not say at which step it stands");
  if (status == CDF_OK && !cdf_checkpoint_find(&c, "train.params.out.bias"))
    status = cdf_fail(err, CDF_BAD_INPUT,
                      "this checkpoint cannot be resumed: it is a finished model without Adam's state; start a new run "
                      "with another output");
  /* Read into a copy first: a damaged file must not leave half a state. */
  size_t n = net->n_params;
  float *copy = status == CDF_OK ? cdf_aligned_zalloc(4 * n * sizeof(float)) : NULL;
  if (status == CDF_OK && !copy) status = cdf_fail_memory(err, 4 * n * sizeof(float));
  for (int i = 0; i < 4 && status == CDF_OK; i++)
    status = cdf_model_read_block(copy + (size_t)i * n, net, &c, block_prefixes[i], err);
  if (status == CDF_OK) {
    float *blocks[4];
    list_blocks(blocks, t);
    for (int i = 0; i < 4; i++) memcpy(blocks[i], copy + (size_t)i * n, n * sizeof(float));
    cdf_trainer_set_step(t, strtoll(step, NULL, 10));
  }
  cdf_aligned_free(copy);
  cdf_checkpoint_free(&c);
  return status;
}

cdf_status cdf_trainer_model(cdf_trainer *t, cdf_model **model, cdf_error *err) {
  const cdf_network *net = cdf_trainer_network(t);
  cdf_status status = cdf_model_create(model, &net->config, cdf_trainer_config(t)->seed, err);
  if (status != CDF_OK) return status;
  memcpy((*model)->params, cdf_trainer_get_state(t).average, net->n_params * sizeof(float));
  char key[64], value[256];
  for (const cdf_field *f = cdf_train_fields; f->key && status == CDF_OK; f++) {
    snprintf(key, sizeof key, "train.%s", f->key);
    cdf_field_print(value, sizeof value, cdf_trainer_config(t), f);
    status = cdf_model_note(*model, key, value, err);
  }
  snprintf(value, sizeof value, "%lld", (long long)cdf_trainer_get_state(t).step);
  if (status == CDF_OK) status = cdf_model_note(*model, "train.step", value, err);
  if (status != CDF_OK) {
    cdf_model_free(*model);
    *model = NULL;
  }
  return status;
}
