/* Tests of classifier.c and convnet.c, against a naive network in double written here on its own. */
#include "file/classifier_file.h"

#include <stdlib.h>

#include "base/rng.h"
#include "test.h"

enum {
  W = 11,
  H = 9,
  C = 2,
  N_CLASSES = 3,
  N_IMAGES = 16,
  W1 = W / 2,
  H1 = H / 2,
  W2 = W1 / 2,
  H2 = H1 / 2,
  FLAT = W2 * H2 * 32,
  LOGITS = 16
};
enum {
  CONV1 = 0,
  BIAS1 = CONV1 + 9 * C * 16,
  CONV2 = BIAS1 + 16,
  BIAS2 = CONV2 + 144 * 32,
  HIDDEN = BIAS2 + 32,
  HIDDEN_BIAS = HIDDEN + FLAT * 128,
  OUTPUT = HIDDEN_BIAS + 128,
  OUTPUT_BIAS = OUTPUT + 128 * LOGITS,
  N_PARAMS = OUTPUT_BIAS + LOGITS
};

static const cdf_classifier_shape shape = {W, H, C, N_CLASSES};
static uint8_t pixels[N_IMAGES * C * H * W], labels[N_IMAGES];
static const cdf_dataset data = {.n_images = N_IMAGES,
                                 .n_channels = C,
                                 .height = H,
                                 .width = W,
                                 .n_classes = N_CLASSES,
                                 .pixels = pixels,
                                 .labels = labels};

static void fill_data(void) {
  for (size_t i = 0; i < sizeof pixels; i++) {
    uint32_t word[4];
    cdf_philox(word, 5, (cdf_counter){{(uint32_t)i, 0, 0, 0}});
    pixels[i] = (uint8_t)word[0];
    if (i < N_IMAGES) labels[i] = (uint8_t)(word[1] % N_CLASSES);
  }
}

/* relu(max over 2x2 of a 3x3 convolution + bias): in [h][w][n_in], out [h / 2][w / 2][n_out]. */
static void naive_layer(double *out, const double *in, const double *weight, const double *bias, int w, int h, int n_in,
                        int n_out) {
  for (int y = 0; y < h / 2; y++)
    for (int x = 0; x < w / 2; x++)
      for (int o = 0; o < n_out; o++) {
        double best = -1e300;
        for (int q = 0; q < 4; q++) {
          double sum = bias[o];
          for (int ky = 0; ky < 3; ky++)
            for (int kx = 0; kx < 3; kx++) {
              int sy = 2 * y + q / 2 + ky - 1, sx = 2 * x + q % 2 + kx - 1;
              if (sy < 0 || sx < 0 || sy >= h || sx >= w) continue;
              for (int i = 0; i < n_in; i++)
                sum += in[(sy * w + sx) * n_in + i] * weight[((ky * 3 + kx) * n_in + i) * n_out + o];
            }
          best = fmax(best, sum);
        }
        out[(y * (w / 2) + x) * n_out + o] = fmax(0, best);
      }
}

/* Logits and features of one picture. */
static void naive_forward(double logits[LOGITS], double features[128], const double *p, const uint8_t *picture) {
  static double input[H * W * C], active1[H1 * W1 * 16], active2[FLAT];
  for (int c = 0; c < C; c++)
    for (int i = 0; i < H * W; i++) input[i * C + c] = picture[c * H * W + i] / 255.0;
  naive_layer(active1, input, p + CONV1, p + BIAS1, W, H, C, 16);
  naive_layer(active2, active1, p + CONV2, p + BIAS2, W1, H1, 16, 32);
  for (int j = 0; j < 128; j++) {
    double sum = p[HIDDEN_BIAS + j];
    for (int i = 0; i < FLAT; i++) sum += active2[i] * p[HIDDEN + i * 128 + j];
    features[j] = fmax(0, sum);
  }
  for (int j = 0; j < LOGITS; j++) {
    logits[j] = p[OUTPUT_BIAS + j];
    for (int i = 0; i < 128; i++) logits[j] += features[i] * p[OUTPUT + i * LOGITS + j];
  }
}

