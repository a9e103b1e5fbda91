/* peak.h: what this processor can do at most: independent multiply-adds on registers, nothing else. */
#ifndef CDF_PEAK_H
#define CDF_PEAK_H

/* Floating-point operations a second of one core with the widest multiply-add that the kernel table `name` uses; a
 * multiply-add counts as two. For "amx" and "avx512bf16" the float peak of AVX-512 when bf16 is 0, that of their
 * products of bfloat16 when it is 1. 0: unknown table. */
double cli_peak_flops(const char *name, int bf16);

#endif
