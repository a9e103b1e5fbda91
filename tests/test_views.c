/* Views of a picture: cropped, padded, mirrored, moved; held-out pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file/views.h"
#include "test.h"

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})

/* One grey part of bytes[h][w] becomes wanted[out_h][out_w]. */
static bool becomes(const uint8_t *wanted, int out_w, int out_h, const uint8_t *bytes, int w, int h, cdf_part part) {
  cdf_dataset d;
  bool same = cdf_dataset_init(&d, 1, 1, out_h, out_w, 0, NULL) == CDF_OK;
  if (!same) return false;
  cdf_dataset_add_part(&d, bytes, w, h, 1, 0, &part);
  same = memcmp(d.pixels, wanted, (size_t)(out_w * out_h)) == 0;
  for (int i = 0; i < out_w * out_h && !same; i++) printf("  byte %d: %d, wanted %d\n", i, d.pixels[i], wanted[i]);
  cdf_dataset_free(&d);
  return same;
}

TEST(a_part_is_cut_out_and_what_lies_beyond_is_background) {
  const uint8_t *p = BYTES(1, 2, 3, 4, 5, 6, 7, 8, 9);
  CHECK(becomes(BYTES(5, 6, 8, 9), 2, 2, p, 3, 3, (cdf_part){.x = 1, .y = 1, .width = 2, .height = 2}));
  CHECK(
      becomes(BYTES(6, 5, 9, 8), 2, 2, p, 3, 3, (cdf_part){.x = 1, .y = 1, .width = 2, .height = 2, .mirrored = true}));
  CHECK(becomes(BYTES(9, 255, 255, 255), 2, 2, p, 3, 3, (cdf_part){.x = 2, .y = 2, .width = 2, .height = 2}));
  CHECK(becomes(BYTES(255, 255, 255, 1), 2, 2, p, 3, 3, (cdf_part){.x = -1, .y = -1, .width = 2, .height = 2}));
  CHECK(becomes(BYTES(255, 255, 255, 255), 2, 2, p, 3, 3, (cdf_part){.x = 7, .y = -9, .width = 2, .height = 2}));
}

TEST(the_whole_picture_has_background_beside_it) {
  cdf_part wide = {.width = 4, .height = 2, .whole = true}, high = {.width = 1, .height = 3, .whole = true};
  CHECK(becomes(BYTES(255, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255), 4, 4,
                BYTES(1, 2, 3, 4, 5, 6, 7, 8), 4, 2, wide));
  CHECK(becomes(BYTES(255, 1, 255, 255, 2, 255, 255, 3, 255), 3, 3, BYTES(1, 2, 3), 1, 3, high));
  high.whole = false;
  CHECK(becomes(BYTES(2), 1, 1, BYTES(1, 2, 3), 1, 3, high));
}

TEST(a_checkered_background_stays_where_it_is) {
  cdf_dataset d;
  CHECK(cdf_dataset_init(&d, 2, 1, 2, 4, 0, NULL) == CDF_OK);
  d.checker = 1;
  cdf_part mirrored = {.width = 1, .height = 1, .mirrored = true};
  cdf_dataset_add(&d, BYTES(9, 0), 1, 1, 2, 0);
  cdf_dataset_add_part(&d, BYTES(9, 0), 1, 1, 2, 0, &mirrored);
  CHECK(!memcmp(d.pixels, BYTES(255, 204, 255, 204, 204, 255, 204, 255), 8));
  CHECK(!memcmp(d.pixels + 8, d.pixels, 8));
  cdf_dataset_free(&d);
}

