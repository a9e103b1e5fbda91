/* test_network.c: gradients of every architecture against finite differences, kernel tables and bfloat16 against
 * portable, and the folded denoiser of sampling against the network of training.
 */
#include "../src/base/arena.h"
#include "../src/denoise/denoiser.h"
#include "../src/base/rng.h"

#include <stdlib.h>

#include "test.h"

#define IMAGES 2 /* two tiles of one image each, of different length */
static const int rows_of[IMAGES] = {35, CDF_BF16_ROWS};
#define MAX_ROWS (2 * CDF_BF16_ROWS)
#define W 11 /* more cells than one tile of the denoiser */
#define H 9

/* A network with random parameters, its inputs, and the memory that both passes need. */
typedef struct rig {
  cdf_config config;
  cdf_network net;
  cdf_mlp_weights body, cond;
  cdf_tape tape, cond_tape;
  float *params, *grad, *body_packed, *cond_packed, *tape_block, *cond_block;
  float *cond_rows, *film, *dfilm;                            /* [IMAGES][..] */
  float *x[IMAGES], *dx[IMAGES], *dout[IMAGES], *out[IMAGES]; /* [rows][..] */
} rig;

static float *floats(size_t n) { return cdf_aligned_zalloc(n * sizeof(float)); }

static void fill_normal(float *x, size_t n, float scale, uint32_t stream) {
  cdf_rng_normal_fill(x, n, 1234, (cdf_counter){{0, 0, stream, 0}});
  for (size_t i = 0; i < n; i++) x[i] *= scale;
}

/* Presets made small. Gates and output start at zero: `amplitude` of noise on every parameter opens all paths. */
static cdf_config small(const char *arch, int cond_hidden) {
  cdf_config c;
  CHECK(cdf_config_preset(&c, arch, NULL) == CDF_OK);
  c.channels = 2, c.lattice_width = W, c.lattice_height = H;
  c.hidden = 32, c.n_layers = 2, c.n_levels = 3;
  c.cond_hidden = cond_hidden, c.thumbnail = cond_hidden ? 2 : 0, c.n_classes = cond_hidden ? 3 : 0;
  c.sigma_data = 0.5f, c.timesteps = 20;
  for (int l = 0; l < 3; l++) c.tap_radius[l] = l == 0, c.level_sd[l] = 0.4f;
  CHECK(cdf_config_check(&c, NULL) == CDF_OK);
  return c;
}

static void randomize(float *params, const cdf_network *net, float amplitude) {
  cdf_network_randomize(net, params, 3);
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *t = &net->tensors.list[i];
    for (int r = 0; r < t->rows; r++) {
      float noise[CDF_LANES];
      for (int col = 0; col < t->cols; col++) {
        if (col % CDF_LANES == 0)
          cdf_rng_normal_fill(noise, CDF_LANES, 8, (cdf_counter){{(uint32_t)col, (uint32_t)r, (uint32_t)i, 0}});
        params[t->offset + (size_t)r * (size_t)t->ld + (size_t)col] += amplitude * noise[col % CDF_LANES];
      }
    }
  }
}

