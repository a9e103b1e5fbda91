#include "threads.h"

#include <omp.h>

static void run(cdf_work work, void *context, int n_items) {
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < n_items; i++) work(context, i);
}

const cdf_parallel cli_threads = {run};

void cli_set_threads(int n) {
  if (n > 0) omp_set_num_threads(n);
}

int cli_n_threads(void) { return omp_get_max_threads(); }
