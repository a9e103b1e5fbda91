#include "renderer.h"

/* Catmull-Rom weight at distance |t| cells. */
static float cubic(float t) {
  t = t < 0.0f ? -t : t;
  if (t < 1.0f) return (1.5f * t - 2.5f) * t * t + 1.0f;
  if (t < 2.0f) return ((-0.5f * t + 2.5f) * t - 4.0f) * t + 2.0f;
  return 0.0f;
}

/* The cells [first, first + count) that a pixel reads along one axis, and how much of each. */
typedef struct span {
  int first, count;
  float centre, footprint;
} span;

static span span_of(float centre, float footprint) {
  float reach = footprint > 1.0f ? 0.5f * footprint : 2.0f;
  int first = (int)(centre - reach + 1024.0f) - 1024; /* floor for coordinates above -1024 */
  return (span){.first = first, .count = (int)(2.0f * reach) + 2, .centre = centre, .footprint = footprint};
}

/* Cell i covers [i, i + 1): its share of the footprint, or its interpolation weight. */
static float weight(const span *s, int i) {
  if (s->footprint <= 1.0f) return cubic(s->centre - ((float)i + 0.5f));
  float from = s->centre - 0.5f * s->footprint, to = s->centre + 0.5f * s->footprint;
  float a = from > (float)i ? from : (float)i, b = to < (float)(i + 1) ? to : (float)(i + 1);
  return b > a ? (b - a) / s->footprint : 0.0f;
}

static float corner_mean(const float *plane, int w, int h) {
  return 0.25f * (plane[0] + plane[w - 1] + plane[(h - 1) * w] + plane[h * w - 1]);
}

static uint8_t to_byte(float v) {
  float b = (v + 1.0f) * 127.5f + 0.5f;
  return (uint8_t)(b > 0.0f ? b < 255.0f ? b : 255.0f : 0.0f); /* a NaN is 0: casting one is undefined */
}

void cdf_render_rows(uint8_t *dst, int width, int height, int y0, int y1, const float *lattice, int w, int h,
                     int channels, const float *mean) {
  /* Cells per pixel: the axis that is tighter decides, so that nothing is cut off. */
  float across = (float)w / (float)width, down = (float)h / (float)height, s = across > down ? across : down;
  for (int y = y0; y < y1; y++)
    for (int x = 0; x < width; x++, dst += channels) {
      float cx = ((float)x + 0.5f - 0.5f * (float)width) * s + 0.5f * (float)w;
      float cy = ((float)y + 0.5f - 0.5f * (float)height) * s + 0.5f * (float)h;
      bool outside = cx < 0.0f || cy < 0.0f || cx >= (float)w || cy >= (float)h;
      span sx = span_of(cx, s), sy = span_of(cy, s);
      for (int c = 0; c < channels; c++) {
        const float *plane = lattice + (size_t)c * (size_t)w * (size_t)h;
        float sum = 0.0f;
        for (int j = 0; j < sy.count && !outside; j++) {
          float wy = weight(&sy, sy.first + j), row = 0.0f;
          if (wy == 0.0f) continue;
          const float *line = plane + (size_t)cdf_clamp(sy.first + j, 0, h - 1) * (size_t)w;
          for (int i = 0; i < sx.count; i++) row += weight(&sx, sx.first + i) * line[cdf_clamp(sx.first + i, 0, w - 1)];
          sum += wy * row;
        }
        dst[c] = to_byte((outside ? corner_mean(plane, w, h) : sum) + mean[c]);
      }
    }
}
