/* test_model.c: models and training states to bytes and back, and everything that must be refused on the way. */
#include "../src/file/model.h"
#include "../src/base/arena.h"
#include "../src/base/rng.h"
#include "../src/denoise/../file/training.h"

#include <stdlib.h>

#include "test.h"

typedef struct file {
  unsigned char *bytes;
  size_t n;
} file;

/* A small model with a tensor of every kind, and half of them not a multiple of 16 columns wide. */
static cdf_config tiny(void) {
  cdf_config c;
  CHECK(cdf_config_preset(&c, "taps", NULL) == CDF_OK);
  c.lattice_width = 4, c.lattice_height = 5, c.channels = 3, c.hidden = 16, c.n_layers = 1, c.n_levels = 1;
  c.tap_radius[0] = 0, c.coordinates = CDF_COORDINATES_NONE, c.thumbnail = 0, c.cond_hidden = 16, c.n_classes = 2;
  c.sigma_data = 0.1f, c.level_sd[0] = 1.0f / 3, c.mean[0] = -0.7f, c.mean[1] = 1e-7f;
  return c;
}

static cdf_model *make_model(void) {
  cdf_model *m = NULL;
  cdf_config c = tiny();
  CHECK(cdf_model_create(&m, &c, 7, NULL) == CDF_OK);
  for (int i = 0; i < m->net.tensors.n; i++) { /* every number its own, so that none can be swapped unseen */
    const cdf_shape *t = &m->net.tensors.list[i];
    for (int r = 0; r < t->rows; r++)
      for (int col = 0; col < t->cols; col++) {
        float u[4];
        cdf_rng_uniform4(u, 1, (cdf_counter){{(uint32_t)col, (uint32_t)r, (uint32_t)i, 0}});
        m->params[t->offset + (size_t)(r * t->ld + col)] = u[0] - 0.5f;
      }
  }
  CHECK(cdf_model_note(m, "note.author", "someone \"quoted\" \xc3\xa9", NULL) == CDF_OK);
  return m;
}

static file save(const cdf_model *m, bool half) {
  file f = {0};
  cdf_error err = {0};
  CHECK(cdf_model_save(m, half, &f.bytes, &f.n, &err) == CDF_OK);
  return f;
}

static file make_file(bool half) {
  cdf_model *m = make_model();
  file f = save(m, half);
  cdf_model_free(m);
  return f;
}

static bool same_file(const file *a, const file *b) { return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0; }

/* Load a copy of exactly n bytes, so that the address sanitizer sees one too far. */
static cdf_status load(cdf_model **m, const unsigned char *bytes, size_t n, cdf_error *err) {
  unsigned char *copy = malloc(n ? n : 1);
  memcpy(copy, bytes, n);
  cdf_status status = cdf_model_load(m, copy, n, err);
  free(copy); /* a model borrows nothing */
  return status;
}

TEST(save_load_save_gives_the_same_bytes) {
  cdf_model *m = make_model(), *again = NULL;
  file a = save(m, false);
  CHECK(load(&again, a.bytes, a.n, NULL) == CDF_OK);
  CHECK(memcmp(&again->net.config, &m->net.config, sizeof(cdf_config)) == 0);
  CHECK(again->net.tensors.n_params == m->net.tensors.n_params);
  CHECK(memcmp(again->params, m->params, m->net.tensors.n_params * sizeof(float)) == 0); /* padding included */
  CHECK(again->n_notes == 1 && strcmp(again->notes[0].key, "note.author") == 0);
  CHECK(strcmp(again->notes[0].value, "someone \"quoted\" \xc3\xa9") == 0);
  file b = save(again, false);
  CHECK(same_file(&a, &b));
  free(a.bytes), free(b.bytes);
  cdf_model_free(m), cdf_model_free(again), cdf_model_free(NULL);
}

TEST(half_precision_rounds_once) {
  cdf_model *m = make_model(), *again = NULL;
  file whole = save(m, false), half = save(m, true);
  CHECK(load(&again, half.bytes, half.n, NULL) == CDF_OK);
  CHECK(half.n < whole.n - 2 * 2900 && memcmp(&again->net.config, &m->net.config, sizeof(cdf_config)) == 0);
  int different = 0;
  for (size_t i = 0; i < m->net.tensors.n_params; i++) {
    float x = m->params[i], y = again->params[i];
    CHECK(fabsf(x - y) <= fabsf(x) * 0x1p-11f + 0x1p-25f); /* half of the last place; subnormals below 2^-14 */
    different += x != y;
  }
  CHECK(different > 1000);
  file b = save(again, true);
  CHECK(same_file(&half, &b));
  free(whole.bytes), free(half.bytes), free(b.bytes);
  cdf_model_free(m), cdf_model_free(again);
}

