/* sample.c: `coordiff sample`: pictures of any size out of a checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class_names.h"
#include "commands.h"
#include "edit.h"
#include "files.h"
#include "grid.h"
#include "lattice_file.h"
#include "outputs.h"
#include "process.h"
#include "provenance.h"
#include "terminal.h"
#include "threads.h"

static const char usage[] =
    "Usage: coordiff sample --model FILE -o OUT.png [options]\n"
    "\n"
    "Examples\n"
    "  coordiff sample --model models/fashion.safetensors -o garments.png             ten classes, eight of each\n"
    "  coordiff sample --model models/fashion.safetensors --class 8 --n 1 --size 640x480 -o bag.png\n"
    "  coordiff sample --model models/faces.safetensors --class 2 --n 1 --size 1920x1080 --extend -o crowd.png\n"
    "  coordiff sample --model models/panorama.safetensors --n 1 --size 3840x720 --seed 7 -o horizon.png\n"
    "  coordiff sample --model models/faces.safetensors --class 2 --source face.png --mask hair.png -o other-hair.png\n"
    "  coordiff sample --model m.safetensors --n 100 --single -o out/picture-%04d.png one file each\n"
    "  coordiff sample --model m.safetensors --n 1 --steps-dir steps -o last.png      every step as a picture\n"
    "\n"
    "A picture depends on its seed and its world alone: not on the size, its neighbours in the grid, or the number of\n"
    "threads. (--extend and --source change the world that it is made in.) A model without coordinates paints a tile "
    "that\n"
    "repeats without a seam; with --extend any window of a world without end. One that knows the height alone paints "
    "a\n"
    "world without end along the horizon: as much of it as the canvas is wide.\n";

static const cli_option option_table[] = {
    {"model", "FILE", "checkpoint", NULL},
    {"out", "FILE", "PNG to write; - is standard output", NULL},
    {"n", "N", "pictures (default: eight of each class, or 64)", NULL},
    {"columns", "N", "pictures side by side (default 8)", NULL},
    {"seed", "N", "seed of the first picture of each class; the next ones of the class count up (default 1)", NULL},
    {"class", "NAME", "one class, by name or number from 0 (default: all, in equal numbers, one after the other)",
     NULL},
    {"size", "WxH", "pixels of each picture (default: four times the lattice)", NULL},
    CLI_EXTEND_OPTIONS,
    CLI_WINDOW_OPTION,
    CLI_EDIT_OPTIONS,
    {CLI_SAMPLE_FIELDS, CLI_REVERSE_FIELDS, NULL, NULL},
    {"single", NULL, "one file for each picture; OUT holds one %d", NULL},
    {"save", "FILE", "also save the lattice of the first picture, for coordiff render", NULL},
    {"steps-dir", "DIR", "also write the clean estimate after every step", NULL},
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
    {"quiet", NULL, "no progress", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

typedef struct request {
  int n, columns, width, height, label; /* label: -1 for all classes */
  cdf_sample_options options;
  cli_window window;
  cli_edit edit;
  cli_scene scene;
  const char *out, *steps_dir, *save;
  bool single;
} request;

#define GAP 4                           /* pixels between the pictures of a grid */
#define BATCH_BYTES ((size_t)256 << 20) /* of --single: pictures in memory at once, */
#define BATCH_PER_THREAD 16             /* and lost when interrupted */

static double start_seconds;

static void show_progress(int done, int n) {
  char left[16];
  cli_duration(left, (cli_seconds() - start_seconds) / done * (n - done));
  cli_progress("%d of %d pictures  %s left", done, n, left);
}

/* A pattern for --single holds exactly one %d, perhaps with a width, and no other directive. */
static bool is_pattern(const char *s) {
  const char *percent = strchr(s, '%');
  if (!percent || strchr(percent + 1, '%')) return false;
  const char *p = percent + 1 + strspn(percent + 1, "0123456789");
  return *p == 'd' && p - percent <= 3;
}

