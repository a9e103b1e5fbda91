/* eval.c: `coordiff eval`: a checkpoint against real pictures, in numbers. */
#include "eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../commands.h"
#include "../outputs.h"
#include "../terminal.h"
#include "../threads.h"

static const char usage[] =
    "Usage: coordiff eval --model FILE --data PATH --classifier FILE [options]\n"
    "       coordiff eval --model FILE --data PATH --sheet FILE [--nearest FILE] [options]\n"
    "       coordiff eval --model FILE --data PATH --denoise [options]\n"
    "       coordiff eval --model FILE --data PATH --classifier FILE --from-sigma [options]\n"
    "       coordiff eval --model FILE --data SET --renderer [options]\n"
    "       coordiff eval --model FILE --endless [options]\n"
    "       coordiff eval --train-classifier --data PATH --out FILE [options]\n"
    "\n"
    "Examples\n"
    "  coordiff eval --model models/fashion.safetensors --data /usr/share/datasets/fashion-mnist \\\n"
    "                --classifier models/fashion-classifier.safetensors               10000 samples: recognised? "
    "alike? copied?\n"
    "  coordiff eval --model m.safetensors --data pictures --classifier c.safetensors --samples 500 --guidance 2 "
    "--json\n"
    "  coordiff eval --model m.safetensors --data pictures --sheet sheet.png          48 samples, none picked, beside "
    "held-out pictures\n"
    "  coordiff eval --model m.safetensors --data pictures --denoise                  error at every noise level, "
    "beside the best linear filter\n"
    "  coordiff eval --model m.safetensors --data test.safetensors --classifier c.safetensors --from-sigma --guidance "
    "1.5\n"
    "                                                                                 at which noise levels do samples "
    "go astray?\n"
    "  coordiff eval --model m.safetensors --data test.safetensors --renderer         large canvases against the true "
    "pictures\n"
    "  coordiff eval --model models/texture.safetensors --endless                     seams and repeats of a world "
    "without end\n"
    "  coordiff eval --train-classifier --data pictures --out c.safetensors           the judge that the first two "
    "need\n"
    "  coordiff eval --train-classifier --data train.safetensors --test test.safetensors --windows 4 --out "
    "c4.safetensors\n"
    "  coordiff eval --model m.safetensors --data train.safetensors --test test.safetensors --classifier "
    "c4.safetensors\n"
    "                                                                                 the same at 1 and 4 times the "
    "lattice\n"
    "\n"
    "Frechet distances are between Gaussians fitted to the 128 features of the classifier. They compare checkpoints of "
    "this program with each other;\n"
    "they are no Inception FID. They shrink as the number of samples grows: compare only equal --samples, and see what "
    "real pictures give\n"
    "in the samples' place; `endless sets` is the distance extrapolated to sets of any size (Chong & Forsyth 2020). "
    "Intervals are of other seeds,\n"
    "by bootstrap within the classes; near what real pictures give they are too wide, up to twice. Density above 1: "
    "samples crowd; coverage below\n"
    "that of real pictures: some kinds are missing (Naeem et al. 2020). Real or generated: a classifier trained for "
    "the "
    "report alone.\n"
    "Distances to the nearest training picture are Euclidean, over pixels from 0 to 1; samples much nearer than test "
    "pictures are copies.\n"
    "Errors of denoising are mean squares of pixels from -1 to 1; `detail` is the tenth of each clean picture's cells "
    "with the highest local contrast.\n"
    "Packed sets (tools/make_faces.mjs) hold finer pictures too, which --renderer and --windows need.\n";

