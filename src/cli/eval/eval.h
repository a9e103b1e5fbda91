/* eval.h: what the parts of `coordiff eval` share. */
#ifndef CDF_EVAL_H
#define CDF_EVAL_H

#include "../../file/classifier_file.h"
#include "../../coordiff.h"
#include "../packs.h"
#include "distance.h"

#define CLI_EVAL_MAX_SIGMAS 32 /* of --sigmas */

typedef struct cli_eval {
  const cdf_kernels *k;
  const cdf_model *model; /* NULL: none given */
  const char *model_path, *data, *test, *classifier, *out;
  const char *sheet, *nearest; /* files; NULL: not asked for */
  int n_samples, n_images, epochs, n_resamples;
  int windows; /* the scale of --windows; 0: not given */
  float sigmas[CLI_EVAL_MAX_SIGMAS];
  int n_sigmas;               /* 0: --sigmas was not given */
  cdf_sample_options options; /* of the first sample; seeds count up */
  bool json, quiet;
} cli_eval;

/* ---- running ---- */

/* work(context, i) for 0 <= i < n on all threads, with progress in `things` on stderr. The failure of the first item
 * that fails, whatever the threads; CDF_FAILED when interrupted. */
typedef cdf_status (*cli_eval_work)(void *context, int item, cdf_error *err);
cdf_status cli_eval_for(const cli_eval *e, const char *things, cli_eval_work work, void *context, int n,
                        cdf_error *err);

/* The class of sample i: classes take turns. */
int cli_eval_label(const cli_eval *e, int i);

/* Sample i, finished unless a signal came, ready to be drawn; the caller frees it, also after a failure. */
cdf_status cli_eval_sample(cdf_picture **q, const cli_eval *e, int i, cdf_error *err);

/* Run a started process to its end, to a signal, or to values that are no numbers: those are counted, not refused. */
void cli_eval_finish(cdf_process *p);

/* How the samples were made, as the reports say it. */
int cli_eval_steps(const cli_eval *e);
const char *cli_eval_sampler(const cli_eval *e);
double cli_eval_guidance(const cli_eval *e);

/* ---- data ---- */

/* A packed set in order of class. As made, sets take the classes in turn, and every tenth picture would be of some
 * classes only. */
typedef struct cli_eval_set {
  cli_pack file;
  int *order; /* [n_pictures]; NULL: no set */
} cli_eval_set;

cdf_status cli_eval_open_set(cli_eval_set *set, const char *path, cdf_error *err);
void cli_eval_close_set(cli_eval_set *set);

/* The number within the set of picture i of n, which are spread evenly. */
int cli_eval_pick(const cli_eval_set *set, int i, int n);

/* Both splits: of --data, or of the packed sets --data and --test. Pictures in a folder are brought to the model's
 * size. *same: there is no test split, the training pictures stand in for it (which is said on stderr). The caller
 * frees both, also after a failure. */
typedef struct cli_eval_data {
  cdf_dataset train, test;
  cli_eval_set train_set, test_set; /* what they came from, when that is packed */
  bool same;
} cli_eval_data;
cdf_status cli_eval_load_data(cli_eval_data *data, const cli_eval *e, cdf_error *err);
/* The held-out pictures alone, of the model's size: --test, or what --data has. */
cdf_status cli_eval_load_test(cli_eval_data *data, const cli_eval *e, cdf_error *err);
void cli_eval_free_data(cli_eval_data *data);

/* CDF_BAD_INPUT unless pictures of this size and channels are those of the model. */
cdf_status cli_eval_check_size(const cli_eval *e, int width, int height, int channels, cdf_error *err);

/* ---- windows of finer pictures (windows.c) ---- */

#define CLI_EVAL_WINDOWS 2   /* of every picture */
#define CLI_EVAL_MAX_SCALE 8 /* of --windows */

/* CDF_BAD_INPUT unless the set has pictures `scale` times finer. */
cdf_status cli_eval_check_windows(const cli_eval_set *set, const cli_eval *e, int scale, cdf_error *err);

/* windows[n][CLI_EVAL_WINDOWS][C][h][w], as large as the lattice, from random places of n true pictures at `scale`
 * times the lattice; malloc'd. Places are functions of the seed and the picture's number. */
cdf_status cli_eval_true_windows(uint8_t **windows, const cli_eval *e, const cli_eval_set *set, int n, int scale,
                                 cdf_error *err);

