#include "process.h"

#include <stdlib.h>

#include "threads.h"

cdf_status cli_process_open(cli_process *p, const cdf_model *model, const cdf_world *world, bool endless,
                            const cdf_sample_options *options, const cdf_parallel *parallel, const cdf_kernels *k,
                            cdf_error *err) {
  int n_threads = parallel ? cli_n_threads() : 1;
  *p = (cli_process){.parallel = parallel};
  if (!endless) {
    cdf_status status = cdf_process_create(&p->framed, model, world, n_threads, k, err);
    return status == CDF_OK ? cdf_process_start(p->framed, options, err) : status;
  }
  size_t bytes = cdf_world_cells(world) * (size_t)model->net.config.channels * sizeof *p->window;
  p->window = malloc(bytes);
  return p->window ? cdf_endless_create(&p->endless, model, options, world, n_threads, k, err)
                   : cdf_fail_memory(err, bytes);
}

void cli_process_close(cli_process *p) {
  cdf_endless_free(p->endless);
  cdf_process_free(p->framed);
  free(p->window);
}

cdf_status cli_process_step(cli_process *p, cdf_error *err) {
  if (p->framed) return cdf_process_step(p->framed, p->parallel, err);
  cdf_status status = cdf_endless_step(p->endless, p->parallel, err);
  if (status == CDF_OK) cdf_endless_read(p->endless, p->window);
  return status;
}

bool cli_process_done(const cli_process *p) {
  return p->framed ? cdf_process_done(p->framed) : cdf_endless_done(p->endless);
}

int cli_process_evaluation(const cli_process *p) {
  return p->framed ? cdf_process_evaluation(p->framed) : cdf_endless_evaluation(p->endless);
}

const float *cli_process_clean(const cli_process *p) { return p->framed ? cdf_process_clean(p->framed) : p->window; }
