/* Tests of src/cli/pictures: what a picture of every kind becomes, and that a damaged one is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "../src/cli/pictures/decode.h"
#include "../src/cli/pictures/formats.h"
#include "test.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h> /* a system header: compilers keep their warnings about it to themselves */

#define WIDTH 16
#define HEIGHT 8
#define MAX_BYTES 8192

enum { PNG, JPEG, WEBP, N_FORMATS };

typedef struct file {
  unsigned char bytes[MAX_BYTES];
  size_t n;
} file;

static void append(file *f, const void *bytes, size_t n) {
  CHECK(f->n + n <= MAX_BYTES);
  memcpy(f->bytes + f->n, bytes, n);
  f->n += n;
}

static void append_u32(file *f, uint32_t v, bool big_endian) {
  for (int i = 0; i < 4; i++) {
    unsigned char byte = (unsigned char)(v >> 8 * (big_endian ? 3 - i : i));
    append(f, &byte, 1);
  }
}

/* The picture of all tests: the left half black, the right white, the lowest two rows grey. */
static uint8_t level(int x, int y) { return y >= HEIGHT - 2 ? 128 : x < WIDTH / 2 ? 0 : 255; }

static void fill(uint8_t *rgb) {
  for (int i = 0; i < WIDTH * HEIGHT; i++) memset(rgb + 3 * i, level(i % WIDTH, i / WIDTH), 3);
}

/* ---- files by hand: the pixels of an encoder, and an EXIF block where the format wants it ---- */

