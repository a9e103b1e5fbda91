/* adopt.h: the weights of one denoiser as the start of another, of the same architecture but for other pictures.
 *
 *   int classes[CDF_MAX_CLASSES] = {-1, 0};                // class 0 is new, class 1 was class 0 there
 *   cdf_network_adopt(params, &net, from_params, &from, classes, &err);
 *
 * What the two measured on their data (means, scales) is not among the weights: inputs and outputs are relative to it.
 * The row of a new class is the mean of the rows of the old ones; what a network was never told is taken in at nothing.
 */
#ifndef CDF_ADOPT_H
#define CDF_ADOPT_H

#include "../base/status.h"
#include "network.h"

CDF_BEGIN_DECLS

/* classes[net's classes]: each one's number in `from`, -1 for a new one. CDF_USAGE names the first tensor that does not
 * fit; params are then unchanged. */
cdf_status cdf_network_adopt(float *params, const cdf_network *net, const float *from_params, const cdf_network *from,
                             const int *classes, cdf_error *err);

CDF_END_DECLS

#endif
