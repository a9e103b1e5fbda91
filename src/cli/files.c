#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../file/pack.h"
#include "pictures/decode.h"

#define MAX_FILE_BYTES ((size_t)4 << 30)
#define FIRST_READ_BYTES ((size_t)64 << 10)
#define GZIP_BUFFER_BYTES (128u << 10)
#define MAX_SHOWN_PATH 150
#define DEFAULT_SIDE 32
#define DEFAULT_CHANNELS 3

/* The end of a long path: the sentence around it has to fit into a cdf_error. */
static const char *shown(const char *path) {
  size_t length = strlen(path);
  if (length <= MAX_SHOWN_PATH) return path;
  path += length - MAX_SHOWN_PATH;
  while ((*path & 0xc0) == 0x80) path++; /* not in the middle of a UTF-8 character */
  return path;
}

int cdf_file_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

/* ---- reading ---- */

static cdf_status fail_read(cdf_error *err, const char *path, int cause) {
  const char *remedy = cause == EACCES                       ? "allow reading it, for example by chmod u+r"
                       : cause == ENOENT || cause == ENOTDIR ? "check the spelling of the path"
                                                             : "check the disk and the path";
  return cdf_fail(err, CDF_BAD_INPUT, "cannot read %s: %s; %s", shown(path), strerror(cause), remedy);
}

/* Read `in` to its end; *bytes always belongs to the caller. */
static cdf_status read_all(unsigned char **bytes, size_t *n_bytes, gzFile in, size_t room, const char *path,
                           cdf_error *err) {
  for (;;) {
    if (*n_bytes + 1 >= room || !*bytes) {
      if (*bytes) room *= 2;
      unsigned char *grown = realloc(*bytes, room);
      if (!grown) return cdf_fail_memory(err, room);
      *bytes = grown;
    }
    size_t want = room - 1 - *n_bytes; /* one byte is kept for the final zero */
    if (want > INT_MAX) want = INT_MAX;
    errno = 0;
    int n = gzread(in, *bytes + *n_bytes, (unsigned)want);
    int cause = errno, zlib_code;
    const char *zlib_text = gzerror(in, &zlib_code);
    if (n < 0 && zlib_code == Z_ERRNO) return fail_read(err, path, cause ? cause : EIO);
    if (n < 0) {
      return cdf_fail(err, CDF_BAD_INPUT, "%s is damaged or cut short (%.60s); fetch or make it again", shown(path),
                      zlib_text);
    }
    *n_bytes += (size_t)n;
    if (*n_bytes > MAX_FILE_BYTES) {
      return cdf_fail(err, CDF_BAD_INPUT, "%s holds more than the limit of %zu bytes (4 GiB); split it", shown(path),
                      MAX_FILE_BYTES);
    }
    if (n == 0) break;
  }
  (*bytes)[*n_bytes] = 0;
  return CDF_OK;
}

cdf_status cdf_file_read(unsigned char **bytes, size_t *n_bytes, const char *path, cdf_error *err) {
  *bytes = NULL;
  *n_bytes = 0;
  struct stat info;
  if (stat(path, &info) != 0) return fail_read(err, path, errno);
  if (S_ISDIR(info.st_mode)) {
    return cdf_fail(err, CDF_BAD_INPUT, "cannot read %s: it is a directory; name a file", shown(path));
  }
  if ((uint64_t)info.st_size > MAX_FILE_BYTES) {
    return cdf_fail(err, CDF_BAD_INPUT, "%s has %lld bytes, over the limit of %zu (4 GiB); split it", shown(path),
                    (long long)info.st_size, MAX_FILE_BYTES);
  }
  errno = 0;
  gzFile in = gzopen(path, "rb");
  if (!in && !errno) return cdf_fail_memory(err, FIRST_READ_BYTES);
  if (!in) return fail_read(err, path, errno);
  gzbuffer(in, GZIP_BUFFER_BYTES);

  /* Room for a plain file at once: its bytes, the final zero, and one more so that the end is seen without growing. */
  size_t room = (size_t)info.st_size + 2;
  if (room < FIRST_READ_BYTES) room = FIRST_READ_BYTES;
  cdf_status status = read_all(bytes, n_bytes, in, room, path, err);
  /* A stream that ends within its data is told only now: Z_BUF_ERROR. */
  if (gzclose_r(in) != Z_OK && status == CDF_OK) {
    status = cdf_fail(err, CDF_BAD_INPUT, "%s is cut short after %zu unpacked bytes; fetch or make it again",
                      shown(path), *n_bytes);
  }
  if (status == CDF_OK && *n_bytes == 0) {
    status = cdf_fail(err, CDF_BAD_INPUT, "%s is empty (0 bytes); fetch or make it again", shown(path));
  }
  if (status != CDF_OK) {
    free(*bytes);
    *bytes = NULL;
    *n_bytes = 0;
  }
  return status;
}

