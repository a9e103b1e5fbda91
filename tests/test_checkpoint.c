/* Tests of checkpoint.c. `test_checkpoint --seeds DIR` writes valid files for fuzz/checkpoint.c to start from. */
#include "file/checkpoint.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

#define N_WEIGHT 6
#define N_BIAS 3

typedef struct file {
  unsigned char *bytes;
  size_t n;
} file;

/* A copy in a block of exactly n bytes, so that the address sanitizer sees one byte too far. */
static unsigned char *exact_copy(const void *bytes, size_t n) {
  unsigned char *copy = malloc(n ? n : 1);
  if (copy && n) memcpy(copy, bytes, n);
  return copy;
}

static const char odd_text[] = "tabs\tquotes\" back\\slash / \x01 gr\xC3\xBC\xC3\x9F \xF0\x9F\x99\x82";

/* An F32, an F16 with an odd count, a scalar that is therefore unaligned, a U8, an empty tensor, metadata. */
static file small_file(void) {
  static const float weight[N_WEIGHT] = {1.0f, -2.5f, 0.0f, 3.4e38f, 1e-40f, -0.0f};
  static const uint16_t bias[N_BIAS] = {0x3C00, 0xBC00, 0x0001}; /* 1, -1, 2^-24 */
  static const float scale[1] = {0.15625f};
  static const unsigned char labels[5] = {0, 1, 127, 128, 255};
  const cdf_tensor tensors[] = {
      {"body.0.weight", CDF_F32, 2, {2, 3}, N_WEIGHT, (const unsigned char *)weight},
      {"body.0.bias", CDF_F16, 1, {3}, N_BIAS, (const unsigned char *)bias},
      {"scale", CDF_F32, 0, {0}, 1, (const unsigned char *)scale},
      {"labels", CDF_U8, 3, {1, 5, 1}, 5, labels},
      {"empty", CDF_F32, 2, {0, 7}, 0, NULL},
  };
  char key[] = "name", value[sizeof odd_text], empty[] = "";
  memcpy(value, odd_text, sizeof odd_text);
  const cdf_metadata metadata[] = {{key, value}, {empty, empty}};
  file f = {0};
  cdf_error err = {0};
  CHECK(cdf_checkpoint_write(&f.bytes, &f.n, tensors, 5, metadata, 2, &err) == CDF_OK);
  CHECK_TEXT(err.text, "");
  return f;
}

/* A file with this JSON header and n_data zero bytes (or those given). */
static file file_of(const char *json, const void *data, size_t n_data) {
  size_t n_json = strlen(json);
  file f = {calloc(1, 8 + n_json + n_data), 8 + n_json + n_data};
  for (int i = 0; i < 8; i++) f.bytes[i] = (unsigned char)((uint64_t)n_json >> 8 * i);
  memcpy(f.bytes + 8, json, n_json);
  if (data) memcpy(f.bytes + 8 + n_json, data, n_data);
  return f;
}

static int refused_with(const void *bytes, size_t n, const char *part) {
  cdf_checkpoint c;
  cdf_error err = {0};
  cdf_status status = cdf_checkpoint_parse(&c, bytes, n, &err);
  int good = status == CDF_BAD_INPUT && err.code == status && strlen(err.text) > 20 && strstr(err.text, part) &&
             c.tensors == NULL && c.n_tensors == 0 && c.metadata == NULL;
  if (!good) printf("  status %d, \"%s\", expected \"%s\"\n", status, err.text, part);
  cdf_checkpoint_free(&c);
  return good;
}

static int refused(const char *json, size_t n_data, const char *part) {
  file f = file_of(json, NULL, n_data);
  int good = refused_with(f.bytes, f.n, part);
  if (!good) printf("  header: %.200s\n", json);
  free(f.bytes);
  return good;
}

static int accepted(const char *json, size_t n_data) {
  file f = file_of(json, NULL, n_data);
  cdf_checkpoint c;
  cdf_error err = {0};
  int good = cdf_checkpoint_parse(&c, f.bytes, f.n, &err) == CDF_OK;
  if (!good) printf("  \"%s\" for %.200s\n", err.text, json);
  cdf_checkpoint_free(&c);
  free(f.bytes);
  return good;
}