static double naive_loss(const double *p) {
  double loss = 0, logits[LOGITS], features[128];
  for (int n = 0; n < N_IMAGES; n++) {
    naive_forward(logits, features, p, pixels + n * C * H * W);
    double sum = 0;
    for (int j = 0; j < N_CLASSES; j++) sum += exp(logits[j]);
    loss += (log(sum) - logits[labels[n]]) / N_IMAGES;
  }
  return loss;
}

/* Random weights with biases that matter. */
static cdf_classifier *make(const cdf_kernels *k, double *p) {
  cdf_classifier *c = NULL;
  cdf_error err = {0};
  size_t n;
  CHECK(cdf_classifier_create(&c, &shape, 3, k, &err) == CDF_OK);
  float *params = cdf_classifier_params(c, false, &n), *average = cdf_classifier_params(c, true, &n);
  CHECK(n == N_PARAMS);
  const int biases[4][2] = {{BIAS1, 16}, {BIAS2, 32}, {HIDDEN_BIAS, 128}, {OUTPUT_BIAS, N_CLASSES}};
  for (int b = 0; b < 4; b++)
    for (int i = 0; i < biases[b][1]; i++) params[biases[b][0] + i] = 0.05f * (float)((i * 7 + b) % 11 - 5);
  memcpy(average, params, n * sizeof(float));
  for (size_t i = 0; i < n; i++) p[i] = (double)params[i];
  return c;
}

TEST(forward_is_that_of_the_naive_network) {
  static double p[N_PARAMS];
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    cdf_classifier *c = make(*k, p);
    float logits[N_IMAGES * N_CLASSES], features[N_IMAGES * 128];
    cdf_classifier_classify(c, logits, features, pixels, N_IMAGES, NULL);
    double worst = 0;
    for (int n = 0; n < N_IMAGES; n++) {
      double want[LOGITS], want_features[128];
      naive_forward(want, want_features, p, pixels + n * C * H * W);
      for (int j = 0; j < N_CLASSES; j++) worst = fmax(worst, fabs(want[j] - (double)logits[n * N_CLASSES + j]));
      for (int j = 0; j < 128; j++) worst = fmax(worst, fabs(want_features[j] - (double)features[n * 128 + j]));
    }
    CHECK_NEAR(worst, 0, 2e-6);
    cdf_classifier_free(c);
  }
}

TEST(gradient_is_that_of_finite_differences) {
  static double p[N_PARAMS];
  static float grad[N_PARAMS];
  const int tensors[9] = {CONV1, BIAS1, CONV2, BIAS2, HIDDEN, HIDDEN_BIAS, OUTPUT, OUTPUT_BIAS, N_PARAMS};
  double slope[8][6];
  int at[8][6];
  cdf_classifier_free(make(cdf_kernels_best(), p));
  for (int t = 0; t < 8; t++)
    for (int i = 0; i < 6; i++) {
      int size = tensors[t + 1] - tensors[t], index = tensors[t] + (int)((int64_t)size * (2 * i + 1) / 12);
      if (t >= 6) index = tensors[t] + (t == 6 ? i * 20 * LOGITS : 0) + i % N_CLASSES; /* not into the padding */
      double before = p[index], step = 1e-5;
      at[t][i] = index;
      p[index] = before + step;
      slope[t][i] = naive_loss(p);
      p[index] = before - step;
      slope[t][i] = (slope[t][i] - naive_loss(p)) / (2 * step);
      p[index] = before;
    }
  double loss, want_loss = naive_loss(p);
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    cdf_error err = {0};
    cdf_classifier *c = make(*k, p);
    CHECK(cdf_classifier_gradient(c, &loss, grad, &data, NULL, &err) == CDF_OK);
    CHECK_NEAR(loss, want_loss, 1e-6);
    double largest = 0;
    for (int t = 0; t < 8; t++)
      for (int i = 0; i < 6; i++) {
        CHECK_NEAR((double)grad[at[t][i]], slope[t][i], 1e-6 + 1e-5 * fabs(slope[t][i]));
        largest = fmax(largest, fabs(slope[t][i]));
      }
    CHECK(largest > 1e-3);
    for (int j = N_CLASSES; j < LOGITS; j++) CHECK(grad[OUTPUT + j] == 0.0f && grad[OUTPUT_BIAS + j] == 0.0f);
    cdf_classifier_free(c);
  }
}

