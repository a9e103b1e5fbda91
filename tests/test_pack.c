/* Tests of pack.c. `test_pack --seeds DIR` writes valid files for fuzz/pack.c to start from. */
#include "file/pack.h"

#include <stdlib.h>

#include "test.h"

#define N 3
#define CHANNELS 2
#define HEIGHT 2
#define WIDTH 4
#define PICTURE_BYTES (CHANNELS * HEIGHT * WIDTH)
#define TRUTH "abcdefgh" /* the parser does not look into the PNG files */
#define TRUTH_BYTES 8

enum { LATTICE, LABELS, LENGTHS, TRUTHS, N_TENSORS };

/* Everything that a file is made of, to be changed before it is written. */
typedef struct parts {
  unsigned char lattice[N * PICTURE_BYTES], labels[N], lengths[4 * N], truth[TRUTH_BYTES];
  cdf_tensor tensors[N_TENSORS];
  char format[32];
} parts;

typedef struct file {
  unsigned char *bytes;
  size_t n;
} file;

/* 3 pictures of 4x2 with 2 channels, labels 0 2 1, truths "abc", "", "defgh". */
static parts *good_parts(void) {
  parts *p = calloc(1, sizeof *p);
  for (int i = 0; i < N * PICTURE_BYTES; i++) p->lattice[i] = (unsigned char)(5 * i);
  memcpy(p->labels, "\0\2\1", N);
  p->lengths[0] = 3, p->lengths[8] = 5;
  memcpy(p->truth, TRUTH, TRUTH_BYTES);
  strcpy(p->format, CDF_PACK_FORMAT);
  const cdf_tensor tensors[N_TENSORS] = {
      {"lattice", CDF_U8, 4, {N, CHANNELS, HEIGHT, WIDTH}, N * PICTURE_BYTES, p->lattice},
      {"labels", CDF_U8, 1, {N}, N, p->labels},
      {"truth_bytes", CDF_U8, 2, {N, 4}, 4 * N, p->lengths},
      {"truth", CDF_U8, 1, {TRUTH_BYTES}, TRUTH_BYTES, p->truth}};
  memcpy(p->tensors, tensors, sizeof tensors);
  return p;
}

/* The file of all tensors that have a name; an empty format is left out. */
static file write_parts(const parts *p) {
  char format[] = "format", classes[] = "classes", names[] = "cat,dog,owl", value[sizeof p->format];
  memcpy(value, p->format, sizeof value);
  cdf_metadata metadata[2] = {{classes, names}, {format, value}};
  cdf_tensor tensors[N_TENSORS];
  int n = 0;
  for (int i = 0; i < N_TENSORS; i++)
    if (*p->tensors[i].name) tensors[n++] = p->tensors[i];
  file f = {0};
  cdf_error err = {0};
  CHECK(cdf_checkpoint_write(&f.bytes, &f.n, tensors, n, metadata, *value ? 2 : 1, &err) == CDF_OK);
  CHECK_TEXT(err.text, "");
  return f;
}

static file good_file(void) {
  parts *p = good_parts();
  file f = write_parts(p);
  free(p);
  return f;
}

/* A refusal with a sentence that holds `part`, and nothing left behind. */
static int refused_bytes(const void *bytes, size_t n, const char *part) {
  cdf_pack pack;
  cdf_error err = {0};
  unsigned char *exact = malloc(n ? n : 1); /* so that the address sanitizer sees one byte too far */
  if (n) memcpy(exact, bytes, n);
  cdf_status status = cdf_pack_parse(&pack, exact, n, &err);
  int good = status == CDF_BAD_INPUT && err.code == status && strlen(err.text) > 20 && strstr(err.text, part) &&
             pack.n_pictures == 0 && !pack.lattice && !pack.truth_ends && !pack.file.tensors;
  if (!good) printf("  status %d, \"%s\", expected \"%s\"\n", (int)status, err.text, part);
  cdf_pack_free(&pack);
  free(exact);
  return good;
}

/* The same for changed parts, which it frees. */
static int refused(parts *p, const char *part) {
  file f = write_parts(p);
  int good = refused_bytes(f.bytes, f.n, part);
  free(f.bytes);
  free(p);
  return good;
}

static int truth_is(const cdf_pack *pack, int i, const char *text) {
  size_t n = 99;
  const uint8_t *bytes = cdf_pack_truth(pack, i, &n);
  return bytes && n == strlen(text) && memcmp(bytes, text, n) == 0;
}