/* Read a tensor that should be there in this form into x[16]. */
static void read_into(float *x, const cdf_checkpoint *c, const char *name, cdf_dtype dtype, int n_dims, size_t n) {
  const cdf_tensor *t = cdf_checkpoint_find(c, name);
  memset(x, 0, 16 * sizeof *x);
  CHECK(t && t->dtype == dtype && t->n_dims == n_dims && t->n_elements == n);
  if (t && n <= 16) cdf_tensor_read(x, t);
}

static void check_small(const unsigned char *bytes, size_t n) {
  cdf_checkpoint c;
  cdf_error err = {0};
  float x[16];
  CHECK(cdf_checkpoint_parse(&c, bytes, n, &err) == CDF_OK && c.n_tensors == 5 && c.n_metadata == 2);
  read_into(x, &c, "body.0.weight", CDF_F32, 2, N_WEIGHT);
  CHECK(x[0] == 1.0f && x[1] == -2.5f && x[2] == 0.0f && x[3] == 3.4e38f && x[4] == 1e-40f && signbit(x[5]));
  const cdf_tensor *t = cdf_checkpoint_find(&c, "body.0.weight");
  CHECK(t && t->dims[0] == 2 && t->dims[1] == 3);
  read_into(x, &c, "body.0.bias", CDF_F16, 1, N_BIAS);
  CHECK(x[0] == 1.0f && x[1] == -1.0f && x[2] == 0x1p-24f);
  read_into(x, &c, "scale", CDF_F32, 0, 1);
  CHECK(x[0] == 0.15625f);
  read_into(x, &c, "labels", CDF_U8, 3, 5);
  CHECK(x[0] == 0 && x[1] == 1 && x[2] == 127 && x[3] == 128 && x[4] == 255);
  read_into(x, &c, "empty", CDF_F32, 2, 0);
  CHECK(cdf_checkpoint_find(&c, "body") == NULL);
  const char *value = cdf_checkpoint_metadata(&c, "name");
  CHECK(value && strcmp(value, odd_text) == 0);
  value = cdf_checkpoint_metadata(&c, "");
  CHECK(value && *value == '\0');
  CHECK(cdf_checkpoint_metadata(&c, "nam") == NULL);
  cdf_checkpoint_free(&c);
  cdf_checkpoint_free(&c); /* harmless */
}

TEST(round_trip) {
  file f = small_file();
  CHECK(f.bytes && (f.bytes[0] & 7) == 0); /* 8 + header length is a multiple of 8, so the data is aligned */
  check_small(f.bytes, f.n);
  for (size_t offset = 1; offset < 8; offset++) { /* in a buffer that is not aligned */
    unsigned char *moved = malloc(f.n + offset);
    memcpy(moved + offset, f.bytes, f.n);
    check_small(moved + offset, f.n);
    free(moved);
  }
  free(f.bytes);
  cdf_checkpoint_free(NULL);
}

TEST(writes_the_expected_header) {
  const float x = 1;
  const cdf_tensor tensor = {"c", CDF_F32, 0, {0}, 1, (const unsigned char *)&x};
  char key[] = "k", value[] = "\n\x1F";
  const cdf_metadata m = {key, value};
  unsigned char *bytes;
  size_t n;
  cdf_error err = {0};
  CHECK(cdf_checkpoint_write(&bytes, &n, &tensor, 1, &m, 1, &err) == CDF_OK);
  const char *want =
      "{\"__metadata__\":{\"k\":\"\\u000a\\u001f\"},\"c\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
  CHECK(n > 8 + strlen(want) && memcmp(bytes + 8, want, strlen(want)) == 0);
  free(bytes);
  CHECK(cdf_checkpoint_write(&bytes, &n, NULL, 0, NULL, 0, &err) == CDF_OK);
  CHECK(n == 16 && memcmp(bytes, "\x08\0\0\0\0\0\0\0{}      ", 16) == 0);
  free(bytes);
}