/* ---- learning ---- */

/* Stripes across (class 0) or down (class 1) at a random phase, with noise: no pixel alone tells them apart. */
static cdf_dataset stripes(int n, uint32_t seed) {
  cdf_dataset d = {.n_images = n,
                   .n_channels = 1,
                   .height = 8,
                   .width = 8,
                   .n_classes = 2,
                   .pixels = malloc((size_t)n * 64),
                   .labels = malloc((size_t)n)};
  for (int i = 0; i < n; i++) {
    uint32_t word[4];
    cdf_philox(word, seed, (cdf_counter){{(uint32_t)i, 0, 0, 0}});
    d.labels[i] = word[0] % 2;
    for (int p = 0; p < 64; p++) {
      uint32_t noise[4], along = d.labels[i] ? (uint32_t)p % 8 : (uint32_t)p / 8;
      cdf_philox(noise, seed, (cdf_counter){{(uint32_t)i, (uint32_t)p + 1, 0, 0}});
      d.pixels[i * 64 + p] = (uint8_t)(((along + word[1]) / 2 % 2 ? 150 : 60) + noise[0] % 90 - 45);
    }
  }
  return d;
}

static void free_stripes(cdf_dataset *d) {
  free(d->pixels);
  free(d->labels);
}

static cdf_classifier *learn(const cdf_dataset *d, int epochs, const cdf_parallel *parallel, double *last) {
  cdf_classifier *c = NULL;
  cdf_error err = {0};
  cdf_classifier_plan plan = {.seed = 4, .epochs = epochs};
  CHECK(cdf_classifier_create(&c, &(cdf_classifier_shape){8, 8, 1, 2}, 4, cdf_kernels_best(), &err) == CDF_OK);
  for (int step = 0; step < cdf_classifier_n_steps(&plan, d->n_images); step++)
    CHECK(cdf_classifier_train_step(c, last, d, &plan, step, parallel, &err) == CDF_OK);
  return c;
}

TEST(learns_two_classes) {
  cdf_dataset train = stripes(200, 1), test = stripes(100, 2);
  double loss;
  float logits[100 * 2];
  int hits = 0;
  cdf_classifier *c = learn(&train, 40, NULL, &loss);
  cdf_classifier_classify(c, logits, NULL, test.pixels, 100, NULL);
  for (int i = 0; i < 100; i++) hits += (logits[2 * i + 1] > logits[2 * i]) == test.labels[i];
  CHECK(loss < 0.1);
  CHECK(hits >= 97);
  cdf_classifier_free(c);
  free_stripes(&train);
  free_stripes(&test);
}

static void run_backwards(cdf_work work, void *context, int n) {
  for (int i = n; i-- > 0;) work(context, i);
}

TEST(the_order_of_work_changes_no_bit) {
  cdf_dataset d = stripes(150, 1);
  const cdf_parallel backwards = {run_backwards};
  double loss1, loss2;
  size_t n;
  cdf_classifier *a = learn(&d, 3, NULL, &loss1), *b = learn(&d, 3, &backwards, &loss2);
  CHECK(loss1 == loss2);
  for (int average = 0; average < 2; average++) {
    const float *p = cdf_classifier_params(a, average, &n), *q = cdf_classifier_params(b, average, &n);
    CHECK(memcmp(p, q, n * sizeof(float)) == 0);
  }
  float one[2 * 150], all[2 * 150];
  cdf_classifier_classify(a, all, NULL, d.pixels, 150, &backwards);
  for (int i = 0; i < 150; i++) cdf_classifier_classify(a, one + 2 * i, NULL, d.pixels + 64 * i, 1, NULL);
  CHECK(memcmp(one, all, sizeof all) == 0);
  cdf_classifier_free(a);
  cdf_classifier_free(b);
  free_stripes(&d);
}

