#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../plane/featurize.h"
#include "../base/mathx.h"
#include "../base/rng.h"
#include "../plane/scalespace.h"
#include "schedule.h"

/* Working memory of one shard: its share of the batch, one tile, one gradient. */
typedef struct shard {
  int begin, end; /* images of the batch */
  float *grad, *cond, *film, *dfilm;
  float *clean, *state, *target, *noise; /* [C][h][w] of one image */
  float *rows, *out;                     /* [pixels][F], [pixels][CDF_LANES] */
  float *planes;                         /* features of every image of the shard */
  cdf_features *features;
  float *targets; /* [images][C][h][w] */
  int *cells;     /* [pixels]: which cells of the current image are trained on */
  float *sigmas;
  cdf_tape tape, cond_tape;
  cdf_step_report report;
} shard;

struct cdf_trainer {
  cdf_network net;
  cdf_train_config train;
  const cdf_dataset *data;
  const cdf_kernels *k;
  cdf_arena arena;
  cdf_mlp_weights body, cond;
  cdf_optimizer optimizer;
  shard shards[CDF_N_SHARDS];
  int rank, n_ranks; /* shards rank, rank + n_ranks, ... are this process's */
};

/* ---- measuring the data ---- */

/* Image `index` as floats in [-1, 1] minus the mean. */
static void load_image(float *out, const cdf_dataset *data, int index, const float *mean) {
  size_t size = (size_t)data->width * (size_t)data->height;
  const uint8_t *in = data->pixels + cdf_dataset_image_size(data) * (size_t)index;
  for (int c = 0; c < data->n_channels; c++)
    for (size_t i = 0; i < size; i++)
      out[size * (size_t)c + i] = (float)in[size * (size_t)c + i] / 127.5f - 1.0f - mean[c];
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
  float *buffer = malloc(sizeof(float) * (image + 2 * size));
  if (!buffer) return cdf_fail_memory(err, sizeof(float) * (image + 2 * size));
  double square[CDF_MAX_LEVELS] = {0};
  for (int n = 0; n < n_used; n++) {
    float *blurred = buffer + image;
    load_image(buffer, data, n * stride, config->mean);
    for (int l = 0; l < config->n_levels; l++)
      for (int c = 0; c < data->n_channels; c++) {
        cdf_scalespace_blur(blurred, buffer + size * (size_t)c, blurred + size, data->width, data->height, l,
                            cdf_features_border(config));
        for (size_t i = 0; i < size; i++) square[l] += (double)blurred[i] * blurred[i];
      }
  }
  free(buffer);
  for (int l = 0; l < config->n_levels; l++)
    config->level_sd[l] = (float)sqrt(square[l] / ((double)n_used * (double)image) + 1e-8);
  config->sigma_data = config->level_sd[0];
  return CDF_OK;
}

/* ---- construction ---- */

/* With arena NULL: adds up what a shard costs. Otherwise hands out its memory. */
static size_t shard_layout(shard *s, cdf_arena *arena, const cdf_network *net, const cdf_train_config *train,
                           int images) {
  size_t plane = (size_t)net->config.lattice_width * (size_t)net->config.lattice_height;
  size_t image = plane * (size_t)net->config.channels, m = (size_t)images, p = (size_t)train->pixels;
  float *tape = NULL, *cond_tape = NULL;
  struct {
    float **at;
    size_t n;
  } parts[] = {{&s->grad, net->tensors.n_params},
               {&s->cond, m * (size_t)net->n_cond},
               {&s->film, m * (size_t)net->n_film},
               {&s->dfilm, m * (size_t)net->n_film},
               {&cond_tape, cdf_tape_floats(&net->cond, images)},
               {&s->clean, image},
               {&s->state, image},
               {&s->noise, image},
               {&s->rows, p * (size_t)net->n_features},
               {&s->out, p * CDF_LANES},
               {&s->planes, m * cdf_features_floats(&net->config, NULL)},
               {&s->targets, m * image},
               {&s->sigmas, m},
               {&tape, cdf_tape_floats(&net->body, train->pixels)}};
  size_t bytes = 0;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    bytes += cdf_arena_cost(parts[i].n, sizeof(float));
    if (arena) *parts[i].at = cdf_arena_floats(arena, parts[i].n);
  }
  bytes += cdf_arena_cost(m, sizeof(cdf_features)) + cdf_arena_cost(p, sizeof(int));
  if (!arena) return bytes;
  s->features = cdf_arena_alloc(arena, m, sizeof(cdf_features));
  s->cells = cdf_arena_alloc(arena, p, sizeof(int));
  cdf_tape_init(&s->tape, &net->body, train->pixels, tape);
  cdf_tape_init(&s->cond_tape, &net->cond, images, cond_tape);
  for (int i = 0; i < images; i++)
    cdf_features_init(&s->features[i], &net->config, NULL,
                      s->planes + (size_t)i * cdf_features_floats(&net->config, NULL));
  return bytes;
}

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
  if (train->images < CDF_N_SHARDS || train->images % CDF_N_SHARDS)
    return cdf_fail(err, CDF_USAGE, "images is %d, but must be a multiple of %d", train->images, CDF_N_SHARDS);
  return CDF_OK;
}

