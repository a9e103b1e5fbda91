#include "adopt.h"

#include <string.h>

#include "featurize.h"

/* The rows of the first layer of the conditioning network, whose number depends on the classes. */
#define CONDITIONING "cond.0.weight"

static cdf_status check(const cdf_network *net, const cdf_network *from, cdf_error *err) {
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *t = &net->tensors.list[i], *f = cdf_tensors_find(&from->tensors, t->name);
    bool any_rows = f && strcmp(t->name, CONDITIONING) == 0;
    if (f && f->cols == t->cols && (f->rows == t->rows || any_rows)) continue;
    return cdf_fail(err, CDF_USAGE,
                    "the new network's %.40s is %dx%d, but the old one's is %dx%d; leave out the settings that make "
                    "another architecture of it",
                    t->name, t->rows, t->cols, f ? f->rows : 0, f ? f->cols : 0);
  }
  const cdf_config *a = &net->config, *b = &from->config;
  if (a->channels == b->channels && a->thumbnail == b->thumbnail && a->target == b->target && a->body == b->body &&
      a->coordinates == b->coordinates && memcmp(a->tap_radius, b->tap_radius, sizeof(int) * (size_t)a->n_levels) == 0)
    return CDF_OK;
  return cdf_fail(err, CDF_USAGE,
                  "the new network has other channels, taps, target, body or thumbnail than the old one; leave out the "
                  "settings that make another architecture of it");
}

/* A parameter block and the first conditioning layer in it. */
typedef struct rows {
  const cdf_config *config;
  const cdf_shape *shape;
  const float *params;
} rows;

static const float *row(const rows *r, int i) {
  return r->params + r->shape->offset + (size_t)i * (size_t)r->shape->ld;
}

/* The mean of the rows of the old classes; without any, the row of "no class". */
static void mean_class(float *out, const rows *from) {
  int n = from->config->n_classes, at = cdf_features_class_at(from->config);
  for (int j = 0; j < from->shape->cols; j++) {
    float sum = 0;
    for (int k = 0; k < n; k++) sum += row(from, at + k)[j];
    out[j] = n > 0 ? sum / (float)n : row(from, at)[j];
  }
}

static void adopt_rows(float *params, const cdf_network *net, const rows *from, const int *classes) {
  const cdf_shape *shape = cdf_tensors_find(&net->tensors, CONDITIONING);
  const cdf_config *c = &net->config;
  size_t ld = (size_t)shape->ld, line = (size_t)shape->cols * sizeof(float);
  float *out = params + shape->offset;
  memset(out, 0, (size_t)shape->rows * ld * sizeof(float));
  int at = cdf_features_class_at(c), time = cdf_features_time_at(c), from_time = cdf_features_time_at(from->config);
  for (int i = 0; i < at; i++) memcpy(out + (size_t)i * ld, row(from, i), line);
  for (int k = 0; k < c->n_classes; k++) {
    float *to = out + (size_t)(at + k) * ld;
    if (classes[k] >= 0)
      memcpy(to, row(from, at + classes[k]), line);
    else
      mean_class(to, from);
  }
  /* "No class", the time, and what was done to a picture if both are told. */
  int n = 1 + 2 * CDF_COND_FREQUENCIES + (c->augment && from->config->augment ? CDF_CHANGES : 0);
  for (int i = 0; i < n; i++) memcpy(out + (size_t)(time - 1 + i) * ld, row(from, from_time - 1 + i), line);
}

cdf_status cdf_network_adopt(float *params, const cdf_network *net, const float *from_params, const cdf_network *from,
                             const int *classes, cdf_error *err) {
  cdf_status status = check(net, from, err);
  if (status != CDF_OK) return status;
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *t = &net->tensors.list[i], *f = cdf_tensors_find(&from->tensors, t->name);
    if (strcmp(t->name, CONDITIONING) != 0)
      memcpy(params + t->offset, from_params + f->offset, cdf_shape_size(t) * sizeof(float));
    else
      adopt_rows(params, net, &(rows){&from->config, f, from_params}, classes);
  }
  return CDF_OK;
}
