/* test_foundations.c: checked arithmetic, errors, arenas, and the two tables of settings. */
#include "../src/base/arena.h"
#include "../src/base/json_text.h"
#include "../src/denoise/config.h"
#include "../src/net/train_config.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

TEST(sizes) {
  size_t out = 1;
  CHECK(cdf_mul(&out, 6, 7) && out == 42);
  CHECK(cdf_mul(&out, 0, SIZE_MAX) && out == 0);
  CHECK(cdf_mul(&out, SIZE_MAX, 0) && out == 0);
  CHECK(cdf_mul(&out, SIZE_MAX, 1) && out == SIZE_MAX);
  CHECK(cdf_mul(&out, SIZE_MAX / 2, 2) && out == SIZE_MAX - 1);
  CHECK(!cdf_mul(&out, SIZE_MAX / 2 + 1, 2));
  CHECK(!cdf_mul(&out, 2, SIZE_MAX / 2 + 1));
  CHECK(!cdf_mul(&out, SIZE_MAX, SIZE_MAX));
  CHECK(!cdf_mul(&out, (size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4))); /* wraps to 0 */
  CHECK(cdf_pad(0) == 0 && cdf_pad(1) == 16 && cdf_pad(16) == 16 && cdf_pad(17) == 32);
  CHECK(cdf_clamp(-3, 0, 5) == 0 && cdf_clamp(9, 0, 5) == 5 && cdf_clamp(4, 0, 5) == 4);
}

TEST(errors) {
  cdf_error err = {0};
  CHECK(cdf_fail(&err, CDF_USAGE, "%s is %d", "x", 7) == CDF_USAGE && err.code == CDF_USAGE);
  CHECK(strcmp(err.text, "x is 7") == 0);
  CHECK(cdf_fail(NULL, CDF_FAILED, "nobody %s", "listens") == CDF_FAILED);
  CHECK(cdf_fail_memory(NULL, 1) == CDF_NO_MEMORY);
  CHECK(cdf_fail_memory(&err, 12345678901ull) == CDF_NO_MEMORY && err.code == CDF_NO_MEMORY);
  CHECK_TEXT(err.text, "12345678901 bytes");
  char long_text[2 * CDF_ERROR_BYTES];
  memset(long_text, 'x', sizeof long_text);
  long_text[sizeof long_text - 1] = 0;
  cdf_fail(&err, CDF_BAD_INPUT, "%s", long_text);
  CHECK(strlen(err.text) == CDF_ERROR_BYTES - 1);
}

static int is_aligned(const void *p) { return (uintptr_t)p % CDF_ALIGN == 0; }

TEST(arena_hands_out_zeroed_aligned_blocks) {
  cdf_arena a = {0};
  CHECK(cdf_arena_cost(1, 4) == CDF_ALIGN && cdf_arena_cost(16, 4) == 64 && cdf_arena_cost(17, 4) == 128);
  size_t n_bytes = cdf_arena_cost(3, 4) + cdf_arena_cost(100, 4) + cdf_arena_cost(1, 1);
  CHECK(cdf_arena_init(&a, n_bytes) == CDF_OK);
  float *x = cdf_arena_floats(&a, 3), *y = cdf_arena_floats(&a, 100);
  char *z = cdf_arena_alloc(&a, 1, 1);
  CHECK(x && y && z && is_aligned(x) && is_aligned(y) && is_aligned(z));
  CHECK(y >= x + 3 && (float *)(void *)z >= y + 100);
  for (int i = 0; i < 100; i++) CHECK(y[i] == 0.0f);
  for (int i = 0; i < 100; i++) y[i] = 1.0f;
  CHECK(x[0] == 0.0f && x[2] == 0.0f && *z == 0);
  CHECK(a.used == n_bytes);
  cdf_arena_free(&a);
  CHECK(!a.block && a.n_bytes == 0 && a.used == 0);
  cdf_arena_free(&a);
  cdf_arena_free(NULL);
}

