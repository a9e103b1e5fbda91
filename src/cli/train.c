/* train.c: `coordiff train`: data, settings, the loop, and a run directory that can always be resumed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class_names.h"
#include "commands.h"
#include "files.h"
#include "folder.h"
#include "held_out.h"
#include "outputs.h"
#include "plan.h"
#include "provenance.h"
#include "renderer_run.h"
#include "terminal.h"
#include "threads.h"
#include "train_grid.h"
#include "train_loop.h"

static const char usage[] =
    "Usage: coordiff train --data PATH --out DIR [--time 30m | --config FILE] [settings]\n"
    "\n"
    "Examples\n"
    "  coordiff train --data my-pictures --out runs/mine --time 30m          sub-folder = class; all else is chosen\n"
    "  coordiff train --data /usr/share/datasets/fashion-mnist --out runs/fashion --steps 20000\n"
    "  coordiff train --data my-pictures --size 32x32 --out runs/mine --steps 5000\n"
    "  coordiff train --config models/fashion.conf --data ... --out runs/f   the same command resumes\n"
    "\n"
    "DIR gets checkpoint-*.safetensors (resumable), model.safetensors (the averaged weights), log.csv, progress.txt\n"
    "and grid-*.png. Ctrl-C saves; the same command goes on where it stopped, to the bit.\n"
    "\n"
    "--time chooses lattice, network, batch and schedule by the pictures and by how fast this machine learns, says "
    "what\n"
    "and why (DIR/plan.conf), draws the first grid within a minute and ends with the time; every tenth picture is "
    "held\n"
    "out, and each sample of a grid stands beside the training picture nearest to it. Whatever is set stays as it "
    "is.\n";

static const cli_option option_table[] = {
    {"data", "PATH", "IDX directory or file, packed set, or folder of PNG, JPEG and WebP", NULL},
    {"out", "DIR", "run directory (default with --time: runs/ and the name of the pictures)", NULL},
    {"config", "FILE", "settings as `key = value` lines; flags override them", NULL},
    {"time", "TIME", "90s, 30m, 2h, 1h30m: train for so long, with what suits", NULL},
    {"preset", "NAME", "network: tiny, small, medium, large, huge (default with --time: what it is enough for)", NULL},
    {"from", "MODEL", "start from its weights, whatever its classes", NULL},
    {"held-out", "N", "every N-th picture is only for the loss that is shown (0: none; with --time 10)", NULL},
    CLI_TAKING_OPTIONS,
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "a kernel table (see coordiff bench); default: the fastest here, measured", NULL},
    {"log-every", "STEPS", "rows of log.csv (default 50)", NULL},
    {"save-every", "STEPS", "checkpoints (default 1000)", NULL},
    {"grid-every", "STEPS", "sample grids (default 2000, 0: none; with --time: soon, then more and more seldom)", NULL},
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
  cli_held_out held_out;
  cli_plan *plan;        /* NULL: nothing is chosen */
  bool is_new_plan;      /* it is not in the run directory yet */
  cdf_model *from;       /* NULL: from nothing */
  double seconds, began; /* of time in all; when the command began */
  cli_taking taking;
  int finer; /* so many times finer than the lattice the renderer is trained with at the end; 0: no renderer is */
} training;

#define RENDERED_SIDE 8     /* cells: a renderer learns from crops of so many */
#define RENDERER_SHARE 0.15 /* of the time */

static double denoiser_seconds(const training *t) { return t->finer ? (1 - RENDERER_SHARE) * t->seconds : t->seconds; }

/* ---- what is chosen ---- */