static size_t make_exif(unsigned char *out, int orientation, bool big_endian) {
  static const unsigned char little[] = {'I', 'I', '*', 0,    8, 0, 0, 0, 2, 0, 0x0f, 1, 2, 0, 1, 0, 0, 0, 0,
                                         0,   0,   0,   0x12, 1, 3, 0, 1, 0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0};
  static const unsigned char big[] = {'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                      3,   0,   0, 0,   1, 0, 0, 0, 0, 0, 0, 0,    0};
  size_t n = big_endian ? sizeof big : sizeof little;
  memcpy(out, big_endian ? big : little, n);
  out[big_endian ? 19 : 30] = (unsigned char)orientation;
  return n;
}

static void write_to(void *context, void *bytes, int n) { append(context, bytes, (size_t)n); }

static void make_png(file *f, const uint8_t *rgb, const unsigned char *exif, size_t n_exif) {
  file plain = {.n = 0};
  CHECK(stbi_write_png_to_func(write_to, &plain, WIDTH, HEIGHT, 3, rgb, 3 * WIDTH));
  append(f, plain.bytes, 33); /* the signature and IHDR */
  if (exif) {
    append_u32(f, (uint32_t)n_exif, true);
    append(f, "eXIf", 4);
    append(f, exif, n_exif);
    append_u32(f, (uint32_t)crc32(crc32(0, (const unsigned char *)"eXIf", 4), exif, (unsigned)n_exif), true);
  }
  append(f, plain.bytes + 33, plain.n - 33);
}

static void make_jpeg(file *f, const uint8_t *rgb, const unsigned char *exif, size_t n_exif) {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *out = NULL, marker[128] = "Exif\0";
  unsigned long n = 0;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &out, &n);
  jpeg.image_width = WIDTH, jpeg.image_height = HEIGHT, jpeg.input_components = 3, jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  if (exif) memcpy(marker + 6, exif, n_exif);
  if (exif) jpeg_write_marker(&jpeg, JPEG_APP0 + 1, marker, (unsigned)n_exif + 6);
  for (int y = 0; y < HEIGHT; y++) {
    JSAMPROW row = (JSAMPROW)(uintptr_t)(rgb + 3 * WIDTH * y);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  append(f, out, n);
  free(out);
}

static void make_webp(file *f, const uint8_t *rgb, const unsigned char *exif, size_t n_exif) {
  uint8_t *out = NULL;
  size_t n = WebPEncodeLosslessRGB(rgb, WIDTH, HEIGHT, 3 * WIDTH, &out);
  CHECK(n > 12);
  const unsigned char extended[10] = {exif ? 8 : 0, 0, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0};
  append(f, "RIFF", 4);
  append_u32(f, (uint32_t)(n - 8 + 18 + (exif ? 8 + n_exif : 0)), false);
  append(f, "WEBPVP8X\n\0\0", 12);
  append(f, extended, 10);
  append(f, out + 12, n - 12);
  if (exif) {
    append(f, "EXIF", 4);
    append_u32(f, (uint32_t)n_exif, false);
    append(f, exif, n_exif);
  }
  WebPFree(out);
}

/* orientation 0: no EXIF block */
static file make(int format, int orientation, bool big_endian) {
  uint8_t rgb[3 * WIDTH * HEIGHT];
  unsigned char exif[64];
  file f = {.n = 0};
  size_t n = make_exif(exif, orientation, big_endian);
  fill(rgb);
  (format == PNG ? make_png : format == JPEG ? make_jpeg : make_webp)(&f, rgb, orientation > 0 ? exif : NULL, n);
  return f;
}

/* ---- what is read ---- */

static bool is_close(const cli_picture *p, int x, int y, int wanted) {
  int found = p->pixels[((size_t)y * (size_t)p->width + (size_t)x) * (size_t)p->channels + 1];
  return found - wanted <= 2 && wanted - found <= 2;
}

TEST(every_format_is_read) {
  for (int format = 0; format < N_FORMATS; format++) {
    file f = make(format, 0, false);
    cli_picture p;
    cdf_error err = {0};
    CHECK(cli_decode(&p, f.bytes, f.n, &err) == CDF_OK);
    CHECK_TEXT(err.text, "");
    CHECK(p.width == WIDTH && p.height == HEIGHT && p.channels == 3);
    for (int y = 0; y < HEIGHT && p.pixels; y++)
      for (int x = 0; x < WIDTH; x++) CHECK(is_close(&p, x, y, level(x, y)));
    free(p.pixels);
  }
}

/* Where the corner that is at (x, y) of the stored picture has to be seen, by the table of the EXIF standard. */
TEST(every_orientation_is_obeyed) {
  for (int format = 0; format < N_FORMATS; format++)
    for (int o = 1; o <= 8; o++)
      for (int big_endian = 0; big_endian < 2; big_endian++) {
        file f = make(format, o, big_endian);
        cli_picture p;
        CHECK(cli_decode(&p, f.bytes, f.n, NULL) == CDF_OK);
        CHECK(p.width == (o < 5 ? WIDTH : HEIGHT) && p.height == (o < 5 ? HEIGHT : WIDTH));
        /* Row 0 of the file is shown at the top, top, bottom, bottom, left, right, right, left; column 0 at the left,
         * right, right, left, top, top, bottom, bottom. The grey rows are opposite to row 0. */
        static const char row0[] = "ttbblrrl", column0[] = "lrrlttbb";
        int right = p.width - 1, bottom = p.height - 1;
        char top = row0[o - 1], left = column0[o - 1];
        int grey_x = top == 'l' ? right : top == 'r' ? 0 : right / 2;
        int grey_y = top == 't' ? bottom : top == 'b' ? 0 : bottom / 2;
        CHECK(is_close(&p, grey_x, grey_y, 128));
        int black_x = left == 'l' || top == 'l' ? 1 : right - 1, black_y = left == 't' || top == 't' ? 1 : bottom - 1;
        CHECK(is_close(&p, black_x, black_y, 0));
        free(p.pixels);
      }
}

TEST(orientations_that_are_none) {
  unsigned char exif[64];
  size_t n = make_exif(exif, 6, false);
  CHECK(cli_exif_orientation(exif, n) == 6);
  for (size_t cut = 0; cut < n; cut++) {
    unsigned char *exact = malloc(cut + 1); /* the sanitizer sees what is read beyond it */
    memcpy(exact, exif, cut);
    int o = cli_exif_orientation(exact, cut);
    CHECK(o == (cut < 34 ? 0 : 6));
    free(exact);
  }
  for (int bad = 0; bad < 256; bad += bad == 0 ? 9 : 13) {
    make_exif(exif, bad, false);
    CHECK(cli_exif_orientation(exif, n) == 0);
  }
  make_exif(exif, 6, false);
  memcpy(exif + 4, "\xff\xff\xff\xff", 4); /* the directory lies beyond the end */
  CHECK(cli_exif_orientation(exif, n) == 0);
  make_exif(exif, 6, false);
  exif[24] = 4; /* another type */
  CHECK(cli_exif_orientation(exif, n) == 0);
}

/* ---- what is refused ---- */

static bool refused(const unsigned char *bytes, size_t n, const char *part) {
  cli_picture p = {.pixels = (uint8_t *)1};
  cdf_error err = {0};
  cdf_status status = cli_decode(&p, bytes, n, &err);
  bool ok = status == CDF_BAD_INPUT && !p.pixels && strstr(err.text, part);
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  return ok;
}

TEST(every_cut_picture_is_refused) {
  static const char *const names[] = {"a damaged PNG picture", "a damaged JPEG picture", "a damaged WebP picture"};
  static const size_t head[] = {8, 3, 15}; /* with less it is not recognised */
  for (int format = 0; format < N_FORMATS; format++)
    for (int o = 0; o < 2; o++) {
      file f = make(format, o, false);
      for (size_t n = 0; n < f.n; n++) {
        unsigned char *exact = malloc(n + 1);
        memcpy(exact, f.bytes, n);
        CHECK(refused(exact, n, n < head[format] ? "not a PNG, JPEG or WebP picture" : names[format]));
        free(exact);
      }
    }
}

/* Checksums find every flip in a PNG; in the others a flip may only change the picture. Nothing may crash. */
TEST(every_flipped_bit_is_survived) {
  for (int format = 0; format < N_FORMATS; format++) {
    file f = make(format, 6, false);
    for (size_t bit = 0; bit < 8 * f.n; bit++) {
      f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
      cli_picture p;
      cdf_status status = cli_decode(&p, f.bytes, f.n, NULL);
      CHECK(status == CDF_BAD_INPUT || (status == CDF_OK && format != PNG));
      free(p.pixels);
      f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
  }
}

/* The sizes in a header are refused before anything of that size is asked for or looked for. */
TEST(large_headers_are_refused) {
  file f = make(PNG, 0, false);
  memcpy(f.bytes + 16, "\0\0\xff\xff\0\0\xff\xff", 8);
  uint32_t sum = (uint32_t)crc32(0, f.bytes + 12, 17);
  for (int i = 0; i < 4; i++) f.bytes[29 + i] = (unsigned char)(sum >> (24 - 8 * i));
  CHECK(refused(f.bytes, f.n, "a PNG picture of 65535x65535 that would take 12287 MB of memory, but the limit is 480"));

  f = make(JPEG, 0, false);
  for (size_t i = 0; i + 9 < f.n; i++)
    if (f.bytes[i] == 0xff && f.bytes[i + 1] == 0xc0) memcpy(f.bytes + i + 5, "\xff\0\xff\0", 4);
  CHECK(refused(f.bytes, f.n, "a JPEG picture of 65280x65280 that would take"));

  f = make(WEBP, 0, false); /* 14 bits of width - 1 and height - 1, behind the signature 0x2f; and in VP8X */
  memcpy(f.bytes + 24, "\xff\x3f\0\xff\x3f\0", 6);
  memcpy(f.bytes + 39, "\xff\xff\xff\x0f", 4);
  CHECK(refused(f.bytes, f.n, "a WebP picture of 16384x16384 that would take"));
}

TEST(limits_can_be_smaller) {
  file f = make(PNG, 0, false);
  cli_picture p;
  cdf_error err = {0};
  size_t need = f.n + 3 * WIDTH * HEIGHT;
  CHECK(cli_decode_within(&p, f.bytes, f.n, need, &err) == CDF_OK);
  free(p.pixels);
  CHECK(cli_decode_within(&p, f.bytes, f.n, need - 1, &err) == CDF_BAD_INPUT && !p.pixels);
  CHECK_TEXT(err.text, "a PNG picture of 16x8 that would take");
}

TEST(other_kinds_are_named) {
  static const struct {
    const char *bytes;
    size_t n;
    const char *name;
  } kinds[] = {{"GIF89a......", 12, "GIF"},
               {"\0\0\0 ftypavif", 12, "AVIF"},
               {"\0\0\0 ftypheic", 12, "HEIC"},
               {"II*\0\x08\0\0\0", 8, "TIFF"},
               {"BM......", 8, "BMP"},
               {"\x1f\x8b\x08\0", 4, "gzip"},
               {"A text.\r\n", 9, "text"},
               {"", 0, "empty"},
               {"\1\2\3\4", 4, "of no kind that is known"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    char words[80];
    snprintf(words, sizeof words, "not a PNG, JPEG or WebP picture (%s)", kinds[i].name);
    CHECK(refused((const unsigned char *)kinds[i].bytes, kinds[i].n, words));
  }
}

int main(void) {
  RUN(every_format_is_read);
  RUN(every_orientation_is_obeyed);
  RUN(orientations_that_are_none);
  RUN(every_cut_picture_is_refused);
  RUN(every_flipped_bit_is_survived);
  RUN(large_headers_are_refused);
  RUN(limits_can_be_smaller);
  RUN(other_kinds_are_named);
  return test_report();
}
