#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const body_names[] = {"residual", "plain", "skip", "siren", "pixelgen", NULL};
static const char *const activation_names[] = {"identity", "silu", "relu", "leaky", "tanh", "sine", NULL};
static const char *const context_names[] = {"noisy", "clean", NULL};
static const char *const scaling_names[] = {"level", "global", NULL};
static const char *const target_names[] = {"edm", "previous", NULL};

#define MODEL(type, field, count, min, max, names, help) MODEL_SINCE(type, field, count, min, max, names, help, NULL)
#define MODEL_SINCE(type, field, count, min, max, names, help, before) \
  { #field, CDF_FIELD_##type, offsetof(cdf_config, field), count, min, max, names, help, before }

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
    MODEL(INT, coordinates, 1, 0, 1, NULL,
          "0: the network is not told x and y; pictures wrap around, and the world has no end"),
    MODEL(INT, coord_octaves, 1, 0, 8, NULL, "octaves of sin and cos of the coordinates"),
    MODEL(INT, thumbnail, 1, 0, 16, NULL, "side of the global thumbnail, 0 for none"),
    MODEL(INT, cond_hidden, 1, 0, 1024, NULL, "units of the conditioning network, 0 for none"),
    MODEL_SINCE(FLOAT, scale_bound, 1, 0, 100, NULL,
                "bound of the scales that the conditioning network sets, 0 for none", "0"),
    MODEL(ENUM, context, 1, 0, 0, context_names, "the image that is blurred in training"),
    MODEL(ENUM, scaling, 1, 0, 0, scaling_names, "scale of the inputs: per level, or one for all"),
    MODEL(ENUM, target, 1, 0, 0, target_names, "what the network predicts"),
    MODEL(INT, timesteps, 1, 2, 4096, NULL, "steps of the chain when target = previous"),
    MODEL(FLOAT, sigma_data, 1, 0, 1e3, NULL, "RMS of the mean-subtracted data"),
    MODEL(FLOAT, mean, CDF_MAX_CHANNELS, -1e3, 1e3, NULL, "mean of each channel"),
    MODEL(FLOAT, level_sd, CDF_MAX_LEVELS, 0, 1e3, NULL, "RMS of the data at each level"),
    {0}};

#define TRAIN(type, field, min, max, help) \
  { #field, CDF_FIELD_##type, offsetof(cdf_train_config, field), 1, min, max, NULL, help, NULL }

const cdf_field cdf_train_fields[] = {
    TRAIN(U64, seed, 0, 0, "seed of weights, batches and noise"),
    TRAIN(INT, steps, 1, 1e9, "optimisation steps"),
    TRAIN(INT, images, 1, 65536, "images a step"),
    TRAIN(INT, pixels, 1, 65536, "pixels of each image"),
    TRAIN(FLOAT, lr, 0, 1, "peak learning rate"),
    TRAIN(FLOAT, lr_min, 0, 1, "final learning rate"),
    TRAIN(INT, warmup, 0, 1e9, "steps of linear warm-up"),
    TRAIN(FLOAT, beta1, 0, 0.9999, "Adam: decay of the first moment"),
    TRAIN(FLOAT, beta2, 0, 0.99999, "Adam: decay of the second moment"),
    TRAIN(FLOAT, clip, 0, 1e9, "bound on the gradient norm"),
    TRAIN(FLOAT, ema, 0, 1, "half-life of the weight average, as a share of the steps so far"),
    TRAIN(FLOAT, p_mean, -10, 10, "mean of ln sigma"),
    TRAIN(FLOAT, p_std, 0, 10, "deviation of ln sigma"),
    TRAIN(FLOAT, label_dropout, 0, 1, "share of samples without their class"),
    TRAIN(INT, bf16, 0, 1, "1: bfloat16 products where the processor has them"),
    {0}};

const cdf_field *cdf_fields_find(const cdf_field *fields, const char *key) {
  for (; fields->key; fields++)
    if (strcmp(fields->key, key) == 0) return fields;
  return NULL;
}

static void list_names(char *text, size_t n, const char *const *names) {
  text[0] = 0;
  for (size_t used = 0; *names && used < n; names++)
    used += (size_t)snprintf(text + used, n - used, "%s%s", used ? ", " : "", *names);
}

/* One value of a field; *end is left behind it. */
static cdf_status set_value(void *at, const cdf_field *field, const char *value, const char **end, cdf_error *err) {
  char *stop;
  errno = 0;
  if (field->type == CDF_FIELD_U64) {
    unsigned long long u = strtoull(value, &stop, 10);
    if (*value < '0' || *value > '9' || errno) /* strtoull takes ' -1' */
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be a whole number from 0 to 2^64 - 1", field->key,
                      value);
    *(uint64_t *)at = u;
  } else {
    double x = strtod(value, &stop);
    bool whole = field->type == CDF_FIELD_INT || field->type == CDF_FIELD_INDEX;
    if (stop == value || !(x >= field->min && x <= field->max) || (whole && x != floor(x)))
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be a %snumber from %g to %g", field->key, value,
                      whole ? "whole " : "", field->min, field->max);
    if (whole)
      *(int *)at = (int)x;
    else
      *(float *)at = (float)x;
  }
  *end = stop;
  return CDF_OK;
}