/* Every view of pictures of every shape: within the picture unless there is background around it, told of as it is. */
TEST(views_lie_in_the_picture_and_say_where) {
  static const int sizes[][2] = {{64, 64}, {300, 40}, {41, 233}, {1, 1}, {3, 7}, {4096, 2160}};
  for (int crop = CDF_CROP_CENTRE; crop <= CDF_CROP_NONE; crop++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      int w = sizes[k][0], h = sizes[k][1];
      cdf_views views = {.crop = (cdf_crop)crop, .n = 40};
      for (int v = 0; v < views.n; v++) {
        cdf_part p = cdf_view_part(&views, w, h, 32, 24, (int)k, v);
        CHECK(p.width >= 1 && p.height >= 1 && p.whole == (crop == CDF_CROP_NONE));
        if (crop != CDF_CROP_NONE) CHECK(p.x >= 0 && p.y >= 0 && p.x + p.width <= w && p.y + p.height <= h);
        for (int i = 0; i < CDF_CHANGES; i++) CHECK(fabsf(p.changes[i]) <= 2.0f);
        bool told = p.changes[0] != 0 || p.changes[1] != 0 || p.changes[2] != 0;
        CHECK(told == (v > 0 && crop != CDF_CROP_RANDOM));
      }
    }
}

TEST(a_view_that_is_told_to_be_right_and_nearer_is) {
  cdf_views views = {.n = 60};
  for (int v = 1; v < views.n; v++) {
    cdf_part p = cdf_view_part(&views, 1000, 1000, 32, 32, 3, v);
    CHECK_NEAR(p.width, 1000 * (1 - p.changes[2] / 8), 1);
    CHECK_NEAR(p.x + p.width / 2.0, 500 + 1000 * p.changes[0] / 8, 2);
    CHECK_NEAR(p.y + p.height / 2.0, 500 + 1000 * p.changes[1] / 8, 2);
  }
}

TEST(random_crops_reach_every_corner) {
  cdf_views views = {.crop = CDF_CROP_RANDOM, .n = 64};
  int left = 1000, right = 0, least = 1000, most = 0;
  for (int picture = 0; picture < 8; picture++)
    for (int v = 0; v < views.n; v++) {
      cdf_part p = cdf_view_part(&views, 1000, 400, 32, 32, picture, v);
      left = cdf_min(left, p.x), right = cdf_max(right, p.x + p.width);
      least = cdf_min(least, p.width), most = cdf_max(most, p.width);
    }
  CHECK(left < 30 && right > 970 && least < 210 && most > 390 && least >= 200 && most <= 400);
}

/* Views of a large picture are made of a smaller copy of it: the same but for rounding, and the first not at all. */
TEST(large_pictures_are_made_smaller_once) {
  enum { W = 330, H = 250, V = 6 };
  static uint8_t rgba[W * H * 4];
  for (int i = 0; i < W * H; i++) {
    int x = i % W, y = i / W;
    uint8_t pixel[4] = {(uint8_t)(x / 2), (uint8_t)y, (uint8_t)((x + y) / 3), (uint8_t)(255 - x / 3)};
    memcpy(rgba + 4 * i, pixel, 4);
  }
  for (int crop = CDF_CROP_CENTRE; crop <= CDF_CROP_NONE; crop++) {
    cdf_views views = {.crop = (cdf_crop)crop, .n = V};
    cdf_dataset d, exact;
    CHECK(cdf_dataset_init(&d, V, 3, 8, 8, 0, NULL) == CDF_OK &&
          cdf_dataset_init(&exact, V, 3, 8, 8, 0, NULL) == CDF_OK);
    cdf_dataset_add_views(&d, &views, 2, rgba, W, H, 4, 0);
    for (int v = 0; v < V; v++) {
      cdf_part part = cdf_view_part(&views, W, H, 8, 8, 2, v);
      cdf_dataset_add_part(&exact, rgba, W, H, 4, 0, &part);
    }
    CHECK(d.n_images == V && !memcmp(d.pixels, exact.pixels, 192));
    int most = 0;
    for (int i = 192; i < V * 192; i++) most = cdf_max(most, abs(d.pixels[i] - exact.pixels[i]));
    /* Place and size are rounded to smaller pixels, 7 of 41 source pixels a cell: at an edge of white 7 / 41 of 255. */
    CHECK(most > 0 && most <= (crop == CDF_CROP_NONE ? 44 : 8));
    cdf_dataset_free(&d), cdf_dataset_free(&exact);
  }
}

