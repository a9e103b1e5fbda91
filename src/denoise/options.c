#include "options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const cdf_sampler_names[] = {"dpm2m", "heun", "euler", "ancestral", "renoise", "sde", NULL};

const cdf_sample_options cdf_sample_general = {.seed = 1,
                                               .label = -1,
                                               .kind = CDF_SAMPLER_DPM2M,
                                               .steps = 20,
                                               .guidance = 1.0f,
                                               .sigma_max = 80.0f,
                                               .sigma_min = 0.01f,
                                               .rho = 7.0f,
                                               .coarse_above = 1000.0f,
                                               .strength = 1.0f};

#define FIELD(key, type, field, min, max, names, help) \
  { key, CDF_FIELD_##type, offsetof(cdf_sample_options, field), 1, min, max, names, help, NULL, NULL }

const cdf_field cdf_sample_fields[] = {
    FIELD("seed", U64, seed, 0, 0, NULL, "seed of the noise"),
    FIELD("class", INDEX, label, 0, CDF_MAX_CLASSES - 1, NULL, "class, from 0, or none"),
    FIELD("steps", INT, steps, 1, CDF_MAX_STEPS, NULL,
          "reverse steps; of sde at most eight for each halving of the noise"),
    FIELD("sampler", ENUM, kind, CDF_SAMPLER_DPM2M, 0, cdf_sampler_names, "how a step is made"),
    FIELD("guidance", FLOAT, guidance, 0, 20, NULL,
          "guidance away from the network without the class, or without its weak_block; 1 is off"),
    FIELD("sigma_max", FLOAT, sigma_max, 0, 1000, NULL, "noise level that it begins at"),
    FIELD("sigma_min", FLOAT, sigma_min, 0, 1000, NULL, "noise level before the last step"),
    FIELD("rho", FLOAT, rho, 1, 20, NULL, "exponent by which the noise levels are spaced"),
    FIELD("coarse_above", FLOAT, coarse_above, 0, 1000, NULL,
          "from this noise level on one answer of a model with stride = 2 stands for 4x4 cells"),
    FIELD("other_seed", U64, other_seed, 0, 0, NULL, "mix the noise of a second seed in"),
    FIELD("mix", FLOAT, mix, 0, 1, NULL, "0 is all of the first seed, 1 all of the other"),
    FIELD("strength", FLOAT, strength, 0, 1, NULL, "how much of the source may change, above 0 to 1"),
    {0}};

void cdf_sample_resolve(cdf_sample_options *o, const cdf_sample_options *defaults) {
  const cdf_sample_options *d = defaults ? defaults : &cdf_sample_general;
  if (o->kind == 0) o->kind = d->kind;
  if (o->steps == 0) o->steps = d->steps;
  if (o->guidance == 0.0f) o->guidance = d->guidance;
  if (o->sigma_max == 0.0f) o->sigma_max = d->sigma_max;
  if (o->sigma_min == 0.0f) o->sigma_min = d->sigma_min;
  if (o->rho == 0.0f) o->rho = d->rho;
  if (o->coarse_above == 0.0f) o->coarse_above = d->coarse_above;
  if (o->strength == 0.0f) o->strength = d->strength;
}

cdf_status cdf_sample_set(cdf_sample_options *options, const char *key, const char *value, cdf_error *err) {
  return cdf_fields_set(options, cdf_sample_fields, key, value, err);
}

cdf_status cdf_sample_read(cdf_sample_options *options, const char *lines, cdf_error *err) {
  return cdf_fields_read(options, cdf_sample_fields, lines, err);
}

/* Does this one say anything, as things are? */
static bool is_said(const cdf_field *f, const cdf_sample_options *o, const cdf_config *c) {
  const unsigned char *own = (const unsigned char *)o, *general = (const unsigned char *)&cdf_sample_general;
  if (strcmp(f->key, "class") == 0) return c->n_classes > 0 && o->label >= 0;
  if (strcmp(f->key, "mix") == 0 || strcmp(f->key, "other_seed") == 0) return o->mix > 0.0f;
  if (strcmp(f->key, "strength") == 0) return o->source && !o->mask;
  if (f->offset == offsetof(cdf_sample_options, sigma_max) || f->offset == offsetof(cdf_sample_options, sigma_min) ||
      f->offset == offsetof(cdf_sample_options, rho) || f->offset == offsetof(cdf_sample_options, coarse_above))
    return memcmp(own + f->offset, general + f->offset, sizeof(float)) != 0;
  return true;
}

void cdf_sample_print(char *text, size_t n, const cdf_sample_options *options, const cdf_config *c, bool shared) {
  cdf_sample_options o = *options;
  bool chain = c->target == CDF_TARGET_PREVIOUS;
  size_t used = 0;
  cdf_sample_resolve(&o, NULL);
  if (chain) o.steps = c->timesteps;
  for (const cdf_field *f = cdf_sample_fields; f->key && used < n; f++) {
    char value[64], word[32];
    bool of_one = f->offset == offsetof(cdf_sample_options, seed) || f->offset == offsetof(cdf_sample_options, label);
    if (!is_said(f, &o, c) || (shared && of_one)) continue;
    cdf_field_print(value, sizeof value, &o, f);
    snprintf(word, sizeof word, "%s", f->key);
    for (char *p = word; (p = strchr(p, '_'));) *p = ' ';
    used += (size_t)snprintf(text + used, n - used, "%s%s %s", used ? "; " : "", word,
                             chain && f->type == CDF_FIELD_ENUM ? "chain" : value);
  }
  if (o.source && used < n) snprintf(text + used, n - used, o.mask ? "; parts of a source kept" : "; from a source");
}

static cdf_status check_source(const cdf_sample_options *o, const cdf_config *c, cdf_error *err) {
  if (!o->source && (o->mask || o->strength != 1.0f))
    return cdf_fail(err, CDF_USAGE, "a mask or a strength needs a picture to start from; give one");
  if (o->source && c->target == CDF_TARGET_PREVIOUS)
    return cdf_fail(err, CDF_USAGE, "this model walks back a fixed chain and cannot start from a picture");
  return CDF_OK;
}

cdf_status cdf_sample_check(const cdf_sample_options *o, const cdf_config *c, cdf_error *err) {
  if (o->label > 0 && o->label >= c->n_classes)
    return cdf_fail(err, CDF_USAGE,
                    c->n_classes > 0 ? "class is %d, but this model's classes go from 0 to %d"
                                     : "class is %d, but this model has no classes; leave it out",
                    o->label, c->n_classes - 1);
  cdf_status status = cdf_fields_check(o, cdf_sample_fields, CDF_USAGE, err);
  if (status != CDF_OK) return status;
  if (!(o->sigma_min > 0.0f && o->sigma_min < o->sigma_max))
    return cdf_fail(err, CDF_USAGE, "sigma_min %g, sigma_max %g must satisfy 0 < sigma_min < sigma_max",
                    (double)o->sigma_min, (double)o->sigma_max);
  return check_source(o, c, err);
}

#define QUARTER_TURN 1.5707963267948966

double cdf_strength_sigma(double strength, double sd, double sigma_max) {
  return strength < 1 ? fmin(sd * tan(QUARTER_TURN * strength), sigma_max) : sigma_max;
}

double cdf_sigma_strength(double sigma, double sd) { return atan(sigma / sd) / QUARTER_TURN; }
