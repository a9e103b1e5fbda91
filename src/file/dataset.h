/* dataset.h: pictures for training, parsed from memory.
 *
 *   cdf_dataset d = {0};
 *   if (cdf_dataset_from_idx(&d, images, n_image_bytes, labels, n_label_bytes, &err) != CDF_OK) ...
 *   cdf_dataset_free(&d);
 *
 * IDX is the format of MNIST and its relatives: big-endian magic 00 00 08 03 (images) or 00 00 08 01 (labels), sizes,
 * bytes. Gzip and files are the CLI's business (src/cli/files.h); so are folders of pictures, which it decodes
 * and hands over one by one through cdf_dataset_add.
 */
#ifndef CDF_DATASET_H
#define CDF_DATASET_H

#include "../plane/image.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

/* Copy an IDX image buffer (and its labels; NULL, 0 for none) into *dataset. CDF_BAD_INPUT: wrong magic, zero images,
 * sizes that do not match the buffer (short or extra bytes), image and label counts that differ. */
cdf_status cdf_dataset_from_idx(cdf_dataset *dataset, const void *images, size_t n_image_bytes, const void *labels,
                                size_t n_label_bytes, cdf_error *err);

/* Would IDX images of n_bytes (SIZE_MAX: not known yet) that begin like this be refused for their header? */
cdf_status cdf_dataset_check_idx(const void *start, size_t n_there, size_t n_bytes, cdf_error *err);

/* Start an empty set of pictures of this size with room for max_images. */
cdf_status cdf_dataset_init(cdf_dataset *dataset, int max_images, int n_channels, int height, int width, int n_classes,
                            cdf_error *err);

/* Append one picture, interleaved bytes[h][w][c] of any size, on the set's background (white, unless it is changed):
 * centre-cropped to the set's aspect and resampled by exact area averaging to the set's size. The caller guarantees
 * room; grey is made of colour by ITU-R BT.601 luma when the set has one channel. */
void cdf_dataset_add(cdf_dataset *dataset, const uint8_t *bytes, int width, int height, int n_channels, int label);

/* A rectangle of a picture, which may reach beyond it: there it is transparent. */
typedef struct cdf_part {
  int x, y, width, height;
  bool whole; /* all of it, with more on two sides where the set has another aspect; false: what fits is taken from its
                 middle */
  bool mirrored;              /* left for right */
  float changes[CDF_CHANGES]; /* as the set's; kept if it keeps them (cdf_dataset_keep_changes) */
} cdf_part;

/* The same of a part. */
void cdf_dataset_add_part(cdf_dataset *dataset, const uint8_t *bytes, int width, int height, int n_channels, int label,
                          const cdf_part *part);

/* Append the pictures of another set of the same size; the caller guarantees room. */
void cdf_dataset_append(cdf_dataset *dataset, const cdf_dataset *more);

/* From here on the set, which is empty and has room for max_images, keeps the changes of its pictures. */
cdf_status cdf_dataset_keep_changes(cdf_dataset *dataset, int max_images, cdf_error *err);

/* Move every n-th of the pictures (of groups of `of_each` that belong together: the first of every n-th group, and the
 * rest of it goes) into *held_out, which becomes a set of its own. With fewer than n groups it becomes empty. */
cdf_status cdf_dataset_hold_out(cdf_dataset *held_out, cdf_dataset *dataset, int n, int of_each, cdf_error *err);

/* Name the classes of a set with labels: a list of names with `separator` between them, which is copied. The names
 * beyond CDF_MAX_CLASSES are left out; an empty list names none. */
cdf_status cdf_dataset_name_classes(cdf_dataset *dataset, const char *list, char separator, cdf_error *err);

void cdf_dataset_free(cdf_dataset *dataset);

CDF_END_DECLS

#endif
