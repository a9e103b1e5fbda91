/* train.c: training, for web/engine/learner.js, its only caller: pictures as bytes, a step in parts that several
 * workers share, checkpoints as the command line program writes them.
 *
 * Each worker has a trainer of its own and does its shards; the sum of the gradients goes from worker to worker in
 * their order, and the whole to all, who then make the same update: the same bits as one process alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "last_error.h"

typedef struct trainer {
  cdf_dataset data;
  cdf_config config;
  cdf_train_config train;
  const cdf_kernels *k;
  cdf_learner *learner;
  cdf_report report; /* of the step in progress */
  bool begins;       /* it has the first shard */
} trainer;

/* ---- pictures ---- */

/* n views of the picture rgba[height][width][4], number `picture` of its set, cut out and averaged as the program does:
 * levels[n][channels][out_height][out_width] and their changes[n][CDF_CHANGES]. */
cdf_status cdf_wasm_views(uint8_t *levels, float *changes, const uint8_t *rgba, int width, int height, int picture,
                          int n, int channels, int out_width, int out_height);
cdf_status cdf_wasm_views(uint8_t *levels, float *changes, const uint8_t *rgba, int width, int height, int picture,
                          int n, int channels, int out_width, int out_height) {
  cdf_dataset d;
  const cdf_views views = {.crop = CDF_CROP_CENTRE, .n = n};
  cdf_status status = cdf_dataset_init(&d, n, channels, out_height, out_width, 0, &cdf_wasm_last_error);
  if (status == CDF_OK) status = cdf_dataset_keep_changes(&d, n, &cdf_wasm_last_error);
  if (status == CDF_OK) {
    cdf_dataset_add_views(&d, &views, picture, rgba, width, height, 4, 0);
    memcpy(levels, d.pixels, (size_t)n * cdf_dataset_image_size(&d));
    memcpy(changes, d.changes, (size_t)n * sizeof(float[CDF_CHANGES]));
  }
  cdf_dataset_free(&d);
  return status;
}

int cdf_wasm_views_by_number(int n_pictures);
int cdf_wasm_views_by_number(int n_pictures) { return cdf_views_by_number(n_pictures); }

/* ---- a trainer ---- */

void cdf_wasm_trainer_free(trainer *t);
void cdf_wasm_trainer_free(trainer *t) {
  if (!t) return;
  cdf_learner_free(t->learner);
  cdf_dataset_free(&t->data);
  free(t);
}

/* The model to start from or the preset, for these pictures, without classes; then what the lines say. */
static cdf_status make_config(trainer *t, const cdf_model *from, const char *model, const char *train) {
  cdf_error *err = &cdf_wasm_last_error;
  cdf_status status = cdf_config_preset(&t->config, "taps", err);
  if (from) t->config = from->net.config;
  t->config.channels = t->data.n_channels, t->config.n_classes = 0;
  t->config.lattice_width = t->data.width, t->config.lattice_height = t->data.height;
  cdf_train_config_default(&t->train);
  if (status == CDF_OK) status = cdf_fields_read(&t->config, cdf_config_fields, model, err);
  if (status == CDF_OK) status = cdf_fields_read(&t->train, cdf_train_fields, train, err);
  if (status == CDF_OK) status = cdf_config_check(&t->config, err);
  return status == CDF_OK ? cdf_trainer_measure(&t->config, &t->data, err) : status;
}

static cdf_status adopt(trainer *t, const cdf_model *from) {
  cdf_optimizer *o = cdf_learner_optimizer(t->learner);
  const int no_classes[1] = {-1};
  cdf_status status = cdf_network_adopt(o->params, cdf_trainer_network(t->learner), from->params, &from->net,
                                        no_classes, &cdf_wasm_last_error);
  if (status == CDF_OK) memcpy(o->average, o->params, o->n_params * sizeof(float));
  return status;
}

static cdf_status start(trainer *t, const cdf_model *from, const char *model, const char *train, int rank,
                        int n_ranks) {
  cdf_status status = make_config(t, from, model, train);
  if (status == CDF_OK)
    status =
        cdf_trainer_create(&t->learner, &t->config, &t->train, &t->data, t->k, rank, n_ranks, &cdf_wasm_last_error);
  t->begins = rank == 0;
  return status == CDF_OK && from ? adopt(t, from) : status;
}

/* Of the pictures levels[n][channels][height][width] with their changes[n][CDF_CHANGES], both malloc'd and the
 * trainer's from here on, for shards `rank` of `n_ranks`. model, train: lines of key=value. from: bytes of a model
 * whose weights it begins with, or NULL. kernels: the name of a table, or "" for the best. */
trainer *cdf_wasm_trainer_create(uint8_t *levels, float *changes, int n, int channels, int width, int height,
                                 const char *model, const char *train, const void *from, size_t n_from,
                                 const char *kernels, int rank, int n_ranks);
