#include "train_loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "terminal.h"
#include "threads.h"

static cdf_optimizer *optimizer(const cli_loop *l) { return cdf_learner_optimizer(l->task->learner); }
static const cdf_train_config *settings_of(const cli_loop *l) { return cdf_learner_config(l->task->learner); }
static const cdf_task *measured(const cli_loop *l) { return cdf_learner_task(l->task->learner); }

/* ---- start ---- */

void cli_loop_describe(char *settings, const void *object, const cdf_field *fields) {
  for (; fields->key; fields++) {
    char value[256];
    cdf_field_print(value, sizeof value, object, fields);
    cli_append(settings, CLI_GROUP_TEXT, "%s is %s\n", fields->key, value);
  }
}

/* Settings, and what the options and the record of the run add to them. Where the data lie may differ. */
static void describe(char *text, const cli_loop *l, const char *settings) {
  const cli_run *run = l->run;
  snprintf(text, CLI_GROUP_TEXT, "the version is %s\n--save-every is %d\n--log-every is %d\n--grid-every is %d\n",
           CDF_VERSION, run->save_every, run->log_every, l->grid_every);
  for (int i = 1; i < run->record.n_notes; i++) {
    const cdf_metadata *note = &run->record.notes[i];
    uLong sum = crc32_z(crc32_z(0, NULL, 0), (const Bytef *)note->value, strlen(note->value));
    bool is_long = strlen(note->value) > 64; /* the names of classes */
    if (is_long)
      cli_append(text, CLI_GROUP_TEXT, "the fingerprint of %s is %08lx\n", note->key, sum);
    else
      cli_append(text, CLI_GROUP_TEXT, "%s is %s\n", note->key, note->value);
  }
  cli_append(text, CLI_GROUP_TEXT, "%s", settings);
}

static cdf_status open_run(cli_loop *l, cdf_error *err) {
  bool first = l->group->rank == 0; /* it tidies the directory before the others look into it */
  cdf_status status = CDF_OK;
  if (first) status = cli_run_open(l->run, l->task->learner, &l->resumed, err);
  status = cli_group_follow(l->group, status, err);
  if (first || status != CDF_OK) return status;
  return cli_run_open(l->run, l->task->learner, &l->resumed, err);
}

static void write_header(cli_loop *l) {
  size_t room = sizeof l->log_header;
  snprintf(l->log_header, room, "step");
  for (int i = 0; i < measured(l)->n_measures; i++)
    cli_append(l->log_header, room, ",%s", measured(l)->measures[i].name);
  cli_append(l->log_header, room, ",lr,grad_norm,%s_per_s,rss_mib%s\n", l->task->unit,
             l->task->held_out ? ",held_out" : "");
  l->run->log_header = l->log_header;
}

cdf_status cli_loop_start(cli_loop *l, const char *settings, cdf_error *err) {
  const cdf_optimizer *o = optimizer(l);
  char text[CLI_GROUP_TEXT];
  write_header(l);
  describe(text, l, settings);
  cdf_status status = cli_group_agree(l->group, text, "start all of them with the same command and data", err);
  if (status == CDF_OK) status = open_run(l, err);
  if (status != CDF_OK) return status;
  snprintf(text, sizeof text, "the step is %lld\nthe fingerprint of the weights is %08lx\n", (long long)o->step,
           crc32_z(crc32_z(0, NULL, 0), (const Bytef *)o->params, o->n_params * sizeof(float)));
  return cli_group_agree(l->group, text, "give all of them an --out that they share", err);
}

/* ---- time ---- */

static double seconds_used(const cli_loop *l) { return l->run->seconds_used + cli_seconds() - l->began; }

static void set_steps(cli_loop *l, double steps) {
  cdf_learner_set_steps(l->task->learner, (int)fmin(fmax(steps, 1), 1e9));
}

/* As many steps as there is time for, at the speed so far, with the last grid and checkpoint kept in mind. */
static void fit_steps(cli_loop *l) {
  int64_t step = optimizer(l)->step;
  double left = l->seconds - seconds_used(l) - l->drew - 0.5;
  l->fitted = cli_seconds();
  if (l->seconds > 0 && step > l->from)
    set_steps(l, (double)step + fmax(0, left) * (double)(step - l->from) / (cli_seconds() - l->start));
}

/* A run that goes on keeps its number of steps until it has a speed of its own; one that was finished has more only if
 * its time was prolonged. */
static void resume_steps(cli_loop *l) {
  const cli_run *run = l->run;
  int64_t step = optimizer(l)->step;
  double left = l->seconds - run->seconds_used;
  if (l->seconds == 0 || !l->resumed) return;
  bool finished = run->steps_then <= step, prolonged = l->seconds > run->seconds_then + 0.1 && run->seconds_used > 0;
  if (finished && prolonged)
    set_steps(l, (double)step + left * (double)step / run->seconds_used);
  else
    set_steps(l, left > 0 ? (double)run->steps_then : (double)step);
}