/* The plan that the run directory has, or a new one; without --time and --preset none. */
static cdf_status make_plan(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  const char *preset = cli_value(options, "preset");
  char path[CLI_RUN_PATH];
  cdf_status status = cli_plan_time(&t->seconds, options, err);
  if (status != CDF_OK || (t->seconds == 0 && !preset)) return status;
  if (t->seconds > 0 && cli_setting(settings, "steps"))
    return cdf_fail(err, CDF_USAGE, "--time and --steps both say when to end; leave out one of them");
  if (t->seconds > 0 && t->group.size > 1)
    return cdf_fail(err, CDF_USAGE, "--time is for one process, but these are %d; give --steps", t->group.size);
  t->plan = calloc(1, sizeof *t->plan);
  if (!t->plan) return cdf_fail_memory(err, sizeof *t->plan);
  if (cdf_file_exists(cli_run_file(path, &t->run, "plan.conf"))) return cli_plan_read(t->plan, path, err);
  t->is_new_plan = true;
  const cli_plan_wish wish = {.data = cli_value(options, "data"),
                              .preset = preset,
                              .seconds = denoiser_seconds(t),
                              .settings = settings,
                              .taking = &t->taking,
                              .from = t->from ? &t->from->net.config : NULL,
                              .k = t->k};
  return cli_plan_make(t->plan, &wish, err);
}

static void tell(const training *t, const char *line) {
  cli_run_progress(&t->run, line);
  if (!t->run.quiet) fprintf(stderr, "coordiff train: %s\n", line);
}

/* Say what was chosen and until when; keep it in the run directory. */
static cdf_status tell_plan(const training *t, bool resumed, cdf_error *err) {
  char line[512], path[CLI_RUN_PATH], clock[32], length[16], text[CLI_PLAN_BYTES + 128];
  double left = t->seconds - t->run.seconds_used - (cli_seconds() - t->began);
  bool renders = t->finer && t->is_new_plan;
  if (!t->plan) return CDF_OK;
  for (const char *at = t->plan->text, *end; (end = strchr(at, '\n')); at = end + 1) {
    snprintf(line, sizeof line, "%.*s", (int)(end - at - 2), at + 2);
    if (at[0] == '#') tell(t, line);
  }
  if (renders) tell(t, "renderer: in the last 15 % of the time, for the pictures are finer than the lattice");
  if (!t->is_new_plan) tell(t, "settings as plan.conf of the run directory has them");
  bool more =
      denoiser_seconds(t) > t->run.seconds_then + 0.1 || cdf_learner_optimizer(t->learner)->step < t->run.steps_then;
  if (t->seconds > 0 && left > 0 && more) {
    snprintf(line, sizeof line, "%s until %s; samples stand in grid-*.png of the run directory%s",
             cli_duration(length, left), cli_plan_clock(clock, left), resumed ? "" : ", the first within a minute");
    tell(t, line);
  }
  if (!t->is_new_plan) return CDF_OK;
  snprintf(text, sizeof text, "# chosen by coordiff %s; the same command goes on with it\n%s", CDF_VERSION,
           t->plan->text);
  return cdf_file_write_atomic(cli_run_file(path, &t->run, "plan.conf"), text, strlen(text), err);
}

/* A whole number that is chosen or set; otherwise `value`. */
static int setting(const training *t, const cli_settings *settings, const char *key, int value) {
  const char *text = cli_setting(settings, key);
  if (!text && t->plan) text = cli_setting(&t->plan->settings, key);
  return text ? atoi(text) : value;
}

/* ---- data ---- */

/* Lattice and channels: as asked for, as chosen, as the model has that is started from. */
static void complete_taking(training *t, const cli_settings *settings) {
  cli_set_options *set = &t->taking.set;
  const cdf_config *from = t->from ? &t->from->net.config : NULL;
  bool has_size = set->width > 0;
  if (from) set->channels = from->channels;
  if (t->plan && !from) set->channels = setting(t, settings, "channels", set->channels);
  if (!has_size && from) set->width = from->lattice_width, set->height = from->lattice_height;
  if (!has_size && t->plan) {
    set->width = setting(t, settings, "lattice_width", set->width);
    set->height = setting(t, settings, "lattice_height", set->height);
  }
  set->keeps_changes = setting(t, settings, "augment", from ? from->augment : 0) != 0;
  bool many = set->keeps_changes || set->views.crop == CDF_CROP_RANDOM;
  if (many) set->views.n = CLI_VIEWS_BY_NUMBER;
}

