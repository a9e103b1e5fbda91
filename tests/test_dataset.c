#include "../src/file/dataset.h"

#include <stdlib.h>

#include "test.h"

/* A small IDX pair: 3 images, 2 high and 4 wide, pixel i = 10 * i, labels 0 2 1. */
#define N_IMAGES 3
#define IMAGE_BYTES (16 + N_IMAGES * 8)
#define LABEL_BYTES (8 + N_IMAGES)

typedef struct idx_pair {
  uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
} idx_pair;

static idx_pair make_pair(void) {
  idx_pair pair = {.images = {0, 0, 8, 3, 0, 0, 0, N_IMAGES, 0, 0, 0, 2, 0, 0, 0, 4},
                   .labels = {0, 0, 8, 1, 0, 0, 0, N_IMAGES, 0, 2, 1}};
  for (int i = 16; i < IMAGE_BYTES; i++) pair.images[i] = (uint8_t)(10 * (i - 16));
  return pair;
}

/* Parse exact-size heap copies, so that the sanitizer sees any step outside. */
static cdf_status parse(cdf_dataset *dataset, const uint8_t *images, size_t n_image_bytes, const uint8_t *labels,
                        size_t n_label_bytes, cdf_error *err) {
  uint8_t *a = malloc(n_image_bytes ? n_image_bytes : 1), *b = malloc(n_label_bytes ? n_label_bytes : 1);
  memcpy(a, images, n_image_bytes);
  if (labels) memcpy(b, labels, n_label_bytes);
  cdf_status status = cdf_dataset_from_idx(dataset, a, n_image_bytes, labels ? b : NULL, n_label_bytes, err);
  free(a);
  free(b);
  return status;
}

/* Expect CDF_BAD_INPUT, `part` in the sentence, and an empty set. */
static int refused(const idx_pair *pair, size_t n_image_bytes, size_t n_label_bytes, const char *part) {
  cdf_dataset d = {0};
  cdf_error err = {0};
  cdf_status status = parse(&d, pair->images, n_image_bytes, pair->labels, n_label_bytes, &err);
  int ok = status == CDF_BAD_INPUT && err.code == CDF_BAD_INPUT && strstr(err.text, part) && !d.pixels && !d.labels;
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  cdf_dataset_free(&d);
  return ok;
}

TEST(idx_round_trip) {
  idx_pair pair = make_pair();
  cdf_dataset d;
  cdf_error err = {0};
  CHECK(parse(&d, pair.images, IMAGE_BYTES, pair.labels, LABEL_BYTES, &err) == CDF_OK);
  CHECK(d.n_images == 3 && d.n_channels == 1 && d.height == 2 && d.width == 4 && d.n_classes == 3);
  CHECK(!memcmp(d.pixels, pair.images + 16, IMAGE_BYTES - 16));
  CHECK(!memcmp(d.labels, pair.labels + 8, N_IMAGES));
  CHECK(err.code == CDF_OK);
  cdf_dataset_free(&d);
  CHECK(!d.pixels && !d.labels && d.n_images == 0);
  cdf_dataset_free(NULL);
}

TEST(idx_without_labels) {
  idx_pair pair = make_pair();
  cdf_dataset d;
  CHECK(parse(&d, pair.images, IMAGE_BYTES, NULL, 0, NULL) == CDF_OK);
  CHECK(d.n_images == 3 && d.n_classes == 0 && !d.labels);
  cdf_dataset_free(&d);
}

TEST(every_prefix_is_refused) {
  idx_pair pair = make_pair();
  for (size_t n = 0; n < IMAGE_BYTES; n++) CHECK(refused(&pair, n, LABEL_BYTES, n < 16 ? "cut short" : "too few"));
  for (size_t n = 0; n < LABEL_BYTES; n++) CHECK(refused(&pair, IMAGE_BYTES, n, n < 8 ? "cut short" : "too few"));
  cdf_dataset d;
  CHECK(cdf_dataset_from_idx(&d, NULL, 0, NULL, 0, NULL) == CDF_BAD_INPUT);
}

