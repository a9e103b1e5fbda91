#include "run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fastest.h"
#include "files.h"
#include "grid.h"
#include "terminal.h"
#include "threads.h"

#define PATH_BYTES CLI_RUN_PATH

static void path_of(char *out, const cli_run *run, const char *format, long long step) {
  int n = snprintf(out, PATH_BYTES, "%s/", run->path);
  if (n < PATH_BYTES) snprintf(out + n, (size_t)(PATH_BYTES - n), format, step);
}

/* The step of a checkpoint's file name, -1 for other files. */
static long long step_of(const char *name) {
  long long step;
  int end = 0;
  return sscanf(name, "checkpoint-%lld.safetensors%n", &step, &end) == 1 && end > 0 && name[end] == 0 ? step : -1;
}

/* The highest step with a checkpoint that is below `bound`, -1 when there is none. */
static long long newest_below(const cli_run *run, long long bound) {
  DIR *dir = opendir(run->path);
  long long best = -1;
  for (struct dirent *e; dir && (e = readdir(dir));) {
    long long step = step_of(e->d_name);
    if (step > best && step < bound) best = step;
  }
  if (dir) closedir(dir);
  return best;
}

/* How much of the log to keep: whole rows up to this step. -1: it is not our log. */
static long long kept_bytes(FILE *log, const char *header, int64_t step) {
  char row[2048];
  long long kept = 0;
  for (bool first = true; fgets(row, sizeof row, log); first = false) {
    size_t n = strlen(row);
    if (first && strncmp(row, header, n < strlen(header) ? n : strlen(header)) != 0) return -1;
    if (row[n - 1] != '\n' || (!first && strtoll(row, NULL, 10) > step)) break;
    kept += (long long)n;
  }
  return kept;
}

/* Drop what was logged after the step we resume from, so that no row appears twice, and a last row that a full disk cut
 * short. */
static cdf_status cut_log(const cli_run *run, int64_t step, cdf_error *err) {
  char path[PATH_BYTES];
  struct stat info;
  path_of(path, run, "log.csv", 0);
  if (stat(path, &info) != 0 || info.st_size == 0) return CDF_OK;
  FILE *log = S_ISREG(info.st_mode) ? fopen(path, "r+") : NULL;
  if (!log)
    return cdf_fail(err, CDF_FAILED, "cannot write %.200s: %s", path,
                    S_ISDIR(info.st_mode)   ? "it is a directory"
                    : S_ISREG(info.st_mode) ? strerror(errno)
                                            : "it is no file");
  long long kept = kept_bytes(log, run->log_header, step);
  cdf_status status = CDF_OK;
  if (kept < 0)
    status = cdf_fail(err, CDF_USAGE, "%.200s is not the log of a training run; choose another --out", path);
  else if (kept < info.st_size && ftruncate(fileno(log), kept) != 0)
    status = cdf_fail(err, CDF_FAILED, "cannot cut %.200s: %s", path, strerror(errno));
  fclose(log);
  return status;
}

/* Make the directory and those above it. */
static cdf_status make_directory(const cli_run *run, cdf_error *err) {
  if (strlen(run->path) > PATH_BYTES - 64) return cdf_fail(err, CDF_USAGE, "the name of the run directory is too long");
  char part[PATH_BYTES];
  struct stat info;
  strcpy(part, run->path);
  for (char *slash = *part ? part : NULL; slash && (slash = strchr(slash + 1, '/'));) {
    *slash = 0;
    mkdir(part, 0777);
    *slash = '/';
  }
  int cause = mkdir(run->path, 0777) != 0 ? errno : 0;
  if (cause && cause != EEXIST)
    return cdf_fail(err, CDF_FAILED, "cannot make the directory %.200s: %s", run->path, strerror(cause));
  if (stat(run->path, &info) == 0 && !S_ISDIR(info.st_mode))
    return cdf_fail(err, CDF_FAILED, "--out is %.200s, which is a file; name a directory", run->path);
  if (access(run->path, W_OK | X_OK) != 0) /* better now than at the first checkpoint */
    return cdf_fail(err, CDF_FAILED, "cannot write into the directory %.200s: %s", run->path, strerror(errno));
  return CDF_OK;
}

