#include "checkpoint.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* closing a bracket costs the depth, not the number of tokens */
#include <jsmn.h>

#include "../base/half.h"
#include "../base/json_text.h"
#include "../base/mathx.h"

#define MAX_HEADER_BYTES (CDF_CHECKPOINT_MAX_HEADER - 8)
#define MAX_TOKENS 32768 /* twice what the largest allowed header has; keeps "[[[[..." from costing 20 MB */
#define AGAIN "download it or save it again"

enum { N_DTYPES = 4 };
static const char *const dtype_names[N_DTYPES] = {"F32", "F16", "U8", "I8"};
static const size_t dtype_bytes[N_DTYPES] = {4, 2, 1, 1};

/* ---- numbers ---- */

static uint16_t load16(const unsigned char *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t load32(const unsigned char *p) { return load16(p) | (uint32_t)load16(p + 2) << 16; }

/* checkpoint.h promises nothing for U8; it reads as 0..255, so that dst is never left unset. */
static float element(const cdf_tensor *t, size_t i) {
  if (t->dtype == CDF_F32) return cdf_float_from_bits(load32(t->data + 4 * i));
  if (t->dtype == CDF_I8) return (float)(t->data[i] < 128 ? t->data[i] : t->data[i] - 256);
  return t->dtype == CDF_F16 ? cdf_float_from_half(load16(t->data + 2 * i)) : (float)t->data[i];
}

void cdf_tensor_read(float *dst, const cdf_tensor *tensor) {
  for (size_t i = 0; i < tensor->n_elements; i++) dst[i] = element(tensor, i);
}

void cdf_tensor_read_rows(float *dst, const cdf_tensor *tensor, const cdf_tensor *scale, size_t ld) {
  size_t cols = tensor->dims[1];
  for (size_t r = 0; r < tensor->dims[0]; r++) {
    float by = scale ? element(scale, r) : 1.0f;
    for (size_t c = 0; c < ld; c++) dst[r * ld + c] = c < cols ? by * element(tensor, r * cols + c) : 0.0f;
  }
}

/* ---- reading ---- */

typedef struct reader {
  const char *json;
  const jsmntok_t *tokens; /* in the order of the text, parents first */
  int n_tokens, next;
  const unsigned char *data;
  size_t n_data;
  bool saving;      /* this is the writer checking its own output: the file is not to blame */
  bool header_only; /* the data are not there yet */
  bool any_size;    /* nor is it known how many they will be */
  cdf_error *err;
} reader;

__attribute__((format(printf, 3, 4))) static cdf_status refuse(const reader *r, const char *remedy, const char *format,
                                                               ...) {
  char reason[240];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  for (char *p = reason; *p; p++)
    if (*p < 0x20 || *p > 0x7E) *p = '?'; /* excerpts of a strange file must not steer the terminal */
  if (r->saving) return cdf_fail(r->err, CDF_FAILED, "the checkpoint cannot be saved: %s", reason);
  return cdf_fail(r->err, CDF_BAD_INPUT, "the checkpoint cannot be read: %s; %s", reason, remedy);
}

/* For "%.*s": the start of a token's text as it stands in the header. */
#define EXCERPT(r, t) cdf_min((t)->end - (t)->start, 40), (r)->json + (t)->start

/* The next token, NULL when it is not of this type and size (keys have size 1, strings and numbers 0; -1: any). */
static const jsmntok_t *take(reader *r, jsmntype_t type, int size) {
  const jsmntok_t *t = r->next < r->n_tokens ? &r->tokens[r->next] : NULL;
  if (!t || t->type != type || (size >= 0 && t->size != size)) return NULL;
  r->next++;
  return t;
}

static cdf_status refuse_next(const reader *r, const char *wanted) {
  if (r->next == r->n_tokens) return refuse(r, AGAIN, "the header ends where it should have %s", wanted);
  const jsmntok_t *t = &r->tokens[r->next];
  return refuse(r, AGAIN, "at byte %d the header should have %s instead of '%.*s'", 8 + t->start, wanted,
                EXCERPT(r, t));
}

static bool equals(const reader *r, const jsmntok_t *t, const char *text) {
  size_t n = (size_t)(t->end - t->start);
  return n == strlen(text) && memcmp(r->json + t->start, text, n) == 0;
}

/* An array of at most max whole numbers. */
static cdf_status read_numbers(reader *r, size_t *out, int *n, int max, const char *tensor, const char *what) {
  const jsmntok_t *array = take(r, JSMN_ARRAY, -1);
  if (!array) return refuse_next(r, "a list of whole numbers");
  if (array->size > max)
    return refuse(r, AGAIN, "%s of tensor '%s' has %d numbers, the limit is %d", what, tensor, array->size, max);
  for (*n = 0; *n < array->size; ++*n) {
    const jsmntok_t *t = take(r, JSMN_PRIMITIVE, 0);
    if (!t) return refuse_next(r, "a whole number");
    size_t value = 0;
    bool good = t->end - t->start == 1 || r->json[t->start] != '0'; /* JSON has no leading zeros */
    for (int i = t->start; i < t->end && good; i++) {
      unsigned digit = (unsigned)r->json[i] - '0';
      good = digit < 10 && cdf_mul(&value, value, 10) && value <= SIZE_MAX - digit;
      value += digit;
    }
    if (!good)
      return refuse(r, AGAIN, "%s of tensor '%s' has %.*s, which is not a whole number from 0 to %zu", what, tensor,
                    EXCERPT(r, t), SIZE_MAX);
    out[*n] = value;
  }
  return CDF_OK;
}

static cdf_status read_dtype(reader *r, cdf_tensor *t) {
  const jsmntok_t *text = take(r, JSMN_STRING, 0);
  if (!text) return refuse_next(r, "a dtype in quotes");
  for (int i = 0; i < N_DTYPES; i++) {
    t->dtype = (cdf_dtype)i;
    if (equals(r, text, dtype_names[i])) return CDF_OK;
  }
  return refuse(r, "save it again as F32", "tensor '%s' has dtype '%.*s', which is not F32, F16, I8 or U8", t->name,
                EXCERPT(r, text));
}

/* Does what the header says about a tensor fit together and fit the data? Sets n_elements and data. */
static cdf_status place_tensor(const reader *r, cdf_tensor *t, size_t begin, size_t end) {
  size_t n = 1, bytes = 0;
  bool fits = true;
  for (int i = 0; i < t->n_dims; i++) fits = fits && cdf_mul(&n, n, t->dims[i]);
  fits = fits && cdf_mul(&bytes, n, dtype_bytes[t->dtype]);
  if (begin > end) return refuse(r, AGAIN, "tensor '%s' begins at %zu, after its end at %zu", t->name, begin, end);
  if (!fits || bytes != end - begin)
    return refuse(r, AGAIN, "tensor '%s' has %zu bytes of data, which does not match its shape", t->name, end - begin);
  if (end > r->n_data)
    return refuse(r, AGAIN, "it is truncated: tensor '%s' ends at byte %zu of the data but the file has %zu", t->name,
                  end, r->n_data);
  t->n_elements = n;
  t->data = r->data + begin;
  for (size_t i = 0; i < n && !r->header_only; i++)
    if (!isfinite(element(t, i)))
      return refuse(r, AGAIN, "element %zu of tensor '%s' is not a finite number", i, t->name);
  return CDF_OK;
}

/* {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]} in any order. */
static cdf_status read_tensor(reader *r, cdf_tensor *t) {
  const jsmntok_t *object = take(r, JSMN_OBJECT, -1);
  if (!object) return refuse_next(r, "the description of a tensor");
  size_t offsets[2];
  int n_offsets = -1;
  bool has_dtype = false, has_shape = false;
  for (int i = 0; i < object->size; i++) {
    const jsmntok_t *key = take(r, JSMN_STRING, 1);
    if (!key) return refuse_next(r, "the name of a field");
    cdf_status status;
    if (!has_dtype && equals(r, key, "dtype")) {
      status = read_dtype(r, t);
      has_dtype = true;
    } else if (!has_shape && equals(r, key, "shape")) {
      status = read_numbers(r, t->dims, &t->n_dims, CDF_CHECKPOINT_MAX_DIMS, t->name, "shape");
      has_shape = true;
    } else if (n_offsets < 0 && equals(r, key, "data_offsets")) {
      status = read_numbers(r, offsets, &n_offsets, 2, t->name, "data_offsets");
    } else {
      status = refuse(r, AGAIN, "tensor '%s' has '%.*s' twice, or there is no such field", t->name, EXCERPT(r, key));
    }
    if (status != CDF_OK) return status;
  }
  if (has_dtype && has_shape && n_offsets == 2) return place_tensor(r, t, offsets[0], offsets[1]);
  return refuse(r, AGAIN, "tensor '%s' lacks its dtype, its shape or its two data_offsets", t->name);
}

/* A malloc'd copy of a string token without its escapes. */
static cdf_status copy_string(const reader *r, char **out, const jsmntok_t *t) {
  size_t n = (size_t)(t->end - t->start);
  *out = malloc(n + 1);
  if (!*out) return cdf_fail_memory(r->err, n + 1);
  if (cdf_json_unescape(*out, r->json + t->start, n)) return CDF_OK;
  return refuse(r, AGAIN, "the text '%.*s' is not valid UTF-8 without NUL", EXCERPT(r, t));
}

static cdf_status read_metadata(reader *r, cdf_checkpoint *c) {
  const jsmntok_t *object = take(r, JSMN_OBJECT, -1);
  if (!object || c->n_metadata > 0) return refuse_next(r, "one metadata object");
  if (object->size > CDF_CHECKPOINT_MAX_METADATA)
    return refuse(r, "save it again with less", "it has %d metadata entries, the limit is %d", object->size,
                  CDF_CHECKPOINT_MAX_METADATA);
  for (int i = 0; i < object->size; i++) {
    const jsmntok_t *key = take(r, JSMN_STRING, 1), *value = key ? take(r, JSMN_STRING, 0) : NULL;
    if (!value) return refuse_next(r, "a metadata key or value in quotes");
    cdf_metadata m = {0};
    cdf_status status = copy_string(r, &m.key, key);
    if (status == CDF_OK) status = copy_string(r, &m.value, value);
    if (status == CDF_OK && cdf_checkpoint_metadata(c, m.key))
      status = refuse(r, AGAIN, "the metadata key '%.*s' is there twice", EXCERPT(r, key));
    c->metadata[c->n_metadata++] = m; /* freed with c, whether good or not */
    if (status != CDF_OK) return status;
  }
  return CDF_OK;
}

/* The name of one more tensor. Names are plain text, so they need no unescaping and are safe to print anywhere. */
static cdf_status read_name(const reader *r, const cdf_checkpoint *c, char *name, const jsmntok_t *key) {
  int n = key->end - key->start;
  bool plain = n < CDF_CHECKPOINT_NAME_BYTES;
  for (int i = 0; i < n && plain; i++) {
    name[i] = r->json[key->start + i];
    plain = name[i] >= 0x20 && name[i] <= 0x7E && name[i] != '\\';
  }
  if (!plain)
    return refuse(r, "rename it and save again", "the tensor name '%.*s' is not at most %d plain ASCII characters",
                  EXCERPT(r, key), CDF_CHECKPOINT_NAME_BYTES - 1);
  if (cdf_checkpoint_find(c, name)) return refuse(r, AGAIN, "the tensor name '%s' is there twice", name);
  if (c->n_tensors < CDF_CHECKPOINT_MAX_TENSORS) return CDF_OK;
  return refuse(r, "save it again with fewer", "it has more than %d tensors", CDF_CHECKPOINT_MAX_TENSORS);
}

static cdf_status read_header(reader *r, cdf_checkpoint *c) {
  const jsmntok_t *object = r->json[0] == '{' ? take(r, JSMN_OBJECT, -1) : NULL;
  if (!object) return refuse_next(r, "a JSON object");
  for (int i = 0; i < object->size; i++) {
    cdf_tensor t = {0};
    const jsmntok_t *key = take(r, JSMN_STRING, 1);
    if (!key) return refuse_next(r, "the name of a tensor");
    bool is_metadata = equals(r, key, "__metadata__");
    cdf_status status = is_metadata ? read_metadata(r, c) : read_name(r, c, t.name, key);
    if (status == CDF_OK && !is_metadata) status = read_tensor(r, &t);
    if (status != CDF_OK) return status;
    if (!is_metadata) c->tensors[c->n_tensors++] = t;
  }
  return r->next == r->n_tokens ? CDF_OK : refuse_next(r, "nothing but spaces");
}

static int by_data(const void *a, const void *b) {
  const cdf_tensor *s = a, *t = b;
  if (s->data != t->data) return s->data < t->data ? -1 : 1;
  return (s->n_elements > 0) - (t->n_elements > 0); /* an empty tensor comes before the one that starts there */
}

/* The tensors must tile the data. They end up in the order of their bytes. */
static cdf_status check_tiling(const reader *r, cdf_checkpoint *c) {
  qsort(c->tensors, (size_t)c->n_tensors, sizeof *c->tensors, by_data);
  size_t end = 0;
  for (int i = 0; i < c->n_tensors; i++) {
    const cdf_tensor *t = &c->tensors[i];
    size_t begin = (size_t)(t->data - r->data);
    if (begin != end)
      return refuse(r, AGAIN, "tensor '%s' %s the one before it, which ends at byte %zu of the data, not at %zu",
                    t->name, begin < end ? "overlaps" : "leaves a gap to", end, begin);
    end += t->n_elements * dtype_bytes[t->dtype];
  }
  if (end == r->n_data || r->any_size) return CDF_OK;
  return refuse(r, AGAIN, "the tensors have %zu bytes of data but the file has %zu", end, r->n_data);
}

/* Of the n_bytes of a file the first n_there are there. */
static cdf_status parse(cdf_checkpoint *c, const unsigned char *bytes, size_t n_there, size_t n_bytes, bool saving,
                        cdf_error *err) {
  *c = (cdf_checkpoint){0};
  reader r = {.saving = saving, .header_only = n_there < n_bytes, .any_size = n_bytes == SIZE_MAX, .err = err};
  if (n_there < 8) return refuse(&r, AGAIN, "it is truncated: it has %zu bytes, the shortest has 10", n_there);
  uint64_t n_header = load32(bytes) | (uint64_t)load32(bytes + 4) << 32;
  if (n_header == 0 || n_header > MAX_HEADER_BYTES)
    return refuse(&r, "choose a .safetensors file", "its header would have %llu bytes, allowed are 1 to %d",
                  (unsigned long long)n_header, MAX_HEADER_BYTES);
  size_t n_json = (size_t)n_header;
  if (n_json > n_there - 8)
    return refuse(&r, AGAIN, "it is truncated: the header needs %zu bytes but the file has %zu", n_json + 8, n_there);
  r.json = (const char *)bytes + 8;
  r.data = bytes + 8 + n_json;
  r.n_data = n_bytes - 8 - n_json;

  jsmn_parser counter, parser;
  jsmn_init(&counter);
  jsmn_init(&parser);
  int n_tokens = jsmn_parse(&counter, r.json, n_json, NULL, 0);
  if (n_tokens > MAX_TOKENS)
    return refuse(&r, "save it again with fewer", "the header has %d values, the limit is %d", n_tokens, MAX_TOKENS);
  size_t tokens_bytes = (size_t)cdf_max(n_tokens, 1) * sizeof(jsmntok_t);
  jsmntok_t *tokens = malloc(tokens_bytes);
  c->tensors = calloc(CDF_CHECKPOINT_MAX_TENSORS, sizeof *c->tensors);
  c->metadata = calloc(CDF_CHECKPOINT_MAX_METADATA, sizeof *c->metadata);
  cdf_status status = CDF_OK;
  if (!tokens || !c->tensors || !c->metadata) {
    status = cdf_fail_memory(err, tokens_bytes + CDF_CHECKPOINT_MAX_TENSORS * sizeof *c->tensors);
    goto done;
  }
  r.tokens = tokens;
  if (n_tokens > 0) r.n_tokens = jsmn_parse(&parser, r.json, n_json, tokens, (unsigned)n_tokens);
  if (r.n_tokens < 1 || parser.pos != n_json) /* jsmn stops at a NUL */
    status = refuse(&r, AGAIN, "its header is not JSON near byte %u", 8 + parser.pos);
  if (status == CDF_OK) status = read_header(&r, c);
  if (status == CDF_OK) status = check_tiling(&r, c);
done:
  free(tokens);
  if (status != CDF_OK) cdf_checkpoint_free(c);
  return status;
}

cdf_status cdf_checkpoint_parse(cdf_checkpoint *c, const void *bytes, size_t n_bytes, cdf_error *err) {
  return parse(c, bytes, n_bytes, n_bytes, false, err);
}

cdf_status cdf_checkpoint_parse_header(cdf_checkpoint *c, const void *start, size_t n_there, size_t n_bytes,
                                       cdf_error *err) {
  return parse(c, start, n_there, n_bytes, false, err);
}

void cdf_checkpoint_free(cdf_checkpoint *c) {
  if (!c) return;
  for (int i = 0; i < c->n_metadata; i++) {
    free(c->metadata[i].key);
    free(c->metadata[i].value);
  }
  free(c->metadata);
  free(c->tensors);
  *c = (cdf_checkpoint){0};
}

const cdf_tensor *cdf_checkpoint_find(const cdf_checkpoint *c, const char *name) {
  for (int i = 0; i < c->n_tensors; i++)
    if (strcmp(c->tensors[i].name, name) == 0) return &c->tensors[i];
  return NULL;
}

const char *cdf_checkpoint_metadata(const cdf_checkpoint *c, const char *key) {
  for (int i = 0; i < c->n_metadata; i++)
    if (strcmp(c->metadata[i].key, key) == 0) return c->metadata[i].value;
  return NULL;
}

/* ---- writing ---- */

/* Bytes written so far; only counted while bytes is NULL. */
typedef struct output {
  unsigned char *bytes;
  size_t n;
} output;

static void put(output *o, const void *bytes, size_t n) {
  if (o->bytes && n > 0) memcpy(o->bytes + o->n, bytes, n);
  o->n += n;
}

static void put_text(output *o, const char *text) { put(o, text, strlen(text)); }

/* before "s" after, with the escapes that JSON wants. */
static void put_string(output *o, const char *before, const char *s, const char *after) {
  put_text(o, before);
  put_text(o, "\"");
  for (; *s; s++) {
    char escaped[CDF_JSON_ESCAPED_BYTES];
    cdf_json_escape(escaped, *s);
    put_text(o, escaped);
  }
  put_text(o, "\"");
  put_text(o, after);
}

static void put_numbers(output *o, const char *before, const size_t *numbers, int n, const char *after) {
  put_text(o, before);
  for (int i = 0; i < n; i++) {
    char text[24];
    snprintf(text, sizeof text, i ? ",%zu" : "%zu", numbers[i]);
    put_text(o, text);
  }
  put_text(o, after);
}

static void put_header(output *o, const cdf_tensor *tensors, int n_tensors, const cdf_metadata *metadata, int n) {
  size_t offsets[2] = {0, 0};
  put(o, "\0\0\0\0\0\0\0", 8); /* its length, not known yet */
  put_text(o, n > 0 ? "{\"__metadata__\":{" : "{");
  for (int i = 0; i < n; i++) {
    put_string(o, i ? "," : "", metadata[i].key, ":");
    put_string(o, "", metadata[i].value, i + 1 < n ? "" : "}");
  }
  for (int i = 0; i < n_tensors; i++, offsets[0] = offsets[1]) {
    const cdf_tensor *t = &tensors[i];
    offsets[1] += t->n_elements * dtype_bytes[t->dtype];
    put_string(o, i || n > 0 ? "," : "", t->name, ":{\"dtype\":");
    put_string(o, "", dtype_names[t->dtype], ",");
    put_numbers(o, "\"shape\":[", t->dims, t->n_dims, "],");
    put_numbers(o, "\"data_offsets\":[", offsets, 2, "]}");
  }
  put_text(o, "}");
  put(o, "       ", (8 - o->n % 8) % 8);
  for (int i = 0; i < 8 && o->bytes; i++) o->bytes[i] = (unsigned char)((uint64_t)(o->n - 8) >> 8 * i);
}

cdf_status cdf_checkpoint_write(unsigned char **bytes, size_t *n_bytes, const cdf_tensor *tensors, int n_tensors,
                                const cdf_metadata *metadata, int n_metadata, cdf_error *err) {
  const reader blame = {.saving = true, .err = err};
  size_t n_data = 0, size;
  *bytes = NULL;
  *n_bytes = 0;
  for (int i = 0; i < n_tensors; i++) {
    const cdf_tensor *t = &tensors[i];
    if (!memchr(t->name, '\0', sizeof t->name) || (unsigned)t->dtype >= N_DTYPES || t->n_dims < 0 ||
        t->n_dims > CDF_CHECKPOINT_MAX_DIMS || !cdf_mul(&size, t->n_elements, dtype_bytes[t->dtype]) ||
        size > SIZE_MAX / 2 - n_data)
      return refuse(&blame, "", "tensor %d has an endless name, no dtype, too many dimensions or elements", i);
    n_data += size;
  }
  output o = {0};
  for (int pass = 0; pass < 2; pass++) { /* measure, then write */
    if (pass == 1 && !(o.bytes = malloc(o.n))) return cdf_fail_memory(err, o.n);
    o.n = 0;
    put_header(&o, tensors, n_tensors, metadata, n_metadata);
    for (int i = 0; i < n_tensors; i++) put(&o, tensors[i].data, tensors[i].n_elements * dtype_bytes[tensors[i].dtype]);
  }
  /* All else that the reader would refuse (NaN, names twice, bad UTF-8, limits) is left to the reader to find. */
  cdf_checkpoint check;
  cdf_status status = parse(&check, o.bytes, o.n, o.n, true, err);
  cdf_checkpoint_free(&check);
  if (status == CDF_OK)
    *bytes = o.bytes, *n_bytes = o.n;
  else
    free(o.bytes);
  return status;
}
