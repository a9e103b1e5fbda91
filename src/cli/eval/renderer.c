/* renderer.c: `coordiff eval --renderer`: large canvases of true lattice pictures against the true pictures,
 * beside what classical enlargement makes of the same lattices; and the same picture at different sizes against itself.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "../json.h"
#include "resample.h"
#include "../terminal.h"

/* Canvas l is 2^l times the lattice. */
#define N_CANVASES 4
#define TIMES(l) (1 << (l))

enum { RENDERER = CLI_N_FILTERS, N_METHODS };
static const char *const method_names[N_METHODS] = {"bilinear", "bicubic", "bicubic_sharp", "lanczos3", "renderer"};
static const char *const method_titles[N_METHODS] = {"bilinear", "bicubic", "bicubic.75", "Lanczos-3", "renderer"};

/* Canvas `fine`, averaged down, is compared with canvas `coarse`. */
static const struct { int fine, coarse; } links[] = {{1, 0}, {2, 0}, {3, 0}, {2, 1}, {3, 2}};
#define N_LINKS ((int)(sizeof links / sizeof links[0]))

/* The mean squared errors of one picture, in one row. */
#define AT(l, method) (((l)-1) * N_METHODS + (method))
#define LINK(i) (AT(N_CANVASES, 0) + (i))
#define N_ERRORS LINK(N_LINKS)

typedef struct scores {
  double pooled[N_ERRORS]; /* PSNR of the mean squared error of all pictures */
  double mean[N_ERRORS];   /* mean of the PSNRs of the pictures */
  int n;
} scores;

typedef struct job {
  const cli_eval *e;
  cli_eval_set set;
  int n_images, finer;
  double *mse; /* [n_images or n_samples][N_ERRORS] */
} job;

typedef struct report {
  scores all, samples, by_class[CDF_MAX_CLASSES];
} report;

/* ---- measuring ---- */

/* At most 108 dB, so that no picture without any error makes a mean infinite. */
static double psnr(double mse) { return 10 * log10(255.0 * 255.0 / fmax(mse, 1e-6)); }

static void add(scores *s, const double *mse) {
  for (int i = 0; i < N_ERRORS; i++) s->pooled[i] += mse[i], s->mean[i] += psnr(mse[i]);
  s->n++;
}

static void finish(scores *s) {
  for (int i = 0; i < N_ERRORS && s->n > 0; i++) s->pooled[i] = psnr(s->pooled[i] / s->n), s->mean[i] /= s->n;
}

static double square_error(const float *a, const uint8_t *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  return sum / (double)n;
}

/* Is canvas l measured? Only where the truth can be averaged to its size. */
static bool has(const job *j, int l) { return j->finer % TIMES(l) == 0; }

static size_t lattice_size(const job *j) {
  const cdf_pack *pack = &j->set.file.pack;
  return (size_t)pack->width * (size_t)pack->height * (size_t)pack->n_channels;
}

/* Canvases of one picture, and room for one more in bytes and in floats. */
typedef struct canvases {
  uint8_t *at[N_CANVASES], *bytes;
  float *floats;
} canvases;

static cdf_status make_canvases(canvases *c, const job *j, cdf_error *err) {
  size_t size = lattice_size(j), most = size * TIMES(N_CANVASES - 1) * TIMES(N_CANVASES - 1), n = most;
  for (int l = 0; l < N_CANVASES; l++) n += size * TIMES(l) * TIMES(l);
  c->floats = malloc(most * sizeof(float) + n);
  if (!c->floats) return cdf_fail_memory(err, most * sizeof(float) + n);
  c->bytes = (uint8_t *)(c->floats + most);
  uint8_t *at = c->bytes + most;
  for (int l = 0; l < N_CANVASES; at += size * TIMES(l) * TIMES(l), l++) c->at[l] = at;
  return CDF_OK;
}

/* Render the picture at every size and compare the renders with each other. */
static void compare_sizes(double *mse, canvases *c, const job *j, cdf_picture *q) {
  const cdf_pack *pack = &j->set.file.pack;
  for (int l = 0; l < N_CANVASES; l++)
    if (has(j, l)) {
      int height = pack->height * TIMES(l);
      cdf_picture_rows(q, c->at[l], pack->width * TIMES(l), height, NULL, 0, height);
    }
  for (int i = 0; i < N_LINKS; i++) {
    int fine = links[i].fine, coarse = TIMES(links[i].coarse);
    if (!has(j, fine)) continue;
    cli_area_average(c->floats, c->at[fine], pack->width * coarse, pack->height * coarse, pack->n_channels,
                     TIMES(fine) / coarse);
    mse[LINK(i)] = square_error(c->floats, c->at[links[i].coarse], lattice_size(j) * (size_t)coarse * (size_t)coarse);
  }
}