cdf_status cdf_fields_set(void *object, const cdf_field *fields, const char *key, const char *value, cdf_error *err) {
  const cdf_field *field = cdf_fields_find(fields, key);
  if (!field) return cdf_fail(err, CDF_USAGE, "there is no setting named '%.40s'; see --help for those there are", key);
  unsigned char *at = (unsigned char *)object + field->offset;
  if (field->type == CDF_FIELD_NAME) {
    if (strlen(value) >= sizeof((cdf_config *)0)->arch)
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but may have at most 15 letters", key, value);
    strcpy((char *)at, value);
    return CDF_OK;
  }
  if (field->type == CDF_FIELD_ENUM) {
    for (int i = 0; field->names[i]; i++)
      if (strcmp(field->names[i], value) == 0) return *(int *)at = i, CDF_OK;
    char names[160];
    list_names(names, sizeof names, field->names);
    return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be one of: %s", key, value, names);
  }
  if (field->type == CDF_FIELD_INDEX && strcmp(value, "none") == 0) return *(int *)at = -1, CDF_OK;
  for (int i = 0;; i++, at += 4, value++) {
    cdf_status status = set_value(at, field, value, &value, err);
    if (status != CDF_OK) return status;
    if (*value == 0) return CDF_OK;
    if (*value != ',' || i + 1 == field->count)
      return cdf_fail(err, CDF_USAGE, "%s ends with '%.40s'; it takes %s%d number%s", key, value,
                      field->count > 1 ? "up to " : "", field->count, field->count > 1 ? "s, separated by commas" : "");
  }
}

/* The shortest decimal that reads back as the same float. */
static size_t print_float(char *text, size_t n, float x) {
  int length = 0;
  for (int digits = 6; digits <= 9; digits++) {
    length = snprintf(text, n, "%.*g", digits, (double)x);
    if (strtof(text, NULL) == x) break;
  }
  return (size_t)length;
}

void cdf_field_print(char *text, size_t n, const void *object, const cdf_field *field) {
  const unsigned char *at = (const unsigned char *)object + field->offset;
  switch (field->type) {
    case CDF_FIELD_NAME:
      snprintf(text, n, "%s", (const char *)at);
      return;
    case CDF_FIELD_ENUM:
      snprintf(text, n, "%s", field->names[*(const int *)at]);
      return;
    case CDF_FIELD_U64:
      snprintf(text, n, "%llu", (unsigned long long)*(const uint64_t *)at);
      return;
    case CDF_FIELD_INDEX:
      if (*(const int *)at < 0)
        snprintf(text, n, "none");
      else
        snprintf(text, n, "%d", *(const int *)at);
      return;
    default:
      break;
  }
  size_t used = 0;
  for (int i = 0; i < field->count && used < n; i++, at += 4) {
    if (i > 0) used += (size_t)snprintf(text + used, n - used, ",");
    if (used >= n) return;
    if (field->type == CDF_FIELD_INT)
      used += (size_t)snprintf(text + used, n - used, "%d", *(const int *)at);
    else
      used += print_float(text + used, n - used, *(const float *)at);
  }
}

