/* taking.h: the options about how the pictures of a folder are taken, the same for every command that reads one.
 *
 *   static const cli_option table[] = {CLI_TAKING_OPTIONS, {0}};
 *   cdf_status status = cli_taking_read(&taking, table, &err);
 *   if (status == CDF_OK) status = cli_load_set(&d, "photos", "train", &taking.set, &account, &err);
 */
#ifndef CDF_CLI_TAKING_H
#define CDF_CLI_TAKING_H

#include "args.h"
#include "sets.h"

#define CLI_TAKING_OPTIONS                                                                                  \
  {"size", "WxH", "lattice for a folder of pictures (default 32x32)", NULL},                                \
      {"crop", "HOW",                                                                                       \
       "what of a picture of another shape: centre (default), random (parts, half as large or larger), "    \
       "none (all of it, background beside it)",                                                            \
       NULL},                                                                                               \
      {"flip", NULL, "every picture also mirrored: where left and right are alike", NULL},                  \
      {"background", "COLOUR",                                                                              \
       "what shows where a picture is transparent: white, black, RRGGBB or checker (default white)", NULL}, \
  {                                                                                                         \
    "grey", NULL, "one channel instead of three for a folder of pictures", NULL                             \
  }

typedef struct cli_taking {
  cli_set_options set; /* its background points into this */
  uint8_t background[3];
} cli_taking;

/* CDF_USAGE names a value that is none. */
cdf_status cli_taking_read(cli_taking *taking, const cli_option *options, cdf_error *err);

#endif
