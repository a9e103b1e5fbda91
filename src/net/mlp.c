#include "mlp.h"

#include <assert.h>
#include <math.h>

/* ---- the list ---- */

cdf_layer *cdf_mlp_add(cdf_mlp *net, const cdf_shape *weight, const cdf_shape *bias, cdf_activation after) {
  assert(net->n_layers < CDF_MLP_MAX_LAYERS);
  cdf_layer *l = &net->layers[net->n_layers];
  int inputs = net->n_layers == 0 ? net->n_inputs : l[-1].units;
  *l = (cdf_layer){.inputs = inputs, .units = inputs, .scale = CDF_NONE, .shift = CDF_NONE, .after = after};
  if (weight) l->weight = *weight, l->units = weight->ld, l->bound = sqrtf(6.0f / (float)weight->rows);
  if (bias) l->bias = *bias;
  net->n_layers++;
  return l;
}

static void fill(float *at, int n, float value) {
  for (int i = 0; i < n; i++) at[i] = value;
}

void cdf_mlp_randomize(float *params, float *film, const cdf_mlp *net, uint64_t seed) {
  for (const cdf_layer *l = net->layers; l < net->layers + net->n_layers; l++) {
    if (l->bound > 0.0f) cdf_shape_uniform(params, &l->weight, seed, l->weight.index, l->bound);
    if (l->scale != CDF_NONE) fill(film + l->scale, l->units, l->gain);
  }
}

size_t cdf_mlp_macs(const cdf_mlp *net) {
  size_t sum = 0;
  for (int i = 0; i < net->n_layers; i++) sum += cdf_shape_size(&net->layers[i].weight);
  return sum;
}

static bool has_product(const cdf_layer *l) { return l->weight.rows > 0; }

/* Does something happen to its input before the product? */
static bool is_entered(const cdf_layer *l) { return l->before != CDF_ACT_IDENTITY || l->normed; }

/* May its product be in bfloat16? */
static bool may_be_paired(const cdf_layer *l) { return has_product(l) && !l->exact && !l->normed; }

/* Is a shift all that happens to the product? */
static bool is_plain(const cdf_layer *l) { return l->after == CDF_ACT_IDENTITY && l->scale == CDF_NONE; }

static int widest(const cdf_mlp *net) {
  int n = net->n_inputs;
  for (int i = 0; i < net->n_layers; i++) n = cdf_max(n, net->layers[i].units);
  return n;
}

static size_t again_offset(const cdf_layer *l) { return l->weight.offset + (size_t)l->inputs * (size_t)l->units; }

static const float *film_part(const float *film, int place) { return place == CDF_NONE ? NULL : film + place; }

/* What is added to each row of a layer's product. */
static const float *shift_of(const cdf_layer *l, const float *params, const float *film, const float *zeros) {
  return l->bias.rows > 0 ? params + l->bias.offset : l->shift != CDF_NONE ? film + l->shift : zeros;
}

static void add(float *restrict y, const float *restrict x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* ---- packed weights ---- */

size_t cdf_mlp_packed_floats(const cdf_mlp *net) {
  size_t n = 0;
  for (int i = 0; i < net->n_layers; i++) n += cdf_shape_size(&net->layers[i].weight);
  return n;
}

void cdf_mlp_weights_init(cdf_mlp_weights *w, const cdf_mlp *net, const float *params, float *packed, bool bf16) {
  *w = (cdf_mlp_weights){.net = net, .params = params};
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    if (!has_product(l)) continue;
    cdf_linear_init(&w->linears[i], l->inputs, l->units, params + l->weight.offset, packed, bf16 && may_be_paired(l));
    if (packed) packed += cdf_linear_packed_words(l->inputs, l->units);
    if (!l->reads_input) continue;
    cdf_linear_init(&w->again[i], net->n_inputs, l->units, params + again_offset(l), packed, false);
    if (packed) packed += cdf_linear_packed_words(net->n_inputs, l->units);
  }
}

void cdf_mlp_pack(cdf_mlp_weights *w, const cdf_kernels *k, int layer) {
  if (has_product(&w->net->layers[layer])) cdf_linear_pack(&w->linears[layer], k);
  if (w->net->layers[layer].reads_input) cdf_linear_pack(&w->again[layer], k);
}

/* ---- tape ---- */

/* Units of the widest gradient that backward holds, and of the widest layer that may be in bfloat16. */
static void backward_widths(int *passed, int *paired, const cdf_mlp *net) {
  *passed = *paired = 0;
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    if (i > 0) *passed = cdf_max(*passed, l->inputs);
    if (!is_plain(l)) *passed = cdf_max(*passed, l->units);
    if (may_be_paired(l)) *paired = cdf_max(*paired, cdf_max(l->inputs, l->units));
  }
}

