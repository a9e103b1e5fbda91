/* files.h: everything the CLI reads from and writes to disk.
 *
 *   cdf_dataset d = {0};
 *   int n_skipped;
 *   if (cdf_files_load_dataset(&d, "photos", "train", 64, 64, 3, &n_skipped, &err) != CDF_OK) ...
 *   if (cdf_file_write_atomic("model.safetensors", bytes, n_bytes, &err) != CDF_OK) ...
 *
 * Native only. Every refusal names the file, the cause and the remedy; very long paths are shown by their end.
 */
#ifndef CDF_FILES_H
#define CDF_FILES_H

#include "../file/dataset.h"

/* 1 when path names something that is not a directory (links are followed), else 0. */
int cdf_file_exists(const char *path);

/* Read a whole file, gunzipped if it is gzip, into a malloc'd buffer (free with free()). One zero byte follows the
 * *n_bytes bytes, so that a text can be used as a string. CDF_BAD_INPUT: missing, a directory, empty, over 4 GiB
 * unpacked, damaged or cut short gzip. On failure *bytes is NULL. */
cdf_status cdf_file_read(unsigned char **bytes, size_t *n_bytes, const char *path, cdf_error *err);

/* Replace the file at path as a whole or not at all: path.tmp.<pid>, fsync, rename, fsync of the directory. The mode of
 * an old file is kept; a link stays and the file it names is replaced. Devices, pipes and /dev/stdout are written to
 * directly. CDF_FAILED: nothing was replaced (the sentence says so) and no temporary file remains. */
cdf_status cdf_file_write_atomic(const char *path, const void *bytes, size_t n_bytes, cdf_error *err);

/* Load the pictures at path, which is one of
 *   - a directory with <split>-images-idx3-ubyte[.gz] and perhaps <split>-labels-idx1-ubyte[.gz]; split: "train" or
 * "t10k";
 *   - an IDX images file; labels come from the file with "labels-idx1" for "images-idx3" in its name, if there is one;
 *   - a directory of PNG and JPEG pictures, brought to width x height (0: 32) and channels (0: 3). Its sub-folders with
 *     pictures are the classes, numbered in byte order of their names, which are its class_names; without such
 * sub-folders the set has no labels. Sizes are ignored for IDX, split for all but the first. Hidden files are ignored.
 * The order is that of the sorted names. Damaged pictures are left out and counted in *n_skipped (may be NULL); if no
 * other is left, CDF_BAD_INPUT. The caller frees with cdf_dataset_free; on failure *dataset is empty. */
cdf_status cdf_files_load_dataset(cdf_dataset *dataset, const char *path, const char *split, int width, int height,
                                  int channels, int *n_skipped, cdf_error *err);

#endif
