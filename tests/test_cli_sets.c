/* Tests of sets.c, folder.c and account.c: IDX files, and folders of pictures at any depth. */
#include <sys/stat.h>

#include "../src/cli/sets.h"
#include "scratch.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h> /* a system header: compilers keep their warnings about it to themselves */

#define FASHION "/usr/share/datasets/fashion-mnist"

/* ---- IDX files ---- */

static const unsigned char idx_images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40};
static const unsigned char idx_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};

/* Load, expecting 2 pictures and these labels; NULL: none. */
static int loads_idx(const char *path, const char *split, const unsigned char *labels) {
  cdf_dataset d;
  cdf_error err = {0};
  cli_account account;
  cdf_status status =
      cli_load_set(&d, path, split, &(cli_set_options){.width = 99, .height = 99, .channels = 3}, &account, &err);
  if (status != CDF_OK) printf("  %s\n", err.text);
  int ok = status == CDF_OK && d.n_images == 2 && d.width == 2 && d.height == 1 && d.n_channels == 1 &&
           account.n_read == 2 && account.skipped.n == 0 && account.damaged.n == 0;
  ok = ok && !memcmp(d.pixels, idx_images + 16, 4);
  ok = ok && (labels ? d.labels && !memcmp(d.labels, labels, 2) && d.n_classes == 2 : !d.labels && !d.n_classes);
  cdf_dataset_free(&d);
  return ok;
}

static int load_refused(const char *path, const char *split, cdf_status wanted, const char *part) {
  cdf_dataset d;
  cdf_error err = {0};
  cdf_status status =
      cli_load_set(&d, path, split, &(cli_set_options){.width = 4, .height = 4, .channels = 3}, NULL, &err);
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
  CHECK(load_refused(in("bad"), "t10k", CDF_BAD_INPUT,
                     "and no IDX files; train-images-idx3-ubyte, for one, is left out"));
  put(in("bad/train-images-idx3-ubyte"), idx_images, sizeof idx_images);
  put(in("bad/train-labels-idx1-ubyte"), "", 0);
  CHECK(load_refused(in("bad"), "train", CDF_BAD_INPUT, "train-labels-idx1-ubyte is empty"));
}