/* The model's file with "in.weight" as I8 (5, -5, 5 ...), and so many scales of 1/2, 3/2 ... beside it. */
static file quantised(int n_scales) {
  file whole = make_file(false), f = {0};
  cdf_checkpoint c;
  CHECK(cdf_checkpoint_parse(&c, whole.bytes, whole.n, NULL) == CDF_OK);
  cdf_tensor all[64];
  signed char values[4096];
  float scales[512];
  for (int i = 0; i < 4096; i++) values[i] = i % 2 ? -5 : 5;
  for (int i = 0; i < 512; i++) scales[i] = (float)i + 0.5f;
  for (int i = 0; i < c.n_tensors; i++) {
    all[i] = c.tensors[i];
    if (strcmp(all[i].name, "in.weight") == 0) all[i].dtype = CDF_I8, all[i].data = (const unsigned char *)values;
  }
  all[c.n_tensors] = (cdf_tensor){"in.weight.scale", CDF_F32, 2, {(size_t)n_scales, 1}, (size_t)n_scales, NULL};
  all[c.n_tensors].data = (const unsigned char *)scales;
  CHECK(cdf_checkpoint_write(&f.bytes, &f.n, all, c.n_tensors + (n_scales > 0), c.metadata, c.n_metadata, NULL) ==
        CDF_OK);
  cdf_checkpoint_free(&c);
  free(whole.bytes);
  return f;
}

TEST(bytes_with_scales_are_weights) {
  cdf_model *m = make_model(), *again = NULL;
  const cdf_shape *in = cdf_tensors_find(&m->net.tensors, "in.weight");
  file f = quantised(in->rows);
  CHECK(load(&again, f.bytes, f.n, NULL) == CDF_OK && in->rows > 2 && in->cols % 2 == 0);
  for (int r = 0; r < in->rows; r++)
    for (int col = 0; col < in->cols; col++) {
      size_t at = in->offset + (size_t)(r * in->ld + col);
      CHECK(again->params[at] == (col % 2 ? -5 : 5) * ((float)r + 0.5f));
      m->params[at] = again->params[at];
    }
  CHECK(memcmp(again->params, m->params, m->net.tensors.n_params * sizeof(float)) == 0); /* and nothing else */
  free(f.bytes);
  cdf_model_free(m), cdf_model_free(again);
}

/* ---- refusals ---- */

static void refused(const file *f, const char *part) {
  cdf_model *m = (cdf_model *)(void *)f;
  cdf_error err = {0};
  CHECK(load(&m, f->bytes, f->n, &err) == CDF_BAD_INPUT && err.code == CDF_BAD_INPUT);
  CHECK(m == NULL);
  CHECK_TEXT(err.text, part);
  CHECK(load(&m, f->bytes, f->n, NULL) == CDF_BAD_INPUT);
}

TEST(bytes_without_their_scales_are_refused) {
  file none = quantised(0), few = quantised(2);
  refused(&none, "the tensor 'in.weight.scale' of this model is missing");
  refused(&few, "the tensor 'in.weight.scale' has 2 numbers in 2 dimensions, but this model needs");
  free(none.bytes), free(few.bytes);
}

TEST(every_truncated_prefix_is_refused) {
  for (int half = 0; half < 2; half++) {
    file f = make_file(half);
    size_t wrong = 0;
    for (size_t n = 0; n < f.n; n++) {
      cdf_model *m = NULL;
      cdf_error err = {0};
      if (load(&m, f.bytes, n, &err) != CDF_BAD_INPUT || m || strlen(err.text) < 20) wrong++;
      cdf_model_free(m);
    }
    CHECK(wrong == 0 && f.n > 5000);
    f.bytes = realloc(f.bytes, f.n + 1);
    f.bytes[f.n++] = 0; /* one byte too many */
    refused(&f, "");
    free(f.bytes);
  }
}

