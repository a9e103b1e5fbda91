/* train.c: `coordiff train`: data, settings, the loop, and a run directory that can always be resumed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "files.h"
#include "grid.h"
#include "provenance.h"
#include "group.h"
#include "run_directory.h"
#include "terminal.h"
#include "threads.h"

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
    {"data", "PATH", "IDX directory or file, packed set, or folder of PNG and JPEG", NULL},
    {"out", "DIR", "run directory", NULL},
    {"config", "FILE", "settings as `key = value` lines; flags override them", NULL},
    {"size", "WxH", "lattice for a folder of pictures (default 32x32)", NULL},
    {"grey", NULL, "one channel instead of three for a folder of pictures", NULL},
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
  cdf_trainer *trainer;
  const cdf_kernels *k;
  cli_run run;
  cli_group group;
  char picture_count[16];
  int grid_every;
  bool quiet;
} training;

static cdf_status load_data(training *t, const cli_option *options, cdf_error *err) {
  const char *path = cli_value(options, "data"), *size = cli_value(options, "size");
  int width = 32, height = 32, skipped = 0;
  if (!path) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the pictures are");
  cdf_status status = cli_size(&width, &height, options, "size", 4, 256, err);
  if (status == CDF_OK)
    status = cdf_files_load_dataset(&t->data, path, "train", width, height, cli_value(options, "grey") ? 1 : 3,
                                    &skipped, err);
  if (status == CDF_OK && skipped > 0)
    fprintf(stderr, "coordiff train: %d damaged picture%s left out, %d remain\n", skipped,
            skipped == 1 ? " was" : "s were", t->data.n_images);
  if (status == CDF_OK && size && (t->data.width != width || t->data.height != height))
    status = cdf_fail(err, CDF_USAGE,
                      "--size is %dx%d, but these pictures are %dx%d and are used as they are; leave out --size", width,
                      height, t->data.width, t->data.height);
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
  status = cli_apply_settings(&t->config, cdf_config_fields, settings, err);
  if (status == CDF_OK) status = cli_apply_settings(&t->train, cdf_train_fields, settings, err);
  if (t->config.cond_hidden > 0 && !cli_setting(settings, "n_classes") && t->data.labels)
    t->config.n_classes = t->data.n_classes;
  if (status == CDF_OK) cdf_trainer_measure(&t->config, &t->data);
  return status;
}

/* Eight pictures of each class (or sixty-four without classes), always from the same seeds. */
static cdf_status write_grid(training *t, int64_t step, cdf_error *err) {
  cdf_model *model;
  cdf_status status = cdf_trainer_model(t->trainer, &model, err);
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
  status = cli_sample_all(&pixels, model, t->k, &grid, err);
  if (status == CDF_OK && failures.n > 0)
    fprintf(stderr, "coordiff train: the grid of step %lld has %d of %d pictures crossed out; %s\n", (long long)step,
            failures.n, n, failures.first.text);
  if (status == CDF_OK)
    status = cli_lay_out(&sheet, &sheet_width, &sheet_height, pixels, n, 8, w, h, t->config.channels, 2, err);
  if (status == CDF_OK)
    status = cli_run_write_grid(&t->run, step, sheet, sheet_width, sheet_height, t->config.channels, err);
  free(pixels);
  free(sheet);
  cdf_model_free(model);
  return cli_stop_signal() ? CDF_OK : status;
}

static void show(const training *t, const cdf_step_report *r, int64_t step, double seconds, int64_t from) {
  char left[16];
  double rate = (double)(step - from) / seconds, rows = rate * t->train.images * t->train.pixels;
  cli_duration(left, (double)(t->train.steps - step) / rate);
  const char *format = "step %lld of %d  loss %.4f  %.0f rows/s  %s left";
  if (cli_is_terminal())
    cli_progress(format, (long long)step, t->train.steps, r->loss, rows, left);
  else if (step % (20 * t->run.log_every) == 0) {
    fprintf(stderr, format, (long long)step, t->train.steps, r->loss, rows, left);
    fputc('\n', stderr);
  }
}

static void accumulate(cdf_step_report *sum, const cdf_step_report *r, int *n) {
  if (*n == 0) *sum = (cdf_step_report){0};
  sum->loss += r->loss;
  for (int b = 0; b < CDF_LOSS_BINS; b++) {
    sum->bin_loss[b] += r->bin_loss[b];
    sum->bin_count[b] += r->bin_count[b];
  }
  sum->grad_norm += r->grad_norm;
  sum->lr = r->lr;
  (*n)++;
}

