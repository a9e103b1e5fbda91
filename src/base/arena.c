#define _DEFAULT_SOURCE /* madvise */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Large blocks lie in large pages: fewer misses of the TLB. */
static void *allocate(size_t n) {
  if (n < 4 * HUGE_PAGE || n > SIZE_MAX - HUGE_PAGE) return aligned_alloc(CDF_ALIGN, n);
  size_t whole = (n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  void *block = aligned_alloc(HUGE_PAGE, whole);
  if (block) madvise(block, whole, MADV_HUGEPAGE); /* as well without */
  return block;
}
#else
static void *allocate(size_t n) { return aligned_alloc(CDF_ALIGN, n); }
#endif

void *cdf_aligned_zalloc(size_t n_bytes) {
  size_t padded = (n_bytes + CDF_ALIGN - 1) / CDF_ALIGN * CDF_ALIGN;
  if (padded < n_bytes) return NULL;
  void *block = allocate(padded ? padded : CDF_ALIGN);
  if (block) memset(block, 0, padded ? padded : CDF_ALIGN);
  return block;
}

void cdf_aligned_free(void *block) { free(block); }

cdf_status cdf_arena_init(cdf_arena *arena, size_t n_bytes) {
  arena->block = cdf_aligned_zalloc(n_bytes);
  arena->n_bytes = arena->block ? n_bytes : 0;
  arena->used = 0;
  return arena->block ? CDF_OK : CDF_NO_MEMORY;
}

void cdf_arena_free(cdf_arena *arena) {
  if (!arena) return;
  cdf_aligned_free(arena->block);
  *arena = (cdf_arena){0};
}

size_t cdf_arena_cost(size_t count, size_t size) {
  size_t bytes;
  if (!cdf_mul(&bytes, count, size) || bytes > SIZE_MAX - CDF_ALIGN) return SIZE_MAX;
  return (bytes + CDF_ALIGN - 1) / CDF_ALIGN * CDF_ALIGN;
}

void *cdf_arena_alloc(cdf_arena *arena, size_t count, size_t size) {
  size_t cost = cdf_arena_cost(count, size);
  if (cost > arena->n_bytes - arena->used) return NULL;
  void *p = arena->block + arena->used;
  arena->used += cost;
  return p;
}
