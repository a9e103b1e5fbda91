/* train_grid.h: the grid of samples that a training draws now and then, alone or beside the training pictures that are
 * nearest to them.
 *
 *   const cli_train_grid grid = {.model = model, .k = kernels, .run = &run, .nearest_of = &dataset};
 *   cdf_status status = cli_train_grid_draw(&grid, step, &nearness, &err);         // grid-0002000.png
 */
#ifndef CDF_CLI_TRAIN_GRID_H
#define CDF_CLI_TRAIN_GRID_H

#include "run_directory.h"

typedef struct cli_train_grid {
  const cdf_model *model;
  const cdf_kernels *k;
  const cli_run *run;
  const cdf_dataset *nearest_of; /* NULL: samples alone */
  const cdf_dataset *held_out;   /* pictures to compare with; NULL or empty: none */
} cli_train_grid;

/* How far pictures are from the nearest training picture: the root mean square of the differences, in levels of 255, on
 * average. Samples much nearer than held-out pictures are copies. */
typedef struct cli_nearness {
  double samples, held_out; /* 0: not measured */
} cli_nearness;

/* Rows of eight, always of the same seeds: one of each class (without classes four or eight). With nearest_of a second
 * block on the right has, in the place of each sample, the picture nearest to it. */
cdf_status cli_train_grid_draw(const cli_train_grid *grid, int64_t step, cli_nearness *nearness, cdf_error *err);

#endif
