#include "decode.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#endif
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_GIF
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 65536
/* stb_image declares this one but defines it under the other name, which GCC reports even inside the pragma. */
#define stbi_set_unpremultiply_on_load_thread stbi_set_unpremultiply_on_load
#include <stb/stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* stb_image checks neither checksums (PNG) nor the end (JPEG), and would hand out damaged pictures. These two do. */
static bool is_whole_png(const unsigned char *bytes, size_t n_bytes) {
  size_t at = 8;
  while (n_bytes >= 12 && at <= n_bytes - 12) {
    const unsigned char *p = bytes + at;
    size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (length > n_bytes - at - 12) return false;
    const unsigned char *crc = p + 8 + length;
    uLong wanted = (uLong)crc[0] << 24 | (uLong)crc[1] << 16 | (uLong)crc[2] << 8 | crc[3];
    if (crc32(0, p + 4, (uInt)length + 4) != wanted) return false;
    if (!memcmp(p + 4, "IEND", 4)) return true;
    at += 12 + length;
  }
  return false;
}

static bool is_whole_jpeg(const unsigned char *bytes, size_t n_bytes) {
  for (size_t i = n_bytes - 1; i > 0; i--) {
    if (bytes[i - 1] != 0xff) continue;
    if (bytes[i] == 0xd9) return true;  /* end of image ... */
    if (bytes[i] == 0xda) return false; /* ... after the last start of scan */
  }
  return false;
}

cdf_status cli_decode(cli_picture *picture, const unsigned char *bytes, size_t n_bytes, cdf_error *err) {
  *picture = (cli_picture){0};
  const char *cause = "too large a file";
  if (n_bytes <= INT_MAX) {
    bool is_png = n_bytes > 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8);
    bool is_jpeg = n_bytes > 2 && bytes[0] == 0xff && bytes[1] == 0xd8;
    if ((is_png && !is_whole_png(bytes, n_bytes)) || (is_jpeg && !is_whole_jpeg(bytes, n_bytes))) {
      cause = "damaged or cut short";
    } else {
      picture->pixels =
          stbi_load_from_memory(bytes, (int)n_bytes, &picture->width, &picture->height, &picture->channels, 0);
      cause = stbi_failure_reason();
    }
  }
  if (picture->pixels) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT, "not a readable PNG or JPEG picture (%.40s)", cause ? cause : "unknown");
}