TEST(wrong_pictures_and_shapes_are_refused) {
  cdf_dataset d = stripes(10, 1);
  cdf_error err = {0};
  cdf_classifier *c = NULL;
  cdf_classifier_plan plan = {0};
  double loss;
  CHECK(cdf_classifier_create(&c, &(cdf_classifier_shape){8, 8, 1, 2}, 4, cdf_kernels_best(), &err) == CDF_OK);
  cdf_dataset no_labels = d, other_size = d, more_classes = d;
  no_labels.labels = NULL, other_size.width = 7, more_classes.n_classes = 3;
  CHECK(cdf_classifier_train_step(c, &loss, &no_labels, &plan, 0, NULL, &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "no labels");
  CHECK(cdf_classifier_train_step(c, &loss, &other_size, &plan, 0, NULL, &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "7x8");
  CHECK(cdf_classifier_train_step(c, &loss, &more_classes, &plan, 0, NULL, &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "3 classes");
  cdf_classifier_free(c);
  const cdf_classifier_shape bad[] = {{7, 8, 1, 2}, {8, 257, 1, 2}, {8, 8, 0, 2},
                                      {8, 8, 5, 2}, {8, 8, 1, 1},   {8, 8, 1, 257}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK(cdf_classifier_create(&c, &bad[i], 1, cdf_kernels_best(), &err) == CDF_USAGE);
    CHECK(c == NULL && strlen(err.text) > 20);
  }
  cdf_classifier_free(NULL);
  free_stripes(&d);
}

/* ---- files ---- */

static cdf_status load_copy(cdf_classifier **c, const unsigned char *bytes, size_t n, cdf_error *err) {
  unsigned char *copy = malloc(n ? n : 1); /* of exactly n bytes, for the address sanitizer */
  memcpy(copy, bytes, n);
  cdf_status status = cdf_classifier_load(c, copy, n, cdf_kernels_best(), err);
  free(copy);
  return status;
}

static void save(unsigned char **bytes, size_t *n, bool half) {
  static double p[N_PARAMS];
  char key[] = "note.test", value[] = "yes";
  cdf_error err = {0};
  cdf_classifier *c = make(cdf_kernels_best(), p);
  CHECK(cdf_classifier_save(c, half, &(cdf_metadata){key, value}, 1, bytes, n, &err) == CDF_OK);
  cdf_classifier_free(c);
}

TEST(saved_and_loaded_it_is_the_same) {
  static double p[N_PARAMS];
  float want[N_IMAGES * N_CLASSES], got[N_IMAGES * N_CLASSES];
  cdf_classifier *c = make(cdf_kernels_best(), p), *loaded;
  cdf_classifier_classify(c, want, NULL, pixels, N_IMAGES, NULL);
  cdf_classifier_free(c);
  for (int half = 0; half < 2; half++) {
    unsigned char *bytes;
    size_t n;
    cdf_error err = {0};
    save(&bytes, &n, half);
    CHECK(load_copy(&loaded, bytes, n, &err) == CDF_OK);
    CHECK(memcmp(cdf_classifier_get_shape(loaded), &shape, sizeof shape) == 0);
    cdf_classifier_classify(loaded, got, NULL, pixels, N_IMAGES, NULL);
    for (int i = 0; i < N_IMAGES * N_CLASSES; i++) CHECK_NEAR((double)got[i], (double)want[i], half ? 3e-3 : 0);
    cdf_checkpoint file;
    CHECK(cdf_checkpoint_parse(&file, bytes, n, &err) == CDF_OK);
    CHECK_TEXT(cdf_checkpoint_metadata(&file, "note.test"), "yes");
    cdf_checkpoint_free(&file);
    cdf_classifier_free(loaded);
    free(bytes);
  }
}

TEST(truncated_files_are_refused) {
  unsigned char *bytes;
  size_t n, n_bad = 0;
  save(&bytes, &n, true);
  for (size_t i = 0; i < n; i += i < 1500 || i + 64 > n ? 1 : 61) {
    cdf_error err = {0};
    cdf_classifier *c;
    n_bad += load_copy(&c, bytes, i, &err) != CDF_BAD_INPUT || c || strlen(err.text) < 20;
  }
  CHECK(n_bad == 0);
  free(bytes);
}

/* Load a file after a change to it; the status, and the sentence in err. */
static cdf_status load_changed(void (*change)(cdf_checkpoint *), cdf_error *err) {
  unsigned char *bytes, *changed;
  size_t n, n_changed;
  cdf_checkpoint file;
  cdf_classifier *c;
  save(&bytes, &n, false);
  CHECK(cdf_checkpoint_parse(&file, bytes, n, err) == CDF_OK);
  change(&file);
  CHECK(cdf_checkpoint_write(&changed, &n_changed, file.tensors, file.n_tensors, file.metadata, file.n_metadata, err) ==
        CDF_OK);
  cdf_status status = load_copy(&c, changed, n_changed, err);
  cdf_classifier_free(c);
  cdf_checkpoint_free(&file);
  free(changed);
  free(bytes);
  return status;
}

static cdf_metadata *entry(cdf_checkpoint *f, const char *key) {
  for (int i = 0; i < f->n_metadata; i++)
    if (strcmp(f->metadata[i].key, key) == 0) return &f->metadata[i];
  return NULL;
}

static cdf_tensor *tensor(cdf_checkpoint *f, const char *name) {
  for (int i = 0; i < f->n_tensors; i++)
    if (strcmp(f->tensors[i].name, name) == 0) return &f->tensors[i];
  return NULL;
}

static void nothing(cdf_checkpoint *f) { (void)f; }
static void other_format(cdf_checkpoint *f) { entry(f, "format")->value[0] = 'X'; }
static void no_format(cdf_checkpoint *f) { entry(f, "format")->key[0] = 'X'; }
static void no_width(cdf_checkpoint *f) { entry(f, "width")->key[0] = 'X'; }
static void wrong_width(cdf_checkpoint *f) { strcpy(entry(f, "width")->value, "12"); }
static void same_flat(cdf_checkpoint *f) {
  strcpy(entry(f, "width")->value, "10");
} /* rounds down to the same shapes: harmless */
static void no_number(cdf_checkpoint *f) { strcpy(entry(f, "width")->value, "-3"); }
static void small_side(cdf_checkpoint *f) { strcpy(entry(f, "height")->value, "2"); }
static void too_many(cdf_checkpoint *f) { strcpy(entry(f, "n_classes")->value, ""); }
static void renamed(cdf_checkpoint *f) { tensor(f, "hidden.bias")->name[0] = 'X'; }
static void one_less(cdf_checkpoint *f) { f->n_tensors--; }
static void reshaped(cdf_checkpoint *f) {
  cdf_tensor *t = tensor(f, "conv2.weight");
  t->dims[0] /= 2, t->dims[1] *= 2;
}

TEST(damaged_files_are_refused) {
  cdf_error err = {0};
  CHECK(load_changed(nothing, &err) == CDF_OK);
  CHECK(load_changed(same_flat, &err) == CDF_OK);
  const struct {
    void (*change)(cdf_checkpoint *);
    const char *part;
  } cases[] = {{other_format, "coordiff-classifier 1"},
               {no_format, "missing"},
               {no_width, "'width'"},
               {wrong_width, "hidden.weight"},
               {no_number, "'-3'"},
               {small_side, "height is '2'"},
               {too_many, "n_classes is ''"},
               {renamed, "'hidden.bias'"},
               {one_less, "7 tensors"},
               {reshaped, "conv2.weight"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    CHECK(load_changed(cases[i].change, &err) == CDF_BAD_INPUT);
    CHECK(err.code == CDF_BAD_INPUT);
    CHECK_TEXT(err.text, cases[i].part);
  }
}

int main(void) {
  fill_data();
  RUN(forward_is_that_of_the_naive_network);
  RUN(gradient_is_that_of_finite_differences);
  RUN(learns_two_classes);
  RUN(the_order_of_work_changes_no_bit);
  RUN(wrong_pictures_and_shapes_are_refused);
  RUN(saved_and_loaded_it_is_the_same);
  RUN(truncated_files_are_refused);
  RUN(damaged_files_are_refused);
  return test_report();
}
