/* train_config.h: how something is trained, whatever it is. */
#ifndef CDF_TRAIN_CONFIG_H
#define CDF_TRAIN_CONFIG_H

#include "../base/fields.h"

CDF_BEGIN_DECLS

typedef enum { CDF_OBJECTIVE_DENOISE, CDF_OBJECTIVE_CONSISTENCY, CDF_OBJECTIVE_DISTILLATION } cdf_objective_kind;

typedef struct cdf_train_config {
  uint64_t seed;
  int steps, images, pixels; /* optimisation steps; images a step; pixels of each image */
  float lr, lr_min;          /* peak and final learning rate (cosine) */
  int warmup;                /* steps of linear warm-up */
  float beta1, beta2, clip;  /* Adam; bound on the global gradient norm */
  float ema;                 /* half-life of the weight average as a fraction of the steps taken so far */
  float p_mean, p_std;       /* ln sigma ~ N(p_mean, p_std^2) */
  float label_dropout;       /* share of samples trained without their class, for guidance */
  int objective;             /* cdf_objective_kind */
  float guidance;            /* weight of classifier-free guidance that the conditioned answers learn; 1: none */
  int student_steps;         /* steps that a student makes a picture in, */
  float student_sigma_max, student_sigma_min, student_rho; /* and their noise levels (cdf_schedule_edm) */
  int teacher_steps;                                       /* evaluations of the teacher to one of the student's */
  int bf16;                                                /* matrix products in bfloat16 where the machine has it */
} cdf_train_config;

extern const cdf_field cdf_train_fields[]; /* ends with a NULL key */

void cdf_train_config_default(cdf_train_config *train);
cdf_status cdf_train_config_check(const cdf_train_config *train, cdf_error *err);

CDF_END_DECLS

#endif
