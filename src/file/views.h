/* views.h: a picture of any shape, as one or more pictures of a set: cropped or padded, mirrored, moved a little.
 *
 *   const cdf_views views = {.crop = CDF_CROP_CENTRE, .n = 8};
 *   cdf_dataset_add_views(&dataset, &views, 5, bytes, width, height, channels, label);    // 8 pictures more, of number
 * 5
 *
 * The first view is the picture as it is; the others are parts of it, a little nearer and off the centre, and the set
 * is told how (its `changes`), so that the network can be told in training and asked for none of it in sampling: what
 * the others add leaks into no sample (Karras et al. 2022, section 5). Random crops are not told: they are what the
 * model is to make.
 */
#ifndef CDF_VIEWS_H
#define CDF_VIEWS_H

#include "dataset.h"

CDF_BEGIN_DECLS

typedef enum {
  CDF_CROP_CENTRE, /* the largest part in the middle that has the set's shape */
  CDF_CROP_RANDOM, /* parts anywhere, half as large as that or larger */
  CDF_CROP_NONE    /* the whole picture, with background beside it */
} cdf_crop;

typedef struct cdf_views {
  cdf_crop crop;
  int n;     /* views of a picture; 0: one */
  bool flip; /* and each of them mirrored */
} cdf_views;

#define CDF_MAX_VIEWS 64
#define CDF_VIEWS_WORTH 5000 /* pictures: from there on there are enough of them */

/* So many views of each that even few pictures make some hundreds. */
static inline int cdf_views_by_number(int n_pictures) {
  return n_pictures < 10                ? CDF_MAX_VIEWS
         : n_pictures < 50              ? 16
         : n_pictures < 500             ? 8
         : n_pictures < CDF_VIEWS_WORTH ? 4
                                        : 1;
}

/* Pictures that the set gets for each. */
static inline int cdf_views_of_each(const cdf_views *views) { return cdf_max(views->n, 1) * (views->flip ? 2 : 1); }

/* View `view` of a picture for a set of out_width x out_height: a function of the sizes and the two numbers. */
cdf_part cdf_view_part(const cdf_views *views, int width, int height, int out_width, int out_height, int picture,
                       int view);

/* Add all of them; the caller guarantees room. Large pictures are made smaller once for all views but the first. */
void cdf_dataset_add_views(cdf_dataset *dataset, const cdf_views *views, int picture, const uint8_t *bytes, int width,
                           int height, int n_channels, int label);

CDF_END_DECLS

#endif
