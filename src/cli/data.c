/* data.c: `coordiff data`: what is in a set of pictures, and whether a packed one keeps its promise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grid.h"
#include "json.h"
#include "outputs.h"
#include "packs.h"
#include "provenance.h"
#include "taking.h"
#include "terminal.h"
#include "threads.h"

static const char usage[] =
    "Usage: coordiff data --data PATH [--json] [--sheet FILE.png]\n"
    "\n"
    "Examples\n"
    "  coordiff data --data build/data/faces-train.safetensors --sheet faces.png\n"
    "  coordiff data --data /usr/share/datasets/fashion-mnist --json\n"
    "  coordiff data --data my-pictures --size 48x48 --crop none --sheet look.png       as `train` would take them\n"
    "\n"
    "Every file of a folder is a picture or is named: damaged, or skipped because it is none (the first ten of each).\n"
    "Mean and deviation of each channel are on the scale from -1 to 1. A packed set with a finer truth\n"
    "(tools/make_faces.mjs) is checked as well: its lattice must be the area average of the truth. lattice_error is "
    "the\n"
    "largest difference in levels of 255 that was found; above 1 the exit code is 3.\n";

static const cli_option option_table[] = {
    {"data", "PATH", "packed set, IDX directory or file, or a folder of PNG, JPEG and WebP", NULL},
    CLI_TAKING_OPTIONS,
    {"json", NULL, "one JSON object on standard output", NULL},
    {"sheet", "FILE", "PNG to write: the first pictures, from the truth if there is one", NULL},
    {"n", "N", "pictures on the sheet (default 60)", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

#define SHEET_COLUMNS 10
#define SHEET_GAP 4
#define MAX_CHECKED 64
#define MAX_LATTICE_ERROR 1.0 /* levels: half a level is rounding, another half may be another way of rounding */

typedef struct contents {
  const char *path;
  const cli_set_options *taken;
  bool packed;
  cli_pack set; /* when packed */
  cdf_dataset data;
  cli_account account; /* of the files of a folder */
  double mean[CDF_MAX_CHANNELS], deviation[CDF_MAX_CHANNELS];
  int n_listed; /* classes with pictures or a name */
  int count[CDF_MAX_CLASSES];
  int scale, n_checked; /* 0: no truth */
  double lattice_error;
} contents;

/* ---- what is in it ---- */

/* NULL: none known */
static const char *class_name(const contents *c, int k) {
  return k < c->data.n_class_names ? c->data.class_names[k] : NULL;
}

/* Exact sums: a double holds 2^53, and a set of 4 GiB of 255s squared stays below 2^48. */
static void measure(contents *c) {
  const cdf_dataset *d = &c->data;
  size_t plane = (size_t)d->width * (size_t)d->height;
  uint64_t sum[CDF_MAX_CHANNELS] = {0}, squares[CDF_MAX_CHANNELS] = {0};
  const uint8_t *at = d->pixels;
  for (int i = 0; i < d->n_images; i++)
    for (int ch = 0; ch < d->n_channels; ch++)
      for (const uint8_t *end = at + plane; at < end; at++) sum[ch] += *at, squares[ch] += (uint64_t)*at * *at;
  for (int ch = 0; ch < d->n_channels; ch++) {
    double n = (double)plane * d->n_images, mean = (double)sum[ch] / n;
    c->mean[ch] = mean / 127.5 - 1;
    c->deviation[ch] = sqrt(fmax(0, (double)squares[ch] / n - mean * mean)) / 127.5;
  }
  for (int i = 0; i < d->n_images && d->labels; i++) c->count[d->labels[i]]++;
}

static cdf_status load(contents *c, cdf_error *err) {
  c->packed = cli_pack_is_one(c->path);
  cdf_status status = CDF_OK;
  if (c->packed) {
    status = cli_pack_open(&c->set, c->path, err);
    if (status == CDF_OK) status = cdf_pack_dataset(&c->data, &c->set.pack, err);
  } else {
    status = cli_load_set(&c->data, c->path, "train", c->taken, &c->account, err);
  }
  if (status != CDF_OK) return status;
  c->n_listed = cdf_max(c->data.n_class_names, c->data.n_classes);
  measure(c);
  return CDF_OK;
}

