#include "fields.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cdf_field *cdf_fields_find(const cdf_field *fields, const char *key) {
  for (; fields->key; fields++)
    if (strcmp(fields->key, key) == 0) return fields;
  return NULL;
}

void cdf_names_list(char *text, size_t n, const char *const *names) {
  text[0] = 0;
  for (size_t used = 0; *names && used < n; names++)
    used += (size_t)snprintf(text + used, n - used, "%s%s", used ? ", " : "", *names);
}

/* One value of a field; *end is left behind it. */
static cdf_status set_value(void *at, const cdf_field *field, const char *value, const char **end, cdf_error *err) {
  char *stop;
  errno = 0;
  if (field->type == CDF_FIELD_U64) {
    unsigned long long u = strtoull(value, &stop, 10);
    if (*value < '0' || *value > '9' || errno) /* strtoull takes ' -1' */
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be a whole number from 0 to 2^64 - 1", field->key,
                      value);
    *(uint64_t *)at = u;
  } else {
    double x = strtod(value, &stop);
    if (memchr(value, 'x', (size_t)(stop - value)) || memchr(value, 'X', (size_t)(stop - value)))
      stop = (char *)value; /* strtod takes 0x10, strtoull and strtol do not */
    bool whole = field->type == CDF_FIELD_INT || field->type == CDF_FIELD_INDEX;
    if (stop == value || !(x >= field->min && x <= field->max) || (whole && x != floor(x)))
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be a %snumber from %g to %g", field->key, value,
                      whole ? "whole " : "", field->min, field->max);
    if (whole)
      *(int *)at = (int)x;
    else
      *(float *)at = (float)x;
  }
  *end = stop;
  return CDF_OK;
}

cdf_status cdf_fields_set(void *object, const cdf_field *fields, const char *key, const char *value, cdf_error *err) {
  const cdf_field *field = cdf_fields_find(fields, key);
  if (!field) return cdf_fail(err, CDF_USAGE, "there is no setting named '%.40s'; see --help for those there are", key);
  unsigned char *at = (unsigned char *)object + field->offset;
  if (field->type == CDF_FIELD_NAME) {
    if (strlen(value) >= CDF_FIELD_NAME_BYTES)
      return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but may have at most 15 letters", key, value);
    strcpy((char *)at, value);
    return CDF_OK;
  }
  if (field->type == CDF_FIELD_ENUM) {
    for (int i = 0; field->names[i]; i++)
      if (strcmp(field->names[i], value) == 0 || (field->older && *value && strcmp(field->older[i], value) == 0))
        return *(int *)at = i + (int)field->min, CDF_OK;
    char names[160];
    cdf_names_list(names, sizeof names, field->names);
    return cdf_fail(err, CDF_USAGE, "%s is '%.40s', but must be one of: %s", key, value, names);
  }
  if (field->type == CDF_FIELD_INDEX && strcmp(value, "none") == 0) return *(int *)at = -1, CDF_OK;
  for (int i = 0;; i++, at += 4, value++) {
    cdf_status status = set_value(at, field, value, &value, err);
    if (status != CDF_OK) return status;
    if (*value == 0) return CDF_OK;
    if (*value != ',' || i + 1 == field->count)
      return cdf_fail(err, CDF_USAGE, "%s ends with '%.40s'; it takes %s%d number%s", key, value,
                      field->count > 1 ? "up to " : "", field->count, field->count > 1 ? "s, separated by commas" : "");
  }
}

cdf_status cdf_fields_read(void *object, const cdf_field *fields, const char *lines, cdf_error *err) {
  cdf_status status = CDF_OK;
  while (*lines && status == CDF_OK) {
    char line[128];
    size_t n = strcspn(lines, "\n");
    if (n >= sizeof line)
      return cdf_fail(err, CDF_USAGE, "a line of the options has %zu letters, but may have at most %zu", n,
                      sizeof line - 1);
    memcpy(line, lines, n);
    line[n] = 0;
    char *equals = strchr(line, '=');
    if (!equals) return cdf_fail(err, CDF_USAGE, "the option '%.60s' has no value; write key=value", line);
    *equals = 0;
    status = cdf_fields_set(object, fields, line, equals + 1, err);
    lines += n + (lines[n] != 0);
  }
  return status;
}

/* The shortest decimal that reads back as the same float. */
static size_t print_float(char *text, size_t n, float x) {
  int length = 0;
  for (int digits = 6; digits <= 9; digits++) {
    length = snprintf(text, n, "%.*g", digits, (double)x);
    if (strtof(text, NULL) == x) break;
  }
  return (size_t)length;
}

void cdf_field_print(char *text, size_t n, const void *object, const cdf_field *field) {
  const unsigned char *at = (const unsigned char *)object + field->offset;
  switch (field->type) {
    case CDF_FIELD_NAME:
      snprintf(text, n, "%s", (const char *)at);
      return;
    case CDF_FIELD_ENUM:
      snprintf(text, n, "%s", field->names[*(const int *)at - (int)field->min]);
      return;
    case CDF_FIELD_U64:
      snprintf(text, n, "%llu", (unsigned long long)*(const uint64_t *)at);
      return;
    case CDF_FIELD_INDEX:
      if (*(const int *)at < 0)
        snprintf(text, n, "none");
      else
        snprintf(text, n, "%d", *(const int *)at);
      return;
    default:
      break;
  }
  size_t used = 0;
  for (int i = 0; i < field->count && used < n; i++, at += 4) {
    if (i > 0) used += (size_t)snprintf(text + used, n - used, ",");
    if (used >= n) return;
    if (field->type == CDF_FIELD_INT)
      used += (size_t)snprintf(text + used, n - used, "%d", *(const int *)at);
    else
      used += print_float(text + used, n - used, *(const float *)at);
  }
}

cdf_status cdf_fields_check(const void *object, const cdf_field *f, cdf_status code, cdf_error *err) {
  for (; f->key; f++) {
    const unsigned char *at = (const unsigned char *)object + f->offset;
    for (int i = 0; i < f->count; i++, at += 4) {
      if (f->type == CDF_FIELD_NAME || f->type == CDF_FIELD_U64) continue;
      double x = f->type == CDF_FIELD_FLOAT ? (double)*(const float *)at : *(const int *)at, max = f->max;
      if (f->type == CDF_FIELD_ENUM) {
        max = f->min - 1;
        for (const char *const *name = f->names; *name; name++) max++;
      }
      if (!(x >= f->min && x <= max) && !(f->type == CDF_FIELD_INDEX && x == -1))
        return cdf_fail(err, code, "%s is %g, but must be from %g to %g", f->key, x, f->min, max);
    }
  }
  return CDF_OK;
}