/* With block NULL: adds up what a tape costs. Otherwise hands out its memory. */
static size_t tape_layout(cdf_tape *t, const cdf_mlp *net, int max_rows, float *block) {
  size_t m = (size_t)max_rows, wide = (size_t)widest(net), n = 0;
  int passed, paired;
  backward_widths(&passed, &paired, net);
#define PART(at, floats) (at = block ? block + n : NULL, n += (floats))
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    if (is_entered(l) || may_be_paired(l)) PART(t->entered[i], m * (size_t)l->inputs);
    bool last = i == net->n_layers - 1, shared = is_plain(l) && has_product(l); /* the last output is the caller's */
    if (has_product(l) && !(last && shared)) PART(t->product[i], m * (size_t)l->units);
    if (shared)
      t->output[i] = t->product[i];
    else if (!last)
      PART(t->output[i], m * (size_t)l->units);
  }
  for (int i = 0; i < 3; i++) PART(t->spare[i], m * (size_t)passed);
  PART(t->zeros, wide);
  PART(t->sink, wide);
  float *scratch;
  PART(scratch, 2 * cdf_linear_scratch_words(max_rows, paired));
  t->scratch = (uint32_t *)(void *)scratch;
#undef PART
  return n;
}

size_t cdf_tape_floats(const cdf_mlp *net, int max_rows) {
  cdf_tape unused;
  return tape_layout(&unused, net, max_rows, NULL);
}

void cdf_tape_init(cdf_tape *tape, const cdf_mlp *net, int max_rows, float *block) {
  tape_layout(tape, net, max_rows, block);
  fill(tape->zeros, widest(net), 0.0f);
}

/* ---- rows of one size (Zhang & Sennrich 2019, without gains) ---- */

#define NORMED_RMS 0.5f

/* NORMED_RMS over the root mean square of a row. */
static float norm_scale(const float *x, int n) {
  float sum = 0.0f;
  for (int i = 0; i < n; i++) sum += x[i] * x[i];
  return NORMED_RMS / sqrtf(sum / (float)n + 1e-6f);
}

static void norm_rows(float *y, const float *x, int m, int n) {
  for (int r = 0; r < m; r++, x += n, y += n) {
    float scale = norm_scale(x, n);
    for (int i = 0; i < n; i++) y[i] = scale * x[i];
  }
}

/* d, the gradient of y = scale x, becomes that of x: what y grows by along itself is lost. */
static void norm_rows_backward(float *d, const float *y, const float *x, int m, int n) {
  for (int r = 0; r < m; r++, d += n, y += n, x += n) {
    float scale = norm_scale(x, n), along = 0.0f;
    for (int i = 0; i < n; i++) along += d[i] * y[i];
    along /= NORMED_RMS * NORMED_RMS * (float)n;
    for (int i = 0; i < n; i++) d[i] = scale * (d[i] - along * y[i]);
  }
}

/* ---- forward ---- */

/* Rows that share a scale and a shift: those of an image; without FiLM all. */
static int shared_rows(const cdf_film *film, int m) { return film ? cdf_min(film->rows, m) : m; }

/* The FiLM row of the image whose rows begin at `row`. */
static const float *film_row(const cdf_film *film, int row) {
  return film ? film->film + (size_t)(row / film->rows) * (size_t)film->size : NULL;
}

static void forward_affine(float *y, const float *g, const cdf_tape *t, const cdf_mlp_weights *w, const cdf_layer *l,
                           const cdf_film *film, int m, const cdf_kernels *k) {
  size_t ld = (size_t)l->units;
  int rows = shared_rows(film, m);
  for (int r = 0; r < m; r += rows) {
    const float *at = film_row(film, r);
    k->affine_act(y + (size_t)r * ld, g + (size_t)r * ld, film_part(at, l->scale), shift_of(l, w->params, at, t->zeros),
                  l->after, cdf_min(rows, m - r), l->units, ld);
  }
}

/* What goes into the product of layer i, if that is not h itself. */
static void enter(float *to, const float *h, const cdf_tape *t, const cdf_mlp_weights *w, int i, int m,
                  const cdf_kernels *k) {
  const cdf_layer *l = &w->net->layers[i];
  size_t in = (size_t)l->inputs;
  if (l->normed)
    norm_rows(to, h, m, l->inputs);
  else if (cdf_linear_is_bf16(&w->linears[i]))
    k->bf16_act((uint32_t *)(void *)to, h, l->before, m, l->inputs, in);
  else if (is_entered(l))
    k->affine_act(to, h, NULL, t->zeros, l->before, m, l->inputs, in);
}

