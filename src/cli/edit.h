/* edit.h: starting from a picture: --source, --mask, --strength (inpainting, outpainting with --extend, img2img), and
 * --other-seed, --mix (between two seeds). */
#ifndef CDF_CLI_EDIT_H
#define CDF_CLI_EDIT_H

#include "window.h"

#define CLI_EDIT_OPTIONS                                                                                           \
  {"source", "FILE", "PNG, JPEG or WebP to start from", NULL}, CLI_BACKGROUND_OPTION,                              \
      {"mask", "FILE", "picture of what to make anew: white is new, black stays (with --extend: all of it stays)", \
       NULL},                                                                                                      \
      {"strength", "S", "with --source alone: how much may change, above 0 to 1 (default 0.6)", NULL},             \
      {"other-seed", "N", "mix the noise of a second seed in", NULL}, {                                            \
    "mix", "T", "0 is all of --seed, 1 all of --other-seed (default 0.5)", NULL                                    \
  }

typedef struct cli_edit {
  uint8_t *picture; /* the source as the frame of the canvas shows it: [height][width][C]; NULL: none */
  int width, height;
  float *source, *mask, *reach; /* of the world: [C][h][w], [h][w]; reach: mask, and one cell more */
  cdf_world world;
  uint8_t background[3]; /* of a source that is transparent somewhere */
} cli_edit;

/* Read the options into `edit` and `sample`, for canvases that show `window` at this size. The caller frees. */
cdf_status cli_edit_read(cli_edit *edit, cdf_sample_options *sample, const cli_option *options, const cdf_model *model,
                         const cli_window *window, int width, int height, cdf_error *err);
void cli_edit_free(cli_edit *edit);

/* Put the source's own pixels back where nothing was made anew; one cell beyond that the two are blended. */
void cli_edit_restore(const cli_edit *edit, uint8_t *pixels, int channels, const cli_window *window, int width,
                      int height);

#endif
