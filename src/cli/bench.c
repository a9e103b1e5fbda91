/* bench.c: `coordiff bench`: how fast, beside what this machine can do at most. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_canvas.h"
#include "commands.h"
#include "peak.h"
#include "terminal.h"
#include "threads.h"

static const char usage[] =
    "Usage: coordiff bench [--model FILE] [--canvas] [--json]\n"
    "\n"
    "Examples\n"
    "  coordiff bench                                     every kernel table, default network\n"
    "  coordiff bench --kernels avx2 --threads 1\n"
    "  coordiff bench --model models/fashion.safetensors  the network of a checkpoint\n"
    "  coordiff bench --model models/faces.safetensors --canvas   time a picture of 64, 256 and 1024 pixels a side\n"
    "\n"
    "Rates are GFLOP/s of the matrix products alone (a multiply-add is two); everything else that a forward pass or a "
    "training\n"
    "step does takes time but counts for nothing. Shares are of the float multiply-add peak measured in the same "
    "run.\n";

static const cli_option option_table[] = {
    {"model", "FILE", "checkpoint whose network is timed (default: a fresh `taps`)", NULL},
    {"threads", "N", "of the training step (default: every processor)", NULL},
    {"kernels", "NAME", "one table only", NULL},
    {"canvas", NULL, "the time of whole pictures, beside that of the reverse process at every canvas pixel", NULL},
    {"json", NULL, "one JSON object on standard output", NULL},
    {"list", NULL, "only name the kernel tables of this processor, best first", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

typedef struct result {
  const char *name;
  double peak, gemm, forward, train_one, train_all, rows; /* FLOP/s; pixel rows a second */
} result;

/* Median rate of `work` over repeats of at least a fifth of a second. */
static double rate_of(double (*work)(void *), void *context) {
  double rates[5];
  for (int r = 0; r < 5; r++) {
    double start = cli_seconds(), flops = 0;
    do flops += work(context);
    while (cli_seconds() - start < 0.2);
    double rate = flops / (cli_seconds() - start);
    int i = r;
    for (; i > 0 && rates[i - 1] > rate; i--) rates[i] = rates[i - 1];
    rates[i] = rate;
  }
  return rates[2];
}

typedef struct gemm_job {
  const cdf_kernels *k;
  float *a, *b, *c;
} gemm_job;

enum { M = 64, N = 192, DEPTH = 192 };

static double work_gemm(void *context) {
  gemm_job *j = context;
  for (int i = 0; i < 16; i++) j->k->gemm(j->c, N, j->a, DEPTH, 1, j->b, N, M, N, DEPTH, false);
  return 16.0 * 2 * M * N * DEPTH;
}

typedef struct forward_job {
  cdf_process *p;
  double flops; /* of one tile */
} forward_job;

static double work_forward(void *context) {
  forward_job *j = context;
  for (int i = 0; i < 8; i++) cdf_process_tile(j->p, NULL, CDF_TILE);
  return 8 * j->flops;
}

typedef struct train_job {
  cdf_learner *t;
  double flops;
} train_job;

static double work_train(void *context) {
  train_job *j = context;
  cdf_report report;
  cdf_error err;
  cdf_learner_gradient(j->t, &report, &cli_threads);
  return cdf_learner_update(j->t, &report, &cli_threads, &err) == CDF_OK ? j->flops : 0;
}

static cdf_status bench_gemm(result *r, const cdf_kernels *k, cdf_error *err) {
  gemm_job j = {k, calloc(M * DEPTH, 4), aligned_alloc(CDF_ALIGN, DEPTH * N * 4), aligned_alloc(CDF_ALIGN, M * N * 4)};
  cdf_status status = j.a && j.b && j.c ? CDF_OK : cdf_fail_memory(err, DEPTH * N * 4);
  if (status == CDF_OK) {
    memset(j.b, 0, DEPTH * N * 4);
    r->gemm = rate_of(work_gemm, &j);
  }
  free(j.a);
  free(j.b);
  free(j.c);
  return status;
}

static cdf_status bench_forward(result *r, const cdf_model *model, const cdf_kernels *k, cdf_error *err) {
  cdf_process *p;
  cdf_status status = cdf_process_create(&p, model, NULL, 1, k, err);
  if (status != CDF_OK) return status;
  cdf_sample_options options = {.seed = 1, .steps = 1, .guidance = 1.0f};
  status = cdf_process_start(p, &options, err);
  if (status == CDF_OK) status = cdf_process_step(p, &cli_threads, err); /* folds the network for the tiles */
  forward_job job = {p, 2.0 * CDF_TILE * (double)cdf_mlp_macs(&model->net.body)};
  if (status == CDF_OK) r->forward = rate_of(work_forward, &job);
  cdf_process_free(p);
  return status;
}

/* Forward, weight gradients, and input gradients of all layers but the first; the conditioning network likewise. */
static double train_flops(const cdf_network *net, const cdf_train_config *train) {
  double row = (double)cdf_mlp_macs(&net->body), first = (double)net->tensors.list[0].rows * net->config.hidden;
  double rows = (double)train->pixels / (net->config.stride * net->config.stride);
  return 2.0 * train->images * (rows * (3 * row - first) + 3.0 * (double)cdf_network_image_macs(net));
}