/* ---- writing ---- */

/* 0 or an errno. */
static int write_all(int fd, const void *bytes, size_t n_bytes) {
  const unsigned char *p = bytes;
  while (n_bytes > 0) {
    ssize_t n = write(fd, p, n_bytes < ((size_t)1 << 30) ? n_bytes : (size_t)1 << 30);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    p += n;
    n_bytes -= (size_t)n;
  }
  return 0;
}

/* 0 or an errno. Some file systems cannot sync; that is no reason to refuse. */
static int sync_file(int fd) {
  if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS) return 0;
  return errno;
}

static cdf_status write_direct(const char *path, const void *bytes, size_t n_bytes, cdf_error *err) {
  /* Append: /dev/stdout may be a file that the shell opened by >>. */
  int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
  int cause = fd < 0 ? errno : write_all(fd, bytes, n_bytes);
  if (fd >= 0 && close(fd) != 0 && !cause) cause = errno;
  if (!cause) return CDF_OK;
  return cdf_fail(err, CDF_FAILED, "cannot write to %s: %s; choose another place", shown(path), strerror(cause));
}

/* Write a new file and see it safely on the disk; on failure (an errno) nothing remains. */
static int write_new(const char *path, const void *bytes, size_t n_bytes, const struct stat *old) {
  unlink(path); /* left by a crashed process of the same number */
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int cause = write_all(fd, bytes, n_bytes);
  if (!cause && old && fchmod(fd, old->st_mode & 07777) != 0 && errno != EPERM && errno != ENOTSUP) cause = errno;
  if (!cause) cause = sync_file(fd);
  if (close(fd) != 0 && !cause) cause = errno;
  if (cause) unlink(path);
  return cause;
}

/* A rename is on the disk only when its directory is. */
static int sync_directory_of(const char *path) {
  char *folder = strdup(path);
  if (!folder) return ENOMEM;
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = '\0';
  int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return 0; /* a directory that may be written but not listed */
  int cause = sync_file(fd);
  close(fd);
  return cause;
}

static bool is_stream(const char *path) {
  return !strncmp(path, "/dev/std", 8) || !strncmp(path, "/dev/fd/", 8) || !strncmp(path, "/proc/self/fd/", 14);
}

cdf_status cdf_file_write_atomic(const char *path, const void *bytes, size_t n_bytes, cdf_error *err) {
  struct stat info;
  bool exists = stat(path, &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return cdf_fail(err, CDF_FAILED, "cannot write %s: it is a directory; name a file", shown(path));
  }
  if (is_stream(path) || (exists && !S_ISREG(info.st_mode))) return write_direct(path, bytes, n_bytes, err);

  cdf_status status = CDF_OK;
  int cause = 0;
  char *temporary = NULL;
  char *target = exists ? realpath(path, NULL) : strdup(path); /* a link stays a link */
  if (!target || asprintf(&temporary, "%s.tmp.%ld", target, (long)getpid()) < 0) {
    temporary = NULL;
    cause = errno ? errno : ENOMEM;
  }
  if (!cause) cause = write_new(temporary, bytes, n_bytes, exists ? &info : NULL);
  if (!cause && rename(temporary, target) != 0) {
    cause = errno;
    unlink(temporary);
  }
  if (cause) {
    status = cdf_fail(err, CDF_FAILED, "cannot write %s: %s; %s; check the free space and the permissions", shown(path),
                      strerror(cause), exists ? "the old file is untouched" : "no file was made");
  } else if ((cause = sync_directory_of(target)) != 0) {
    status = cdf_fail(err, CDF_FAILED, "%s is written, but may not survive a power failure: %s; check the disk",
                      shown(path), strerror(cause));
  }
  free(temporary);
  free(target);
  return status;
}

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
  cdf_status status = cdf_file_read(&images, &n_image_bytes, images_path, err);
  if (status == CDF_OK && labels_path) status = cdf_file_read(&labels, &n_label_bytes, labels_path, err);
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
  if (status != CDF_OK) status = cdf_fail(err, status, "%s: %s", shown(images_path), cause.text);
