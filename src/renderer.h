/* renderer.h: a lattice to canvas pixels of any size and aspect.
 *
 * Scale: the world keeps its shape and fills as much of the canvas as it can; around it lies the colour of its corners.
 * A pixel smaller than a cell is interpolated (Catmull-Rom; Keys 1981, a = -1/2); a larger one is the area average of
 * what it covers.
 */
#ifndef CDF_RENDERER_H
#define CDF_RENDERER_H

#include "base.h"

/* Canvas rows y0 <= y < y1 as bytes dst[y - y0][width][channels], from lattice[channels][lattice_height][lattice_width]
 * plus mean[channels], where -1 is 0 and 1 is 255. Any split of the rows gives the same bytes. */
void cdf_render_rows(uint8_t *dst, int width, int height, int y0, int y1, const float *lattice, int lattice_width,
                     int lattice_height, int channels, const float *mean);

#endif
