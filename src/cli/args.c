#include "args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

/* Levenshtein distance of two short words. */
static int distance(const char *a, const char *b) {
  int row[64], n = (int)strlen(b);
  if (n > 62 || strlen(a) > 62) return 99;
  for (int j = 0; j <= n; j++) row[j] = j;
  for (int i = 1; a[i - 1]; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = cdf_min(change, 1 + cdf_min(row[j], row[j - 1]));
    }
  }
  return row[n];
}

const char *cli_suggest(const char *word, const char *const *names) {
  const char *best = NULL;
  int least = 3; /* two slips of the finger */
  for (; *names; names++) {
    int d = distance(word, *names);
    if (d < least && d < (int)strlen(*names)) least = d, best = *names;
  }
  return best;
}

static cli_option *find(cli_option *options, const char *name) {
  for (; options->name; options++)
    if (strcmp(options->name, name) == 0) return options;
  return NULL;
}

/* What the trainer measures on the data is no one's to set. */
static bool is_measured(const char *key) {
  return strcmp(key, "sigma_data") == 0 || strcmp(key, "mean") == 0 || strcmp(key, "level_sd") == 0;
}

static bool is_setting(const cli_settings *s, const char *key) {
  return !is_measured(key) && (cdf_fields_find(s->model, key) || cdf_fields_find(cdf_train_fields, key));
}

/* The names of all settings behind names[n]; the new n, below room. */
static int list_settings(const cli_settings *s, const char **names, int n, int room) {
  for (const cdf_field *f = s->model; f->key; f++)
    if (n < room && !is_measured(f->key)) names[n++] = f->key;
  for (const cdf_field *f = cdf_train_fields; f->key && n < room; f++) names[n++] = f->key;
  return n;
}

/* Could this setting be applied at all? */
static cdf_status check_setting(const cli_settings *s, const char *key, const char *value, cdf_error *err) {
  union {
    cdf_config config;
    cdf_render_config render;
    cdf_train_config train;
  } scratch = {0};
  return cdf_fields_set(&scratch, cdf_fields_find(s->model, key) ? s->model : cdf_train_fields, key, value, err);
}

cli_settings *cli_new_settings(const cdf_field *model) {
  cli_settings *s = calloc(2, sizeof *s);
  if (s) s[0].model = s[1].model = model;
  return s;
}

cdf_status cli_add_setting(cli_settings *s, const char *key, const char *value, cdf_error *err) {
  if (s->n == CLI_MAX_SETTINGS) return cdf_fail(err, CDF_USAGE, "there are more than %d settings", CLI_MAX_SETTINGS);
  if (strlen(key) >= sizeof s->items[0].key || strlen(value) >= sizeof s->items[0].value)
    return cdf_fail(err, CDF_USAGE, "the value of %.31s is too long: at most %zu letters", key,
                    sizeof s->items[0].value - 1);
  strcpy(s->items[s->n].key, key);
  strcpy(s->items[s->n++].value, value);
  return CDF_OK;
}

static cdf_status unknown(const char *name, const cli_option *options, const cli_settings *settings, cdf_error *err) {
  const char *names[128];
  int n = 0;
  for (; options->name && n < 100; options++) names[n++] = options->name;
  if (settings) n = list_settings(settings, names, n, 127);
  names[n] = NULL;
  const char *close = cli_suggest(name, names);
  return cdf_fail(
      err, CDF_USAGE,
      close ? "there is no option --%.40s; did you mean --%s?" : "there is no option --%.40s; --help lists them", name,
      close);
}

cdf_status cli_parse(cli_option *options, cli_settings *settings, int argc, char **argv, cdf_error *err) {
  for (int i = 0; i < argc; i++) {
    const char *word = argv[i];
    if (strcmp(word, "-q") == 0) word = "--quiet";
    if (strcmp(word, "-o") == 0) word = "--out";
    if (strcmp(word, "-h") == 0) word = "--help";
    if (strncmp(word, "--", 2) != 0)
      return cdf_fail(err, CDF_USAGE, "'%.60s' is not an option; options start with --, see --help", word);
    char name[64];
    const char *equals = strchr(word, '=');
    snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - word - 2) : 63, word + 2);
    cli_option *option = find(options, name);
    bool setting = !option && settings && is_setting(settings, name);
    if (!option && !setting) return unknown(name, options, settings, err);
    bool flag = option && !option->value_name;
    if (flag && equals) return cdf_fail(err, CDF_USAGE, "--%s takes no value", name);
    const char *value = flag ? "1" : equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
    if (!value) return cdf_fail(err, CDF_USAGE, "--%s needs a value", name);
    if (!flag && !equals && strncmp(value, "--", 2) == 0)
      return cdf_fail(err, CDF_USAGE,
                      "--%s needs a value, but %.40s follows; a value that begins so is written --%s=VALUE", name,
                      value, name);
    if (option)
      option->value = value;
    else if (cli_add_setting(settings, name, value, err) != CDF_OK)
      return CDF_USAGE;
  }
  return CDF_OK;
}