TEST(arena_runs_out_without_harm) {
  cdf_arena a = {0};
  CHECK(cdf_arena_init(&a, 256) == CDF_OK);
  CHECK(cdf_arena_alloc(&a, 193, 1) != NULL); /* rounds up to all 256 */
  CHECK(cdf_arena_alloc(&a, 1, 1) == NULL);
  cdf_arena_free(&a);
  CHECK(cdf_arena_init(&a, 256) == CDF_OK);
  CHECK(cdf_arena_alloc(&a, 257, 1) == NULL);
  CHECK(cdf_arena_alloc(&a, SIZE_MAX, 1) == NULL);
  CHECK(cdf_arena_alloc(&a, SIZE_MAX - 10, 1) == NULL); /* rounding up would wrap to 0 */
  CHECK(cdf_arena_alloc(&a, SIZE_MAX / 2, 4) == NULL);  /* so would the product */
  CHECK(a.used == 0);
  CHECK(cdf_arena_alloc(&a, 128, 1) != NULL && cdf_arena_alloc(&a, 128, 1) != NULL);
  cdf_arena_free(&a);
  CHECK(cdf_arena_cost(SIZE_MAX, 1) == SIZE_MAX && cdf_arena_cost(SIZE_MAX / 2, 4) == SIZE_MAX);
  CHECK(cdf_aligned_zalloc(SIZE_MAX) == NULL); /* rounding up would wrap to 0 */
  void *empty = cdf_aligned_zalloc(0);
  CHECK(empty && is_aligned(empty));
  cdf_aligned_free(empty);
}

/* ---- settings ---- */

static uint32_t noise_state = 1;
static double uniform(void) {
  noise_state = noise_state * 1664525u + 1013904223u;
  return (noise_state >> 8) / 16777216.0;
}

/* Fill a field: round 0 with its least values, 1 with its largest, later with anything between. */
static void fill(void *object, const cdf_field *f, int round) {
  unsigned char *p = (unsigned char *)object + f->offset;
  int names = 0;
  while (f->names && f->names[names]) names++;
  for (int i = 0; i < f->count; i++, p += 4) {
    double u = round == 0 ? 0 : round == 1 ? 1 : uniform(), x = f->min + u * (f->max - f->min);
    uint64_t big = round == 0 ? 0 : round == 1 ? UINT64_MAX : (uint64_t)(uniform() * 1e19) | 1;
    float real = (float)x;
    int whole = f->type == CDF_FIELD_ENUM ? (int)(f->min + u * (names - 1) + 0.5) : (int)x;
    if (f->type == CDF_FIELD_U64)
      memcpy(p, &big, 8);
    else if (f->type == CDF_FIELD_FLOAT)
      memcpy(p, &real, 4);
    else if (f->type == CDF_FIELD_NAME)
      strncpy((char *)p, round == 0 ? "" : round == 1 ? "fifteen letters" : "taps", 16);
    else
      memcpy(p, &whole, 4);
  }
}

/* Everything printed and set again gives the same bytes, and the same text. */
static void check_round_trip(const cdf_field *fields, size_t size) {
  unsigned char *a = calloc(1, size), *b = calloc(1, size);
  int same = 0;
  for (int round = 0; round < 200; round++) {
    memset(b, 0, size);
    for (const cdf_field *f = fields; f->key; f++) {
      char text[256], again[256];
      cdf_error err = {0};
      fill(a, f, round);
      cdf_field_print(text, sizeof text, a, f);
      if (cdf_fields_set(b, fields, f->key, text, &err) != CDF_OK) {
        printf("  %s = %s: %s\n", f->key, text, err.text);
        CHECK(!"a printed value is refused");
      }
      cdf_field_print(again, sizeof again, b, f);
      if (strcmp(text, again) != 0) {
        printf("  %s: %s became %s\n", f->key, text, again);
        CHECK(!"a value changed on the way");
      }
    }
    same += memcmp(a, b, size) == 0;
  }
  CHECK(same == 200);
  free(a);
  free(b);
}

TEST(fields_round_trip) {
  check_round_trip(cdf_config_fields, sizeof(cdf_config));
  check_round_trip(cdf_train_fields, sizeof(cdf_train_config));
}

/* The tables name every byte of their structs: no two fields overlap, and nothing but padding is left out. */
static void check_coverage(const cdf_field *fields, size_t size) {
  unsigned char *seen = calloc(1, size);
  size_t covered = 0;
  for (const cdf_field *f = fields; f->key; f++) {
    size_t n = f->type == CDF_FIELD_NAME ? 16 : f->type == CDF_FIELD_U64 ? 8 : 4 * (size_t)f->count;
    for (size_t i = f->offset; i < f->offset + n && i < size; i++) covered += !seen[i]++;
    CHECK(f->offset + n <= size && f->help && strlen(f->help) > 3);
    CHECK(cdf_fields_find(fields, f->key) == f);
  }
  for (size_t i = 0; i < size; i++) CHECK(seen[i] <= 1);
  CHECK(size - covered < 8);
  CHECK(cdf_fields_find(fields, "no such key") == NULL);
  free(seen);
}

TEST(tables_cover_their_structs) {
  check_coverage(cdf_config_fields, sizeof(cdf_config));
  check_coverage(cdf_train_fields, sizeof(cdf_train_config));
}

