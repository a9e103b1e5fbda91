/* test_trainer.c: optimisation steps: the same bits in any order and after any interruption, and that they learn. */
#include "../src/base/arena.h"
#include "../src/base/rng.h"
#include "../src/coordiff.h"

#include <stdlib.h>

#include "learning.h"

TEST(measures_the_data) {
  cdf_dataset d = pictures(16);
  cdf_config bands = small("taps", &d), c = bands;
  c.scaling = CDF_SCALING_LEVEL;
  CHECK(cdf_trainer_measure(&c, &d, NULL) == CDF_OK);
  double sum = 0, square = 0;
  for (int i = 0; i < 16 * PLANE; i++) sum += pixels[i] / 127.5 - 1;
  sum /= 16 * PLANE;
  for (int i = 0; i < 16 * PLANE; i++) square += pow(pixels[i] / 127.5 - 1 - sum, 2);
  CHECK_NEAR(c.mean[0], sum, 1e-6);
  CHECK_NEAR(c.sigma_data, sqrt(square / (16 * PLANE)), 1e-5);
  CHECK(c.level_sd[0] == c.sigma_data && c.mean[1] == 0.0f);
  CHECK(c.level_sd[0] > c.level_sd[1] && c.level_sd[1] > c.level_sd[2] && c.level_sd[2] > 0.0f);
  CHECK(bands.scaling == CDF_SCALING_BAND);
  CHECK(bands.sigma_data == c.sigma_data && bands.level_sd[c.n_levels - 1] == c.level_sd[c.n_levels - 1]);
  for (int l = 0; l + 1 < c.n_levels; l++) CHECK(bands.level_sd[l] > 0 && bands.level_sd[l] < c.level_sd[l]);
}

/* 2 N steps in one go; N steps, saved, restored in a new trainer, and N more. */
static void check_resume(const cdf_kernels *k, bool bf16) {
  cdf_dataset d = pictures(16);
  cdf_config c = small("taps", &d);
  cdf_train_config train = brief();
  train.bf16 = bf16;
  cdf_learner *whole = create(&c, &train, &d, k), *first = create(&c, &train, &d, k),
              *second = create(&c, &train, &d, k);
  run(whole, 8, NULL);
  run(first, 4, NULL);
  unsigned char *bytes;
  size_t n;
  CHECK(cdf_learner_save(first, NULL, 0, &bytes, &n, NULL) == CDF_OK);
  CHECK(cdf_learner_restore(second, bytes, n, NULL) == CDF_OK);
  CHECK(same_state(first, second) && !same_state(whole, second));
  run(second, 4, NULL);
  CHECK(same_state(whole, second));
  free(bytes);
  cdf_learner_free(whole), cdf_learner_free(first), cdf_learner_free(second);
  cdf_learner_free(NULL);
}

/* Of a large set a part is measured, and of every class, also where they come in turn. */
TEST(measures_all_classes_of_a_large_set) {
  enum { N = 6 * 4096 };
  static uint8_t many[4 * N];
  for (int n = 0; n < N; n++) memset(many + 4 * n, n % 6 < 3 ? 0 : 255, 4); /* half black, half white */
  const cdf_dataset d = {.n_images = N, .n_channels = 1, .width = 2, .height = 2, .pixels = many};
  cdf_config c;
  CHECK(cdf_config_preset(&c, "taps", NULL) == CDF_OK);
  c.channels = 1, c.lattice_width = c.lattice_height = 2;
  CHECK(cdf_trainer_measure(&c, &d, NULL) == CDF_OK);
  CHECK_NEAR(c.sigma_data, 1, 1e-3);
  for (int n = 0; n < N; n++) memset(many + 4 * n, n % 6 == 1 ? 255 : 0, 4); /* one class in six */
  CHECK(cdf_trainer_measure(&c, &d, NULL) == CDF_OK);
  CHECK_NEAR(c.sigma_data, 2 * sqrt(5.0 / 36), 1e-2);
}

TEST(resumed_runs_are_the_same_run) {
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    check_resume(*k, false);
    if ((*k)->gemm_bf16) check_resume(*k, true);
  }
}

