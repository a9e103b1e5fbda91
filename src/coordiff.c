#include "coordiff.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mathx.h"
#include "render/renderer.h"

static cdf_status check_world(const cdf_world *w, const cdf_config *c, cdf_error *err) {
  int across = cdf_world_most(c, CDF_AXIS_X), down = cdf_world_most(c, CDF_AXIS_Y);
  if (w->width >= 1 && w->width <= across && w->height >= 1 && w->height <= down && w->x > -CDF_MAX_WORLD &&
      w->x < CDF_MAX_WORLD && w->y > -CDF_MAX_WORLD && w->y < CDF_MAX_WORLD)
    return CDF_OK;
  return cdf_fail(
      err, CDF_USAGE,
      "a world of %d x %d cells at (%d, %d) cannot be made: it may have from 1 to %d cells across and from 1 to %d "
      "down, at a place within %d of the origin",
      w->width, w->height, w->x, w->y, across, down, CDF_MAX_WORLD);
}

/* Where band b of n begins among `height` rows; the next one's beginning is its end. */
static int band(int b, int n, int height) { return (int)((int64_t)height * b / n); }

/* ---- from noise to a lattice ---- */

struct cdf_process {
  const cdf_model *model;
  void *block;
  cdf_sampler sampler;
  cdf_world world;
  int n_bands; /* as many as threads, but no more than rows */
  int pass;    /* that is being done */
};

cdf_status cdf_process_create(cdf_process **out, const cdf_model *model, const cdf_world *asked, int n_threads,
                              const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  cdf_world world = cdf_world_of(asked, &model->net.config);
  cdf_status status = check_world(&world, &model->net.config, err);
  if (status != CDF_OK) return status;
  int n_bands = cdf_clamp(n_threads, 1, world.height);
  size_t bytes = cdf_sampler_bytes(&model->net, &world, n_bands);
  cdf_process *p = calloc(1, sizeof *p);
  if (p) p->block = cdf_aligned_zalloc(bytes);
  if (!p || !p->block) {
    free(p);
    return cdf_fail_memory(err, bytes);
  }
  p->model = model, p->world = world, p->n_bands = n_bands;
  cdf_sampler_init(&p->sampler, &model->net, &world, model->params, n_bands, k, p->block);
  *out = p;
  return CDF_OK;
}

cdf_world cdf_process_world(const cdf_process *p) { return p->world; }

void cdf_process_free(cdf_process *p) {
  if (!p) return;
  cdf_aligned_free(p->block);
  free(p);
}

cdf_status cdf_process_start(cdf_process *p, const cdf_sample_options *options, cdf_error *err) {
  cdf_sample_options o = *options;
  cdf_status status = cdf_model_resolve(p->model, &o, err);
  return status == CDF_OK ? cdf_sampler_start(&p->sampler, &o, err) : status;
}

static void do_band(void *context, int b) {
  cdf_process *p = context;
  int y0 = band(b, p->n_bands, p->world.height), y1 = band(b + 1, p->n_bands, p->world.height);
  cdf_sampler_pass_part(&p->sampler, p->pass, &(cdf_world){0, y0, p->world.width, y1 - y0}, b);
}

cdf_status cdf_process_step(cdf_process *p, const cdf_parallel *parallel, cdf_error *err) {
  if (cdf_process_done(p)) return CDF_OK;
  cdf_process_prepare(p);
  for (p->pass = 0; p->pass < cdf_sampler_passes(&p->sampler); p->pass++) {
    cdf_sampler_prepare_pass(&p->sampler, p->pass);
    cdf_parallel_for(parallel, do_band, p, p->n_bands);
  }
  cdf_process_blend(p);
  return cdf_process_advance(p, err);
}

int cdf_process_evaluations(const cdf_process *p) { return cdf_sampler_n_evaluations(&p->sampler); }
int cdf_process_evaluation(const cdf_process *p) { return p->sampler.evaluation; }
bool cdf_process_done(const cdf_process *p) { return cdf_sampler_done(&p->sampler); }
void cdf_process_prepare(cdf_process *p) { cdf_sampler_prepare(&p->sampler); }
void cdf_process_rows(cdf_process *p, int y0, int y1) {
  cdf_sampler_part(&p->sampler, &(cdf_world){0, y0, p->world.width, y1 - y0});
}
void cdf_process_blend(cdf_process *p) { cdf_sampler_blend(&p->sampler); }
cdf_status cdf_process_advance(cdf_process *p, cdf_error *err) { return cdf_sampler_advance(&p->sampler, err); }

/* Numbers in a lattice of the world. */
static size_t numbers(const cdf_world *world, const cdf_model *model) {
  return cdf_world_cells(world) * (size_t)model->net.config.channels;
}

void cdf_process_put(cdf_process *p, const float *clean) {
  memcpy(p->sampler.clean, clean, numbers(&p->world, p->model) * sizeof *clean);
}

const float *cdf_process_clean(const cdf_process *p) { return p->sampler.clean; }

const float *cdf_process_state(cdf_process *p) {
  size_t n = numbers(&p->world, p->model);
  for (size_t i = 0; i < n; i++) p->sampler.state[i] = (float)p->sampler.z[i];
  return p->sampler.state;
}

