#include <string.h>

#include "formats.h"

#define ORIENTATION 0x0112
#define ENTRY_BYTES 12
#define TYPE_SHORT 3

typedef struct tiff {
  const unsigned char *bytes;
  size_t n_bytes;
  bool big_endian;
} tiff;

/* An unsigned number of 2 or 4 bytes; 0 beyond the end. */
static uint32_t number(const tiff *t, size_t at, size_t n) {
  if (at > t->n_bytes || n > t->n_bytes - at) return 0;
  uint32_t value = 0;
  for (size_t i = 0; i < n; i++) value = value << 8 | t->bytes[at + (t->big_endian ? i : n - 1 - i)];
  return value;
}

int cli_exif_orientation(const unsigned char *exif, size_t n_bytes) {
  tiff t = {.bytes = exif, .n_bytes = n_bytes};
  if (n_bytes >= 6 && !memcmp(exif, "Exif\0\0", 6)) t.bytes += 6, t.n_bytes -= 6;
  if (t.n_bytes < 8 || (memcmp(t.bytes, "MM\0*", 4) != 0 && memcmp(t.bytes, "II*\0", 4) != 0)) return 0;
  t.big_endian = t.bytes[0] == 'M';
  size_t at = number(&t, 4, 4);
  for (uint32_t left = number(&t, at, 2); left > 0; left--, at += ENTRY_BYTES) {
    if (at + 2 + ENTRY_BYTES > t.n_bytes) return 0;
    if (number(&t, at + 2, 2) != ORIENTATION) continue;
    uint32_t value = number(&t, at + 10, 2);
    return number(&t, at + 4, 2) == TYPE_SHORT && value >= 1 && value <= 8 ? (int)value : 0;
  }
  return 0;
}
