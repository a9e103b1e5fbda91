/* block.h: what checkpoints of every kind are made of: parameter blocks, configurations and notes, to and from them.
 *
 *   cdf_writer w = {0};
 *   cdf_writer_note(&w, "format", CDF_FORMAT);
 *   cdf_writer_fields(&w, "", &config, cdf_config_fields);
 *   cdf_writer_block(&w, &tensors, params, "", true);
 *   if (cdf_writer_finish(&w, &written, &n_written, &err) != CDF_OK) die(err.text);
 */
#ifndef CDF_BLOCK_H
#define CDF_BLOCK_H

#include "../base/fields.h"
#include "../net/tensors.h"
#include "checkpoint.h"

CDF_BEGIN_DECLS

/* Read the tensors of one parameter block (prefix "" for the model itself) out of a parsed checkpoint;
 * with params NULL only see whether all are there. A tensor of I8 has its scales beside it: row r of NAME is that of
 * the file times element r of NAME.scale, [rows][1]. */
cdf_status cdf_read_block(float *params, const cdf_tensors *tensors, const cdf_checkpoint *c, const char *prefix,
                          cdf_error *err);

/* Read a configuration whose keys stand behind a prefix. CDF_BAD_INPUT names the first that is missing or out of range.
 */
cdf_status cdf_read_fields(void *object, const cdf_field *fields, const char *prefix, const cdf_checkpoint *c,
                           cdf_error *err);

/* A growing list of tensors and metadata; tensors own copies of their data. */
typedef struct cdf_writer {
  cdf_tensor *tensors;
  cdf_metadata *metadata;
  int n_tensors, n_metadata;
  bool failed; /* an allocation did; cdf_writer_finish reports it */
} cdf_writer;

void cdf_writer_note(cdf_writer *w, const char *key, const char *value);
void cdf_writer_fields(cdf_writer *w, const char *prefix, const void *object, const cdf_field *fields);
void cdf_writer_block(cdf_writer *w, const cdf_tensors *tensors, const float *params, const char *prefix, bool half);
cdf_status cdf_writer_finish(cdf_writer *w, unsigned char **bytes, size_t *n_bytes, cdf_error *err); /* frees *w */

/* Lists of metadata that own their text. false: an allocation failed. */
bool cdf_notes_append(cdf_metadata **list, int *n, const char *key, const char *value);
bool cdf_notes_set(cdf_metadata **list, int *n, const char *key, const char *value); /* in place of what it was */
void cdf_notes_free(cdf_metadata *list, int n);

CDF_END_DECLS

#endif
