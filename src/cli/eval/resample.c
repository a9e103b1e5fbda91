#include "resample.h"

#include <math.h>
#include <stdlib.h>

#define MAX_TAPS 6

static const int reaches[CLI_N_FILTERS] = {1, 2, 2, 3};

static double cubic(double t, double a) {
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return a * (((t - 5) * t + 8) * t - 4);
}

static double sinc(double t) {
  const double pi = 3.14159265358979323846;
  return t == 0 ? 1 : sin(pi * t) / (pi * t);
}

/* The weight of a pixel whose centre is t pixels away. */
static double weight(int filter, double t) {
  t = fabs(t);
  if (t >= reaches[filter]) return 0;
  switch (filter) {
    case CLI_BILINEAR:
      return 1 - t;
    case CLI_BICUBIC:
      return cubic(t, -0.5);
    case CLI_BICUBIC_SHARP:
      return cubic(t, -0.75);
    default:
      return sinc(t) * sinc(t / 3);
  }
}

/* What the pixels x of the larger picture with x % k = p read along one axis: pixels from x / k + first. */
typedef struct taps {
  int first;
  float weights[MAX_TAPS];
} taps;

static taps taps_of(int p, int k, int filter) {
  int n = 2 * reaches[filter];
  double centre = (p + 0.5) / k - 0.5, sum = 0, raw[MAX_TAPS];
  taps t = {.first = (int)floor(centre) - reaches[filter] + 1};
  for (int i = 0; i < n; i++) sum += raw[i] = weight(filter, centre - (t.first + i));
  for (int i = 0; i < n; i++) t.weights[i] = (float)(raw[i] / sum);
  return t;
}

/* Enlarge one row. */
static void stretch(uint8_t *out, const float *row, int width, int channels, int k, const taps *phases, int n) {
  for (int x = 0; x < width * k; x++) {
    const taps *t = &phases[x % k];
    for (int c = 0; c < channels; c++) {
      float sum = 0.5f;
      for (int i = 0; i < n; i++)
        sum += t->weights[i] * row[cdf_clamp(x / k + t->first + i, 0, width - 1) * channels + c];
      *out++ = (uint8_t)(sum > 0.0f ? sum < 255.0f ? sum : 255.0f : 0.0f);
    }
  }
}

cdf_status cli_enlarge(uint8_t *out, const float *in, int width, int height, int channels, int k, int filter,
                       cdf_error *err) {
  int n = 2 * reaches[filter];
  size_t line = (size_t)width * (size_t)channels;
  float *row = malloc(line * sizeof *row); /* of the larger height and the smaller width */
  taps *phases = malloc((size_t)k * sizeof *phases);
  cdf_status status = row && phases ? CDF_OK : cdf_fail_memory(err, line * sizeof *row + (size_t)k * sizeof *phases);
  for (int p = 0; p < k && status == CDF_OK; p++) phases[p] = taps_of(p, k, filter);
  for (int y = 0; y < height * k && status == CDF_OK; y++) {
    const taps *t = &phases[y % k];
    for (size_t i = 0; i < line; i++) row[i] = 0.0f;
    for (int j = 0; j < n; j++) {
      const float *from = in + (size_t)cdf_clamp(y / k + t->first + j, 0, height - 1) * line;
      for (size_t i = 0; i < line; i++) row[i] += t->weights[j] * from[i];
    }
    stretch(out + (size_t)y * (size_t)k * line, row, width, channels, k, phases, n);
  }
  free(row);
  free(phases);
  return status;
}

void cli_area_average(float *out, const uint8_t *in, int width, int height, int channels, int k) {
  size_t line = (size_t)(width * k) * (size_t)channels;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) {
        const uint8_t *from = in + (size_t)(y * k) * line + (size_t)(x * k * channels + c);
        uint32_t sum = 0;
        for (int j = 0; j < k; j++)
          for (int i = 0; i < k; i++) sum += from[(size_t)j * line + (size_t)(i * channels)];
        *out++ = (float)sum / (float)(k * k);
      }
}