static void refused(const cdf_field *fields, const char *key, const char *value, const char *part) {
  union {
    cdf_config config;
    cdf_train_config train;
  } object;
  memset(&object, 0, sizeof object);
  cdf_error err = {0};
  cdf_status status = cdf_fields_set(&object, fields, key, value, &err);
  if (status != CDF_USAGE || err.code != CDF_USAGE || !strstr(err.text, part)) {
    printf("  %s = '%s': status %d, \"%s\" (wanted \"%s\")\n", key, value, (int)status, err.text, part);
    CHECK(!"a bad value is not refused as it should be");
  }
  CHECK(cdf_fields_set(&object, fields, key, value, NULL) == CDF_USAGE);
}

TEST(bad_values_are_refused) {
  const cdf_field *m = cdf_config_fields, *t = cdf_train_fields;
  refused(m, "colour", "1", "there is no setting named 'colour'");
  refused(m, "", "1", "there is no setting named ''");
  refused(m, "hidden", "15", "hidden is '15', but must be a whole number from 16 to 1024");
  refused(m, "hidden", "1025", "from 16 to 1024");
  refused(m, "hidden", "99999999999", "from 16 to 1024");
  refused(m, "hidden", "-32", "from 16 to 1024");
  refused(m, "hidden", "", "hidden is ''");
  refused(m, "hidden", "wide", "hidden is 'wide'");
  refused(m, "hidden", "32.5", "must be a whole number");
  refused(m, "hidden", "nan", "must be a whole number");
  refused(m, "hidden", "inf", "must be a whole number");
  refused(m, "hidden", "32x", "hidden ends with 'x'; it takes 1 number");
  refused(m, "hidden", "32 ", "hidden ends with ' '");
  refused(m, "hidden", "32,32", "it takes 1 number");
  refused(m, "tap_radius", "1,1,1,1,1,1,1,1,1", "it takes up to 8 numbers, separated by commas");
  refused(m, "tap_radius", "1,5", "from 0 to 4");
  refused(m, "tap_radius", "1,", "tap_radius is ''");
  refused(m, "tap_radius", ",1", "tap_radius is ',1'");
  refused(m, "tap_radius", "1;1", "ends with ';1'");
  refused(m, "body", "round", "must be one of: residual, plain, skip, siren, pixelgen");
  refused(m, "body", "", "must be one of");
  refused(m, "activation", "silu ", "must be one of: identity, silu, relu, leaky, tanh, sine");
  refused(m, "arch", "sixteen letters!", "at most 15 letters");
  refused(m, "mean", "0,nan", "mean is 'nan', but must be a number from -1000 to 1000");
  refused(m, "sigma_data", "-0.1", "must be a number from 0 to 1000");
  refused(t, "lr", "nan", "lr is 'nan', but must be a number from 0 to 1");
  refused(t, "lr", "inf", "from 0 to 1");
  refused(t, "lr", "1e-3 # fast", "lr ends with ' # fast'");
  refused(t, "steps", "0", "from 1 to");
  refused(t, "steps", "1.5", "must be a whole number");
  refused(t, "seed", "-1", "must be a whole number from 0 to 2^64 - 1");
  refused(t, "seed", " -1", "must be a whole number from 0 to 2^64 - 1");
  refused(t, "seed", "", "must be a whole number");
  refused(t, "seed", "18446744073709551616", "2^64 - 1");
  refused(t, "seed", "1.5", "seed ends with '.5'");
  refused(t, "hidden", "32", "there is no setting named 'hidden'");
  char endless[400];
  memset(endless, 'z', sizeof endless);
  endless[sizeof endless - 1] = 0;
  refused(m, endless, endless, "there is no setting named 'zzz");
  refused(m, "body", endless, "body is 'zzz");
  refused(m, "mean", endless, "mean is 'zzz");
}

TEST(good_values_are_taken) {
  cdf_config c = {0};
  cdf_train_config t = {0};
  CHECK(cdf_fields_set(&c, cdf_config_fields, "tap_radius", "4,0,2", NULL) == CDF_OK);
  CHECK(c.tap_radius[0] == 4 && c.tap_radius[1] == 0 && c.tap_radius[2] == 2 && c.tap_radius[3] == 0);
  CHECK(cdf_fields_set(&c, cdf_config_fields, "body", "siren", NULL) == CDF_OK && c.body == CDF_BODY_SIREN);
  CHECK(cdf_fields_set(&c, cdf_config_fields, "target", "previous", NULL) == CDF_OK && c.target == CDF_TARGET_PREVIOUS);
  CHECK(cdf_fields_set(&t, cdf_train_fields, "seed", "18446744073709551615", NULL) == CDF_OK && t.seed == UINT64_MAX);
  CHECK(cdf_fields_set(&t, cdf_train_fields, "lr", "1e-3", NULL) == CDF_OK && t.lr == 1e-3f);
  CHECK(cdf_fields_set(&t, cdf_train_fields, "steps", "1000000000", NULL) == CDF_OK && t.steps == 1000000000);
}