/* n pictures of 2x2, each all of one value, in a set with labels and what was done to them. */
static void fill(cdf_dataset *d, const cdf_views *views, int n) {
  cdf_dataset_init(d, n * cdf_views_of_each(views), 1, 2, 2, 3, NULL);
  cdf_dataset_keep_changes(d, n * cdf_views_of_each(views), NULL);
  for (int i = 0; i < n; i++)
    cdf_dataset_add_views(d, views, i, BYTES((uint8_t)i, (uint8_t)i, (uint8_t)i, (uint8_t)i), 2, 2, 1, i % 3);
}

TEST(sets_are_appended) {
  cdf_views views = {.n = 2};
  cdf_dataset a, b;
  cdf_dataset_init(&a, 12, 1, 2, 2, 3, NULL);
  cdf_dataset_keep_changes(&a, 12, NULL);
  fill(&b, &views, 3);
  cdf_dataset_append(&a, &b), cdf_dataset_append(&a, &b);
  CHECK(a.n_images == 12 && !memcmp(a.pixels, b.pixels, 24) && !memcmp(a.pixels + 24, b.pixels, 24));
  CHECK(!memcmp(a.labels + 6, b.labels, 6) &&
        !memcmp(a.changes + 6 * CDF_CHANGES, b.changes, 6 * sizeof(float[CDF_CHANGES])));
  cdf_dataset_free(&a), cdf_dataset_free(&b);
}

TEST(views_of_a_picture_stand_together_and_mirrors_beside_them) {
  cdf_views views = {.n = 3, .flip = true};
  cdf_dataset d;
  fill(&d, &views, 5);
  CHECK(cdf_views_of_each(&views) == 6 && d.n_images == 30);
  for (int i = 0; i < 30; i++) {
    CHECK(d.pixels[4 * i] == i / 6 && d.labels[i] == i / 6 % 3);
    const float *c = d.changes + CDF_CHANGES * i;
    if (i % 6 < 2) CHECK(c[0] == 0 && c[1] == 0 && c[2] == 0);
    if (i % 2) CHECK(c[0] == -c[-3] && c[1] == c[-2] && c[2] == c[-1]);
  }
  cdf_dataset_free(&d);
}

TEST(a_tenth_is_held_out_whole_pictures_only) {
  cdf_views views = {.n = 4};
  cdf_dataset d, held_out;
  fill(&d, &views, 25);
  CHECK(cdf_dataset_hold_out(&held_out, &d, 10, 4, NULL) == CDF_OK);
  CHECK(held_out.n_images == 2 && held_out.pixels[0] == 9 && held_out.pixels[4] == 19 && held_out.labels[1] == 19 % 3);
  CHECK(d.n_images == 23 * 4 && held_out.n_classes == 3 && !held_out.changes);
  for (int i = 0, at = 0; i < 25; i++) {
    if (i % 10 == 9) continue;
    for (int v = 0; v < 4; v++, at++) {
      CHECK(d.pixels[4 * at] == i && d.labels[at] == i % 3);
      CHECK((d.changes[CDF_CHANGES * at + 2] != 0) == (v > 0));
    }
  }
  cdf_dataset_free(&held_out);
  CHECK(cdf_dataset_hold_out(&held_out, &d, 24, 4, NULL) == CDF_OK);
  CHECK(held_out.n_images == 0 && !held_out.pixels && d.n_images == 23 * 4);
  cdf_dataset_free(&held_out);
  cdf_dataset_free(&d);
}

int main(void) {
  RUN(a_part_is_cut_out_and_what_lies_beyond_is_background);
  RUN(the_whole_picture_has_background_beside_it);
  RUN(a_checkered_background_stays_where_it_is);
  RUN(views_lie_in_the_picture_and_say_where);
  RUN(a_view_that_is_told_to_be_right_and_nearer_is);
  RUN(random_crops_reach_every_corner);
  RUN(large_pictures_are_made_smaller_once);
  RUN(sets_are_appended);
  RUN(views_of_a_picture_stand_together_and_mirrors_beside_them);
  RUN(a_tenth_is_held_out_whole_pictures_only);
  return test_report();
}
