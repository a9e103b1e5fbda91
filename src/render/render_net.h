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

#include "../base/fields.h"
#include "../net/mlp.h"
#include "../plane/codes.h"

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

typedef struct cdf_render_net {
  cdf_render_config config;
  int n_taps; /* of a cell: channels (2r+1)^2, padded */
  int n_code; /* units of all codes of a cell: split^2 hidden */
  int n_film; /* layers * 2 * hidden */
  cdf_tensors tensors;
  cdf_mlp cell, point; /* taps to codes; a code to the addition to a colour */
  cdf_shape film;      /* [powers][layers][scale, shift][hidden] */
} cdf_render_net;

void cdf_render_net_init(cdf_render_net *net, const cdf_render_config *config);
void cdf_render_net_randomize(const cdf_render_net *net, float *params, uint64_t seed);

/* Multiply-adds of one point, and of one cell. */
size_t cdf_render_net_point_macs(const cdf_render_net *net);
size_t cdf_render_net_cell_macs(const cdf_render_net *net);

/* What the cell network sees of cell (x, y) of lattice[C][h][w]: taps in reading order, relative to the cell's own
 * colour, which stands in the centre instead. Outside is the border. */
void cdf_render_taps(float *row, const cdf_render_net *net, const float *lattice, int w, int h, int x, int y);

/* The lattice of codes that the cell network writes on `width` cells a row. */
static inline cdf_codes cdf_render_codes(const cdf_render_net *net, int width) {
  cdf_codes codes = {width, net->config.split, net->config.hidden};
  return codes;
}

/* Powers of log2 s mapped from [1/8, 1] to [-1, 1]; s is clamped to that range. */
void cdf_render_powers(float powers[CDF_RENDER_POWERS], float s);

/* film[n_film] = powers . the film tensor. */
void cdf_render_film(float *film, const cdf_render_net *net, const float *params, const float *powers);

CDF_END_DECLS

#endif
