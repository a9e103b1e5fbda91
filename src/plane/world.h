/* world.h: the plane, in cells: which part of it is computed, and which part a canvas shows.
 *
 *   const cdf_world frame = {0, 0, 28, 28};              // [0, 28) x [0, 28)
 *   cdf_view view = cdf_view_fit(&frame, 1920, 1080);    // all of it, as large as it fits
 *
 * Scale: the same world on finer pixels. Extend: a larger world at the same pitch.
 */
#ifndef CDF_WORLD_H
#define CDF_WORLD_H

#include <math.h>

#include "../base/base.h"

CDF_BEGIN_DECLS

/* Cells x <= i < x + width, y <= j < y + height. The model's frame begins at (0, 0). */
typedef struct cdf_world {
  int x, y, width, height;
} cdf_world;

static inline size_t cdf_world_cells(const cdf_world *world) { return (size_t)world->width * (size_t)world->height; }

/* The point of the plane, in cells, at the upper left corner of a canvas, and how many cells a pixel is wide. */
typedef struct cdf_view {
  double x, y, pitch;
} cdf_view;

/* The whole world in the middle of a canvas: the axis that is tighter decides, so that nothing is cut off. */
static inline cdf_view cdf_view_fit(const cdf_world *world, int width, int height) {
  double across = (double)world->width / width, down = (double)world->height / height;
  double pitch = across > down ? across : down;
  cdf_view view = {world->x + 0.5 * (world->width - pitch * width), world->y + 0.5 * (world->height - pitch * height),
                   pitch};
  return view;
}

#define CDF_RENDER_MARGIN 8 /* cells: farther away than a renderer looks */

/* The cells of a world without end that a canvas shows, and a margin so that what lies beyond does not matter. */
static inline cdf_world cdf_world_around(const cdf_view *view, int width, int height) {
  int x0 = (int)floor(view->x) - CDF_RENDER_MARGIN, x1 = (int)ceil(view->x + view->pitch * width) + CDF_RENDER_MARGIN;
  int y0 = (int)floor(view->y) - CDF_RENDER_MARGIN, y1 = (int)ceil(view->y + view->pitch * height) + CDF_RENDER_MARGIN;
  cdf_world shown = {x0, y0, x1 - x0, y1 - y0};
  return shown;
}

CDF_END_DECLS

#endif