static int write_refused(const cdf_tensor *tensors, int n_tensors, const cdf_metadata *m, int n_m, const char *part) {
  unsigned char *bytes;
  size_t n;
  cdf_error err = {0};
  cdf_status status = cdf_checkpoint_write(&bytes, &n, tensors, n_tensors, m, n_m, &err);
  int good =
      status == CDF_FAILED && bytes == NULL && n == 0 && strstr(err.text, "cannot be saved") && strstr(err.text, part);
  if (!good) printf("  status %d, \"%s\", expected \"%s\"\n", status, err.text, part);
  free(bytes);
  return good;
}

TEST(writer_refuses_what_the_reader_would) {
  float x[2] = {1, NAN};
  cdf_tensor t[2] = {{"a", CDF_F32, 1, {2}, 2, (const unsigned char *)x}};
  t[1] = t[0];
  CHECK(write_refused(t, 1, NULL, 0, "element 1 of tensor 'a' is not a finite number"));
  x[1] = 2;
  CHECK(write_refused(t, 2, NULL, 0, "twice"));
  t[0].n_elements = 1;
  CHECK(write_refused(t, 1, NULL, 0, "does not match its shape"));
  for (int k = 0; k < 5; k++) { /* what the writer itself must not trust */
    t[0] = t[1];
    if (k == 0) t[0].n_elements = SIZE_MAX / 2;
    if (k == 1) t[0].n_dims = 5;
    if (k == 2) t[0].n_dims = -1;
    if (k == 3) t[0].dtype = (cdf_dtype)(CDF_I8 + 1);
    if (k == 4) memset(t[0].name, 'a', sizeof t[0].name);
    CHECK(write_refused(t, 1, NULL, 0, "tensor 0"));
  }
  strcpy(t[0].name, "quo\"te");
  CHECK(write_refused(t, 1, NULL, 0, "plain ASCII"));
  strcpy(t[0].name, "__metadata__");
  CHECK(write_refused(t, 1, NULL, 0, "metadata"));
  char key[] = "k", good[] = "v", latin1[] = "gr\xFC\xDF";
  const cdf_metadata m[2] = {{key, good}, {key, latin1}};
  CHECK(write_refused(NULL, 0, m, 2, "UTF-8"));
  const cdf_metadata twice[2] = {{key, good}, {key, good}};
  CHECK(write_refused(NULL, 0, twice, 2, "twice"));
}

TEST(every_prefix_is_refused) {
  file f = small_file();
  for (size_t n = 0; n < f.n; n++) {
    unsigned char *prefix = exact_copy(f.bytes, n);
    CHECK(refused_with(prefix, n, "download"));
    free(prefix);
  }
  CHECK(refused_with(NULL, 0, "truncated"));
  unsigned char *longer = calloc(1, f.n + 9);
  memcpy(longer, f.bytes, f.n);
  for (size_t extra = 1; extra <= 9; extra++)
    CHECK(refused_with(longer, f.n + extra, "bytes of data but the file has"));
  free(longer);
  free(f.bytes);
}

TEST(header_length) {
  file f = small_file();
  const uint64_t lengths[] = {0, 1, UINT64_C(1) << 63, UINT64_MAX, (1 << 20) + 1, 1 << 20, UINT64_C(1) << 32 | 16};
  const char *const parts[] = {"would have 0 bytes",
                               "not JSON",
                               "9223372036854775808 bytes",
                               "18446744073709551615",
                               "allowed are 1 to 1048576",
                               "header needs 1048584 bytes",
                               "allowed"};
  for (int k = 0; k < 7; k++) {
    for (int i = 0; i < 8; i++) f.bytes[i] = (unsigned char)(lengths[k] >> 8 * i);
    CHECK(refused_with(f.bytes, f.n, parts[k]));
  }
  free(f.bytes);
}

#define TENSOR(name, dtype, shape, offsets) \
  "\"" name "\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{" TENSOR("a", dtype, shape, offsets) "}"