/* The renders and the classical enlargements against the truth [h * finer][w * finer][C]. */
static cdf_status compare_truth(double *mse, canvases *c, const job *j, const uint8_t *truth, cdf_error *err) {
  const cdf_pack *pack = &j->set.file.pack;
  int w = pack->width, h = pack->height, channels = pack->n_channels;
  size_t size = lattice_size(j);
  float *lattice = malloc(size * sizeof *lattice);
  if (!lattice) return cdf_fail_memory(err, size * sizeof *lattice);
  for (size_t i = 0; i < size; i++) lattice[i] = (float)c->at[0][i]; /* canvas 0 is the lattice picture itself */
  cdf_status status = CDF_OK;
  for (int l = 1; l < N_CANVASES && status == CDF_OK; l++) {
    if (!has(j, l)) continue;
    int k = TIMES(l);
    size_t n = size * (size_t)k * (size_t)k;
    cli_area_average(c->floats, truth, w * k, h * k, channels, j->finer / k);
    for (size_t i = 0; i < n; i++) c->floats[i] = floorf(c->floats[i] + 0.5f);
    mse[AT(l, RENDERER)] = square_error(c->floats, c->at[l], n);
    for (int filter = 0; filter < CLI_N_FILTERS && status == CDF_OK; filter++) {
      status = cli_enlarge(c->bytes, lattice, w, h, channels, k, filter, err);
      if (status == CDF_OK) mse[AT(l, filter)] = square_error(c->floats, c->bytes, n);
    }
  }
  free(lattice);
  return status;
}

static cdf_status measure_picture(void *context, int item, cdf_error *err) {
  const job *j = context;
  int number = cli_eval_pick(&j->set, item, j->n_images);
  double *mse = j->mse + (size_t)item * N_ERRORS;
  canvases c = {0};
  uint8_t *truth = NULL;
  cdf_picture *q = NULL;
  cdf_error why = {0};
  cdf_status status = cdf_picture_create(&q, j->e->model, NULL, 1, j->e->k, err);
  if (status == CDF_OK) status = make_canvases(&c, j, err);
  if (status == CDF_OK) {
    status = cli_pack_picture(&truth, &j->set.file, number, j->finer, &why);
    if (status != CDF_OK) cdf_fail(err, status, "%.80s: %.220s", j->e->data, why.text);
  }
  if (status == CDF_OK) status = cli_eval_put_lattice(q, j->e, cli_eval_lattice(&j->set.file.pack, number), err);
  if (status == CDF_OK) {
    compare_sizes(mse, &c, j, q);
    status = compare_truth(mse, &c, j, truth, err);
  }
  free(truth);
  free(c.floats);
  cdf_picture_free(q);
  return status;
}

static cdf_status measure_sample(void *context, int item, cdf_error *err) {
  const job *j = context;
  canvases c = {0};
  cdf_picture *q;
  cdf_status status = cli_eval_sample(&q, j->e, item, err);
  if (status == CDF_OK) status = make_canvases(&c, j, err);
  if (status == CDF_OK) compare_sizes(j->mse + (size_t)item * N_ERRORS, &c, j, q);
  free(c.floats);
  cdf_picture_free(q);
  return status;
}

static cdf_status measure(report *r, job *j, cdf_error *err) {
  const cdf_pack *pack = &j->set.file.pack;
  int n_samples = j->e->n_samples;
  size_t n = (size_t)cdf_max(j->n_images, n_samples);
  j->mse = calloc(n * N_ERRORS, sizeof *j->mse);
  if (!j->mse) return cdf_fail_memory(err, n * N_ERRORS * sizeof *j->mse);
  cdf_status status = cli_eval_for(j->e, "pictures", measure_picture, j, j->n_images, err);
  for (int i = 0; i < j->n_images && status == CDF_OK; i++) {
    const double *mse = j->mse + (size_t)i * N_ERRORS;
    add(&r->all, mse);
    if (pack->labels) add(&r->by_class[pack->labels[cli_eval_pick(&j->set, i, j->n_images)]], mse);
  }
  if (status == CDF_OK && n_samples > 0) status = cli_eval_for(j->e, "samples", measure_sample, j, n_samples, err);
  for (int i = 0; i < n_samples && status == CDF_OK; i++) add(&r->samples, j->mse + (size_t)i * N_ERRORS);
  finish(&r->all);
  finish(&r->samples);
  for (int i = 0; i < pack->n_classes; i++) finish(&r->by_class[i]);
  free(j->mse);
  return status;
}