static void rig_init(rig *r, const cdf_config *config, bool bf16) {
  memset(r, 0, sizeof *r);
  r->config = *config;
  cdf_network_init(&r->net, config);
  size_t n_film = (size_t)r->net.n_film, n_cond = (size_t)r->net.n_cond, n_x = (size_t)r->net.n_features;
  r->params = floats(r->net.tensors.n_params), r->grad = floats(r->net.tensors.n_params);
  randomize(r->params, &r->net, config->body == CDF_BODY_SIREN ? 0.004f : 0.1f);
  r->body_packed = floats(cdf_mlp_packed_floats(&r->net.body));
  r->cond_packed = floats(cdf_mlp_packed_floats(&r->net.cond) + 1);
  r->tape_block = floats(cdf_tape_floats(&r->net.body, MAX_ROWS));
  r->cond_block = floats(cdf_tape_floats(&r->net.cond, IMAGES) + 1);
  r->cond_rows = floats(IMAGES * n_cond + 1), r->film = floats(IMAGES * n_film), r->dfilm = floats(IMAGES * n_film);
  fill_normal(r->cond_rows, IMAGES * n_cond, 0.7f, 1);
  for (int i = 0; i < IMAGES; i++) {
    size_t m = (size_t)rows_of[i];
    r->x[i] = floats(m * n_x), r->dx[i] = floats(m * n_x), r->dout[i] = floats(m * CDF_LANES),
    r->out[i] = floats(m * CDF_LANES);
    fill_normal(r->x[i], m * n_x, 0.8f, 2 + (uint32_t)i);
    fill_normal(r->dout[i], m * CDF_LANES, 1.0f, 12 + (uint32_t)i);
    for (size_t j = 0; j < m * CDF_LANES; j++) /* padding columns have no gradient */
      if (j % CDF_LANES >= (size_t)(config->channels * config->stride * config->stride)) r->dout[i][j] = 0.0f;
  }
  cdf_mlp_weights_init(&r->body, &r->net.body, r->params, r->body_packed, bf16);
  cdf_mlp_weights_init(&r->cond, &r->net.cond, r->params, r->cond_packed, false);
  cdf_tape_init(&r->tape, &r->net.body, MAX_ROWS, r->tape_block);
  cdf_tape_init(&r->cond_tape, &r->net.cond, IMAGES, r->cond_block);
}

static void rig_free(rig *r) {
  float *blocks[] = {r->params,     r->grad,      r->body_packed, r->cond_packed, r->tape_block,
                     r->cond_block, r->cond_rows, r->film,        r->dfilm};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) cdf_aligned_free(blocks[i]);
  for (int i = 0; i < IMAGES; i++) {
    float *rows[] = {r->x[i], r->dx[i], r->dout[i], r->out[i]};
    for (int j = 0; j < 4; j++) cdf_aligned_free(rows[j]);
  }
}

/* The FiLM row of image i, for all rows of a call. */
static cdf_film film_of(const rig *r, int i) {
  return (cdf_film){r->film + i * r->net.n_film, r->dfilm + i * r->net.n_film, r->net.n_film, MAX_ROWS};
}

static double loss_of_film(rig *r, const cdf_kernels *k) {
  double loss = 0;
  for (int i = 0; i < IMAGES; i++) {
    const cdf_film film = film_of(r, i);
    cdf_mlp_forward(r->out[i], &r->tape, &r->body, r->x[i], &film, rows_of[i], k);
    for (int j = 0; j < rows_of[i] * CDF_LANES; j++) loss += (double)r->dout[i][j] * r->out[i][j];
  }
  return loss;
}

static double loss(rig *r, const cdf_kernels *k) {
  cdf_network_film(r->film, &r->cond_tape, &r->net, &r->cond, r->cond_rows, IMAGES, k);
  return loss_of_film(r, k);
}

/* Adds to grad and dfilm, as a shard of the trainer does. */
static void gradient(rig *r, const cdf_kernels *k) {
  for (int i = 0; i < r->net.body.n_layers; i++) cdf_mlp_pack(&r->body, k, i);
  for (int i = 0; i < r->net.cond.n_layers; i++) cdf_mlp_pack(&r->cond, k, i);
  cdf_network_film(r->film, &r->cond_tape, &r->net, &r->cond, r->cond_rows, IMAGES, k);
  for (int i = 0; i < IMAGES; i++) {
    const cdf_film film = film_of(r, i);
    cdf_mlp_forward(r->out[i], &r->tape, &r->body, r->x[i], &film, rows_of[i], k);
    cdf_mlp_backward(r->grad, r->dx[i], &r->tape, &r->body, r->dout[i], r->x[i], &film, rows_of[i], k);
  }
  /* On a copy: it overwrites the gradient of the rows, which is looked at as well. */
  size_t n = IMAGES * (size_t)r->net.n_film;
  float *dfilm = floats(n);
  memcpy(dfilm, r->dfilm, n * sizeof *dfilm);
  cdf_network_film_backward(r->grad, &r->cond_tape, &r->net, &r->cond, dfilm, r->film, r->cond_rows, IMAGES, k);
  cdf_aligned_free(dfilm);
}