static void average(cdf_step_report *mean, const cdf_step_report *sum, int n) {
  *mean = *sum;
  mean->loss /= n, mean->grad_norm /= n;
  for (int b = 0; b < CDF_LOSS_BINS; b++) mean->bin_loss[b] /= sum->bin_count[b] > 0 ? sum->bin_count[b] : 1;
}

static cdf_status log_row(const training *t, int64_t step, const cdf_step_report *r, double rows, cdf_error *err) {
  char row[256];
  snprintf(row, sizeof row, "%lld,%.6f,%.6f,%.6f,%.6f,%.6f,%.3e,%.4f,%.0f,%ld", (long long)step, r->loss,
           r->bin_loss[0], r->bin_loss[1], r->bin_loss[2], r->bin_loss[3], r->lr, r->grad_norm, rows, cli_rss_mib());
  return cli_run_log(&t->run, row, err);
}

static cdf_status save(const training *t, cdf_error *err) {
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cdf_model *model = NULL;
  cdf_status status = cdf_trainer_save(t->trainer, t->run.notes, t->run.n_notes, &bytes, &n_bytes, err);
  if (status == CDF_OK)
    status = cli_run_save_checkpoint(&t->run, cdf_trainer_optimizer(t->trainer)->step, bytes, n_bytes, err);
  if (status == CDF_OK) status = cdf_trainer_model(t->trainer, &model, err);
  if (status == CDF_OK) status = cli_run_save_model(&t->run, model, err);
  cdf_model_free(model);
  free(bytes);
  return status;
}

static cdf_status restore(void *trainer, const void *bytes, size_t n_bytes, cdf_error *err) {
  return cdf_trainer_restore(trainer, bytes, n_bytes, err);
}

/* Gradient, report and the wish to stop of the whole group. */
static cdf_status sum_group(training *t, cdf_step_report *r, bool *stop, cdf_error *err) {
  enum { N = 2 + 2 * CDF_LOSS_BINS };
  double sums[N] = {cli_stop_signal() != 0, r->loss};
  cdf_optimizer *o = cdf_trainer_optimizer(t->trainer);
  memcpy(sums + 2, r->bin_loss, sizeof r->bin_loss);
  memcpy(sums + 2 + CDF_LOSS_BINS, r->bin_count, sizeof r->bin_count);
  cdf_status status = cli_group_sum(&t->group, o->grad, o->n_params, sums, N, err);
  *stop = sums[0] > 0, r->loss = sums[1];
  memcpy(r->bin_loss, sums + 2, sizeof r->bin_loss);
  memcpy(r->bin_count, sums + 2 + CDF_LOSS_BINS, sizeof r->bin_count);
  return status;
}

/* What only the first process of the group does after a step. */
static cdf_status write_step(training *t, int64_t step, const cdf_step_report *mean, double rows, double *grids,
                             cdf_error *err) {
  cdf_status status = CDF_OK;
  if (t->group.rank > 0) return CDF_OK;
  if (step % t->run.log_every == 0) status = log_row(t, step, mean, rows, err);
  if (status == CDF_OK && step % t->run.save_every == 0 && step < t->train.steps) status = save(t, err);
  if (status == CDF_OK && t->grid_every > 0 && (step % t->grid_every == 0 || step == t->train.steps)) {
    double before = cli_seconds();
    status = write_grid(t, step, err);
    *grids += cli_seconds() - before;
  }
  return status;
}

static cdf_status loop(training *t, cdf_error *err) {
  int64_t from = cdf_trainer_optimizer(t->trainer)->step, step = from;
  double start = cli_seconds(), grids = 0;
  cdf_step_report sum, report, mean;
  int n = 0;
  bool stop = cli_stop_signal() && t->group.size == 1, lost = false;
  cdf_status status = CDF_OK;
  while (status == CDF_OK && step < t->train.steps && !stop) {
    cdf_trainer_gradient(t->trainer, &report, &cli_threads);
    status = sum_group(t, &report, &stop, err);
    lost = status != CDF_OK;
    if (status == CDF_OK) status = cdf_trainer_update(t->trainer, &report, &cli_threads, err);
    if (status != CDF_OK) break;
    step++;
    accumulate(&sum, &report, &n);
    double seconds = cli_seconds() - start - grids;
    double rows = (double)(step - from) * t->train.images * t->train.pixels / seconds;
    if (step % t->run.log_every == 0) {
      average(&mean, &sum, n);
      n = 0;
      if (!t->quiet) show(t, &mean, step, seconds, from);
    }
    status = write_step(t, step, &mean, rows, &grids, err);
    stop = stop || (cli_stop_signal() && t->group.size == 1);
  }
  if (!t->quiet) cli_progress(NULL);
  /* Survivors of a broken group hold the whole state as of the last step, whichever of them writes it. */
  if (lost) save(t, NULL);
  if (status == CDF_OK && t->group.rank == 0) status = save(t, err);
  if (status == CDF_OK && !t->quiet)
    fprintf(stderr, "coordiff train: %s at step %lld; saved in %s\n", step < t->train.steps ? "stopped" : "finished",
            (long long)step, t->run.path);
  return status;
}

