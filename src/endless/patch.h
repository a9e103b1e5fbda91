/* patch.h: a world without end, one rectangle of cells and one evaluation at a time.
 *
 * A model looks at most `reach` cells far (featurize.h) along an axis whose coordinate it is not told. So what a square
 * of side >= reach is after an evaluation depends on itself and its eight neighbours before it, and in the end on the
 * noise of finitely many cells around it: a patch is a pure function of options and place, whatever else was computed
 * before, and fits its neighbours without a seam because there is nothing to be fitted. Along an axis with a frame a
 * patch is all of the frame, and has no neighbours.
 *
 *   cdf_patcher_create(&p, model, k, &err), cdf_patcher_start(p, &options, &err);
 *   cdf_patcher_advance(p, next, clean, around, previous, i, j, n_done, &err);  // one evaluation more
 *
 * Patch (i, j) covers the cells i W <= x < (i + 1) W, j H <= y < (j + 1) H, with W and H the cdf_patch_side of either
 * axis. next, clean and previous are [C][H][W], mean subtracted.
 */
#ifndef CDF_PATCH_H
#define CDF_PATCH_H

#include "../denoise/sampler.h"
#include "../file/model.h"

CDF_BEGIN_DECLS

/* Has the world of such a model no end, along one axis or both? Then it is computed in patches. */
bool cdf_is_endless(const cdf_config *config);

/* Cells of a patch along an axis: the frame where there is one; else the reach of an evaluation, hardly more, because a
 * window's first picture needs one ring of patches around it for every evaluation. */
int cdf_patch_side(const cdf_config *config, cdf_axis axis);

typedef struct cdf_patcher cdf_patcher; /* model and kernel table are borrowed; one thread at a time */

/* CDF_USAGE with a sentence when the model has a frame along both axes, or is none that predicts the EDM residual. */
cdf_status cdf_patcher_create(cdf_patcher **p, const cdf_model *model, const cdf_kernels *k, cdf_error *err);
void cdf_patcher_free(cdf_patcher *p);

/* CDF_USAGE when an option is out of range, or the sampler is Heun's, or a source is given: those need a frame. */
cdf_status cdf_patcher_start(cdf_patcher *p, const cdf_sample_options *options, cdf_error *err);
int cdf_patcher_n_evaluations(const cdf_patcher *p); /* evaluations from noise to picture */

/* The evaluation after n_done: next is the state after it, clean what the network said. around: the nine patches (i -
 * 1, j - 1), (i, j - 1) ... (i + 1, j + 1) as n_done left them, those beyond a frame NULL; previous: this patch's clean
 * of the evaluation before. The first begins at noise, which is a function of the place alone: neither is read.
 * CDF_USAGE when the patch itself lies beyond a frame; CDF_FAILED as cdf_sampler_advance; then nothing is written.
 */
cdf_status cdf_patcher_advance(cdf_patcher *p, float *next, float *clean, const float *const around[9],
                               const float *previous, int i, int j, int n_done, cdf_error *err);

CDF_END_DECLS

#endif
