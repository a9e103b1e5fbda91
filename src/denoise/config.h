/* config.h: what a model is: one plain struct, and a table that names its fields; and the frame that it lives in. */
#ifndef CDF_CONFIG_H
#define CDF_CONFIG_H

#include "../base/fields.h"
#include "../kernels/kernels.h"
#include "../plane/world.h"

CDF_BEGIN_DECLS

typedef enum { CDF_BODY_RESIDUAL, CDF_BODY_PLAIN, CDF_BODY_SKIP, CDF_BODY_SIREN, CDF_BODY_PIXELGEN } cdf_body_kind;
typedef enum { CDF_CONTEXT_NOISY, CDF_CONTEXT_CLEAN } cdf_context; /* which image is blurred in training */
typedef enum { CDF_SCALING_LEVEL, CDF_SCALING_GLOBAL, CDF_SCALING_BAND } cdf_scaling; /* see featurize.h */
typedef enum { CDF_TARGET_EDM, CDF_TARGET_PREVIOUS } cdf_target;                      /* what the network predicts */
typedef enum { /* which the network is told; a bit for each axis */
               CDF_COORDINATES_NONE,
               CDF_COORDINATES_X,
               CDF_COORDINATES_Y,
               CDF_COORDINATES_BOTH
} cdf_coordinates;
typedef enum { CDF_AXIS_X, CDF_AXIS_Y } cdf_axis;

#define CDF_MAX_HIDDEN 1024
#define CDF_MAX_LAYERS 32
#define CDF_MAX_STRIDE 2 /* times itself times CDF_MAX_CHANNELS: what fits an output row */
#define CDF_MAX_TAP_RADIUS 4

#define CDF_FORMAT "coordiff 1" /* of models, and of checkpoints of their training */

typedef struct cdf_config {
  char arch[CDF_FIELD_NAME_BYTES]; /* name of the preset this started from: taps, seed, skip, siren, pixelgen */
  int channels, lattice_width, lattice_height;
  int n_classes;                  /* 0: unconditional */
  int body, activation;           /* cdf_body_kind, cdf_activation */
  int hidden, n_layers;           /* units a layer; hidden layers (residual: one block = two layers) */
  int stride;                     /* the network runs at every stride-th cell and answers stride x stride cells */
  int n_levels;                   /* scale-space levels, level 0 is the unblurred state */
  int tap_radius[CDF_MAX_LEVELS]; /* level l is read at (2r+1)^2 taps, spaced 2^l cells */
  int coordinates, coord_octaves; /* cdf_coordinates; sin, cos of pi 2^k x */
  int thumbnail;                  /* side of the global thumbnail, 0: none */
  int cond_hidden;                /* units of the conditioning network, 0: none (time enters as a feature) */
  int augment;                    /* 1: it is told how a training picture was moved and enlarged (image.h) */
  int cond_normed;                /* 1: what it makes its scales and shifts of is of one size for every image */
  float scale_bound;              /* its scales are scale_bound * tanh(s / scale_bound), 0: s itself */
  int context, scaling, target;   /* cdf_context, cdf_scaling, cdf_target */
  int timesteps;                  /* of the DDPM chain, when target = previous */
  int weak_block; /* guidance leads away from the network without this block, from 1; 0: without the class */
  /* Measured on the training set by the trainer. */
  float sigma_data;               /* RMS of the mean-subtracted data */
  float mean[CDF_MAX_CHANNELS];   /* per channel, subtracted before anything else */
  float level_sd[CDF_MAX_LEVELS]; /* RMS of the data at each blur level, or in each band */
} cdf_config;

extern const cdf_field cdf_config_fields[]; /* ends with a NULL key */

/* Names of the presets, NULL-terminated, and the preset itself. CDF_USAGE for a name that is none. */
extern const char *const cdf_arch_names[];
cdf_status cdf_config_preset(cdf_config *config, const char *arch, cdf_error *err);

/* Is the whole consistent and within limits? Both the trainer and the checkpoint reader ask before allocating. */
cdf_status cdf_config_check(const cdf_config *config, cdf_error *err);

/* Along an axis whose coordinate the network is told the model has a frame; along another its world has no end. */
static inline bool cdf_is_framed(const cdf_config *config, cdf_axis axis) { return config->coordinates >> axis & 1; }

static inline int cdf_frame_side(const cdf_config *config, cdf_axis axis) {
  return axis == CDF_AXIS_X ? config->lattice_width : config->lattice_height;
}

/* *world, or the frame of the model for NULL. */
static inline cdf_world cdf_world_of(const cdf_world *world, const cdf_config *config) {
  cdf_world frame = {0, 0, config->lattice_width, config->lattice_height};
  return world ? *world : frame;
}

/* The model's frame and whatever else of the plane a canvas shows: what Extend computes. Sides beyond CDF_MAX_LATTICE
 * are for the caller to refuse. */
static inline cdf_world cdf_world_shown(const cdf_config *config, const cdf_view *view, int width, int height) {
  double left = floor(view->x), top = floor(view->y), bound = 1e6;
  double right = ceil(view->x + view->pitch * width), bottom = ceil(view->y + view->pitch * height);
  int x0 = left < 0 ? (int)(left > -bound ? left : -bound) : 0, y0 = top < 0 ? (int)(top > -bound ? top : -bound) : 0;
  int x1 = cdf_max(config->lattice_width, (int)(right < bound ? right : bound));
  int y1 = cdf_max(config->lattice_height, (int)(bottom < bound ? bottom : bound));
  cdf_world shown = {x0, y0, x1 - x0, y1 - y0};
  return shown;
}

/* The most cells of a world along an axis: CDF_MAX_LATTICE; of one that goes on along this axis alone, as many more as
 * its frame is narrower. */
static inline int cdf_world_most(const cdf_config *config, cdf_axis axis) {
  cdf_axis other = axis == CDF_AXIS_X ? CDF_AXIS_Y : CDF_AXIS_X;
  bool goes_on_alone = !cdf_is_framed(config, axis) && cdf_is_framed(config, other);
  return goes_on_alone ? CDF_MAX_LATTICE * CDF_MAX_LATTICE / cdf_frame_side(config, other) : CDF_MAX_LATTICE;
}

/* What Extend computes of a world without end: what a canvas shows of it, and along an axis with a frame all of that.
 */
static inline cdf_world cdf_world_open(const cdf_config *config, const cdf_view *view, int width, int height) {
  cdf_world shown = cdf_world_around(view, width, height);
  if (cdf_is_framed(config, CDF_AXIS_X)) shown.x = 0, shown.width = config->lattice_width;
  if (cdf_is_framed(config, CDF_AXIS_Y)) shown.y = 0, shown.height = config->lattice_height;
  return shown;
}

CDF_END_DECLS

#endif
