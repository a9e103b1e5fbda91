/* denoiser.h: D(z; sigma, class) over a lattice, the way sampling needs it: everything constant over an image is folded
 * into the weights once, then rows of pixels are independent.
 *
 *   cdf_denoiser_prepare(d, z, sigma, time, evaluation);      // features: once per evaluation
 *   cdf_denoiser_condition(d, label, k);                      // conditioning, folding: once per class
 *   cdf_denoiser_part(out, d, &part, 0, k);                   // any split into parts gives the same bits
 *
 * Source of the form: Karras et al. 2022, equation 7. out = c_skip z + c_out F, or F itself when target = previous.
 */
#ifndef CDF_DENOISER_H
#define CDF_DENOISER_H

#include "featurize.h"
#include "../kernels/kernels.h"
#include "network.h"

CDF_BEGIN_DECLS

/* Pixels that go through the network together: a tile's activations stay in the second-level cache. */
#define CDF_TILE 64

typedef struct cdf_denoiser {
  const cdf_network *net;
  cdf_features features;
  float *cond, *film; /* one conditioning row and what comes of it */
  float *told;        /* the row that the folded weights are of, */
  int without;        /* and the block that they are without, */
  bool is_folded;     /* if they are */
  cdf_mlp_weights cond_weights;
  cdf_tape cond_tape;
  cdf_folded body;
  const cdf_mlp_weights *learned; /* as training has them, instead of the folded body; NULL: not */
  cdf_tape *tape;
  int n_threads;
  float *rows, *answer, *tiles; /* [n_threads][CDF_TILE] features, outputs, and what lies between them */
  double sigma, skip, out;      /* noise level and EDM coefficients of the prepared evaluation */
  int origin;                   /* of the grid of squares: 0 or 1 with a stride of 2 */
  bool coarse;                  /* every square answers for twice its size */
  const float *state;
} cdf_denoiser;

/* n_threads: how many parts may be done at once; each has a tile of its own. */
size_t cdf_denoiser_floats(const cdf_network *net, const cdf_world *world, int n_threads);
/* net and params are borrowed, and stay as they are; world NULL is the model's frame; block holds cdf_denoiser_floats
 * and is aligned. */
void cdf_denoiser_init(cdf_denoiser *d, const cdf_network *net, const cdf_world *world, const float *params,
                       int n_threads, float *block);

/* From here on run the body as training does, in its arithmetic (bfloat16, where it packs so), on one thread; weights
 * and tape (of CDF_TILE rows at least) are borrowed. */
void cdf_denoiser_use_learned(cdf_denoiser *d, const cdf_mlp_weights *weights, cdf_tape *tape);

/* Set up the evaluation at `state` [C][h][w] (borrowed until the rows are done): what every class shares. EDM: sigma >
 * 0. Previous: time in [-1, 1]. `evaluation` counts those of a run: with a stride of 2 the squares that are answered
 * together begin at even cells of the plane in one and at odd cells in the next, so that no border of theirs stays. */
void cdf_denoiser_prepare(cdf_denoiser *d, const float *state, float sigma, float time, int evaluation);

/* From here to the next cdf_denoiser_prepare, with a stride of 2, one square answers for the 4x4 cells about it, by the
 * plane through its answers: a quarter of the work. For much noise, under which D is smooth, and where it is not is not
 * seen. The squares of 4x4 cells stay where they are. */
void cdf_denoiser_coarsen(cdf_denoiser *d);

/* Condition the prepared evaluation on a class and fold the weights; label < 0: no class. May be called again. */
void cdf_denoiser_condition(cdf_denoiser *d, int label, const cdf_kernels *k);

/* The same for the weak answer, from which guidance leads away: D = D_weak + w (D - D_weak). It is that without the
 * class (Ho & Salimans 2022); of a model with a weak_block, where details come to be, that of the network without this
 * block: a bad version of itself (Karras et al. 2024) that costs no training (layers are skipped so in Hyung et al.
 * 2025). */
void cdf_denoiser_condition_weak(cdf_denoiser *d, int label, const cdf_kernels *k);

/* The weight of guidance by w at this noise level: w, or 1, which is none. With a weak_block it is away from that where
 * details come to be, and the square root of w away from no class above, where more would make all pictures alike. */
float cdf_guidance_at(const cdf_config *config, int label, float w, double sigma);

/* How far it may move an answer there. Away from a network without its weak_block: a share of the noise that is left,
 * which is how far off an answer can be. So shapes of little contrast, which are decided late, are guided as much as
 * bright edges, of which more would make halos. Without a block: any distance. */
float cdf_guidance_most(const cdf_config *config, double sigma);

/* The guided answer. */
static inline float cdf_guided(float d, float weak, float w, float most) {
  float step = (w - 1.0f) * (d - weak); /* a NaN stays one */
  return d + (step > most ? most : step < -most ? -most : step);
}

/* These cells of the denoised lattice into out[C][h][w]; their place is counted from the first cell of the world. Uses
 * the tile of this thread, from 0 to n_threads - 1: one caller at a time for each. */
void cdf_denoiser_part(float *out, const cdf_denoiser *d, const cdf_world *part, int thread, const cdf_kernels *k);

/* The network alone: F[m][CDF_LANES] of feature rows x[m][F], m <= CDF_TILE. For benchmarks and tests. */
const float *cdf_denoiser_tile(cdf_denoiser *d, const float *x, int m, const cdf_kernels *k);

CDF_END_DECLS

#endif