/* ---- reporting ---- */

/* Of the classical enlargements. */
static double best(const double *s, int l) {
  double top = s[AT(l, 0)];
  for (int filter = 1; filter < CLI_N_FILTERS; filter++) top = fmax(top, s[AT(l, filter)]);
  return top;
}

static double gain(const double *s, int l) { return s[AT(l, RENDERER)] - best(s, l); }

/* The name of a class, or its number. */
static const char *class_name(char name[64], const cdf_pack *pack, int label) {
  const char *names = cdf_checkpoint_metadata(&pack->file, "classes");
  for (int i = 0; names && i < label; i++) {
    names = strchr(names, ',');
    if (names) names++;
  }
  if (names)
    snprintf(name, 64, "%.*s", (int)cdf_min((int)strcspn(names, ","), 24), names);
  else
    snprintf(name, 64, "class %d", label);
  return name;
}

static void print_table(const char *title, const double *s, const job *j) {
  printf("%-28s", title);
  for (int m = N_METHODS - 1; m >= 0; m--) printf("  %10s", method_titles[m]);
  printf("  %10s\n", "gain");
  for (int l = 1; l < N_CANVASES; l++) {
    if (!has(j, l)) continue;
    printf("  %d times the lattice       ", TIMES(l));
    for (int m = N_METHODS - 1; m >= 0; m--) printf("  %10.2f", s[AT(l, m)]);
    printf("  %+10.2f\n", gain(s, l));
  }
}

static void print_classes(const report *r, const job *j) {
  const cdf_pack *pack = &j->set.file.pack;
  char name[64];
  printf("\nby class (renderer, gain)  pictures");
  for (int l = 1; l < N_CANVASES; l++)
    if (has(j, l)) printf("  %10d times", TIMES(l));
  printf("\n");
  for (int i = 0; i < pack->n_classes; i++) {
    const scores *s = &r->by_class[i];
    if (s->n == 0) continue;
    printf("  ");
    cli_print_plain(stdout, class_name(name, pack, i));
    printf("%*s  %8d", cdf_max(0, 23 - (int)strlen(name)), "", s->n);
    for (int l = 1; l < N_CANVASES; l++)
      if (has(j, l)) printf("  %8.2f %+7.2f", s->pooled[AT(l, RENDERER)], gain(s->pooled, l));
    printf("\n");
  }
}

static void print_text(const report *r, const job *j) {
  const cli_eval *e = j->e;
  const cdf_pack *pack = &j->set.file.pack;
  printf("%d pictures of ", j->n_images);
  cli_print_plain(stdout, e->data);
  printf(": %dx%d cells, the truth %d times finer; PSNR in dB, 8 bits\n", pack->width, pack->height, j->finer);
  if (!e->model->render_params)
    printf("this model has no renderer of its own: its canvases are interpolated (coordiff train-renderer)\n");
  printf("gain: over the best of the others\n\n");
  print_table("of the mean square error", r->all.pooled, j);
  print_table("mean over the pictures", r->all.mean, j);
  if (pack->labels) print_classes(r, j);
  printf("\n%-28s  %10s  %10s", "larger averaged to smaller", "lattices", "(mean)");
  if (r->samples.n > 0) printf("  %10s  %10s", "samples", "(mean)");
  printf("\n");
  for (int i = 0; i < N_LINKS; i++) {
    if (!has(j, links[i].fine)) continue;
    printf("  %d times to %d times        ", TIMES(links[i].fine), TIMES(links[i].coarse));
    printf("  %10.2f  %10.2f", r->all.pooled[LINK(i)], r->all.mean[LINK(i)]);
    if (r->samples.n > 0) printf("  %10.2f  %10.2f", r->samples.pooled[LINK(i)], r->samples.mean[LINK(i)]);
    printf("\n");
  }
  if (r->samples.n > 0)
    printf("%d samples: %d steps, %s, guidance %g, seed %llu\n", r->samples.n, cli_eval_steps(e), cli_eval_sampler(e),
           cli_eval_guidance(e), (unsigned long long)e->options.seed);
}

