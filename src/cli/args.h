/* args.h: long options, `key = value` settings, help and suggestions. */
#ifndef CDF_ARGS_H
#define CDF_ARGS_H

#include "../coordiff.h"

/* One option of a command; `value` is filled by cli_parse. A flag has no value_name and gets the value "1". */
typedef struct cli_option {
  const char *name, *value_name, *help;
  const char *value;
} cli_option;

#define CLI_MAX_SETTINGS 128

/* Settings that go to the field tables of config.h rather than to the command itself, in order of precedence: later
 * wins. */
typedef struct cli_settings {
  const cdf_field *model; /* table of the model settings; that of the training settings is always cdf_train_fields */
  struct {
    char key[32], value[160];
  } items[CLI_MAX_SETTINGS];
  int n;
} cli_settings;

/* Parse argv (after the command's name) into options (ended by a NULL name). With settings, names of the two field
 * tables are accepted too. CDF_USAGE with a suggestion for an unknown option, a missing value, a stray argument. */
cdf_status cli_parse(cli_option *options, cli_settings *settings, int argc, char **argv, cdf_error *err);

const char *cli_value(const cli_option *options, const char *name); /* NULL: not given */
cdf_status cli_int(int *out, const cli_option *options, const char *name, int min, int max,
                   cdf_error *err); /* unchanged when not given */
cdf_status cli_float(float *out, const cli_option *options, const char *name, cdf_error *err);
cdf_status cli_u64(uint64_t *out, const cli_option *options, const char *name, cdf_error *err);
/* WIDTHxHEIGHT, each from min to max. */
cdf_status cli_size(int *width, int *height, const cli_option *options, const char *name, int min, int max,
                    cdf_error *err);

/* white, black, or RRGGBB, into rgb[3]; unchanged when not given. */
cdf_status cli_colour(uint8_t *rgb, const cli_option *options, const char *name, cdf_error *err);
#define CLI_BACKGROUND_OPTION \
  { "background", "COLOUR", "what shows where a picture is transparent: white, black or RRGGBB (default white)", NULL }

/* Two empty lists, the config file's and the flags' (free with free()); NULL without memory. */
cli_settings *cli_new_settings(const cdf_field *model);
cdf_status cli_add_setting(cli_settings *settings, const char *key, const char *value, cdf_error *err);

/* Lines `key = value` with # comments into settings. CDF_BAD_INPUT names file and line of an unknown key or a bad
 * value. */
cdf_status cli_read_settings(cli_settings *settings, const char *path, cdf_error *err);
/* Apply every setting that names a field of this table. */
cdf_status cli_apply_settings(void *object, const cdf_field *fields, const cli_settings *settings, cdf_error *err);
const char *cli_setting(const cli_settings *settings, const char *key); /* NULL: not set */

/* The name of a NULL-terminated list closest to `word`, or NULL when none is close. */
const char *cli_suggest(const char *word, const char *const *names);

/* The table that --kernels names, or the best. */
cdf_status cli_kernels(const cdf_kernels **k, const cli_option *options, cdf_error *err);
/* ---- options of sampling, which cdf_sample_fields knows ---- */

/* In a table of options stands for some of these fields, with their help: {CLI_SAMPLE_FIELDS, "steps sampler", NULL,
 * NULL}. */
#define CLI_SAMPLE_FIELDS ""
#define CLI_REVERSE_FIELDS \
  "steps sampler guidance sigma_max sigma_min rho coarse_above" /* those of the reverse process */
#define CLI_MAX_OPTIONS 48

/* A command's own copy of its table, with those fields written out. */
void cli_options(cli_option out[CLI_MAX_OPTIONS], const cli_option *table);

/* Set `key` from the flag of that name; unchanged when not given. The same for several, with spaces between. */
cdf_status cli_sample_read(cdf_sample_options *sample, const cli_option *options, const char *keys, cdf_error *err);

/* Print usage, examples first, then the options (and, when `model` is not NULL, the training settings and these). */
void cli_help(const char *usage, const cli_option *options, const cdf_field *model);

#endif
