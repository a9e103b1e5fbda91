/* packs.h: packed sets of pictures from disk, with their finer truth decoded. */
#ifndef CDF_CLI_PACKS_H
#define CDF_CLI_PACKS_H

#include "../coordiff.h"

typedef struct cli_pack {
  unsigned char *bytes; /* the file, which pack points into */
  cdf_pack pack;
} cli_pack;

/* Does the file, gunzipped if it is gzip, begin as a packed set does? False for what cannot be read. */
bool cli_pack_is_one(const char *path);

/* CDF_BAD_INPUT names the file and what is wrong with it. */
cdf_status cli_pack_open(cli_pack *p, const char *path, cdf_error *err);
void cli_pack_close(cli_pack *p);

/* How many times finer the truth is, by its first picture. CDF_BAD_INPUT when the set has no truth, or that picture is
 * damaged or no multiple of the lattice. */
cdf_status cli_pack_scale(int *scale, const cli_pack *p, cdf_error *err);

/* Decode the truth of picture i: pixels[h * scale][w * scale][C], malloc'd. CDF_BAD_INPUT when it is damaged or of
 * another size. */
cdf_status cli_pack_picture(uint8_t **pixels, const cli_pack *p, int i, int scale, cdf_error *err);

/* Decode the truth of the first n pictures: pixels[n][h * scale][w * scale][C], malloc'd. CDF_BAD_INPUT when the set
 * has no truth, or a picture of it is damaged or of another size. */
cdf_status cli_pack_truth(uint8_t **pixels, int *scale, const cli_pack *p, int n, const cdf_parallel *parallel,
                          cdf_error *err);

#endif
