#include "config.h"

#include <stdio.h>
#include <string.h>

static const char *const body_names[] = {"residual", "plain", "skip", "siren", "pixelgen", NULL};
static const char *const activation_names[] = {"identity", "silu", "relu", "leaky", "tanh", "sine", NULL};
static const char *const context_names[] = {"noisy", "clean", NULL};
static const char *const scaling_names[] = {"level", "global", "band", NULL};
static const char *const target_names[] = {"edm", "previous", NULL};
static const char *const coordinates_names[] = {"none", "x", "y", "both", NULL};
static const char *const coordinates_older[] = {"0", "", "", "1"};

#define MODEL(type, field, count, min, max, names, help) MODEL_SINCE(type, field, count, min, max, names, help, NULL)
#define MODEL_SINCE(type, field, count, min, max, names, help, before) \
  { #field, CDF_FIELD_##type, offsetof(cdf_config, field), count, min, max, names, help, before, NULL }

const cdf_field cdf_config_fields[] = {
    MODEL(NAME, arch, 1, 0, 0, NULL, "preset the architecture started from"),
    MODEL(INT, channels, 1, 1, CDF_MAX_CHANNELS, NULL, "colour channels"),
    MODEL(INT, lattice_width, 1, 4, CDF_MAX_LATTICE, NULL, "cells of the diffusion state, across"),
    MODEL(INT, lattice_height, 1, 4, CDF_MAX_LATTICE, NULL, "cells of the diffusion state, down"),
    MODEL(INT, n_classes, 1, 0, CDF_MAX_CLASSES, NULL, "classes, 0 for none"),
    MODEL(ENUM, body, 1, 0, 0, body_names, "how the layers are wired"),
    MODEL(ENUM, activation, 1, 0, 0, activation_names, "activation of the hidden layers"),
    MODEL(INT, hidden, 1, 16, CDF_MAX_HIDDEN, NULL, "units a layer, a multiple of 16"),
    MODEL(INT, n_layers, 1, 1, CDF_MAX_LAYERS, NULL, "hidden layers (residual: blocks of two)"),
    MODEL_SINCE(INT, stride, 1, 1, CDF_MAX_STRIDE, NULL,
                "the network runs at every stride-th cell and answers a square of so many", "1"),
    MODEL(INT, n_levels, 1, 1, CDF_MAX_LEVELS, NULL, "scale-space levels"),
    MODEL(INT, tap_radius, CDF_MAX_LEVELS, 0, CDF_MAX_TAP_RADIUS, NULL,
          "taps of each level: (2r+1)^2 at spacing 2^level"),
    {"coordinates", CDF_FIELD_ENUM, offsetof(cdf_config, coordinates), 1, 0, 0, coordinates_names,
     "which the network is told; along another axis pictures wrap around, and the world has no end", NULL,
     coordinates_older},
    MODEL(INT, coord_octaves, 1, 0, 8, NULL, "octaves of sin and cos of the coordinates"),
    MODEL(INT, thumbnail, 1, 0, 16, NULL, "side of the global thumbnail, 0 for none"),
    MODEL(INT, cond_hidden, 1, 0, 1024, NULL, "units of the conditioning network, 0 for none"),
    MODEL_SINCE(INT, augment, 1, 0, 1, NULL,
                "1: the network is told how a training picture was moved and enlarged, and samples as if none was",
                "0"),
    MODEL_SINCE(INT, cond_normed, 1, 0, 1, NULL,
                "1: the conditioning is normed before scales and shifts, so that no image drives them far out", "0"),
    MODEL_SINCE(FLOAT, scale_bound, 1, 0, 100, NULL,
                "bound of the scales that the conditioning network sets, 0 for none", "0"),
    MODEL(ENUM, context, 1, 0, 0, context_names, "the image that is blurred in training"),
    MODEL(ENUM, scaling, 1, 0, 0, scaling_names,
          "inputs: levels by their own scales or by one, or bands: each level less the next"),
    MODEL(ENUM, target, 1, 0, 0, target_names, "what the network predicts"),
    MODEL(INT, timesteps, 1, 2, 4096, NULL, "steps of the chain when target = previous"),
    MODEL_SINCE(INT, weak_block, 1, 0, CDF_MAX_LAYERS, NULL,
                "guidance leads away from the network without this residual block, 0: from that without the class",
                "0"),
    MODEL(FLOAT, sigma_data, 1, 0, 1e3, NULL, "RMS of the mean-subtracted data"),
    MODEL(FLOAT, mean, CDF_MAX_CHANNELS, -1e3, 1e3, NULL, "mean of each channel"),
    MODEL(FLOAT, level_sd, CDF_MAX_LEVELS, 0, 1e3, NULL, "RMS of the data at each level"),
    {0}};

const char *const cdf_arch_names[] = {"taps", "seed", "skip", "siren", "pixelgen", NULL};

cdf_status cdf_config_preset(cdf_config *config, const char *arch, cdf_error *err) {
  int index = 0;
  while (cdf_arch_names[index] && strcmp(cdf_arch_names[index], arch) != 0) index++;
  if (!cdf_arch_names[index]) {
    char names[80];
    cdf_names_list(names, sizeof names, cdf_arch_names);
    return cdf_fail(err, CDF_USAGE, "there is no architecture named '%.40s'; choose one of: %s", arch, names);
  }
  /* What every architecture shares, then ours, then the seed's and its three suggestions. */
  *config = (cdf_config){
      .channels = 1, .lattice_width = 28, .lattice_height = 28, .stride = 1, .n_levels = 5, .timesteps = 200};
  snprintf(config->arch, sizeof config->arch, "%s", arch);
  if (index == 0) {
    static const int radius[CDF_MAX_LEVELS] = {3, 2, 2, 2, 1, 1, 1, 1};
    memcpy(config->tap_radius, radius, sizeof radius);
    config->body = CDF_BODY_RESIDUAL, config->activation = CDF_ACT_SILU;
    config->hidden = 192, config->n_layers = 3;
    config->coordinates = CDF_COORDINATES_BOTH, config->coord_octaves = 3;
    config->thumbnail = 8, config->cond_hidden = 320, config->cond_normed = 1, config->scale_bound = 3;
    config->context = CDF_CONTEXT_NOISY, config->scaling = CDF_SCALING_BAND, config->target = CDF_TARGET_EDM;
    return CDF_OK;
  }
  static const int bodies[] = {0, CDF_BODY_PLAIN, CDF_BODY_SKIP, CDF_BODY_SIREN, CDF_BODY_PIXELGEN};
  static const int activations[] = {0, CDF_ACT_RELU, CDF_ACT_RELU, CDF_ACT_SINE, CDF_ACT_LEAKY};
  config->body = bodies[index], config->activation = activations[index];
  config->hidden = 256, config->n_layers = 3;
  config->coordinates = CDF_COORDINATES_BOTH;
  config->context = CDF_CONTEXT_CLEAN, config->scaling = CDF_SCALING_GLOBAL, config->target = CDF_TARGET_PREVIOUS;
  return CDF_OK;
}

/* Along an axis without a frame squares of stride cells cover a picture that wraps around. */
static cdf_status check_axis(int cells, cdf_axis axis, const cdf_config *c, cdf_error *err) {
  static const char *const sides[] = {"lattice_width", "lattice_height"};
  if (cdf_is_framed(c, axis) || cells % c->stride == 0) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT,
                  "%s is %d, but with coordinates = %s pictures wrap around along it, and squares of %d cells must go "
                  "round without a rest; make it a multiple of stride",
                  sides[axis], cells, coordinates_names[c->coordinates], c->stride);
}