done:
  free(labels_path);
  free(images);
  free(labels);
  return status;
}

/* ---- folders of pictures ---- */

typedef struct entry {
  char *path;
  int label;
} entry;

typedef struct entry_list {
  entry *items;
  int n, room;
} entry_list;

static void list_free(entry_list *list) {
  for (int i = 0; i < list->n; i++) free(list->items[i].path);
  free(list->items);
}

/* Append folder/name. */
static cdf_status list_add(entry_list *list, const char *folder, const char *name, int label, cdf_error *err) {
  if (list->n == list->room) {
    size_t room = list->room ? (size_t)list->room * 2 : 256;
    entry *items = room <= INT_MAX ? realloc(list->items, room * sizeof *items) : NULL;
    if (!items) return cdf_fail_memory(err, room * sizeof *items);
    list->items = items;
    list->room = (int)room;
  }
  entry *item = &list->items[list->n];
  const char *slash = ends_with(folder, "/") ? "" : "/";
  if (asprintf(&item->path, "%s%s%s", folder, slash, name) < 0) return cdf_fail_memory(err, PATH_MAX);
  item->label = label;
  list->n++;
  return CDF_OK;
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(((const entry *)a)->path, ((const entry *)b)->path);
}

static bool is_picture_name(const char *name) {
  return ends_with(name, ".png") || ends_with(name, ".jpg") || ends_with(name, ".jpeg");
}

/* Append the pictures of a folder under `label`, and its sub-folders (when not NULL), each sorted by name. */
static cdf_status scan_folder(entry_list *pictures, entry_list *folders, const char *path, int label, cdf_error *err) {
  DIR *directory = opendir(path);
  if (!directory) return fail_read(err, path, errno);
  cdf_status status = CDF_OK;
  int first = pictures->n;
  struct dirent *item;
  while (status == CDF_OK && (errno = 0, item = readdir(directory)) != NULL) {
    if (item->d_name[0] == '.') continue;
    struct stat info;
    bool known = fstatat(dirfd(directory), item->d_name, &info, 0) == 0;
    if (known && S_ISDIR(info.st_mode)) {
      if (folders) status = list_add(folders, path, item->d_name, 0, err);
    } else if ((!known || S_ISREG(info.st_mode)) && is_picture_name(item->d_name)) {
      /* A dangling link is taken too: it will be counted as a picture that cannot be read. */
      status = list_add(pictures, path, item->d_name, label, err);
    }
  }
  if (status == CDF_OK && errno) status = fail_read(err, path, errno);
  closedir(directory);
  if (pictures->n > first) qsort(pictures->items + first, (size_t)(pictures->n - first), sizeof(entry), compare_paths);
  if (folders && folders->n) qsort(folders->items, (size_t)folders->n, sizeof(entry), compare_paths);
  return status;
}

/* Decode one file and append it; CDF_BAD_INPUT when it cannot be read. */
static cdf_status add_picture(cdf_dataset *dataset, const entry *picture, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cli_picture decoded;
  cdf_error cause = {0};
  cdf_status status = cdf_file_read(&bytes, &n_bytes, picture->path, err);
  if (status != CDF_OK) return status;
  status = cli_decode(&decoded, bytes, n_bytes, &cause);
  if (status == CDF_OK)
    cdf_dataset_add(dataset, decoded.pixels, decoded.width, decoded.height, decoded.channels, picture->label);
  else
    cdf_fail(err, status, "%s is %s", shown(picture->path), cause.text);
  free(decoded.pixels);
  free(bytes);
  return status;
}

/* The names of the classes with a slash between, which no name of a folder can hold: *list grows by one (malloc'd). */
static cdf_status append_name(char **list, const char *folder, cdf_error *err) {
  char *longer = NULL;
  if (asprintf(&longer, "%s%s%s", *list ? *list : "", *list ? "/" : "", strrchr(folder, '/') + 1) < 0)
    return cdf_fail_memory(err, PATH_MAX);
  free(*list);
  *list = longer;
  return CDF_OK;
}

