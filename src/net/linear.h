/* linear.h: a dense layer without bias, y = x W, and its two gradients, in float or bfloat16.
 *
 *   const cdf_rows from = {.floats = x}, by = {.floats = dy};    // of a layer in bfloat16 .pairs
 *   cdf_linear_pack(&lin, k);                                     // once per optimisation step
 *   cdf_linear_forward(y, from, &lin, m, false, k);               // false: y is set, not added to
 *   cdf_linear_backward_input(dx, by, &lin, m, false, k);
 *   cdf_linear_backward_weight(dw, by, from, &lin, m, k, scratch);
 *
 * Shapes: x[m][inputs], W[inputs][units], y[m][units]; inputs and units are multiples of CDF_LANES.
 */
#ifndef CDF_LINEAR_H
#define CDF_LINEAR_H

#include "../kernels/kernels.h"

CDF_BEGIN_DECLS

#define CDF_LINEAR_MAX_UNITS 1024 /* of a layer in bfloat16 */

typedef struct cdf_linear {
  int inputs, units;
  const float *w;     /* [inputs][units], a view into the parameter block */
  float *wt;          /* [units][inputs], packed; NULL in bfloat16 */
  uint32_t *w_pairs;  /* [inputs / 2][units], packed; NULL in float */
  uint32_t *wt_pairs; /* [units / 2][inputs], packed; NULL in float */
} cdf_linear;

/* 32-bit words of packed memory that a layer needs; the same in both precisions. */
size_t cdf_linear_packed_words(int inputs, int units);

/* Give the layer its packed memory; bf16 chooses which forms it will hold. */
void cdf_linear_init(cdf_linear *lin, int inputs, int units, const float *w, float *packed, bool bf16);

/* Refresh the packed forms after W changed. */
void cdf_linear_pack(cdf_linear *lin, const cdf_kernels *k);

/* Rows as a layer takes them: floats, or, of one in bfloat16, pairs of neighbouring columns. */
typedef union cdf_rows {
  const float *floats;   /* [m][columns] */
  const uint32_t *pairs; /* [m][columns / 2] */
} cdf_rows;

static inline bool cdf_linear_is_bf16(const cdf_linear *lin) { return lin->w_pairs != NULL; }

/* 32-bit words of scratch for m rows of a layer with at most `widest` inputs or units. */
size_t cdf_linear_scratch_words(int m, int widest);

/* y (+)= x W. */
void cdf_linear_forward(float *y, cdf_rows x, const cdf_linear *lin, int m, bool accumulate, const cdf_kernels *k);
/* dx (+)= dy W^T. */
void cdf_linear_backward_input(float *dx, cdf_rows dy, const cdf_linear *lin, int m, bool accumulate,
                               const cdf_kernels *k);
/* dw += x^T dy, dw[inputs][units]. */
void cdf_linear_backward_weight(float *dw, cdf_rows dy, cdf_rows x, const cdf_linear *lin, int m, const cdf_kernels *k,
                                uint32_t *scratch);

CDF_END_DECLS

#endif