static cdf_status hold_out(training *t, const cli_option *options, int of_each, cdf_error *err) {
  int n = t->plan ? 10 : 0;
  cdf_status status = cli_int(&n, options, "held-out", 0, 1000, err);
  if (status == CDF_OK && n == 1)
    status =
        cdf_fail(err, CDF_USAGE, "--held-out is 1, which leaves nothing to train on; use 0 for none, or 2 to 1000");
  if (status != CDF_OK || n == 0) return status;
  status = cdf_dataset_hold_out(&t->held_out.data, &t->data, n, of_each, err);
  int n_held_out = t->held_out.data.n_images;
  if (status == CDF_OK && n_held_out > 0 && !t->run.quiet)
    fprintf(stderr, "coordiff train: %d pictures are held out, %d are trained on%s\n", n_held_out,
            t->data.n_images / of_each, of_each > 1 ? ", each in several views" : "");
  return status;
}

/* One picture or two are learned by their parts, if nothing else is asked for: as a whole they could only be copied. */
static cdf_status take_parts_of_few(training *t, const cli_option *options, cdf_error *err) {
  const char *path = cli_value(options, "data");
  bool plans = cli_value(options, "time") || cli_value(options, "preset");
  if (!plans || cli_value(options, "crop") || !cli_set_is_folder(path, "train")) return CDF_OK;
  cli_folder folder;
  cli_account unused = {0};
  cdf_status status = cli_folder_find(&folder, path, &unused, err);
  if (status == CDF_OK && folder.n < 3) t->taking.set.views.crop = CDF_CROP_RANDOM;
  cli_folder_free(&folder);
  return status;
}

static cdf_status load_data(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  const char *path = cli_value(options, "data");
  cli_account account;
  cli_set_options *set = &t->taking.set;
  if (!path) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the pictures are");
  cdf_status status = cli_taking_read(&t->taking, options, err);
  bool is_sized = set->width > 0;
  if (status == CDF_OK && cli_set_is_folder(path, "train")) status = cli_check_run_directory(t->run.path, path, err);
  if (status == CDF_OK) status = take_parts_of_few(t, options, err);
  if (status == CDF_OK) status = make_plan(t, options, settings, err);
  if (status != CDF_OK) return status;
  complete_taking(t, settings);
  status = cli_load_set(&t->data, path, "train", set, &account, err);
  if (status == CDF_OK && t->group.rank == 0) cli_account_tell("train", &account);
  if (status == CDF_OK && is_sized && (t->data.width != set->width || t->data.height != set->height))
    status = cdf_fail(err, CDF_USAGE,
                      "--size is %dx%d, but these pictures are %dx%d and are used as they are; leave out --size",
                      set->width, set->height, t->data.width, t->data.height);
  if (t->seconds > 0) /* half of the pictures should be so fine */
    t->finer = 2 * account.n_finer[1] >= account.n_read ? 4 : 2 * account.n_finer[0] >= account.n_read ? 2 : 0;
  if (t->data.width < RENDERED_SIDE || t->data.height < RENDERED_SIDE) t->finer = 0;
  return status == CDF_OK ? hold_out(t, options, account.n_views, err) : status;
}

/* ---- settings ---- */

static void take_measures(cdf_config *config, const cdf_config *from) {
  memcpy(config->mean, from->mean, sizeof config->mean);
  memcpy(config->level_sd, from->level_sd, sizeof config->level_sd);
  config->sigma_data = from->sigma_data;
}

/* Preset or the model to start from, then what the data dictates, then what is chosen, then the settings; the measured
 * fields last. */
