/* objective.h: what the denoiser is taught: from a picture and unit noise to a noisy state, and what the network should
 * say of it.
 *
 *   const cdf_objective *o = cdf_objective_of(&config, &train);
 *   o->teach(&lesson, &config, &train, quantile, seed, counter);
 *
 * A new way of teaching is a function of that form, and a line in cdf_objective_of.
 */
#ifndef CDF_OBJECTIVE_H
#define CDF_OBJECTIVE_H

#include "../base/rng.h"
#include "../net/train_config.h"
#include "config.h"

#define CDF_LOSS_BINS 4

/* One sample; pictures are [C][h][w]. */
typedef struct cdf_lesson {
  size_t size;           /* of a picture */
  const float *clean;    /* given */
  float *noise;          /* given: unit normals; may be overwritten */
  float *state, *target; /* what the network sees, and what it should say */
  const float *context;  /* what is blurred for it: the state, or the clean picture */
  float sigma, time;     /* as cdf_features_prepare takes them */
  int bin;               /* of noise, in [0, CDF_LOSS_BINS) */
  /* Where two states are compared: */
  int64_t step;       /* given: of the training */
  float *nearer;      /* the same picture with less of the same noise */
  float sigma_nearer; /* 0: the picture itself is the target, which stands there; of a walk its end */
  float weight;       /* of this sample in the loss */
} cdf_lesson;

typedef struct cdf_objective {
  bool is_centred; /* is the mean of the data subtracted from the clean picture? */
  bool compares;   /* is the target what the network says of the state nearer to the picture? */
  bool walks;      /* is the target where a teacher walks to from the state? (teacher.h) */
  /* quantile in (0, 1): where the sample's noise level lies in its distribution. The counter is that of the noise: more
   * of it comes from v[0] >= 2^30. */
  void (*teach)(cdf_lesson *lesson, const cdf_config *config, const cdf_train_config *train, double quantile,
                uint64_t seed, cdf_counter counter);
} cdf_objective;

const cdf_objective *cdf_objective_of(const cdf_config *config, const cdf_train_config *train);

#endif
