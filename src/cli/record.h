/* record.h: what a run is trained on, as its checkpoints remember it, so that a run that goes on with something else is
 * refused or told.
 *
 *   data            name of the set, without the folders it lies in
 *   data.pictures   how many
 *   data.crc32      of their bytes, in order; of a renderer's also of the finer pictures
 *   labels.crc32    of their labels, when they have some
 *   classes         names of the classes, one a line, when they are known
 *   teacher.crc32   of the teacher's weights, where there is one
 *   kernels         the kernel table
 *
 * All but the classes stand behind a prefix, "" or "renderer.".
 */
#ifndef CDF_CLI_RECORD_H
#define CDF_CLI_RECORD_H

#include "../coordiff.h"

#define CLI_RECORD_NOTES 7

typedef struct cli_record {
  const char *prefix;
  cdf_metadata notes[CLI_RECORD_NOTES];
  int n_notes;
  char keys[CLI_RECORD_NOTES][32], values[CLI_RECORD_NOTES][128];
  char *classes; /* malloc'd */
} cli_record;

/* Remember the first n_pictures of the set at path. `finer` (NULL: none) are n_finer bytes that belong to them,
 * `teacher` (NULL: none) n_teacher weights. Names of classes from n_classes on are left out. */
typedef struct cli_material {
  const char *path;
  const cdf_dataset *data;
  int n_pictures, n_classes;
  const uint8_t *finer;
  size_t n_finer;
  const float *teacher;
  size_t n_teacher;
} cli_material;
cdf_status cli_record_make(cli_record *r, const char *prefix, const cli_material *m, const cdf_kernels *k,
                           cdf_error *err);
void cli_record_free(cli_record *r);

/* CDF_BAD_INPUT with a sentence that says what differs when the checkpoint was trained on other pictures, labels or
 * classes. *remark[256] is what the user should know besides: another kernel table, or no fingerprint; else empty. */
cdf_status cli_record_compare(const cli_record *r, char *remark, const cdf_checkpoint *c, cdf_error *err);

#endif
