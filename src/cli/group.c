#include "group.h"

#ifdef CDF_MPI

#include <mpi.h>
#include <sched.h>

#include "terminal.h"

#define GRACE_SECONDS 0.3 /* mpirun kills a second after it signals */

cli_group cli_group_join(void) {
  cli_group g;
  int provided;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &g.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &g.size);
  return g;
}

void cli_group_leave(const cli_group *g) {
  (void)g;
  MPI_Finalize();
}

void cli_group_meet(const cli_group *g) {
  if (g->size > 1) MPI_Barrier(MPI_COMM_WORLD);
}

/* Wait for the others, but not for one that will never come. */
static cdf_status finish(MPI_Request *request, cdf_error *err) {
  double signalled = 0;
  for (int done = 0;;) {
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (done) return CDF_OK;
    if (cli_stop_signal() && signalled == 0) signalled = cli_seconds();
    if (signalled > 0 && cli_seconds() - signalled > GRACE_SECONDS)
      return cdf_fail(
          err, CDF_FAILED,
          "interrupted, or another process of this training is gone; start the same command again to resume");
    sched_yield(); /* a transfer goes on only while it is asked about: sleeping in between made two processes slower */
  }
}

/* Summed at one process and sent out, so that all have the same bits whatever the order of arrival. */
static cdf_status sum(void *data, int n, MPI_Datatype type, int rank, cdf_error *err) {
  MPI_Request request;
  MPI_Ireduce(rank == 0 ? MPI_IN_PLACE : data, data, n, type, MPI_SUM, 0, MPI_COMM_WORLD, &request);
  cdf_status status = finish(&request, err);
  if (status != CDF_OK) return status;
  MPI_Ibcast(data, n, type, 0, MPI_COMM_WORLD, &request);
  return finish(&request, err);
}

cdf_status cli_group_sum(const cli_group *g, float *floats, size_t n, double *doubles, int m, cdf_error *err) {
  if (g->size == 1) return CDF_OK;
  cdf_status status = sum(doubles, m, MPI_DOUBLE, g->rank, err);
  return status == CDF_OK ? sum(floats, (int)n, MPI_FLOAT, g->rank, err) : status;
}

#else

cli_group cli_group_join(void) { return (cli_group){.size = 1}; }
void cli_group_leave(const cli_group *g) { (void)g; }
void cli_group_meet(const cli_group *g) { (void)g; }
cdf_status cli_group_sum(const cli_group *g, float *floats, size_t n, double *doubles, int m, cdf_error *err) {
  (void)g, (void)floats, (void)n, (void)doubles, (void)m, (void)err;
  return CDF_OK;
}

#endif
