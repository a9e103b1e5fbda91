/* run_directory.h: what `coordiff train` leaves on disk.
 *
 *   checkpoint-0001000.safetensors   resumable; the newest `keep` stay
 *   model.safetensors                the averaged weights alone, F16 unless half is false
 *   log.csv                          one row every --log-every steps
 *   grid-0002000.png                 sample grids
 */
#ifndef CDF_RUN_DIRECTORY_H
#define CDF_RUN_DIRECTORY_H

#include "../coordiff.h"

typedef struct cli_run {
  const char *path;
  int keep;
  bool half;
  cdf_metadata notes[4]; /* go into every checkpoint and model */
  int n_notes;
} cli_run;

/* Make the directory, or resume from the newest checkpoint in it; rows of log.csv after that step are dropped (all,
 * without one). */
cdf_status cli_run_open(cli_run *run, cdf_trainer *t, bool *resumed, cdf_error *err);

/* Checkpoint and model, each replaced as a whole or not at all; then older checkpoints are removed. */
cdf_status cli_run_save(const cli_run *run, cdf_trainer *t, cdf_error *err);

cdf_status cli_run_log(const cli_run *run, int64_t step, const cdf_step_report *mean, double rows_per_second,
                       long rss_mib, cdf_error *err);

cdf_status cli_run_write_grid(const cli_run *run, int64_t step, const uint8_t *pixels, int width, int height,
                              int channels, cdf_error *err);

#endif
