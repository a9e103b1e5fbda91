/* run_directory.h: what `coordiff train` leaves on disk.
 *
 *   checkpoint-0001000.safetensors   resumable; the newest `keep` stay
 *   model.safetensors                the averaged weights alone, F16 unless half is false
 *   log.csv                          one row every --log-every steps
 *   progress.txt                     what is said on the way, with the time of day
 *   plan.conf                        what --time or --preset chose (plan.h)
 *   grid-0002000.png                 sample grids
 *   lock                             while a process is at work
 */
#ifndef CDF_RUN_DIRECTORY_H
#define CDF_RUN_DIRECTORY_H

#include "args.h"
#include "lock.h"
#include "record.h"

typedef struct cli_run {
  const char *command, *path, *log_header; /* the command's name begins what is said */
  int keep, log_every, save_every;         /* checkpoints; steps */
  bool half, read_only;                    /* read_only: another process keeps the directory; only resume from it */
  bool quiet;
  const char *model_path; /* where the model goes; NULL: into the directory */
  double seconds_used;    /* of the checkpoint that it goes on from, 0: it does not say; */
  double seconds_then;    /* and of those that it was to have; */
  int64_t steps_then;     /* and the number of steps */
  cli_record record;      /* goes into every checkpoint and model */
  cli_lock lock;
} cli_run;

/* The options that every training has: out, keep, log-every, save-every, f32; threads and kernels; and config, whose
 * file and the flags are merged into settings[0]. */
cdf_status cli_run_options(cli_run *run, cli_settings *settings, const cdf_kernels **k, const cli_option *options,
                           cdf_error *err);

/* A run that began before there were some of the settings goes on with the same command: those that files may lack, and
 * that nobody has set now, become what they are in its newest checkpoint. */
void cli_run_inherit(const cli_run *run, void *config, const cdf_field *fields, const cli_settings *settings);

/* Make the directory, lock it, remove what a killed process left half written, and resume from the newest checkpoint
 * that is whole, after which the learner stands where it says. Rows of log.csv after that
 * are dropped (all, without a checkpoint). Refused: a directory that another process works in; a checkpoint of other
 * settings or pictures, or whose step is not that of its name. Says which damaged ones it left out. */
cdf_status cli_run_open(cli_run *run, cdf_learner *learner, bool *resumed, cdf_error *err);

/* Unlock it and free the record. */
void cli_run_close(cli_run *run);

/* Replace the checkpoint of this step as a whole or not at all; then remove those that are too many. */
cdf_status cli_run_save_checkpoint(const cli_run *run, int64_t step, const void *bytes, size_t n_bytes, cdf_error *err);

/* Write model.safetensors, with the record added. */
cdf_status cli_run_save_model(const cli_run *run, cdf_model *model, cdf_error *err);

/* Append one row, without its line end. */
cdf_status cli_run_log(const cli_run *run, const char *row, cdf_error *err);

/* Append a line to progress.txt. Where that cannot be, the log will say so. */
void cli_run_progress(const cli_run *run, const char *line);

/* The path of another file of the directory, into out[CLI_RUN_PATH]. */
#define CLI_RUN_PATH 4096
const char *cli_run_file(char out[CLI_RUN_PATH], const cli_run *run, const char *name);

cdf_status cli_run_write_grid(const cli_run *run, int64_t step, const uint8_t *pixels, int width, int height,
                              int channels, const char *text, cdf_error *err);

#endif