/* ---- finite differences ---- */

/* d loss / d *p by the central difference of fourth order. */
static double slope(rig *r, float *p, double eps, double (*f)(rig *, const cdf_kernels *)) {
  static const double weight[] = {1, -8, 8, -1};
  float keep = *p;
  double sum = 0;
  for (int i = 0; i < 4; i++) {
    *p = (float)(keep + eps * (i < 2 ? i - 2 : i - 1));
    sum += weight[i] * f(r, &cdf_kernels_portable);
  }
  *p = keep;
  return sum / (12 * eps);
}

typedef struct score {
  int checked, wrong;
  double worst;
} score;

static void compare(score *t, double got, double expected, double floor) {
  double error = fabs(got - expected) / (fabs(expected) + floor);
  t->checked++;
  t->wrong += !(error <= 2e-2);
  if (!(error <= t->worst)) t->worst = error;
}

/* Kinks (ReLU) spoil a few of the differences, never many; smooth activations none. */
static void check_tally(const score *t, const rig *r, const char *what, bool kinks) {
  if (t->wrong <= (kinks ? t->checked / 5 : 0)) return;
  printf("  %s, activation %d, cond %d: %d of %d gradients of %s are wrong, worst by %g\n", r->config.arch,
         r->config.activation, r->config.cond_hidden, t->wrong, t->checked, what, t->worst);
  CHECK(!"backward is not the gradient of forward");
}

static void check_gradients(const cdf_config *config) {
  rig r;
  rig_init(&r, config, false);
  const cdf_network *net = &r.net;
  bool kinks = config->activation == CDF_ACT_RELU || config->activation == CDF_ACT_LEAKY;
  double eps = kinks ? 1e-3 : 1e-2;
  uint32_t pick = 1;
  gradient(&r, &cdf_kernels_portable);
  for (int i = 0; i < net->tensors.n; i++) {
    const cdf_shape *t = &net->tensors.list[i];
    size_t size = (size_t)t->rows * (size_t)t->ld;
    float *p = r.params + t->offset, *g = r.grad + t->offset;
    double square = 0;
    for (size_t j = 0; j < size; j++) square += (double)g[j] * g[j];
    double step = eps;
    if (config->body == CDF_BODY_SIREN) step = i < config->n_layers ? 5e-4 : 3e-2; /* omega_0 = 30 bends the loss */
    double floor = 0.1 * sqrt(square / (double)(t->rows * t->cols)) + 1e-3;
    score tally = {0};
    for (int sample = 0; sample < 24; sample++) {
      pick = pick * 1664525u + 1013904223u;
      size_t row = (pick >> 8) % (uint32_t)t->rows, col = (pick >> 4) % (uint32_t)t->cols,
             at = row * (size_t)t->ld + col;
      /* Without a conditioning network the scales are constants. */
      int part = (int)col / config->hidden;
      bool frozen =
          i == net->film_bias.index && config->cond_hidden == 0 && part % 2 == (config->body == CDF_BODY_RESIDUAL);
      if (frozen)
        CHECK(g[at] == 0.0f);
      else
        compare(&tally, g[at], slope(&r, &p[at], step, loss), floor);
    }
    CHECK(tally.checked > 4 && sqrt(square) > 1e-6); /* a gradient of nothing would prove nothing */
    check_tally(&tally, &r, t->name, kinks);
    for (int row = 0; row < t->rows; row++)
      for (int col = t->cols; col < t->ld; col++) CHECK(g[row * t->ld + col] == 0.0f); /* padding stays zero */
  }
  cdf_network_film(r.film, &r.cond_tape, &r.net, &r.cond, r.cond_rows, IMAGES, &cdf_kernels_portable);
  score tally = {0};
  for (int i = 0; i < IMAGES * net->n_film; i += 7)
    compare(&tally, r.dfilm[i], slope(&r, &r.film[i], eps, loss_of_film), 0.02);
  check_tally(&tally, &r, "FiLM rows", kinks);
  tally = (score){0};
  for (int i = 0; i < IMAGES; i++)
    for (int j = i; j < rows_of[i] * net->n_features; j += 5)
      compare(&tally, r.dx[i][j], slope(&r, &r.x[i][j], eps, loss_of_film), 0.02);
  check_tally(&tally, &r, "the input", kinks);
  rig_free(&r);
}

