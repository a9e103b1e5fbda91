/* denoise.c: `coordiff eval --denoise`: the denoiser's error at every noise level, over all cells and over those with
 * the most detail, beside that of the optimal linear filter, on the same test pictures with the same noise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../judge/metrics.h"
#include "eval.h"
#include "../json.h"
#include "../terminal.h"
#include "../threads.h"
#include "wiener.h"

static const float default_sigmas[] = {0.05f, 0.07f, 0.1f, 0.15f, 0.2f, 0.3f, 0.5f, 0.7f,
                                       1.0f,  1.5f,  2.0f, 3.0f,  5.0f, 7.0f, 10.0f};
#define N_DEFAULT_SIGMAS ((int)(sizeof default_sigmas / sizeof default_sigmas[0]))
_Static_assert(N_DEFAULT_SIGMAS <= CLI_EVAL_MAX_SIGMAS, "a row of errors holds the default noise levels");

enum { WITH_CLASS, WITHOUT_CLASS, DETAIL_WITH_CLASS, DETAIL_WITHOUT_CLASS, WIENER, N_KINDS };

typedef double errors[N_KINDS][CLI_EVAL_MAX_SIGMAS];

typedef struct job {
  const cli_eval *e;
  const cdf_dataset *test;
  const cli_wiener *wiener; /* NULL: the pictures are too large for it */
  bool labels;
  errors *mse; /* [images] */
} job;

/* The working memory of one picture: all are of its size. */
typedef struct picture {
  float *noise, *clean, *noisy, *out;
  int *detail; /* the cells with the most detail, n_detail of them */
  int n_detail;
  size_t n, plane;
} picture;

static double square_error(const picture *p, const int *cells, size_t n_cells) {
  double sum = 0;
  size_t n_channels = p->n / p->plane;
  for (size_t c = 0; c < n_channels; c++)
    for (size_t i = 0; i < n_cells; i++) {
      size_t at = c * p->plane + (cells ? (size_t)cells[i] : i);
      sum += ((double)p->out[at] - p->clean[at]) * ((double)p->out[at] - p->clean[at]);
    }
  return sum / (double)(n_cells * n_channels);
}

static void denoise_all(double *all, double *detail, const cli_eval *e, const picture *p, cdf_process *process,
                        int label) {
  for (int s = 0; s < e->n_sigmas; s++) {
    for (size_t i = 0; i < p->n; i++) p->noisy[i] = p->clean[i] + e->sigmas[s] * p->noise[i];
    cdf_process_denoise(process, p->out, p->noisy, e->sigmas[s], label);
    all[s] = square_error(p, NULL, p->plane);
    detail[s] = square_error(p, p->detail, (size_t)p->n_detail);
  }
}

/* One test picture at every noise level. */
static cdf_status denoise_picture(void *context, int item, cdf_error *err) {
  const job *j = context;
  const cli_eval *e = j->e;
  const cdf_config *c = &e->model->net.config;
  size_t n = cdf_dataset_image_size(j->test), plane = n / (size_t)j->test->n_channels;
  size_t index = (size_t)((int64_t)item * j->test->n_images / e->n_images),
         bytes = 4 * n * sizeof(float) + 2 * n * sizeof(double) + plane * sizeof(int);
  cdf_process *process = NULL;
  double *linear = malloc(bytes), (*mse)[CLI_EVAL_MAX_SIGMAS] = j->mse[item];
  if (!linear) return cdf_fail_memory(err, bytes);
  float *block = (float *)(linear + 2 * n);
  picture p = {block, block + n, block + 2 * n, block + 3 * n, (int *)(block + 4 * n), 0, n, plane};
  const uint8_t *pixels = j->test->pixels + index * n;
  cdf_metrics_noise(p.noise, n, e->options.seed, (uint32_t)index);
  cdf_image_floats(p.clean, pixels, c->channels, plane, NULL);
  if (j->wiener) cli_wiener_errors(mse[WIENER], j->wiener, p.clean, p.noise, e->sigmas, e->n_sigmas, linear);
  for (size_t i = 0; i < n; i++) p.clean[i] -= c->mean[i / plane];
  cdf_status status =
      cdf_metrics_detail(p.detail, &p.n_detail, p.clean, j->test->width, j->test->height, j->test->n_channels, err);
  if (status == CDF_OK) status = cdf_process_create(&process, e->model, NULL, 1, e->k, err);
  if (status == CDF_OK) {
    if (j->labels) denoise_all(mse[WITH_CLASS], mse[DETAIL_WITH_CLASS], e, &p, process, j->test->labels[index]);
    denoise_all(mse[WITHOUT_CLASS], mse[DETAIL_WITHOUT_CLASS], e, &p, process, -1);
  }
  cdf_process_free(process);
  free(linear);
  return status;
}

