#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mathx.h"
#include "../base/rng.h"
#include "featurize.h"
#include "../plane/scalespace.h"
#include "objective.h"
#include "schedule.h"
#include "teacher.h"

/* What all shards share. */
typedef struct teaching {
  cdf_network net;
  cdf_train_config train;
  const cdf_objective *objective;
  const cdf_dataset *data;
  const cdf_kernels *k;
  cdf_mlp_weights body, cond;
  float *teacher; /* its parameters, where one walks; NULL otherwise */
  cdf_mlp_weights teacher_body;
} teaching;

/* Rows that go through the network together, if a sample has fewer: so many that the weights, which do not fit the
 * caches, are worth fetching. */
#define GROUP_ROWS 384

/* Working memory of one shard: its share of the batch, one group of samples. */
typedef struct memory {
  float *cond, *film, *dfilm;                 /* [images][...] */
  float *blind_cond, *blind_film, *blind_out; /* the same without the class, where guidance is baked in */
  float *near_cond, *near_film, *near_out;    /* of the states that these are compared with */
  float *clean, *noise;                       /* [C][h][w] of one image */
  float *states, *near_states; /* [images][C][h][w] where they are compared; else room for one, and none */
  float *rows, *out;           /* of a group: [samples][rows][F], [samples][rows][CDF_LANES] */
  float *planes, *near_planes; /* features of every image of the shard */
  cdf_features *features, *near_features;
  float *targets; /* [images][C][h][w] */
  float *end;     /* [C][h][w]: where the teacher has walked to */
  cdf_teacher teacher;
  cdf_lesson *lessons; /* [images] */
  int *cells;          /* [samples][rows]: which cells of each image of the group are trained on */
  cdf_tape tape, cond_tape;
} memory;

/* ---- measuring the data ---- */

/* Image `index` as floats in [-1, 1], minus the mean, if there is one. */
static void load_image(float *out, const cdf_dataset *data, int index, const float *mean) {
  const uint8_t *in = data->pixels + cdf_dataset_image_size(data) * (size_t)index;
  cdf_image_floats(out, in, data->n_channels, (size_t)data->width * (size_t)data->height, mean);
}

/* To sums[l] the squares of level l, or of band l, of one channel of a picture; room holds three planes. The pictures
 * may be of another size than the model: that is refused later. */
static void add_squares(double *sums, const float *channel, float *room, const cdf_config *c, int w, int h) {
  size_t size = (size_t)w * (size_t)h;
  float *level = room, *next = room + size, *scratch = room + 2 * size;
  cdf_border across = cdf_features_border(c, CDF_AXIS_X), down = cdf_features_border(c, CDF_AXIS_Y);
  cdf_scalespace_blur(level, channel, scratch, w, h, 0, across, down);
  for (int l = 0; l < c->n_levels; l++) {
    bool last = l + 1 == c->n_levels, is_band = c->scaling == CDF_SCALING_BAND && !last;
    if (!last) cdf_scalespace_blur(next, channel, scratch, w, h, l + 1, across, down);
    for (size_t i = 0; i < size; i++) {
      double x = is_band ? level[i] - next[i] : level[i];
      sums[l] += x * x;
    }
    float *swap = level;
    level = next, next = swap;
  }
}

cdf_status cdf_trainer_measure(cdf_config *config, const cdf_dataset *data, cdf_error *err) {
  size_t size = (size_t)data->width * (size_t)data->height, image = cdf_dataset_image_size(data);
  memset(config->mean, 0, sizeof config->mean);
  for (int c = 0; c < data->n_channels; c++) {
    uint64_t sum = 0;
    for (int n = 0; n < data->n_images; n++)
      for (size_t i = 0; i < size; i++) sum += data->pixels[image * (size_t)n + size * (size_t)c + i];
    config->mean[c] = (float)((double)sum / ((double)size * data->n_images) / 127.5 - 1);
  }
  int n_used = cdf_min(data->n_images, 4096), stride = data->n_images / n_used;
  size_t bytes = sizeof(float) * (image + 3 * size);
  float *buffer = malloc(bytes);
  if (!buffer) return cdf_fail_memory(err, bytes);
  double square[CDF_MAX_LEVELS] = {0}, whole = 0;
  for (int n = 0; n < n_used; n++) {
    load_image(buffer, data, n * stride + n % stride, config->mean); /* classes may come in turn */
    for (size_t i = 0; i < image; i++) whole += (double)buffer[i] * buffer[i];
    for (int c = 0; c < data->n_channels; c++)
      add_squares(square, buffer + size * (size_t)c, buffer + image, config, data->width, data->height);
  }
  free(buffer);
  for (int l = 0; l < config->n_levels; l++)
    config->level_sd[l] = (float)sqrt(square[l] / ((double)n_used * (double)image) + 1e-8);
  config->sigma_data = (float)sqrt(whole / ((double)n_used * (double)image) + 1e-8);
  return CDF_OK;
}

