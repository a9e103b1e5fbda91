/* folder.h: the pictures below a folder, by what they are and not by what they are called. */
#ifndef CDF_CLI_FOLDER_H
#define CDF_CLI_FOLDER_H

#include "account.h"

typedef struct cli_folder {
  struct cli_found {
    char *path;
    int label;
  } * files;
  int n, room;
  int n_classes; /* 0: no sub-folder has pictures */
  char *names;   /* of the classes, with a slash between (malloc'd) */
} cli_folder;

/* Find all pictures at any depth below path. Its sub-folders with pictures are the classes, in byte order of their
 * names; the pictures of each are in byte order of their paths. What is not one of them is accounted for. CDF_BAD_INPUT
 * when there is none, or some lie beside the classes, or the classes are too many. The caller frees, also after a
 * failure. */
cdf_status cli_folder_find(cli_folder *folder, const char *path, cli_account *account, cdf_error *err);
void cli_folder_free(cli_folder *folder);

/* The part of a path below the folder at `path`. */
const char *cli_below(const char *file, const char *path);

#endif