TEST(header_form) {
  CHECK(accepted("{}", 0));
  CHECK(accepted(ONE("\"F32\"", "[2]", "[0,8]"), 8));
  CHECK(accepted("{ \"a\" : {\t\"shape\":[ 1 , 2 ],\r\n\"data_offsets\" : [0,2] , \"dtype\":\"U8\" } } \n", 2));
  CHECK(refused(" {}", 0, "a JSON object")); /* the format wants '{' first */
  const char *const not_json[] = {"hello", "       ", "{", "}", "{]", "{}}", "{1:{}}", "{\"a\":{\"dtype\":\"F32\"}"};
  for (int i = 0; i < 8; i++) CHECK(refused(not_json[i], 0, "not JSON"));
  CHECK(refused("[]", 0, "a JSON object"));
  CHECK(refused("[1,2]", 0, "a JSON object"));
  CHECK(refused("\"text\"", 0, "a JSON object"));
  CHECK(refused("{}{}", 0, "nothing but spaces"));
  CHECK(refused("{} 1 ", 0, "nothing but spaces"));
  CHECK(refused("{\"a\"}", 0, "the name of a tensor"));
  CHECK(refused("{\"a\":}", 0, "the name of a tensor"));
  CHECK(refused("{\"a\":1}", 0, "description of a tensor"));
  CHECK(refused("{\"a\":null}", 0, "description of a tensor"));
  CHECK(refused("{\"a\":[]}", 0, "description of a tensor"));
  file f = file_of("{}??", NULL, 0);
  f.bytes[10] = 0; /* a NUL ends what jsmn sees */
  CHECK(refused_with(f.bytes, f.n, "not JSON near byte 10"));
  free(f.bytes);
}

