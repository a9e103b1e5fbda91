/* Fuzzer of --source and --mask: a picture from disk that becomes part of a lattice, in worlds and on canvases of any
 * kind; the last eight bytes choose which. Starts from tests/pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { TAIL = 8 };

static int rest(const uint8_t *tail, int i, int n) { return tail[i] % n; }

/* A file in memory that has a name. */
static int put(char *path, size_t room, const uint8_t *bytes, size_t n) {
  int file = memfd_create("picture", 0);
  if (file < 0 || write(file, bytes, n) != (ssize_t)n) abort();
  snprintf(path, room, "/proc/self/fd/%d", file);
  return file;
}

static cdf_model some_model(const uint8_t *tail) {
  cdf_model m = {0};
  m.net.config.channels = 1 + rest(tail, 0, 4);
  m.net.config.lattice_width = 4 + rest(tail, 1, 20);
  m.net.config.lattice_height = 4 + rest(tail, 2, 20);
  m.net.config.coordinates = tail[3] % 4;
  return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n <= TAIL) return 0;
  const uint8_t *tail = bytes + n - TAIL;
  char path[64], part[64];
  int file = put(path, sizeof path, bytes, n - TAIL);
  snprintf(part, sizeof part, "%d,%d,%d", (int8_t)tail[4], (int8_t)tail[5], 1 + tail[6] / 4);
  cli_option options[] = {{"source", "", "", path},
                          {"mask", "", "", tail[3] & 4 ? path : NULL},
                          {"extend", NULL, "", tail[3] & 8 ? "1" : NULL},
                          {"window", "", "", tail[3] & 16 ? part : NULL},
                          {"cell", "", "", NULL},
                          {"strength", "", "", NULL},
                          {"other-seed", "", "", NULL},
                          {"mix", "", "", NULL},
                          {"background", "", "", NULL},
                          {0}};
  cdf_model model = some_model(tail);
  int width = 1 + rest(tail, 7, 40), height = 1 + rest(tail, 6, 30);
  cli_window window;
  cli_edit edit = {0};
  cdf_sample_options sample = {0};
  cdf_error err = {0};
  cdf_status status = cli_window_read(&window, options, width, &err);
  if (status == CDF_OK) status = cli_window_extend(&window, options, &model.net.config, width, height, &err);
  if (status == CDF_OK) status = cli_edit_read(&edit, &sample, options, &model, &window, width, height, &err);
  if (status != CDF_OK && strlen(err.text) < 20) abort();
  size_t canvas = (size_t)width * (size_t)height * (size_t)model.net.config.channels;
  uint8_t *pixels = calloc(1, canvas);
  if (status == CDF_OK && pixels) cli_edit_restore(&edit, pixels, model.net.config.channels, &window, width, height);
  free(pixels);
  cli_edit_free(&edit);
  close(file);
  return 0;
}
