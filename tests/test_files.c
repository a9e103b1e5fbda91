#include "../src/cli/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "test.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h> /* a system header: compilers keep their warnings about it to themselves */

#define FASHION "/usr/share/datasets/fashion-mnist"

/* ---- a scratch directory; every path of the tests is made by in() ---- */

static char scratch[64];

/* scratch/name; eight results live at a time. */
static const char *in(const char *name) {
  static char paths[8][512];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
  return path;
}

static void remove_scratch(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  if (system(command) != 0) printf("  cannot remove %s\n", scratch);
}

static void put(const char *path, const void *bytes, size_t n_bytes) {
  FILE *out = fopen(path, "wb");
  CHECK(out && fwrite(bytes, 1, n_bytes, out) == n_bytes);
  CHECK(out && fclose(out) == 0);
}

/* Up to 4096 bytes, as they are. */
static size_t get(unsigned char *bytes, const char *path) {
  FILE *file = fopen(path, "rb");
  size_t n = file ? fread(bytes, 1, 4096, file) : 0;
  if (file) fclose(file);
  return n;
}

static void put_gzip(const char *path, const void *bytes, size_t n_bytes) {
  gzFile out = gzopen(path, "wb");
  CHECK(out && gzwrite(out, bytes, (unsigned)n_bytes) == (int)n_bytes && gzclose(out) == Z_OK);
}

/* The file at path holds exactly this text. */
static int holds(const char *path, const char *text) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  int same = cdf_file_read(&bytes, &n, path, NULL) == CDF_OK && n == strlen(text) && !memcmp(bytes, text, n);
  free(bytes);
  return same;
}

static int n_entries(const char *path) {
  char command[640], text[32] = "";
  snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
  FILE *pipe = popen(command, "r");
  if (!pipe) return -1;
  int n = fgets(text, sizeof text, pipe) ? atoi(text) : -1;
  pclose(pipe);
  return n;
}

/* Expect CDF_BAD_INPUT, `part` in the sentence, and no buffer. */
static int read_refused(const char *path, const char *part) {
  unsigned char *bytes = (unsigned char *)1;
  size_t n = 1;
  cdf_error err = {0};
  cdf_status status = cdf_file_read(&bytes, &n, path, &err);
  int ok = status == CDF_BAD_INPUT && strstr(err.text, part) && !bytes && n == 0;
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  return ok;
}

/* ---- reading ---- */

TEST(reads_plain_and_gzip) {
  put(in("plain"), "hello", 5);
  put_gzip(in("packed.gz"), "hello", 5);
  CHECK(holds(in("plain"), "hello"));
  CHECK(holds(in("packed.gz"), "hello"));
  put(in("one"), "\x1f", 1); /* the first byte of a gzip header alone is a plain file */
  CHECK(holds(in("one"), "\x1f"));
  unsigned char *bytes;
  size_t n;
  CHECK(cdf_file_read(&bytes, &n, in("plain"), NULL) == CDF_OK && n == 5 && bytes[5] == 0);
  free(bytes);
  CHECK(cdf_file_exists(in("plain")) && !cdf_file_exists(in("none")) && !cdf_file_exists(scratch));
}

TEST(reads_large_files_of_unknown_size) {
  size_t n_bytes = 3000001, n;
  unsigned char *large = malloc(n_bytes), *bytes;
  for (size_t i = 0; i < n_bytes; i++) large[i] = (unsigned char)(i * i >> 3);
  put_gzip(in("large.gz"), large, n_bytes);
  CHECK(cdf_file_read(&bytes, &n, in("large.gz"), NULL) == CDF_OK && n == n_bytes && !memcmp(bytes, large, n));
  free(bytes);
  static const size_t edges[] = {65534, 65535, 65536, 65537, 131071, 131072, 1000000}; /* around the first room */
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
    put(in("edge"), large, edges[i]);
    CHECK(cdf_file_read(&bytes, &n, in("edge"), NULL) == CDF_OK && n == edges[i] && !memcmp(bytes, large, n));
    free(bytes);
  }
  CHECK(cdf_file_read(&bytes, &n, "/proc/self/status", NULL) == CDF_OK && n > 100); /* says that it has 0 bytes */
  free(bytes);
  free(large);
}

