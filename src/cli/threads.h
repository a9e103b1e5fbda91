/* threads.h: the CLI's threads: cdf_parallel by OpenMP. OMP_NUM_THREADS or --threads sets how many. */
#ifndef CDF_THREADS_H
#define CDF_THREADS_H

#include "../base/parallel.h"

extern const cdf_parallel cli_threads;
void cli_set_threads(int n); /* 0: as many as there are processors */
int cli_n_threads(void);

#endif
