#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "formats.h"

typedef struct source {
  const cli_decoding *d;
  size_t at;
  char why[120];
} source;

static void read_bytes(png_structp png, png_bytep out, size_t n) {
  source *s = png_get_io_ptr(png);
  if (n > s->d->n_bytes - s->at) png_error(png, "cut short");
  memcpy(out, s->d->bytes + s->at, n);
  s->at += n;
}

static void stop(png_structp png, png_const_charp why) {
  source *s = png_get_error_ptr(png);
  snprintf(s->why, sizeof s->why, "%s", why);
  png_longjmp(png, 1);
}

/* What libpng warns of (an odd profile, say) leaves the pixels as they are. */
static void ignore(png_structp png, png_const_charp why) { (void)png, (void)why; }

/* Any PNG to 8 bits a channel: grey or RGB, with alpha if there is any transparency. 16 bits lose their lower 8. */
static void set_transformations(png_structp png, png_infop info) {
  if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
}

static void read_orientation(cli_decoding *d, png_structp png, png_infop info) {
  png_bytep exif;
  png_uint_32 n;
  if (png_get_eXIf_1(png, info, &n, &exif) != 0) d->orientation = cli_exif_orientation(exif, n);
}

static cdf_status read_all(cli_decoding *d, png_structp png, png_infop info, cdf_error *err) {
  png_read_info(png, info);
  set_transformations(png, info);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  int width = (int)png_get_image_width(png, info), height = (int)png_get_image_height(png, info);
  int channels = png_get_channels(png, info);
  cdf_status status = cli_decoding_start(d, width, height, channels, 0, err);
  if (status != CDF_OK) return status;
  for (int pass = 0; pass < passes; pass++)
    for (int y = 0; y < height; y++)
      png_read_row(png, d->picture.pixels + (size_t)y * (size_t)width * (size_t)channels, NULL);
  png_read_end(png, info);
  read_orientation(d, png, info);
  return CDF_OK;
}

/* Of what is not pixels only the orientation is looked at. Checksums must be right everywhere. */
static void be_strict(png_structp png) {
  static const png_byte exif[] = "eXIf";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, exif, 1);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
}

cdf_status cli_decode_png(cli_decoding *d, cdf_error *err) {
  source s = {.d = d};
  png_structp volatile png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, stop, ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  volatile cdf_status status = CDF_OK;
  if (!info) {
    status = cdf_fail_memory(err, d->n_bytes);
  } else if (setjmp(png_jmpbuf(png))) {
    status = cli_fail_damaged(d, s.why, err);
  } else {
    png_set_read_fn(png, &s, read_bytes);
    be_strict(png);
    status = read_all(d, png, info, err);
  }
  png_structp made = png;
  png_destroy_read_struct(&made, &info, NULL);
  return status;
}
