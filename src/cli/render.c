/* render.c: `coordiff render`: a saved lattice at any size, or any part of it, without sampling again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grid.h"
#include "lattice_file.h"
#include "provenance.h"
#include "threads.h"
#include "window.h"

static const char usage[] =
    "Usage: coordiff render --model FILE --lattice FILE -o OUT.png [options]\n"
    "\n"
    "Examples\n"
    "  coordiff sample --model models/faces.safetensors --class 2 --n 1 --save face.safetensors -o face.png\n"
    "  coordiff render --model models/faces.safetensors --lattice face.safetensors --size 2000x2000 -o large.png\n"
    "  coordiff render --model models/faces.safetensors --lattice face.safetensors --window 18,16,12 -o eyes.png\n"
    "\n"
    "The plane is measured in cells: the model's frame reaches from 0 to the size of its lattice.\n";

static const cli_option option_table[] = {{"model", "FILE", "checkpoint", NULL},
                                          {"lattice", "FILE", "written by 'coordiff sample --save'", NULL},
                                          {"out", "FILE", "PNG to write; - is standard output", NULL},
                                          {"size", "WxH", "pixels (default: 16 a cell of the lattice)", NULL},
                                          CLI_WINDOW_OPTION,
                                          {"threads", "N", "default: every processor", NULL},
                                          {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
                                          {"help", NULL, "this text", NULL},
                                          {0}};

#define MAX_BANDS 64

/* Every thread has its own copy of the picture and draws a band of rows. */
typedef struct team {
  cdf_generation *members[MAX_BANDS];
  int n, width, height;
  size_t line_bytes;
  const cdf_view *view;
  uint8_t *pixels;
} team;

static void draw_band(void *context, int b) {
  team *t = context;
  int y0 = (int)((int64_t)t->height * b / t->n), y1 = (int)((int64_t)t->height * (b + 1) / t->n);
  if (y1 > y0)
    cdf_generation_render(t->members[b], t->pixels + t->line_bytes * (size_t)y0, t->width, t->height, t->view, y0, y1);
}

/* Copies of the first member for the other threads. */
static cdf_status gather_team(team *t, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  cdf_world world = cdf_generation_world(t->members[0]);
  size_t bytes = cdf_world_cells(&world) * (size_t)model->net.config.channels * sizeof(float);
  cdf_status status = CDF_OK;
  while (t->n < cdf_min(cli_n_threads(), MAX_BANDS) && status == CDF_OK) {
    status = cdf_generation_create(&t->members[t->n], model, &world, k, err);
    if (status == CDF_OK) memcpy(cdf_generation_clean(t->members[t->n++]), cdf_generation_clean(t->members[0]), bytes);
  }
  return status;
}

static cdf_status draw(const cdf_model *model, const cdf_kernels *k, const cli_option *options, cdf_error *err) {
  const char *lattice = cli_value(options, "lattice"), *out = cli_value(options, "out");
  if (!lattice) return cdf_fail(err, CDF_USAGE, "--lattice is missing: say which file of 'coordiff sample --save'");
  if (!out) return cdf_fail(err, CDF_USAGE, "--out is missing: say where the picture goes, - for standard output");
  team t = {.n = 1};
  char *saved = NULL, text[CLI_PROVENANCE_BYTES];
  cdf_status status = cli_check_name("out", out, ".png", err);
  if (status == CDF_OK) status = cli_lattice_load(&t.members[0], &saved, model, k, lattice, err);
  if (status != CDF_OK) return status;
  cdf_world world = cdf_generation_world(t.members[0]);
  cli_window window;
  t.width = 16 * world.width, t.height = 16 * world.height;
  status = cli_size(&t.width, &t.height, options, "size", 1, CDF_MAX_CANVAS, err);
  if (status == CDF_OK) status = cli_window_read(&window, options, &model->net.config, t.width, t.height, err);
  size_t n_bytes = cdf_canvas_bytes(model, t.width, t.height);
  if (status == CDF_OK && !(t.pixels = malloc(n_bytes))) status = cdf_fail_memory(err, n_bytes);
  if (status == CDF_OK) status = gather_team(&t, model, k, err);
  if (status == CDF_OK) {
    t.view = cli_window_view(&window);
    t.line_bytes = n_bytes / (size_t)t.height;
    cdf_parallel_for(&cli_threads, draw_band, &t, t.n);
    cli_say_render(text, saved, &(cli_scene){NULL, NULL, &window, t.width, t.height});
    status = cli_write_png(out, t.pixels, t.width, t.height, model->net.config.channels, text, err);
  }
  free(t.pixels);
  free(saved);
  for (int i = 0; i < t.n; i++) cdf_generation_free(t.members[i]);
  return status;
}

cdf_status command_render(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  const cdf_kernels *k = NULL;
  cdf_model *model = NULL;
  int threads = 0;
  if (status == CDF_OK) status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK) status = cli_kernels(&k, options, err);
  if (status == CDF_OK) status = cli_load_model(&model, cli_value(options, "model"), err);
  if (status == CDF_OK) {
    cli_set_threads(threads);
    status = draw(model, k, options, err);
  }
  cdf_model_free(model);
  return status;
}
