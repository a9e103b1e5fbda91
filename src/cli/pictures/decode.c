#include "decode.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is it? ---- */

typedef struct signature {
  int at;
  const char *bytes;
  size_t n;
  cli_format format;
  const char *name;
} signature;

static const signature signatures[] = {{0, "\x89PNG\r\n\x1a\n", 8, CLI_PNG, "PNG"},
                                       {0, "\xff\xd8\xff", 3, CLI_JPEG, "JPEG"},
                                       {8, "WEBPVP8", 7, CLI_WEBP, "WebP"},
                                       {0, "GIF8", 4, CLI_OTHER, "GIF"},
                                       {4, "ftypavif", 8, CLI_OTHER, "AVIF"},
                                       {4, "ftypavis", 8, CLI_OTHER, "AVIF"},
                                       {4, "ftyphei", 7, CLI_OTHER, "HEIC"},
                                       {4, "ftyphev", 7, CLI_OTHER, "HEIC"},
                                       {4, "ftypmif1", 8, CLI_OTHER, "HEIC"},
                                       {4, "ftypmsf1", 8, CLI_OTHER, "HEIC"},
                                       {0, "II*\0", 4, CLI_OTHER, "TIFF"},
                                       {0, "MM\0*", 4, CLI_OTHER, "TIFF"},
                                       {0, "BM", 2, CLI_OTHER, "BMP"},
                                       {0, "\xff\x0a", 2, CLI_OTHER, "JPEG XL"},
                                       {4, "JXL \r\n\x87\n", 8, CLI_OTHER, "JPEG XL"},
                                       {0, "8BPS", 4, CLI_OTHER, "Photoshop"},
                                       {0, "\x1f\x8b", 2, CLI_OTHER, "gzip"},
                                       {0, "%PDF", 4, CLI_OTHER, "PDF"}};

/* Text, an empty file and whatever else there may be. */
static const char *other_name(const unsigned char *bytes, size_t n_bytes) {
  for (size_t i = 0; i < n_bytes; i++)
    if (bytes[i] < 0x20 && !strchr("\t\r\n", bytes[i])) return "";
  return n_bytes > 0 ? "text" : "empty";
}

cli_format cli_format_of(const unsigned char *bytes, size_t n_bytes, const char **name) {
  const char *unused;
  if (!name) name = &unused;
  for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
    const signature *s = &signatures[i];
    if (n_bytes < (size_t)s->at + s->n || memcmp(bytes + s->at, s->bytes, s->n) != 0) continue;
    *name = s->name;
    return s->format;
  }
  *name = other_name(bytes, n_bytes < CLI_FORMAT_BYTES ? n_bytes : CLI_FORMAT_BYTES);
  return CLI_OTHER;
}

/* ---- orientation ---- */

/* Turn and mirror as EXIF says: 5 to 8 have rows for columns. */
static cdf_status turn(cli_picture *p, int orientation, cdf_error *err) {
  if (orientation < 2) return CDF_OK;
  bool swap = orientation >= 5, mirror = strchr("\2\3\7\x8", orientation), flip = strchr("\3\4\6\7", orientation);
  int width = swap ? p->height : p->width, height = swap ? p->width : p->height;
  size_t n = (size_t)width * (size_t)height * (size_t)p->channels;
  uint8_t *turned = malloc(n), *out = turned;
  if (!turned) return cdf_fail_memory(err, n);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, out += p->channels) {
      int i = swap ? y : x, j = swap ? x : y;
      if (mirror) i = p->width - 1 - i;
      if (flip) j = p->height - 1 - j;
      memcpy(out, p->pixels + ((size_t)j * (size_t)p->width + (size_t)i) * (size_t)p->channels, (size_t)p->channels);
    }
  free(p->pixels);
  *p = (cli_picture){turned, width, height, p->channels};
  return CDF_OK;
}

cdf_status cli_decode_within(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, size_t max_bytes,
                             cdf_error *err) {
  cli_decoding d = {.bytes = bytes, .n_bytes = n_bytes, .max_bytes = max_bytes};
  cli_format format = cli_format_of(bytes, n_bytes, &d.format);
  cdf_status status = format == CLI_PNG    ? cli_decode_png(&d, err)
                      : format == CLI_JPEG ? cli_decode_jpeg(&d, err)
                      : format == CLI_WEBP ? cli_decode_webp(&d, err)
                                           : cdf_fail(err, CDF_BAD_INPUT, "not a PNG, JPEG or WebP picture (%s)",
                                                      *d.format ? d.format : "of no kind that is known");
  if (status == CDF_OK) status = turn(&d.picture, d.orientation, err);
  if (status != CDF_OK) {
    free(d.picture.pixels);
    d.picture = (cli_picture){0};
  }
  *picture = d.picture;
  return status;
}

cdf_status cli_decode(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, cdf_error *err) {
  return cli_decode_within(picture, bytes, n_bytes, CLI_DECODE_BYTES, err);
}
