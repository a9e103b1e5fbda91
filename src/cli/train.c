/* train.c: `coordiff train`: data, settings, the loop, and a run directory that can always be resumed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grid.h"
#include "outputs.h"
#include "provenance.h"
#include "taking.h"
#include "terminal.h"
#include "threads.h"
#include "train_loop.h"

static const char usage[] =
    "Usage: coordiff train --data PATH --out DIR [--config FILE] [settings]\n"
    "\n"
    "Examples\n"
    "  coordiff train --data /usr/share/datasets/fashion-mnist --out runs/fashion --steps 20000\n"
    "  coordiff train --data my-pictures --size 32x32 --out runs/mine        sub-folder = class\n"
    "  coordiff train --config models/fashion.conf --data ... --out runs/f   the same command resumes\n"
    "\n"
    "DIR gets checkpoint-*.safetensors (resumable), model.safetensors (the averaged weights), log.csv and grid-*.png.\n"
    "Ctrl-C saves; the same command goes on where it stopped, to the bit.\n";

static const cli_option option_table[] = {
    {"data", "PATH", "IDX directory or file, packed set, or folder of PNG, JPEG and WebP", NULL},
    {"out", "DIR", "run directory", NULL},
    {"config", "FILE", "settings as `key = value` lines; flags override them", NULL},
    CLI_TAKING_OPTIONS,
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
    {"log-every", "STEPS", "rows of log.csv (default 50)", NULL},
    {"save-every", "STEPS", "checkpoints (default 1000)", NULL},
    {"grid-every", "STEPS", "sample grids (default 2000, 0: none)", NULL},
    {"keep", "N", "checkpoints to keep (default 2)", NULL},
    {"f32", NULL, "write model.safetensors in F32 instead of F16", NULL},
    {"quiet", NULL, "no progress", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

typedef struct training {
  cdf_dataset data;
  cdf_config config;
  cdf_train_config train;
  cdf_learner *learner;
  const cdf_kernels *k;
  cli_run run;
  cli_group group;
} training;

static cdf_status load_data(training *t, const cli_option *options, cdf_error *err) {
  const char *path = cli_value(options, "data");
  cli_taking taking;
  cli_account account;
  if (!path) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the pictures are");
  cdf_status status = cli_taking_read(&taking, options, err);
  if (status == CDF_OK && cli_set_is_folder(path, "train")) status = cli_check_run_directory(t->run.path, path, err);
  if (status == CDF_OK) status = cli_load_set(&t->data, path, "train", &taking.set, &account, err);
  if (status == CDF_OK && t->group.rank == 0) cli_account_tell("train", &account);
  if (status == CDF_OK && taking.set.width &&
      (t->data.width != taking.set.width || t->data.height != taking.set.height))
    status = cdf_fail(err, CDF_USAGE,
                      "--size is %dx%d, but these pictures are %dx%d and are used as they are; leave out --size",
                      taking.set.width, taking.set.height, t->data.width, t->data.height);
  return status;
}

/* Preset, then what the data dictates, then the settings; the measured fields last. */
static cdf_status make_config(training *t, const cli_settings *settings, cdf_error *err) {
  const char *arch = cli_setting(settings, "arch");
  cdf_status status = cdf_config_preset(&t->config, arch ? arch : "taps", err);
  if (status != CDF_OK) return status;
  t->config.channels = t->data.n_channels;
  t->config.lattice_width = t->data.width, t->config.lattice_height = t->data.height;
  cdf_train_config_default(&t->train);
  status = cdf_config_check(&t->config, err); /* so far it is the preset's and the pictures' */
  if (status == CDF_OK) status = cli_apply_settings(&t->config, cdf_config_fields, settings, err);
  if (status == CDF_OK) status = cli_apply_settings(&t->train, cdf_train_fields, settings, err);
  cli_run_inherit(&t->run, &t->config, cdf_config_fields, settings);
  if (t->config.cond_hidden > 0 && !cli_setting(settings, "n_classes") && t->data.labels)
    t->config.n_classes = t->data.n_classes;
  return status == CDF_OK ? cdf_trainer_measure(&t->config, &t->data, err) : status;
}