cdf_status cdf_trainer_create(cdf_trainer **out, const cdf_config *config, const cdf_train_config *train,
                              const cdf_dataset *data, const cdf_kernels *k, cdf_error *err) {
  *out = NULL;
  cdf_status status = check(config, train, data, err);
  if (status != CDF_OK) return status;
  cdf_trainer *t = calloc(1, sizeof *t);
  if (!t) return cdf_fail_memory(err, sizeof *t);
  cdf_network_init(&t->net, config);
  t->train = *train;
  t->n_ranks = 1;
  t->data = data;
  t->k = k;
  int images = train->images / CDF_N_SHARDS;
  bool bf16 = train->bf16 && k->gemm_bf16;
  size_t n_body = cdf_mlp_packed_floats(&t->net.body), n_cond = cdf_mlp_packed_floats(&t->net.cond);
  size_t bytes = cdf_optimizer_bytes(t->net.tensors.n_params) + cdf_arena_cost(n_body, sizeof(float)) +
                 cdf_arena_cost(n_cond, sizeof(float)) +
                 CDF_N_SHARDS * shard_layout(&t->shards[0], NULL, &t->net, train, images);
  if (cdf_arena_init(&t->arena, bytes) != CDF_OK) {
    free(t);
    return cdf_fail_memory(err, bytes);
  }
  cdf_optimizer_init(&t->optimizer, &t->arena, t->net.tensors.n_params, &t->train, k);
  float *params = t->optimizer.params;
  float *body_packed = cdf_arena_floats(&t->arena, n_body), *cond_packed = cdf_arena_floats(&t->arena, n_cond);
  for (int i = 0; i < CDF_N_SHARDS; i++) {
    shard_layout(&t->shards[i], &t->arena, &t->net, train, images);
    t->shards[i].begin = i * images;
    t->shards[i].end = (i + 1) * images;
  }
  cdf_network_randomize(&t->net, params, train->seed);
  memcpy(t->optimizer.average, params, t->net.tensors.n_params * sizeof(float));
  cdf_mlp_weights_init(&t->body, &t->net.body, params, body_packed, bf16);
  cdf_mlp_weights_init(&t->cond, &t->net.cond, params, cond_packed, false);
  *out = t;
  return CDF_OK;
}

void cdf_trainer_free(cdf_trainer *t) {
  if (!t) return;
  cdf_arena_free(&t->arena);
  free(t);
}

cdf_optimizer *cdf_trainer_optimizer(cdf_trainer *t) { return &t->optimizer; }
const cdf_network *cdf_trainer_network(const cdf_trainer *t) { return &t->net; }
const cdf_train_config *cdf_trainer_config(const cdf_trainer *t) { return &t->train; }

/* ---- one sample of the batch ---- */

/* What a sample draws: which image, how noisy, with or without its class. */
typedef struct draw {
  int image, label, t;
  float sigma;
} draw;

static draw draw_sample(const cdf_trainer *t, int sample) {
  float u[4];
  uint32_t step = (uint32_t)t->optimizer.step;
  cdf_rng_uniform4(u, t->train.seed, (cdf_counter){{(uint32_t)sample, step, CDF_STREAM_BATCH, 0}});
  draw d = {.image = cdf_min((int)(u[0] * (float)t->data->n_images), t->data->n_images - 1), .label = -1};
  if (t->data->labels && t->net.config.n_classes > 0 && u[1] >= t->train.label_dropout)
    d.label = t->data->labels[d.image];
  /* Stratified: each sample owns one slice of the noise distribution (Song et al. call it low discrepancy). */
  double quantile = (sample + (double)u[2] * 0.999 + 0.0005) / t->train.images;
  if (t->net.config.target == CDF_TARGET_EDM)
    d.sigma = (float)exp(t->train.p_mean + t->train.p_std * cdf_normal_quantile(quantile));
  else
    d.t = 1 + cdf_min((int)(quantile * t->net.config.timesteps), t->net.config.timesteps - 1);
  return d;
}

