#include "formats.h"

#include <stdlib.h>

cdf_status cli_fail_damaged(const cli_decoding *d, const char *why, cdf_error *err) {
  return cdf_fail(err, CDF_BAD_INPUT, "a damaged %s picture (%.80s)", d->format, why);
}

cdf_status cli_decoding_start(cli_decoding *d, int width, int height, int channels, uint64_t beside, cdf_error *err) {
  if (width < 1 || height < 1) return cli_fail_damaged(d, "it has no pixels", err);
  uint64_t pixels = (uint64_t)width * (uint64_t)height * (uint64_t)channels;
  if (pixels + beside + d->n_bytes > d->max_bytes)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "a %s picture of %dx%d that would take %llu MB of memory, but the limit is %zu; make it smaller",
                    d->format, width, height, (unsigned long long)(pixels + beside + d->n_bytes) >> 20,
                    d->max_bytes >> 20);
  d->picture = (cli_picture){malloc(pixels), width, height, channels};
  return d->picture.pixels ? CDF_OK : cdf_fail_memory(err, pixels);
}
