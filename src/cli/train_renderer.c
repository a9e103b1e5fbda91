/* train_renderer.c: `coordiff train-renderer`: the network that draws large canvases, for a model that has none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "packs.h"
#include "renderer_run.h"
#include "terminal.h"
#include "threads.h"

static const char usage[] =
    "Usage: coordiff train-renderer --model FILE --data SET --out DIR [--config FILE] [settings]\n"
    "\n"
    "Examples\n"
    "  coordiff train-renderer --model runs/faces/model.safetensors --data build/data/faces-train.safetensors \\\n"
    "      --config models/faces-renderer.conf --out runs/faces-renderer\n"
    "\n"
    "SET is a packed set with a finer truth (tools/make_faces.mjs; `coordiff data` shows what is in one). The "
    "renderer\n"
    "learns from it alone; the denoiser of --model goes into DIR/model.safetensors as it is. The same command "
    "resumes.\n";

static const cli_option option_table[] = {
    {"model", "FILE", "the model that is to be given a renderer", NULL},
    {"data", "SET", "packed pictures with a finer truth", NULL},
    {"out", "DIR", "run directory", NULL},
    {"config", "FILE", "settings as `key = value` lines; flags override them", NULL},
    {"pictures", "N", "how many pictures of the set, all in memory (default 4000)", NULL},
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "a kernel table (see coordiff bench); default: the fastest here, measured", NULL},
    {"log-every", "STEPS", "rows of log.csv (default 50)", NULL},
    {"save-every", "STEPS", "checkpoints (default 1000)", NULL},
    {"keep", "N", "checkpoints to keep (default 2)", NULL},
    {"f32", NULL, "write model.safetensors in F32 instead of F16", NULL},
    {"quiet", NULL, "no progress", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

typedef struct training {
  cli_pack set;
  cdf_dataset lattice;
  uint8_t *truth;
  const char *model_path;
  cli_run run;
  cli_renderer_run r;
  int n_pictures, scale;
} training;

static cdf_status load_model(void *self, cdf_model **model, cdf_error *err) {
  return cli_load_model(model, ((training *)self)->model_path, err);
}

/* ---- the command ---- */

static cdf_status load_data(training *t, const char *path, cdf_error *err) {
  cdf_status status = cli_pack_open(&t->set, path, err);
  if (status != CDF_OK) return status;
  t->n_pictures = cdf_min(t->n_pictures, t->set.pack.n_pictures);
  status = cdf_pack_dataset(&t->lattice, &t->set.pack, err);
  return status == CDF_OK ? cli_pack_truth(&t->truth, &t->scale, &t->set, t->n_pictures, &cli_threads, err) : status;
}

static cdf_status prepare(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  const char *data = cli_value(options, "data");
  if (!data) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the packed pictures are");
  cdf_model *model;
  cdf_status status = cli_load_model(&model, t->model_path, err);
  if (status != CDF_OK) return status;
  int channels = model->net.config.channels;
  cdf_model_free(model);
  status = load_data(t, data, err);
  if (status != CDF_OK) return status;
  cli_renderer_run *r = &t->r;
  cdf_render_config_default(&r->config, channels);
  cdf_train_config_default(&r->train);
  status = cli_apply_settings(&r->config, cdf_render_fields, settings, err);
  if (status == CDF_OK) status = cli_apply_settings(&r->train, cdf_train_fields, settings, err);
  if (status == CDF_OK && r->config.channels != channels)
    status =
        cdf_fail(err, CDF_USAGE, "channels is %d, but the model has %d; leave it out", r->config.channels, channels);
  cdf_error why = {0};
  if (status == CDF_OK && cdf_render_config_check(&r->config, &why) != CDF_OK)
    status = cdf_fail(err, CDF_USAGE, "%s", why.text); /* settings, not a file */
  r->data = data, r->run = &t->run, r->self = t, r->model = load_model;
  r->truth = (cdf_truth){&t->lattice, t->truth, t->n_pictures, t->scale};
  return status;
}

cdf_status command_train_renderer(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cli_settings *settings = cli_new_settings(cdf_render_fields);
  training t = {.n_pictures = 4000, .run.command = "train-renderer"};
  if (!settings) return cdf_fail_memory(err, 2 * sizeof *settings);
  cdf_status status = cli_parse(options, &settings[1], argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) {
    cli_help(usage, options, cdf_render_fields);
    goto done;
  }
  if (status == CDF_OK) status = cli_int(&t.n_pictures, options, "pictures", 1, 1000000, err);
  if (status == CDF_OK) status = cli_run_options(&t.run, settings, &t.r.k, options, err);
  if (status != CDF_OK) goto done;
  t.model_path = cli_value(options, "model");
  cli_catch_signals();
  status = prepare(&t, options, settings, err);
  if (status == CDF_OK) status = cli_renderer_train(&t.r, err);
done:
  cli_run_close(&t.run);
  cdf_dataset_free(&t.lattice);
  cli_pack_close(&t.set);
  free(t.truth);
  free(settings);
  return status;
}