const char *cli_value(const cli_option *options, const char *name) {
  for (; options->name; options++)
    if (strcmp(options->name, name) == 0) return options->value;
  return NULL;
}

cdf_status cli_int(int *out, const cli_option *options, const char *name, int min, int max, cdf_error *err) {
  const char *text = cli_value(options, name);
  if (!text) return CDF_OK;
  char *end;
  errno = 0;
  long v = strtol(text, &end, 10);
  if (*text == 0 || *end || errno || v < min || v > max)
    return cdf_fail(err, CDF_USAGE, "--%s is '%.40s', but must be a whole number from %d to %d", name, text, min, max);
  *out = (int)v;
  return CDF_OK;
}

cdf_status cli_float(float *out, const cli_option *options, const char *name, cdf_error *err) {
  const char *text = cli_value(options, name);
  if (!text) return CDF_OK;
  char *end;
  float v = strtof(text, &end);
  if (*text == 0 || *end || v != v || strpbrk(text, "xX"))
    return cdf_fail(err, CDF_USAGE, "--%s is '%.40s', but must be a decimal number", name, text);
  *out = v;
  return CDF_OK;
}

cdf_status cli_u64(uint64_t *out, const cli_option *options, const char *name, cdf_error *err) {
  const char *text = cli_value(options, name);
  if (!text) return CDF_OK;
  char *end;
  errno = 0;
  unsigned long long v = strtoull(text, &end, 10);
  if (!isdigit((unsigned char)*text) || *end || errno)
    return cdf_fail(err, CDF_USAGE, "--%s is '%.40s', but must be a whole number from 0 to 2^64 - 1", name, text);
  *out = v;
  return CDF_OK;
}

/* A whole number from min to max up to `stop`; *text is left behind it. */
static bool read_side(int *out, const char **text, char stop, int min, int max) {
  char *end = NULL;
  long v = isdigit((unsigned char)**text) ? strtol(*text, &end, 10) : -1;
  if (v < min || v > max || *end != stop) return false;
  *out = (int)v;
  *text = end + 1;
  return true;
}

cdf_status cli_size(int *width, int *height, const cli_option *options, const char *name, int min, int max,
                    cdf_error *err) {
  const char *text = cli_value(options, name), *at = text;
  if (!text || (read_side(width, &at, 'x', min, max) && read_side(height, &at, 0, min, max))) return CDF_OK;
  return cdf_fail(err, CDF_USAGE, "--%s is '%.40s', but must be two whole numbers from %d to %d, as in 64x48", name,
                  text, min, max);
}

static cdf_status read_setting(cli_settings *settings, const char *key, const char *value, cdf_error *err) {
  const char *names[128];
  if (is_setting(settings, key)) {
    cdf_status status = check_setting(settings, key, value, err);
    return status == CDF_OK ? cli_add_setting(settings, key, value, err) : status;
  }
  if (is_measured(key)) return cdf_fail(err, CDF_BAD_INPUT, "%s is measured on the data and cannot be set", key);
  names[list_settings(settings, names, 0, 127)] = NULL;
  const char *close = cli_suggest(key, names);
  return cdf_fail(err, CDF_BAD_INPUT,
                  close ? "there is no setting named '%.31s'; did you mean %s?"
                        : "there is no setting named '%.31s'; 'coordiff train --help' lists them",
                  key, close);
}

cdf_status cli_colour(uint8_t *rgb, const cli_option *options, const char *name, cdf_error *err) {
  const char *text = cli_value(options, name);
  if (!text) return CDF_OK;
  const char *digits = !strcmp(text, "white") ? "ffffff" : !strcmp(text, "black") ? "000000" : text + (*text == '#');
  if (strlen(digits) != 6 || strspn(digits, "0123456789abcdefABCDEF") != 6)
    return cdf_fail(err, CDF_USAGE, "--%s is '%.40s', but must be white, black or six hexadecimal digits, as in ff8000",
                    name, text);
  unsigned long value = strtoul(digits, NULL, 16);
  for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)(value >> (16 - 8 * c));
  return CDF_OK;
}

/* Cut white space off both ends, in place. */
static char *trim(char *s) {
  while (isspace((unsigned char)*s)) s++;
  char *end = s + strlen(s);
  while (end > s && isspace((unsigned char)end[-1])) *--end = 0;
  return s;
}