static cdf_status bench_train(result *r, const cdf_config *config, const cdf_kernels *k, int threads, cdf_error *err) {
  cdf_dataset data = {0};
  cdf_train_config train;
  train_job job = {0};
  cdf_train_config_default(&train);
  train.images = 64, train.pixels = 512; /* about what the shipped models were trained with */
  cdf_status status = cdf_dataset_init(&data, 256, config->channels, config->lattice_height, config->lattice_width,
                                       cdf_max(1, config->n_classes), err);
  if (status != CDF_OK) return status;
  data.n_images = 256;
  for (size_t i = 0; i < 256 * cdf_dataset_image_size(&data); i++) data.pixels[i] = (uint8_t)(i * 2654435761u >> 24);
  status = cdf_trainer_create(&job.t, config, &train, &data, k, 0, 1, err);
  if (status == CDF_OK) {
    job.flops = train_flops(cdf_trainer_network(job.t), &train);
    cli_set_threads(1);
    r->train_one = rate_of(work_train, &job);
    cli_set_threads(threads);
    r->train_all = rate_of(work_train, &job);
    r->rows = r->train_all / job.flops * train.images * train.pixels;
  }
  cdf_learner_free(job.t);
  cdf_dataset_free(&data);
  return status;
}

static void print_row(const result *r, int threads) {
  printf("%-11s %7.1f  %7.1f %3.0f %%  %7.1f %3.0f %%  %7.1f %3.0f %%  %7.1f %3.0f %%  %8.0f\n", r->name,
         r->peak * 1e-9, r->gemm * 1e-9, 100 * r->gemm / r->peak, r->forward * 1e-9, 100 * r->forward / r->peak,
         r->train_one * 1e-9, 100 * r->train_one / r->peak, r->train_all * 1e-9,
         100 * r->train_all / (r->peak * threads), r->rows);
  fflush(stdout);
}

/* A model to time when none was given: the default network with arbitrary weights. */
static cdf_status default_model(cdf_model **model, cdf_error *err) {
  cdf_config config;
  cdf_status status = cdf_config_preset(&config, "taps", err);
  config.n_classes = 10, config.sigma_data = 1.0f;
  for (int l = 0; l < config.n_levels; l++) config.level_sd[l] = 1.0f;
  if (status == CDF_OK) status = cdf_model_create(model, &config, 1, err);
  return status;
}

cdf_status command_bench(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  if (status == CDF_OK && cli_value(options, "list")) {
    for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) puts((*k)->name);
    return CDF_OK;
  }
  const cdf_kernels *only = NULL;
  cdf_model *model = NULL;
  int threads = cli_n_threads();
  if (status == CDF_OK) status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK && cli_value(options, "kernels")) status = cli_kernels(&only, options, err);
  if (status == CDF_OK)
    status = cli_value(options, "model") ? cli_load_model(&model, cli_value(options, "model"), err)
                                         : default_model(&model, err);
  bool json = cli_value(options, "json") != NULL;
  if (status == CDF_OK && cli_value(options, "canvas")) {
    status = cli_bench_canvas(model, only ? only : cdf_kernels_best(), json, err);
    cdf_model_free(model);
    return status;
  }
  if (status == CDF_OK && !json)
    printf(
        "%zu multiply-adds a pixel; GFLOP/s and share of the float peak; training on 1 and %d threads\n"
        "kernels        peak     product         forward         train, 1       train, %-2d      rows/s\n",
        cdf_network_pixel_macs(&model->net), threads, threads);
  if (status == CDF_OK && json)
    printf("{\"macs_per_pixel\": %zu, \"threads\": %d, \"kernels\": [", cdf_network_pixel_macs(&model->net), threads);
  int n = 0;
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k && status == CDF_OK; k++) {
    if (only && *k != only) continue;
    result r = {.name = (*k)->name, .peak = cli_peak_flops((*k)->name, 0)};
    status = bench_gemm(&r, *k, err);
    if (status == CDF_OK) status = bench_forward(&r, model, *k, err);
    if (status == CDF_OK) status = bench_train(&r, &model->net.config, *k, threads, err);
    if (status != CDF_OK) break;
    if (!json)
      print_row(&r, threads);
    else
      printf(
          "%s{\"name\": \"%s\", \"peak\": %.4g, \"product\": %.4g, \"forward\": %.4g, \"train_1\": %.4g, "
          "\"train_all\": %.4g, \"rows_per_s\": %.0f}",
          n++ ? ", " : "", r.name, r.peak, r.gemm, r.forward, r.train_one, r.train_all, r.rows);
    double bf16_peak = (*k)->gemm_bf16 ? cli_peak_flops((*k)->name, 1) : 0;
    if (!json && bf16_peak > 0)
      printf("            (bfloat16 peak %.1f: training runs its hidden layers in it)\n", bf16_peak * 1e-9);
  }
  if (status == CDF_OK && json) printf("]}\n");
  cdf_model_free(model);
  return status;
}
