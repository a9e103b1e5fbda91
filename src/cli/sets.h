/* sets.h: sets of pictures from disk: packed, IDX, or a folder of PNG, JPEG and WebP.
 *
 *   cdf_dataset d;
 *   cli_account account;
 *   const cli_set_options taken = {.width = 64, .height = 64};
 *   if (cli_load_set(&d, "photos", "train", &taken, &account, &err) != CDF_OK) ...
 */
#ifndef CDF_CLI_SETS_H
#define CDF_CLI_SETS_H

#include "../coordiff.h"
#include "account.h"

#define CLI_VIEWS_BY_NUMBER (-1)

/* How the pictures of a folder are taken; sets that bring their own size leave all of it aside. */
typedef struct cli_set_options {
  int width, height, channels; /* 0: 32, 32, 3 */
  const uint8_t *background;   /* R, G, B where they are transparent; NULL: white */
  bool checkered;              /* the background in squares, an eighth of the width a side */
  cdf_views views;             /* n CLI_VIEWS_BY_NUMBER: cdf_views_by_number */
  bool keeps_changes;          /* the set is told how they were moved and enlarged */
  bool only_as_fine;           /* leave out pictures with a side shorter than the set's */
  int at_most;                 /* pictures, spread evenly over those that there are; 0: all */
  const char *folder_only;     /* an option that was given and is for folders alone; NULL: none */
} cli_set_options;

/* Is it a directory that is no IDX set of this split? */
bool cli_set_is_folder(const char *path, const char *split);

/* Load the pictures at path, which is one of
 *   - a directory with <split>-images-idx3-ubyte[.gz] and perhaps <split>-labels-idx1-ubyte[.gz]; split: "train" or
 *     "t10k";
 *   - a packed set, or an IDX images file; labels come from the file with "labels-idx1" for "images-idx3" in its name,
 *     if there is one;
 *   - a directory of PNG, JPEG and WebP pictures at any depth. Its sub-folders with pictures are the classes, numbered
 *     in byte order of their names, which are its class_names; without such sub-folders the set has no labels.
 * The order is that of the sorted paths. Every file of a folder is read or accounted for in *account (may be NULL); if
 * none can be read, CDF_BAD_INPUT. The caller frees with cdf_dataset_free; on failure *dataset is empty. */
cdf_status cli_load_set(cdf_dataset *dataset, const char *path, const char *split, const cli_set_options *options,
                        cli_account *account, cdf_error *err);

#endif