static const cli_option option_table[] = {
    {"model", "FILE", "checkpoint", NULL},
    {"data", "PATH", "IDX directory with train and t10k, a folder of pictures, or a packed set", NULL},
    {"test", "SET", "the held-out pictures when --data is a packed set", NULL},
    {"classifier", "FILE", "made by --train-classifier", NULL},
    {"samples", "N",
     "pictures to generate, classes in equal numbers (default 10000; with --renderer none, with --from-sigma 180), or "
     "windows of --endless (6)",
     NULL},
    {CLI_SAMPLE_FIELDS, CLI_REVERSE_FIELDS, NULL, NULL},
    {"seed", "N", "seed of the first sample; the next ones count up (default 1)", NULL},
    {"sheet", "PNG", "draw the samples of 48 seeds beside 48 held-out pictures, at 4 times the lattice", NULL},
    {"nearest", "PNG", "draw them beside the training pictures nearest to them", NULL},
    {"denoise", NULL, "measure the denoiser at every noise level instead, over all cells and where the detail is",
     NULL},
    {"from-sigma", NULL, "noise held-out pictures, sample from there, and measure the distance instead", NULL},
    {"sigmas", "LIST",
     "noise levels, as in 0.3,0.7,1.5 (default: of --denoise fifteen from 0.05 to 10, of --from-sigma seven from 0.3 "
     "to "
     "80)",
     NULL},
    {"renderer", NULL, "measure canvases of 2, 4 and 8 times the lattice against the truth instead", NULL},
    {"endless", NULL, "measure seams and repeats of a world without end instead; needs no --data", NULL},
    {"resamples", "N", "bootstrap resamples behind every interval (default 100)", NULL},
    {"images", "N", "test pictures to denoise or to render (default 500)", NULL},
    {"train-classifier", NULL, "train a classifier on the pictures instead", NULL},
    {"epochs", "N", "passes of its training (default 12)", NULL},
    {"windows", "K", "train it on windows of pictures K times the lattice as well", NULL},
    {"out", "FILE", "where the classifier goes", NULL},
    {"json", NULL, "one JSON object on standard output", NULL},
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
    {"quiet", NULL, "no progress", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

typedef struct shared_work {
  const cli_eval *e;
  const char *things;
  cli_eval_work work;
  void *context;
  cdf_error *errors; /* [n] */
  int n, n_done;
  int first_failed; /* n: none so far */
} shared_work;

static void work_item(void *context, int item) {
  shared_work *s = context;
  int failed = __atomic_load_n(&s->first_failed, __ATOMIC_RELAXED);
  if (item > failed || cli_stop_signal()) return; /* an earlier failure is the one to be told */
  if (s->work(s->context, item, &s->errors[item]) != CDF_OK)
    while (item < failed &&
           !__atomic_compare_exchange_n(&s->first_failed, &failed, item, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
  int done = __atomic_add_fetch(&s->n_done, 1, __ATOMIC_RELAXED);
  if (!s->e->quiet) cli_progress("%d of %d %s", done, s->n, s->things);
}

cdf_status cli_eval_for(const cli_eval *e, const char *things, cli_eval_work work, void *context, int n,
                        cdf_error *err) {
  shared_work s = {e, things, work, context, calloc((size_t)n, sizeof *s.errors), n, 0, n};
  if (!s.errors) return cdf_fail_memory(err, (size_t)n * sizeof *s.errors);
  cdf_parallel_for(&cli_threads, work_item, &s, n);
  cli_progress(NULL);
  cdf_status status = CDF_OK;
  if (s.first_failed < n) {
    status = s.errors[s.first_failed].code;
    if (err) *err = s.errors[s.first_failed];
  } else if (cli_stop_signal()) {
    status = cdf_fail(err, CDF_FAILED, "interrupted");
  }
  free(s.errors);
  return status;
}

int cli_eval_label(const cli_eval *e, int i) {
  int n_classes = e->model->net.config.n_classes;
  return n_classes > 0 ? i % n_classes : 0;
}

cdf_status cli_eval_sample(cdf_picture **q, const cli_eval *e, int i, cdf_error *err) {
  cdf_sample_options options = e->options;
  options.seed += (uint64_t)i;
  options.label = cli_eval_label(e, i);
  cdf_process *p;
  cdf_status status = cdf_picture_create(q, e->model, NULL, 1, e->k, err);
  if (status == CDF_OK) status = cdf_process_create(&p, e->model, NULL, 1, e->k, err);
  if (status != CDF_OK) return status;
  status = cdf_process_start(p, &options, err);
  if (status == CDF_OK) {
    cli_eval_finish(p);
    cdf_picture_load(*q, cdf_process_clean(p));
  }
  cdf_process_free(p);
  return status;
}

void cli_eval_finish(cdf_process *p) {
  while (!cdf_process_done(p) && !cli_stop_signal())
    if (cdf_process_step(p, NULL, NULL) != CDF_OK) return;
}

int cli_eval_steps(const cli_eval *e) {
  const cdf_config *c = &e->model->net.config;
  return c->target == CDF_TARGET_PREVIOUS ? c->timesteps : e->options.steps;
}

const char *cli_eval_sampler(const cli_eval *e) {
  /* Models of the write-up's chain have no other sampler. */
  return e->model->net.config.target == CDF_TARGET_PREVIOUS ? "chain"
                                                            : cdf_sampler_names[e->options.kind - CDF_SAMPLER_DPM2M];
}

double cli_eval_guidance(const cli_eval *e) { return (double)e->options.guidance; }

/* Numbers between commas into e->sigmas; text NULL: none. */
static cdf_status read_sigmas(cli_eval *e, const char *text, cdf_error *err) {
  for (const char *at = text; at;) {
    char *end;
    float sigma = strtof(at, &end);
    if (end == at || (*end && *end != ',') || !(sigma >= 1e-3f && sigma <= 1e3f))
      return cdf_fail(err, CDF_USAGE,
                      "--sigmas is '%.60s', but must be numbers from 0.001 to 1000 with commas between them, as in "
                      "0.3,0.7,1.5",
                      text);
    if (e->n_sigmas == CLI_EVAL_MAX_SIGMAS)
      return cdf_fail(err, CDF_USAGE, "--sigmas has more than %d noise levels; measure them in two runs",
                      CLI_EVAL_MAX_SIGMAS);
    e->sigmas[e->n_sigmas++] = sigma;
    at = *end ? end + 1 : NULL;
  }
  return CDF_OK;
}

static cdf_status read_options(cli_eval *e, const cli_option *options, cdf_error *err) {
  bool train = cli_value(options, "train-classifier") != NULL, denoise = cli_value(options, "denoise") != NULL,
       renderer = cli_value(options, "renderer") != NULL, endless = cli_value(options, "endless") != NULL,
       from_sigma = cli_value(options, "from-sigma") != NULL,
       sheets = cli_value(options, "sheet") || cli_value(options, "nearest");
  *e = (cli_eval){.n_samples = renderer     ? 0
                               : endless    ? 6
                               : from_sigma ? 180
                                            : 10000,
                  .n_images = 500,
                  .n_resamples = CLI_RESAMPLES,
                  .options.seed = cdf_sample_general.seed,
                  .model_path = cli_value(options, "model"),
                  .data = cli_value(options, "data"),
                  .test = cli_value(options, "test"),
                  .classifier = cli_value(options, "classifier"),
                  .out = cli_value(options, "out"),
                  .sheet = cli_value(options, "sheet"),
                  .nearest = cli_value(options, "nearest"),
                  .json = cli_value(options, "json") != NULL,
                  .quiet = cli_value(options, "quiet") != NULL};
  int threads = 0;
  cdf_status status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK) status = cli_kernels(&e->k, options, err);
  if (status == CDF_OK) status = cli_int(&e->n_samples, options, "samples", 2, 1000000, err);
  if (status == CDF_OK) status = cli_int(&e->n_images, options, "images", 1, 1000000, err);
  if (status == CDF_OK) status = cli_int(&e->n_resamples, options, "resamples", 2, 10000, err);
  if (status == CDF_OK) status = cli_int(&e->epochs, options, "epochs", 1, 1000, err);
  if (status == CDF_OK) status = cli_int(&e->windows, options, "windows", 2, CLI_EVAL_MAX_SCALE, err);
  if (status == CDF_OK) status = read_sigmas(e, cli_value(options, "sigmas"), err);
  if (status == CDF_OK) status = cli_sample_read(&e->options, options, "seed " CLI_REVERSE_FIELDS, err);
  if (status != CDF_OK) return status;
  static const cli_output outputs[] = {{"sheet", ".png"}, {"nearest", ".png"}, {"out", ".safetensors"}, {0}};
  status = cli_check_outputs(options, outputs, "model data test classifier", err);
  if (status != CDF_OK) return status;
  if (sheets && (train || denoise || from_sigma || renderer || endless))
    return cdf_fail(err, CDF_USAGE,
                    "--sheet and --nearest are drawn alone or with a report on samples; leave out --train-classifier, "
                    "--denoise, --from-sigma, --renderer and --endless");
  if (train + denoise + from_sigma + renderer + endless > 1)
    return cdf_fail(err, CDF_USAGE,
                    "--train-classifier, --denoise, --from-sigma, --renderer and --endless are different things; give "
                    "one of them");
  if (e->n_sigmas && !denoise && !from_sigma)
    return cdf_fail(err, CDF_USAGE,
                    "--sigmas are the noise levels of --denoise or --from-sigma; give one of them, or leave it out");
  if (e->windows && (denoise || renderer))
    return cdf_fail(err, CDF_USAGE, "--windows is for a classifier, which --%s does not use; leave it out",
                    denoise ? "denoise" : "renderer");
  if (e->test && renderer)
    return cdf_fail(err, CDF_USAGE, "--renderer measures on --data alone; give the held-out set there, without --test");
  if (!e->data && !endless) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the real pictures are");
  if (train && !e->out) return cdf_fail(err, CDF_USAGE, "--out is missing: say which file the classifier goes to");
  if (!train && !e->model_path)
    return cdf_fail(err, CDF_USAGE, "--model is missing: say which checkpoint, for example models/fashion.safetensors");
  if (!train && !denoise && !renderer && !endless && !e->classifier && !sheets)
    return cdf_fail(
        err, CDF_USAGE,
        "--classifier is missing: say which, for example models/fashion-classifier.safetensors, or make one with "
        "--train-classifier");
  cli_set_threads(threads);
  return CDF_OK;
}

cdf_status command_eval(int argc, char **argv, cdf_error *err) {
  cli_option options[CLI_MAX_OPTIONS];
  cli_options(options, option_table);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  cli_eval e = {0};
  cdf_model *model = NULL;
  if (status == CDF_OK) status = read_options(&e, options, err);
  if (status == CDF_OK && e.model_path) status = cli_load_model(&model, e.model_path, err);
  e.model = model;
  if (model) cdf_sample_resolve(&e.options, &model->sample);
  if (status == CDF_OK) {
    cli_catch_signals();
    status = cli_value(options, "train-classifier") ? cli_eval_train_classifier(&e, err)
             : cli_value(options, "denoise")        ? cli_eval_denoise(&e, err)
             : cli_value(options, "from-sigma")     ? cli_eval_from_sigma(&e, err)
             : cli_value(options, "renderer")       ? cli_eval_renderer(&e, err)
             : cli_value(options, "endless")        ? cli_eval_endless(&e, err)
             : !e.classifier                        ? cli_eval_sheets(&e, err)
                                                    : cli_eval_samples(&e, err);
  }
  cdf_model_free(model);
  return status;
}
