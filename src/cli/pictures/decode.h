/* decode.h: PNG, JPEG and WebP bytes to pixels, by libpng, libjpeg-turbo and libwebp.
 *
 * What a file is, its content says and not its name. The header is read first: a picture that would need more than
 * CLI_DECODE_BYTES is refused before its body is looked at. Damage is never repaired or guessed around: a picture is
 * whole or refused. Its EXIF orientation is obeyed: row 0 of the pixels is the one to be shown on top. */
#ifndef CDF_CLI_DECODE_H
#define CDF_CLI_DECODE_H

#include "formats.h"

#define CLI_DECODE_BYTES ((size_t)480 << 20) /* the file, the pixels and what the decoder keeps beside them */
#define CLI_FORMAT_BYTES 32                  /* of a file that cli_format_of wants to see */

typedef enum { CLI_OTHER, CLI_PNG, CLI_JPEG, CLI_WEBP } cli_format;

/* What the first bytes of a file say that it is; *name (may be NULL) is for people, "" when nothing is known. */
cli_format cli_format_of(const unsigned char *bytes, size_t n_bytes, const char **name);

/* CDF_BAD_INPUT says what it is instead of a picture, as in "a damaged PNG picture (why)", for a sentence that begins
 * "x.png is"; picture->pixels is then NULL. */
cdf_status cli_decode(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, cdf_error *err);

/* The same with another limit: for many pictures at once whose size is known. */
cdf_status cli_decode_within(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, size_t max_bytes,
                             cdf_error *err);

#endif