trainer *cdf_wasm_trainer_create(uint8_t *levels, float *changes, int n, int channels, int width, int height,
                                 const char *model, const char *train, const void *from, size_t n_from,
                                 const char *kernels, int rank, int n_ranks) {
  cdf_error *err = &cdf_wasm_last_error;
  cdf_model *begin = NULL;
  trainer *t = calloc(1, sizeof *t);
  cdf_dataset data = {
      .n_images = n, .n_channels = channels, .height = height, .width = width, .pixels = levels, .changes = changes};
  cdf_status status = t ? CDF_OK : cdf_fail_memory(err, sizeof *t);
  if (status != CDF_OK) return cdf_dataset_free(&data), NULL;
  t->data = data;
  t->k = *kernels ? cdf_kernels_named(kernels) : cdf_kernels_best();
  if (!t->k) status = cdf_fail(err, CDF_USAGE, "there is no kernel table '%.40s' here", kernels);
  if (status == CDF_OK && from) status = cdf_model_load(&begin, from, n_from, err);
  if (status == CDF_OK) status = start(t, begin, model, train, rank, n_ranks);
  cdf_model_free(begin);
  if (status == CDF_OK) return t;
  cdf_wasm_trainer_free(t);
  return NULL;
}

size_t cdf_wasm_trainer_parameters(const trainer *t);
size_t cdf_wasm_trainer_parameters(const trainer *t) { return cdf_trainer_network(t->learner)->tensors.n_params; }

int cdf_wasm_trainer_step(const trainer *t);
int cdf_wasm_trainer_step(const trainer *t) { return (int)cdf_learner_optimizer(t->learner)->step; }

/* ---- a step ---- */

/* Forward and backward over its shards. */
void cdf_wasm_trainer_learn(trainer *t);
void cdf_wasm_trainer_learn(trainer *t) { cdf_learner_learn(t->learner, NULL); }

/* The sum, as many floats as there are parameters, and the report (a cdf_report) of all shards so far: to be read
 * after an addition, and to be written before one or an update. */
float *cdf_wasm_trainer_gradient(const trainer *t);
float *cdf_wasm_trainer_gradient(const trainer *t) { return cdf_learner_optimizer(t->learner)->grad; }
cdf_report *cdf_wasm_trainer_report(trainer *t);
cdf_report *cdf_wasm_trainer_report(trainer *t) { return &t->report; }

void cdf_wasm_trainer_add(trainer *t);
void cdf_wasm_trainer_add(trainer *t) { cdf_learner_add(t->learner, &t->report, t->begins, NULL); }

/* The sum is whole: the update of a run of so many steps. */
cdf_status cdf_wasm_trainer_update(trainer *t, int steps);
cdf_status cdf_wasm_trainer_update(trainer *t, int steps) {
  cdf_learner_set_steps(t->learner, steps);
  return cdf_learner_update(t->learner, &t->report, NULL, &cdf_wasm_last_error);
}

/* ---- checkpoints ---- */

/* All that going on needs; its size in *n_bytes. */
unsigned char *cdf_wasm_trainer_save(size_t *n_bytes, trainer *t);
unsigned char *cdf_wasm_trainer_save(size_t *n_bytes, trainer *t) {
  unsigned char *bytes;
  char n[16];
  char keys[][16] = {"data", "data.pictures", "kernels"}, name[] = "own pictures", kernels[32];
  snprintf(n, sizeof n, "%d", t->data.n_images);
  snprintf(kernels, sizeof kernels, "%s", t->k->name);
  const cdf_metadata notes[] = {{keys[0], name}, {keys[1], n}, {keys[2], kernels}};
  cdf_learner_save(t->learner, notes, 3, &bytes, n_bytes, &cdf_wasm_last_error);
  return bytes;
}

cdf_status cdf_wasm_trainer_restore(trainer *t, const void *bytes, size_t n_bytes);
cdf_status cdf_wasm_trainer_restore(trainer *t, const void *bytes, size_t n_bytes) {
  return cdf_learner_restore(t->learner, bytes, n_bytes, &cdf_wasm_last_error);
}

/* The averaged weights alone, as a model. */
unsigned char *cdf_wasm_trainer_model(size_t *n_bytes, trainer *t);
unsigned char *cdf_wasm_trainer_model(size_t *n_bytes, trainer *t) {
  cdf_model *model;
  unsigned char *bytes = NULL;
  if (cdf_trainer_model(t->learner, &model, &cdf_wasm_last_error) != CDF_OK) return NULL;
  cdf_model_save(model, true, &bytes, n_bytes, &cdf_wasm_last_error);
  cdf_model_free(model);
  return bytes;
}
