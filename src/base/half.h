/* half.h: IEEE 754 half precision, as checkpoints store it. */
#ifndef CDF_HALF_H
#define CDF_HALF_H

#include <stdint.h>

/* Round to nearest even; overflow becomes infinity. */
uint16_t cdf_half_from_float(float x);
float cdf_float_from_half(uint16_t h);

#endif
