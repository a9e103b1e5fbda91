/* outputs.h: where a command writes, looked at before it works: the place exists, and nothing that somebody still needs
 * stands there.
 *
 *   static const cli_output outputs[] = {{"out", ".png"}, {"save", ".safetensors"}, {0}};
 *   cli_check_outputs(table, outputs, "model source mask", &err);
 */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "args.h"

typedef struct cli_output {
  const char *option, *extension; /* of the file: another one is refused, none is fine; NULL: any */
} cli_output;

/* Every output that is given (- aside): CDF_USAGE when its name has another extension, or when it is a file that one of
 * the options `inputs` (names with spaces between) reads, lies in a folder that one reads, or is another output as
 * well; CDF_FAILED when its folder is missing or it is no plain file. */
cdf_status cli_check_outputs(const cli_option *options, const cli_output *outputs, const char *inputs, cdf_error *err);

/* CDF_USAGE when the directory `out`, which need not be there yet, is `data` or lies in it: what is written there would
 * be taken for pictures. */
cdf_status cli_check_run_directory(const char *out, const char *data, cdf_error *err);

#endif
