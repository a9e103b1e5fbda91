/* fastest.h: which kernel table trains fastest here, by a measurement of some hundredths of a second.
 *
 * A flag of the processor does not say it: Sapphire Rapids has products of bfloat16 in AVX-512 at half the rate of its
 * float ones, Zen 4 at twice that.
 */
#ifndef CDF_CLI_FASTEST_H
#define CDF_CLI_FASTEST_H

#include "../kernels/kernels.h"

/* Of all tables of this processor. bf16: training may use bfloat16 where a table has it. */
const cdf_kernels *cli_fastest_kernels(bool bf16);

#endif