TEST(round_trip) {
  parts *p = good_parts();
  file f = write_parts(p);
  cdf_pack pack;
  cdf_error err = {0};
  CHECK(cdf_pack_is_one(f.bytes, f.n));
  CHECK(cdf_pack_parse(&pack, f.bytes, f.n, &err) == CDF_OK && err.code == CDF_OK);
  CHECK(pack.n_pictures == N && pack.n_channels == CHANNELS && pack.height == HEIGHT && pack.width == WIDTH);
  CHECK(pack.n_classes == 3);
  CHECK(memcmp(pack.lattice, p->lattice, sizeof p->lattice) == 0);
  CHECK(memcmp(pack.labels, p->labels, N) == 0);
  CHECK(truth_is(&pack, 0, "abc") && truth_is(&pack, 1, "") && truth_is(&pack, 2, "defgh"));
  CHECK(pack.truth_ends[N - 1] == TRUTH_BYTES);
  CHECK(pack.lattice > f.bytes && pack.truth < f.bytes + f.n); /* nothing is copied */
  const char *names = cdf_checkpoint_metadata(&pack.file, "classes");
  CHECK(names && strcmp(names, "cat,dog,owl") == 0);
  cdf_pack_free(&pack);
  CHECK(!pack.lattice && !pack.truth_ends);
  cdf_pack_free(&pack); /* harmless */
  cdf_pack_free(NULL);
  free(f.bytes);
  free(p);
}

TEST(into_a_dataset) {
  parts *p = good_parts();
  file f = write_parts(p);
  cdf_pack pack;
  cdf_dataset d;
  CHECK(cdf_pack_parse(&pack, f.bytes, f.n, NULL) == CDF_OK);
  CHECK(cdf_pack_dataset(&d, &pack, NULL) == CDF_OK);
  cdf_pack_free(&pack);
  memset(f.bytes, 0, f.n); /* it is a copy */
  CHECK(d.n_images == N && d.n_channels == CHANNELS && d.height == HEIGHT && d.width == WIDTH && d.n_classes == 3);
  CHECK(memcmp(d.pixels, p->lattice, sizeof p->lattice) == 0);
  CHECK(memcmp(d.labels, p->labels, N) == 0);
  CHECK(d.n_class_names == 3 && !strcmp(d.class_names[0], "cat") && !strcmp(d.class_names[2], "owl"));
  cdf_dataset_free(&d);
  free(f.bytes);
  free(p);
}

TEST(without_labels) {
  parts *p = good_parts();
  *p->tensors[LABELS].name = 0;
  file f = write_parts(p);
  cdf_pack pack;
  cdf_dataset d;
  CHECK(cdf_pack_parse(&pack, f.bytes, f.n, NULL) == CDF_OK && !pack.labels && pack.n_classes == 0);
  CHECK(truth_is(&pack, 0, "abc"));
  CHECK(cdf_pack_dataset(&d, &pack, NULL) == CDF_OK && d.n_images == N && !d.labels && d.n_classes == 0);
  CHECK(d.n_class_names == 0 && !d.class_names);
  cdf_dataset_free(&d);
  cdf_pack_free(&pack);
  free(f.bytes);
  free(p);
}

TEST(without_truth) {
  parts *p = good_parts();
  *p->tensors[TRUTHS].name = *p->tensors[LENGTHS].name = 0;
  file f = write_parts(p);
  cdf_pack pack;
  size_t n;
  CHECK(cdf_pack_parse(&pack, f.bytes, f.n, NULL) == CDF_OK && pack.n_pictures == N && pack.n_classes == 3);
  CHECK(!pack.truth && !pack.truth_ends && cdf_pack_truth(&pack, 0, &n) == NULL);
  cdf_pack_free(&pack);
  free(f.bytes);
  free(p);
}

TEST(every_prefix_is_refused) {
  file f = good_file();
  for (size_t n = 0; n < f.n; n++) {
    CHECK(refused_bytes(f.bytes, n, "download"));
    CHECK(cdf_pack_is_one(f.bytes, n) == (n > 8));
  }
  unsigned char *longer = calloc(1, f.n + 1);
  memcpy(longer, f.bytes, f.n);
  CHECK(refused_bytes(longer, f.n + 1, "bytes of data but the file has"));
  free(longer);
  free(f.bytes);
}