cdf_status cli_read_settings(cli_settings *settings, const char *path, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cdf_status status = cdf_file_read(&bytes, &n_bytes, path, CDF_FILE_TEXT, err);
  int line = 0;
  size_t mark = status == CDF_OK && strncmp((char *)bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* as Windows writes text */
  for (char *at = bytes ? (char *)bytes + mark : NULL, *next; status == CDF_OK && at && *at; at = next) {
    line++;
    next = strchr(at, '\n');
    if (next) *next++ = 0;
    char *comment = strchr(at, '#'), *equals = strchr(at, '=');
    if (comment) *comment = 0;
    if (equals && (!comment || equals < comment)) {
      *equals = 0;
      cdf_error why = {0};
      if (read_setting(settings, trim(at), trim(equals + 1), &why) != CDF_OK)
        status = cdf_fail(err, CDF_BAD_INPUT, "line %d of %.100s: %.190s", line, path, why.text);
    } else if (*trim(at)) {
      status = cdf_fail(err, CDF_BAD_INPUT, "line %d of %.100s is '%.40s', but must be 'key = value' or a # comment",
                        line, path, trim(at));
    }
  }
  free(bytes);
  return status;
}

cdf_status cli_apply_settings(void *object, const cdf_field *fields, const cli_settings *settings, cdf_error *err) {
  for (int i = 0; i < settings->n; i++) {
    if (!cdf_fields_find(fields, settings->items[i].key)) continue;
    cdf_status status = cdf_fields_set(object, fields, settings->items[i].key, settings->items[i].value, err);
    if (status != CDF_OK) return status;
  }
  return CDF_OK;
}

const char *cli_setting(const cli_settings *settings, const char *key) {
  for (int i = settings->n - 1; i >= 0; i--)
    if (strcmp(settings->items[i].key, key) == 0) return settings->items[i].value;
  return NULL;
}

static void print_fields(const char *title, const cdf_field *fields) {
  printf("\n%s\n", title);
  for (; fields->key; fields++) {
    if (is_measured(fields->key)) continue;
    printf("  --%-17s %s", fields->key, fields->help);
    for (const char *const *name = fields->names; name && *name; name++)
      printf("%s%s", name == fields->names ? ": " : ", ", *name);
    printf("\n");
  }
}

void cli_help(const char *usage, const cli_option *options, const cdf_field *model) {
  printf("%s\nOptions\n", usage);
  for (; options->name; options++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", options->name, options->value_name ? " " : "",
             options->value_name ? options->value_name : "");
    printf("  %-19s %s\n", left, options->help);
  }
  if (!model) return;
  print_fields("Training settings (flags, or `key = value` lines of --config)", cdf_train_fields);
  print_fields("Model settings (likewise)", model);
}

cdf_status cli_kernels(const cdf_kernels **k, const cli_option *options, cdf_error *err) {
  const char *name = cli_value(options, "kernels");
  *k = name ? cdf_kernels_named(name) : cdf_kernels_best();
  if (*k) return CDF_OK;
  char names[128] = "";
  for (const cdf_kernels *const *t = cdf_kernels_supported(); *t; t++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", (*t)->name);
  return cdf_fail(err, CDF_USAGE, "--kernels is '%.40s', but this processor has: %s", name, names);
}

/* ---- options of sampling ---- */

/* The flag of a field: other_seed is --other-seed. */
static const char *flag_of(char flag[32], const char *key) {
  snprintf(flag, 32, "%s", key);
  for (char *p = flag; (p = strchr(p, '_'));) *p = '-';
  return flag;
}

/* Is the word one of those with spaces between? */
static bool is_listed(const char *words, const char *word) {
  size_t n = strlen(word);
  for (const char *at = words; (at = strstr(at, word)); at += n)
    if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0)) return true;
  return false;
}

typedef struct written_field {
  char flag[32], help[160];
} written_field;

static cli_option write_field(written_field *w, const cdf_field *f) {
  char value[32];
  flag_of(w->flag, f->key);
  int n = snprintf(w->help, sizeof w->help, "%s", f->help);
  for (const char *const *name = f->names; name && *name; name++)
    n += snprintf(w->help + n, sizeof w->help - (size_t)n, "%s%s", name == f->names ? ": " : ", ", *name);
  cdf_field_print(value, sizeof value, &cdf_sample_general, f);
  snprintf(w->help + n, sizeof w->help - (size_t)n, " (default %s, or the model's own)", value);
  bool whole = f->type == CDF_FIELD_INT || f->type == CDF_FIELD_U64;
  return (cli_option){w->flag, f->type == CDF_FIELD_ENUM ? "NAME" : whole ? "N" : "X", w->help, NULL};
}

void cli_options(cli_option out[CLI_MAX_OPTIONS], const cli_option *table) {
  static written_field written[CLI_MAX_OPTIONS];
  int n = 0;
  for (; table->name && n + 1 < CLI_MAX_OPTIONS; table++) {
    bool fields = strcmp(table->name, CLI_SAMPLE_FIELDS) == 0;
    if (!fields) out[n++] = *table;
    for (const cdf_field *f = cdf_sample_fields; fields && f->key && n + 1 < CLI_MAX_OPTIONS; f++)
      if (is_listed(table->value_name, f->key)) out[n] = write_field(&written[n], f), n++;
  }
  out[n] = (cli_option){0};
}

cdf_status cli_sample_read(cdf_sample_options *sample, const cli_option *options, const char *keys, cdf_error *err) {
  for (const cdf_field *f = cdf_sample_fields; f->key; f++) {
    char flag[32];
    cdf_error why = {0};
    const char *value = is_listed(keys, f->key) ? cli_value(options, flag_of(flag, f->key)) : NULL;
    if (value && cdf_sample_set(sample, f->key, value, &why) != CDF_OK) /* the sentence begins with the key */
      return cdf_fail(err, CDF_USAGE, "--%s%.200s", flag, why.text + strlen(f->key));
  }
  return CDF_OK;
}
