/* test_render_trainer.c: the renderer's training: true gradients, exact resume, any order of work, and that it learns
 * sharp edges that interpolation blurs. */
#include "../src/render/render_trainer.h"

#include <stdlib.h>

#include "../src/coordiff.h"
#include "test.h"

enum { N = 6, SIDE = 12, FINER = 4, CHANNELS = 1, FINE = SIDE * FINER };

static uint8_t lattice_pixels[N * SIDE * SIDE], fine_pixels[N * FINE * FINE];
static cdf_dataset lattice = {
    .n_images = N, .n_channels = CHANNELS, .height = SIDE, .width = SIDE, .pixels = lattice_pixels};

/* Half planes at N slopes, and their area averages. */
static cdf_truth truth(void) {
  for (int n = 0; n < N; n++)
    for (int y = 0; y < FINE; y++)
      for (int x = 0; x < FINE; x++) {
        double angle = 0.4 + n, across = cos(angle) * (x - FINE / 2.0) + sin(angle) * (y - FINE / 2.0);
        fine_pixels[(n * FINE + y) * FINE + x] = across > 0 ? 230 : 20;
      }
  for (int n = 0; n < N; n++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++) {
        int sum = 0;
        for (int j = 0; j < FINER; j++)
          for (int i = 0; i < FINER; i++) sum += fine_pixels[(n * FINE + y * FINER + j) * FINE + x * FINER + i];
        lattice_pixels[(n * SIDE + y) * SIDE + x] = (uint8_t)((sum + FINER * FINER / 2) / (FINER * FINER));
      }
  return (cdf_truth){&lattice, fine_pixels, N, FINER};
}

static cdf_learner *create(int bf16, const cdf_kernels *k) {
  cdf_render_config config;
  cdf_train_config train;
  cdf_truth t = truth();
  cdf_render_config_default(&config, CHANNELS);
  config.radius = 2, config.cell_hidden = 32, config.hidden = 16;
  cdf_train_config_default(&train);
  train.images = 8, train.pixels = 32, train.steps = 400, train.warmup = 10, train.lr = 3e-3f, train.bf16 = bf16;
  cdf_learner *out = NULL;
  cdf_error err = {0};
  if (cdf_render_trainer_create(&out, &config, &train, &t, k, &err) != CDF_OK) printf("  %s\n", err.text);
  CHECK(out != NULL);
  return out;
}

static void steps(cdf_learner *t, int n, cdf_report *report, const cdf_parallel *parallel) {
  for (int i = 0; i < n; i++) {
    cdf_learner_gradient(t, report, parallel);
    CHECK(cdf_learner_update(t, report, parallel, NULL) == CDF_OK);
  }
}

/* The derivative along the gradient's own direction within each tensor is its squared length there. */
TEST(gradients_are_those_of_the_loss) {
  cdf_learner *t = create(0, &cdf_kernels_portable);
  cdf_optimizer *o = cdf_learner_optimizer(t);
  const cdf_render_net *net = cdf_render_trainer_net(t);
  cdf_report report;
  steps(t, 5, &report, NULL); /* away from the zero output, behind which nothing has a gradient */
  cdf_learner_gradient(t, &report, NULL);
  float *grad = malloc(o->n_params * sizeof *grad), *kept = malloc(o->n_params * sizeof *kept);
  memcpy(grad, o->grad, o->n_params * sizeof *grad);
  memcpy(kept, o->params, o->n_params * sizeof *kept);
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *s = &net->tensors.list[i];
    size_t n = (size_t)s->rows * (size_t)s->ld;
    double square = 0, loss[2];
    for (size_t j = 0; j < n; j++) square += (double)grad[s->offset + j] * grad[s->offset + j];
    CHECK(square > 0);
    double h = 2e-3 / sqrt(square); /* moves the loss by about 2e-3 |g| either way */
    for (int side = 0; side < 2; side++) {
      for (size_t j = 0; j < n; j++)
        o->params[s->offset + j] = kept[s->offset + j] + (float)((side ? h : -h) * grad[s->offset + j]);
      cdf_learner_gradient(t, &report, NULL);
      loss[side] = report.sums[0];
    }
    memcpy(o->params, kept, o->n_params * sizeof *kept);
    double slope = (loss[1] - loss[0]) / (2 * h);
    if (fabs(slope / square - 1) > 0.03) printf("  %s: %g, expected %g\n", s->name, slope, square);
    CHECK_NEAR(slope / square, 1, 0.03);
  }
  free(grad), free(kept);
  cdf_learner_free(t);
}

static void run_backwards(cdf_work work, void *context, int n_items) {
  for (int i = n_items - 1; i >= 0; i--) work(context, i);
}

TEST(any_order_of_work_gives_the_same_bits) {
  const cdf_parallel backwards = {run_backwards};
  cdf_learner *a = create(1, cdf_kernels_best()), *b = create(1, cdf_kernels_best());
  cdf_report ra, rb;
  steps(a, 5, &ra, NULL), steps(b, 5, &rb, &backwards);
  size_t bytes = cdf_learner_optimizer(a)->n_params * sizeof(float);
  CHECK(ra.sums[0] == rb.sums[0] && ra.grad_norm == rb.grad_norm);
  CHECK(memcmp(cdf_learner_optimizer(a)->params, cdf_learner_optimizer(b)->params, bytes) == 0);
  cdf_learner_free(a), cdf_learner_free(b);
}