/* ---- memory ---- */

/* Rows of a sample: so many that their squares have `pixels` cells. */
static int n_rows(const teaching *t) {
  int stride = t->net.config.stride;
  return cdf_max(1, t->train.pixels / (stride * stride));
}

/* Samples that go through the network together. In bfloat16 rows go in pairs, which must not reach across samples. */
static int group_size(const teaching *t) {
  int images = t->train.images / CDF_N_SHARDS, rows = n_rows(t);
  return t->train.bf16 && t->k->gemm_bf16 && rows % 2 ? 1 : cdf_clamp(GROUP_ROWS / rows, 1, images);
}

/* A teacher is guided itself. */
static bool bakes_guidance(const teaching *t) {
  return t->train.guidance != 1.0f && t->net.config.n_classes > 0 && !t->objective->walks;
}

/* With arena NULL: adds up what a shard costs. Otherwise hands out its memory. */
static size_t layout(memory *s, cdf_arena *arena, const teaching *t) {
  const cdf_network *net = &t->net;
  int images = t->train.images / CDF_N_SHARDS, rows = group_size(t) * n_rows(t);
  size_t image = cdf_dataset_image_size(t->data), m = (size_t)images, p = (size_t)rows;
  size_t blind = bakes_guidance(t) ? 1 : 0, near = t->objective->compares ? 1 : 0, walk = t->objective->walks ? 1 : 0;
  float *tape, *cond_tape, *teacher;
  struct {
    float **at;
    size_t n;
  } parts[] = {{&s->cond, m * (size_t)net->n_cond},
               {&s->film, m * (size_t)net->n_film},
               {&s->dfilm, m * (size_t)net->n_film},
               {&s->blind_cond, blind * m * (size_t)net->n_cond},
               {&s->blind_film, blind * m * (size_t)net->n_film},
               {&s->blind_out, blind * p * CDF_LANES},
               {&s->near_cond, near * m * (size_t)net->n_cond},
               {&s->near_film, near * m * (size_t)net->n_film},
               {&s->near_out, near * p * CDF_LANES},
               {&cond_tape, cdf_tape_floats(&net->cond, images)},
               {&s->clean, image},
               {&s->noise, image},
               {&s->states, near ? m * image : image},
               {&s->near_states, near * m * image},
               {&s->rows, p * (size_t)net->n_features},
               {&s->out, p * CDF_LANES},
               {&s->planes, m * cdf_features_floats(&net->config, NULL)},
               {&s->near_planes, near * m * cdf_features_floats(&net->config, NULL)},
               {&s->targets, m * image},
               {&s->end, walk * image},
               {&teacher, walk * cdf_teacher_floats(net)},
               {&tape, cdf_tape_floats(&net->body, rows)}};
  size_t bytes = 2 * cdf_arena_cost(m, sizeof(cdf_features)) + cdf_arena_cost(m, sizeof(cdf_lesson)) +
                 cdf_arena_cost(p, sizeof(int));
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    bytes += cdf_arena_cost(parts[i].n, sizeof(float));
    if (arena) *parts[i].at = cdf_arena_floats(arena, parts[i].n);
  }
  if (!arena) return bytes;
  s->features = cdf_arena_alloc(arena, m, sizeof(cdf_features));
  s->near_features = cdf_arena_alloc(arena, m, sizeof(cdf_features));
  s->lessons = cdf_arena_alloc(arena, m, sizeof(cdf_lesson));
  s->cells = cdf_arena_alloc(arena, p, sizeof(int));
  cdf_tape_init(&s->tape, &net->body, rows, tape);
  cdf_tape_init(&s->cond_tape, &net->cond, images, cond_tape);
  if (walk) cdf_teacher_init(&s->teacher, net, t->teacher, &t->teacher_body, teacher);
  for (size_t i = 0; i < m; i++) {
    size_t at = i * cdf_features_floats(&net->config, NULL);
    cdf_features_init(&s->features[i], &net->config, NULL, s->planes + at);
    if (near) cdf_features_init(&s->near_features[i], &net->config, NULL, s->near_planes + at);
  }
  return bytes;
}