/* EDM: state z = y + sigma n, target F* = (y - c_skip z) / c_out. */
static void make_edm(shard *s, float *target, size_t size, float sigma, float sd) {
  float skip = (float)cdf_edm_skip(sigma, sd), inverse_out = 1.0f / (float)cdf_edm_out(sigma, sd);
  for (size_t i = 0; i < size; i++) {
    s->state[i] = s->clean[i] + sigma * s->noise[i];
    target[i] = (s->clean[i] - skip * s->state[i]) * inverse_out;
  }
}

/* The write-up: state I_t, target I_(t-1), one step of the same chain apart. */
static void make_previous(shard *s, float *target, size_t size, int t, int timesteps, uint64_t key,
                          cdf_counter counter) {
  double before = cdf_ddpm_alpha_bar(t - 1, timesteps), after = cdf_ddpm_alpha_bar(t, timesteps),
         alpha = after / before;
  float a = (float)sqrt(before), b = (float)sqrt(1 - before), c = (float)sqrt(alpha), e = (float)sqrt(1 - alpha);
  for (size_t i = 0; i < size; i++) target[i] = a * s->clean[i] + b * s->noise[i];
  cdf_rng_normal_fill(s->noise, size, key, counter);
  for (size_t i = 0; i < size; i++) s->state[i] = c * target[i] + e * s->noise[i];
}

static void prepare_sample(const cdf_trainer *t, shard *s, int sample) {
  const cdf_config *c = &t->net.config;
  int local = sample - s->begin;
  size_t size = cdf_dataset_image_size(t->data);
  float *target = s->targets + size * (size_t)local;
  cdf_features *f = &s->features[local];
  draw d = draw_sample(t, sample);
  cdf_counter counter = {{0, (uint32_t)sample, CDF_STREAM_NOISE, (uint32_t)t->optimizer.step}};
  cdf_rng_normal_fill(s->noise, size, t->train.seed, counter);
  if (c->target == CDF_TARGET_EDM) {
    load_image(s->clean, t->data, d.image, c->mean);
    make_edm(s, target, size, d.sigma, c->sigma_data);
    cdf_features_prepare(f, s->state, s->state, d.sigma, 0.25f * cdf_logf(d.sigma));
    s->sigmas[local] = d.sigma;
  } else {
    static const float no_mean[CDF_MAX_CHANNELS];
    load_image(s->clean, t->data, d.image, no_mean);
    counter.v[0] = 1u << 30;
    make_previous(s, target, size, d.t, c->timesteps, t->train.seed, counter);
    float time = 2.0f * (float)d.t / (float)c->timesteps - 1.0f;
    cdf_features_prepare(f, s->state, c->context == CDF_CONTEXT_CLEAN ? s->clean : s->state, 0.0f, time);
    s->sigmas[local] = (float)d.t / (float)c->timesteps;
  }
  if (t->net.n_cond > 0) cdf_features_cond(s->cond + (size_t)local * (size_t)t->net.n_cond, f, d.label);
}

static int loss_bin(const cdf_config *c, float sigma) {
  if (c->target == CDF_TARGET_PREVIOUS) return cdf_min((int)(4.0f * sigma), CDF_LOSS_BINS - 1);
  return sigma < 0.1f ? 0 : sigma < 0.5f ? 1 : sigma < 2.0f ? 2 : 3;
}

/* Which cells of a sample are trained on: uniform, with replacement. */
static void draw_cells(int *cells, const cdf_trainer *t, int sample, size_t n_cells) {
  for (int p = 0; p < t->train.pixels; p += 4) {
    uint32_t words[4];
    cdf_philox(words, t->train.seed,
               (cdf_counter){{(uint32_t)(p / 4), (uint32_t)sample, CDF_STREAM_PIXELS, (uint32_t)t->optimizer.step}});
    for (int i = 0; i < 4 && p + i < t->train.pixels; i++) cells[p + i] = (int)(((uint64_t)words[i] * n_cells) >> 32);
  }
}

