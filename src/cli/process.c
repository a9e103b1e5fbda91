#include "process.h"

#include "threads.h"

cdf_status cli_process_open(cli_process *p, const cdf_model *model, const cdf_world *world, bool endless,
                            const cdf_sample_options *options, const cdf_kernels *k, cdf_error *err) {
  *p = (cli_process){0};
  cdf_status status = cdf_generation_create(&p->g, model, world, k, err);
  if (status != CDF_OK) return status;
  if (endless) return cdf_endless_create(&p->endless, model, options, world, cli_n_threads(), k, err);
  return cdf_generation_start(p->g, options, err);
}

void cli_process_close(cli_process *p) {
  cdf_endless_free(p->endless);
  cdf_generation_free(p->g);
}

cdf_status cli_process_step(cli_process *p, cdf_error *err) {
  if (!p->endless) return cdf_generation_step(p->g, err);
  cdf_status status = cdf_endless_step(p->endless, &cli_threads, err);
  if (status == CDF_OK) cdf_endless_read(p->endless, cdf_generation_clean(p->g));
  return status;
}

bool cli_process_done(const cli_process *p) {
  return p->endless ? cdf_endless_done(p->endless) : cdf_generation_done(p->g);
}

int cli_process_evaluation(const cli_process *p) {
  return p->endless ? cdf_endless_stage(p->endless) : cdf_generation_evaluation(p->g);
}
