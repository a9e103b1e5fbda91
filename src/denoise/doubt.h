/* doubt.h: of a picture that starts from another: an answer that contradicts what is plainly to be seen is not
 * believed.
 *
 *   cdf_doubt_answer(clean, &doubt);     // after every evaluation
 *
 * D(z; sigma) says what lies under the noise of z, so z - D should be noise of deviation sigma, and blurred to level l
 * noise of sigma nu_l (scalespace.h). A network that was never shown the like of a picture says things that it knows
 * instead; then z - D is far from that. There the answer before stays, which z was made of; at first the source. So a
 * picture that the network knows is changed as ever, and one that it does not know survives as far as its noise does
 * not hide it. (The test is a z-score; what ILVR, Choi et al. 2021, does to every picture would keep these networks,
 * which then see nothing that they know, from ever giving a sane answer: tried.)
 */
#ifndef CDF_DOUBT_H
#define CDF_DOUBT_H

#include "../base/base.h"
#include "../plane/scalespace.h"
#include "../plane/world.h"

#define CDF_DOUBT_PLANES 6

typedef struct cdf_doubt {
  cdf_world world;
  int channels;
  cdf_border across, down;
  double sigma;
  const float *state;  /* z [C][h][w] */
  const float *before; /* [C][h][w]: the answer before */
  float *room;         /* [CDF_DOUBT_PLANES][h][w] */
} cdf_doubt;

/* clean [C][h][w] in place. */
void cdf_doubt_answer(float *clean, const cdf_doubt *doubt);

#endif
