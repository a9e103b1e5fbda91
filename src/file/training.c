#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"

static const char *const block_prefixes[] = {"train.params.", "train.moment1.", "train.moment2.", ""};

/* The blocks in the order of their prefixes; the last is the model itself. */
static void list_blocks(float *blocks[4], cdf_optimizer *o) {
  blocks[0] = o->params, blocks[1] = o->moment1, blocks[2] = o->moment2, blocks[3] = o->average;
}

/* The sampler that serves a model of this objective best: fresh noise forgives what a young network gets wrong. */
static int sampler_for(int objective) {
  return objective == CDF_OBJECTIVE_CONSISTENCY    ? CDF_SAMPLER_RENOISE
         : objective == CDF_OBJECTIVE_DISTILLATION ? CDF_SAMPLER_EULER
                                                   : CDF_SAMPLER_SDE;
}

#define MAX_BEGUN 6

/* What a model of this training begins sampling with, as notes. A student is asked for the steps that it has learned,
 * too; for every other model those of everyone serve, and for a fixed chain there is nothing to say. */
typedef struct begun {
  char key[32], value[64];
} begun;

static int list_begun(begun list[MAX_BEGUN], const cdf_config *config, const cdf_train_config *train) {
  static const char *const keys[MAX_BEGUN] = {"sampler", "steps", "guidance", "sigma_max", "sigma_min", "rho"};
  const cdf_sample_options own = {.kind = sampler_for(train->objective),
                                  .steps = train->student_steps,
                                  .guidance = 1.0f,
                                  .sigma_max = train->student_sigma_max,
                                  .sigma_min = train->student_sigma_min,
                                  .rho = train->student_rho};
  if (config->target == CDF_TARGET_PREVIOUS) return 0;
  int n = train->objective == CDF_OBJECTIVE_DENOISE ? 1 : MAX_BEGUN;
  for (int i = 0; i < n; i++) {
    snprintf(list[i].key, sizeof list[i].key, "sample.%s", keys[i]);
    cdf_field_print(list[i].value, sizeof list[i].value, &own, cdf_fields_find(cdf_sample_fields, keys[i]));
  }
  return n;
}

cdf_status cdf_learner_save(cdf_learner *l, const cdf_metadata *notes, int n_notes, unsigned char **bytes,
                            size_t *n_bytes, cdf_error *err) {
  const cdf_task *t = cdf_learner_task(l);
  cdf_optimizer *o = cdf_learner_optimizer(l);
  float *blocks[4];
  list_blocks(blocks, o);
  char step[32];
  snprintf(step, sizeof step, "%lld", (long long)o->step);
  cdf_writer w = {0};
  cdf_writer_note(&w, "format", t->format);
  cdf_writer_fields(&w, t->prefix, t->config, t->fields);
  cdf_writer_fields(&w, "train.", cdf_learner_config(l), cdf_train_fields);
  cdf_writer_note(&w, "train.step", step);
  begun list[MAX_BEGUN];
  bool is_denoiser = strcmp(t->format, CDF_FORMAT) == 0;
  int n = is_denoiser ? list_begun(list, t->config, cdf_learner_config(l)) : 0;
  for (int i = 0; i < n; i++) cdf_writer_note(&w, list[i].key, list[i].value);
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
    if (!saved) saved = fields->before;
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
static cdf_status read_blocks(cdf_learner *l, const cdf_checkpoint *c, cdf_error *err) {
  cdf_optimizer *o = cdf_learner_optimizer(l);
  size_t n = o->n_params;
  float *copy = cdf_aligned_zalloc(4 * n * sizeof(float)), *blocks[4];
  cdf_status status = copy ? CDF_OK : cdf_fail_memory(err, 4 * n * sizeof(float));
  for (int i = 0; i < 4 && status == CDF_OK; i++)
    status = cdf_read_block(copy + (size_t)i * n, cdf_learner_task(l)->tensors, c, block_prefixes[i], err);
  list_blocks(blocks, o);
  for (int i = 0; i < 4 && status == CDF_OK; i++) memcpy(blocks[i], copy + (size_t)i * n, n * sizeof(float));
  cdf_aligned_free(copy);
  return status;
}

/* Is the checkpoint of this kind of training, and of these settings? */
static cdf_status same_training(const cdf_learner *l, const cdf_checkpoint *c, cdf_error *err) {
  const cdf_task *t = cdf_learner_task(l);
  const char *format = cdf_checkpoint_metadata(c, "format");
  if (strcmp(t->format, CDF_RENDER_FORMAT) != 0) {
    cdf_status status = cdf_model_check_format(c, err);
    if (status != CDF_OK) return status;
  } else if (!format || strcmp(format, t->format) != 0) {
    return cdf_fail(err, CDF_BAD_INPUT, "this is no checkpoint of a renderer: its format is '%.40s', not '%s'",
                    format ? format : "", t->format);
  }
  cdf_train_config train = {0};
  void *then = calloc(1, t->config_bytes);
  cdf_status status =
      then ? same_fields(t->config, then, t->fields, t->prefix, c, err) : cdf_fail_memory(err, t->config_bytes);
  if (status == CDF_OK) status = same_fields(cdf_learner_config(l), &train, cdf_train_fields, "train.", c, err);
  free(then);
  return status;
}

static cdf_status restore(cdf_learner *l, const cdf_checkpoint *c, cdf_error *err) {
  const cdf_tensors *tensors = cdf_learner_task(l)->tensors;
  cdf_status status = same_training(l, c, err);
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
  snprintf(name, sizeof name, "train.params.%s", tensors->list[tensors->n - 1].name);
  if (!cdf_checkpoint_find(c, name))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "this checkpoint cannot be resumed: it is a finished model without Adam's state; start a new run "
                    "with another output");
  status = read_blocks(l, c, err);
  if (status == CDF_OK) cdf_learner_optimizer(l)->step = strtoll(step, NULL, 10);
  return status;
}