static void *allocate(const void *self, cdf_arena *arena) {
  memory *s = cdf_arena_alloc(arena, 1, sizeof *s);
  layout(s, arena, self);
  return s;
}

static void start(void *self, float *params, cdf_arena *arena) {
  teaching *t = self;
  cdf_network_randomize(&t->net, params, t->train.seed);
  float *body = cdf_arena_floats(arena, cdf_mlp_packed_floats(&t->net.body)),
        *cond = cdf_arena_floats(arena, cdf_mlp_packed_floats(&t->net.cond));
  bool bf16 = t->train.bf16 && t->k->gemm_bf16;
  cdf_mlp_weights_init(&t->body, &t->net.body, params, body, bf16);
  cdf_mlp_weights_init(&t->cond, &t->net.cond, params, cond, false);
  if (!t->objective->walks) return;
  t->teacher = cdf_arena_floats(arena, t->net.tensors.n_params);
  body = cdf_arena_floats(arena, cdf_mlp_packed_floats(&t->net.body));
  cdf_mlp_weights_init(&t->teacher_body, &t->net.body, t->teacher, body, bf16);
}

static void pack(void *self, int item) {
  teaching *t = self;
  int n = t->net.body.n_layers;
  cdf_mlp_pack(item < n ? &t->body : &t->cond, t->k, item < n ? item : item - n);
}

/* ---- one sample of the batch ---- */

/* The conditioning row of a prepared image; what was done to the picture is told whether its class is or not. */
static void tell(float *cond, const teaching *t, const cdf_features *f, int image, int label) {
  const cdf_config *c = &t->net.config;
  if (t->net.n_cond > 0) cdf_features_cond(cond, f, label);
  if (c->augment && t->data->changes)
    memcpy(cond + cdf_features_changes_at(c), t->data->changes + image * CDF_CHANGES, sizeof(float[CDF_CHANGES]));
}

/* The target, where a teacher walks: the answer with which one step of Euler comes to where it does. */
static void aim_at_walk(const teaching *t, memory *s, cdf_lesson *l, int label) {
  double sd = t->net.config.sigma_data, rest = (double)l->sigma_nearer / (double)l->sigma;
  double skip = cdf_edm_skip(l->sigma, sd), out = cdf_edm_out(l->sigma, sd);
  const cdf_walk walk = {l->sigma, l->sigma_nearer, t->train.teacher_steps, label, t->train.guidance};
  cdf_teacher_walk(s->end, &s->teacher, l->state, &walk, t->k);
  for (size_t i = 0; i < l->size; i++) {
    double clean = ((double)s->end[i] - rest * (double)l->state[i]) / (1 - rest);
    l->target[i] = (float)((clean - skip * (double)l->state[i]) / out);
  }
}

/* Which image, with or without its class (-1); its lesson; what the network is told of it. */
static void prepare_sample(const teaching *t, memory *s, const cdf_shard *shard, int sample) {
  const cdf_config *c = &t->net.config;
  size_t local = (size_t)(sample - shard->first), size = cdf_dataset_image_size(t->data);
  bool compares = t->objective->compares;
  uint32_t step = (uint32_t)shard->step;
  float u[4];
  cdf_rng_uniform4(u, t->train.seed, (cdf_counter){{(uint32_t)sample, step, CDF_STREAM_BATCH, 0}});
  int image = cdf_min((int)(u[0] * (float)t->data->n_images), t->data->n_images - 1);
  bool told = t->data->labels && c->n_classes > 0 && u[1] >= t->train.label_dropout;
  /* Stratified: each sample owns one slice of the noise distribution (Song et al. call it low discrepancy). */
  double quantile = (sample + (double)u[2] * 0.999 + 0.0005) / t->train.images;
  cdf_lesson *lesson = &s->lessons[local];
  *lesson = (cdf_lesson){.size = size,
                         .clean = s->clean,
                         .noise = s->noise,
                         .state = s->states + (compares ? size * local : 0),
                         .target = s->targets + size * local,
                         .step = shard->step,
                         .nearer = s->near_states + (compares ? size * local : 0),
                         .weight = 1.0f};
  cdf_counter counter = {{0, (uint32_t)sample, CDF_STREAM_NOISE, step}};
  load_image(s->clean, t->data, image, t->objective->is_centred ? c->mean : NULL);
  cdf_rng_normal_fill(s->noise, size, t->train.seed, counter);
  t->objective->teach(lesson, c, &t->train, quantile, t->train.seed, counter);
  cdf_features *f = &s->features[local], *near = &s->near_features[local];
  int label = told ? t->data->labels[image] : -1;
  cdf_features_prepare(f, lesson->state, lesson->context, lesson->sigma, lesson->time);
  tell(s->cond + local * (size_t)t->net.n_cond, t, f, image, label);
  if (t->objective->walks) aim_at_walk(t, s, lesson, label);
  if (compares) {
    float sigma = fmaxf(lesson->sigma_nearer, 1e-3f); /* of the picture itself nothing is asked */
    cdf_features_prepare(near, lesson->nearer, lesson->nearer, sigma, 0.25f * cdf_logf(sigma));
    tell(s->near_cond + local * (size_t)t->net.n_cond, t, near, image, label);
  }
  if (bakes_guidance(t)) tell(s->blind_cond + local * (size_t)t->net.n_cond, t, f, image, -1);
}

