#include "window.h"

#include <math.h>
#include <stdlib.h>

#define CLI_MAX_PITCH 256 /* the cost of a pixel grows with the square */

/* "X,Y,W" into three numbers. */
static cdf_status read_part(cdf_view *view, const char *text, int width, cdf_error *err) {
  double values[3];
  const char *at = text;
  char *end;
  for (int i = 0; i < 3; i++, at = end + 1) {
    values[i] = strtod(at, &end);
    if (end == at || !isfinite(values[i]) || *end != (i < 2 ? ',' : 0))
      return cdf_fail(err, CDF_USAGE, "--window is '%.60s', but must be three numbers, as in 12,8.5,16", text);
  }
  if (fabs(values[0]) > CDF_MAX_WORLD || fabs(values[1]) > CDF_MAX_WORLD || !(values[2] >= 1e-3) ||
      values[2] > CDF_MAX_WORLD)
    return cdf_fail(err, CDF_USAGE,
                    "--window is '%.60s', but X and Y must lie within %d cells of the origin and W be from 0.001 to %d",
                    text, CDF_MAX_WORLD, CDF_MAX_WORLD);
  *view = (cdf_view){values[0], values[1], values[2] / width};
  if (view->pitch > CLI_MAX_PITCH)
    return cdf_fail(
        err, CDF_USAGE,
        "--window shows %g cells on %d pixels, but at most %d cells a pixel can be drawn; choose a smaller W "
        "or a larger --size",
        values[2], width, CLI_MAX_PITCH);
  return CDF_OK;
}

cdf_status cli_window_read(cli_window *w, const cli_option *options, const cdf_config *c, int width, int height,
                           cdf_error *err) {
  *w = (cli_window){0};
  const char *part = cli_value(options, "window");
  int cell = 4;
  cdf_status status = cli_int(&cell, options, "cell", 1, 1024, err);
  if (status == CDF_OK && part) status = read_part(&w->view, part, width, err);
  if (status != CDF_OK) return status;
  w->is_part = part != NULL;
  w->is_extended = cli_value(options, "extend") != NULL;
  if (cli_value(options, "cell") && (!w->is_extended || part))
    return cdf_fail(err, CDF_USAGE, "--cell goes with --extend, and not with --window, which says the size of a cell");
  if (!w->is_extended) return CDF_OK;
  if (!part) {
    w->is_part = true;
    w->view.pitch = 1.0 / cell;
    w->view.x = 0.5 * (c->lattice_width - w->view.pitch * width);
    w->view.y = 0.5 * (c->lattice_height - w->view.pitch * height);
  }
  w->is_endless = cdf_is_endless(c);
  w->world = w->is_endless ? cdf_world_around(&w->view, width, height) : cdf_world_shown(c, &w->view, width, height);
  if (w->world.width <= CDF_MAX_LATTICE && w->world.height <= CDF_MAX_LATTICE) return CDF_OK;
  return cdf_fail(
      err, CDF_USAGE,
      "this canvas shows a world of %d x %d cells, but at most %d a side can be computed; choose a smaller %s",
      w->world.width, w->world.height, CDF_MAX_LATTICE, part ? "W" : "--size, or more pixels a cell with --cell");
}
