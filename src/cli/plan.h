/* plan.h: what `coordiff train --time` and `--preset` choose, and why.
 *
 *   cli_plan plan;
 *   const cli_plan_wish wish = {.data = "photos", .seconds = 1800, .settings = settings, .taking = &taking, .k = k};
 *   if (cli_plan_make(&plan, &wish, &err) == CDF_OK) puts(plan.text);       // lines for people, and `key = value`
 *   cli_apply_settings(&config, cdf_config_fields, &plan.settings, &err);   // then what the user has set
 *
 * Nothing here knows processors: how fast this one learns is measured for a second, and again all the time while it
 * trains (train_loop.h). The text, a configuration file, stays in the run directory, so that the same command goes on
 * with the same choices.
 */
#ifndef CDF_CLI_PLAN_H
#define CDF_CLI_PLAN_H

#include "survey.h"
#include "taking.h"

#define CLI_PLAN_BYTES 4096

typedef struct cli_plan {
  cli_settings settings; /* what was chosen */
  char text[CLI_PLAN_BYTES];
} cli_plan;

typedef struct cli_plan_wish {
  const char *data, *preset;    /* preset NULL: the one that suits the time */
  double seconds;               /* 0: as many steps as are set */
  const cli_settings *settings; /* what the user has set stays so */
  const cli_taking *taking;     /* likewise */
  const cdf_config *from;       /* the architecture to start from; NULL: any */
  const cdf_kernels *k;
} cli_plan_wish;

/* Look at the pictures, measure, choose. CDF_USAGE for a preset that there is not; failures of reading a folder. */
cdf_status cli_plan_make(cli_plan *plan, const cli_plan_wish *wish, cdf_error *err);

/* The plan that a run directory has already. */
cdf_status cli_plan_read(cli_plan *plan, const char *path, cdf_error *err);

/* The value of --time in seconds (90s, 30m, 2h, 1h30m); unchanged when not given. */
cdf_status cli_plan_time(double *seconds, const cli_option *options, cdf_error *err);

/* "14:32", or "Friday 14:32" on another day, so many seconds from now, into text[32]. */
const char *cli_plan_clock(char *text, double seconds);

#endif
