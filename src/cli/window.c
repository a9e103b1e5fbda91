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

cdf_status cli_window_read(cli_window *w, const cli_option *options, int width, cdf_error *err) {
  const char *part = cli_value(options, "window");
  *w = (cli_window){.is_part = part != NULL};
  return part ? read_part(&w->view, part, width, err) : CDF_OK;
}

/* Cells of this size with the middle of the frame in the middle. */
static void centre(cli_window *w, const cdf_config *c, double pitch, int width, int height) {
  w->is_part = true;
  w->view = (cdf_view){0.5 * (c->lattice_width - pitch * width), 0.5 * (c->lattice_height - pitch * height), pitch};
}

/* Along an axis with a frame a world that goes on along the other ends there: to half a pixel a canvas shows no more.
 */
static cdf_status check_ends(double from, double to, double pitch, const cdf_config *c, cdf_axis axis, cdf_error *err) {
  bool down = axis == CDF_AXIS_Y;
  int side = cdf_frame_side(c, axis);
  if (!cdf_is_framed(c, axis) || (from > -0.500001 * pitch && to < side + 0.500001 * pitch)) return CDF_OK;
  return cdf_fail(err, CDF_USAGE,
                  "this canvas shows the cells from %g to %g %s, but the world of this model goes from 0 to %d there; "
                  "leave out --cell, or choose %s and W of --window so that it shows no more",
                  from, to, down ? "down" : "across", side, down ? "Y" : "X");
}

/* Which cells are computed of what is shown. */
static cdf_status open_world(cli_window *w, const cdf_config *c, int width, int height, cdf_error *err) {
  cdf_status status = CDF_OK;
  w->is_endless = cdf_is_endless(c);
  w->world = w->is_endless ? cdf_world_open(c, &w->view, width, height) : cdf_world_shown(c, &w->view, width, height);
  const cdf_view *v = &w->view;
  if (w->is_endless) status = check_ends(v->x, v->x + v->pitch * width, v->pitch, c, CDF_AXIS_X, err);
  if (w->is_endless && status == CDF_OK)
    status = check_ends(v->y, v->y + v->pitch * height, v->pitch, c, CDF_AXIS_Y, err);
  return status;
}

cdf_status cli_window_extend(cli_window *w, const cli_option *options, const cdf_config *c, int width, int height,
                             cdf_error *err) {
  bool part = w->is_part, band = cdf_is_endless(c) && c->coordinates != CDF_COORDINATES_NONE;
  int cell = 4, across = cdf_world_most(c, CDF_AXIS_X), down = cdf_world_most(c, CDF_AXIS_Y);
  cdf_status status = cli_int(&cell, options, "cell", 1, 1024, err);
  if (status != CDF_OK) return status;
  w->is_extended = cli_value(options, "extend") || (band && !cli_value(options, "source"));
  if (cli_value(options, "cell") && (!w->is_extended || part))
    return cdf_fail(err, CDF_USAGE, "--cell goes with --extend, and not with --window, which says the size of a cell");
  if (!w->is_extended) return CDF_OK;
  double fit = cdf_is_framed(c, CDF_AXIS_Y) ? (double)c->lattice_height / height : (double)c->lattice_width / width;
  if (!part) centre(w, c, band && !cli_value(options, "cell") ? fit : 1.0 / cell, width, height);
  status = open_world(w, c, width, height, err);
  if (status != CDF_OK || (w->world.width <= across && w->world.height <= down)) return status;
  return cdf_fail(
      err, CDF_USAGE,
      "this canvas shows a world of %d x %d cells, but at most %d x %d can be computed; choose a smaller %s",
      w->world.width, w->world.height, across, down, part ? "W" : "--size, or more pixels a cell with --cell");
}
