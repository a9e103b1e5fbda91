/* parallel.h: how work is offered to the caller's threads. The engine owns none.
 *
 * A module cuts its work into independent items and calls cdf_parallel_for; the caller's `run` may execute them in
 * any order on any number of threads. Results never depend on either. A NULL cdf_parallel runs everything here.
 */
#ifndef CDF_PARALLEL_H
#define CDF_PARALLEL_H

#include "base.h"

CDF_BEGIN_DECLS

typedef void (*cdf_work)(void *context, int item);

typedef struct cdf_parallel {
  void (*run)(cdf_work work, void *context, int n_items); /* returns when every item is done */
} cdf_parallel;

static inline void cdf_parallel_for(const cdf_parallel *parallel, cdf_work work, void *context, int n_items) {
  if (parallel && parallel->run) {
    parallel->run(work, context, n_items);
  } else {
    for (int i = 0; i < n_items; i++) work(context, i);
  }
}

CDF_END_DECLS

#endif
