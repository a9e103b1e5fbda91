/* packs.h: packed sets of pictures from disk, with their finer truth decoded. */
#ifndef CDF_CLI_PACKS_H
#define CDF_CLI_PACKS_H

#include "../coordiff.h"

typedef struct cli_pack {
  unsigned char *bytes; /* the file, which pack points into */
  cdf_pack pack;
} cli_pack;

/* CDF_BAD_INPUT names the file and what is wrong with it. */
cdf_status cli_pack_open(cli_pack *p, const char *path, cdf_error *err);
void cli_pack_close(cli_pack *p);

/* Decode the truth of the first n pictures: pixels[n][h * finer][w * finer][C], malloc'd. CDF_BAD_INPUT when the set has
 * no truth, or a picture of it is damaged or of another size. */
cdf_status cli_pack_truth(uint8_t **pixels, int *finer, const cli_pack *p, int n, const cdf_parallel *parallel,
                          cdf_error *err);

#endif