/* ---- one step ---- */

/* Gradient, report and the wish to stop of the whole group. */
static cdf_status sum_group(cli_loop *l, cdf_report *r, bool *stop, cdf_error *err) {
  double sums[1 + 2 * CDF_MAX_MEASURES] = {cli_stop_signal() != 0};
  int n = measured(l)->n_measures;
  cdf_optimizer *o = optimizer(l);
  memcpy(sums + 1, r->sums, sizeof r->sums);
  memcpy(sums + 1 + CDF_MAX_MEASURES, r->weights, sizeof r->weights);
  cdf_status status = cli_group_sum(l->group, o->grad, o->n_params, sums, 1 + CDF_MAX_MEASURES + n, err);
  *stop = sums[0] > 0;
  memcpy(r->sums, sums + 1, sizeof r->sums);
  memcpy(r->weights, sums + 1 + CDF_MAX_MEASURES, sizeof r->weights);
  return status;
}

static void add(cli_loop *l, const cdf_report *r) {
  if (l->n_summed++ == 0) l->sum = (cdf_report){0};
  for (int i = 0; i < measured(l)->n_measures; i++) {
    l->sum.sums[i] += r->sums[i];
    l->sum.weights[i] += r->weights[i];
  }
  l->sum.grad_norm += r->grad_norm;
  l->sum.lr = r->lr;
}

static cdf_status do_step(cli_loop *l, bool *stop, cdf_error *err) {
  cdf_report r = {0};
  cdf_learner_gradient(l->task->learner, &r, &cli_threads);
  cdf_status status = sum_group(l, &r, stop, err);
  l->is_group_broken = status != CDF_OK;
  if (status == CDF_OK) status = cdf_learner_update(l->task->learner, &r, &cli_threads, err);
  if (status == CDF_OK) add(l, &r);
  return status;
}

/* ---- what is written about it ---- */

static double mean(const cli_loop *l, int column) {
  double weight = measured(l)->measures[column].weighted ? l->sum.weights[column] : l->n_summed;
  return l->sum.sums[column] / (weight > 0 ? weight : 1);
}

static double steps_per_second(const cli_loop *l, int64_t step) {
  return (double)(step - l->from) / (cli_seconds() - l->start - l->drawing);
}

static double units(const cli_loop *l, int64_t step) {
  return steps_per_second(l, step) * settings_of(l)->images * settings_of(l)->pixels;
}

static cdf_status write_row(const cli_loop *l, int64_t step, double held_out, cdf_error *err) {
  char row[1024];
  snprintf(row, sizeof row, "%lld", (long long)step);
  for (int i = 0; i < measured(l)->n_measures; i++) cli_append(row, sizeof row, ",%.6f", mean(l, i));
  cli_append(row, sizeof row, ",%.3e,%.4f,%.0f,%ld", l->sum.lr, l->sum.grad_norm / l->n_summed, units(l, step),
             cli_rss_mib());
  if (l->task->held_out) cli_append(row, sizeof row, ",%.6f", held_out);
  return cli_run_log(l->run, row, err);
}

/* The line of progress, for the eyes and for progress.txt. */
static void show(cli_loop *l, int64_t step, double held_out) {
  char line[160], left[16];
  int steps = settings_of(l)->steps;
  snprintf(line, sizeof line, "step %lld of %s%d", (long long)step, l->seconds > 0 ? "about " : "", steps);
  for (int i = 0; i < l->task->n_shown; i++)
    cli_append(line, sizeof line, "  %s %.4f", measured(l)->measures[i].name, mean(l, i));
  if (l->task->held_out) cli_append(line, sizeof line, "  held out %.4f", held_out);
  cli_duration(left,
               l->seconds > 0 ? l->seconds - seconds_used(l) : (double)(steps - step) / steps_per_second(l, step));
  cli_append(line, sizeof line, "  %.0f %s/s  %s left", units(l, step), l->task->unit, left);
  cli_run_progress(l->run, line);
  if (!l->run->quiet) cli_progress_now_and_then(&l->spoken, line);
}

/* The means since the last row: into the log, and before the eyes. */
static cdf_status report(cli_loop *l, int64_t step, cdf_error *err) {
  if (l->n_summed == 0) return CDF_OK;
  bool first = l->group->rank == 0;
  double held_out = first && l->task->held_out ? l->task->held_out(l->task->self, mean(l, 0), step) : 0;
  cdf_status status = first ? write_row(l, step, held_out, err) : CDF_OK;
  if (first) show(l, step, held_out);
  l->n_summed = 0;
  return status;
}

