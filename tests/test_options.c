/* test_options.c: the table of sampling options: text in, text out, defaults, what is refused. */
#include <stdlib.h>

#include "../src/coordiff.h"
#include "test.h"

static cdf_config config_of(int n_classes) {
  cdf_config c;
  cdf_config_preset(&c, "taps", NULL);
  c.n_classes = n_classes, c.sigma_data = 0.5f;
  for (int l = 0; l < c.n_levels; l++) c.level_sd[l] = 0.4f;
  return c;
}

TEST(every_field_goes_there_and_back_as_text) {
  static const char *const values[][2] = {{"seed", "18446744073709551615"},
                                          {"class", "7"},
                                          {"steps", "33"},
                                          {"sampler", "ancestral"},
                                          {"guidance", "2.25"},
                                          {"sigma_max", "5"},
                                          {"sigma_min", "1"},
                                          {"rho", "3.5"},
                                          {"coarse_above", "12.5"},
                                          {"other_seed", "4"},
                                          {"mix", "0.3"},
                                          {"strength", "0.6"}};
  cdf_sample_options o = cdf_sample_general;
  int n = 0;
  for (const cdf_field *f = cdf_sample_fields; f->key; f++, n++) {
    char text[64];
    CHECK(strcmp(f->key, values[n][0]) == 0);
    CHECK(cdf_sample_set(&o, f->key, values[n][1], NULL) == CDF_OK);
    cdf_field_print(text, sizeof text, &o, f);
    CHECK(strcmp(text, values[n][1]) == 0);
  }
  CHECK(n == 12 && o.label == 7 && o.kind == CDF_SAMPLER_ANCESTRAL);
  CHECK(cdf_sample_set(&o, "class", "none", NULL) == CDF_OK && o.label == -1);
}

TEST(lines) {
  cdf_sample_options o = {0};
  cdf_error err = {0};
  CHECK(cdf_sample_read(&o, "", &err) == CDF_OK);
  CHECK(cdf_sample_read(&o, "seed=5\nclass=none\nsampler=heun", &err) == CDF_OK);
  CHECK(o.seed == 5 && o.label == -1 && o.kind == CDF_SAMPLER_HEUN);
  CHECK(cdf_sample_read(&o, "steps=9\n", &err) == CDF_OK && o.steps == 9);
  CHECK(cdf_sample_read(&o, "steps=9\nflavour=3", &err) == CDF_USAGE && strstr(err.text, "no setting named 'flavour'"));
  CHECK(cdf_sample_read(&o, "steps", &err) == CDF_USAGE && strstr(err.text, "'steps' has no value"));
  CHECK(cdf_sample_read(&o, "steps=0", &err) == CDF_USAGE && strstr(err.text, "steps is '0', but must be"));
  char long_line[200];
  memset(long_line, '1', sizeof long_line - 1);
  long_line[sizeof long_line - 1] = 0;
  CHECK(cdf_sample_read(&o, long_line, &err) == CDF_USAGE && strstr(err.text, "199 letters"));
}

static void said(const cdf_sample_options *o, const cdf_config *c, bool shared, const char *expected) {
  char text[512];
  cdf_sample_print(text, sizeof text, o, c, shared);
  CHECK(strcmp(text, expected) == 0);
  if (strcmp(text, expected) != 0) printf("  %s\n", text);
}

TEST(a_picture_says_what_changed_it) {
  cdf_config c = config_of(10), none = config_of(0);
  static const float source[1], mask[1];
  cdf_sample_options o = {.seed = 3, .label = 8};
  said(&o, &c, false, "seed 3; class 8; steps 20; sampler dpm2m; guidance 1");
  said(&o, &c, true, "steps 20; sampler dpm2m; guidance 1");
  said(&o, &none, false, "seed 3; steps 20; sampler dpm2m; guidance 1");
  o = (cdf_sample_options){.label = -1,
                           .sigma_max = 8,
                           .coarse_above = 5,
                           .other_seed = 4,
                           .mix = 0.25f,
                           .source = source,
                           .strength = 0.6f};
  said(&o, &c, false,
       "seed 0; steps 20; sampler dpm2m; guidance 1; sigma max 8; coarse above 5; other seed 4; mix 0.25; strength "
       "0.6; from a source");
  o = (cdf_sample_options){.label = 1, .source = source, .mask = mask};
  said(&o, &c, false, "seed 0; class 1; steps 20; sampler dpm2m; guidance 1; parts of a source kept");
  none.target = CDF_TARGET_PREVIOUS, none.timesteps = 50;
  said(&(cdf_sample_options){.seed = 1, .steps = 7}, &none, false, "seed 1; steps 50; sampler chain; guidance 1");
  char little[9] = "12345678";
  cdf_sample_print(little, sizeof little, &o, &c, false);
  CHECK(strcmp(little, "seed 0; ") == 0);
}

