/* eval.c: `coordiff eval`: a checkpoint against real pictures, in numbers. */
#include "eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../metrics.h"
#include "commands.h"
#include "files.h"
#include "terminal.h"
#include "threads.h"

static const char usage[] =
    "Usage: coordiff eval --model FILE --data PATH --classifier FILE [options]\n"
    "       coordiff eval --model FILE --data PATH --denoise [options]\n"
    "       coordiff eval --train-classifier --data PATH --out FILE [options]\n"
    "\n"
    "Examples\n"
    "  coordiff eval --model models/fashion.safetensors --data /usr/share/datasets/fashion-mnist \\\n"
    "                --classifier models/fashion-classifier.safetensors               10000 samples: recognised? "
    "alike? copied?\n"
    "  coordiff eval --model m.safetensors --data pictures --classifier c.safetensors --samples 500 --guidance 2 "
    "--json\n"
    "  coordiff eval --model m.safetensors --data pictures --denoise                  error at every noise level, "
    "beside the best linear filter\n"
    "  coordiff eval --train-classifier --data pictures --out c.safetensors           the judge that the first two "
    "need\n"
    "\n"
    "Frechet distances are between Gaussians fitted to the 128 features of the classifier. They compare checkpoints of "
    "this program with each other;\n"
    "they are no Inception FID. They shrink as the number of samples grows: compare only equal --samples, and see the "
    "floor beside each.\n"
    "Distances to the nearest training picture are Euclidean, over pixels from 0 to 1; samples much nearer than test "
    "pictures are copies.\n"
    "Errors of denoising are mean squares of pixels from -1 to 1.\n";

static const cli_option option_table[] = {
    {"model", "FILE", "checkpoint", NULL},
    {"data", "PATH", "IDX directory with train and t10k, or a folder of pictures", NULL},
    {"classifier", "FILE", "made by --train-classifier", NULL},
    {"samples", "N", "pictures to generate, classes in equal numbers (default 10000)", NULL},
    {"steps", "N", "reverse steps (default 20)", NULL},
    {"sampler", "NAME", "dpm2m, heun, euler or ancestral (default dpm2m)", NULL},
    {"guidance", "W", "classifier-free guidance, 1 is off (default 1)", NULL},
    {"seed", "N", "seed of the first sample; the next ones count up (default 1)", NULL},
    {"denoise", NULL, "measure the denoiser at every noise level instead", NULL},
    {"images", "N", "test pictures to denoise (default 500)", NULL},
    {"train-classifier", NULL, "train a classifier on the pictures instead", NULL},
    {"epochs", "N", "passes of its training (default 12)", NULL},
    {"out", "FILE", "where the classifier goes", NULL},
    {"json", NULL, "one JSON object on standard output", NULL},
    {"threads", "N", "default: every processor", NULL},
    {"kernels", "NAME", "force a kernel table (see coordiff bench)", NULL},
    {"quiet", NULL, "no progress", NULL},
    {"help", NULL, "this text", NULL},
    {0}};

cdf_status cli_eval_load_data(cli_eval_data *d, const cli_eval *e, cdf_error *err) {
  const cdf_config *c = e->model ? &e->model->net.config : NULL;
  int width = c ? c->lattice_width : 0, height = c ? c->lattice_height : 0, channels = c ? c->channels : 0;
  *d = (cli_eval_data){0};
  cdf_status status = cdf_files_load_dataset(&d->train, e->data, "train", width, height, channels, NULL, err);
  if (status == CDF_OK) status = cdf_files_load_dataset(&d->test, e->data, "t10k", width, height, channels, NULL, err);
  if (status != CDF_OK) return status;
  if (d->train.width != d->test.width || d->train.height != d->test.height || d->train.n_channels != d->test.n_channels)
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the training pictures in %.100s are %dx%d, but the test pictures %dx%d; both must be of one size",
                    e->data, d->train.width, d->train.height, d->test.width, d->test.height);
  d->same = d->train.n_images == d->test.n_images &&
            memcmp(d->train.pixels, d->test.pixels, cdf_dataset_image_size(&d->train) * (size_t)d->train.n_images) == 0;
  if (d->same)
    fprintf(stderr,
            "coordiff eval: %s has no test pictures of its own; the training pictures stand in for them, so their "
            "figures flatter\n",
            e->data);
  return CDF_OK;
}

void cli_eval_free_data(cli_eval_data *data) {
  cdf_dataset_free(&data->train);
  cdf_dataset_free(&data->test);
}