static const cdf_activation activations[] = {CDF_ACT_IDENTITY, CDF_ACT_SILU, CDF_ACT_RELU,
                                             CDF_ACT_LEAKY,    CDF_ACT_TANH, CDF_ACT_SINE};

TEST(gradients_of_the_presets) {
  for (int a = 0; cdf_arch_names[a]; a++) {
    cdf_config c = small(cdf_arch_names[a], a == 0 ? 16 : 0);
    check_gradients(&c);
    c.stride = 2;
    check_gradients(&c);
  }
}

TEST(gradients_of_every_body_with_and_without_conditioning) {
  for (int a = 0; cdf_arch_names[a]; a++)
    for (int cond = 0; cond <= 16; cond += 16) {
      cdf_config c = small(cdf_arch_names[a], cond);
      if (c.body != CDF_BODY_SIREN)
        c.activation = c.body == CDF_BODY_SKIP ? CDF_ACT_TANH : CDF_ACT_SILU; /* smooth: no excuse */
      check_gradients(&c);
    }
}

TEST(gradients_of_every_activation) {
  for (int i = 0; i < 6; i++) {
    cdf_config c = small("taps", 16);
    c.activation = (int)activations[i];
    /* Normed, what is conditioned moves many units over their kinks at once. */
    c.cond_normed = activations[i] != CDF_ACT_RELU && activations[i] != CDF_ACT_LEAKY;
    check_gradients(&c);
  }
}

TEST(backward_adds) {
  rig r;
  cdf_config c = small("taps", 16);
  rig_init(&r, &c, false);
  gradient(&r, &cdf_kernels_portable);
  float *once = floats(r.net.tensors.n_params);
  memcpy(once, r.grad, r.net.tensors.n_params * sizeof(float));
  memset(r.dfilm, 0, sizeof(float) * IMAGES * (size_t)r.net.n_film);
  gradient(&r, &cdf_kernels_portable);
  for (size_t i = 0; i < r.net.tensors.n_params; i++) CHECK_NEAR(r.grad[i], 2.0 * once[i], 1e-4 + 1e-4 * fabs(once[i]));
  cdf_aligned_free(once);
  rig_free(&r);
}

/* Two images of some rows each through the network: in one call, or in one call each. */
static void gradient_of_two(rig *r, bool together, const cdf_kernels *k) {
  enum { ROWS = CDF_BF16_ROWS };
  size_t n_x = (size_t)r->net.n_features, n_film = (size_t)r->net.n_film;
  float *x = floats(2 * ROWS * n_x), *dx = floats(2 * ROWS * n_x), *out = floats(2 * ROWS * CDF_LANES),
        *dout = floats(2 * ROWS * CDF_LANES);
  for (size_t i = 0; i < 2; i++) {
    memcpy(x + i * ROWS * n_x, r->x[i], ROWS * n_x * sizeof *x);
    memcpy(dout + i * ROWS * CDF_LANES, r->dout[i], ROWS * CDF_LANES * sizeof *x);
  }
  for (int i = 0; i < r->net.body.n_layers; i++) cdf_mlp_pack(&r->body, k, i);
  for (int i = 0; i < r->net.cond.n_layers; i++) cdf_mlp_pack(&r->cond, k, i);
  cdf_network_film(r->film, &r->cond_tape, &r->net, &r->cond, r->cond_rows, 2, k);
  for (size_t i = 0, step = together ? 2 : 1; i < 2; i += step) {
    const cdf_film film = {r->film + i * n_film, r->dfilm + i * n_film, (int)n_film, ROWS};
    size_t at = i * ROWS;
    int m = (int)step * ROWS;
    cdf_mlp_forward(out + at * CDF_LANES, &r->tape, &r->body, x + at * n_x, &film, m, k);
    cdf_mlp_backward(r->grad, dx + at * n_x, &r->tape, &r->body, dout + at * CDF_LANES, x + at * n_x, &film, m, k);
  }
  for (size_t i = 0; i < 2; i++) {
    memcpy(r->out[i], out + i * ROWS * CDF_LANES, ROWS * CDF_LANES * sizeof *x);
    memcpy(r->dx[i], dx + i * ROWS * n_x, ROWS * n_x * sizeof *x);
  }
  float *blocks[] = {x, dx, out, dout};
  for (int i = 0; i < 4; i++) cdf_aligned_free(blocks[i]);
}