/* Which squares of a sample are trained on, by their first cells: uniform, with replacement, whatever grid they are of.
 * Along an axis they lie within the frame, or anywhere where the picture goes round. */
static void draw_cells(int *cells, const teaching *t, int sample, int64_t step) {
  const cdf_config *c = &t->net.config;
  int kept = c->stride - 1, w = t->data->width, h = t->data->height, m = n_rows(t);
  int across = cdf_is_framed(c, CDF_AXIS_X) ? w - kept : w, down = cdf_is_framed(c, CDF_AXIS_Y) ? h - kept : h;
  for (int p = 0; p < m; p += 4) {
    uint32_t words[4];
    cdf_philox(words, t->train.seed,
               (cdf_counter){{(uint32_t)(p / 4), (uint32_t)sample, CDF_STREAM_PIXELS, (uint32_t)step}});
    for (int i = 0; i < 4 && p + i < m; i++) {
      int at = (int)(((uint64_t)words[i] * (uint64_t)(across * down)) >> 32);
      cells[p + i] = at / across * w + at % across;
    }
  }
}

/* Numbers that the network answers for a square; where the i-th of them lies in a picture. */
static int n_answers(const teaching *t) { return t->net.config.channels * t->net.config.stride * t->net.config.stride; }

static size_t number_at(const teaching *t, int square, int i) {
  int channels = t->net.config.channels, stride = t->net.config.stride, cell = i / channels;
  int w = t->data->width, h = t->data->height;
  int x = (square % w + cell % stride) % w, y = (square / w + cell / stride) % h;
  return (size_t)w * (size_t)h * (size_t)(i % channels) + (size_t)(y * w + x);
}

/* From the network's answers to the gradient of the loss by them, in place; returns this sample's loss.
 * With guidance baked in, the answer D with the class is to be D0 + w (E - D0), where D0 is the answer without it
 * (`blind`) and E the picture's mean. E is what pictures average to, so the target is the picture plus (w - 1) (E -
 * D0), and at the fixed point E - D0 = (D - D0) / w (after Tang et al. 2025, "Diffusion models without classifier-free
 * guidance"; there the weight is that of the present difference). */
static double answers_to_gradient(float *answers, const float *blind, const teaching *t, const int *cells,
                                  const cdf_lesson *lesson) {
  int m = n_rows(t), n = n_answers(t);
  double loss = 0;
  float scale = 2.0f * lesson->weight / ((float)m * (float)n * (float)t->train.images);
  float share = (t->train.guidance - 1.0f) / t->train.guidance;
  for (int p = 0; p < m; p++) {
    float *out = answers + (size_t)p * CDF_LANES;
    for (int i = 0; i < n; i++) {
      float error = out[i] - lesson->target[number_at(t, cells[p], i)];
      if (blind) error -= share * (out[i] - blind[(size_t)p * CDF_LANES + (size_t)i]);
      loss += (double)error * error;
      out[i] = scale * error;
    }
    for (int i = n; i < CDF_LANES; i++) out[i] = 0.0f;
  }
  return lesson->weight * loss / ((double)m * n);
}

/* What the network says of the nearer state becomes the target, at the cells that are trained on. */
static void aim_at_answers(const cdf_lesson *lesson, const float *answers, const teaching *t, const int *cells) {
  const cdf_config *c = &t->net.config;
  double near = lesson->sigma_nearer, far = lesson->sigma;
  if (near == 0) return;
  float near_skip = (float)cdf_edm_skip(near, c->sigma_data), near_out = (float)cdf_edm_out(near, c->sigma_data);
  float skip = (float)cdf_edm_skip(far, c->sigma_data), out = (float)cdf_edm_out(far, c->sigma_data);
  for (int p = 0; p < n_rows(t); p++)
    for (int i = 0; i < n_answers(t); i++) {
      size_t at = number_at(t, cells[p], i);
      float clean = near_skip * lesson->nearer[at] + near_out * answers[(size_t)p * CDF_LANES + (size_t)i];
      lesson->target[at] = (clean - skip * lesson->state[at]) / out;
    }
}

