/* Fuzzer of text: a config file, and the same lines as options of the command line. Starts from the conf files of
 * models/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_file(const uint8_t *bytes, size_t n) {
  char path[64];
  int file = memfd_create("config", 0);
  if (file < 0 || write(file, bytes, n) != (ssize_t)n) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  cli_settings *settings = cli_new_settings(cdf_config_fields);
  cdf_config config;
  cdf_train_config train;
  cdf_error err = {0};
  if (!settings || cdf_config_preset(&config, "taps", NULL) != CDF_OK) abort();
  cdf_train_config_default(&train);
  cdf_status status = cli_read_settings(settings, path, &err);
  if (status == CDF_OK) status = cli_apply_settings(&config, cdf_config_fields, settings, &err);
  if (status == CDF_OK) status = cli_apply_settings(&train, cdf_train_fields, settings, &err);
  if (status != CDF_OK && strlen(err.text) < 20) abort();
  free(settings);
  close(file);
}

enum { MAX_WORDS = 12 };

/* Words, with a zero byte between. */
static void read_options(const uint8_t *bytes, size_t n) {
  cli_option options[] = {
      {"size", "WxH", "", NULL}, {"n", "N", "", NULL},       {"seed", "N", "", NULL}, {"mix", "T", "", NULL},
      {"window", "", "", NULL},  {"extend", NULL, "", NULL}, {"cell", "N", "", NULL}, {0}};
  char *text = malloc(n + 1), *words[MAX_WORDS];
  int n_words = 0;
  if (!text) return;
  memcpy(text, bytes, n);
  text[n] = 0;
  for (size_t at = 0; at < n && n_words < MAX_WORDS; at += strlen(text + at) + 1) words[n_words++] = text + at;
  cdf_error err = {0};
  cdf_config config;
  int width = 32, height = 32, number = 1;
  float mix = 0;
  uint64_t seed = 0;
  cli_window window;
  cdf_status status = cdf_config_preset(&config, "taps", &err);
  if (status == CDF_OK) status = cli_parse(options, NULL, n_words, words, &err);
  if (status == CDF_OK) status = cli_size(&width, &height, options, "size", 1, 4096, &err);
  if (status == CDF_OK) status = cli_int(&number, options, "n", 1, 1000, &err);
  if (status == CDF_OK) status = cli_u64(&seed, options, "seed", &err);
  if (status == CDF_OK) status = cli_float(&mix, options, "mix", &err);
  if (status == CDF_OK) status = cli_window_read(&window, options, width, &err);
  if (status == CDF_OK) status = cli_window_extend(&window, options, &config, width, height, &err);
  if (status == CDF_OK && (number < 1 || number > 1000 || width < 1 || height > 4096)) abort();
  if (status != CDF_OK && strlen(err.text) < 10) abort();
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n == 0) return 0;
  bytes[n - 1] & 1 ? read_file(bytes, n) : read_options(bytes, n);
  return 0;
}