static void print_json_psnr(const scores *s, const job *j) {
  printf("[");
  for (int l = 1; l < N_CANVASES; l++) {
    if (!has(j, l)) continue;
    printf("%s{\"times\": %d", l > 1 ? ", " : "", TIMES(l));
    for (int pooled = 1; pooled >= 0; pooled--) {
      const double *values = pooled ? s->pooled : s->mean;
      printf(", \"%s\": {", pooled ? "psnr" : "mean_psnr");
      for (int m = 0; m < N_METHODS; m++) printf("\"%s\": %.4f, ", method_names[m], values[AT(l, m)]);
      printf("\"gain\": %.4f}", gain(values, l));
    }
    printf("}");
  }
  printf("]");
}

static void print_json_links(const scores *s, const job *j) {
  printf("[");
  for (int i = 0; i < N_LINKS; i++)
    if (has(j, links[i].fine))
      printf("%s{\"times\": %d, \"to\": %d, \"psnr\": %.4f, \"mean_psnr\": %.4f}", i > 0 ? ", " : "",
             TIMES(links[i].fine), TIMES(links[i].coarse), s->pooled[LINK(i)], s->mean[LINK(i)]);
  printf("]");
}

static void print_json(const report *r, const job *j) {
  const cli_eval *e = j->e;
  const cdf_pack *pack = &j->set.file.pack;
  char name[64];
  bool any = false;
  printf("{\"model\": ");
  cli_json_string(e->model_path);
  printf(", \"data\": ");
  cli_json_string(e->data);
  printf(", \"images\": %d, \"finer\": %d, \"own_renderer\": %s, \"kernels\": \"%s\", \"scales\": ", j->n_images,
         j->finer, e->model->render_params ? "true" : "false", e->k->name);
  print_json_psnr(&r->all, j);
  printf(", \"by_class\": [");
  for (int i = 0; i < pack->n_classes; i++) {
    if (r->by_class[i].n == 0) continue;
    printf("%s{\"class\": %d, \"name\": ", any ? ", " : "", i);
    cli_json_string(class_name(name, pack, i));
    printf(", \"images\": %d, \"scales\": ", r->by_class[i].n);
    print_json_psnr(&r->by_class[i], j);
    printf("}");
    any = true;
  }
  printf("], \"consistency\": ");
  print_json_links(&r->all, j);
  printf(", \"samples\": %d", r->samples.n);
  if (r->samples.n > 0) {
    printf(", \"steps\": %d, \"sampler\": \"%s\", \"guidance\": %g, \"seed\": %llu, \"sample_consistency\": ",
           cli_eval_steps(e), cli_eval_sampler(e), cli_eval_guidance(e), (unsigned long long)e->options.seed);
    print_json_links(&r->samples, j);
  }
  printf("}\n");
}

/* ---- the whole ---- */

static cdf_status open_set(job *j, cdf_error *err) {
  const cli_eval *e = j->e;
  cdf_error why = {0};
  cdf_status status = cli_eval_open_set(&j->set, e->data, err);
  if (status != CDF_OK) return status;
  const cdf_pack *pack = &j->set.file.pack;
  status = cli_eval_check_size(e, pack->width, pack->height, pack->n_channels, err);
  if (status != CDF_OK) return status;
  status = cli_pack_scale(&j->finer, &j->set.file, &why);
  if (status != CDF_OK) return cdf_fail(err, status, "%.80s: %.220s", e->data, why.text);
  if (!has(j, 1))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "%.80s: the finer pictures are %d times the lattice, but must be an even number of times to be "
                    "compared with canvases of 2, 4 and 8; make the set again",
                    e->data, j->finer);
  j->n_images = cdf_min(e->n_images, pack->n_pictures);
  return CDF_OK;
}

cdf_status cli_eval_renderer(const cli_eval *e, cdf_error *err) {
  job j = {.e = e};
  report *r = calloc(1, sizeof *r);
  if (!r) return cdf_fail_memory(err, sizeof *r);
  cdf_status status = open_set(&j, err);
  if (status == CDF_OK) status = measure(r, &j, err);
  if (status == CDF_OK) e->json ? print_json(r, &j) : print_text(r, &j);
  cli_eval_close_set(&j.set);
  free(r);
  return status;
}
