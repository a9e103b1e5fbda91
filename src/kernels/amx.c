/* amx.c: AVX-512 with products of bfloat16 on tiles (Intel SDM vol. 1, ch. 18), summed in float.
 *
 * A tile is 16 rows of 64 bytes: 16 x 32 numbers of a, 16 pairs x 16 columns of b, 16 x 16 sums. Two tiles of rows and
 * two of columns make a block, so that every tile loaded serves twice. Rounding differs from the other tables: of each
 * 32 numbers of the depth the even and the odd ones are summed apart, both from zero, then added to the sum; denormals
 * count as zeros. It still does not depend on where an element lies.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "avx512.h"
#include "tiles.h"

#define SIDE 16  /* rows of a tile, and words of a row */
#define TILE 256 /* words */
#define MOST_PAIRS 512
#define PANEL_TILES (2 * MOST_PAIRS / SIDE)

/* to[16][16] = rows of a, those from `rows` on and words from `words` on zeros. */
static void pack_rows(uint32_t *to, const uint32_t *a, size_t a_row, int rows, int words) {
  __mmask16 there = (__mmask16)((1u << words) - 1);
  for (int i = 0; i < SIDE; i++)
    _mm512_store_si512(to + i * SIDE,
                       i < rows ? _mm512_maskz_loadu_epi32(there, a + i * a_row) : _mm512_setzero_si512());
}

/* to[16][16] = the same of a that lies word by word, one row of it for every word: a transposition. */
static void pack_columns(uint32_t *to, const uint32_t *a, size_t a_col, int rows, int words) {
  __mmask16 there = (__mmask16)((1u << rows) - 1);
  __m512i r[SIDE], s[SIDE];
  for (int i = 0; i < SIDE; i++)
    r[i] = i < words ? _mm512_maskz_loadu_epi32(there, a + i * a_col) : _mm512_setzero_si512();
  for (int i = 0; i < SIDE; i += 2)
    s[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]), s[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  for (int i = 0; i < SIDE; i += 4) {
    r[i] = _mm512_unpacklo_epi64(s[i], s[i + 2]), r[i + 1] = _mm512_unpackhi_epi64(s[i], s[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(s[i + 1], s[i + 3]), r[i + 3] = _mm512_unpackhi_epi64(s[i + 1], s[i + 3]);
  }
  /* r[4 g + c] holds, in its four quarters q, the words 4 g ... 4 g + 3 of row 4 q + c. */
  for (int c = 0; c < 4; c++) {
    __m512i even0 = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x88), odd0 = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xdd);
    __m512i even1 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x88),
            odd1 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xdd);
    _mm512_store_si512(to + c * SIDE, _mm512_shuffle_i32x4(even0, even1, 0x88));
    _mm512_store_si512(to + (4 + c) * SIDE, _mm512_shuffle_i32x4(odd0, odd1, 0x88));
    _mm512_store_si512(to + (8 + c) * SIDE, _mm512_shuffle_i32x4(even0, even1, 0xdd));
    _mm512_store_si512(to + (12 + c) * SIDE, _mm512_shuffle_i32x4(odd0, odd1, 0xdd));
  }
}

/* The tiles of two times 16 rows of a, one after the other down the depth, filled up with zeros. */
static void pack_panel(uint32_t *panel, const uint32_t *a, size_t a_row, size_t a_col, int rows, int pairs) {
  for (int k = 0; k < pairs; k += SIDE)
    for (int i = 0; i < 2 * SIDE; i += SIDE, panel += TILE) {
      int there = cdf_clamp(rows - i, 0, SIDE), words = cdf_min(SIDE, pairs - k);
      const uint32_t *at = a + (size_t)(there ? i : 0) * a_row + (size_t)k * a_col;
      if (a_col == 1)
        pack_rows(panel, at, a_row, there, words);
      else
        pack_columns(panel, at, a_col, there, words);
    }
}

/* The end of b's depth, filled up with zeros: one or two tiles of its columns. */
static void pack_end(uint32_t *end, const uint32_t *b, size_t ldb, int words, int vecs) {
  for (int v = 0; v < vecs; v++)
    for (int k = 0; k < SIDE; k++)
      _mm512_store_si512(end + v * TILE + k * SIDE,
                         k < words ? _mm512_loadu_si512(b + (size_t)k * ldb + v * SIDE) : _mm512_setzero_si512());
}

/* One step down the depth: sums 0 to 3 += a's tiles x b's tiles; with one column of tiles sums 1 and 3 stay out. */
#define STEP(a, b0, b1, b_bytes)       \
  do {                                 \
    _tile_loadd(4, (a), 64);           \
    _tile_loadd(6, (b0), (b_bytes));   \
    _tile_dpbf16ps(0, 4, 6);           \
    _tile_loadd(5, (a) + TILE, 64);    \
    _tile_dpbf16ps(2, 5, 6);           \
    if (vecs > 1) {                    \
      _tile_loadd(7, (b1), (b_bytes)); \
      _tile_dpbf16ps(1, 4, 7);         \
      _tile_dpbf16ps(3, 5, 7);         \
    }                                  \
  } while (0)

