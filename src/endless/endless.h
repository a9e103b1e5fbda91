/* endless.h: any window of a world without end, all of its patches together (patch.h): what a program with threads and
 * no one watching wants.
 *
 *   cdf_endless_create(&e, model, &options, &world, n_threads, k, &err);
 *   while (!cdf_endless_done(e) && cdf_endless_step(e, &threads, &err) == CDF_OK) continue;
 *   cdf_endless_read(e, lattice);                                        // [C][h][w], mean subtracted
 *   cdf_endless_free(e);
 *
 * The same bits for a cell whatever the window, and on any number of threads. Along an axis with a frame a window lies
 * within it.
 */
#ifndef CDF_ENDLESS_H
#define CDF_ENDLESS_H

#include "../base/parallel.h"
#include "patch.h"

CDF_BEGIN_DECLS

typedef struct cdf_endless cdf_endless;

/* n_threads: how many patches are worked on at once. Fails as cdf_patcher_create and cdf_patcher_start do; CDF_USAGE
 * when the window leaves a frame. The
 * first of n evaluations computes n - 1 rings of patches around the window, each later one a ring fewer: the cost of a
 * first window.
 */
cdf_status cdf_endless_create(cdf_endless **e, const cdf_model *model, const cdf_sample_options *options,
                              const cdf_world *world, int n_threads, const cdf_kernels *k, cdf_error *err);
void cdf_endless_free(cdf_endless *e);

/* One evaluation of every patch that the window still needs. CDF_FAILED as cdf_sampler_advance. */
cdf_status cdf_endless_step(cdf_endless *e, const cdf_parallel *parallel, cdf_error *err);
bool cdf_endless_done(const cdf_endless *e);
int cdf_endless_evaluation(const cdf_endless *e);

/* What the network last said of the window; at least one step must have been made. */
void cdf_endless_read(const cdf_endless *e, float *lattice);

CDF_END_DECLS

#endif