void cdf_process_denoise(cdf_process *p, float *out, const float *z, float sigma, int label) {
  cdf_denoiser *d = &p->sampler.denoiser;
  cdf_denoiser_prepare(d, z, sigma, 0.25f * cdf_logf(sigma), 0);
  cdf_denoiser_condition(d, label, p->sampler.k);
  cdf_denoiser_part(out, d, &(cdf_world){0, 0, p->world.width, p->world.height}, 0, p->sampler.k);
}

const float *cdf_process_tile(cdf_process *p, const float *rows, int m) {
  cdf_denoiser *d = &p->sampler.denoiser;
  return cdf_denoiser_tile(d, rows ? rows : d->rows, m, p->sampler.k);
}

/* ---- from a lattice to pixels ---- */

/* A renderer makes codes as it needs them and keeps them, so every thread has its own. */
typedef struct artist {
  cdf_renderer renderer;
  bool loaded; /* has it the current lattice? */
} artist;

struct cdf_picture {
  const cdf_model *model;
  void *block;
  artist *artists; /* [n_threads] */
  cdf_world world;
  float *lattice;
  bool is_plain;
  int n_threads;
  struct { /* what is being drawn */
    uint8_t *pixels;
    int width, height;
    const cdf_view *view;
  } canvas;
};

cdf_status cdf_picture_create(cdf_picture **out, const cdf_model *model, const cdf_world *asked, int n_threads,
                              const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  const cdf_config *c = &model->net.config;
  const cdf_render_net *net = model->render_params ? &model->render : NULL;
  cdf_world world = cdf_world_of(asked, c);
  cdf_status status = check_world(&world, c, err);
  if (status != CDF_OK) return status;
  size_t one = cdf_renderer_bytes(&world, c->channels, net), lattice = numbers(&world, model);
  size_t bytes = (size_t)n_threads * one + cdf_arena_cost(lattice, sizeof(float));
  cdf_picture *q = calloc(1, sizeof *q);
  if (q) q->block = cdf_aligned_zalloc(bytes);
  if (q) q->artists = calloc((size_t)n_threads, sizeof *q->artists);
  if (!q || !q->block || !q->artists) {
    cdf_picture_free(q);
    return cdf_fail_memory(err, bytes);
  }
  q->model = model, q->world = world, q->n_threads = n_threads;
  for (int i = 0; i < n_threads; i++)
    cdf_renderer_init(&q->artists[i].renderer, &world, c->channels, net, model->render_params, k,
                      (unsigned char *)q->block + (size_t)i * one);
  q->lattice = (float *)((unsigned char *)q->block + (size_t)n_threads * one);
  *out = q;
  return CDF_OK;
}

cdf_world cdf_picture_world(const cdf_picture *q) { return q->world; }

void cdf_picture_free(cdf_picture *q) {
  if (!q) return;
  cdf_aligned_free(q->block);
  free(q->artists);
  free(q);
}

static void load(cdf_picture *q, const float *lattice, bool plain) {
  memcpy(q->lattice, lattice, numbers(&q->world, q->model) * sizeof *lattice);
  q->is_plain = plain;
  for (int i = 0; i < q->n_threads; i++) q->artists[i].loaded = false;
}

void cdf_picture_load(cdf_picture *q, const float *lattice) { load(q, lattice, false); }
void cdf_picture_load_plain(cdf_picture *q, const float *lattice) { load(q, lattice, true); }
const float *cdf_picture_lattice(const cdf_picture *q) { return q->lattice; }

size_t cdf_canvas_bytes(const cdf_model *model, int width, int height) {
  if (width < 1 || height < 1 || width > CDF_MAX_CANVAS || height > CDF_MAX_CANVAS) return 0;
  size_t pixels, bytes;
  return cdf_mul(&pixels, (size_t)width, (size_t)height) && cdf_mul(&bytes, pixels, (size_t)model->net.config.channels)
             ? bytes
             : 0;
}

/* Rows by one of the renderers. */
static void draw_rows(cdf_picture *q, int thread, uint8_t *pixels, int width, int height, const cdf_view *view, int y0,
                      int y1) {
  static const float no_mean[CDF_MAX_CHANNELS];
  const cdf_config *c = &q->model->net.config;
  artist *a = &q->artists[thread];
  cdf_view whole = cdf_view_fit(&q->world, width, height);
  if (!a->loaded)
    cdf_renderer_load(&a->renderer, q->lattice, c->target == CDF_TARGET_EDM ? c->mean : no_mean, q->is_plain);
  a->loaded = true;
  cdf_renderer_rows(&a->renderer, pixels, width, view ? view : &whole, y0, y1);
}

void cdf_picture_rows(cdf_picture *q, uint8_t *pixels, int width, int height, const cdf_view *view, int y0, int y1) {
  draw_rows(q, 0, pixels, width, height, view, y0, y1);
}

static void draw_band(void *context, int b) {
  cdf_picture *q = context;
  int height = q->canvas.height, y0 = band(b, q->n_threads, height), y1 = band(b + 1, q->n_threads, height);
  size_t line = (size_t)q->canvas.width * (size_t)q->model->net.config.channels;
  if (y1 > y0) draw_rows(q, b, q->canvas.pixels + line * (size_t)y0, q->canvas.width, height, q->canvas.view, y0, y1);
}

void cdf_picture_draw(cdf_picture *q, uint8_t *pixels, int width, int height, const cdf_view *view,
                      const cdf_parallel *parallel) {
  q->canvas.pixels = pixels, q->canvas.width = width, q->canvas.height = height, q->canvas.view = view;
  cdf_parallel_for(parallel, draw_band, q, q->n_threads);
}