static void check_together(const cdf_kernels *k, const char *arch, bool bf16) {
  rig one, both;
  cdf_config c = small(arch, 16);
  rig_init(&one, &c, bf16);
  rig_init(&both, &c, bf16);
  gradient_of_two(&one, false, k);
  gradient_of_two(&both, true, k);
  CHECK(!memcmp(one.grad, both.grad, one.net.tensors.n_params * sizeof(float)));
  CHECK(!memcmp(one.dfilm, both.dfilm, IMAGES * (size_t)one.net.n_film * sizeof(float)));
  for (size_t i = 0; i < IMAGES; i++) {
    CHECK(!memcmp(one.out[i], both.out[i], CDF_BF16_ROWS * CDF_LANES * sizeof(float)));
    CHECK(!memcmp(one.dx[i], both.dx[i], CDF_BF16_ROWS * (size_t)one.net.n_features * sizeof(float)));
  }
  rig_free(&one);
  rig_free(&both);
}

TEST(images_that_share_a_call_get_the_same_bits) {
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    static const char *const archs[] = {"taps", "siren", "pixelgen"};
    for (size_t i = 0; i < 3; i++) {
      check_together(*k, archs[i], false);
      if ((*k)->gemm_bf16) check_together(*k, archs[i], true);
    }
  }
}

/* ---- other tables, bfloat16 ---- */

/* |a - b| / |b|, as vectors. */
static double distance(const float *a, const float *b, size_t n) {
  double difference = 0, square = 0;
  for (size_t i = 0; i < n; i++) difference += pow((double)a[i] - b[i], 2), square += (double)b[i] * b[i];
  return sqrt(difference / (square + 1e-30));
}

/* Largest distance between two rigs' outputs, FiLM gradients and gradients, tensor by tensor. */
static double rig_distance(const rig *a, const rig *b) {
  double worst = distance(a->dfilm, b->dfilm, IMAGES * (size_t)a->net.n_film);
  for (int i = 0; i < IMAGES; i++) worst = fmax(worst, distance(a->out[i], b->out[i], (size_t)rows_of[i] * CDF_LANES));
  for (int i = 0; i < a->net.tensors.n; i++) {
    const cdf_shape *t = &a->net.tensors.list[i];
    worst = fmax(worst, distance(a->grad + t->offset, b->grad + t->offset, (size_t)t->rows * (size_t)t->ld));
  }
  return worst;
}

static void check_table(const cdf_kernels *k, const char *arch, bool bf16) {
  rig exact, other;
  cdf_config c = small(arch, 16);
  if (bf16 && c.body != CDF_BODY_SIREN)
    c.activation = CDF_ACT_SILU; /* an input that crosses a ReLU's kink is no error */
  rig_init(&exact, &c, false);
  rig_init(&other, &c, bf16);
  gradient(&exact, &cdf_kernels_portable);
  gradient(&other, k);
  double d = rig_distance(&other, &exact);
  if (bf16) CHECK(d > 1e-4); /* or bfloat16 was not used at all */
  if (!(d <= (bf16 ? 1.5e-2 : 1e-4))) {
    printf("  %s %s%s: differs from portable by %g\n", k->name, arch, bf16 ? " in bf16" : "", d);
    CHECK(!"a table disagrees");
  }
  rig_free(&exact);
  rig_free(&other);
}

