/* window.h: which part of the plane a command shows: --window, --extend and --cell. */
#ifndef CDF_CLI_WINDOW_H
#define CDF_CLI_WINDOW_H

#include "args.h"

#define CLI_WINDOW_OPTION \
  { "window", "X,Y,W", "show W cells across, from the point (X, Y) of the plane, in cells", NULL }
#define CLI_EXTEND_OPTIONS                                                                                \
  {"extend", NULL, "more world at the same cell size, instead of the same world on more pixels", NULL}, { \
    "cell", "PIXELS", "with --extend: pixels a cell (default 4)", NULL                                    \
  }

typedef struct cli_window {
  bool is_part, is_extended; /* else view is NULL: all of the frame */
  cdf_view view;
  bool is_endless; /* extended, and a world without end */
  cdf_world world; /* when extended */
} cli_window;

/* --window, for a canvas so wide. CDF_USAGE when it is no part of the plane that can be drawn. */
cdf_status cli_window_read(cli_window *w, const cli_option *options, int width, cdf_error *err);

/* Then --extend and --cell: is there more of the world than the frame? Always where it goes on along one axis alone;
 * what is shown of that is as high (or wide) as its frame, unless another part is asked for. CDF_USAGE when options
 * contradict each other or ask for too many cells, or for what lies beyond a frame. */
cdf_status cli_window_extend(cli_window *w, const cli_option *options, const cdf_config *config, int width, int height,
                             cdf_error *err);

static inline const cdf_view *cli_window_view(const cli_window *w) { return w->is_part ? &w->view : NULL; }
static inline const cdf_world *cli_window_world(const cli_window *w) { return w->is_extended ? &w->world : NULL; }

#endif
