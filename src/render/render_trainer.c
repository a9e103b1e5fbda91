#include "render_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mathx.h"
#include "../base/rng.h"

#define CROP 8 /* cells a side of a sample */
#define CELLS (CROP * CROP)

/* A point of a sample: the codes around it along each axis, counted within the crop. */
typedef struct point {
  cdf_between x, y;
} point;

/* What all shards share. */
typedef struct teaching {
  cdf_render_net net;
  cdf_train_config train;
  cdf_truth truth;
  const cdf_kernels *k;
  const float *params;
  cdf_mlp_weights cell, point;
} teaching;

/* Working memory of one shard. */
typedef struct memory {
  float *film, *dfilm, *lattice;
  float *taps, *codes, *dcodes;     /* [CELLS][...] */
  float *gathered, *d, *out, *want; /* [points][...] */
  point *points;
  cdf_tape cell, point;
} memory;

/* ---- memory ---- */

/* With arena NULL: adds up what a shard costs. Otherwise hands out its memory. */
static size_t layout(memory *s, cdf_arena *arena, const teaching *t) {
  const cdf_render_net *net = &t->net;
  size_t h = (size_t)net->config.hidden, p = (size_t)t->train.pixels;
  float *cell, *points;
  struct {
    float **at;
    size_t n;
  } parts[] = {{&s->film, (size_t)net->n_film},
               {&s->dfilm, (size_t)net->n_film},
               {&s->lattice, cdf_dataset_image_size(t->truth.lattice)},
               {&s->taps, CELLS * (size_t)net->n_taps},
               {&s->codes, CELLS * (size_t)net->n_code},
               {&s->dcodes, CELLS * (size_t)net->n_code},
               {&s->gathered, p * h},
               {&s->d, p * h},
               {&s->out, p * CDF_LANES},
               {&s->want, p * CDF_LANES},
               {&cell, cdf_tape_floats(&net->cell, CELLS)},
               {&points, cdf_tape_floats(&net->point, t->train.pixels)}};
  size_t bytes = cdf_arena_cost(p, sizeof(point));
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    bytes += cdf_arena_cost(parts[i].n, sizeof(float));
    if (arena) *parts[i].at = cdf_arena_floats(arena, parts[i].n);
  }
  if (!arena) return bytes;
  s->points = cdf_arena_alloc(arena, p, sizeof(point));
  cdf_tape_init(&s->cell, &net->cell, CELLS, cell);
  cdf_tape_init(&s->point, &net->point, t->train.pixels, points);
  return bytes;
}

static void *allocate(const void *self, cdf_arena *arena) {
  memory *s = cdf_arena_alloc(arena, 1, sizeof *s);
  layout(s, arena, self);
  return s;
}

static void start(void *self, float *params, cdf_arena *arena) {
  teaching *t = self;
  cdf_render_net_randomize(&t->net, params, t->train.seed);
  bool bf16 = t->train.bf16 && t->k->gemm_bf16;
  float *cell = cdf_arena_floats(arena, cdf_mlp_packed_floats(&t->net.cell)),
        *points = cdf_arena_floats(arena, cdf_mlp_packed_floats(&t->net.point));
  t->params = params;
  cdf_mlp_weights_init(&t->cell, &t->net.cell, params, cell, bf16);
  cdf_mlp_weights_init(&t->point, &t->net.point, params, points, bf16);
}

static void pack(void *self, int item) {
  teaching *t = self;
  int n = t->net.cell.n_layers;
  cdf_mlp_pack(item < n ? &t->cell : &t->point, t->k, item < n ? item : item - n);
}

/* ---- one sample of the batch ---- */

typedef struct draw {
  int picture, x, y; /* the crop's first cell */
  int side;          /* of the footprint, in pixels of the truth */
} draw;