/* The inputs of n samples of a group, prepared before: the rows of their cells. */
static void gather_rows(const teaching *t, memory *s, const cdf_features *f, int n) {
  size_t m = (size_t)n_rows(t);
  int w = t->data->width;
  for (size_t row = 0; row < (size_t)n * m; row++)
    cdf_features_gather(s->rows + row * (size_t)t->net.n_features, &f[row / m], s->cells[row] % w, s->cells[row] / w);
}

/* The targets of n samples of a group, where they are answers themselves. */
static void answer_nearer(const teaching *t, memory *s, size_t local, int n) {
  size_t m = (size_t)n_rows(t), n_film = (size_t)t->net.n_film;
  const cdf_film film = {s->near_film + local * n_film, NULL, t->net.n_film, (int)m};
  gather_rows(t, s, s->near_features + local, n);
  cdf_mlp_forward(s->near_out, &s->tape, &t->body, s->rows, &film, n * (int)m, t->k);
  for (size_t i = 0; i < (size_t)n; i++)
    aim_at_answers(&s->lessons[local + i], s->near_out + i * m * CDF_LANES, t, s->cells + i * m);
}

/* Forward and backward over random pixels of n prepared images. */
static void train_group(const teaching *t, memory *s, cdf_shard *shard, int first, int n) {
  size_t m = (size_t)n_rows(t), local = (size_t)(first - shard->first), n_film = (size_t)t->net.n_film;
  const cdf_film film = {s->film + local * n_film, s->dfilm + local * n_film, t->net.n_film, (int)m};
  for (size_t i = 0; i < (size_t)n; i++) draw_cells(s->cells + i * m, t, first + (int)i, shard->step);
  if (t->objective->compares) answer_nearer(t, s, local, n);
  gather_rows(t, s, s->features + local, n);
  if (bakes_guidance(t)) {
    const cdf_film blind = {s->blind_film + local * n_film, NULL, t->net.n_film, (int)m};
    cdf_mlp_forward(s->blind_out, &s->tape, &t->body, s->rows, &blind, n * (int)m, t->k);
  }
  cdf_mlp_forward(s->out, &s->tape, &t->body, s->rows, &film, n * (int)m, t->k);
  for (size_t i = 0; i < (size_t)n; i++) {
    const float *blind = bakes_guidance(t) ? s->blind_out + i * m * CDF_LANES : NULL;
    const cdf_lesson *lesson = &s->lessons[local + i];
    double loss = answers_to_gradient(s->out + i * m * CDF_LANES, blind, t, s->cells + i * m, lesson);
    int bin = 1 + lesson->bin;
    shard->sums[0] += loss;
    shard->sums[bin] += loss, shard->weights[bin]++;
  }
  cdf_mlp_backward(shard->grad, NULL, &s->tape, &t->body, s->out, s->rows, &film, n * (int)m, t->k);
}

static void learn(const void *self, cdf_shard *shard) {
  const teaching *t = self;
  memory *s = shard->memory;
  int images = shard->end - shard->first;
  memset(s->dfilm, 0, (size_t)images * (size_t)t->net.n_film * sizeof(float));
  for (int i = shard->first; i < shard->end; i++) prepare_sample(t, s, shard, i);
  if (bakes_guidance(t)) cdf_network_film(s->blind_film, &s->cond_tape, &t->net, &t->cond, s->blind_cond, images, t->k);
  if (t->objective->compares)
    cdf_network_film(s->near_film, &s->cond_tape, &t->net, &t->cond, s->near_cond, images, t->k);
  cdf_network_film(s->film, &s->cond_tape, &t->net, &t->cond, s->cond, images, t->k);
  for (int i = shard->first, n = group_size(t); i < shard->end; i += n)
    train_group(t, s, shard, i, cdf_min(n, shard->end - i));
  cdf_network_film_backward(shard->grad, &s->cond_tape, &t->net, &t->cond, s->dfilm, s->film, s->cond, images, t->k);
}

/* ---- the task ---- */