cdf_status cli_run_options(cli_run *run, cli_settings *settings, const cdf_kernels **k, const cli_option *options,
                           cdf_error *err) {
  int threads = 0;
  bool named = cli_value(options, "kernels") != NULL;
  *run = (cli_run){.command = run->command,
                   .path = cli_value(options, "out"),
                   .quiet = cli_value(options, "quiet") != NULL,
                   .keep = 2,
                   .log_every = 50,
                   .save_every = 1000,
                   .half = !cli_value(options, "f32")};
  cdf_status status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK) status = cli_int(&run->log_every, options, "log-every", 1, 1000000, err);
  if (status == CDF_OK) status = cli_int(&run->save_every, options, "save-every", 1, 100000000, err);
  if (status == CDF_OK) status = cli_int(&run->keep, options, "keep", 1, 1000, err);
  if (status == CDF_OK && named) status = cli_kernels(k, options, err);
  if (status == CDF_OK && cli_value(options, "config"))
    status = cli_read_settings(&settings[0], cli_value(options, "config"), err);
  for (int i = 0; i < settings[1].n && status == CDF_OK; i++)
    status = cli_add_setting(&settings[0], settings[1].items[i].key, settings[1].items[i].value, err);
  if (status == CDF_OK && !run->path)
    status = cdf_fail(err, CDF_USAGE, "--out is missing: say which directory the run goes to");
  if (status == CDF_OK && !named) {
    const char *bf16 = cli_setting(&settings[0], "bf16");
    *k = cli_fastest_kernels(!bf16 || strcmp(bf16, "0") != 0);
  }
  if (status == CDF_OK) cli_set_threads(threads);
  return status;
}

/* Is it a file that we were writing, "NAME.tmp.NUMBER", when a process was killed? */
static bool is_leftover(const char *name) {
  const char *end = strstr(name, ".tmp.");
  bool ours = !strncmp(name, "checkpoint-", 11) || !strncmp(name, "grid-", 5) ||
              !strncmp(name, "model.safetensors.", 18) || !strncmp(name, "log.csv.", 8);
  return ours && end && end[5] && !end[5 + strspn(end + 5, "0123456789")];
}

static void remove_leftovers(const cli_run *run) {
  DIR *dir = opendir(run->path);
  for (struct dirent *e; dir && (e = readdir(dir));)
    if (is_leftover(e->d_name)) unlinkat(dirfd(dir), e->d_name, 0);
  if (dir) closedir(dir);
}

/* What resuming needs, and what came of it. */
typedef struct resuming {
  cdf_learner *learner;
  bool is_damaged; /* no whole file: an older one may serve */
  char remark[256];
} resuming;

/* c points into *bytes; both are the caller's to free in any case. */
static cdf_status read_checkpoint(cdf_checkpoint *c, unsigned char **bytes, size_t *n_bytes, const cli_run *run,
                                  long long step, cdf_error *err) {
  char path[PATH_BYTES];
  *c = (cdf_checkpoint){0};
  path_of(path, run, "checkpoint-%07lld.safetensors", step);
  cdf_status status = cdf_file_read(bytes, n_bytes, path, CDF_FILE_CHECKPOINT, err);
  if (status == CDF_OK) status = cdf_checkpoint_parse(c, *bytes, *n_bytes, err);
  if (status == CDF_BAD_INPUT && access(path, R_OK) != 0) status = CDF_FAILED; /* not damaged: not ours to read */
  return status;
}