TEST(extra_bytes_are_refused) {
  idx_pair pair = make_pair();
  cdf_dataset d;
  cdf_error err = {0};
  uint8_t images[IMAGE_BYTES + 1] = {0}, labels[LABEL_BYTES + 1] = {0};
  memcpy(images, pair.images, IMAGE_BYTES);
  memcpy(labels, pair.labels, LABEL_BYTES);
  CHECK(parse(&d, images, IMAGE_BYTES + 1, labels, LABEL_BYTES, &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "25 bytes follow the header, too many");
  CHECK(parse(&d, images, IMAGE_BYTES, labels, LABEL_BYTES + 1, &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "4 bytes follow the header, too many");
}

TEST(wrong_magic_is_refused) {
  idx_pair pair = make_pair();
  cdf_dataset d;
  cdf_error err = {0};
  CHECK(parse(&d, pair.labels, LABEL_BYTES, NULL, 0, &err) == CDF_BAD_INPUT); /* 11 bytes: too short for images */
  pair.images[3] = 1;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "these are labels"));
  pair = make_pair();
  pair.labels[3] = 3;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "these are images"));
  pair = make_pair();
  pair.images[0] = 0x1f;
  pair.images[1] = 0x8b;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "gzip"));
  for (int i = 0; i < 4; i++) {
    pair = make_pair();
    pair.images[i] ^= 0x40;
    CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "must begin with 00 00 08 03"));
    pair = make_pair();
    pair.labels[i] ^= 0x40;
    CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "must begin with 00 00 08 01"));
  }
}

TEST(wrong_sizes_are_refused) {
  idx_pair pair = make_pair();
  pair.images[7] = 0;
  CHECK(refused(&pair, 16, LABEL_BYTES, "hold 0 pictures"));
  pair.images[4] = 0x80;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "hold 2147483648 pictures"));
  for (int side = 8; side <= 12; side += 4) {
    pair = make_pair();
    pair.images[side + 3] = 0;
    CHECK(refused(&pair, 16, LABEL_BYTES, "each side must be 1 to 4096"));
    pair.images[side + 2] = 0x10;
    CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "too few")); /* 4096 is a possible side */
    pair.images[side + 3] = 1;
    CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "4097"));
  }
  /* The largest sizes that pass one by one: their product overflows 32 bits. */
  memcpy(pair.images + 4, "\x7f\xff\xff\xff\0\0\x10\0\0\0\x10\0", 12);
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "too few"));
  /* 2^8 pictures of 2^24 pixels are 0 bytes modulo 2^32. */
  memcpy(pair.images + 4, "\0\0\1\0\0\0\x10\0\0\0\x10\0", 12);
  CHECK(refused(&pair, 16, LABEL_BYTES, "too few"));
}

TEST(wrong_labels_are_refused) {
  idx_pair pair = make_pair();
  pair.labels[7] = 2;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES - 1, "2 labels for 3 images"));
  pair = make_pair();
  pair.labels[9] = 250;
  CHECK(refused(&pair, IMAGE_BYTES, LABEL_BYTES, "the label of image 1 is 250, but the highest allowed is 249"));
  pair.labels[9] = 249;
  cdf_dataset d;
  CHECK(parse(&d, pair.images, IMAGE_BYTES, pair.labels, LABEL_BYTES, NULL) == CDF_OK);
  CHECK(d.n_classes == 250);
  cdf_dataset_free(&d);
}

