/* status.h: how a function says that it failed.
 *
 *   cdf_error err = {0};
 *   if (cdf_model_load(&model, bytes, n_bytes, &err) != CDF_OK) fprintf(stderr, "%s\n", err.text);
 *
 * Functions that can fail return a cdf_status. Where the cause lies in the input they also fill the caller's
 * cdf_error with a whole sentence: the offending value, the limit, the remedy. `err` may be NULL everywhere.
 */
#ifndef CDF_STATUS_H
#define CDF_STATUS_H

#include "base.h"

CDF_BEGIN_DECLS

typedef enum cdf_status {
  CDF_OK = 0,
  CDF_FAILED = 1,    /* the work could not be done (a NaN loss, a write that failed) */
  CDF_USAGE = 2,     /* the caller asked for something that does not exist */
  CDF_BAD_INPUT = 3, /* a file or buffer is not what it should be */
  CDF_NO_MEMORY = 4
} cdf_status; /* the numbers are the exit codes of the CLI */

#define CDF_ERROR_BYTES 320

typedef struct cdf_error {
  cdf_status code;
  char text[CDF_ERROR_BYTES];
} cdf_error;

/* Fill *err (when not NULL) with code and the formatted sentence; returns code. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
cdf_status
cdf_fail(cdf_error *err, cdf_status code, const char *format, ...);

/* The standard sentence for a failed allocation of `bytes`. */
cdf_status cdf_fail_memory(cdf_error *err, unsigned long long bytes);

CDF_END_DECLS

#endif
