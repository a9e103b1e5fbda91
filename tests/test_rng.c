/* test_rng.c: the generator against published vectors, and what is made of it against formulas and statistics. */
#include "../src/base/rng.h"

#include <stdlib.h>

#include "test.h"

#define SEED 0x0123456789abcdefull
#define TAU 6.283185307179586

static cdf_counter at(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return (cdf_counter){{a, b, c, d}}; }

/* kat_vectors of Random123 (Salmon et al. 2011), lines "philox4x32 10": counter, key, expected. */
TEST(known_answers) {
  static const uint32_t v[3][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                    {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
                                     0x94fdcceb, 0x5001e420, 0x24126ea1}};
  for (int i = 0; i < 3; i++) {
    uint32_t out[4];
    cdf_philox(out, (uint64_t)v[i][5] << 32 | v[i][4], at(v[i][0], v[i][1], v[i][2], v[i][3]));
    for (int j = 0; j < 4; j++) CHECK(out[j] == v[i][6 + j]);
  }
}

/* Flipping any one of the 64 key bits or 128 counter bits flips about half of the output. */
TEST(every_input_bit_matters) {
  for (int bit = 0; bit < 192; bit++) {
    int flipped = 0;
    for (uint32_t trial = 0; trial < 16; trial++) {
      cdf_counter c = at(trial * 7919, trial, 3, 5), d = c;
      uint64_t key = SEED + trial, other = key;
      if (bit < 128)
        d.v[bit / 32] ^= 1u << bit % 32;
      else
        other ^= 1ull << (bit - 128);
      uint32_t a[4], b[4];
      cdf_philox(a, key, c);
      cdf_philox(b, other, d);
      for (int i = 0; i < 4; i++)
        for (uint32_t x = a[i] ^ b[i]; x; x &= x - 1) flipped++;
    }
    CHECK_NEAR(flipped / 2048.0, 0.5, 0.06); /* deviation 0.011 */
  }
}

TEST(uniforms) {
  enum { N = 50000 };
  double sum = 0, square = 0, low = 1, high = 0;
  int bins[16] = {0};
  for (uint32_t i = 0; i < N; i++) {
    float u[4];
    uint32_t words[4];
    cdf_rng_uniform4(u, SEED, at(i, 1, 2, 3));
    cdf_philox(words, SEED, at(i, 1, 2, 3));
    for (int j = 0; j < 4; j++) {
      if (!(u[j] >= 0.0f && u[j] < 1.0f) || (double)u[j] != (words[j] >> 8) / 16777216.0) {
        CHECK(!"a uniform is not its word's upper 24 bits");
        return;
      }
      sum += u[j], square += (double)u[j] * u[j], bins[(int)(u[j] * 16)]++;
      if (u[j] < low) low = u[j];
      if (u[j] > high) high = u[j];
    }
  }
  CHECK_NEAR(sum / (4 * N), 0.5, 5 * 0.2887 / sqrt(4.0 * N));
  CHECK_NEAR(square / (4 * N), 1.0 / 3, 5 * 0.298 / sqrt(4.0 * N));
  CHECK(low < 1e-4 && high > 1 - 1e-4);
  for (int b = 0; b < 16; b++) CHECK_NEAR(bins[b] / (4.0 * N), 1 / 16.0, 5 * sqrt(15.0 / 256 / (4 * N)));
}

/* Box and Muller's formula in double on the same words. */
TEST(normals_follow_the_formula) {
  double worst = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    float n[4];
    uint32_t w[4];
    cdf_rng_normal4(n, SEED, at(i, 9, CDF_STREAM_NOISE, 4));
    cdf_philox(w, SEED, at(i, 9, CDF_STREAM_NOISE, 4));
    for (int pair = 0; pair < 2; pair++) {
      double radius = sqrt(-2 * log(((w[2 * pair] >> 8) + 1) / 16777216.0));
      double angle = (w[2 * pair + 1] >> 8) / 16777216.0 * TAU;
      double a = fabs(n[2 * pair] - radius * cos(angle)), b = fabs(n[2 * pair + 1] - radius * sin(angle));
      if (!(a <= worst)) worst = a;
      if (!(b <= worst)) worst = b;
    }
  }
  CHECK_NEAR(worst, 0, 4e-6);
}

