/* train_grid.h: the grid of samples that a training draws now and then, alone or beside the training pictures that are
 * nearest to them.
 *
 *   const cli_train_grid grid = {.model = model, .k = kernels, .run = &run, .nearest_of = &dataset};
 *   cdf_status status = cli_train_grid_draw(&grid, step, &err);         // grid-0002000.png
 */
#ifndef CDF_CLI_TRAIN_GRID_H
#define CDF_CLI_TRAIN_GRID_H

#include "run_directory.h"

typedef struct cli_train_grid {
  const cdf_model *model;
  const cdf_kernels *k;
  const cli_run *run;
  const cdf_dataset *nearest_of; /* NULL: samples alone */
} cli_train_grid;

/* Rows of eight, always of the same seeds: one of each class (without classes four or eight). With nearest_of a second
 * block on the right has, in the place of each sample, the picture nearest to it. */
cdf_status cli_train_grid_draw(const cli_train_grid *grid, int64_t step, cdf_error *err);

#endif