TEST(refuses_what_is_no_file) {
  CHECK(read_refused(in("none/x"), "No such file or directory; check the spelling"));
  CHECK(read_refused("data/x", "cannot read data/x: No such file or directory"));
  CHECK(read_refused(scratch, "is a directory"));
  put(in("empty"), "", 0);
  CHECK(read_refused(in("empty"), "is empty"));
  put_gzip(in("empty.gz"), "", 0);
  CHECK(read_refused(in("empty.gz"), "is empty"));
  char path[3000];
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = 0;
  CHECK(read_refused(path, "File name too long; check")); /* a long path leaves room for the cause */
  CHECK(truncate(in("plain"), (off_t)5 << 30) == 0);      /* 5 GiB, sparse */
  CHECK(read_refused(in("plain"), "4 GiB"));
  CHECK(unlink(in("plain")) == 0);
}

TEST(refuses_damaged_gzip) {
  unsigned char text[2000], packed[4096];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)("coordinates"[i % 11] + i / 97);
  put_gzip(in("whole.gz"), text, sizeof text);
  size_t n = get(packed, in("whole.gz"));
  CHECK(n > 100 && n < 4096);
  for (size_t cut = 2; cut < n; cut++) { /* from the two bytes that say gzip */
    put(in("cut.gz"), packed, cut);
    CHECK(read_refused(in("cut.gz"), "cut short"));
  }
  for (size_t at = n / 2; at < n; at += 7) {
    packed[at] ^= 0x55;
    put(in("bad.gz"), packed, n);
    packed[at] ^= 0x55;
    CHECK(read_refused(in("bad.gz"), "damaged or cut short") || read_refused(in("bad.gz"), "cut short"));
  }
}

/* ---- writing ---- */

TEST(writes_and_replaces) {
  mkdir(in("out"), 0755);
  CHECK(cdf_file_write_atomic(in("out/a"), "one", 3, NULL) == CDF_OK && holds(in("out/a"), "one"));
  chmod(in("out/a"), 0640);
  CHECK(cdf_file_write_atomic(in("out/a"), "three", 5, NULL) == CDF_OK && holds(in("out/a"), "three"));
  struct stat info;
  CHECK(stat(in("out/a"), &info) == 0 && (info.st_mode & 0777) == 0640);
  CHECK(cdf_file_write_atomic(in("out/empty"), NULL, 0, NULL) == CDF_OK && cdf_file_exists(in("out/empty")));
  CHECK(n_entries(in("out")) == 2); /* no temporary file */
}

TEST(links_stay_links) {
  mkdir(in("link"), 0755);
  put(in("link/target"), "old", 3);
  CHECK(symlink("target", in("link/latest")) == 0);
  CHECK(cdf_file_write_atomic(in("link/latest"), "new", 3, NULL) == CDF_OK);
  struct stat info;
  CHECK(lstat(in("link/latest"), &info) == 0 && S_ISLNK(info.st_mode));
  CHECK(holds(in("link/target"), "new") && n_entries(in("link")) == 2);
}

TEST(relative_paths_work) {
  char here[1024];
  CHECK(getcwd(here, sizeof here) && chdir(scratch) == 0);
  CHECK(cdf_file_write_atomic("relative", "x", 1, NULL) == CDF_OK && holds("relative", "x"));
  CHECK(cdf_file_write_atomic("relative", "yz", 2, NULL) == CDF_OK && holds("relative", "yz"));
  CHECK(chdir(here) == 0);
}