TEST(tables_agree_with_portable) {
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++)
    for (int a = 0; cdf_arch_names[a]; a++) {
      check_table(*k, cdf_arch_names[a], false);
      if ((*k)->gemm_bf16) check_table(*k, cdf_arch_names[a], true);
    }
}

/* ---- the denoiser of sampling ---- */

/* The first cell of the square that answers for a cell, as the first evaluation has it. */
static int first_of(int at, int n, int stride) { return cdf_min(at / stride * stride, n - stride); }

static void check_denoiser(const cdf_config *config, const cdf_kernels *k) {
  enum { PLANE = W * H };
  int s = config->stride;
  rig r;
  rig_init(&r, config, false);
  const cdf_network *net = &r.net;
  size_t n = (size_t)config->channels * PLANE, n_x = (size_t)net->n_features;
  float *z = floats(n), *block = floats(cdf_denoiser_floats(net, NULL, 2)), *whole = floats(n), *split = floats(n),
        *x = floats(CDF_TILE * n_x);
  float *expected = floats(MAX_ROWS * CDF_LANES);
  fill_normal(z, n, 0.9f, 40);
  bool edm = config->target == CDF_TARGET_EDM;
  float sigma = 0.6f, time = edm ? 0.25f * logf(sigma) : 0.4f;
  cdf_denoiser d;
  cdf_denoiser_init(&d, net, NULL, r.params, 2, block);
  cdf_denoiser_prepare(&d, z, sigma, time, 0);
  cdf_denoiser_condition(&d, config->n_classes ? 1 : -1, k);
  if (config->cond_hidden) cdf_features_cond(r.cond_rows, &d.features, 1);
  cdf_network_film(r.film, &r.cond_tape, &r.net, &r.cond, r.cond_rows, 1, k);
  cdf_denoiser_part(whole, &d, &(cdf_world){0, 0, W, H}, 0, k);
  for (int begin = 0; begin < PLANE; begin += MAX_ROWS) {
    int m = cdf_min(MAX_ROWS, PLANE - begin);
    for (int i = 0; i < m; i++)
      cdf_features_gather(x + (size_t)i * n_x, &d.features, first_of((begin + i) % W, W, s),
                          first_of((begin + i) / W, H, s));
    const cdf_film film = film_of(&r, 0);
    cdf_mlp_forward(expected, &r.tape, &r.body, x, &film, m, k);
    const float *folded = cdf_denoiser_tile(&d, x, m, k);
    CHECK(distance(folded, expected, (size_t)m * CDF_LANES) < 1e-5);
    for (int ch = 0; ch < config->channels; ch++)
      for (int i = 0; i < m; i++) { /* Karras et al. 2022, table 1 */
        int dx = (begin + i) % W - first_of((begin + i) % W, W, s),
            dy = (begin + i) / W - first_of((begin + i) / W, H, s);
        double f = expected[i * CDF_LANES + (dy * s + dx) * config->channels + ch], v = sigma * sigma + 0.25,
               at = z[ch * PLANE + begin + i];
        CHECK_NEAR(whole[ch * PLANE + begin + i], edm ? 0.25 / v * at + sigma * 0.5 / sqrt(v) * f : f,
                   1e-4 * (1 + fabs(f)));
      }
  }
  static const int cuts[] = {0, 1, 2, 5, H}; /* bands that no tile of 64 pixels agrees with, then single columns */
  for (int i = 3; i >= 0; i--)
    cdf_denoiser_part(split, &d, &(cdf_world){0, cuts[i], W, cuts[i + 1] - cuts[i]}, i % 2, k);
  CHECK(memcmp(split, whole, n * sizeof(float)) == 0);
  memset(split, 0, n * sizeof(float));
  for (int i = 0; i < W; i++) cdf_denoiser_part(split, &d, &(cdf_world){i, 0, 1, H}, 1, k);
  CHECK(memcmp(split, whole, n * sizeof(float)) == 0);
  float *blocks[] = {z, block, whole, split, x, expected};
  for (int i = 0; i < 6; i++) cdf_aligned_free(blocks[i]);
  rig_free(&r);
}

