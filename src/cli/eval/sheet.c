/* sheet.c: samples to look at, the same seeds every time and none picked: beside held-out pictures (--sheet), and
 * beside the training pictures nearest to them (--nearest). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../grid.h"
#include "../provenance.h"
#include "../json.h"
#include "../terminal.h"
#include "eval.h"
#include "resample.h"

#define N 48       /* samples, of consecutive seeds */
#define COLUMNS 6  /* of a block of them */
#define TIMES 4    /* the lattice */
#define GAP 4      /* pixels between pictures */
#define NEAREST 3  /* training pictures beside a sample */
#define IN_A_ROW 3 /* samples with their nearest */

typedef struct job {
  const cli_eval *e;
  const cli_eval_data *data;
  int width, height, channels;
  int finer;         /* of the held-out set's own finer pictures; 0: none that fit */
  int held_out[N];   /* their numbers in data->test */
  uint8_t *canvases; /* [N][2] sample and held-out picture, or [N][1 + NEAREST]: [height][width][channels] each */
} job;

static size_t canvas_bytes(const job *j) { return (size_t)j->width * (size_t)j->height * (size_t)j->channels; }

static void render(uint8_t *canvas, const job *j, cdf_picture *q) {
  cdf_picture_rows(q, canvas, j->width, j->height, NULL, 0, j->height);
}

/* ---- beside held-out pictures ---- */

/* Picture k of n with this label (of all, when there are no labels), spread evenly. */
static int pick(const cdf_dataset *d, int label, int k, int n) {
  int n_there = 0, wanted;
  for (int i = 0; i < d->n_images; i++) n_there += !d->labels || d->labels[i] == label;
  if (n_there == 0) return 0;
  wanted = (int)((int64_t)k * n_there / n);
  for (int i = 0; i < d->n_images; i++)
    if ((!d->labels || d->labels[i] == label) && wanted-- == 0) return i;
  return 0;
}

/* Each has the class of the sample in the same place. */
static void pick_held_out(job *j) {
  int n_classes = j->data->test.labels ? j->e->model->net.config.n_classes : 0,
      of_each = n_classes ? (N + n_classes - 1) / n_classes : N;
  for (int i = 0; i < N; i++)
    j->held_out[i] = pick(&j->data->test, cli_eval_label(j->e, i), n_classes ? i / n_classes : i, of_each);
}

/* The set's own drawing where it is fine enough, otherwise what the model's renderer makes of the lattice. */
static cdf_status draw_held_out(uint8_t *canvas, const job *j, cdf_picture *q, int number, cdf_error *err) {
  size_t n = canvas_bytes(j);
  if (!j->finer) {
    const uint8_t *picture = j->data->test.pixels + (size_t)number * cdf_dataset_image_size(&j->data->test);
    cdf_status status = cli_eval_put_lattice(q, j->e, picture, err);
    if (status == CDF_OK) render(canvas, j, q);
    return status;
  }
  const cli_eval_set *set = &j->data->test_set;
  uint8_t *truth;
  float *smaller;
  cdf_status status = cli_pack_picture(&truth, &set->file, set->order[number], j->finer, err);
  if (status != CDF_OK) return status;
  smaller = malloc(n * sizeof *smaller);
  if (!smaller) status = cdf_fail_memory(err, n * sizeof *smaller);
  if (status == CDF_OK) cli_area_average(smaller, truth, j->width, j->height, j->channels, j->finer / TIMES);
  for (size_t i = 0; i < n && status == CDF_OK; i++) canvas[i] = (uint8_t)(smaller[i] + 0.5f);
  free(smaller);
  free(truth);
  return status;
}

static cdf_status draw_pair(void *context, int item, cdf_error *err) {
  const job *j = context;
  cdf_picture *q;
  cdf_status status = cli_eval_sample(&q, j->e, item, err);
  if (status == CDF_OK) {
    render(j->canvases + (size_t)item * canvas_bytes(j), j, q);
    status = draw_held_out(j->canvases + (size_t)(N + item) * canvas_bytes(j), j, q, j->held_out[item], err);
  }
  cdf_picture_free(q);
  return status;
}

/* Blocks of pictures, `columns` side by side in each, and `across` blocks side by side. */
static cdf_status write_sheet(const char *path, const char *what, const job *j, int n_blocks, int of_block, int columns,
                              int across, cdf_error *err) {
  uint8_t *block = NULL, *blocks = NULL, *sheet = NULL;
  int width = 0, height = 0;
  size_t bytes = 0;
  cdf_status status = CDF_OK;
  for (int i = 0; i < n_blocks && status == CDF_OK; i++) {
    status = cli_lay_out(&block, &width, &height, j->canvases + (size_t)(i * of_block) * canvas_bytes(j), of_block,
                         columns, j->width, j->height, j->channels, GAP, err);
    bytes = (size_t)width * (size_t)height * (size_t)j->channels;
    if (status == CDF_OK && !blocks && !(blocks = malloc((size_t)n_blocks * bytes)))
      status = cdf_fail_memory(err, (size_t)n_blocks * bytes);
    if (status == CDF_OK) memcpy(blocks + (size_t)i * bytes, block, bytes);
    free(block);
    block = NULL;
  }
  if (status == CDF_OK)
    status = cli_lay_out(&sheet, &width, &height, blocks, n_blocks, across, width, height, j->channels, 8 * GAP, err);
  char text[1024], options[512], model[128];
  cdf_sample_print(options, sizeof options, &j->e->options, &j->e->model->net.config, true);
  cli_base_name(model, sizeof model, j->e->model_path);
  snprintf(text, sizeof text, "coordiff %s; model %s; %s; samples of seeds from %llu on, %s", CDF_VERSION, model,
           options, (unsigned long long)j->e->options.seed, what);
  if (status == CDF_OK) status = cli_write_png(path, sheet, width, height, j->channels, text, err);
  free(blocks);
  free(sheet);
  return status;
}