/* What was entered, or h. */
static cdf_rows rows_entered(const cdf_tape *t, const cdf_mlp_weights *w, int i, const float *h) {
  const float *entered = t->entered[i];
  if (cdf_linear_is_bf16(&w->linears[i])) return (cdf_rows){.pairs = (const uint32_t *)(const void *)entered};
  return (cdf_rows){.floats = is_entered(&w->net->layers[i]) ? entered : h};
}

void cdf_mlp_forward(float *out, cdf_tape *t, const cdf_mlp_weights *w, const float *x, const cdf_film *film, int m,
                     const cdf_kernels *k) {
  const cdf_mlp *net = w->net;
  const float *h = x;
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    size_t ld = (size_t)l->units;
    bool last = i == net->n_layers - 1;
    float *y = last ? out : t->output[i], *g = last && is_plain(l) ? out : t->product[i];
    enter(t->entered[i], h, t, w, i, m, k);
    if (has_product(l)) cdf_linear_forward(g, rows_entered(t, w, i, h), &w->linears[i], m, false, k);
    if (l->reads_input) cdf_linear_forward(g, (cdf_rows){.floats = x}, &w->again[i], m, true, k);
    forward_affine(y, has_product(l) ? g : is_entered(l) ? t->entered[i] : h, t, w, l, film, m, k);
    if (l->residual) add(y, t->output[i - l->residual], (size_t)m * ld);
    h = y;
  }
}

/* ---- backward ---- */

/* The gradient of one layer on its way down. */
typedef struct descent {
  const cdf_mlp_weights *w;
  cdf_tape *tape;
  const float *x;
  const cdf_film *film;
  float *grad;
  int m;
  const cdf_kernels *k;
  const float *d;   /* gradient of the present layer's output, then of its product, unless it is made in pairs alone */
  cdf_rows product; /* gradient of its product, as the layer takes it */
  float *waiting;   /* gradient that a residual has carried past a layer, */
  int waits_for;    /* and the layer whose output it is of */
} descent;

/* A spare that is neither of these. */
static float *spare(const cdf_tape *t, const float *a, const float *b) {
  int i = 0;
  while (t->spare[i] == a || t->spare[i] == b) i++;
  return t->spare[i];
}

/* What the layer was given, before its product. */
static const float *input_of(const descent *s, int i) { return i == 0 ? s->x : s->tape->output[i - 1]; }

/* From the gradient of the output to that of the product, and of scale and shift, for the rows of one image from row r
 * on: into `pairs` or into `to`. Both NULL: nothing happens to it. */
static void backward_affine_rows(const descent *s, const cdf_layer *l, float *to, uint32_t *pairs, const float *g,
                                 int r, int m) {
  size_t ld = (size_t)l->units, at = (size_t)r * ld;
  const float *film = film_row(s->film, r), *d = s->d + at;
  const float *scale = film_part(film, l->scale), *shift = shift_of(l, s->w->params, film, s->tape->zeros);
  float *dfilm = s->film ? s->film->dfilm + (film - s->film->film) : NULL;
  float *dscale = l->scale == CDF_NONE ? NULL : dfilm + l->scale;
  float *dshift = l->bias.rows > 0 ? s->grad + l->bias.offset : l->shift != CDF_NONE ? dfilm + l->shift : NULL;
  float *sums = dshift ? dshift : s->tape->sink;
  if (pairs)
    s->k->bf16_affine_act_backward(pairs + at / 2, d, g + at, scale, shift, dscale, sums, l->after, m, l->units, ld);
  else if (to)
    s->k->affine_act_backward(to + at, d, g + at, scale, shift, dscale, sums, l->after, m, l->units, ld);
  else
    for (int i = 0; i < m && dshift; i++) add(dshift, d + (size_t)i * ld, ld);
}

