/* blend.h: new cells of a picture take the colours of the kept ones that they touch, so that no border shows.
 *
 *   cdf_blend_seam(clean, &seam);     // after every evaluation
 *
 * What the new cells lack at the border is carried inwards by a membrane (Perez et al. 2003, "Poisson image editing",
 * section 2) that fades within some cells, because far from the border nothing is wrong. Large jumps are edges of what
 * is shown, not seams, and stay.
 */
#ifndef CDF_BLEND_H
#define CDF_BLEND_H

#include "../base/base.h"
#include "../plane/world.h"

typedef struct cdf_seam {
  cdf_world world;
  int channels;
  const float *mask; /* [h][w]: above 0 a cell is new */
  float *u;          /* room: [C][h][w] */
  bool *fixed;       /* room: [h][w] */
} cdf_seam;

/* clean [C][h][w] in place; cells of mask 0 are not touched. */
void cdf_blend_seam(float *clean, const cdf_seam *seam);

#endif
