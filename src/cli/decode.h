/* decode.h: PNG and JPEG bytes to pixels, by stb_image, with the checks that it leaves out. */
#ifndef CDF_CLI_DECODE_H
#define CDF_CLI_DECODE_H

#include "../file/dataset.h"

typedef struct cli_picture {
  uint8_t *pixels; /* [height][width][channels], malloc'd */
  int width, height, channels;
} cli_picture;

/* CDF_BAD_INPUT: "not a readable PNG or JPEG picture (why)"; picture->pixels is then NULL. */
cdf_status cli_decode(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, cdf_error *err);

#endif