/* Forward and backward over random pixels of one prepared image. */
static void train_sample(const cdf_trainer *t, shard *s, int sample) {
  const cdf_config *c = &t->net.config;
  int local = sample - s->begin, m = t->train.pixels, w = c->lattice_width;
  size_t plane = (size_t)w * (size_t)c->lattice_height;
  const float *target = s->targets + plane * (size_t)(c->channels * local);
  const float *film = s->film + (size_t)local * (size_t)t->net.n_film;
  float *dfilm = s->dfilm + (size_t)local * (size_t)t->net.n_film;
  draw_cells(s->cells, t, sample, plane);
  for (int p = 0; p < m; p++)
    cdf_features_gather(s->rows + (size_t)p * (size_t)t->net.n_features, &s->features[local], s->cells[p] % w,
                        s->cells[p] / w);
  cdf_mlp_forward(s->out, &s->tape, &t->body, s->rows, film, m, t->k);
  double loss = 0;
  float scale = 2.0f / ((float)m * (float)c->channels * (float)t->train.images);
  for (int p = 0; p < m; p++) {
    float *out = s->out + (size_t)p * CDF_LANES;
    for (int ch = 0; ch < c->channels; ch++) {
      float error = out[ch] - target[plane * (size_t)ch + (size_t)s->cells[p]];
      loss += (double)error * error;
      out[ch] = scale * error;
    }
    for (int ch = c->channels; ch < CDF_LANES; ch++) out[ch] = 0.0f;
  }
  loss /= (double)m * c->channels;
  int bin = loss_bin(c, s->sigmas[local]);
  s->report.loss += loss;
  s->report.bin_loss[bin] += loss;
  s->report.bin_count[bin]++;
  cdf_mlp_backward(s->grad, dfilm, NULL, &s->tape, &t->body, s->out, s->rows, film, m, t->k);
}

/* ---- the step, as independent items ---- */

static void work_pack(void *context, int item) {
  cdf_trainer *t = context;
  int n = t->net.body.n_layers;
  cdf_mlp_pack(item < n ? &t->body : &t->cond, t->k, item < n ? item : item - n);
}

static void work_shard(void *context, int item) {
  cdf_trainer *t = context;
  shard *s = &t->shards[t->rank + item * t->n_ranks];
  int images = s->end - s->begin;
  memset(s->grad, 0, t->net.tensors.n_params * sizeof(float));
  memset(s->dfilm, 0, (size_t)images * (size_t)t->net.n_film * sizeof(float));
  s->report = (cdf_step_report){0};
  for (int i = s->begin; i < s->end; i++) prepare_sample(t, s, i);
  cdf_network_film(s->film, &s->cond_tape, &t->net, &t->cond, s->cond, images, t->k);
  for (int i = s->begin; i < s->end; i++) train_sample(t, s, i);
  cdf_network_film_backward(s->grad, &s->cond_tape, &t->net, &t->cond, s->dfilm, s->cond, images, t->k);
}

cdf_status cdf_trainer_share(cdf_trainer *t, int rank, int n_ranks, cdf_error *err) {
  if (n_ranks < 1 || n_ranks > CDF_N_SHARDS || rank < 0 || rank >= n_ranks)
    return cdf_fail(err, CDF_USAGE, "%d processes cannot share a batch: it has %d parts; start 1 to %d", n_ranks,
                    CDF_N_SHARDS, CDF_N_SHARDS);
  t->rank = rank, t->n_ranks = n_ranks;
  return CDF_OK;
}

void cdf_trainer_gradient(cdf_trainer *t, cdf_step_report *report, const cdf_parallel *parallel) {
  int n = (CDF_N_SHARDS - t->rank + t->n_ranks - 1) / t->n_ranks;
  cdf_parallel_for(parallel, work_pack, t, t->net.body.n_layers + t->net.cond.n_layers);
  cdf_parallel_for(parallel, work_shard, t, n);
  const float *grads[CDF_N_SHARDS];
  *report = (cdf_step_report){.lr = cdf_optimizer_rate(&t->train, t->optimizer.step)};
  for (int i = 0; i < n; i++) {
    const shard *s = &t->shards[t->rank + i * t->n_ranks];
    grads[i] = s->grad;
    report->loss += s->report.loss / t->train.images;
    for (int b = 0; b < CDF_LOSS_BINS; b++) {
      report->bin_loss[b] += s->report.bin_loss[b];
      report->bin_count[b] += s->report.bin_count[b];
    }
  }
  cdf_optimizer_sum(&t->optimizer, grads, n, parallel);
}

cdf_status cdf_trainer_update(cdf_trainer *t, cdf_step_report *report, const cdf_parallel *parallel, cdf_error *err) {
  return cdf_optimizer_update(&t->optimizer, &report->grad_norm, report->loss, parallel, err);
}