/* Processes that see another directory or other data would add up gradients of different models. */
static cdf_status agree(const training *t, cdf_error *err) {
  const cdf_optimizer *o = cdf_trainer_optimizer(t->trainer);
  double own[3] = {(double)o->step, t->config.sigma_data, 0}, sums[3];
  for (size_t i = 0; i < o->n_params; i++) own[2] += o->params[i];
  memcpy(sums, own, sizeof own);
  cdf_status status = cli_group_sum(&t->group, NULL, 0, sums, 3, err);
  for (int i = 0; i < 3 && status == CDF_OK; i++)
    if (fabs(sums[i] - t->group.size * own[i]) > 1e-9 * (1 + fabs(sums[i])))
      status =
          cdf_fail(err, CDF_BAD_INPUT,
                   "the processes do not start from the same state: one is at step %lld here; give all of them the "
                   "same --data, and an --out that they share",
                   (long long)o->step);
  return status;
}

static cdf_status prepare(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  cdf_status status = load_data(t, options, err);
  if (status == CDF_OK) status = make_config(t, settings, err);
  if (status == CDF_OK) status = cdf_trainer_create(&t->trainer, &t->config, &t->train, &t->data, t->k, err);
  if (status != CDF_OK) return status;
  snprintf(t->picture_count, sizeof t->picture_count, "%d", t->data.n_images);
  t->run.notes[0] = (cdf_metadata){"data", (char *)(uintptr_t)cli_base_name(cli_value(options, "data"))};
  t->run.notes[1] = (cdf_metadata){"data.pictures", t->picture_count};
  t->run.n_notes = 2;
  t->run.log_header = "step,loss,loss_bin0,loss_bin1,loss_bin2,loss_bin3,lr,grad_norm,rows_per_s,rss_mib\n";
  bool resumed;
  status = cdf_trainer_share(t->trainer, t->group.rank, t->group.size, err);
  if (status == CDF_OK && t->group.rank > 0) cli_group_meet(&t->group); /* the first tidies the directory */
  if (status == CDF_OK) status = cli_run_open(&t->run, restore, t->trainer, &resumed, err);
  if (status == CDF_OK && t->group.rank == 0) cli_group_meet(&t->group);
  if (status == CDF_OK) status = agree(t, err);
  if (status == CDF_OK && !t->quiet) {
    const cdf_network *net = cdf_trainer_network(t->trainer);
    fprintf(stderr,
            "coordiff train: %s, %d pictures of %dx%d, %zu parameters, %zu multiply-adds a pixel, %s on %d threads%s\n",
            t->config.arch, t->data.n_images, t->data.width, t->data.height, net->n_params, cdf_network_pixel_macs(net),
            t->k->name, cli_n_threads(), resumed ? ", resumed" : "");
    if (resumed)
      fprintf(stderr, "coordiff train: going on at step %lld\n", (long long)cdf_trainer_optimizer(t->trainer)->step);
  }
  return status;
}

cdf_status command_train(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cli_settings *settings = cli_new_settings(cdf_config_fields);
  training t = {.grid_every = 2000};
  if (!settings) return cdf_fail_memory(err, 2 * sizeof *settings);
  cdf_status status = cli_parse(options, &settings[1], argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) {
    cli_help(usage, options, cdf_config_fields);
    goto done;
  }
  if (status == CDF_OK) status = cli_int(&t.grid_every, options, "grid-every", 0, 100000000, err);
  if (status == CDF_OK) status = cli_run_options(&t.run, settings, &t.k, options, err);
  if (status != CDF_OK) goto done;
  t.group = cli_group_join();
  t.run.read_only = t.group.rank > 0;
  t.quiet = cli_value(options, "quiet") != NULL || t.group.rank > 0;
  cli_catch_signals();
  status = prepare(&t, options, settings, err);
  if (status == CDF_OK) status = loop(&t, err);
  if (status == CDF_OK) cli_group_leave(&t.group); /* after a failure the others are gone, and it would wait for them */
done:
  cdf_trainer_free(t.trainer);
  cdf_dataset_free(&t.data);
  free(settings);
  return status;
}
