/* data.c: what `coordiff eval` measures against. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "../sets.h"

cdf_status cli_eval_open_set(cli_eval_set *set, const char *path, cdf_error *err) {
  *set = (cli_eval_set){0};
  cdf_status status = cli_pack_open(&set->file, path, err);
  if (status != CDF_OK) return status;
  const cdf_pack *pack = &set->file.pack;
  set->order = malloc((size_t)pack->n_pictures * sizeof *set->order);
  if (!set->order) {
    cli_eval_close_set(set);
    return cdf_fail_memory(err, (size_t)pack->n_pictures * sizeof *set->order);
  }
  int n = 0;
  for (int label = 0; label < cdf_max(pack->n_classes, 1); label++)
    for (int i = 0; i < pack->n_pictures; i++)
      if (!pack->labels || pack->labels[i] == label) set->order[n++] = i;
  return CDF_OK;
}

void cli_eval_close_set(cli_eval_set *set) {
  cli_pack_close(&set->file);
  free(set->order);
  *set = (cli_eval_set){0};
}

int cli_eval_pick(const cli_eval_set *set, int i, int n) {
  return set->order[(size_t)((int64_t)i * set->file.pack.n_pictures / n)];
}

static cdf_status load_set(cdf_dataset *d, cli_eval_set *set, const char *path, cdf_error *err) {
  cdf_status status = cli_eval_open_set(set, path, err);
  if (status != CDF_OK) return status;
  const cdf_pack *pack = &set->file.pack;
  status = cdf_dataset_init(d, pack->n_pictures, pack->n_channels, pack->height, pack->width, pack->n_classes, err);
  if (status != CDF_OK) return status;
  size_t size = cdf_dataset_image_size(d);
  for (int i = 0; i < pack->n_pictures; i++) {
    memcpy(d->pixels + (size_t)i * size, pack->lattice + (size_t)set->order[i] * size, size);
    if (pack->labels) d->labels[i] = pack->labels[set->order[i]];
  }
  d->n_images = pack->n_pictures;
  return CDF_OK;
}

/* Of a packed set or of a split of a dataset. */
static cdf_status load(cdf_dataset *d, cli_eval_set *set, const cli_eval *e, const char *path, const char *split,
                       cdf_error *err) {
  const cdf_config *c = e->model ? &e->model->net.config : NULL;
  if (cli_pack_is_one(path)) return load_set(d, set, path, err);
  const cli_set_options options = {
      .width = c ? c->lattice_width : 0, .height = c ? c->lattice_height : 0, .channels = c ? c->channels : 0};
  cli_account account;
  cdf_status status = cli_load_set(d, path, split, &options, &account, err);
  bool once = strcmp(split, "t10k") == 0; /* a folder is the same for both splits, and this one is always loaded */
  if (status == CDF_OK && once) cli_account_tell("eval", &account);
  return status;
}

static cdf_status check_test(const cli_eval *e, cdf_error *err) {
  if (!e->test || cli_pack_is_one(e->data)) return CDF_OK;
  return cdf_fail(err, CDF_USAGE,
                  "--test names a second packed set, but --data %.100s is not packed and brings its own test "
                  "pictures; leave out --test",
                  e->data);
}

cdf_status cli_eval_load_test(cli_eval_data *d, const cli_eval *e, cdf_error *err) {
  *d = (cli_eval_data){0};
  cdf_status status = check_test(e, err);
  if (status == CDF_OK) status = load(&d->test, &d->test_set, e, e->test ? e->test : e->data, "t10k", err);
  if (status != CDF_OK || !e->model) return status;
  return cli_eval_check_size(e, d->test.width, d->test.height, d->test.n_channels, err);
}

cdf_status cli_eval_load_data(cli_eval_data *d, const cli_eval *e, cdf_error *err) {
  *d = (cli_eval_data){0};
  cdf_status status = check_test(e, err);
  if (status == CDF_OK) status = load(&d->train, &d->train_set, e, e->data, "train", err);
  if (status == CDF_OK) status = load(&d->test, &d->test_set, e, e->test ? e->test : e->data, "t10k", err);
  if (status != CDF_OK) return status;
  if (d->train.width != d->test.width || d->train.height != d->test.height || d->train.n_channels != d->test.n_channels)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the training pictures in %.100s are %dx%d, but the test pictures %dx%d; both must be of one size",
                    e->data, d->train.width, d->train.height, d->test.width, d->test.height);
  d->same = d->train.n_images == d->test.n_images &&
            memcmp(d->train.pixels, d->test.pixels, cdf_dataset_image_size(&d->train) * (size_t)d->train.n_images) == 0;
  if (d->same)
    fprintf(stderr,
            "coordiff eval: %s has no test pictures of its own; the training pictures stand in for them, so their "
            "figures flatter%s\n",
            e->data, cli_pack_is_one(e->data) ? "; name a held-out set with --test" : "");
  return CDF_OK;
}

void cli_eval_free_data(cli_eval_data *data) {
  cdf_dataset_free(&data->train);
  cdf_dataset_free(&data->test);
  cli_eval_close_set(&data->train_set);
  cli_eval_close_set(&data->test_set);
}

cdf_status cli_eval_check_size(const cli_eval *e, int width, int height, int channels, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  if (width == c->lattice_width && height == c->lattice_height && channels == c->channels) return CDF_OK;
  return cdf_fail(
      err, CDF_BAD_INPUT,
      "the pictures are %dx%d with %d channels, but the model is %dx%d with %d; use the data that the model was "
      "trained on",
      width, height, channels, c->lattice_width, c->lattice_height, c->channels);
}