/* The same places of what the model's renderer makes of the lattice pictures. */
cdf_status cli_eval_rendered_windows(uint8_t **windows, const cli_eval *e, const cli_eval_set *set, int n, int scale,
                                     cdf_error *err);

/* The windows of one lattice, as picture `number`. */
cdf_status cli_eval_made_windows(uint8_t *windows, cdf_picture *q, const cli_eval *e, int number, int scale,
                                 cdf_error *err);

/* What the view shows in as many pixels as the lattice has cells: out[C][h][w]. NULL: all of it. */
cdf_status cli_eval_draw(uint8_t *out, cdf_picture *q, const cli_eval *e, const cdf_view *view, cdf_error *err);

/* Picture `number` of a packed set, [C][h][w]. */
const uint8_t *cli_eval_lattice(const cdf_pack *pack, int number);

/* A picture [C][h][w] as bytes becomes what q draws. CDF_NO_MEMORY only. */
cdf_status cli_eval_put_lattice(cdf_picture *q, const cli_eval *e, const uint8_t *picture, cdf_error *err);

/* What a model made: pictures at the lattice's size, and (scale > 0) their windows. */
typedef struct cli_eval_made {
  const cli_eval *e;
  cdf_dataset pictures;
  uint8_t *windows; /* [n][CLI_EVAL_WINDOWS][C][h][w] */
  int scale;
  int n_broken; /* pictures with a number that is not finite */
} cli_eval_made;

/* Room for n pictures whose labels the caller fills in. The caller frees, also after a failure. */
cdf_status cli_eval_made_init(cli_eval_made *made, const cli_eval *e, int n, int scale, cdf_error *err);
void cli_eval_made_free(cli_eval_made *made);

/* What q draws becomes picture i, with the mean colour for numbers that are none; any thread. */
cdf_status cli_eval_keep(cli_eval_made *made, cdf_picture *q, int i, cdf_error *err);

/* ---- the judge ---- */

typedef struct cli_eval_judge {
  cdf_classifier *classifier;
  int windows;   /* 0: knows pictures at the lattice's size; otherwise also windows at so many times that */
  int n_classes; /* of the pictures; class c of a window is class c + n_classes of the classifier */
} cli_eval_judge;

/* The metadata of a classifier that names the scale of its windows. */
#define CLI_EVAL_WINDOWS_KEY "windows"

/* The features of n * of_one pictures, for cli_compare; f->x is malloc'd, labels (may be NULL) are borrowed. */
cdf_status cli_eval_features(cli_features *f, const cli_eval_judge *judge, const uint8_t *pixels, const uint8_t *labels,
                             int n, int of_one, cdf_error *err);

cdf_status cli_eval_load_judge(cli_eval_judge *judge, const cli_eval *e, cdf_error *err);
void cli_eval_free_judge(cli_eval_judge *judge);

/* Train a new classifier to the end of its plan; the line of progress begins with `what`. CDF_FAILED when interrupted.
 */
cdf_status cli_eval_teach(cdf_classifier *c, const cli_eval *e, const cdf_dataset *data,
                          const cdf_classifier_plan *plan, const char *what, cdf_error *err);

/* Share of labelled pictures that are recognised, and by class (may be NULL); what a judge takes for a window of a
 * class counts as that class. */
cdf_status cli_eval_accuracy(double *accuracy, double *by_class, const cli_eval_judge *judge, const cdf_dataset *data,
                             cdf_error *err);

/* ---- real or generated? ---- */

typedef struct cli_two_sample {
  int n; /* pictures asked about, half of them real; 0: too few, or of a size that no classifier reads */
  double accuracy, low, high; /* share of right answers and its 95 % interval */
} cli_two_sample;

/* How well a classifier trained for this alone tells made from real pictures it has not seen; 0.5: not at all. */
cdf_status cli_eval_two_sample(cli_two_sample *t, const cli_eval *e, const cdf_dataset *made, const cdf_dataset *real,
                               cdf_error *err);

/* ---- sheets ---- */

/* Write what --sheet and --nearest ask for (this needs data->train), and say so unless --json. */
cdf_status cli_eval_draw_sheets(const cli_eval *e, const cli_eval_data *data, cdf_error *err);

/* ---- the modes ---- */

cdf_status cli_eval_train_classifier(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_samples(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_sheets(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_denoise(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_from_sigma(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_renderer(const cli_eval *e, cdf_error *err);
cdf_status cli_eval_endless(const cli_eval *e, cdf_error *err);

#endif