static double contrast(const cdf_dataset *d, int picture, int x, int y) {
  const uint8_t *image = d->pixels + cdf_dataset_image_size(d) * (size_t)picture;
  double sum = 0, square = 0;
  for (int c = 0; c < d->n_channels; c++)
    for (int j = y; j < y + CROP; j++)
      for (int i = x; i < x + CROP; i++) {
        double v = image[(c * d->height + j) * d->width + i];
        sum += v, square += v * v;
      }
  return square - sum * sum / (CELLS * d->n_channels);
}

static draw draw_sample(const teaching *t, int sample, uint32_t step) {
  const cdf_dataset *d = t->truth.lattice;
  float u[4], v[4];
  cdf_rng_uniform4(u, t->train.seed, (cdf_counter){{(uint32_t)sample, step, CDF_STREAM_BATCH, 0}});
  cdf_rng_uniform4(v, t->train.seed, (cdf_counter){{(uint32_t)sample, step, CDF_STREAM_BATCH, 1}});
  int across = d->width - CROP + 1, down = d->height - CROP + 1;
  draw a = {.picture = cdf_min((int)(u[0] * (float)t->truth.n_pictures), t->truth.n_pictures - 1),
            .x = (int)(u[1] * (float)across),
            .y = (int)(u[2] * (float)down)};
  /* Uniform in the logarithm: every doubling of the canvas matters as much. */
  a.side = cdf_clamp((int)lroundf(cdf_expf(u[3] * cdf_logf((float)t->truth.scale))), 1, t->truth.scale);
  /* Of two crops the livelier: flat ground is learned at once. */
  draw b = a;
  b.x = (int)(v[0] * (float)across), b.y = (int)(v[1] * (float)down);
  return contrast(d, b.picture, b.x, b.y) > contrast(d, a.picture, a.x, a.y) ? b : a;
}

/* First and last corner of a footprint along one axis, in pixels of the truth: inside the picture, and its centre
 * where all the codes that it needs lie in the crop. */
static void corner_range(int *first, int *last, const teaching *t, int begin, int n_cells, int side) {
  int f = t->truth.scale, margin = (f + 2 * t->net.config.split - 1) / (2 * t->net.config.split);
  int lo = begin == 0 ? 0 : begin * f + margin, hi = (begin + CROP) * f - (begin + CROP == n_cells ? 0 : margin);
  *first = cdf_max(lo - side / 2, 0);
  *last = cdf_min(hi - (side + 1) / 2, n_cells * f - side);
}

/* Random points of a sample: their codes, their true colours. */
static void draw_points(const teaching *t, memory *s, int sample, uint32_t step, const draw *d) {
  const cdf_dataset *data = t->truth.lattice;
  int f = t->truth.scale, width = data->width * f, channels = data->n_channels, split = t->net.config.split;
  const uint8_t *fine =
      t->truth.pixels + (size_t)d->picture * (size_t)width * (size_t)(data->height * f) * (size_t)channels;
  int x_first, x_last, y_first, y_last;
  corner_range(&x_first, &x_last, t, d->x, data->width, d->side);
  corner_range(&y_first, &y_last, t, d->y, data->height, d->side);
  for (int p = 0; p < t->train.pixels; p++) {
    uint32_t words[4];
    cdf_philox(words, t->train.seed, (cdf_counter){{(uint32_t)p, (uint32_t)sample, CDF_STREAM_PIXELS, step}});
    int x = x_first + (int)(((uint64_t)words[0] * (uint64_t)(x_last - x_first + 1)) >> 32);
    int y = y_first + (int)(((uint64_t)words[1] * (uint64_t)(y_last - y_first + 1)) >> 32);
    float centre = 0.5f * (float)d->side;
    s->points[p] = (point){cdf_between_of(((float)x + centre) / (float)f - (float)d->x, split, CROP),
                           cdf_between_of(((float)y + centre) / (float)f - (float)d->y, split, CROP)};
    int sum[CDF_MAX_CHANNELS] = {0};
    for (int j = 0; j < d->side; j++)
      for (int i = 0; i < d->side; i++)
        for (int c = 0; c < channels; c++)
          sum[c] += fine[((size_t)(y + j) * (size_t)width + (size_t)(x + i)) * (size_t)channels + (size_t)c];
    /* The network adds to the bilinear colour, so what it has to say is the difference. */
    cdf_between bx = cdf_between_of(((float)x + centre) / (float)f, 1, data->width);
    cdf_between by = cdf_between_of(((float)y + centre) / (float)f, 1, data->height);
    for (int c = 0; c < channels; c++) {
      const float *plane = s->lattice + c * data->width * data->height;
      const float *top = plane + by.first * data->width, *bottom = plane + by.second * data->width;
      float upper = top[bx.first] + bx.t * (top[bx.second] - top[bx.first]);
      float lower = bottom[bx.first] + bx.t * (bottom[bx.second] - bottom[bx.first]);
      float colour = (float)sum[c] / ((float)(d->side * d->side) * 127.5f) - 1.0f;
      s->want[p * CDF_LANES + c] = colour - (upper + by.t * (lower - upper));
    }
  }
}

