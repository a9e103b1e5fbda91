/* denoise.c: `coordiff eval --denoise`: the denoiser's error at every noise level beside that of the optimal
 * linear filter, on the same test pictures with the same noise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../judge/metrics.h"
#include "eval.h"
#include "../json.h"
#include "../terminal.h"
#include "../threads.h"
#include "wiener.h"

static const float sigmas[] = {0.05f, 0.07f, 0.1f, 0.15f, 0.2f, 0.3f, 0.5f, 0.7f,
                               1.0f,  1.5f,  2.0f, 3.0f,  5.0f, 7.0f, 10.0f};
#define N_SIGMAS ((int)(sizeof sigmas / sizeof sigmas[0]))

enum { WITH_CLASS, WITHOUT_CLASS, WIENER, N_KINDS };

typedef struct job {
  const cli_eval *e;
  const cdf_dataset *test;
  const cli_wiener *wiener; /* NULL: the pictures are too large for it */
  bool labels;
  double *mse; /* [images][N_KINDS][N_SIGMAS] */
} job;

static double square_error(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  return sum / (double)n;
}

static void denoise_all(double *mse, cdf_generation *g, float *work, const float *noise, size_t n, int label) {
  float *clean = work, *noisy = clean + n, *out = noisy + n;
  for (int s = 0; s < N_SIGMAS; s++) {
    for (size_t i = 0; i < n; i++) noisy[i] = clean[i] + sigmas[s] * noise[i];
    cdf_generation_denoise(g, out, noisy, sigmas[s], label);
    mse[s] = square_error(out, clean, n);
  }
}

/* One test picture at every noise level. */
static cdf_status denoise_picture(void *context, int item, cdf_error *err) {
  const job *j = context;
  const cdf_config *c = &j->e->model->net.config;
  size_t n = cdf_dataset_image_size(j->test), plane = n / (size_t)j->test->n_channels;
  size_t index = (size_t)((int64_t)item * j->test->n_images / j->e->n_images),
         bytes = 4 * n * sizeof(float) + 2 * n * sizeof(double);
  cdf_generation *g = NULL;
  double *linear = malloc(bytes), *mse = j->mse + (size_t)item * N_KINDS * N_SIGMAS;
  if (!linear) return cdf_fail_memory(err, bytes);
  float *noise = (float *)(linear + 2 * n), *clean = noise + n;
  const uint8_t *pixels = j->test->pixels + index * n;
  cdf_metrics_noise(noise, n, j->e->options.seed, (uint32_t)index);
  for (size_t i = 0; i < n; i++) clean[i] = (float)pixels[i] / 127.5f - 1.0f;
  if (j->wiener) cli_wiener_errors(mse + WIENER * N_SIGMAS, j->wiener, clean, noise, sigmas, N_SIGMAS, linear);
  for (size_t i = 0; i < n; i++) clean[i] -= c->mean[i / plane];
  cdf_status status = cdf_generation_create(&g, j->e->model, NULL, j->e->k, err);
  if (status == CDF_OK) {
    if (j->labels) denoise_all(mse + WITH_CLASS * N_SIGMAS, g, clean, noise, n, j->test->labels[index]);
    denoise_all(mse + WITHOUT_CLASS * N_SIGMAS, g, clean, noise, n, -1);
  }
  cdf_generation_free(g);
  free(linear);
  return status;
}

/* mean[N_KINDS][N_SIGMAS] over the pictures, added in order. */
static cdf_status measure(double *mean, job *j, cdf_error *err) {
  size_t n = (size_t)j->e->n_images, row = N_KINDS * N_SIGMAS;
  j->mse = calloc(n * row, sizeof *j->mse);
  if (!j->mse) return cdf_fail_memory(err, n * row * sizeof *j->mse);
  cdf_status status = cli_eval_for(j->e, "pictures", denoise_picture, j, j->e->n_images, err);
  for (size_t i = 0; i < n && status == CDF_OK; i++)
    for (size_t s = 0; s < row; s++) mean[s] += j->mse[i * row + s] / (double)n;
  free(j->mse);
  return status;
}

static cdf_status fit_wiener(cli_wiener *w, const cli_eval *e, const cdf_dataset *train, cdf_error *err) {
  size_t dim = cdf_dataset_image_size(train);
  double *mean = malloc(dim * sizeof *mean), *covariance = malloc(dim * dim * sizeof *covariance);
  cdf_status status = mean && covariance ? CDF_OK : cdf_fail_memory(err, dim * (dim + 1) * sizeof(double));
  if (!e->quiet) cli_progress("covariance of %d training pictures", train->n_images);
  if (status == CDF_OK)
    status =
        cdf_metrics_pixel_gaussian(mean, covariance, train->pixels, train->n_images, (int)dim, e->k, &cli_threads, err);
  if (status == CDF_OK) return cli_wiener_init(w, mean, covariance, (int)dim, err);
  free(mean);
  free(covariance);
  return status;
}