/* c[32][vecs * 16] of a panel; c is whole, its rows c_bytes apart. */
static inline __attribute__((always_inline)) void block(float *c, size_t c_bytes, const uint32_t *panel,
                                                        const uint32_t *b, size_t ldb, int pairs, bool accumulate,
                                                        const int vecs) {
  float *low = (float *)(void *)((char *)c + SIDE * c_bytes);
  CDF_STORED();
  if (accumulate) {
    _tile_loadd(0, c, c_bytes);
    _tile_loadd(2, low, c_bytes);
    if (vecs > 1) _tile_loadd(1, c + SIDE, c_bytes);
    if (vecs > 1) _tile_loadd(3, low + SIDE, c_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  int k = 0;
  for (; k + SIDE <= pairs; k += SIDE, panel += 2 * TILE, b += SIDE * ldb) STEP(panel, b, b + SIDE, ldb * 4);
  if (k < pairs) {
    _Alignas(64) uint32_t end[2 * TILE];
    pack_end(end, b, ldb, pairs - k, vecs);
    CDF_STORED();
    STEP(panel, end, end + TILE, 64);
  }
  _tile_stored(0, c, c_bytes);
  _tile_stored(2, low, c_bytes);
  if (vecs > 1) _tile_stored(1, c + SIDE, c_bytes);
  if (vecs > 1) _tile_stored(3, low + SIDE, c_bytes);
  CDF_STORED();
}

/* Rows of c that no whole block holds take a way round over memory of their own. */
static void ragged_block(float *c, size_t ldc, const uint32_t *panel, const uint32_t *b, size_t ldb, int pairs,
                         bool accumulate, int rows, int vecs) {
  _Alignas(64) float whole[2 * SIDE * 2 * SIDE] = {0};
  size_t columns = (size_t)vecs * SIDE;
  for (int i = 0; i < rows && accumulate; i++)
    memcpy(whole + (size_t)i * 2 * SIDE, c + (size_t)i * ldc, columns * sizeof(float));
  if (vecs > 1)
    block(whole, sizeof(float[2 * SIDE]), panel, b, ldb, pairs, accumulate, 2);
  else
    block(whole, sizeof(float[2 * SIDE]), panel, b, ldb, pairs, accumulate, 1);
  for (int i = 0; i < rows; i++) memcpy(c + (size_t)i * ldc, whole + (size_t)i * 2 * SIDE, columns * sizeof(float));
}

/* All of c for a depth that a panel holds. */
static void product(float *c, size_t ldc, const uint32_t *a, size_t a_row, size_t a_col, const uint32_t *b, size_t ldb,
                    int m, int n, int pairs, bool accumulate) {
  _Alignas(64) uint32_t panel[PANEL_TILES * TILE];
  for (int i = 0; i < m; i += 2 * SIDE) {
    int rows = cdf_min(2 * SIDE, m - i);
    pack_panel(panel, a + (size_t)i * a_row, a_row, a_col, rows, pairs);
    float *to = c + (size_t)i * ldc;
    for (int j = 0; j < n; j += 2 * SIDE) {
      int vecs = n - j > SIDE ? 2 : 1;
      if (rows < 2 * SIDE)
        ragged_block(to + j, ldc, panel, b + j, ldb, pairs, accumulate, rows, vecs);
      else if (vecs > 1)
        block(to + j, ldc * sizeof(float), panel, b + j, ldb, pairs, accumulate, 2);
      else
        block(to + j, ldc * sizeof(float), panel, b + j, ldb, pairs, accumulate, 1);
    }
  }
}

static void gemm_bf16(float *c, size_t ldc, const uint32_t *a, size_t a_row, size_t a_col, const uint32_t *b,
                      size_t ldb, int m, int n, int depth_pairs, bool accumulate) {
  cdf_tiles_begin();
  int k = 0;
  do {
    int pairs = cdf_min(MOST_PAIRS, depth_pairs - k);
    product(c, ldc, a + (size_t)k * a_col, a_row, a_col, b + (size_t)k * ldb, ldb, m, n, pairs, accumulate || k > 0);
    k += pairs;
  } while (k < depth_pairs);
  _tile_release();
}

extern const cdf_kernels cdf_kernels_amx;
const cdf_kernels cdf_kernels_amx = {
    .name = "amx",
    CDF_AVX512_BF16,
    .gemm_bf16 = gemm_bf16,
};
#else
typedef int cdf_not_x86; /* a translation unit must not be empty */
#endif
