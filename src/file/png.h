/* png.h: pictures to PNG bytes by stb_image_write, with a tEXt chunk that says how they were made. In memory. */
#ifndef CDF_PNG_H
#define CDF_PNG_H

#include "../base/base.h"
#include "../base/status.h"

CDF_BEGIN_DECLS

/* Encode pixels[height][width][channels] (1, 3 or 4 channels) as PNG into a malloc'd buffer (free with free()).
 * text goes into a tEXt chunk with the keyword "parameters", placed before IDAT; NULL for none. */
cdf_status cdf_png_encode(unsigned char **bytes, size_t *n_bytes, const uint8_t *pixels, int width, int height,
                          int channels, const char *text, cdf_error *err);

/* The text of the "parameters" chunk of a PNG, malloc'd; *text is NULL when the file has none. CDF_BAD_INPUT when the
 * bytes are no PNG or a chunk is damaged (length or CRC). */
cdf_status cdf_png_parameters(char **text, const void *bytes, size_t n_bytes, cdf_error *err);

CDF_END_DECLS

#endif
