/* test_cli_fastest.c: the table to train with is one of this processor's, and no slow one. */
#include "../src/cli/fastest.h"

#include <string.h>

#include "test.h"

TEST(it_is_one_of_this_processors_tables) {
  for (int bf16 = 0; bf16 < 2; bf16++) {
    const cdf_kernels *k = cli_fastest_kernels(bf16);
    CHECK(k && cdf_kernels_named(k->name) == k);
  }
}

/* Every table here is several times as fast as the portable one, which comes last. */
TEST(portable_is_chosen_where_there_is_no_other) {
  bool alone = cdf_kernels_best() == &cdf_kernels_portable;
  CHECK((cli_fastest_kernels(true) == &cdf_kernels_portable) == alone);
}

int main(void) {
  RUN(it_is_one_of_this_processors_tables);
  RUN(portable_is_chosen_where_there_is_no_other);
  return test_report();
}
