/* What a run remembers of its pictures, and what it says when they are others. */
#include <stdlib.h>
#include <string.h>

#include "cli/provenance.h"
#include "cli/record.h"
#include "test.h"

static uint8_t pixels[4 * 16], labels[4] = {0, 1, 0, 1}, finer[8] = {1, 2, 3};

static cdf_dataset a_set(void) {
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37);
  return (cdf_dataset){
      .n_images = 4, .n_channels = 1, .height = 4, .width = 4, .n_classes = 2, .pixels = pixels, .labels = labels};
}

static void name(cdf_dataset *d, const char *list) { CHECK(cdf_dataset_name_classes(d, list, ',', NULL) == CDF_OK); }

/* The sentence or remark on going on with `now` where `then` was recorded. */
static const char *verdict(const cli_material *then, const cli_material *now, const cdf_kernels *k) {
  static char text[640];
  cli_record before, after;
  cdf_error err = {0};
  CHECK(cli_record_make(&before, "x.", then, cdf_kernels_named("portable"), NULL) == CDF_OK);
  CHECK(cli_record_make(&after, "x.", now, k, NULL) == CDF_OK);
  cdf_checkpoint c = {.metadata = before.notes, .n_metadata = before.n_notes};
  char remark[256];
  cdf_status status = cli_record_compare(&after, remark, &c, &err);
  CHECK(status == (*err.text ? CDF_BAD_INPUT : CDF_OK));
  snprintf(text, sizeof text, "%s%s", err.text, remark);
  cli_record_free(&before);
  cli_record_free(&after);
  return text;
}

static const char *compare(const cli_material *then, const cli_material *now) {
  return verdict(then, now, cdf_kernels_named("portable"));
}

TEST(base_names) {
  static const char *const names[][2] = {
      {"a/b/c.png", "c.png"}, {"c", "c"}, {"/x/my set//", "my set"}, {"/", ""}, {"..", ".."}, {"", ""}, {"a/", "a"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char name[16];
    cli_base_name(name, sizeof name, names[i][0]);
    CHECK(strcmp(name, names[i][1]) == 0);
  }
  char shortened[4];
  cli_base_name(shortened, sizeof shortened, "/a/pictures");
  CHECK(strcmp(shortened, "pic") == 0);
}

TEST(what_differs_is_said) {
  cdf_dataset data = a_set(), other = a_set();
  uint8_t swapped[sizeof pixels], moved[4] = {1, 0, 0, 1};
  memcpy(swapped, pixels + 16, 16);
  memcpy(swapped + 16, pixels, 16);
  memcpy(swapped + 32, pixels + 32, 32);
  cli_material then = {.path = "/somewhere/set", .data = &data, .n_pictures = 4, .n_classes = 2}, now = then;
  now.path = "elsewhere/same", now.data = &other;
  CHECK(strcmp(compare(&then, &now), "") == 0);
  other.pixels = swapped;
  CHECK_TEXT(compare(&then, &now), "not in the same order");
  other.pixels = pixels, other.width = 8, other.height = 2;
  CHECK_TEXT(compare(&then, &now), "the pictures are not those");
  other = a_set(), now.n_pictures = 3;
  CHECK_TEXT(compare(&then, &now), "the pictures are not those");
  now.n_pictures = 4, other.labels = moved;
  CHECK_TEXT(compare(&then, &now), "their classes are not");
  other.labels = NULL;
  CHECK_TEXT(compare(&then, &now), "labels is none");
  CHECK_TEXT(compare(&now, &then), "not none");
  now.n_classes = then.n_classes = 0;
  CHECK(strcmp(compare(&then, &now), "") == 0);
}

TEST(finer_pictures_count) {
  cdf_dataset data = a_set();
  cli_material then = {.path = "p", .data = &data, .n_pictures = 4, .finer = finer, .n_finer = sizeof finer},
               now = then;
  uint8_t other[8] = {1, 2, 4};
  CHECK(strcmp(compare(&then, &now), "") == 0);
  now.finer = other;
  CHECK_TEXT(compare(&then, &now), "the pictures are not those");
}

TEST(names_of_classes) {
  cdf_dataset data = a_set(), other = a_set();
  cli_material then = {.path = "p", .data = &data, .n_pictures = 4, .n_classes = 2}, now = then;
  now.data = &other;
  name(&data, "cats,dogs");
  CHECK(strcmp(compare(&then, &now), "") == 0); /* names that are not known are no other names */
  CHECK(strcmp(compare(&now, &then), "") == 0);
  name(&other, "cats,dogs,third");
  CHECK(strcmp(compare(&then, &now), "") == 0); /* a class that the model has not */
  name(&other, "cats,dog");
  CHECK_TEXT(compare(&then, &now), "class 1 is called 'dog' here, but this checkpoint was trained with 'dogs'");
  name(&other, "cats");
  CHECK_TEXT(compare(&then, &now), "class 1 is called ''");
  CHECK_TEXT(compare(&now, &then), "class 1 is called 'dogs'");
  cdf_dataset_name_classes(&other, "cats\n,dogs", ',', NULL);
  CHECK_TEXT(compare(&then, &now), "class 0 is called 'cats '");
  free(data.class_names);
  free(other.class_names);
}

TEST(other_kernels_and_no_fingerprint) {
  cdf_dataset data = a_set();
  cli_material m = {.path = "p", .data = &data, .n_pictures = 4, .n_classes = 2};
  const cdf_kernels *best = cdf_kernels_best();
  if (best != cdf_kernels_named("portable"))
    CHECK_TEXT(verdict(&m, &m, best), "so far trained with the kernels 'portable'");
  cli_record r;
  char remark[256];
  cdf_checkpoint old = {0};
  CHECK(cli_record_make(&r, "", &m, best, NULL) == CDF_OK);
  CHECK(cli_record_compare(&r, remark, &old, NULL) == CDF_OK);
  CHECK_TEXT(remark, "no fingerprint");
  cli_record_free(&r);
}

int main(void) {
  RUN(base_names);
  RUN(what_differs_is_said);
  RUN(finer_pictures_count);
  RUN(names_of_classes);
  RUN(other_kernels_and_no_fingerprint);
  return test_report();
}
