#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* wants stdio.h before it */
#include <jerror.h>

#include "formats.h"

#define MAX_SCANS 200 /* real progressive pictures have about ten; each costs a walk over all of the picture */

typedef struct decoder {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf back;
  char why[JMSG_LENGTH_MAX];
  uint8_t *row; /* of CMYK */
} decoder;

static void stop(j_common_ptr jpeg) {
  decoder *d = jpeg->client_data;
  jpeg->err->format_message(jpeg, d->why);
  longjmp(d->back, 1);
}

/* libjpeg paints grey over damage and only warns. These warnings alone leave every pixel as it was written. */
static bool is_harmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_ADOBE_XFORM || warning == JWRN_JFIF_MAJOR ||
         warning == JWRN_TOO_MUCH_DATA;
}

static void hear(j_common_ptr jpeg, int level) {
  if (level < 0 && !is_harmless(jpeg->err->msg_code)) stop(jpeg);
}

static void say_nothing(j_common_ptr jpeg) { (void)jpeg; }

static void count_scans(j_common_ptr jpeg) {
  decoder *d = jpeg->client_data;
  if (d->jpeg.input_scan_number <= MAX_SCANS) return;
  snprintf(d->why, sizeof d->why, "more than %d scans", MAX_SCANS);
  longjmp(d->back, 1);
}

/* What libjpeg keeps of a picture that comes in several scans: all coefficients. */
static uint64_t coefficient_bytes(j_decompress_ptr jpeg) {
  uint64_t n = 0;
  if (!jpeg_has_multiple_scans(jpeg)) return 0;
  for (int i = 0; i < jpeg->num_components; i++)
    n += (uint64_t)jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks * sizeof(JBLOCK);
  return n;
}

static void read_orientation(cli_decoding *d, j_decompress_ptr jpeg) {
  for (jpeg_saved_marker_ptr m = jpeg->marker_list; m && d->orientation == 0; m = m->next)
    if (m->data_length >= 6 && !memcmp(m->data, "Exif\0\0", 6))
      d->orientation = cli_exif_orientation(m->data, m->data_length);
}

/* As browsers do it: four channels are CMYK, and written inverted (255 is no ink), whatever the file says. */
static void store_cmyk(uint8_t *out, const uint8_t *row, size_t width) {
  for (const uint8_t *end = row + 4 * width; row < end; row += 4)
    for (int c = 0; c < 3; c++) *out++ = (uint8_t)((row[c] * row[3] + 127) / 255);
}

static cdf_status read_all(cli_decoding *d, decoder *own, cdf_error *err) {
  j_decompress_ptr jpeg = &own->jpeg;
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_mem_src(jpeg, d->bytes, (unsigned long)d->n_bytes);
  jpeg_read_header(jpeg, TRUE);
  int n = jpeg->num_components, channels = n == 1 ? 1 : 3;
  if (n != 1 && n != 3 && n != 4) return cli_fail_damaged(d, "it has neither 1, 3 nor 4 channels", err);
  jpeg->out_color_space = n == 1 ? JCS_GRAYSCALE : n == 3 ? JCS_RGB : JCS_CMYK;
  cdf_status status =
      cli_decoding_start(d, (int)jpeg->image_width, (int)jpeg->image_height, channels, coefficient_bytes(jpeg), err);
  if (status != CDF_OK) return status;
  read_orientation(d, jpeg);
  size_t width = jpeg->image_width, line = width * (size_t)channels;
  own->row = n == 4 ? malloc(4 * width) : NULL;
  if (n == 4 && !own->row) return cdf_fail_memory(err, 4 * width);
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *out = d->picture.pixels + line * jpeg->output_scanline;
    JSAMPROW row = own->row ? own->row : out;
    jpeg_read_scanlines(jpeg, &row, 1);
    if (own->row) store_cmyk(out, own->row, width);
  }
  jpeg_finish_decompress(jpeg);
  return CDF_OK;
}

cdf_status cli_decode_jpeg(cli_decoding *d, cdf_error *err) {
  decoder own = {.progress.progress_monitor = count_scans};
  volatile cdf_status status;
  own.jpeg.err = jpeg_std_error(&own.errors);
  own.errors.error_exit = stop, own.errors.emit_message = hear, own.errors.output_message = say_nothing;
  own.jpeg.client_data = &own; /* creating keeps this and err, and clears the rest */
  if (setjmp(own.back)) {
    status = cli_fail_damaged(d, own.why, err);
  } else {
    jpeg_create_decompress(&own.jpeg);
    own.jpeg.progress = &own.progress;
    status = read_all(d, &own, err);
  }
  jpeg_destroy_decompress(&own.jpeg);
  free(own.row);
  return status;
}