cdf_status cdf_learner_restore(cdf_learner *l, const void *bytes, size_t n_bytes, cdf_error *err) {
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n_bytes, err);
  if (status != CDF_OK) return status;
  status = restore(l, &c, err);
  cdf_checkpoint_free(&c);
  return status;
}

/* Notes that tell how it was trained. */
static cdf_status note_training(cdf_model *model, const char *prefix, cdf_learner *l, cdf_error *err) {
  cdf_status status = CDF_OK;
  char key[64], value[256];
  for (const cdf_field *f = cdf_train_fields; f->key && status == CDF_OK; f++) {
    snprintf(key, sizeof key, "%s%s", prefix, f->key);
    cdf_field_print(value, sizeof value, cdf_learner_config(l), f);
    status = cdf_model_note(model, key, value, err);
  }
  snprintf(key, sizeof key, "%sstep", prefix);
  snprintf(value, sizeof value, "%lld", (long long)cdf_learner_optimizer(l)->step);
  return status == CDF_OK ? cdf_model_note(model, key, value, err) : status;
}

static cdf_status note_sampling(cdf_model *model, const cdf_train_config *train, cdf_error *err) {
  begun list[MAX_BEGUN];
  int n = list_begun(list, &model->net.config, train);
  cdf_status status = CDF_OK;
  for (int i = 0; i < n && status == CDF_OK; i++) {
    status = cdf_sample_set(&model->sample, list[i].key + strlen("sample."), list[i].value, err);
    if (status == CDF_OK) status = cdf_model_note(model, list[i].key, list[i].value, err);
  }
  return status;
}

cdf_status cdf_trainer_model(cdf_learner *l, cdf_model **model, cdf_error *err) {
  const cdf_optimizer *o = cdf_learner_optimizer(l);
  cdf_status status = cdf_model_create(model, &cdf_trainer_network(l)->config, cdf_learner_config(l)->seed, err);
  if (status != CDF_OK) return status;
  memcpy((*model)->params, o->average, o->n_params * sizeof(float));
  status = note_training(*model, "train.", l, err);
  if (status == CDF_OK) status = note_sampling(*model, cdf_learner_config(l), err);
  if (status != CDF_OK) {
    cdf_model_free(*model);
    *model = NULL;
  }
  return status;
}

cdf_status cdf_render_trainer_give(cdf_learner *l, cdf_model *model, cdf_error *err) {
  cdf_status status =
      cdf_model_set_renderer(model, &cdf_render_trainer_net(l)->config, cdf_learner_optimizer(l)->average, err);
  return status == CDF_OK ? note_training(model, "renderer.train.", l, err) : status;
}
