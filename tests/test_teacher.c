/* test_teacher.c: the walk of a teacher is the way that the sampler goes, and a student is taught by it. */
#include "../src/base/arena.h"
#include "../src/coordiff.h"
#include "../src/denoise/teacher.h"
#include "../src/denoise/trainer.h"

#include "learning.h"

enum { SIZE = SIDE * SIDE };

static void make_config(cdf_config *c) {
  CHECK(cdf_config_preset(c, "taps", NULL) == CDF_OK);
  c->channels = 1, c->lattice_width = c->lattice_height = SIDE, c->n_classes = 3;
  c->hidden = 16, c->n_layers = 2, c->n_levels = 2, c->cond_hidden = 16, c->thumbnail = 4, c->stride = 2;
  c->sigma_data = 0.5f, c->level_sd[0] = 0.4f, c->level_sd[1] = 0.3f;
}

/* Every weight but the padding off its start. */
static void stir(float *params, const cdf_network *net) {
  cdf_network_randomize(net, params, 5);
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *t = &net->tensors.list[i];
    for (int row = 0; row < t->rows; row++)
      for (int col = 0; col < t->cols; col++)
        params[t->offset + (size_t)(row * t->ld + col)] += 0.1f * (float)((7 * row + 3 * col + i) % 11 - 5) / 5.0f;
  }
}

typedef struct rig {
  cdf_config config;
  cdf_network net;
  const cdf_kernels *k;
  float *params, *block;
  cdf_teacher teacher;
} rig;

static void rig_init(rig *r) {
  make_config(&r->config);
  cdf_network_init(&r->net, &r->config);
  r->k = cdf_kernels_best();
  r->params = cdf_aligned_zalloc(r->net.tensors.n_params * sizeof(float));
  r->block = cdf_aligned_zalloc(cdf_teacher_floats(&r->net) * sizeof(float));
  stir(r->params, &r->net);
  cdf_teacher_init(&r->teacher, &r->net, r->params, NULL, r->block);
}

static void rig_free(rig *r) { cdf_aligned_free(r->params), cdf_aligned_free(r->block); }

/* To the picture, in any number of evaluations, guided or not: what the sampler makes of the same state. */
static void check_walks(int weak_block) {
  rig r;
  rig_init(&r);
  r.net.config.weak_block = weak_block;
  void *room = cdf_aligned_zalloc(cdf_sampler_bytes(&r.net, NULL, 1));
  cdf_sampler s;
  cdf_sampler_init(&s, &r.net, NULL, r.params, 1, r.k, room);
  for (int n = 2; n <= 6; n += 2)
    for (int label = -1; label < 2; label++) {
      float state[SIZE], end[SIZE];
      const cdf_sample_options options = {
          .seed = 3, .label = label, .steps = n, .guidance = 2.0f, .sigma_max = 5.0f, .sigma_min = 0.02f};
      CHECK(cdf_sampler_start(&s, &options, NULL) == CDF_OK);
      for (int i = 0; i < SIZE; i++) state[i] = (float)s.z[i];
      const cdf_world all = cdf_world_of(NULL, &r.config);
      while (!cdf_sampler_done(&s)) {
        cdf_sampler_prepare(&s);
        cdf_sampler_part(&s, &all);
        CHECK(cdf_sampler_advance(&s, NULL) == CDF_OK);
      }
      const cdf_walk walk = {.from = 5, .to = 0, .n = n, .label = label, .guidance = 2.0f};
      cdf_teacher_walk(end, &r.teacher, state, &walk, r.k);
      for (int i = 0; i < SIZE; i++) CHECK_NEAR(end[i], s.clean[i], 2e-5);
    }
  cdf_aligned_free(room);
  rig_free(&r);
}

TEST(a_walk_to_the_end_is_the_samplers) {
  check_walks(0);
  check_walks(1);
}

/* As training runs it, in float to the rounding and in bfloat16 nearly. */
TEST(a_walk_in_the_arithmetic_of_training) {
  rig r;
  rig_init(&r);
  float *packed = cdf_aligned_zalloc(cdf_mlp_packed_floats(&r.net.body) * sizeof(float));
  float state[SIZE], plain[SIZE], learned[SIZE];
  const cdf_walk walk = {.from = 2, .to = 0.3, .n = 3, .label = 1, .guidance = 1.5f};
  for (int i = 0; i < SIZE; i++) state[i] = 2.0f * (float)((5 * i) % 13 - 6) / 6.0f;
  cdf_teacher_walk(plain, &r.teacher, state, &walk, r.k);
  for (int bf16 = 0; bf16 <= (r.k->gemm_bf16 != NULL); bf16++) {
    cdf_mlp_weights weights;
    cdf_mlp_weights_init(&weights, &r.net.body, r.params, packed, bf16);
    for (int i = 0; i < r.net.body.n_layers; i++) cdf_mlp_pack(&weights, r.k, i);
    cdf_teacher_init(&r.teacher, &r.net, r.params, &weights, r.block);
    cdf_teacher_walk(learned, &r.teacher, state, &walk, r.k);
    for (int i = 0; i < SIZE; i++) CHECK_NEAR(learned[i], plain[i], bf16 ? 2e-2 : 2e-5);
  }
  cdf_aligned_free(packed);
  rig_free(&r);
}

/* To a level: in one evaluation a step of Euler, on the line from the state to the denoised picture. */
TEST(a_walk_stops_at_its_noise_level) {
  rig r;
  rig_init(&r);
  float state[SIZE], middle[SIZE];
  for (int i = 0; i < SIZE; i++) state[i] = 3.0f * (float)((5 * i) % 13 - 6) / 6.0f;
  const cdf_walk one = {.from = 3, .to = 1, .n = 1, .label = 0, .guidance = 1.0f};
  cdf_teacher_walk(middle, &r.teacher, state, &one, r.k);
  for (int i = 0; i < SIZE; i++) {
    float d = r.teacher.clean[i];
    CHECK_NEAR(middle[i], d + (state[i] - d) / 3, 1e-5);
  }
  rig_free(&r);
}

TEST(a_student_learns_to_follow) {
  cdf_config c;
  make_config(&c);
  const cdf_dataset data = pictures(MAX_IMAGES);
  cdf_train_config train;
  cdf_train_config_default(&train);
  train.objective = CDF_OBJECTIVE_DISTILLATION, train.images = 16, train.pixels = 32, train.warmup = 10;
  train.steps = 200, train.lr = 5e-3f, train.guidance = 2.0f, train.student_steps = 2, train.bf16 = 0;
  cdf_learner *l = create(&c, &train, &data, cdf_kernels_best());
  cdf_optimizer *o = cdf_learner_optimizer(l);
  stir(o->params, cdf_trainer_network(l));
  cdf_trainer_set_teacher(l, o->params);
  double first = 0, last = 0;
  while (o->step < train.steps) {
    const cdf_report report = run(l, 1, NULL);
    if (o->step <= 10) first += report.sums[0];
    if (o->step > 190) last += report.sums[0];
  }
  CHECK(last < 0.5 * first);
  cdf_learner_free(l);
}

int main(void) {
  RUN(a_walk_to_the_end_is_the_samplers);
  RUN(a_walk_in_the_arithmetic_of_training);
  RUN(a_walk_stops_at_its_noise_level);
  RUN(a_student_learns_to_follow);
  return test_report();
}
