/* lock.h: one process at a time in a run directory.
 *
 * The lock belongs to the process, not to the file: one that is killed holds nothing, whatever file it leaves behind.
 */
#ifndef CDF_CLI_LOCK_H
#define CDF_CLI_LOCK_H

#include "../base/status.h"

typedef struct cli_lock {
  int fd; /* 0: not held */
  char path[4096];
} cli_lock;

/* Take folder/lock. CDF_FAILED when another process has it: the sentence names the process and its machine. On a file
 * system without locks it is taken without asking anyone. */
cdf_status cli_lock_take(cli_lock *lock, const char *folder, cdf_error *err);

/* Give it back, if it is held, and remove the file. */
void cli_lock_give(cli_lock *lock);

#endif
