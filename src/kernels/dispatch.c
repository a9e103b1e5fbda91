/* dispatch.c: which tables were compiled in, and which of them this processor can run. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall */
#endif
#include <string.h>

#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

extern const cdf_kernels cdf_kernels_amx, cdf_kernels_avx512bf16, cdf_kernels_avx512, cdf_kernels_avx2;

/* The tables, best first; a processor that runs one runs all after it, so what it supports is a suffix. */
static const cdf_kernels *const tables[] = {&cdf_kernels_amx,  &cdf_kernels_avx512bf16, &cdf_kernels_avx512,
                                            &cdf_kernels_avx2, &cdf_kernels_portable,   NULL};

/* Tiles are 8 KiB of state more: the processor must have them, and Linux lets a process use them only on request. */
static bool has_tiles(void) {
#if defined(__linux__)
  unsigned a, b, c, d;
  const unsigned amx_bf16 = 1u << 22, amx_tile = 1u << 24;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & amx_bf16) || !(d & amx_tile)) return false;
  const long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

const cdf_kernels *const *cdf_kernels_supported(void) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return tables + 4;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return tables + 3;
  if (!__builtin_cpu_supports("avx512bf16")) return tables + 2;
  return has_tiles() ? tables : tables + 1;
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
