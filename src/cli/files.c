#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "pictures/decode.h"

#define MIB ((size_t)1 << 20)
#define MAX_UNPACKED (256 * MIB) /* of what has no size that could be looked at first: gzip, standard input */
#define START_BYTES ((size_t)CDF_CHECKPOINT_MAX_HEADER)
#define FIRST_READ_BYTES ((size_t)64 << 10)
#define GZIP_BUFFER_BYTES (128u << 10)
#define MAX_SHOWN_PATH 150

/* The end of a long path: the sentence around it has to fit into a cdf_error. */
const char *cli_shown_path(const char *path) {
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

/* ---- kinds of files ---- */

typedef cdf_status (*header_check)(const void *start, size_t n_there, size_t n_bytes, cdf_error *err);

/* Other programs write safetensors too, and larger ones. */
static cdf_status check_format(const void *start, size_t n_there, size_t n_bytes, const char *format, cdf_error *err) {
  cdf_checkpoint c;
  cdf_status status = cdf_checkpoint_parse_header(&c, start, n_there, n_bytes, err);
  if (status != CDF_OK) return status;
  const char *found = cdf_checkpoint_metadata(&c, "format");
  if (!found || strncmp(found, format, strlen(format)) != 0)
    status = cdf_fail(err, CDF_BAD_INPUT, "the format of this safetensors file is '%.40s', not '%s'; choose another",
                      found ? found : "", format);
  cdf_checkpoint_free(&c);
  return status;
}

static cdf_status check_checkpoint(const void *start, size_t n_there, size_t n_bytes, cdf_error *err) {
  return check_format(start, n_there, n_bytes, "coordiff", err); /* models, judges, lattices */
}

static cdf_status check_set(const void *start, size_t n_there, size_t n_bytes, cdf_error *err) {
  if (!cdf_pack_is_one(start, n_there)) return cdf_dataset_check_idx(start, n_there, n_bytes, err);
  return check_format(start, n_there, n_bytes, CDF_PACK_FORMAT, err);
}

static cdf_status check_picture(const void *start, size_t n_there, size_t n_bytes, cdf_error *err) {
  const char *name;
  (void)n_bytes;
  if (cli_format_of(start, n_there, &name) != CLI_OTHER) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT, "not a PNG, JPEG or WebP picture (%s)",
                  *name ? name : "of no kind that is known");
}

static const struct {
  const char *name;
  size_t max_bytes;
  header_check check; /* NULL: there is none */
  bool may_be_packed; /* by gzip */
} kinds[] = {[CDF_FILE_CHECKPOINT] = {"checkpoint", 2048 * MIB, check_checkpoint, true},
             [CDF_FILE_SET] = {"set of pictures", 4096 * MIB, check_set, true},
             [CDF_FILE_LABELS] = {"list of labels", 64 * MIB, NULL, true},
             [CDF_FILE_PICTURE] = {"picture", 128 * MIB, check_picture, false},
             [CDF_FILE_TEXT] = {"text", 64 * MIB, NULL, true}};

/* ---- reading ---- */

cdf_status cli_fail_read(cdf_error *err, const char *path, int cause) {
  const char *remedy = cause == EACCES                       ? "allow reading it, for example by chmod u+r"
                       : cause == ENOENT || cause == ENOTDIR ? "check the spelling of the path"
                                                             : "check the disk and the path";
  return cdf_fail(err, CDF_BAD_INPUT, "cannot read %s: %s; %s", cli_shown_path(path), strerror(cause), remedy);
}

/* A file that is being read: what is there of it, and what may be. */
typedef struct reading {
  const char *path;
  cdf_file_kind kind;
  gzFile in;
  size_t max_bytes, n_total; /* n_total: SIZE_MAX when it is not known */
  unsigned char *bytes;
  size_t n_bytes, room;
} reading;

static cdf_status fail_too_large(const reading *r, cdf_error *err) {
  return cdf_fail(err, CDF_BAD_INPUT, "%s holds more than the %zu MiB that a %s may have%s", cli_shown_path(r->path),
                  r->max_bytes / MIB, kinds[r->kind].name,
                  r->n_total == SIZE_MAX && r->max_bytes < kinds[r->kind].max_bytes
                      ? " when its size is not known before; unpack it into a file first"
                      : "; make it smaller");
}

static cdf_status grow(reading *r, size_t room, cdf_error *err) {
  unsigned char *grown = realloc(r->bytes, room);
  if (!grown) return cdf_fail_memory(err, room);
  r->bytes = grown, r->room = room;
  return CDF_OK;
}

/* Read up to `end`, or to the end of the file; *ended says which. One byte is kept for the final zero. */
static cdf_status read_up_to(reading *r, size_t end, bool *ended, cdf_error *err) {
  for (*ended = false; r->n_bytes < end && !*ended;) {
    if (r->n_bytes + 1 >= r->room) {
      cdf_status status = grow(r, 2 * r->room, err);
      if (status != CDF_OK) return status;
    }
    size_t want = (end < r->room - 1 ? end : r->room - 1) - r->n_bytes;
    if (want > INT_MAX) want = INT_MAX;
    errno = 0;
    int n = gzread(r->in, r->bytes + r->n_bytes, (unsigned)want), cause = errno, code;
    const char *why = gzerror(r->in, &code);
    if (n < 0 && code == Z_ERRNO) return cli_fail_read(err, r->path, cause ? cause : EIO);
    if (n < 0)
      return cdf_fail(err, CDF_BAD_INPUT, "%s is damaged or cut short (%.60s); fetch or make it again",
                      cli_shown_path(r->path), why);
    r->n_bytes += (size_t)n;
    *ended = n == 0;
  }
  return CDF_OK;
}

