/* rng.h: counter-based random numbers: every draw is a pure function of what it is for.
 *
 *   float n[4];
 *   cdf_rng_normal4(n, seed, (cdf_counter){{3, 4, CDF_STREAM_INIT, 0}});   // same cell, same noise, anywhere
 *
 * Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * No state: crops, tiles, threads, workers and resumed runs see the same numbers.
 */
#ifndef CDF_RNG_H
#define CDF_RNG_H

#include "base.h"

typedef struct cdf_counter {
  uint32_t v[4];
} cdf_counter;

/* What a draw is for; keeps draws of different purposes apart. World noise uses (i, j, stream, step). */
enum {
  CDF_STREAM_INIT = 1,      /* initial state of the reverse process */
  CDF_STREAM_ANCESTRAL = 2, /* fresh noise of ancestral steps */
  CDF_STREAM_WEIGHTS = 3,   /* initial parameters */
  CDF_STREAM_BATCH = 4,     /* image, noise level and label dropout of a training sample */
  CDF_STREAM_NOISE = 5,     /* its noise */
  CDF_STREAM_PIXELS = 6,    /* which of its pixels are trained on */
  CDF_STREAM_EVAL = 7,      /* evaluation */
  CDF_STREAM_VIEWS = 8,     /* which parts of a picture are trained on */
  CDF_STREAM_PATH = 9       /* what a stochastic path goes through from knot to knot */
};

/* Four 32-bit words from a 64-bit key and a 128-bit counter. */
void cdf_philox(uint32_t out[4], uint64_t key, cdf_counter counter);

/* Four uniforms in [0, 1), multiples of 2^-24. */
void cdf_rng_uniform4(float out[4], uint64_t key, cdf_counter counter);

/* Four independent standard normals (Box and Muller 1958). */
void cdf_rng_normal4(float out[4], uint64_t key, cdf_counter counter);

/* The same of CDF_RNG_ROW counters side by side, at a multiple of the speed, because compilers vectorise it: out[k][i]
 * is number k of counter (c.v[0] + i, c.v[1], c.v[2], c.v[3]). */
enum { CDF_RNG_ROW = 16 };
void cdf_rng_normal_row(float out[4][CDF_RNG_ROW], uint64_t key, cdf_counter c);

/* out[0..n) normals; element i comes from counter (c.v[0] + i / 4, c.v[1], c.v[2], c.v[3]). */
void cdf_rng_normal_fill(float *out, size_t n, uint64_t key, cdf_counter c);

#endif
