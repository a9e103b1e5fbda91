#include "plan.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "terminal.h"
#include "threads.h"

/* ---- presets ---- */

/* Networks of `taps` that answer for 2x2 cells, and from how many trained cells on one is worth its cost: below that a
 * smaller one, which gets through more, is better in the same time (models/ABLATION.md; README, Train your own). */
typedef struct preset {
  const char *name;
  int hidden, n_layers, cond_hidden;
  double cells;
} preset;

static const preset presets[] = {{"tiny", 96, 2, 96, 0},
                                 {"small", 128, 3, 128, 8e6},
                                 {"medium", 192, 3, 256, 40e6},
                                 {"large", 256, 3, 320, 150e6},
                                 {"huge", 384, 3, 320, 600e6}};
#define N_PRESETS ((int)(sizeof presets / sizeof presets[0]))

static cdf_status named(const preset **p, const char *name, cdf_error *err) {
  const char *names[N_PRESETS + 1] = {0};
  for (int i = 0; i < N_PRESETS; i++) {
    names[i] = presets[i].name;
    if (strcmp(name, names[i]) == 0) return *p = &presets[i], CDF_OK;
  }
  char list[80];
  cdf_names_list(list, sizeof list, names);
  return cdf_fail(err, CDF_USAGE, "--preset is '%.40s', but must be one of: %s", name, list);
}

/* ---- choosing ---- */

/* What is known while choosing. */
typedef struct choice {
  cli_plan *plan;
  const cli_plan_wish *wish;
  cli_survey survey; /* n_seen 0: of no folder */
  cdf_config config; /* as it will be */
  cdf_train_config train;
  double speed; /* multiply-adds forward a second, while training */
} choice;

__attribute__((format(printf, 2, 3))) static void say(choice *c, const char *format, ...) {
  char line[400];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  cli_append(c->plan->text, CLI_PLAN_BYTES, "# %s\n", line);
}

/* Choose a whole number, unless the user has. */
static cdf_status choose(choice *c, const char *key, int value, cdf_error *err) {
  char text[16];
  snprintf(text, sizeof text, "%d", value);
  if (cli_setting(c->wish->settings, key)) return CDF_OK;
  cli_append(c->plan->text, CLI_PLAN_BYTES, "%s = %s\n", key, text);
  return cli_add_setting(&c->plan->settings, key, text, err);
}

/* Bring the configurations up to what is chosen and what the user has set. */
static cdf_status apply(choice *c, cdf_error *err) {
  const cli_settings *all[] = {&c->plan->settings, c->wish->settings};
  cdf_status status = CDF_OK;
  for (int i = 0; i < 2 && status == CDF_OK; i++) {
    status = cli_apply_settings(&c->config, cdf_config_fields, all[i], err);
    if (status == CDF_OK) status = cli_apply_settings(&c->train, cdf_train_fields, all[i], err);
  }
  return status;
}

/* Multiply-adds of a cell; 0 for a configuration that cannot be. */
static double macs_of(const cdf_config *config) {
  cdf_network net;
  if (cdf_config_check(config, NULL) != CDF_OK) return 0;
  cdf_network_init(&net, config);
  return (double)cdf_network_pixel_macs(&net);
}

static void use(cdf_config *config, const preset *p) {
  config->hidden = p->hidden, config->n_layers = p->n_layers, config->cond_hidden = p->cond_hidden;
}

/* ---- measuring ---- */

#define MEASURED_SECONDS 1.0

/* Train a small network on noise for a moment. */
static cdf_status measure(choice *c, cdf_error *err) {
  cdf_config config = c->config;
  cdf_train_config train = c->train;
  cdf_dataset noise;
  cdf_learner *l = NULL;
  cdf_report r;
  use(&config, &presets[1]);
  config.lattice_width = config.lattice_height = 32, config.n_classes = 0;
  train.images = 32, train.pixels = 128;
  cdf_status status = cdf_dataset_init(&noise, 16, config.channels, 32, 32, 0, err);
  if (status != CDF_OK) return status;
  noise.n_images = 16;
  for (size_t i = 0, n = 16 * cdf_dataset_image_size(&noise); i < n; i++) noise.pixels[i] = (uint8_t)(i * i >> 3);
  status = cdf_trainer_measure(&config, &noise, err);
  if (status == CDF_OK) status = cdf_trainer_create(&l, &config, &train, &noise, c->wish->k, 0, 1, err);
  double start = 0, cells = 0;
  for (int i = 0; status == CDF_OK && (i < 3 || cli_seconds() - start < MEASURED_SECONDS); i++) {
    if (i == 1) start = cli_seconds(), cells = 0; /* the first step finds its memory */
    cdf_learner_gradient(l, &r, &cli_threads);
    status = cdf_learner_update(l, &r, &cli_threads, err);
    cells += train.images * train.pixels;
  }
  if (status == CDF_OK) c->speed = cells * macs_of(&config) / (cli_seconds() - start);
  cdf_learner_free(l);
  cdf_dataset_free(&noise);
  return status;
}

