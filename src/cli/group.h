/* group.h: several processes that train one model together, by MPI (built with CONFIG=mpi; otherwise a group of one).
 *
 *   mpirun -n 4 build/mpi/coordiff train ...
 *
 * Each process does its share of every batch; gradients are added up and every process makes the same update. The first
 * process alone writes. When one dies, mpirun signals the others: they give up the step in which they miss it.
 */
#ifndef CDF_CLI_GROUP_H
#define CDF_CLI_GROUP_H

#include "../coordiff.h"

typedef struct cli_group {
  int rank, size;
} cli_group;

/* Once, before anything else of this header. */
cli_group cli_group_join(void);
void cli_group_leave(const cli_group *group);

/* Is `text`, lines of at most CLI_GROUP_TEXT bytes in all, the same everywhere? CDF_USAGE in every process when it is
 * not: the sentence says in which line, in which processes, and ends with the advice. CDF_FAILED when another process
 * is gone. */
#define CLI_GROUP_TEXT 4096
cdf_status cli_group_agree(const cli_group *group, const char *text, const char *advice, cdf_error *err);

/* Wait until the first process is here with its status: CDF_FAILED when that is not CDF_OK, which the first itself
 * returns as it is. */
cdf_status cli_group_follow(const cli_group *group, cdf_status status, cdf_error *err);

/* Replace floats[n] and doubles[m] of every process by their sums over the group: the same bits everywhere. CDF_FAILED
 * when another process is gone. */
cdf_status cli_group_sum(const cli_group *group, float *floats, size_t n, double *doubles, int m, cdf_error *err);

#endif
