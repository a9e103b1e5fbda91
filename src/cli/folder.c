#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/json_text.h"
#include "files.h"
#include "pictures/decode.h"

/* A walk over all folders; what each folder lies in, so that a link back to one of them ends nowhere. */
typedef struct walk {
  cli_folder *found;
  cli_account *account;
  const char *root;
  int n_pictures, n_in_classes; /* whole or not, so far; those of them below sub-folders */
} walk;

typedef struct level {
  dev_t device;
  ino_t file;
  const struct level *above;
} level;

const char *cli_below(const char *file, const char *path) {
  size_t n = strlen(path);
  if (strncmp(file, path, n) != 0) return file;
  for (file += n; *file == '/'; file++) continue;
  return file;
}

/* ---- one file ---- */

static bool is_picture_name(const char *name) {
  const char *dot = strrchr(name, '.');
  static const char *const ends[] = {".png", ".jpg", ".jpeg", ".webp"};
  for (size_t i = 0; dot && i < sizeof ends / sizeof *ends; i++)
    if (!strcasecmp(dot, ends[i])) return true;
  return false;
}

/* The first bytes of a regular file: their number, or -1 with errno. */
static int read_first(const char *path, unsigned char *bytes) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return -1;
  ssize_t n = read(fd, bytes, CLI_FORMAT_BYTES);
  int cause = errno;
  close(fd);
  errno = cause;
  return (int)n;
}

static cdf_status add_file(cli_folder *f, char *path, int label, cdf_error *err) {
  if (f->n == f->room) {
    size_t room = f->room ? (size_t)f->room * 2 : 256;
    struct cli_found *files = room <= INT_MAX ? realloc(f->files, room * sizeof *files) : NULL;
    if (!files) return cdf_fail_memory(err, room * sizeof *files);
    f->files = files, f->room = (int)room;
  }
  char *own = strdup(path);
  if (!own) return cdf_fail_memory(err, strlen(path));
  f->files[f->n++] = (struct cli_found){own, label};
  return CDF_OK;
}

/* A picture, by its content. What is called one and is none is damaged; anything else is skipped. */
static cdf_status visit_file(walk *w, char *path, int label, cdf_error *err) {
  unsigned char start[CLI_FORMAT_BYTES];
  const char *kind = "", *file = cli_below(path, w->root);
  char why[80];
  int n = read_first(path, start);
  bool damaged = is_picture_name(path);
  if (n >= 0 && cli_format_of(start, (size_t)n, &kind) != CLI_OTHER) {
    w->n_pictures++;
    return add_file(w->found, path, label, err);
  }
  if (n < 0) {
    snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
  } else if (!*kind || !strcmp(kind, "text") || !strcmp(kind, "empty")) {
    snprintf(why, sizeof why, *kind ? "no picture (%s)" : "no picture", kind);
  } else {
    snprintf(why, sizeof why, "%s, and not PNG, JPEG or WebP", kind);
    damaged = false;
  }
  w->n_pictures += damaged;
  cli_leave_out(damaged ? &w->account->damaged : &w->account->skipped, file, why);
  return CDF_OK;
}

/* ---- folders ---- */

static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int by_path(const void *a, const void *b) {
  return strcmp(((const struct cli_found *)a)->path, ((const struct cli_found *)b)->path);
}

static bool is_above(const level *at, const struct stat *info) {
  for (; at; at = at->above)
    if (at->device == info->st_dev && at->file == info->st_ino) return true;
  return false;
}

static cdf_status visit_folder(walk *w, const char *path, int label, const level *above, cdf_error *err);

/* A class begins with the first sub-folder of the root that has something called a picture. */
static cdf_status visit_class(walk *w, const char *path, const char *name, const level *above, cdf_error *err) {
  int before = w->n_pictures, first = w->found->n;
  cdf_status status = visit_folder(w, path, w->found->n_classes, above, err);
  if (status != CDF_OK) return status;
  if (w->n_pictures == before) return cli_leave_out(&w->account->empty, name, "no picture in it"), CDF_OK;
  if (w->found->n > first)
    qsort(w->found->files + first, (size_t)(w->found->n - first), sizeof *w->found->files, by_path);
  char *longer = NULL, *names = w->found->names;
  if (asprintf(&longer, "%s%s%s", names ? names : "", names ? "/" : "", name) < 0)
    return cdf_fail_memory(err, PATH_MAX);
  free(names);
  cdf_utf8_clean(longer); /* a checkpoint holds nothing else */
  w->found->names = longer;
  w->n_in_classes += w->n_pictures - before;
  w->found->n_classes++;
  return CDF_OK;
}

