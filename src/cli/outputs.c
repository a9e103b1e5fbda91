#include "outputs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "provenance.h"

/* The folder of a path: everything before its last slash, "." without one. */
static cdf_status folder_of(char folder[PATH_MAX], const char *option, const char *path, cdf_error *err) {
  if (strlen(path) >= PATH_MAX)
    return cdf_fail(err, CDF_USAGE, "--%s is too long: at most %d letters", option, PATH_MAX - 1);
  strcpy(folder, path);
  char *slash = strrchr(folder, '/');
  if (slash)
    *(slash == folder ? slash + 1 : slash) = 0;
  else
    strcpy(folder, ".");
  return CDF_OK;
}

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Do both name one place, there already or not? Their folders exist. */
static bool same_place(const char *a, const char *b) {
  struct stat at_a, at_b;
  if (stat(a, &at_a) == 0 && stat(b, &at_b) == 0) return S_ISREG(at_a.st_mode) && same_file(&at_a, &at_b);
  char folder_a[PATH_MAX], folder_b[PATH_MAX], name_a[256], name_b[256];
  if (folder_of(folder_a, "", a, NULL) != CDF_OK || folder_of(folder_b, "", b, NULL) != CDF_OK) return false;
  cli_base_name(name_a, sizeof name_a, a);
  cli_base_name(name_b, sizeof name_b, b);
  return stat(folder_a, &at_a) == 0 && stat(folder_b, &at_b) == 0 && same_file(&at_a, &at_b) &&
         strcmp(name_a, name_b) == 0;
}

/* Does a file that is there lie in the folder, however deep? */
static bool lies_in(const char *file, const char *folder) {
  struct stat info;
  char real_file[PATH_MAX], real_folder[PATH_MAX];
  if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode) || !realpath(file, real_file) ||
      !realpath(folder, real_folder))
    return false;
  size_t n = strlen(real_folder);
  return strncmp(real_file, real_folder, n) == 0 && real_file[n] == '/';
}

static cdf_status check_place(const char *option, const char *path, cdf_error *err) {
  char folder[PATH_MAX];
  struct stat info;
  if (*path == 0) return cdf_fail(err, CDF_USAGE, "--%s is empty; name a file", option);
  cdf_status status = folder_of(folder, option, path, err);
  if (status != CDF_OK) return status;
  if (!strchr(folder, '%') && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)))
    return cdf_fail(err, CDF_FAILED, "cannot write %.120s: there is no directory %.120s; make it first", path, folder);
  if (stat(path, &info) != 0) return CDF_OK;
  if (S_ISDIR(info.st_mode))
    return cdf_fail(err, CDF_FAILED, "cannot write %.200s: it is a directory; name a file", path);
  if (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISBLK(info.st_mode))
    return cdf_fail(err, CDF_FAILED,
                    "cannot write %.200s: it is a pipe or a device; name a file, or - for standard output", path);
  return CDF_OK;
}

/* One output against one input. */
static cdf_status check_input(const char *option, const char *path, const char *input, const char *read,
                              cdf_error *err) {
  if (same_place(path, read))
    return cdf_fail(err, CDF_USAGE, "--%s is %.200s, which --%s reads; name another file, so that it is not lost",
                    option, path, input);
  if (lies_in(path, read))
    return cdf_fail(err, CDF_USAGE,
                    "--%s is %.200s, a file that is there already in the folder that --%s reads; name another file, so "
                    "that it is not lost",
                    option, path, input);
  return CDF_OK;
}

static cdf_status check_inputs(const char *option, const char *path, const cli_option *options, const char *inputs,
                               cdf_error *err) {
  char names[128], *rest = NULL;
  snprintf(names, sizeof names, "%s", inputs);
  cdf_status status = CDF_OK;
  for (char *name = strtok_r(names, " ", &rest); name && status == CDF_OK; name = strtok_r(NULL, " ", &rest)) {
    const char *read = cli_value(options, name);
    if (read) status = check_input(option, path, name, read, err);
  }
  return status;
}

cdf_status cli_check_outputs(const cli_option *options, const cli_output *outputs, const char *inputs, cdf_error *err) {
  cdf_status status = CDF_OK;
  for (const cli_output *o = outputs; o->option && status == CDF_OK; o++) {
    const char *path = cli_value(options, o->option);
    if (!path || strcmp(path, "-") == 0) continue;
    if (o->extension) status = cli_check_name(o->option, path, o->extension, err);
    if (status == CDF_OK) status = check_place(o->option, path, err);
    if (status == CDF_OK) status = check_inputs(o->option, path, options, inputs, err);
    for (const cli_output *other = outputs; other < o && status == CDF_OK; other++) {
      const char *also = cli_value(options, other->option);
      if (also && strcmp(also, "-") != 0 && same_place(path, also))
        status =
            cdf_fail(err, CDF_USAGE, "--%s and --%s are both %.200s; name two files", other->option, o->option, path);
    }
  }
  return status;
}

/* The real path of what there is already of a path's folders. */
static bool existing_part(char real[PATH_MAX], const char *path) {
  char part[PATH_MAX];
  snprintf(part, sizeof part, "%s", path);
  while (!realpath(part, real)) {
    char *slash = strrchr(part, '/');
    if (slash == part) slash++;
    if (!slash || !*slash) return realpath(slash ? "/" : ".", real) != NULL;
    *slash = 0;
  }
  return true;
}

cdf_status cli_check_run_directory(const char *out, const char *data, cdf_error *err) {
  char folder[PATH_MAX], place[PATH_MAX];
  if (!realpath(data, folder) || !existing_part(place, out)) return CDF_OK;
  size_t n = strlen(folder);
  if (strncmp(place, folder, n) != 0 || (place[n] != '/' && place[n] != 0)) return CDF_OK;
  return cdf_fail(err, CDF_USAGE,
                  "--out is %.120s, which lies in --data %.100s: its grids would be taken for pictures; choose a "
                  "directory elsewhere",
                  out, data);
}
