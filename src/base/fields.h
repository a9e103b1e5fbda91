/* fields.h: tables that name the fields of a plain struct, for every text form of it: `key = value` files, `--key
 * value` flags, checkpoint metadata, `coordiff info`, and help.
 *
 *   if (cdf_fields_set(&config, cdf_config_fields, "hidden", "256", &err) != CDF_OK) die(err.text);
 */
#ifndef CDF_FIELDS_H
#define CDF_FIELDS_H

#include "base.h"
#include "status.h"

CDF_BEGIN_DECLS

#define CDF_FIELD_NAME_BYTES 16

/* One named field of a struct. */
typedef enum {
  CDF_FIELD_INT,
  CDF_FIELD_U64,
  CDF_FIELD_FLOAT,
  CDF_FIELD_NAME,
  CDF_FIELD_ENUM, /* an int: `min` is the first of the names */
  CDF_FIELD_INDEX /* an int that may also be "none", which is -1 */
} cdf_field_type;

typedef struct cdf_field {
  const char *key;
  cdf_field_type type;
  size_t offset;
  int count; /* array length; values are separated by commas */
  double min, max;
  const char *const *names; /* of an enum, NULL-terminated */
  const char *help;
  const char *before;       /* what a file says that is older than the field; NULL: all files have it */
  const char *const *older; /* of an enum that was a number once: what is still read for each name, "" for none */
} cdf_field;

/* Set `key` of *object from text. CDF_USAGE with a sentence when the key is unknown or the value out of range. */
cdf_status cdf_fields_set(void *object, const cdf_field *fields, const char *key, const char *value, cdf_error *err);

/* The same for each of the lines of key=value. */
cdf_status cdf_fields_read(void *object, const cdf_field *fields, const char *lines, cdf_error *err);

/* Every number within its bounds, every enum one of its names; otherwise `code` with a sentence. */
cdf_status cdf_fields_check(const void *object, const cdf_field *fields, cdf_status code, cdf_error *err);

/* Print the value of a field into text[n]; floats round-trip exactly. */
void cdf_field_print(char *text, size_t n, const void *object, const cdf_field *field);

/* "a, b, c": the names of an enum, for a sentence. */
void cdf_names_list(char *text, size_t n, const char *const *names);

/* The field named key, or NULL. */
const cdf_field *cdf_fields_find(const cdf_field *fields, const char *key);

CDF_END_DECLS

#endif
