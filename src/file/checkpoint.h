/* checkpoint.h: safetensors in memory <-> named tensors and metadata.
 *
 *   cdf_checkpoint c;
 *   if (cdf_checkpoint_parse(&c, bytes, n_bytes, &err) != CDF_OK) ...      // c points into bytes; nothing is copied
 *   const cdf_tensor *t = cdf_checkpoint_find(&c, "body.0.weight");
 *   cdf_tensor_read(dst, t);
 *   cdf_checkpoint_free(&c);
 *
 * Format: https://huggingface.co/docs/safetensors: u64 little-endian header length, JSON header, tensor bytes.
 * The reader trusts nothing: any damage is a CDF_BAD_INPUT with one clear sentence, never a crash.
 * Files are the caller's business; this works on memory, so the CLI, the page and the fuzzer share it.
 */
#ifndef CDF_CHECKPOINT_H
#define CDF_CHECKPOINT_H

#include "../base/base.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

#define CDF_CHECKPOINT_MAX_HEADER ((1 << 20) + 8) /* bytes, with its length */
#define CDF_CHECKPOINT_MAX_DIMS 4
#define CDF_CHECKPOINT_NAME_BYTES 64
#define CDF_CHECKPOINT_MAX_TENSORS 1024
#define CDF_CHECKPOINT_MAX_METADATA 256

typedef enum { CDF_F32, CDF_F16, CDF_U8, CDF_I8 } cdf_dtype;

typedef struct cdf_tensor {
  char name[CDF_CHECKPOINT_NAME_BYTES];
  cdf_dtype dtype;
  int n_dims;
  size_t dims[CDF_CHECKPOINT_MAX_DIMS];
  size_t n_elements;
  const unsigned char *data; /* little-endian, not necessarily aligned */
} cdf_tensor;

typedef struct cdf_metadata {
  char *key, *value; /* unescaped UTF-8, NUL-terminated, owned by the checkpoint */
} cdf_metadata;

typedef struct cdf_checkpoint {
  cdf_tensor *tensors;
  int n_tensors;
  cdf_metadata *metadata;
  int n_metadata;
} cdf_checkpoint;

/* Parse a safetensors buffer, which must outlive *c. Refused: a buffer shorter than it says, a header that is not the
 * expected JSON, an unknown dtype, offsets that overlap, leave gaps or miss the end, sizes that do not match shapes,
 * duplicate names, non-finite numbers. */
cdf_status cdf_checkpoint_parse(cdf_checkpoint *c, const void *bytes, size_t n_bytes, cdf_error *err);
void cdf_checkpoint_free(cdf_checkpoint *c);

/* The same of the first n_there bytes of a file of n_bytes (SIZE_MAX: not known yet), to be asked before the rest is
 * read: CDF_CHECKPOINT_MAX_HEADER bytes are enough of it. The tensors have no data that could be looked at. */
cdf_status cdf_checkpoint_parse_header(cdf_checkpoint *c, const void *start, size_t n_there, size_t n_bytes,
                                       cdf_error *err);

const cdf_tensor *cdf_checkpoint_find(const cdf_checkpoint *c, const char *name); /* NULL: not there */
const char *cdf_checkpoint_metadata(const cdf_checkpoint *c, const char *key);    /* NULL: not there */

/* The elements of an F32, F16 or I8 tensor as floats. */
void cdf_tensor_read(float *dst, const cdf_tensor *tensor);

/* The same of a matrix, row r times element r of scale (NULL: as it is), padded with zeros to a stride of ld >=
 * dims[1]: dst[dims[0]][ld]. */
void cdf_tensor_read_rows(float *dst, const cdf_tensor *tensor, const cdf_tensor *scale, size_t ld);

/* Serialise: tensors (with .data in memory order, F32 and F16 little-endian) and metadata into one malloc'd buffer.
 * The header is padded with spaces so that the data starts on a multiple of 8 bytes. Free *bytes with free(). */
cdf_status cdf_checkpoint_write(unsigned char **bytes, size_t *n_bytes, const cdf_tensor *tensors, int n_tensors,
                                const cdf_metadata *metadata, int n_metadata, cdf_error *err);

CDF_END_DECLS

#endif