TEST(folded_denoiser_is_the_network) {
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++)
    for (int a = 0; cdf_arch_names[a]; a++)
      for (int cond = 0; cond <= 16; cond += 16) {
        cdf_config c = small(cdf_arch_names[a], cond);
        check_denoiser(&c, *k);
        c.target = CDF_TARGET_EDM, c.context = CDF_CONTEXT_NOISY; /* a baseline body in our process */
        check_denoiser(&c, *k);
        c.stride = 2;
        check_denoiser(&c, *k);
      }
}

/* ---- layout ---- */

/* However far out the images are, no scale leaves its bound, or goes far where the conditioning is normed; else they
 * do. */
TEST(scales_are_bounded) {
  for (int way = 0; way < 3; way++) {
    cdf_config c = small("taps", 16);
    CHECK(c.scale_bound > 0 && c.cond_normed);
    if (way != 1) c.scale_bound = 0;
    c.cond_normed = way == 2;
    rig r;
    rig_init(&r, &c, false);
    for (size_t i = 0; i < IMAGES * (size_t)r.net.n_cond; i++) r.cond_rows[i] *= 1000.0f;
    cdf_network_film(r.film, &r.cond_tape, &r.net, &r.cond, r.cond_rows, IMAGES, &cdf_kernels_portable);
    float largest = 0;
    for (const cdf_layer *l = r.net.body.layers; l < r.net.body.layers + r.net.body.n_layers; l++)
      for (int j = 0; j < l->units * IMAGES && l->scale != CDF_NONE; j++)
        largest = fmaxf(largest, fabsf(r.film[j / l->units * r.net.n_film + l->scale + j % l->units]));
    CHECK(way == 0 ? largest > 10 : way == 1 ? largest <= c.scale_bound : largest < 10);
    rig_free(&r);
  }
}

TEST(tensors_fill_the_block) {
  for (int a = 0; cdf_arch_names[a]; a++) {
    cdf_config c = small(cdf_arch_names[a], 16);
    cdf_network net;
    cdf_network_init(&net, &c);
    size_t end = 0, macs = 0;
    for (int i = 0; i < net.tensors.n; i++) {
      const cdf_shape *t = &net.tensors.list[i];
      CHECK(t->offset == end && t->offset % CDF_LANES == 0 && t->ld == cdf_pad(t->cols) && t->name[0]);
      for (int j = 0; j < i; j++) CHECK(strcmp(t->name, net.tensors.list[j].name) != 0);
      end += (size_t)t->rows * (size_t)t->ld;
      if (i <= cdf_tensors_find(&net.tensors, "out.weight")->index) macs += (size_t)t->rows * (size_t)t->ld;
    }
    CHECK(end == net.tensors.n_params && macs == cdf_network_pixel_macs(&net));
    float *p = floats(net.tensors.n_params), *q = floats(net.tensors.n_params);
    cdf_network_randomize(&net, p, 5);
    cdf_network_randomize(&net, q, 5);
    CHECK(memcmp(p, q, net.tensors.n_params * sizeof *p) == 0);
    cdf_network_randomize(&net, q, 6);
    CHECK(memcmp(p, q, net.tensors.n_params * sizeof *p) != 0);
    cdf_aligned_free(p), cdf_aligned_free(q);
  }
}

int main(void) {
  RUN(gradients_of_the_presets);
  RUN(gradients_of_every_body_with_and_without_conditioning);
  RUN(gradients_of_every_activation);
  RUN(backward_adds);
  RUN(images_that_share_a_call_get_the_same_bits);
  RUN(tables_agree_with_portable);
  RUN(folded_denoiser_is_the_network);
  RUN(scales_are_bounded);
  RUN(tensors_fill_the_block);
  return test_report();
}
