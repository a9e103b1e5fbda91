#include "group.h"

#ifdef CDF_MPI

#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

#define GRACE_SECONDS 0.5 /* mpirun kills a second after it signals */

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

static cdf_status send_out(void *data, int n, MPI_Datatype type, cdf_error *err) {
  MPI_Request request;
  MPI_Ibcast(data, n, type, 0, MPI_COMM_WORLD, &request);
  return finish(&request, err);
}

/* The first line in which two texts differ, with the ranks that they come from. */
static void tell(char *verdict, size_t n, const char *first, const char *other, int rank) {
  size_t i = 0, j = 0, at = 0;
  for (; first[at] && first[at] == other[at]; at++)
    if (first[at] == '\n') i = j = at + 1;
  int length = (int)strcspn(first + i, "\n"), more = (int)strcspn(other + j, "\n");
  snprintf(verdict, n, "'%.*s' in process 0, but '%.*s' in process %d", length < 80 ? length : 80, first + i,
           more < 80 ? more : 80, other + j, rank);
}

cdf_status cli_group_agree(const cli_group *g, const char *text, const char *advice, cdf_error *err) {
  if (g->size == 1) return CDF_OK;
  char own[CLI_GROUP_TEXT] = "", verdict[240] = "", *all = NULL;
  snprintf(own, sizeof own, "%s", text);
  if (g->rank == 0 && !(all = malloc((size_t)g->size * sizeof own))) return cdf_fail_memory(err, sizeof own);
  MPI_Request request;
  MPI_Igather(own, sizeof own, MPI_CHAR, all, sizeof own, MPI_CHAR, 0, MPI_COMM_WORLD, &request);
  cdf_status status = finish(&request, err);
  for (int i = 1; all && i < g->size && status == CDF_OK && !*verdict; i++)
    if (memcmp(all, all + (size_t)i * sizeof own, sizeof own) != 0)
      tell(verdict, sizeof verdict, all, all + (size_t)i * sizeof own, i);
  free(all);
  if (status == CDF_OK) status = send_out(verdict, sizeof verdict, MPI_CHAR, err);
  if (status != CDF_OK || !*verdict) return status;
  return cdf_fail(err, CDF_USAGE, "the processes of this training differ: %s; %s", verdict, advice);
}

cdf_status cli_group_follow(const cli_group *g, cdf_status status, cdf_error *err) {
  int told = status;
  if (g->size == 1) return status;
  cdf_status sent = send_out(&told, 1, MPI_INT, status == CDF_OK ? err : NULL);
  if (status != CDF_OK || sent != CDF_OK) return status != CDF_OK ? status : sent;
  if (told == CDF_OK) return CDF_OK;
  return cdf_fail(err, CDF_FAILED, "the first process of this training gave up; its own sentence says why");
}

/* Summed at one process and sent out, so that all have the same bits whatever the order of arrival. */
static cdf_status sum(void *data, int n, MPI_Datatype type, int rank, cdf_error *err) {
  MPI_Request request;
  MPI_Ireduce(rank == 0 ? MPI_IN_PLACE : data, data, n, type, MPI_SUM, 0, MPI_COMM_WORLD, &request);
  cdf_status status = finish(&request, err);
  return status == CDF_OK ? send_out(data, n, type, err) : status;
}

cdf_status cli_group_sum(const cli_group *g, float *floats, size_t n, double *doubles, int m, cdf_error *err) {
  if (g->size == 1) return CDF_OK;
  cdf_status status = sum(doubles, m, MPI_DOUBLE, g->rank, err);
  return status == CDF_OK ? sum(floats, (int)n, MPI_FLOAT, g->rank, err) : status;
}

#else

cli_group cli_group_join(void) { return (cli_group){.size = 1}; }
void cli_group_leave(const cli_group *g) { (void)g; }
cdf_status cli_group_agree(const cli_group *g, const char *text, const char *advice, cdf_error *err) {
  (void)g, (void)text, (void)advice, (void)err;
  return CDF_OK;
}
cdf_status cli_group_follow(const cli_group *g, cdf_status status, cdf_error *err) {
  (void)g, (void)err;
  return status;
}
cdf_status cli_group_sum(const cli_group *g, float *floats, size_t n, double *doubles, int m, cdf_error *err) {
  (void)g, (void)floats, (void)n, (void)doubles, (void)m, (void)err;
  return CDF_OK;
}

#endif