/* What can be known of --out before the work is done. */
static cdf_status check_out(const request *r, const cli_option *options, cdf_error *err) {
  const char *out = r->out;
  if (!out) return cdf_fail(err, CDF_USAGE, "--out is missing: say where the picture goes, - for standard output");
  if (r->single && !is_pattern(out))
    return cdf_fail(err, CDF_USAGE,
                    "--out is '%.100s', but with --single it must hold one %%d, as in picture-%%04d.png", out);
  if (strcmp(out, "-") == 0 && isatty(STDOUT_FILENO))
    return cdf_fail(err, CDF_USAGE,
                    "--out is -, but standard output is a terminal; send it to a file or a pipe, or name a file");
  static const cli_output outputs[] = {{"out", ".png"}, {"save", ".safetensors"}, {0}};
  return cli_check_outputs(options, outputs, "model source mask", err);
}

/* Options that this model would silently ignore are refused. */
static cdf_status check_model(const request *r, const cli_option *options, const cdf_config *c, cdf_error *err) {
  const char *guidance = cli_value(options, "guidance");
  if (guidance && !(r->options.guidance > 0.0f))
    return cdf_fail(err, CDF_USAGE, "--guidance is '%.40s', but must be above 0 and at most 20; 1 is off", guidance);
  if (guidance && c->n_classes == 0 && c->weak_block == 0 && r->options.guidance != 1.0f)
    return cdf_fail(err, CDF_USAGE, "this model has no classes to be guided by; leave out --guidance");
  if (c->target == CDF_TARGET_PREVIOUS &&
      (cli_value(options, "sampler") || (cli_value(options, "steps") && r->options.steps != c->timesteps)))
    return cdf_fail(
        err, CDF_USAGE,
        "this model was trained to walk back a chain of %d steps, one by one; leave out --steps and --sampler",
        c->timesteps);
  return CDF_OK;
}

static cdf_status read_request(request *r, const cli_option *options, const cdf_model *model, cdf_error *err) {
  const cdf_config *c = &model->net.config;
  int label = -1;
  *r = (request){.n = 8 * (c->n_classes > 0 ? c->n_classes : 8),
                 .columns = 8,
                 .width = 4 * c->lattice_width,
                 .height = 4 * c->lattice_height,
                 .out = cli_value(options, "out"),
                 .steps_dir = cli_value(options, "steps-dir"),
                 .save = cli_value(options, "save"),
                 .single = cli_value(options, "single") != NULL,
                 .scene = {cli_value(options, "model"), c, &r->window, 0, 0}};
  r->options = model->sample;
  cdf_status status = CDF_OK;
  if (cli_value(options, "class")) {
    status = cli_class(&label, options, model, err);
    r->n = 8;
  }
  r->label = label;
  if (status == CDF_OK) status = cli_int(&r->n, options, "n", 1, 1000000, err);
  if (r->n == 1 && label < 0) r->label = model->sample.label;
  if (status == CDF_OK) status = cli_int(&r->columns, options, "columns", 1, 10000, err);
  if (status == CDF_OK) status = cli_sample_read(&r->options, options, "seed " CLI_REVERSE_FIELDS, err);
  if (status == CDF_OK) status = cli_size(&r->width, &r->height, options, "size", 1, CDF_MAX_CANVAS, err);
  if (status == CDF_OK) status = cli_window_read(&r->window, options, r->width, err);
  if (status == CDF_OK) status = cli_window_extend(&r->window, options, c, r->width, r->height, err);
  if (status == CDF_OK)
    status = cli_edit_read(&r->edit, &r->options, options, model, &r->window, r->width, r->height, err);
  if (status != CDF_OK) return status;
  if (r->options.seed > UINT64_MAX - (uint64_t)(r->n - 1))
    return cdf_fail(err, CDF_USAGE,
                    "--seed is %llu, from which %d pictures count up beyond the last seed, %llu; give at most %llu",
                    (unsigned long long)r->options.seed, r->n, (unsigned long long)UINT64_MAX,
                    (unsigned long long)(UINT64_MAX - (uint64_t)(r->n - 1)));
  r->columns = cdf_min(r->columns, r->n);
  r->scene.width = r->width, r->scene.height = r->height;
  status = check_model(r, options, c, err);
  if (status == CDF_OK) status = check_out(r, options, err);
  size_t width, height;
  if (status == CDF_OK && !r->single)
    status = cli_layout_size(&width, &height, r->n, r->columns, r->width, r->height, r->n > 1 ? GAP : 0, err);
  return status;
}

