/* process.h: one reverse process as commands see it: of a model's frame, of a larger world, or of a window of a world
 * without end. */
#ifndef CDF_CLI_PROCESS_H
#define CDF_CLI_PROCESS_H

#include "../coordiff.h"

typedef struct cli_process {
  cdf_process *framed; /* NULL when the world has no end: */
  cdf_endless *endless;
  float *window; /* what was last said of it */
  const cdf_parallel *parallel;
} cli_process;

/* Begin. parallel NULL: on this thread. The caller closes it, also after a failure. */
cdf_status cli_process_open(cli_process *p, const cdf_model *model, const cdf_world *world, bool endless,
                            const cdf_sample_options *options, const cdf_parallel *parallel, const cdf_kernels *k,
                            cdf_error *err);
void cli_process_close(cli_process *p);

cdf_status cli_process_step(cli_process *p, cdf_error *err);
bool cli_process_done(const cli_process *p);
int cli_process_evaluation(const cli_process *p);
const float *cli_process_clean(const cli_process *p); /* once a step was made */

#endif
