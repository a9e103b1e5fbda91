/* resample.h: the classical enlargements that a renderer is measured against, and the exact area average.
 *
 *   cli_enlarge(out, lattice, 48, 48, 3, 4, CLI_LANCZOS, &err);     // out[192][192][3]
 *   cli_area_average(mean, out, 48, 48, 3, 4);                      // mean[48][48][3]
 *
 * Pictures are interleaved, [height][width][channels], of levels from 0 to 255. Pixel x covers [x, x + 1) on either
 * side, so its centre x + 1/2 is the point (x + 1/2) / k of the smaller picture. Outside lies the border.
 */
#ifndef CDF_CLI_RESAMPLE_H
#define CDF_CLI_RESAMPLE_H

#include "../../coordiff.h"

enum {
  CLI_BILINEAR,
  CLI_BICUBIC,       /* Keys 1981, a = -1/2: Catmull-Rom */
  CLI_BICUBIC_SHARP, /* a = -3/4, as in OpenCV */
  CLI_LANCZOS,       /* three lobes; weights normalised to 1 */
  CLI_N_FILTERS
};

/* k times larger, rounded and clamped to bytes. CDF_NO_MEMORY only. */
cdf_status cli_enlarge(uint8_t *out, const float *in, int width, int height, int channels, int k, int filter,
                       cdf_error *err);

/* Means of k x k pixels: out[height][width][channels] of in[height * k][width * k][channels]. */
void cli_area_average(float *out, const uint8_t *in, int width, int height, int channels, int k);

#endif