/* Find all pictures under path, ordered by class and name; the names of the classes as a list (malloc'd). */
static cdf_status find_pictures(entry_list *pictures, int *n_classes, char **names, const char *path, const char *split,
                                cdf_error *err) {
  entry_list folders = {0};
  *n_classes = 0;
  cdf_status status = scan_folder(pictures, &folders, path, 0, err);
  int n_direct = pictures->n;
  for (int i = 0; i < folders.n && status == CDF_OK; i++) {
    int before = pictures->n;
    status = scan_folder(pictures, NULL, folders.items[i].path, *n_classes, err);
    if (pictures->n == before || status != CDF_OK) continue;
    ++*n_classes;
    status = append_name(names, folders.items[i].path, err);
  }
  list_free(&folders);
  if (status != CDF_OK) return status;
  if (pictures->n == 0) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%s holds no pictures: neither %s-images-idx3-ubyte[.gz] nor PNG or JPEG files, directly or in "
                    "sub-folders; name another directory",
                    shown(path), split);
  }
  if (n_direct > 0 && *n_classes > 0) {
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%s holds pictures both directly (%d) and in sub-folders (%d); move all of them into sub-folders, "
                    "one for each class, or out of them",
                    shown(path), n_direct, pictures->n - n_direct);
  }
  if (*n_classes > CDF_MAX_CLASSES) {
    return cdf_fail(err, CDF_BAD_INPUT, "%s has %d sub-folders, but at most %d classes are possible; join some",
                    shown(path), *n_classes, CDF_MAX_CLASSES);
  }
  return CDF_OK;
}

static cdf_status load_pictures(cdf_dataset *dataset, const char *path, const char *split, int width, int height,
                                int channels, int *n_skipped, cdf_error *err) {
  entry_list pictures = {0};
  cdf_error first_cause = {0};
  int n_classes;
  char *names = NULL;
  cdf_status status = find_pictures(&pictures, &n_classes, &names, path, split, err);
  if (status != CDF_OK) goto done;
  status = cdf_dataset_init(dataset, pictures.n, channels ? channels : DEFAULT_CHANNELS, height ? height : DEFAULT_SIDE,
                            width ? width : DEFAULT_SIDE, n_classes, err);
  if (status == CDF_OK) status = cdf_dataset_name_classes(dataset, names, '/', err);
  for (int i = 0; i < pictures.n && status == CDF_OK; i++) {
    cdf_error cause = {0};
    status = add_picture(dataset, &pictures.items[i], &cause);
    if (status == CDF_BAD_INPUT) {
      if (++*n_skipped == 1) first_cause = cause;
      status = CDF_OK;
    } else if (status != CDF_OK) {
      cdf_fail(err, status, "%s", cause.text);
    }
  }
  if (status == CDF_OK && dataset->n_images == 0) {
    status = cdf_fail(err, CDF_BAD_INPUT, "%s; %s", first_cause.text,
                      pictures.n > 1 ? "none of the other pictures can be read either: make them again"
                                     : "it is the only picture: make it again");
  }
done:
  free(names);
  list_free(&pictures);
  if (status != CDF_OK) cdf_dataset_free(dataset);
  return status;
}

cdf_status cdf_files_load_dataset(cdf_dataset *dataset, const char *path, const char *split, int width, int height,
                                  int channels, int *n_skipped, cdf_error *err) {
  int ignored;
  if (!n_skipped) n_skipped = &ignored;
  *n_skipped = 0;
  *dataset = (cdf_dataset){0};
  if (!split || (strcmp(split, "train") != 0 && strcmp(split, "t10k") != 0)) {
    return cdf_fail(err, CDF_USAGE, "there is no split \"%.40s\"; use train or t10k", split ? split : "");
  }
  struct stat info;
  if (stat(path, &info) != 0) return fail_read(err, path, errno);
  if (!S_ISDIR(info.st_mode)) return load_file(dataset, path, err);

  char *name = NULL;
  if (asprintf(&name, "%s/%s-images-idx3-ubyte", path, split) < 0) return cdf_fail_memory(err, PATH_MAX);
  char *images_path = find_packed(name);
  free(name);
  if (!images_path) return load_pictures(dataset, path, split, width, height, channels, n_skipped, err);
  cdf_status status = load_file(dataset, images_path, err);
  free(images_path);
  return status;
}
