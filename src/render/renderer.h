/* renderer.h: a lattice to canvas pixels of any size and aspect, whole or any part of it, however large.
 *
 *   cdf_renderer_init(&r, &world, channels, net, params, k, block);     // net NULL: plain interpolation
 *   cdf_renderer_load(&r, lattice, mean, false);                        // once a picture
 *   cdf_renderer_rows(&r, pixels, width, &view, y0, y1);                // any split of the rows gives the same bytes
 *
 * A pixel smaller than a cell is the renderer network's (render_net.h), or, without one, interpolated (Catmull-Rom;
 * Keys 1981, a = -1/2). A larger one is the area average of the cells that it covers. Around the world lies the colour
 * of its upper corners.
 */
#ifndef CDF_RENDERER_H
#define CDF_RENDERER_H

#include "render_net.h"
#include "../plane/world.h"

typedef struct cdf_renderer {
  cdf_world world;
  int channels;
  const cdf_render_net *net; /* NULL: interpolation */
  const float *params;
  const cdf_kernels *k;
  float *lattice; /* [C][h][w] */
  float background[CDF_MAX_CHANNELS];
  float *codes;                 /* [h][w][split^2 hidden] */
  float *base;                  /* [C][h][w]: what is interpolated under the network's share */
  unsigned char *coded, *based; /* [h]: which rows of codes and base are made, */
  double pitch;                 /* the latter for this footprint */
  cdf_folded cell, point;
  float *taps, *line, *colours; /* a tile of cells; codes and colours of one canvas row's height; */
  float *points, *out, *film;   /* codes of a tile of points and what comes of them */
  float *tiles;                 /* of the network that is run */
  const float *bias;            /* of the output */
  bool is_plain;                /* interpolated all the same */
} cdf_renderer;

#define CDF_RENDER_TILE 64

/* Bytes of working memory; net NULL for none. */
size_t cdf_renderer_bytes(const cdf_world *world, int channels, const cdf_render_net *net);
/* net, params and k are borrowed; block holds cdf_renderer_bytes and is aligned. */
void cdf_renderer_init(cdf_renderer *r, const cdf_world *world, int channels, const cdf_render_net *net,
                       const float *params, const cdf_kernels *k, void *block);

/* The picture to draw: lattice[C][h][w] plus mean[C]; for the network brought into [-1, 1]. plain: without it. */
void cdf_renderer_load(cdf_renderer *r, const float *lattice, const float *mean, bool plain);

/* Canvas rows y0 <= y < y1 as bytes dst[y - y0][width][channels], where -1 is 0 and 1 is 255. Makes the codes that it
 * needs and keeps them for the next call: one caller at a time. */
void cdf_renderer_rows(cdf_renderer *r, uint8_t *dst, int width, const cdf_view *view, int y0, int y1);

#endif
