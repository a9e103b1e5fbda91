/* coordiff.h: the public interface of coordiff: image generation without a grid.
 *
 *   cdf_error err = {0};
 *   cdf_model *model;
 *   if (cdf_model_load(&model, bytes, n_bytes, &err) != CDF_OK) die(err.text);
 *   cdf_generation *g;
 *   cdf_generation_create(&g, model, NULL, cdf_kernels_best(), &err);
 *   cdf_sample_options options = {.seed = 7, .label = 8};               // class 8; the model's own steps
 *   if (cdf_generation_start(g, &options, &err) != CDF_OK) die(err.text);
 *   while (!cdf_generation_done(g))                                     // may be rendered after every step
 *     if (cdf_generation_step(g, &err) != CDF_OK) die(err.text);
 *   uint8_t *pixels = malloc(cdf_canvas_bytes(model, 640, 480));
 *   cdf_generation_render(g, pixels, 640, 480, NULL, 0, 480);           // any size: the same picture
 *   cdf_generation_free(g);
 *   cdf_model_free(model);
 *
 * The library prints nothing, opens no files, starts no threads, keeps no globals. Two handles may be used from two
 * threads; one handle may not. Training: see trainer.h, which this includes. Installed as <coordiff/coordiff.h>, for C
 * and C++.
 */
#ifndef COORDIFF_H
#define COORDIFF_H

#include "net/config.h"
#include "file/dataset.h"
#include "denoise/endless.h"
#include "kernels/kernels.h"
#include "file/model.h"
#include "file/pack.h"
#include "denoise/options.h"
#include "base/parallel.h"
#include "file/png.h"
#include "denoise/sampler.h"
#include "base/status.h"
#include "denoise/trainer.h"
#include "file/training.h"
#include "plane/world.h"

CDF_BEGIN_DECLS

#define CDF_VERSION "0.1.0"
#define CDF_MAX_CANVAS 16384  /* pixels a side */
#define CDF_MAX_WORLD 1000000 /* cells from the origin */

/* One reverse process of one model. The model and the kernel table are borrowed. */
typedef struct cdf_generation cdf_generation;

/* `world` NULL: the model's frame (Scale). A larger one (Extend) has the same noise in the same cells. CDF_USAGE when
 * it has no cells or more than CDF_MAX_LATTICE a side. */
cdf_status cdf_generation_create(cdf_generation **g, const cdf_model *model, const cdf_world *world,
                                 const cdf_kernels *k, cdf_error *err);
cdf_world cdf_generation_world(const cdf_generation *g);
void cdf_generation_free(cdf_generation *g);

/* Begin anew with these options. CDF_USAGE with a sentence when one of them is out of range. */
cdf_status cdf_generation_start(cdf_generation *g, const cdf_sample_options *options, cdf_error *err);

/* One evaluation of the denoiser and one update of the state. Does nothing once done. CDF_FAILED with a sentence when
 * the picture has values that are no numbers; it then stays where it was. */
cdf_status cdf_generation_step(cdf_generation *g, cdf_error *err);
int cdf_generation_evaluations(const cdf_generation *g); /* how many the whole takes */
int cdf_generation_evaluation(const cdf_generation *g);  /* how many are behind */
bool cdf_generation_done(const cdf_generation *g);

/* The same in three parts, for callers that share the rows among workers: each prepares its own copy, does its band,
 * gets the others' bands written into cdf_generation_clean, and advances. */
void cdf_generation_prepare(cdf_generation *g);
void cdf_generation_rows(cdf_generation *g, int y0, int y1);
cdf_status cdf_generation_advance(cdf_generation *g, cdf_error *err);

/* The current denoised lattice, [channels][height][width] of the world, mean subtracted; it may be written to, as long
 * as that is done before the next rendering; the pointer holds until the next evaluation. The state z likewise, as
 * floats. */
float *cdf_generation_clean(cdf_generation *g);
const float *cdf_generation_state(cdf_generation *g);

/* Bytes of a canvas, 0 when width or height is not from 1 to CDF_MAX_CANVAS. */
size_t cdf_canvas_bytes(const cdf_model *model, int width, int height);

/* Canvas rows y0 <= y < y1 of the clean lattice: pixels[y - y0][width][channels]. view NULL: the whole world, as large
 * as it fits; otherwise any part of it at any size. */
void cdf_generation_render(cdf_generation *g, uint8_t *pixels, int width, int height, const cdf_view *view, int y0,
                           int y1);

/* The same of another lattice [C][h][w] in its place, mean subtracted, by plain interpolation: to look inside. */
void cdf_generation_render_lattice(cdf_generation *g, const float *lattice, uint8_t *pixels, int width, int height,
                                   const cdf_view *view, int y0, int y1);

/* D(z; sigma, class) of one lattice z [C][h][w] (mean subtracted) into out: what evaluation measures. label < 0: none.
 */
void cdf_generation_denoise(cdf_generation *g, float *out, const float *z, float sigma, int label);

/* The network alone, as the last evaluation prepared it: F[m][CDF_LANES] of feature rows [m][n_features], m <=
 * CDF_TILE. rows may be NULL: whatever lies in the buffer for them. For benchmarks and tests. */
const float *cdf_generation_tile(cdf_generation *g, const float *rows, int m);

CDF_END_DECLS

#endif
