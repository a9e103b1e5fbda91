/* sampling_table.c: web/engine/sampling.js out of the engine's own table of sampling options (src/denoise/options.c), so
 * that the page knows their names, limits and defaults from there. `make sampling` writes it anew;
 * tests/web/settings.test.js says when that was forgotten. */
#include <stdio.h>
#include <string.h>

#include "../src/coordiff.h"

static const char *const types[] = {"int", "u64", "float", "name", "enum", "index"};

static void print_value(const cdf_field *f) {
  char value[64];
  cdf_field_print(value, sizeof value, &cdf_sample_general, f);
  if (f->type == CDF_FIELD_U64)
    printf("%sn", value);
  else if (strcmp(value, "none") == 0)
    printf("null");
  else
    printf(f->type == CDF_FIELD_ENUM ? "'%s'" : "%s", value);
}

/* In camelCase; class is a word of the language. */
static void print_name(const char *key) {
  if (strcmp(key, "class") == 0) key = "label";
  for (; *key; key++) putchar(*key == '_' ? *++key - 'a' + 'A' : *key);
}

static void print_field(const cdf_field *f) {
  printf("  %s: { name: '", f->key);
  print_name(f->key);
  printf("', type: '%s', initial: ", types[f->type]);
  print_value(f);
  if (f->type == CDF_FIELD_ENUM) {
    printf(", names: [");
    for (int i = 0; f->names[i]; i++) printf("%s'%s'", i > 0 ? ", " : "", f->names[i]);
    printf("]");
  } else if (f->type != CDF_FIELD_U64)
    printf(", least: %g, most: %g", f->min, f->max);
  printf(" },\n");
}

int main(void) {
  printf("// Made by tools/sampling_table.c of the engine's table: `make sampling`. Not to be edited.\n"
         "// What a picture is sampled with: its name in JavaScript, kind, what everyone begins with, limits. u64: a bigint.\n\n"
         "export const SAMPLING = {\n");
  for (const cdf_field *f = cdf_sample_fields; f->key; f++) print_field(f);
  printf("};\n");
  return 0;
}