/* ---- the lattice ---- */

static int multiple_of_4(double x) { return cdf_clamp(4 * (int)floor(x / 4 + 0.5), 8, 128); }

/* How long a side of it may be: what the time is enough for, and no finer than the pictures. */
static cdf_status choose_lattice(choice *c, cdf_error *err) {
  const cli_survey *s = &c->survey;
  const cli_set_options *set = &c->wish->taking->set;
  double work = c->speed * c->wish->seconds;
  int side = work == 0 ? 32 : work < 1e12 ? 24 : work < 4e13 ? 32 : work < 1e15 ? 48 : 64;
  bool small = s->n_seen > 0 && s->side < side;
  double aspect = fmin(fmax(s->aspect, 1.0 / 3), 3);
  if (aspect > 0.9 && aspect < 1.1) aspect = 1;
  if (small) side = cdf_max(8, s->side / 4 * 4);
  int width = set->width ? set->width : multiple_of_4(side * sqrt(aspect));
  int height = set->height ? set->height : multiple_of_4(side / sqrt(aspect));
  if (s->n_seen == 0) return CDF_OK; /* the set has a size of its own */
  say(c, "lattice %dx%d: %s", width, height,
      set->width    ? "as --size says"
      : small       ? "as fine as the pictures are"
      : work == 0   ? "as everyone's; --size sets another"
      : aspect != 1 ? "as much as the time is enough for, in the shape of most pictures"
                    : "as much as the time is enough for");
  cdf_status status = choose(c, "lattice_width", width, err);
  if (status == CDF_OK) status = choose(c, "lattice_height", height, err);
  int shorter = cdf_min(width, height);
  return status == CDF_OK && !c->wish->from ? choose(c, "n_levels",
                                                     shorter < 20   ? 4
                                                     : shorter < 48 ? 5
                                                                    : 6,
                                                     err)
                                            : status;
}

/* ---- the network ---- */

static double cells_in_time(const choice *c, const cdf_config *config) {
  double macs = macs_of(config);
  return macs > 0 ? 0.9 * c->wish->seconds * c->speed / macs : 0;
}

/* The largest that the time is enough for; few pictures would only be learned by heart by a larger one. */
static const preset *fitting(const choice *c) {
  int n = c->survey.n_seen > 0 ? c->survey.n_pictures : 1 << 30, most = n < 100 ? 1 : n < 1000 ? 2 : N_PRESETS - 1;
  for (int i = most; i > 0; i--) {
    cdf_config config = c->config;
    use(&config, &presets[i]);
    if (cells_in_time(c, &config) >= presets[i].cells) return &presets[i];
  }
  return &presets[0];
}

static cdf_status choose_network(choice *c, cdf_error *err) {
  const preset *p = NULL;
  cdf_status status = CDF_OK;
  if (c->wish->preset) status = named(&p, c->wish->preset, err);
  if (status != CDF_OK) return status;
  if (c->wish->from && p)
    return cdf_fail(err, CDF_USAGE, "--preset chooses a network, but --from brings its own; leave out one of them");
  if (c->wish->from) return say(c, "network: that of --from"), CDF_OK;
  if (strcmp(c->config.arch, "taps") != 0)
    return cdf_fail(err, CDF_USAGE,
                    "--time and --preset choose among networks of --arch taps, but it is %s; give --steps",
                    c->config.arch);
  if (!p) p = c->wish->seconds > 0 ? fitting(c) : &presets[1];
  say(c, "network %s: %s", p->name,
      c->wish->preset         ? "as --preset says"
      : c->wish->seconds == 0 ? "one that learns soon"
                              : "the largest that has the time to learn, and pictures to learn from");
  const struct {
    const char *key;
    int value;
  } of_it[] = {{"stride", 2}, {"hidden", p->hidden}, {"n_layers", p->n_layers}, {"cond_hidden", p->cond_hidden}};
  for (int i = 0; i < 4 && status == CDF_OK; i++) status = choose(c, of_it[i].key, of_it[i].value, err);
  return status;
}

/* ---- batch and schedule ---- */

#define CELLS 128 /* of each picture of a batch */