/* `to` may be NULL: any memory. */
static void backward_affine(descent *s, int i, float *to) {
  const cdf_layer *l = &s->w->net->layers[i];
  uint32_t *pairs = cdf_linear_is_bf16(&s->w->linears[i]) ? s->tape->scratch : NULL;
  bool straight = pairs && !is_plain(l) && !l->reads_input; /* into pairs; V would need floats as well */
  if (!to && !is_plain(l) && !straight) to = spare(s->tape, s->d, s->waiting);
  int rows = shared_rows(s->film, s->m);
  for (int r = 0; r < s->m; r += rows)
    backward_affine_rows(s, l, to, straight ? pairs : NULL, has_product(l) ? s->tape->product[i] : s->x, r,
                         cdf_min(rows, s->m - r));
  if (to) s->d = to;
  s->product = (cdf_rows){.floats = s->d};
  if (!pairs) return;
  if (!straight) s->k->bf16_pair_columns(pairs, s->d, (size_t)l->units, s->m, l->units);
  s->product = (cdf_rows){.pairs = pairs};
}

static void backward_weights(const descent *s, int i) {
  const cdf_layer *l = &s->w->net->layers[i];
  const cdf_rows d = {.floats = s->d}, x = {.floats = s->x};
  uint32_t *scratch = s->tape->scratch + cdf_pad(s->m * l->units / 2); /* behind the pairs */
  cdf_linear_backward_weight(s->grad + l->weight.offset, s->product, rows_entered(s->tape, s->w, i, input_of(s, i)),
                             &s->w->linears[i], s->m, s->k, scratch);
  if (l->reads_input) cdf_linear_backward_weight(s->grad + again_offset(l), d, x, &s->w->again[i], s->m, s->k, scratch);
}

/* From the gradient of the product to that of the layer's input, joined by what a residual has carried there. */
static void backward_input(descent *s, int i) {
  const cdf_layer *l = &s->w->net->layers[i];
  bool joins = s->waiting && s->waits_for == i - 1, entered = is_entered(l);
  bool direct = joins && !entered && s->d != s->waiting;
  float *to = direct ? s->waiting : spare(s->tape, s->d, s->waiting);
  cdf_linear_backward_input(to, s->product, &s->w->linears[i], s->m, direct, s->k);
  if (l->normed)
    norm_rows_backward(to, s->tape->entered[i], input_of(s, i), s->m, l->inputs);
  else if (entered)
    s->k->affine_act_backward(to, to, input_of(s, i), NULL, s->tape->zeros, NULL, s->tape->sink, l->before, s->m,
                              l->inputs, (size_t)l->inputs);
  if (joins && !direct) add(s->waiting, to, (size_t)s->m * (size_t)l->inputs), to = s->waiting;
  if (joins) s->waiting = NULL;
  s->d = to;
}

void cdf_mlp_backward(float *grad, float *dx, cdf_tape *tape, const cdf_mlp_weights *w, const float *dout,
                      const float *x, const cdf_film *film, int m, const cdf_kernels *k) {
  descent s = {.w = w, .tape = tape, .x = x, .film = film, .grad = grad, .m = m, .k = k, .d = dout};
  const cdf_layer *layers = w->net->layers;
  bool more = false; /* does dx hold something already? */
  for (int i = w->net->n_layers - 1; i >= 0; i--) {
    float *carried = layers[i].residual ? (float *)(uintptr_t)s.d : NULL; /* a spare: the last layer has no residual */
    if (carried) s.waiting = carried, s.waits_for = i - layers[i].residual;
    backward_affine(&s, i, has_product(&layers[i]) ? NULL : dx);
    if (!has_product(&layers[i])) {
      assert(!more);
      return;
    }
    backward_weights(&s, i);
    if (layers[i].reads_input && dx)
      cdf_linear_backward_input(dx, (cdf_rows){.floats = s.d}, &w->again[i], m, more, k), more = true;
    if (i > 0) backward_input(&s, i);
  }
  if (dx) cdf_linear_backward_input(dx, s.product, &w->linears[0], m, more, k);
}

/* ---- inference ---- */

/* With block NULL: adds up what a folded network costs. Otherwise hands out its memory: tiles first, so that they and
 * the rows before them lie together. */
/* Numbers of a row of the widest layer; the input and the output are the caller's. */
static size_t widest_inner(const cdf_mlp *net) {
  int wide = 0;
  for (int i = 1; i < net->n_layers; i++) wide = cdf_max(wide, net->layers[i].inputs);
  return (size_t)wide;
}

static size_t folded_layout(cdf_folded *f, const cdf_mlp *net, float *block) {
  size_t n = 0, weights = 0, carried = 0;
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    if (l->scale != CDF_NONE) weights += cdf_shape_size(&l->weight);
    if (l->residual) carried += (size_t)l->units;
  }
#define PART(at, floats) (at = block ? block + n : NULL, n += (floats))
  PART(f->weights, weights);
  PART(f->carried, carried);
  PART(f->zeros, (size_t)widest(net));
