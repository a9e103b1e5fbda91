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

/* Decode one file and append it; CDF_BAD_INPUT says what it is instead of a picture. */
static cdf_status add_picture(cdf_dataset *dataset, const struct cli_found *found, const cli_set_options *o,
                              cli_account *account, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cli_picture picture;
  cdf_status status = cdf_file_read(&bytes, &n_bytes, found->path, CDF_FILE_PICTURE, err);
  if (status != CDF_OK) return status;
  status = cli_decode(&picture, bytes, n_bytes, err);
  int finer = status == CDF_OK ? cdf_min(picture.width / dataset->width, picture.height / dataset->height) : 0;
  if (status == CDF_OK && (finer > 0 || !o->only_as_fine)) {
    cdf_dataset_add_views(dataset, &o->views, picture.pixels, picture.width, picture.height, picture.channels,
                          found->label);
    account->n_finer[0] += finer >= 2, account->n_finer[1] += finer >= 4;
  }
  free(picture.pixels);
  free(bytes);
  return status;
}

static cdf_status add_all(cdf_dataset *dataset, const cli_folder *folder, const char *path, const cli_set_options *o,
                          cli_account *account, cdf_error *err) {
  int n = o->at_most > 0 ? cdf_min(o->at_most, folder->n) : folder->n;
  for (int k = 0; k < n; k++) {
    int i = (int)((int64_t)k * folder->n / n);
    cdf_error why = {0};
    cdf_status status = add_picture(dataset, &folder->files[i], o, account, &why);
    if (status != CDF_OK && status != CDF_BAD_INPUT) return cdf_fail(err, status, "%s", why.text);
    if (status != CDF_OK) cli_leave_out(&account->damaged, cli_below(folder->files[i].path, path), why.text);
  }
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

static bool is_directory(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool cli_set_is_folder(const char *path, const char *split) {
  char *images = is_directory(path) ? find_idx(path, split) : NULL;
  bool is_folder = is_directory(path) && !images;
  free(images);
  return is_folder;
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
  if (cli_set_is_folder(path, split)) return load_folder(dataset, path, options, account, err);
  char *images = is_directory(path) ? find_idx(path, split) : NULL;
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
