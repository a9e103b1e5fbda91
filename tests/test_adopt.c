/* The weights of one denoiser as the start of another. */
#include "denoise/adopt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "denoise/featurize.h"
#include "test.h"

static cdf_config small(int n_classes, int augment) {
  cdf_config c;
  cdf_config_preset(&c, "taps", NULL);
  c.channels = 1, c.lattice_width = c.lattice_height = 8, c.hidden = 32, c.n_layers = 1, c.n_levels = 2;
  c.cond_hidden = 16, c.thumbnail = 2, c.n_classes = n_classes, c.augment = augment, c.sigma_data = 1;
  for (int l = 0; l < CDF_MAX_LEVELS; l++) c.level_sd[l] = 1;
  return c;
}

typedef struct net {
  cdf_network net;
  float *params;
} net;

/* With weights that differ everywhere. */
static net make(cdf_config config, float first) {
  net n;
  cdf_network_init(&n.net, &config);
  n.params = malloc(n.net.tensors.n_params * sizeof(float));
  for (size_t i = 0; i < n.net.tensors.n_params; i++) n.params[i] = first + 0.001f * (float)i;
  return n;
}

static float *row(const net *n, int i) {
  const cdf_shape *t = cdf_tensors_find(&n->net.tensors, "cond.0.weight");
  return n->params + t->offset + (size_t)(i * t->ld);
}

TEST(the_same_network_is_taken_as_it_is) {
  net a = make(small(3, 1), 1), b = make(small(3, 1), 5);
  int same[] = {0, 1, 2};
  CHECK(cdf_network_adopt(b.params, &b.net, a.params, &a.net, same, NULL) == CDF_OK);
  for (int i = 0; i < a.net.tensors.n; i++) {
    const cdf_shape *t = &a.net.tensors.list[i];
    bool cond = !strcmp(t->name, "cond.0.weight");
    int rows = cond ? cdf_features_changes_at(&a.net.config) + CDF_CHANGES : t->rows; /* the others are padding */
    CHECK(!memcmp(a.params + t->offset, b.params + t->offset, (size_t)(rows * t->ld) * sizeof(float)));
  }
  free(a.params), free(b.params);
}

TEST(classes_come_along_by_their_numbers_and_new_ones_are_the_mean) {
  net a = make(small(3, 0), 1), b = make(small(20, 1), 5);
  int classes[20];
  for (int k = 0; k < 20; k++) classes[k] = k == 4 ? 2 : -1;
  CHECK(cdf_network_adopt(b.params, &b.net, a.params, &a.net, classes, NULL) == CDF_OK);
  const cdf_config *ca = &a.net.config, *cb = &b.net.config;
  for (int j = 0; j < 16; j++) {
    int at = cdf_features_class_at(ca);
    float mean = (row(&a, at)[j] + row(&a, at + 1)[j] + row(&a, at + 2)[j]) / 3;
    CHECK_NEAR(row(&b, at)[j], mean, 1e-5);
    CHECK(row(&b, at + 4)[j] == row(&a, at + 2)[j]);
    CHECK(row(&b, at - 1)[j] == row(&a, at - 1)[j]); /* the thumbnail's last */
    for (int i = -1; i < 2 * CDF_COND_FREQUENCIES; i++)
      CHECK(row(&b, cdf_features_time_at(cb) + i)[j] == row(&a, cdf_features_time_at(ca) + i)[j]);
    for (int i = 0; i < CDF_CHANGES; i++) CHECK(row(&b, cdf_features_changes_at(cb) + i)[j] == 0);
  }
  free(a.params), free(b.params);
}

TEST(without_classes_there_a_class_begins_as_no_class) {
  net a = make(small(0, 0), 1), b = make(small(2, 0), 5);
  int classes[] = {-1, -1};
  CHECK(cdf_network_adopt(b.params, &b.net, a.params, &a.net, classes, NULL) == CDF_OK);
  int at = cdf_features_class_at(&a.net.config);
  for (int k = 0; k < 3; k++) CHECK(!memcmp(row(&b, at + k), row(&a, at), 16 * sizeof(float)));
  free(a.params), free(b.params);
}

/* Whatever the classes and the lattice are, an old class is answered as it was. */
TEST(an_old_class_has_the_conditioning_that_it_had) {
  cdf_config ca = small(3, 0), cb = small(7, 1);
  cb.lattice_width = 12;
  net a = make(ca, -0.5f), b = make(cb, 5);
  int classes[] = {-1, 1, -1, -1, -1, -1, -1};
  CHECK(cdf_network_adopt(b.params, &b.net, a.params, &a.net, classes, NULL) == CDF_OK);
  double sum[2] = {0};
  const net *nets[] = {&a, &b};
  for (int n = 0; n < 2; n++) {
    const cdf_config *c = &nets[n]->net.config;
    for (int i = 0; i < cdf_features_changes_at(c); i++) {
      bool told = i == cdf_features_class_at(c) + 1 || i >= cdf_features_time_at(c) || i < cdf_features_class_at(c);
      if (told) sum[n] += row(nets[n], i)[3];
    }
  }
  CHECK_NEAR(sum[0], sum[1], 1e-6 * fabs(sum[0]));
  free(a.params), free(b.params);
}

TEST(another_architecture_is_refused_and_nothing_is_changed) {
  net a = make(small(3, 0), 1);
  cdf_config wider = small(3, 0), other_taps = small(3, 0), thumbnail = small(3, 0), none = small(0, 0);
  wider.hidden = 48, other_taps.tap_radius[0] = 1, thumbnail.thumbnail = 3;
  none.cond_hidden = none.thumbnail = 0;
  const cdf_config others[] = {wider, other_taps, thumbnail, none};
  int same[] = {0, 1, 2};
  for (int i = 0; i < 4; i++) {
    net b = make(others[i], 5);
    cdf_error err = {0};
    size_t n_bytes = b.net.tensors.n_params * sizeof(float);
    float *before = malloc(n_bytes);
    memcpy(before, b.params, n_bytes);
    CHECK(cdf_network_adopt(b.params, &b.net, a.params, &a.net, same, &err) == CDF_USAGE);
    CHECK_TEXT(err.text, "leave out the settings that make another architecture");
    CHECK(!memcmp(before, b.params, n_bytes));
    free(before), free(b.params);
  }
  free(a.params);
}

int main(void) {
  RUN(the_same_network_is_taken_as_it_is);
  RUN(classes_come_along_by_their_numbers_and_new_ones_are_the_mean);
  RUN(without_classes_there_a_class_begins_as_no_class);
  RUN(an_old_class_has_the_conditioning_that_it_had);
  RUN(another_architecture_is_refused_and_nothing_is_changed);
  return test_report();
}
