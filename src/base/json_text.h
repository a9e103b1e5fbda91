/* json_text.h: the text inside JSON quotes. */
#ifndef CDF_JSON_TEXT_H
#define CDF_JSON_TEXT_H

#include "base.h"

/* Undo the escapes of the JSON string s[n] into out[n + 1]; false when it is not valid UTF-8 or holds a NUL. */
bool cdf_json_unescape(char *out, const char *s, size_t n);

/* Put '?' for every byte that belongs to no valid UTF-8 character: names of files may hold any. */
void cdf_utf8_clean(char *text);

#define CDF_JSON_ESCAPED_BYTES 8

/* One byte of UTF-8 as it stands between quotes, NUL-terminated. */
void cdf_json_escape(char out[CDF_JSON_ESCAPED_BYTES], char c);

#endif