const char *const cdf_arch_names[] = {"taps", "seed", "skip", "siren", "pixelgen", NULL};

cdf_status cdf_config_preset(cdf_config *config, const char *arch, cdf_error *err) {
  int index = 0;
  while (cdf_arch_names[index] && strcmp(cdf_arch_names[index], arch) != 0) index++;
  if (!cdf_arch_names[index]) {
    char names[80];
    list_names(names, sizeof names, cdf_arch_names);
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
    config->coordinates = 1, config->coord_octaves = 3;
    config->thumbnail = 8, config->cond_hidden = 320, config->scale_bound = 3;
    config->context = CDF_CONTEXT_NOISY, config->scaling = CDF_SCALING_LEVEL, config->target = CDF_TARGET_EDM;
    return CDF_OK;
  }
  static const int bodies[] = {0, CDF_BODY_PLAIN, CDF_BODY_SKIP, CDF_BODY_SIREN, CDF_BODY_PIXELGEN};
  static const int activations[] = {0, CDF_ACT_RELU, CDF_ACT_RELU, CDF_ACT_SINE, CDF_ACT_LEAKY};
  config->body = bodies[index], config->activation = activations[index];
  config->hidden = 256, config->n_layers = 3;
  config->coordinates = 1;
  config->context = CDF_CONTEXT_CLEAN, config->scaling = CDF_SCALING_GLOBAL, config->target = CDF_TARGET_PREVIOUS;
  return CDF_OK;
}

void cdf_train_config_default(cdf_train_config *train) {
  *train = (cdf_train_config){.seed = 1,
                              .steps = 2000,
                              .images = 128,
                              .pixels = 128,
                              .lr = 2e-3f,
                              .lr_min = 1e-5f,
                              .warmup = 200,
                              .beta1 = 0.9f,
                              .beta2 = 0.99f,
                              .clip = 1.0f,
                              .ema = 0.05f,
                              .p_mean = -0.6f,
                              .p_std = 1.4f,
                              .label_dropout = 0.1f,
                              .bf16 = 1};
}

cdf_status cdf_fields_check(const void *object, const cdf_field *f, cdf_status code, cdf_error *err) {
  for (; f->key; f++) {
    const unsigned char *at = (const unsigned char *)object + f->offset;
    for (int i = 0; i < f->count; i++, at += 4) {
      if (f->type == CDF_FIELD_NAME || f->type == CDF_FIELD_U64) continue;
      double x = f->type == CDF_FIELD_FLOAT ? (double)*(const float *)at : *(const int *)at, max = f->max;
      if (f->type == CDF_FIELD_ENUM)
        for (max = -1; f->names[(int)max + 1];) max++;
      if (!(x >= f->min && x <= max) && !(f->type == CDF_FIELD_INDEX && x == -1))
        return cdf_fail(err, code, "%s is %g, but must be from %g to %g", f->key, x, f->min, max);
    }
  }
  return CDF_OK;
}

cdf_status cdf_train_config_check(const cdf_train_config *train, cdf_error *err) {
  return cdf_fields_check(train, cdf_train_fields, CDF_USAGE, err);
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
  if (!c->coordinates && (c->lattice_width % c->stride || c->lattice_height % c->stride))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "a torus of %dx%d cells cannot be cut into squares of %d: without coordinates the sides of the "
                    "lattice must be multiples of stride",
                    c->lattice_width, c->lattice_height, c->stride);
  if (!c->coordinates && c->thumbnail > 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "without coordinates a world has no frame, of which thumbnail = %d would be a small picture; set "
                    "thumbnail to 0",
                    c->thumbnail);
  if (c->target == CDF_TARGET_EDM && c->context == CDF_CONTEXT_CLEAN)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "context = clean goes with target = previous only: an EDM denoiser that sees "
                    "the clean image has nothing to learn");
  return CDF_OK;
}
