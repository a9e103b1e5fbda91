/* train_renderer.c: `coordiff train-renderer`: the network that draws large canvases, for a model that has none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "packs.h"
#include "run_directory.h"
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
    {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
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
  cdf_render_config config;
  cdf_train_config train;
  cdf_render_trainer *trainer;
  const char *model_path;
  const cdf_kernels *k;
  cli_run run;
  char picture_count[16];
  int n_pictures;
  bool quiet;
} training;

static cdf_status save(const training *t, cdf_error *err) {
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cdf_model *model = NULL;
  cdf_status status = cdf_render_trainer_save(t->trainer, t->run.notes, t->run.n_notes, &bytes, &n_bytes, err);
  if (status == CDF_OK)
    status = cli_run_save_checkpoint(&t->run, cdf_render_trainer_optimizer(t->trainer)->step, bytes, n_bytes, err);
  if (status == CDF_OK) status = cli_load_model(&model, t->model_path, err);
  if (status == CDF_OK) status = cdf_render_trainer_give(t->trainer, model, err);
  if (status == CDF_OK) status = cli_run_save_model(&t->run, model, err);
  cdf_model_free(model);
  free(bytes);
  return status;
}

static cdf_status restore(void *trainer, const void *bytes, size_t n_bytes, cdf_error *err) {
  return cdf_render_trainer_restore(trainer, bytes, n_bytes, err);
}

static cdf_status loop(training *t, cdf_error *err) {
  cdf_optimizer *optimizer = cdf_render_trainer_optimizer(t->trainer);
  int64_t from = optimizer->step;
  double start = cli_seconds(), loss = 0, base = 0;
  int n = 0;
  cdf_status status = CDF_OK;
  while (status == CDF_OK && optimizer->step < t->train.steps && !cli_stop_signal()) {
    cdf_render_report r;
    cdf_render_trainer_gradient(t->trainer, &r, &cli_threads);
    status = cdf_render_trainer_update(t->trainer, &r, &cli_threads, err);
    if (status != CDF_OK) break;
    loss += r.loss, base += r.base, n++;
    int64_t step = optimizer->step;
    if (step % t->run.log_every == 0) {
      char row[256], left[16];
      double rate = (double)(step - from) / (cli_seconds() - start);
      double points = rate * t->train.images * t->train.pixels;
      snprintf(row, sizeof row, "%lld,%.6f,%.6f,%.3e,%.4f,%.0f,%ld", (long long)step, loss / n, base / n, r.lr,
               r.grad_norm, points, cli_rss_mib());
      status = cli_run_log(&t->run, row, err);
      cli_duration(left, (double)(t->train.steps - step) / rate);
      if (!t->quiet)
        cli_progress("step %lld of %d  loss %.5f (bilinear %.5f)  %.0f points/s  %s left", (long long)step,
                     t->train.steps, loss / n, base / n, points, left);
      loss = base = n = 0;
    }
    if (status == CDF_OK && step % t->run.save_every == 0 && step < t->train.steps) status = save(t, err);
  }
  if (!t->quiet) cli_progress(NULL);
  if (status == CDF_OK) status = save(t, err);
  if (status == CDF_OK && !t->quiet)
    fprintf(stderr, "coordiff train-renderer: %s at step %lld; saved in %s\n",
            optimizer->step < t->train.steps ? "stopped" : "finished", (long long)optimizer->step, t->run.path);
  return status;
}

static cdf_status load_data(training *t, const char *path, int *finer, cdf_error *err) {
  cdf_status status = cli_pack_open(&t->set, path, err);
  if (status != CDF_OK) return status;
  t->n_pictures = cdf_min(t->n_pictures, t->set.pack.n_pictures);
  status = cdf_pack_dataset(&t->lattice, &t->set.pack, err);
  return status == CDF_OK ? cli_pack_truth(&t->truth, finer, &t->set, t->n_pictures, &cli_threads, err) : status;
}

static cdf_status prepare(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  const char *data = cli_value(options, "data");
  if (!data) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the packed pictures are");
  cdf_model *model;
  cdf_status status = cli_load_model(&model, t->model_path, err);
  if (status != CDF_OK) return status;
  int channels = model->net.config.channels, finer;
  cdf_model_free(model);
  status = load_data(t, data, &finer, err);
  if (status != CDF_OK) return status;
  cdf_render_config_default(&t->config, channels);
  cdf_train_config_default(&t->train);
  status = cli_apply_settings(&t->config, cdf_render_fields, settings, err);
  if (status == CDF_OK) status = cli_apply_settings(&t->train, cdf_train_fields, settings, err);
  if (status == CDF_OK && t->config.channels != channels)
    status =
        cdf_fail(err, CDF_USAGE, "channels is %d, but the model has %d; leave it out", t->config.channels, channels);
  cdf_truth truth = {&t->lattice, t->truth, t->n_pictures, finer};
  if (status == CDF_OK) status = cdf_render_trainer_create(&t->trainer, &t->config, &t->train, &truth, t->k, err);
  if (status != CDF_OK) return status;
  snprintf(t->picture_count, sizeof t->picture_count, "%d", t->n_pictures);
  t->run.notes[0] = (cdf_metadata){"renderer.data", (char *)(uintptr_t)cli_base_name(data)};
  t->run.notes[1] = (cdf_metadata){"renderer.data.pictures", t->picture_count};
  t->run.n_notes = 2;
  t->run.log_header = "step,loss,bilinear,lr,grad_norm,points_per_s,rss_mib\n";
  bool resumed;
  status = cli_run_open(&t->run, restore, t->trainer, &resumed, err);
  const cdf_render_net *net = cdf_render_trainer_net(t->trainer);
  if (status == CDF_OK && !t->quiet)
    fprintf(
        stderr,
        "coordiff train-renderer: %d pictures, truth %d times finer, %zu parameters, %zu multiply-adds a point, %zu "
        "a cell%s\n",
        t->n_pictures, finer, net->n_params, cdf_render_net_point_macs(net), cdf_render_net_cell_macs(net),
        resumed ? ", resumed" : "");
  return status;
}

cdf_status command_train_renderer(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cli_settings *settings = cli_new_settings(cdf_render_fields);
  training t = {.n_pictures = 4000};
  if (!settings) return cdf_fail_memory(err, 2 * sizeof *settings);
  cdf_status status = cli_parse(options, &settings[1], argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) {
    cli_help(usage, options, cdf_render_fields);
    goto done;
  }
  if (status == CDF_OK) status = cli_int(&t.n_pictures, options, "pictures", 1, 1000000, err);
  if (status == CDF_OK) status = cli_run_options(&t.run, settings, &t.k, options, err);
  if (status != CDF_OK) goto done;
  t.quiet = cli_value(options, "quiet") != NULL;
  t.model_path = cli_value(options, "model");
  cli_catch_signals();
  status = prepare(&t, options, settings, err);
  if (status == CDF_OK) status = loop(&t, err);
done:
  cdf_render_trainer_free(t.trainer);
  cdf_dataset_free(&t.lattice);
  cli_pack_close(&t.set);
  free(t.truth);
  free(settings);
  return status;
}