void cli_run_inherit(const cli_run *run, void *config, const cdf_field *fields, const cli_settings *settings) {
  bool found = false;
  for (long long step = newest_below(run, INT64_MAX); step >= 0 && !found; step = newest_below(run, step)) {
    unsigned char *bytes;
    size_t n_bytes;
    cdf_checkpoint c;
    found = read_checkpoint(&c, &bytes, &n_bytes, run, step, NULL) == CDF_OK;
    for (const cdf_field *f = fields; f->key && found; f++) {
      const char *value = cdf_checkpoint_metadata(&c, f->key);
      if (f->before && !cli_setting(settings, f->key))
        cdf_fields_set(config, fields, f->key, value ? value : f->before, NULL);
    }
    cdf_checkpoint_free(&c);
    free(bytes);
  }
}

/* How far its time had gone. */
static void note_time(cli_run *run, const cdf_checkpoint *c) {
  const char *used = cdf_checkpoint_metadata(c, "train.seconds"), *whole = cdf_checkpoint_metadata(c, "train.time"),
             *steps = cdf_checkpoint_metadata(c, "train.steps");
  run->seconds_used = used ? strtod(used, NULL) : 0;
  run->seconds_then = whole ? strtod(whole, NULL) : 0;
  run->steps_then = steps ? strtoll(steps, NULL, 10) : 0;
}

static cdf_status resume_from(resuming *r, cli_run *run, long long step, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cdf_checkpoint c;
  cdf_status status = read_checkpoint(&c, &bytes, &n_bytes, run, step, err);
  r->is_damaged = status == CDF_BAD_INPUT;
  if (status == CDF_OK) status = cdf_learner_restore(r->learner, bytes, n_bytes, err);
  int64_t stands = cdf_learner_optimizer(r->learner)->step;
  if (status == CDF_OK && stands != step)
    status =
        cdf_fail(err, CDF_BAD_INPUT,
                 "by its name it is of step %lld, but it says that it stands at step %lld; give it the name of its "
                 "step, or remove it",
                 step, (long long)stands);
  if (status == CDF_OK) status = cli_record_compare(&run->record, r->remark, &c, err);
  if (status == CDF_OK) note_time(run, &c);
  cdf_checkpoint_free(&c);
  free(bytes);
  return status;
}

/* What somebody should know, --quiet or not. */
__attribute__((format(printf, 2, 3))) static void warn(const cli_run *run, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (run->read_only) return;
  fprintf(stderr, "coordiff %s: ", run->command);
  cli_print_plain(stderr, text); /* it may quote a damaged file */
  fputc('\n', stderr);
}

/* The step of the newest whole checkpoint, from which the trainer is restored; -1: there is none at all. */
static cdf_status resume(long long *step, resuming *r, cli_run *run, cdf_error *err) {
  cdf_error first = {0};
  long long newest = newest_below(run, INT64_MAX);
  for (*step = newest; *step >= 0; *step = newest_below(run, *step)) {
    cdf_error why = {0};
    cdf_status status = resume_from(r, run, *step, &why);
    if (status == CDF_OK) break;
    if (!r->is_damaged)
      return cdf_fail(err, status, "cannot resume from checkpoint-%07lld.safetensors: %.250s", *step, why.text);
    warn(run, "checkpoint-%07lld.safetensors is left out: %s", *step, why.text);
    if (*step == newest) first = why;
  }
  if (*step < 0 && newest >= 0)
    return cdf_fail(err, CDF_BAD_INPUT, "cannot resume from checkpoint-%07lld.safetensors or an older one: %.220s",
                    newest, first.text);
  if (*step >= 0 && *r->remark) warn(run, "%s", r->remark);
  return CDF_OK;
}

/* A model that no checkpoint explains is somebody's work. */
static cdf_status refuse_foreign_model(const cli_run *run, cdf_error *err) {
  char path[PATH_BYTES];
  struct stat info;
  path_of(path, run, "model.safetensors", 0);
  if (run->model_path || stat(path, &info) != 0) return CDF_OK;
  return cdf_fail(err, CDF_USAGE,
                  "%.200s is there, but no checkpoint to go on from; move it away, so that it is not lost, or choose "
                  "another --out",
                  path);
}