TEST(normals_have_normal_moments) {
  enum { N = 50000 };
  double m[4] = {0}, lanes[4][4] = {{0}}, inside[3] = {0}, most = 0;
  for (uint32_t i = 0; i < N; i++) {
    float n[4];
    cdf_rng_normal4(n, 7, at(i % 250, i / 250, CDF_STREAM_INIT, 0));
    for (int j = 0; j < 4; j++) {
      double x = n[j];
      m[0] += x, m[1] += x * x, m[2] += x * x * x, m[3] += x * x * x * x;
      for (int k = 0; k < 3; k++) inside[k] += fabs(x) < k + 1;
      if (!(fabs(x) <= most)) most = fabs(x);
      for (int k = 0; k < j; k++) lanes[j][k] += x * n[k];
    }
  }
  double count = 4.0 * N, s = 5 / sqrt(count); /* five deviations of a mean of unit variance */
  CHECK_NEAR(m[0] / count, 0, s);
  CHECK_NEAR(m[1] / count, 1, s * sqrt(2));
  CHECK_NEAR(m[2] / count, 0, s * sqrt(15));
  CHECK_NEAR(m[3] / count, 3, s * sqrt(96));
  CHECK_NEAR(inside[0] / count, 0.682689, s * 0.4655);
  CHECK_NEAR(inside[1] / count, 0.954500, s * 0.2084);
  CHECK_NEAR(inside[2] / count, 0.997300, s * 0.0519);
  CHECK(most > 4 && most < 5.78); /* sqrt(48 ln 2) is the largest there is */
  for (int j = 0; j < 4; j++)
    for (int k = 0; k < j; k++) CHECK_NEAR(lanes[j][k] / N, 0, 5 / sqrt(N));
}

static double correlation(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
  return sum / (double)n;
}

TEST(streams_are_independent) {
  enum { N = 20000 };
  float *base = malloc(N * sizeof *base), *other = malloc((N + 4) * sizeof *other);
  cdf_rng_normal_fill(base, N, SEED, at(0, 5, CDF_STREAM_INIT, 0));
  for (uint32_t stream = CDF_STREAM_ANCESTRAL; stream <= CDF_STREAM_EVAL; stream++) {
    cdf_rng_normal_fill(other, N, SEED, at(0, 5, stream, 0));
    CHECK_NEAR(correlation(base, other, N), 0, 5 / sqrt(N));
  }
  cdf_rng_normal_fill(other, N, SEED + 1, at(0, 5, CDF_STREAM_INIT, 0)); /* next seed */
  CHECK_NEAR(correlation(base, other, N), 0, 5 / sqrt(N));
  cdf_rng_normal_fill(other, N, SEED, at(0, 6, CDF_STREAM_INIT, 0)); /* next row */
  CHECK_NEAR(correlation(base, other, N), 0, 5 / sqrt(N));
  cdf_rng_normal_fill(other, N, SEED, at(0, 5, CDF_STREAM_INIT, 1)); /* next step */
  CHECK_NEAR(correlation(base, other, N), 0, 5 / sqrt(N));
  cdf_rng_normal_fill(other, N + 4, SEED, at(0, 5, CDF_STREAM_INIT, 0));
  CHECK_NEAR(correlation(base, other + 1, N), 0, 5 / sqrt(N)); /* neighbours within and across draws */
  CHECK_NEAR(correlation(base, other + 4, N), 0, 5 / sqrt(N));
  CHECK_NEAR(correlation(base, other, N), 1, 0.05); /* and the measure itself sees a copy */
  free(base);
  free(other);
}

TEST(fill_equals_draws_and_any_prefix) {
  enum { N = 41 };
  float whole[44], part[N + 4];
  for (uint32_t i = 0; i < 11; i++) cdf_rng_normal4(whole + 4 * i, SEED, at(100 + i, 2, 3, 4));
  for (size_t n = 0; n <= N; n++) {
    for (int i = 0; i < N + 4; i++) part[i] = 123.0f;
    cdf_rng_normal_fill(part, n, SEED, at(100, 2, 3, 4));
    CHECK(memcmp(part, whole, n * sizeof(float)) == 0);
    for (size_t i = n; i < N + 4; i++) CHECK(part[i] == 123.0f);
  }
  /* The first counter word wraps around; the others stay as they are. */
  float wrapped[8], expected[8];
  cdf_rng_normal_fill(wrapped, 8, SEED, at(0xffffffffu, 2, 3, 4));
  cdf_rng_normal4(expected, SEED, at(0xffffffffu, 2, 3, 4));
  cdf_rng_normal4(expected + 4, SEED, at(0, 2, 3, 4));
  CHECK(memcmp(wrapped, expected, sizeof wrapped) == 0);
}

TEST(a_row_equals_its_draws) {
  for (uint32_t first = 0xfffffff8u; first != 40; first += 8) { /* wraps around within the first row */
    float row[4][CDF_RNG_ROW], one[4];
    cdf_rng_normal_row(row, SEED, at(first, 2, 3, 4));
    for (uint32_t i = 0; i < CDF_RNG_ROW; i++) {
      cdf_rng_normal4(one, SEED, at(first + i, 2, 3, 4));
      for (int k = 0; k < 4; k++) CHECK(row[k][i] == one[k]);
    }
  }
}

int main(void) {
  RUN(known_answers);
  RUN(every_input_bit_matters);
  RUN(uniforms);
  RUN(normals_follow_the_formula);
  RUN(normals_have_normal_moments);
  RUN(streams_are_independent);
  RUN(fill_equals_draws_and_any_prefix);
  RUN(a_row_equals_its_draws);
  return test_report();
}