static cdf_status visit(walk *w, const char *folder, const char *name, int label, const level *above, cdf_error *err) {
  char *path = NULL;
  struct stat info;
  size_t n = strlen(folder);
  if (asprintf(&path, "%s%s%s", folder, n > 0 && folder[n - 1] == '/' ? "" : "/", name) < 0)
    return cdf_fail_memory(err, PATH_MAX);
  const char *file = cli_below(path, w->root);
  cdf_status status = CDF_OK;
  bool known = stat(path, &info) == 0; /* what is not will say so when it is read */
  if (name[0] == '.')
    cli_leave_out(&w->account->skipped, file, "hidden");
  else if (known && S_ISDIR(info.st_mode) && is_above(above, &info))
    cli_leave_out(&w->account->skipped, file, "a link to a folder that it lies in");
  else if (known && S_ISDIR(info.st_mode))
    status = above->above ? visit_folder(w, path, label, above, err) : visit_class(w, path, name, above, err);
  else if (known && !S_ISREG(info.st_mode))
    cli_leave_out(&w->account->skipped, file, "a pipe or a device");
  else
    status = visit_file(w, path, label, err);
  free(path);
  return status;
}

/* Files before folders, each in byte order. */
static cdf_status visit_folder(walk *w, const char *path, int label, const level *above, cdf_error *err) {
  struct dirent **items;
  struct stat info;
  int n = scandir(path, &items, NULL, by_bytes);
  if (n < 0 || stat(path, &info) != 0) return cli_fail_read(err, path, errno);
  level here = {info.st_dev, info.st_ino, above};
  cdf_status status = CDF_OK;
  for (int i = 0; i < n; i++) {
    const char *name = items[i]->d_name;
    if (status == CDF_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
      status = visit(w, path, name, label, &here, err);
    free(items[i]);
  }
  free(items);
  return status;
}

/* ---- all of it ---- */

static cdf_status check(const walk *w, cdf_error *err) {
  int n_direct = w->n_pictures - w->n_in_classes;
  const cli_folder *f = w->found;
  const cli_left_out *skipped = &w->account->skipped;
  const char *path = cli_shown_path(w->root);
  if (w->n_pictures == 0 && skipped->n > 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%s holds no pictures: no PNG, JPEG or WebP at any depth, and no IDX files; %.60s, for one, is "
                    "left out: %.60s",
                    path, skipped->first[0].file, skipped->first[0].why);
  if (w->n_pictures == 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%s holds no pictures: no PNG, JPEG or WebP at any depth, and no IDX files; name another directory",
                    path);
  if (n_direct > 0 && f->n_classes > 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%s holds pictures both directly (%d) and in sub-folders (%d); move all of them into sub-folders, "
                    "one for each class, or out of them",
                    path, n_direct, w->n_in_classes);
  if (f->n_classes > CDF_MAX_CLASSES)
    return cdf_fail(err, CDF_BAD_INPUT, "%s has %d sub-folders, but at most %d classes are possible; join some", path,
                    f->n_classes, CDF_MAX_CLASSES);
  return CDF_OK;
}

cdf_status cli_folder_find(cli_folder *folder, const char *path, cli_account *account, cdf_error *err) {
  *folder = (cli_folder){0};
  walk w = {.found = folder, .account = account, .root = path};
  cdf_status status = visit_folder(&w, path, 0, NULL, err);
  return status == CDF_OK ? check(&w, err) : status;
}

void cli_folder_free(cli_folder *folder) {
  for (int i = 0; i < folder->n; i++) free(folder->files[i].path);
  free(folder->files);
  free(folder->names);
  *folder = (cli_folder){0};
}
