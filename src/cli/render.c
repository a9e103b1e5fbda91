/* render.c: `coordiff render`: a saved lattice at any size, or any part of it, without sampling again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grid.h"
#include "lattice_file.h"
#include "outputs.h"
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

static cdf_status draw(const cdf_model *model, const cdf_kernels *k, const cli_option *options, cdf_error *err) {
  const char *lattice = cli_value(options, "lattice"), *out = cli_value(options, "out");
  if (!lattice) return cdf_fail(err, CDF_USAGE, "--lattice is missing: say which file of 'coordiff sample --save'");
  if (!out) return cdf_fail(err, CDF_USAGE, "--out is missing: say where the picture goes, - for standard output");
  cdf_picture *picture = NULL;
  char *saved = NULL, text[CLI_PROVENANCE_BYTES];
  cdf_status status = cli_check_outputs(options, (cli_output[]){{"out", ".png"}, {0}}, "model lattice", err);
  if (status == CDF_OK) status = cli_lattice_load(&picture, &saved, model, cli_n_threads(), k, lattice, err);
  cdf_world world = status == CDF_OK ? cdf_picture_world(picture) : (cdf_world){0};
  cli_window window;
  int width = 16 * world.width, height = 16 * world.height;
  if (status == CDF_OK) status = cli_size(&width, &height, options, "size", 1, CDF_MAX_CANVAS, err);
  if (status == CDF_OK) status = cli_window_read(&window, options, width, err);
  size_t n_bytes = cdf_canvas_bytes(model, width, height);
  uint8_t *pixels = status == CDF_OK ? malloc(n_bytes) : NULL;
  if (status == CDF_OK && !pixels) status = cdf_fail_memory(err, n_bytes);
  if (status == CDF_OK) {
    cdf_picture_draw(picture, pixels, width, height, cli_window_view(&window), &cli_threads);
    cli_say_render(text, saved, &(cli_scene){NULL, NULL, &window, width, height});
    status = cli_write_png(out, pixels, width, height, model->net.config.channels, text, err);
  }
  free(pixels);
  free(saved);
  cdf_picture_free(picture);
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
