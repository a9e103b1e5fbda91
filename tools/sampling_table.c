/* sampling_table: cdf_sample_fields as a module of JavaScript, for `make sampling`. The page reads links before the
 * engine is there, so the table lies in a file; tests/web/sampling.test.js compares the two. */
#include <stdio.h>

#include "coordiff.h"

static const char *const kinds[] = {[CDF_FIELD_INT] = "whole",
                                    [CDF_FIELD_U64] = "seed",
                                    [CDF_FIELD_FLOAT] = "number",
                                    [CDF_FIELD_ENUM] = "name",
                                    [CDF_FIELD_INDEX] = "index"};

int main(void) {
  puts(
      "// How a picture is sampled, as the engine has it (src/denoise/options.c). Written by `make sampling`; not by "
      "hand.");
  puts("export const SAMPLING = {");
  for (const cdf_field *f = cdf_sample_fields; f->key; f++) {
    printf("  %s: { kind: '%s', range: [%.9g, %.9g], names: [", f->key, kinds[f->type], f->min, f->max);
    for (int i = 0; f->names && f->names[i]; i++) printf("%s'%s'", i ? ", " : "", f->names[i]);
    puts("] },");
  }
  puts("};");
  puts("\n/** What an option is called in JavaScript: other_seed is otherSeed. @param {string} key */");
  puts("export const optionOf = (key) =>");
  puts("  key === 'class' ? 'label' : key.replace(/_(.)/g, (_, letter) => letter.toUpperCase());");
  return 0;
}
