/* tiles.h: AMX's eight tiles, all of 16 rows of 64 bytes. Every thread sets them up before a product and releases them
 * after it; a process has asked for permission first (dispatch.c).
 */
#ifndef CDF_TILES_H
#define CDF_TILES_H

#include <immintrin.h>
#include <stdint.h>

/* gcc 12 does not know that tiles are read from memory: without this it drops or delays what was stored there. */
#define CDF_STORED() __asm__ volatile("" : : : "memory")

__attribute__((target("amx-tile"))) static inline void cdf_tiles_begin(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (int i = 0; i < 8; i++) config.row_bytes[i] = 64, config.rows[i] = 16;
  CDF_STORED();
  _tile_loadconfig(&config);
  CDF_STORED();
}

#endif