/* Nothing but a regular file is read: a pipe would be waited for, a device may have no end. */
static cdf_status open_file(reading *r, size_t *n_on_disk, cdf_error *err) {
  struct stat info = {0};
  bool is_input = strcmp(r->path, "-") == 0;
  int fd = is_input ? dup(STDIN_FILENO) : -1;
  if (!is_input) {
    if (stat(r->path, &info) != 0) return cli_fail_read(err, r->path, errno);
    if (S_ISDIR(info.st_mode))
      return cdf_fail(err, CDF_BAD_INPUT, "cannot read %s: it is a directory; name a file", cli_shown_path(r->path));
    if (S_ISREG(info.st_mode)) fd = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (S_ISREG(info.st_mode) && fd < 0) return cli_fail_read(err, r->path, errno);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
      if (fd >= 0) close(fd);
      return cdf_fail(err, CDF_BAD_INPUT,
                      "cannot read %s: it is a pipe or a device and no file; name a file, or - for standard input",
                      cli_shown_path(r->path));
    }
  }
  if (fd < 0) return cli_fail_read(err, r->path, errno);
  *n_on_disk = (size_t)info.st_size;
  r->in = gzdopen(fd, "rb");
  if (!r->in) {
    close(fd);
    return cdf_fail_memory(err, FIRST_READ_BYTES);
  }
  gzbuffer(r->in, GZIP_BUFFER_BYTES);
  return *n_on_disk > r->max_bytes ? fail_too_large(r, err) : CDF_OK;
}

/* The first of the file, and what it says of the rest. */
static cdf_status read_start(reading *r, size_t n_on_disk, bool *ended, cdf_error *err) {
  size_t room = n_on_disk > 0 && n_on_disk < START_BYTES ? n_on_disk : FIRST_READ_BYTES;
  cdf_status status = grow(r, room + 2, err); /* the final zero; and one more, so that the end is seen */
  if (status == CDF_OK) status = read_up_to(r, START_BYTES, ended, err);
  if (status != CDF_OK) return status;
  bool packed = !gzdirect(r->in);
  if (packed && !kinds[r->kind].may_be_packed)
    return cdf_fail(err, CDF_BAD_INPUT, "%s is packed by gzip, and no %s; unpack it first", cli_shown_path(r->path),
                    kinds[r->kind].name);
  if (!packed && n_on_disk > 0) r->n_total = n_on_disk;
  if (r->n_total == SIZE_MAX && r->max_bytes > MAX_UNPACKED) r->max_bytes = MAX_UNPACKED;
  if (*ended || !kinds[r->kind].check) return CDF_OK;
  cdf_error why = {0};
  status = kinds[r->kind].check(r->bytes, r->n_bytes, r->n_total, &why);
  if (status == CDF_OK) return CDF_OK;
  return cdf_fail(err, status, "%s%s%s", cli_shown_path(r->path), r->kind == CDF_FILE_PICTURE ? " is " : ": ",
                  why.text);
}

static cdf_status read_whole(reading *r, cdf_error *err) {
  size_t n_on_disk = 0;
  bool ended = false;
  cdf_status status = open_file(r, &n_on_disk, err);
  if (status == CDF_OK) status = read_start(r, n_on_disk, &ended, err);
  if (status == CDF_OK && !ended && r->n_total < SIZE_MAX) status = grow(r, r->n_total + 2, err);
  if (status == CDF_OK && !ended) status = read_up_to(r, r->max_bytes + 1, &ended, err);
  if (status == CDF_OK && r->n_bytes > r->max_bytes) status = fail_too_large(r, err);
  /* A stream that ends within its data is told only now: Z_BUF_ERROR. */
  if (r->in && gzclose_r(r->in) != Z_OK && status == CDF_OK)
    status = cdf_fail(err, CDF_BAD_INPUT, "%s is cut short after %zu unpacked bytes; fetch or make it again",
                      cli_shown_path(r->path), r->n_bytes);
  if (status == CDF_OK && r->n_bytes == 0)
    status = cdf_fail(err, CDF_BAD_INPUT, "%s is empty (0 bytes); fetch or make it again", cli_shown_path(r->path));
  return status;
}

cdf_status cdf_file_read(unsigned char **bytes, size_t *n_bytes, const char *path, cdf_file_kind kind, cdf_error *err) {
  reading r = {.path = path, .kind = kind, .max_bytes = kinds[kind].max_bytes, .n_total = SIZE_MAX};
  cdf_status status = read_whole(&r, err);
  if (status != CDF_OK) {
    free(r.bytes);
    r = (reading){0};
  } else {
    r.bytes[r.n_bytes] = 0;
  }
  *bytes = r.bytes, *n_bytes = r.n_bytes;
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
  return cdf_fail(err, CDF_FAILED, "cannot write to %s: %s; choose another place", cli_shown_path(path),
                  strerror(cause));
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
    return cdf_fail(err, CDF_FAILED, "cannot write %s: it is a directory; name a file", cli_shown_path(path));
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
    status = cdf_fail(err, CDF_FAILED, "cannot write %s: %s; %s; check the free space and the permissions",
                      cli_shown_path(path), strerror(cause), exists ? "the old file is untouched" : "no file was made");
  } else if ((cause = sync_directory_of(target)) != 0) {
    status = cdf_fail(err, CDF_FAILED, "%s is written, but may not survive a power failure: %s; check the disk",
                      cli_shown_path(path), strerror(cause));
  }
  free(temporary);
  free(target);
  return status;
}
