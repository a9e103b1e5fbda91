/* image.h: planar float images in memory, and sets of them. */
#ifndef CDF_IMAGE_H
#define CDF_IMAGE_H

#include "../base/base.h"

CDF_BEGIN_DECLS

#define CDF_CHANGES \
  3 /* of a picture that was cut out elsewhere than in the middle: right, down, nearer; 0: not at all */

/* A set of N images of one size: pixels[N][C][H][W] as bytes, labels[N] in [0, n_classes) or NULL.
 * Byte v stands for v / 127.5 - 1 in [-1, 1]. */
typedef struct cdf_dataset {
  int n_images, n_channels, height, width, n_classes;
  uint8_t *pixels;
  uint8_t *labels;
  char **class_names;    /* of class 0, 1, ...; NULL: not known */
  int n_class_names;     /* may be more than n_classes (a name without pictures) or fewer */
  float *changes;        /* [N][CDF_CHANGES], each about -1 to 1; NULL: none was made */
  uint8_t background[3]; /* what shows where a picture that is added is transparent, */
  int checker;           /* and the side of the squares of which every other is a fifth darker; 0: none */
} cdf_dataset;

static inline size_t cdf_dataset_image_size(const cdf_dataset *d) {
  return (size_t)d->n_channels * (size_t)d->height * (size_t)d->width;
}

/* One image [C][plane] as floats, minus the mean of each channel, if there is one. */
static inline void cdf_image_floats(float *out, const uint8_t *bytes, int n_channels, size_t plane, const float *mean) {
  for (size_t c = 0, i = 0; c < (size_t)n_channels; c++)
    for (size_t end = i + plane; i < end; i++) out[i] = (float)bytes[i] / 127.5f - 1.0f - (mean ? mean[c] : 0.0f);
}

/* One image [C][plane] with its channels side by side: pixels[plane][C]. */
static inline void cdf_image_interleave(uint8_t *pixels, const uint8_t *bytes, int n_channels, size_t plane) {
  for (size_t i = 0; i < plane; i++)
    for (size_t c = 0; c < (size_t)n_channels; c++) *pixels++ = bytes[c * plane + i];
}

CDF_END_DECLS

#endif
