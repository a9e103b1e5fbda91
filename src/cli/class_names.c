#include "class_names.h"

#include <ctype.h>
#include <string.h>

#include "terminal.h"

const char *cli_class_name(const cdf_model *model, int k, int *length) {
  const char *at = NULL;
  for (int i = 0; i < model->n_notes && !at; i++)
    if (strcmp(model->notes[i].key, "classes") == 0) at = model->notes[i].value;
  for (; at && k > 0; k--) {
    at = strchr(at, '\n');
    if (at) at++;
  }
  *length = at ? (int)strcspn(at, "\n") : 0;
  return *length > 0 ? at : NULL;
}

/* The next letter that counts from *at on, in lower case; 0 at the end. */
static int next_letter(const char **at, const char *end) {
  while (*at < end && strchr(" -_", **at)) (*at)++;
  return *at < end ? tolower((unsigned char)*(*at)++) : 0;
}

static bool is_alike(const char *a, const char *a_end, const char *b, const char *b_end) {
  for (int letter;;) {
    letter = next_letter(&a, a_end);
    if (letter != next_letter(&b, b_end)) return false;
    if (letter == 0) return true;
  }
}

int cli_class_named(const cdf_model *model, const char *text) {
  const char *name;
  size_t n = strlen(text);
  int alike = -1;
  for (int k = 0, length; (name = cli_class_name(model, k, &length)) && k < model->net.config.n_classes; k++) {
    if ((size_t)length == n && strncmp(name, text, n) == 0) return k;
    if (alike < 0 && is_alike(name, name + length, text, text + n)) alike = k;
  }
  return alike;
}

/* All names, or as many as there is room for. */
static void list(char *text, size_t room, const cdf_model *model) {
  const char *name;
  *text = 0;
  for (int k = 0, length; (name = cli_class_name(model, k, &length)); k++)
    cli_append(text, room, "%s%.*s", k > 0 ? ", " : "", length, name);
  if (strlen(text) + 1 == room) strcpy(text + room - 4, "...");
}

cdf_status cli_class(int *label, const cli_option *options, const cdf_model *model, cdf_error *err) {
  const char *text = cli_value(options, "class");
  int n = model->net.config.n_classes, length;
  if (!text) return CDF_OK;
  if (n == 0) return cdf_fail(err, CDF_USAGE, "this model has no classes; leave out --class");
  /* Names first: a class may be called 12. */
  int named = cli_class_named(model, text);
  if (named >= 0) {
    *label = named;
    return CDF_OK;
  }
  if (text[strspn(text, "0123456789-")] == 0 || !cli_class_name(model, 0, &length))
    return cli_int(label, options, "class", 0, n - 1, err);
  char names[160];
  list(names, sizeof names, model);
  return cdf_fail(err, CDF_USAGE, "--class is '%.40s', but must be a number from 0 to %d or one of: %s", text, n - 1,
                  names);
}