static void print_cell(double value, bool there) {
  if (there)
    printf("  %13.6f", value);
  else
    printf("  %13s", "-");
}

static void print_text(const double *mean, const job *j) {
  bool wiener = j->wiener != NULL;
  printf("mean square error of a pixel in [-1, 1]; %d test pictures, seed %llu; ratio: ours over Wiener's\n",
         j->e->n_images, (unsigned long long)j->e->options.seed);
  printf("%8s  %13s  %13s  %13s  %13s  %13s\n", "sigma", "with class", "without class", "Wiener", "ratio with",
         "ratio without");
  for (int s = 0; s < N_SIGMAS; s++) {
    const double *m = mean + s;
    printf("%8.2f", (double)sigmas[s]);
    print_cell(m[WITH_CLASS * N_SIGMAS], j->labels);
    print_cell(m[WITHOUT_CLASS * N_SIGMAS], true);
    print_cell(m[WIENER * N_SIGMAS], wiener);
    print_cell(m[WITH_CLASS * N_SIGMAS] / m[WIENER * N_SIGMAS], j->labels && wiener);
    print_cell(m[WITHOUT_CLASS * N_SIGMAS] / m[WIENER * N_SIGMAS], wiener);
    printf("\n");
  }
}

static void print_list(const char *name, const double *values, bool there) {
  printf(", \"%s\": %s", name, there ? "[" : "null");
  for (int s = 0; there && s < N_SIGMAS; s++) printf("%s%.6g", s ? ", " : "", values[s]);
  if (there) printf("]");
}

static void print_json(const double *mean, const job *j, bool same) {
  double levels[N_SIGMAS];
  for (int s = 0; s < N_SIGMAS; s++) levels[s] = (double)sigmas[s];
  printf("{\"model\": ");
  cli_json_string(j->e->model_path);
  printf(", \"data\": ");
  cli_json_string(j->e->data);
  printf(", \"images\": %d, \"seed\": %llu, \"kernels\": \"%s\", \"test_is_train\": %s", j->e->n_images,
         (unsigned long long)j->e->options.seed, j->e->k->name, same ? "true" : "false");
  print_list("sigma", levels, true);
  print_list("mse_with_class", mean + WITH_CLASS * N_SIGMAS, j->labels);
  print_list("mse_without_class", mean + WITHOUT_CLASS * N_SIGMAS, true);
  print_list("mse_wiener", mean + WIENER * N_SIGMAS, j->wiener != NULL);
  printf("}\n");
}

cdf_status cli_eval_denoise(const cli_eval *request, cdf_error *err) {
  cli_eval e = *request;
  const cdf_config *c = &e.model->net.config;
  if (c->target != CDF_TARGET_EDM)
    return cdf_fail(err, CDF_USAGE,
                    "this model predicts the previous step of a chain, not the clean picture, so it has no denoising "
                    "error; leave out --denoise");
  cli_eval_data data = {0};
  cli_wiener wiener = {0};
  double mean[N_KINDS * N_SIGMAS] = {0};
  cdf_status status = cli_eval_load_data(&data, &e, err);
  if (status == CDF_OK)
    status = cli_eval_check_size(&e, data.train.width, data.train.height, data.train.n_channels, err);
  if (status != CDF_OK) goto done;
  size_t dim = cdf_dataset_image_size(&data.train);
  e.n_images = cdf_min(e.n_images, data.test.n_images);
  job j = {.e = &e,
           .test = &data.test,
           .labels = data.test.labels && c->n_classes > 0 && data.test.n_classes <= c->n_classes};
  if (dim <= CLI_WIENER_MAX_DIM) {
    status = fit_wiener(&wiener, &e, &data.train, err);
    j.wiener = &wiener;
  } else if (!e.quiet) {
    fprintf(stderr, "coordiff eval: a picture has %zu numbers; Wiener's filter is left out, it is limited to %d\n", dim,
            CLI_WIENER_MAX_DIM);
  }
  if (status == CDF_OK) status = measure(mean, &j, err);
  if (status == CDF_OK) e.json ? print_json(mean, &j, data.same) : print_text(mean, &j);
done:
  cli_wiener_free(&wiener);
  cli_eval_free_data(&data);
  return status;
}