static const cdf_measure measures[] = {
    {"loss", false}, {"loss_bin0", true}, {"loss_bin1", true}, {"loss_bin2", true}, {"loss_bin3", true}};
#define N_MEASURES (1 + CDF_LOSS_BINS)
_Static_assert(sizeof measures / sizeof measures[0] == N_MEASURES && N_MEASURES <= CDF_MAX_MEASURES, "one a bin");

static cdf_status check(const cdf_config *c, const cdf_train_config *train, const cdf_dataset *data, cdf_error *err) {
  cdf_status status = cdf_config_check(c, err);
  if (status == CDF_OK) status = cdf_train_config_check(train, err);
  if (status != CDF_OK) return status;
  if (data->n_images < 1) return cdf_fail(err, CDF_BAD_INPUT, "the data set holds no images; at least 1 is needed");
  if (data->width != c->lattice_width || data->height != c->lattice_height || data->n_channels != c->channels)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the pictures are %dx%d with %d channels, but the model is %dx%d with %d; "
                    "use the data that the model was made for, or start a new model",
                    data->width, data->height, data->n_channels, c->lattice_width, c->lattice_height, c->channels);
  if (data->labels && data->n_classes > c->n_classes && c->n_classes > 0)
    return cdf_fail(err, CDF_BAD_INPUT, "the data has %d classes, but the model knows %d", data->n_classes,
                    c->n_classes);
  if (train->objective == CDF_OBJECTIVE_CONSISTENCY && (c->target != CDF_TARGET_EDM || train->guidance != 1.0f))
    return cdf_fail(err, CDF_BAD_INPUT, "objective = consistency needs target = edm and guidance = 1; set these");
  if (train->objective == CDF_OBJECTIVE_DISTILLATION && c->target != CDF_TARGET_EDM)
    return cdf_fail(err, CDF_BAD_INPUT, "objective = distillation needs target = edm; set it");
  if (!(train->student_sigma_min < train->student_sigma_max))
    return cdf_fail(err, CDF_BAD_INPUT, "student_sigma_min %g must be less than student_sigma_max %g",
                    (double)train->student_sigma_min, (double)train->student_sigma_max);
  return CDF_OK;
}

cdf_status cdf_trainer_create(cdf_learner **l, const cdf_config *config, const cdf_train_config *train,
                              const cdf_dataset *data, const cdf_kernels *k, int rank, int n_ranks, cdf_error *err) {
  *l = NULL;
  cdf_status status = check(config, train, data, err);
  if (status != CDF_OK) return status;
  teaching *t = calloc(1, sizeof *t);
  if (!t) return cdf_fail_memory(err, sizeof *t);
  *t = (teaching){.train = *train, .objective = cdf_objective_of(config, train), .data = data, .k = k};
  cdf_network_init(&t->net, config);
  bool walks = t->objective->walks;
  const cdf_task task = {.self = t,
                         .tensors = &t->net.tensors,
                         .measures = measures,
                         .n_measures = N_MEASURES,
                         .bytes = cdf_arena_cost(walks ? t->net.tensors.n_params : 0, sizeof(float)) +
                                  (walks ? 2 : 1) * cdf_arena_cost(cdf_mlp_packed_floats(&t->net.body), sizeof(float)) +
                                  cdf_arena_cost(cdf_mlp_packed_floats(&t->net.cond), sizeof(float)),
                         .shard_bytes = cdf_arena_cost(1, sizeof(memory)) + layout(&(memory){0}, NULL, t),
                         .start = start,
                         .allocate = allocate,
                         .n_pack = t->net.body.n_layers + t->net.cond.n_layers,
                         .pack = pack,
                         .learn = learn,
                         .format = CDF_FORMAT,
                         .prefix = "",
                         .config = &t->net.config,
                         .config_bytes = sizeof t->net.config,
                         .fields = cdf_config_fields};
  return cdf_learner_create(l, &task, train, k, rank, n_ranks, err);
}

const cdf_network *cdf_trainer_network(const cdf_learner *l) {
  return &((const teaching *)cdf_learner_task(l)->self)->net;
}

const float *cdf_trainer_teacher(const cdf_learner *l) {
  return ((const teaching *)cdf_learner_task(l)->self)->teacher;
}

void cdf_trainer_set_teacher(cdf_learner *l, const float *params) {
  teaching *t = cdf_learner_task(l)->self;
  memcpy(t->teacher, params, t->net.tensors.n_params * sizeof(float));
  for (int i = 0; i < t->net.body.n_layers; i++) cdf_mlp_pack(&t->teacher_body, t->k, i);
}
