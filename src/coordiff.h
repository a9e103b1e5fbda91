/* coordiff.h: the public interface of coordiff: image generation without a grid.
 *
 *   cdf_error err = {0};
 *   cdf_model *model;
 *   if (cdf_model_load(&model, bytes, n_bytes, &err) != CDF_OK) die(err.text);
 *   cdf_process *p;                                                     // from noise to a lattice
 *   cdf_process_create(&p, model, NULL, 1, cdf_kernels_best(), &err);
 *   cdf_sample_options options = {.seed = 7, .label = 8};               // class 8; the model's own steps
 *   if (cdf_process_start(p, &options, &err) != CDF_OK) die(err.text);
 *   while (!cdf_process_done(p))                                        // may be drawn after every step
 *     if (cdf_process_step(p, NULL, &err) != CDF_OK) die(err.text);
 *   cdf_picture *q;                                                     // from a lattice to pixels
 *   cdf_picture_create(&q, model, NULL, 1, cdf_kernels_best(), &err);
 *   cdf_picture_load(q, cdf_process_clean(p));
 *   uint8_t *pixels = malloc(cdf_canvas_bytes(model, 640, 480));
 *   cdf_picture_draw(q, pixels, 640, 480, NULL, NULL);                  // any size: the same picture
 *   cdf_picture_free(q);
 *   cdf_process_free(p);
 *   cdf_model_free(model);
 *
 * The library prints nothing, opens no files, starts no threads, keeps no globals. Two handles may be used from two
 * threads; one handle may not. Training: see trainer.h, which this includes. Installed as <coordiff/coordiff.h>, for C
 * and C++.
 */
#ifndef COORDIFF_H
#define COORDIFF_H

#include "denoise/adopt.h"
#include "denoise/config.h"
#include "file/dataset.h"
#include "endless/endless.h"
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
#include "file/views.h"
#include "plane/world.h"

CDF_BEGIN_DECLS

#define CDF_VERSION "0.1.0"
#define CDF_MAX_CANVAS 16384  /* pixels a side */
#define CDF_MAX_WORLD 1000000 /* cells from the origin */

/* ---- from noise to a lattice ---- */

/* One reverse process of one model. The model and the kernel table are borrowed. */
typedef struct cdf_process cdf_process;

/* `world` NULL: the model's frame (Scale). A larger one (Extend) has the same noise in the same cells. n_threads: how
 * many share the rows of a step; each takes a tile of memory. CDF_USAGE when the world has no cells or more than
 * CDF_MAX_LATTICE a side. */
cdf_status cdf_process_create(cdf_process **p, const cdf_model *model, const cdf_world *world, int n_threads,
                              const cdf_kernels *k, cdf_error *err);
cdf_world cdf_process_world(const cdf_process *p);
void cdf_process_free(cdf_process *p);

/* Begin anew with these options. CDF_USAGE with a sentence when one of them is out of range. */
cdf_status cdf_process_start(cdf_process *p, const cdf_sample_options *options, cdf_error *err);

/* One evaluation of the denoiser and one update of the state. Does nothing once done. CDF_FAILED with a sentence when
 * the picture has values that are no numbers; it then stays where it was. The same bits on any threads. */
cdf_status cdf_process_step(cdf_process *p, const cdf_parallel *parallel, cdf_error *err);
int cdf_process_evaluations(const cdf_process *p); /* how many the whole takes */
int cdf_process_evaluation(const cdf_process *p);  /* how many are behind */
bool cdf_process_done(const cdf_process *p);

/* The same in parts, for callers that share the rows among copies: each prepares its own, does its band, is given the
 * whole that was gathered from all, and advances. Of a picture that starts from another, one blends the whole
 * first. */
void cdf_process_prepare(cdf_process *p);
void cdf_process_rows(cdf_process *p, int y0, int y1);
void cdf_process_put(cdf_process *p, const float *clean);
void cdf_process_blend(cdf_process *p);
cdf_status cdf_process_advance(cdf_process *p, cdf_error *err);

/* The current denoised lattice, [channels][height][width] of the world, mean subtracted; the pointer holds until the
 * next evaluation. The state z likewise, as floats. */
const float *cdf_process_clean(const cdf_process *p);
const float *cdf_process_state(cdf_process *p);

/* D(z; sigma, class) of one lattice z [C][h][w] (mean subtracted) into out: what evaluation measures. label < 0: none.
 */
void cdf_process_denoise(cdf_process *p, float *out, const float *z, float sigma, int label);

/* The network alone, as the last evaluation prepared it: F[m][CDF_LANES] of feature rows [m][n_features], m <=
 * CDF_TILE. rows may be NULL: whatever lies in the buffer for them. For benchmarks and tests. */
const float *cdf_process_tile(cdf_process *p, const float *rows, int m);

/* ---- from a lattice to pixels ---- */

/* One lattice of a world, ready to be drawn. The model and the kernel table are borrowed. */
typedef struct cdf_picture cdf_picture;

/* n_threads: how many share the rows of a canvas; each has a renderer. Fails as cdf_process_create does. */
cdf_status cdf_picture_create(cdf_picture **q, const cdf_model *model, const cdf_world *world, int n_threads,
                              const cdf_kernels *k, cdf_error *err);
cdf_world cdf_picture_world(const cdf_picture *q);
void cdf_picture_free(cdf_picture *q);

/* What is drawn from now on: lattice[C][h][w] of the world, mean subtracted, which is copied. Or, to look inside,
 * something that is no picture: by plain interpolation. */
void cdf_picture_load(cdf_picture *q, const float *lattice);
void cdf_picture_load_plain(cdf_picture *q, const float *lattice);
const float *cdf_picture_lattice(const cdf_picture *q);

/* Bytes of a canvas, 0 when width or height is not from 1 to CDF_MAX_CANVAS. */
size_t cdf_canvas_bytes(const cdf_model *model, int width, int height);

/* pixels[height][width][channels]. view NULL: the whole world, as large as it fits; otherwise any part of it at any
 * size. Or rows y0 <= y < y1 alone, by one caller at a time. */
void cdf_picture_draw(cdf_picture *q, uint8_t *pixels, int width, int height, const cdf_view *view,
                      const cdf_parallel *parallel);
void cdf_picture_rows(cdf_picture *q, uint8_t *pixels, int width, int height, const cdf_view *view, int y0, int y1);

CDF_END_DECLS

#endif