TEST(short_write_keeps_the_old_file) {
  mkdir(in("full"), 0755);
  put(in("full/a"), "old", 3);
  char *large = calloc(1, 100000);
  struct rlimit old_limit, limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  limit = old_limit;
  limit.rlim_cur = 50000;
  fflush(stdout);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  cdf_error err = {0}, err_new = {0};
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  cdf_status status = cdf_file_write_atomic(in("full/a"), large, 100000, &err);
  cdf_status status_new = cdf_file_write_atomic(in("full/b"), large, 100000, &err_new);
  CHECK(setrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  signal(SIGXFSZ, handler);
  CHECK(status == CDF_FAILED && status_new == CDF_FAILED);
  CHECK_TEXT(err.text, "File too large; the old file is untouched");
  CHECK_TEXT(err_new.text, "File too large; no file was made");
  CHECK(holds(in("full/a"), "old") && n_entries(in("full")) == 1);
  free(large);
}

TEST(closed_directory_keeps_the_old_file) {
  mkdir(in("closed"), 0755);
  put(in("closed/a"), "old", 3);
  chmod(in("closed/a"), 0666);
  chmod(in("closed"), 0555);
  int is_root = geteuid() == 0;
  CHECK(!is_root || seteuid(65534) == 0); /* root may write anywhere */
  cdf_error err = {0};
  cdf_status status = cdf_file_write_atomic(in("closed/a"), "new", 3, &err);
  CHECK(!is_root || seteuid(0) == 0);
  chmod(in("closed"), 0755);
  CHECK(status == CDF_FAILED);
  CHECK_TEXT(err.text, "Permission denied; the old file is untouched");
  CHECK(holds(in("closed/a"), "old") && n_entries(in("closed")) == 1);
}

TEST(impossible_places_are_refused) {
  cdf_error err = {0};
  CHECK(cdf_file_write_atomic(scratch, "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "is a directory");
  CHECK(cdf_file_write_atomic(in("none/x"), "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "No such file or directory; no file was made");
  CHECK(cdf_file_write_atomic("", "x", 1, &err) == CDF_FAILED);
}

TEST(devices_and_pipes_are_written_directly) {
  cdf_error err = {0};
  CHECK(cdf_file_write_atomic("/dev/full", "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "cannot write to /dev/full: No space left on device");
  CHECK(cdf_file_write_atomic("/dev/null", "x", 1, &err) == CDF_OK);
  struct stat info;
  CHECK(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
  CHECK(mkfifo(in("fifo"), 0600) == 0);
  int reader = open(in("fifo"), O_RDONLY | O_NONBLOCK);
  CHECK(cdf_file_write_atomic(in("fifo"), "through", 7, &err) == CDF_OK);
  char text[16] = "";
  CHECK(read(reader, text, sizeof text) == 7 && !strcmp(text, "through"));
  close(reader);
  CHECK(stat(in("fifo"), &info) == 0 && S_ISFIFO(info.st_mode));
  CHECK(unlink(in("fifo")) == 0);
}

TEST(redirected_stdout_is_appended_to) {
  put(in("log"), "before ", 7);
  fflush(stdout);
  int saved = dup(1), file = open(in("log"), O_WRONLY | O_APPEND);
  dup2(file, 1);
  cdf_status status = cdf_file_write_atomic("/dev/stdout", "after", 5, NULL);
  dup2(saved, 1);
  close(saved);
  close(file);
  CHECK(status == CDF_OK && holds(in("log"), "before after"));
}

/* ---- IDX files ---- */

static const unsigned char idx_images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40};
static const unsigned char idx_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};

/* Load, expecting 2 pictures and these labels; NULL: none. */
static int loads_idx(const char *path, const char *split, const unsigned char *labels) {
  cdf_dataset d;
  cdf_error err = {0};
  int n_skipped = -1;
  cdf_status status = cdf_files_load_dataset(&d, path, split, 99, 99, 3, &n_skipped, &err);
  if (status != CDF_OK) printf("  %s\n", err.text);
  int ok = status == CDF_OK && d.n_images == 2 && d.width == 2 && d.height == 1 && d.n_channels == 1 && n_skipped == 0;
  ok = ok && !memcmp(d.pixels, idx_images + 16, 4);
  ok = ok && (labels ? d.labels && !memcmp(d.labels, labels, 2) && d.n_classes == 2 : !d.labels && !d.n_classes);
  cdf_dataset_free(&d);
  return ok;
}

static int load_refused(const char *path, const char *split, cdf_status wanted, const char *part) {
  cdf_dataset d;
  cdf_error err = {0};
  cdf_status status = cdf_files_load_dataset(&d, path, split, 4, 4, 3, NULL, &err);
  int ok = status == wanted && strstr(err.text, part) && !d.pixels && !d.labels && d.n_images == 0;
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  return ok;
}

TEST(finds_idx_files) {
  mkdir(in("idx-images-idx3"), 0755); /* the mark in a folder's name must not confuse the search for labels */
  put(in("idx-images-idx3/train-images-idx3-ubyte"), idx_images, sizeof idx_images);
  CHECK(loads_idx(in("idx-images-idx3"), "train", NULL));
  put_gzip(in("idx-images-idx3/train-labels-idx1-ubyte.gz"), idx_labels, sizeof idx_labels);
  CHECK(loads_idx(in("idx-images-idx3"), "train", idx_labels + 8));
  CHECK(loads_idx(in("idx-images-idx3/"), "train", idx_labels + 8));
  CHECK(loads_idx(in("idx-images-idx3/train-images-idx3-ubyte"), "train", idx_labels + 8));
  put_gzip(in("idx-images-idx3/t10k-images-idx3-ubyte.gz"), idx_images, sizeof idx_images);
  put(in("idx-images-idx3/t10k-labels-idx1-ubyte"), idx_labels, sizeof idx_labels);
  CHECK(loads_idx(in("idx-images-idx3"), "t10k", idx_labels + 8));
  CHECK(loads_idx(in("idx-images-idx3/t10k-images-idx3-ubyte.gz"), "train", idx_labels + 8));
  put(in("other.idx"), idx_images, sizeof idx_images);
  CHECK(loads_idx(in("other.idx"), "train", NULL));
}

TEST(refuses_bad_idx_files) {
  CHECK(load_refused(in("none"), "train", CDF_BAD_INPUT, "none: No such file or directory"));
  CHECK(load_refused(scratch, "test", CDF_USAGE, "no split \"test\"; use train or t10k"));
  CHECK(load_refused(scratch, NULL, CDF_USAGE, "use train or t10k"));
  mkdir(in("bad"), 0755);
  CHECK(load_refused(in("bad"), "train", CDF_BAD_INPUT, "holds no pictures"));
  put(in("bad/train-images-idx3-ubyte"), idx_images, sizeof idx_images - 1);
  CHECK(load_refused(in("bad"), "train", CDF_BAD_INPUT, "train-images-idx3-ubyte: the IDX images should hold 2"));
  CHECK(load_refused(in("bad"), "t10k", CDF_BAD_INPUT, "neither t10k-images-idx3-ubyte"));
  put(in("bad/train-images-idx3-ubyte"), idx_images, sizeof idx_images);
  put(in("bad/train-labels-idx1-ubyte"), "", 0);
  CHECK(load_refused(in("bad"), "train", CDF_BAD_INPUT, "train-labels-idx1-ubyte is empty"));
}

TEST(fashion_mnist_loads) {
  if (!cdf_file_exists(FASHION "/train-images-idx3-ubyte.gz")) {
    printf("  skipped: no " FASHION " (Debian: dataset-fashion-mnist)\n");
    return;
  }
  for (int part = 0; part < 2; part++) {
    cdf_dataset d;
    CHECK(cdf_files_load_dataset(&d, FASHION, part ? "t10k" : "train", 0, 0, 0, NULL, NULL) == CDF_OK);
    CHECK(d.n_images == (part ? 10000 : 60000) && d.height == 28 && d.width == 28);
    CHECK(d.n_channels == 1 && d.n_classes == 10 && d.labels);
    int counts[10] = {0};
    for (int i = 0; i < d.n_images; i++) counts[d.labels[i]]++;
    for (int c = 0; c < 10; c++) CHECK(counts[c] == d.n_images / 10);
    cdf_dataset_free(&d);
  }
}

/* ---- folders of pictures ---- */

/* An 8x8 PNG of one colour. */
static void put_png(const char *name, int red, int green, int blue) {
  unsigned char pixels[8 * 8 * 3];
  for (int i = 0; i < 64 * 3; i++) pixels[i] = (unsigned char)(i % 3 == 0 ? red : i % 3 == 1 ? green : blue);
  CHECK(stbi_write_png(in(name), 8, 8, 3, pixels, 24));
}

/* An 8x8 grey JPEG, 100 everywhere, by hand (the JPEG writer of stb shifts out of range, which the sanitizer reports):
 * all quantizers 8, so the one coefficient is 100 - 128, of 5 bits; each Huffman table has one code of one bit. */
static void put_jpeg(const char *name) {
  static const unsigned char head[] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0};
  static const unsigned char tail[] = {
      0xff, 0xc0, 0, 11, 8,    0, 8, 0, 8,  1, 1,    0x11, 0,                              /* frame */
      0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0,  0, 0,    0,    0,   0, 0, 0, 0, 0, 0, 0, 0, 5, /* DC codes */
      0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0,  0, 0,    0,    0,   0, 0, 0, 0, 0, 0, 0, 0, 0, /* AC codes */
      0xff, 0xda, 0, 8,  1,    1, 0, 0, 63, 0, 0x0d, 0xff, 0xd9};                          /* scan */
  unsigned char bytes[sizeof head + 64 + sizeof tail];
  memcpy(bytes, head, sizeof head);
  memset(bytes + sizeof head, 8, 64);
  memcpy(bytes + sizeof head + 64, tail, sizeof tail);
  put(in(name), bytes, sizeof bytes);
}

/* Copy a file, cut to `keep` of its bytes and with the byte at `flip` changed; -1 for neither. */
static void damage(const char *to, const char *from, double keep, double flip) {
  unsigned char bytes[4096];
  size_t n = get(bytes, in(from));
  CHECK(n > 8);
  if (flip >= 0) bytes[(size_t)((double)n * flip)] ^= 0x55;
  put(in(to), bytes, keep >= 0 ? (size_t)((double)n * keep) : n);
}

TEST(folders_are_classes) {
  mkdir(in("pets"), 0755);
  mkdir(in("pets/dogs"), 0755);
  mkdir(in("pets/cats"), 0755);
  mkdir(in("pets/nothing"), 0755); /* no pictures, no class */
  put(in("pets/dogs/.hidden.png"), "x", 1);
  put_png("pets/dogs/b.png", 255, 0, 0);
  put_png("pets/dogs/a.PNG", 0, 255, 0);
  put_png("pets/cats/z.png", 0, 0, 255);
  put_jpeg("pets/cats/y.jpeg");
  cdf_dataset d;
  cdf_error err = {0};
  int n_skipped;
  CHECK(cdf_files_load_dataset(&d, in("pets"), "train", 6, 4, 3, &n_skipped, &err) == CDF_OK);
  CHECK(n_skipped == 0 && d.n_images == 4 && d.width == 6 && d.height == 4 && d.n_channels == 3 && d.n_classes == 2);
  CHECK(d.labels && !memcmp(d.labels, "\0\0\1\1", 4));
  CHECK(d.n_class_names == 2 && !strcmp(d.class_names[0], "cats") && !strcmp(d.class_names[1], "dogs"));
  static const int colours[4][3] = {{100, 100, 100}, {0, 0, 255}, {0, 255, 0}, {255, 0, 0}};
  for (int i = 0; i < 4; i++)
    for (int c = 0; c < 3; c++) CHECK(d.pixels[(i * 3 + c) * 24 + 7] == colours[i][c]);
  cdf_dataset_free(&d);

  CHECK(cdf_files_load_dataset(&d, in("pets"), "train", 0, 0, 0, NULL, &err) == CDF_OK);
  CHECK(d.width == 32 && d.height == 32 && d.n_channels == 3);
  cdf_dataset_free(&d);
  CHECK(cdf_files_load_dataset(&d, in("pets/dogs/"), "train", 8, 8, 1, NULL, &err) == CDF_OK); /* unlabelled */
  CHECK(d.n_images == 2 && d.n_classes == 0 && !d.class_names && !d.labels && d.pixels[0] == 150 && d.pixels[64] == 76);
  cdf_dataset_free(&d);
  CHECK(cdf_files_load_dataset(&d, in("pets"), "train", 5000, 8, 1, NULL, &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "5000x8");

  put_png("pets/stray.png", 1, 2, 3);
  CHECK(load_refused(in("pets"), "train", CDF_BAD_INPUT, "both directly (1) and in sub-folders (4)"));
}

TEST(broken_pictures_are_counted) {
  mkdir(in("some"), 0755);
  put_png("some/a.png", 9, 9, 9);
  put_jpeg("some/b.jpg");
  damage("some/cut.png", "some/a.png", 0.8, -1);
  damage("some/flipped.png", "some/a.png", -1, 0.7);
  damage("some/head.png", "some/a.png", -1, 0.5);
  damage("some/cut.jpg", "some/b.jpg", 0.97, -1);
  put(in("some/text.png"), "not a picture", 13);
  put(in("some/empty.jpg"), "", 0);
  CHECK(symlink("nowhere", in("some/dangling.png")) == 0);
  cdf_dataset d;
  cdf_error err = {0};
  int n_skipped;
  CHECK(cdf_files_load_dataset(&d, in("some"), "train", 2, 2, 1, &n_skipped, &err) == CDF_OK);
  CHECK(d.n_images == 2 && n_skipped == 7 && err.code == CDF_OK);
  CHECK(d.pixels[0] == 9 && d.pixels[4] == 100);
  cdf_dataset_free(&d);

  unlink(in("some/a.png"));
  unlink(in("some/b.jpg"));
  CHECK(load_refused(in("some"), "train", CDF_BAD_INPUT, "; none of the other pictures"));
  CHECK(load_refused(in("some"), "train", CDF_BAD_INPUT, "some/cut.jpg is a damaged JPEG picture"));
  mkdir(in("lone"), 0755);
  put(in("lone/text.png"), "not a picture", 13);
  CHECK(load_refused(in("lone"), "train", CDF_BAD_INPUT, "it is the only picture"));
}

TEST(every_cut_picture_is_refused) {
  mkdir(in("cuts"), 0755);
  put_png("whole.png", 1, 100, 200);
  put_jpeg("whole.jpg");
  for (int format = 0; format < 2; format++) {
    const char *whole = format ? "whole.jpg" : "whole.png", *cut = format ? "cuts/x.jpg" : "cuts/x.png";
    unsigned char bytes[4096];
    size_t n = get(bytes, in(whole));
    CHECK(n > 60);
    for (size_t keep = 0; keep < n; keep++) {
      put(in(cut), bytes, keep);
      CHECK(load_refused(in("cuts"), "train", CDF_BAD_INPUT, "x."));
    }
    unlink(in(cut));
  }
}

TEST(too_many_classes_are_refused) {
  mkdir(in("many"), 0755);
  for (int i = 0; i < 251; i++) {
    char name[32];
    snprintf(name, sizeof name, "many/%03d", i);
    mkdir(in(name), 0755);
    strcat(name, "/x.png");
    put_png(name, i, i, i);
  }
  CHECK(load_refused(in("many"), "train", CDF_BAD_INPUT, "251 sub-folders, but at most 250"));
  CHECK(unlink(in("many/000/x.png")) == 0);
  cdf_dataset d;
  CHECK(cdf_files_load_dataset(&d, in("many"), "train", 1, 1, 1, NULL, NULL) == CDF_OK);
  CHECK(d.n_images == 250 && d.n_classes == 250);
  for (int i = 0; i < d.n_images; i++) CHECK(d.labels[i] == i && d.pixels[i] == i + 1); /* sorted */
  cdf_dataset_free(&d);
}

int main(void) {
  const char *base = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/cdf-files-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
  if (!mkdtemp(scratch)) {
    perror(scratch);
    return 1;
  }
  chmod(scratch, 0755); /* closed_directory_keeps_the_old_file enters as another user */
  RUN(reads_plain_and_gzip);
  RUN(reads_large_files_of_unknown_size);
  RUN(refuses_what_is_no_file);
  RUN(refuses_damaged_gzip);
  RUN(writes_and_replaces);
  RUN(links_stay_links);
  RUN(relative_paths_work);
  RUN(short_write_keeps_the_old_file);
  RUN(closed_directory_keeps_the_old_file);
  RUN(impossible_places_are_refused);
  RUN(devices_and_pipes_are_written_directly);
  RUN(redirected_stdout_is_appended_to);
  RUN(finds_idx_files);
  RUN(refuses_bad_idx_files);
  RUN(fashion_mnist_loads);
  RUN(folders_are_classes);
  RUN(broken_pictures_are_counted);
  RUN(every_cut_picture_is_refused);
  RUN(too_many_classes_are_refused);
  remove_scratch();
  return test_report();
}