static cdf_film film_of(const teaching *t, const memory *s) {
  return (cdf_film){s->film, s->dfilm, t->net.n_film, t->train.pixels};
}

static void forward(const teaching *t, memory *s) {
  const cdf_codes codes = cdf_render_codes(&t->net, CROP);
  cdf_mlp_forward(s->codes, &s->cell, &t->cell, s->taps, NULL, CELLS, t->k);
  for (int p = 0; p < t->train.pixels; p++)
    cdf_codes_gather(s->gathered + p * codes.units, s->codes, &codes, s->points[p].x, s->points[p].y);
  const cdf_film film = film_of(t, s);
  cdf_mlp_forward(s->out, &s->point, &t->point, s->gathered, &film, t->train.pixels, t->k);
}

/* s->out holds the gradient by the output on entry. */
static void backward(float *grad, const teaching *t, memory *s) {
  const cdf_codes codes = cdf_render_codes(&t->net, CROP);
  const cdf_film film = film_of(t, s);
  cdf_mlp_backward(grad, s->d, &s->point, &t->point, s->out, s->gathered, &film, t->train.pixels, t->k);
  memset(s->dcodes, 0, CELLS * (size_t)t->net.n_code * sizeof(float));
  for (int p = 0; p < t->train.pixels; p++)
    cdf_codes_scatter(s->dcodes, s->d + p * codes.units, &codes, s->points[p].x, s->points[p].y);
  cdf_mlp_backward(grad, NULL, &s->cell, &t->cell, s->dcodes, s->taps, NULL, CELLS, t->k);
}

static void train_sample(const teaching *t, cdf_shard *shard, int sample) {
  memory *s = shard->memory;
  uint32_t step = (uint32_t)shard->step;
  const cdf_dataset *data = t->truth.lattice;
  draw d = draw_sample(t, sample, step);
  size_t n = cdf_dataset_image_size(data);
  const uint8_t *bytes = data->pixels + n * (size_t)d.picture;
  cdf_image_floats(s->lattice, bytes, data->n_channels, n / (size_t)data->n_channels, NULL);
  for (int i = 0; i < CELLS; i++)
    cdf_render_taps(s->taps + i * t->net.n_taps, &t->net, s->lattice, data->width, data->height, d.x + i % CROP,
                    d.y + i / CROP);
  draw_points(t, s, sample, step, &d);
  float powers[CDF_RENDER_POWERS];
  cdf_render_powers(powers, (float)d.side / (float)t->truth.scale);
  cdf_render_film(s->film, &t->net, t->params, powers);
  memset(s->dfilm, 0, (size_t)t->net.n_film * sizeof(float));
  forward(t, s);
  int m = t->train.pixels, channels = data->n_channels;
  double loss = 0, base = 0;
  float scale = 2.0f / ((float)m * (float)channels * (float)t->train.images);
  for (int p = 0; p < m; p++)
    for (int c = 0; c < CDF_LANES; c++) {
      float *out = &s->out[p * CDF_LANES + c], want = s->want[p * CDF_LANES + c];
      float error = c < channels ? *out - want : 0.0f;
      loss += (double)error * error;
      base += c < channels ? (double)want * want : 0.0;
      *out = scale * error;
    }
  shard->sums[0] += loss / ((double)m * channels);
  shard->sums[1] += base / ((double)m * channels);
  backward(shard->grad, t, s);
  const cdf_shape *film = &t->net.film;
  for (int i = 0; i < CDF_RENDER_POWERS; i++)
    for (int j = 0; j < t->net.n_film; j++)
      shard->grad[film->offset + (size_t)(i * film->ld + j)] += powers[i] * s->dfilm[j];
}

