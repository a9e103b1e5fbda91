#include "provenance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/json_text.h"

void cli_base_name(char *name, size_t n, const char *path) {
  size_t end = strlen(path);
  while (end > 1 && path[end - 1] == '/') end--;
  size_t begin = end;
  while (begin > 0 && path[begin - 1] != '/') begin--;
  snprintf(name, n, "%.*s", (int)(end - begin), path + begin);
  cdf_utf8_clean(name); /* as a file system may hold it, or as it was cut */
}

cdf_status cli_check_name(const char *option, const char *path, const char *extension, cdf_error *err) {
  char name[256];
  cli_base_name(name, sizeof name, path);
  const char *dot = strrchr(name, '.');
  if (!dot || dot == name || strcasecmp(dot, extension) == 0) return CDF_OK;
  return cdf_fail(err, CDF_USAGE, "--%s is '%.100s', but what is written there is a %s file; name it %.*s%s", option,
                  path, extension, (int)(dot - name) < 60 ? (int)(dot - name) : 60, name, extension);
}

/* Append; what has no room is cut off. */
static void put(char text[CLI_PROVENANCE_BYTES], const char *format, ...) {
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, CLI_PROVENANCE_BYTES - used, format, args);
  va_end(args);
}

static void put_canvas(char text[CLI_PROVENANCE_BYTES], const cli_scene *s) {
  const cli_window *w = s->window;
  put(text, "; size %dx%d", s->width, s->height);
  if (w->is_part)
    put(text, "; %s %.9g,%.9g,%.9g", w->is_extended ? "extend" : "window", w->view.x, w->view.y,
        w->view.pitch * s->width);
}

/* shared: of several pictures, whose seeds and classes are told elsewhere. */
static void put_beginning(char text[CLI_PROVENANCE_BYTES], const cli_scene *s, const cdf_sample_options *o,
                          bool shared) {
  char options[512], model[128];
  text[0] = 0;
  cli_base_name(model, sizeof model, s->model_path);
  cdf_sample_print(options, sizeof options, o, s->config, shared);
  put(text, "coordiff %s; model %s; %s", CDF_VERSION, model, options);
  put_canvas(text, s);
}

void cli_say_picture(char text[CLI_PROVENANCE_BYTES], const cli_scene *s, const cdf_sample_options *o) {
  put_beginning(text, s, o, false);
}

/* How many pictures from i on are of one class, with seeds that count up. */
static int run_length(const cdf_sample_options *o, int i, int n) {
  int length = 1;
  while (i + length < n && o[i + length].label == o[i].label && o[i + length].seed == o[i].seed + (uint64_t)length)
    length++;
  return length;
}

void cli_say_grid(char text[CLI_PROVENANCE_BYTES], const cli_scene *s, const cdf_sample_options *o, int n, int columns,
                  const bool *failed) {
  int told = 0;
  put_beginning(text, s, &o[0], true);
  put(text, "; grid of %d pictures, %d a row, row by row:", n, columns);
  for (int i = 0, length; i < n; i += length) {
    length = run_length(o, i, n);
    put(text, i ? "," : "");
    if (s->config->n_classes > 0) put(text, o[i].label < 0 ? " class none" : " class %d", o[i].label);
    put(text, length > 1 ? " seeds %llu to %llu" : " seed %llu", (unsigned long long)o[i].seed,
        (unsigned long long)o[i + length - 1].seed);
  }
  for (int i = 0; i < n; i++)
    if (failed[i] && told++ < 100) put(text, told == 1 ? "; crossed out: number %d" : ", %d", i + 1);
}

void cli_say_render(char text[CLI_PROVENANCE_BYTES], const char *saved, const cli_scene *s) {
  text[0] = 0;
  for (const char *at = saved; *at;) {
    size_t n = strcspn(at, ";"), space = strspn(at, " ");
    const char *word = at + space;
    if (strncmp(word, "size ", 5) != 0 && strncmp(word, "window ", 7) != 0)
      put(text, "%s%.*s", *text ? "; " : "", (int)(n - space), word);
    at += n + (at[n] != 0);
  }
  put_canvas(text, s);
}
