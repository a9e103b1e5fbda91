/* pack.h: a set of pictures at several sizes in one safetensors buffer, as tools/packing.mjs writes it.
 *
 *   cdf_pack pack;
 *   if (cdf_pack_parse(&pack, bytes, n_bytes, &err) != CDF_OK) ...    // pack points into bytes; nothing is copied
 *   cdf_pack_dataset(&dataset, &pack, &err);                          // the lattice images, to train on
 *   const uint8_t *png = cdf_pack_truth(&pack, i, &n_png_bytes);      // the finer picture, still encoded
 *   cdf_pack_free(&pack);
 *
 * Tensors, all U8:
 *   lattice      [N][C][h][w]  each picture at the size of the lattice
 *   labels       [N]           class of each; may be absent
 *   truth        [bytes]       the same pictures k times finer, PNG files end to end; may be absent
 *   truth_bytes  [N][4]        length of each of those, little-endian
 * The lattice image is the area average of the truth. Metadata: "format" is "coordiff pictures 1"; "classes" are names
 * separated by commas; anything else (credits, split) is for people.
 */
#ifndef CDF_PACK_H
#define CDF_PACK_H

#include "checkpoint.h"
#include "dataset.h"

CDF_BEGIN_DECLS

#define CDF_PACK_FORMAT "coordiff pictures 1"

typedef struct cdf_pack {
  cdf_checkpoint file;
  int n_pictures, n_channels, height, width, n_classes; /* n_classes 0: no labels */
  const uint8_t *lattice, *labels, *truth;
  size_t *truth_ends; /* of each picture's PNG within truth; NULL without truth */
} cdf_pack;

/* Does the buffer begin as a packed set does, so that it is worth parsing as one? */
bool cdf_pack_is_one(const void *bytes, size_t n_bytes);

/* CDF_BAD_INPUT with a sentence: not safetensors, another format, a tensor missing or of the wrong shape, labels
 * without a class, PNG lengths that do not add up. The buffer must outlive *pack. */
cdf_status cdf_pack_parse(cdf_pack *pack, const void *bytes, size_t n_bytes, cdf_error *err);
void cdf_pack_free(cdf_pack *pack);

/* Copy the lattice images, labels and names of classes into *dataset. */
cdf_status cdf_pack_dataset(cdf_dataset *dataset, const cdf_pack *pack, cdf_error *err);

/* The PNG file of picture i, NULL without truth. */
const uint8_t *cdf_pack_truth(const cdf_pack *pack, int i, size_t *n_bytes);

CDF_END_DECLS

#endif
