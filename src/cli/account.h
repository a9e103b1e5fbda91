/* account.h: what became of every file of a folder: read, skipped because it is no picture, or a damaged picture. */
#ifndef CDF_CLI_ACCOUNT_H
#define CDF_CLI_ACCOUNT_H

#include <stdio.h>

#include "../coordiff.h"

#define CLI_NAMED 10 /* of each kind */

typedef struct cli_left_out {
  int n;
  struct {
    char file[160], why[160]; /* the path below the folder (its end, when it is long), and why it was left out */
  } first[CLI_NAMED];
} cli_left_out;

typedef struct cli_account {
  int n_read, n_views;                  /* pictures, and how many of the set each became */
  int n_finer[2];                       /* of them at least 2 and 4 times as fine as the lattice, both ways */
  cli_left_out skipped, damaged, empty; /* empty: sub-folders that could be classes and hold no picture */
} cli_account;

void cli_leave_out(cli_left_out *list, const char *file, const char *why);

/* Lines for people: "damaged_file FILE: why" ... and "damaged_file (N more)", likewise for what was skipped. */
void cli_account_print(FILE *out, const cli_account *account);

/* The same on stderr behind a line that counts, if anything was left out. */
void cli_account_tell(const char *command, const cli_account *account);

/* [{"file": ..., "why": ...}, ...] on standard output */
void cli_left_out_json(const cli_left_out *list);

#endif