static cdf_status make_config(training *t, const cli_settings *settings, cdf_error *err) {
  const char *arch = cli_setting(settings, "arch");
  cdf_status status = cdf_config_preset(&t->config, arch ? arch : "taps", err);
  if (status != CDF_OK) return status;
  if (t->from) t->config = t->from->net.config;
  t->config.channels = t->data.n_channels, t->config.n_classes = 0;
  t->config.lattice_width = t->data.width, t->config.lattice_height = t->data.height;
  cdf_train_config_default(&t->train);
  status = cdf_config_check(&t->config, err); /* so far it is the preset's and the pictures' */
  const cli_settings *all[] = {t->plan ? &t->plan->settings : NULL, settings};
  for (int i = 0; i < 2 && status == CDF_OK; i++) {
    if (!all[i]) continue;
    status = cli_apply_settings(&t->config, cdf_config_fields, all[i], err);
    if (status == CDF_OK) status = cli_apply_settings(&t->train, cdf_train_fields, all[i], err);
  }
  cli_run_inherit(&t->run, &t->config, cdf_config_fields, settings);
  if (t->config.cond_hidden > 0 && !cli_setting(settings, "n_classes") && t->data.labels)
    t->config.n_classes = t->data.n_classes;
  if (status != CDF_OK) return status;
  if (t->train.objective != CDF_OBJECTIVE_DISTILLATION) return cdf_trainer_measure(&t->config, &t->data, err);
  if (!t->from)
    return cdf_fail(err, CDF_USAGE, "objective = distillation needs a teacher; say --from MODEL, each time anew");
  take_measures(&t->config, &t->from->net.config); /* student and teacher see the same */
  return CDF_OK;
}

/* The weights of the model of --from, under the classes of these pictures: by their names; where they have none, by
 * their numbers, if there are as many. */
static cdf_status start_from(training *t, cdf_error *err) {
  int classes[CDF_MAX_CLASSES];
  cdf_optimizer *o = cdf_learner_optimizer(t->learner);
  if (!t->from) return CDF_OK;
  bool by_number = t->data.n_class_names == 0 && t->config.n_classes == t->from->net.config.n_classes;
  for (int k = 0; k < t->config.n_classes; k++) {
    const char *name = k < t->data.n_class_names ? t->data.class_names[k] : "";
    classes[k] = *name ? cli_class_named(t->from, name) : by_number ? k : -1; /* -1: it is new */
  }
  cdf_status status =
      cdf_network_adopt(o->params, cdf_trainer_network(t->learner), t->from->params, &t->from->net, classes, err);
  if (status != CDF_OK) return status;
  memcpy(o->average, o->params, o->n_params * sizeof(float));
  if (cdf_trainer_teacher(t->learner)) cdf_trainer_set_teacher(t->learner, o->params);
  return CDF_OK;
}

/* What it refuses now are settings, not files. */
static cdf_status create_learner(training *t, cdf_error *err) {
  cdf_error why = {0};
  cdf_status status =
      cdf_trainer_create(&t->learner, &t->config, &t->train, &t->data, t->k, t->group.rank, t->group.size, &why);
  if (status == CDF_OK) return start_from(t, err);
  return cdf_fail(err, status == CDF_BAD_INPUT ? CDF_USAGE : status, "%s", why.text);
}

/* ---- what the loop asks for ---- */

/* Until there is a renderer for these pictures, that of --from serves. */
static cdf_status make_model(void *self, cdf_model **model, cdf_error *err) {
  training *t = self;
  cdf_status status = cdf_trainer_model(t->learner, model, err);
  if (status != CDF_OK || !t->from || !t->from->render_params) return status;
  return cdf_model_set_renderer(*model, &t->from->render.config, t->from->render_params, err);
}

static void tell_nearness(const training *t, int64_t step, const cli_nearness *n) {
  char line[200];
  snprintf(line, sizeof line, "grid of step %lld: samples are %.1f levels from the nearest training picture",
           (long long)step, n->samples);
  if (n->held_out > 0) cli_append(line, sizeof line, ", held-out pictures %.1f", n->held_out);
  cli_run_progress(&t->run, line);
}