TEST(seeds_matter) {
  cdf_dataset d = pictures(16);
  cdf_config c = small("taps", &d);
  cdf_train_config train = brief();
  cdf_learner *a = create(&c, &train, &d, cdf_kernels_best()), *b;
  train.seed = 2;
  b = create(&c, &train, &d, cdf_kernels_best());
  cdf_report x = run(a, 1, NULL), y = run(b, 1, NULL);
  CHECK(x.sums[0] != y.sums[0] && !same_state(a, b));
  cdf_learner_free(a), cdf_learner_free(b);
}

TEST(report_adds_up) {
  cdf_dataset d = pictures(16);
  cdf_train_config train = brief();
  for (int a = 0; a < 2; a++) {
    cdf_config c = small(cdf_arch_names[a], &d);
    cdf_learner *t = create(&c, &train, &d, cdf_kernels_best());
    for (int step = 0; step < 10; step++) {
      cdf_report r;
      double sum = 0, progress = (step - 3) / 7.0;
      int count = 0;
      cdf_learner_gradient(t, &r, NULL);
      for (int b = 0; b < 4; b++) sum += r.sums[1 + b], count += r.weights[1 + b];
      CHECK(count == train.images);
      CHECK_NEAR(sum / count, r.sums[0], 1e-9);
      CHECK_NEAR(r.lr,
                 step < 3 ? train.lr * (step + 1) / 3 : 1e-5 + (2e-3 - 1e-5) * 0.5 * (1 + cos(3.14159265 * progress)),
                 1e-9);
      if (step == 0 && a == 0) CHECK_NEAR(r.sums[0], 1, 0.35); /* an output of zeros against targets of unit variance */
      CHECK(cdf_learner_update(t, &r, NULL, NULL) == CDF_OK);
      double square = 0;
      for (size_t i = 0; i < cdf_trainer_network(t)->tensors.n_params; i++)
        square += pow(cdf_learner_optimizer(t)->grad[i], 2);
      CHECK_NEAR(r.grad_norm, sqrt(square), 1e-6 * sqrt(square));
    }
    CHECK(cdf_learner_optimizer(t)->step == 10);
    cdf_learner_free(t);
  }
}

/* Kingma & Ba 2015 with clipping, and the weight average of Karras et al. 2022, in double, step by step. */
TEST(update_is_adam) {
  enum { EVERY = 53, MOST = 400 };
  cdf_dataset d = pictures(16);
  cdf_config c = small("taps", &d);
  cdf_train_config train = brief();
  train.clip = 0.2f;
  cdf_learner *t = create(&c, &train, &d, &cdf_kernels_portable);
  const cdf_optimizer s = *cdf_learner_optimizer(t);
  const float *g = cdf_learner_optimizer(t)->grad;
  size_t n = cdf_min(MOST, (int)(cdf_trainer_network(t)->tensors.n_params / EVERY));
  double m[MOST] = {0}, v[MOST] = {0}, p[MOST], average[MOST], moved = 0;
  for (size_t i = 0; i < n; i++) p[i] = average[i] = s.params[i * EVERY];
  for (int now = 1; now <= 6; now++) {
    cdf_report r;
    cdf_learner_gradient(t, &r, NULL);
    CHECK(cdf_learner_update(t, &r, NULL, NULL) == CDF_OK);
    double scale = r.grad_norm > train.clip ? train.clip / r.grad_norm : 1, half_life = 0.05 * now;
    double ema = half_life < 0.1 ? 0 : pow(0.5, 1 / half_life);
    if (now == 1) CHECK(scale < 1);
    for (size_t i = 0; i < n; i++) {
      double gradient = scale * g[i * EVERY], before = p[i];
      m[i] = 0.9 * m[i] + 0.1 * gradient;
      v[i] = 0.99 * v[i] + 0.01 * gradient * gradient;
      p[i] -= r.lr * m[i] / (1 - pow(0.9, now)) / (sqrt(v[i] / (1 - pow(0.99, now))) + 1e-8);
      average[i] = ema * average[i] + (1 - ema) * p[i];
      CHECK_NEAR(s.params[i * EVERY], p[i], 1e-3 * fabs(p[i] - before) + 1e-6 * fabs(p[i]) + 1e-9);
      CHECK_NEAR(s.average[i * EVERY], average[i], 2e-3 * r.lr + 1e-6);
      p[i] = s.params[i * EVERY]; /* rounding must not add up */
      moved += fabs(p[i] - before);
    }
  }
  CHECK(moved > 0.01);
  cdf_learner_free(t);
}