/* The mean over the pictures, added in order. */
static cdf_status measure(errors mean, job *j, cdf_error *err) {
  size_t n = (size_t)j->e->n_images;
  j->mse = calloc(n, sizeof *j->mse);
  if (!j->mse) return cdf_fail_memory(err, n * sizeof *j->mse);
  cdf_status status = cli_eval_for(j->e, "pictures", denoise_picture, j, j->e->n_images, err);
  for (size_t i = 0; i < n && status == CDF_OK; i++)
    for (int kind = 0; kind < N_KINDS; kind++)
      for (int s = 0; s < j->e->n_sigmas; s++) mean[kind][s] += j->mse[i][kind][s] / (double)n;
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

static void print_text(errors mean, const job *j) {
  bool wiener = j->wiener != NULL;
  printf("mean square error of a pixel in [-1, 1]; %d test pictures, seed %llu; ratio: ours over Wiener's\n",
         j->e->n_images, (unsigned long long)j->e->options.seed);
  printf(
      "detail: over the tenth of the cells of each clean picture with the highest local contrast (standard deviation "
      "of the 3x3 about a cell)\n");
  printf("%8s  %13s  %13s  %13s  %13s  %13s  %13s  %13s\n", "sigma", "with class", "without class", "detail with",
         "detail without", "Wiener", "ratio with", "ratio without");
  for (int s = 0; s < j->e->n_sigmas; s++) {
    printf("%8.4g", (double)j->e->sigmas[s]);
    print_cell(mean[WITH_CLASS][s], j->labels);
    print_cell(mean[WITHOUT_CLASS][s], true);
    print_cell(mean[DETAIL_WITH_CLASS][s], j->labels);
    print_cell(mean[DETAIL_WITHOUT_CLASS][s], true);
    print_cell(mean[WIENER][s], wiener);
    print_cell(mean[WITH_CLASS][s] / mean[WIENER][s], j->labels && wiener);
    print_cell(mean[WITHOUT_CLASS][s] / mean[WIENER][s], wiener);
    printf("\n");
  }
}

static void print_list(const char *name, const double *values, int n, bool there) {
  printf(", \"%s\": %s", name, there ? "[" : "null");
  for (int i = 0; there && i < n; i++) printf("%s%.6g", i ? ", " : "", values[i]);
  if (there) printf("]");
}

static void print_json(errors mean, const job *j, bool same) {
  int n = j->e->n_sigmas;
  double levels[CLI_EVAL_MAX_SIGMAS];
  for (int s = 0; s < n; s++) levels[s] = (double)j->e->sigmas[s];
  printf("{\"model\": ");
  cli_json_string(j->e->model_path);
  printf(", \"data\": ");
  cli_json_string(j->e->data);
  printf(", \"images\": %d, \"seed\": %llu, \"kernels\": \"%s\", \"test_is_train\": %s", j->e->n_images,
         (unsigned long long)j->e->options.seed, j->e->k->name, same ? "true" : "false");
  print_list("sigma", levels, n, true);
  print_list("mse_with_class", mean[WITH_CLASS], n, j->labels);
  print_list("mse_without_class", mean[WITHOUT_CLASS], n, true);
  print_list("mse_detail_with_class", mean[DETAIL_WITH_CLASS], n, j->labels);
  print_list("mse_detail_without_class", mean[DETAIL_WITHOUT_CLASS], n, true);
  print_list("mse_wiener", mean[WIENER], n, j->wiener != NULL);
  printf("}\n");
}

cdf_status cli_eval_denoise(const cli_eval *request, cdf_error *err) {
  cli_eval e = *request;
  const cdf_config *c = &e.model->net.config;
  if (e.n_sigmas == 0) {
    e.n_sigmas = N_DEFAULT_SIGMAS;
    memcpy(e.sigmas, default_sigmas, sizeof default_sigmas);
  }
  if (c->target != CDF_TARGET_EDM)
    return cdf_fail(err, CDF_USAGE,
                    "this model predicts the previous step of a chain, not the clean picture, so it has no denoising "
                    "error; leave out --denoise");
  cli_eval_data data = {0};
  cli_wiener wiener = {0};
  errors mean = {0};
  size_t dim = (size_t)c->channels * (size_t)c->lattice_width * (size_t)c->lattice_height;
  bool linear = dim <= CLI_WIENER_MAX_DIM; /* otherwise no training picture is needed */
  cdf_status status = linear ? cli_eval_load_data(&data, &e, err) : cli_eval_load_test(&data, &e, err);
  if (status == CDF_OK && linear)
    status = cli_eval_check_size(&e, data.train.width, data.train.height, data.train.n_channels, err);
  if (status != CDF_OK) goto done;
  e.n_images = cdf_min(e.n_images, data.test.n_images);
  job j = {.e = &e,
           .test = &data.test,
           .labels = data.test.labels && c->n_classes > 0 && data.test.n_classes <= c->n_classes};
  if (linear) {
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
