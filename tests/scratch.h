/* scratch.h: a directory for the files of a test, and ways to put some there. */
#ifndef CDF_SCRATCH_H
#define CDF_SCRATCH_H

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "test.h"

static char scratch[64];

/* scratch/name; eight results live at a time. */
static inline const char *in(const char *name) {
  static char paths[8][512];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
  return path;
}

static inline void remove_scratch(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  if (system(command) != 0) printf("  cannot remove %s\n", scratch);
}

static inline void put(const char *path, const void *bytes, size_t n_bytes) {
  FILE *out = fopen(path, "wb");
  CHECK(out && fwrite(bytes, 1, n_bytes, out) == n_bytes);
  CHECK(out && fclose(out) == 0);
}

/* Up to 4096 bytes, as they are. */
static inline size_t get(unsigned char *bytes, const char *path) {
  FILE *file = fopen(path, "rb");
  size_t n = file ? fread(bytes, 1, 4096, file) : 0;
  if (file) fclose(file);
  return n;
}

static inline void put_gzip(const char *path, const void *bytes, size_t n_bytes) {
  gzFile out = gzopen(path, "wb");
  CHECK(out && gzwrite(out, bytes, (unsigned)n_bytes) == (int)n_bytes && gzclose(out) == Z_OK);
}

#endif