static cdf_status draw(void *self, int64_t step, cdf_error *err) {
  training *t = self;
  cdf_model *model;
  cdf_status status = cdf_trainer_model(t->learner, &model, err);
  if (status != CDF_OK) return status;
  cli_nearness nearness;
  const cli_train_grid grid = {.model = model,
                               .k = t->k,
                               .run = &t->run,
                               .nearest_of = t->plan ? &t->data : NULL,
                               .held_out = &t->held_out.data};
  status = cli_train_grid_draw(&grid, step, &nearness, err);
  cdf_model_free(model);
  if (status == CDF_OK && t->plan) tell_nearness(t, step, &nearness);
  return cli_stop_signal() ? CDF_OK : status;
}

static double held_out(void *self, double loss, int64_t step) {
  training *t = self;
  cli_held_out *h = &t->held_out;
  double now = cli_held_out_loss(h, t->learner);
  if (!cli_held_out_warns(h, now, loss, step)) return now;
  char line[400];
  snprintf(line, sizeof line,
           "step %lld: the loss on held-out pictures was %.4f at step %lld and is %.4f now, while that of training "
           "falls: it begins to learn the pictures by heart. More pictures, --flip or a shorter --time help; a sample "
           "that is its neighbour on the right of the grid is a copy",
           (long long)step, h->least, (long long)h->least_step, now);
  cli_run_progress(&t->run, line);
  cli_progress(NULL);
  fprintf(stderr, "coordiff train: %s\n", line);
  return now;
}

/* ---- the command ---- */

static cdf_status prepare(training *t, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  cdf_status status = CDF_OK;
  if (cli_value(options, "from")) status = cli_load_model(&t->from, cli_value(options, "from"), err);
  if (status == CDF_OK) status = load_data(t, options, settings, err);
  if (status == CDF_OK) status = make_config(t, settings, err);
  if (status == CDF_OK) status = create_learner(t, err);
  if (status == CDF_OK) status = cli_held_out_start(&t->held_out, &t->config, &t->train, t->k, err);
  const float *teacher = status == CDF_OK ? cdf_trainer_teacher(t->learner) : NULL;
  if (teacher && t->held_out.probe) cdf_trainer_set_teacher(t->held_out.probe, teacher);
  cli_material material = {.path = cli_value(options, "data"),
                           .data = &t->data,
                           .n_pictures = t->data.n_images,
                           .n_classes = t->config.n_classes,
                           .teacher = teacher};
  if (teacher) material.n_teacher = cdf_learner_optimizer(t->learner)->n_params;
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
  const cli_task task = {.unit = "rows",
                         .n_shown = 1,
                         .learner = t->learner,
                         .self = t,
                         .model = make_model,
                         .draw = draw,
                         .held_out = t->held_out.probe ? held_out : NULL};
  cli_loop loop = {.task = &task,
                   .run = &t->run,
                   .group = &t->group,
                   .grid_every = grid_every,
                   .seconds = denoiser_seconds(t),
                   .began = t->began};
  char settings[CLI_GROUP_TEXT] = "";
  cli_loop_describe(settings, &t->config, cdf_config_fields);
  cli_loop_describe(settings, &t->train, cdf_train_fields);
  cdf_status status = cli_loop_start(&loop, settings, err);
  if (status == CDF_OK) status = tell_plan(t, loop.resumed, err);
  if (status != CDF_OK) return status;
  greet(t, loop.resumed);
  return cli_loop_run(&loop, err);
}

/* ---- the renderer, at the end ---- */

/* The denoiser with all that its own checkpoints say. */
static cdf_status noted_model(void *self, cdf_model **model, cdf_error *err) {
  const training *t = self;
  cdf_status status = make_model(self, model, err);
  for (int i = 0; i < t->run.record.n_notes && status == CDF_OK; i++)
    status = cdf_model_note(*model, t->run.record.notes[i].key, t->run.record.notes[i].value, err);
  return status;
}

