/* strided.h: a small model whose answer is not zero: two channels, two levels, so a reach of 6 and its stride. */
#ifndef CDF_STRIDED_H
#define CDF_STRIDED_H

#include "../src/coordiff.h"
#include "test.h"

static inline cdf_model *strided_model(int width, int height, int stride, int coordinates) {
  cdf_config config;
  cdf_model *m = NULL;
  cdf_config_preset(&config, "taps", NULL);
  config.channels = 2, config.lattice_width = width, config.lattice_height = height, config.n_levels = 2;
  config.hidden = config.cond_hidden = 16, config.n_layers = 1, config.n_classes = 2;
  config.stride = stride, config.coordinates = coordinates, config.thumbnail = 0, config.sigma_data = 0.5f;
  for (int l = 0; l < config.n_levels; l++) config.level_sd[l] = 0.4f;
  CHECK(cdf_model_create(&m, &config, 1, NULL) == CDF_OK);
  cdf_shape_uniform(m->params, cdf_tensors_find(&m->net.tensors, "out.weight"), 3, 0, 0.3f);
  return m;
}

#endif
