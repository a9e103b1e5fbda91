/* Tests of png.c: what it writes is read back by stb_image, an independent reader. */
#include "file/png.h"

#include <stdlib.h>

#include "test.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* stays on: gcc looks for these only at the end of the file */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

#define IHDR_END 33 /* signature 8, chunk 12, data 13 */

static unsigned char *picture(int width, int height, int channels) {
  size_t n = (size_t)width * (size_t)height * (size_t)channels;
  unsigned char *pixels = malloc(n);
  uint32_t x = 12345;
  for (size_t i = 0; i < n; i++) {
    x = x * 1664525u + 1013904223u;
    pixels[i] = (unsigned char)(i % 3 ? x >> 24 : i / 7); /* half noise, half slope */
  }
  return pixels;
}

static unsigned char *encode_small(size_t *n, const char *text) {
  unsigned char *pixels = picture(5, 3, 3), *bytes;
  cdf_error err = {0};
  CHECK(cdf_png_encode(&bytes, n, pixels, 5, 3, 3, text, &err) == CDF_OK);
  CHECK_TEXT(err.text, "");
  free(pixels);
  return bytes;
}

/* Bytes in a block of exactly n, so that the address sanitizer sees one byte too far. */
static int refused(const unsigned char *bytes, size_t n, const char *part) {
  unsigned char *copy = malloc(n ? n : 1);
  if (n) memcpy(copy, bytes, n);
  char *text = (char *)copy;
  cdf_error err = {0};
  cdf_status status = cdf_png_parameters(&text, copy, n, &err);
  int good =
      status == CDF_BAD_INPUT && err.code == status && text == NULL && strlen(err.text) > 20 && strstr(err.text, part);
  if (!good) printf("  status %d, \"%s\", expected \"%s\"\n", status, err.text, part);
  free(copy);
  return good;
}

TEST(decodes_to_the_same_pixels) {
  const int sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {17, 31}, {64, 64}, {255, 3}, {300, 200}};
  const int channels[] = {1, 3, 4};
  for (int s = 0; s < 8; s++)
    for (int k = 0; k < 3; k++) {
      int width = sizes[s][0], height = sizes[s][1], w = 0, h = 0, n_channels = 0;
      unsigned char *pixels = picture(width, height, channels[k]), *bytes;
      size_t n;
      cdf_error err = {0};
      CHECK(cdf_png_encode(&bytes, &n, pixels, width, height, channels[k], k == 1 ? NULL : "seed 1", &err) == CDF_OK);
      unsigned char *decoded = stbi_load_from_memory(bytes, (int)n, &w, &h, &n_channels, 0);
      CHECK(decoded && w == width && h == height && n_channels == channels[k]);
      if (decoded) CHECK(memcmp(decoded, pixels, (size_t)width * (size_t)height * (size_t)channels[k]) == 0);
      stbi_image_free(decoded);
      free(bytes);
      free(pixels);
    }
}

TEST(flat_pictures_are_small) {
  unsigned char *pixels = calloc(1, 1000 * 1000), *bytes;
  size_t n;
  CHECK(cdf_png_encode(&bytes, &n, pixels, 1000, 1000, 1, NULL, NULL) == CDF_OK && n < 20000);
  free(bytes);
  free(pixels);
}

TEST(parameters_round_trip) {
  char *long_text = malloc(100001);
  memset(long_text, 'x', 100000);
  long_text[100000] = '\0';
  const char *const cases[][2] = {{"seed=7 steps=32", "seed=7 steps=32"},
                                  {"", ""},
                                  {"two\nlines\tand a tab", "two\nlines\tand a tab"},
                                  {"gr\xC3\xBC\xC3\x9F \x1B[31m \x7F", "gr???? ?[31m ?"},
                                  {long_text, long_text}};
  for (int i = 0; i < 5; i++) {
    size_t n;
    unsigned char *bytes = encode_small(&n, cases[i][0]);
    char *text = NULL;
    CHECK(cdf_png_parameters(&text, bytes, n, NULL) == CDF_OK);
    CHECK(text && strcmp(text, cases[i][1]) == 0);
    free(text);
    free(bytes);
  }
  free(long_text);
}

/* Decoders stop at IEND, and so do we; of two chunks the first one counts. */
TEST(what_follows_is_ignored) {
  size_t n;
  unsigned char *bytes = encode_small(&n, "first"), *longer = calloc(1, 2 * n);
  const size_t n_chunk = 12 + 11 + 5, n_head = IHDR_END + n_chunk;
  memcpy(longer, bytes, n_head);
  memcpy(longer + n_head, bytes + IHDR_END, n - IHDR_END); /* the text chunk twice, then the rest, then zeros */
  char *text = NULL;
  CHECK(cdf_png_parameters(&text, longer, 2 * n, NULL) == CDF_OK && text && strcmp(text, "first") == 0);
  free(text);
  free(longer);
  free(bytes);
}