static cdf_status save_checkpoint(const cli_loop *l, cdf_error *err) {
  unsigned char *bytes = NULL;
  size_t n_bytes;
  int n = l->run->record.n_notes;
  char used[32], whole[32];
  cdf_metadata notes[CLI_RECORD_NOTES + 2];
  memcpy(notes, l->run->record.notes, (size_t)n * sizeof *notes);
  snprintf(used, sizeof used, "%.1f", seconds_used(l));
  snprintf(whole, sizeof whole, "%.1f", l->seconds);
  if (l->seconds > 0) notes[n++] = (cdf_metadata){"train.seconds", used};
  if (l->seconds > 0) notes[n++] = (cdf_metadata){"train.time", whole};
  cdf_status status = cdf_learner_save(l->task->learner, notes, n, &bytes, &n_bytes, err);
  if (status == CDF_OK) status = cli_run_save_checkpoint(l->run, optimizer(l)->step, bytes, n_bytes, err);
  free(bytes);
  return status;
}

/* A checkpoint that no step was added to stays as it is, with the kernels that it was made with; the model is written
 * all the same: a finished renderer may have been given to another denoiser. */
static cdf_status save(const cli_loop *l, cdf_error *err) {
  cdf_model *model = NULL;
  bool is_new = !l->resumed || optimizer(l)->step > l->from;
  cdf_status status = is_new ? save_checkpoint(l, err) : CDF_OK;
  if (status == CDF_OK) status = l->task->model(l->task->self, &model, err);
  if (status == CDF_OK) status = cli_run_save_model(l->run, model, err);
  cdf_model_free(model);
  return status;
}

static bool is_grid_due(const cli_loop *l, int64_t step) {
  bool last = step == settings_of(l)->steps;
  if (!l->task->draw || l->grid_every == 0) return false;
  return last || (l->grid_every == CLI_PACED ? cli_seconds() >= l->next_grid : step % l->grid_every == 0);
}

static cdf_status draw(cli_loop *l, int64_t step, cdf_error *err) {
  double before = cli_seconds();
  cdf_status status = l->task->draw(l->task->self, step, err);
  l->drew = cli_seconds() - before;
  l->drawing += l->drew;
  double rest = fmax(l->seconds / 20, fmin(20 * l->drew, l->seconds / 6)); /* a twentieth of the time, or six of them */
  l->next_grid = before + l->drew + fmax(15, rest);
  return status;
}

/* What only the first process of the group does after a step. */
static cdf_status write_step(cli_loop *l, int64_t step, cdf_error *err) {
  if (l->group->rank > 0) return CDF_OK;
  bool more = step < settings_of(l)->steps, drawn = is_grid_due(l, step);
  bool saved = more && (step % l->run->save_every == 0 || (drawn && l->grid_every == CLI_PACED));
  cdf_status status = saved ? save(l, err) : CDF_OK;
  return status == CDF_OK && drawn ? draw(l, step, err) : status;
}

/* ---- from the first step to the last ---- */

/* A process alone stops when it is asked to; a group when it has agreed on it. */
static bool is_stopped(const cli_loop *l, bool agreed) { return agreed || (l->group->size == 1 && cli_stop_signal()); }

cdf_status cli_loop_run(cli_loop *l, cdf_error *err) {
  const cdf_optimizer *o = optimizer(l);
  bool stop = false;
  cdf_status status = CDF_OK;
  l->from = o->step, l->start = cli_seconds();
  l->next_grid = fmax(l->began + fmin(35, fmax(15, l->seconds / 20)), l->start + 5); /* within a minute */
  l->fitted = l->start;
  resume_steps(l);
  if (l->resumed && !l->run->quiet)
    fprintf(stderr,
            o->step < settings_of(l)->steps ? "coordiff %s: going on at step %lld\n"
                                            : "coordiff %s: it stands at step %lld: nothing is left to train\n",
            l->run->command, (long long)o->step);
  while (status == CDF_OK && o->step < settings_of(l)->steps && !is_stopped(l, stop)) {
    status = do_step(l, &stop, err);
    bool fits = l->seconds > 0 && o->step < settings_of(l)->steps && cli_seconds() - l->fitted > 1;
    if (status == CDF_OK && fits) fit_steps(l); /* the last step stays the last */
    if (status == CDF_OK && o->step % l->run->log_every == 0) status = report(l, o->step, err);
    if (status == CDF_OK) status = write_step(l, o->step, err);
  }
  if (status == CDF_OK) status = report(l, o->step, err); /* the rest: a short run has a row too */
  if (!l->run->quiet) cli_progress(NULL);
  /* Survivors of a broken group hold the whole state as of the last step, whichever of them writes it. */
  if (l->is_group_broken) save(l, NULL);
  if (status == CDF_OK && l->group->rank == 0) status = save(l, err);
  if (status == CDF_OK && !l->run->quiet)
    fprintf(stderr, "coordiff %s: %s at step %lld; saved in %s\n", l->run->command,
            o->step < settings_of(l)->steps ? "stopped" : "finished", (long long)o->step, l->run->path);
  return status;
}
