/* wasm_api.c: the boundary between the engine and web/engine/engine.js, its only caller.
 *
 * Exported are the functions below and those of coordiff.h that already take and return nothing but numbers and
 * pointers; exports.txt lists them all. Pointers that JavaScript gets as a result are malloc'd and freed by it, except
 * cdf_wasm_error, cdf_wasm_kernels and what belongs to a process. A status or a pointer of 0 says whether it went
 * well; the sentence is in cdf_wasm_error. One instance serves one thread, so the last error may be static.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "last_error.h"

#define MAX_PIXELS (4096 * 2048) /* keeps a canvas and the writing of its PNG under 256 MB */

enum { VIEW_STATE = 1, VIEW_RESIDUAL /* VIEW_RESIDUAL + l: blur level l of the state */ };

cdf_error cdf_wasm_last_error;

/* { int32 code; char text[] } of the last failure. */
const cdf_error *cdf_wasm_error(void);
const cdf_error *cdf_wasm_error(void) { return &cdf_wasm_last_error; }

const char *cdf_wasm_kernels(void);
const char *cdf_wasm_kernels(void) { return cdf_kernels_best()->name; }

/* ---- models ---- */

/* Cells of a patch of its world without end; 0 for a model that has a frame along both axes. */
static int patch_side(const cdf_config *c, cdf_axis axis) { return cdf_is_endless(c) ? cdf_patch_side(c, axis) : 0; }

cdf_model *cdf_wasm_model_load(const void *bytes, size_t n_bytes);
cdf_model *cdf_wasm_model_load(const void *bytes, size_t n_bytes) {
  cdf_model *model;
  cdf_model_load(&model, bytes, n_bytes, &cdf_wasm_last_error);
  return model;
}

/* Text that grows; once an allocation failed, nothing more is appended. */
typedef struct text {
  char *p;
  size_t n, room;
  bool failed;
} text;

static void put(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (t->n + (size_t)n + 1 > t->room) {
    size_t room = 2 * (t->n + (size_t)n) + 1024;
    char *grown = t->failed ? NULL : realloc(t->p, room);
    if (!grown) {
      t->failed = true;
      return;
    }
    t->p = grown, t->room = room;
  }
  va_start(args, format);
  t->n += (size_t)vsnprintf(t->p + t->n, t->room - t->n, format, args);
  va_end(args);
}

static void put_string(text *t, const char *s) {
  put(t, "\"");
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\' || c < 0x20)
      put(t, "\\u%04x", c);
    else
      put(t, "%c", c);
  }
  put(t, "\"");
}

/* "key":value of these fields, with commas; numbers of 64 bits are none of JavaScript's. */
static void put_fields(text *t, const void *object, const cdf_field *fields) {
  for (const cdf_field *f = fields; f->key; f++) {
    char value[256];
    if (f->type == CDF_FIELD_U64) continue;
    cdf_field_print(value, sizeof value, object, f);
    put(t, f == fields ? "\"%s\":" : ",\"%s\":", f->key);
    if (f->type == CDF_FIELD_NAME || f->type == CDF_FIELD_ENUM)
      put_string(t, value);
    else if (f->type == CDF_FIELD_INDEX && strcmp(value, "none") == 0)
      put(t, "null");
    else
      put(t, f->count > 1 ? "[%s]" : "%s", value);
  }
}

/* One JSON object, as `coordiff info --json` prints it, without the tensors, with the sides of a patch, the most cells
 * of a world, and what sampling begins with. */
