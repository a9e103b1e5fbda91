#include "class_names.h"

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

/* All names, or as many as there is room for. */
static void list(char *text, size_t room, const cdf_model *model) {
  const char *name;
  *text = 0;
  for (int k = 0, length; (name = cli_class_name(model, k, &length)); k++)
    cli_append(text, room, "%s%.*s", k > 0 ? ", " : "", length, name);
  if (strlen(text) + 1 == room) strcpy(text + room - 4, "...");
}

cdf_status cli_class(int *label, const cli_option *options, const cdf_model *model, cdf_error *err) {
  const char *text = cli_value(options, "class"), *name;
  int n = model->net.config.n_classes, length;
  if (!text) return CDF_OK;
  if (n == 0) return cdf_fail(err, CDF_USAGE, "this model has no classes; leave out --class");
  /* Names first: a class may be called 12. */
  for (int k = 0; (name = cli_class_name(model, k, &length)); k++)
    if ((size_t)length == strlen(text) && strncmp(name, text, (size_t)length) == 0 && k < n) {
      *label = k;
      return CDF_OK;
    }
  if (text[strspn(text, "0123456789-")] == 0 || !cli_class_name(model, 0, &length))
    return cli_int(label, options, "class", 0, n - 1, err);
  char names[160];
  list(names, sizeof names, model);
  return cdf_fail(err, CDF_USAGE, "--class is '%.40s', but must be a number from 0 to %d or one of: %s", text, n - 1,
                  names);
}