static cdf_status choose_schedule(choice *c, cdf_error *err) {
  cdf_status status = apply(c, err);
  if (status != CDF_OK || c->wish->seconds == 0) return status;
  double cells = cells_in_time(c, &c->config);
  int images = cells < 12e6 ? 32 : cells < 60e6 ? 64 : 128;
  int steps = (int)fmin(fmax(cells / ((double)images * CELLS), 1), 1e8);
  say(c,
      "batch and schedule: about %d steps, by %.2g multiply-adds a second in a short trial here; corrected on the way",
      steps, c->speed);
  const struct {
    const char *key;
    int value;
  } of_it[] = {{"images", images}, {"pixels", CELLS}, {"steps", steps}, {"warmup", cdf_clamp(steps / 20, 10, 300)}};
  for (int i = 0; i < 4 && status == CDF_OK; i++) status = choose(c, of_it[i].key, of_it[i].value, err);
  return status;
}

/* ---- all of it ---- */

static cdf_status choose_pictures(choice *c, cdf_error *err) {
  const cli_survey *s = &c->survey;
  const cli_set_options *set = &c->wish->taking->set;
  if (s->n_seen == 0) return CDF_OK;
  bool grey = set->channels == 1 || s->is_grey;
  say(c, "%d pictures, %dx%d in the middle, %s%s (%d were looked at)", s->n_pictures, s->width, s->height,
      s->is_grey ? "grey" : "coloured", s->is_transparent ? ", transparent in places" : "", s->n_seen);
  if (set->views.crop == CDF_CROP_RANDOM) say(c, "parts of them, half as large or larger, are what is learned");
  cdf_status status = c->wish->from ? CDF_OK : choose(c, "channels", grey ? 1 : 3, err);
  bool told = set->views.crop != CDF_CROP_RANDOM && s->n_pictures < CDF_VIEWS_WORTH;
  return status == CDF_OK ? choose(c, "augment", told && (!c->wish->from || c->config.cond_hidden > 0), err) : status;
}

cdf_status cli_plan_make(cli_plan *plan, const cli_plan_wish *wish, cdf_error *err) {
  choice c = {.plan = plan, .wish = wish, .survey.aspect = 1};
  const char *arch = cli_setting(wish->settings, "arch");
  *plan = (cli_plan){.settings.model = cdf_config_fields};
  cdf_train_config_default(&c.train);
  cdf_status status = cdf_config_preset(&c.config, arch ? arch : "taps", err);
  c.config.stride = 2, c.config.channels = wish->taking->set.channels;
  if (wish->from) c.config = *wish->from;
  if (status == CDF_OK && cli_set_is_folder(wish->data, "train"))
    status = cli_survey_folder(&c.survey, wish->data, err);
  if (status == CDF_OK) status = choose_pictures(&c, err);
  if (status == CDF_OK) status = apply(&c, err);
  if (status == CDF_OK && wish->seconds > 0) status = measure(&c, err);
  if (status == CDF_OK) status = choose_lattice(&c, err);
  if (status == CDF_OK) status = apply(&c, err);
  if (status == CDF_OK) status = choose_network(&c, err);
  return status == CDF_OK ? choose_schedule(&c, err) : status;
}

cdf_status cli_plan_read(cli_plan *plan, const char *path, cdf_error *err) {
  *plan = (cli_plan){.settings.model = cdf_config_fields};
  return cli_read_settings(&plan->settings, path, err);
}

/* ---- time ---- */

cdf_status cli_plan_time(double *seconds, const cli_option *options, cdf_error *err) {
  const char *text = cli_value(options, "time");
  if (!text) return CDF_OK;
  double sum = 0;
  const char *units = "hms", *at = text;
  while (isdigit((unsigned char)*at)) {
    char *end;
    double n = strtod(at, &end);
    const char *unit = *end && !isspace((unsigned char)*end) ? strchr(units, *end) : NULL;
    if (!unit || memchr(at, 'x', (size_t)(end - at))) break;
    sum += n * (*unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1);
    units = unit + 1, at = end + 1;
  }
  if (*at || at == text || !(sum >= 1 && sum <= 3.6e6))
    return cdf_fail(err, CDF_USAGE,
                    "--time is '%.40s', but must be from 1s to 1000h, written as in 90s, 30m, 2h or 1h30m", text);
  *seconds = sum;
  return CDF_OK;
}

const char *cli_plan_clock(char *text, double seconds) {
  time_t now = time(NULL), then = now + (time_t)(seconds + 0.5);
  struct tm today, day;
  localtime_r(&now, &today), localtime_r(&then, &day);
  strftime(text, 32, today.tm_yday == day.tm_yday && today.tm_year == day.tm_year ? "%H:%M" : "%A %H:%M", &day);
  return text;
}
