/* featurize.h: what the network is told about one lattice point, and about the image as a whole.
 *
 *   cdf_features_prepare(f, z, z, sigma, time);  // once per image and step: blur levels, scales, thumbnail
 *   cdf_features_gather(row, f, x, y);           // per point: taps, coordinates, time
 *
 * A row is: for each level, for each channel, (2r+1)^2 taps spaced 2^l cells in reading order (level 0: (2r+stride)^2,
 * all that lies within r of one of the stride x stride cells that the row answers for, the first of which is its
 * place); then those of x, y in [-1, 1] that the network is told, each with its octaves; then time, when there is no
 * conditioning network; zeros up to a multiple of CDF_LANES. Taps outside the world read its border. Along an axis
 * without a coordinate there is no frame: the world goes round (training, a seamless tile), or is a piece of a world
 * without end (endless.h). Coordinates and the thumbnail are those of the model's frame: a cell beyond it is told that
 * it stands at the frame's border. The conditioning row is:
 * thumbnail[c][t][t]; one-hot class with one more entry for "no class"; sin and cos of time at eight frequencies;
 * with `augment` what was done to a picture, all 0 unless the trainer says otherwise; zeros.
 */
#ifndef CDF_FEATURIZE_H
#define CDF_FEATURIZE_H

#include "../plane/image.h"
#include "../plane/scalespace.h"
#include "config.h"

CDF_BEGIN_DECLS

#define CDF_COND_FREQUENCIES 8

static inline cdf_border cdf_features_border(const cdf_config *config, cdf_axis axis) {
  return cdf_is_framed(config, axis) ? CDF_BORDER_ENDS : CDF_BORDER_WRAPS;
}

/* How many cells away, along an axis, a row looks: farther off nothing has any influence on it. The thumbnail, which
 * sees all, aside. */
int cdf_features_reach(const cdf_config *config);

/* Length of a feature row and of a conditioning row, padded; 0 for the latter without a conditioning network. */
int cdf_features_width(const cdf_config *config);
int cdf_features_cond_width(const cdf_config *config);

/* Where the parts of a conditioning row begin that follow the thumbnail. */
static inline int cdf_features_class_at(const cdf_config *c) { return c->channels * c->thumbnail * c->thumbnail; }
static inline int cdf_features_time_at(const cdf_config *c) { return cdf_features_class_at(c) + c->n_classes + 1; }
static inline int cdf_features_changes_at(const cdf_config *c) {
  return cdf_features_time_at(c) + 2 * CDF_COND_FREQUENCIES;
}

typedef struct cdf_features {
  const cdf_config *config;
  cdf_world world;  /* w x h cells */
  float *planes;    /* [L][C][h][w], scaled */
  float *scratch;   /* [h][w] */
  float *thumbnail; /* [C][t][t] */
  float *coords;    /* [w][1 + 2 * octaves] of x, then [h] of y; only of what the network is told */
  float time;       /* ln(sigma) / 4 as in EDM, or t / T scaled to [-1, 1] */
} cdf_features;

/* Floats of working memory for one image of a world (NULL: the frame); hand a block of that many to cdf_features_init.
 */
size_t cdf_features_floats(const cdf_config *config, const cdf_world *world);
void cdf_features_init(cdf_features *f, const cdf_config *config, const cdf_world *world, float *block);

/* Blur `context` (the noisy state [C][h][w]; in the write-up's training the clean image) into levels, read level 0 from
 * `state`, and scale them: level l by 1 / sqrt(S_l^2 + (sigma nu_l)^2), or all by 1 / sqrt(sd^2 + sigma^2). Bands: each
 * level but the last less the next coarser one (an undecimated Laplacian pyramid, Burt & Adelson 1983), by that scale,
 * with S_l and nu_l those of the band; the thumbnail is of the level itself, by 1 / sqrt(sd^2 + (sigma nu_l)^2).
 * Targets "previous" pass sigma = 0, and time in [-1, 1]. */
void cdf_features_prepare(cdf_features *f, const float *state, const float *context, float sigma, float time);

/* The row of the cell (with a stride: of the square that begins there) x, y steps from the first of the world. */
void cdf_features_gather(float *row, const cdf_features *f, int x, int y);

/* The conditioning row of the prepared image; label < 0 is "no class". */
void cdf_features_cond(float *row, const cdf_features *f, int label);

CDF_END_DECLS

#endif
