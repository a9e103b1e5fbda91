/* base.h: the few things every module needs: sizes, limits, checked arithmetic. */
#ifndef CDF_BASE_H
#define CDF_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Around the declarations of every public header: C names for C++ compilers, and the only names that the shared library
 * exports. */
#ifdef __cplusplus
#define CDF_EXTERN_C_BEGIN extern "C" {
#define CDF_EXTERN_C_END }
#else
#define CDF_EXTERN_C_BEGIN
#define CDF_EXTERN_C_END
#endif
#ifdef __GNUC__
#define CDF_BEGIN_DECLS CDF_EXTERN_C_BEGIN _Pragma("GCC visibility push(default)")
#define CDF_END_DECLS _Pragma("GCC visibility pop") CDF_EXTERN_C_END
#else
#define CDF_BEGIN_DECLS CDF_EXTERN_C_BEGIN
#define CDF_END_DECLS CDF_EXTERN_C_END
#endif

CDF_BEGIN_DECLS

/* Column counts of every matrix are padded to this, so that kernels never see a ragged row. */
#define CDF_LANES 16
/* Alignment in bytes of every float block we allocate: one cache line, one zmm register. */
#define CDF_ALIGN 64

#define CDF_MAX_CHANNELS 4
#define CDF_MAX_LEVELS 8
#define CDF_MAX_CLASSES 250
#define CDF_MAX_LATTICE 256 /* cells a side */

/* Before a hot function outside the kernels: compiled for wider registers as well, chosen when the program is loaded.
 * The same bits, since nothing here is contracted. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && defined(NDEBUG)
#define CDF_WIDER __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CDF_WIDER
#endif

static inline int cdf_pad(int n) { return (n + CDF_LANES - 1) / CDF_LANES * CDF_LANES; }
static inline int cdf_min(int a, int b) { return a < b ? a : b; }
static inline int cdf_max(int a, int b) { return a > b ? a : b; }
static inline int cdf_clamp(int x, int lo, int hi) { return x < lo ? lo : x > hi ? hi : x; }
/* a / b rounded down, b > 0. */
static inline int cdf_floor_div(int a, int b) { return (a - (a < 0 ? b - 1 : 0)) / b; }

/* *out = a * b; false when the product does not fit. Every size made of untrusted numbers goes through here. */
static inline bool cdf_mul(size_t *out, size_t a, size_t b) {
  if (b != 0 && a > SIZE_MAX / b) return false;
  *out = a * b;
  return true;
}

CDF_END_DECLS

#endif
