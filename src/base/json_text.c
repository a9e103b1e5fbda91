#include "json_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at s, 0 when there is no valid one within n bytes (Unicode 15, table 3-7). */
static size_t utf8_bytes(const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text;
  size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
  if (length > n) return 0;
  for (size_t i = 1; i < length; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
  bool no_character = (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF4 && s[1] > 0x8F);
  return overlong || no_character ? 0 : length;
}

static size_t utf8_put(char *out, uint32_t c) {
  static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)(lead[n] | c);
  return n;
}

/* The code unit of \uXXXX at s, of which n bytes are left; 0, which no string may hold, when there is none. */
static uint32_t code_unit(const char *s, size_t n) {
  uint32_t c = 0;
  if (n < 6 || s[0] != '\\' || s[1] != 'u') return 0;
  for (int i = 2; i < 6; i++) /* jsmn has checked the digits */
    c = c << 4 | (uint32_t)(s[i] <= '9' ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
  return c;
}

bool cdf_json_unescape(char *out, const char *s, size_t n) {
  for (size_t used; n > 0; s += used, n -= used) {
    if (s[0] != '\\') {
      used = utf8_bytes(s, n);
      if (used == 0 || (unsigned char)s[0] < 0x20) return false;
      memcpy(out, s, used);
      out += used;
    } else if (n > 1 && s[1] == 'u') {
      uint32_t c = code_unit(s, n);
      used = 6;
      if (c >= 0xD800 && c < 0xDC00) { /* the first half of a surrogate pair */
        uint32_t low = code_unit(s + 6, n - 6);
        if (low < 0xDC00 || low > 0xDFFF) return false;
        c = 0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00));
        used = 12;
      } else if (c == 0 || (c >= 0xDC00 && c <= 0xDFFF)) {
        return false;
      }
      out += utf8_put(out, c);
    } else {
      const char *from = "\"\\/bfnrt", *at = n > 1 && s[1] ? strchr(from, s[1]) : NULL;
      if (!at) return false;
      *out++ = "\"\\/\b\f\n\r\t"[at - from];
      used = 2;
    }
  }
  *out = '\0';
  return true;
}

void cdf_utf8_clean(char *text) {
  for (size_t n = strlen(text), used; n > 0; text += used, n -= used) {
    used = utf8_bytes(text, n);
    if (used > 0) continue;
    *text = '?';
    used = 1;
  }
}

void cdf_json_escape(char out[CDF_JSON_ESCAPED_BYTES], char c) {
  if ((unsigned char)c < 0x20)
    snprintf(out, CDF_JSON_ESCAPED_BYTES, "\\u%04x", (unsigned)c);
  else
    snprintf(out, CDF_JSON_ESCAPED_BYTES, c == '"' || c == '\\' ? "\\%c" : "%c", c);
}
