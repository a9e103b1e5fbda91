/* train_loop.h: the one loop of every training: start or resume, step, log, progress, checkpoint, stop on signals,
 * finish.
 *
 *   cli_loop loop = {.task = &task, .run = &run, .group = &group};
 *   cdf_status status = cli_loop_start(&loop, settings, &err);   // alone in the directory; perhaps resumed
 *   if (status == CDF_OK) status = cli_loop_run(&loop, &err);
 *   cli_run_close(&run);
 *
 * A run may have a time instead of a number of steps. The number is then set anew every second, by the speed
 * so far, so that the learning rate ends where the time does. A checkpoint holds the number of its moment and the
 * seconds that were used, so that the same command goes on with exactly that schedule.
 */
#ifndef CDF_CLI_TRAIN_LOOP_H
#define CDF_CLI_TRAIN_LOOP_H

#include "group.h"
#include "run_directory.h"

/* One kind of training, as the loop sees it. */
typedef struct cli_task {
  const char *unit; /* what a step has images * pixels of */
  int n_shown;      /* measures in the line of progress */
  cdf_learner *learner;
  void *self; /* first argument of these: */
  cdf_status (*model)(void *self, cdf_model **model, cdf_error *err);
  cdf_status (*draw)(void *self, int64_t step, cdf_error *err); /* a grid of samples; NULL: none */
  /* The loss on pictures that are held out, beside that of training; NULL: none are. */
  double (*held_out)(void *self, double loss, int64_t step);
} cli_task;

typedef struct cli_loop {
  const cli_task *task;
  cli_run *run;
  const cli_group *group;
  int grid_every; /* steps; 0: no grids; CLI_PACED: soon, and then more and more seldom, each with a checkpoint */
  double seconds, began; /* that the run may take in all, 0: as many steps as are set; when this command began */
  /* the loop's own */
  char log_header[192];
  bool resumed, is_group_broken;
  cdf_report sum;                /* over the steps since the last row of the log, */
  int n_summed;                  /* which are so many */
  int64_t from;                  /* step at the start */
  double start, drawing, spoken; /* seconds: at the start; spent on grids; at the last line of progress */
  double fitted;                 /* when the number of steps was last fitted to the time */
  double drew, next_grid;        /* seconds: that the last grid took; when the next is due */
} cli_loop;

#define CLI_PACED (-1)

/* Have all processes of the group the same settings (lines of text)? Then open the run directory, one after the other,
 * and see whether all stand at the same place. CDF_USAGE when they do not; other failures as of
 * cli_run_open. */
cdf_status cli_loop_start(cli_loop *l, const char *settings, cdf_error *err);

/* Train to the last step, or until a signal; save. */
cdf_status cli_loop_run(cli_loop *l, cdf_error *err);

/* Append what makes a training what it is to settings[CLI_GROUP_TEXT]. */
void cli_loop_describe(char *settings, const void *object, const cdf_field *fields);

#endif