TEST(fields) {
  CHECK(refused("{\"a\":{}}", 0, "lacks"));
  CHECK(refused("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "lacks"));
  CHECK(refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "lacks"));
  CHECK(refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "lacks"));
  CHECK(refused("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8,
                "'dtype' twice"));
  CHECK(refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "'shape' twice"));
  CHECK(refused("{\"a\":{\"colour\":\"red\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "'colour'"));
  CHECK(refused(ONE("\"BF16\"", "[2]", "[0,4]"), 4, "dtype 'BF16', which is not F32, F16, I8 or U8"));
  CHECK(refused(ONE("\"\"", "[2]", "[0,4]"), 4, "dtype ''"));
  CHECK(refused(ONE("\"F3\"", "[2]", "[0,4]"), 4, "dtype 'F3'"));
  CHECK(refused(ONE("\"F32 \"", "[2]", "[0,8]"), 8, "dtype 'F32 '"));
  CHECK(refused(ONE("32", "[2]", "[0,8]"), 8, "a dtype in quotes"));
  CHECK(refused(ONE("[\"F32\"]", "[2]", "[0,8]"), 8, "a dtype in quotes"));
  CHECK(refused(ONE("\"\x1B[31m\"", "[2]", "[0,8]"), 8, "dtype '?[31m'"));
}

TEST(numbers) {
  char bad[] = "-2 2.0 2e0 2.5 02 00 true null 0x2 2_ --2 18446744073709551616 99999999999999999999999999999999";
  for (const char *number = strtok(bad, " "); number; number = strtok(NULL, " ")) {
    char json[256], part[64];
    snprintf(part, sizeof part, "%s, which is not a whole number", number);
    const char *const forms[] = {ONE("\"F32\"", "[%s]", "[0,8]"), ONE("\"F32\"", "[2]", "[%s,8]"),
                                 ONE("\"F32\"", "[2]", "[0,%s]")};
    for (int i = 0; i < 3; i++) {
      snprintf(json, sizeof json, forms[i], number);
      CHECK(refused(json, 8, part));
    }
  }
  CHECK(refused(ONE("\"F32\"", "2", "[0,8]"), 8, "a list of whole numbers"));
  CHECK(refused(ONE("\"F32\"", "[\"2\"]", "[0,8]"), 8, "a whole number"));
  CHECK(refused(ONE("\"F32\"", "[[2]]", "[0,8]"), 8, "a whole number"));
  CHECK(refused(ONE("\"F32\"", "[2]", "{}"), 8, "a list of whole numbers"));
  CHECK(refused(ONE("\"F32\"", "[2]", "[]"), 8, "lacks"));
  CHECK(refused(ONE("\"F32\"", "[2]", "[0]"), 8, "lacks"));
  CHECK(refused(ONE("\"F32\"", "[2]", "[0,8,8]"), 8, "has 3 numbers, the limit is 2"));
  CHECK(accepted(ONE("\"F32\"", "[1,2,1,1]", "[0,8]"), 8));
  CHECK(refused(ONE("\"F32\"", "[1,2,1,1,1]", "[0,8]"), 8, "has 5 numbers, the limit is 4"));
  CHECK(refused(ONE("\"F32\"", "[3]", "[0,8]"), 8, "does not match its shape"));
  CHECK(refused(ONE("\"F16\"", "[2]", "[0,8]"), 8, "does not match its shape"));
  CHECK(refused(ONE("\"F32\"", "[2]", "[8,0]"), 8, "begins at 8, after its end at 0"));
  CHECK(refused(ONE("\"F32\"", "[4294967296,4294967296,4294967296]", "[0,8]"), 8, "checkpoint"));
  CHECK(refused(ONE("\"F32\"", "[4294967295,4294967295,4294967295,2]", "[0,8]"), 8, "checkpoint"));
  CHECK(refused(ONE("\"U8\"", "[4294967295]", "[0,4294967295]"), 8, "the file has 8"));
  if (sizeof(size_t) == 8) {
    CHECK(refused(ONE("\"U8\"", "[18446744073709551615]", "[0,18446744073709551615]"), 8, "the file has 8"));
    CHECK(refused(ONE("\"F32\"", "[4611686018427387904]", "[0,0]"), 0, "does not match its shape"));
    CHECK(refused(ONE("\"U8\"", "[4]", "[18446744073709551612,18446744073709551616]"), 8, "whole number"));
  }
}

#define U8(name, shape, offsets) TENSOR(name, "\"U8\"", shape, offsets)

TEST(tiling) {
  CHECK(accepted("{" U8("a", "[4]", "[0,4]") "," U8("b", "[4]", "[4,8]") "}", 8));
  CHECK(accepted("{" U8("b", "[4]", "[4,8]") "," U8("a", "[4]", "[0,4]") "}", 8)); /* any order */
  CHECK(accepted("{" U8("b", "[4]", "[4,8]") "," U8("z", "[0]", "[4,4]") "," U8("a", "[4]", "[0,4]") "}", 8));
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "," U8("b", "[4]", "[3,7]") "}", 7, "'b' overlaps"));
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "," U8("b", "[4]", "[0,4]") "}", 4, "overlaps"));
  CHECK(refused("{" U8("a", "[8]", "[0,8]") "," U8("b", "[2]", "[4,6]") "}", 8, "'b' overlaps"));
  CHECK(refused("{" U8("a", "[8]", "[0,8]") "," U8("z", "[0]", "[4,4]") "}", 8, "'z' overlaps"));
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "," U8("b", "[4]", "[5,9]") "}", 9, "'b' leaves a gap"));
  CHECK(refused("{" U8("a", "[4]", "[1,5]") "}", 5, "'a' leaves a gap"));
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "}", 5, "4 bytes of data but the file has 5"));
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "}", 3, "truncated: tensor 'a' ends at byte 4"));
  CHECK(refused("{}", 1, "0 bytes of data but the file has 1"));
}

TEST(names) {
  CHECK(refused("{" U8("a", "[4]", "[0,4]") "," U8("a", "[4]", "[4,8]") "}", 8, "the tensor name 'a' is there twice"));
  CHECK(refused("{" U8("a\\u0062", "[4]", "[0,4]") "}", 4, "plain ASCII"));
  CHECK(refused("{" U8("\xC3\xBC", "[4]", "[0,4]") "}", 4, "plain ASCII"));
  CHECK(refused("{" U8("a\nb", "[4]", "[0,4]") "}", 4, "plain ASCII"));
  char json[256], name[80];
  for (int n = 62; n <= 66; n++) {
    memset(name, 'x', sizeof name);
    name[n] = '\0';
    snprintf(json, sizeof json, "{" U8("%s", "[4]", "[0,4]") "}", name);
    CHECK(n <= 63 ? accepted(json, 4) : refused(json, 4, "at most 63"));
  }
}