/* f with metadata `key` set to `value` (NULL: left out), and without the tensor `without` (NULL: all stay). */
static file changed(const file *f, const char *key, const char *value, const char *without) {
  cdf_checkpoint c;
  file out = {0};
  cdf_error err = {0};
  CHECK(cdf_checkpoint_parse(&c, f->bytes, f->n, &err) == CDF_OK);
  cdf_metadata metadata[CDF_CHECKPOINT_MAX_METADATA];
  cdf_tensor *tensors = malloc((size_t)c.n_tensors * sizeof *tensors);
  char text[64];
  int n_metadata = 0, n_tensors = 0, hits = 0;
  snprintf(text, sizeof text, "%s", value ? value : "");
  for (int i = 0; i < c.n_metadata; i++) {
    bool hit = key && strcmp(c.metadata[i].key, key) == 0;
    hits += hit;
    if (!hit || value) metadata[n_metadata++] = (cdf_metadata){c.metadata[i].key, hit ? text : c.metadata[i].value};
  }
  for (int i = 0; i < c.n_tensors; i++) {
    bool hit = without && strcmp(c.tensors[i].name, without) == 0;
    hits += hit;
    if (!hit) tensors[n_tensors++] = c.tensors[i];
  }
  CHECK(hits == (key != NULL) + (without != NULL));
  CHECK(cdf_checkpoint_write(&out.bytes, &out.n, tensors, n_tensors, metadata, n_metadata, &err) == CDF_OK);
  free(tensors);
  cdf_checkpoint_free(&c);
  return out;
}

static void change_is_refused(const char *key, const char *value, const char *without, const char *part) {
  file f = make_file(false), g = changed(&f, key, value, without);
  refused(&g, part);
  free(f.bytes), free(g.bytes);
}

TEST(changed_metadata_is_refused) {
  change_is_refused("format", "coordiff 2", NULL,
                    "the model's format is 'coordiff 2', but this program reads 'coordiff 1'");
  change_is_refused("format", "coordiff 1 ", NULL, "the model's format is");
  change_is_refused("format", NULL, NULL, "not a coordiff model");
  change_is_refused("hidden", NULL, NULL, "metadata has no 'hidden'");
  change_is_refused("hidden", "32", NULL, "'in.weight'");
  change_is_refused("hidden", "32", NULL, "16 x 32");
  change_is_refused("n_layers", "2", NULL, "the tensor 'block.1.weight1' of this model is missing");
  change_is_refused("channels", "2", NULL, "'out.weight'");
  change_is_refused("body", "plain", NULL, "the tensor 'layer.0.weight'");
  change_is_refused("cond_hidden", "0", NULL, "set cond_hidden, or both to 0");
  change_is_refused("hidden", "100000000", NULL, "must be a whole number from 16 to 1024");
  change_is_refused("hidden", "24", NULL, "multiples of 16");
  change_is_refused("lattice_width", "0", NULL, "lattice_width");
  change_is_refused("lattice_height", "1e9", NULL, "lattice_height");
  change_is_refused("tap_radius", "1,1,1,1,1,1,1,1,1", NULL, "tap_radius");
  change_is_refused("activation", "gelu", NULL, "must be one of");
  change_is_refused("context", "clean", NULL, "context = clean");
  change_is_refused("sigma_data", "nan", NULL, "sigma_data");
}

/* Files from before coordinates had names say 0 for none and 1 for both. */
TEST(older_files_number_the_coordinates) {
  static const struct {
    const char *text;
    int means;
  } all[] = {{"0", CDF_COORDINATES_NONE}, {"none", CDF_COORDINATES_NONE}, {"x", CDF_COORDINATES_X},
             {"y", CDF_COORDINATES_Y},    {"1", CDF_COORDINATES_BOTH},    {"both", CDF_COORDINATES_BOTH}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    cdf_model *m = NULL, *again = NULL;
    cdf_config c = tiny();
    c.coordinates = all[i].means;
    CHECK(cdf_model_create(&m, &c, 7, NULL) == CDF_OK);
    file f = save(m, false), g = changed(&f, "coordinates", all[i].text, NULL);
    CHECK(load(&again, g.bytes, g.n, NULL) == CDF_OK && again->net.config.coordinates == all[i].means);
    file b = save(again, false);
    CHECK(same_file(&b, &f)); /* and are written with names */
    free(f.bytes), free(g.bytes), free(b.bytes);
    cdf_model_free(m), cdf_model_free(again);
  }
  change_is_refused("coordinates", "2", NULL, "coordinates is '2', but must be one of: none, x, y, both");
  change_is_refused("coordinates", "", NULL, "coordinates is ''");
}

