#include "fastest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

enum { ROWS = 256, UNITS = 256, ROUNDS = 5 };

/* A layer's product as training does it: in bfloat16 its input is packed first. Seconds, the least of some rounds. */
static double seconds_of(const cdf_kernels *k, bool bf16, float *x, float *w, float *y) {
  double least = INFINITY;
  for (int round = 0; round < ROUNDS; round++) {
    double start = cli_seconds();
    if (bf16 && k->gemm_bf16) {
      uint32_t *pairs = (uint32_t *)(void *)(y + ROWS * UNITS);
      k->bf16_pair_columns(pairs, x, UNITS, ROWS, UNITS);
      k->gemm_bf16(y, UNITS, pairs, UNITS / 2, 1, (const uint32_t *)(const void *)w, UNITS, ROWS, UNITS, UNITS / 2,
                   false);
    } else {
      k->gemm(y, UNITS, x, UNITS, 1, w, UNITS, ROWS, UNITS, UNITS, false);
    }
    double passed = cli_seconds() - start;
    if (passed < least) least = passed;
  }
  return least;
}

const cdf_kernels *cli_fastest_kernels(bool bf16) {
  const cdf_kernels *const *all = cdf_kernels_supported(), *best = all[0];
  size_t n = (size_t)ROWS * UNITS;
  float *memory = aligned_alloc(CDF_ALIGN, 4 * n * sizeof(float));
  if (!memory) return best;
  memset(memory, 0, 4 * n * sizeof(float));
  double least = INFINITY;
  for (; *all; all++) {
    double passed = seconds_of(*all, bf16, memory, memory + n, memory + 2 * n);
    /* Near ties go to the better one of the list, so that all processes of a run come to the same. */
    if (passed < 0.8 * least) best = *all, least = passed;
  }
  free(memory);
  return best;
}