TEST(other_files) {
  static const unsigned char idx[24] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4};
  static const unsigned char gzip[12] = {0x1f, 0x8b, 8};
  CHECK(!cdf_pack_is_one(idx, sizeof idx) && !cdf_pack_is_one(gzip, sizeof gzip));
  CHECK(!cdf_pack_is_one("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) && !cdf_pack_is_one("", 0));
  CHECK(refused_bytes(idx, sizeof idx, "cannot be read"));
  parts *p = good_parts();
  strcpy(p->format, "coordiff 1"); /* a model */
  CHECK(refused(p, "is 'coordiff 1', not 'coordiff pictures 1'"));
  p = good_parts();
  strcpy(p->format, CDF_PACK_FORMAT "0");
  CHECK(refused(p, "not 'coordiff pictures 1'"));
  p = good_parts();
  *p->format = 0;
  CHECK(refused(p, "is '', not"));
}

TEST(missing_tensors) {
  parts *p = good_parts();
  *p->tensors[LATTICE].name = 0;
  CHECK(refused(p, "no tensor 'lattice'"));
  p = good_parts();
  *p->tensors[LENGTHS].name = 0;
  CHECK(refused(p, "no tensor 'truth_bytes'"));
}

/* Another shape of as many elements. */
static parts *reshaped(int tensor, int n_dims, size_t a, size_t b, size_t c, size_t d) {
  parts *p = good_parts();
  cdf_tensor *t = &p->tensors[tensor];
  t->n_dims = n_dims;
  t->dims[0] = a, t->dims[1] = b, t->dims[2] = c, t->dims[3] = d;
  return p;
}

/* A set of nothing but a black lattice of this size. */
static file black(size_t n, size_t c, size_t h, size_t w) {
  parts *p = reshaped(LATTICE, 4, n, c, h, w);
  *p->tensors[LABELS].name = *p->tensors[TRUTHS].name = *p->tensors[LENGTHS].name = 0;
  unsigned char *zeros = calloc(n * c * h * w + 1, 1);
  p->tensors[LATTICE].n_elements = n * c * h * w;
  p->tensors[LATTICE].data = zeros;
  file f = write_parts(p);
  free(zeros);
  free(p);
  return f;
}

static int black_refused(size_t n, size_t c, size_t h, size_t w, const char *part) {
  file f = black(n, c, h, w);
  int good = refused_bytes(f.bytes, f.n, part);
  free(f.bytes);
  return good;
}

static int black_accepted(size_t n, size_t c, size_t h, size_t w) {
  file f = black(n, c, h, w);
  cdf_pack pack;
  int good = cdf_pack_parse(&pack, f.bytes, f.n, NULL) == CDF_OK && pack.width == (int)w && pack.height == (int)h;
  cdf_pack_free(&pack);
  free(f.bytes);
  return good;
}

TEST(shapes) {
  CHECK(refused(reshaped(LATTICE, 3, N, CHANNELS, HEIGHT * WIDTH, 0), "'lattice' of the packed set must be U8 of 4"));
  CHECK(refused(reshaped(LABELS, 2, N, 1, 0, 0), "'labels' of the packed set must be U8 of 1"));
  CHECK(refused(reshaped(LENGTHS, 1, 4 * N, 0, 0, 0), "'truth_bytes' of the packed set must be U8 of 2"));
  CHECK(refused(reshaped(LENGTHS, 2, 4, N, 0, 0), "one entry for each picture"));
  CHECK(refused(reshaped(TRUTHS, 2, 2, 4, 0, 0), "'truth' of the packed set must be U8 of 1"));
  CHECK(refused(reshaped(LATTICE, 4, 2 * N, 1, HEIGHT, WIDTH), "one entry for each picture"));

  parts *p = reshaped(LENGTHS, 2, N, 2, 0, 0);
  p->tensors[LENGTHS].n_elements = 2 * N;
  CHECK(refused(p, "'truth_bytes' must be 3 x 4, but is 3 x 2"));
  for (int i = 0; i < N_TENSORS; i++) { /* halves of zero bits are numbers as well */
    p = good_parts();
    cdf_tensor *t = &p->tensors[i];
    unsigned char *twice = calloc(2, t->n_elements);
    t->dtype = CDF_F16;
    t->data = twice;
    CHECK(refused(p, "must be U8"));
    free(twice);
  }
}

TEST(lattice_sizes) {
  const size_t side = CDF_MAX_LATTICE, channels = CDF_MAX_CHANNELS;
  CHECK(black_accepted(1, 1, 1, 1));
  CHECK(black_accepted(1, channels, side, side));
  CHECK(black_refused(0, 3, 8, 8, "holds 0 pictures of 8x8 with 3 channels"));
  CHECK(black_refused(2, 0, 8, 8, "with 0 channels"));
  CHECK(black_refused(2, channels + 1, 8, 8, "with 5 channels, but there must be"));
  CHECK(black_refused(2, 1, 0, 8, "of 8x0"));
  CHECK(black_refused(2, 1, 8, 0, "of 0x8"));
  CHECK(black_refused(1, 1, side + 1, 8, "of 8x257"));
  CHECK(black_refused(1, 1, 8, side + 1, "sides from 1 to 256"));
}

TEST(labels) {
  parts *p = good_parts();
  p->labels[1] = CDF_MAX_CLASSES;
  CHECK(refused(p, "a label of the packed set is 250, but the highest allowed is 249"));
  p = good_parts();
  p->labels[N - 1] = 255;
  CHECK(refused(p, "is 255"));

  p = good_parts();
  p->labels[0] = CDF_MAX_CLASSES - 1;
  file f = write_parts(p);
  cdf_pack pack;
  CHECK(cdf_pack_parse(&pack, f.bytes, f.n, NULL) == CDF_OK && pack.n_classes == CDF_MAX_CLASSES);
  cdf_pack_free(&pack);
  free(f.bytes);
  free(p);
  for (size_t n = 2; n <= 4; n += 2) { /* one too few, one too many */
    unsigned char some[4] = {0};
    p = reshaped(LABELS, 1, n, 0, 0, 0);
    p->tensors[LABELS].n_elements = n;
    p->tensors[LABELS].data = some;
    CHECK(refused(p, "'labels' of the packed set must be U8 of 1 dimensions, one entry for each picture"));
  }
}

TEST(lengths_must_add_up) {
  parts *p = good_parts();
  p->lengths[8] = 4;
  CHECK(refused(p, "the pictures take 7 of the 8 bytes of 'truth'"));
  p = good_parts();
  p->lengths[8] = 6;
  CHECK(refused(p, "the PNG of picture 2 has 6 bytes, but only 5 are left"));
  p = good_parts();
  p->lengths[0] = 9;
  CHECK(refused(p, "the PNG of picture 0 has 9 bytes, but only 8"));
  p = good_parts();
  memset(p->lengths, 0xFF, sizeof p->lengths); /* and no sum that wraps around */
  CHECK(refused(p, "the PNG of picture 0 has 4294967295 bytes"));
  p = good_parts();
  p->lengths[4 + 3] = 0xFF;
  CHECK(refused(p, "the PNG of picture 1 has 4278190080 bytes, but only 5"));
  p = reshaped(TRUTHS, 1, 0, 0, 0, 0);
  p->tensors[TRUTHS].n_elements = 0;
  CHECK(refused(p, "the PNG of picture 0 has 3 bytes, but only 0"));
}

/* Each byte of the header changed: a sentence, or a set that can be used to its last byte. */
TEST(damaged_headers) {
  file f = good_file();
  size_t n_header = 8 + (f.bytes[0] | (size_t)f.bytes[1] << 8);
  for (size_t i = 0; i < n_header; i++)
    for (int bit = 0; bit < 8; bit++) {
      unsigned char *damaged = malloc(f.n);
      memcpy(damaged, f.bytes, f.n);
      damaged[i] ^= (unsigned char)(1 << bit);
      cdf_pack pack;
      cdf_dataset d;
      cdf_error err = {0};
      cdf_status status = cdf_pack_parse(&pack, damaged, f.n, &err);
      CHECK(status == CDF_OK || (status == CDF_BAD_INPUT && strlen(err.text) > 20));
      if (status == CDF_OK) {
        CHECK(cdf_pack_dataset(&d, &pack, &err) == CDF_OK);
        size_t n, sum = 0;
        for (int k = 0; k < pack.n_pictures && pack.truth; k++) {
          const uint8_t *png = cdf_pack_truth(&pack, k, &n);
          CHECK(png >= damaged && png + n <= damaged + f.n);
          sum += n;
        }
        CHECK(!pack.truth || sum == TRUTH_BYTES);
        cdf_dataset_free(&d);
      }
      cdf_pack_free(&pack);
      free(damaged);
    }
  free(f.bytes);
}

static int write_seed(const char *folder, const char *name, parts *p) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  file f = write_parts(p);
  FILE *out = fopen(path, "wb");
  int good = out && fwrite(f.bytes, 1, f.n, out) == f.n;
  if (out) fclose(out);
  free(f.bytes);
  free(p);
  return good;
}

static int write_seeds(const char *folder) {
  parts *plain = good_parts(), *unlabelled = good_parts();
  *plain->tensors[TRUTHS].name = *plain->tensors[LENGTHS].name = 0;
  *unlabelled->tensors[LABELS].name = 0;
  int good = write_seed(folder, "pack.safetensors", good_parts());
  good &= write_seed(folder, "pack-plain.safetensors", plain);
  return good & write_seed(folder, "pack-unlabelled.safetensors", unlabelled);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0) return !write_seeds(argv[2]);
  RUN(round_trip);
  RUN(into_a_dataset);
  RUN(without_labels);
  RUN(without_truth);
  RUN(every_prefix_is_refused);
  RUN(other_files);
  RUN(missing_tensors);
  RUN(shapes);
  RUN(lattice_sizes);
  RUN(labels);
  RUN(lengths_must_add_up);
  RUN(damaged_headers);
  return test_report();
}