char *cdf_wasm_model_info(const cdf_model *m);
char *cdf_wasm_model_info(const cdf_model *m) {
  text t = {0};
  put(&t, "{\"parameters\":%zu,\"macs_per_pixel\":%zu,\"macs_per_image\":%zu,", m->net.tensors.n_params,
      cdf_network_pixel_macs(&m->net), cdf_network_image_macs(&m->net));
  put_fields(&t, &m->net.config, cdf_config_fields);
  put(&t, ",\"sample\":{");
  put_fields(&t, &m->sample, cdf_sample_fields + 1); /* behind the seed */
  put(&t, "}");
  const cdf_config *c = &m->net.config;
  put(&t, ",\"patch_width\":%d,\"patch_height\":%d", patch_side(c, CDF_AXIS_X), patch_side(c, CDF_AXIS_Y));
  put(&t, ",\"world_width\":%d,\"world_height\":%d", cdf_world_most(c, CDF_AXIS_X), cdf_world_most(c, CDF_AXIS_Y));
  put(&t, ",\"renderer\":");
  if (m->render_params)
    put(&t, "{\"parameters\":%zu,\"macs_per_point\":%zu,\"macs_per_cell\":%zu}", m->render.tensors.n_params,
        cdf_render_net_point_macs(&m->render), cdf_render_net_cell_macs(&m->render));
  else
    put(&t, "null");
  put(&t, ",\"notes\":{");
  for (int i = 0; i < m->n_notes; i++) {
    if (i > 0) put(&t, ",");
    put_string(&t, m->notes[i].key);
    put(&t, ":");
    put_string(&t, m->notes[i].value);
  }
  put(&t, "}}");
  if (!t.failed) return t.p;
  free(t.p);
  cdf_fail_memory(&cdf_wasm_last_error, t.room);
  return NULL;
}

/* ---- from noise to a lattice ---- */

/* A process of the cells x .. x + width, y .. y + height of the plane; width 0: of the model's frame. */
cdf_process *cdf_wasm_process_create(const cdf_model *model, int x, int y, int width, int height);
cdf_process *cdf_wasm_process_create(const cdf_model *model, int x, int y, int width, int height) {
  cdf_process *p;
  cdf_world world = {x, y, width, height};
  cdf_process_create(&p, model, width == 0 ? NULL : &world, 1, cdf_kernels_best(), &cdf_wasm_last_error);
  return p;
}

/* What lines of key=value (cdf_sample_fields) say, and else the model. */
static cdf_status read_options(cdf_sample_options *options, const cdf_model *model, const char *lines) {
  *options = model->sample;
  return cdf_sample_read(options, lines, &cdf_wasm_last_error);
}

/* source and mask are borrowed until the next start that succeeds. */
cdf_status cdf_wasm_process_start(cdf_process *p, const cdf_model *model, const char *lines, const float *source,
                                  const float *mask);
cdf_status cdf_wasm_process_start(cdf_process *p, const cdf_model *model, const char *lines, const float *source,
                                  const float *mask) {
  cdf_sample_options options;
  cdf_status status = read_options(&options, model, lines);
  options.source = source, options.mask = mask;
  return status == CDF_OK ? cdf_process_start(p, &options, &cdf_wasm_last_error) : status;
}

cdf_status cdf_wasm_process_advance(cdf_process *p);
cdf_status cdf_wasm_process_advance(cdf_process *p) { return cdf_process_advance(p, &cdf_wasm_last_error); }

/* Numbers in the lattice of a process: channels, too. */
static size_t numbers(const cdf_process *p, const cdf_config *c) {
  cdf_world world = cdf_process_world(p);
  return (size_t)c->channels * cdf_world_cells(&world);
}

/* Bring noise down to the contrast of the data, which sd is the deviation of; leave what is calmer. */
static void limit_contrast(float *x, size_t n, double sd) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  double rms = sqrt(sum / (double)n);
  if (rms > sd && sd > 0)
    for (size_t i = 0; i < n; i++) x[i] *= (float)(sd / rms);
}

/* Blur level `level` of the state z, that the network's features are made of. */
static cdf_status blur_level(float *out, const float *z, const cdf_process *p, const cdf_config *c, int level) {
  cdf_world world = cdf_process_world(p);
  size_t plane = cdf_world_cells(&world);
  float *scratch = malloc(plane * sizeof(float));
  if (!scratch) return cdf_fail_memory(&cdf_wasm_last_error, plane * sizeof(float));
  for (size_t ch = 0; ch < (size_t)c->channels; ch++)
    cdf_scalespace_blur(out + ch * plane, z + ch * plane, scratch, world.width, world.height, level,
                        cdf_features_border(c, CDF_AXIS_X), cdf_features_border(c, CDF_AXIS_Y));
  bool own = c->target == CDF_TARGET_EDM && c->scaling != CDF_SCALING_BAND;
  limit_contrast(out, numbers(p, c), own ? (double)c->level_sd[level] : 1.0);
  free(scratch);
  return CDF_OK;
}

