/* bench_canvas.h: `coordiff bench --canvas`. */
#ifndef CDF_CLI_BENCH_CANVAS_H
#define CDF_CLI_BENCH_CANVAS_H

#include "../coordiff.h"

/* Print, for canvases of 64, 256 and 1024 pixels a side on one core: the time of the reverse steps and of drawing, and
 * what evaluating the same network at every canvas pixel in every step takes. */
cdf_status cli_bench_canvas(const cdf_model *model, const cdf_kernels *k, bool json, cdf_error *err);

#endif
