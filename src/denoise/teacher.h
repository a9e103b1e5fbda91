/* teacher.h: a trained denoiser that walks a state down its path in several evaluations, for a student to do in one.
 *
 *   cdf_teacher_init(&t, &net, params, NULL, block);
 *   cdf_teacher_walk(end, &t, state, &(cdf_walk){.from = 20, .to = 6.1, .n = 3, .label = 2, .guidance = 1.5f}, k);
 *
 * Source: Salimans & Ho 2022, "Progressive distillation"; with guidance, Meng et al. 2023. The frame is the model's.
 */
#ifndef CDF_TEACHER_H
#define CDF_TEACHER_H

#include "denoiser.h"

typedef struct cdf_teacher {
  cdf_denoiser denoiser;
  cdf_tape tape;
  float *clean, *previous, *unguided; /* [C][h][w] */
} cdf_teacher;

/* From the noise level `from` to `to`, 0 for the picture itself, in n >= 1 evaluations (twice as many with a guidance
 * other than 1 and a label; -1: no class). */
typedef struct cdf_walk {
  double from, to;
  int n, label;
  float guidance;
} cdf_walk;

/* net, params and weights (NULL, or the params packed as training does, which is faster) are borrowed; the params may
 * be filled in later. block holds cdf_teacher_floats and is aligned. */
size_t cdf_teacher_floats(const cdf_network *net);
void cdf_teacher_init(cdf_teacher *t, const cdf_network *net, const float *params, const cdf_mlp_weights *weights,
                      float *block);

/* Where the state [C][h][w] comes to; `end` is another array than `state`. */
void cdf_teacher_walk(float *end, cdf_teacher *t, const float *state, const cdf_walk *walk, const cdf_kernels *k);

#endif