#undef PART
  return n;
}

size_t cdf_folded_floats(const cdf_mlp *net) {
  cdf_folded unused;
  return folded_layout(&unused, net, NULL);
}

size_t cdf_tile_floats(const cdf_mlp *net, int max_rows) { return 3 * (size_t)max_rows * widest_inner(net); }

void cdf_folded_init(cdf_folded *f, const cdf_mlp *net, const float *params, int max_rows, float *block) {
  *f = (cdf_folded){.net = net, .params = params, .max_rows = max_rows};
  folded_layout(f, net, block);
  fill(f->zeros, widest(net), 0.0f);
}

void cdf_mlp_unfolded(cdf_folded *f, const float *film) {
  for (int i = 0; i < f->net->n_layers; i++) {
    const cdf_layer *l = &f->net->layers[i];
    f->layers[i] = (cdf_folded_layer){.weight = f->params + l->weight.offset,
                                      .enter = f->zeros,
                                      .scale = film_part(film, l->scale),
                                      .shift = shift_of(l, f->params, film, f->zeros)};
  }
}

/* W diag(scale): a scale per unit before the activation is a scale per column of the weights. */
static float *fold_scale(float *out, const cdf_layer *l, const float *w, const float *scale) {
  for (int r = 0; r < l->weight.rows; r++, w += l->units, out += l->units)
    for (int c = 0; c < l->units; c++) out[c] = w[c] * scale[c];
  return out;
}

void cdf_mlp_fold(cdf_folded *f, const float *film) {
  float *weights = f->weights, *carried = f->carried;
  cdf_mlp_unfolded(f, film);
  for (int i = 0; i < f->net->n_layers; i++) {
    const cdf_layer *l = &f->net->layers[i], *next = l + 1;
    assert(!l->normed);
    cdf_folded_layer *at = &f->layers[i];
    if (l->scale != CDF_NONE && has_product(l)) {
      at->weight = weights, at->scale = NULL;
      weights = fold_scale(weights, l, f->params + l->weight.offset, film + l->scale);
    }
    /* Where the next layer begins with an activation, the shift waits for it: it is never added to h itself, and a
     * product goes straight to the output that it is residual to. */
    if (i + 1 == f->net->n_layers || l->after != CDF_ACT_IDENTITY || next->before == CDF_ACT_IDENTITY) continue;
    at[1].enter = at->shift;
    if (l->residual) {
      for (int j = 0; j < l->units; j++) carried[j] = at[1 - l->residual].enter[j] + at->shift[j];
      at[1].enter = carried, carried += l->units;
      at->in_place = true;
    }
    at->shift = NULL;
  }
}

/* A tile that is none of these. */
static float *free_tile(float *tiles, size_t size, const float *a, const float *b, const float *c) {
  while (tiles == a || tiles == b || tiles == c) tiles += size;
  return tiles;
}

void cdf_mlp_tile(float *out, const cdf_folded *f, float *tiles, const float *x, int m, const cdf_kernels *k) {
  const cdf_mlp *net = f->net;
  size_t size = (size_t)f->max_rows * widest_inner(net);
  float *outputs[CDF_MLP_MAX_LAYERS];
  const float *h = x;
  for (int i = 0; i < net->n_layers; i++) {
    const cdf_layer *l = &net->layers[i];
    const cdf_folded_layer *at = &f->layers[i];
    size_t in = (size_t)l->inputs, ld = (size_t)l->units;
    const float *from = h, *beside = l->residual ? outputs[i - l->residual] : NULL;
    if (l->before != CDF_ACT_IDENTITY) {
      float *entered = free_tile(tiles, size, h, beside, NULL);
      k->affine_act(entered, h, NULL, at->enter, l->before, m, l->inputs, in);
      from = entered;
    }
    float *y = at->in_place             ? outputs[i - l->residual]
               : i == net->n_layers - 1 ? out
                                        : free_tile(tiles, size, h, from, beside);
    if (has_product(l)) k->gemm(y, ld, from, in, 1, at->weight, ld, m, l->units, l->inputs, at->in_place);
    if (l->reads_input)
      k->gemm(y, ld, x, (size_t)net->n_inputs, 1, at->weight + in * ld, ld, m, l->units, net->n_inputs, true);
    if (at->shift) k->affine_act(y, has_product(l) ? y : from, at->scale, at->shift, l->after, m, l->units, ld);
    if (beside && !at->in_place) add(y, beside, (size_t)m * ld);
    outputs[i] = y;
    h = y;
  }
}