cdf_status cli_eval_check_data(const cli_eval *e, const cdf_dataset *d, cdf_error *err) {
  const cdf_config *c = &e->model->net.config;
  if (d->width == c->lattice_width && d->height == c->lattice_height && d->n_channels == c->channels) return CDF_OK;
  return cdf_fail(
      err, CDF_BAD_INPUT,
      "the pictures are %dx%d with %d channels, but the model is %dx%d with %d; use the data that the model was "
      "trained on",
      d->width, d->height, d->n_channels, c->lattice_width, c->lattice_height, c->channels);
}

cdf_status cli_eval_accuracy(double *accuracy, double *by_class, cdf_classifier *c, const cdf_dataset *data,
                             cdf_error *err) {
  int n_classes = cdf_classifier_get_shape(c)->n_classes;
  size_t bytes = (size_t)data->n_images * (size_t)n_classes * sizeof(float);
  float *logits = malloc(bytes);
  if (!logits) return cdf_fail_memory(err, bytes);
  cdf_classifier_classify(c, logits, NULL, data->pixels, data->n_images, &cli_threads);
  *accuracy = cdf_metrics_accuracy(by_class, logits, data->labels, data->n_images, n_classes);
  free(logits);
  return CDF_OK;
}

static cdf_status read_options(cli_eval *e, const cli_option *options, cdf_error *err) {
  bool train = cli_value(options, "train-classifier") != NULL, denoise = cli_value(options, "denoise") != NULL;
  *e = (cli_eval){.n_samples = 10000,
                  .n_images = 500,
                  .options.seed = 1,
                  .model_path = cli_value(options, "model"),
                  .data = cli_value(options, "data"),
                  .classifier = cli_value(options, "classifier"),
                  .out = cli_value(options, "out"),
                  .json = cli_value(options, "json") != NULL,
                  .quiet = cli_value(options, "quiet") != NULL};
  int threads = 0;
  cdf_status status = cli_int(&threads, options, "threads", 1, 256, err);
  if (status == CDF_OK) status = cli_kernels(&e->k, options, err);
  if (status == CDF_OK) status = cli_int(&e->n_samples, options, "samples", 2, 1000000, err);
  if (status == CDF_OK) status = cli_int(&e->n_images, options, "images", 1, 1000000, err);
  if (status == CDF_OK) status = cli_int(&e->epochs, options, "epochs", 1, 1000, err);
  if (status == CDF_OK) status = cli_int(&e->options.steps, options, "steps", 1, CDF_MAX_STEPS, err);
  if (status == CDF_OK) status = cli_float(&e->options.guidance, options, "guidance", err);
  if (status == CDF_OK) status = cli_u64(&e->options.seed, options, "seed", err);
  if (status == CDF_OK) status = cli_sampler(&e->options.kind, options, err);
  if (status != CDF_OK) return status;
  if (train && denoise)
    return cdf_fail(err, CDF_USAGE, "--train-classifier and --denoise are two different things; give one of them");
  if (!e->data) return cdf_fail(err, CDF_USAGE, "--data is missing: say where the real pictures are");
  if (train && !e->out) return cdf_fail(err, CDF_USAGE, "--out is missing: say which file the classifier goes to");
  if (!train && !e->model_path)
    return cdf_fail(err, CDF_USAGE, "--model is missing: say which checkpoint, for example models/fashion.safetensors");
  if (!train && !denoise && !e->classifier)
    return cdf_fail(
        err, CDF_USAGE,
        "--classifier is missing: say which, for example models/fashion-classifier.safetensors, or make one with "
        "--train-classifier");
  cli_set_threads(threads);
  return CDF_OK;
}

cdf_status command_eval(int argc, char **argv, cdf_error *err) {
  cli_option options[sizeof option_table / sizeof option_table[0]];
  memcpy(options, option_table, sizeof options);
  cdf_status status = cli_parse(options, NULL, argc, argv, err);
  if (status == CDF_OK && cli_value(options, "help")) return cli_help(usage, options, NULL), CDF_OK;
  cli_eval e = {0};
  cdf_model *model = NULL;
  if (status == CDF_OK) status = read_options(&e, options, err);
  if (status == CDF_OK && e.model_path) status = cli_load_model(&model, e.model_path, err);
  e.model = model;
  if (status == CDF_OK) {
    cli_catch_signals();
    status = cli_value(options, "train-classifier") ? cli_eval_train_classifier(&e, err)
             : cli_value(options, "denoise")        ? cli_eval_denoise(&e, err)
                                                    : cli_eval_samples(&e, err);
  }
  cdf_model_free(model);
  return status;
}