TEST(training_resumes_to_the_bit) {
  cdf_learner *a = create(1, cdf_kernels_best()), *b = create(1, cdf_kernels_best());
  cdf_report report;
  unsigned char *bytes;
  size_t n_bytes;
  cdf_error err = {0};
  steps(a, 4, &report, NULL);
  CHECK(cdf_learner_save(a, NULL, 0, &bytes, &n_bytes, &err) == CDF_OK);
  CHECK(cdf_learner_restore(b, bytes, n_bytes, &err) == CDF_OK);
  steps(a, 3, &report, NULL), steps(b, 3, &report, NULL);
  cdf_optimizer *x = cdf_learner_optimizer(a), *y = cdf_learner_optimizer(b);
  CHECK(x->step == 7 && y->step == 7);
  CHECK(memcmp(x->params, y->params, x->n_params * sizeof(float)) == 0);
  CHECK(memcmp(x->average, y->average, x->n_params * sizeof(float)) == 0);
  for (size_t n = 0; n < n_bytes; n += n_bytes / 50)
    CHECK(cdf_learner_restore(b, bytes, n, NULL) == CDF_BAD_INPUT && y->step == 7);
  free(bytes);
  cdf_learner_free(a), cdf_learner_free(b);
}

/* A trained renderer in a model: kept by saving and loading, and sharper than interpolation. */
TEST(edges_become_sharp) {
  cdf_learner *t = create(0, cdf_kernels_best());
  cdf_report first, report;
  steps(t, 1, &first, NULL);
  CHECK_NEAR(first.sums[0], first.sums[1], 1e-9); /* starts as plain interpolation */
  double loss = 0, base = 0;
  steps(t, 360, &report, NULL);
  for (int i = 0; i < 30; i++) {
    steps(t, 1, &report, NULL);
    loss += report.sums[0], base += report.sums[1];
  }
  printf("  mean square error: %.4f, bilinear %.4f\n", loss / 30, base / 30);
  CHECK(loss < 0.4 * base);

  cdf_config config;
  cdf_model *model = NULL, *loaded = NULL;
  unsigned char *bytes;
  size_t n_bytes;
  cdf_error err = {0};
  CHECK(cdf_config_preset(&config, "taps", NULL) == CDF_OK);
  config.lattice_width = config.lattice_height = SIDE, config.hidden = config.cond_hidden = 16, config.n_levels = 2;
  config.sigma_data = config.level_sd[0] = config.level_sd[1] = 0.5f;
  CHECK(cdf_model_create(&model, &config, 1, &err) == CDF_OK);
  CHECK(cdf_render_trainer_give(t, model, &err) == CDF_OK);
  CHECK(cdf_model_save(model, false, &bytes, &n_bytes, &err) == CDF_OK);
  CHECK(cdf_model_load(&loaded, bytes, n_bytes, &err) == CDF_OK);
  if (!loaded) {
    printf("  %s\n", err.text);
    return;
  }
  CHECK(memcmp(loaded->render_params, model->render_params, model->render.tensors.n_params * sizeof(float)) == 0);
  for (size_t n = 0; n < n_bytes; n += n_bytes / 50) {
    cdf_model *none;
    CHECK(cdf_model_load(&none, bytes, n, NULL) == CDF_BAD_INPUT);
  }

  cdf_picture *q = NULL;
  CHECK(cdf_picture_create(&q, loaded, NULL, 1, cdf_kernels_best(), &err) == CDF_OK);
  static uint8_t drawn[FINE * FINE], smooth[FINE * FINE];
  double error = 0, smooth_error = 0;
  for (int n = 0; n < N; n++) {
    float clean[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
      clean[i] = (float)lattice_pixels[n * SIDE * SIDE + i] / 127.5f - 1 - config.mean[0];
    cdf_picture_load(q, clean);
    cdf_picture_draw(q, drawn, FINE, FINE, NULL, NULL);
    cdf_picture_load_plain(q, clean);
    cdf_picture_draw(q, smooth, FINE, FINE, NULL, NULL);
    for (int i = 0; i < FINE * FINE; i++) {
      double want = fine_pixels[n * FINE * FINE + i];
      error += (drawn[i] - want) * (drawn[i] - want), smooth_error += (smooth[i] - want) * (smooth[i] - want);
    }
  }
  CHECK(error < 0.5 * smooth_error);
  cdf_picture_free(q);
  free(bytes);
  cdf_model_free(model), cdf_model_free(loaded);
  cdf_learner_free(t);
}

TEST(what_cannot_be_trained_on_is_refused) {
  cdf_render_config config;
  cdf_train_config train;
  cdf_learner *t;
  cdf_error err = {0};
  cdf_truth good = truth(), bad = good;
  cdf_render_config_default(&config, CHANNELS);
  cdf_train_config_default(&train);
  bad.scale = 1;
  CHECK(cdf_render_trainer_create(&t, &config, &train, &bad, cdf_kernels_best(), &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "1 times finer");
  bad = good, bad.n_pictures = N + 1;
  CHECK(cdf_render_trainer_create(&t, &config, &train, &bad, cdf_kernels_best(), &err) == CDF_BAD_INPUT);
  train.images = 12;
  CHECK(cdf_render_trainer_create(&t, &config, &train, &good, cdf_kernels_best(), &err) == CDF_USAGE);
  CHECK_TEXT(err.text, "multiple of 8");
  train.images = 8, config.hidden = 24;
  CHECK(cdf_render_trainer_create(&t, &config, &train, &good, cdf_kernels_best(), &err) == CDF_BAD_INPUT);
  CHECK_TEXT(err.text, "multiples of 16");
}

int main(void) {
  RUN(gradients_are_those_of_the_loss);
  RUN(any_order_of_work_gives_the_same_bits);
  RUN(training_resumes_to_the_bit);
  RUN(edges_become_sharp);
  RUN(what_cannot_be_trained_on_is_refused);
  return test_report();
}
