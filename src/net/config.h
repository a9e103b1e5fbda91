/* config.h: what a model is, and how it is trained: two plain structs, and one table for each that names its fields.
 *
 * The tables serve every text form of a configuration: `key = value` files, `--key value` flags, checkpoint
 * metadata, `coordiff info`, and the help text.
 */
#ifndef CDF_CONFIG_H
#define CDF_CONFIG_H

#include "../base/status.h"
#include "../kernels/kernels.h"

CDF_BEGIN_DECLS

typedef enum { CDF_BODY_RESIDUAL, CDF_BODY_PLAIN, CDF_BODY_SKIP, CDF_BODY_SIREN, CDF_BODY_PIXELGEN } cdf_body_kind;
typedef enum { CDF_CONTEXT_NOISY, CDF_CONTEXT_CLEAN } cdf_context;  /* which image is blurred in training */
typedef enum { CDF_SCALING_LEVEL, CDF_SCALING_GLOBAL } cdf_scaling; /* input scale: each level's own, or one */
typedef enum { CDF_TARGET_EDM, CDF_TARGET_PREVIOUS } cdf_target;    /* what the network predicts */

#define CDF_MAX_HIDDEN 1024
#define CDF_MAX_LAYERS 32
#define CDF_MAX_STRIDE 2 /* times itself times CDF_MAX_CHANNELS: what fits an output row */
#define CDF_MAX_TAP_RADIUS 4

#define CDF_FORMAT "coordiff 1" /* of models, and of checkpoints of their training */

typedef struct cdf_config {
  char arch[16]; /* name of the preset this started from: taps, seed, skip, siren, pixelgen */
  int channels, lattice_width, lattice_height;
  int n_classes;                  /* 0: unconditional */
  int body, activation;           /* cdf_body_kind, cdf_activation */
  int hidden, n_layers;           /* units a layer; hidden layers (residual: one block = two layers) */
  int stride;                     /* the network runs at every stride-th cell and answers stride x stride cells */
  int n_levels;                   /* scale-space levels, level 0 is the unblurred state */
  int tap_radius[CDF_MAX_LEVELS]; /* level l is read at (2r+1)^2 taps, spaced 2^l cells */
  int coordinates, coord_octaves; /* feed x, y (0: the world has no frame and no end); sin, cos of pi 2^k x */
  int thumbnail;                  /* side of the global thumbnail, 0: none */
  int cond_hidden;                /* units of the conditioning network, 0: none (time enters as a feature) */
  float scale_bound;              /* its scales are scale_bound * tanh(s / scale_bound), 0: s itself */
  int context, scaling, target;   /* cdf_context, cdf_scaling, cdf_target */
  int timesteps;                  /* of the DDPM chain, when target = previous */
  /* Measured on the training set by the trainer. */
  float sigma_data;               /* RMS of the mean-subtracted data */
  float mean[CDF_MAX_CHANNELS];   /* per channel, subtracted before anything else */
  float level_sd[CDF_MAX_LEVELS]; /* RMS of the data at each blur level */
} cdf_config;

typedef struct cdf_train_config {
  uint64_t seed;
  int steps, images, pixels; /* optimisation steps; images a step; pixels of each image */
  float lr, lr_min;          /* peak and final learning rate (cosine) */
  int warmup;                /* steps of linear warm-up */
  float beta1, beta2, clip;  /* Adam; bound on the global gradient norm */
  float ema;                 /* half-life of the weight average as a fraction of the steps taken so far */
  float p_mean, p_std;       /* ln sigma ~ N(p_mean, p_std^2) */
  float label_dropout;       /* share of samples trained without their class, for guidance */
  int bf16;                  /* matrix products in bfloat16 where the machine has it */
} cdf_train_config;

/* One named field of a struct. */
typedef enum {
  CDF_FIELD_INT,
  CDF_FIELD_U64,
  CDF_FIELD_FLOAT,
  CDF_FIELD_NAME,
  CDF_FIELD_ENUM,
  CDF_FIELD_INDEX /* an int that may also be "none", which is -1 */
} cdf_field_type;

typedef struct cdf_field {
  const char *key;
  cdf_field_type type;
  size_t offset;
  int count; /* array length; values are separated by commas */
  double min, max;
  const char *const *names; /* of an enum, NULL-terminated */
  const char *help;
  const char *before; /* what a file says that is older than the field; NULL: all files have it */
} cdf_field;

extern const cdf_field cdf_config_fields[]; /* ends with a NULL key */
extern const cdf_field cdf_train_fields[];

/* Set `key` of *object from text. CDF_USAGE with a sentence when the key is unknown or the value out of range. */
cdf_status cdf_fields_set(void *object, const cdf_field *fields, const char *key, const char *value, cdf_error *err);

/* Every number within its bounds, every enum one of its names; otherwise `code` with a sentence. */
cdf_status cdf_fields_check(const void *object, const cdf_field *fields, cdf_status code, cdf_error *err);

/* Print the value of a field into text[n]; floats round-trip exactly. */
void cdf_field_print(char *text, size_t n, const void *object, const cdf_field *field);

/* The field named key, or NULL. */
const cdf_field *cdf_fields_find(const cdf_field *fields, const char *key);

/* Names of the presets, NULL-terminated, and the preset itself. CDF_USAGE for a name that is none. */
extern const char *const cdf_arch_names[];
cdf_status cdf_config_preset(cdf_config *config, const char *arch, cdf_error *err);

void cdf_train_config_default(cdf_train_config *train);

/* Is the whole consistent and within limits? Both the trainer and the checkpoint reader ask before allocating. */
cdf_status cdf_config_check(const cdf_config *config, cdf_error *err);
cdf_status cdf_train_config_check(const cdf_train_config *train, cdf_error *err);

CDF_END_DECLS

#endif