enum { N_LEARNED = 8 };

/* How near 16 samples are to the pictures that were learned. */
typedef struct nearness {
  double distance; /* RMS to the nearest picture, on average */
  int n, n_near, n_right_class, n_pictures_seen;
} nearness;

static nearness sample_pictures(cdf_learner *t, int kind, int steps) {
  nearness result = {.n = 16};
  cdf_model *m = NULL;
  cdf_process *g = NULL;
  cdf_error err = {0};
  CHECK(cdf_trainer_model(t, &m, &err) == CDF_OK);
  CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), &err) == CDF_OK);
  bool seen[N_LEARNED] = {false};
  for (int s = 0; s < result.n; s++) {
    cdf_sample_options o = {.seed = (uint64_t)s + 100, .label = s % 2, .kind = kind, .steps = steps};
    if (kind == CDF_SAMPLER_RENOISE) o.sigma_min = 0.5f;
    CHECK(cdf_process_start(g, &o, &err) == CDF_OK);
    while (!cdf_process_done(g)) cdf_process_step(g, NULL, NULL);
    const float *clean = cdf_process_clean(g);
    double best = 1e9;
    int nearest = 0;
    for (int k = 0; k < N_LEARNED; k++) {
      double square = 0;
      for (int i = 0; i < PLANE; i++)
        square += pow(clean[i] + m->net.config.mean[0] - (pixels[k * PLANE + i] / 127.5 - 1), 2);
      if (square < best) best = square, nearest = k;
    }
    result.distance += sqrt(best / PLANE) / result.n;
    result.n_near += sqrt(best / PLANE) < 0.3;
    result.n_right_class += nearest % 2 == s % 2;
    result.n_pictures_seen += !seen[nearest];
    seen[nearest] = true;
  }
  cdf_process_free(g);
  cdf_model_free(m);
  return result;
}

static cdf_learner *learn_pictures(cdf_dataset *d, int stride, cdf_config *c, cdf_train_config *train) {
  *d = pictures(N_LEARNED);
  *c = small("taps", d);
  c->stride = stride, c->cond_hidden = 48, c->tap_radius[0] = 2,
  c->tap_radius[1] = c->tap_radius[2] = 1; /* small: sanitizers are slow */
  *train = brief();
  train->images = 32, train->pixels = 32 * stride * stride, train->steps = 800, train->warmup = 20, train->lr = 1e-2f,
  train->p_mean = 0.4f;
  cdf_learner *t = create(c, train, d, cdf_kernels_best());
  run(t, train->steps, NULL);
  return t;
}

/* method.md, order of proof 2: overfit 8 images; the sampler returns them, square by square as well as cell by cell. */
TEST(overfitting_returns_the_pictures) {
  for (int stride = 1; stride <= 2; stride++) {
    cdf_dataset d;
    cdf_config c;
    cdf_train_config train;
    cdf_learner *t = learn_pictures(&d, stride, &c, &train);
    nearness is = sample_pictures(t, CDF_SAMPLER_DPM2M, 20);
    /* A grey picture lies 0.75 from the nearest, noise of the data's own deviation 0.9. */
    printf("  distance %.3f, %d of %d near, %d in their class, %d pictures\n", is.distance, is.n_near, is.n,
           is.n_right_class, is.n_pictures_seen);
    CHECK(is.distance < 0.3);
    CHECK(is.n_near >= 9 && is.n_right_class >= 13 && is.n_pictures_seen >= 5);
    cdf_learner_free(t);
  }
}

