/* render_net.h: the renderer's network: from the lattice picture to colour at any point of the plane, at any footprint.
 *
 * Two parts (after LIIF, Chen et al. 2021, but continuous without its four-fold ensemble):
 *   - the cell network sees the (2r+1)^2 cells around a cell and writes split^2 codes of `hidden` units, one for each
 *     part of the cell: a lattice of codes, made once a picture;
 *   - the point network starts from the codes interpolated (bilinearly) at the point, and ends in what is added to the
 *     interpolated colour. An interpolated code is linear in the position between two codes, which is what the signed
 *     distance to an edge is: sharp edges of any slope come out of smooth codes. The result is continuous everywhere.
 * The footprint s (cells per pixel, 1/8 to 1) sets scales and shifts of the point network's layers: polynomials in log
 * s, folded once a picture.
 *
 *   codes = (silu(silu(taps A + a) B + b)) C + c
 *   h1 = silu(scale1(s) code(point) + shift1(s)), h2 = silu(scale2(s) (h1 W1) + shift2(s)), h3 likewise with W2
 *   colour = bilinear colour(point) + h3 O + o          (in the renderer: of the corrected base)
 */
#ifndef CDF_RENDER_NET_H
#define CDF_RENDER_NET_H

#include "../net/config.h"
#include "../kernels/kernels.h"
#include "../net/tensors.h"

CDF_BEGIN_DECLS

#define CDF_RENDER_POWERS 4 /* of log s */
#define CDF_RENDER_LAYERS 3 /* of the point network, the codes among them */

typedef struct cdf_render_config {
  int channels;
  int radius; /* of the cells that the cell network sees */
  int cell_hidden;
  int split;  /* codes a cell, per side */
  int hidden; /* units of a code and of the point network */
} cdf_render_config;

extern const cdf_field cdf_render_fields[];
void cdf_render_config_default(cdf_render_config *config, int channels);
cdf_status cdf_render_config_check(const cdf_render_config *config, cdf_error *err);

/* Indices into tensors. */
enum {
  CDF_RENDER_CELL0,
  CDF_RENDER_CELL0_BIAS,
  CDF_RENDER_CELL1,
  CDF_RENDER_CELL1_BIAS,
  CDF_RENDER_CODE,
  CDF_RENDER_CODE_BIAS,
  CDF_RENDER_FILM, /* [powers][layers][scale, shift][hidden] */
  CDF_RENDER_POINT1,
  CDF_RENDER_POINT2,
  CDF_RENDER_OUT,
  CDF_RENDER_OUT_BIAS,
  CDF_RENDER_N
};

typedef struct cdf_render_net {
  cdf_render_config config;
  int n_taps; /* of a cell: channels (2r+1)^2, padded */
  int n_code; /* units of all codes of a cell: split^2 hidden */
  int n_film; /* layers * 2 * hidden */
  cdf_tensors tensors;
} cdf_render_net;

void cdf_render_net_init(cdf_render_net *net, const cdf_render_config *config);
void cdf_render_net_randomize(const cdf_render_net *net, float *params, uint64_t seed);

/* Multiply-adds of one point, and of one cell. */
size_t cdf_render_net_point_macs(const cdf_render_net *net);
size_t cdf_render_net_cell_macs(const cdf_render_net *net);

/* What the cell network sees of cell (x, y) of lattice[C][h][w]: taps in reading order, relative to the cell's own
 * colour, which stands in the centre instead. Outside is the border. */
void cdf_render_taps(float *row, const cdf_render_net *net, const float *lattice, int w, int h, int x, int y);

/* Powers of log2 s mapped from [1/8, 1] to [-1, 1]; s is clamped to that range. */
void cdf_render_powers(float powers[CDF_RENDER_POWERS], float s);

/* film[n_film] = powers . FILM. */
void cdf_render_film(float *film, const cdf_render_net *net, const float *params, const float *powers);

/* The two codes (or colours) between which a point at u cells lies along one axis, on a lattice of `split` parts a
 * cell, n cells long. Beyond the outermost centres the border's code is the code. In double, so that a point of the
 * plane has the same share to the bit in whatever world it is drawn. */
typedef struct cdf_render_between {
  int first, second;
  float t; /* share of the second */
} cdf_render_between;
cdf_render_between cdf_render_locate(double u, int split, int n);

CDF_END_DECLS

#endif