TEST(fashion_mnist_loads) {
  if (access(FASHION "/train-images-idx3-ubyte.gz", R_OK) != 0) {
    printf("  skipped: no " FASHION " (Debian: dataset-fashion-mnist)\n");
    return;
  }
  for (int part = 0; part < 2; part++) {
    cdf_dataset d;
    CHECK(cli_load_set(&d, FASHION, part ? "t10k" : "train", &(cli_set_options){.width = 0, .height = 0, .channels = 0},
                       NULL, NULL) == CDF_OK);
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
  cli_account account;
  CHECK(cli_load_set(&d, in("pets"), "train", &(cli_set_options){.width = 6, .height = 4, .channels = 3}, &account,
                     &err) == CDF_OK);
  CHECK(account.damaged.n == 0 && account.n_read == 4 && d.n_images == 4 && d.width == 6 && d.height == 4 &&
        d.n_channels == 3 && d.n_classes == 2);
  CHECK(d.labels && !memcmp(d.labels, "\0\0\1\1", 4));
  CHECK(d.n_class_names == 2 && !strcmp(d.class_names[0], "cats") && !strcmp(d.class_names[1], "dogs"));
  static const int colours[4][3] = {{100, 100, 100}, {0, 0, 255}, {0, 255, 0}, {255, 0, 0}};
  for (int i = 0; i < 4; i++)
    for (int c = 0; c < 3; c++) CHECK(d.pixels[(i * 3 + c) * 24 + 7] == colours[i][c]);
  cdf_dataset_free(&d);

  CHECK(cli_load_set(&d, in("pets"), "train", &(cli_set_options){.width = 0, .height = 0, .channels = 0}, NULL, &err) ==
        CDF_OK);
  CHECK(d.width == 32 && d.height == 32 && d.n_channels == 3);
  cdf_dataset_free(&d);
  CHECK(cli_load_set(&d, in("pets/dogs/"), "train", &(cli_set_options){.width = 8, .height = 8, .channels = 1}, NULL,
                     &err) == CDF_OK); /* unlabelled */
  CHECK(d.n_images == 2 && d.n_classes == 0 && !d.class_names && !d.labels && d.pixels[0] == 150 && d.pixels[64] == 76);
  cdf_dataset_free(&d);
  CHECK(cli_load_set(&d, in("pets"), "train", &(cli_set_options){.width = 5000, .height = 8, .channels = 1}, NULL,
                     &err) == CDF_USAGE);
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
  cli_account account;
  CHECK(cli_load_set(&d, in("some"), "train", &(cli_set_options){.width = 2, .height = 2, .channels = 1}, &account,
                     &err) == CDF_OK);
  CHECK(d.n_images == 2 && account.damaged.n == 7 && account.skipped.n == 0 && err.code == CDF_OK);
  CHECK(d.pixels[0] == 9 && d.pixels[4] == 100);
  cdf_dataset_free(&d);

  unlink(in("some/a.png"));
  unlink(in("some/b.jpg"));
  CHECK(load_refused(in("some"), "train", CDF_BAD_INPUT, ", and the others are no better"));
  CHECK(load_refused(in("some"), "train", CDF_BAD_INPUT, "; dangling.png: cannot be read: No such file"));
  mkdir(in("lone"), 0755);
  put(in("lone/text.png"), "not a picture", 13);
  CHECK(load_refused(in("lone"), "train", CDF_BAD_INPUT, "text.png: no picture (text); make it again"));
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

/* ---- folders in folders, and every file accounted for ---- */

static bool is_left_out(const cli_left_out *list, const char *file, const char *why) {
  for (int i = 0; i < cdf_min(list->n, CLI_NAMED); i++)
    if (!strcmp(list->first[i].file, file)) return strstr(list->first[i].why, why) != NULL;
  return false;
}

TEST(folders_are_read_to_any_depth) {
  static const char *const folders[] = {"deep",   "deep/B",   "deep/B/z",  "deep/B/z/y",
                                        "deep/a", "deep/a/x", "deep/none", "deep/none/at"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) mkdir(in(folders[i]), 0755);
  put_png("deep/B/z/y/1.png", 1, 1, 1);
  put_png("deep/B/2.png", 2, 2, 2);
  put_png("deep/B/z/3.png", 3, 3, 3);
  put_png("deep/a/x/4.png", 4, 4, 4);
  put(in("deep/none/at/all.txt"), "x", 1);
  cdf_dataset d;
  cli_account account;
  CHECK(cli_load_set(&d, in("deep"), "train", &(cli_set_options){.width = 1, .height = 1, .channels = 1}, &account,
                     NULL) == CDF_OK);
  CHECK(d.n_images == 4 && !memcmp(d.pixels, "\2\3\1\4", 4) && !memcmp(d.labels, "\0\0\0\1", 4)); /* by path */
  CHECK(d.n_class_names == 2 && !strcmp(d.class_names[0], "B") && !strcmp(d.class_names[1], "a"));
  CHECK(account.n_read == 4 && account.damaged.n == 0 && account.skipped.n == 1);
  CHECK(is_left_out(&account.skipped, "none/at/all.txt", "no picture (text)"));
  cdf_dataset_free(&d);
}

TEST(every_file_is_accounted_for) {
  mkdir(in("all"), 0755);
  mkdir(in("all/.git"), 0755);
  put_png("all/whole.png", 7, 7, 7);
  put_png("all/no ending", 8, 8, 8);
  put_png("all/called.txt", 9, 9, 9);
  put(in("all/gif.png"), "GIF89a..", 8); /* by content, not by name */
  put(in("all/text.webp"), "text", 4);
  put(in("all/none.jpeg"), "", 0);
  put(in("all/notes"), "\1\2\3", 3);
  put(in("all/.hidden.png"), "x", 1);
  put_gzip(in("all/packed.png"), "x", 1);
  CHECK(symlink("..", in("all/up")) == 0 && symlink("nowhere", in("all/gone")) == 0);
  CHECK(symlink("nowhere", in("all/gone.png")) == 0 && mkfifo(in("all/pipe.png"), 0600) == 0);
  mkdir(in("all/up-is-here"), 0755);
  CHECK(symlink("../../all", in("all/up-is-here/loop")) == 0);
  CHECK(unlink(in("all/up")) == 0);
  cdf_dataset d;
  cli_account account;
  CHECK(cli_load_set(&d, in("all"), "train", &(cli_set_options){.width = 1, .height = 1, .channels = 1}, &account,
                     NULL) == CDF_OK);
  CHECK(d.n_images == 3 && !memcmp(d.pixels, "\x9\x8\7", 3) && d.n_classes == 0);
  CHECK(account.n_read == 3 && account.damaged.n == 3 && account.skipped.n == 8);
  CHECK(is_left_out(&account.damaged, "gone.png", "No such file"));
  CHECK(is_left_out(&account.damaged, "none.jpeg", "no picture (empty)"));
  CHECK(is_left_out(&account.damaged, "text.webp", "no picture (text)"));
  CHECK(is_left_out(&account.skipped, ".git", "hidden") && is_left_out(&account.skipped, ".hidden.png", "hidden"));
  CHECK(is_left_out(&account.skipped, "gif.png", "GIF, and not PNG, JPEG or WebP"));
  CHECK(is_left_out(&account.skipped, "gone", "No such file"));
  CHECK(is_left_out(&account.skipped, "notes", "no picture"));
  CHECK(is_left_out(&account.skipped, "packed.png", "gzip"));
  CHECK(is_left_out(&account.skipped, "pipe.png", "a pipe or a device"));
  CHECK(is_left_out(&account.skipped, "up-is-here/loop", "a link to a folder that it lies in"));
  cdf_dataset_free(&d);
}

TEST(long_lists_are_cut) {
  static cli_left_out list; /* zero */
  char file[400], name[16];
  for (int i = 0; i < 25; i++) {
    snprintf(name, sizeof name, "%d", i);
    cli_leave_out(&list, name, "why");
  }
  CHECK(list.n == 25 && !strcmp(list.first[0].file, "0") && !strcmp(list.first[CLI_NAMED - 1].file, "9"));
  memset(file, 'x', sizeof file);
  strcpy(file + 395, "end");
  list.n = 0;
  cli_leave_out(&list, file, file);
  CHECK(strlen(list.first[0].file) == 159 && !strcmp(list.first[0].file + 156, "end"));
  CHECK(strlen(list.first[0].why) == 159);
}

TEST(transparency_shows_the_background) {
  mkdir(in("clear"), 0755);
  const unsigned char clear[4] = {10, 20, 30, 0}, half[4] = {10, 20, 30, 128};
  CHECK(stbi_write_png(in("clear/a.png"), 1, 1, 4, clear, 4) && stbi_write_png(in("clear/b.png"), 1, 1, 4, half, 4));
  cdf_dataset d;
  CHECK(cli_load_set(&d, in("clear"), "train", &(cli_set_options){.width = 1, .height = 1, .channels = 3}, NULL,
                     NULL) == CDF_OK);
  CHECK(!memcmp(d.pixels, "\xff\xff\xff", 3) && d.pixels[3] == 132 && d.pixels[4] == 137 && d.pixels[5] == 142);
  cdf_dataset_free(&d);
  const uint8_t colour[3] = {200, 100, 0};
  CHECK(cli_load_set(&d, in("clear"), "train",
                     &(cli_set_options){.width = 1, .height = 1, .channels = 3, .background = colour}, NULL,
                     NULL) == CDF_OK);
  CHECK(!memcmp(d.pixels, colour, 3) && d.pixels[3] == 105 && d.pixels[4] == 60 && d.pixels[5] == 15);
  cdf_dataset_free(&d);
  cdf_error err = {0};
  put(in("grey.idx"), idx_images, sizeof idx_images);
  CHECK(cli_load_set(&d, in("grey.idx"), "train",
                     &(cli_set_options){.width = 1, .height = 1, .channels = 3, .background = colour}, NULL,
                     &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "--background is for the pictures of a folder");
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
  CHECK(cli_load_set(&d, in("many"), "train", &(cli_set_options){.width = 1, .height = 1, .channels = 1}, NULL, NULL) ==
        CDF_OK);
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
  RUN(finds_idx_files);
  RUN(refuses_bad_idx_files);
  RUN(fashion_mnist_loads);
  RUN(folders_are_classes);
  RUN(broken_pictures_are_counted);
  RUN(every_cut_picture_is_refused);
  RUN(folders_are_read_to_any_depth);
  RUN(every_file_is_accounted_for);
  RUN(long_lists_are_cut);
  RUN(transparency_shows_the_background);
  RUN(too_many_classes_are_refused);
  remove_scratch();
  return test_report();
}