/* What lies behind the picture, as a lattice in visible range, to be drawn plainly. */
cdf_status cdf_wasm_process_look(float *out, cdf_process *p, const cdf_model *model, int view);
cdf_status cdf_wasm_process_look(float *out, cdf_process *p, const cdf_model *model, int view) {
  const cdf_config *c = &model->net.config;
  if (view < VIEW_STATE || view >= VIEW_RESIDUAL + cdf_max(1, c->n_levels))
    return cdf_fail(&cdf_wasm_last_error, CDF_USAGE, "view is %d, but this model has views %d to %d", view, VIEW_STATE,
                    VIEW_RESIDUAL + c->n_levels - 1);
  const float *z = cdf_process_state(p), *clean = cdf_process_clean(p);
  size_t n = numbers(p, c), plane = n / (size_t)c->channels;
  double sd = c->target == CDF_TARGET_EDM ? (double)c->sigma_data : 1.0;
  if (view > VIEW_RESIDUAL) return blur_level(out, z, p, c, view - VIEW_RESIDUAL);
  for (size_t i = 0; i < n; i++) out[i] = view == VIEW_STATE ? z[i] : z[i] - clean[i];
  limit_contrast(out, n, sd);
  /* No residual is mid-grey, whatever mean the renderer adds. */
  for (size_t i = 0; i < n && view == VIEW_RESIDUAL && c->target == CDF_TARGET_EDM; i++) out[i] -= c->mean[i / plane];
  return CDF_OK;
}

/* ---- patches of a world without end ---- */

cdf_patcher *cdf_wasm_patcher_create(const cdf_model *model);
cdf_patcher *cdf_wasm_patcher_create(const cdf_model *model) {
  cdf_patcher *p;
  cdf_patcher_create(&p, model, cdf_kernels_best(), &cdf_wasm_last_error);
  return p;
}

cdf_status cdf_wasm_patcher_start(cdf_patcher *p, const cdf_model *model, const char *lines);
cdf_status cdf_wasm_patcher_start(cdf_patcher *p, const cdf_model *model, const char *lines) {
  cdf_sample_options options;
  cdf_status status = read_options(&options, model, lines);
  return status == CDF_OK ? cdf_patcher_start(p, &options, &cdf_wasm_last_error) : status;
}

/* Patches of n numbers; around: nine of them in a row, of which those beyond a frame are not read, nor any at
 * evaluation 0. */
cdf_status cdf_wasm_patcher_advance(cdf_patcher *p, float *next, float *clean, const float *around,
                                    const float *previous, int n, int i, int j, int evaluation);
cdf_status cdf_wasm_patcher_advance(cdf_patcher *p, float *next, float *clean, const float *around,
                                    const float *previous, int n, int i, int j, int evaluation) {
  const float *nine[9];
  for (int k = 0; k < 9; k++) nine[k] = around + k * n;
  return cdf_patcher_advance(p, next, clean, nine, previous, i, j, evaluation, &cdf_wasm_last_error);
}

/* ---- from a lattice to pixels ---- */

cdf_picture *cdf_wasm_picture_create(const cdf_model *model, int x, int y, int width, int height);
cdf_picture *cdf_wasm_picture_create(const cdf_model *model, int x, int y, int width, int height) {
  cdf_picture *q;
  cdf_picture_create(&q, model, &(cdf_world){x, y, width, height}, 1, cdf_kernels_best(), &cdf_wasm_last_error);
  return q;
}

/* pixels[n][channels] at the end of rgba[n][4] -> rgba, front to back: a pixel is read before anything overwrites it.
 */
static void expand(uint8_t *rgba, size_t n, int channels) {
  const uint8_t *p = rgba + n * (size_t)(4 - channels);
  for (; n > 0; n--, p += channels, rgba += 4) {
    uint8_t red = p[0], green = channels > 2 ? p[1] : red, blue = channels > 2 ? p[2] : red;
    uint8_t alpha = channels == 4 ? p[3] : channels == 2 ? p[1] : 255;
    rgba[0] = red, rgba[1] = green, rgba[2] = blue, rgba[3] = alpha;
  }
}

