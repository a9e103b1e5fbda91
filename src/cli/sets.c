#include "sets.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "files.h"
#include "folder.h"
#include "pictures/decode.h"
#include "threads.h"

#define DEFAULT_SIDE 32
#define DEFAULT_CHANNELS 3

/* ---- single files: packed sets and IDX ---- */

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && !strcasecmp(text + n - m, end);
}

/* path, path.gz or path without .gz, whichever is there first (malloc'd); NULL when none is. */
static char *find_packed(const char *path) {
  if (cdf_file_exists(path)) return strdup(path);
  char *other = NULL;
  if (ends_with(path, ".gz"))
    other = strndup(path, strlen(path) - 3);
  else if (asprintf(&other, "%s.gz", path) < 0)
    other = NULL;
  if (other && cdf_file_exists(other)) return other;
  free(other);
  return NULL;
}

/* The labels file that belongs to an images file (malloc'd), or NULL. */
static char *find_labels(const char *images_path) {
  const char *slash = strrchr(images_path, '/'), *mark = "images-idx3";
  const char *at = strstr(slash ? slash : images_path, mark);
  if (!at) return NULL;
  char *path = NULL;
  if (asprintf(&path, "%.*slabels-idx1%s", (int)(at - images_path), images_path, at + strlen(mark)) < 0) return NULL;
  char *found = find_packed(path);
  free(path);
  return found;
}

/* A packed set, or IDX images with the labels beside them. */
static cdf_status load_file(cdf_dataset *dataset, const char *images_path, cdf_error *err) {
  unsigned char *images = NULL, *labels = NULL;
  size_t n_image_bytes = 0, n_label_bytes = 0;
  char *labels_path = find_labels(images_path);
  /* The labels first: they are few. */
  cdf_status status = labels_path ? cdf_file_read(&labels, &n_label_bytes, labels_path, CDF_FILE_LABELS, err) : CDF_OK;
  if (status == CDF_OK) status = cdf_file_read(&images, &n_image_bytes, images_path, CDF_FILE_SET, err);
  if (status != CDF_OK) goto done;
  cdf_error cause = {0};
  if (cdf_pack_is_one(images, n_image_bytes)) {
    cdf_pack pack;
    status = cdf_pack_parse(&pack, images, n_image_bytes, &cause);
    if (status == CDF_OK) status = cdf_pack_dataset(dataset, &pack, &cause);
    cdf_pack_free(&pack);
  } else {
    status = cdf_dataset_from_idx(dataset, images, n_image_bytes, labels, n_label_bytes, &cause);
  }
  if (status != CDF_OK) status = cdf_fail(err, status, "%s: %s", cli_shown_path(images_path), cause.text);
done:
  free(labels_path);
  free(images);
  free(labels);
  return status;
}

/* ---- folders of pictures ---- */

#define AT_ONCE 32

/* Some pictures of a folder, loaded on all threads: the views of each, or why not. */
typedef struct loading {
  const cdf_dataset *like;
  const cli_folder *folder;
  const cli_set_options *o;
  int first, n; /* of the n pictures that are taken */
  struct {
    cdf_dataset views;
    cdf_error why;
    int finer; /* so many whole times finer than the set */
  } loaded[AT_ONCE];
} loading;

static int number_of(const loading *l, int k) { return (int)((int64_t)(l->first + k) * l->folder->n / l->n); }

/* An empty set of the same kind. */
static cdf_status start_like(cdf_dataset *views, const cdf_dataset *d, int n, cdf_error *err) {
  cdf_status status = cdf_dataset_init(views, n, d->n_channels, d->height, d->width, d->labels ? d->n_classes : 0, err);
  memcpy(views->background, d->background, sizeof d->background);
  views->checker = d->checker;
  return status == CDF_OK && d->changes ? cdf_dataset_keep_changes(views, n, err) : status;
}

static void load_picture(void *context, int k) {
  loading *l = context;
  int number = number_of(l, k);
  const struct cli_found *found = &l->folder->files[number];
  cdf_dataset *views = &l->loaded[k].views;
  unsigned char *bytes;
  size_t n_bytes;
  cli_picture p = {0};
  cdf_error *err = &l->loaded[k].why;
  *err = (cdf_error){0}, *views = (cdf_dataset){0}, l->loaded[k].finer = 0;
  if (cdf_file_read(&bytes, &n_bytes, found->path, CDF_FILE_PICTURE, err) != CDF_OK) return;
  cdf_status status = cli_decode(&p, bytes, n_bytes, err);
  free(bytes);
  if (status == CDF_OK) {
    int finer = l->loaded[k].finer = cdf_min(p.width / l->like->width, p.height / l->like->height);
    status = start_like(views, l->like, cdf_views_of_each(&l->o->views), err);
    if (status == CDF_OK && (finer > 0 || !l->o->only_as_fine))
      cdf_dataset_add_views(views, &l->o->views, number, p.pixels, p.width, p.height, p.channels, found->label);
  }
  free(p.pixels);
}

/* Append what was loaded; CDF_BAD_INPUT is no failure, but a picture that is damaged. */
static cdf_status take(cdf_dataset *dataset, loading *l, int n, const char *path, cli_account *account,
                       cdf_error *err) {
  cdf_status status = CDF_OK;
  for (int k = 0; k < n; k++) {
    const cdf_error *why = &l->loaded[k].why;
    if (why->code == CDF_BAD_INPUT)
      cli_leave_out(&account->damaged, cli_below(l->folder->files[number_of(l, k)].path, path), why->text);
    else if (why->code != CDF_OK && status == CDF_OK)
      status = cdf_fail(err, why->code, "%s", why->text);
    cdf_dataset_append(dataset, &l->loaded[k].views);
    account->n_finer[0] += l->loaded[k].finer >= 2, account->n_finer[1] += l->loaded[k].finer >= 4;
    cdf_dataset_free(&l->loaded[k].views);
  }
  return status;
}

