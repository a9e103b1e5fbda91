#include "status.h"

#include <stdarg.h>
#include <stdio.h>

cdf_status cdf_fail(cdf_error *err, cdf_status code, const char *format, ...) {
  if (err) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
  }
  return code;
}

cdf_status cdf_fail_memory(cdf_error *err, unsigned long long bytes) {
  return cdf_fail(err, CDF_NO_MEMORY, "out of memory: %llu bytes were needed; use a smaller size or batch", bytes);
}