/* What measuring adds: deviations of the data. */
static cdf_config preset(const char *name) {
  cdf_config c;
  CHECK(cdf_config_preset(&c, name, NULL) == CDF_OK);
  c.sigma_data = 0.5f;
  for (int l = 0; l < CDF_MAX_LEVELS; l++) c.level_sd[l] = 0.4f;
  return c;
}

TEST(presets_pass_the_check) {
  int n = 0;
  for (; cdf_arch_names[n]; n++) {
    cdf_config c = preset(cdf_arch_names[n]);
    cdf_error err = {0};
    CHECK(strcmp(c.arch, cdf_arch_names[n]) == 0);
    CHECK(cdf_config_check(&c, &err) == CDF_OK);
    CHECK(err.code == CDF_OK);
  }
  CHECK(n == 5);
  cdf_config c;
  cdf_error err = {0};
  CHECK(cdf_config_preset(&c, "unet", &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "no architecture named 'unet'; choose one of: taps, seed, skip, siren, pixelgen");
  cdf_train_config t;
  cdf_train_config_default(&t);
  for (const cdf_field *f = cdf_train_fields; f->key; f++) { /* the defaults are within their own limits */
    char text[64];
    cdf_field_print(text, sizeof text, &t, f);
    CHECK(cdf_fields_set(&t, cdf_train_fields, f->key, text, NULL) == CDF_OK);
  }
}

static void check_refuses(const cdf_config *c, const char *part) {
  cdf_error err = {0};
  CHECK(cdf_config_check(c, &err) == CDF_BAD_INPUT && err.code == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, part);
  CHECK(cdf_config_check(c, NULL) == CDF_BAD_INPUT);
}

TEST(check_refuses_what_cannot_be) {
  cdf_config c = preset("taps");
  c.hidden = 40, check_refuses(&c, "both must be multiples of 16");
  c = preset("taps"), c.cond_hidden = 24, check_refuses(&c, "both must be multiples of 16");
  c = preset("taps"), c.cond_hidden = 0, check_refuses(&c, "set cond_hidden, or both to 0");
  c = preset("seed"), c.n_classes = 3, check_refuses(&c, "enter through the conditioning network");
  c = preset("taps"), c.context = CDF_CONTEXT_CLEAN,
  check_refuses(&c, "context = clean goes with target = previous only");
  c = preset("taps"), c.tap_radius[7] = 5, check_refuses(&c, "tap_radius is 5, but must be from 0 to 4");
  c = preset("taps"), c.mean[3] = NAN, check_refuses(&c, "mean is nan");
  c = preset("taps"), c.level_sd[0] = -1.0f, check_refuses(&c, "level_sd is -1");
  c = preset("taps"), c.sigma_data = INFINITY, check_refuses(&c, "sigma_data is inf");
  /* One beside each limit of every single number. */
  for (const cdf_field *f = cdf_config_fields; f->key; f++) {
    if (f->type != CDF_FIELD_INT) continue;
    for (int side = 0; side < 2; side++) {
      c = preset("taps");
      int value = (int)(side ? f->max : f->min) + (side ? 1 : -1);
      memcpy((unsigned char *)&c + f->offset, &value, sizeof value);
      check_refuses(&c, f->key);
    }
  }
}

TEST(text_is_cleaned) {
  static const char *const texts[][2] = {
      {"", ""},
      {"plain \"text\"\n", "plain \"text\"\n"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"}, /* two to four bytes */
      {"a\xff"
       "b\x80",
       "a?b?"},
      {"\xc3", "?"}, /* cut */
      {"\xe2\x82", "??"},
      {"\xc0\xaf\xed\xa0\x80", "?????"}, /* overlong; half a surrogate pair */
      {"\xf4\x90\x80\x80", "????"}};     /* beyond Unicode */
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char text[64];
    strcpy(text, texts[i][0]);
    cdf_utf8_clean(text);
    CHECK(strcmp(text, texts[i][1]) == 0);
  }
}

int main(void) {
  RUN(sizes);
  RUN(errors);
  RUN(arena_hands_out_zeroed_aligned_blocks);
  RUN(arena_runs_out_without_harm);
  RUN(fields_round_trip);
  RUN(tables_cover_their_structs);
  RUN(bad_values_are_refused);
  RUN(good_values_are_taken);
  RUN(presets_pass_the_check);
  RUN(check_refuses_what_cannot_be);
  RUN(text_is_cleaned);
  return test_report();
}