cdf_status cli_run_open(cli_run *run, cdf_learner *learner, bool *resumed, cdf_error *err) {
  resuming r = {.learner = learner};
  long long step;
  cdf_status status = run->read_only ? CDF_OK : make_directory(run, err);
  if (status == CDF_OK && !run->read_only) status = cli_lock_take(&run->lock, run->path, err);
  if (status != CDF_OK) return status;
  if (!run->read_only) remove_leftovers(run);
  status = resume(&step, &r, run, err);
  *resumed = status == CDF_OK && step >= 0;
  if (status == CDF_OK && !run->read_only && !*resumed) status = refuse_foreign_model(run, err);
  return status == CDF_OK && !run->read_only ? cut_log(run, *resumed ? step : 0, err) : status;
}

void cli_run_close(cli_run *run) {
  cli_lock_give(&run->lock);
  cli_record_free(&run->record);
}

cdf_status cli_run_save_checkpoint(const cli_run *run, int64_t step, const void *bytes, size_t n_bytes,
                                   cdf_error *err) {
  char path[PATH_BYTES];
  path_of(path, run, "checkpoint-%07lld.safetensors", step);
  cdf_status status = cdf_file_write_atomic(path, bytes, n_bytes, err);
  /* Only once the new one is safe do old ones go. */
  for (int kept = 1; status == CDF_OK && (step = newest_below(run, step)) >= 0; kept++) {
    path_of(path, run, "checkpoint-%07lld.safetensors", step);
    if (kept >= run->keep) unlink(path);
  }
  return status;
}

cdf_status cli_run_save_model(const cli_run *run, cdf_model *model, cdf_error *err) {
  char path[PATH_BYTES];
  unsigned char *bytes = NULL;
  size_t n_bytes;
  cdf_status status = CDF_OK;
  for (int i = 0; i < run->record.n_notes && status == CDF_OK; i++)
    status = cdf_model_note(model, run->record.notes[i].key, run->record.notes[i].value, err);
  if (status == CDF_OK) status = cdf_model_save(model, run->half, &bytes, &n_bytes, err);
  path_of(path, run, "model.safetensors", 0);
  if (status == CDF_OK) status = cdf_file_write_atomic(run->model_path ? run->model_path : path, bytes, n_bytes, err);
  free(bytes);
  return status;
}

cdf_status cli_run_log(const cli_run *run, const char *row, cdf_error *err) {
  char path[PATH_BYTES];
  path_of(path, run, "log.csv", 0);
  FILE *f = fopen(path, "a");
  bool ok = f != NULL;
  if (ok && fseek(f, 0, SEEK_END) == 0 && ftell(f) == 0) ok = fputs(run->log_header, f) >= 0;
  if (ok) ok = fprintf(f, "%s\n", row) > 0;
  int failure = errno;
  if (f && fclose(f) != 0) ok = false, failure = errno;
  return ok ? CDF_OK
            : cdf_fail(err, CDF_FAILED, "cannot write %.200s: %s; the last checkpoint is intact", path,
                       strerror(failure));
}

const char *cli_run_file(char out[CLI_RUN_PATH], const cli_run *run, const char *name) {
  path_of(out, run, name, 0);
  return out;
}

void cli_run_progress(const cli_run *run, const char *line) {
  char path[PATH_BYTES], clock[16];
  time_t now = time(NULL);
  struct tm day;
  FILE *f = run->read_only ? NULL : fopen(cli_run_file(path, run, "progress.txt"), "a");
  if (!f) return;
  strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &day));
  fprintf(f, "%s  %s\n", clock, line);
  fclose(f);
}

cdf_status cli_run_write_grid(const cli_run *run, int64_t step, const uint8_t *pixels, int width, int height,
                              int channels, const char *text, cdf_error *err) {
  char path[PATH_BYTES];
  path_of(path, run, "grid-%07lld.png", (long long)step);
  return cli_write_png(path, pixels, width, height, channels, text, err);
}