TEST(missing_tensors_and_numbers_that_are_none) {
  cdf_model *m = make_model();
  for (int i = 0; i < m->net.tensors.n; i++)
    change_is_refused(NULL, NULL, m->net.tensors.list[i].name, m->net.tensors.list[i].name);
  size_t at = cdf_tensors_find(&m->net.tensors, "cond.1.weight")->offset + 5;
  m->params[at] = NAN;
  unsigned char *bytes = NULL;
  size_t n = 0;
  if (cdf_model_save(m, false, &bytes, &n, NULL) == CDF_OK) { /* a writer may refuse it; a reader must */
    file f = {bytes, n};
    refused(&f, "cond.1.weight");
  }
  free(bytes);
  cdf_model_free(m);
}

/* ---- training states ---- */

static uint8_t pixels[8 * 3 * 20], labels[8];
static const cdf_dataset data = {
    .n_images = 8, .n_channels = 3, .height = 5, .width = 4, .n_classes = 2, .pixels = pixels, .labels = labels};

static cdf_train_config tiny_training(void) {
  cdf_train_config t;
  cdf_train_config_default(&t);
  t.images = 8, t.pixels = 9, t.steps = 50, t.warmup = 2, t.bf16 = 0;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37 + i / 7);
  for (int i = 0; i < 8; i++) labels[i] = (uint8_t)(i % 2);
  return t;
}

static cdf_learner *make_trainer(const cdf_config *config, const cdf_train_config *train, int steps) {
  cdf_learner *t = NULL;
  cdf_error err = {0};
  cdf_report report;
  CHECK(cdf_trainer_create(&t, config, train, &data, cdf_kernels_best(), 0, 1, &err) == CDF_OK);
  for (int i = 0; i < steps; i++) {
    cdf_learner_gradient(t, &report, NULL);
    CHECK(cdf_learner_update(t, &report, NULL, &err) == CDF_OK);
  }
  return t;
}

static file save_trainer(cdf_learner *t) {
  file f = {0};
  char key[] = "note.run", value[] = "seventeen";
  CHECK(cdf_learner_save(t, &(cdf_metadata){key, value}, 1, &f.bytes, &f.n, NULL) == CDF_OK);
  return f;
}

static bool same_state(cdf_learner *a, cdf_learner *b) {
  const cdf_optimizer x = *cdf_learner_optimizer(a), y = *cdf_learner_optimizer(b);
  size_t n = cdf_trainer_network(a)->tensors.n_params * sizeof(float);
  return x.step == y.step && !memcmp(x.params, y.params, n) && !memcmp(x.moment1, y.moment1, n) &&
         !memcmp(x.moment2, y.moment2, n) && !memcmp(x.average, y.average, n);
}

TEST(trainer_save_restore_is_exact) {
  cdf_config c = tiny();
  cdf_train_config train = tiny_training();
  cdf_learner *a = make_trainer(&c, &train, 4);
  file f = save_trainer(a);
  train.steps = 90; /* a run may be prolonged */
  cdf_learner *b = make_trainer(&c, &train, 1);
  cdf_error err = {0};
  CHECK(!same_state(a, b));
  CHECK(cdf_learner_restore(b, f.bytes, f.n, &err) == CDF_OK);
  CHECK(same_state(a, b) && cdf_learner_optimizer(b)->step == 4);
  cdf_learner_free(b);
  train.steps = 50;
  b = make_trainer(&c, &train, 0);
  CHECK(cdf_learner_restore(b, f.bytes, f.n, &err) == CDF_OK);
  file g = save_trainer(b);
  CHECK(same_file(&f, &g));
  /* The same bytes are a model: the averaged weights. */
  cdf_model *m = NULL, *live = NULL;
  CHECK(load(&m, f.bytes, f.n, &err) == CDF_OK && cdf_trainer_model(a, &live, &err) == CDF_OK);
  size_t n = m->net.tensors.n_params * sizeof(float);
  CHECK(!memcmp(m->params, cdf_learner_optimizer(a)->average, n) && !memcmp(live->params, m->params, n));
  CHECK(memcmp(m->params, cdf_learner_optimizer(a)->params, n) != 0);
  bool noted = false;
  for (int i = 0; i < m->n_notes; i++)
    noted |= !strcmp(m->notes[i].key, "note.run") && !strcmp(m->notes[i].value, "seventeen");
  CHECK(noted);
  cdf_model_free(m), cdf_model_free(live);
  cdf_learner_free(a), cdf_learner_free(b);
  free(f.bytes), free(g.bytes);
}

