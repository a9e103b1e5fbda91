/* scalespace.h: the blur levels that a pixel sees around itself (the write-up's N_k, made of the noisy image).
 *
 * Level 0 is the plane itself; level l >= 1 is blurred by a Gaussian of 0.9 * 2^(l-1) cells, cut off after three
 * deviations. Along each axis a plane ends, or goes on at its other border (both: a torus; across alone: a cylinder).
 */
#ifndef CDF_SCALESPACE_H
#define CDF_SCALESPACE_H

#include "../base/base.h"

CDF_BEGIN_DECLS

typedef enum {
  CDF_BORDER_ENDS, /* the kernel is renormalised over the cells that exist (Knutsson & Westin 1993) */
  CDF_BORDER_WRAPS
} cdf_border;

/* Standard deviation of level l's blur, in cells; 0 for level 0. */
float cdf_level_sigma(int level);

/* Deviation of unit white noise after level l's blur: 1 for level 0, else 1 / (2 sqrt(pi) sigma). */
float cdf_level_noise(int level);

/* The same of what is left of level l once level l + 1 is taken away. */
float cdf_band_noise(int level);

/* Cells that a level's blur reads on each side of one. */
int cdf_level_radius(int level);

/* dst[height][width] = src blurred to `level`; scratch holds height * width floats. dst, src and scratch are distinct.
 */
void cdf_scalespace_blur(float *dst, const float *src, float *scratch, int width, int height, int level,
                         cdf_border border_across, cdf_border border_down);

CDF_END_DECLS

#endif
