/* dispatch.c: which tables were compiled in, and which of them this processor can run. */
#include <string.h>

#include "kernels.h"

#if defined(__x86_64__)

extern const cdf_kernels cdf_kernels_avx512bf16, cdf_kernels_avx512, cdf_kernels_avx2;

/* The tables, best first; a processor that runs one runs all after it, so what it supports is a suffix. */
static const cdf_kernels *const tables[] = {&cdf_kernels_avx512bf16, &cdf_kernels_avx512, &cdf_kernels_avx2,
                                            &cdf_kernels_portable, NULL};

const cdf_kernels *const *cdf_kernels_supported(void) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return tables + 3;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return tables + 2;
  if (!__builtin_cpu_supports("avx512bf16")) return tables + 1;
  return tables;
}

#else

#if defined(__wasm_simd128__)
extern const cdf_kernels cdf_kernels_wasm;
#endif

static const cdf_kernels *const tables[] = {
#if defined(__wasm_simd128__)
    &cdf_kernels_wasm, /* a module with SIMD does not even load where there is none: nothing to ask at run time */
#endif
    &cdf_kernels_portable, NULL};

const cdf_kernels *const *cdf_kernels_supported(void) { return tables; }

#endif

const cdf_kernels *cdf_kernels_best(void) { return cdf_kernels_supported()[0]; }

const cdf_kernels *cdf_kernels_named(const char *name) {
  for (const cdf_kernels *const *table = cdf_kernels_supported(); *table; table++)
    if (strcmp((*table)->name, name) == 0) return *table;
  return NULL;
}