/* A model with these notes, saved and loaded. */
static cdf_status with_notes(cdf_model **loaded, const char *key, const char *value, cdf_error *err) {
  cdf_config c = config_of(3);
  cdf_model *m = NULL;
  unsigned char *bytes = NULL;
  size_t n_bytes;
  *loaded = NULL;
  CHECK(cdf_model_create(&m, &c, 1, NULL) == CDF_OK && m->sample.steps == 20);
  CHECK(cdf_model_note(m, "sample.class", "2", NULL) == CDF_OK && cdf_model_note(m, key, value, NULL) == CDF_OK);
  CHECK(cdf_model_save(m, true, &bytes, &n_bytes, NULL) == CDF_OK);
  cdf_status status = cdf_model_load(loaded, bytes, n_bytes, err);
  free(bytes);
  cdf_model_free(m);
  return status;
}

TEST(a_model_has_defaults_of_its_own) {
  cdf_model *m;
  cdf_error err = {0};
  CHECK(with_notes(&m, "sample.steps", "7", &err) == CDF_OK);
  CHECK(m->sample.steps == 7 && m->sample.label == 2 && m->sample.guidance == 1.0f && m->sample.rho == 7.0f);
  cdf_sample_options o = {.guidance = 2.0f};
  cdf_sample_resolve(&o, &m->sample);
  CHECK(o.steps == 7 && o.guidance == 2.0f && o.sigma_max == 80.0f);
  cdf_process *g = NULL;
  CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
  CHECK(cdf_process_start(g, &(cdf_sample_options){0}, NULL) == CDF_OK && cdf_process_evaluations(g) == 7);
  cdf_process_free(g);
  cdf_model_free(m);
  static const char *const bad[][3] = {{"sample.steps", "0", "steps is '0'"},
                                       {"sample.class", "3", "class is 3, but this model's classes go from 0 to 2"},
                                       {"sample.flavour", "1", "no setting named 'flavour'"},
                                       {"sample.sigma_max", "0.001", "0 < sigma_min < sigma_max"}};
  for (int i = 0; i < 4; i++)
    CHECK(with_notes(&m, bad[i][0], bad[i][1], &err) == CDF_BAD_INPUT && err.code == CDF_BAD_INPUT && !m &&
          strstr(err.text, bad[i][2]));
}

/* Half of the strength is as much noise as picture, on any schedule; all of it is all that the schedule has. */
TEST(strength_is_a_share_of_a_quarter_turn) {
  CHECK_NEAR(cdf_strength_sigma(0.5, 0.4, 80), 0.4, 1e-12);
  CHECK_NEAR(cdf_strength_sigma(2.0 / 3, 0.4, 80), 0.4 * 1.7320508075688772, 1e-9);
  CHECK(cdf_strength_sigma(1, 0.4, 80) == 80 && cdf_strength_sigma(0.999, 0.4, 20) == 20);
  for (double s = 0.1; s < 0.99; s += 0.1)
    CHECK_NEAR(cdf_sigma_strength(cdf_strength_sigma(s, 0.7, 80), 0.7), s, 1e-12);
}

int main(void) {
  RUN(every_field_goes_there_and_back_as_text);
  RUN(lines);
  RUN(a_picture_says_what_changed_it);
  RUN(a_model_has_defaults_of_its_own);
  RUN(strength_is_a_share_of_a_quarter_turn);
  return test_report();
}