static cdf_status train_on(training *t, const cli_fine_pictures *fine, const char *data, double began, cdf_error *err) {
  char path[CLI_RUN_PATH], model[CLI_RUN_PATH];
  cli_run run = t->run;
  run.path = cli_run_file(path, &t->run, "renderer"),
  run.model_path = cli_run_file(model, &t->run, "model.safetensors");
  run.record = (cli_record){0}, run.lock = (cli_lock){0}, run.log_every = 50;
  run.seconds_used = run.seconds_then = 0, run.steps_then = 0;
  cli_renderer_run r = {.data = data,
                        .truth = {&fine->lattice, fine->pixels, fine->lattice.n_images, fine->scale},
                        .k = t->k,
                        .run = &run,
                        .seconds = RENDERER_SHARE * t->seconds,
                        .began = began,
                        .self = t,
                        .model = noted_model};
  cdf_render_config_default(&r.config, t->config.channels);
  cdf_train_config_default(&r.train);
  r.train.seed = t->train.seed, r.train.images = 64, r.train.pixels = 256, r.train.warmup = 100;
  cdf_status status = cli_renderer_train(&r, err);
  cli_run_close(&run);
  return status;
}

/* In the time that is left, when the denoiser is done. */
static cdf_status train_renderer(training *t, const char *data, cdf_error *err) {
  double began = cli_seconds();
  cli_fine_pictures fine;
  if (!t->finer || cli_stop_signal()) return CDF_OK;
  tell(t, "now the renderer: the pictures are finer than the lattice");
  t->taking.set.width = t->data.width, t->taking.set.height = t->data.height;
  cdf_status status = cli_fine_pictures_load(&fine, data, &t->taking.set, t->finer, err);
  if (status == CDF_OK) status = train_on(t, &fine, data, began, err);
  cli_fine_pictures_free(&fine);
  return status;
}

/* With --time a run needs no name: runs/ and that of the pictures. */
static void name_run(cli_option *options, char *room, size_t n) {
  const char *data = cli_value(options, "data");
  char *whole = data && cli_value(options, "time") && !cli_value(options, "out") ? realpath(data, NULL) : NULL;
  char name[128];
  if (!whole) return;
  cli_base_name(name, sizeof name, whole);
  snprintf(room, n, "runs/%s", name);
  for (cli_option *o = options; o->name; o++)
    if (strcmp(o->name, "out") == 0) o->value = room;
  free(whole);
}

/* Short runs have rows too. */
static void pace(training *t, int *grid_every, const cli_option *options) {
  if (t->seconds == 0) return;
  if (!cli_value(options, "grid-every")) *grid_every = CLI_PACED;
  if (!cli_value(options, "log-every")) t->run.log_every = cdf_clamp(t->train.steps / 200, 10, 50);
}

cdf_status command_train(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cli_settings *settings = cli_new_settings(cdf_config_fields);
  training t = {.run.command = "train", .began = cli_seconds()};
  int grid_every = 2000;
  if (!settings) return cdf_fail_memory(err, 2 * sizeof *settings);
  cdf_status status = cli_parse(options, &settings[1], argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) {
    cli_help(usage, options, cdf_config_fields);
    goto done;
  }
  char out[160];
  name_run(options, out, sizeof out);
  if (status == CDF_OK) status = cli_int(&grid_every, options, "grid-every", 0, 100000000, err);
  if (status == CDF_OK) status = cli_run_options(&t.run, settings, &t.k, options, err);
  if (status != CDF_OK) goto done;
  t.group = cli_group_join();
  if (t.group.rank > 0) t.run.read_only = t.run.quiet = true;
  cli_catch_signals();
  status = prepare(&t, options, settings, err);
  pace(&t, &grid_every, options);
  if (status == CDF_OK) status = train(&t, grid_every, err);
  if (status == CDF_OK) status = train_renderer(&t, cli_value(options, "data"), err);
  if (status == CDF_OK) cli_group_leave(&t.group); /* after a failure the others are gone, and it would wait for them */
done:
  cli_run_close(&t.run);
  cdf_learner_free(t.learner);
  cli_held_out_free(&t.held_out);
  cdf_dataset_free(&t.data);
  cdf_model_free(t.from);
  free(t.plan);
  free(settings);
  return status;
}