static void contents_free(contents *c) {
  cdf_dataset_free(&c->data);
  cli_pack_close(&c->set);
}

/* ---- is the lattice the area average of the truth? ---- */

typedef struct check {
  const contents *c;
  int picture[MAX_CHECKED];
  double error[MAX_CHECKED];
  cdf_error why[MAX_CHECKED];
} check;

/* Largest difference between lattice[C][h][w] and the area average of truth[h * scale][w * scale][C]. */
static double lattice_error(const uint8_t *lattice, const uint8_t *truth, const cdf_dataset *d, int scale) {
  double worst = 0, area = (double)scale * scale;
  size_t channels = (size_t)d->n_channels, f = (size_t)scale, line = (size_t)d->width * f * channels;
  for (size_t ch = 0; ch < channels; ch++)
    for (size_t j = 0; j < (size_t)d->height; j++)
      for (size_t i = 0; i < (size_t)d->width; i++) {
        uint64_t sum = 0;
        for (size_t y = j * f; y < (j + 1) * f; y++)
          for (size_t x = i * f; x < (i + 1) * f; x++) sum += truth[y * line + x * channels + ch];
        worst = fmax(worst, fabs(*lattice++ - (double)sum / area));
      }
  return worst;
}

static void work_check(void *context, int k) {
  check *job = context;
  const contents *c = job->c;
  uint8_t *truth;
  int i = job->picture[k];
  if (cli_pack_picture(&truth, &c->set, i, c->scale, &job->why[k]) != CDF_OK) return;
  const uint8_t *lattice = c->data.pixels + (size_t)i * cdf_dataset_image_size(&c->data);
  job->error[k] = lattice_error(lattice, truth, &c->data, c->scale);
  free(truth);
}

/* Up to MAX_CHECKED pictures, spread over the whole set. CDF_BAD_INPUT when one cannot be decoded; *failed when the
 * lattice is wrong, which is told after everything else. */
static cdf_status check_truth(contents *c, cdf_error *failed, cdf_error *err) {
  int n = cdf_min(c->data.n_images, MAX_CHECKED), worst = 0;
  cdf_status status = cli_pack_scale(&c->scale, &c->set, err);
  check *job = status == CDF_OK ? calloc(1, sizeof *job) : NULL;
  if (!job) return status != CDF_OK ? status : cdf_fail_memory(err, sizeof *job);
  job->c = c;
  for (int k = 1; k < n; k++) job->picture[k] = (int)((int64_t)k * (c->data.n_images - 1) / (n - 1));
  cdf_parallel_for(&cli_threads, work_check, job, n);
  for (int k = 0; k < n && status == CDF_OK; k++) {
    if (job->why[k].code != CDF_OK) status = cdf_fail(err, job->why[k].code, "%s", job->why[k].text);
    if (job->error[k] > job->error[worst]) worst = k;
  }
  c->n_checked = n;
  c->lattice_error = job->error[worst];
  if (c->lattice_error > MAX_LATTICE_ERROR)
    cdf_fail(failed, CDF_BAD_INPUT,
             "the lattice image of picture %d is up to %.4g levels away from the area average of its truth, but at "
             "most %g is allowed; make the set again with tools/make_faces.mjs",
             job->picture[worst], c->lattice_error, MAX_LATTICE_ERROR);
  free(job);
  return status;
}

/* ---- the contact sheet ---- */

/* The lattice images pixels[n][h][w][C] with their channels side by side. */
static cdf_status interleave(uint8_t **pixels, const cdf_dataset *d, int n, cdf_error *err) {
  size_t size = cdf_dataset_image_size(d), plane = (size_t)d->width * (size_t)d->height;
  uint8_t *out = *pixels = malloc((size_t)n * size);
  if (!out) return cdf_fail_memory(err, (size_t)n * size);
  for (size_t i = 0; i < (size_t)n; i++)
    cdf_image_interleave(out + i * size, d->pixels + i * size, d->n_channels, plane);
  return CDF_OK;
}