TEST(no_parameters) {
  size_t n;
  unsigned char *bytes = encode_small(&n, NULL);
  char other = 'x', *text = &other;
  CHECK(cdf_png_parameters(&text, bytes, n, NULL) == CDF_OK && text == NULL);
  free(bytes);
}

TEST(chunk_is_right_after_ihdr) {
  size_t n;
  unsigned char *bytes = encode_small(&n, "abc");
  static const unsigned char want[] = {0,   0,   0,   14,  't', 'E', 'X', 't', 'p', 'a', 'r',
                                       'a', 'm', 'e', 't', 'e', 'r', 's', 0,   'a', 'b', 'c'};
  CHECK(n > IHDR_END + sizeof want && memcmp(bytes + IHDR_END, want, sizeof want) == 0);
  CHECK(memcmp(bytes + IHDR_END + sizeof want + 8, "IDAT", 4) == 0);
  free(bytes);
}

static int encode_refused(int width, int height, int channels, const char *text, const char *part) {
  const unsigned char pixel[4] = {0};
  unsigned char *bytes;
  size_t n;
  cdf_error err = {0};
  cdf_status status = cdf_png_encode(&bytes, &n, pixel, width, height, channels, text, &err);
  int good = status == CDF_USAGE && bytes == NULL && n == 0 && strstr(err.text, part);
  if (!good) printf("  status %d, \"%s\", expected \"%s\"\n", status, err.text, part);
  free(bytes);
  return good;
}

TEST(sizes_are_checked) {
  CHECK(encode_refused(0, 1, 3, NULL, "0 x 1"));
  CHECK(encode_refused(1, 0, 3, NULL, "1 x 0"));
  CHECK(encode_refused(-5, 1, 3, NULL, "-5 x 1"));
  CHECK(encode_refused(16385, 1, 3, NULL, "sides from 1 to 16384"));
  CHECK(encode_refused(1, 2147483647, 3, NULL, "sides from 1 to 16384"));
  CHECK(encode_refused(1, 1, 0, NULL, "0 channels"));
  CHECK(encode_refused(1, 1, 2, NULL, "2 channels"));
  CHECK(encode_refused(1, 1, 5, NULL, "5 channels"));
  const size_t n = (1 << 20) + 1;
  char *text = malloc(n + 1);
  memset(text, 'x', n);
  text[n] = '\0';
  CHECK(encode_refused(1, 1, 3, text, "1048577 bytes"));
  free(text);
}

TEST(every_prefix_is_refused) {
  size_t n;
  unsigned char *bytes = encode_small(&n, "seed 1");
  for (size_t k = 0; k < n; k++) CHECK(refused(bytes, k, k < 8 ? "no PNG" : "damaged"));
  CHECK(refused(NULL, 0, "no PNG"));
  free(bytes);
}

/* The CRC covers type and data, so no damaged byte may go unnoticed. */
TEST(every_damaged_byte_is_refused) {
  size_t n;
  unsigned char *bytes = encode_small(&n, "seed 1");
  for (size_t k = 0; k < n; k++)
    for (int bit = 0; bit < 8; bit++) {
      bytes[k] ^= (unsigned char)(1 << bit);
      CHECK(refused(bytes, n, k < 8 ? "no PNG" : "damaged at byte"));
      bytes[k] ^= (unsigned char)(1 << bit);
    }
  memset(bytes + IHDR_END, 0xFF, 4); /* the length of a chunk */
  CHECK(refused(bytes, n, "longer than the rest"));
  free(bytes);
}

TEST(first_chunk_must_be_ihdr) {
  size_t n;
  unsigned char *bytes = encode_small(&n, "seed 1");
  memmove(bytes + 8, bytes + IHDR_END, n - IHDR_END);
  CHECK(refused(bytes, n - (IHDR_END - 8), "no IHDR"));
  free(bytes);
}

/* `test_png --seeds DIR` writes files for fuzz/checkpoint.c to start from, and for pngcheck to look at. */
static int write_seeds(const char *folder) {
  int good = 1;
  for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
    char path[512];
    unsigned char *pixels = picture(9, 5, channels), *bytes;
    size_t n;
    snprintf(path, sizeof path, "%s/picture%d.png", folder, channels);
    FILE *out = fopen(path, "wb");
    good = good && out && cdf_png_encode(&bytes, &n, pixels, 9, 5, channels, "seed 1\nsteps 2", NULL) == CDF_OK;
    good = good && fwrite(bytes, 1, n, out) == n;
    if (good) free(bytes);
    if (out) fclose(out);
    free(pixels);
  }
  return good;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0) return !write_seeds(argv[2]);
  RUN(decodes_to_the_same_pixels);
  RUN(flat_pictures_are_small);
  RUN(parameters_round_trip);
  RUN(what_follows_is_ignored);
  RUN(no_parameters);
  RUN(chunk_is_right_after_ihdr);
  RUN(sizes_are_checked);
  RUN(every_prefix_is_refused);
  RUN(every_damaged_byte_is_refused);
  RUN(first_chunk_must_be_ihdr);
  return test_report();
}
