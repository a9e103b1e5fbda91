/* learning.h: small pictures and settings to learn from, for the tests of training. */
#ifndef LEARNING_H
#define LEARNING_H

#include "../src/coordiff.h"
#include "test.h"

#define MAX_IMAGES 16
#define SIDE 8
#define PLANE (SIDE * SIDE)

/* Pictures that differ: 4x4 blocks, bright or dark by 16 bits, any two of them in about half of the blocks. Labels 0 1
 * 0 1 .. */
static const uint16_t blocks_of[MAX_IMAGES] = {0x00ff, 0x0f0f, 0x3333, 0x5555, 0x0ff0, 0x33cc, 0x5aa5, 0x6969,
                                               0xf00f, 0xc33c, 0xa55a, 0x9669, 0x3c3c, 0x5a5a, 0x6699, 0xff00};
static uint8_t pixels[MAX_IMAGES * PLANE], labels[MAX_IMAGES];
static inline cdf_dataset pictures(int n) {
  for (int k = 0; k < MAX_IMAGES; k++) {
    for (int i = 0; i < PLANE; i++)
      pixels[k * PLANE + i] = blocks_of[k] >> (i / SIDE / 2 * 4 + i % SIDE / 2) & 1 ? 220 : 30;
    labels[k] = (uint8_t)(k % 2);
  }
  return (cdf_dataset){.n_images = n,
                       .n_channels = 1,
                       .height = SIDE,
                       .width = SIDE,
                       .n_classes = 2,
                       .pixels = pixels,
                       .labels = labels};
}

static inline cdf_config small(const char *arch, const cdf_dataset *data) {
  cdf_config c;
  CHECK(cdf_config_preset(&c, arch, NULL) == CDF_OK);
  c.lattice_width = c.lattice_height = SIDE;
  c.hidden = 32, c.n_layers = 2, c.n_levels = 3, c.timesteps = 20;
  if (c.cond_hidden) c.cond_hidden = 32, c.thumbnail = 4, c.n_classes = 2;
  CHECK(cdf_trainer_measure(&c, data, NULL) == CDF_OK);
  return c;
}

static inline cdf_train_config brief(void) {
  cdf_train_config t;
  cdf_train_config_default(&t);
  t.images = 16, t.pixels = 24, t.steps = 10, t.warmup = 3, t.bf16 = 0;
  return t;
}

static inline cdf_learner *create(const cdf_config *c, const cdf_train_config *train, const cdf_dataset *data,
                                  const cdf_kernels *k) {
  cdf_learner *t = NULL;
  cdf_error err = {0};
  if (cdf_trainer_create(&t, c, train, data, k, 0, 1, &err) != CDF_OK) {
    printf("  %s\n", err.text);
    CHECK(!"a trainer");
  }
  return t;
}

static inline cdf_report run(cdf_learner *t, int steps, const cdf_parallel *parallel) {
  cdf_report report = {0};
  for (int i = 0; i < steps; i++) {
    cdf_learner_gradient(t, &report, parallel);
    CHECK(cdf_learner_update(t, &report, parallel, NULL) == CDF_OK);
  }
  return report;
}

static inline bool same_state(cdf_learner *a, cdf_learner *b) {
  const cdf_optimizer x = *cdf_learner_optimizer(a), y = *cdf_learner_optimizer(b);
  size_t n = cdf_trainer_network(a)->tensors.n_params * sizeof(float);
  return x.step == y.step && !memcmp(x.params, y.params, n) && !memcmp(x.moment1, y.moment1, n) &&
         !memcmp(x.moment2, y.moment2, n) && !memcmp(x.average, y.average, n);
}

#endif
