#include "png.h"

#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* stays on: gcc looks for these only at the end of the file */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#define MAX_SIDE 16384
#define MAX_TEXT_BYTES (1 << 20)
#define SIGNATURE_BYTES 8
#define CHUNK_BYTES 12 /* of a chunk without its data: length, type, CRC */
#define IHDR_BYTES 13

/* Text in the file is KEYWORD, then NUL, then what the caller gave. */
static const char keyword[] = "parameters";

static const unsigned char signature[SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static uint32_t load32(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void store32(unsigned char *p, uint32_t x) {
  for (int i = 0; i < 4; i++) p[i] = (unsigned char)(x >> (24 - 8 * i));
}

/* The CRC-32 of PNG (ISO 3309), four bits at a time. */
static uint32_t crc32(const unsigned char *bytes, size_t n) {
  static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                     0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                     0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < n; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* tEXt is Latin-1; we keep to the part of it that every reader and terminal shows alike. */
static char plain(char c) { return (c >= 0x20 && c <= 0x7E) || c == '\n' || c == '\t' ? c : '?'; }

/* Could stb get all it may ask for? It asserts, or writes to NULL, when memory runs out halfway. */
static bool memory_for_stb(uint64_t raw_bytes, size_t *worst) {
  uint64_t filtered = raw_bytes, deflated = 2; /* a fixed Huffman code takes at most 9 bits a byte */
  while (deflated < filtered / 8 * 9 + 64) deflated = 2 * deflated + 1;
  uint64_t hashes = 16384 * (sizeof(void *) * (23 + 1) + 8);
  uint64_t total = filtered + deflated + deflated / 2 + hashes;
  *worst = total < SIZE_MAX ? (size_t)total : SIZE_MAX;
  void *volatile probe = malloc(*worst); /* volatile: else compilers drop the pair and promise success */
  bool enough = probe != NULL;
  free(probe);
  return enough;
}

/* Write the text chunk into out[CHUNK_BYTES + sizeof keyword + n]. */
static void put_text_chunk(unsigned char *out, const char *text, size_t n) {
  size_t n_data = sizeof keyword + n;
  store32(out, (uint32_t)n_data);
  memcpy(out + 4, "tEXt", 4);
  memcpy(out + 8, keyword, sizeof keyword);
  for (size_t i = 0; i < n; i++) out[8 + sizeof keyword + i] = (unsigned char)plain(text[i]);
  store32(out + 8 + n_data, crc32(out + 4, 4 + n_data));
}

cdf_status cdf_png_encode(unsigned char **bytes, size_t *n_bytes, const uint8_t *pixels, int width, int height,
                          int channels, const char *text, cdf_error *err) {
  *bytes = NULL;
  *n_bytes = 0;
  /* The longest side keeps every int inside stb in range: its buffer of 2, 5, 11, ... bytes passes 9/8 of the raw
   * 1.07e9 at 1.61e9, still below 2^31. */
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    return cdf_fail(err, CDF_USAGE, "a PNG of %d x %d pixels cannot be written: choose sides from 1 to %d", width,
                    height, MAX_SIDE);
  if (channels != 1 && channels != 3 && channels != 4)
    return cdf_fail(err, CDF_USAGE, "a PNG of %d channels cannot be written: use 1, 3 or 4", channels);
  size_t n_text = text ? strlen(text) : 0;
  if (n_text > MAX_TEXT_BYTES)
    return cdf_fail(err, CDF_USAGE, "the text for the PNG has %zu bytes, the limit is %d; shorten it", n_text,
                    MAX_TEXT_BYTES);
  size_t worst;
  if (!memory_for_stb(((uint64_t)width * (uint64_t)channels + 1) * (uint64_t)height, &worst))
    return cdf_fail_memory(err, worst);

  int n_plain = 0;
  unsigned char *encoded = stbi_write_png_to_mem(pixels, width * channels, width, height, channels, &n_plain);
  if (!encoded) return cdf_fail_memory(err, worst);
  size_t n_chunk = text ? CHUNK_BYTES + sizeof keyword + n_text : 0, n = (size_t)n_plain;
  unsigned char *grown = realloc(encoded, n + n_chunk);
  if (!grown) {
    free(encoded);
    return cdf_fail_memory(err, n + n_chunk);
  }
  unsigned char *after_ihdr = grown + SIGNATURE_BYTES + CHUNK_BYTES + IHDR_BYTES;
  memmove(after_ihdr + n_chunk, after_ihdr, n - (size_t)(after_ihdr - grown));
  if (text) put_text_chunk(after_ihdr, text, n_text);
  *bytes = grown;
  *n_bytes = n + n_chunk;
  return CDF_OK;
}

/* Take a damaged length for what it is before anything is read there. */
static cdf_status damaged(cdf_error *err, size_t at, const char *what) {
  return cdf_fail(err, CDF_BAD_INPUT, "the PNG is damaged at byte %zu: %s; download it or make it again", at, what);
}

static cdf_status copy_text(char **text, const unsigned char *from, size_t n, cdf_error *err) {
  *text = malloc(n + 1);
  if (!*text) return cdf_fail_memory(err, n + 1);
  for (size_t i = 0; i < n; i++) (*text)[i] = plain((char)from[i]);
  (*text)[n] = '\0';
  return CDF_OK;
}

cdf_status cdf_png_parameters(char **text, const void *bytes, size_t n_bytes, cdf_error *err) {
  const unsigned char *p = bytes, *found = NULL;
  size_t at = SIGNATURE_BYTES, n_found = 0;
  *text = NULL;
  if (n_bytes < SIGNATURE_BYTES || memcmp(p, signature, SIGNATURE_BYTES) != 0)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the file of %zu bytes is no PNG: it does not begin like one; choose a .png file", n_bytes);
  for (bool first = true, last = false; !last; first = false) {
    if (n_bytes - at < CHUNK_BYTES) return damaged(err, at, "it ends before its IEND chunk");
    uint32_t n = load32(p + at);
    const unsigned char *type = p + at + 4, *data = type + 4;
    if (n > n_bytes - at - CHUNK_BYTES) return damaged(err, at, "a chunk is longer than the rest of the file");
    if (crc32(type, 4 + (size_t)n) != load32(data + n)) return damaged(err, at, "the CRC of a chunk is wrong");
    if (first && (memcmp(type, "IHDR", 4) != 0 || n != IHDR_BYTES)) return damaged(err, at, "it has no IHDR chunk");
    bool is_ours = memcmp(type, "tEXt", 4) == 0 && n >= sizeof keyword && memcmp(data, keyword, sizeof keyword) == 0;
    if (is_ours && !found) found = data + sizeof keyword, n_found = n - sizeof keyword;
    last = memcmp(type, "IEND", 4) == 0;
    at += CHUNK_BYTES + (size_t)n;
  }
  return found ? copy_text(text, found, n_found, err) : CDF_OK;
}
