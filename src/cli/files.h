/* files.h: single files, read and written as a whole.
 *
 *   unsigned char *file;
 *   if (cdf_file_read(&file, &n_bytes, "m.safetensors", CDF_FILE_CHECKPOINT, &err) != CDF_OK) ...
 *   if (cdf_file_write_atomic("model.safetensors", bytes, n_bytes, &err) != CDF_OK) ...
 *
 * Native only. Every refusal names the file, the cause and the remedy; very long paths are shown by their end.
 */
#ifndef CDF_FILES_H
#define CDF_FILES_H

#include "../coordiff.h"

/* 1 when path names something that is not a directory (links are followed), else 0. */
int cdf_file_exists(const char *path);

/* What a file is read for: each kind has a limit of its own (2 GiB, 4 GiB, 64 MiB, 128 MiB, 64 MiB). */
typedef enum cdf_file_kind {
  CDF_FILE_CHECKPOINT,
  CDF_FILE_SET,    /* a packed set, or IDX images */
  CDF_FILE_LABELS, /* IDX labels */
  CDF_FILE_PICTURE,
  CDF_FILE_TEXT
} cdf_file_kind;

/* Read a whole file, gunzipped if it is gzip (pictures are not), into a malloc'd buffer (free with free()); - is
 * standard input. One zero byte follows the *n_bytes bytes, so that a text can be used as a string. The header is
 * looked at before the rest is read. CDF_BAD_INPUT: missing, a directory, a pipe or a device, empty, over the limit
 * (256 MiB for what has no size that is known before: gzip and standard input), a header that is wrong, damaged or cut
 * short gzip. On failure *bytes is NULL. */
cdf_status cdf_file_read(unsigned char **bytes, size_t *n_bytes, const char *path, cdf_file_kind kind, cdf_error *err);

/* Replace the file at path as a whole or not at all: path.tmp.<pid>, fsync, rename, fsync of the directory. The mode of
 * an old file is kept; a link stays and the file it names is replaced. Devices, pipes and /dev/stdout are written to
 * directly. CDF_FAILED: nothing was replaced (the sentence says so) and no temporary file remains. */
cdf_status cdf_file_write_atomic(const char *path, const void *bytes, size_t n_bytes, cdf_error *err);

/* ---- what sets.c shares ---- */

/* The end of a long path, which leaves a sentence room for the rest. */
const char *cli_shown_path(const char *path);

/* "cannot read PATH: why (of errno); remedy" */
cdf_status cli_fail_read(cdf_error *err, const char *path, int cause);

#endif