static cdf_status make_sheet(job *j, cdf_error *err) {
  if (j->data->test_set.order && j->data->test_set.file.pack.truth) {
    cdf_status status = cli_pack_scale(&j->finer, &j->data->test_set.file, err);
    if (status != CDF_OK) return status;
    if (j->finer % TIMES != 0) j->finer = 0;
  }
  pick_held_out(j);
  cdf_status status = cli_eval_for(j->e, "samples of the sheet", draw_pair, j, N, err);
  return status == CDF_OK ? write_sheet(j->e->sheet, "beside held-out pictures", j, 2, N, COLUMNS, 2, err) : status;
}

/* ---- beside the nearest training pictures ---- */

static uint64_t squared_distance(const uint8_t *a, const uint8_t *b, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    int d = (int)a[i] - (int)b[i];
    sum += (uint32_t)(d * d);
  }
  return sum;
}

/* Nearest first; where there are fewer pictures, picture 0 fills up. */
static void find_nearest(int nearest[NEAREST], const cdf_dataset *train, const uint8_t *picture) {
  size_t size = cdf_dataset_image_size(train);
  uint64_t least[NEAREST];
  for (int i = 0; i < NEAREST; i++) least[i] = UINT64_MAX, nearest[i] = 0;
  for (int i = 0; i < train->n_images; i++) {
    uint64_t d = squared_distance(picture, train->pixels + (size_t)i * size, size);
    int at = NEAREST - 1;
    if (d >= least[at]) continue;
    for (; at > 0 && d < least[at - 1]; at--) least[at] = least[at - 1], nearest[at] = nearest[at - 1];
    least[at] = d, nearest[at] = i;
  }
}

static cdf_status draw_nearest(void *context, int item, cdf_error *err) {
  const job *j = context;
  const cdf_dataset *train = &j->data->train;
  size_t size = cdf_dataset_image_size(train);
  uint8_t *canvas = j->canvases + (size_t)item * (1 + NEAREST) * canvas_bytes(j), *picture = malloc(size);
  if (!picture) return cdf_fail_memory(err, size);
  int nearest[NEAREST];
  cdf_picture *q;
  cdf_status status = cli_eval_sample(&q, j->e, item, err);
  if (status == CDF_OK) status = cli_eval_draw(picture, q, j->e, NULL, err);
  if (status == CDF_OK) {
    render(canvas, j, q);
    find_nearest(nearest, train, picture);
    for (size_t i = 0; i < NEAREST && status == CDF_OK; i++) {
      status = cli_eval_put_lattice(q, j->e, train->pixels + (size_t)nearest[i] * size, err);
      if (status == CDF_OK) render(canvas + (i + 1) * canvas_bytes(j), j, q);
    }
  }
  cdf_picture_free(q);
  free(picture);
  return status;
}

static cdf_status make_nearest(job *j, cdf_error *err) {
  cdf_status status = cli_eval_for(j->e, "samples and their nearest", draw_nearest, j, N, err);
  return status == CDF_OK ? write_sheet(j->e->nearest, "beside the nearest training pictures", j, N, 1 + NEAREST,
                                        1 + NEAREST, IN_A_ROW, err)
                          : status;
}

/* ---- both ---- */

cdf_status cli_eval_draw_sheets(const cli_eval *e, const cli_eval_data *data, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  job j = {.e = e,
           .data = data,
           .width = TIMES * c->lattice_width,
           .height = TIMES * c->lattice_height,
           .channels = c->channels};
  size_t width, height, bytes = N * (1 + NEAREST) * canvas_bytes(&j);
  cdf_status status = cli_layout_size(&width, &height, 2 * N, 2 * COLUMNS + 1, j.width, j.height, 2 * GAP, err);
  if (status == CDF_OK && !(j.canvases = malloc(bytes))) status = cdf_fail_memory(err, bytes);
  if (status == CDF_OK && e->sheet) status = make_sheet(&j, err);
  if (status == CDF_OK && e->nearest) status = make_nearest(&j, err);
  free(j.canvases);
  if (status != CDF_OK || e->json) return status;
  unsigned long long first = e->options.seed;
  if (e->sheet)
    printf("%s: samples of seeds %llu to %llu on the left, held-out pictures on the right, %d times the lattice\n",
           e->sheet, first, first + N - 1, TIMES);
  if (e->nearest)
    printf("%s: samples of seeds %llu to %llu, each with the %d training pictures nearest to it on its right\n",
           e->nearest, first, first + N - 1, NEAREST);
  return status;
}

static void print_path(const char *name, const char *path) {
  if (!path) return;
  printf(", \"%s\": ", name);
  cli_json_string(path);
}

cdf_status cli_eval_sheets(const cli_eval *e, cdf_error *err) {
  cli_eval_data data = {0};
  cdf_status status = e->nearest ? cli_eval_load_data(&data, e, err) : cli_eval_load_test(&data, e, err);
  if (status == CDF_OK && e->nearest)
    status = cli_eval_check_size(e, data.train.width, data.train.height, data.train.n_channels, err);
  if (status == CDF_OK) status = cli_eval_draw_sheets(e, &data, err);
  if (status == CDF_OK && e->json) {
    printf("{\"model\": ");
    cli_json_string(e->model_path);
    printf(", \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, \"seed\": %llu, \"samples\": %d", cli_eval_steps(e),
           cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed, N);
    print_path("sheet", e->sheet);
    print_path("nearest", e->nearest);
    printf("}\n");
  }
  cli_eval_free_data(&data);
  return status;
}
