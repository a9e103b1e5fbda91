/* codes.h: a lattice of codes: split^2 rows of numbers in every cell, one for each part of it, and what stands between
 * them.
 *
 *   const cdf_codes c = {.width = 8, .split = 2, .units = 64};
 *   cdf_between x = cdf_between_of(u, c.split, c.width), y = cdf_between_of(v, c.split, c.width);
 *   cdf_codes_gather(out, codes, &c, x, y);             // out[units] at the point (u, v), in cells
 *   cdf_codes_scatter(dcodes, dout, &c, x, y);          // and the gradient back to the four that it was made of
 *
 * codes[height][width][split][split][units]: what a network that sees a cell writes is one row.
 */
#ifndef CDF_CODES_H
#define CDF_CODES_H

#include "../base/base.h"

CDF_BEGIN_DECLS

typedef struct cdf_codes {
  int width;        /* cells */
  int split, units; /* parts of a cell, per side; numbers of a code */
} cdf_codes;

/* The two codes (or, with split 1, cells) between which a point at u cells lies along one axis that is n cells long.
 * Beyond the outermost centres the border's code is the code. In double, so that a point of the plane has the same
 * share to the bit in whatever world it is drawn. */
typedef struct cdf_between {
  int first, second;
  float t; /* share of the second */
} cdf_between;
cdf_between cdf_between_of(double u, int split, int n);

static inline float cdf_between_mix(float a, float b, float t) { return a + t * (b - a); }

/* The code of part (gx, gy), counted in codes from the first. */
static inline size_t cdf_codes_place(const cdf_codes *c, int gx, int gy) {
  size_t cell = (size_t)((gy / c->split) * c->width + gx / c->split),
         part = (size_t)((gy % c->split) * c->split + gx % c->split);
  return (cell * (size_t)(c->split * c->split) + part) * (size_t)c->units;
}

/* out[units]: bilinear between the four codes around a point. */
void cdf_codes_gather(float *out, const float *codes, const cdf_codes *c, cdf_between x, cdf_between y);

/* Add to dcodes what the gradient d[units] of a gathered code asks of the four. */
void cdf_codes_scatter(float *dcodes, const float *d, const cdf_codes *c, cdf_between x, cdf_between y);

/* The same in two steps, for many points at one height: line[gx][units] for first <= gx <= last, then a point of it. */
void cdf_codes_line(float *line, const float *codes, const cdf_codes *c, cdf_between y, int first, int last);
void cdf_codes_along(float *out, const float *line, const cdf_codes *c, cdf_between x);

CDF_END_DECLS

#endif
