/* test.h: the whole test framework. Runs natively, under sanitizers and as WASM in Node.
 *
 *   TEST(adds_up) { CHECK(1 + 1 == 2); CHECK_NEAR(0.1 + 0.2, 0.3, 1e-12); }
 *   int main(void) { RUN(adds_up); return test_report(); }
 *
 * A failing CHECK prints where and what, marks the test as failed and goes on. test_report prints
 * "N passed, N failed" and returns non-zero when anything failed or nothing ran.
 */
#ifndef CDF_TEST_H
#define CDF_TEST_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int test_n_passed, test_n_failed, test_current_failed;

#define TEST(name) static void test_##name(void)
#define RUN(name)                                                    \
  do {                                                               \
    test_current_failed = 0;                                         \
    test_##name();                                                   \
    if (test_current_failed)                                         \
      test_n_failed++;                                               \
    else                                                             \
      test_n_passed++;                                               \
    printf("%s %s\n", test_current_failed ? "FAIL" : "ok  ", #name); \
    fflush(stdout);                                                  \
  } while (0)

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      printf("  %s:%d: CHECK(%s)\n", __FILE__, __LINE__, #condition); \
      test_current_failed = 1;                                        \
    }                                                                 \
  } while (0)

#define CHECK_NEAR(a, b, tolerance)                                                                   \
  do {                                                                                                \
    double test_a = (a), test_b = (b);                                                                \
    if (!(fabs(test_a - test_b) <= (tolerance))) {                                                    \
      printf("  %s:%d: %s = %.9g, expected %.9g within %g\n", __FILE__, __LINE__, #a, test_a, test_b, \
             (double)(tolerance));                                                                    \
      test_current_failed = 1;                                                                        \
    }                                                                                                 \
  } while (0)

#define CHECK_TEXT(text, part)                                                                 \
  do {                                                                                         \
    if (!strstr((text), (part))) {                                                             \
      printf("  %s:%d: \"%s\" does not contain \"%s\"\n", __FILE__, __LINE__, (text), (part)); \
      test_current_failed = 1;                                                                 \
    }                                                                                          \
  } while (0)

static int test_report(void) {
  printf("%d passed, %d failed\n", test_n_passed, test_n_failed);
  return test_n_failed > 0 || test_n_passed == 0;
}

#endif