TEST(init_checks_its_sizes) {
  static const struct {
    int max_images, n_channels, height, width, n_classes;
    const char *part;
  } bad[] = {{0, 1, 8, 8, 0, "at least 1"}, {-1, 1, 8, 8, 0, "at least 1"}, {1, 0, 8, 8, 0, "0 channels"},
             {1, 5, 8, 8, 0, "5 channels"}, {1, 1, 0, 8, 0, "8x0"},         {1, 1, 8, 4097, 0, "4097x8"},
             {1, 1, 8, -3, 0, "-3x8"},      {1, 1, 4097, 8, 0, "8x4097"},   {1, 1, 8, 8, 251, "251 classes"},
             {1, 1, 8, 8, -1, "-1 classes"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cdf_dataset d;
    cdf_error err = {0};
    CHECK(cdf_dataset_init(&d, bad[i].max_images, bad[i].n_channels, bad[i].height, bad[i].width, bad[i].n_classes,
                           &err) == CDF_USAGE);
    CHECK_TEXT(err.text, bad[i].part);
    CHECK(!d.pixels && !d.labels);
  }
  cdf_dataset d;
  CHECK(cdf_dataset_init(&d, 2, 3, 5, 7, 4, NULL) == CDF_OK);
  CHECK(d.n_images == 0 && d.n_channels == 3 && d.height == 5 && d.width == 7 && d.n_classes == 4 && d.labels);
  cdf_dataset_free(&d);
}

/* Resample one picture and compare it with wanted[channel][y][x]. */
static int becomes(int out_channels, int out_height, int out_width, const uint8_t *wanted, const uint8_t *bytes,
                   int n_channels, int height, int width) {
  size_t n_bytes = (size_t)(n_channels * height * width), n_out = (size_t)(out_channels * out_height * out_width);
  uint8_t *copy = malloc(n_bytes); /* exact size, for the sanitizer */
  memcpy(copy, bytes, n_bytes);
  cdf_dataset d;
  int same = 0;
  if (cdf_dataset_init(&d, 1, out_channels, out_height, out_width, 0, NULL) == CDF_OK) {
    cdf_dataset_add(&d, copy, width, height, n_channels, 0);
    same = d.n_images == 1 && !memcmp(d.pixels, wanted, n_out);
    if (!same)
      for (size_t i = 0; i < n_out; i++) printf("  byte %zu: %d, wanted %d\n", i, d.pixels[i], wanted[i]);
  }
  cdf_dataset_free(&d);
  free(copy);
  return same;
}
#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})

TEST(same_size_is_a_copy) {
  CHECK(becomes(1, 2, 3, BYTES(1, 2, 3, 4, 5, 255), BYTES(1, 2, 3, 4, 5, 255), 1, 2, 3));
  CHECK(becomes(3, 1, 2, BYTES(1, 4, 2, 5, 3, 6), BYTES(1, 2, 3, 4, 5, 6), 3, 1, 2));
  CHECK(becomes(4, 1, 2, BYTES(1, 5, 2, 6, 3, 7, 4, 8), BYTES(1, 2, 3, 4, 5, 6, 7, 8), 4, 1, 2));
}

TEST(half_size_is_the_mean) {
  CHECK(becomes(1, 1, 1, BYTES(25), BYTES(10, 20, 30, 40), 1, 2, 2));
  CHECK(becomes(1, 1, 1, BYTES(1), BYTES(0, 0, 1, 1), 1, 2, 2)); /* a half rounds up */
  CHECK(becomes(1, 1, 1, BYTES(255), BYTES(255, 255, 255, 254), 1, 2, 2));
  CHECK(becomes(1, 1, 2, BYTES(3, 7), BYTES(1, 1, 6, 6, 5, 5, 8, 8), 1, 2, 4));
  CHECK(becomes(1, 2, 1, BYTES(3, 7), BYTES(1, 1, 5, 5, 6, 6, 8, 8), 1, 4, 2));
  CHECK(becomes(1, 1, 2, BYTES(3, 7), BYTES(1, 5, 6, 8, 1, 5, 6, 8), 1, 2, 4));
}

TEST(fractions_of_pixels_weigh_their_area) {
  /* 3 to 2: (2a + b) / 3 and (b + 2c) / 3. Columns 0 30 60 give 10 50, rows 0 60 120 give 20 100; the grid is their
   * sum. */
  CHECK(becomes(1, 2, 2, BYTES(30, 70, 110, 150), BYTES(0, 30, 60, 60, 90, 120, 120, 150, 180), 1, 3, 3));
}

TEST(small_pictures_grow_as_boxes) {
  CHECK(becomes(1, 2, 4, BYTES(7, 7, 9, 9, 7, 7, 9, 9), BYTES(7, 9), 1, 1, 2));
  CHECK(becomes(1, 3, 3, BYTES(0, 50, 100, 100, 138, 176, 200, 226, 252), BYTES(0, 100, 200, 252), 1, 2, 2));
}

TEST(constant_stays_constant) {
  uint8_t source[4 * 13 * 17], wanted[4 * 11 * 11];
  for (int value = 0; value <= 255; value += 15) {
    memset(source, value, sizeof source);
    memset(wanted, value, sizeof wanted);
    for (int size = 1; size <= 11; size += 2) {
      CHECK(becomes(1, size, size, wanted, source, 1, 13, 17));
      CHECK(becomes(3, size, 11, wanted, source, 3, 17, 13));
      CHECK(becomes(1, 11, size, wanted, source, 3, 13, 17)); /* luma of grey is grey */
      CHECK(becomes(3, 5, size, wanted, source, 1, 13, 17));
    }
  }
}

TEST(crop_is_centred) {
  CHECK(becomes(1, 1, 1, BYTES(50), BYTES(0, 50, 255), 1, 1, 3));
  CHECK(becomes(1, 1, 1, BYTES(50), BYTES(0, 50, 255), 1, 3, 1));
  CHECK(becomes(1, 1, 2, BYTES(3, 4), BYTES(1, 2, 3, 4, 5, 6), 1, 3, 2));
  CHECK(becomes(1, 2, 1, BYTES(2, 5), BYTES(1, 2, 3, 4, 5, 6), 1, 2, 3));
  CHECK(becomes(1, 1, 1, BYTES(15), BYTES(10, 20), 1, 1, 2)); /* half a pixel off on both sides */
  /* 4 x 3 to 1 x 1: columns weigh 1/2 1 1 1/2. */
  CHECK(becomes(1, 1, 1, BYTES(80), BYTES(120, 0, 60, 240, 120, 0, 60, 240, 120, 0, 60, 240), 1, 3, 4));
}

TEST(channels_are_converted) {
  /* BT.601: 0.299 R + 0.587 G + 0.114 B. */
  CHECK(becomes(1, 1, 1, BYTES(76), BYTES(255, 0, 0), 3, 1, 1));
  CHECK(becomes(1, 1, 1, BYTES(150), BYTES(0, 255, 0), 3, 1, 1));
  CHECK(becomes(1, 1, 1, BYTES(29), BYTES(0, 0, 255), 3, 1, 1));
  CHECK(becomes(1, 1, 1, BYTES(113), BYTES(255, 0, 0, 0, 255, 0), 3, 1, 2)); /* mean first, then one rounding */
  CHECK(becomes(3, 1, 1, BYTES(9, 9, 9), BYTES(9), 1, 1, 1));
  CHECK(becomes(4, 1, 1, BYTES(9, 9, 9, 255), BYTES(9), 1, 1, 1));
  CHECK(becomes(4, 1, 1, BYTES(1, 2, 3, 255), BYTES(1, 2, 3), 3, 1, 1));
  CHECK(becomes(2, 1, 1, BYTES(9, 77), BYTES(9, 9, 9, 77), 4, 1, 1));
}

TEST(transparent_is_white) {
  CHECK(becomes(3, 1, 1, BYTES(255, 255, 255), BYTES(1, 2, 3, 0), 4, 1, 1));
  CHECK(becomes(3, 1, 1, BYTES(1, 2, 3), BYTES(1, 2, 3, 255), 4, 1, 1));
  CHECK(becomes(3, 1, 1, BYTES(204, 204, 204), BYTES(0, 51), 2, 1, 1));
  CHECK(becomes(1, 1, 1, BYTES(204), BYTES(0, 0, 0, 51), 4, 1, 1));
  /* Hidden colours do not bleed: the mean weighs them by alpha. */
  CHECK(becomes(4, 1, 1, BYTES(200, 100, 0, 128), BYTES(200, 100, 0, 255, 0, 0, 0, 0), 4, 1, 2));
  CHECK(becomes(4, 1, 1, BYTES(255, 255, 255, 0), BYTES(1, 2, 3, 0), 4, 1, 1));
}

/* Against the definition in double: integrals of a piecewise constant picture over squares. */
TEST(odd_sizes_match_the_definition) {
  static const int sizes[][4] = {{5, 7, 3, 2}, {7, 5, 4, 6}, {11, 3, 2, 5}, {3, 2, 8, 9}, {31, 29, 13, 8}};
  uint8_t source[31 * 29];
  uint32_t state = 1;
  for (size_t i = 0; i < sizeof source; i++) source[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    int w = sizes[k][0], h = sizes[k][1], out_w = sizes[k][2], out_h = sizes[k][3];
    double s = fmin((double)w / out_w, (double)h / out_h), x0 = (w - s * out_w) / 2, y0 = (h - s * out_h) / 2;
    cdf_dataset d;
    CHECK(cdf_dataset_init(&d, 1, 1, out_h, out_w, 0, NULL) == CDF_OK);
    cdf_dataset_add(&d, source, w, h, 1, 0);
    for (int y = 0; y < out_h; y++) {
      for (int x = 0; x < out_w; x++) {
        double sum = 0;
        for (int j = 0; j < h; j++) {
          for (int i = 0; i < w; i++) {
            double dx = fmin(i + 1, x0 + s * (x + 1)) - fmax(i, x0 + s * x);
            double dy = fmin(j + 1, y0 + s * (y + 1)) - fmax(j, y0 + s * y);
            if (dx > 0 && dy > 0) sum += dx * dy * source[j * w + i];
          }
        }
        CHECK_NEAR(d.pixels[y * out_w + x], sum / (s * s), 0.5 + 1e-9);
      }
    }
    cdf_dataset_free(&d);
  }
}

TEST(pictures_are_appended_with_labels) {
  cdf_dataset d;
  CHECK(cdf_dataset_init(&d, 3, 3, 1, 2, 5, NULL) == CDF_OK);
  cdf_dataset_add(&d, BYTES(1, 2), 2, 1, 1, 4);
  cdf_dataset_add(&d, BYTES(1, 2, 3, 4, 5, 6), 2, 1, 3, 0);
  cdf_dataset_add(&d, BYTES(8), 1, 1, 1, 2);
  CHECK(d.n_images == 3);
  CHECK(!memcmp(d.pixels, BYTES(1, 2, 1, 2, 1, 2, 1, 4, 2, 5, 3, 6, 8, 8, 8, 8, 8, 8), 18));
  CHECK(!memcmp(d.labels, BYTES(4, 0, 2), 3));
  cdf_dataset_free(&d);
}

TEST(names_of_classes) {
  cdf_dataset d;
  CHECK(cdf_dataset_init(&d, 1, 1, 1, 1, 2, NULL) == CDF_OK && !d.class_names);
  CHECK(cdf_dataset_name_classes(&d, NULL, ',', NULL) == CDF_OK && !d.class_names);
  CHECK(cdf_dataset_name_classes(&d, "", ',', NULL) == CDF_OK && !d.class_names);
  CHECK(cdf_dataset_name_classes(&d, "a, b/c", '/', NULL) == CDF_OK && d.n_class_names == 2);
  CHECK(!strcmp(d.class_names[0], "a, b") && !strcmp(d.class_names[1], "c"));
  CHECK(cdf_dataset_name_classes(&d, ",x,", ',', NULL) == CDF_OK && d.n_class_names == 3); /* once more: replaced */
  CHECK(!*d.class_names[0] && !strcmp(d.class_names[1], "x") && !*d.class_names[2]);
  char many[2 * 300];
  for (int i = 0; i < 300; i++) many[2 * i] = 'x', many[2 * i + 1] = i < 299 ? ',' : 0;
  CHECK(cdf_dataset_name_classes(&d, many, ',', NULL) == CDF_OK && d.n_class_names == CDF_MAX_CLASSES);
  CHECK(!strcmp(d.class_names[CDF_MAX_CLASSES - 1], "x"));
  cdf_dataset_free(&d);
  CHECK(!d.class_names && d.n_class_names == 0);
}

int main(void) {
  RUN(idx_round_trip);
  RUN(idx_without_labels);
  RUN(every_prefix_is_refused);
  RUN(extra_bytes_are_refused);
  RUN(wrong_magic_is_refused);
  RUN(wrong_sizes_are_refused);
  RUN(wrong_labels_are_refused);
  RUN(init_checks_its_sizes);
  RUN(same_size_is_a_copy);
  RUN(half_size_is_the_mean);
  RUN(fractions_of_pixels_weigh_their_area);
  RUN(small_pictures_grow_as_boxes);
  RUN(constant_stays_constant);
  RUN(crop_is_centred);
  RUN(channels_are_converted);
  RUN(transparent_is_white);
  RUN(odd_sizes_match_the_definition);
  RUN(pictures_are_appended_with_labels);
  RUN(names_of_classes);
  return test_report();
}
