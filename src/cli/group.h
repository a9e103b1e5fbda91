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

/* Wait until every process is here. */
void cli_group_meet(const cli_group *group);

/* Replace floats[n] and doubles[m] of every process by their sums over the group: the same bits everywhere. CDF_FAILED
 * when another process is gone. */
cdf_status cli_group_sum(const cli_group *group, float *floats, size_t n, double *doubles, int m, cdf_error *err);

#endif