/* Consistency tuning, from a model that needs many steps to one that needs few. */
TEST(a_student_needs_three_evaluations) {
  cdf_dataset d;
  cdf_config c;
  cdf_train_config train;
  cdf_learner *teacher = learn_pictures(&d, 1, &c, &train);
  train.objective = CDF_OBJECTIVE_CONSISTENCY, train.steps = 600, train.lr = 1e-3f;
  cdf_learner *student = create(&c, &train, &d, cdf_kernels_best());
  const cdf_optimizer *from = cdf_learner_optimizer(teacher), *to = cdf_learner_optimizer(student);
  memcpy(to->params, from->params, from->n_params * sizeof(float));
  cdf_report r = run(student, train.steps, NULL);
  CHECK(isfinite(r.sums[0]) && r.sums[0] > 0);
  nearness before = sample_pictures(teacher, CDF_SAMPLER_RENOISE, 3),
           after = sample_pictures(student, CDF_SAMPLER_RENOISE, 3);
  printf("  distance of three evaluations %.3f, of the student's %.3f, %d pictures\n", before.distance, after.distance,
         after.n_pictures_seen);
  CHECK(after.distance < 0.75 * before.distance && after.n_pictures_seen >= 5);
  cdf_learner_free(teacher), cdf_learner_free(student);
}

/* Two classes of one grey each, in noise that hides all: without guidance the answers are the class's grey and, without
 * a class, the mean of both; baked in with weight 3, the class's answer lies three times as far from that mean. */
TEST(guidance_can_be_baked_in) {
  enum { WEIGHT = 3 };
  cdf_dataset d = pictures(16);
  for (int i = 0; i < 16 * PLANE; i++) pixels[i] = labels[i / PLANE] ? 148 : 107;
  cdf_config c = small("taps", &d);
  c.tap_radius[0] = c.tap_radius[1] = c.tap_radius[2] = 1;
  for (int baked = 0; baked < 2; baked++) {
    cdf_train_config train = brief();
    train.steps = 600, train.p_mean = 1.0f, train.label_dropout = 0.5f, train.ema = 0.1f;
    train.guidance = baked ? WEIGHT : 1;
    cdf_learner *t = create(&c, &train, &d, cdf_kernels_best());
    run(t, train.steps, NULL);
    cdf_model *m = NULL;
    cdf_process *g = NULL;
    CHECK(cdf_trainer_model(t, &m, NULL) == CDF_OK);
    CHECK(cdf_process_create(&g, m, NULL, 1, cdf_kernels_best(), NULL) == CDF_OK);
    float z[PLANE], out[PLANE];
    double mean[3] = {0}; /* of D for class 0, class 1, none */
    cdf_rng_normal_fill(z, PLANE, 5, (cdf_counter){{0}});
    for (int i = 0; i < PLANE; i++) z[i] *= 8.0f;
    for (int k = 0; k < 3; k++) {
      cdf_process_denoise(g, out, z, 8.0f, k == 2 ? -1 : k);
      for (int i = 0; i < PLANE; i++) mean[k] += out[i] / PLANE;
    }
    double apart = (148 - 107) / 127.5 * (baked ? WEIGHT : 1);
    CHECK_NEAR(mean[1] - mean[0], apart, 0.1 * apart);
    CHECK(fabs(mean[2]) < (148 - 107) / 2 / 127.5); /* still between the greys */
    cdf_process_free(g);
    cdf_model_free(m);
    cdf_learner_free(t);
  }
  pictures(16);
}

TEST(a_nan_stops_training_and_touches_nothing) {
  cdf_dataset d = pictures(16);
  cdf_config c = small("taps", &d);
  cdf_train_config train = brief();
  cdf_learner *t = create(&c, &train, &d, cdf_kernels_best());
  run(t, 2, NULL);
  const cdf_optimizer s = *cdf_learner_optimizer(t);
  size_t n = cdf_trainer_network(t)->tensors.n_params;
  static const float bad[] = {NAN, INFINITY, 1e38f};
  for (int i = 0; i < 3; i++) {
    cdf_error err = {0};
    cdf_report report;
    float *copy = malloc(4 * n * sizeof *copy), keep = s.params[3];
    s.params[3] = bad[i];
    float *blocks[] = {s.params, s.moment1, s.moment2, s.average};
    for (int b = 0; b < 4; b++) memcpy(copy + (size_t)b * n, blocks[b], n * sizeof *copy);
    cdf_learner_gradient(t, &report, NULL);
    CHECK(cdf_learner_update(t, &report, NULL, &err) == CDF_FAILED && err.code == CDF_FAILED);
    CHECK_TEXT(err.text, "at step 2");
    CHECK_TEXT(err.text, "a lower lr (now 0.002)");
    for (int b = 0; b < 4; b++) CHECK(memcmp(copy + (size_t)b * n, blocks[b], n * sizeof *copy) == 0);
    CHECK(cdf_learner_optimizer(t)->step == 2);
    s.params[3] = keep;
    free(copy);
  }
  CHECK(isfinite(run(t, 1, NULL).sums[0])); /* and with the weight repaired it goes on */
  cdf_learner_free(t);
}

