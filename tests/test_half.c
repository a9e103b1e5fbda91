#include "base/half.h"

#include "base/mathx.h"
#include "test.h"

TEST(halves_round_trip) {
  for (unsigned h = 0; h < 65536; h++) {
    float x = cdf_float_from_half((uint16_t)h);
    unsigned back = cdf_half_from_float(x);
    CHECK((h & 0x7FFF) > 0x7C00 ? isnan(x) && (back & 0x7FFF) > 0x7C00 : back == h);
  }
}

/* Between each two neighbours: the middle goes to the even one, anything off the middle to the nearer one. */
TEST(halves_round_to_even) {
  for (unsigned h = 0; h < 0x7C00; h++) {
    float low = cdf_float_from_half((uint16_t)h),
          high = h == 0x7BFF ? 65536.0f : cdf_float_from_half((uint16_t)(h + 1));
    float middle = 0.5f * (low + high);
    unsigned even = h + (h & 1);
    CHECK(cdf_half_from_float(middle) == even && cdf_half_from_float(-middle) == (even | 0x8000));
    CHECK(cdf_half_from_float(nextafterf(middle, low)) == h);
    CHECK(cdf_half_from_float(nextafterf(middle, high)) == h + 1);
  }
}

TEST(halves_known) {
  const float x[] = {0.0f,     -0.0f,        1.0f,        -2.0f,    0.1f,     65504.0f, 65519.0f,
                     65520.0f, 1e30f,        -INFINITY,   0x1p-14f, 0x1p-24f, 0x1p-25f, 0x1.8p-25f,
                     1e-40f,   0x1.ffcp-15f, 3.14159265f, 2049.0f,  2051.0f};
  const uint16_t h[] = {0,      0x8000, 0x3C00, 0xC000, 0x2E66, 0x7BFF, 0x7BFF, 0x7C00, 0x7C00, 0xFC00,
                        0x0400, 0x0001, 0,      0x0001, 0,      0x0400, 0x4248, 0x6800, 0x6802};
  for (size_t i = 0; i < sizeof h / sizeof *h; i++) CHECK(cdf_half_from_float(x[i]) == h[i]);
  CHECK(isnan(cdf_float_from_half(0x7E00)) && isnan(cdf_float_from_half(0xFC01)));
  CHECK(cdf_float_from_half(0x7C00) == INFINITY && cdf_float_from_half(0xFC00) == -INFINITY);
  CHECK(cdf_half_from_float(NAN) == 0x7E00 && cdf_half_from_float(-NAN) == 0xFE00);
}

int main(void) {
  RUN(halves_round_trip);
  RUN(halves_round_to_even);
  RUN(halves_known);
  return test_report();
}