TEST(too_many) {
  const int limit = CDF_CHECKPOINT_MAX_TENSORS;
  char *json = malloc(1 << 20);
  for (int n = limit; n <= limit + 1; n++) {
    size_t used = 0;
    for (int i = 0; i < n; i++)
      used += (size_t)snprintf(json + used, 200, "%s" U8("t%d", "[1]", "[%d,%d]"), i ? "," : "{", i, i, i + 1);
    strcpy(json + used, "}");
    CHECK(n == limit ? accepted(json, (size_t)n) : refused(json, (size_t)n, "more than 1024 tensors"));
  }
  for (int n = CDF_CHECKPOINT_MAX_METADATA; n <= CDF_CHECKPOINT_MAX_METADATA + 1; n++) {
    size_t used = 0;
    for (int i = 0; i < n; i++)
      used += (size_t)snprintf(json + used, 200, "%s\"k%d\":\"v\"", i ? "," : "{\"__metadata__\":{", i);
    strcpy(json + used, "}}");
    CHECK(n == CDF_CHECKPOINT_MAX_METADATA ? accepted(json, 0) : refused(json, 0, "257 metadata entries"));
  }
  free(json);
}

TEST(deep_nesting) {
  const size_t n = 1 << 20;
  char *json = malloc(n + 1);
  json[n] = '\0';
  for (int k = 0; k < 3; k++) {
    memset(json, k == 2 ? '{' : '[', n);
    if (k == 1) memset(json + n / 2, ']', n / 2);
    CHECK(refused(json, 0, "limit is 32768"));
  }
  memset(json, '[', 20000);
  memset(json + 20000, ']', 20000);
  memcpy(json, "{\"a\":{\"shape\":", 14);
  memcpy(json + 40000, "}}", 3);
  CHECK(refused(json, 0, "checkpoint"));
  free(json);
}

TEST(metadata) {
  const char *json =
      "{\"__metadata__\":{\"\\u006bey\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t \\u0041\\u00fC\\u20AC\\ud83D\\uDe42 "
      "\xE2\x82\xAC\",\"b\":\"\"}}";
  file f = file_of(json, NULL, 0);
  cdf_checkpoint c;
  cdf_error err = {0};
  CHECK(cdf_checkpoint_parse(&c, f.bytes, f.n, &err) == CDF_OK && c.n_tensors == 0 && c.n_metadata == 2);
  const char *value = cdf_checkpoint_metadata(&c, "key");
  CHECK(value && strcmp(value, "\"\\/\b\f\n\r\t A\xC3\xBC\xE2\x82\xAC\xF0\x9F\x99\x82 \xE2\x82\xAC") == 0);
  cdf_checkpoint_free(&c);
  free(f.bytes);

  const char *const bad[] = {"\\ud83d",          "\\ud83dx", "\\ud83d\\n",   "\\ud83d\\u0041", "\\ud83d\\ud83d",
                             "\\ude42",          "\\u0000",  "\n",           "\x01",           "\x80",
                             "\xC0\xAF",         "\xC3",     "\xE0\x80\xAF", "\xED\xA0\x80",   "\xF4\x90\x80\x80",
                             "\xF0\x80\x80\x80", "\xFF",     "\xE2\x82"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[80];
    snprintf(text, sizeof text, "{\"__metadata__\":{\"k\":\"%s\"}}", bad[i]);
    CHECK(refused(text, 0, "not valid UTF-8"));
    snprintf(text, sizeof text, "{\"__metadata__\":{\"%s\":\"v\"}}", bad[i]);
    CHECK(refused(text, 0, "not valid UTF-8"));
  }
  CHECK(refused("{\"__metadata__\":{\"k\":\"\\x41\"}}", 0, "not JSON"));
  CHECK(refused("{\"__metadata__\":{\"k\":\"\\u12\"}}", 0, "not JSON"));
  CHECK(refused("{\"__metadata__\":{\"k\":\"\\u00g0\"}}", 0, "not JSON"));
  const char *const values[] = {"\"k\":1", "\"k\":null", "\"k\":{}", "\"k\":[\"v\"]", "\"k\"", "1"};
  for (int i = 0; i < 6; i++) {
    char text[80];
    snprintf(text, sizeof text, "{\"__metadata__\":{%s}}", values[i]);
    CHECK(refused(text, 0, i < 5 ? "metadata key or value in quotes" : "not JSON"));
  }
  CHECK(refused("{\"__metadata__\":[]}", 0, "one metadata object"));
  CHECK(refused("{\"__metadata__\":\"x\"}", 0, "one metadata object"));
  CHECK(refused("{\"__metadata__\":{\"k\":\"a\",\"\\u006b\":\"b\"}}", 0, "is there twice"));
  CHECK(refused("{\"__metadata__\":{\"k\":\"a\"},\"__metadata__\":{\"l\":\"b\"}}", 0, "one metadata object"));
}