/* The options of picture i: seeds count up within each class, so that a column shares its seed. */
static cdf_sample_options picture_options(const request *r, const cdf_config *c, int i) {
  cdf_sample_options o = r->options;
  bool all = r->label < 0 && c->n_classes > 0;
  o.label = all ? (int)((int64_t)i * c->n_classes / r->n) : r->label;
  int first = all ? (int)(((int64_t)o.label * r->n + c->n_classes - 1) / c->n_classes) : 0;
  o.seed += (uint64_t)(i - first);
  return o;
}

/* Sample and write the files of --single, as many at a time as fit into BATCH_BYTES. */
static cdf_status write_single(const request *r, cli_grid grid, const cdf_model *model, const cdf_kernels *k,
                               cdf_error *err) {
  const cdf_config *c = &model->net.config;
  const cdf_sample_options *options = grid.options;
  bool *failed = grid.failures->at;
  size_t one = (size_t)r->width * (size_t)r->height * (size_t)c->channels;
  int threads = cli_n_threads(), batch = BATCH_PER_THREAD * threads;
  if (BATCH_BYTES / one < (size_t)batch) batch = cdf_max((int)(BATCH_BYTES / one), threads);
  cdf_status status = CDF_OK;
  grid.n_total = r->n;
  for (int first = 0; first < r->n && status == CDF_OK; first += grid.n) {
    uint8_t *pixels;
    grid.n_before = first, grid.n = cdf_min(batch, r->n - first), grid.options = options + first;
    grid.failures->at = failed + first;
    status = cli_sample_all(&pixels, model, k, &grid, err);
    for (int i = 0; i < grid.n && status == CDF_OK; i++) {
      if (failed[first + i]) continue;
      cli_edit_restore(&r->edit, pixels + (size_t)i * one, c->channels, &r->window, r->width, r->height);
      char path[4096], text[CLI_PROVENANCE_BYTES];
      snprintf(path, sizeof path, r->out, first + i);
      cli_say_picture(text, &r->scene, &grid.options[i]);
      status = cli_write_png(path, pixels + (size_t)i * one, r->width, r->height, c->channels, text, err);
    }
    free(pixels);
    if (status != CDF_OK && cli_stop_signal())
      return cdf_fail(err, CDF_FAILED, "interrupted; %d of %d pictures were written", first, r->n);
  }
  return status;
}

/* The first picture once more: one file per step, or its lattice at the end. */
static cdf_status write_first(const request *r, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  const cdf_config *c = &model->net.config;
  cdf_sample_options o = picture_options(r, c, 0);
  cli_process p = {0};
  char text[CLI_PROVENANCE_BYTES], step_text[CLI_PROVENANCE_BYTES + 16];
  cli_say_picture(text, &r->scene, &o);
  uint8_t *pixels = malloc(cdf_canvas_bytes(model, r->width, r->height));
  cdf_status status =
      pixels ? cli_process_open(&p, model, cli_window_world(&r->window), r->window.is_endless, &o, &cli_threads, k, err)
             : cdf_fail_memory(err, cdf_canvas_bytes(model, r->width, r->height));
  cdf_picture *q = NULL;
  if (status == CDF_OK) status = cdf_picture_create(&q, model, cli_window_world(&r->window), cli_n_threads(), k, err);
  if (r->steps_dir) mkdir(r->steps_dir, 0777);
  while (status == CDF_OK && !cli_process_done(&p) && !cli_stop_signal()) {
    char path[4096];
    status = cli_process_step(&p, err);
    if (!r->steps_dir || status != CDF_OK) continue;
    cdf_picture_load(q, cli_process_clean(&p));
    cdf_picture_draw(q, pixels, r->width, r->height, cli_window_view(&r->window), &cli_threads);
    snprintf(path, sizeof path, "%s/step-%04d.png", r->steps_dir, cli_process_evaluation(&p));
    snprintf(step_text, sizeof step_text, "%s; at %d", text, cli_process_evaluation(&p));
    status = cli_write_png(path, pixels, r->width, r->height, c->channels, step_text, err);
  }
  if (status == CDF_OK && r->save && !cli_stop_signal()) {
    const cdf_world world = cdf_picture_world(q);
    status = cli_lattice_save(r->save, cli_process_clean(&p), &world, model, text, err);
  }
  cdf_picture_free(q);
  cli_process_close(&p);
  free(pixels);
  return status;
}

