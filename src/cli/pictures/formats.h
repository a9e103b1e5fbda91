/* formats.h: a decoded picture, and what its three decoders share. */
#ifndef CDF_CLI_FORMATS_H
#define CDF_CLI_FORMATS_H

#include "../../file/dataset.h"

typedef struct cli_picture {
  uint8_t *pixels; /* [height][width][channels], malloc'd */
  int width, height, channels;
} cli_picture;

typedef struct cli_decoding {
  const unsigned char *bytes;
  size_t n_bytes, max_bytes;
  const char *format;
  cli_picture picture;
  int orientation; /* of EXIF, 1 to 8; 0: none said */
} cli_decoding;

/* Room for the pixels, now that the header is read; `beside` is what the decoder will keep at the same time.
 * CDF_BAD_INPUT when that is more than max_bytes. */
cdf_status cli_decoding_start(cli_decoding *d, int width, int height, int channels, uint64_t beside, cdf_error *err);

/* "a damaged PNG picture (why)" */
cdf_status cli_fail_damaged(const cli_decoding *d, const char *why, cdf_error *err);

/* Each fills picture and orientation, or says why not; picture.pixels is the caller's to free either way. */
cdf_status cli_decode_png(cli_decoding *d, cdf_error *err);
cdf_status cli_decode_jpeg(cli_decoding *d, cdf_error *err);
cdf_status cli_decode_webp(cli_decoding *d, cdf_error *err);

/* The orientation that an EXIF block (with or without "Exif\0\0" before it) gives, 1 to 8; 0 when it gives none. */
int cli_exif_orientation(const unsigned char *exif, size_t n_bytes);

#endif
