/* grid.h: many pictures at once: sampled in parallel, laid out in a grid. */
#ifndef CDF_GRID_H
#define CDF_GRID_H

#include "../coordiff.h"

/* Pictures that could not be made, which keeps none of the others from it. */
typedef struct cli_failures {
  bool *at;        /* [n] of the grid: is it one of them? */
  int n;           /* so many, */
  cdf_error first; /* and which was the first, and why */
} cli_failures;

/* CDF_OK when there are none of n_pictures; otherwise CDF_FAILED names the first. */
cdf_status cli_failures_tell(const cli_failures *failures, int n_pictures, cdf_error *err);

typedef struct cli_grid {
  int n, columns;                    /* pictures, and how many side by side */
  int width, height;                 /* pixels of each */
  const cdf_world *world;            /* NULL: the model's frame */
  bool endless;                      /* the world is a window of one without end */
  const cdf_view *view;              /* NULL: the whole world */
  const cdf_sample_options *options; /* [n] */
  cli_failures *failures;            /* added to */
  int n_before, n_total;             /* for progress, when these are only some of the pictures; 0, 0: all */
  void (*progress)(int done, int n); /* called from any thread; NULL: silent */
} cli_grid;

/* Sample and render all pictures: pixels[n][height][width][channels], malloc'd. Few pictures share all threads, many
 * get one each: the same bytes. Stops early, with *pixels NULL and CDF_FAILED, on a stop signal. A picture
 * whose numbers run out of range is crossed out and noted in grid->failures. */
cdf_status cli_sample_all(uint8_t **pixels, const cdf_model *model, const cdf_kernels *k, const cli_grid *grid,
                          cdf_error *err);

/* Pixels of the sheet. CDF_USAGE when it would be larger than a canvas: ask before sampling what cannot be laid out. */
cdf_status cli_layout_size(size_t *width, size_t *height, int n, int columns, int picture_width, int picture_height,
                           int gap, cdf_error *err);

/* Lay pictures out in rows of `columns` with `gap` pixels between: a malloc'd sheet of *width x *height. */
cdf_status cli_lay_out(uint8_t **sheet, int *width, int *height, const uint8_t *pixels, int n, int columns,
                       int picture_width, int picture_height, int channels, int gap, cdf_error *err);

/* Encode and write a PNG; path "-" is standard output. */
cdf_status cli_write_png(const char *path, const uint8_t *pixels, int width, int height, int channels, const char *text,
                         cdf_error *err);

#endif