/* Eight pictures of each class (or sixty-four without classes), always from the same seeds. */
static cdf_status draw(void *self, int64_t step, cdf_error *err) {
  training *t = self;
  cdf_model *model;
  cdf_status status = cdf_trainer_model(t->learner, &model, err);
  if (status != CDF_OK) return status;
  int classes = cdf_min(t->config.n_classes, 16), n = 8 * (classes > 0 ? classes : 8);
  cdf_sample_options options[128];
  for (int i = 0; i < n; i++)
    options[i] = (cdf_sample_options){.seed = (uint64_t)i + 1, .label = classes > 0 ? i / 8 : -1};
  int zoom = t->config.lattice_width < 64 ? 2 : 1, w = zoom * t->config.lattice_width,
      h = zoom * t->config.lattice_height;
  bool failed[128];
  cli_failures failures = {.at = failed};
  cli_grid grid = {.n = n, .columns = 8, .width = w, .height = h, .options = options, .failures = &failures};
  uint8_t *pixels = NULL, *sheet = NULL;
  int sheet_width, sheet_height;
  const cli_window whole = {0};
  char text[CLI_PROVENANCE_BYTES], name[64];
  snprintf(name, sizeof name, "model.safetensors in training, step %lld", (long long)step);
  status = cli_sample_all(&pixels, model, t->k, &grid, err);
  if (status == CDF_OK && failures.n > 0)
    fprintf(stderr, "coordiff train: the grid of step %lld has %d of %d pictures crossed out; %s\n", (long long)step,
            failures.n, n, failures.first.text);
  if (status == CDF_OK) {
    cli_say_grid(text, &(cli_scene){name, &t->config, &whole, w, h}, options, n, 8, failed);
    status = cli_lay_out(&sheet, &sheet_width, &sheet_height, pixels, n, 8, w, h, t->config.channels, 2, err);
  }
  if (status == CDF_OK)
    status = cli_run_write_grid(&t->run, step, sheet, sheet_width, sheet_height, t->config.channels, text, err);
  free(pixels);
  free(sheet);
  cdf_model_free(model);
  return cli_stop_signal() ? CDF_OK : status;
}

static cdf_status make_model(void *self, cdf_model **model, cdf_error *err) {
  return cdf_trainer_model(((training *)self)->learner, model, err);
}

/* ---- the command ---- */

/* What it refuses now are settings, not files. */
static cdf_status create_learner(training *t, cdf_error *err) {
  cdf_error why = {0};
  cdf_status status =
      cdf_trainer_create(&t->learner, &t->config, &t->train, &t->data, t->k, t->group.rank, t->group.size, &why);
  if (status == CDF_OK) return CDF_OK;
  return cdf_fail(err, status == CDF_BAD_INPUT ? CDF_USAGE : status, "%s", why.text);
}

static cdf_status prepare(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  cdf_status status = load_data(t, options, err);
  if (status == CDF_OK) status = make_config(t, settings, err);
  if (status == CDF_OK) status = create_learner(t, err);
  cli_material material = {cli_value(options, "data"), &t->data, t->data.n_images, t->config.n_classes, NULL, 0};
  return status == CDF_OK ? cli_record_make(&t->run.record, "", &material, t->k, err) : status;
}

static void greet(const training *t, bool resumed) {
  const cdf_network *net = cdf_trainer_network(t->learner);
  if (t->run.quiet) return;
  fprintf(stderr,
          "coordiff train: %s, %d pictures of %dx%d, %zu parameters, %zu multiply-adds a pixel, %s on %d threads%s\n",
          t->config.arch, t->data.n_images, t->data.width, t->data.height, net->tensors.n_params,
          cdf_network_pixel_macs(net), t->k->name, cli_n_threads(), resumed ? ", resumed" : "");
}

static cdf_status train(training *t, int grid_every, cdf_error *err) {
  const cli_task task = {
      .unit = "rows", .n_shown = 1, .learner = t->learner, .self = t, .model = make_model, .draw = draw};
  cli_loop loop = {.task = &task, .run = &t->run, .group = &t->group, .grid_every = grid_every};
  char settings[CLI_GROUP_TEXT] = "";
  cli_loop_describe(settings, &t->config, cdf_config_fields);
  cli_loop_describe(settings, &t->train, cdf_train_fields);
  cdf_status status = cli_loop_start(&loop, settings, err);
  if (status != CDF_OK) return status;
  greet(t, loop.resumed);
  return cli_loop_run(&loop, err);
}

cdf_status command_train(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cli_settings *settings = cli_new_settings(cdf_config_fields);
  training t = {.run.command = "train"};
  int grid_every = 2000;
  if (!settings) return cdf_fail_memory(err, 2 * sizeof *settings);
  cdf_status status = cli_parse(options, &settings[1], argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) {
    cli_help(usage, options, cdf_config_fields);
    goto done;
  }
  if (status == CDF_OK) status = cli_int(&grid_every, options, "grid-every", 0, 100000000, err);
  if (status == CDF_OK) status = cli_run_options(&t.run, settings, &t.k, options, err);
  if (status != CDF_OK) goto done;
  t.group = cli_group_join();
  if (t.group.rank > 0) t.run.read_only = t.run.quiet = true;
  cli_catch_signals();
  status = prepare(&t, options, settings, err);
  if (status == CDF_OK) status = train(&t, grid_every, err);
  if (status == CDF_OK) cli_group_leave(&t.group); /* after a failure the others are gone, and it would wait for them */
done:
  cli_run_close(&t.run);
  cdf_learner_free(t.learner);
  cdf_dataset_free(&t.data);
  free(settings);
  return status;
}
