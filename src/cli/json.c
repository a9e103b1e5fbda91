#include "json.h"

#include <stdio.h>

#include "../base/json_text.h"

void cli_json_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    char escaped[CDF_JSON_ESCAPED_BYTES];
    cdf_json_escape(escaped, *text);
    fputs(escaped, stdout);
  }
  putchar('"');
}