cdf_status cdf_config_check(const cdf_config *c, cdf_error *err) {
  cdf_status status = cdf_fields_check(c, cdf_config_fields, CDF_BAD_INPUT, err);
  if (status != CDF_OK) return status;
  if (c->hidden % CDF_LANES || c->cond_hidden % CDF_LANES)
    return cdf_fail(err, CDF_BAD_INPUT, "hidden is %d and cond_hidden %d, but both must be multiples of %d", c->hidden,
                    c->cond_hidden, CDF_LANES);
  if (c->cond_hidden == 0 && (c->thumbnail > 0 || c->n_classes > 0))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "a thumbnail (%d) and classes (%d) enter through the conditioning network; "
                    "set cond_hidden, or both to 0",
                    c->thumbnail, c->n_classes);
  if (c->cond_hidden == 0 && c->augment)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "augment is 1, but what was done to a picture enters through the conditioning network; set "
                    "cond_hidden, or augment to 0");
  status = check_axis(c->lattice_width, CDF_AXIS_X, c, err);
  if (status == CDF_OK) status = check_axis(c->lattice_height, CDF_AXIS_Y, c, err);
  if (status != CDF_OK) return status;
  if (c->coordinates != CDF_COORDINATES_BOTH && c->thumbnail > 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "with coordinates = %s a world has no end, and no frame of which thumbnail = %d would be a small "
                    "picture; set thumbnail to 0",
                    coordinates_names[c->coordinates], c->thumbnail);
  if (c->weak_block > 0 && (c->body != CDF_BODY_RESIDUAL || c->weak_block > c->n_layers))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "weak_block is %d, but must be one of the n_layers (%d) blocks of a residual body, or 0",
                    c->weak_block, c->n_layers);
  if (c->target == CDF_TARGET_EDM && c->context == CDF_CONTEXT_CLEAN)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "context = clean goes with target = previous only: an EDM denoiser that sees "
                    "the clean image has nothing to learn");
  return CDF_OK;
}