static void learn(const void *self, cdf_shard *shard) {
  for (int i = shard->first; i < shard->end; i++) train_sample(self, shard, i);
}

/* ---- the task ---- */

static const cdf_measure measures[] = {{"loss", false}, {"bilinear", false}};

static cdf_status check(const cdf_render_config *c, const cdf_train_config *train, const cdf_truth *truth,
                        cdf_error *err) {
  cdf_status status = cdf_render_config_check(c, err);
  if (status == CDF_OK) status = cdf_train_config_check(train, err);
  if (status != CDF_OK) return status;
  const cdf_dataset *d = truth->lattice;
  if (truth->n_pictures < 1 || truth->n_pictures > d->n_images || d->n_channels != c->channels || truth->scale < 2 ||
      truth->scale > 64 || d->width < CROP || d->height < CROP)
    return cdf_fail(
        err, CDF_BAD_INPUT,
        "%d pictures of %dx%d with %d channels and a truth %d times finer cannot train a renderer: it takes "
        "at least one, of at least %dx%d, with %d channels and a truth 2 to 64 times finer",
        truth->n_pictures, d->width, d->height, d->n_channels, truth->scale, CROP, CROP, c->channels);
  return CDF_OK;
}

cdf_status cdf_render_trainer_create(cdf_learner **l, const cdf_render_config *config, const cdf_train_config *train,
                                     const cdf_truth *truth, const cdf_kernels *k, cdf_error *err) {
  *l = NULL;
  cdf_status status = check(config, train, truth, err);
  if (status != CDF_OK) return status;
  teaching *t = calloc(1, sizeof *t);
  if (!t) return cdf_fail_memory(err, sizeof *t);
  *t = (teaching){.train = *train, .truth = *truth, .k = k};
  cdf_render_net_init(&t->net, config);
  const cdf_task task = {.self = t,
                         .tensors = &t->net.tensors,
                         .measures = measures,
                         .n_measures = 2,
                         .bytes = cdf_arena_cost(cdf_mlp_packed_floats(&t->net.cell), sizeof(float)) +
                                  cdf_arena_cost(cdf_mlp_packed_floats(&t->net.point), sizeof(float)),
                         .shard_bytes = cdf_arena_cost(1, sizeof(memory)) + layout(&(memory){0}, NULL, t),
                         .start = start,
                         .allocate = allocate,
                         .n_pack = t->net.cell.n_layers + t->net.point.n_layers,
                         .pack = pack,
                         .learn = learn,
                         .format = CDF_RENDER_FORMAT,
                         .prefix = "renderer.",
                         .config = &t->net.config,
                         .config_bytes = sizeof t->net.config,
                         .fields = cdf_render_fields};
  return cdf_learner_create(l, &task, train, k, 0, 1, err);
}

const cdf_render_net *cdf_render_trainer_net(const cdf_learner *l) {
  return &((const teaching *)cdf_learner_task(l)->self)->net;
}