/* Restoring f into a fresh trainer fails with `part` in the sentence and changes nothing. */
static void restore_refused(const cdf_config *config, const cdf_train_config *train, const file *f, const char *part) {
  cdf_learner *t = make_trainer(config, train, 2), *untouched = make_trainer(config, train, 2);
  cdf_error err = {0};
  CHECK(cdf_learner_restore(t, f->bytes, f->n, &err) == CDF_BAD_INPUT && err.code == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, part);
  CHECK(same_state(t, untouched));
  cdf_learner_free(t), cdf_learner_free(untouched);
}

TEST(trainer_restore_refuses_other_runs) {
  cdf_config c = tiny(), other = c;
  cdf_train_config train = tiny_training(), faster = train;
  cdf_learner *t = make_trainer(&c, &train, 3);
  cdf_model *m = NULL;
  file f = save_trainer(t), g;
  cdf_model *bare = make_model();
  g = save(bare, false);
  restore_refused(&c, &train, &g, "this checkpoint cannot be resumed: it has no 'train.seed'; it is a finished model");
  free(g.bytes), cdf_model_free(bare);
  /* Models made while or after training keep the settings as notes, but not the state. */
  CHECK(cdf_trainer_model(t, &m, NULL) == CDF_OK);
  g = save(m, false);
  restore_refused(&c, &train, &g, "cannot be resumed: it is a finished model");
  free(g.bytes), cdf_model_free(m);
  CHECK(load(&m, f.bytes, f.n, NULL) == CDF_OK);
  g = save(m, false);
  restore_refused(&c, &train, &g, "cannot be resumed: it is a finished model");
  free(g.bytes), cdf_model_free(m);
  faster.lr = 0.004f;
  restore_refused(&c, &faster, &f, "this checkpoint was trained with lr = 0.002, not 0.004");
  faster = train, faster.seed = 99;
  restore_refused(&c, &faster, &f, "trained with seed = 1, not 99");
  other.hidden = 32;
  restore_refused(&other, &train, &f, "trained with hidden = 16, not 32");
  other = c, other.activation = CDF_ACT_TANH;
  restore_refused(&other, &train, &f, "trained with activation = silu, not tanh");
  g = changed(&f, "train.lr", "fast", NULL);
  restore_refused(&c, &train, &g, "lr is 'fast'");
  free(g.bytes);
  other = c, other.sigma_data = 0.2f;
  restore_refused(&other, &train, &f,
                  "the pictures are not those that this checkpoint was trained on: their sigma_data is 0.2, not 0.1");
  static const char *const tensors[] = {"train.params.in.weight", "train.moment1.film.bias", "train.moment2.out.bias",
                                        "cond.0.bias"};
  for (int i = 0; i < 4; i++) {
    g = changed(&f, NULL, NULL, tensors[i]);
    restore_refused(&c, &train, &g, tensors[i]);
    free(g.bytes);
  }
  static const char *const steps[] = {NULL, "", "-3", "seven", "3.5", "3 ", "99999999999"};
  for (int i = 0; i < 7; i++) {
    g = changed(&f, "train.step", steps[i], NULL);
    restore_refused(&c, &train, &g, "does not say at which step it stands");
    free(g.bytes);
  }
  size_t wrong = 0;
  for (size_t n = 0; n < f.n; n += 61) wrong += cdf_learner_restore(t, f.bytes, n, NULL) != CDF_BAD_INPUT;
  CHECK(wrong == 0 && cdf_learner_optimizer(t)->step == 3);
  cdf_learner_free(t);
  free(f.bytes);
}

int main(void) {
  RUN(save_load_save_gives_the_same_bytes);
  RUN(half_precision_rounds_once);
  RUN(bytes_with_scales_are_weights);
  RUN(bytes_without_their_scales_are_refused);
  RUN(every_truncated_prefix_is_refused);
  RUN(changed_metadata_is_refused);
  RUN(older_files_number_the_coordinates);
  RUN(missing_tensors_and_numbers_that_are_none);
  RUN(trainer_save_restore_is_exact);
  RUN(trainer_restore_refuses_other_runs);
  return test_report();
}