static cdf_status add_all(cdf_dataset *dataset, const cli_folder *folder, const char *path, const cli_set_options *o,
                          cli_account *account, cdf_error *err) {
  int n = o->at_most > 0 ? cdf_min(o->at_most, folder->n) : folder->n;
  loading *l = calloc(1, sizeof *l);
  if (!l) return cdf_fail_memory(err, sizeof *l);
  *l = (loading){.like = dataset, .folder = folder, .o = o, .n = n};
  cdf_status status = CDF_OK;
  for (; l->first < n && status == CDF_OK; l->first += AT_ONCE) {
    int now = cdf_min(AT_ONCE, n - l->first);
    cdf_parallel_for(&cli_threads, load_picture, l, now);
    status = take(dataset, l, now, path, account, err);
  }
  free(l);
  if (status != CDF_OK) return status;
  account->n_read = dataset->n_images / cdf_views_of_each(&o->views);
  if (account->n_read > 0) return CDF_OK;
  if (o->only_as_fine && account->damaged.n == 0)
    return cdf_fail(err, CDF_BAD_INPUT, "%s holds no picture of %dx%d or more; give finer pictures",
                    cli_shown_path(path), dataset->width, dataset->height);
  return cdf_fail(err, CDF_BAD_INPUT, "%s holds no picture that can be read; %.80s: %.80s%s", cli_shown_path(path),
                  account->damaged.first[0].file, account->damaged.first[0].why,
                  account->damaged.n > 1 ? ", and the others are no better; make them again" : "; make it again");
}

/* An empty set with room for all views of n pictures. */
static cdf_status start_set(cdf_dataset *dataset, int n, int n_classes, const cli_set_options *o, cdf_error *err) {
  int room = n <= INT_MAX / cdf_views_of_each(&o->views) ? n * cdf_views_of_each(&o->views) : INT_MAX;
  cdf_status status =
      cdf_dataset_init(dataset, cdf_max(room, 1), o->channels ? o->channels : DEFAULT_CHANNELS,
                       o->height ? o->height : DEFAULT_SIDE, o->width ? o->width : DEFAULT_SIDE, n_classes, err);
  if (status == CDF_OK && o->background) memcpy(dataset->background, o->background, sizeof dataset->background);
  if (status == CDF_OK && o->checkered) dataset->checker = cdf_max(1, dataset->width / 8);
  return status == CDF_OK && o->keeps_changes ? cdf_dataset_keep_changes(dataset, cdf_max(room, 1), err) : status;
}

static cdf_status load_folder(cdf_dataset *dataset, const char *path, const cli_set_options *o, cli_account *account,
                              cdf_error *err) {
  cli_folder folder;
  cdf_status status = cli_folder_find(&folder, path, account, err);
  cli_set_options here = *o;
  if (here.views.n == CLI_VIEWS_BY_NUMBER) here.views.n = cdf_views_by_number(folder.n);
  account->n_views = cdf_views_of_each(&here.views);
  int n = here.at_most > 0 ? cdf_min(here.at_most, folder.n) : folder.n;
  if (status == CDF_OK) status = start_set(dataset, n, folder.n_classes, &here, err);
  if (status == CDF_OK) status = cdf_dataset_name_classes(dataset, folder.names, '/', err);
  if (status == CDF_OK) status = add_all(dataset, &folder, path, &here, account, err);
  cli_folder_free(&folder);
  if (status != CDF_OK) cdf_dataset_free(dataset);
  return status;
}

/* The IDX images of a directory (malloc'd), or NULL. */
static char *find_idx(const char *path, const char *split) {
  char *name = NULL, *images = NULL;
  if (asprintf(&name, "%s/%s-images-idx3-ubyte", path, split) < 0) return NULL;
  images = find_packed(name);
  free(name);
  return images;
}

bool cli_set_is_folder(const char *path, const char *split) {
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  char *images = find_idx(path, split);
  free(images);
  return !images;
}

cdf_status cli_load_set(cdf_dataset *dataset, const char *path, const char *split, const cli_set_options *options,
                        cli_account *account, cdf_error *err) {
  cli_account unused;
  if (!account) account = &unused;
  *account = (cli_account){0};
  *dataset = (cdf_dataset){0};
  if (!split || (strcmp(split, "train") != 0 && strcmp(split, "t10k") != 0))
    return cdf_fail(err, CDF_USAGE, "there is no split \"%.40s\"; use train or t10k", split ? split : "");
  struct stat info;
  if (stat(path, &info) != 0) return cli_fail_read(err, path, errno);
  char *images = S_ISDIR(info.st_mode) ? find_idx(path, split) : NULL;
  if (S_ISDIR(info.st_mode) && !images) return load_folder(dataset, path, options, account, err);
  cdf_status status = CDF_OK;
  const char *asked = options->background ? "background" : options->folder_only;
  if (asked)
    status = cdf_fail(err, CDF_USAGE, "--%s is for the pictures of a folder, but %s is none; leave it out", asked,
                      cli_shown_path(path));
  if (status == CDF_OK) status = load_file(dataset, images ? images : path, err);
  account->n_read = dataset->n_images, account->n_views = 1;
  free(images);
  return status;
}
