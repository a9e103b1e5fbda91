#include "peak.h"

#include <string.h>

#include "terminal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "../kernels/tiles.h"

/* Sixteen chains hide the latency of any multiply-add; the barrier keeps the compiler from folding the loop. */
#define CHAINS 16
#define BARRIER(v) __asm__ volatile("" : "+v"(v))
#define PEAK_LOOP(type, zero, step)                                                             \
  type acc[CHAINS];                                                                             \
  _Pragma("GCC unroll 16") for (int i = 0; i < CHAINS; i++) acc[i] = (zero);                    \
  for (long r = 0; r < rounds; r++) _Pragma("GCC unroll 16") for (int i = 0; i < CHAINS; i++) { \
      acc[i] = (step);                                                                          \
      BARRIER(acc[i]);                                                                          \
    }

__attribute__((target("avx512f"))) static void loop_avx512(long rounds) {
  __m512 a = _mm512_set1_ps(0.5f);
  BARRIER(a);
  PEAK_LOOP(__m512, _mm512_setzero_ps(), _mm512_fmadd_ps(a, a, acc[i]))
}

__attribute__((target("avx512f,avx512bf16"))) static void loop_bf16(long rounds) {
  __m512i bits = _mm512_set1_epi32(0x3f003f00);
  BARRIER(bits);
  PEAK_LOOP(__m512, _mm512_setzero_ps(), _mm512_dpbf16_ps(acc[i], (__m512bh)bits, (__m512bh)bits))
}

/* Tiles: four sums, as a product has, of two operands that stay where they are. */
__attribute__((target("amx-tile,amx-bf16"))) static void loop_amx(long rounds) {
  cdf_tiles_begin();
  for (long r = 0; r < rounds; r++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

#undef CHAINS
#define CHAINS 12 /* of sixteen registers */
__attribute__((target("avx2,fma"))) static void loop_avx2(long rounds) {
  __m256 a = _mm256_set1_ps(0.5f);
  __asm__ volatile("" : "+x"(a));
#undef BARRIER
#define BARRIER(v) __asm__ volatile("" : "+x"(v))
  PEAK_LOOP(__m256, _mm256_setzero_ps(), _mm256_fmadd_ps(a, a, acc[i]))
}

static void loop_sse2(long rounds) {
  __m128 a = _mm_set1_ps(0.5f);
  BARRIER(a);
  PEAK_LOOP(__m128, _mm_setzero_ps(), _mm_add_ps(_mm_mul_ps(a, a), acc[i]))
}

double cli_peak_flops(const char *name, int bf16) {
  void (*loop)(long);
  double flops; /* of one round */
  bool is_amx = strcmp(name, "amx") == 0;
  if (is_amx && bf16)
    loop = loop_amx, flops = 4 * 16 * 16 * 64;
  else if (strcmp(name, "avx512bf16") == 0 && bf16)
    loop = loop_bf16, flops = 16 * 64;
  else if (strncmp(name, "avx512", 6) == 0 || is_amx)
    loop = loop_avx512, flops = 16 * 32;
  else if (strcmp(name, "avx2") == 0)
    loop = loop_avx2, flops = 12 * 16;
  else
    loop = loop_sse2, flops = 12 * 8;
  double best = 0;
  for (int repeat = 0; repeat < 5; repeat++) {
    long rounds = 4000000;
    double start = cli_seconds();
    loop(rounds);
    double rate = flops * (double)rounds / (cli_seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}

#else
double cli_peak_flops(const char *name, int bf16) { return (void)name, (void)bf16, 0.0; }
#endif