static int data_refused(const char *json, const void *data, size_t n_data) {
  file f = file_of(json, data, n_data);
  int good = refused_with(f.bytes, f.n, "element 1 of tensor 'a' is not a finite number");
  free(f.bytes);
  return good;
}

TEST(not_finite) {
  const float f32[3][2] = {{1, INFINITY}, {1, -INFINITY}, {1, NAN}};
  const uint16_t f16[5][2] = {{0x7BFF, 0x7C00}, {0xFBFF, 0xFC00}, {0, 0x7E00}, {0, 0x7C01}, {0, 0xFFFF}};
  for (int i = 0; i < 3; i++) CHECK(data_refused(ONE("\"F32\"", "[2]", "[0,8]"), f32[i], 8));
  for (int i = 0; i < 5; i++) CHECK(data_refused(ONE("\"F16\"", "[2]", "[0,4]"), f16[i], 4));
}

/* Every bit of the header and each byte inverted: never a crash, and either a sentence or tensors that can be read. */
TEST(damaged_headers) {
  file f = small_file();
  size_t n_header = 8 + (f.bytes[0] | (size_t)f.bytes[1] << 8);
  int n_refused = 0;
  for (size_t i = 0; i < n_header; i++)
    for (int k = 0; k < 9; k++) {
      unsigned char *damaged = exact_copy(f.bytes, f.n);
      damaged[i] ^= (unsigned char)(k < 8 ? 1 << k : 0xFF);
      cdf_checkpoint c;
      cdf_error err = {0};
      cdf_status status = cdf_checkpoint_parse(&c, damaged, f.n, &err);
      CHECK(status == CDF_OK || (status == CDF_BAD_INPUT && strlen(err.text) > 20));
      n_refused += status != CDF_OK;
      for (int t = 0; t < c.n_tensors; t++) {
        float x[16];
        CHECK(c.tensors[t].n_elements <= 16);
        cdf_tensor_read(x, &c.tensors[t]);
      }
      cdf_checkpoint_free(&c);
      free(damaged);
    }
  CHECK(n_refused > (int)n_header * 4);
  free(f.bytes);
}

static int write_seed(const char *folder, const char *name, file f) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *out = fopen(path, "wb");
  int good = out && fwrite(f.bytes, 1, f.n, out) == f.n;
  if (out) fclose(out);
  free(f.bytes);
  return good;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
    return !(
        write_seed(argv[2], "small.safetensors", small_file()) &&
        write_seed(argv[2], "spaces.safetensors", file_of(ONE(" \"U8\"", "[ 1 , 2 ]", "[0, 2 ]") "   ", NULL, 2)) &&
        write_seed(argv[2], "escapes.safetensors",
                   file_of("{\"__metadata__\":{\"a\":\"\\\"\\\\\\/\\n\\u00e4\\ud83d\\ude42\"}}", NULL, 0)));
  RUN(round_trip);
  RUN(writes_the_expected_header);
  RUN(writer_refuses_what_the_reader_would);
  RUN(every_prefix_is_refused);
  RUN(header_length);
  RUN(header_form);
  RUN(fields);
  RUN(numbers);
  RUN(tiling);
  RUN(names);
  RUN(too_many);
  RUN(deep_nesting);
  RUN(metadata);
  RUN(not_finite);
  RUN(damaged_headers);
  return test_report();
}