static cdf_status write_sheet(const contents *c, const char *path, int n, cdf_error *err) {
  const cdf_dataset *d = &c->data;
  int scale = cdf_max(c->scale, 1), width = d->width * scale, height = d->height * scale, found;
  n = cdf_min(n, d->n_images);
  int columns = cdf_min(n, SHEET_COLUMNS);
  size_t sheet_width, sheet_height;
  if (cli_layout_size(&sheet_width, &sheet_height, n, columns, width, height, SHEET_GAP, NULL) != CDF_OK)
    return cdf_fail(err, CDF_USAGE,
                    "the sheet would be %zux%zu pixels, but at most %d a side is possible; use a "
                    "smaller --n",
                    sheet_width, sheet_height, CDF_MAX_CANVAS);
  uint8_t *pixels = NULL, *sheet = NULL;
  cdf_status status =
      c->scale > 0 ? cli_pack_truth(&pixels, &found, &c->set, n, &cli_threads, err) : interleave(&pixels, d, n, err);
  if (status == CDF_OK)
    status = cli_lay_out(&sheet, &width, &height, pixels, n, columns, width, height, d->n_channels, SHEET_GAP, err);
  char text[256], name[128];
  cli_base_name(name, sizeof name, c->path);
  snprintf(text, sizeof text, "coordiff %s; the first %d pictures of %s, %d a row, row by row", CDF_VERSION, n, name,
           columns);
  if (status == CDF_OK) status = cli_write_png(path, sheet, width, height, d->n_channels, text, err);
  free(pixels);
  free(sheet);
  return status;
}

/* ---- saying it ---- */

/* Metadata that is for people; the rest has lines of its own. */
static bool is_note(const cdf_metadata *m) { return strcmp(m->key, "format") != 0 && strcmp(m->key, "classes") != 0; }

static size_t truth_bytes(const contents *c) { return c->set.pack.truth_ends[c->data.n_images - 1]; }

static void print_list(const char *separator, const double *values, int n) {
  for (int i = 0; i < n; i++) printf("%s%.5f", i ? separator : "", values[i]);
}

static void print_text(const contents *c) {
  const cdf_dataset *d = &c->data;
  const cdf_checkpoint *file = &c->set.pack.file;
  printf("pictures %d\nlattice_width %d\nlattice_height %d\nchannels %d\n", d->n_images, d->width, d->height,
         d->n_channels);
  if (!c->packed) printf("skipped %d\ndamaged %d\n", c->account.skipped.n, c->account.damaged.n);
  printf("mean ");
  print_list(",", c->mean, d->n_channels);
  printf("\ndeviation ");
  print_list(",", c->deviation, d->n_channels);
  printf("\nn_classes %d\n", d->n_classes);
  for (int k = 0; k < c->n_listed; k++) {
    const char *name = class_name(c, k);
    printf("class %d %d%s", k, c->count[k], name ? " " : "");
    if (name) cli_print_plain(stdout, name);
    putchar('\n');
  }
  if (c->scale > 0)
    printf("truth_finer %d\ntruth_bytes %zu\nchecked %d\nlattice_error %.4g\n", c->scale, truth_bytes(c), c->n_checked,
           c->lattice_error);
  else
    printf("truth none\n");
  cli_account_print(stdout, &c->account);
  for (int i = 0; i < file->n_metadata; i++) {
    if (!is_note(&file->metadata[i])) continue;
    cli_print_plain(stdout, file->metadata[i].key);
    putchar(' ');
    cli_print_plain(stdout, file->metadata[i].value);
    putchar('\n');
  }
}

