/* arena.h: one allocation, many arrays. A module sizes its arena once and then cannot leak or fail half-way.
 *
 *   cdf_arena a = {0};
 *   if (cdf_arena_init(&a, bytes) != CDF_OK) ...
 *   float *x = cdf_arena_floats(&a, n);      // zeroed, 64-byte aligned; NULL once the arena is full
 *   cdf_arena_free(&a);
 */
#ifndef CDF_ARENA_H
#define CDF_ARENA_H

#include "base.h"
#include "status.h"

CDF_BEGIN_DECLS

typedef struct cdf_arena {
  unsigned char *block;
  size_t n_bytes, used;
} cdf_arena;

cdf_status cdf_arena_init(cdf_arena *arena, size_t n_bytes);
void cdf_arena_free(cdf_arena *arena); /* takes NULL and zeroed arenas */

/* `count` zeroed elements of `size` bytes, aligned to CDF_ALIGN; NULL when the arena has no room left. */
void *cdf_arena_alloc(cdf_arena *arena, size_t count, size_t size);
static inline float *cdf_arena_floats(cdf_arena *arena, size_t count) {
  return (float *)cdf_arena_alloc(arena, count, sizeof(float));
}

/* Bytes that an allocation of `count` elements of `size` takes from an arena. */
size_t cdf_arena_cost(size_t count, size_t size);

/* Aligned zeroed block outside an arena, for owners of a single array; free with cdf_aligned_free. */
void *cdf_aligned_zalloc(size_t n_bytes);
void cdf_aligned_free(void *block);

CDF_END_DECLS

#endif