static void refused(const cdf_config *c, const cdf_train_config *train, const cdf_dataset *d, cdf_status status,
                    const char *part) {
  cdf_learner *t = (cdf_learner *)(void *)&status;
  cdf_error err = {0};
  CHECK(cdf_trainer_create(&t, c, train, d, cdf_kernels_best(), 0, 1, &err) == status && err.code == status);
  CHECK(t == NULL);
  CHECK_TEXT(err.text, part);
}

TEST(what_does_not_fit_is_refused) {
  cdf_dataset d = pictures(16), other = d;
  cdf_config c = small("taps", &d), odd = c;
  cdf_train_config train = brief();
  other.n_images = 0, refused(&c, &train, &other, CDF_BAD_INPUT, "holds no images");
  other = d, other.width = 4,
  refused(&c, &train, &other, CDF_BAD_INPUT, "the pictures are 4x8 with 1 channels, but the model is 8x8 with 1");
  other = d, other.height = 4, refused(&c, &train, &other, CDF_BAD_INPUT, "the pictures are 8x4");
  other = d, other.n_channels = 3, refused(&c, &train, &other, CDF_BAD_INPUT, "with 3 channels");
  other = d, other.n_classes = 3,
  refused(&c, &train, &other, CDF_BAD_INPUT, "the data has 3 classes, but the model knows 2");
  odd.hidden = 40, refused(&odd, &train, &d, CDF_BAD_INPUT, "multiples of 16");
  train.objective = CDF_OBJECTIVE_CONSISTENCY, train.guidance = 2;
  refused(&c, &train, &d, CDF_BAD_INPUT, "objective = consistency needs target = edm and guidance = 1");
  train = brief();
  train.images = 0, refused(&c, &train, &d, CDF_USAGE, "images is 0, but must be from 1");
  train.images = 8, train.pixels = 0, refused(&c, &train, &d, CDF_USAGE, "pixels is 0, but must be from 1");
  train.pixels = 8;
  static const int counts[] = {1, 7, 12};
  for (int i = 0; i < 3; i++) {
    train.images = counts[i];
    refused(&c, &train, &d, CDF_USAGE, "must be a multiple of 8");
  }
}

TEST(every_architecture_takes_steps) {
  cdf_dataset d = pictures(16);
  for (int a = 0; cdf_arch_names[a]; a++)
    for (int edm = 0; edm < 2; edm++) {
      cdf_config c = small(cdf_arch_names[a], &d);
      cdf_train_config train = brief();
      train.images = 8, train.pixels = 7;
      if (edm) c.target = CDF_TARGET_EDM, c.context = CDF_CONTEXT_NOISY;
      cdf_learner *t = create(&c, &train, &d, cdf_kernels_best());
      const cdf_optimizer s = *cdf_learner_optimizer(t);
      float before = s.params[0];
      cdf_report r = run(t, 3, NULL);
      CHECK(isfinite(r.sums[0]) && r.sums[0] > 0 && r.sums[0] < 100 && r.grad_norm > 0);
      CHECK(s.params[0] != before);
      for (size_t i = 0; i < cdf_trainer_network(t)->tensors.n_params; i++)
        CHECK(isfinite(s.params[i]) && isfinite(s.average[i]));
      cdf_learner_free(t);
    }
}

int main(void) {
  RUN(measures_the_data);
  RUN(measures_all_classes_of_a_large_set);
  RUN(resumed_runs_are_the_same_run);
  RUN(seeds_matter);
  RUN(report_adds_up);
  RUN(update_is_adam);
  RUN(overfitting_returns_the_pictures);
  RUN(a_student_needs_three_evaluations);
  RUN(guidance_can_be_baked_in);
  RUN(a_nan_stops_training_and_touches_nothing);
  RUN(what_does_not_fit_is_refused);
  RUN(every_architecture_takes_steps);
  return test_report();
}