static void print_json(const contents *c) {
  const cdf_dataset *d = &c->data;
  const cdf_checkpoint *file = &c->set.pack.file;
  printf(
      "{\"pictures\": %d, \"lattice_width\": %d, \"lattice_height\": %d, \"channels\": %d, \"skipped\": %d, "
      "\"damaged\": %d",
      d->n_images, d->width, d->height, d->n_channels, c->account.skipped.n, c->account.damaged.n);
  printf(", \"skipped_files\": ");
  cli_left_out_json(&c->account.skipped);
  printf(", \"damaged_files\": ");
  cli_left_out_json(&c->account.damaged);
  printf(", \"empty_folders\": ");
  cli_left_out_json(&c->account.empty);
  printf(", \"mean\": [");
  print_list(", ", c->mean, d->n_channels);
  printf("], \"deviation\": [");
  print_list(", ", c->deviation, d->n_channels);
  printf("], \"n_classes\": %d, \"classes\": [", d->n_classes);
  for (int k = 0; k < c->n_listed; k++) {
    const char *name = class_name(c, k);
    printf("%s{\"name\": ", k ? ", " : "");
    name ? cli_json_string(name) : (void)printf("null");
    printf(", \"pictures\": %d}", c->count[k]);
  }
  printf("], \"truth\": ");
  if (c->scale > 0)
    printf("{\"finer\": %d, \"bytes\": %zu, \"checked\": %d, \"lattice_error\": %.4g}", c->scale, truth_bytes(c),
           c->n_checked, c->lattice_error);
  else
    printf("null");
  printf(", \"notes\": {");
  for (int i = 0, n = 0; i < file->n_metadata; i++) {
    if (!is_note(&file->metadata[i])) continue;
    printf("%s", n++ ? ", " : "");
    cli_json_string(file->metadata[i].key);
    printf(": ");
    cli_json_string(file->metadata[i].value);
  }
  printf("}}\n");
}

/* `why` with the end of the path before it. */
static cdf_status fail_about(const contents *c, const cdf_error *why, cdf_error *err) {
  size_t length = strlen(c->path);
  return cdf_fail(err, why->code, "%s: %s", c->path + (length > 80 ? length - 80 : 0), why->text);
}

static cdf_status describe(contents *c, const char *sheet, int n, bool json, cdf_error *err) {
  cdf_error why = {0}, failed = {0};
  cdf_status status = load(c, err);
  if (status != CDF_OK) return status;
  if (c->packed && c->set.pack.truth) status = check_truth(c, &failed, &why);
  if (status != CDF_OK) return fail_about(c, &why, err);
  if (sheet) status = write_sheet(c, sheet, n, &why);
  if (status == CDF_BAD_INPUT) return fail_about(c, &why, err);
  if (status != CDF_OK) return cdf_fail(err, status, "%s", why.text);
  json ? print_json(c) : print_text(c);
  return failed.code != CDF_OK ? fail_about(c, &failed, err) : CDF_OK;
}

cdf_status command_data(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  int n = 60;
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  if (status == CDF_OK) status = cli_int(&n, options, "n", 1, 100000, err);
  if (status != CDF_OK) return status;
  const char *sheet = cli_value(options, "sheet");
  cli_taking taking;
  status = cli_taking_read(&taking, options, err);
  if (status != CDF_OK) return status;
  contents c = {.path = cli_value(options, "data"), .taken = &taking.set};
  if (!c.path) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the pictures are");
  if (!sheet && cli_value(options, "n"))
    return cdf_fail(err, CDF_USAGE, "--n is how many pictures the sheet shows; add --sheet FILE.png");
  if (sheet && strcmp(sheet, "-") == 0)
    return cdf_fail(err, CDF_USAGE, "--sheet is '-', but standard output takes the description; name a file");
  status = cli_check_outputs(options, (cli_output[]){{"sheet", ".png"}, {0}}, "data", err);
  if (status != CDF_OK) return status;
  status = describe(&c, sheet, n, cli_value(options, "json") != NULL, err);
  contents_free(&c);
  return status;
}