/* Canvas rows y0 <= y < y1 as rgba[y - y0][width][4], of the lattice that was loaded. The canvas's
 * upper left corner is the point (x, y) of the plane and a pixel is `pitch` cells wide; pitch 0: the whole world. */
cdf_status cdf_wasm_picture_render(cdf_picture *q, const cdf_model *model, uint8_t *rgba, int width, int height, int y0,
                                   int y1, double x, double y, double pitch);
cdf_status cdf_wasm_picture_render(cdf_picture *q, const cdf_model *model, uint8_t *rgba, int width, int height, int y0,
                                   int y1, double x, double y, double pitch) {
  const cdf_config *c = &model->net.config;
  if (cdf_canvas_bytes(model, width, height) == 0)
    return cdf_fail(&cdf_wasm_last_error, CDF_USAGE,
                    "a canvas of %d x %d pixels cannot be drawn: choose sides from 1 to %d", width, height,
                    CDF_MAX_CANVAS);
  if ((int64_t)width * height > MAX_PIXELS)
    return cdf_fail(&cdf_wasm_last_error, CDF_USAGE,
                    "a canvas of %d x %d has %.1f million pixels, the limit here is %.1f; choose a smaller "
                    "size, or use the command line program",
                    width, height, (double)width * height * 1e-6, MAX_PIXELS * 1e-6);
  if (y0 < 0 || y1 > height || y0 > y1)
    return cdf_fail(&cdf_wasm_last_error, CDF_USAGE, "rows %d to %d do not lie on a canvas of %d rows", y0, y1, height);
  if (!(fabs(x) <= CDF_MAX_WORLD && fabs(y) <= CDF_MAX_WORLD && (pitch == 0 || (pitch >= 1e-4 && pitch <= 256))))
    return cdf_fail(&cdf_wasm_last_error, CDF_USAGE,
                    "the window at (%g, %g) with %g cells a pixel cannot be drawn: it must lie within %d cells of the "
                    "origin, with 0.0001 to 256 cells a pixel",
                    x, y, pitch, CDF_MAX_WORLD);
  const cdf_view window = {x, y, pitch}, *shown = pitch == 0 ? NULL : &window;
  size_t n = (size_t)width * (size_t)(y1 - y0);
  uint8_t *packed = rgba + n * (size_t)(4 - c->channels);
  cdf_picture_rows(q, packed, width, height, shown, y0, y1);
  expand(rgba, n, c->channels);
  return CDF_OK;
}

/* ---- PNG ---- */

/* Channels that say all there is in rgba[n][4]: grey 1, opaque 3, else 4. */
static int channels_needed(const uint8_t *rgba, size_t n) {
  bool grey = true;
  for (size_t i = 0; i < n; i++, rgba += 4) {
    if (rgba[3] != 255) return 4;
    grey = grey && rgba[0] == rgba[1] && rgba[1] == rgba[2];
  }
  return grey ? 1 : 3;
}

/* rgba[height][width][4], which is overwritten, to a PNG of as few channels as it needs; its size in *n_bytes. */
unsigned char *cdf_wasm_png_encode(size_t *n_bytes, uint8_t *rgba, int width, int height, const char *parameters);
unsigned char *cdf_wasm_png_encode(size_t *n_bytes, uint8_t *rgba, int width, int height, const char *parameters) {
  size_t n = (size_t)width * (size_t)height;
  int channels = channels_needed(rgba, n);
  for (size_t i = 0; i < n && channels < 4; i++)
    for (int c = 0; c < channels; c++) rgba[i * (size_t)channels + (size_t)c] = rgba[4 * i + (size_t)c];
  unsigned char *bytes;
  cdf_png_encode(&bytes, n_bytes, rgba, width, height, channels, parameters, &cdf_wasm_last_error);
  return bytes;
}

/* *text is malloc'd, or NULL when the PNG has no such chunk. */
cdf_status cdf_wasm_png_parameters(char **parameters, const void *bytes, size_t n_bytes);
cdf_status cdf_wasm_png_parameters(char **parameters, const void *bytes, size_t n_bytes) {
  return cdf_png_parameters(parameters, bytes, n_bytes, &cdf_wasm_last_error);
}