static cdf_status sample(const request *r, const cdf_model *model, const cdf_kernels *k, bool quiet, cdf_error *err) {
  const cdf_config *c = &model->net.config;
  cdf_sample_options *options = malloc((size_t)r->n * sizeof *options);
  bool *failed = calloc((size_t)r->n, sizeof *failed);
  cli_failures failures = {.at = failed};
  if (!options || !failed) {
    free(options);
    free(failed);
    return cdf_fail_memory(err, (size_t)r->n * (sizeof *options + 1));
  }
  for (int i = 0; i < r->n; i++) options[i] = picture_options(r, c, i);
  uint8_t *pixels = NULL, *sheet = NULL;
  int width, height;
  cli_grid grid = {.n = r->n,
                   .columns = r->columns,
                   .width = r->width,
                   .height = r->height,
                   .world = cli_window_world(&r->window),
                   .endless = r->window.is_endless,
                   .view = cli_window_view(&r->window),
                   .options = options,
                   .failures = &failures,
                   .progress = quiet ? NULL : show_progress};
  start_seconds = cli_seconds();
  cdf_status status = r->single ? write_single(r, grid, model, k, err) : cli_sample_all(&pixels, model, k, &grid, err);
  if (!quiet) cli_progress(NULL);
  size_t one = (size_t)r->width * (size_t)r->height * (size_t)c->channels;
  for (int i = 0; i < r->n && status == CDF_OK && !r->single; i++)
    if (!failed[i]) cli_edit_restore(&r->edit, pixels + (size_t)i * one, c->channels, &r->window, r->width, r->height);
  if (status == CDF_OK && !r->single && failures.n < r->n) {
    char text[CLI_PROVENANCE_BYTES];
    if (r->n == 1)
      cli_say_picture(text, &r->scene, &options[0]);
    else
      cli_say_grid(text, &r->scene, options, r->n, r->columns, failed);
    status = cli_lay_out(&sheet, &width, &height, pixels, r->n, r->columns, r->width, r->height, c->channels,
                         r->n > 1 ? GAP : 0, err);
    if (status == CDF_OK) status = cli_write_png(r->out, sheet, width, height, c->channels, text, err);
  }
  if (status == CDF_OK && (r->steps_dir || r->save) && !failed[0]) status = write_first(r, model, k, err);
  if (status == CDF_OK) status = cli_failures_tell(&failures, r->n, err);
  free(sheet);
  free(pixels);
  free(options);
  free(failed);
  return status;
}

cdf_status command_sample(int argc, char **argv, cdf_error *err) {
  cli_option options[CLI_MAX_OPTIONS];
  cli_options(options, option_table);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  const cdf_kernels *k = NULL;
  cdf_model *model = NULL;
  request r = {0};
  int threads = 0;
  if (status == CDF_OK) status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK) status = cli_kernels(&k, options, err);
  if (status == CDF_OK) status = cli_load_model(&model, cli_value(options, "model"), err);
  if (status == CDF_OK) status = read_request(&r, options, model, err);
  if (status == CDF_OK) {
    cli_set_threads(threads);
    cli_catch_signals();
    status = sample(&r, model, k, cli_value(options, "quiet") != NULL, err);
  }
  cli_edit_free(&r.edit);
  cdf_model_free(model);
  return status;
}
